//! A person's rows, table by table, as the registry describes them: reading them in pages, and erasing them.

use boai_entity::{
    Instant,
    ids::{PersonId, VolunteerId},
};
use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult, Value};
use serde_json::json;
use uuid::Uuid;

use crate::{
    platform::{db, scalars::PhoneNumber},
    privacy::{
        cells::Cell,
        registry::{Column, Fate, Kind, Look, Of, Part, Table, To},
        rules::BANDS_M,
    },
};

/// Whose rows they are.
#[derive(Clone, FromQueryResult)]
pub struct Subject {
    pub person: PersonId,
    pub volunteer: Option<VolunteerId>,
    /// E.164. It has no `Debug`, so that no log line ever shows it.
    pub phone: String,
}

pub async fn subject(db: &impl ConnectionTrait, person: PersonId) -> Result<Option<Subject>, DbErr> {
    db::one(
        db,
        "SELECT p.id AS person, v.id AS volunteer, p.phone FROM person p LEFT JOIN volunteer v ON v.person_id = p.id
         WHERE p.id = $1 AND p.erased_at IS NULL",
        [person.into()],
    )
    .await
}

/// Rows of a part, and where the next page begins; none when there is no next one.
pub struct Rows {
    pub rows: Vec<Vec<Cell>>,
    pub next: Option<Vec<Value>>,
}

/// So many rows of a part, behind `after`.
pub async fn rows(
    db: &impl ConnectionTrait,
    part: &Part,
    columns: &[Column],
    subject: &Subject,
    after: Option<Vec<Value>>,
    limit: usize,
) -> Result<Rows, DbErr> {
    let mut values = Values::default();
    let Some(whose) = whose(part, subject, &mut values) else { return Ok(Rows { rows: Vec::new(), next: None }) };
    let key = part.table.key;
    let beyond = after.map_or_else(String::new, |after| {
        let at: Vec<String> = after.into_iter().map(|value| values.add(value)).collect();
        format!("AND ({}) > ({})", listed(key, |column| format!("t.{column}")), at.join(", "))
    });
    let shown = listed(columns, |column| expression(column, &subject.person, &mut values));
    let keys = listed(key, |column| match part.table.field(column).map(|field| field.kind) {
        Some(Kind::Whole) => format!("CAST(t.{column} AS bigint) AS key_{column}"),
        _ => format!("t.{column} AS key_{column}"),
    });
    let text = format!(
        "SELECT {shown}, {keys} FROM {table} t WHERE {whose} {beyond} ORDER BY {order} LIMIT {limit}",
        table = part.table.name,
        order = listed(key, |column| format!("t.{column}")),
    );
    let found = db.query_all_raw(db::sql(db, text, values.0)).await?;
    let rows = found.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect::<Result<_, _>>());
    let rows = rows.collect::<Result<_, DbErr>>()?;
    let next = match found.last() {
        Some(last) if found.len() == limit => {
            Some(key.iter().map(|column| key_value(last, part.table, column)).collect::<Result<_, _>>()?)
        }
        _ => None,
    };
    Ok(Rows { rows, next })
}

/// The values of a statement, in the order of their numbers.
#[derive(Default)]
struct Values(Vec<Value>);

impl Values {
    fn add(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }
}

/// A person's rows, or those of others in which they had a hand; none for what a person can have no row of.
fn whose(part: &Part, subject: &Subject, values: &mut Values) -> Option<String> {
    let named = condition(part.of(), subject, values)?;
    // What the person did to their own rows stands in the part of their own.
    match part.acts.and_then(|_| condition(part.table.of, subject, values)) {
        Some(own) => Some(format!("{named} AND NOT ({own})")),
        None => Some(named),
    }
}

fn condition(of: Of, subject: &Subject, values: &mut Values) -> Option<String> {
    Some(match of {
        Of::Person(column) => format!("t.{column} = {}", values.add(subject.person)),
        Of::Volunteer(column) => format!("t.{column} = {}", values.add(subject.volunteer?)),
        Of::Phone(column) => format!("t.{column} = {}", values.add(subject.phone.as_str())),
        Of::Through(column, parent) => {
            format!("t.{column} IN (SELECT id FROM {parent} WHERE person_id = {})", values.add(subject.person))
        }
        Of::Subject(column, person) => {
            let me = values.add(subject.person.0);
            let volunteer = subject.volunteer.map(|volunteer| format!(", {}", values.add(volunteer.0)));
            format!("(t.{column} IN ({me}{}) OR COALESCE(t.{person} = {me}, FALSE))", volunteer.unwrap_or_default())
        }
        Of::Organisation => return None,
    })
}

fn expression(column: &Column, person: &PersonId, values: &mut Values) -> String {
    let name = column.name;
    if let Some(look) = column.look {
        return format!("{} AS {name}", looked_up(look));
    }
    match column.kind {
        Kind::Whole => format!("CAST(t.{name} AS bigint) AS {name}"),
        Kind::Who => {
            let me = values.add(*person);
            format!("CASE WHEN t.{name} IS NULL THEN NULL WHEN t.{name} = {me} THEN 'me' ELSE 'other' END AS {name}")
        }
        // It is not even read.
        Kind::Withheld => format!("NULL AS {name}"),
        _ => format!("t.{name} AS {name}"),
    }
}

/// The column of a row that this one leads to.
fn looked_up(look: &Look) -> String {
    let mut id = "t".to_owned();
    for (step, (column, table)) in look.path.iter().enumerate() {
        let key = if *table == "division" { "code" } else { "id" };
        let next = look.path.get(step + 1).map_or(look.column, |(column, _)| column);
        let from = if step == 0 { format!("{id}.{column}") } else { id };
        id = format!("(SELECT l{step}.{next} FROM {table} l{step} WHERE l{step}.{key} = {from})");
    }
    id
}

fn cell(row: &QueryResult, column: &Column) -> Result<Cell, DbErr> {
    fn read<T: sea_orm::TryGetable>(row: &QueryResult, name: &str, cell: fn(T) -> Cell) -> Result<Cell, DbErr> {
        Ok(row.try_get::<Option<T>>("", name)?.map_or(Cell::Nothing, cell))
    }
    let name = column.name;
    match column.kind {
        // Some identifiers are hashes and words.
        Kind::Id => read(row, name, |id: Uuid| Cell::Text(id.to_string())).or_else(|_| read(row, name, Cell::Text)),
        Kind::Text => read(row, name, Cell::Text),
        Kind::Word => read(row, name, Cell::Word),
        Kind::Time => read(row, name, Cell::Time),
        Kind::Day => read(row, name, Cell::Day),
        Kind::Whole => read(row, name, Cell::Whole),
        Kind::Real => read(row, name, Cell::Real),
        Kind::Truth => read(row, name, Cell::Truth),
        Kind::List => read(row, name, Cell::List),
        Kind::Who => read(row, name, |who: String| Cell::Myself(who == "me")),
        Kind::MaskedPhone => read(row, name, |phone: String| Cell::Text(PhoneNumber::masked(&phone))),
        Kind::Withheld => Ok(Cell::Nothing),
    }
}

fn key_value(row: &QueryResult, table: &Table, column: &str) -> Result<Value, DbErr> {
    let name = format!("key_{column}");
    match table.field(column).map(|field| field.kind) {
        Some(Kind::Id) => Ok(row.try_get::<Uuid>("", &name)?.into()),
        Some(Kind::Whole) => Ok(row.try_get::<i64>("", &name)?.into()),
        Some(Kind::Day) => Ok(row.try_get::<NaiveDate>("", &name)?.into()),
        _ => Ok(row.try_get::<String>("", &name)?.into()),
    }
}

fn listed<T>(items: &[T], mut text: impl FnMut(&T) -> String) -> String {
    items.iter().map(&mut text).collect::<Vec<_>>().join(", ")
}

/// Does to a person's own rows of a table what the registry says, and tells how many there were.
pub async fn erase(db: &impl ConnectionTrait, table: &Table, subject: &Subject, now: Instant) -> Result<u64, DbErr> {
    let mut values = Values::default();
    let changes = match table.fate {
        Fate::Pseudonymise(columns) => listed(columns, |(column, to)| {
            format!("{column} = {}", becomes(column, *to, subject.person, now, &mut values))
        }),
        Fate::Erase | Fate::Keep => String::new(),
    };
    let Some(whose) = condition(table.of, subject, &mut values) else { return Ok(0) };
    let name = table.name;
    match table.fate {
        Fate::Erase => db::run(db, format!("DELETE FROM {name} AS t WHERE {whose}"), values.0).await,
        Fate::Pseudonymise(_) => db::run(db, format!("UPDATE {name} AS t SET {changes} WHERE {whose}"), values.0).await,
        Fate::Keep => {
            #[derive(FromQueryResult)]
            struct Count {
                count: i64,
            }
            let text = format!("SELECT COUNT(*) AS count FROM {name} t WHERE {whose}");
            let count: Option<Count> = db::one(db, text, values.0).await?;
            Ok(count.map_or(0, |count| count.count.unsigned_abs()))
        }
    }
}

fn becomes(column: &str, to: To, person: PersonId, now: Instant, values: &mut Values) -> String {
    match to {
        To::Null => "NULL".into(),
        To::NullIfSealed(seal) => format!("CASE WHEN {seal} IS NULL THEN {column} END"),
        To::Now => values.add(now),
        To::NowIfNull => format!("COALESCE({column}, {})", values.add(now)),
        To::Pseudonym => values.add(format!("erased:{person}")),
        To::Text(text) => values.add(text),
        To::Day(day) => values.add(day.parse::<NaiveDate>().unwrap_or_default()),
        To::EmptyList => values.add(json!([])),
        // Codes nest by length: the county has six digits, and what lies above it fewer.
        To::County => {
            let above = [6, 4, 2]
                .map(|digits| format!("(SELECT d.code FROM division d WHERE d.code = substr({column}, 1, {digits}))"));
            format!("COALESCE({}, {column})", above.join(", "))
        }
        To::Band => banded(column),
    }
}

/// The upper end of a distance's band, in SQL: what `rules::band` says.
pub fn banded(column: &str) -> String {
    let [ends @ .., last] = BANDS_M.map(|end| format!("{end:.1}"));
    let cases: String = ends.iter().map(|end| format!(" WHEN {column} <= {end} THEN {end}")).collect();
    format!("CASE WHEN {column} IS NULL THEN NULL{cases} ELSE {last} END")
}
