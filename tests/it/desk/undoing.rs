//! Slips of a desk that are taken back: within a quarter of an hour, with a reason, and with nothing erased.

use boai_entity::{ledger_entry, service_record};
use boai_tests::{Person, Town, at, keep_signed_in, stories};
use chrono::TimeDelta;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;

use crate::support::{Site, TOMORROW, clock, code, grant, roster, site, site_with, undo};

/// Ling has a seat, and it is 06:20 tomorrow.
async fn morning(town: &Town) -> (Site<'_>, Person<'_>) {
    let site = site(town).await;
    let ling = town.volunteer("Ling").await;
    ling.sign_up(site.shift()).await.fine();
    keep_signed_in(town).await;
    clock(town, at("+1 06:20"));
    (site, ling)
}

async fn ledger(town: &Town) -> Vec<(String, i32)> {
    let entries = ledger_entry::Entity::find().order_by_asc(ledger_entry::Column::Seq).all(&town.app.db.conn).await;
    entries.expect("the ledger is read").into_iter().map(|entry| (entry.kind.as_str(), entry.pending_minutes)).collect()
}

stories! {
    async fn a_check_in_is_undone_until_fifteen_minutes_have_passed(town: Town) {
        let (site, ling) = morning(&town).await;
        let entry = site.check_in(json!({ "code": code(&ling).await })).await.fine().text("/deskCheckIn/entry/id");
        clock(&town, at("+1 06:35") + TimeDelta::seconds(1));
        let late = undo(&site.operator, &entry, "错扫").await;
        assert_eq!((late.codes(), late.refusal_number("minutesAgo")), (vec!["TOO_LATE".to_owned()], 16.0));
        assert_eq!(town.rows("attendance WHERE state = 'OPEN'").await, 1);
        clock(&town, at("+1 06:35"));
        let undone = undo(&site.operator, &entry, "错扫").await.fine();
        assert_eq!(undone.data("/undoDeskEntry/entry/undoReason"), "错扫");
        // Twice is once.
        undo(&site.operator, &entry, "再来").await.fine();
        assert_eq!(town.rows("attendance WHERE state = 'UNDONE'").await, 1);
        assert_eq!(ling.inbox().await[0], ("DESK_ENTRY_UNDONE".to_owned(), "错扫".to_owned()));
        assert!(ling.ask("{ me { openAttendance { id } } }", json!({})).await.data("/me/openAttendance").is_null());
        let line = &roster(&site.operator, site.activity()).await[0];
        assert_eq!((&line["signUpState"], &line["attendanceState"]), (&json!("SEATED"), &json!(null)));
        // The leader has nothing to confirm, and Ling comes again, as often as if nothing had been.
        let void = "SELECT id FROM attendance WHERE state = 'UNDONE'";
        let void: Option<Id> = boai::platform::db::one(&town.app.db.conn, void, []).await.expect("a row");
        let void = boai_tests::id(boai_entity::ids::AttendanceId(void.expect("a row").id));
        assert_eq!(site.leader.confirm(&void).await.codes(), ["NOT_FOUND"]);
        for _ in 0..3 {
            town.clock.advance(TimeDelta::minutes(1));
            site.check_in(json!({ "code": code(&ling).await })).await.fine();
            town.clock.advance(TimeDelta::minutes(1));
            site.check_out(json!({ "code": code(&ling).await })).await.fine();
        }
        town.audit().await;
    }

    async fn an_undone_check_out_goes_on_with_a_reversing_entry_and_the_next_one_counts_whole(town: Town) {
        let (site, ling) = morning(&town).await;
        site.check_in(json!({ "code": code(&ling).await })).await.fine();
        clock(&town, at("+1 08:30"));
        let out = site.check_out(json!({ "code": code(&ling).await })).await.fine().text("/deskCheckOut/entry/id");
        assert_eq!(ling.minutes().await, (0, 120));
        clock(&town, at("+1 08:40"));
        undo(&site.operator, &out, "还没走").await.fine();
        assert_eq!(ling.minutes().await, (0, 0));
        let mine = ling.ask("{ me { openAttendance { state record { state minutes } } } }", json!({})).await;
        let expected = json!({ "state": "OPEN", "record": { "state": "UNDONE", "minutes": 0 } });
        assert_eq!(mine.data("/me/openAttendance"), expected);
        clock(&town, at("+1 10:30"));
        site.check_out(json!({ "phoneDigits": &ling.phone[8..] })).await.fine();
        assert_eq!(ling.minutes().await, (0, 240));
        let told = ledger(&town).await;
        assert_eq!(told, [("SERVED".to_owned(), 120), ("REVERSAL".to_owned(), -120), ("SERVED".to_owned(), 240)]);
        assert_eq!(town.rows("service_record").await, 1);
        town.audit().await;
        let records = service_record::Entity::find().all(&town.app.db.conn).await.expect("records");
        let attendance = boai_tests::id(records[0].attendance_id);
        site.leader.confirm(&attendance).await.fine();
        assert_eq!(ling.minutes().await, (240, 0));
        town.audit().await;
    }

    async fn what_happened_since_keeps_a_desk_from_undoing(town: Town) {
        let (site, ling) = morning(&town).await;
        let entry_in = site.check_in(json!({ "code": code(&ling).await })).await.fine().text("/deskCheckIn/entry/id");
        clock(&town, at("+1 06:30"));
        let out = site.check_out(json!({ "code": code(&ling).await })).await.fine().text("/deskCheckOut/entry/id");
        assert_eq!(undo(&site.operator, &entry_in, "x").await.codes(), ["CHECKED_OUT_SINCE"]);
        town.clock.advance(TimeDelta::minutes(1));
        ling.check_in(site.shift(), 5.0).await.fine();
        assert_eq!(undo(&site.operator, &out, "x").await.codes(), ["CHECKED_IN_ELSEWHERE"]);
        assert_eq!(town.rows("desk_entry WHERE undone_at IS NULL").await, 2);
        assert_eq!(ledger(&town).await.len(), 1);
    }

    async fn the_leaders_word_is_not_undone_by_a_desk(town: Town) {
        let (site, ling) = morning(&town).await;
        site.check_in(json!({ "code": code(&ling).await })).await.fine();
        clock(&town, at("+1 08:30"));
        let out = site.check_out(json!({ "code": code(&ling).await })).await.fine().text("/deskCheckOut/entry/id");
        let records = service_record::Entity::find().all(&town.app.db.conn).await.expect("records");
        site.leader.confirm(&boai_tests::id(records[0].attendance_id)).await.fine();
        assert_eq!(undo(&site.operator, &out, "x").await.codes(), ["SETTLED"]);
        assert_eq!(ling.minutes().await, (120, 0));
        town.audit().await;
    }

    async fn any_operator_of_the_site_undoes_and_nobody_else_and_never_ones_own(town: Town) {
        let (site, ling) = morning(&town).await;
        let entry = site.check_in(json!({ "code": code(&ling).await })).await.fine().text("/deskCheckIn/entry/id");
        for who in [&ling, &town.other_leader("Hai").await, &town.person("Nobody").await] {
            assert_eq!(undo(who, &entry, "x").await.codes(), ["NOT_FOUND"], "{}", who.name);
        }
        grant(&site.leader, site.activity(), &ling.phone, TOMORROW, TOMORROW).await.fine();
        assert_eq!(undo(&ling, &entry, "x").await.codes(), ["YOURSELF"]);
        assert_eq!(undo(&site.operator, &entry, "").await.fault(), "BAD_USER_INPUT");
        let second = town.person("Second").await;
        grant(&site.leader, site.activity(), &second.phone, TOMORROW, TOMORROW).await.fine();
        undo(&second, &entry, "错扫").await.fine();
        let trail = ling.ask("{ me { auditTrail { nodes { action reason } } } }", json!({})).await;
        let told = trail.data("/me/auditTrail/nodes").to_string();
        assert!(told.contains("DESK_CHECK_IN") && told.contains("UNDO_DESK_CHECK_IN") && told.contains("错扫"), "{told}");
    }

    async fn two_operators_who_undo_at_once_have_one_effect(town: Town) {
        let (site, ling) = morning(&town).await;
        site.check_in(json!({ "code": code(&ling).await })).await.fine();
        clock(&town, at("+1 08:30"));
        let out = site.check_out(json!({ "code": code(&ling).await })).await.fine().text("/deskCheckOut/entry/id");
        let (one, two) = tokio::join!(undo(&site.operator, &out, "x"), undo(&site.leader, &out, "y"));
        one.fine();
        two.fine();
        assert_eq!(ledger(&town).await.len(), 2);
        assert_eq!(ling.inbox().await.iter().filter(|item| item.0 == "DESK_ENTRY_UNDONE").count(), 1);
        town.audit().await;
    }

    async fn who_was_moved_goes_back_to_the_post_of_before_unless_it_was_given_away(town: Town) {
        for waits in [false, true] {
            town.clock.set(at("07:00"));
            let site = site(&town).await;
            let (ling, wei) = (town.volunteer("Ling").await, town.volunteer("Wei").await);
            keep_signed_in(&town).await;
            let posts = json!([{ "name": "登记台", "capacity": 1 }, { "name": "引导", "capacity": 1 }]);
            let shift = json!({ "startsAt": at("+1 06:30"), "endsAt": at("+1 10:30"), "capacity": 2, "posts": posts });
            let add = "mutation($id: ID!, $shift: ShiftInput!) { addShift(input: { activityId: $id, shift: $shift }) {
                shift { id posts { id } } errors { code } } }";
            let shift = site.leader.ask(add, json!({ "id": site.activity(), "shift": shift })).await.fine().data("/addShift/shift");
            let (counter, guide) = (&shift["posts"][0]["id"], &shift["posts"][1]["id"]);
            let sign_up = "mutation($shift: ID!, $post: ID!) { signUpForShift(input: { shiftId: $shift, postId: $post }) {
                signUp { state } errors { code } } }";
            for person in [&ling, &wei][..if waits { 2 } else { 1 }].iter() {
                person.ask(sign_up, json!({ "shift": shift["id"], "post": counter })).await.fine();
            }
            clock(&town, at("+1 06:20"));
            let done = site.check_in(json!({ "code": code(&ling).await, "shiftId": shift["id"], "postId": guide })).await.fine();
            assert_eq!(done.data("/deskCheckIn/line/postName"), "引导");
            undo(&site.operator, &done.text("/deskCheckIn/entry/id"), "错岗").await.fine();
            let lines = roster(&site.operator, site.activity()).await;
            let stands: Vec<(&str, &str)> = lines.iter().filter_map(|line| Some((line["postName"].as_str()?, line["signUpState"].as_str()?))).collect();
            let mut stands = stands;
            stands.sort_unstable();
            let expected: &[(&str, &str)] = if waits { &[("引导", "SEATED"), ("登记台", "SEATED")] } else { &[("登记台", "SEATED")] };
            assert_eq!(stands, expected);
            let taken = if waits { 2 } else { 1 };
            assert_eq!(town.rows(&format!("shift WHERE capacity = 2 AND taken = {taken}")).await, 1);
            assert_eq!(wei.inbox().await.iter().any(|item| item.0 == "SEAT_GIVEN"), waits);
        }
    }

    async fn a_walk_in_that_is_undone_gives_the_seat_to_who_waits(town: Town) {
        let site = site_with(&town, 1, json!({})).await;
        let (ling, wei) = (town.volunteer("Ling").await, town.volunteer("Wei").await);
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        let done = site.check_in(json!({ "code": code(&ling).await })).await.fine();
        assert_eq!(done.data("/deskCheckIn/entry/walkIn"), true);
        let waiting = wei.sign_up(site.shift()).await.fine();
        assert_eq!(waiting.data("/signUpForShift/signUp/state"), "WAITING");
        undo(&site.operator, &done.text("/deskCheckIn/entry/id"), "认错人").await.fine();
        assert_eq!(town.rows("sign_up WHERE state = 'LEFT'").await, 1);
        assert_eq!(town.rows("shift WHERE taken = 1").await, 1);
        assert_eq!(wei.inbox().await[0].0, "SEAT_GIVEN");
        site.check_in(json!({ "code": code(&wei).await })).await.fine();
    }
}

#[derive(sea_orm::FromQueryResult)]
struct Id {
    id: uuid::Uuid,
}
