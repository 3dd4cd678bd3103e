//! A volunteer's file, and what is submitted and entered for it.

use async_graphql::{Context, Enum, Object, Result, connection::Connection};
use boai_entity::{
    Instant, evaluation,
    honour_kinds::HonourState,
    ids::{BranchId, EvaluationId, OutsideHonourId, TeamId, TrainingRecordId, VolunteerId},
    kinds::{LookPurpose, Sight},
    outside_honour, star_award, training_record, volunteer,
};
use chrono::NaiveDate;
use uuid::Uuid;

use super::{entries, rules::MOST_HONOURS, store};
use crate::{
    access::{Action, Resource},
    awards::{
        self,
        commendations::store::{self as commendations, Commended},
        graphql::StarAward,
        loaders::RoundById,
    },
    graphql::{ctx, load},
    hours::graphql::{ServiceRecord, my_records},
    organisation::{
        graphql::{Branch, Team},
        loaders::{BranchById, TeamById},
    },
    people::{
        graphql::{Volunteer, volunteer_in_full},
        loaders::VolunteerById,
    },
    platform::{
        civil::civil_day,
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        scalars::{Date, Minutes},
    },
    trail::looks::saw,
};

mod mutation;

pub use mutation::FileMutation;

/// 志愿者档案: service, training, honours and evaluation, as order 67 names them.
pub struct VolunteerFile(volunteer::Model);

/// 志愿者档案: service, training, honours and evaluation, as order 67 names them.
#[Object]
impl VolunteerFile {
    /// Whose file it is, by the whole name.
    async fn volunteer(&self) -> Volunteer {
        Volunteer::whole(self.0.clone(), LookPurpose::VolunteerFile)
    }
    /// 志愿服务记录, newest first.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn service(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, ServiceRecord>> {
        my_records(gql, Some(self.0.id), PageArgs { first, after, last, before }).await
    }
    /// 培训记录, the last first; without what was struck out.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn training(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, TrainingRecord>> {
        let list = format!("training-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let slice = store::training(&ctx(gql).db.conn, self.0.id, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.trained_on, row.id.0), TrainingRecord))
    }
    /// 荣誉, the last first: honours from outside that an officer recognised, commendations, and stars that stand.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2 * pages::STATEMENT)")]
    async fn honours(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Honour>> {
        let list = format!("honours-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let honours = honours_of(gql, self.0.id).await?;
        Ok(page.of(honours, Honour::key, true).connection(&list, Honour::key, |honour| honour))
    }
    /// 评价, the last first; without what was struck out.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn evaluations(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Evaluation>> {
        let list = format!("evaluations-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let slice = store::evaluations(&ctx(gql).db.conn, self.0.id, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.evaluated_at, row.id.0), Evaluation))
    }
}

/// The caller's own file; null until they enrol.
pub async fn my_file(gql: &Context<'_>, volunteer: Option<VolunteerId>) -> Result<Option<VolunteerFile>> {
    let Some(volunteer) = volunteer else { return Ok(None) };
    Ok(load(gql, VolunteerById(volunteer)).await?.map(VolunteerFile))
}

/// What the caller submitted, newest first.
pub async fn my_honours(gql: &Context<'_>, volunteer: Option<VolunteerId>) -> Result<Vec<OutsideHonour>> {
    let Some(volunteer) = volunteer else { return Ok(Vec::new()) };
    let honours = store::honours_of(&ctx(gql).db.conn, volunteer, None, 100).await.map_err(Fault::from)?;
    Ok(honours.into_iter().map(OutsideHonour).collect())
}

/// All honours of a volunteer: there are few enough of each kind to be read at once.
async fn honours_of(gql: &Context<'_>, volunteer: VolunteerId) -> Result<Vec<Honour>> {
    let db = &ctx(gql).db.conn;
    let recognised = Some(HonourState::Recognised);
    let limit = MOST_HONOURS.unsigned_abs();
    let outside = store::honours_of(db, volunteer, recognised, limit).await.map_err(Fault::from)?;
    let stars = awards::store::awards_of(db, volunteer).await.map_err(Fault::from)?;
    let stars = stars.into_iter().filter(|award| award.revoked_at.is_none()).map(Honour::Star);
    let commended = commendations::commendations_of(db, volunteer).await.map_err(Fault::from)?;
    let commended = commended.into_iter().map(Honour::Commendation);
    Ok(outside.into_iter().map(Honour::Outside).chain(stars).chain(commended).collect())
}

/// What kind of honour it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum HonourKind {
    /// 外部荣誉, recognised by an officer.
    Outside,
    /// 通报表扬
    Commendation,
    /// 星级
    Star,
}

/// 荣誉: an honour in a volunteer's file.
#[derive(Clone, Debug)]
pub enum Honour {
    Outside(outside_honour::Model),
    Commendation(Commended),
    Star(star_award::Model),
}

impl Honour {
    fn key(&self) -> (NaiveDate, Uuid) {
        match self {
            Self::Outside(honour) => (honour.awarded_on, honour.id.0),
            Self::Commendation(commended) => (civil_day(commended.closed_at), commended.id.0),
            Self::Star(award) => (civil_day(award.awarded_at), award.id.0),
        }
    }
}

/// 荣誉: an honour in a volunteer's file.
#[Object]
impl Honour {
    /// Where it comes from.
    async fn kind(&self) -> HonourKind {
        match self {
            Self::Outside(_) => HonourKind::Outside,
            Self::Commendation(_) => HonourKind::Commendation,
            Self::Star(_) => HonourKind::Star,
        }
    }
    /// 荣誉名称
    async fn name(&self) -> String {
        match self {
            Self::Outside(honour) => honour.name.clone(),
            Self::Commendation(commended) => commended.title.clone(),
            Self::Star(award) => format!("{}星级志愿者", award.star),
        }
    }
    /// 授予日期
    async fn awarded_on(&self) -> Date {
        Date(self.key().0)
    }
    /// 授予单位. Null only when it could not be read.
    async fn awarding_unit(&self, gql: &Context<'_>) -> Result<Option<String>> {
        match self {
            Self::Outside(honour) => Ok(Some(honour.awarding_unit.clone())),
            Self::Commendation(commended) => {
                Ok(load(gql, BranchById(commended.branch_id)).await?.map(|branch| branch.name))
            }
            Self::Star(award) => {
                let Some(round) = load(gql, RoundById(award.round_id)).await? else { return Ok(None) };
                Ok(load(gql, BranchById(round.branch_id)).await?.map(|branch| branch.name))
            }
        }
    }
    /// The star; null for what is none.
    async fn star(&self) -> Option<StarAward> {
        match self {
            Self::Star(award) => Some(StarAward(award.clone())),
            Self::Outside(_) | Self::Commendation(_) => None,
        }
    }
}

/// 外部荣誉: an honour that somebody outside gave, with what proves it and what became of the check.
pub struct OutsideHonour(pub outside_honour::Model);

/// 外部荣誉: an honour that somebody outside gave, with what proves it and what became of the check.
#[Object]
impl OutsideHonour {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<OutsideHonourId> {
        GlobalId(self.0.id)
    }
    /// Whose it is, by the whole name. Null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_in_full(gql, self.0.volunteer_id, LookPurpose::Recognition).await
    }
    /// 荣誉名称
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// 授予日期
    async fn awarded_on(&self) -> Date {
        Date(self.0.awarded_on)
    }
    /// 授予单位
    async fn awarding_unit(&self) -> &str {
        &self.0.awarding_unit
    }
    /// 证明说明, in the volunteer's words. Null once its volunteer was erased.
    async fn proof(&self) -> Option<&str> {
        self.0.proof.as_deref()
    }
    /// Where the proof is to be found: a document's number, an address. Null when none was given.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }
    /// SHA-256 of the document, in hexadecimal digits: whoever shows it shows the same one. Null when none was given.
    async fn digest(&self) -> Option<&str> {
        self.0.digest.as_deref()
    }
    /// By the server's clock.
    async fn submitted_at(&self) -> Instant {
        self.0.submitted_at
    }
    /// What became of it.
    async fn state(&self) -> HonourState {
        self.0.state
    }
    /// Why it was refused; null when it was not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// When it was decided; null while it waits.
    async fn decided_at(&self) -> Option<Instant> {
        self.0.decided_at
    }
}

/// 培训记录: what somebody learned.
pub struct TrainingRecord(pub training_record::Model);

/// 培训记录: what somebody learned.
#[Object]
impl TrainingRecord {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<TrainingRecordId> {
        GlobalId(self.0.id)
    }
    /// 培训名称
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// 培训内容
    async fn content(&self) -> &str {
        &self.0.content
    }
    /// 学时: how long it took. Training is no service time.
    async fn learning_time(&self) -> Minutes {
        Minutes(self.0.learning_minutes.into())
    }
    /// 培训日期
    async fn trained_on(&self) -> Date {
        Date(self.0.trained_on)
    }
    /// 组织单位: the branch, or that of the team. Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// The team that organised it; null when it was the branch itself.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        team(gql, self.0.team_id).await
    }
    /// By the server's clock.
    async fn recorded_at(&self) -> Instant {
        self.0.recorded_at
    }
}

async fn team(gql: &Context<'_>, team: Option<TeamId>) -> Result<Option<Team>> {
    let Some(team) = team else { return Ok(None) };
    Ok(load(gql, TeamById(team)).await?.map(Team))
}

/// 评价: how a branch, or a team of it, rates a volunteer's year.
pub struct Evaluation(pub evaluation::Model);

/// 评价: how a branch, or a team of it, rates a volunteer's year.
#[Object]
impl Evaluation {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<EvaluationId> {
        GlobalId(self.0.id)
    }
    /// The calendar year that is rated.
    async fn year(&self) -> i32 {
        self.0.year
    }
    /// 1 to 5, the best.
    async fn rating(&self) -> i32 {
        self.0.rating
    }
    /// Why so; null once its volunteer was erased.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// 评价单位: the branch, or that of the team. Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// The team that rated it; null when it was the branch itself.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        team(gql, self.0.team_id).await
    }
    /// 评价日期, by the server's clock.
    async fn evaluated_at(&self) -> Instant {
        self.0.evaluated_at
    }
}

#[derive(Default)]
pub struct FileQuery;

#[Object]
impl FileQuery {
    /// 志愿者档案: for officers of a branch below which the volunteer lives or is in a team, and those above, and for the volunteer;
    /// null for everybody else. Who looked finds itself in the volunteer's `me.whoLooked`.
    async fn volunteer_file(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "志愿者编号")] number: String,
    ) -> Result<Option<VolunteerFile>> {
        let file = entries::file_of(ctx(gql), number.trim()).await?;
        if let Some(volunteer) = &file {
            saw(gql, volunteer.id, LookPurpose::VolunteerFile, Sight::File);
        }
        Ok(file.map(VolunteerFile))
    }

    /// 待审核的外部荣誉: of the volunteers who live below a branch, a county or one above; what was submitted first first. For its
    /// officers and those above, empty for everybody else.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2)")]
    async fn honour_queue(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, OutsideHonour>> {
        let ctx = ctx(gql);
        let list = format!("honour-queue-{}", branch_id.0);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let branch = load(gql, BranchById(branch_id.0)).await?;
        let branch = branch.filter(|it| ctx.may_see(Action::CheckHonours, Resource::Branch { path: &it.path }));
        let Some(branch) = branch else { return Ok(Connection::new(false, false)) };
        let slice = store::queue(&ctx.db.conn, &branch.path, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.submitted_at, row.id.0), OutsideHonour))
    }
}
