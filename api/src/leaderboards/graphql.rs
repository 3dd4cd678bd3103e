//! Boards as a phone shows them.

use async_graphql::{Context, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    ids::{BranchId, TeamId},
    kinds::Category,
};

use super::{
    rules::{Among, Board, Period},
    service::{self, Placed},
};
use crate::{
    graphql::{ctx, load},
    organisation::loaders::{BranchById, TeamById},
    people::rules::masked,
    platform::{
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        scalars::Minutes,
    },
};

/// 排行榜: who served most, by confirmed service time. It moves with the ledger: a correction shows at once.
pub struct Leaderboard {
    board: Board,
    /// Its name, for cursors.
    list: String,
}

/// 排行榜: who served most, by confirmed service time. It moves with the ledger: a correction shows at once.
#[Object]
impl Leaderboard {
    /// Those who agreed to be shown (`LEADERBOARD` of `consentTexts`), most time first, with their ranks among all: the ranks of who is not
    /// shown are left out.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 3)")]
    async fn places(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, LeaderboardPlace>> {
        let ctx = ctx(gql);
        let page = Page::read(&self.list, PageArgs { first, after, last, before })?;
        let me = ctx.actor.as_ref().and_then(|actor| actor.volunteer);
        let slice = service::places(ctx, &self.board, &page).await?;
        let key = |placed: &Placed| (placed.listed.minutes, placed.listed.volunteer_id.0);
        Ok(slice.connection(&self.list, key, |Placed { rank, listed }| LeaderboardPlace {
            rank,
            name: masked(&listed.name),
            minutes: Minutes(listed.minutes.into()),
            is_me: me == Some(listed.volunteer_id),
        }))
    }

    /// Where you stand among all volunteers of the board, whether or not others see you there. Null without confirmed time on it.
    #[graphql(complexity = "2 + child_complexity")]
    async fn mine(&self, gql: &Context<'_>) -> Result<Option<MyLeaderboardPlace>> {
        let mine = service::mine(ctx(gql), &self.board).await?;
        Ok(mine.map(|mine| MyLeaderboardPlace {
            rank: mine.rank,
            minutes: Minutes(mine.minutes.into()),
            shown: mine.seen,
        }))
    }
}

/// Somebody on a board.
#[derive(SimpleObject)]
pub struct LeaderboardPlace {
    /// 1 for who has most; who has as much shares a rank, and the ranks after it are left out: 1, 2, 2, 4.
    rank: i64,
    /// 隐去部分的姓名: parts of the name are hidden.
    name: String,
    /// Confirmed service time on this board.
    minutes: Minutes,
    /// Whether it is you.
    #[graphql(name = "isMe")]
    is_me: bool,
}

/// Where you stand on a board.
#[derive(SimpleObject)]
struct MyLeaderboardPlace {
    /// Among all volunteers of the board; who has as much shares a rank.
    rank: i64,
    /// Confirmed service time on this board.
    minutes: Minutes,
    /// Whether others see you here: you agreed to it (`LEADERBOARD`), and under 18 your guardian agrees that you serve.
    shown: bool,
}

#[derive(Default)]
pub struct LeaderboardQuery;

#[Object]
impl LeaderboardQuery {
    /// 排行榜 of a branch or of a team, for whoever is signed in; null for others, and when there is no such branch or team. Volunteers count for the
    /// branch of the division where they live and for every one above; for the branch of a school or a firm as members of its
    /// teams; for a team with what they served in its activities. Of all time without `year`, of a year without `month`: by the
    /// civil day (Asia/Shanghai) on which service began.
    #[graphql(complexity = "2 + child_complexity")]
    async fn leaderboard(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch; or give `teamId`.")] branch_id: Option<GlobalId<BranchId>>,
        #[graphql(desc = "A team; or give `branchId`.")] team_id: Option<GlobalId<TeamId>>,
        #[graphql(desc = "Only what activities were about this; everything when left out.")] category: Option<Category>,
        #[graphql(desc = "A calendar year (Asia/Shanghai), 1900 to 2999.")] year: Option<i32>,
        #[graphql(desc = "A month of it, 1 to 12.")] month: Option<i32>,
    ) -> Result<Option<Leaderboard>> {
        let period = Period::read(year, month);
        let period = period.ok_or_else(|| {
            Fault::bad_input(
                "`year` lies between 1900 and 2999, and `month` between 1 and 12; `month` goes with `year`.",
            )
        })?;
        let among = match (branch_id, team_id) {
            (Some(branch), None) => load(gql, BranchById(branch.0)).await?.map(|branch| Among::branch(&branch.path)),
            (None, Some(team)) => load(gql, TeamById(team.0)).await?.map(|team| Among::Team(team.id)),
            _ => return Err(Fault::bad_input("Give either `branchId` or `teamId`.").into()),
        };
        let whose = branch_id.map(|it| it.0.0).or(team_id.map(|it| it.0.0)).unwrap_or_default();
        let category_word = category.map(Category::as_str).unwrap_or_default();
        let list = format!("leaderboard-{whose}-{category_word}-{}", period.0);
        let among = among.filter(|_| ctx(gql).actor.is_some());
        Ok(among.map(|among| Leaderboard { board: Board { among, category, period }, list }))
    }
}
