//! A first look at a document's text, before any parser sees it: parsers descend once more for each bracket they meet, a
//! stack that overflows ends the server (60 kB of `[` are enough), and every token costs memory.

/// Brackets within brackets that a document may have. A query of the greatest depth allowed, with its arguments, has half
/// of that.
pub const DEEPEST: usize = 64;
/// Begins and ends a text of several lines.
const BLOCK: &str = "\"\"\"";
/// That quote within such a text.
const ESCAPED_BLOCK: &str = "\\\"\"\"";

/// What the text of a document comes to, outside of texts and comments.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scanned {
    /// The most brackets that are open at once.
    pub brackets: usize,
    /// Names, numbers, texts and punctuation marks; `...` is one.
    pub tokens: usize,
}

pub fn scan(document: &str) -> Scanned {
    let mut scanned = Scanned::default();
    let mut open = 0_usize;
    let mut rest = document;
    while let Some(c) = rest.chars().next() {
        let read = match c {
            '"' => text(rest),
            '#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '.' => rest.len() - rest.trim_start_matches('.').len(),
            c if of_a_word(c) => rest.find(|c| !of_a_word(c)).unwrap_or(rest.len()),
            _ => c.len_utf8(),
        };
        match c {
            '{' | '[' | '(' => open += 1,
            '}' | ']' | ')' => open = open.saturating_sub(1),
            _ => {}
        }
        let ignored = c.is_whitespace() || matches!(c, ',' | '#' | '\u{feff}');
        scanned.tokens += usize::from(!ignored);
        scanned.brackets = scanned.brackets.max(open);
        rest = &rest[read..];
    }
    scanned
}

/// Of a name, or of a number.
fn of_a_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
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
    use super::scan;

    #[test]
    fn brackets_count_where_the_parser_descends() {
        let depth = |document: &str| scan(document).brackets;
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

    #[test]
    fn tokens_count_as_the_grammar_has_them() {
        let tokens = |document: &str| scan(document).tokens;
        assert_eq!(tokens(""), 0);
        assert_eq!(tokens("{ a, b ,, c } # d e f"), 5);
        assert_eq!(tokens("query Q($a: Int = -12) { ...F }"), 14);
        assert_eq!(tokens(r#"{ a(b: "c d e", f: """g h""") }"#), 11);
    }
}
