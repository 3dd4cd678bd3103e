//! What the stories of this book begin with.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use boai::{
    ctx::Ctx,
    platform::{db::run, node::decode},
    proof::service::{Made, make_root},
};
use boai_entity::{Instant, ids::VolunteerId, ledger_entry};
use boai_tests::{Person, Posted, Town, at, keep_signed_in};
use ring::signature::{ED25519, UnparsedPublicKey};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

/// A shift at the place from 08:00 to 12:00, its leader, and two volunteers who have a seat. It is 07:00.
pub struct Scene<'t> {
    pub leader: Person<'t>,
    pub ling: Person<'t>,
    pub mei: Person<'t>,
    pub posted: Posted,
}

pub async fn scene(town: &Town) -> Scene<'_> {
    let leader = town.leader("Li").await;
    let (ling, mei) = (town.volunteer("欧阳玲").await, town.volunteer("王梅").await);
    let posted = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
    ling.sign_up(posted.shift()).await.fine();
    mei.sign_up(posted.shift()).await.fine();
    keep_signed_in(town).await;
    Scene { leader, ling, mei, posted }
}

/// Checks in at one moment and out at another, at the place; the leader confirms. The attendance's global id.
pub async fn served(scene: &Scene<'_>, person: &Person<'_>, from: Instant, to: Instant) -> String {
    person.town.clock.set(from);
    person.check_in(scene.posted.shift(), 20.0).await.fine();
    person.town.clock.set(to);
    let stay = person.check_out(20.0).await.fine().text("/checkOut/attendance/id");
    scene.leader.confirm(&stay).await.fine();
    stay
}

/// Ling served twice and Mei once, all of it confirmed: six entries in two chains.
pub async fn books(town: &Town) -> Scene<'_> {
    let scene = scene(town).await;
    served(&scene, &scene.ling, at("08:00"), at("09:00")).await;
    served(&scene, &scene.mei, at("09:00"), at("10:00")).await;
    served(&scene, &scene.ling, at("10:00"), at("11:00")).await;
    town.audit().await;
    scene
}

/// The same, under the root of the day.
pub async fn signed_books(town: &Town) -> Scene<'_> {
    let scene = books(town).await;
    town.clock.set(at("+1 01:00"));
    assert!(matches!(root(town).await, Made::Root(_)));
    town.audit().await;
    scene
}

/// The job has its turn.
pub async fn root(town: &Town) -> Made {
    make_root(&Ctx::system(town.app.clone(), "make-roots")).await.expect("the job runs")
}

pub async fn volunteer_key(person: &Person<'_>) -> VolunteerId {
    let (_, key) = decode(&person.volunteer_id().await).expect("a global id");
    VolunteerId(key.parse().expect("a UUID"))
}

/// Somebody's ledger, from its first entry on.
pub async fn ledger(town: &Town, volunteer: VolunteerId) -> Vec<ledger_entry::Model> {
    let entries = ledger_entry::Entity::find().filter(ledger_entry::Column::VolunteerId.eq(volunteer));
    entries.order_by_asc(ledger_entry::Column::Seq).all(&town.app.db.conn).await.expect("the ledger is read")
}

/// What somebody with the database's password can do.
pub async fn drop_the_triggers(town: &Town, table: &str) {
    let conn = &town.app.db.conn;
    let statements = match conn.get_database_backend() {
        DbBackend::Sqlite => {
            [format!("DROP TRIGGER {table}_no_UPDATE"), format!("DROP TRIGGER {table}_no_DELETE")].to_vec()
        }
        _ => vec![format!("DROP TRIGGER {table}_append_only ON {table}")],
    };
    for statement in statements {
        conn.execute_unprepared(&statement).await.expect("the trigger goes");
    }
}

/// The same to one volunteer's rows, who is `$1`.
pub async fn edit(town: &Town, statement: &str, volunteer: VolunteerId) {
    let values = statement.contains("$1").then(|| volunteer.into());
    let touched = run(&town.app.db.conn, statement, values).await.expect("the edit goes in");
    assert!(touched > 0, "{statement}");
}

/// What anybody reads at an address of the server.
pub async fn get(town: &Town, path: &str) -> Value {
    let answer = town.http.get(format!("{}{path}", town.url)).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON")
}

/// Whether the published key of this name signed this.
pub async fn is_signed(town: &Town, key: &str, message: &[u8], signature: &[u8]) -> bool {
    let keys = get(town, "/keys").await;
    let published = keys["keys"].as_array().expect("a list").iter().find(|one| one["kid"] == key).cloned();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(published.expect("it is published")["x"].as_str().expect("a text"));
    UnparsedPublicKey::new(&ED25519, bytes.expect("base64")).verify(message, signature).is_ok()
}
