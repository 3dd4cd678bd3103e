//! Values as they stand in an export: what a column's kind makes of what the database holds.

use boai_entity::Instant;
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{dictionary::said, registry::Words};
use crate::platform::civil::SHANGHAI;

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Nothing,
    Text(String),
    /// A word of an enum.
    Word(String),
    Whole(i64),
    Real(f64),
    Truth(bool),
    List(Value),
    Time(Instant),
    Day(NaiveDate),
    /// The person who asks, or somebody else.
    Myself(bool),
    /// Words of ours.
    Said(Words),
}

impl Cell {
    /// For machines.
    pub fn json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Text(text) | Self::Word(text) => json!(text),
            Self::Whole(number) => json!(number),
            Self::Real(number) => json!(number),
            Self::Truth(truth) => json!(truth),
            Self::List(list) => list.clone(),
            Self::Time(at) => json!(at.to_rfc3339()),
            Self::Day(day) => json!(day.to_string()),
            Self::Said(words) => json!({ "zh": words.zh, "en": words.en }),
            Self::Myself(true) => json!("YOU"),
            Self::Myself(false) => json!("SOMEBODY_ELSE"),
        }
    }

    /// For people: HTML, in both languages where they differ. Times are those of Asia/Shanghai.
    pub fn html(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => escaped(text),
            Self::Word(word) => word_html(word),
            Self::Whole(number) => number.to_string(),
            Self::Real(number) => format!("{number:.6}").trim_end_matches('0').trim_end_matches('.').to_owned(),
            Self::Truth(truth) => both(if *truth { ("是", "yes") } else { ("否", "no") }),
            Self::List(list) => list_html(list),
            Self::Time(at) => at.with_timezone(&SHANGHAI).format("%Y-%m-%d %H:%M:%S").to_string(),
            Self::Day(day) => day.to_string(),
            Self::Said(words) => both((words.zh, words.en)),
            Self::Myself(true) => both(("您", "you")),
            Self::Myself(false) => both(("他人", "somebody else")),
        }
    }
}

fn word_html(word: &str) -> String {
    said(word).map_or_else(|| escaped(word), both)
}

/// Skills and parts of the week read as words; whatever else there is, as it stands.
fn list_html(list: &Value) -> String {
    match list {
        Value::Array(items) => items.iter().map(list_html).collect::<Vec<_>>().join(" "),
        Value::String(word) => word_html(word),
        other => escaped(&other.to_string()),
    }
}

/// Both languages; the page shows the one that is chosen.
pub fn both((zh, en): (&str, &str)) -> String {
    format!("<span lang=\"zh\">{}</span><span lang=\"en\">{}</span>", escaped(zh), escaped(en))
}

/// Nothing that people typed becomes markup.
pub fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, c| {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{Cell, escaped};

    #[test]
    fn people_read_words_and_the_time_in_china() {
        let at = "2026-05-07T16:00:00Z".parse().unwrap();
        assert_eq!(Cell::Time(at).html(), "2026-05-08 00:00:00");
        assert_eq!(Cell::Time(at).json(), json!("2026-05-07T16:00:00+00:00"));
        assert_eq!(
            Cell::Word("SEATED".into()).html(),
            "<span lang=\"zh\">有名额</span><span lang=\"en\">has a seat</span>"
        );
        assert!(Cell::List(json!([["MONDAY", "EVENING"]])).html().contains("星期一"));
        assert_eq!(Cell::Real(20.5).html(), "20.5");
        assert_eq!(Cell::Real(30.0).html(), "30");
        assert_eq!(Cell::Myself(false).json(), json!("SOMEBODY_ELSE"));
    }

    proptest! {
        #[test]
        fn no_text_becomes_markup(text in any::<String>()) {
            let safe = escaped(&text);
            prop_assert!(!safe.contains(['<', '>', '"', '\'']));
            let back = safe.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
            prop_assert_eq!(back.replace("&amp;", "&"), text);
        }
    }
}
