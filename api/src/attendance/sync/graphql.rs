//! `syncAttendance`, and the leader's word on what came in later.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use boai_entity::{
    Instant, attendance,
    ids::{ReviewItemId, ShiftId},
    kinds::{AttendanceEnd, EvidenceGrade, LookPurpose, Sight},
    sync_kinds::{SyncReason, SyncedState},
    synced_end,
};
use uuid::Uuid;

use super::{
    rules::{SettleSyncedEndsError, SyncItemError},
    service::{self, Given, Item, Outcome, Refused},
    settling, store,
};
use crate::{
    attendance::{
        graphql::Attendance,
        rules::{CheckInError, CheckOutError},
        stay::{Fix, Sent},
    },
    ctx::Ctx,
    graphql::{ctx, settle},
    places::geodesy::Point,
    platform::{
        db,
        errors::Fault,
        node::{self, GlobalId, NodeId},
        pages,
        scalars::Metres,
        text,
        wire::price,
    },
    reviews::graphql::ReviewItem,
    trail::looks::saw,
};

/// How many items a batch may have.
const AT_ONCE: usize = 200;

/// Where a phone without a network was, and how well it knew. The numbers are judged with the item, so that a wrong one spoils no
/// other item.
#[derive(InputObject)]
struct SyncFixInput {
    /// Degrees north, -90 to 90.
    latitude: f64,
    /// Degrees east, -180 to 180.
    longitude: f64,
    /// The coordinate system that the phone gave; there is no default.
    datum: crate::places::graphql::Datum,
    /// The phone's own estimate of its error, in metres; more than 500 m proves nothing.
    accuracy: f64,
    /// By the phone's clock, RFC 3339; at most 2 minutes before `deviceTime`.
    fixed_at: String,
    /// Whether the phone's system says that another program makes its location up (Android's mock location).
    #[graphql(default)]
    mocked: bool,
}

/// A check-in or check-out that a phone made without a network. What cannot be read in it refuses it alone, and no other.
#[derive(InputObject)]
struct SyncItemInput {
    /// The UUID that the phone made for this wish; of what was tried live first, the same as then.
    request_id: String,
    /// Which end of a stay it is.
    end: AttendanceEnd,
    /// The shift that it is about.
    shift_id: ID,
    /// When it happened, by the phone's clock, RFC 3339.
    device_time: String,
    /// Where the phone was. Exactly one of fix and code.
    fix: Option<SyncFixInput>,
    /// 签到码: what the screen of the site showed at that time. Exactly one of fix and code.
    code: Option<String>,
    /// Of a check-out: the `requestId` of the check-in that it ends, live or not; left out when the phone does not know of one.
    check_in_request_id: Option<String>,
}

impl SyncItemInput {
    fn given(self) -> Given {
        let end = self.end;
        self.read().map_or_else(|field| Given::Unreadable(end, field.into()), Given::Item)
    }

    /// Or the name of the field that cannot be read.
    fn read(self) -> std::result::Result<Item, &'static str> {
        let sent = match (self.fix, self.code) {
            (Some(fix), None) => Sent::Fix(fix.read()?),
            (None, Some(code)) => Sent::Code(code),
            (Some(_), Some(_)) => return Err("code"),
            (None, None) => return Err("fix"),
        };
        let uuid = |text: &str, field| Uuid::parse_str(text).map_err(|_| field);
        Ok(Item {
            request_id: uuid(&self.request_id, "requestId")?,
            end: self.end,
            shift: key(&self.shift_id).map(ShiftId).ok_or("shiftId")?,
            device_time: moment(&self.device_time).ok_or("deviceTime")?,
            sent,
            check_in: self.check_in_request_id.map(|text| uuid(&text, "checkInRequestId")).transpose()?,
        })
    }
}

impl SyncFixInput {
    fn read(self) -> std::result::Result<Fix, &'static str> {
        let within = |degrees: f64, most: f64| (-most..=most).contains(&degrees);
        if !within(self.latitude, 90.0) {
            return Err("fix.latitude");
        }
        if !within(self.longitude, 180.0) {
            return Err("fix.longitude");
        }
        if !(self.accuracy.is_finite() && self.accuracy >= 0.0) {
            return Err("fix.accuracy");
        }
        let point = Point::from_datum(self.datum.into(), self.latitude, self.longitude);
        Ok(Fix {
            point: point.map_err(|_| "fix")?,
            accuracy_m: self.accuracy,
            fixed_at: moment(&self.fixed_at).ok_or("fix.fixedAt")?,
            mocked: self.mocked,
        })
    }
}

fn key(id: &str) -> Option<Uuid> {
    let (type_name, key) = node::decode(id)?;
    (type_name == ShiftId::TYPE).then(|| Uuid::parse_str(&key).ok()).flatten()
}

fn moment(text: &str) -> Option<Instant> {
    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    db::moment("deviceTime", at).ok()
}

/// What `syncAttendance` takes.
#[derive(InputObject)]
struct SyncAttendanceInput {
    /// The phone's clock at the moment of sending, so that its error is measured and every item's time corrected. Read it
    /// anew with every try.
    sent_at: Instant,
    /// At most 200, in any order.
    items: Vec<SyncItemInput>,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum SyncStatus {
    /// It counts, as if the phone had had a network.
    Accepted,
    /// It came before, live or in a batch, and counts once. Without an attendance a person looks at it, or has refused it.
    AlreadyKnown,
    /// It is kept, and the leader decides. The inbox tells how.
    NeedsReview,
    /// It does not count; the errors say why. The try is kept.
    Refused,
}

/// What became of an item.
#[derive(SimpleObject)]
struct SyncResult {
    /// The item's, as it was given.
    request_id: String,
    /// What became of it.
    status: SyncStatus,
    /// The stay that it opened or closed; null when there is none.
    attendance: Option<Attendance>,
    /// Why a person looks at it; empty unless one does.
    reasons: Vec<SyncReason>,
    /// Why it was refused, when it was for the item itself.
    errors: Vec<SyncItemError>,
    /// Why it was refused, when a live check-in would have been refused for the same; paths are those of `checkIn`.
    check_in_errors: Vec<CheckInError>,
    /// Why it was refused, when a live check-out would have been refused for the same; paths are those of `checkOut`.
    check_out_errors: Vec<CheckOutError>,
}

impl SyncResult {
    fn new(ctx: &Ctx, request_id: String, outcome: Outcome) -> Self {
        let nothing = Self {
            request_id,
            status: SyncStatus::Refused,
            attendance: None,
            reasons: Vec::new(),
            errors: Vec::new(),
            check_in_errors: Vec::new(),
            check_out_errors: Vec::new(),
        };
        let stay = |stay: Option<attendance::Model>| stay.map(Attendance);
        match outcome {
            Outcome::Accepted(it) => Self { status: SyncStatus::Accepted, attendance: stay(Some(it)), ..nothing },
            Outcome::Known(it) => Self { status: SyncStatus::AlreadyKnown, attendance: stay(it), ..nothing },
            Outcome::Review(reasons) => Self { status: SyncStatus::NeedsReview, reasons, ..nothing },
            Outcome::Refused(Refused::Item(why)) => {
                Self { errors: vec![SyncItemError::new(&why, ctx.lang)], ..nothing }
            }
            Outcome::Refused(Refused::CheckIn(why)) => {
                Self { check_in_errors: vec![CheckInError::new(&why, ctx.lang)], ..nothing }
            }
            Outcome::Refused(Refused::CheckOut(why)) => {
                Self { check_out_errors: vec![CheckOutError::new(&why, ctx.lang)], ..nothing }
            }
        }
    }
}

/// What became of a batch.
#[derive(SimpleObject)]
struct SyncAttendancePayload {
    /// One for each item, in the order given.
    results: Vec<SyncResult>,
    /// By how many seconds the phone's clock is behind; negative when it is ahead.
    clock_behind_seconds: f64,
    /// The `errors` of all items together.
    errors: Vec<SyncItemError>,
}

/// What `settleSyncedEnds` takes.
#[derive(InputObject)]
struct SettleSyncedEndsInput {
    /// From the `reviewQueue`, of the kind `SYNC_ITEM`.
    review_item_id: GlobalId<ReviewItemId>,
    /// Whether it counts.
    accept: bool,
    /// The volunteer reads it; needed for a refusal, at most 500 characters.
    #[graphql(default)]
    note: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct SettleSyncedEndsPayload {
    /// Null when it was refused to settle it.
    review_item: Option<ReviewItem>,
    /// The stay that it opened or closed; null when it does not count.
    attendance: Option<Attendance>,
    /// Why it was not settled, for people and for the app; empty when it was done.
    errors: Vec<SettleSyncedEndsError>,
}

#[derive(Default)]
pub struct SyncMutation;

#[Object]
impl SyncMutation {
    /// Brings in the check-ins and check-outs that your phone made without a network: each is judged by itself, for the time when
    /// it happened, once, in whatever order and however often they come.
    #[graphql(complexity = "price::list(input.items.len().clamp(1, AT_ONCE), child_complexity, pages::STATEMENT)")]
    async fn sync_attendance(&self, gql: &Context<'_>, input: SyncAttendanceInput) -> Result<SyncAttendancePayload> {
        let ctx = ctx(gql);
        if input.items.len() > AT_ONCE {
            let given = input.items.len();
            return Err(
                Fault::bad_input(format!("`items` has {given} items; at most {AT_ONCE} are taken at once.")).into()
            );
        }
        let sent_at = db::moment("sentAt", input.sent_at)?;
        let requests: Vec<String> = input.items.iter().map(|item| item.request_id.clone()).collect();
        let given = input.items.into_iter().map(SyncItemInput::given).collect();
        let synced = service::sync(ctx, sent_at, given).await?;
        let results = requests.into_iter().zip(synced.outcomes);
        let results: Vec<_> = results.map(|(request, outcome)| SyncResult::new(ctx, request, outcome)).collect();
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(SyncAttendancePayload { results, clock_behind_seconds: synced.clock.behind_s(), errors })
    }

    /// Settles what a phone brought in later and a person must look at: accepted, it counts as if the phone had had a network.
    /// For the team's leaders and the branch's officers, never for one's own. The volunteer hears of it.
    async fn settle_synced_ends(
        &self,
        gql: &Context<'_>,
        input: SettleSyncedEndsInput,
    ) -> Result<SettleSyncedEndsPayload> {
        let ctx = ctx(gql);
        let note = text::field("note", &input.note, 500, false)?;
        let settled = settling::settle(ctx, input.review_item_id.0, input.accept, note).await;
        let (settled, errors) = settle(ctx, settled, SettleSyncedEndsError::new)?;
        let (review_item, attendance) = settled.unzip();
        Ok(SettleSyncedEndsPayload {
            review_item: review_item.map(ReviewItem),
            attendance: attendance.flatten().map(Attendance),
            errors,
        })
    }
}

/// A check-in or check-out made without a network that a person looks at.
pub struct SyncedEnd(synced_end::Model);

/// A check-in or check-out made without a network that a person looks at.
#[Object]
impl SyncedEnd {
    /// Which end of a stay it is.
    async fn end(&self) -> AttendanceEnd {
        self.0.end_kind
    }
    /// When it happened: the phone's clock, corrected.
    async fn happened_at(&self) -> Instant {
        self.0.happened_at
    }
    /// When it came in.
    async fn heard_at(&self) -> Instant {
        self.0.heard_at
    }
    /// By how many seconds the phone's clock was behind; negative when it was ahead.
    async fn clock_behind_seconds(&self) -> i32 {
        self.0.skew_s
    }
    /// What it proves; null out of place.
    async fn grade(&self) -> Option<EvidenceGrade> {
        self.0.grade
    }
    /// How far from the place it was; null when it was not by location.
    async fn distance(&self, gql: &Context<'_>) -> Option<Metres> {
        let distance = self.0.distance_m?;
        saw(gql, self.0.volunteer_id, LookPurpose::Roster, Sight::Location);
        Some(Metres(distance))
    }
    /// Why a person looks at it.
    async fn reasons(&self) -> &[SyncReason] {
        &self.0.reasons.0
    }
    /// Whether it counts.
    async fn state(&self) -> SyncedState {
        self.0.state
    }
}

/// What a review is about, its check-in first.
pub async fn synced_ends(gql: &Context<'_>, review: ReviewItemId) -> Result<Vec<SyncedEnd>> {
    let rows = store::of_review(&ctx(gql).db.conn, review).await.map_err(Fault::from)?;
    Ok(rows.into_iter().map(SyncedEnd).collect())
}
