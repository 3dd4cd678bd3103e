//! Issuing a certificate, handing out its file, checking it, taking it back.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use boai_entity::{
    Instant,
    certificate::{Line, Model as Certificate, Shown, Unit},
    ids::{BranchId, CertificateId},
    kinds::IdentityState,
    volunteer,
};
use chrono::{DateTime, NaiveDate};
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    rules::{
        CertificateRefusal, LINK_LIVES, MOST_A_DAY, MOST_RECORDS, Standing, code_of, digest, is_code, new_number,
        payload, read_number, standing, statement,
    },
    store::{self, Final},
};
use crate::{
    ctx::Ctx,
    hours, identity, organisation, people,
    platform::{
        civil::{civil_day, day_bounds},
        errors::Fault,
        proxies::network_bits,
        rates::{Charge, Exceeded},
        refusal::{OrFault, Stop, When},
        vault::Vault,
    },
};

/// Issues a certificate of what is final for these days: confirmed, and no longer under public notice. As long as that shows the same, it is the same one.
pub async fn request(ctx: &Ctx, from: NaiveDate, to: NaiveDate) -> Result<Certificate, Stop<CertificateRefusal>> {
    let id = ctx.volunteer().or_fault()?;
    let today = civil_day(ctx.now());
    if to < from {
        return Err(CertificateRefusal::Backwards.into());
    }
    if to > today {
        return Err(CertificateRefusal::NotOver { last_day: today.to_string() }.into());
    }
    let tx = ctx.db.begin().await.or_fault()?;
    // The ledger moves with the volunteer's row held, so nothing is added to it meanwhile.
    let volunteer = people::store::lock(&tx, id).await.or_fault()?;
    let volunteer = volunteer.ok_or(Stop::Fault(Fault::Unauthenticated))?;
    let records = store::finals(&tx, id, (from, to), ctx.now(), MOST_RECORDS).await.or_fault()?;
    let head = hours::store::chain_head(&tx, id).await.or_fault()?;
    let (Some(head), 1..=MOST_RECORDS) = (head, records.len()) else {
        let there = store::counted(&tx, id, (from, to), ctx.now()).await.or_fault()?;
        return Err(match there.finals {
            0 => CertificateRefusal::NothingFinal { others: there.others },
            records => CertificateRefusal::TooManyRecords { records, most: count(MOST_RECORDS) },
        }
        .into());
    };
    let (branch_id, issuer) = issuer(&tx, &records).await.or_fault()?;
    let shown = shown(&tx, volunteer, (from, to), issuer, records).await.or_fault()?;
    let digest = digest(&shown);
    if let Some(same) = store::same(&tx, id, &digest).await.or_fault()? {
        return Ok(same);
    }
    let (begin, next) = day_bounds(today);
    if store::issued_since(&tx, id, begin).await.or_fault()? >= MOST_A_DAY {
        return Err(CertificateRefusal::TooManyToday { most: MOST_A_DAY, next: When(next) }.into());
    }
    let mut certificate = Certificate {
        id: CertificateId(ctx.new_id()),
        number: String::new(),
        volunteer_id: id,
        branch_id,
        issued_at: ctx.now(),
        shown,
        seq: head.seq,
        head: head.hash,
        digest,
        payload: String::new(),
        key_id: String::new(),
        address: ctx.config.certificates.address.clone(),
        revoked_at: None,
        revoke_reason: None,
    };
    loop {
        certificate.number = new_number(today, ctx.random.below(100_000_000));
        let text = statement(&certificate.number, certificate.issued_at, &certificate.shown, &certificate.digest);
        let signed = ctx.vault.sign(certificate.issued_at, text.as_bytes()).ok_or(CertificateRefusal::NoKey)?;
        certificate.payload = payload(&signed.key, &text, &signed.bytes);
        certificate.key_id = signed.key;
        // Nobody else issues one to this volunteer meanwhile, so what is taken can only be the number.
        if store::add(&tx, certificate.clone()).await.or_fault()? {
            break;
        }
    }
    ctx.audit(&tx, "ISSUE_CERTIFICATE", "Certificate", certificate.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(certificate)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The nearest branch above all units that recorded; where there is none, the topmost above the first of them.
async fn issuer(db: &impl ConnectionTrait, records: &[Final]) -> Result<(BranchId, String), Fault> {
    let first = records.first().map_or("", |record| record.branch_path.as_str());
    let mut paths: Vec<&str> = [12, 9, 6, 4, 2].into_iter().filter_map(|end| first.get(..end)).collect();
    let topmost = paths.last().copied();
    paths.retain(|path| records.iter().all(|record| record.branch_path.starts_with(path)));
    paths.extend(topmost);
    for path in paths {
        if let Some(branch) = organisation::store::branch_at(db, path).await? {
            return Ok((branch.id, branch.name));
        }
    }
    Err(Fault::Internal(format!("no branch stands above {first}")))
}

async fn shown(
    db: &impl ConnectionTrait,
    volunteer: volunteer::Model,
    (from, to): (NaiveDate, NaiveDate),
    issuer: String,
    records: Vec<Final>,
) -> Result<Shown, Fault> {
    let identity = identity::store::latest(db, volunteer.person_id).await?;
    let verified = identity.filter(|identity| identity.state == IdentityState::Verified);
    let mut units: Vec<Unit> = Vec::new();
    for record in records {
        let Final { team, branch, .. } = record;
        let line = Line {
            record: record.record_id,
            day: record.service_date,
            from: record.served_from.timestamp(),
            to: record.served_to.timestamp(),
            activity: record.title,
            place: record.place_name,
            content: record.category,
            book: record.book,
            minutes: record.minutes,
        };
        match units.last_mut() {
            Some(unit) if unit.team == team && unit.branch == branch => unit.records.push(line),
            _ => units.push(Unit { team, branch, records: vec![line] }),
        }
    }
    let id_number = verified.map(|identity| identity.masked);
    Ok(Shown { name: volunteer.name, volunteer_number: volunteer.number, id_number, from, to, issuer, units })
}

/// The caller's newest certificates, with where they stand.
pub async fn mine(ctx: &Ctx) -> Result<Vec<(Certificate, Standing)>, Fault> {
    let Some(volunteer) = ctx.actor()?.volunteer else { return Ok(Vec::new()) };
    let certificates = store::newest(&ctx.db.conn, volunteer, 20).await?;
    let Some(first) = certificates.iter().map(|certificate| certificate.seq).min() else { return Ok(Vec::new()) };
    let taken_back = store::taken_back(&ctx.db.conn, volunteer, first).await?;
    let stands = |certificate: Certificate| {
        let standing = standing(&certificate, &taken_back);
        (certificate, standing)
    };
    Ok(certificates.into_iter().map(stands).collect())
}

/// Where a certificate stands now.
pub async fn standing_of(ctx: &Ctx, certificate: &Certificate) -> Result<Standing, Fault> {
    let taken_back = store::taken_back(&ctx.db.conn, certificate.volunteer_id, certificate.seq).await?;
    Ok(standing(certificate, &taken_back))
}

/// What came of a check.
pub enum Checked {
    Found(Box<Certificate>, Standing),
    /// There is no such number, or that is not its code: nobody is told which.
    Wrong,
    TooMany(Exceeded),
}

/// Looks a certificate up by what is printed on it. What was wrong counts on the number and on the address.
pub async fn check(ctx: &Ctx, number: &str, code: &str) -> Result<Checked, Fault> {
    let number = read_number(number);
    for charge in wrong(ctx, &number) {
        if let Some(exceeded) = ctx.rates.is_full(charge, ctx.now()).await {
            return Ok(Checked::TooMany(exceeded));
        }
    }
    // Both are looked at in any case: how long it takes tells nothing.
    let certificate = store::by_number(&ctx.db.conn, &number).await?;
    let right = is_code(&code_of(&ctx.vault, &number), code);
    match certificate.filter(|_| right) {
        Some(certificate) => {
            let standing = standing_of(ctx, &certificate).await?;
            Ok(Checked::Found(Box::new(certificate), standing))
        }
        None => {
            for charge in wrong(ctx, &number) {
                ctx.rates.take(charge.who, &[charge], ctx.now()).await;
            }
            Ok(Checked::Wrong)
        }
    }
}

fn wrong(ctx: &Ctx, number: &str) -> impl Iterator<Item = Charge> + use<> {
    let limits = &ctx.config.rates.certificates;
    let digest = Sha256::digest(number);
    let who = u128::from_be_bytes(std::array::from_fn(|place| digest[place]));
    let of_number = limits.wrong_number.0.map(|limit| ("certificates.wrong_number", limit, who));
    let of_address = limits.wrong_address.0.zip(ctx.address);
    let of_address = of_address.map(|(limit, address)| ("certificates.wrong_address", limit, network_bits(address)));
    let charge = |(name, limit, who)| Charge { name, limit, who, weight: 1 };
    [of_number, of_address].into_iter().flatten().map(charge)
}

/// A link to a certificate's file that is good for a quarter of an hour: nothing has to be kept for it.
pub fn link(vault: &Vault, id: CertificateId, now: Instant) -> (String, Instant) {
    let expires_at = now + LINK_LIVES;
    let bytes = [&id.0.as_bytes()[..], &expires_at.timestamp().to_be_bytes(), &seal(vault, id, expires_at.timestamp())];
    (format!("/certificate-files/{}", BASE64_URL_SAFE_NO_PAD.encode(bytes.concat())), expires_at)
}

fn seal(vault: &Vault, id: CertificateId, expires: i64) -> [u8; 16] {
    let mac = vault.derive("certificate/link", &format!("{id} {expires}"));
    std::array::from_fn(|place| mac[place])
}

/// The certificate behind a link, as long as it is good.
pub async fn linked(ctx: &Ctx, token: &str) -> Result<Option<Certificate>, Fault> {
    let Some(id) = opened(&ctx.vault, token, ctx.now()) else { return Ok(None) };
    Ok(store::by_id(&ctx.db.conn, id).await?)
}

fn opened(vault: &Vault, token: &str, now: Instant) -> Option<CertificateId> {
    let bytes: [u8; 40] = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
    let id = CertificateId(Uuid::from_bytes(std::array::from_fn(|place| bytes[place])));
    let expires = i64::from_be_bytes(std::array::from_fn(|place| bytes[16 + place]));
    let right = seal(vault, id, expires);
    let different = right.iter().zip(&bytes[24..]).fold(0, |sum, (one, other)| sum | (one ^ other));
    let live = DateTime::from_timestamp(expires, 0)? > now;
    (different == 0 && live).then_some(id)
}

/// Takes a certificate back; false when it is already, or there is none of that number.
pub async fn revoke(ctx: &Ctx, number: &str, reason: &str) -> Result<bool, Fault> {
    let number = read_number(number);
    let tx = ctx.db.begin().await?;
    let Some(certificate) = store::by_number(&tx, &number).await? else { return Ok(false) };
    if !store::revoke(&tx, &number, ctx.now(), reason).await? {
        return Ok(false);
    }
    ctx.audit(&tx, "REVOKE_CERTIFICATE", "Certificate", certificate.id.0, Some(reason.to_owned())).await?;
    tx.commit().await?;
    Ok(true)
}
