//! Two instances, and the same volunteers who do everything at once at both.

use boai::platform::{clock::Clock, db, db::Db};
use boai_tests::{
    Answer, Town, keep_signed_in,
    process::{Ground, Phone, request_id},
};
use chrono::TimeDelta;
use futures_util::{StreamExt, future::join_all, stream};
use sea_orm::FromQueryResult;
use serde_json::json;

use crate::{among_others, crowd::started, size};

/// Requests under way at once.
const AT_ONCE: usize = 48;

async fn sign_up(phone: &Phone, url: &str, shift: &str) -> Answer {
    let document = "mutation($shift: ID!) { signUpForShift(input: { shiftId: $shift }) {
        signUp { id state } errors { code } } }";
    phone.ask(url, document, json!({ "shift": shift })).await
}

async fn count(db: &Db, from: &str) -> i64 {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let found: Option<Count> =
        db::one(&db.conn, format!("SELECT COUNT(*) AS count FROM {from}"), []).await.expect("rows");
    found.expect("a number").count
}

/// The invariants, as the database has them.
async fn hold(db: &Db) {
    let broken = [
        "shift WHERE taken > capacity",
        "shift s WHERE s.taken <> (SELECT COUNT(*) FROM sign_up u WHERE u.shift_id = s.id AND u.state = 'SEATED')",
        "shift s WHERE s.taken < s.capacity AND EXISTS
             (SELECT 1 FROM sign_up u WHERE u.shift_id = s.id AND u.state = 'WAITING')",
        "sign_up u JOIN shift s ON s.id = u.shift_id JOIN sign_up w ON w.volunteer_id = u.volunteer_id AND w.id > u.id
         JOIN shift t ON t.id = w.shift_id WHERE u.state IN ('SEATED', 'WAITING') AND w.state IN ('SEATED', 'WAITING')
         AND s.starts_at < t.ends_at AND t.starts_at < s.ends_at",
        "(SELECT volunteer_id FROM attendance WHERE state = 'OPEN' GROUP BY volunteer_id HAVING COUNT(*) > 1) twice",
        "(SELECT subject_id FROM request_effect WHERE operation = 'checkIn' GROUP BY subject_id
          HAVING COUNT(*) > 1) twice",
        "attendance o WHERE NOT EXISTS
             (SELECT 1 FROM request_effect e WHERE e.subject_id = o.id AND e.operation = 'checkIn')",
        "attendance o WHERE o.state = 'CLOSED'
             AND 1 <> (SELECT COUNT(*) FROM service_record r WHERE r.attendance_id = o.id)",
    ];
    for broken in broken {
        assert_eq!(count(db, broken).await, 0, "{broken}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_volunteers_do_everything_at_once_at_two_instances() {
    let _machine = among_others().await;
    let people = size(60, 200);
    let seats = people * 2 / 5;
    let settle = async move |town: &Town| {
        let now = Clock::system().now();
        town.clock.set(now);
        let leader = town.leader("Li").await;
        let minutes = TimeDelta::minutes;
        let mut shifts = Vec::new();
        // Two that overlap and have too few seats, and one right after them with enough.
        for (from, to, seats) in [(-60, 10, seats), (-30, 10, seats), (10, 60, people)] {
            let capacity = i32::try_from(seats).expect("seats");
            let posted = leader.post_activity(now + minutes(from), now + minutes(to), capacity, json!({})).await;
            shifts.extend(posted.shifts);
        }
        let phones: Vec<Phone> = town.crowd(people).await.iter().map(Phone::of).collect();
        keep_signed_in(town).await;
        (shifts, phones)
    };
    let (ground, (shifts, phones)) = Ground::left_by(Town::on_postgres, settle).await;
    let redis = std::env::var("BOAI_TEST_REDIS_URL").expect("BOAI_TEST_REDIS_URL, as ./test.sh sets it");
    let prefix = request_id();
    let server = || {
        let mut command = ground.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("REDIS_URL", &redis).env("BOAI_REDIS_PREFIX", &prefix).env("BOAI_RATES__CHECK", "off");
        command
    };
    let ((_one, here), (_two, there)) = (started(server()).await, started(server()).await);
    let (here, there) = (here.as_str(), there.as_str());
    let db = Db::connect(ground.database_url.as_deref().expect("PostgreSQL"), 2).await.expect("the database opens");
    let mut requests = 0;

    // Everybody wants every seat, and asks both.
    let all = phones
        .iter()
        .flat_map(|phone| shifts.iter().flat_map(move |shift| [(phone, here, shift), (phone, there, shift)]));
    let signing_up = stream::iter(all).map(async |(phone, url, shift)| sign_up(phone, url, shift).await.payload());
    requests += signing_up.buffer_unordered(AT_ONCE).count().await;
    hold(&db).await;
    let seated = count(&db, "sign_up WHERE state = 'SEATED'").await;
    let places = count(&db, "sign_up WHERE state IN ('SEATED', 'WAITING')").await;
    assert_eq!(
        usize::try_from(places),
        Ok(2 * people),
        "each has a place at one of the two that overlap, and at the third"
    );

    // Everybody checks in wherever they may, with the same request at both; and out, and in, and out.
    for round in 0..3 {
        let everything = phones.iter().flat_map(|phone| {
            let ins = shifts.iter().map(move |shift| (phone, Some(shift)));
            ins.chain((round > 0).then_some((phone, None)))
        });
        let asking = stream::iter(everything).map(async |(phone, shift)| {
            let request = request_id();
            let at = async |url: &str| match shift {
                Some(shift) => phone.try_check_in(url, shift, &request).await.expect("the server answers"),
                None => phone.try_check_out(url, &request).await.expect("the server answers"),
            };
            let (one, two) = futures_util::join!(at(here), at(there));
            let (one, two) = (one.payload()["attendance"].clone(), two.payload()["attendance"].clone());
            // A check-out of which one half came too early finds nobody there: then the other half does it.
            assert!(one == two || one.is_null() || two.is_null(), "{one} {two}");
            2
        });
        requests += asking.buffer_unordered(AT_ONCE / 2).fold(0, async |sum, some| sum + some).await;
        hold(&db).await;
    }
    assert!(count(&db, "attendance WHERE state = 'OPEN'").await <= i64::try_from(people).expect("people"));
    assert!(count(&db, "attendance WHERE state = 'CLOSED'").await > 0);
    // And all who are in leave at both at once: each leaves once.
    let leaving = join_all(phones.iter().map(async |phone| {
        let request = request_id();
        let at = async |url: &str| phone.try_check_out(url, &request).await.expect("the server answers").payload();
        let (one, two) = futures_util::join!(at(here), at(there));
        assert_eq!(one, two);
    }));
    requests += 2 * leaving.await.len();
    hold(&db).await;
    assert_eq!(count(&db, "attendance WHERE state = 'OPEN'").await, 0);
    let stays = count(&db, "attendance").await;
    db.conn.close().await.expect("the connection closes");
    let audit = ground.command(&["audit"]).output().expect("boai runs");
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
    println!(
        "two instances, {people} volunteers: {requests} requests, 0 faults, {seated} seats, {stays} stays, 0 doubled"
    );
}
