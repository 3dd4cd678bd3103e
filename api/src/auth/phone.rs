//! Moving an account to another phone number, both numbers proved.

use boai_entity::{
    Instant,
    ids::PersonId,
    kinds::{CodePurpose, InboxKind, SessionEnd},
};

use super::{
    codes,
    rules::{ChangePhoneRefusal, CodeFault, PhoneChangeCodeRefusal, Proof},
    sessions,
    store::{persons, sessions::Which},
};
use crate::{
    ctx::Ctx,
    inbox,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop},
        scalars::PhoneNumber,
    },
};

/// The text to a number that an account has left.
pub const NUMBER_LEFT: &str = "NUMBER_LEFT";

/// Both codes are the caller's alone: one that was sent for somebody else proves nothing.
fn proofs<'a>(person: PersonId, old: &'a str, new: &'a PhoneNumber) -> (Proof<'a>, Proof<'a>) {
    let proof = |phone, purpose| Proof { phone, purpose, holder: Some(person) };
    (proof(old, CodePurpose::ChangePhoneFrom), proof(&new.0, CodePurpose::ChangePhoneTo))
}

/// Sends a code to the old and one to the new number: both, or none. Whether somebody has the new number is told only to
/// who proves it.
pub async fn request_change(ctx: &Ctx, new: &PhoneNumber) -> Result<Instant, Stop<PhoneChangeCodeRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let me = persons::person(&tx, person).await.or_fault()?;
    let old = me.ok_or(Stop::Fault(Fault::Unauthenticated))?.phone;
    if old == new.0 {
        return Err(PhoneChangeCodeRefusal::SameNumber.into());
    }
    let (from, to) = proofs(person, &old, new);
    let from = codes::place(ctx, &tx, from).await.map_err(|stop| stop.map(PhoneChangeCodeRefusal::from))?;
    let to = codes::place(ctx, &tx, to).await.map_err(|stop| stop.map(PhoneChangeCodeRefusal::from))?;
    tx.commit().await.or_fault()?;
    for placed in [&from, &to] {
        codes::deliver(ctx, placed).await.map_err(PhoneChangeCodeRefusal::from)?;
    }
    Ok(to.expires_at)
}

/// Moves the caller's account to the new number. Whoever has the account elsewhere is signed out; who reads the old number's
/// texts hears of it.
pub async fn change(
    ctx: &Ctx,
    new: &PhoneNumber,
    old_code: &str,
    new_code: &str,
) -> Result<(), Stop<ChangePhoneRefusal>> {
    let actor = ctx.actor().or_fault()?;
    let me = persons::person(&ctx.db.conn, actor.person).await.or_fault()?;
    let old = me.ok_or(Stop::Fault(Fault::Unauthenticated))?.phone;
    if old == new.0 {
        return Err(ChangePhoneRefusal::SameNumber.into());
    }
    let (from, to) = proofs(actor.person, &old, new);
    codes::try_code(ctx, from, old_code).await.map_err(|stop| stop.map(ChangePhoneRefusal::of_old))?;
    codes::try_code(ctx, to, new_code).await.map_err(|stop| stop.map(ChangePhoneRefusal::of_new))?;
    let tx = ctx.db.begin().await.or_fault()?;
    codes::use_up(ctx, &tx, from, old_code).await.map_err(|stop| stop.map(ChangePhoneRefusal::of_old))?;
    codes::use_up(ctx, &tx, to, new_code).await.map_err(|stop| stop.map(ChangePhoneRefusal::of_new))?;
    if sessions::lock_caller(ctx, &tx).await.or_fault()?.phone != old {
        return Err(ChangePhoneRefusal::of_old(CodeFault::None).into());
    }
    let others = Which { except: Some(actor.session), ..Which::default() };
    sessions::end_all(ctx, &tx, actor.person, others, SessionEnd::PhoneChanged).await.or_fault()?;
    let masked = PhoneNumber::masked(&new.0);
    inbox::tell_persons(ctx, &tx, &[actor.person], InboxKind::PhoneChanged, &masked).await.or_fault()?;
    if !persons::change_phone(&tx, actor.person, &new.0).await.or_fault()? {
        return Err(ChangePhoneRefusal::NumberTaken.into());
    }
    let moved = format!("{} → {masked}", PhoneNumber::masked(&old));
    ctx.audit(&tx, "CHANGE_PHONE", "Person", actor.person.0, Some(moved)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    codes::notify(ctx, &old, NUMBER_LEFT).await;
    Ok(())
}
