//! Documents that are known by their hash: those that clients left here (Apollo's automatic persisted queries), and those
//! that the shipped apps registered.

use std::{collections::HashMap, path::Path};

use apollo_compiler::parser::Parser;
use sha2::{Digest, Sha256};

/// SHA-256 of a document's text, as lower-case hex digits.
pub fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// The operations that the shipped apps registered: nothing else is executed.
#[derive(Debug, Default)]
pub struct Registered {
    /// By the hash of the text, and by the name that a manifest gives it.
    texts: HashMap<String, String>,
    /// Hashes of the texts without regard to white space and comments.
    shapes: std::collections::HashSet<String>,
}

impl Registered {
    /// Reads a folder: each `.graphql` file is a document; a `.json` file is a manifest, Apollo's
    /// (`apollo-persisted-query-manifest`) or a map from id to text as relay-compiler writes it.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let mut registered = Self::default();
        let listed =
            std::fs::read_dir(folder).map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
        let mut files: Vec<_> = listed.filter_map(Result::ok).map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            let kind = file.extension().and_then(|end| end.to_str()).unwrap_or_default().to_owned();
            if !matches!(kind.as_str(), "graphql" | "json") {
                continue;
            }
            let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            if kind == "graphql" {
                registered.add(None, text);
            } else {
                for (id, text) in manifest(&text).map_err(|error| format!("{}: {error}", file.display()))? {
                    registered.add(Some(id), text);
                }
            }
        }
        if registered.texts.is_empty() {
            return Err(format!("{} holds no operation (.graphql, or a manifest in .json)", folder.display()));
        }
        Ok(registered)
    }

    fn add(&mut self, id: Option<String>, text: String) {
        self.shapes.insert(hash(&shape(&text)));
        if let Some(id) = id {
            self.texts.insert(id, text.clone());
        }
        self.texts.insert(hash(&text), text);
    }

    /// The documents, for a check against the schema.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        self.texts.values().map(String::as_str)
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&str> {
        self.texts.get(id).map(String::as_str)
    }

    /// Whether a document is one of them, however it is laid out.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.texts.contains_key(&hash(text)) || self.shapes.contains(&hash(&shape(text)))
    }
}

/// A document's text in one layout, without comments.
fn shape(text: &str) -> String {
    match Parser::new().parse_ast(text, "document") {
        Ok(document) => document.serialize().no_indent().to_string(),
        Err(_) => text.to_owned(),
    }
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Manifest {
    Apollo { operations: Vec<ApolloOperation> },
    Relay(HashMap<String, String>),
}

#[derive(serde::Deserialize)]
struct ApolloOperation {
    id: String,
    body: String,
}

fn manifest(text: &str) -> Result<Vec<(String, String)>, String> {
    match serde_json::from_str(text) {
        Ok(Manifest::Apollo { operations }) => Ok(operations.into_iter().map(|known| (known.id, known.body)).collect()),
        Ok(Manifest::Relay(texts)) => Ok(texts.into_iter().collect()),
        Err(_) => Err("is no manifest of persisted operations".into()),
    }
}
