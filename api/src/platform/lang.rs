//! The two languages people read.

use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// zh-CN
    #[default]
    Zh,
    En,
}

impl Lang {
    /// The better of the two for an `Accept-Language` header; Chinese when it names neither.
    pub fn from_accept_language(header: &str) -> Self {
        header
            .split(',')
            .filter_map(|part| {
                let (tag, parameter) = part.split_once(';').unwrap_or((part, "q=1"));
                let weight: f32 = parameter.trim().strip_prefix("q=")?.parse().ok()?;
                let lang = match tag.trim().to_ascii_lowercase().get(..2)? {
                    "zh" => Self::Zh,
                    "en" => Self::En,
                    _ => return None,
                };
                (weight > 0.0).then_some((weight, lang))
            })
            // Of equal weights the first named wins, so a later one must be greater to replace it.
            .reduce(|best, next| if next.0.partial_cmp(&best.0) == Some(Ordering::Greater) { next } else { best })
            .map_or(Self::Zh, |(_, lang)| lang)
    }
}

#[cfg(test)]
mod tests {
    use super::Lang::{self, En, Zh};

    #[test]
    fn the_heavier_language_wins_and_chinese_is_the_default() {
        for (header, expected) in [
            ("", Zh),
            ("fr", Zh),
            ("en", En),
            ("en-US,en;q=0.9", En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Zh),
            ("zh;q=0.2, en;q=0.3", En),
            ("en; q=0.5 , zh-CN ; q=0.9", Zh),
            ("en;q=0", Zh),
            ("en;q=x, zh", Zh),
            ("*, é", Zh),
        ] {
            assert_eq!(Lang::from_accept_language(header), expected, "{header}");
        }
    }
}
