//! Being shown on boards or not, and reading them.

use boai_entity::{consent, ids::VolunteerId, kinds::ConsentKind};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{
    rules::{Board, of_age_since, ranks},
    store::{self, Listed},
};
use crate::{
    ctx::Ctx,
    people::{
        self,
        rules::{ConsentRefusal, OF_AGE},
    },
    platform::{
        civil::civil_day,
        errors::Fault,
        pages::{Page, Slice},
        refusal::{OrFault, Stop},
    },
};

/// Agrees to be shown on boards, with the version of the text that was read.
pub async fn agree(ctx: &Ctx, version: &str) -> Result<Vec<consent::Model>, Stop<ConsentRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    show(ctx, &tx, true).await.or_fault()?;
    let consents = people::service::give_in(ctx, &tx, ConsentKind::Leaderboard, version).await?;
    tx.commit().await.or_fault()?;
    Ok(consents)
}

/// Takes that back: from the commit on nobody else sees it.
pub async fn withdraw(ctx: &Ctx) -> Result<Vec<consent::Model>, Stop<ConsentRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    show(ctx, &tx, false).await.or_fault()?;
    let consents = people::service::withdraw_in(ctx, &tx, ConsentKind::Leaderboard).await?;
    tx.commit().await.or_fault()?;
    Ok(consents)
}

/// The volunteer's row is held, so that a standing that is booked meanwhile is shown as the consent has it afterwards.
async fn show(ctx: &Ctx, tx: &impl ConnectionTrait, shown: bool) -> Result<(), Fault> {
    let Some(volunteer) = ctx.actor()?.volunteer else { return Ok(()) };
    people::store::lock(tx, volunteer).await?;
    Ok(store::set_shown(tx, volunteer, shown).await?)
}

/// The same for a child whose guardian takes the consent back; the volunteer's row is held.
pub async fn hide(tx: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<(), Fault> {
    Ok(store::set_shown(tx, volunteer, false).await?)
}

/// A volunteer on a board, with the rank among all.
pub struct Placed {
    pub rank: i64,
    pub listed: Listed,
}

/// Whom a board shows, with ranks among all of it, as it is at one moment.
pub async fn places(ctx: &Ctx, board: &Board, page: &Page<(i32, Uuid)>) -> Result<Slice<Placed>, Fault> {
    let tx = ctx.db.snapshot().await?;
    let since = of_age_since(civil_day(ctx.now()), OF_AGE);
    let Slice { rows, has_previous, has_next } = store::listed(&tx, board, since, page).await?;
    let minutes: Vec<i32> = rows.iter().map(|row| row.minutes).collect();
    let placed = match (minutes.first(), minutes.last()) {
        (Some(most), Some(least)) => {
            let first = 1 + store::above(&tx, board, *most).await?;
            let between = store::between(&tx, board, *least, *most).await?;
            ranks(first, &between, &minutes)
        }
        _ => Vec::new(),
    };
    let rows = placed.into_iter().zip(rows).map(|(rank, listed)| Placed { rank, listed }).collect();
    Ok(Slice { rows, has_previous, has_next })
}

/// Where the caller stands.
pub struct Mine {
    pub rank: i64,
    pub minutes: i32,
    pub seen: bool,
}

/// The caller's own place among all, shown or not; none without a minute on the board.
pub async fn mine(ctx: &Ctx, board: &Board) -> Result<Option<Mine>, Fault> {
    let Some(volunteer) = ctx.actor()?.volunteer else { return Ok(None) };
    let tx = ctx.db.snapshot().await?;
    let since = of_age_since(civil_day(ctx.now()), OF_AGE);
    let Some(own) = store::own(&tx, board, since, volunteer).await? else { return Ok(None) };
    let rank = 1 + store::above(&tx, board, own.minutes).await?;
    Ok(Some(Mine { rank, minutes: own.minutes, seen: own.seen }))
}
