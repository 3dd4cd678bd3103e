//! Issues as everybody reads them, and entries as those see them whom they are about or who make the issue.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant,
    honour_kinds::{HonourEntryState, ShownName},
    honour_roll_entry, honour_roll_issue,
    ids::{BranchId, HonourRollEntryId, HonourRollIssueId, VolunteerId},
    kinds::LookPurpose,
};

use super::{
    loaders::IssueById,
    rules::{HonourConsentError, HonourRollError, STORY, name_shown},
    service,
    store::{self, Honoured},
};
use crate::{
    access::{Action, Resource},
    graphql::{ctx, load, settle},
    organisation::{graphql::Branch, loaders::BranchById},
    people::graphql::{Volunteer, volunteer_in_full},
    platform::{
        errors::Fault,
        node::{GlobalId, NOTHING},
        pages::{self, Page, PageArgs},
        scalars::Date,
        text,
    },
};

/// 红人榜: an issue of a branch's honour roll.
pub struct HonourRollIssue(pub honour_roll_issue::Model);

/// 红人榜: an issue of a branch's honour roll.
#[Object]
impl HonourRollIssue {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<HonourRollIssueId> {
        GlobalId(self.0.id)
    }
    /// Whose issue it is. Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// 标题
    async fn title(&self) -> &str {
        &self.0.title
    }
    /// 刊出日: the day that it carries.
    async fn issued_on(&self) -> Date {
        Date(self.0.issued_on)
    }
    /// When it was published; null for a draft.
    async fn published_at(&self) -> Option<Instant> {
        self.0.published_at
    }
    /// Who is honoured, in the issue's order; empty for a draft.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn honoured(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, HonouredPerson>> {
        let list = format!("honoured-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let slice = store::honoured(&ctx(gql).db.conn, self.0.id, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.entry.place, row.entry.id.0), HonouredPerson))
    }
    /// Everybody who was put into it and what they said, in the issue's order; empty for who has it not in their care.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2 * pages::STATEMENT)")]
    async fn entries(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, HonourRollEntry>> {
        let list = format!("honour-entries-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        if !in_care(gql, self.0.branch_id).await? {
            return Ok(Connection::new(false, false));
        }
        let slice = store::entries(&ctx(gql).db.conn, self.0.id, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.place, row.id.0), HonourRollEntry))
    }
}

/// Whether the issues of a branch are the caller's to make.
async fn in_care(gql: &Context<'_>, branch: BranchId) -> Result<bool> {
    let branch = load(gql, BranchById(branch)).await?;
    Ok(branch.is_some_and(|it| ctx(gql).may_see(Action::PublishHonourRoll, Resource::Branch { path: &it.path })))
}

/// Somebody who is honoured, as they agreed to be shown to everybody.
pub struct HonouredPerson(Honoured);

/// Somebody who is honoured, as they agreed to be shown to everybody.
#[Object]
impl HonouredPerson {
    /// The whole name or 王*明, as agreed; null once the entry was taken down.
    async fn name(&self) -> Option<String> {
        let Honoured { entry, name, may_publish } = &self.0;
        self.stands().then(|| name_shown(entry, name, *may_publish))
    }
    /// What they are honoured for; null once the entry was taken down.
    async fn story(&self) -> Option<&str> {
        self.0.entry.story.as_deref().filter(|_| self.stands())
    }
    /// 已撤下: somebody stood here, and is shown no more.
    async fn taken_down(&self) -> bool {
        !self.stands()
    }
}

impl HonouredPerson {
    fn stands(&self) -> bool {
        self.0.entry.state == HonourEntryState::Published
    }
}

/// Somebody in an issue, as they and the branch see it.
pub struct HonourRollEntry(pub honour_roll_entry::Model);

/// Somebody in an issue, as they and the branch see it.
#[Object]
impl HonourRollEntry {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<HonourRollEntryId> {
        GlobalId(self.0.id)
    }
    /// 标题 of the issue. Null only when it could not be read.
    async fn issue_title(&self, gql: &Context<'_>) -> Result<Option<String>> {
        Ok(load(gql, IssueById(self.0.issue_id)).await?.map(|issue| issue.title))
    }
    /// The branch whose issue it is. Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        let Some(issue) = load(gql, IssueById(self.0.issue_id)).await? else { return Ok(None) };
        Ok(load(gql, BranchById(issue.branch_id)).await?.map(Branch))
    }
    /// By the whole name. Null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_in_full(gql, self.0.volunteer_id, LookPurpose::Recognition).await
    }
    /// What would be read by everybody; null once it is not or no longer to be shown.
    async fn story(&self) -> Option<&str> {
        self.0.story.as_deref()
    }
    /// Of the story; goes into the agreement, so that nobody agrees to what they have not read.
    async fn revision(&self) -> i32 {
        self.0.revision
    }
    /// Where it stands.
    async fn state(&self) -> HonourEntryState {
        self.0.state
    }
    /// By the server's clock; of the last story.
    async fn asked_at(&self) -> Instant {
        self.0.asked_at
    }
    /// When the volunteer agreed; null when they have not.
    async fn agreed_at(&self) -> Option<Instant> {
        self.0.agreed_at
    }
    /// How the volunteer wants the name shown; null while they have not agreed, and once it is taken down.
    async fn shown_name(&self) -> Option<ShownName> {
        self.0.shown_name
    }
    /// When the guardian agreed; null when none has. Who is under 18 on the day of publication is not shown without.
    async fn guardian_agreed_at(&self) -> Option<Instant> {
        self.0.guardian_agreed_at
    }
    /// Why the branch took it off; null when it did not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

/// The entries of the caller, newest first.
pub async fn my_entries(gql: &Context<'_>, volunteer: Option<VolunteerId>) -> Result<Vec<HonourRollEntry>> {
    let Some(volunteer) = volunteer else { return Ok(Vec::new()) };
    let entries = store::of_volunteer(&ctx(gql).db.conn, volunteer).await.map_err(Fault::from)?;
    Ok(entries.into_iter().map(HonourRollEntry).collect())
}

/// What `openHonourRollIssue` takes.
#[derive(InputObject)]
struct OpenHonourRollIssueInput {
    /// A branch in your care.
    branch_id: GlobalId<BranchId>,
    /// 标题; at most 60 characters.
    title: String,
    /// 刊出日: the day that it carries.
    issued_on: Date,
}

/// What takes an issue.
#[derive(InputObject)]
struct HonourRollIssueInput {
    /// An issue of a branch in your care.
    issue_id: GlobalId<HonourRollIssueId>,
}

/// What became of an issue.
#[derive(SimpleObject)]
struct HonourRollIssuePayload {
    /// As it stands now; null when nothing was done.
    issue: Option<HonourRollIssue>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<HonourRollError>,
}

/// What `putOnHonourRoll` takes.
#[derive(InputObject)]
struct PutOnHonourRollInput {
    /// A draft of a branch in your care.
    issue_id: GlobalId<HonourRollIssueId>,
    /// 志愿者编号 of a volunteer of that branch or one below.
    volunteer_number: String,
    /// What everybody would read of them; at most 2,000 characters.
    story: String,
}

/// What `takeOffHonourRoll` takes.
#[derive(InputObject)]
struct TakeOffHonourRollInput {
    /// Of an issue of a branch in your care.
    entry_id: GlobalId<HonourRollEntryId>,
    /// The volunteer reads it; at most 500 characters.
    reason: String,
}

/// What became of an entry.
#[derive(SimpleObject)]
struct HonourRollEntryPayload {
    /// As it stands now; null when nothing was done.
    entry: Option<HonourRollEntry>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<HonourRollError>,
}

/// What `agreeToHonourRoll` takes.
#[derive(InputObject)]
struct AgreeToHonourRollInput {
    /// Of `me.honourRollEntries`.
    entry_id: GlobalId<HonourRollEntryId>,
    /// Of the story that you read.
    revision: i32,
    /// How your name is shown.
    name: ShownName,
}

/// What `withdrawFromHonourRoll` takes.
#[derive(InputObject)]
struct WithdrawFromHonourRollInput {
    /// Of `me.honourRollEntries`.
    entry_id: GlobalId<HonourRollEntryId>,
}

/// What became of your consent.
#[derive(SimpleObject)]
struct HonourConsentPayload {
    /// As it stands now; null when nothing was done.
    entry: Option<HonourRollEntry>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<HonourConsentError>,
}

#[derive(Default)]
pub struct HonourRollQuery;

#[Object]
impl HonourRollQuery {
    /// 红人榜: the published issues of a branch, the newest day first. Anybody reads them, without an account too.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn honour_roll(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Whose issues.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, HonourRollIssue>> {
        issues(gql, branch_id.0, true, PageArgs { first, after, last, before }).await
    }

    /// The drafts of a branch's issues, the newest day first; for its officers and those above, empty for everybody else.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2)")]
    async fn honour_roll_drafts(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, HonourRollIssue>> {
        issues(gql, branch_id.0, false, PageArgs { first, after, last, before }).await
    }

    /// An issue; null when it is not there, or a draft that is not in your care.
    async fn honour_roll_issue(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The issue.")] id: GlobalId<HonourRollIssueId>,
    ) -> Result<Option<HonourRollIssue>> {
        let issue = load(gql, IssueById(id.0)).await?;
        let mine = in_care(gql, issue.as_ref().map_or(BranchId(NOTHING), |issue| issue.branch_id)).await?;
        Ok(issue.filter(|issue| mine || issue.published_at.is_some()).map(HonourRollIssue))
    }
}

async fn issues(
    gql: &Context<'_>,
    branch: BranchId,
    published: bool,
    args: PageArgs,
) -> Result<Connection<String, HonourRollIssue>> {
    let list = format!("honour-roll-{branch}-{published}");
    let page = Page::read(&list, args)?;
    if !published && !in_care(gql, branch).await? {
        return Ok(Connection::new(false, false));
    }
    let slice = store::issues(&ctx(gql).db.conn, branch, published, page).await.map_err(Fault::from)?;
    Ok(slice.connection(&list, |row| (row.issued_on, row.id.0), HonourRollIssue))
}

#[derive(Default)]
pub struct HonourRollMutation;

#[Object]
impl HonourRollMutation {
    /// Begins an issue of a branch's honour roll: a draft.
    async fn open_honour_roll_issue(
        &self,
        gql: &Context<'_>,
        input: OpenHonourRollIssueInput,
    ) -> Result<HonourRollIssuePayload> {
        let ctx = ctx(gql);
        let title = text::line("title", &input.title, 60, true)?;
        let opened = service::open(ctx, input.branch_id.0, title, input.issued_on.0).await;
        let (issue, errors) = settle(ctx, opened, HonourRollError::new)?;
        Ok(HonourRollIssuePayload { issue: issue.map(HonourRollIssue), errors })
    }

    /// Puts a volunteer into a draft, with the story that they are asked about. For somebody who is in it already the story is
    /// replaced, and whatever they agreed to is over: they are asked anew.
    async fn put_on_honour_roll(
        &self,
        gql: &Context<'_>,
        input: PutOnHonourRollInput,
    ) -> Result<HonourRollEntryPayload> {
        let ctx = ctx(gql);
        let story = text::field("story", &input.story, STORY, true)?;
        let put = service::put(ctx, input.issue_id.0, input.volunteer_number.trim(), story).await;
        let (entry, errors) = settle(ctx, put, HonourRollError::new)?;
        Ok(HonourRollEntryPayload { entry: entry.map(HonourRollEntry), errors })
    }

    /// Takes somebody off an issue, published or not; the volunteer reads why.
    async fn take_off_honour_roll(
        &self,
        gql: &Context<'_>,
        input: TakeOffHonourRollInput,
    ) -> Result<HonourRollEntryPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let (entry, errors) =
            settle(ctx, service::take_off(ctx, input.entry_id.0, reason).await, HonourRollError::new)?;
        Ok(HonourRollEntryPayload { entry: entry.map(HonourRollEntry), errors })
    }

    /// 刊出: publishes an issue with whoever has agreed by this moment (and whose guardian has, of who is under 18); everybody else
    /// is left out, and their stories are deleted.
    async fn publish_honour_roll_issue(
        &self,
        gql: &Context<'_>,
        input: HonourRollIssueInput,
    ) -> Result<HonourRollIssuePayload> {
        let ctx = ctx(gql);
        let (issue, errors) = settle(ctx, service::publish(ctx, input.issue_id.0).await, HonourRollError::new)?;
        Ok(HonourRollIssuePayload { issue: issue.map(HonourRollIssue), errors })
    }

    /// 同意刊出: agrees to be shown to everybody with this story, and the name in this form. It can be said again, until the issue is
    /// published, with another form.
    async fn agree_to_honour_roll(
        &self,
        gql: &Context<'_>,
        input: AgreeToHonourRollInput,
    ) -> Result<HonourConsentPayload> {
        let ctx = ctx(gql);
        let agreed = service::agree(ctx, input.entry_id.0, input.revision, input.name).await;
        let (entry, errors) = settle(ctx, agreed, HonourConsentError::new)?;
        Ok(HonourConsentPayload { entry: entry.map(HonourRollEntry), errors })
    }

    /// 撤回: declines to be shown, or is taken down from a published issue at once. The story is deleted; the issue says that an entry
    /// was taken down, not whose.
    async fn withdraw_from_honour_roll(
        &self,
        gql: &Context<'_>,
        input: WithdrawFromHonourRollInput,
    ) -> Result<HonourConsentPayload> {
        let ctx = ctx(gql);
        let (entry, errors) = settle(ctx, service::withdraw(ctx, input.entry_id.0).await, HonourConsentError::new)?;
        Ok(HonourConsentPayload { entry: entry.map(HonourRollEntry), errors })
    }
}
