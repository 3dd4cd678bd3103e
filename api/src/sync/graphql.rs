//! `syncAttendance`, of phones and desks, and the leader's word on what came in later.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use boai_entity::{
    Instant, attendance,
    desk_entry::DeskWay,
    ids::ReviewItemId,
    kinds::{AttendanceEnd, EvidenceGrade, LookPurpose, Sight},
    sync_kinds::{SyncReason, SyncedState},
    synced_end,
};
use uuid::Uuid;

use super::{
    items::{Answer, By, Given, Item, Outcome, Refused},
    rules::{SettleSyncedEndsError, SyncItemError},
    service, settling, store,
};
use crate::{
    attendance::{
        graphql::Attendance,
        rules::{CheckInError, CheckOutError},
        stay::{Fix, Sent},
    },
    ctx::Ctx,
    desk::{
        find::{self, Who},
        graphql::{DeskEntry, DeskLine},
        rules::{DeskCheckInError, DeskCheckOutError},
    },
    graphql::{ctx, settle},
    people::graphql::{Volunteer, volunteer_of_person},
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

/// Whom a desk without a network had before it. Exactly one of code, phoneDigits and signUpId.
#[derive(InputObject)]
struct SyncDeskInput {
    /// 志愿者码, as it was scanned: judged for the time when it was shown, and good for one end of one shift.
    code: Option<String>,
    /// The last 4 to 11 digits of the phone number of somebody on the roster of that day.
    phone_digits: Option<String>,
    /// A line of the roster that was ticked.
    sign_up_id: Option<ID>,
    /// For who had not signed up, where the shift has posts.
    post_id: Option<ID>,
}

impl SyncDeskInput {
    fn read(self) -> std::result::Result<By, &'static str> {
        let who = match (self.code, self.phone_digits, self.sign_up_id) {
            (Some(code), None, None) => Who::Code(code),
            (None, Some(digits), None) => Who::Digits(digits),
            (None, None, Some(line)) => Who::Line(key(&line).ok_or("desk.signUpId")?),
            _ => return Err("desk"),
        };
        let post = self.post_id.map(|id| key(&id).ok_or("desk.postId")).transpose()?;
        Ok(By::Desk(who, post))
    }
}

/// A check-in or check-out that was made without a network: by the volunteer's own phone, which proves it by `fix` or `code`, or by a
/// desk, which had somebody before it. What cannot be read in it refuses it alone, and no other.
#[derive(InputObject)]
struct SyncItemInput {
    /// The UUID that the phone or desk made for this wish; of what was tried live first, the same as then.
    request_id: String,
    /// Which end of a stay it is.
    end: AttendanceEnd,
    /// The shift that it is about.
    shift_id: ID,
    /// When it happened, by the clock of the phone or desk, RFC 3339.
    device_time: String,
    /// Where the phone was. Exactly one of fix, code and desk.
    fix: Option<SyncFixInput>,
    /// 签到码: what the screen of the site showed at that time. Exactly one of fix, code and desk.
    code: Option<String>,
    /// 签到台: whom you had before you at a desk. The desk of the shift's site must have been yours at that time; was it taken back
    /// since, the leader looks at it. Exactly one of fix, code and desk.
    desk: Option<SyncDeskInput>,
    /// Of a check-out: the `requestId` of the check-in that it ends, live or not; left out when the sender does not know of one.
    check_in_request_id: Option<String>,
}

impl SyncItemInput {
    fn given(self) -> Given {
        let (end, by_desk) = (self.end, self.desk.is_some());
        self.read().map_or_else(|field| Given::Unreadable { end, field: field.into(), by_desk }, Given::Item)
    }

    /// Or the name of the field that cannot be read.
    fn read(self) -> std::result::Result<Item, &'static str> {
        let by = match (self.fix, self.code, self.desk) {
            (Some(fix), None, None) => By::Phone(Sent::Fix(fix.read()?)),
            (None, Some(code), None) => By::Phone(Sent::Code(code)),
            (None, None, Some(desk)) => desk.read()?,
            (None, None, None) => return Err("fix"),
            (_, _, Some(_)) => return Err("desk"),
            (Some(_), Some(_), None) => return Err("code"),
        };
        let uuid = |text: &str, field| Uuid::parse_str(text).map_err(|_| field);
        Ok(Item {
            request_id: uuid(&self.request_id, "requestId")?,
            end: self.end,
            shift: key(&self.shift_id).ok_or("shiftId")?,
            device_time: moment(&self.device_time).ok_or("deviceTime")?,
            by,
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

fn key<T: NodeId>(id: &str) -> Option<T> {
    let (type_name, key) = node::decode(id)?;
    (type_name == T::TYPE).then(|| Uuid::parse_str(&key).ok()).flatten().map(T::from_uuid)
}

fn moment(text: &str) -> Option<Instant> {
    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    db::moment("deviceTime", at).ok()
}

/// What `syncAttendance` takes.
#[derive(InputObject)]
struct SyncAttendanceInput {
    /// The clock of the phone or desk at the moment of sending, so that its error is measured and every item's time corrected. Read it
    /// anew with every try.
    sent_at: Instant,
    /// At most 200, in any order.
    items: Vec<SyncItemInput>,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum SyncStatus {
    /// It counts, as if there had been a network.
    Accepted,
    /// It came before, live or in a batch, or the phone or another desk told of the same; it counts once. Without an attendance or
    /// an entry a person looks at it, or has refused it.
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
    /// The stay of yours that it opened or closed; null when there is none, and of a desk's items.
    attendance: Option<Attendance>,
    /// Of a desk's item: what the desk entered; null when nothing was, or it was undone.
    entry: Option<DeskEntry>,
    /// Of a desk's item: the masked name of whoever stood there: to be compared with who did. Null when it is not known.
    name: Option<String>,
    /// Of a desk's item, when several people on the roster of that day may be meant: a line of each, to be ticked.
    candidates: Vec<DeskLine>,
    /// Why a person looks at it; empty unless one does.
    reasons: Vec<SyncReason>,
    /// Why it was refused, when it was for the item itself.
    errors: Vec<SyncItemError>,
    /// Why it was refused, when a live check-in would have been refused for the same; paths are those of `checkIn`.
    check_in_errors: Vec<CheckInError>,
    /// Why it was refused, when a live check-out would have been refused for the same; paths are those of `checkOut`.
    check_out_errors: Vec<CheckOutError>,
    /// Why it was refused, when a live `deskCheckIn` would have been refused for the same; paths are those of `deskCheckIn`.
    desk_check_in_errors: Vec<DeskCheckInError>,
    /// Why it was refused, when a live `deskCheckOut` would have been refused for the same; paths are those of `deskCheckOut`.
    desk_check_out_errors: Vec<DeskCheckOutError>,
}

impl SyncResult {
    fn new(ctx: &Ctx, request_id: String, answer: Answer) -> Self {
        let nothing = Self {
            request_id,
            status: SyncStatus::Refused,
            attendance: None,
            reasons: Vec::new(),
            errors: Vec::new(),
            check_in_errors: Vec::new(),
            check_out_errors: Vec::new(),
            desk_check_in_errors: Vec::new(),
            desk_check_out_errors: Vec::new(),
            entry: answer.entry.map(DeskEntry),
            name: answer.name.as_deref().map(find::shown),
            candidates: answer.candidates.into_iter().map(DeskLine).collect(),
        };
        let mine = answer.at_desk.is_none();
        let stay = |stay: Option<Box<attendance::Model>>| stay.filter(|_| mine).map(|stay| Attendance(*stay));
        match answer.outcome {
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
            Outcome::Refused(Refused::DeskCheckIn(why)) => {
                Self { desk_check_in_errors: vec![DeskCheckInError::new(&why, ctx.lang)], ..nothing }
            }
            Outcome::Refused(Refused::DeskCheckOut(why)) => {
                Self { desk_check_out_errors: vec![DeskCheckOutError::new(&why, ctx.lang)], ..nothing }
            }
        }
    }
}

/// What became of a batch.
#[derive(SimpleObject)]
struct SyncAttendancePayload {
    /// One for each item, in the order given.
    results: Vec<SyncResult>,
    /// By how many seconds the sender's clock is behind; negative when it is ahead.
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
    /// Brings in the check-ins and check-outs that your phone made without a network, or your desk of those who stood before it:
    /// each is judged by itself, for the time when it happened, once, in whatever order and however often they come. Of what the
    /// phone and the desk both tell within a quarter of an hour there is one stay, from the first proof to the last.
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
        let results = requests.into_iter().zip(synced.answers);
        let results: Vec<_> = results.map(|(request, answer)| SyncResult::new(ctx, request, answer)).collect();
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(SyncAttendancePayload { results, clock_behind_seconds: synced.clock.behind_s(), errors })
    }

    /// Settles what a phone or a desk brought in later and a person must look at: accepted, it counts as if there had been a network.
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
    /// By how many seconds the sender's clock was behind; negative when it was ahead.
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
    /// How a desk knew the volunteer; null when their own phone tells of it.
    async fn way(&self) -> Option<DeskWay> {
        self.0.way
    }
    /// Who sat at the desk, by the whole name; null when the volunteer's own phone tells of it, and of who has not enrolled as a
    /// volunteer.
    async fn operator(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        match self.0.way {
            Some(_) => volunteer_of_person(gql, self.0.person_id, LookPurpose::Roster).await,
            None => Ok(None),
        }
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
