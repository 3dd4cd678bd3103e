//! The live board of a shift.

use async_graphql::{Context, Object, Result, SimpleObject, Subscription};
use boai_entity::{
    Instant, attendance,
    ids::{ActivityId, AttendanceId, BranchId, InboxItemId, PersonId, ReviewItemId, ShiftId, TeamId},
};
use futures_util::Stream;

use super::feed::{Feed, News, cursor_now, follow};
use crate::{
    access::{Action, Resource},
    activities::{self, board_topic},
    attendance::{
        graphql::Attendance,
        store::{HeadCount, head_count, latest, of_shift_by_ids},
    },
    ctx::Ctx,
    graphql::ctx,
    inbox::{self, inbox_topic},
    organisation,
    people::graphql::InboxItem,
    platform::{
        errors::Fault,
        node::{GlobalId, NOTHING},
        outbox::Topics,
        wire::price,
    },
    presence::graphql::{PresenceAsk, asks_of},
    reviews::{self, graphql::ReviewItem},
};

/// Check-ins that a board shows.
const LATEST: u64 = 10;

/// 签到看板: a shift's head count and newest check-ins at a moment.
pub struct AttendanceBoard {
    shift: ShiftId,
    count: HeadCount,
    latest: Vec<attendance::Model>,
    changes: Vec<attendance::Model>,
    cursor: String,
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
    /// 在岗确认: what everybody there was asked to prove, the last first.
    #[graphql(complexity = "price::list(3, child_complexity, 1)")]
    async fn presence_asks(&self, gql: &Context<'_>) -> Result<Vec<PresenceAsk>> {
        asks_of(gql, self.shift).await
    }
    /// The newest 10 check-ins, newest first.
    async fn latest(&self) -> Vec<Attendance> {
        self.latest.iter().cloned().map(Attendance).collect()
    }
    /// Who came, left or was changed since the item before, or since the cursor that the feed was resumed with, each once, as
    /// they are now; empty at the first item of a feed that was not resumed, and outside of a feed.
    async fn changes(&self) -> Vec<Attendance> {
        self.changes.iter().cloned().map(Attendance).collect()
    }
    /// How far this board reaches. Subscribe with it as `after` once the connection is back.
    async fn cursor(&self) -> &str {
        &self.cursor
    }
}

fn people(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The board now; none when there is no such shift.
pub async fn board_of(ctx: &Ctx, shift: ShiftId) -> Result<Option<AttendanceBoard>> {
    // Read before the numbers: whoever resumes from here hears of what came in between once more, rather than never.
    let cursor = cursor_now(&ctx.db.conn, &board_topic(shift)).await?;
    board(ctx, shift, News { subjects: Vec::new(), cursor }).await
}

async fn board(ctx: &Ctx, shift: ShiftId, news: News) -> Result<Option<AttendanceBoard>> {
    let db = &ctx.db.conn;
    let Some(count) = head_count(db, shift).await.map_err(Fault::from)? else { return Ok(None) };
    let latest = latest(db, shift, LATEST).await.map_err(Fault::from)?;
    let changes = if news.subjects.is_empty() {
        Vec::new()
    } else {
        let changed = news.subjects.iter().copied().map(AttendanceId);
        let changed = of_shift_by_ids(db, shift, changed).await.map_err(Fault::from)?;
        news.in_order(changed, |stay| stay.id.0)
    };
    Ok(Some(AttendanceBoard { shift, count, latest, changes, cursor: news.cursor, as_of: ctx.now() }))
}

struct Board(ShiftId);

impl Feed for Board {
    type Item = AttendanceBoard;

    fn topics(&self) -> Topics {
        Topics::One(board_topic(self.0))
    }

    fn not_there(&self) -> Fault {
        Fault::Forbidden("There is no such shift in your care. 您名下没有该班次。".into())
    }

    /// "Not yours" answers as "not there", after as many statements.
    async fn may_watch(&self, ctx: &Ctx) -> Result<bool, Fault> {
        ctx.actor()?;
        let activity = activities::store::shift_facts(&ctx.db.conn, self.0).await?.map(|facts| facts.activity_id);
        let activity = activities::store::activity(&ctx.db.conn, activity.unwrap_or(ActivityId(NOTHING))).await?;
        let team = activity.map_or(TeamId(NOTHING), |activity| activity.team_id);
        let team = organisation::store::placed_team(&ctx.db.conn, team).await?;
        let resource = team.as_ref().map(|team| Resource::Team { id: team.id, branch_path: &team.branch_path });
        Ok(resource.is_some_and(|team| ctx.may_see(Action::SeeRoster, team)))
    }

    async fn item(&self, ctx: &Ctx, news: News) -> Result<Option<AttendanceBoard>> {
        board(ctx, self.0, news).await
    }
}

/// What came into an inbox since the item before.
#[derive(SimpleObject)]
struct InboxNews {
    /// In the order in which it came, each once. Empty at the first item of a feed that was not resumed.
    items: Vec<InboxItem>,
    /// How far this reaches. Subscribe with it as `after` once the connection is back.
    cursor: String,
}

struct Inbox(PersonId);

impl Feed for Inbox {
    type Item = InboxNews;

    fn topics(&self) -> Topics {
        Topics::One(inbox_topic(self.0))
    }

    fn not_there(&self) -> Fault {
        Fault::Forbidden("Your roles have changed. Subscribe again. 您的角色已变更,请重新订阅。".into())
    }

    async fn may_watch(&self, _: &Ctx) -> Result<bool, Fault> {
        Ok(true)
    }

    async fn item(&self, ctx: &Ctx, news: News) -> Result<Option<InboxNews>> {
        let items = if news.subjects.is_empty() {
            Vec::new()
        } else {
            let ids = news.subjects.iter().copied().map(InboxItemId);
            let items = inbox::store::items(&ctx.db.conn, self.0, ids).await.map_err(Fault::from)?;
            news.in_order(items, |item| item.id.0)
        };
        Ok(Some(InboxNews { items: items.into_iter().map(InboxItem).collect(), cursor: news.cursor }))
    }
}

/// What moved in a queue of what waits for review since the item before.
#[derive(SimpleObject)]
struct ReviewNews {
    /// What was raised or settled, each once, as it is now. Empty at the first item of a feed that was not resumed.
    items: Vec<ReviewItem>,
    /// How far this reaches. Subscribe with it as `after` once the connection is back.
    cursor: String,
}

/// The queue of a team, or of all teams below a branch; none when there is no such team or branch.
enum Queue {
    Team { id: TeamId, branch_path: String },
    Below { path: String },
    None,
}

impl Queue {
    async fn of(ctx: &Ctx, team: Option<TeamId>, branch: Option<BranchId>) -> Result<Self, Fault> {
        let db = &ctx.db.conn;
        match (team, branch) {
            (Some(team), None) => {
                let team = organisation::store::placed_team(db, team).await?;
                Ok(team.map_or(Self::None, |team| Self::Team { id: team.id, branch_path: team.branch_path }))
            }
            (None, Some(branch)) => {
                let branch = organisation::store::branch(db, branch).await?;
                Ok(branch.map_or(Self::None, |branch| Self::Below { path: branch.path }))
            }
            _ => Err(Fault::bad_input("Give exactly one of `teamId` and `branchId`.")),
        }
    }

    fn resource(&self) -> Option<Resource<'_>> {
        match self {
            Self::Team { id, branch_path } => Some(Resource::Team { id: *id, branch_path }),
            Self::Below { path } => Some(Resource::Branch { path }),
            Self::None => None,
        }
    }
}

impl Feed for Queue {
    type Item = ReviewNews;

    fn topics(&self) -> Topics {
        match self {
            Self::Team { id, branch_path } => Topics::One(reviews::queue_topic(branch_path, *id)),
            Self::Below { path } => Topics::Below(reviews::queues_below(path)),
            Self::None => Topics::One(String::new()),
        }
    }

    fn not_there(&self) -> Fault {
        Fault::Forbidden("There is no such team or branch in your care. 您名下没有该队伍或红十字会。".into())
    }

    async fn may_watch(&self, ctx: &Ctx) -> Result<bool, Fault> {
        Ok(self.resource().is_some_and(|whose| ctx.may_see(Action::ConfirmHours, whose)))
    }

    async fn item(&self, ctx: &Ctx, news: News) -> Result<Option<ReviewNews>> {
        let items = if news.subjects.is_empty() {
            Vec::new()
        } else {
            let ids = news.subjects.iter().copied().map(ReviewItemId);
            let items = reviews::store::items(&ctx.db.conn, ids).await.map_err(Fault::from)?;
            news.in_order(items, |item| item.id.0)
        };
        let about_leaders = self.resource().is_some_and(|whose| ctx.may_see(Action::ReviewLeaders, whose));
        let shown = items.into_iter().filter(|item| reviews::service::is_shown(ctx, item, about_leaders));
        Ok(Some(ReviewNews { items: shown.map(ReviewItem).collect(), cursor: news.cursor }))
    }
}

#[derive(Default)]
pub struct LiveSubscription;

/// What can be watched, over graphql-transport-ws. Each feed gives an item at once, and another after each change. After a
/// dropped connection, subscribe with the last item's `cursor` as `after`: nothing is missed, and nothing told twice. What
/// came after a cursor is kept for some days; then the answer is `CURSOR_EXPIRED`.
#[Subscription(name = "Subscription")]
impl LiveSubscription {
    /// The live board of a shift. For who leads the team or runs its desk. Each item is the whole board, with what changed
    /// since the one before. It ends when the right to it does.
    async fn attendance_board(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A shift of a team in your care.")] shift_id: GlobalId<ShiftId>,
        #[graphql(desc = "The cursor of the last board of this shift that you saw.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<AttendanceBoard>> + use<>> {
        follow(ctx(gql), Board(shift_id.0), after).await
    }

    /// What comes into your inbox. Subscribe first, then read `me.inbox`: what is in both has the same id.
    async fn inbox(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The cursor of the last item of this feed that you saw.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<InboxNews>> + use<>> {
        let ctx = ctx(gql);
        follow(ctx, Inbox(ctx.actor()?.person), after).await
    }
    /// What is raised in a queue of what waits for review, and what is settled. Subscribe first, then read `reviewQueue`: what is
    /// in both has the same id. It ends when the right to it does.
    async fn review_queue(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A team in your care. Exactly one of teamId and branchId.")] team_id: Option<GlobalId<TeamId>>,
        #[graphql(desc = "A branch in your care, with all below it. Exactly one of teamId and branchId.")]
        branch_id: Option<GlobalId<BranchId>>,
        #[graphql(desc = "The cursor of the last item of this feed that you saw.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<ReviewNews>> + use<>> {
        let ctx = ctx(gql);
        ctx.actor()?;
        let queue = Queue::of(ctx, team_id.map(|id| id.0), branch_id.map(|id| id.0)).await?;
        follow(ctx, queue, after).await
    }
}
