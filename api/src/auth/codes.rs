//! One-time codes: sent, tried, used up. Each is good for one purpose; the number's limits count them all.

use boai_entity::{Instant, kinds::CodePurpose};
use sea_orm::ConnectionTrait;

use super::{
    rules::{self, CodeFault, CodeRefusal, Proof},
    store::codes as store,
};
use crate::{
    ctx::{Ctx, NotSent},
    platform::{
        civil::civil_day,
        lang::Lang,
        rates::Exceeded,
        refusal::{OrFault, Stop},
        sms::SmsRequest,
    },
};

/// A code that is in place and has not been sent yet.
pub struct Placed {
    phone: String,
    template: &'static str,
    code: String,
    pub expires_at: Instant,
}

/// Sends a one-time code. The answer is the same whether the number is known or not.
pub async fn send(ctx: &Ctx, proof: Proof<'_>) -> Result<Instant, Stop<CodeRefusal>> {
    let placed = place(ctx, &ctx.db.conn, proof).await?;
    deliver(ctx, &placed).await?;
    Ok(placed.expires_at)
}

/// Puts a new code in place of the number's last one, unless the number's limits forbid it.
pub async fn place(ctx: &Ctx, db: &impl ConnectionTrait, proof: Proof<'_>) -> Result<Placed, Stop<CodeRefusal>> {
    let now = ctx.now();
    ctx.may_text().await.map_err(why_not_sent)?;
    let code = format!("{:06}", ctx.random.below(1_000_000));
    let hash = rules::code_hash(proof, &code);
    let expires_at = rules::code_expires(now);
    let new = store::NewCode { phone: proof.phone, purpose: proof.purpose, hash: &hash, expires_at };
    if !store::place(db, &new, now, civil_day(now)).await.or_fault()? {
        let earlier = store::newest(db, proof.phone).await.or_fault()?;
        return Err(rules::why_no_code(earlier.map_or(now, |code| code.sent_at), now).into());
    }
    Ok(Placed { phone: proof.phone.to_owned(), template: template(proof.purpose), code, expires_at })
}

/// Sends a code that is in place.
pub async fn deliver(ctx: &Ctx, placed: &Placed) -> Result<(), CodeRefusal> {
    let request = SmsRequest {
        phone: &placed.phone,
        template: placed.template,
        code: Some(&placed.code),
        minutes_valid: Some(rules::CODE_MINUTES),
        language: if ctx.lang == Lang::En { "en" } else { "zh-CN" },
    };
    ctx.text(&request).await.map_err(why_not_sent)
}

fn why_not_sent(why: NotSent) -> CodeRefusal {
    match why {
        NotSent::Failed => CodeRefusal::NotSent,
        NotSent::Exceeded(Exceeded { standing, retry_after, .. }) => CodeRefusal::TooManyForAll {
            texts: standing.limit.times.into(),
            in_seconds: standing.limit.seconds.into(),
            seconds_to_wait: retry_after.into(),
        },
    }
}

/// Counts a try at the code, then looks whether it is the right one. [`use_up`] follows, with what it was for.
pub async fn try_code(ctx: &Ctx, proof: Proof<'_>, code: &str) -> Result<(), Stop<CodeFault>> {
    let now = ctx.now();
    let Some(tried) = store::count_try(&ctx.db.conn, proof.phone, proof.purpose, now).await.or_fault()? else {
        let newest = store::newest(&ctx.db.conn, proof.phone).await.or_fault()?;
        let exhausted =
            newest.is_some_and(|code| code.purpose == proof.purpose && code.used_at.is_none() && code.expires_at > now);
        return Err(if exhausted { CodeFault::TooManyTries } else { CodeFault::None }.into());
    };
    if tried.code_hash == rules::code_hash(proof, code.trim()) {
        return Ok(());
    }
    Err(match rules::CODE_TRIES - tried.tries {
        0 => CodeFault::TooManyTries,
        tries_left => CodeFault::Wrong { tries_left },
    }
    .into())
}

/// Uses the code up, in the transaction that does what it was for: of two requests with one code, one goes on.
pub async fn use_up(ctx: &Ctx, tx: &impl ConnectionTrait, proof: Proof<'_>, code: &str) -> Result<(), Stop<CodeFault>> {
    let hash = rules::code_hash(proof, code.trim());
    let used = store::use_up(tx, proof.phone, &hash, ctx.now()).await.or_fault()?;
    if used { Ok(()) } else { Err(CodeFault::None.into()) }
}

/// Texts a notice without a code. What it tells of is done: when the gateway does not take it, only the log knows.
pub async fn notify(ctx: &Ctx, phone: &str, template: &str) {
    let request = SmsRequest { phone, template, code: None, minutes_valid: None, language: "zh-CN" };
    if let Err(why) = ctx.sms.send(&request).await {
        tracing::error!(why, template, "a notice was not sent");
    }
}

fn template(purpose: CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::SignIn => "SIGN_IN_CODE",
        CodePurpose::ChangePhoneFrom => "OLD_NUMBER_CODE",
        CodePurpose::ChangePhoneTo => "NEW_NUMBER_CODE",
        CodePurpose::Recovery => "RECOVERY_CODE",
        CodePurpose::Guardian => "GUARDIAN_CODE",
    }
}
