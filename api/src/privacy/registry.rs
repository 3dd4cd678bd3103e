//! Every table that holds something about people: how a person's rows are found, what each column means, and what an erasure
//! does to them and why. Export and erasure know nothing else, and a test walks the database: a table or column that is
//! missing here fails it.

mod tables;

pub use tables::{IMPERSONAL, TABLES};

/// The same words in both languages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Words {
    pub zh: &'static str,
    pub en: &'static str,
}

/// Whose row it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Of {
    /// This column is the person.
    Person(&'static str),
    /// This column is the person's volunteer.
    Volunteer(&'static str),
    /// This column is the person's phone number.
    Phone(&'static str),
    /// This column is the id of one of the person's rows of that table, which has a `person_id`.
    Through(&'static str, &'static str),
    /// The first column is the person or the person's volunteer, or the second is the person.
    Subject(&'static str, &'static str),
    /// The rows are of an organisation, never a person's own.
    Organisation,
}

impl Of {
    /// The columns that say so; of several the one that tells most comes first.
    pub fn columns(self) -> Vec<&'static str> {
        match self {
            Self::Person(column) | Self::Volunteer(column) | Self::Phone(column) | Self::Through(column, _) => {
                vec![column]
            }
            Self::Subject(column, person) => vec![column, person],
            Self::Organisation => Vec::new(),
        }
    }
}

/// How a column is read, and shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// An identifier; only in the file for machines.
    Id,
    Text,
    /// A word of an enum.
    Word,
    Time,
    Day,
    Whole,
    Real,
    Truth,
    /// JSON.
    List,
    /// A person: the one who asks, somebody else, or nobody. Who the others are is not the asker's data.
    Who,
    /// A phone number of somebody else: its middle is hidden, as in the API.
    MaskedPhone,
    /// Not handed out: it would open a door. Its description says what it is.
    Withheld,
}

pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub says: Words,
}

/// A column of another row, to make this one readable: from a column of this row through one table after the other.
pub struct Look {
    pub name: &'static str,
    pub kind: Kind,
    pub says: Words,
    /// (id of, table), as often as needed; then the column of the last.
    pub path: &'static [(&'static str, &'static str)],
    pub column: &'static str,
}

/// Rows of somebody else's in which the person had a hand: only these of their columns are the person's data.
pub struct Acts {
    pub of: Of,
    pub title: Words,
    pub fields: &'static [&'static str],
}

/// What an erasure does to a person's own rows. Rows in which the person only had a hand stay as they are: they are others'.
pub enum Fate {
    Erase,
    /// The rows stay, and what names or describes the person in them goes.
    Pseudonymise(&'static [(&'static str, To)]),
    Keep,
}

impl Fate {
    /// What the report of an erasure calls them.
    pub const TITLES: [Words; 3] = [
        Words { zh: "已删除", en: "Erased" },
        Words { zh: "已去除个人信息后保留", en: "Kept without what names the person" },
        Words { zh: "依法保留", en: "Kept as the law has it" },
    ];

    pub fn title(&self) -> Words {
        match self {
            Self::Erase => Self::TITLES[0],
            Self::Pseudonymise(_) => Self::TITLES[1],
            Self::Keep => Self::TITLES[2],
        }
    }
}

/// What a column becomes.
#[derive(Clone, Copy, Debug)]
pub enum To {
    Null,
    /// Null where that column says that a seal stands for it in the row's hash; elsewhere the row's chain would break.
    NullIfSealed(&'static str),
    /// The moment of the erasure.
    Now,
    /// The same, unless it had ended before.
    NowIfNull,
    /// `erased:` and the row's id, where every row needs a text of its own.
    Pseudonym,
    Text(&'static str),
    Day(&'static str),
    EmptyList,
    /// The county of the division.
    County,
    /// The upper end of the distance's band.
    Band,
}

pub struct Table {
    pub name: &'static str,
    pub title: Words,
    /// The columns that order a person's rows and tell them apart.
    pub key: &'static [&'static str],
    pub of: Of,
    pub fields: &'static [Field],
    pub looks: &'static [Look],
    pub acts: &'static [Acts],
    pub fate: Fate,
    /// Why it is kept, or no longer needed.
    pub reason: Words,
}

impl Table {
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A step of an export: a person's own rows of a table, or those in which they had a hand.
#[derive(Clone, Copy)]
pub struct Part {
    pub table: &'static Table,
    pub acts: Option<&'static Acts>,
}

impl Part {
    pub fn of(&self) -> Of {
        self.acts.map_or(self.table.of, |acts| acts.of)
    }

    pub fn title(&self) -> Words {
        self.acts.map_or(self.table.title, |acts| acts.title)
    }

    /// What is shown of each row.
    pub fn columns(&self) -> Vec<Column> {
        let own = self.acts.is_none();
        let shown = |field: &&Field| self.acts.is_none_or(|acts| acts.fields.contains(&field.name));
        let fields = self.table.fields.iter().filter(shown);
        let fields = fields.map(|field| Column { name: field.name, kind: field.kind, says: field.says, look: None });
        let looks = self.table.looks.iter().filter(|_| own);
        let looks = looks.map(|look| Column { name: look.name, kind: look.kind, says: look.says, look: Some(look) });
        fields.chain(looks).collect()
    }
}

/// What is shown of a row: a column of its own, or of a row that it names.
#[derive(Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub says: Words,
    pub look: Option<&'static Look>,
}

/// Every step of an export, in its order.
pub fn parts() -> Vec<Part> {
    let of_table = |table: &'static Table| {
        let own = (table.of != Of::Organisation).then_some(Part { table, acts: None });
        own.into_iter().chain(table.acts.iter().map(move |acts| Part { table, acts: Some(acts) }))
    };
    TABLES.iter().flat_map(of_table).collect()
}

#[cfg(test)]
mod tests {
    use super::{Fate, Of, TABLES, parts};

    #[test]
    fn what_a_table_names_is_a_field_of_it() {
        for table in TABLES {
            let known = |column: &str| assert!(table.field(column).is_some(), "{}.{column}", table.name);
            table.key.iter().copied().for_each(known);
            table.of.columns().into_iter().for_each(known);
            for acts in table.acts {
                acts.of.columns().into_iter().for_each(known);
                acts.fields.iter().copied().for_each(known);
            }
            table.looks.iter().for_each(|look| known(look.path[0].0));
            if let Fate::Pseudonymise(columns) = table.fate {
                columns.iter().for_each(|(column, _)| known(column));
            }
            assert!(table.of != Of::Organisation || !table.acts.is_empty(), "{} is no table of persons", table.name);
            assert!(!table.reason.zh.is_empty() && !table.reason.en.is_empty(), "{}: why?", table.name);
        }
        assert!(parts().len() > TABLES.len());
    }

    /// Rows go before those that they name, which stand above them in the list.
    #[test]
    fn a_table_stands_below_what_its_rows_hang_on() {
        for (place, table) in TABLES.iter().enumerate() {
            if let Of::Through(_, parent) = table.of {
                assert!(TABLES[..place].iter().any(|above| above.name == parent), "{} hangs on {parent}", table.name);
            }
        }
    }
}
