//! Handing in an identity, withdrawing it, looking at its number, and deciding on it.

use boai_entity::{
    audit_entry::Sights,
    consent, identity,
    ids::{IdentityId, PersonId},
    kinds::{ConsentKind, IdDocument, IdentityAnswer, IdentityState, InboxKind, LookPurpose, Sight},
};
use sea_orm::ConnectionTrait;

use super::{
    checker::{CheckRequest, Checker},
    rules::{CheckRefusal, SubmitRefusal, TRIES_A_DAY, read_number},
    store::{self, Decision, Placed, Unasked},
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    inbox::tell_volunteers,
    people::{self, rules::ConsentRefusal},
    platform::{
        civil::civil_day,
        errors::Fault,
        refusal::{OrFault, Stop},
        rotation::SealedColumn,
    },
    trail::{self, Note},
};

/// Where numbers are sealed.
pub const NUMBER: SealedColumn = SealedColumn { table: "identity", key: "id", column: "number_sealed", what: "number" };

/// Hands in the number of the caller's identity document, and gives the consent to keep it.
pub async fn submit(
    ctx: &Ctx,
    document: IdDocument,
    number: &str,
    consent_version: &str,
) -> Result<identity::Model, Stop<SubmitRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let now = ctx.now();
    let volunteer = people::store::volunteer_of(&ctx.db.conn, person).await.or_fault()?;
    let volunteer = volunteer.ok_or(SubmitRefusal::NotEnrolled)?;
    let number = read_number(document, number, volunteer.birth_date)?;
    if !store::count_try(&ctx.db.conn, person, civil_day(now)).await.or_fault()? {
        return Err(SubmitRefusal::TooManyTries { tries_a_day: TRIES_A_DAY }.into());
    }
    let id = IdentityId(ctx.new_id());
    let row = identity::Model {
        id,
        person_id: person,
        document,
        number_sealed: Some(ctx.vault.seal(&NUMBER.place(id), number.whole().as_bytes())),
        fingerprint: Some(ctx.vault.fingerprint("identity/number", number.whole())),
        masked: number.masked(),
        state: IdentityState::Pending,
        submitted_at: now,
        decided_at: None,
        decided_by: None,
        reason: None,
        asks: 0,
        asked_at: None,
        answer: None,
    };
    let tx = ctx.db.begin().await.or_fault()?;
    let agreed = people::service::agree(ctx, &tx, person, ConsentKind::Identity, consent_version).await.or_fault()?;
    agreed.map_err(|outdated| SubmitRefusal::ConsentTextOutdated { current: outdated.current })?;
    if !store::add(&tx, row.clone()).await.or_fault()? {
        let own = store::has_one(&tx, person).await.or_fault()?;
        return Err(if own { SubmitRefusal::AlreadyThere } else { SubmitRefusal::NumberTaken }.into());
    }
    ctx.audit(&tx, "SUBMIT_IDENTITY", "Person", person.0, Some(document.as_str())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(row)
}

/// Withdraws the consent to keep the number, which is erased with it, verified or not.
pub async fn withdraw(ctx: &Ctx) -> Result<Vec<consent::Model>, Stop<ConsentRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    if !people::store::withdraw_consent(&tx, person, ConsentKind::Identity, ctx.now()).await.or_fault()? {
        return Err(ConsentRefusal::NotInForce.into());
    }
    store::withdraw(&tx, person, ctx.now()).await.or_fault()?;
    let consents = people::store::consents(&tx, person).await.or_fault()?;
    let kind = Some(ConsentKind::Identity.as_str());
    ctx.audit(&tx, "WITHDRAW_CONSENT", "Person", person.0, kind).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(consents)
}

/// Shows an officer the whole number, once it is written down who looked, and why.
pub async fn reveal(ctx: &Ctx, id: IdentityId, reason: &str) -> Result<String, Stop<CheckRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = in_care(ctx, &tx, id).await?;
    let sealed = placed.number_sealed.ok_or(CheckRefusal::Erased)?;
    let number = ctx.vault.open(&NUMBER.place(id), &sealed).or_fault()?;
    let number =
        String::from_utf8(number).map_err(|_| Fault::Internal("a sealed number is no text".into())).or_fault()?;
    let look = Note {
        action: "LOOK".into(),
        subject: "Volunteer".into(),
        subject_id: placed.volunteer_id.0,
        sights: Sights(vec![Sight::IdNumber]),
        purpose: Some(LookPurpose::IdentityCheck),
        reason: Some(reason.into()),
        ..Note::default()
    };
    trail::append(ctx, &tx, vec![look]).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(number)
}

/// An officer's word on an identity that waits. Of two at one instant the first counts.
pub async fn decide(
    ctx: &Ctx,
    id: IdentityId,
    verified: bool,
    reason: Option<&str>,
) -> Result<identity::Model, Stop<CheckRefusal>> {
    let actor = ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = in_care(ctx, &tx, id).await?;
    if placed.person_id == actor.person {
        return Err(CheckRefusal::Yourself.into());
    }
    if !verified && reason.is_none() {
        return Err(CheckRefusal::ReasonNeeded.into());
    }
    if !write_decision(ctx, &tx, (id, &placed), verified, Some(actor.person), reason).await.or_fault()? {
        return Err(CheckRefusal::NotPending.into());
    }
    let decided = store::by_id(&tx, id).await.or_fault()?.ok_or(CheckRefusal::NotFound)?;
    tx.commit().await.or_fault()?;
    Ok(decided)
}

async fn write_decision(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    (id, placed): (IdentityId, &Placed),
    verified: bool,
    by: Option<PersonId>,
    reason: Option<&str>,
) -> Result<bool, sea_orm::DbErr> {
    let (state, kind, act) = match verified {
        true => (IdentityState::Verified, InboxKind::IdentityVerified, "VERIFY_IDENTITY"),
        false => (IdentityState::Rejected, InboxKind::IdentityRejected, "REJECT_IDENTITY"),
    };
    if !store::decide(tx, id, &Decision { state, by, reason, at: ctx.now() }).await? {
        return Ok(false);
    }
    tell_volunteers(ctx, tx, &[placed.volunteer_id], kind, None, reason.unwrap_or_default()).await?;
    ctx.audit_about(tx, placed.person_id, act, ("Identity", id.0), reason.map(Into::into)).await?;
    Ok(true)
}

/// What is not in the caller's care answers as what is not there.
async fn in_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: IdentityId) -> Result<Placed, Stop<CheckRefusal>> {
    ctx.actor().or_fault()?;
    let placed = store::placed(tx, id).await.or_fault()?.ok_or(CheckRefusal::NotFound)?;
    let residence = Resource::Branch { path: &placed.residence_code };
    if ctx.may(Action::VerifyIdentity, residence).or_fault()? { Ok(placed) } else { Err(CheckRefusal::NotFound.into()) }
}

/// Asks the verification service about who waits. A match verifies; anything else is left to an officer, for no machine
/// turns anybody away (PIPL, art. 24). Any number of instances may run it: each takes its own.
pub async fn ask_checker(ctx: &Ctx, checker: &Checker) -> Result<usize, Fault> {
    let now = ctx.now();
    let mut asked = 0;
    for one in store::unasked(&ctx.db.conn, now, 50).await? {
        if !store::take_for_asking(&ctx.db.conn, &one, now).await? {
            continue;
        }
        asked += 1;
        let number = match ctx.vault.open(&NUMBER.place(one.id), &one.number_sealed) {
            Ok(number) => number,
            Err(broken) => {
                tracing::error!(identity = %one.id, %broken, "a sealed number does not open");
                continue;
            }
        };
        let number = String::from_utf8_lossy(&number);
        let request = CheckRequest { request_id: one.id.0, name: &one.name, document: one.document, number: &number };
        match checker.ask(&request).await {
            Ok(answer) => take_answer(ctx, one, answer).await?,
            Err(why) => tracing::warn!(why, "an identity could not be checked; trying again in an hour"),
        }
    }
    Ok(asked)
}

async fn take_answer(ctx: &Ctx, one: Unasked, answer: IdentityAnswer) -> Result<(), Fault> {
    let tx = ctx.db.begin().await?;
    store::keep_answer(&tx, one.id, answer).await?;
    if answer == IdentityAnswer::Match {
        let placed = store::placed(&tx, one.id).await?;
        if let Some(placed) = placed {
            // It may have been withdrawn while the service thought about it.
            write_decision(ctx, &tx, (one.id, &placed), true, None, None).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
