//! The live board of a shift.

use std::sync::Arc;

use boai::{
    activities::board_topic,
    app::App,
    platform::{db::Db, outbox::number_committed},
    server,
};
use boai_entity::ids::ShiftId;
use boai_tests::{Person, Town, at, id, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    socket::Board,
    support::{NOTHING, correction, keep_signed_in, key, scene, serve},
};

async fn watch(person: &Person<'_>, shift: &str) -> Board {
    Board::watch(&person.town.url, person.access_token.as_deref(), shift).await
}

/// A second server over the town's database, with nothing going on in the background: its statements are the board's.
async fn quiet_server(town: &Town) -> (Arc<App>, String) {
    let app = App {
        config: town.app.config.clone(),
        db: Db::connect(&town.app.config.database_url(), 2).await.expect("the database opens"),
        clock: town.clock.clone(),
        random: town.app.random.clone(),
        sms: town.app.sms.clone(),
        wechat: None,
        bus: boai::platform::bus::Bus::in_process(),
        vault: town.app.vault.clone(),
        rates: town.app.rates.clone(),
        committed: Arc::default(),
        work: Default::default(),
        asked_ahead: Default::default(),
        asked_for_badges: Default::default(),
    };
    let app = Arc::new(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(server::serve(app.clone(), listener, std::future::pending()));
    (app, url)
}

stories! {
    async fn a_socket_that_outlives_its_session_carries_no_query_and_no_mutation(town: Town) {
        let scene = scene(&town).await;
        let mut board = watch(&scene.leader, scene.shift()).await;
        board.board().await;
        assert!(board.operate("{ me { id } }").await["payload"]["data"]["me"]["id"].is_string());
        let sign_out = "mutation { endSession(input: {}) { errors { code } } }";
        scene.leader.ask(sign_out, json!({})).await.fine();
        let cancel = format!(
            "mutation {{ cancelActivity(input: {{ activityId: \"{}\", reason: \"x\" }}) {{ errors {{ code }} }} }}",
            scene.posted.activity
        );
        for operation in ["{ me { id } }", cancel.as_str()] {
            let answer = board.operate(operation).await;
            assert_eq!(answer["type"], "error", "{answer}");
            assert_eq!(answer["payload"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
        }
        assert_eq!(town.rows("activity WHERE state = 'CANCELLED'").await, 0);
    }

    async fn the_board_moves_when_the_leader_changes_seats_and_when_it_is_called_off(town: Town) {
        let scene = scene(&town).await;
        let mut board = watch(&scene.leader, scene.shift()).await;
        board.shows(json!({ "capacity": 8, "signedUp": 1 })).await;
        let more = "mutation($id: ID!) { changeShift(input: { shiftId: $id, capacity: 9 }) { errors { code } } }";
        scene.leader.ask(more, json!({ "id": scene.shift() })).await.fine();
        board.shows(json!({ "capacity": 9 })).await;
        let off = "mutation($id: ID!) {
            cancelActivity(input: { activityId: $id, reason: \"台风\" }) { errors { code } } }";
        scene.leader.ask(off, json!({ "id": scene.posted.activity })).await.fine();
        board.shows(json!({ "signedUp": 0 })).await;
    }

    async fn the_board_comes_at_once_and_after_each_change(town: Town) {
        let scene = scene(&town).await;
        let mei = town.volunteer("Mei").await;
        keep_signed_in(&town).await;
        let mut board = watch(&scene.leader, scene.shift()).await;
        let first = board.board().await;
        let numbers =
            ["capacity", "signedUp", "waiting", "present", "left", "forgotten"].map(|name| first[name].clone());
        assert_eq!(numbers, [8, 1, 0, 0, 0, 0].map(Value::from));
        assert_eq!(first["latest"], json!([]));

        mei.sign_up(scene.shift()).await.fine();
        board.shows(json!({ "signedUp": 2 })).await;
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        let present = board.shows(json!({ "present": 1 })).await;
        assert_eq!(
            present["latest"],
            json!([{ "state": "OPEN", "volunteer": { "name": "Ling" } }]),
            "the leader sees names"
        );
        town.clock.set(at("08:10"));
        mei.check_in(scene.shift(), 20.0).await.fine();
        let both = board.shows(json!({ "present": 2 })).await;
        assert_eq!(both["latest"][0]["volunteer"]["name"], "Mei", "newest first");
        town.clock.set(at("10:00"));
        scene.ling.check_out(20.0).await.fine();
        board.shows(json!({ "present": 1, "left": 1 })).await;
    }

    async fn the_board_shows_who_forgot_to_check_out(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        let stay = scene.ling.check_in(scene.shift(), 20.0).await.fine().text("/checkIn/attendance/id");
        let mut board = watch(&scene.leader, scene.shift()).await;
        board.shows(json!({ "present": 1 })).await;
        town.clock.set(at("15:00"));
        scene.leader.confirm_hours(json!([correction(&stay, at("08:00"), at("12:00"), "x")])).await.fine();
        board.shows(json!({ "present": 0, "forgotten": 1 })).await;
    }

    async fn the_desk_may_watch_and_nobody_else(town: Town) {
        let scene = scene(&town).await;
        let desk = town.desk("Desk").await;
        watch(&desk, scene.shift()).await.shows(json!({ "signedUp": 1 })).await;
        let sun = town.other_leader("Sun").await;
        for person in [&scene.ling, &sun] {
            let refused = watch(person, scene.shift()).await.end().await;
            let missing = watch(person, &id(ShiftId(NOTHING))).await.end().await;
            assert_eq!((refused.0.as_str(), &refused), ("FORBIDDEN", &missing), "{}", person.name);
        }
        let stranger = Board::watch(&town.url, None, scene.shift()).await.end().await;
        assert_eq!(stranger.0, "UNAUTHENTICATED");
    }

    async fn the_feed_ends_at_the_first_change_after_the_role_was_revoked(town: Town) {
        let scene = scene(&town).await;
        let desk = town.desk("Desk").await;
        let officer = town.officer("Zhao", "330106").await;
        keep_signed_in(&town).await;
        let mut board = watch(&desk, scene.shift()).await;
        board.shows(json!({ "signedUp": 1, "present": 0 })).await;
        let grant = desk.ask("{ me { roles { id } } }", json!({})).await.text("/me/roles/0/id");
        let revoke = "mutation($id: ID!) { revokeRole(input: { grantId: $id, reason: \"换岗\" }) { errors { code } } }";
        officer.ask(revoke, json!({ "id": grant })).await.fine();
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        assert_eq!(board.end().await.0, "FORBIDDEN");
        board.is_over().await;
    }

    async fn the_feed_ends_when_one_of_two_roles_is_taken_for_it_showed_what_only_that_may_see(town: Town) {
        let scene = scene(&town).await;
        let both = town.leader("Both").await;
        both.hold("DESK_OPERATOR", None, Some(Town::TEAM)).await;
        let officer = town.officer("Zhao", "330106").await;
        keep_signed_in(&town).await;
        let token = both.access_token.as_deref();
        let mut board = Board::watch_with(&town.url, token, scene.shift(), "record { minutes }").await;
        board.shows(json!({ "signedUp": 1, "present": 0 })).await;
        let roles = both.ask("{ me { roles { id role } } }", json!({})).await.data("/me/roles");
        let leads = roles.as_array().into_iter().flatten().find(|grant| grant["role"] == "TEAM_LEADER");
        let revoke = "mutation($id: ID!) { revokeRole(input: { grantId: $id, reason: \"换岗\" }) { errors { code } } }";
        officer.ask(revoke, json!({ "id": leads.expect("it is held")["id"] })).await.fine();
        serve(&scene.ling, scene.shift(), at("08:00"), at("09:00")).await;
        assert_eq!(board.end().await.0, "FORBIDDEN");
        board.is_over().await;
        // The desk alone watches on, without the record.
        let mut board = Board::watch_with(&town.url, token, scene.shift(), "record { minutes }").await;
        let latest = board.shows(json!({ "left": 1 })).await["latest"].clone();
        assert_eq!(latest, json!([{ "state": "CLOSED", "volunteer": { "name": "Ling" }, "record": null }]));
    }

    async fn the_feed_ends_at_the_first_change_after_signing_out(town: Town) {
        let scene = scene(&town).await;
        let desk = town.desk("Desk").await;
        keep_signed_in(&town).await;
        let mut board = watch(&desk, scene.shift()).await;
        board.shows(json!({ "signedUp": 1, "present": 0 })).await;
        let sign_out = "mutation { endSession(input: {}) { errors { code } } }";
        desk.ask(sign_out, json!({})).await.fine();
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        assert_eq!(board.end().await.0, "UNAUTHENTICATED");
        board.is_over().await;
    }

    /// Nobody checks in and nothing changes: the end of the session by itself ends what it watches.
    async fn the_feeds_of_other_devices_end_by_themselves_when_the_person_signs_out_there(town: Town) {
        let scene = scene(&town).await;
        let desk = town.desk("Desk").await;
        town.clock.advance(chrono::TimeDelta::seconds(60));
        let mut tablet = desk.clone();
        tablet.sign_in().await;
        keep_signed_in(&town).await;
        let (mut here, mut there) = (watch(&desk, scene.shift()).await, watch(&tablet, scene.shift()).await);
        for board in [&mut here, &mut there] {
            board.shows(json!({ "signedUp": 1 })).await;
        }
        let everywhere = "mutation { signOutEverywhere(input: {}) { ended errors { code } } }";
        desk.ask(everywhere, json!({})).await.fine();
        assert_eq!(there.end().await.0, "UNAUTHENTICATED");
        there.is_over().await;
        // The other goes on.
        town.volunteer("Mei").await.sign_up(scene.shift()).await.fine();
        here.shows(json!({ "signedUp": 2 })).await;
    }

    async fn a_board_takes_the_same_statements_however_many_came(town: Town) {
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("07:00"), at("12:00"), 20, json!({})).await;
        let mut people = Vec::new();
        for number in 0..12 {
            let person = town.volunteer(&format!("志愿者{number}")).await;
            person.sign_up(posted.shift()).await.fine();
            people.push(person);
        }
        people[0].check_in(posted.shift(), 20.0).await.fine();
        let (app, url) = quiet_server(&town).await;
        let mut board = Board::watch(&url, leader.access_token.as_deref(), posted.shift()).await;
        board.shows(json!({ "present": 1 })).await;
        let topic = board_topic(ShiftId(key(posted.shift())));
        let update = async |board: &mut Board, present: usize| {
            let before = app.db.statements();
            app.bus.publish(&topic).await.expect("this process hears it");
            board.shows(json!({ "present": present })).await;
            app.db.statements() - before
        };
        let come = async |people: &[Person<'_>]| {
            join_all(people.iter().map(|person| async { person.check_in(posted.shift(), 20.0).await.fine() })).await;
            while number_committed(&town.app.db).await.expect("the database answers") > 0 {}
        };
        come(&people[1..2]).await;
        let few = update(&mut board, 2).await;
        come(&people[2..]).await;
        let many = update(&mut board, 12).await;
        // The session and roles, the shift, the activity, the team; what was told; the head count, the newest check-ins, who
        // came, their people. Names that are new on the board are written down as looked at: the chain, the entries, the chain's
        // end.
        assert_eq!((few, many), (12, 12));
    }
}
