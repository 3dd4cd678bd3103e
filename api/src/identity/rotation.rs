//! `boai rotate-keys`: seals anew, with the key that seals now, what older keys sealed. It can be stopped and started again
//! at any time, and the server goes on meanwhile: whatever it seals is sealed with the new key already.

use std::fmt;

use boai_entity::ids::IdentityId;

use super::{service::place, store};
use crate::platform::{db::Db, errors::Fault, vault::Vault};

const BATCH: u64 = 200;

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
pub async fn rotate(db: &Db, vault: &Vault, mut progress: impl FnMut(u64)) -> Result<Rotated, Fault> {
    vault.look_again();
    let mut rotated = Rotated { key: vault.current_key(), ..Rotated::default() };
    let mut after: Option<IdentityId> = None;
    loop {
        let some = store::sealed_after(&db.conn, after, BATCH).await?;
        let Some(last) = some.last() else { return Ok(rotated) };
        after = Some(last.id);
        let tx = db.begin().await?;
        for sealed in &some {
            rotated.seen += 1;
            if vault.is_current(&sealed.number_sealed) {
                continue;
            }
            match vault.open(&place(sealed.id), &sealed.number_sealed) {
                Ok(number) => {
                    let anew = vault.seal(&place(sealed.id), &number);
                    rotated.resealed += u64::from(store::reseal(&tx, sealed, &anew).await?);
                }
                Err(broken) => rotated.faults.push(format!("identity {}: {broken}", sealed.id)),
            }
        }
        tx.commit().await?;
        progress(rotated.seen);
    }
}
