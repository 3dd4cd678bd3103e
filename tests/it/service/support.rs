//! What the stories of this book begin with.

use boai::platform::node::decode;
use boai_entity::{Instant, attendance_attempt, ids::VolunteerId, ledger_entry};
use boai_tests::{Person, Posted, Town, at};
pub use boai_tests::{keep_signed_in, process::program};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use uuid::Uuid;

/// A shift at the place from 08:00 to 12:00, its leader, and Ling, who has a seat. It is 07:00.
pub struct Scene<'t> {
    pub leader: Person<'t>,
    pub ling: Person<'t>,
    pub posted: Posted,
}

impl Scene<'_> {
    pub fn shift(&self) -> &str {
        self.posted.shift()
    }
}

pub async fn scene(town: &Town) -> Scene<'_> {
    scene_of(town, at("08:00"), at("12:00"), json!({})).await
}

/// The same with another time, and with what is given over the usual input of the activity.
pub async fn scene_of(town: &Town, from: Instant, to: Instant, given: Value) -> Scene<'_> {
    let leader = town.leader("Li").await;
    let ling = town.volunteer("Ling").await;
    let posted = leader.post_activity(from, to, 8, given).await;
    ling.sign_up(posted.shift()).await.fine();
    keep_signed_in(town).await;
    Scene { leader, ling, posted }
}

/// Checks in at one moment and out at another, at the place. The attendance's global id.
pub async fn serve(person: &Person<'_>, shift: &str, from: Instant, to: Instant) -> String {
    person.town.clock.set(from);
    person.check_in(shift, 20.0).await.fine();
    person.town.clock.set(to);
    person.check_out(20.0).await.fine().text("/checkOut/attendance/id")
}

/// `CORRECT` as an item of `confirmHours`.
pub fn correction(attendance: &str, from: Instant, to: Instant, reason: &str) -> Value {
    json!({
        "attendanceId": attendance, "decision": "CORRECT", "servedFrom": from, "servedTo": to, "reason": reason,
    })
}

/// `REJECT` as an item of `confirmHours`.
pub fn rejection(attendance: &str, reason: &str) -> Value {
    json!({ "attendanceId": attendance, "decision": "REJECT", "reason": reason })
}

/// The UUID inside a global id.
pub fn key(global_id: &str) -> Uuid {
    let (_, key) = decode(global_id).expect("a global id");
    key.parse().expect("a UUID")
}

/// The id of nothing.
pub const NOTHING: Uuid = Uuid::from_u128(7);

pub async fn volunteer_key(person: &Person<'_>) -> VolunteerId {
    VolunteerId(key(&person.volunteer_id().await))
}

/// The refused tries that were kept; those of one moment in no order.
pub async fn attempts(town: &Town) -> Vec<attendance_attempt::Model> {
    let kept = attendance_attempt::Entity::find().order_by_asc(attendance_attempt::Column::Id);
    kept.all(&town.app.db.conn).await.expect("the tries are read")
}

/// Somebody's ledger, from its first entry on.
pub async fn ledger(town: &Town, volunteer: VolunteerId) -> Vec<ledger_entry::Model> {
    let entries = ledger_entry::Entity::find().filter(ledger_entry::Column::VolunteerId.eq(volunteer));
    entries.order_by_asc(ledger_entry::Column::Seq).all(&town.app.db.conn).await.expect("the ledger is read")
}

/// Nobody is or was anywhere, and no request led to anything.
pub async fn nobody_came(town: &Town) {
    for table in ["attendance", "service_record", "ledger_entry", "request_effect"] {
        assert_eq!(town.rows(table).await, 0, "{table}");
    }
}
