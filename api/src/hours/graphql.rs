//! Service records, sums, and the leader's confirmation.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant,
    ids::{AttendanceId, ServiceRecordId, TeamId, VolunteerId},
    kinds::{Book, Category, RecordState, TotalDimension},
    service_record, volunteer_total,
};

use super::{
    ledger::Span,
    service::{self, ConfirmHoursError, Verdict},
    store,
};
use crate::{
    activities::graphql::{Activity, Shift, activity_by_id, shift_by_id},
    graphql::{ctx, load, settle},
    organisation::{graphql::Team, loaders::TeamById},
    platform::{
        db,
        errors::Fault,
        node::GlobalId,
        pages::{Page, PageArgs},
        scalars::{Date, Minutes},
        text,
    },
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
    /// Null when it was refused.
    record: Option<ServiceRecord>,
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
            let settled = service::settle(ctx, item.attendance_id.0, verdict).await;
            let (record, errors) = settle(ctx, settled, ConfirmHoursError::new)?;
            results.push(ConfirmHoursResult {
                attendance_id: item.attendance_id,
                record: record.map(ServiceRecord),
                errors,
            });
        }
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(ConfirmHoursPayload { results, errors })
    }
}
