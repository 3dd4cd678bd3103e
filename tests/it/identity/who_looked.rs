//! Stories of who looked at whose name and location, and of people who see it.

use boai_tests::{Person, Posted, Town, at, id, stories};
use futures_util::{SinkExt, StreamExt};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::keep_signed_in;

/// The roster as the app's screen asks for it.
async fn roster(person: &Person<'_>, posted: &Posted) -> Value {
    let document = "query($id: ID!) { node(id: $id) { ... on Shift {
        signUps(first: 100) { nodes { volunteer { name number } } }
        board { latest { checkInDistance volunteer { name } } } } } }";
    person.ask(document, json!({ "id": posted.shift() })).await.data("/node")
}

/// What the person finds of who looked.
async fn looks_at(person: &Person<'_>) -> Vec<Value> {
    let document = "{ me { whoLooked(first: 100) { nodes { at action sights purpose reason
        by { yourself name roles { role branch { name } team { name } } } } } } }";
    person.ask(document, json!({})).await.data("/me/whoLooked/nodes").as_array().cloned().expect("a list")
}

/// A shift from 08:00 to 12:00 that these have seats in, and its leader.
async fn shift_of<'t>(town: &'t Town, people: &[Person<'_>]) -> (Person<'t>, Posted) {
    let leader = town.leader("李小芳").await;
    let posted = leader.post_activity(at("08:00"), at("12:00"), 50, json!({})).await;
    for person in people {
        person.sign_up(posted.shift()).await.fine();
    }
    (leader, posted)
}

stories! {
    async fn whose_name_and_distance_the_leader_saw_finds_who_when_in_which_role_and_what_for(town: Town) {
        let ling = town.volunteer("王小玲").await;
        let (leader, posted) = shift_of(&town, std::slice::from_ref(&ling)).await;
        keep_signed_in(&town).await;
        assert_eq!(looks_at(&ling).await, Vec::<Value>::new());
        roster(&leader, &posted).await;
        town.clock.set(at("08:00"));
        ling.check_in(posted.shift(), 120.0).await.fine();
        let seen = roster(&leader, &posted).await;
        assert_eq!(seen["signUps"]["nodes"][0]["volunteer"]["name"], "王小玲");
        let look = |at: &str, sights: Value| json!({
            "at": boai_tests::at(at).to_rfc3339(), "action": "LOOK", "sights": sights, "purpose": "ROSTER", "reason": null,
            "by": { "yourself": false, "name": "李*芳",
                "roles": [{ "role": "TEAM_LEADER", "branch": null, "team": { "name": "西湖救援队" } }] },
        });
        assert_eq!(looks_at(&ling).await, [look("08:00", json!(["NAME", "LOCATION"])), look("07:00", json!(["NAME"]))]);
        town.audit().await;
    }

    async fn one_request_is_one_look_however_often_it_shows_the_name(town: Town) {
        let ling = town.volunteer("王小玲").await;
        let (leader, posted) = shift_of(&town, std::slice::from_ref(&ling)).await;
        let fields = "signUps { nodes { volunteer { name } } }";
        let document = format!(
            "query($id: ID!) {{ node(id: $id) {{ ... on Shift {{ one: {fields} two: {fields} three: {fields} }} }} }}"
        );
        leader.ask(&document, json!({ "id": posted.shift() })).await.data("/node/three/nodes/0");
        assert_eq!(looks_at(&ling).await.len(), 1);
    }

    async fn nobody_looks_at_what_is_masked_or_their_own_or_not_asked_for(town: Town) {
        let people = [town.volunteer("王小玲").await, town.volunteer("张伟").await];
        let (leader, posted) = shift_of(&town, &people).await;
        let masked = roster(&people[0], &posted).await;
        assert_eq!(masked["signUps"]["nodes"].as_array().map(Vec::len), Some(2), "{masked}");
        let own = "{ me { volunteer { name number } signUps { nodes { volunteer { name number } } } } }";
        people[0].ask(own, json!({})).await.data("/me/volunteer");
        let ids = "query($id: ID!) { node(id: $id) { ... on Shift { signUps { nodes { volunteer { id state } } } } } }";
        leader.ask(ids, json!({ "id": posted.shift() })).await.data("/node/signUps");
        for person in people.iter().chain([&leader]) {
            assert_eq!(looks_at(person).await, Vec::<Value>::new(), "{}", person.name);
        }
        assert_eq!(town.rows("audit_entry WHERE action = 'LOOK'").await, 0);
    }

    async fn who_asks_to_join_and_who_answers_for_an_activity_are_seen_for_other_purposes(town: Town) {
        let ling = town.volunteer("王小玲").await;
        let (leader, posted) = shift_of(&town, &[]).await;
        let join = "mutation($team: ID!) { askToJoinTeam(input: { teamId: $team }) { errors { code } } }";
        ling.ask(join, json!({ "team": id(Town::TEAM) })).await.fine();
        let members = "query($team: ID!) { node(id: $team) { ... on Team {
            members(state: REQUESTED) { nodes { volunteer { name } } } } } }";
        leader.ask(members, json!({ "team": id(Town::TEAM) })).await.data("/node/members/nodes/0");
        let officer = town.officer("赵局", "3301").await;
        let charge = "query($id: ID!) { node(id: $id) { ... on Activity { personInCharge { name } } } }";
        let seen = officer.ask(charge, json!({ "id": posted.activity })).await;
        assert_eq!(seen.text("/node/personInCharge/name"), "李小芳");
        assert_eq!(looks_at(&ling).await[0]["purpose"], "MEMBERSHIP");
        let look = looks_at(&leader).await.remove(0);
        assert_eq!((&look["purpose"], &look["by"]["roles"][0]["branch"]["name"]), (&json!("PERSON_IN_CHARGE"), &json!("杭州市红十字会")));
    }

    async fn a_hundred_names_take_as_many_statements_as_one(town: Town) {
        let people = town.crowd(100).await;
        let (leader, posted) = shift_of(&town, &people[..1]).await;
        let (_, one) = town.statements(roster(&leader, &posted)).await;
        let more = "mutation($id: ID!) { changeShift(input: { shiftId: $id, capacity: 200, note: \"x\" }) { errors { code } } }";
        leader.ask(more, json!({ "id": posted.shift() })).await.fine();
        for person in &people[1..] {
            person.sign_up(posted.shift()).await.fine();
        }
        let (seen, hundred) = town.statements(roster(&leader, &posted)).await;
        assert_eq!(seen["signUps"]["nodes"].as_array().map(Vec::len), Some(100));
        assert_eq!((hundred, town.rows("audit_entry WHERE action = 'LOOK'").await), (one, 101));
        town.audit().await;
    }

    async fn two_phones_that_look_at_once_are_both_written_down(town: Town) {
        let people = town.crowd(10).await;
        let (leader, posted) = shift_of(&town, &people).await;
        futures_util::future::join_all((0..10).map(|_| roster(&leader, &posted))).await;
        assert_eq!(town.rows("audit_entry WHERE action = 'LOOK'").await, 100);
        town.audit().await;
    }

    async fn what_cannot_be_written_down_is_not_shown(town: Town) {
        let ling = town.volunteer("王小玲").await;
        let (leader, posted) = shift_of(&town, std::slice::from_ref(&ling)).await;
        town.app.db.conn.execute_unprepared("ALTER TABLE audit_chain RENAME TO elsewhere").await.expect("it goes");
        let document = "query($id: ID!) { node(id: $id) { ... on Shift { signUps { nodes { volunteer { name } } } } } }";
        let answer = leader.ask(document, json!({ "id": posted.shift() })).await;
        assert_eq!(answer.fault(), "INTERNAL");
        assert!(!answer.body.to_string().contains("王小玲"), "{}", answer.body);
        town.app.db.conn.execute_unprepared("ALTER TABLE elsewhere RENAME TO audit_chain").await.expect("it comes back");
        assert_eq!(town.rows("audit_entry WHERE action = 'LOOK'").await, 0);
        assert!(leader.ask(document, json!({ "id": posted.shift() })).await.body.to_string().contains("王小玲"));
        assert_eq!(looks_at(&ling).await.len(), 1);
    }

    async fn a_live_board_is_one_look_at_each_whose_name_it_shows(town: Town) {
        let people = [town.volunteer("王小玲").await, town.volunteer("张伟").await];
        let (leader, posted) = shift_of(&town, &people).await;
        keep_signed_in(&town).await;
        let mut request = format!("{}/graphql", town.url.replacen("http", "ws", 1)).into_client_request().expect("an address");
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header"));
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("the server answers");
        let token = format!("Bearer {}", leader.access_token.as_deref().expect("a token"));
        let query = format!(
            "subscription {{ attendanceBoard(shiftId: \"{}\") {{ present latest {{ volunteer {{ name }} }} }} }}", posted.shift()
        );
        for message in [
            json!({ "type": "connection_init", "payload": { "authorization": token } }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": query } }),
        ] {
            socket.send(Message::text(message.to_string())).await.expect("the socket is open");
        }
        town.clock.set(at("07:29"));
        for (present, person) in [(0, None), (1, Some(&people[0])), (2, Some(&people[1]))] {
            if let Some(person) = person {
                town.clock.set(at("07:30"));
                person.check_in(posted.shift(), 0.0).await.fine();
            }
            loop {
                let message = socket.next().await.expect("the socket is open").expect("a message");
                let message: Value = serde_json::from_str(message.to_text().expect("a text")).expect("JSON");
                if message.pointer("/payload/data/attendanceBoard/present") == Some(&json!(present)) {
                    break;
                }
            }
        }
        for person in &people {
            assert_eq!(looks_at(person).await.len(), 1, "{}", person.name);
        }
        town.audit().await;
    }

    async fn the_whole_trail_tells_acts_too_and_pages(town: Town) {
        let ling = town.volunteer("王小玲").await;
        let (leader, posted) = shift_of(&town, std::slice::from_ref(&ling)).await;
        keep_signed_in(&town).await;
        town.clock.set(at("08:00"));
        ling.check_in(posted.shift(), 0.0).await.fine();
        town.clock.set(at("09:00"));
        let out = ling.check_out(0.0).await.fine();
        leader.confirm(&out.text("/checkOut/attendance/id")).await.fine();
        let document = "query($after: String) { me { auditTrail(first: 1, after: $after) {
            nodes { action by { yourself name } } pageInfo { endCursor hasNextPage } } } }";
        let (mut acts, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = ling.ask(document, json!({ "after": after })).await.data("/me/auditTrail");
            let node = &page["nodes"][0];
            acts.push((node["action"].as_str().expect("an act").to_owned(), node["by"]["yourself"] == true));
            if page["pageInfo"]["hasNextPage"] != true {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(acts, [("HOURS_CONFIRMED".to_owned(), false), ("ENROL".to_owned(), true)]);
        // Another person's trail is not to be had: a cursor of it opens one's own list only.
        assert_eq!(leader.ask(document, json!({ "after": after })).await.data("/me/auditTrail/nodes").as_array().map(Vec::len), Some(1));
    }
}
