//! 月报: what branches signed, what they sign next, and what was published of a month on a day.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant, branch,
    ids::{BranchId, MonthStatementId},
    kinds::Book,
    month_statement, month_statement_line,
};
use chrono::NaiveDate;

use super::{
    loaders::{LinesOf, StatementById},
    rules::{self, SignMonthError},
    service, store,
};
use crate::{
    access::{Action, Resource},
    graphql::{ctx, load, settle},
    organisation::{graphql::Branch, loaders::BranchById},
    platform::{
        civil::{civil_day, day_bounds},
        errors::Fault,
        node::{GlobalId, NOTHING},
        pages::{self, Page, PageArgs},
        scalars::{Date, Minutes},
    },
};

/// 月报: what a branch signed of a month: its own teams' service and what the branches below it signed. It never changes; what comes
/// later is an adjustment in a later one.
pub struct MonthStatement(pub month_statement::Model);

impl MonthStatement {
    async fn lines(&self, gql: &Context<'_>) -> Result<Vec<month_statement_line::Model>> {
        Ok(load(gql, LinesOf(self.0.id)).await?.unwrap_or_default())
    }
}

/// 月报: what a branch signed of a month: its own teams' service and what the branches below it signed. It never changes; what comes
/// later is an adjustment in a later one.
#[Object]
impl MonthStatement {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<MonthStatementId> {
        GlobalId(self.0.id)
    }
    /// Whose it is; null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// The month, by its first day in Asia/Shanghai.
    async fn month(&self) -> Date {
        Date(self.0.month)
    }
    /// By the server's clock.
    async fn signed_at(&self) -> Instant {
        self.0.signed_at
    }
    /// Different people whose service it is about, adjustments too.
    async fn volunteers(&self) -> i64 {
        self.0.volunteers
    }
    /// Confirmed service of the month itself.
    async fn minutes(&self, gql: &Context<'_>) -> Result<Minutes> {
        let lines = self.lines(gql).await?;
        Ok(Minutes(lines.iter().filter(|line| line.service_month == self.0.month).map(|line| line.minutes).sum()))
    }
    /// 调整: what was confirmed, corrected or taken back of earlier months since they were signed; negative when more was taken
    /// back.
    async fn adjustment_minutes(&self, gql: &Context<'_>) -> Result<Minutes> {
        let lines = self.lines(gql).await?;
        Ok(Minutes(lines.iter().filter(|line| line.service_month != self.0.month).map(|line| line.minutes).sum()))
    }
    /// All of it, by the month in which the service began and by book; the earliest month first.
    async fn by_month(&self, gql: &Context<'_>) -> Result<Vec<MonthFigures>> {
        Ok(self.lines(gql).await?.into_iter().map(MonthFigures::from).collect())
    }
    /// SHA-256 over all that was signed; it stands in the audit trail too, and `boai audit` reckons it anew.
    async fn digest(&self) -> &str {
        &self.0.digest
    }
}

/// A month's service in one book.
#[derive(SimpleObject)]
pub struct MonthFigures {
    /// The month in which the service began, by its first day in Asia/Shanghai.
    month: Date,
    /// The two books are never added up unseen.
    book: Book,
    /// Confirmed minutes; negative when more was taken back than came in.
    minutes: Minutes,
    /// Service records that came in, less those that were taken back.
    records: i64,
}

impl MonthFigures {
    fn of(month: NaiveDate, book: Book, minutes: i64, records: i64) -> Self {
        Self { month: Date(month), book, minutes: Minutes(minutes), records }
    }
}

impl From<month_statement_line::Model> for MonthFigures {
    fn from(line: month_statement_line::Model) -> Self {
        Self::of(line.service_month, line.book, line.minutes, line.records)
    }
}

/// What a branch had published of a month by the end of a day.
#[derive(SimpleObject)]
struct PublishedMonth {
    /// When the branch signed the month.
    signed_at: Instant,
    /// What it signed then, with all adjustments that it signed since; by book.
    figures: Vec<MonthFigures>,
    /// Confirmed minutes of both books together.
    minutes: Minutes,
}

/// The month that a branch signs next, and what is in the way.
struct MonthToSign {
    branch: branch::Model,
    month: NaiveDate,
}

/// The month that a branch signs next, and what is in the way.
#[Object]
impl MonthToSign {
    /// The month, by its first day in Asia/Shanghai.
    async fn month(&self) -> Date {
        Date(self.month)
    }
    /// Whether the month is over, so that it can be signed.
    async fn over(&self, gql: &Context<'_>) -> bool {
        self.month <= rules::last_over(ctx(gql).now())
    }
    /// The branches directly below that have to sign it first; at most 100.
    async fn missing(&self, gql: &Context<'_>) -> Result<Vec<Branch>> {
        let missing =
            store::missing(&ctx(gql).db.conn, self.branch.id, self.month, rules::next(self.month), service::LISTED);
        Ok(missing.await.map_err(Fault::from)?.into_iter().map(Branch).collect())
    }
    /// Service records of the branch's own teams in that month that nobody has settled: confirmed later, they are adjustments
    /// in a later month.
    async fn unconfirmed_records(&self, gql: &Context<'_>) -> Result<i64> {
        let waiting = store::unconfirmed(&ctx(gql).db.conn, self.branch.id, self.month, rules::next(self.month)).await;
        Ok(waiting.map_err(Fault::from)?)
    }
}

/// The statement, for officers of its branch and those above.
pub async fn statement_by_id(gql: &Context<'_>, id: MonthStatementId) -> Result<Option<MonthStatement>> {
    let found = load(gql, StatementById(id)).await?;
    let branch = found.as_ref().map_or(BranchId(NOTHING), |statement| statement.branch_id);
    let branch = in_care(gql, branch).await?;
    Ok(found.filter(|_| branch.is_some()).map(MonthStatement))
}

async fn in_care(gql: &Context<'_>, id: BranchId) -> Result<Option<branch::Model>> {
    let branch = load(gql, BranchById(id)).await?;
    Ok(branch.filter(|branch| ctx(gql).may_see(Action::SignMonths, Resource::Branch { path: &branch.path })))
}

/// What `signMonth` takes.
#[derive(InputObject)]
struct SignMonthInput {
    /// A branch in your care.
    branch_id: GlobalId<BranchId>,
    /// Any day of the month.
    month: Date,
}

/// What became of it.
#[derive(SimpleObject)]
struct SignMonthPayload {
    /// Null when it was refused.
    statement: Option<MonthStatement>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<SignMonthError>,
}

#[derive(Default)]
pub struct StatementsQuery;

#[Object]
impl StatementsQuery {
    /// 月报: what a branch signed, the newest month first. For its officers and those above, empty for everybody else.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2)")]
    async fn month_statements(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, MonthStatement>> {
        let list = format!("month-statements-{}", branch_id.0);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let Some(branch) = in_care(gql, branch_id.0).await? else { return Ok(Connection::new(false, false)) };
        let slice = store::of_branch(&ctx(gql).db.conn, branch.id, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| row.month, MonthStatement))
    }

    /// The month that a branch signs next. For its officers and those above, null for everybody else.
    async fn month_to_sign(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
    ) -> Result<Option<MonthToSign>> {
        let Some(branch) = in_care(gql, branch_id.0).await? else { return Ok(None) };
        let standing = store::standing(&ctx(gql).db.conn, &branch).await.map_err(Fault::from)?;
        Ok(Some(MonthToSign { month: rules::to_sign(&standing, ctx(gql).now()), branch }))
    }

    /// What a branch had published of a month's service by the end of a day: the same whenever it is asked. Null when the month
    /// was not signed by then, and for who is no officer of the branch or of one above.
    async fn published_month(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "Any day of the month.")] month: Date,
        #[graphql(desc = "The day by whose end it was published; today by default.")] as_of: Option<Date>,
    ) -> Result<Option<PublishedMonth>> {
        let (ctx, month) = (ctx(gql), rules::month_of(month.0));
        let Some(branch) = in_care(gql, branch_id.0).await? else { return Ok(None) };
        let (_, before) = day_bounds(as_of.map_or(civil_day(ctx.now()), |day| day.0));
        let signed = store::signed_before(&ctx.db.conn, branch.id, month, before).await.map_err(Fault::from)?;
        let Some(signed) = signed else { return Ok(None) };
        let sums = store::published(&ctx.db.conn, branch.id, month, before).await.map_err(Fault::from)?;
        let minutes = Minutes(sums.iter().map(|sum| sum.minutes).sum());
        let figures =
            sums.iter().map(|sum| MonthFigures::of(sum.service_month, sum.book, sum.minutes, sum.records)).collect();
        Ok(Some(PublishedMonth { signed_at: signed.signed_at, figures, minutes }))
    }
}

#[derive(Default)]
pub struct StatementsMutation;

#[Object]
impl StatementsMutation {
    /// 签报: signs a month of a branch: the service of its own teams that is confirmed by now, and what the branches directly below
    /// have signed, all of which have to sign before, or have nothing to. A month that is over, each in its turn, those without
    /// service too. Whatever changes afterwards is an adjustment in the next one.
    async fn sign_month(&self, gql: &Context<'_>, input: SignMonthInput) -> Result<SignMonthPayload> {
        let ctx = ctx(gql);
        let signed = service::sign(ctx, input.branch_id.0, rules::month_of(input.month.0)).await;
        let (statement, errors) = settle(ctx, signed, SignMonthError::new)?;
        Ok(SignMonthPayload { statement: statement.map(MonthStatement), errors })
    }
}
