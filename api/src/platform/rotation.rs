//! `boai rotate-keys`: seals anew, with the key that seals now, what older keys sealed. It can be stopped and started again
//! at any time, and the server goes on meanwhile: whatever it seals is sealed with the new key already.

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use super::{
    db::{self, Db},
    errors::Fault,
    vault::Vault,
};

const BATCH: usize = 200;

/// A column of sealed values, and what its values are sealed for: moved to another row or column, they do not open.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    pub table: &'static str,
    pub key: &'static str,
    pub column: &'static str,
    pub what: &'static str,
}

impl SealedColumn {
    /// What the value of a row is sealed for.
    pub fn place(&self, key: impl fmt::Display) -> String {
        format!("{}/{key}/{}", self.table, self.what)
    }
}

/// What was looked at and done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    pub seen: u64,
    pub resealed: u64,
    pub faults: Vec<String>,
    pub key: String,
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} sealed values, {} of them sealed anew", self.seen, self.resealed)?;
        for fault in &self.faults {
            writeln!(f, "FAULT {fault}")?;
        }
        match self.faults.len() {
            0 => write!(
                f,
                "everything is sealed with the key {}; older keys are needed for copies of before only",
                self.key
            ),
            faults => write!(f, "{faults} values do not open and stay as they are: keep the older keys"),
        }
    }
}

/// Goes over all that is sealed. Each value by a statement of its own that changes it only if nobody else did.
pub async fn rotate(
    db: &Db,
    vault: &Vault,
    columns: &[SealedColumn],
    mut progress: impl FnMut(u64),
) -> Result<Rotated, Fault> {
    vault.look_again();
    let mut rotated = Rotated { key: vault.current_key(), ..Rotated::default() };
    for column in columns {
        let mut after = Uuid::nil();
        loop {
            let some = sealed_after(&db.conn, column, after).await?;
            let Some(last) = some.last() else { break };
            after = last.id;
            let tx = db.begin().await?;
            for sealed in &some {
                rotated.take(vault, column, sealed, &tx).await?;
            }
            tx.commit().await?;
            progress(rotated.seen);
        }
    }
    Ok(rotated)
}

impl Rotated {
    async fn take(
        &mut self,
        vault: &Vault,
        column: &SealedColumn,
        sealed: &Sealed,
        tx: &impl ConnectionTrait,
    ) -> Result<(), DbErr> {
        self.seen += 1;
        if vault.is_current(&sealed.value) {
            return Ok(());
        }
        let place = column.place(sealed.id);
        match vault.open(&place, &sealed.value) {
            Ok(open) => self.resealed += u64::from(reseal(tx, column, sealed, &vault.seal(&place, &open)).await?),
            Err(broken) => self.faults.push(format!("{} {}: {broken}", column.table, sealed.id)),
        }
        Ok(())
    }
}

/// A sealed value, as it was read.
#[derive(FromQueryResult)]
struct Sealed {
    id: Uuid,
    value: String,
}

async fn sealed_after(db: &impl ConnectionTrait, column: &SealedColumn, after: Uuid) -> Result<Vec<Sealed>, DbErr> {
    let SealedColumn { table, key, column, .. } = column;
    let text = format!(
        "SELECT {key} AS id, {column} AS value FROM {table}
         WHERE {column} IS NOT NULL AND {key} > $1 ORDER BY {key} LIMIT {BATCH}"
    );
    db::all(db, text, [after.into()]).await
}

/// False when it was erased, or sealed by somebody else, in the meantime.
async fn reseal(db: &impl ConnectionTrait, column: &SealedColumn, old: &Sealed, new: &str) -> Result<bool, DbErr> {
    let SealedColumn { table, key, column, .. } = column;
    let text = format!("UPDATE {table} SET {column} = $3 WHERE {key} = $1 AND {column} = $2");
    Ok(db::run(db, text, [old.id.into(), old.value.clone().into(), new.into()]).await? == 1)
}
