//! Feeds that go on after a dropped connection: what was told in between comes, once.

use boai::platform::outbox::number_committed;
use boai_tests::{Person, Town, at, id, stories};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{
    socket::Feed,
    support::{correction, keep_signed_in, scene},
};

const BOARD: &str = "cursor present left changes { state volunteer { name } }";
const INBOX: &str = "cursor items { kind note }";
const QUEUE: &str = "cursor items { id kind state }";

async fn watch(person: &Person<'_>, shift: &str, after: Option<&Value>) -> Feed {
    let board = ("attendanceBoard", Some(("shiftId", "ID!", shift)));
    Feed::of(&person.town.url, person.access_token.as_deref(), board, after, BOARD).await
}

async fn inbox_of(person: &Person<'_>, after: Option<&Value>) -> Feed {
    Feed::of(&person.town.url, person.access_token.as_deref(), ("inbox", None), after, INBOX).await
}

async fn queue_of(person: &Person<'_>, team: &str, after: Option<&Value>) -> Feed {
    let queue = ("reviewQueue", Some(("teamId", "ID", team)));
    Feed::of(&person.town.url, person.access_token.as_deref(), queue, after, QUEUE).await
}

/// Items until so many changes have come.
async fn changes(feed: &mut Feed, list: &str, many: usize) -> (Vec<Value>, Value) {
    let mut changes = Vec::new();
    loop {
        let item = feed.item().await;
        changes.extend(item[list].as_array().expect("a list").iter().cloned());
        assert!(changes.len() <= many, "{changes:?}");
        if changes.len() == many {
            return (changes, item["cursor"].clone());
        }
    }
}

/// Has the relay number what was told: until then a feed does not know of it.
async fn numbered(town: &Town) {
    while number_committed(&town.app.db).await.expect("the database answers") > 0 {}
}

stories! {
    async fn a_board_that_lost_its_connection_is_handed_who_came_and_left_meanwhile(town: Town) {
        let scene = scene(&town).await;
        keep_signed_in(&town).await;
        town.clock.set(at("08:00"));
        let mut board = watch(&scene.leader, scene.shift(), None).await;
        let first = board.item().await;
        assert_eq!((&first["present"], &first["changes"]), (&json!(0), &json!([])));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        let (came, cursor) = changes(&mut board, "changes", 1).await;
        assert_eq!(came[0]["state"], "OPEN");
        drop(board);

        town.clock.set(at("09:00"));
        scene.ling.check_out(20.0).await.fine();
        numbered(&town).await;
        let mut board = watch(&scene.leader, scene.shift(), Some(&cursor)).await;
        let board_now = board.item().await;
        assert_eq!((&board_now["present"], &board_now["left"]), (&json!(0), &json!(1)));
        assert_eq!(board_now["changes"].as_array().map(Vec::len), Some(1), "{board_now}");
        assert_eq!(board_now["changes"][0]["state"], "CLOSED");
        drop(board);
        let mut board = watch(&scene.leader, scene.shift(), Some(&board_now["cursor"])).await;
        assert_eq!(board.item().await["changes"], json!([]), "nothing is told twice");
    }

    async fn an_inbox_goes_on_where_the_phone_lost_it(town: Town) {
        let scene = scene(&town).await;
        keep_signed_in(&town).await;
        let mut inbox = inbox_of(&scene.ling, None).await;
        let cursor = inbox.item().await["cursor"].clone();
        let change = async |note: &str| {
            // What comes in the same millisecond is in no order.
            town.clock.advance(chrono::TimeDelta::seconds(1));
            let document = "mutation($id: ID!, $note: String!) {
                changeActivity(input: { activityId: $id, description: $note, note: $note }) { errors { code } } }";
            scene.leader.ask(document, json!({ "id": scene.posted.activity, "note": note })).await.fine();
        };
        change("带雨衣").await;
        let (came, after) = changes(&mut inbox, "items", 1).await;
        assert_eq!(came[0], json!({ "kind": "ACTIVITY_CHANGED", "note": "带雨衣" }));
        drop(inbox);
        change("带水").await;
        change("带帽子").await;
        numbered(&town).await;
        let notes = |came: &[Value]| came.iter().map(|item| item["note"].as_str().unwrap_or_default().to_owned()).collect();
        let (came, _) = changes(&mut inbox_of(&scene.ling, Some(&after)).await, "items", 2).await;
        let came: Vec<String> = notes(&came);
        assert_eq!(came, ["带水", "带帽子"]);
        let (came, _) = changes(&mut inbox_of(&scene.ling, Some(&cursor)).await, "items", 3).await;
        let came: Vec<String> = notes(&came);
        assert_eq!(came, ["带雨衣", "带水", "带帽子"]);
        let mut others = inbox_of(&scene.leader, None).await;
        assert_eq!(others.item().await["items"], json!([]));
    }

    async fn a_queue_tells_what_waits_and_what_was_settled_and_nobody_elses(town: Town) {
        let scene = scene(&town).await;
        keep_signed_in(&town).await;
        let team = id(Town::TEAM);
        let mut queue = queue_of(&scene.leader, &team, None).await;
        let begun = queue.item().await["cursor"].clone();
        assert_eq!(queue_of(&scene.ling, &team, None).await.next().await, Err("FORBIDDEN".into()));
        town.clock.set(at("08:00"));
        let came = scene.ling.check_in(scene.shift(), 20.0).await.fine().text("/checkIn/attendance/id");
        town.clock.set(at("15:00"));
        boai::attendance::service::close_forgotten(&boai::ctx::Ctx::system(town.app.clone(), "test")).await.expect("done");
        let (raised, cursor) = changes(&mut queue, "items", 1).await;
        assert_eq!((&raised[0]["kind"], &raised[0]["state"]), (&json!("FORGOTTEN_CHECK_OUT"), &json!("WAITING")));
        drop(queue);
        scene.leader.confirm_hours(json!([correction(&came, at("08:00"), at("12:00"), "在场")])).await.fine();
        numbered(&town).await;
        let (settled, _) = changes(&mut queue_of(&scene.leader, &team, Some(&cursor)).await, "items", 1).await;
        assert_eq!(settled[0], json!({ "id": raised[0]["id"], "kind": "FORGOTTEN_CHECK_OUT", "state": "SETTLED" }));
        let (both, _) = changes(&mut queue_of(&scene.leader, &team, Some(&begun)).await, "items", 1).await;
        assert_eq!(both, settled, "once, as it is now");
    }

    async fn a_cursor_is_good_for_its_own_feed_and_as_long_as_what_came_after_it_is_kept(town: Town) {
        let scene = scene(&town).await;
        keep_signed_in(&town).await;
        let mei = town.volunteer("Mei").await;
        let begun = inbox_of(&scene.ling, None).await.item().await["cursor"].clone();
        assert_eq!(inbox_of(&mei, Some(&begun)).await.next().await, Err("BAD_USER_INPUT".into()), "another's");
        assert_eq!(inbox_of(&mei, Some(&json!("x"))).await.next().await, Err("BAD_USER_INPUT".into()));
        let document = "mutation($id: ID!) { changeActivity(input: {
            activityId: $id, description: \"x\", note: \"x\" }) { errors { code } } }";
        for _ in 0..2 {
            scene.leader.ask(document, json!({ "id": scene.posted.activity })).await.fine();
        }
        numbered(&town).await;
        assert_eq!(inbox_of(&scene.ling, Some(&begun)).await.item().await["items"].as_array().map(Vec::len), Some(2));
        // What retention does after some days.
        town.app.db.conn.execute_unprepared("DELETE FROM outbox_event").await.expect("they are gone");
        assert_eq!(inbox_of(&scene.ling, Some(&begun)).await.next().await, Err("CURSOR_EXPIRED".into()));
        let fresh = inbox_of(&scene.ling, None).await.item().await["cursor"].clone();
        assert_eq!(inbox_of(&scene.ling, Some(&fresh)).await.item().await["items"], json!([]));
    }

    async fn events_that_many_commit_at_once_get_numbers_without_a_gap(town: Town) {
        let crowd = town.crowd(12).await;
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 12, json!({})).await;
        keep_signed_in(&town).await;
        let (one, two) = (town.another_app().await, town.another_app().await);
        let numbering = async |app: &boai::app::App| {
            for _ in 0..20 {
                number_committed(&app.db).await.expect("nobody trips over another");
                tokio::task::yield_now().await;
            }
        };
        let signing_up = futures_util::future::join_all(crowd.iter().map(async |person| {
            person.sign_up(posted.shift()).await.fine();
        }));
        futures_util::join!(signing_up, numbering(&one), numbering(&two));
        numbered(&town).await;
        let all = town.rows("outbox_event").await;
        assert!(all >= 12);
        for condition in ["number IS NOT NULL", &format!("number BETWEEN 1 AND {all}")] {
            assert_eq!(town.rows(&format!("outbox_event WHERE {condition}")).await, all, "{condition}");
        }
        assert_eq!(town.rows(&format!("outbox_number WHERE last = {all}")).await, 1);
    }
}
