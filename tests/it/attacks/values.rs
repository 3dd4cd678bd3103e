//! Values for arguments of every type: right ones, other people's, borders and rubbish.

use std::collections::BTreeMap;

use boai::platform::node::{decode, encode};
use boai_tests::{Field, Of, Schema};
use serde_json::{Value, json};

use crate::chance::Chance;

/// An input value, as a literal or as a variable's JSON.
pub enum Given {
    Plain(Value),
    /// An enum's value, which a literal names without quotes.
    Name(String),
    /// A literal that JSON may not know.
    Raw(String),
    List(Vec<Given>),
    Object(Vec<(String, Given)>),
}

impl Given {
    pub fn literal(&self) -> String {
        match self {
            Self::Plain(Value::String(text)) => quoted(text),
            Self::Plain(value) => value.to_string(),
            Self::Name(text) | Self::Raw(text) => text.clone(),
            Self::List(items) => format!("[{}]", items.iter().map(Self::literal).collect::<Vec<_>>().join(", ")),
            Self::Object(fields) => {
                let fields = fields.iter().map(|(name, given)| format!("{name}: {}", given.literal()));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }

    pub fn json(&self) -> Value {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Name(text) => json!(text),
            Self::Raw(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Object(fields) => fields.iter().map(|(name, given)| (name.clone(), given.json())).collect(),
        }
    }
}

/// GraphQL's strings know no escape but those of JSON; what JSON leaves as it is, a document may hold as well.
fn quoted(text: &str) -> String {
    let safe = |c: char| if c.is_control() { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.chars().map(safe).collect::<String>())
}

/// What is known of the town: ids by type, cursors, numbers that mean something.
#[derive(Default)]
pub struct Known {
    pub ids: BTreeMap<String, Vec<String>>,
    pub cursors: Vec<String>,
    pub phones: Vec<String>,
    pub texts: Vec<String>,
}

impl Known {
    /// Remembers the ids and cursors in an answer.
    pub fn learn(&mut self, said: &Value) {
        match said {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value.as_str()) {
                        ("cursor" | "endCursor" | "startCursor", Some(cursor)) => keep(&mut self.cursors, cursor),
                        (_, Some(text)) => self.learn_id(text),
                        _ => self.learn(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            _ => {}
        }
    }

    pub fn learn_id(&mut self, text: &str) {
        if let Some((kind, _)) = decode(text)
            && kind.bytes().all(|byte| byte.is_ascii_alphabetic())
        {
            keep(self.ids.entry(kind).or_default(), text);
        }
    }
}

/// The newest are worth most: a scene grows old.
fn keep(known: &mut Vec<String>, text: &str) {
    if !known.iter().any(|old| old == text) {
        if known.len() == 40 {
            known.remove(0);
        }
        known.push(text.to_owned());
    }
}

/// Makes values.
pub struct Values<'s> {
    pub schema: &'s Schema,
    pub chance: &'s Chance,
    pub known: &'s Known,
    /// Keeps to what could be: what is refused at once reaches nothing behind it.
    pub careful: bool,
}

/// Texts that have broken somebody's program before.
const NASTY: [&str; 19] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\u{202E}abc",
    "\u{FEFF}",
    "👨‍👩‍👧‍👦",
    "王\u{200B}明",
    "%",
    "_",
    "\\",
    "'; DROP TABLE person; --",
    "\"}{",
    "${jndi:x}",
    "../../etc/passwd",
    "\u{1F}\u{7F}",
    "NaN",
    "null",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﷽ Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
];
const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "100",
    "101",
    "300",
    "2147483647",
    "-2147483648",
    "2147483648",
    "9007199254740993",
    "99999999999999999999",
    "1.5",
    "1e3",
    "-0",
];
const FLOATS: [&str; 16] = [
    "0",
    "30.2604",
    "120.1472",
    "30.26",
    "-0.0",
    "90",
    "-90",
    "90.0000001",
    "180",
    "-180",
    "180.5",
    "1e308",
    "1e400",
    "-1e-320",
    "50000",
    "0.000000001",
];
const TIMES: [&str; 5] = ["06:30", "22:00", "24:00", "6.30", "06:30:61"];

const MOMENTS: [&str; 14] = [
    "2026-05-08T09:00:00+08:00",
    "2026-05-08T10:00:00+08:00",
    "2026-05-08T12:00:00+08:00",
    "2026-05-09T08:00:00+08:00",
    "2026-05-08T00:45:00Z",
    "1970-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "+262142-12-31T23:59:59Z",
    "-262143-01-01T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "2026-02-30T00:00:00Z",
    "2026-05-08T24:00:00Z",
    "yesterday",
];
const DAYS: [&str; 10] = [
    "1990-01-01",
    "2012-05-08",
    "2016-02-29",
    "2026-05-08",
    "2026-05-09",
    "0001-01-01",
    "9999-12-31",
    "2025-02-29",
    "-0001-01-01",
    "1990-1-1",
];
const CODES: [&str; 14] = [
    "33",
    "3301",
    "330106",
    "330106109",
    "330106109203",
    "330203",
    "990000",
    "000000",
    "123456",
    "JBSWY3DPEHPK3PXP",
    "11010519491231002X",
    "110105194912310021",
    "2026-01",
    "202600000000",
];

impl Values<'_> {
    /// What an argument or input field is given; nothing when it is left out.
    pub fn argument(&self, field: &Field) -> Option<Given> {
        let optional = !field.of.required || field.default.is_some();
        // Of a page a few are enough.
        let share = match field.name.as_str() {
            "after" | "before" => 15,
            // An activity has a place of its own, all of it, or is at a facility.
            "facilityId" if self.careful => 20,
            "placeName" | "address" | "divisionCode" | "place" if self.careful => 90,
            _ => 50,
        };
        if optional && !self.chance.percent(share) || !self.careful && self.chance.percent(2) {
            return None;
        }
        Some(self.value(&field.of, &field.name))
    }

    fn value(&self, of: &Of, name: &str) -> Given {
        if !(of.required && self.careful) && self.chance.percent(if of.required { 2 } else { 8 }) {
            return Given::Plain(Value::Null);
        }
        if let Some(inner) = &of.list {
            let length = match self.chance.below(40) {
                0 if !self.careful => 250,
                length => length % 3,
            };
            return Given::List((0..length).map(|_| self.value(inner, name)).collect());
        }
        if !self.careful && self.chance.percent(4) {
            return self.rubbish();
        }
        let named = self.schema.get(&of.name);
        match named.kind.as_str() {
            "ENUM" => Given::Name(named.enum_values[self.chance.below(named.enum_values.len())].clone()),
            "INPUT_OBJECT" => {
                // What may be within itself has to come to an end.
                let fields = named.fields.iter().filter(|field| field.of.name != of.name || self.chance.percent(15));
                let given = fields.filter_map(|field| Some((field.name.clone(), self.argument(field)?)));
                Given::Object(given.collect())
            }
            _ => self.scalar(&of.name, name),
        }
    }

    fn scalar(&self, of: &str, name: &str) -> Given {
        let chance = self.chance;
        let text = |text: &str| Given::Plain(json!(text));
        match of {
            "ID" => text(&self.id(name)),
            "Boolean" => Given::Plain(json!(chance.percent(50))),
            "Int" if name == "first" || name == "last" => Given::Plain(json!(chance.below(6))),
            "Int" if self.careful && name == "year" => Given::Plain(json!(2025 + chance.below(3))),
            "Int" if self.careful && name == "rating" => Given::Plain(json!(1 + chance.below(5))),
            "Int" | "Minutes" if self.careful => Given::Plain(json!(1 + chance.below(30))),
            "Int" | "Minutes" => Given::Raw(chance.one_of(&NUMBERS).to_owned()),
            "Latitude" if self.careful || chance.percent(70) => Given::Plain(json!(30.2604)),
            "Longitude" if self.careful || chance.percent(70) => Given::Plain(json!(120.1472)),
            "Float" | "Metres" if self.careful => Given::Plain(json!(chance.below(2_000))),
            "Float" | "Latitude" | "Longitude" | "Metres" => Given::Raw(chance.one_of(&FLOATS).to_owned()),
            "DateTime" => text(chance.one_of(if self.careful { &MOMENTS[..5] } else { &MOMENTS })),
            "TimeOfDay" => text(chance.one_of(if self.careful { &TIMES[..2] } else { &TIMES })),
            "Date" => text(chance.one_of(if self.careful { &DAYS[..5] } else { &DAYS })),
            "UUID" => text(&self.uuid()),
            "PhoneNumber" => text(&self.phone()),
            _ => text(&self.text(name)),
        }
    }

    /// Mostly of the kind that the argument's name asks for; somebody else's as often as one's own.
    fn id(&self, name: &str) -> String {
        let kind = self.kind(name.trim_end_matches("Id"));
        let all: Vec<&String> = self.known.ids.values().flatten().collect();
        let fitting = self.known.ids.get(&kind).filter(|ids| !ids.is_empty() && self.chance.percent(85));
        match (fitting, self.chance.below(10)) {
            (Some(fitting), _) => fitting[self.chance.below(fitting.len())].clone(),
            (None, _) if self.careful => encode(&kind, "01920000-0000-7000-8000-00000000dead").to_string(),
            (None, 0) => self.chance.one_of(&NASTY).to_owned(),
            (None, 1) => encode(&kind, "01920000-0000-7000-8000-00000000dead").to_string(),
            (None, 2) => encode(&kind, self.chance.one_of(&NASTY)).to_string(),
            _ if all.is_empty() => String::new(),
            _ => all[self.chance.below(all.len())].clone(),
        }
    }

    /// A kind of thing that an argument's name speaks of: `grantId` takes a RoleGrant's or a DeskGrant's, `identityId` an
    /// IdentityCheck's.
    fn kind(&self, name: &str) -> String {
        let name = name.to_lowercase();
        let spoken = |fits: fn(&str, &str) -> bool| -> Vec<&String> {
            self.known.ids.keys().filter(|kind| !name.is_empty() && fits(&kind.to_lowercase(), &name)).collect()
        };
        let mut kinds = spoken(|kind, name| kind.ends_with(name));
        if kinds.is_empty() {
            kinds = spoken(|kind, name| kind.starts_with(name));
        }
        if kinds.is_empty() { name } else { kinds[self.chance.below(kinds.len())].clone() }
    }

    fn uuid(&self) -> String {
        match self.chance.below(10) {
            0 => "00000000-0000-0000-0000-000000000000".into(),
            1 if !self.careful => "not-a-uuid".into(),
            // The same again: a repeat.
            2..5 => "01920000-0000-7000-8000-0000000000aa".into(),
            _ => uuid::Uuid::from_u64_pair(self.chance.next(), self.chance.next()).to_string(),
        }
    }

    fn phone(&self) -> String {
        match self.chance.below(10) {
            0 if !self.careful => self.chance.one_of(&NASTY).to_owned(),
            1 if !self.careful => "+1 555 0100".into(),
            2 if !self.careful => "１３９１２３４５６７８".into(),
            3..6 if !self.known.phones.is_empty() => {
                self.known.phones[self.chance.below(self.known.phones.len())].clone()
            }
            _ => format!("+86150{:08}", self.chance.below(100_000_000)),
        }
    }

    fn text(&self, name: &str) -> String {
        let chance = self.chance;
        match name {
            "after" | "before" if !self.known.cursors.is_empty() && chance.percent(85) => {
                self.known.cursors[chance.below(self.known.cursors.len())].clone()
            }
            _ if name.to_lowercase().ends_with("code") && chance.percent(70) => {
                chance.one_of(if self.careful { &CODES[..6] } else { &CODES }).to_owned()
            }
            _ if name.to_lowercase().ends_with("number") && chance.percent(60) => self.known.texts[0].clone(),
            _ if self.careful => format!("文{}", chance.below(1_000)),
            _ => match chance.below(10) {
                0 | 1 => chance.one_of(&NASTY).to_owned(),
                2 => chance.one_of(&CODES).to_owned(),
                3 => chance.one_of(&["长", "x", "\u{10FFFF}"]).repeat(1 + chance.below(5_000)),
                4 | 5 if !self.known.texts.is_empty() => self.known.texts[chance.below(self.known.texts.len())].clone(),
                _ => format!("文{}", chance.below(1_000)),
            },
        }
    }

    fn rubbish(&self) -> Given {
        match self.chance.below(6) {
            0 => Given::Plain(json!({ "a": [1, { "b": null }] })),
            1 => Given::Plain(json!([])),
            2 => Given::Plain(json!(true)),
            3 => Given::Raw(self.chance.one_of(&NUMBERS).to_owned()),
            4 => Given::Name("NO_SUCH_VALUE".into()),
            _ => Given::Plain(json!(self.chance.one_of(&NASTY))),
        }
    }
}
