//! `boai audit --certificate`: holds one certificate against the ledger and the signed roots.

use std::fmt;

use boai_entity::ids::ServiceRecordId;
use sea_orm::DbErr;

use super::{
    rules::{Standing, digest, read_number, read_payload, standing, statement},
    store,
};
use crate::{
    hours::{self, rules::entry_hash},
    platform::{civil::civil_day, db::Db, vault::Vault},
    proof::{rules::follow, service::inclusion},
};

/// What was looked at and what was found wrong.
#[derive(Debug, Default)]
pub struct Report {
    pub number: String,
    pub facts: Vec<String>,
    pub faults: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fact in &self.facts {
            writeln!(f, "{fact}")?;
        }
        for fault in &self.faults {
            writeln!(f, "FAULT {fault}")?;
        }
        match self.faults.len() {
            0 => write!(f, "the certificate {} holds", self.number),
            faults => write!(f, "{faults} faults in the certificate {}", self.number),
        }
    }
}

/// None when there is no certificate of that number.
pub async fn check(db: &Db, vault: Option<&Vault>, number: &str) -> Result<Option<Report>, DbErr> {
    let Some(certificate) = store::by_number(&db.conn, &read_number(number)).await? else { return Ok(None) };
    let volunteer = certificate.volunteer_id;
    let mut report = Report { number: certificate.number.clone(), ..Report::default() };
    let taken_back = store::taken_back(&db.conn, volunteer, certificate.seq).await?;
    let stands = match standing(&certificate, &taken_back) {
        Standing::Valid => "is valid".to_owned(),
        Standing::Superseded => "is superseded: a record on it was corrected".to_owned(),
        Standing::Revoked { at, .. } => format!("was revoked on {}", civil_day(at)),
    };
    let (issued, minutes) = (civil_day(certificate.issued_at), certificate.shown.minutes());
    report.facts.push(format!("issued on {issued} over {minutes} minutes; it {stands}"));
    if digest(&certificate.shown) != certificate.digest {
        report.faults.push("what it shows was changed after it was issued".into());
    }
    let text = statement(&certificate.number, certificate.issued_at, &certificate.shown, &certificate.digest);
    let signed = read_payload(&certificate.payload).filter(|(_, signed, _)| *signed == text);
    match (signed, vault) {
        (None, _) => report.faults.push("what was signed is not what it shows".into()),
        (Some(_), None) => report.facts.push("its signature was not checked: that takes the keys of the vault".into()),
        (Some((key, text, signature)), Some(vault)) => {
            match vault.verify(&key, certificate.issued_at, text.as_bytes(), &signature) {
                Ok(()) => report.facts.push(format!("signed by the key {key}")),
                Err(wrong) => report.faults.push(format!("its signature is not good: {wrong}")),
            }
        }
    }
    // The ledger as it stood: every record on it is confirmed there, with its minutes.
    let ledger = hours::store::entries_of(&db.conn, &[volunteer]).await?;
    let then: Vec<_> = ledger.into_iter().filter(|entry| entry.seq <= certificate.seq).collect();
    match then.last() {
        Some(last) if last.seq == certificate.seq && last.hash == certificate.head && entry_hash(last) == last.hash => {
        }
        _ => report
            .faults
            .push(format!("entry {} of the ledger is not the one that it was issued over", certificate.seq)),
    }
    if let Err(broken) = hours::rules::check_chain(&then) {
        report.faults.push(format!("the ledger that it was issued over: {broken}"));
    }
    let confirmed = |record: ServiceRecordId| -> i64 {
        then.iter().filter(|entry| entry.record_id == record).map(|entry| i64::from(entry.confirmed_minutes)).sum()
    };
    for line in certificate.shown.units.iter().flat_map(|unit| &unit.records) {
        let there = confirmed(line.record);
        if there != i64::from(line.minutes) {
            report
                .faults
                .push(format!("record {}: {} minutes on it, {there} in the ledger", line.record, line.minutes));
        }
    }
    let root = inclusion(db, volunteer).await.map_err(|fault| DbErr::Custom(format!("{fault:?}")))?;
    match root {
        Some(root) if root.head.seq >= certificate.seq => {
            if hex::encode(follow(root.head.leaf(), &root.path)) == root.root.root {
                report.facts.push(format!("under the signed root of {}", root.root.day));
            } else {
                report.faults.push(format!("its ledger does not lead to the signed root of {}", root.root.day));
            }
        }
        _ => report.facts.push("not under a signed root yet: that is made after the day is over".into()),
    }
    Ok(Some(report))
}
