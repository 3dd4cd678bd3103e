//! Opening, approving, stopping and completing the recovery of an account.

use boai_entity::{
    Instant, account_recovery,
    ids::{AccountRecoveryId, BranchId, PersonId},
    kinds::{CodePurpose, InboxKind, RecoveryState, SessionEnd, SignInWay},
};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    super::store as people,
    rules::{self, CompleteRecoveryRefusal, ObjectionRefusal, RecoveryCodeRefusal, RecoveryRefusal},
    store::{self, Objector},
};
use crate::{
    access::{Action, Resource},
    auth::{
        codes,
        phone::NUMBER_LEFT,
        rules::Proof,
        sessions::{self, Device, Tokens},
        store::{persons, sessions::Which, wechat},
    },
    ctx::Ctx,
    inbox, organisation,
    platform::{
        errors::Fault,
        pages::{Page, Slice},
        refusal::{OrFault, Stop, When},
        scalars::PhoneNumber,
        sms::SmsRequest,
    },
};

pub struct NewRecovery {
    pub volunteer_number: String,
    pub new_phone: PhoneNumber,
    pub reason: String,
    pub identity_check: String,
}

/// Opens a recovery, by an officer of a branch above the volunteer's home, never for oneself.
pub async fn open(ctx: &Ctx, new: NewRecovery) -> Result<account_recovery::Model, Stop<RecoveryRefusal>> {
    let officer = ctx.actor().or_fault()?.person;
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    let volunteer = people::volunteer_by_number(&tx, &new.volunteer_number).await.or_fault()?;
    let volunteer = volunteer.ok_or(RecoveryRefusal::NotFound)?;
    in_care(ctx, &volunteer.residence_code)?;
    let person = volunteer.person_id;
    if person == officer {
        return Err(RecoveryRefusal::Yourself.into());
    }
    gives_no_power(ctx, &tx, person).await?;
    let old_phone = persons::person(&tx, person).await.or_fault()?.ok_or(RecoveryRefusal::NotFound)?.phone;
    if old_phone == new.new_phone.0 {
        return Err(RecoveryRefusal::SameNumber.into());
    }
    if persons::with_phone(&tx, &new.new_phone.0).await.or_fault()?.is_some() {
        // Whoever tries number after number to see which are known leaves a trail.
        let note = Some("the number has an account".into());
        ctx.audit(&tx, "REFUSE_RECOVERY", "Person", person.0, note).await.or_fault()?;
        tx.commit().await.or_fault()?;
        return Err(RecoveryRefusal::NumberTaken.into());
    }
    let row = account_recovery::Model {
        id: AccountRecoveryId(ctx.new_id()),
        person_id: person,
        volunteer_id: volunteer.id,
        old_phone,
        new_phone: new.new_phone.0,
        reason: new.reason,
        identity_check: new.identity_check,
        state: RecoveryState::Opened,
        opened_by: officer,
        opened_at: now,
        approved_by: None,
        approved_at: None,
        objection_hash: None,
        waits_until: None,
        expires_at: rules::unapproved_until(now),
        ended_at: None,
        ended_by: None,
        end_note: None,
    };
    if !store::open(&tx, row.clone()).await.or_fault()? {
        let own = store::open_of(&tx, person, now).await.or_fault()?;
        return Err(own.map_or(RecoveryRefusal::NumberTaken, |_| RecoveryRefusal::AlreadyOpen).into());
    }
    inbox::tell_persons(ctx, &tx, &[person], InboxKind::RecoveryOpened, &row.reason).await.or_fault()?;
    audit(ctx, &tx, "OPEN_RECOVERY", &row, Some(&row.reason)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(row)
}

/// Approves by a second officer and texts a notice to the old number, with a code for objecting. The waiting period begins
/// when the gateway has taken the notice; until then, approving again tries again.
pub async fn approve(ctx: &Ctx, id: AccountRecoveryId) -> Result<account_recovery::Model, Stop<RecoveryRefusal>> {
    let officer = ctx.actor().or_fault()?.person;
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    let row = in_my_care(ctx, &tx, id).await?;
    rules::may_approve(&row, officer, now)?;
    gives_no_power(ctx, &tx, row.person_id).await?;
    let code = format!("{:010}", ctx.random.below(10_u64.pow(rules::OBJECTION_DIGITS)));
    let hash = rules::objection_hash(&row.old_phone, &code);
    if !store::approve(&tx, id, officer, &hash, now).await.or_fault()? {
        return Err(RecoveryRefusal::NotWaiting.into());
    }
    audit(ctx, &tx, "APPROVE_RECOVERY", &row, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    // Nothing is held while the gateway thinks it over.
    send_notice(ctx, &row.old_phone, &code).await?;
    let tx = ctx.db.begin().await.or_fault()?;
    let waiting = store::begin_waiting(&tx, id, &hash, rules::waiting(ctx.now())).await.or_fault()?;
    let waiting = waiting.ok_or(RecoveryRefusal::NotWaiting)?;
    let until = waiting.waits_until.map(|until| When(until).to_string()).unwrap_or_default();
    inbox::tell_persons(ctx, &tx, &[row.person_id], InboxKind::RecoveryApproved, &until).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(waiting)
}

async fn send_notice(ctx: &Ctx, phone: &str, code: &str) -> Result<(), RecoveryRefusal> {
    let request = SmsRequest {
        phone,
        template: "RECOVERY_NOTICE",
        code: Some(code),
        minutes_valid: Some(rules::WAITING_HOURS * 60),
        language: "zh-CN",
    };
    ctx.sms.send(&request).await.map_err(|why| {
        tracing::error!(why, "the notice of a recovery was not sent");
        RecoveryRefusal::NoticeNotSent
    })
}

/// Stops a recovery, by any officer who could have opened it.
pub async fn decline(
    ctx: &Ctx,
    id: AccountRecoveryId,
    reason: &str,
) -> Result<account_recovery::Model, Stop<RecoveryRefusal>> {
    let officer = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    if in_my_care(ctx, &tx, id).await?.person_id == officer {
        return Err(RecoveryRefusal::Yourself.into());
    }
    let declined = store::decline(&tx, id, officer, reason, ctx.now()).await.or_fault()?;
    let declined = declined.ok_or(RecoveryRefusal::NotWaiting)?;
    inbox::tell_persons(ctx, &tx, &[declined.person_id], InboxKind::RecoveryStopped, reason).await.or_fault()?;
    audit(ctx, &tx, "DECLINE_RECOVERY", &declined, Some(reason)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(declined)
}

/// Stops the recovery of an account, by whoever is signed in to it, or has the code that came to the old number.
pub async fn object(ctx: &Ctx, notice: Option<(PhoneNumber, String)>) -> Result<(), Stop<ObjectionRefusal>> {
    let hash = notice.map(|(phone, code)| rules::objection_hash(&phone.0, code.trim()));
    let (objector, how) = match &hash {
        Some(hash) => (Objector::Code { hash }, "by the code of the notice"),
        None => (Objector::Person(ctx.actor().or_fault()?.person), "by a session of the account"),
    };
    let tx = ctx.db.begin().await.or_fault()?;
    let stopped = store::object(&tx, objector, ctx.now()).await.or_fault()?.ok_or(ObjectionRefusal::NotFound)?;
    inbox::tell_persons(ctx, &tx, &[stopped.person_id], InboxKind::RecoveryStopped, "").await.or_fault()?;
    audit(ctx, &tx, "OBJECT_TO_RECOVERY", &stopped, Some(how)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(())
}

/// What a code for completing a recovery proves.
fn proof(phone: &PhoneNumber) -> Proof<'_> {
    Proof { phone: &phone.0, purpose: CodePurpose::Recovery, holder: None }
}

/// Sends a code to the new number. The answer is the same whether a recovery leads there or not.
pub async fn request_code(ctx: &Ctx, new_phone: &PhoneNumber) -> Result<Instant, Stop<RecoveryCodeRefusal>> {
    codes::send(ctx, proof(new_phone)).await.map_err(|stop| stop.map(RecoveryCodeRefusal::from))
}

/// Completes a recovery by proof of the new number: the account moves there, every session of the lost phone ends, its
/// WeChat account is unlinked, and the device that completes it is signed in.
pub async fn complete(
    ctx: &Ctx,
    new_phone: &PhoneNumber,
    code: &str,
    device: Device,
) -> Result<Tokens, Stop<CompleteRecoveryRefusal>> {
    let now = ctx.now();
    let of_code = |stop: Stop<_>| stop.map(CompleteRecoveryRefusal::from);
    codes::try_code(ctx, proof(new_phone), code).await.map_err(of_code)?;
    let row = store::leading_to(&ctx.db.conn, &new_phone.0).await.or_fault()?;
    let row = row.ok_or(CompleteRecoveryRefusal::NoRecovery)?;
    rules::may_complete(&row, now)?;
    let tx = ctx.db.begin().await.or_fault()?;
    codes::use_up(ctx, &tx, proof(new_phone), code).await.map_err(of_code)?;
    persons::lock(&tx, row.person_id).await.or_fault()?;
    if !store::complete(&tx, row.id, now).await.or_fault()? {
        return Err(CompleteRecoveryRefusal::NoRecovery.into());
    }
    sessions::end_all(ctx, &tx, row.person_id, Which::default(), SessionEnd::Recovered).await.or_fault()?;
    wechat::unlink(&tx, row.person_id, None).await.or_fault()?;
    let masked = PhoneNumber::masked(&row.new_phone);
    inbox::tell_persons(ctx, &tx, &[row.person_id], InboxKind::AccountRecovered, &masked).await.or_fault()?;
    let moved = format!("{} → {masked}", PhoneNumber::masked(&row.old_phone));
    audit(ctx, &tx, "COMPLETE_RECOVERY", &row, Some(&moved)).await.or_fault()?;
    let tokens = sessions::open(ctx, &tx, row.person_id, device, SignInWay::Recovery).await.or_fault()?;
    if !persons::change_phone(&tx, row.person_id, &row.new_phone).await.or_fault()? {
        return Err(CompleteRecoveryRefusal::NumberTaken.into());
    }
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    codes::notify(ctx, &row.old_phone, NUMBER_LEFT).await;
    Ok(tokens)
}

/// Recoveries of the volunteers who live below a branch in the caller's care; nothing for anybody else.
pub async fn recoveries(
    ctx: &Ctx,
    branch: BranchId,
    under_way: bool,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<account_recovery::Model>, Fault> {
    let branch = organisation::store::branch(&ctx.db.conn, branch).await?;
    let branch = branch.filter(|branch| ctx.may_see(Action::RecoverAccounts, Resource::Branch { path: &branch.path }));
    let Some(branch) = branch else {
        return Ok(Slice { rows: Vec::new(), has_previous: false, has_next: false });
    };
    let at = under_way.then(|| ctx.now());
    Ok(store::below(&ctx.db.conn, &branch.path, at, page).await?)
}

/// A volunteer is in the care of the branches above the home: division codes nest, and so do the paths of their branches.
fn in_care(ctx: &Ctx, residence_code: &str) -> Result<(), Stop<RecoveryRefusal>> {
    let allowed = ctx.may(Action::RecoverAccounts, Resource::Branch { path: residence_code }).or_fault()?;
    if allowed { Ok(()) } else { Err(RecoveryRefusal::NotFound.into()) }
}

async fn in_my_care(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    id: AccountRecoveryId,
) -> Result<account_recovery::Model, Stop<RecoveryRefusal>> {
    let recovery = store::recovery(tx, id).await.or_fault()?.ok_or(RecoveryRefusal::NotFound)?;
    in_care(ctx, &recovery.residence_code)?;
    Ok(recovery.row)
}

/// Two officers must not come by a power that they could not hand out: whoever recovers an account could have granted
/// every role that it holds.
async fn gives_no_power(ctx: &Ctx, tx: &impl ConnectionTrait, person: PersonId) -> Result<(), Stop<RecoveryRefusal>> {
    let held = store::roles_held(tx, person, ctx.now()).await.or_fault()?;
    let could_grant = |held: &store::HeldAt| match held.team_id {
        Some(id) => ctx.may_see(Action::GrantTeamRoles, Resource::Team { id, branch_path: &held.branch_path }),
        None => ctx.may_see(Action::GrantBranchRoles, Resource::Branch { path: &held.branch_path }),
    };
    if held.iter().all(could_grant) { Ok(()) } else { Err(RecoveryRefusal::RolesAbove.into()) }
}

async fn audit(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    action: &str,
    of: &account_recovery::Model,
    note: Option<&str>,
) -> Result<(), DbErr> {
    ctx.audit_about(tx, of.person_id, action, ("AccountRecovery", of.id.0), note.map(Into::into)).await
}
