//! What a guardian may do for a volunteer under 18: see and copy the child's data, withdraw consents, have the child erased. The
//! guardian need not be anybody here: a code to the number that the child's file names proves who it is, for half an hour.

use boai_entity::{
    Instant, consent, data_export, erasure, guardian_pass,
    honour_kinds::ShownName,
    honour_roll_entry,
    ids::{DataExportId, ErasureId, HonourRollEntryId},
    kinds::{CodePurpose, ConsentKind, DataAsker, InboxKind},
    volunteer,
};
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{
    erasure::{self as erasing, Asked},
    export::{self, Link},
    rules::{CancelErasureRefusal, ErasureRefusal, GuardianRefusal, PASS_MINUTES},
    store,
};
use crate::{
    auth::{
        codes,
        rules::{CodeFault, CodeRefusal, Proof, token_hash, token_text},
        store::persons,
    },
    ctx::Ctx,
    honour_roll::{
        self,
        rules::HonourConsentRefusal,
        service::{Word, agreed, withdrawn},
    },
    identity,
    inbox::tell_volunteers,
    leaderboards,
    people::{self, rules::has_guardian},
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop},
        scalars::PhoneNumber,
    },
};

type Done<T> = Result<T, Stop<GuardianRefusal>>;

fn proof(phone: &PhoneNumber) -> Proof<'_> {
    Proof { phone: &phone.0, purpose: CodePurpose::Guardian, holder: None }
}

/// Sends a code to whoever says to be a guardian. Whether any child names the number is not told before it is proved.
pub async fn request_code(ctx: &Ctx, phone: &PhoneNumber) -> Result<Instant, Stop<CodeRefusal>> {
    codes::send(ctx, proof(phone)).await
}

/// A pass for a child, in clear only here and on the guardian's phone.
pub struct Pass {
    pub text: String,
    pub expires_at: Instant,
    pub child: volunteer::Model,
}

/// Exchanges a code for a pass.
pub async fn open_pass(ctx: &Ctx, phone: &PhoneNumber, code: &str, number: &str) -> Done<Pass> {
    let now = ctx.now();
    codes::try_code(ctx, proof(phone), code).await.map_err(|stop| stop.map(wrong))?;
    let tx = ctx.db.begin().await.or_fault()?;
    codes::use_up(ctx, &tx, proof(phone), code).await.map_err(|stop| stop.map(wrong))?;
    let child = people::store::volunteer_by_number(&tx, number).await.or_fault()?;
    let child = child.filter(|child| guards(&phone.0, child, now));
    // A child whose account has moved to the guardian's number is no guardian.
    let own = persons::with_phone(&tx, &phone.0).await.or_fault()?.map(|person| person.id);
    let child = child.filter(|child| own != Some(child.person_id));
    let text = token_text(ctx.random.bytes());
    let expires_at = now + TimeDelta::minutes(PASS_MINUTES);
    if let Some(child) = &child {
        let row = guardian_pass::Model {
            hash: token_hash(&text),
            volunteer_id: child.id,
            phone: phone.0.clone(),
            given_at: now,
            expires_at,
        };
        store::add_pass(&tx, row).await.or_fault()?;
        ctx.audit(&tx, "OPEN_GUARDIAN_PASS", "Volunteer", child.id.0, None).await.or_fault()?;
    }
    // A code is used up even where it proves nothing about this child: nobody tries one number after the other with it.
    tx.commit().await.or_fault()?;
    let child = child.ok_or(GuardianRefusal::NotGuardian)?;
    Ok(Pass { text, expires_at, child })
}

fn wrong(fault: CodeFault) -> GuardianRefusal {
    match fault {
        CodeFault::Wrong { tries_left } => GuardianRefusal::WrongCode { tries_left },
        CodeFault::TooManyTries | CodeFault::None => GuardianRefusal::NoCode,
    }
}

fn guards(phone: &str, child: &volunteer::Model, now: Instant) -> bool {
    child.guardian_phone.as_deref() == Some(phone) && has_guardian(child.birth_date, now)
}

/// The child that a pass is for, as long as the pass is good: it ends with its time, with another number in the child's file,
/// with the child's 18th birthday, and with the child's account.
async fn child_of(ctx: &Ctx, tx: &impl ConnectionTrait, pass: &str) -> Done<volunteer::Model> {
    let now = ctx.now();
    let pass = store::pass(tx, &token_hash(pass), now).await.or_fault()?.ok_or(GuardianRefusal::PassEnded)?;
    let child = people::store::volunteer(tx, pass.volunteer_id).await.or_fault()?;
    Ok(child.filter(|child| guards(&pass.phone, child, now)).ok_or(GuardianRefusal::PassEnded)?)
}

/// What a guardian sees.
pub struct View {
    pub child: volunteer::Model,
    pub consents: Vec<consent::Model>,
    pub exports: Vec<data_export::Model>,
    pub erasure: Option<(erasure::Model, Vec<ErasureRefusal>)>,
    pub honours: Vec<honour_roll_entry::Model>,
}

/// What a pass lets a guardian see; none when it is good no longer.
pub async fn view(ctx: &Ctx, pass: &str) -> Result<Option<View>, Fault> {
    let db = &ctx.db.conn;
    let child = match child_of(ctx, db, pass).await {
        Ok(child) => child,
        Err(Stop::Refused(_)) => return Ok(None),
        Err(Stop::Fault(fault)) => return Err(fault),
    };
    let consents = people::store::consents(db, child.person_id).await?;
    let exports = store::exports(db, child.person_id).await?;
    let erasure = erasing::of(ctx, child.person_id).await?;
    let honours = honour_roll::store::of_volunteer(db, child.id).await?;
    Ok(Some(View { child, consents, exports, erasure, honours }))
}

/// Asks for a copy of the child's data.
pub async fn request_data(ctx: &Ctx, pass: &str, request: Uuid) -> Done<data_export::Model> {
    let child = child_of(ctx, &ctx.db.conn, pass).await?;
    let asked = export::request_for(ctx, child.person_id, DataAsker::Guardian, request).await;
    let export = asked.map_err(|stop| stop.map(Into::into))?;
    tell(ctx, &child, "监护人申请了您的个人信息副本。Your guardian asked for a copy of your data.").await?;
    Ok(export)
}

/// Makes a link to a copy of the child's data.
pub async fn create_link(ctx: &Ctx, pass: &str, export: DataExportId) -> Done<Link> {
    let child = child_of(ctx, &ctx.db.conn, pass).await?;
    let made = export::create_link_for(ctx, child.person_id, export).await;
    made.map_err(|stop| stop.map(Into::into))
}

/// Gives the guardian's own consent to the child's serving.
pub async fn give_consent(ctx: &Ctx, pass: &str, version: &str) -> Done<Vec<consent::Model>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let child = child_of(ctx, &tx, pass).await?;
    let person = child.person_id;
    let given = people::service::agree(ctx, &tx, person, ConsentKind::Guardian, version).await.or_fault()?;
    let given = given.map_err(|outdated| GuardianRefusal::Outdated { current: outdated.current })?;
    let consents = people::store::consents(&tx, person).await.or_fault()?;
    if given {
        let note = "监护人同意您参加志愿服务。Your guardian agreed that you serve.";
        tell_volunteers(ctx, &tx, &[child.id], InboxKind::GuardianActed, None, note).await.or_fault()?;
        let what = Some(format!("{} {version} by the guardian", ConsentKind::Guardian.as_str()));
        ctx.audit(&tx, "GIVE_CONSENT", "Person", person.0, what).await.or_fault()?;
    }
    tx.commit().await.or_fault()?;
    Ok(consents)
}

/// Withdraws a consent of the child's, or the guardian's own. What it allowed stops at once.
pub async fn withdraw_consent(ctx: &Ctx, pass: &str, kind: ConsentKind) -> Done<Vec<consent::Model>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let child = child_of(ctx, &tx, pass).await?;
    let person = child.person_id;
    // Bound by the terms a volunteer stays: to stop that is to be erased.
    let possible = kind != ConsentKind::Terms;
    if kind == ConsentKind::Leaderboard {
        people::store::lock(&tx, child.id).await.or_fault()?;
        leaderboards::service::hide(&tx, child.id).await.or_fault()?;
    }
    if !possible || !people::store::withdraw_consent(&tx, person, kind, ctx.now()).await.or_fault()? {
        return Err(GuardianRefusal::NotInForce.into());
    }
    if kind == ConsentKind::Identity {
        identity::store::withdraw(&tx, person, ctx.now()).await.or_fault()?;
    }
    let note = "监护人撤回了您的一项授权。Your guardian withdrew one of your consents.";
    tell_volunteers(ctx, &tx, &[child.id], InboxKind::GuardianActed, None, note).await.or_fault()?;
    let consents = people::store::consents(&tx, person).await.or_fault()?;
    let what = Some(format!("{} by the guardian", kind.as_str()));
    ctx.audit(&tx, "WITHDRAW_CONSENT", "Person", person.0, what).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(consents)
}

/// Agrees that the child is shown on an honour roll with this story, and how much of the name.
pub async fn agree_to_honour_roll(
    ctx: &Ctx,
    pass: &str,
    (entry, revision): (HonourRollEntryId, i32),
    name: ShownName,
) -> Done<honour_roll_entry::Model> {
    let tx = ctx.db.begin().await.or_fault()?;
    let child = child_of(ctx, &tx, pass).await?;
    let agreed = agreed(ctx, &tx, (Word::Guardians, child.id), (entry, revision), name).await;
    let entry = agreed.map_err(|stop| stop.map(Into::into))?;
    let note = "监护人同意您登上红人榜。Your guardian agreed that you are on the honour roll.";
    tell_volunteers(ctx, &tx, &[child.id], InboxKind::GuardianActed, None, note).await.or_fault()?;
    let (subject, what) = (("HonourRollEntry", entry.id.0), Some(format!("{} by the guardian", name.as_str())));
    ctx.audit_about(&tx, child.person_id, "AGREE_TO_HONOUR_ROLL", subject, what).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(entry)
}

/// Has the child shown no more on an honour roll, from this moment on.
pub async fn withdraw_from_honour_roll(
    ctx: &Ctx,
    pass: &str,
    entry: HonourRollEntryId,
) -> Done<honour_roll_entry::Model> {
    let tx = ctx.db.begin().await.or_fault()?;
    let child = child_of(ctx, &tx, pass).await?;
    let (entry, moved) = withdrawn(ctx, &tx, child.id, entry).await.map_err(|stop| stop.map(Into::into))?;
    if moved {
        let note = "监护人撤回了红人榜授权。Your guardian took you off the honour roll.";
        tell_volunteers(ctx, &tx, &[child.id], InboxKind::GuardianActed, None, note).await.or_fault()?;
        let (subject, what) = (("HonourRollEntry", entry.id.0), Some("by the guardian".to_owned()));
        ctx.audit_about(&tx, child.person_id, "WITHDRAW_FROM_HONOUR_ROLL", subject, what).await.or_fault()?;
    }
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(entry)
}

/// Asks to have the child erased. The child sees it, and cannot call it off: the guardian decides until the 18th birthday.
pub async fn request_erasure(ctx: &Ctx, pass: &str, number: &str) -> Result<Asked, Stop<Vec<GuardianRefusal>>> {
    let all = |stop: Stop<GuardianRefusal>| stop.map(|refusal| vec![refusal]);
    let child = child_of(ctx, &ctx.db.conn, pass).await.map_err(all)?;
    if child.number != number {
        return Err(Stop::Refused(vec![GuardianRefusal::NotGuardian]));
    }
    let subject = store::subject(&ctx.db.conn, child.person_id).await.or_fault()?;
    let subject = subject.ok_or_else(|| Stop::Refused(vec![GuardianRefusal::PassEnded]))?;
    let asked = erasing::request_for(ctx, &subject, DataAsker::Guardian).await;
    let asked = asked.map_err(|stop| stop.map(|reasons| reasons.into_iter().map(Into::into).collect()))?;
    tell(ctx, &child, "监护人申请注销您的账号。Your guardian asked to have your account erased.").await.map_err(all)?;
    Ok(asked)
}

/// Calls an erasure of the child off, whoever asked for it.
pub async fn cancel_erasure(ctx: &Ctx, pass: &str, id: ErasureId) -> Done<erasure::Model> {
    let child = child_of(ctx, &ctx.db.conn, pass).await?;
    let cancelled = erasing::cancel_for(ctx, child.person_id, id, DataAsker::Guardian).await;
    cancelled.map_err(|stop| {
        stop.map(|refusal| match refusal {
            CancelErasureRefusal::NotFound | CancelErasureRefusal::GuardianAsked => GuardianRefusal::NotFound,
        })
    })
}

impl From<HonourConsentRefusal> for GuardianRefusal {
    fn from(refusal: HonourConsentRefusal) -> Self {
        match refusal {
            HonourConsentRefusal::StoryChanged => Self::StoryChanged,
            // Whether the whole name may be shown is the child's own consent, and asked when the child agrees.
            HonourConsentRefusal::NotFound | HonourConsentRefusal::Over | HonourConsentRefusal::NameNeedsConsent => {
                Self::NotFound
            }
        }
    }
}

/// The child hears of it.
async fn tell(ctx: &Ctx, child: &volunteer::Model, note: &str) -> Done<()> {
    tell_volunteers(ctx, &ctx.db.conn, &[child.id], InboxKind::GuardianActed, None, note).await.or_fault()
}
