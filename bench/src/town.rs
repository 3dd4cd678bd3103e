//! What is measured on: a town with one large shift that runs now, and a crowd with seats in it.

use boai::platform::{clock::Clock, db};
use boai_entity::{
    ids::{ShiftId, SignUpId, VolunteerId},
    kinds::SignUpState,
    sign_up,
};
use boai_tests::{Town, insert_all};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, FromQueryResult};
use tempfile::TempDir;

/// A database without a server, and who is in it.
pub struct Prepared {
    /// PostgreSQL; none is the SQLite file in the folder.
    pub database_url: Option<String>,
    pub folder: TempDir,
    /// The shift's global id.
    pub shift: String,
    /// Access tokens of volunteers with a seat who have not come yet.
    pub tokens: Vec<String>,
}

/// Prepares so many volunteers. The town lives in a runtime of its own, whose jobs end with it.
pub fn prepare(postgres: bool, volunteers: usize) -> Prepared {
    let runtime = tokio::runtime::Runtime::new().expect("threads to run on");
    runtime.block_on(async {
        let town = if postgres { Town::on_postgres().await } else { Town::on_sqlite().await };
        let prepared = fill(&town, volunteers).await;
        town.app.db.conn.clone().close().await.expect("the database closes");
        prepared
    })
}

async fn fill(town: &Town, volunteers: usize) -> Prepared {
    let now = Clock::system().now();
    town.clock.set(now);
    let leader = town.leader("李芳").await;
    let hour = TimeDelta::hours(1);
    let posted = leader.post_activity(now - hour, now + hour * 3, 1, serde_json::json!({})).await;
    let crowd = town.crowd(volunteers).await;
    let tokens = crowd.into_iter().filter_map(|person| person.access_token).collect();
    let (_, key) = boai::platform::node::decode(posted.shift()).expect("a global id");
    seat_everybody(town, ShiftId(key.parse().expect("a UUID")), volunteers).await;
    let folder = tempfile::tempdir().expect("a folder");
    let database_url = town.app.config.database_url.clone().map(|url| url.0);
    if database_url.is_none() {
        let copy = format!("VACUUM INTO '{}'", folder.path().join("boai.sqlite").display());
        town.app.db.conn.execute_unprepared(&copy).await.expect("the database is copied");
        let keys = town.app.config.data_dir.join("vault.keys");
        std::fs::copy(keys, folder.path().join("vault.keys")).expect("its keys are copied");
    }
    Prepared { database_url, folder, shift: posted.shift().into(), tokens }
}

async fn seat_everybody(town: &Town, shift: ShiftId, volunteers: usize) {
    #[derive(FromQueryResult)]
    struct Row {
        id: VolunteerId,
    }
    let conn = &town.app.db.conn;
    let now = town.clock.now();
    let crowd: Vec<Row> =
        db::all(conn, "SELECT id FROM volunteer WHERE number LIKE '1999%'", []).await.expect("the crowd is read");
    let seats = i32::try_from(volunteers).expect("a crowd of thousands");
    let room = "UPDATE shift SET capacity = $1, taken = $1 WHERE id = $2";
    db::run(conn, room, [seats.into(), shift.into()]).await.expect("the shift has room");
    let seat = |row: Row| sign_up::Model {
        id: SignUpId(town.app.random.uuid(now)),
        shift_id: shift,
        post_id: None,
        volunteer_id: row.id,
        state: SignUpState::Seated,
        signed_up_at: now,
        changed_at: now,
    };
    insert_all::<sign_up::Entity, _>(conn, crowd.into_iter().map(seat).collect()).await;
}
