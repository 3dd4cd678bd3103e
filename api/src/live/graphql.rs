//! The live board of a shift.

use std::time::Duration;

use async_graphql::{Context, Object, Result, Subscription};
use boai_entity::{
    Instant,
    ids::{ActivityId, ShiftId, TeamId},
};
use futures_util::Stream;
use tokio::sync::broadcast::error::RecvError;

use crate::{
    access::{Action, Resource},
    activities::{self, board_topic},
    attendance::{
        graphql::Attendance,
        store::{HeadCount, head_count, latest},
    },
    auth::sessions::sessions_topic,
    ctx::Ctx,
    graphql::ctx,
    organisation,
    platform::{
        bus::EVERYTHING,
        errors::Fault,
        node::{GlobalId, NOTHING},
    },
};

/// Check-ins that a board shows.
const LATEST: u64 = 10;
/// A board looks again this often by itself: for a role that ended, and for a bus that fell silent.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// 签到看板: a shift's head count and newest check-ins at a moment.
pub struct AttendanceBoard {
    shift: ShiftId,
    count: HeadCount,
    latest: Vec<boai_entity::attendance::Model>,
    as_of: Instant,
}

/// 签到看板: a shift's head count and newest check-ins at a moment.
#[Object]
impl AttendanceBoard {
    /// The shift that is shown.
    async fn shift_id(&self) -> GlobalId<ShiftId> {
        GlobalId(self.shift)
    }
    /// When these numbers were true.
    async fn as_of(&self) -> Instant {
        self.as_of
    }
    /// Seats of the shift.
    async fn capacity(&self) -> i32 {
        self.count.capacity
    }
    /// Who has a seat.
    async fn signed_up(&self) -> i32 {
        people(self.count.signed_up)
    }
    /// Who is on the wait-list.
    async fn waiting(&self) -> i32 {
        people(self.count.waiting)
    }
    /// 在场: checked in and not out.
    async fn present(&self) -> i32 {
        people(self.count.present)
    }
    /// Checked out.
    async fn left(&self) -> i32 {
        people(self.count.left_already)
    }
    /// Never checked out, and check-out has closed.
    async fn forgotten(&self) -> i32 {
        people(self.count.forgotten)
    }
    /// The newest 10 check-ins, newest first.
    async fn latest(&self) -> Vec<Attendance> {
        self.latest.iter().cloned().map(Attendance).collect()
    }
}

fn people(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The board now; none when there is no such shift.
pub async fn board_of(ctx: &Ctx, shift: ShiftId) -> Result<Option<AttendanceBoard>> {
    let Some(count) = head_count(&ctx.db.conn, shift).await.map_err(Fault::from)? else { return Ok(None) };
    let latest = latest(&ctx.db.conn, shift, LATEST).await.map_err(Fault::from)?;
    Ok(Some(AttendanceBoard { shift, count, latest, as_of: ctx.now() }))
}

#[derive(Default)]
pub struct LiveSubscription;

/// What can be watched, over graphql-transport-ws.
#[Subscription(name = "Subscription")]
impl LiveSubscription {
    /// The live board of a shift, at once and after each change. For who leads the team or runs its desk. Each item is the
    /// whole board, so after a dropped connection nothing is missed: subscribe again. It ends when the right to it does.
    async fn attendance_board(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A shift of a team in your care.")] shift_id: GlobalId<ShiftId>,
    ) -> Result<impl Stream<Item = Result<AttendanceBoard>> + use<>> {
        // The socket may be older than the end of its session, or of a role.
        let ctx = still(ctx(gql)).await?;
        let shift = shift_id.0;
        // Listening begins before the first look, so nothing falls in between.
        let mut changes = ctx.bus.subscribe();
        may_watch(&ctx, shift).await?;
        let topic = board_topic(shift);
        let sessions = sessions_topic(ctx.actor()?.person);
        Ok(async_stream::try_stream! {
            loop {
                let Some(board) = board_of(&ctx, shift).await? else { break };
                yield board;
                let look_again = tokio::time::Instant::now() + LOOK_AGAIN;
                loop {
                    let Ok(heard) = tokio::time::timeout_at(look_again, changes.recv()).await else { break };
                    match heard {
                        Ok(changed) if [topic.as_str(), sessions.as_str(), EVERYTHING].contains(&&*changed) => break,
                        Ok(_) => {}
                        // Too many messages for this listener: something of ours may have been among them.
                        Err(RecvError::Lagged(_)) => break,
                        Err(RecvError::Closed) => return,
                    }
                }
                let now = still(&ctx).await?;
                may_watch(&now, shift).await?;
                // Whatever stands on the board is resolved by the rights that the feed began with.
                if lost_a_role(&ctx, &now) {
                    Err(not_there())?;
                }
            }
        })
    }
}

/// The caller with the roles held now; a session that has ended, or a role that was taken back, ends the feed.
async fn still(ctx: &Ctx) -> Result<Ctx, Fault> {
    let session = ctx.actor()?.session;
    let actor = crate::access::store::actor_of_session(&ctx.db, session, ctx.now()).await?;
    Ok(Ctx { actor: Some(actor.ok_or(Fault::Unauthenticated)?), ..ctx.clone() })
}

fn lost_a_role(before: &Ctx, now: &Ctx) -> bool {
    let grants = |ctx: &Ctx| ctx.actor.as_ref().map(|actor| actor.grants.clone()).unwrap_or_default();
    let now = grants(now);
    grants(before).iter().any(|grant| !now.contains(grant))
}

fn not_there() -> Fault {
    Fault::Forbidden("There is no such shift in your care. 您名下没有该班次。".into())
}

/// "Not yours" answers as "not there", after as many statements.
async fn may_watch(ctx: &Ctx, shift: ShiftId) -> Result<(), Fault> {
    ctx.actor()?;
    let activity = activities::store::shift_facts(&ctx.db.conn, shift).await?.map(|facts| facts.activity_id);
    let activity = activities::store::activity(&ctx.db.conn, activity.unwrap_or(ActivityId(NOTHING))).await?;
    let team = activity.map_or(TeamId(NOTHING), |activity| activity.team_id);
    let team = organisation::store::placed_team(&ctx.db.conn, team).await?;
    let resource = team.as_ref().map(|team| Resource::Team { id: team.id, branch_path: &team.branch_path });
    if resource.is_some_and(|team| ctx.may_see(Action::SeeRoster, team)) {
        return Ok(());
    }
    Err(not_there())
}
