//! 在岗确认: asking for it, answering it, and what is seen of both.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{
    Instant,
    ids::{AttendanceId, PresenceAskId, ShiftId},
    kinds::EvidenceGrade,
};
use uuid::Uuid;

use super::{
    loaders::{AsksOf, CallsOf},
    rules::{PresenceAskError, PresenceError},
    service,
    store::{self, Asked, Call},
};
use crate::{
    attendance::graphql::{Attendance, FixInput, sent},
    graphql::{ctx, load, settle},
    platform::{errors::Fault, node::GlobalId},
};

/// 在岗确认: everybody at a shift was asked for a second proof that they are there.
pub struct PresenceAsk(Asked);

/// 在岗确认: everybody at a shift was asked for a second proof that they are there.
#[Object]
impl PresenceAsk {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<PresenceAskId> {
        GlobalId(self.0.ask.id)
    }
    /// By the server's clock.
    async fn asked_at(&self) -> Instant {
        self.0.ask.asked_at
    }
    /// The last moment that an answer is taken.
    async fn answer_by(&self) -> Instant {
        self.0.ask.answer_by
    }
    /// Who were there, and asked.
    async fn people(&self) -> i32 {
        people(self.0.people)
    }
    /// Who of them answered.
    async fn answered(&self) -> i32 {
        people(self.0.answered)
    }
}

fn people(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// 在岗确认, as it reached one stay.
pub struct PresenceCall(Call);

/// 在岗确认, as it reached one stay.
#[Object]
impl PresenceCall {
    /// What `provePresence` takes.
    async fn ask_id(&self) -> GlobalId<PresenceAskId> {
        GlobalId(self.0.ask_id)
    }
    /// By the server's clock.
    async fn asked_at(&self) -> Instant {
        self.0.asked_at
    }
    /// The last moment that an answer is taken.
    async fn answer_by(&self) -> Instant {
        self.0.answer_by
    }
    /// Null while there is no answer, which nobody loses anything by.
    async fn answered_at(&self) -> Option<Instant> {
        self.0.answered_at
    }
    /// What the answer proves; null while there is none.
    async fn grade(&self) -> Option<EvidenceGrade> {
        self.0.grade
    }
}

/// The asks of a shift, the last first.
pub async fn asks_of(gql: &Context<'_>, shift: ShiftId) -> Result<Vec<PresenceAsk>> {
    Ok(load(gql, AsksOf(shift)).await?.unwrap_or_default().into_iter().map(PresenceAsk).collect())
}

/// The asks that reached a stay, the last first.
pub async fn presence_of(gql: &Context<'_>, stay: AttendanceId) -> Result<Vec<PresenceCall>> {
    Ok(load(gql, CallsOf(stay)).await?.unwrap_or_default().into_iter().map(PresenceCall).collect())
}

/// What `askForPresence` takes.
#[derive(InputObject)]
struct AskForPresenceInput {
    /// A shift that you lead or sit at the desk of, while it runs.
    shift_id: GlobalId<ShiftId>,
    /// A UUID that the phone makes once for each wish and sends again with each repeat: a repeat asks nobody again.
    request_id: Uuid,
}

/// What became of it.
#[derive(SimpleObject)]
struct AskForPresencePayload {
    /// Null when it was refused.
    ask: Option<PresenceAsk>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<PresenceAskError>,
}

/// What `provePresence` takes.
#[derive(InputObject)]
struct ProvePresenceInput {
    /// What you were asked: `askId` of your open attendance's `presence`.
    ask_id: GlobalId<PresenceAskId>,
    /// Where the phone is. Exactly one of fix and code.
    fix: Option<FixInput>,
    /// 签到码: what the screen of the site shows now, 8 letters and digits. Exactly one of fix and code.
    code: Option<String>,
}

/// What became of it.
#[derive(SimpleObject)]
struct ProvePresencePayload {
    /// Null when it was refused; the try is kept.
    attendance: Option<Attendance>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<PresenceError>,
}

#[derive(Default)]
pub struct PresenceMutation;

#[Object]
impl PresenceMutation {
    /// 在岗确认: asks everybody who is at a shift to prove within some minutes that they are there. Each hears of it in the inbox,
    /// and sees it at their open attendance. Who answers gets the better grade; who does not loses nothing.
    async fn ask_for_presence(&self, gql: &Context<'_>, input: AskForPresenceInput) -> Result<AskForPresencePayload> {
        let ctx = ctx(gql);
        let asked = service::ask(ctx, input.shift_id.0, input.request_id).await;
        let (ask, errors) = settle(ctx, asked, PresenceAskError::new)?;
        let ask = match ask {
            Some(ask) => store::asked(&ctx.db.conn, ask.id).await.map_err(Fault::from)?,
            None => None,
        };
        Ok(AskForPresencePayload { ask: ask.map(PresenceAsk), errors })
    }

    /// 在岗确认: proves that you are there, by location or by the code on the site's screen. An answer counts when it comes in
    /// time by the server's clock; a repeat is the same success.
    async fn prove_presence(&self, gql: &Context<'_>, input: ProvePresenceInput) -> Result<ProvePresencePayload> {
        let ctx = ctx(gql);
        let answered = service::answer(ctx, input.ask_id.0, sent(input.fix, input.code)?).await;
        let (attendance, errors) = settle(ctx, answered, PresenceError::new)?;
        Ok(ProvePresencePayload { attendance: attendance.map(Attendance), errors })
    }
}
