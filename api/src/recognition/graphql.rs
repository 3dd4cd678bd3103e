//! Stars and badges, as eligibility.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use boai_entity::{ids::VolunteerId, star_scheme};

use super::{
    rules::{NextStar, StarProgress},
    service::{self, Stars},
};
use crate::{
    awards,
    explanations::graphql::{Explanation, star::of_stars},
    graphql::ctx,
    organisation::rules::is_code,
    platform::{errors::Fault, lang::Lang, pages::STATEMENT, scalars::Minutes, wire::price::list},
};

pub mod badges;
pub mod words;

/// 星级: what the ledger makes you eligible for, and what a branch has awarded: that is an act of its own.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct StarStanding {
    #[graphql(skip)]
    whose: Option<VolunteerId>,
    #[graphql(skip)]
    scheme: star_scheme::Model,
    #[graphql(skip)]
    progress: StarProgress,
    /// What the hours make you eligible for: 0 to 5.
    star: i32,
    /// The highest star that a branch has awarded you and not revoked: 0 to 5.
    awarded: i32,
    /// Confirmed service time.
    confirmed: Minutes,
    /// Null with five stars.
    next: Option<NextStarStanding>,
    /// Version of the scheme in force.
    scheme_version: i32,
    /// Minutes that each star takes, from the first on; reaching the number is enough.
    thresholds: Vec<Minutes>,
    /// Every condition of the next star, met or missing.
    conditions: Vec<StarCondition>,
}

#[ComplexObject]
impl StarStanding {
    /// 为什么: the hours, the version of the scheme, and the newest records that count.
    #[graphql(complexity = "list(1, child_complexity, 2 * STATEMENT)")]
    async fn explanation(&self, gql: &Context<'_>) -> Result<Explanation> {
        of_stars(gql, self.whose, &self.scheme, (self.confirmed.0, self.progress)).await
    }
}

/// The next star.
#[derive(SimpleObject)]
struct NextStarStanding {
    /// Its number.
    star: i32,
    /// Confirmed service time that it takes in all.
    threshold: Minutes,
    /// Confirmed service time still needed.
    missing: Minutes,
}

/// A condition, met or missing.
#[derive(SimpleObject)]
struct StarCondition {
    /// In the caller's language.
    text: String,
    /// Whether you meet it now.
    met: bool,
}

pub async fn my_stars(gql: &Context<'_>, volunteer: Option<VolunteerId>) -> Result<StarStanding> {
    let ctx = ctx(gql);
    let Stars { scheme, confirmed, progress, awarded } = service::stars(ctx, volunteer).await?;
    let (star, next) = (progress.star, progress.next);
    let conditions = next.iter().map(|next| condition(next, confirmed, ctx.lang)).collect();
    Ok(StarStanding {
        whose: volunteer,
        progress,
        star,
        awarded,
        confirmed: Minutes(confirmed),
        next: next.map(|next| NextStarStanding {
            star: next.star,
            threshold: Minutes(next.threshold_minutes),
            missing: Minutes(next.missing_minutes),
        }),
        scheme_version: scheme.version,
        thresholds: scheme.thresholds.0.iter().map(|minutes| Minutes(*minutes)).collect(),
        conditions,
        scheme,
    })
}

fn condition(next: &NextStar, confirmed: i64, lang: Lang) -> StarCondition {
    let hours = next.threshold_minutes / 60;
    let (given_h, given_m) = (confirmed / 60, confirmed % 60);
    let text = match lang {
        Lang::En => format!("{hours} h of confirmed service ({given_h} h {given_m} min so far)"),
        Lang::Zh => format!("已确认的服务时间满 {hours} 小时(目前 {given_h} 小时 {given_m} 分钟)"),
    };
    StarCondition { text, met: next.missing_minutes == 0 }
}

/// A star and the minutes that it takes.
#[derive(SimpleObject)]
struct StarThreshold {
    /// 1 to 5.
    star: i32,
    /// Confirmed service time that it takes.
    threshold: Minutes,
}

#[derive(Default)]
pub struct RecognitionQuery;

#[Object]
impl RecognitionQuery {
    /// The star scheme in force where you live: what each star takes. For who is no volunteer, the one to begin with.
    async fn star_scheme(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A province by its code of 2 digits, or any place in it: the scheme in force there.")]
        division_code: Option<String>,
    ) -> Result<Vec<StarThreshold>> {
        let ctx = ctx(gql);
        let (db, now) = (&ctx.db.conn, ctx.now());
        let volunteer = ctx.actor.as_ref().and_then(|actor| actor.volunteer);
        let scheme = match (division_code, volunteer) {
            (Some(code), _) if is_code(&code) => awards::store::star_scheme_at(db, &code, now).await,
            (Some(_), _) => return Err(Fault::bad_input("`divisionCode` is made of digits: 2 for a province.").into()),
            (None, Some(volunteer)) => awards::store::star_scheme_of(db, volunteer, now).await,
            (None, None) => awards::store::star_scheme_at(db, "", now).await,
        };
        let scheme = scheme.map_err(Fault::from)?;
        let star = |(star, minutes): (i32, &i64)| StarThreshold { star, threshold: Minutes(*minutes) };
        Ok((1..).zip(&scheme.thresholds.0).map(star).collect())
    }
}
