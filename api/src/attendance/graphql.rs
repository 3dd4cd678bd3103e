//! Check-in and check-out.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use base64::{Engine, prelude::BASE64_STANDARD};
use boai_entity::{
    Instant, attendance,
    ids::{AttendanceId, ShiftId, VolunteerId},
    kinds::{AttendanceState, EvidenceGrade, LookPurpose, Sight},
};
use uuid::Uuid;

use super::{
    codes,
    rules::{CheckInError, CheckOutError},
    service::{self, Fix, Sent},
    stay::grade_of,
    store,
    volunteer_codes::{self, PhoneKey},
};
use crate::{
    access::Action,
    activities::graphql::{Shift, shift_by_id},
    ctx::Ctx,
    graphql::{ctx, settle},
    hours::{self, graphql::ServiceRecord},
    organisation::graphql::may_with_team,
    people::graphql::{Volunteer, volunteer_in_full},
    places::graphql::Place,
    platform::{db, errors::Fault, node::GlobalId, scalars::Metres, wire::price},
    presence::graphql::{PresenceCall, presence_of},
    trail::looks::saw,
};

/// 签到/签退: one stay at a shift. Only its volunteer and the team's leaders and desk ever see it.
pub struct Attendance(pub attendance::Model);

/// 签到/签退: one stay at a shift. Only its volunteer and the team's leaders and desk ever see it.
#[Object]
impl Attendance {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<AttendanceId> {
        GlobalId(self.0.id)
    }
    /// Open until check-out.
    async fn state(&self) -> AttendanceState {
        self.0.state
    }
    /// By the server's clock.
    async fn checked_in_at(&self) -> Instant {
        self.0.checked_in_at
    }
    /// How the check-in was proved.
    async fn check_in_grade(&self) -> EvidenceGrade {
        self.0.check_in_grade
    }
    /// How far from the place the check-in was; null when it was not by location. Once `locationReducedAt` is set, the upper
    /// end of the band in which it was.
    async fn check_in_distance(&self, gql: &Context<'_>) -> Option<Metres> {
        let distance = self.0.check_in_distance_m?;
        saw(gql, self.0.volunteer_id, LookPurpose::Roster, Sight::Location);
        Some(Metres(distance))
    }
    /// When the coordinates behind the check-in and check-out were removed, and the distances coarsened; null before.
    async fn location_reduced_at(&self) -> Option<Instant> {
        self.0.location_reduced_at
    }
    /// Null until check-out.
    async fn checked_out_at(&self) -> Option<Instant> {
        self.0.checked_out_at
    }
    /// Null until check-out.
    async fn check_out_grade(&self) -> Option<EvidenceGrade> {
        self.0.check_out_grade
    }
    /// 凭证等级 of the whole stay: as well proved as its weaker end, and better when you proved in between to be there. Time that a
    /// leader or you yourself told of stays so.
    async fn grade(&self) -> EvidenceGrade {
        grade_of(&self.0)
    }
    /// 在岗确认: each time that the leader asked in between for a proof of being there, the last first. One without an answer
    /// whose time is not over waits for `provePresence`.
    #[graphql(complexity = "price::list(3, child_complexity, 1)")]
    async fn presence(&self, gql: &Context<'_>) -> Result<Vec<PresenceCall>> {
        presence_of(gql, self.0.id).await
    }
    /// Null only when it could not be read.
    async fn shift(&self, gql: &Context<'_>) -> Result<Option<Shift>> {
        shift_by_id(gql, self.0.shift_id).await
    }
    /// Null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_in_full(gql, self.0.volunteer_id, LookPurpose::Roster).await
    }
    /// What it counts for; null until check-out or the leader's word, for what is no service, and for the desk.
    async fn record(&self, gql: &Context<'_>) -> Result<Option<ServiceRecord>> {
        let record = crate::graphql::load(gql, hours::loaders::RecordOf(self.0.id)).await?;
        let Some(record) = record else { return Ok(None) };
        let own = ctx(gql).actor.as_ref().and_then(|actor| actor.volunteer) == Some(record.volunteer_id);
        let visible = own || may_with_team(gql, Action::ConfirmHours, record.team_id).await?;
        Ok(visible.then_some(ServiceRecord(record)))
    }
}

/// The caller's open attendance.
pub async fn my_open_attendance(gql: &Context<'_>, volunteer: Option<VolunteerId>) -> Result<Option<Attendance>> {
    let Some(volunteer) = volunteer else { return Ok(None) };
    Ok(store::open_attendance(&ctx(gql).db.conn, volunteer).await.map_err(Fault::from)?.map(Attendance))
}

/// Where the phone is, and how well it knows.
#[derive(InputObject)]
pub struct FixInput {
    /// As the phone gives it, with its datum.
    place: Place,
    /// The phone's own estimate of its error; more than 500 m proves nothing.
    accuracy: Metres,
    /// By the phone's clock; at most 2 minutes old.
    fixed_at: Instant,
    /// Whether the phone's system says that another program makes its location up (Android's mock location). Nothing is refused
    /// for it; the leader is told.
    #[graphql(default)]
    mocked: bool,
}

impl FixInput {
    fn fix(&self) -> Result<Fix, Fault> {
        let fixed_at = db::moment("fix.fixedAt", self.fixed_at)?;
        Ok(Fix { point: self.place.point()?, accuracy_m: self.accuracy.0, fixed_at, mocked: self.mocked })
    }
}

/// What proves it: exactly one of both.
pub fn sent(fix: Option<FixInput>, code: Option<String>) -> Result<Sent, Fault> {
    match (fix, code) {
        (Some(fix), None) => Ok(Sent::Fix(fix.fix()?)),
        (None, Some(code)) => Ok(Sent::Code(code)),
        _ => Err(Fault::bad_input("Send exactly one of `fix` and `code`.")),
    }
}

/// 签到码: what the screen of a site shows, a new code every 30 s, and what it takes to show it for a day without a network.
#[derive(SimpleObject)]
pub struct SiteCode {
    /// What the screen shows now: 8 letters and digits without 0, O, 1, I, L and U. It is taken a step (30 s) early or late.
    code: String,
    /// When the next code comes.
    next_at: Instant,
    /// The keys of the codes of the next 24 hours, for a screen that loses its network. Nobody else may see them.
    keys: Vec<SiteCodeKey>,
}

/// A key that codes come from. The step of a moment is the number of whole 30 s since 1970-01-01T00:00:00Z. The code of a
/// step: HMAC-SHA-256 under the key over the step as 8 bytes, big-endian; the first 8 bytes of it as a number, big-endian;
/// its remainder by 30 is the first letter of `23456789ABCDEFGHJKMNPQRSTVWXYZ`, what is left after dividing by 30 gives the
/// second, and so on to the eighth.
#[derive(SimpleObject)]
struct SiteCodeKey {
    /// 32 bytes in base64.
    key: String,
    /// Codes of steps from this moment on come from it.
    from: Instant,
    /// And up to this one, without it.
    to: Instant,
}

/// The codes of a shift, for who may show them.
pub fn site_code(ctx: &Ctx, shift: ShiftId) -> SiteCode {
    let now = ctx.now();
    let (code, next_at) = codes::code_at(&ctx.vault, shift, now);
    let keys = codes::keys_from(&ctx.vault, shift, now);
    let key = |key: codes::SiteKey| SiteCodeKey { key: BASE64_STANDARD.encode(key.key), from: key.from, to: key.to };
    SiteCode { code, next_at, keys: keys.map(key).into() }
}

/// 志愿者码: what your phone shows to the desk, a new code every 30 s, and what it takes to show it for a day without a network.
#[derive(SimpleObject)]
pub struct VolunteerCode {
    /// What the phone shows now, as a QR code of this text. The desk takes it a step (30 s) early or late, and once.
    code: String,
    /// When the next code comes.
    next_at: Instant,
    /// The keys of the codes of the next 24 hours, for a phone that loses its network. They end with your session on this
    /// phone, and nobody else may have them.
    keys: Vec<VolunteerCodeKey>,
}

/// A key that a phone's codes come from. The step of a moment is the number of whole 30 s since 1970-01-01T00:00:00Z. The code
/// of a step is `BOAI1:<handle>:<step>:<mac>`: the step in decimal digits; the mac is HMAC-SHA-256 under the key over the step
/// as 8 bytes, big-endian, of which the first 10 bytes are written in capital hexadecimal digits.
#[derive(SimpleObject)]
struct VolunteerCodeKey {
    /// Names this phone to the server alone, and is another one each day.
    handle: String,
    /// 32 bytes in base64.
    key: String,
    /// Codes of steps from this moment on come from it.
    from: Instant,
    /// And up to this one, without it.
    to: Instant,
}

/// The codes of the phone that asks; none for who is no volunteer.
pub fn my_code(ctx: &Ctx) -> Option<VolunteerCode> {
    let actor = ctx.actor.as_ref().filter(|actor| actor.volunteer.is_some())?;
    let (now, session) = (ctx.now(), actor.session);
    let (code, next_at) = volunteer_codes::code_at(&ctx.vault, session, now);
    let key =
        |PhoneKey { handle, key, from, to }| VolunteerCodeKey { handle, key: BASE64_STANDARD.encode(key), from, to };
    let keys = volunteer_codes::keys_from(&ctx.vault, session, now).map(key).into();
    Some(VolunteerCode { code, next_at, keys })
}

/// What `checkIn` takes.
#[derive(InputObject)]
struct CheckInInput {
    /// The shift that you signed up for.
    shift_id: GlobalId<ShiftId>,
    /// Where the phone is. Exactly one of fix and code.
    fix: Option<FixInput>,
    /// 签到码: what the screen of the site shows now, 8 letters and digits. Exactly one of fix and code.
    code: Option<String>,
    /// A UUID that the phone makes once for each wish and sends again with each repeat: a repeat is the same success.
    request_id: Uuid,
}

/// What became of it.
#[derive(SimpleObject)]
struct CheckInPayload {
    /// Null when it was refused; the try is kept.
    attendance: Option<Attendance>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<CheckInError>,
}

/// What `checkOut` takes.
#[derive(InputObject)]
struct CheckOutInput {
    /// Where the phone is. Exactly one of fix and code.
    fix: Option<FixInput>,
    /// 签到码: what the screen of the site shows now, 8 letters and digits. Exactly one of fix and code.
    code: Option<String>,
    /// A UUID that the phone makes once for each wish and sends again with each repeat: a repeat is the same success.
    request_id: Uuid,
}

/// What became of it.
#[derive(SimpleObject)]
struct CheckOutPayload {
    /// Null when it was refused; the try is kept.
    attendance: Option<Attendance>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<CheckOutError>,
}

#[derive(Default)]
pub struct AttendanceMutation;

#[Object]
impl AttendanceMutation {
    /// 签到: checks in to a shift by location, or by the code on the site's screen, from 30 minutes before its start until its end.
    async fn check_in(&self, gql: &Context<'_>, input: CheckInInput) -> Result<CheckInPayload> {
        let ctx = ctx(gql);
        let checked_in = service::check_in(ctx, input.shift_id.0, sent(input.fix, input.code)?, input.request_id).await;
        let (attendance, errors) = settle(ctx, checked_in, CheckInError::new)?;
        Ok(CheckInPayload { attendance: attendance.map(Attendance), errors })
    }

    /// 签退: checks out of wherever you are checked in. The time goes to the leader to confirm.
    async fn check_out(&self, gql: &Context<'_>, input: CheckOutInput) -> Result<CheckOutPayload> {
        let ctx = ctx(gql);
        let checked_out = service::check_out(ctx, sent(input.fix, input.code)?, input.request_id).await;
        let (attendance, errors) = settle(ctx, checked_out, CheckOutError::new)?;
        Ok(CheckOutPayload { attendance: attendance.map(Attendance), errors })
    }
}
