//! Signing in with WeChat: the account of a mini program stands for the person that it is linked to.

use boai_entity::{
    Instant,
    ids::PersonId,
    kinds::{InboxKind, Platform, SessionEnd, SignInWay},
    wechat_ticket,
};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

use super::{
    rules::{self, SignInRefusal, TICKET_MINUTES, WeChatRefusal},
    sessions::{self, Device, Tokens},
    store::{
        persons,
        sessions::Which,
        wechat::{self as store, Account, Linked},
    },
};
use crate::{
    ctx::Ctx,
    inbox,
    platform::{
        refusal::{OrFault, Stop},
        wechat::WeChatFault,
    },
};

/// How a sign-in with WeChat ends well.
pub enum SignedIn {
    Yes(Tokens),
    /// The account belongs to nobody yet; the ticket links it to whoever proves a number by then.
    NeedsPhone {
        ticket: String,
        expires_at: Instant,
    },
}

/// Exchanges a code of `wx.login` for a session of the person whom the account belongs to.
pub async fn sign_in(ctx: &Ctx, code: &str, device: Device) -> Result<SignedIn, Stop<WeChatRefusal>> {
    let account = account(ctx, code).await?;
    let tx = ctx.db.begin().await.or_fault()?;
    let signed_in = match lock_owner(&tx, &account).await.or_fault()? {
        Some(person) => {
            let device = Device { platform: Platform::WechatMiniProgram, ..device };
            SignedIn::Yes(sessions::open(ctx, &tx, person, device, SignInWay::Wechat).await.or_fault()?)
        }
        None => ticket_for(ctx, &tx, account).await.or_fault()?,
    };
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(signed_in)
}

/// Takes the row of the person whom the account belongs to. It may be unlinked, and linked anew, while we wait.
async fn lock_owner(tx: &DatabaseTransaction, account: &Account) -> Result<Option<PersonId>, DbErr> {
    loop {
        let Some(owner) = store::person_of(tx, account).await? else { return Ok(None) };
        persons::lock(tx, owner).await?;
        if store::person_of(tx, account).await? == Some(owner) {
            return Ok(Some(owner));
        }
    }
}

async fn ticket_for(ctx: &Ctx, tx: &impl ConnectionTrait, account: Account) -> Result<SignedIn, DbErr> {
    let now = ctx.now();
    let ticket = rules::token_text(ctx.random.bytes());
    let expires_at = now + TimeDelta::minutes(TICKET_MINUTES);
    let row = wechat_ticket::Model {
        hash: rules::token_hash(&ticket),
        app_id: account.app_id,
        openid_hash: account.openid_hash,
        expires_at,
    };
    store::add_ticket(tx, row, now).await?;
    Ok(SignedIn::NeedsPhone { ticket, expires_at })
}

/// Links the account behind a ticket to a person, whose row is taken, while that person signs in by code.
pub async fn link_by_ticket(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    person: PersonId,
    ticket: &str,
) -> Result<(), Stop<SignInRefusal>> {
    let account = store::use_ticket(tx, &rules::token_hash(ticket), ctx.now()).await.or_fault()?;
    let account = account.ok_or(SignInRefusal::TicketOver { minutes_valid: TICKET_MINUTES })?;
    match store::link(tx, &account, person, ctx.now()).await.or_fault()? {
        Linked::Now => {
            told(ctx, tx, person, InboxKind::WechatLinked, "LINK_WECHAT", Some("signing in by code")).await.or_fault()
        }
        Linked::Before => Ok(()),
        Linked::AccountTaken => Err(SignInRefusal::WechatTaken.into()),
        Linked::PersonTaken => Err(SignInRefusal::OtherWechat.into()),
    }
}

/// Links the account of a code of `wx.login` to the caller. Doing it twice is doing it once.
pub async fn link(ctx: &Ctx, code: &str) -> Result<Instant, Stop<WeChatRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let account = account(ctx, code).await?;
    let tx = ctx.db.begin().await.or_fault()?;
    sessions::lock_caller(ctx, &tx).await.or_fault()?;
    match store::link(&tx, &account, person, ctx.now()).await.or_fault()? {
        Linked::Now => told(ctx, &tx, person, InboxKind::WechatLinked, "LINK_WECHAT", None).await.or_fault()?,
        Linked::Before => {}
        Linked::AccountTaken => return Err(WeChatRefusal::WechatTaken.into()),
        Linked::PersonTaken => return Err(WeChatRefusal::OtherWechat.into()),
    }
    let link = store::link_of(&tx, person, &account.app_id).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(link.map_or(ctx.now(), |link| link.linked_at))
}

/// Unlinks the caller's WeChat account. Other sessions that came through it end unless they are kept: it may have been
/// linked by somebody else.
pub async fn unlink(ctx: &Ctx, keep_sessions: bool) -> Result<(), Stop<WeChatRefusal>> {
    let actor = ctx.actor().or_fault()?;
    let app_id = ctx.wechat.as_ref().map(|wechat| wechat.app_id());
    let tx = ctx.db.begin().await.or_fault()?;
    sessions::lock_caller(ctx, &tx).await.or_fault()?;
    if !store::unlink(&tx, actor.person, app_id).await.or_fault()? {
        return Err(WeChatRefusal::NotLinked.into());
    }
    if !keep_sessions {
        let through_it = Which { except: Some(actor.session), way: Some(SignInWay::Wechat), ..Which::default() };
        sessions::end_all(ctx, &tx, actor.person, through_it, SessionEnd::WechatUnlinked).await.or_fault()?;
    }
    told(ctx, &tx, actor.person, InboxKind::WechatUnlinked, "UNLINK_WECHAT", None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(())
}

/// Since when the caller's account in this server's mini program is linked; none when it is not.
pub async fn linked_at(ctx: &Ctx, person: PersonId) -> Result<Option<Instant>, DbErr> {
    let Some(wechat) = &ctx.wechat else { return Ok(None) };
    Ok(store::link_of(&ctx.db.conn, person, wechat.app_id()).await?.map(|link| link.linked_at))
}

async fn told(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    person: PersonId,
    kind: InboxKind,
    action: &str,
    how: Option<&str>,
) -> Result<(), DbErr> {
    inbox::tell_persons(ctx, tx, &[person], kind, "").await?;
    ctx.audit(tx, action, "Person", person.0, how.map(Into::into)).await
}

/// Asks WeChat, with no connection to the database held meanwhile.
async fn account(ctx: &Ctx, code: &str) -> Result<Account, WeChatRefusal> {
    let wechat = ctx.wechat.as_ref().ok_or(WeChatRefusal::NotOffered)?;
    let openid = wechat.openid(code).await.map_err(|fault| match fault {
        WeChatFault::InvalidCode => WeChatRefusal::InvalidCode,
        WeChatFault::UsedCode => WeChatRefusal::UsedCode,
        WeChatFault::TooOften => WeChatRefusal::TooOften,
        WeChatFault::Blocked => WeChatRefusal::Blocked,
        WeChatFault::Away(why) => {
            tracing::error!(why, "WeChat named nobody");
            WeChatRefusal::Unavailable
        }
    })?;
    let app_id = wechat.app_id().to_owned();
    Ok(Account { openid_hash: rules::openid_hash(&app_id, &openid.0), app_id })
}
