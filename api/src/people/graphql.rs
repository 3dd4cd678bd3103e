//! Volunteers, the caller (`me`) and consents.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant, consent, consent_text,
    ids::{InboxItemId, PersonId, VolunteerId},
    inbox_item,
    kinds::{ConsentKind, DayPart, InboxKind, LookPurpose, Sight, Skill, VolunteerState, Weekday},
    volunteer,
};
use uuid::Uuid;

use super::{
    loaders::{PersonById, VolunteerById, VolunteerOfPerson},
    recovery::{self, graphql::AccountRecovery},
    rules::{masked, missing},
    store,
};
use crate::{
    activities::graphql::{Activity, MySignUps, SignUp, activity_by_id},
    attendance::graphql::{Attendance, VolunteerCode, my_code, my_open_attendance},
    auth::{
        self,
        graphql::Session,
        second_factor::graphql::{SecondFactor, my_second_factor},
    },
    awards::graphql::{StarAward, my_star_awards},
    certificates::graphql::{Certificate, my_certificates},
    ctx::Ctx,
    desk::graphql::{DeskGrant, my_desks},
    disputes::graphql::{Dispute, my_disputes},
    files::graphql::{OutsideHonour, VolunteerFile, my_file, my_honours},
    graphql::{ctx, load},
    honour_roll::graphql::{HonourRollEntry, my_entries},
    hours::graphql::{HoursSummary, ServiceRecord, my_hours, my_records},
    identity::graphql::{IdentityCheck, my_identity},
    inbox,
    organisation::{
        self,
        graphql::{Division, TeamMember},
        loaders::DivisionByCode,
    },
    platform::{
        errors::Fault,
        lang::Lang,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        scalars::{Date, PhoneNumber},
        wire::price,
    },
    privacy::graphql::{DataExport, Erasure, my_erasure, my_exports},
    proof::graphql::{LedgerProof, my_ledger_proof},
    recognition::graphql::{
        StarStanding,
        badges::{BadgeStanding, my_badges},
        my_stars,
    },
    registration::graphql::{RegistrationApplication, my_registration},
    roles::{self, graphql::RoleGrant},
    trail::{
        graphql::{AuditEntry, my_trail},
        looks::saw,
    },
};

mod mutation;

pub use mutation::PeopleMutation;

/// 志愿者, as the viewer may see them: others get a masked name (王*明), the person and their team's leaders the whole one.
pub struct Volunteer {
    model: volunteer::Model,
    shown: Shown,
}

enum Shown {
    /// With the name, for this.
    Whole(LookPurpose),
    /// With a masked name, and an id that is good in this place alone: one that stays would let anybody follow 王*明 from
    /// shift to shift until it is plain who that is.
    Masked { place: Uuid },
}

/// 志愿者, as the viewer may see them: others get a masked name (王*明), the person and their team's leaders the whole one.
#[Object]
impl Volunteer {
    /// Opaque global id; where the name is masked, one that the same volunteer has nowhere else, and that nothing can be
    /// asked with.
    pub async fn id(&self, gql: &Context<'_>) -> GlobalId<VolunteerId> {
        GlobalId(match self.shown {
            Shown::Whole(_) => self.model.id,
            Shown::Masked { place } => {
                VolunteerId(ctx(gql).vault.pseudonym("volunteer", &format!("{place} {}", self.model.id)))
            }
        })
    }
    /// Whole or masked, by who asks. Whose whole name is seen by others finds it in `me.whoLooked`.
    async fn name(&self, gql: &Context<'_>) -> String {
        if self.sees_whole(gql) { self.model.name.clone() } else { masked(&self.model.name) }
    }
    /// 志愿者编号; null where the name is masked.
    async fn number(&self, gql: &Context<'_>) -> Option<&str> {
        self.sees_whole(gql).then_some(self.model.number.as_str())
    }
    /// Enrolled (登记) or registered (注册).
    async fn state(&self) -> VolunteerState {
        self.model.state
    }
}

impl Volunteer {
    /// For someone who may see the whole name, for a purpose that is written down.
    pub fn whole(model: volunteer::Model, purpose: LookPurpose) -> Self {
        Self { model, shown: Shown::Whole(purpose) }
    }

    /// For anybody else, at one place: a sign-up, an activity.
    pub fn masked(model: volunteer::Model, place: Uuid) -> Self {
        Self { model, shown: Shown::Masked { place } }
    }

    /// Whether the viewer sees whose name it is; of others, that is written down.
    fn sees_whole(&self, gql: &Context<'_>) -> bool {
        let Shown::Whole(purpose) = self.shown else { return false };
        saw(gql, self.model.id, purpose, Sight::Name);
        true
    }
}

/// A volunteer for someone who has the right to the whole name; null only when it could not be read.
pub async fn volunteer_in_full(gql: &Context<'_>, id: VolunteerId, purpose: LookPurpose) -> Result<Option<Volunteer>> {
    Ok(load(gql, VolunteerById(id)).await?.map(|model| Volunteer::whole(model, purpose)))
}

/// The same by the person; null too for who has not enrolled as a volunteer.
pub async fn volunteer_of_person(
    gql: &Context<'_>,
    person: PersonId,
    purpose: LookPurpose,
) -> Result<Option<Volunteer>> {
    Ok(load(gql, VolunteerOfPerson(person)).await?.map(|model| Volunteer::whole(model, purpose)))
}

/// Your own volunteer's file.
pub struct MyVolunteer(volunteer::Model);

/// Your own volunteer's file.
#[Object]
impl MyVolunteer {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<VolunteerId> {
        GlobalId(self.0.id)
    }
    /// 志愿者编号
    async fn number(&self) -> &str {
        &self.0.number
    }
    /// Your whole name; others see it masked.
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// As you gave it at enrolment.
    async fn birth_date(&self) -> Date {
        Date(self.0.birth_date)
    }
    /// Null when you need none.
    async fn guardian_name(&self) -> Option<&str> {
        self.0.guardian_name.as_deref()
    }
    /// Masked; null when you need none.
    async fn guardian_phone(&self) -> Option<String> {
        self.0.guardian_phone.as_deref().map(PhoneNumber::masked)
    }
    /// Where you live; null only when it could not be read.
    async fn residence(&self, gql: &Context<'_>) -> Result<Option<Division>> {
        Ok(load(gql, DivisionByCode(self.0.residence_code.clone())).await?.map(Division))
    }
    /// What an activity may ask for.
    async fn skills(&self) -> &[Skill] {
        &self.0.skills.0
    }
    /// When you usually have time.
    async fn availability(&self) -> Vec<WeekPart> {
        self.0.availability.0.iter().map(|&(weekday, day_part)| WeekPart { weekday, day_part }).collect()
    }
    /// Enrolled (登记) or registered (注册).
    async fn state(&self) -> VolunteerState {
        self.0.state
    }
    /// When you enrolled (登记).
    async fn enrolled_at(&self) -> Instant {
        self.0.enrolled_at
    }
}

/// A part of the week.
#[derive(Clone, Copy, SimpleObject, InputObject)]
#[graphql(input_name = "WeekPartInput")]
pub struct WeekPart {
    /// Which day.
    weekday: Weekday,
    /// Which part of that day.
    day_part: DayPart,
}

/// A consent that you gave.
pub struct Consent(pub consent::Model);

/// A consent that you gave.
#[Object]
impl Consent {
    /// What was agreed to.
    async fn kind(&self) -> ConsentKind {
        self.0.kind
    }
    /// Of the text that was shown.
    async fn version(&self) -> &str {
        &self.0.version
    }
    /// By the server's clock.
    async fn given_at(&self) -> Instant {
        self.0.given_at
    }
    /// Null while it is in force.
    async fn withdrawn_at(&self) -> Option<Instant> {
        self.0.withdrawn_at
    }
}

/// 授权书: a text that people agree to.
pub struct ConsentText(consent_text::Model);

/// 授权书: a text that people agree to.
#[Object]
impl ConsentText {
    /// What it is about.
    async fn kind(&self) -> ConsentKind {
        self.0.kind
    }
    /// To be sent back with the consent.
    async fn version(&self) -> &str {
        &self.0.version
    }
    /// Since when it is the one in force.
    async fn in_force_from(&self) -> Instant {
        self.0.in_force_from
    }
    /// In the caller's language (`Accept-Language`: zh-CN or en). The Chinese text is the one that binds.
    async fn title(&self, gql: &Context<'_>) -> &str {
        in_language(gql, &self.0.title_zh, &self.0.title_en)
    }
    /// In the caller's language (`Accept-Language`: zh-CN or en), a line for each paragraph. The Chinese text is the one that
    /// binds.
    async fn text(&self, gql: &Context<'_>) -> &str {
        in_language(gql, &self.0.text_zh, &self.0.text_en)
    }
}

fn in_language<'a>(gql: &Context<'_>, zh: &'a str, en: &'a str) -> &'a str {
    if ctx(gql).lang == Lang::En { en } else { zh }
}

/// Something that you should hear about.
pub struct InboxItem(pub inbox_item::Model);

/// Something that you should hear about.
#[Object]
impl InboxItem {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<InboxItemId> {
        GlobalId(self.0.id)
    }
    /// What happened.
    async fn kind(&self) -> InboxKind {
        self.0.kind
    }
    /// What changed, or why, in the words of whoever did it.
    async fn note(&self) -> &str {
        &self.0.note
    }
    /// Who confirmed, corrected or filled in your hours, or declined a claim, by the whole name; null for what else there is to
    /// hear, and when nobody in particular did it.
    async fn by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        let told = matches!(
            self.0.kind,
            InboxKind::HoursConfirmed
                | InboxKind::HoursCorrected
                | InboxKind::HoursFilledIn
                | InboxKind::ClaimDeclined
                | InboxKind::BackFillDeclined
                | InboxKind::HoursAwaitOfficer
                | InboxKind::SecondWordDeclined
        );
        match self.0.by_person.filter(|_| told) {
            Some(person) => volunteer_of_person(gql, person, LookPurpose::PersonInCharge).await,
            None => Ok(None),
        }
    }
    /// When it happened.
    async fn created_at(&self) -> Instant {
        self.0.created_at
    }
    /// The activity it is about; null when it is about none.
    async fn activity(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        let Some(activity) = self.0.activity_id else { return Ok(None) };
        activity_by_id(gql, activity).await
    }
}

/// Whoever is signed in.
pub struct Me {
    person: PersonId,
    volunteer: Option<VolunteerId>,
}

impl Me {
    pub fn of(ctx: &Ctx) -> Option<Self> {
        let actor = ctx.actor.as_ref()?;
        Some(Self { person: actor.person, volunteer: actor.volunteer })
    }
}

/// Whoever is signed in.
#[Object]
impl Me {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<PersonId> {
        GlobalId(self.person)
    }
    /// The number that your account is at, masked; null only when it could not be read.
    async fn phone(&self, gql: &Context<'_>) -> Result<Option<String>> {
        Ok(load(gql, PersonById(self.person)).await?.map(|person| PhoneNumber::masked(&person.phone)))
    }
    /// Since when you can sign in with WeChat; null when no WeChat account is linked to yours.
    async fn we_chat_linked_at(&self, gql: &Context<'_>) -> Result<Option<Instant>> {
        Ok(auth::wechat::linked_at(ctx(gql), self.person).await.map_err(Fault::from)?)
    }
    /// A recovery of your account that is under way; null when there is none. Object if you have not asked for it.
    async fn recovery(&self, gql: &Context<'_>) -> Result<Option<AccountRecovery>> {
        let ctx = ctx(gql);
        let open = recovery::store::open_of(&ctx.db.conn, self.person, ctx.now()).await.map_err(Fault::from)?;
        Ok(open.map(|row| AccountRecovery::new(row, ctx.now())))
    }
    /// Your volunteer's file; null until you enrol.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<MyVolunteer>> {
        let Some(volunteer) = self.volunteer else { return Ok(None) };
        Ok(load(gql, VolunteerById(volunteer)).await?.map(MyVolunteer))
    }
    /// 实名认证: the document that you last handed in; null when you never did.
    async fn identity(&self, gql: &Context<'_>) -> Result<Option<IdentityCheck>> {
        my_identity(gql, self.person).await
    }
    /// Texts to show you next, for you to agree to: the terms when you have not agreed to those in force, and any other
    /// text of which you agreed to an older version.
    async fn consents_missing(&self, gql: &Context<'_>) -> Result<Vec<ConsentText>> {
        let ctx = ctx(gql);
        let texts = store::texts_in_force(&ctx.db.conn, ctx.now()).await.map_err(Fault::from)?;
        let given = store::consents_in_force(&ctx.db.conn, self.person).await.map_err(Fault::from)?;
        Ok(missing(texts, &given).into_iter().map(ConsentText).collect())
    }
    /// Every consent you ever gave, newest first.
    async fn consents(&self, gql: &Context<'_>) -> Result<Vec<Consent>> {
        let consents = store::consents(&ctx(gql).db.conn, self.person).await.map_err(Fault::from)?;
        Ok(consents.into_iter().map(Consent).collect())
    }
    /// The roles you hold now.
    async fn roles(&self, gql: &Context<'_>) -> Result<Vec<RoleGrant>> {
        let ctx = ctx(gql);
        let roles = roles::store::roles_of(&ctx.db.conn, self.person, ctx.now()).await.map_err(Fault::from)?;
        Ok(roles.into_iter().map(RoleGrant).collect())
    }
    /// Your authenticator app, which roles on branches ask for.
    async fn second_factor(&self, gql: &Context<'_>) -> Result<SecondFactor> {
        my_second_factor(gql).await
    }
    /// Where you are signed in, newest first.
    async fn sessions(&self, gql: &Context<'_>) -> Result<Vec<Session>> {
        let ctx = ctx(gql);
        let current = ctx.actor()?.session;
        let sessions = auth::sessions::my_sessions(ctx).await?;
        Ok(sessions.into_iter().map(|model| Session { current: model.id == current, model }).collect())
    }
    /// The teams you are in or asked to join.
    async fn teams(&self, gql: &Context<'_>) -> Result<Vec<TeamMember>> {
        let Some(volunteer) = self.volunteer else { return Ok(Vec::new()) };
        let teams = organisation::store::memberships_of(&ctx(gql).db.conn, volunteer).await.map_err(Fault::from)?;
        Ok(teams.into_iter().map(TeamMember).collect())
    }
    /// What you signed up for, by the start of the shift; only what has not ended yet unless `past`.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn sign_ups(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "What has ended instead of what has not.", default = false)] past: bool,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, SignUp>> {
        MySignUps { volunteer: self.volunteer, past }.page(gql, PageArgs { first, after, last, before }).await
    }
    /// 志愿者码: what this phone shows to the desk to be scanned; null until you enrol.
    async fn code(&self, gql: &Context<'_>) -> Option<VolunteerCode> {
        my_code(ctx(gql))
    }
    /// 签到台: the desks that you were granted, today and later; at most 50.
    async fn desks(&self, gql: &Context<'_>) -> Result<Vec<DeskGrant>> {
        my_desks(ctx(gql)).await
    }
    /// Where you are checked in now; null when nowhere.
    async fn open_attendance(&self, gql: &Context<'_>) -> Result<Option<Attendance>> {
        my_open_attendance(gql, self.volunteer).await
    }
    /// Your service time, summed up.
    async fn hours(&self, gql: &Context<'_>) -> Result<HoursSummary> {
        my_hours(gql, self.volunteer).await
    }
    /// 志愿服务记录, newest first.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn records(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, ServiceRecord>> {
        my_records(gql, self.volunteer, PageArgs { first, after, last, before }).await
    }
    /// 异议 that you opened, and those over your own hours, newest first.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn disputes(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Dispute>> {
        my_disputes(gql, self.person, self.volunteer, PageArgs { first, after, last, before }).await
    }
    /// Your newest certificates of service, newest first; at most 20. A new one is had with `requestCertificate`.
    async fn certificates(&self, gql: &Context<'_>) -> Result<Vec<Certificate>> {
        my_certificates(gql).await
    }
    /// Shows that your ledger is under the last signed root; null before the first one that holds an entry of yours.
    async fn ledger_proof(&self, gql: &Context<'_>) -> Result<Option<LedgerProof>> {
        my_ledger_proof(gql, self.volunteer).await
    }
    /// Your newest application to be registered (注册); null when you never applied.
    async fn registration(&self, gql: &Context<'_>) -> Result<Option<RegistrationApplication>> {
        my_registration(gql, self.volunteer).await
    }
    /// 星级: the stars that branches awarded you, newest first, with those that were revoked.
    async fn star_awards(&self, gql: &Context<'_>) -> Result<Vec<StarAward>> {
        my_star_awards(gql, self.volunteer).await
    }
    /// Your stars by the scheme in force, from confirmed service time: what you are eligible for, and what a branch awarded.
    async fn stars(&self, gql: &Context<'_>) -> Result<StarStanding> {
        my_stars(gql, self.volunteer).await
    }
    /// Every badge that there is where you live, by code, with your progress. Eligibility only.
    #[graphql(complexity = "price::list(20, child_complexity, pages::STATEMENT)")]
    async fn badges(&self, gql: &Context<'_>) -> Result<Vec<BadgeStanding>> {
        my_badges(gql, self.volunteer).await
    }
    /// 志愿者档案: your own file; null until you enrol.
    async fn file(&self, gql: &Context<'_>) -> Result<Option<VolunteerFile>> {
        my_file(gql, self.volunteer).await
    }
    /// 外部荣誉: the honours that you submitted and what became of them, newest first; at most 100.
    async fn submitted_honours(&self, gql: &Context<'_>) -> Result<Vec<OutsideHonour>> {
        my_honours(gql, self.volunteer).await
    }
    /// 红人榜: where a branch would show you and asks whether you agree, or shows you; newest first, at most 100.
    async fn honour_roll_entries(&self, gql: &Context<'_>) -> Result<Vec<HonourRollEntry>> {
        my_entries(gql, self.volunteer).await
    }
    /// The newest copies of your data that were asked for, newest first; at most 20.
    async fn my_data_exports(&self, gql: &Context<'_>) -> Result<Vec<DataExport>> {
        my_exports(gql).await
    }
    /// Your newest wish to be erased; null when you never had one.
    async fn erasure(&self, gql: &Context<'_>) -> Result<Option<Erasure>> {
        my_erasure(gql).await
    }
    /// What you should hear about, newest first.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn inbox(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, InboxItem>> {
        let page = Page::read("inbox", PageArgs { first, after, last, before })?;
        let slice = inbox::store::inbox(&ctx(gql).db.conn, self.person, page).await.map_err(Fault::from)?;
        Ok(slice.connection("inbox", |row| (row.created_at, row.id.0), InboxItem))
    }
    /// Who looked at your whole name, phone number, ID number or location: when, in which role, what for; newest first. Once
    /// for each request that showed something.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn who_looked(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, AuditEntry>> {
        my_trail(gql, self.person, self.volunteer, true, PageArgs { first, after, last, before }).await
    }
    /// What was done to what is yours, and who looked at it, newest first.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn audit_trail(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, AuditEntry>> {
        my_trail(gql, self.person, self.volunteer, false, PageArgs { first, after, last, before }).await
    }
}

#[derive(Default)]
pub struct PeopleQuery;

#[Object]
impl PeopleQuery {
    /// Whoever is signed in; null for a stranger.
    async fn me(&self, gql: &Context<'_>) -> Option<Me> {
        Me::of(ctx(gql))
    }
    /// The texts in force that people are asked to agree to, one for each kind.
    async fn consent_texts(&self, gql: &Context<'_>) -> Result<Vec<ConsentText>> {
        let ctx = ctx(gql);
        let texts = store::texts_in_force(&ctx.db.conn, ctx.now()).await.map_err(Fault::from)?;
        Ok(texts.into_iter().map(ConsentText).collect())
    }
}
