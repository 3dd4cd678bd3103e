//! Service records, sums, and the leader's confirmation.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant,
    ids::{AttendanceId, BranchId, ServiceRecordId, ShiftId, TeamId, VolunteerId},
    kinds::{AwaitedWord, Book, Category, LookPurpose, RecordState, TotalDimension},
    service_record, volunteer_total,
};

use super::{
    ledger::Span,
    notice,
    service::{self, ConfirmHoursError, Verdict},
    store::{self, Noticed},
};
use crate::{
    access::{Action, Resource},
    activities::graphql::{Activity, Shift, activity_by_id, shift_by_id},
    ctx::Ctx,
    disputes::graphql::{Dispute, disputes_of, is_disputed},
    explanations::graphql::{Explanation, record::of_record},
    graphql::{ctx, load, settle},
    organisation::{
        graphql::{Team, may_with_team},
        loaders::{BranchById, TeamById},
    },
    people::{
        graphql::{Volunteer, volunteer_in_full},
        loaders::VolunteerById,
    },
    platform::{
        db,
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        scalars::{Date, Minutes},
        text,
        wire::price,
    },
    policies::policy_at,
    reviews::graphql::ReviewItem,
};

/// 志愿服务记录: what one attendance counts for.
pub struct ServiceRecord(pub service_record::Model);

/// 志愿服务记录: what one attendance counts for.
#[Object]
impl ServiceRecord {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<ServiceRecordId> {
        GlobalId(self.0.id)
    }
    /// The civil day (Asia/Shanghai) on which service began.
    async fn date(&self) -> Date {
        Date(self.0.service_date)
    }
    /// Start of what counts.
    async fn served_from(&self) -> Instant {
        self.0.served_from
    }
    /// End of what counts.
    async fn served_to(&self) -> Instant {
        self.0.served_to
    }
    /// Whole minutes that count: inside the shift, each once, 0 when under the policy's minimum.
    async fn minutes(&self) -> Minutes {
        Minutes(self.0.minutes.into())
    }
    /// Pending until the leader's word.
    async fn state(&self) -> RecordState {
        self.0.state
    }
    /// How the time was proved.
    async fn book(&self) -> Book {
        self.0.book
    }
    /// What the activity was about.
    async fn category(&self) -> Category {
        self.0.category
    }
    /// Why the leader corrected or rejected it; null when neither happened.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// When the leader settled it; null while it is pending.
    async fn confirmed_at(&self) -> Option<Instant> {
        self.0.confirmed_at
    }
    /// Whose word it takes after the leader's, for the day got long; null when nobody's, or that was given.
    async fn awaits(&self) -> Option<AwaitedWord> {
        self.0.awaits
    }
    /// 为什么: check-in and check-out, the ledger's entries and disputes, and the version of the policy by which it counts.
    async fn explanation(&self, gql: &Context<'_>) -> Result<Explanation> {
        of_record(gql, &self.0).await
    }
    /// 异议 over it, the last first.
    #[graphql(complexity = "price::list(3, child_complexity, pages::STATEMENT)")]
    async fn disputes(&self, gql: &Context<'_>) -> Result<Vec<Dispute>> {
        disputes_of(gql, self.0.attendance_id).await
    }
    /// Whether it is disputed now: then it is not final, and nothing else changes it.
    async fn disputed(&self, gql: &Context<'_>) -> Result<bool> {
        is_disputed(gql, self.0.attendance_id).await
    }
    /// 公示: until then the team sees it; null unless it is confirmed, and while a dispute stops the clock.
    async fn notice_until(&self) -> Option<Instant> {
        self.0.notice_until
    }
    /// Confirmed, and the notice is over: from here on it takes two persons to change it.
    #[graphql(name = "isFinal")]
    async fn is_final(&self, gql: &Context<'_>) -> bool {
        notice::is_final(&self.0, ctx(gql).now())
    }
    /// 记录单位; null only when it could not be read.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        Ok(load(gql, TeamById(self.0.team_id)).await?.map(Team))
    }
    /// Null only when it could not be read.
    async fn activity(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        activity_by_id(gql, self.0.activity_id).await
    }
    /// Null only when it could not be read.
    async fn shift(&self, gql: &Context<'_>) -> Result<Option<Shift>> {
        shift_by_id(gql, self.0.shift_id).await
    }
}

/// Service time, summed up in the same transaction that moves it.
pub struct HoursSummary(Vec<volunteer_total::Model>);

impl HoursSummary {
    fn of(&self, dimension: TotalDimension) -> impl Iterator<Item = &volunteer_total::Model> {
        self.0.iter().filter(move |total| total.dimension == dimension)
    }
}

/// Service time, summed up in the same transaction that moves it.
#[Object]
impl HoursSummary {
    /// What counts: confirmed by a leader.
    async fn confirmed(&self) -> Minutes {
        Minutes(self.of(TotalDimension::All).map(|total| i64::from(total.confirmed_minutes)).sum())
    }
    /// What waits for a leader.
    async fn pending(&self) -> Minutes {
        Minutes(self.of(TotalDimension::All).map(|total| i64::from(total.pending_minutes)).sum())
    }
    /// By calendar year (Asia/Shanghai) of service.
    async fn by_year(&self) -> Vec<YearHours> {
        let year = |total: &volunteer_total::Model| YearHours {
            year: total.key.parse().unwrap_or_default(),
            confirmed: Minutes(total.confirmed_minutes.into()),
            pending: Minutes(total.pending_minutes.into()),
        };
        self.of(TotalDimension::Year).map(year).collect()
    }
    /// By what the activities were about.
    async fn by_category(&self) -> Result<Vec<CategoryHours>> {
        let category = |total: &volunteer_total::Model| {
            Ok(CategoryHours {
                category: sea_orm::ActiveEnum::try_from_value(&total.key).map_err(Fault::from)?,
                confirmed: Minutes(total.confirmed_minutes.into()),
                pending: Minutes(total.pending_minutes.into()),
            })
        };
        self.of(TotalDimension::Category).map(category).collect()
    }
    /// By the team that recorded.
    async fn by_team(&self) -> Result<Vec<TeamHours>> {
        let team = |total: &volunteer_total::Model| {
            let key = total.key.parse().map_err(|_| Fault::Internal(format!("no team is called {}", total.key)))?;
            Ok(TeamHours {
                team_id: TeamId(key),
                confirmed: Minutes(total.confirmed_minutes.into()),
                pending: Minutes(total.pending_minutes.into()),
            })
        };
        self.of(TotalDimension::Team).map(team).collect()
    }
    /// System-proved and back-filled time, apart.
    async fn by_book(&self) -> Result<Vec<BookHours>> {
        let book = |total: &volunteer_total::Model| {
            Ok(BookHours {
                book: sea_orm::ActiveEnum::try_from_value(&total.key).map_err(Fault::from)?,
                confirmed: Minutes(total.confirmed_minutes.into()),
                pending: Minutes(total.pending_minutes.into()),
            })
        };
        self.of(TotalDimension::Book).map(book).collect()
    }
}

/// Service time of a calendar year.
#[derive(SimpleObject)]
struct YearHours {
    /// Calendar year (Asia/Shanghai) of service.
    year: i32,
    /// Confirmed by a leader.
    confirmed: Minutes,
    /// Waits for a leader.
    pending: Minutes,
}

/// Service time in a category.
#[derive(SimpleObject)]
struct CategoryHours {
    /// What the activities were about.
    category: Category,
    /// Confirmed by a leader.
    confirmed: Minutes,
    /// Waits for a leader.
    pending: Minutes,
}

/// Service time with a team.
#[derive(SimpleObject)]
#[graphql(complex)]
struct TeamHours {
    #[graphql(skip)]
    team_id: TeamId,
    /// Confirmed by a leader.
    confirmed: Minutes,
    /// Waits for a leader.
    pending: Minutes,
}

#[async_graphql::ComplexObject]
impl TeamHours {
    /// Null only when it could not be read.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        Ok(load(gql, TeamById(self.team_id)).await?.map(Team))
    }
}

/// Service time proved one way.
#[derive(SimpleObject)]
struct BookHours {
    /// How the time was proved.
    book: Book,
    /// Confirmed by a leader.
    confirmed: Minutes,
    /// Waits for a leader.
    pending: Minutes,
}

pub async fn my_hours(gql: &Context<'_>, volunteer: Option<VolunteerId>) -> Result<HoursSummary> {
    let Some(volunteer) = volunteer else { return Ok(HoursSummary(Vec::new())) };
    Ok(HoursSummary(store::totals(&ctx(gql).db.conn, volunteer).await.map_err(Fault::from)?))
}

pub async fn my_records(
    gql: &Context<'_>,
    volunteer: Option<VolunteerId>,
    args: PageArgs,
) -> Result<Connection<String, ServiceRecord>> {
    let page = Page::read("records", args)?;
    let Some(volunteer) = volunteer else { return Ok(Connection::new(false, false)) };
    let slice = store::records(&ctx(gql).db.conn, volunteer, page).await.map_err(Fault::from)?;
    Ok(slice.connection("records", |row| (row.served_from, row.id.0), ServiceRecord))
}

/// What the leader says of an attendance's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum HoursDecision {
    /// As the system measured it.
    Confirm,
    /// From `servedFrom` to `servedTo`, with a `reason`; counts inside the shift only, as back-filled time.
    Correct,
    /// No service was given, with a `reason`.
    Reject,
}

/// The leader's word on one attendance.
#[derive(InputObject)]
struct ConfirmHoursItem {
    /// From the board or the shift.
    attendance_id: GlobalId<AttendanceId>,
    /// Confirms when left out.
    #[graphql(default_with = "HoursDecision::Confirm")]
    decision: HoursDecision,
    /// For `CORRECT`.
    served_from: Option<Instant>,
    /// For `CORRECT`.
    served_to: Option<Instant>,
    /// The volunteer reads it; at most 500 characters.
    #[graphql(default)]
    reason: String,
}

impl ConfirmHoursItem {
    fn verdict(&self) -> Result<Verdict, Fault> {
        let reason = text::field("reason", &self.reason, 500, false)?;
        Ok(match self.decision {
            HoursDecision::Confirm => Verdict::Confirm,
            HoursDecision::Reject => Verdict::Reject { reason },
            HoursDecision::Correct => {
                let (Some(from), Some(to)) = (self.served_from, self.served_to) else {
                    return Err(Fault::bad_input("`CORRECT` needs `servedFrom` and `servedTo`."));
                };
                let (from, to) = (db::moment("servedFrom", from)?, db::moment("servedTo", to)?);
                Verdict::Correct { served: Span { from, to }, reason }
            }
        })
    }
}

/// What `confirmHours` takes.
#[derive(InputObject)]
struct ConfirmHoursInput {
    /// At most 200. Each is decided by itself: one that is refused spoils no other.
    items: Vec<ConfirmHoursItem>,
}

/// What became of one item.
#[derive(SimpleObject)]
struct ConfirmHoursResult {
    /// The item's attendance.
    attendance_id: GlobalId<AttendanceId>,
    /// As it stands now; null when it was refused.
    record: Option<ServiceRecord>,
    /// What waits for somebody else's word: an officer's for a long day, a second person's for the correction of what is final. Null
    /// when yours was enough, or it waited already.
    waits: Option<ReviewItem>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ConfirmHoursError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct ConfirmHoursPayload {
    /// One for each item, in the order given.
    results: Vec<ConfirmHoursResult>,
    /// The errors of all items together.
    errors: Vec<ConfirmHoursError>,
}

/// What `confirmShift` takes.
#[derive(InputObject)]
struct ConfirmShiftInput {
    /// A shift of your team's.
    shift_id: GlobalId<ShiftId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct ConfirmShiftPayload {
    /// One for each that waited, who checked in first first.
    results: Vec<ConfirmHoursResult>,
    /// Whether others wait still: ask again.
    more: bool,
    /// The errors of all together.
    errors: Vec<ConfirmHoursError>,
}

async fn confirmed(ctx: &Ctx, attendance: AttendanceId, verdict: Verdict) -> Result<ConfirmHoursResult> {
    let settled = service::settle(ctx, attendance, verdict).await;
    let (settled, errors) = settle(ctx, settled, ConfirmHoursError::new)?;
    let (record, waits) = settled.map_or((None, None), |it| (Some(ServiceRecord(it.record)), it.waits.map(ReviewItem)));
    Ok(ConfirmHoursResult { attendance_id: GlobalId(attendance), record, waits, errors })
}

/// 公示: confirmed service that is not final yet, as the team sees it.
pub struct NoticedService(Noticed);

/// 公示: confirmed service that is not final yet, as the team sees it.
#[Object]
impl NoticedService {
    /// Opaque global id of the record.
    async fn record_id(&self) -> GlobalId<ServiceRecordId> {
        GlobalId(self.0.record.id)
    }
    /// With a masked name (王*明), but for whoever leads the team. Null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        let (id, record) = (self.0.record.volunteer_id, self.0.record.id);
        if may_with_team(gql, Action::SeeRoster, self.0.record.team_id).await? {
            return volunteer_in_full(gql, id, LookPurpose::Roster).await;
        }
        Ok(load(gql, VolunteerById(id)).await?.map(|model| Volunteer::masked(model, record.0)))
    }
    /// What was done. Null only when it could not be read.
    async fn activity(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        activity_by_id(gql, self.0.record.activity_id).await
    }
    /// The civil day (Asia/Shanghai) on which service began.
    async fn date(&self) -> Date {
        Date(self.0.record.service_date)
    }
    /// Whole minutes that count.
    async fn minutes(&self) -> Minutes {
        Minutes(self.0.record.minutes.into())
    }
    /// How the time was proved.
    async fn book(&self) -> Book {
        self.0.record.book
    }
    /// Until when it is under notice; then it is final. Null while a dispute stops the clock.
    async fn notice_until(&self) -> Option<Instant> {
        self.0.record.notice_until
    }
    /// Whether it is disputed now: then nobody else can dispute it.
    async fn disputed(&self, gql: &Context<'_>) -> Result<bool> {
        is_disputed(gql, self.0.record.attendance_id).await
    }
}

#[derive(Default)]
pub struct HoursQuery;

#[Object]
impl HoursQuery {
    /// 公示: what a team's leaders confirmed lately, what ends first first, what is disputed last. For its members, its leaders and the officers above;
    /// empty for everybody else.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2)")]
    async fn team_notice(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A team that you are in.")] team_id: GlobalId<TeamId>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, NoticedService>> {
        let ctx = ctx(gql);
        let GlobalId(team) = team_id;
        let list = format!("team-notice-{team}");
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let member = match ctx.actor.as_ref().and_then(|actor| actor.volunteer) {
            Some(volunteer) => store::in_team(&ctx.db.conn, team, volunteer).await.map_err(Fault::from)?,
            None => false,
        };
        if !member && !may_with_team(gql, Action::SeeRoster, team).await? {
            return Ok(Connection::new(false, false));
        }
        let slice = store::noticed(&ctx.db.conn, team, ctx.now(), page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.ends, row.record.id.0), NoticedService))
    }

    /// Service that nobody confirmed in the time that the law gives (10 working days, order 67, art. 11), what ended first
    /// first: of a branch and all below it, for its officers and those above; empty for everybody else.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 3)")]
    async fn late_confirmations(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, LateConfirmation>> {
        let ctx = ctx(gql);
        let list = format!("late-confirmations-{}", branch_id.0);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let branch = load(gql, BranchById(branch_id.0)).await?;
        let branch = branch.filter(|it| ctx.may_see(Action::ConfirmLongDays, Resource::Branch { path: &it.path }));
        let Some(branch) = branch else { return Ok(Connection::new(false, false)) };
        let db = &ctx.db.conn;
        let policy = policy_at(db, &branch.path, ctx.now()).await.map_err(Fault::from)?;
        let before = notice::late_before(db, &policy, ctx.now()).await.map_err(Fault::from)?;
        let slice = store::late(db, &branch.path, before, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.served_to, row.id.0), LateConfirmation))
    }
}

/// Service that nobody confirmed in time.
pub struct LateConfirmation(service_record::Model);

/// Service that nobody confirmed in time.
#[Object]
impl LateConfirmation {
    /// The stay, for `confirmHours`.
    async fn attendance_id(&self) -> GlobalId<AttendanceId> {
        GlobalId(self.0.attendance_id)
    }
    /// Its record, which waits.
    async fn record(&self) -> ServiceRecord {
        ServiceRecord(self.0.clone())
    }
    /// Whose it is, by the whole name. Null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_in_full(gql, self.0.volunteer_id, LookPurpose::Roster).await
    }
}

#[derive(Default)]
pub struct HoursMutation;

#[Object]
impl HoursMutation {
    /// Confirms, corrects or rejects served time. For the team's leaders and the branch's officers, never for one's own
    /// hours. Confirming twice is confirming once; a correction is booked as a reversing entry and a new one.
    async fn confirm_hours(&self, gql: &Context<'_>, input: ConfirmHoursInput) -> Result<ConfirmHoursPayload> {
        let ctx = ctx(gql);
        if input.items.len() > 200 {
            let given = input.items.len();
            return Err(Fault::bad_input(format!("`items` has {given} items; at most 200 are taken at once.")).into());
        }
        let verdicts = input.items.iter().map(ConfirmHoursItem::verdict).collect::<Result<Vec<_>, _>>()?;
        let mut results = Vec::with_capacity(verdicts.len());
        for (item, verdict) in input.items.iter().zip(verdicts) {
            results.push(confirmed(ctx, item.attendance_id.0, verdict).await?);
        }
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(ConfirmHoursPayload { results, errors })
    }

    /// Confirms what waits of a whole shift as the system measured it: everybody's who checked out, but your own and what was
    /// corrected or rejected before; 200 people at once, `more` says whether there are others. For the team's leaders and the
    /// branch's officers; nothing for everybody else.
    async fn confirm_shift(&self, gql: &Context<'_>, input: ConfirmShiftInput) -> Result<ConfirmShiftPayload> {
        let ctx = ctx(gql);
        let mut waiting = service::waiting_of_shift(ctx, input.shift_id.0).await?;
        let more = waiting.len() > service::AT_ONCE;
        waiting.truncate(service::AT_ONCE);
        let mut results = Vec::with_capacity(waiting.len());
        for attendance in waiting {
            results.push(confirmed(ctx, attendance, Verdict::Confirm).await?);
        }
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(ConfirmShiftPayload { results, more, errors })
    }
}
