//! Text that people typed: trimmed, bounded, and free of characters that deceive the eye.

use super::errors::Fault;

/// What was wrong with a text; the caller's refusal says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    Empty,
    TooLong {
        characters: usize,
        at_most: usize,
    },
    /// A control character, or one that reorders what is read (Unicode bidi overrides): names on rosters must not lie.
    Deceptive,
}

/// Trims; refuses more than `at_most` characters (Unicode scalar values) and what deceives. Line breaks and tabs are
/// kept. A text in which nothing can be seen is refused only when `required`.
pub fn clean(text: &str, at_most: usize, required: bool) -> Result<String, TextFault> {
    let text = text.trim();
    let characters = text.chars().count();
    if characters > at_most {
        return Err(TextFault::TooLong { characters, at_most });
    }
    if text.chars().any(deceives) {
        return Err(TextFault::Deceptive);
    }
    if required && text.chars().all(invisible) {
        return Err(TextFault::Empty);
    }
    Ok(text.to_owned())
}

/// Cleans an input field; what is wrong with it is told by the field's name, never by repeating it.
pub fn field(name: &str, text: &str, at_most: usize, required: bool) -> Result<String, Fault> {
    clean(text, at_most, required).map_err(|fault| match fault {
        TextFault::Empty => Fault::bad_input(format!("`{name}` is empty; 1 to {at_most} characters are needed.")),
        TextFault::TooLong { characters, at_most } => {
            Fault::bad_input(format!("`{name}` has {characters} characters; at most {at_most} are taken."))
        }
        TextFault::Deceptive => Fault::bad_input(format!(
            "`{name}` has control characters or marks that reverse the reading direction. Type it again without them."
        )),
    })
}

/// Cleans an input field of one line, such as a name: line breaks and tabs become spaces, as when somebody pastes it.
pub fn line(name: &str, text: &str, at_most: usize, required: bool) -> Result<String, Fault> {
    field(name, &text.split(['\n', '\r', '\t']).collect::<Vec<_>>().join(" "), at_most, required)
}

/// Takes no place, or an empty one, on the screen. Within a text these have their uses (emoji are joined by one of them).
fn invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{AD}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{2800}'
                | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}'
        )
}

fn deceives(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
        || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// What others see of a name: 王*, 王*明, 欧**华; J*** for Latin letters (685, art. 20: a volunteer's data are shown with consent).
pub fn masked(name: &str) -> String {
    let letters: Vec<char> = name.trim().chars().collect();
    match letters.as_slice() {
        [] => "*".into(),
        [first] if first.is_ascii() => "*".into(),
        [first, ..] if first.is_ascii() => format!("{first}***"),
        [first] | [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::{TextFault::*, clean, line};

    #[test]
    fn texts_are_trimmed_counted_by_character_and_cannot_deceive() {
        assert_eq!(clean("  博爱 ", 2, true), Ok("博爱".into()));
        assert_eq!(clean("博爱万人家", 4, true), Err(TooLong { characters: 5, at_most: 4 }));
        assert_eq!(clean("👨‍👩‍👧 ok", 10, true), Ok("👨‍👩‍👧 ok".into()));
        assert_eq!(clean("abc\u{202E}fed", 10, true), Err(Deceptive));
        assert_eq!(clean("a\0b", 10, true), Err(Deceptive));
        assert_eq!(clean("line\nline", 10, true), Ok("line\nline".into()));
        assert_eq!(line("name", "王\n小\t明", 10, true).ok(), Some("王 小 明".into()));
        assert_eq!(clean(" \u{3000} ", 10, true), Err(Empty));
        assert_eq!(clean("\u{200B}\u{3164}", 10, true), Err(Empty));
        assert_eq!(clean("", 10, false), Ok(String::new()));
    }
}
