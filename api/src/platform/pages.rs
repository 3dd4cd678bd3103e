//! One kind of page: seek on `(sort key, id)`, one more than asked, never a count.

use async_graphql::{
    ObjectType, OutputType,
    connection::{Connection, ConnectionNameType, Edge, EdgeNameType, EmptyFields},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{ConnectionTrait, Cursor, DbErr, FromQueryResult, SelectorTrait};
use serde::{Serialize, de::DeserializeOwned};

use super::{errors::Fault, wire::price::list};

/// Items of a page when the client names no number.
pub const DEFAULT_SIZE: i32 = 20;
/// What a field costs that sends a statement of its own for each parent in a list; the price of a whole query is bounded.
pub const STATEMENT: usize = 20;
/// The most a client may ask for.
pub const MAX_SIZE: i32 = 100;

/// The price of a page whose items cost `each`, and of asking for it. A size out of range is priced as the nearest that is
/// not, so that the refusal is the page's own.
#[must_use]
pub fn price(first: Option<i32>, last: Option<i32>, each: usize, asking: usize) -> usize {
    let many = first.or(last).unwrap_or(DEFAULT_SIZE).clamp(0, MAX_SIZE).unsigned_abs() as usize;
    list(many, each, asking)
}

/// The four arguments of a Relay connection, as they came.
pub struct PageArgs {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// Which page of a list is wanted: `limit` items beyond `from`, towards the end or (`backward`) the beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<K> {
    pub limit: u64,
    pub from: Option<K>,
    pub backward: bool,
}

/// A page's items in the list's own order, and whether there is more on either side.
pub struct Slice<T> {
    pub rows: Vec<T>,
    pub has_previous: bool,
    pub has_next: bool,
}

impl<K: DeserializeOwned> Page<K> {
    /// Reads the arguments. `list` names the list: a cursor from another one is refused.
    pub fn read(list: &str, args: PageArgs) -> Result<Self, Fault> {
        let (size, cursor, backward) = match (args.first, args.last) {
            (Some(_), Some(_)) => {
                return Err(Fault::bad_input("Give `first` (with `after`) or `last` (with `before`), not both."));
            }
            (first, None) if args.before.is_none() => (first, args.after, false),
            (None, last) if args.after.is_none() => (last, args.before, true),
            _ => return Err(Fault::bad_input("`first` goes with `after`, and `last` with `before`.")),
        };
        let size = size.unwrap_or(DEFAULT_SIZE);
        if !(0..=MAX_SIZE).contains(&size) {
            return Err(Fault::bad_input(format!(
                "A page has 0 to {MAX_SIZE} items; {size} were asked for. Ask for less and follow `pageInfo`."
            )));
        }
        let from = cursor.map(|cursor| read_cursor(list, &cursor)).transpose()?;
        Ok(Self { limit: u64::from(size.unsigned_abs()), from, backward })
    }
}

impl<K> Page<K> {
    /// The comparison and order of a seek in SQL, for a list whose own order is ascending or (`descending`) not.
    pub fn seek(&self, descending: bool) -> (&'static str, &'static str) {
        if self.backward == descending { (">", "ASC") } else { ("<", "DESC") }
    }

    /// Cuts what a seek of `limit + 1` in the page's direction found; puts it into the list's own order.
    pub fn cut<T>(&self, mut rows: Vec<T>) -> Slice<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        if self.backward {
            rows.reverse();
            Slice { rows, has_previous: more, has_next: self.from.is_some() }
        } else {
            Slice { rows, has_previous: self.from.is_some(), has_next: more }
        }
    }

    /// This page of a list that is short enough to be had whole, in any order.
    pub fn of<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> K, descending: bool) -> Slice<T>
    where
        K: Ord,
    {
        let ascending = self.backward == descending;
        let towards = |one: &K, other: &K| if ascending { one.cmp(other) } else { other.cmp(one) };
        if let Some(from) = &self.from {
            rows.retain(|row| towards(&key(row), from).is_gt());
        }
        rows.sort_by(|one, other| towards(&key(one), &key(other)));
        self.cut(rows)
    }

    /// Fetches this page with SeaORM's cursor, which is given with its columns, filters and order.
    pub async fn fetch<S, M>(self, mut cursor: Cursor<S>, db: &impl ConnectionTrait) -> Result<Slice<M>, DbErr>
    where
        K: sea_orm::sea_query::IntoValueTuple,
        S: SelectorTrait<Item = M>,
        M: FromQueryResult + Sized + Send + Sync,
    {
        let Self { limit, from, backward } = self;
        let seeking = from.is_some();
        if let Some(from) = from {
            if backward {
                cursor.before(from)
            } else {
                cursor.after(from)
            };
        }
        if backward {
            cursor.last(limit + 1)
        } else {
            cursor.first(limit + 1)
        };
        let mut rows = cursor.all(db).await?;
        if backward {
            rows.reverse();
        }
        Ok(Page { limit, from: seeking.then_some(()), backward }.cut(rows))
    }
}

impl<T> Slice<T> {
    /// The Relay connection of this page; `key` is what a cursor remembers of an item.
    pub fn connection<K: Serialize, N: OutputType>(
        self,
        list: &str,
        key: impl Fn(&T) -> K,
        node: impl Fn(T) -> N,
    ) -> Connection<String, N> {
        self.connection_with(list, key, |row| (node(row), EmptyFields))
    }

    /// The same, with fields on the edge and GraphQL names of its own.
    pub fn connection_with<K, N, E, ConnectionName, EdgeName>(
        self,
        list: &str,
        key: impl Fn(&T) -> K,
        edge: impl Fn(T) -> (N, E),
    ) -> Connection<String, N, EmptyFields, E, ConnectionName, EdgeName>
    where
        K: Serialize,
        N: OutputType,
        E: ObjectType,
        ConnectionName: ConnectionNameType,
        EdgeName: EdgeNameType,
    {
        let mut connection = Connection::new(self.has_previous, self.has_next);
        connection.edges.extend(self.rows.into_iter().map(|row| {
            let cursor = write_cursor(list, &key(&row));
            let (node, fields) = edge(row);
            Edge::with_additional_fields(cursor, node, fields)
        }));
        connection
    }
}

pub fn write_cursor(list: &str, key: &impl Serialize) -> String {
    let text = serde_json::to_string(&(list, key)).expect("sort keys are plain values");
    URL_SAFE_NO_PAD.encode(text)
}

pub fn read_cursor<K: DeserializeOwned>(list: &str, cursor: &str) -> Result<K, Fault> {
    let foreign = || Fault::bad_input(format!("This cursor is not from the list `{list}`. Start again without it."));
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| foreign())?;
    let read: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
    if !plausible(&read) {
        return Err(foreign());
    }
    let (named, key): (String, K) = serde_json::from_value(read).map_err(|_| foreign())?;
    if named == list { Ok(key) } else { Err(foreign()) }
}

/// Whether a forged cursor holds only what a database can be asked for: no control characters, no year out of range.
fn plausible(read: &serde_json::Value) -> bool {
    match read {
        serde_json::Value::Array(items) => items.iter().all(plausible),
        serde_json::Value::String(text) => {
            let moment = text.parse::<chrono::DateTime<chrono::Utc>>();
            !text.chars().any(char::is_control) && moment.map_or(true, |at| super::db::moment("cursor", at).is_ok())
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(first: Option<i32>, after: Option<&str>, last: Option<i32>, before: Option<&str>) -> PageArgs {
        PageArgs { first, after: after.map(Into::into), last, before: before.map(Into::into) }
    }

    fn read(args: PageArgs) -> Result<Page<(String, u64)>, String> {
        Page::read("teams", args).map_err(|fault| fault.message().to_owned())
    }

    #[test]
    fn a_page_is_read_and_bounded() {
        let cursor = write_cursor("teams", &("绿荫", 7));
        assert_eq!(read(args(None, None, None, None)).unwrap().limit, 20);
        assert_eq!(read(args(Some(5), Some(&cursor), None, None)).unwrap().from, Some(("绿荫".into(), 7)));
        assert!(read(args(None, None, Some(5), Some(&cursor))).unwrap().backward);
        assert!(read(args(Some(1_000_000), None, None, None)).unwrap_err().contains("0 to 100"));
        assert!(read(args(Some(-1), None, None, None)).is_err());
        assert!(read(args(Some(1), None, Some(1), None)).unwrap_err().contains("not both"));
        assert!(read(args(Some(1), None, None, Some(&cursor))).unwrap_err().contains("goes with"));
    }

    #[test]
    fn a_cursor_from_another_list_or_from_nowhere_is_refused() {
        for cursor in [
            write_cursor("branches", &("绿荫", 7)),
            "%%".into(),
            String::new(),
            URL_SAFE_NO_PAD.encode("[1]"),
            write_cursor("teams", &("a\0", 7)),
            write_cursor("teams", &("-262143-01-01T00:00:00Z", 7)),
        ] {
            assert!(read(args(None, Some(&cursor), None, None)).unwrap_err().contains("not from the list"), "{cursor}");
        }
    }

    #[test]
    fn a_short_list_has_the_pages_of_a_long_one() {
        let page = |from, backward| Page { limit: 2, from, backward }.of(vec![3, 1, 5, 4, 2], |number| *number, true);
        for (from, backward, rows, more) in [
            (None, false, vec![5, 4], (false, true)),
            (Some(4), false, vec![3, 2], (true, true)),
            (Some(2), false, vec![1], (true, false)),
            (None, true, vec![2, 1], (true, false)),
            (Some(3), true, vec![5, 4], (false, true)),
        ] {
            let slice = page(from, backward);
            assert_eq!((slice.rows, (slice.has_previous, slice.has_next)), (rows, more), "{from:?} {backward}");
        }
    }

    #[test]
    fn one_more_than_asked_tells_that_there_is_more() {
        let forward = Page { limit: 2, from: Some(1), backward: false };
        let slice = forward.cut(vec![2, 3, 4]);
        assert_eq!((slice.rows, slice.has_previous, slice.has_next), (vec![2, 3], true, true));
        let backward = Page { limit: 2, from: None::<i32>, backward: true };
        let slice = backward.cut(vec![9, 8]);
        assert_eq!((slice.rows, slice.has_previous, slice.has_next), (vec![8, 9], false, false));
    }
}
