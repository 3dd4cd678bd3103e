//! Enrolling, proving and giving up the second factor.

use boai_entity::{
    Instant,
    ids::PersonId,
    kinds::{InboxKind, SecondFactorState},
    second_factor,
};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{self, SecondFactorRefusal, Typed},
    store,
};
use crate::{
    access::SecondFactor,
    ctx::Ctx,
    inbox::tell_persons,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop, When},
        rotation::SealedColumn,
        scalars::PhoneNumber,
        text::masked,
    },
};

/// Where secrets are sealed.
pub const SECRET: SealedColumn =
    SealedColumn { table: "second_factor", key: "person_id", column: "secret", what: "secret" };
/// A new secret is sealed for the place that it takes when it is confirmed.
pub const NEW_SECRET: SealedColumn = SealedColumn { column: "new_secret", ..SECRET };

type Done<T> = Result<T, Stop<SecondFactorRefusal>>;

/// A secret in clear: here, and in the app that takes it in.
pub struct NewSecret {
    pub secret: String,
    pub uri: String,
    pub confirm_until: Instant,
}

/// What a proof brings.
pub struct Proved {
    pub until: Instant,
    pub recovery_codes_left: u64,
}

/// What came of a confirmed secret.
pub struct Enrolled {
    pub recovery_codes: Vec<String>,
    pub proved_until: Instant,
}

/// Where the caller stands.
pub struct Standing {
    pub state: SecondFactorState,
    pub confirmed_at: Option<Instant>,
    pub proved_until: Option<Instant>,
    pub recovery_codes_left: u64,
}

pub async fn standing(ctx: &Ctx) -> Result<Standing, Fault> {
    let actor = ctx.actor()?;
    let db = &ctx.db.conn;
    let state = match actor.second_factor {
        SecondFactor::Missing => SecondFactorState::Missing,
        SecondFactor::Enrolled => SecondFactorState::Enrolled,
        SecondFactor::Proved => SecondFactorState::Proved,
    };
    Ok(Standing {
        state,
        confirmed_at: store::factor(db, actor.person).await?.and_then(|factor| factor.confirmed_at),
        proved_until: store::proved_until(db, actor.session).await?.filter(|until| *until > ctx.now()),
        recovery_codes_left: store::recovery_codes_left(db, actor.person).await?,
    })
}

/// Makes a new secret, which waits for a first code. To replace one that is in force takes a code of that one.
pub async fn enrol(ctx: &Ctx, code: Option<&str>) -> Done<NewSecret> {
    let person = ctx.actor().or_fault()?.person;
    let known = store::factor(&ctx.db.conn, person).await.or_fault()?;
    let known = known.and_then(|factor| factor.secret);
    if known.is_some() {
        use_code(ctx, person, code.ok_or(SecondFactorRefusal::CodeNeeded)?).await?;
    }
    let secret: [u8; rules::SECRET_BYTES] = ctx.random.bytes();
    let confirm_until = ctx.now() + TimeDelta::minutes(rules::CONFIRM_MINUTES);
    let sealed = ctx.vault.seal(&SECRET.place(person), &secret);
    // What was put in force meanwhile is not replaced without a code of it.
    if !store::put_new_secret(&ctx.db.conn, person, known.as_deref(), &sealed, confirm_until).await.or_fault()? {
        return Err(SecondFactorRefusal::CodeNeeded.into());
    }
    let known = store::known(&ctx.db.conn, person).await.or_fault()?;
    let account = known.map(|known| PhoneNumber::masked(&known.phone)).unwrap_or_default();
    let uri = rules::otpauth_uri(&secret, &account);
    Ok(NewSecret { secret: rules::base32(&secret), uri, confirm_until })
}

/// Puts the new secret in force by its first code. Other sessions have to prove it anew; this one just did.
pub async fn confirm(ctx: &Ctx, code: &str) -> Done<Enrolled> {
    let actor = ctx.actor().or_fault()?;
    let (person, now) = (actor.person, ctx.now());
    let nothing = SecondFactorRefusal::NoNewSecret { minutes_valid: rules::CONFIRM_MINUTES };
    let waiting = |factor: &second_factor::Model| factor.new_secret_until.is_some_and(|until| until > now);
    store::factor(&ctx.db.conn, person).await.or_fault()?.filter(waiting).ok_or(nothing.clone())?;
    let tried = count_try(ctx, person).await?;
    let sealed = tried.new_secret.as_deref().ok_or(nothing.clone())?;
    let secret = open(ctx, person, sealed).or_fault()?;
    let step = match rules::typed(code) {
        Typed::App(code) => rules::step_of(&secret, &code, now),
        Typed::Recovery(_) => None,
    };
    let Some(step) = step else { return Err(wrong(ctx, &tried).await.or_fault()?.into()) };
    let tx = ctx.db.begin().await.or_fault()?;
    if !store::confirm(&tx, person, sealed, step, now).await.or_fault()? {
        return Err(nothing.into());
    }
    let recovery_codes = new_recovery_codes(ctx, &tx, person).await.or_fault()?;
    store::forget_proofs(&tx, person).await.or_fault()?;
    let proved_until = prove_session(ctx, &tx).await.or_fault()?;
    tell_of_enrolment(ctx, &tx, person).await.or_fault()?;
    ctx.audit(&tx, "ENROL_SECOND_FACTOR", "Person", person.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(Enrolled { recovery_codes, proved_until })
}

/// Proves the second factor for this session, for a while.
pub async fn prove(ctx: &Ctx, code: &str) -> Done<Proved> {
    let person = ctx.actor().or_fault()?.person;
    use_code(ctx, person, code).await?;
    let tx = ctx.db.begin().await.or_fault()?;
    let until = prove_session(ctx, &tx).await.or_fault()?;
    let recovery_codes_left = store::recovery_codes_left(&tx, person).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(Proved { until, recovery_codes_left })
}

/// New recovery codes; the old ones are good no more.
pub async fn renew_recovery_codes(ctx: &Ctx, code: &str) -> Done<Vec<String>> {
    let person = ctx.actor().or_fault()?.person;
    use_code(ctx, person, code).await?;
    let tx = ctx.db.begin().await.or_fault()?;
    let codes = new_recovery_codes(ctx, &tx, person).await.or_fault()?;
    ctx.audit(&tx, "RENEW_RECOVERY_CODES", "Person", person.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(codes)
}

/// Gives the second factor up, with a code of it.
pub async fn remove(ctx: &Ctx, code: &str) -> Done<()> {
    let person = ctx.actor().or_fault()?.person;
    use_code(ctx, person, code).await?;
    let tx = ctx.db.begin().await.or_fault()?;
    if !store::remove(&tx, person).await.or_fault()? {
        return Err(SecondFactorRefusal::NotEnrolled.into());
    }
    tell_persons(ctx, &tx, &[person], InboxKind::SecondFactorRemoved, "").await.or_fault()?;
    ctx.audit(&tx, "REMOVE_SECOND_FACTOR", "Person", person.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(())
}

/// Takes a second factor away whose owner has lost it, with the reason, in the transaction of whoever decided so. False
/// when there is none.
pub async fn reset(ctx: &Ctx, tx: &impl ConnectionTrait, person: PersonId, reason: &str) -> Result<bool, DbErr> {
    if !store::remove(tx, person).await? {
        return Ok(false);
    }
    tell_persons(ctx, tx, &[person], InboxKind::SecondFactorReset, reason).await?;
    ctx.audit(tx, "RESET_SECOND_FACTOR", "Person", person.0, Some(reason.into())).await?;
    Ok(true)
}

/// Whether this person has one in force.
pub async fn is_enrolled(db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    Ok(store::factor(db, person).await?.is_some_and(|factor| factor.secret.is_some()))
}

/// Uses a code up. The try is counted before anybody looks at it and stays counted when it was wrong; what follows in a
/// transaction of its own may still fail, and then the code is gone all the same.
async fn use_code(ctx: &Ctx, person: PersonId, code: &str) -> Done<()> {
    if !is_enrolled(&ctx.db.conn, person).await.or_fault()? {
        return Err(SecondFactorRefusal::NotEnrolled.into());
    }
    let tried = count_try(ctx, person).await?;
    let right = match rules::typed(code) {
        Typed::App(code) => use_app_code(ctx, &tried, &code).await?,
        Typed::Recovery(code) => use_recovery_code(ctx, person, &code).await.or_fault()?,
    };
    if right { Ok(()) } else { Err(wrong(ctx, &tried).await.or_fault()?.into()) }
}

async fn use_app_code(ctx: &Ctx, tried: &second_factor::Model, code: &str) -> Done<bool> {
    let person = tried.person_id;
    let sealed = tried.secret.as_deref().ok_or(SecondFactorRefusal::NotEnrolled)?;
    let secret = open(ctx, person, sealed).or_fault()?;
    let Some(step) = rules::step_of(&secret, code, ctx.now()) else { return Ok(false) };
    let used = store::use_step(&ctx.db.conn, person, sealed, step).await.or_fault()?;
    if used { Ok(true) } else { Err(SecondFactorRefusal::CodeUsed.into()) }
}

async fn use_recovery_code(ctx: &Ctx, person: PersonId, code: &str) -> Result<bool, DbErr> {
    let tx = ctx.db.begin().await?;
    if !store::use_recovery_code(&tx, person, &rules::recovery_hash(person, code), ctx.now()).await? {
        return Ok(false);
    }
    let left = store::recovery_codes_left(&tx, person).await?;
    tell_persons(ctx, &tx, &[person], InboxKind::RecoveryCodeUsed, &left.to_string()).await?;
    ctx.audit(&tx, "USE_RECOVERY_CODE", "Person", person.0, None).await?;
    tx.commit().await?;
    Ok(true)
}

async fn count_try(ctx: &Ctx, person: PersonId) -> Done<second_factor::Model> {
    let now = ctx.now();
    if let Some(tried) = store::count_try(&ctx.db.conn, person, now).await.or_fault()? {
        return Ok(tried);
    }
    let factor = store::factor(&ctx.db.conn, person).await.or_fault()?;
    let until = factor.and_then(|factor| factor.locked_until).ok_or(SecondFactorRefusal::NotEnrolled)?;
    Err(rules::locked(until, now).into())
}

/// What a wrong code is answered; when it locks, its owner hears of it.
async fn wrong(ctx: &Ctx, tried: &second_factor::Model) -> Result<SecondFactorRefusal, DbErr> {
    if let Some(until) = tried.locked_until {
        let (owner, note) = ([tried.person_id], When(until).to_string());
        tell_persons(ctx, &ctx.db.conn, &owner, InboxKind::SecondFactorLocked, &note).await?;
    }
    Ok(rules::after_wrong(tried.wrong_tries, tried.locked_until, ctx.now()))
}

async fn prove_session(ctx: &Ctx, tx: &impl ConnectionTrait) -> Result<Instant, Fault> {
    let until = ctx.now() + TimeDelta::minutes(ctx.config.officers.second_factor_minutes);
    store::set_proved(tx, ctx.actor()?.session, until).await?;
    Ok(until)
}

async fn new_recovery_codes(ctx: &Ctx, tx: &impl ConnectionTrait, person: PersonId) -> Result<Vec<String>, DbErr> {
    let codes: Vec<String> =
        std::iter::repeat_with(|| rules::recovery_code(ctx.random.bytes())).take(rules::RECOVERY_CODES).collect();
    let hashes = codes.iter().map(|code| rules::recovery_hash(person, code));
    store::replace_recovery_codes(tx, person, hashes).await?;
    Ok(codes)
}

/// Whoever takes over an account could enrol an app of their own: its owner, and who granted the roles, hear of it.
async fn tell_of_enrolment(ctx: &Ctx, tx: &impl ConnectionTrait, person: PersonId) -> Result<(), DbErr> {
    tell_persons(ctx, tx, &[person], InboxKind::SecondFactorEnrolled, "").await?;
    let granters = store::granters_of(tx, person, ctx.now()).await?;
    let known = store::known(tx, person).await?;
    let name = known.and_then(|known| known.name).map(|name| masked(&name)).unwrap_or_default();
    tell_persons(ctx, tx, &granters, InboxKind::SecondFactorEnrolled, &name).await
}

fn open(ctx: &Ctx, person: PersonId, sealed: &str) -> Result<Vec<u8>, Fault> {
    Ok(ctx.vault.open(&SECRET.place(person), sealed)?)
}
