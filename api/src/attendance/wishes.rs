//! What clients' request ids stand for: the same id again gives the same attendance again, however it comes.

use boai_entity::{
    Instant, attendance,
    ids::{AttendanceId, PersonId, ShiftId},
    request_effect,
};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::store;

/// What a client's request id stands for.
pub struct Wish {
    person: PersonId,
    request_id: Uuid,
    operation: &'static str,
    asked: String,
}

impl Wish {
    pub fn check_in(person: PersonId, request_id: Uuid, shift: ShiftId) -> Self {
        Self { person, request_id, operation: "checkIn", asked: shift.to_string() }
    }

    /// Out of wherever the volunteer is.
    pub fn check_out(person: PersonId, request_id: Uuid) -> Self {
        Self { person, request_id, operation: "checkOut", asked: String::new() }
    }

    /// Whether this is what came of it.
    pub fn is(&self, effect: &request_effect::Model) -> bool {
        effect.operation == self.operation && effect.asked == self.asked
    }

    /// Of other doors: whatever else is asked must be in `asked`.
    pub fn of(person: PersonId, request_id: Uuid, operation: &'static str, asked: String) -> Self {
        Self { person, request_id, operation, asked }
    }
}

pub enum Earlier {
    None,
    Same(Box<attendance::Model>),
    Other,
}

/// What the request id led to already. Whoever asks holds the volunteer's row, or two repeats may both find nothing.
pub async fn earlier(tx: &impl ConnectionTrait, wish: &Wish) -> Result<Earlier, DbErr> {
    let Some(effect) = store::effect(tx, wish.person, wish.request_id).await? else { return Ok(Earlier::None) };
    if !wish.is(&effect) {
        return Ok(Earlier::Other);
    }
    let attendance = store::attendance(tx, AttendanceId(effect.subject_id)).await?;
    Ok(attendance.map_or(Earlier::Other, |attendance| Earlier::Same(Box::new(attendance))))
}

/// Whether a request id that led to no attendance stands for this wish all the same: it came in with a batch, and a person looks
/// at it.
pub async fn waits(tx: &impl ConnectionTrait, wish: &Wish) -> Result<bool, DbErr> {
    Ok(store::effect(tx, wish.person, wish.request_id).await?.is_some_and(|effect| wish.is(&effect)))
}

pub async fn keep(tx: &impl ConnectionTrait, wish: Wish, subject: AttendanceId, now: Instant) -> Result<(), DbErr> {
    let effect = request_effect::Model {
        person_id: wish.person,
        request_id: wish.request_id,
        operation: wish.operation.into(),
        asked: wish.asked,
        subject_id: subject.0,
        made_at: now,
    };
    store::keep_effect(tx, effect).await
}
