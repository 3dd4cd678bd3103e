//! No table and no column is forgotten: the registry of what is held about people is compared with the database itself.

use std::collections::{BTreeMap, BTreeSet};

use boai::{
    platform::db::all,
    privacy::registry::{IMPERSONAL, Of, TABLES},
};
use boai_tests::{Town, stories};
use sea_orm::{DbBackend, FromQueryResult};

#[derive(FromQueryResult)]
struct Column {
    table_name: String,
    column_name: String,
}

#[derive(FromQueryResult)]
struct Reference {
    table_name: String,
    column_name: String,
    parent: String,
}

/// Every table with its columns.
async fn columns(town: &Town) -> BTreeMap<String, BTreeSet<String>> {
    let db = &town.app.db.conn;
    let text = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT m.name AS table_name, c.name AS column_name FROM sqlite_master m, pragma_table_xinfo(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        _ => {
            "SELECT table_name::text AS table_name, column_name::text AS column_name FROM information_schema.columns
             WHERE table_schema = current_schema()"
        }
    };
    let found: Vec<Column> = all(db, text, []).await.expect("the database tells its columns");
    found.into_iter().fold(BTreeMap::new(), |mut tables, column| {
        tables.entry(column.table_name).or_insert_with(BTreeSet::new).insert(column.column_name);
        tables
    })
}

/// Every foreign key.
async fn references(town: &Town) -> Vec<Reference> {
    let db = &town.app.db.conn;
    let text = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT m.name AS table_name, f.\"from\" AS column_name, f.\"table\" AS parent
             FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
        }
        _ => {
            "SELECT t.relname::text AS table_name, a.attname::text AS column_name, p.relname::text AS parent
             FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class p ON p.oid = c.confrelid
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) WHERE c.contype = 'f'"
        }
    };
    all(db, text, []).await.expect("the database tells its foreign keys")
}

/// Columns that name whom another column of the row names already.
const NAMED_TWICE: [(&str, &str); 1] = [("account_recovery", "volunteer_id")];

/// What names a row that is in somebody's copy, and says nothing of them: which branch's signed month counts a ledger entry.
const SAYS_NOTHING: [(&str, &str); 1] = [("month_statement_entry", "entry_id")];

/// A name that speaks of people.
fn speaks_of_people(column: &str) -> bool {
    ["person", "volunteer", "phone", "guardian", "actor"].iter().any(|word| column.contains(word))
}

stories! {
    async fn every_table_and_column_of_the_database_is_in_the_registry(town: Town) {
        let known: BTreeMap<&str, _> = TABLES.iter().map(|table| (table.name, table)).collect();
        for (name, columns) in columns(&town).await {
            let Some(table) = known.get(name.as_str()) else {
                assert!(
                    IMPERSONAL.contains(&name.as_str()),
                    "{name}: a new table. Does it hold something about a person? Put it into privacy/registry/tables.rs"
                );
                let personal: Vec<_> = columns.iter().filter(|column| speaks_of_people(column)).collect();
                assert!(personal.is_empty(), "{name} counts as impersonal, but has {personal:?}");
                continue;
            };
            let explained: BTreeSet<String> = table.fields.iter().map(|field| field.name.to_owned()).collect();
            assert_eq!(explained, columns, "{name}: the registry (left) must explain each column (right)");
        }
        let tables = columns(&town).await;
        for table in TABLES.iter().map(|table| table.name).chain(IMPERSONAL.iter().copied()) {
            assert!(tables.contains_key(table), "{table}: there is no such table any more");
        }
    }

    /// Whoever is named by a row gets to see it.
    async fn every_column_that_names_a_person_leads_to_their_copy(town: Town) {
        let own = |name: &str| TABLES.iter().any(|table| table.name == name && table.of != Of::Organisation);
        for Reference { table_name, column_name, parent } in references(&town).await {
            if !own(&parent) || SAYS_NOTHING.contains(&(table_name.as_str(), column_name.as_str())) {
                continue;
            }
            let table = TABLES.iter().find(|table| table.name == table_name);
            let table = table.unwrap_or_else(|| panic!("{table_name}.{column_name} names a row of {parent}: register it"));
            let twice = NAMED_TWICE.contains(&(table_name.as_str(), column_name.as_str()));
            if twice || !matches!(parent.as_str(), "person" | "volunteer") {
                continue;
            }
            let mut parts = table.acts.iter().map(|acts| acts.of).chain([table.of]);
            let found = parts.any(|of| of.columns().contains(&column_name.as_str()));
            assert!(found, "{table_name}.{column_name} names a {parent}, and no part of a copy begins with it");
        }
    }
}
