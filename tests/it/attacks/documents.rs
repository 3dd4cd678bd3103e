//! Documents made at random from the schema: most of them valid, some of them not.

use boai_tests::{Field, Of, Schema};
use serde_json::{Map, Value, json};

use crate::{
    chance::Chance,
    values::{Known, Values},
};

/// An operation to send.
pub struct Made {
    /// `Query`, `Mutation` or `Subscription`.
    pub root: &'static str,
    pub fields: Vec<String>,
    pub document: String,
    pub variables: Value,
}

pub struct Maker<'s> {
    pub values: Values<'s>,
    definitions: Vec<String>,
    variables: Map<String, Value>,
    fragments: Vec<String>,
    /// Fields that may still be selected.
    room: usize,
}

impl<'s> Maker<'s> {
    pub fn new(schema: &'s Schema, chance: &'s Chance, known: &'s Known) -> Self {
        let values = Values { schema, chance, known, careful: chance.percent(60) };
        let room = 5 + chance.below(60);
        Self { values, definitions: Vec::new(), variables: Map::new(), fragments: Vec::new(), room }
    }

    pub fn make(mut self) -> Made {
        let chance = self.values.chance;
        let root = match chance.below(100) {
            0..50 => "Query",
            50..96 => "Mutation",
            _ => "Subscription",
        };
        let all = self.values.schema.root(root);
        let many = if root == "Subscription" || chance.percent(70) { 1 } else { 1 + chance.below(3) };
        let chosen: Vec<&Field> = (0..many).map(|_| &all[chance.below(all.len())]).collect();
        let mut asked = String::new();
        for (place, field) in chosen.iter().enumerate() {
            let alias = if many > 1 { format!("a{place}: ") } else { String::new() };
            asked.push_str(&format!(" {alias}{}", self.field(field, 0)));
        }
        let definitions = match self.definitions.len() {
            0 => String::new(),
            _ => format!("({})", self.definitions.join(", ")),
        };
        let fragments = self.fragments.join(" ");
        let document = format!("{} Made{definitions} {{{asked} }} {fragments}", root.to_lowercase());
        Made {
            root,
            fields: chosen.iter().map(|field| format!("{root}.{}", field.name)).collect(),
            document: if !self.values.careful && chance.percent(10) { self.broken(document) } else { document },
            variables: self.variables.into(),
        }
    }

    /// A field with its arguments and what is selected of it.
    fn field(&mut self, field: &Field, depth: usize) -> String {
        let mut given = Vec::new();
        for argument in &field.arguments {
            if let Some(value) = self.values.argument(argument) {
                let value = if self.values.chance.percent(40) {
                    self.variable(&argument.of, value.json())
                } else {
                    value.literal()
                };
                given.push(format!("{}: {value}", argument.name));
            }
        }
        let arguments = if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
        let of = self.values.schema.get(&field.of.name);
        let selected = if of.is_leaf() { String::new() } else { format!(" {}", self.selection(&of.name, depth + 1)) };
        format!("{}{arguments}{}{selected}", field.name, self.directive())
    }

    fn variable(&mut self, of: &Of, value: Value) -> String {
        let name = format!("v{}", self.variables.len());
        self.definitions.push(format!("${name}: {}", written(of)));
        self.variables.insert(name.clone(), value);
        format!("${name}")
    }

    fn directive(&mut self) -> String {
        if !self.values.chance.percent(3) {
            return String::new();
        }
        let name = self.values.chance.one_of(&["include", "skip"]);
        let of = Of { name: "Boolean".into(), required: true, list: None };
        let value = self.values.chance.percent(50);
        let value = if self.values.chance.percent(50) { self.variable(&of, json!(value)) } else { value.to_string() };
        format!(" @{name}(if: {value})")
    }

    fn selection(&mut self, of: &str, depth: usize) -> String {
        let (schema, chance) = (self.values.schema, self.values.chance);
        let named = schema.get(of);
        let mut text = "__typename".to_owned();
        if !named.possible_types.is_empty() {
            let some = &named.possible_types[chance.below(named.possible_types.len())];
            text.push_str(&format!(" ... on {some} {}", self.selection(some, depth)));
        }
        // Errors and pages are always worth a look, of the rest a few.
        for field in &named.fields {
            let telling = ["errors", "edges", "node", "id", "cursor"].contains(&field.name.as_str());
            let leaf = schema.get(&field.of.name).is_leaf();
            let share = if telling {
                80
            } else if leaf {
                35
            } else {
                25
            };
            if self.room > 0 && (leaf || depth < 7) && chance.percent(share) {
                self.room -= 1;
                text.push_str(&format!(" {}", self.field(field, depth)));
            }
        }
        match chance.below(40) {
            0 => format!("{{ ... on {of} {{ {text} }} }}"),
            1 => {
                let name = format!("F{}", self.fragments.len());
                self.fragments.push(format!("fragment {name} on {of} {{ {text} }}"));
                format!("{{ ...{name} }}")
            }
            _ => format!("{{ {text} }}"),
        }
    }

    /// Cut, doubled, or with something in it that does not belong there.
    fn broken(&self, document: String) -> String {
        let chance = self.values.chance;
        let places: Vec<usize> = document.char_indices().map(|(place, _)| place).collect();
        let (one, other) = (places[chance.below(places.len())], places[chance.below(places.len())]);
        let (start, end) = (one.min(other), one.max(other));
        match chance.below(5) {
            0 => document[..end].to_owned(),
            1 => format!("{}{}", &document[..start], &document[end..]),
            2 => format!("{document} {}", &document[start..end]),
            3 => document.replacen("__typename", "noSuchField", 1),
            _ => {
                let odd = chance.one_of(&["}", "{", "\"", "$", "\u{FEFF}", "#", "\0", "...", "(", "é", "&"]);
                format!("{}{odd}{}", &document[..end], &document[end..])
            }
        }
    }
}

/// A type as a document writes it.
fn written(of: &Of) -> String {
    let inner = of.list.as_ref().map_or_else(|| of.name.clone(), |inner| format!("[{}]", written(inner)));
    if of.required { format!("{inner}!") } else { inner }
}
