//! Keeps documents from the parser that would end the server: it descends once more for each bracket it meets, and a stack
//! that overflows cannot be caught. 60 kB of `[` are enough.

use std::sync::Arc;

use async_graphql::{
    ServerError, ServerResult, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextParseQuery},
    parser::types::ExecutableDocument,
};

/// Brackets within brackets that a document may have. A query of the greatest depth allowed, with its arguments, has half
/// of that.
const DEEPEST: usize = 64;
/// Begins and ends a text of several lines.
const BLOCK: &str = "\"\"\"";
/// That quote within such a text.
const ESCAPED_BLOCK: &str = "\\\"\"\"";

/// Refuses documents that nest too deep before they are parsed.
pub struct Nesting;

impl ExtensionFactory for Nesting {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for Nesting {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let depth = depth(query);
        if depth > DEEPEST {
            let message = format!("The document has {depth} brackets within brackets; at most {DEEPEST} are taken.");
            return Err(ServerError::new(message, None));
        }
        next.run(ctx, query, variables).await
    }
}

/// The most brackets that are open at once, outside of texts and comments.
fn depth(document: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let mut rest = document;
    while let Some(c) = rest.chars().next() {
        let read = match c {
            '"' => text(rest),
            '#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            _ => c.len_utf8(),
        };
        match c {
            '{' | '[' | '(' => open += 1,
            '}' | ']' | ')' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
        rest = &rest[read..];
    }
    deepest
}

/// The length of the text that this begins with. A block that does not end is an empty text and what follows, as the
/// parser has it; at another text that does not end the parser gives up, so it may take all.
fn text(from: &str) -> usize {
    match from.strip_prefix(BLOCK).map(|rest| end(rest, BLOCK, ESCAPED_BLOCK)) {
        Some(Some(length)) => BLOCK.len() + length,
        Some(None) => "\"\"".len(),
        None => end(&from[1..], "\"", "\\").map_or(from.len(), |length| 1 + length),
    }
}

/// The length up to and with this quote. An escape is skipped, and where it is a mere backslash, what it escapes too.
fn end(text: &str, quote: &str, escape: &str) -> Option<usize> {
    let mut at = 0;
    while !text[at..].starts_with(quote) {
        let escaped = text[at..].starts_with(escape);
        at += if escaped { escape.len() } else { 0 };
        if !escaped || escape != ESCAPED_BLOCK {
            at += text[at..].chars().next()?.len_utf8();
        }
    }
    Some(at + quote.len())
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn brackets_count_where_the_parser_descends() {
        assert_eq!(depth(""), 0);
        assert_eq!(depth("{ a(b: [1]) { c } d { e } }"), 3);
        assert_eq!(depth(&"[".repeat(60_000)), 60_000);
        assert_eq!(depth("}}}{"), 1);
        assert_eq!(depth("# [[[[\n{ a }"), 1);
        assert_eq!(depth(r#"{ a(b: "\" [[[[ \\") { c } }"#), 2);
        assert_eq!(depth(r#"{ a(b: """ " [[[ \""" [[[ """) { c } }"#), 2);
        assert_eq!(depth(r#"{ a(b: "", c: [[1]]) }"#), 4);
        assert_eq!(depth("{ 志愿 \"者"), 1);
        assert_eq!(depth(r#"{ a(b: [""" "[[[[) }"#), 7);
    }
}
