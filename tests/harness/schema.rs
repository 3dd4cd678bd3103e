//! The schema of the running server, as it tells it: what tests are generated from.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::town::Town;

/// The types by name.
pub struct Schema {
    pub types: BTreeMap<String, Type>,
}

#[derive(Debug)]
pub struct Type {
    pub name: String,
    /// `OBJECT`, `INTERFACE`, `SCALAR`, `ENUM`, `INPUT_OBJECT`, …
    pub kind: String,
    /// Of objects and interfaces; of input objects the input fields, which take the place of arguments.
    pub fields: Vec<Field>,
    pub enum_values: Vec<String>,
    pub possible_types: Vec<String>,
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub of: Of,
    pub arguments: Vec<Field>,
    pub default: Option<String>,
}

/// What a field gives or an argument takes: a named type, perhaps in lists, perhaps null.
#[derive(Clone, Debug)]
pub struct Of {
    pub name: String,
    pub required: bool,
    /// What is in the list, if it is one.
    pub list: Option<Box<Of>>,
}

impl Field {
    pub fn needs_arguments(&self) -> bool {
        self.arguments.iter().any(|argument| argument.of.required && argument.default.is_none())
    }

    pub fn takes(&self, argument: &str) -> bool {
        self.arguments.iter().any(|taken| taken.name == argument)
    }
}

impl Type {
    /// Has no fields to select.
    pub fn is_leaf(&self) -> bool {
        self.kind == "SCALAR" || self.kind == "ENUM"
    }
}

const QUESTION: &str = "{ __schema { types { name kind possibleTypes { name } enumValues { name }
    fields(includeDeprecated: true) { name type { ...T } args { name defaultValue type { ...T } } }
    inputFields { name defaultValue type { ...T } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

impl Schema {
    pub async fn of(town: &Town) -> Self {
        let answer = town.stranger().ask(QUESTION, json!({})).await.data("/__schema/types");
        let types = items(&answer).iter().map(|told| (text(&told["name"]), read_type(told)));
        Self { types: types.filter(|(name, _)| !name.starts_with("__")).collect() }
    }

    pub fn get(&self, name: &str) -> &Type {
        self.types.get(name).unwrap_or_else(|| panic!("the schema has no type {name}"))
    }

    /// The fields of `Query`, `Mutation` or `Subscription`.
    pub fn root(&self, name: &str) -> &[Field] {
        &self.get(name).fields
    }

    pub fn field(&self, of: &str, name: &str) -> &Field {
        let found = self.get(of).fields.iter().find(|field| field.name == name);
        found.unwrap_or_else(|| panic!("the schema has no field {of}.{name}"))
    }
}

fn read_type(told: &Value) -> Type {
    let fields = if told["fields"].is_array() { &told["fields"] } else { &told["inputFields"] };
    let names = |list: &Value| items(list).iter().map(|item| text(&item["name"])).collect();
    Type {
        name: text(&told["name"]),
        kind: text(&told["kind"]),
        fields: items(fields).iter().map(read_field).collect(),
        enum_values: names(&told["enumValues"]),
        possible_types: names(&told["possibleTypes"]),
    }
}

fn read_field(told: &Value) -> Field {
    Field {
        name: text(&told["name"]),
        of: read_of(&told["type"]),
        arguments: items(&told["args"]).iter().map(read_field).collect(),
        default: told["defaultValue"].as_str().map(str::to_owned),
    }
}

fn read_of(told: &Value) -> Of {
    match told["kind"].as_str() {
        Some("NON_NULL") => Of { required: true, ..read_of(&told["ofType"]) },
        Some("LIST") => {
            let inner = read_of(&told["ofType"]);
            Of { name: inner.name.clone(), required: false, list: Some(Box::new(inner)) }
        }
        _ => Of { name: text(&told["name"]), required: false, list: None },
    }
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
