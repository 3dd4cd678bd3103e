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

/// The length of the text that this begins with. One that does not end takes all: the parser gives up there too.
fn text(from: &str) -> usize {
    let (quote, escaped) = if from.starts_with("\"\"\"") { ("\"\"\"", "\\\"\"\"") } else { ("\"", "\\") };
    let mut at = quote.len();
    while at < from.len() {
        let rest = &from[at..];
        if rest.starts_with(quote) {
            return at + quote.len();
        }
        at += if rest.starts_with(escaped) { escaped.len() } else { 0 };
        at += from[at..].chars().next().map_or(0, char::len_utf8);
    }
    from.len()
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
    }
}
