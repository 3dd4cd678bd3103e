//! Refused check-ins, check-outs and answers in between: kept, so that the volunteer can show that they were there.

use boai_entity::{
    Instant, attendance_attempt,
    ids::{AttendanceAttemptId, PersonId, ShiftId, VolunteerId},
    presence_kinds::ProofKind,
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{stay::Fix, store};
use crate::{ctx::Ctx, platform::refusal::Refusal};

/// Who tried to prove what, where and when.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    pub volunteer: VolunteerId,
    /// Whose consent to the use of the location decides what of it is kept.
    pub person: PersonId,
    pub shift: Option<ShiftId>,
    pub what: ProofKind,
    pub at: Instant,
    pub fix: Option<Fix>,
}

/// Keeps a refused try, whatever it was refused for; of the location nothing is kept without the consent to use it (PIPL,
/// art. 29).
pub async fn keep<R: Refusal<Code: std::fmt::Debug>>(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    tried: Tried,
    refusal: &R,
) -> Result<(), DbErr> {
    let consent = tried.fix.is_some() && store::location_consent(db, tried.person).await?;
    let fix = tried.fix.filter(|_| consent);
    let distance = refusal.numbers().into_iter().find(|number| number.name == "distanceMetres");
    let row = attendance_attempt::Model {
        id: AttendanceAttemptId(ctx.new_id()),
        volunteer_id: tried.volunteer,
        shift_id: tried.shift,
        end_kind: tried.what,
        tried_at: tried.at,
        fixed_at: fix.map(|fix| fix.fixed_at),
        latitude: fix.map(|fix| fix.point.latitude()),
        longitude: fix.map(|fix| fix.point.longitude()),
        accuracy_m: fix.map(|fix| fix.accuracy_m),
        distance_m: distance.map(|number| number.value),
        refusal: format!("{:?}", refusal.code()),
    };
    store::keep_attempt(db, row).await
}
