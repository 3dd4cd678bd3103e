//! What a leader is proposed for a check-out that was forgotten.

use boai_entity::{
    Instant,
    ids::AttendanceId,
    review_item::Details,
    review_kinds::{ProposalBasis, ReviewKind},
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{rules::proposed_end, store};
use crate::{
    ctx::Ctx,
    places::geodesy::Point,
    reviews::{self, Raised},
};

/// Puts a forgotten check-out before the leader, with the end that is the likeliest; false when there is nothing to ask, or it was
/// asked already.
pub async fn raise(ctx: &Ctx, tx: &impl ConnectionTrait, id: AttendanceId) -> Result<bool, DbErr> {
    let Some(facts) = store::forgotten_facts(tx, id).await? else { return Ok(false) };
    let proof = last_proof(tx, &facts).await?;
    let stay = (facts.checked_in_at.max(facts.starts_at), facts.ends_at);
    let (to, basis) = match proposed_end(stay, proof) {
        Some(seen) => (seen, ProposalBasis::LastProof),
        None => (facts.ends_at, ProposalBasis::ShiftEnd),
    };
    let raised = Raised {
        kind: ReviewKind::ForgottenCheckOut,
        subject: id.to_string(),
        team: facts.team_id,
        activity: facts.activity_id,
        shift: Some(facts.shift_id),
        volunteer: Some(facts.volunteer_id),
        attendance: Some(id),
        details: Details { from: Some(stay.0), to: Some(to), basis: Some(basis), ..Details::default() },
        reason: None,
        policy: Some(facts.policy_id),
        officers_only: false,
    };
    Ok(reviews::raise(ctx, tx, raised).await?.is_some())
}

/// When the volunteer was last at the place for certain: proved it when the leader asked, or tried to check out there, and was
/// refused for something else.
async fn last_proof(tx: &impl ConnectionTrait, facts: &store::ForgottenFacts) -> Result<Option<Instant>, DbErr> {
    let place = Point::wgs84(facts.latitude, facts.longitude).map_err(|error| DbErr::Custom(error.to_string()))?;
    let tries = store::located_tries(tx, facts.volunteer_id, facts.shift_id, facts.checked_in_at).await?;
    let inside = |tried: &&store::LocatedTry| {
        let point = Point::wgs84(tried.latitude, tried.longitude);
        point.is_ok_and(|point| point.distance_m(place) <= f64::from(facts.radius_m))
    };
    Ok(tries.iter().find(inside).map(|tried| tried.fixed_at).max(facts.proved_at))
}
