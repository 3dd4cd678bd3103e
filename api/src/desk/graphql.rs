//! The desk of a site: its roster, what it enters and undoes, what it was refused, and who sits there.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant, desk_entry,
    desk_entry::DeskWay,
    desk_grant,
    ids::{ActivityId, DeskEntryId, DeskGrantId, FacilityId, PostId, RefusedScanId, ShiftId, SignUpId},
    kinds::{AttendanceEnd, AttendanceState, LookPurpose, SignUpState},
};
use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    find::{self, Who},
    grants::{self, Operator, site_of},
    rules::{
        DeskCheckInError, DeskCheckInRefusal, DeskCheckOutError, DeskCheckOutRefusal, DeskGrantError, SiteId,
        UNDO_MINUTES, UndoDeskEntryError,
    },
    service::{self, Asked, Done, Outcome},
    store::{self, Line, Refused, Site, SiteShift},
    undo,
};
use crate::{
    access::Action,
    activities::{
        graphql::Post,
        loaders::{ActivityById, PostsOf},
    },
    ctx::Ctx,
    graphql::{ctx, load, settle},
    people::{
        graphql::{Volunteer, volunteer_of_person},
        loaders::PersonById,
    },
    places::loaders::FacilityById,
    platform::{
        civil::{civil_day, day_bounds},
        errors::Fault,
        lang::Lang,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        scalars::{Date, PhoneNumber},
        text,
        wire::price,
    },
};

fn site(activity: Option<GlobalId<ActivityId>>, facility: Option<GlobalId<FacilityId>>) -> Result<SiteId, Fault> {
    match (activity, facility) {
        (Some(activity), None) => Ok(SiteId::Activity(activity.0)),
        (None, Some(facility)) => Ok(SiteId::Facility(facility.0)),
        _ => Err(Fault::bad_input("Name exactly one of `activityId` and `facilityId`.")),
    }
}

/// 签到台: the desk of a site today, for who sits there, leads the team or is above it.
pub struct Desk {
    id: SiteId,
    site: Site,
}

/// 签到台: the desk of a site today, for who sits there, leads the team or is above it.
#[Object]
impl Desk {
    /// Of the activity or the facility.
    async fn name(&self) -> &str {
        &self.site.name
    }
    /// Today's shifts of everything that takes place there, by start.
    #[graphql(complexity = "price::list(5, child_complexity, 1)")]
    async fn shifts(&self, gql: &Context<'_>) -> Result<Vec<DeskShift>> {
        let shifts = store::shifts(&ctx(gql).db.conn, self.id, today(ctx(gql))).await.map_err(Fault::from)?;
        Ok(shifts.into_iter().map(DeskShift).collect())
    }
    /// Who is to come today, of all teams, by shift: with masked names, and nothing else of them.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn roster(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only of this shift.")] shift_id: Option<GlobalId<ShiftId>>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, DeskLine>> {
        let list = format!("desk-roster-{}", self.id.uuid());
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let (ctx, shift) = (ctx(gql), shift_id.map(|id| id.0));
        let slice = store::roster(&ctx.db.conn, self.id, today(ctx), shift, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |line| (line.starts_at, line.sign_up_id.0), DeskLine))
    }
    /// What the desk was refused, the newest first: today, and for who may grant the desk whatever is still kept.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn refused_scans(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, RefusedScan>> {
        let list = format!("refused-scans-{}", self.id.uuid());
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let ctx = ctx(gql);
        let since = if self.may_grant(ctx) { ctx.now() - TimeDelta::days(3650) } else { today(ctx).0 };
        let slice = store::refused(&ctx.db.conn, self.id, since, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.scan.tried_at, row.scan.id.0), RefusedScan))
    }
    /// Who has this desk today or later, by the first day; null for who may not grant it.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn grants(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Option<Connection<String, DeskGrant>>> {
        let list = format!("desk-grants-{}", self.id.uuid());
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let ctx = ctx(gql);
        if !self.may_grant(ctx) {
            return Ok(None);
        }
        let slice = store::grants(&ctx.db.conn, self.id, civil_day(ctx.now()), page).await.map_err(Fault::from)?;
        Ok(Some(slice.connection(&list, |grant| (grant.from_day, grant.id.0), DeskGrant)))
    }
}

impl Desk {
    fn may_grant(&self, ctx: &Ctx) -> bool {
        ctx.may_see(Action::GrantDesk, find::resource(&self.site))
    }
}

/// The civil day that it is.
fn today(ctx: &Ctx) -> (Instant, Instant) {
    day_bounds(civil_day(ctx.now()))
}

/// 班次 of a site today.
pub struct DeskShift(SiteShift);

/// 班次 of a site today.
#[Object]
impl DeskShift {
    /// Global id of the shift.
    pub async fn shift_id(&self) -> GlobalId<ShiftId> {
        GlobalId(self.0.id)
    }
    /// Of the activity.
    async fn activity_title(&self) -> &str {
        &self.0.activity_title
    }
    /// Whose activity it is.
    async fn team_name(&self) -> &str {
        &self.0.team_name
    }
    /// Time before it does not count.
    async fn starts_at(&self) -> Instant {
        self.0.starts_at
    }
    /// Time after it does not count.
    async fn ends_at(&self) -> Instant {
        self.0.ends_at
    }
    /// Seats in all.
    async fn capacity(&self) -> i32 {
        self.0.capacity
    }
    /// Seats that nobody has taken: so many can walk in.
    async fn places_left(&self) -> i32 {
        self.0.capacity - self.0.taken
    }
    /// 岗位; empty when the shift has none.
    async fn posts(&self, gql: &Context<'_>) -> Result<Vec<Post>> {
        Ok(load(gql, PostsOf(self.0.id)).await?.unwrap_or_default().into_iter().map(Post).collect())
    }
}

/// A line of a desk's roster: somebody who is to come to a shift, as little of them as a desk needs.
pub struct DeskLine(pub Line);

/// A line of a desk's roster: somebody who is to come to a shift, as little of them as a desk needs.
#[Object]
impl DeskLine {
    /// What the line is ticked by. It names a sign-up, and leads nobody to the person.
    pub async fn sign_up_id(&self) -> GlobalId<SignUpId> {
        GlobalId(self.0.sign_up_id)
    }
    /// Masked: 王*明.
    async fn name(&self) -> String {
        find::shown(&self.0.name)
    }
    /// Global id of the shift.
    async fn shift_id(&self) -> GlobalId<ShiftId> {
        GlobalId(self.0.shift_id)
    }
    /// Start of the shift.
    async fn shift_starts_at(&self) -> Instant {
        self.0.starts_at
    }
    /// End of the shift.
    async fn shift_ends_at(&self) -> Instant {
        self.0.ends_at
    }
    /// Of the activity.
    async fn activity_title(&self) -> &str {
        &self.0.activity_title
    }
    /// Whose activity it is.
    async fn team_name(&self) -> &str {
        &self.0.team_name
    }
    /// Null when the shift has no posts.
    async fn post_id(&self) -> Option<GlobalId<PostId>> {
        self.0.post_id.map(GlobalId)
    }
    /// Null when the shift has no posts.
    async fn post_name(&self) -> Option<&str> {
        self.0.post_name.as_deref()
    }
    /// Whether there is a seat for them.
    async fn sign_up_state(&self) -> SignUpState {
        self.0.sign_up_state
    }
    /// Of the newest stay at this shift; null when they have not come.
    async fn attendance_state(&self) -> Option<AttendanceState> {
        self.0.attendance_state
    }
    /// Of the newest stay at this shift; null when they have not come.
    async fn checked_in_at(&self) -> Option<Instant> {
        self.0.checked_in_at
    }
    /// Of the newest stay at this shift; null while they are here.
    async fn checked_out_at(&self) -> Option<Instant> {
        self.0.checked_out_at
    }
    /// What a desk entered of it last; null when the person's own phone did.
    async fn entry_id(&self) -> Option<GlobalId<DeskEntryId>> {
        self.0.entry_id.map(GlobalId)
    }
    /// Until when `undoDeskEntry` undoes that; null when there is no such entry.
    async fn undo_until(&self) -> Option<Instant> {
        self.0.entered_at.map(|at| at + TimeDelta::minutes(UNDO_MINUTES))
    }
}

/// What a desk entered.
pub struct DeskEntry(pub desk_entry::Model);

/// What a desk entered.
#[Object]
impl DeskEntry {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<DeskEntryId> {
        GlobalId(self.0.id)
    }
    /// Check-in or check-out.
    async fn end(&self) -> AttendanceEnd {
        self.0.end_kind
    }
    /// How the desk knew whom it had before it.
    async fn way(&self) -> DeskWay {
        self.0.way
    }
    /// Whether the person took a seat at the desk, without having signed up.
    async fn walk_in(&self) -> bool {
        self.0.walk_in
    }
    /// By the server's clock.
    async fn made_at(&self) -> Instant {
        self.0.made_at
    }
    /// Until when `undoDeskEntry` undoes it.
    async fn undo_until(&self) -> Instant {
        self.0.made_at + TimeDelta::minutes(UNDO_MINUTES)
    }
    /// Null while it stands.
    async fn undone_at(&self) -> Option<Instant> {
        self.0.undone_at
    }
    /// Null while it stands.
    async fn undo_reason(&self) -> Option<&str> {
        self.0.undo_reason.as_deref()
    }
}

/// What a desk was refused, kept for who stood there.
pub struct RefusedScan(Refused);

/// What a desk was refused, kept for who stood there.
#[Object]
impl RefusedScan {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<RefusedScanId> {
        GlobalId(self.0.scan.id)
    }
    /// Check-in or check-out.
    async fn end(&self) -> AttendanceEnd {
        self.0.scan.end_kind
    }
    /// How the desk knew whom it had before it.
    async fn way(&self) -> DeskWay {
        self.0.scan.way
    }
    /// By the server's clock.
    async fn tried_at(&self) -> Instant {
        self.0.scan.tried_at
    }
    /// Masked; null when it was not known who stood there.
    async fn name(&self) -> Option<String> {
        self.0.name.as_deref().map(find::shown)
    }
    /// Why, and what to do, in the caller's language (`Accept-Language`: zh-CN or en).
    async fn message(&self, gql: &Context<'_>) -> &str {
        if ctx(gql).lang == Lang::En { &self.0.scan.message_en } else { &self.0.scan.message_zh }
    }
    /// Whether the caller was the operator.
    async fn mine(&self, gql: &Context<'_>) -> bool {
        ctx(gql).actor.as_ref().is_some_and(|actor| actor.person == self.0.scan.operator_id)
    }
}

/// 签到台授权: who sits at the desk of a site, and on which days.
pub struct DeskGrant(pub desk_grant::Model);

/// 签到台授权: who sits at the desk of a site, and on which days.
#[Object]
impl DeskGrant {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<DeskGrantId> {
        GlobalId(self.0.id)
    }
    /// The activity that it is for; null when it is for a facility.
    async fn activity_id(&self) -> Option<GlobalId<ActivityId>> {
        self.0.activity_id.map(GlobalId)
    }
    /// The facility that it is for; null when it is for an activity.
    async fn facility_id(&self) -> Option<GlobalId<FacilityId>> {
        self.0.facility_id.map(GlobalId)
    }
    /// Of the activity or the facility; null only when it could not be read.
    async fn site_name(&self, gql: &Context<'_>) -> Result<Option<String>> {
        Ok(match site_of(&self.0) {
            Some(SiteId::Activity(id)) => load(gql, ActivityById(id)).await?.map(|activity| activity.title),
            Some(SiteId::Facility(id)) => load(gql, FacilityById(id)).await?.map(|facility| facility.name),
            None => None,
        })
    }
    /// The first day, in Asia/Shanghai.
    async fn from_day(&self) -> Date {
        Date(self.0.from_day)
    }
    /// The last day, in Asia/Shanghai.
    async fn to_day(&self) -> Date {
        Date(self.0.to_day)
    }
    /// By the whole name; null for who has not enrolled as a volunteer.
    async fn operator(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_of_person(gql, self.0.person_id, LookPurpose::Roles).await
    }
    /// The operator's phone number, masked; null only when it could not be read.
    async fn operator_phone(&self, gql: &Context<'_>) -> Result<Option<String>> {
        Ok(load(gql, PersonById(self.0.person_id)).await?.map(|person| PhoneNumber::masked(&person.phone)))
    }
}

/// The caller's own desks, today and later.
pub async fn my_desks(ctx: &Ctx) -> Result<Vec<DeskGrant>> {
    let person = ctx.actor()?.person;
    let grants = store::desks_of(&ctx.db.conn, person, civil_day(ctx.now())).await.map_err(Fault::from)?;
    Ok(grants.into_iter().map(DeskGrant).collect())
}

/// What `grantDesk` takes.
#[derive(InputObject)]
struct GrantDeskInput {
    /// The site. Exactly one of activity and facility.
    activity_id: Option<GlobalId<ActivityId>>,
    /// The site, with whatever takes place there. Exactly one of activity and facility.
    facility_id: Option<GlobalId<FacilityId>>,
    /// Of who will sit there, who has signed in before. Exactly one of phone and volunteerNumber.
    phone: Option<PhoneNumber>,
    /// 志愿者编号 of who will sit there. Exactly one of phone and volunteerNumber.
    volunteer_number: Option<String>,
    /// The first day, in Asia/Shanghai.
    from_day: Date,
    /// The last day, in Asia/Shanghai: at most 92 days in all.
    to_day: Date,
}

/// What became of it.
#[derive(SimpleObject)]
struct GrantDeskPayload {
    /// Null when it was refused.
    grant: Option<DeskGrant>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<DeskGrantError>,
}

/// What `revokeDesk` takes.
#[derive(InputObject)]
struct RevokeDeskInput {
    /// A grant in your care.
    grant_id: GlobalId<DeskGrantId>,
    /// Goes to the audit trail and to the operator, at most 500 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct RevokeDeskPayload {
    /// The grant that ended; null when it was refused.
    grant_id: Option<GlobalId<DeskGrantId>>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<DeskGrantError>,
}

/// What `deskCheckIn` takes.
#[derive(InputObject)]
struct DeskCheckInInput {
    /// The site. Exactly one of activity and facility.
    activity_id: Option<GlobalId<ActivityId>>,
    /// The site, with whatever takes place there. Exactly one of activity and facility.
    facility_id: Option<GlobalId<FacilityId>>,
    /// 志愿者码, as it was scanned. Exactly one of code, phoneDigits and signUpId.
    code: Option<String>,
    /// The last 4 to 11 digits of the phone number of somebody on the roster. Exactly one of code, phoneDigits and signUpId.
    phone_digits: Option<String>,
    /// A line of the roster that was ticked. Exactly one of code, phoneDigits and signUpId.
    sign_up_id: Option<GlobalId<SignUpId>>,
    /// One of today's shifts of the site; left out, the one that the person signed up for, or the only one.
    shift_id: Option<GlobalId<ShiftId>>,
    /// A post of the shift: for a walk-in where the shift has posts, or to move somebody to another one.
    post_id: Option<GlobalId<PostId>>,
    /// A UUID that the desk makes once for each wish and sends again with each repeat: a repeat is the same success.
    request_id: Uuid,
}

/// What became of it.
#[derive(SimpleObject)]
struct DeskCheckInPayload {
    /// Null when it was refused; the try is kept.
    entry: Option<DeskEntry>,
    /// How the person stands on the roster now; null when it was refused.
    line: Option<DeskLine>,
    /// The masked name of whoever stands there: to be compared with who does. Null when it is not known.
    name: Option<String>,
    /// When several people on the roster are meant: a line of each, to be ticked.
    candidates: Vec<DeskLine>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<DeskCheckInError>,
}

/// What `deskCheckOut` takes.
#[derive(InputObject)]
struct DeskCheckOutInput {
    /// The site. Exactly one of activity and facility.
    activity_id: Option<GlobalId<ActivityId>>,
    /// The site, with whatever takes place there. Exactly one of activity and facility.
    facility_id: Option<GlobalId<FacilityId>>,
    /// 志愿者码, as it was scanned. Exactly one of code, phoneDigits and signUpId.
    code: Option<String>,
    /// The last 4 to 11 digits of the phone number of somebody on the roster. Exactly one of code, phoneDigits and signUpId.
    phone_digits: Option<String>,
    /// A line of the roster that was ticked. Exactly one of code, phoneDigits and signUpId.
    sign_up_id: Option<GlobalId<SignUpId>>,
    /// A UUID that the desk makes once for each wish and sends again with each repeat: a repeat is the same success.
    request_id: Uuid,
}

/// What became of it.
#[derive(SimpleObject)]
struct DeskCheckOutPayload {
    /// Null when it was refused; the try is kept.
    entry: Option<DeskEntry>,
    /// How the person stands on the roster now; null when it was refused.
    line: Option<DeskLine>,
    /// The masked name of whoever stands there: to be compared with who does. Null when it is not known.
    name: Option<String>,
    /// When several people on the roster are meant: a line of each, to be ticked.
    candidates: Vec<DeskLine>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<DeskCheckOutError>,
}

/// What `undoDeskEntry` takes.
#[derive(InputObject)]
struct UndoDeskEntryInput {
    /// What a desk of yours entered within the last 15 minutes.
    entry_id: GlobalId<DeskEntryId>,
    /// Goes to the volunteer and the audit trail, at most 500 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct UndoDeskEntryPayload {
    /// Null when it was refused.
    entry: Option<DeskEntry>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<UndoDeskEntryError>,
}

fn who(code: Option<String>, digits: Option<String>, line: Option<GlobalId<SignUpId>>) -> Result<Who, Fault> {
    match (code, digits, line) {
        (Some(code), None, None) => Ok(Who::Code(code)),
        (None, Some(digits), None) => Ok(Who::Digits(digits)),
        (None, None, Some(line)) => Ok(Who::Line(line.0)),
        _ => Err(Fault::bad_input("Send exactly one of `code`, `phoneDigits` and `signUpId`.")),
    }
}

fn lines(lines: Vec<Line>) -> Vec<DeskLine> {
    lines.into_iter().map(DeskLine).collect()
}

fn done(done: Option<Done>) -> (Option<DeskEntry>, Option<DeskLine>) {
    done.map_or((None, None), |done| (Some(DeskEntry(done.entry)), done.line.map(DeskLine)))
}

#[derive(Default)]
pub struct DeskQuery;

#[Object]
impl DeskQuery {
    /// 签到台: the desk of an activity, or of a facility with all teams that serve there. Null when it is not yours today.
    async fn desk(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Exactly one of activity and facility.")] activity_id: Option<GlobalId<ActivityId>>,
        #[graphql(desc = "Exactly one of activity and facility.")] facility_id: Option<GlobalId<FacilityId>>,
    ) -> Result<Option<Desk>> {
        let id = site(activity_id, facility_id)?;
        let ctx = ctx(gql);
        let Some(actor) = &ctx.actor else { return Ok(None) };
        let found = store::site(&ctx.db.conn, id, actor.person, civil_day(ctx.now())).await.map_err(Fault::from)?;
        let visible = |site: &Site| site.granted || ctx.may_see(Action::RunDesk, find::resource(site));
        Ok(found.filter(visible).map(|site| Desk { id, site }))
    }
}

#[derive(Default)]
pub struct DeskMutation;

#[Object]
impl DeskMutation {
    /// Grants the desk of a site to somebody for some days: for the team's leader, or officers of the branch. Its operator
    /// checks people in and out, and sees the roster, and nothing else.
    async fn grant_desk(&self, gql: &Context<'_>, input: GrantDeskInput) -> Result<GrantDeskPayload> {
        let ctx = ctx(gql);
        let id = site(input.activity_id, input.facility_id)?;
        let operator = match (input.phone, input.volunteer_number) {
            (Some(phone), None) => Operator::Phone(phone),
            (None, Some(number)) => Operator::VolunteerNumber(number.trim().into()),
            _ => return Err(Fault::bad_input("Name exactly one of `phone` and `volunteerNumber`.").into()),
        };
        let granted = grants::grant(ctx, id, &operator, (input.from_day.0, input.to_day.0)).await;
        let (grant, errors) = settle(ctx, granted, DeskGrantError::new)?;
        Ok(GrantDeskPayload { grant: grant.map(DeskGrant), errors })
    }

    /// Takes a desk back; it ends at once, and its operator is told why.
    async fn revoke_desk(&self, gql: &Context<'_>, input: RevokeDeskInput) -> Result<RevokeDeskPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let (grant, errors) = settle(ctx, grants::revoke(ctx, input.grant_id.0, &reason).await, DeskGrantError::new)?;
        Ok(RevokeDeskPayload { grant_id: grant.map(GlobalId), errors })
    }

    /// 签到: checks in whoever stands at the desk, of any team of the site. Who shows a code without having signed up is taken
    /// in if there is a place.
    async fn desk_check_in(&self, gql: &Context<'_>, input: DeskCheckInInput) -> Result<DeskCheckInPayload> {
        let ctx = ctx(gql);
        let asked = Asked {
            site: site(input.activity_id, input.facility_id)?,
            who: who(input.code, input.phone_digits, input.sign_up_id)?,
            shift: input.shift_id.map(|id| id.0),
            post: input.post_id.map(|id| id.0),
            request_id: input.request_id,
        };
        let Outcome { done: entered, name, candidates, refusals } = service::check_in(ctx, asked).await?;
        let (entry, line) = done(entered);
        let error = |refusal: &DeskCheckInRefusal| DeskCheckInError::new(refusal, ctx.lang);
        let errors = refusals.iter().map(error).collect();
        Ok(DeskCheckInPayload { entry, line, name, candidates: lines(candidates), errors })
    }

    /// 签退: checks out whoever stands at the desk and is checked in at the site. The time goes to the leader to confirm.
    async fn desk_check_out(&self, gql: &Context<'_>, input: DeskCheckOutInput) -> Result<DeskCheckOutPayload> {
        let ctx = ctx(gql);
        let asked = Asked {
            site: site(input.activity_id, input.facility_id)?,
            who: who(input.code, input.phone_digits, input.sign_up_id)?,
            shift: None,
            post: None,
            request_id: input.request_id,
        };
        let Outcome { done: entered, name, candidates, refusals } = service::check_out(ctx, asked).await?;
        let (entry, line) = done(entered);
        let error = |refusal: &DeskCheckOutRefusal| DeskCheckOutError::new(refusal, ctx.lang);
        let errors = refusals.iter().map(error).collect();
        Ok(DeskCheckOutPayload { entry, line, name, candidates: lines(candidates), errors })
    }

    /// Undoes what a desk of the site entered within the last 15 minutes; undoing twice is undoing once. A check-in becomes
    /// void, and who walked in gives the seat back; after a check-out the stay goes on. The volunteer hears of it.
    async fn undo_desk_entry(&self, gql: &Context<'_>, input: UndoDeskEntryInput) -> Result<UndoDeskEntryPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let (entry, errors) = settle(ctx, undo::undo(ctx, input.entry_id.0, &reason).await, UndoDeskEntryError::new)?;
        Ok(UndoDeskEntryPayload { entry: entry.map(DeskEntry), errors })
    }
}
