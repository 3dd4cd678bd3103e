//! What a document, its variables and a socket may come to. Every limit that is broken is named in the answer, with its
//! value and what the request had.

use async_graphql::ServerError;
use serde::{Deserialize, Serialize};

use super::{coded, count::Counts};

/// The limits of one operation and of one socket. The phone app's documents stay far below all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Words, numbers, texts and punctuation of a document.
    pub tokens: usize,
    /// Fields within fields. The introspection that GraphiQL sends has 13.
    pub depth: usize,
    /// Fields once all fragments have been put in their places.
    pub fields: usize,
    /// Aliases once all fragments have been put in their places.
    pub aliases: usize,
    /// Directives once all fragments have been put in their places.
    pub directives: usize,
    /// Fragments that a document defines.
    pub fragments: usize,
    /// Mutations in one operation. Each of them counts on the rate limits too.
    pub mutations: usize,
    /// Points of a query's price: a field is one, a list weighs as many times what is in it as its page may have.
    pub cost: usize,
    /// Bytes of the variables, as JSON.
    pub variables_bytes: usize,
    /// Operations under way at once on one socket.
    pub socket_operations: usize,
    /// Seconds within which a new socket must send `connection_init`.
    pub socket_init_seconds: u64,
    /// Seconds between two pings of a silent socket; after three without a sign it is closed.
    pub socket_ping_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 4_000,
            depth: 20,
            fields: 2_000,
            aliases: 30,
            directives: 50,
            fragments: 50,
            mutations: 5,
            cost: 20_000,
            variables_bytes: 262_144,
            socket_operations: 20,
            socket_init_seconds: 10,
            socket_ping_seconds: 30,
        }
    }
}

impl Limits {
    /// Each limit with its name and a range that makes sense, to check the settings.
    pub fn ranges(&self) -> [(&'static str, i64, i64, i64, &'static str); 12] {
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let seconds = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        [
            ("limits.tokens", number(self.tokens), 100, 100_000, "tokens"),
            ("limits.depth", number(self.depth), 5, 50, "levels"),
            ("limits.fields", number(self.fields), 100, 20_000, "fields"),
            ("limits.aliases", number(self.aliases), 0, 1_000, "aliases"),
            ("limits.directives", number(self.directives), 0, 1_000, "directives"),
            ("limits.fragments", number(self.fragments), 0, 1_000, "fragments"),
            ("limits.mutations", number(self.mutations), 1, 100, "mutations"),
            ("limits.cost", number(self.cost), 100, 10_000_000, "points"),
            ("limits.variables_bytes", number(self.variables_bytes), 1_024, 16_777_216, "bytes"),
            ("limits.socket_operations", number(self.socket_operations), 1, 1_000, "operations"),
            ("limits.socket_init_seconds", seconds(self.socket_init_seconds), 1, 300, "seconds"),
            ("limits.socket_ping_seconds", seconds(self.socket_ping_seconds), 1, 3_600, "seconds"),
        ]
    }

    /// The first limit that the document breaks.
    pub(super) fn check(&self, counts: &Counts) -> Result<(), ServerError> {
        at_most("fragments", self.fragments, counts.fragments)?;
        at_most("depth", self.depth, counts.depth)?;
        at_most("fields", self.fields, counts.fields)?;
        at_most("aliases", self.aliases, counts.aliases)?;
        at_most("directives", self.directives, counts.directives)
    }
}

/// Refuses what is above a limit, by the limit's name.
pub fn at_most(name: &str, allowed: usize, had: usize) -> Result<(), ServerError> {
    if had <= allowed {
        return Ok(());
    }
    let message = format!("The limit `{name}` is {allowed}; this request has {had}.");
    let mut error = coded(message, "GRAPHQL_VALIDATION_FAILED");
    let extensions = error.extensions.get_or_insert_with(Default::default);
    extensions.set("limit", name);
    extensions.set("allowed", allowed);
    extensions.set("had", had);
    Err(error)
}
