//! 月报: branches sign their months from below, late changes are adjustments, and what was published can be told again.

use boai::platform::db::run;
use boai_tests::{Answer, Person, Town, at, id, keep_signed_in, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Scene, drop_the_triggers, scene, served};

/// When it may be signed: the first hour of June.
const JUNE: &str = "+24 00:00";
const JULY: &str = "+54 00:00";

async fn sign(officer: &Person<'_>, branch: &str, month: &str) -> Answer {
    let document = "mutation($branch: ID!, $month: Date!) { signMonth(input: { branchId: $branch, month: $month }) {
        statement { month volunteers minutes adjustmentMinutes digest byMonth { month book minutes records } branch { name } }
        errors { code path message numbers { name value } } } }";
    officer.ask(document, json!({ "branch": id(Town::branch(branch)), "month": month })).await
}

async fn signed(officer: &Person<'_>, branch: &str, month: &str) -> Value {
    sign(officer, branch, month).await.fine().data("/signMonth/statement")
}

async fn published(officer: &Person<'_>, branch: &str, as_of: &str) -> Value {
    let document =
        "query($branch: ID!, $asOf: Date!) { publishedMonth(branchId: $branch, month: \"2026-05-08\", asOf: $asOf) {
        minutes figures { book minutes records } } }";
    let answer = officer.ask(document, json!({ "branch": id(Town::branch(branch)), "asOf": as_of })).await;
    answer.data("/publishedMonth")
}

async fn to_sign(officer: &Person<'_>, branch: &str) -> Value {
    let document =
        "query($branch: ID!) { monthToSign(branchId: $branch) { month over missing { name } unconfirmedRecords } }";
    officer.ask(document, json!({ "branch": id(Town::branch(branch)) })).await.data("/monthToSign")
}

/// Three hours served in May and confirmed, two people; then it is June. With Ling's first stay.
async fn in_june(town: &Town) -> (Scene<'_>, Person<'_>, Person<'_>, String) {
    let scene = scene(town).await;
    let first = served(&scene, &scene.ling, at("08:00"), at("09:00")).await;
    served(&scene, &scene.mei, at("09:00"), at("10:00")).await;
    served(&scene, &scene.ling, at("10:00"), at("11:00")).await;
    let (county, city) = (town.officer("区干部", "330106").await, town.officer("市干部", "3301").await);
    town.clock.set(at(JUNE));
    keep_signed_in(town).await;
    (scene, county, city, first)
}

/// The leader's word on a confirmed stay, and a second person's, as it is final by now.
async fn corrected(scene: &Scene<'_>, second: &Person<'_>, stay: &str, to: &str) {
    let item = json!([{ "attendanceId": stay, "decision": "CORRECT", "servedFrom": at("08:00"), "servedTo": at(to),
        "reason": "提前离开" }]);
    let answer = scene.leader.confirm_hours(item).await.fine();
    let item = answer.text("/confirmHours/results/0/waits/id");
    let agreed = "mutation($id: ID!) { decideReviews(input: { items: [{ itemId: $id, approve: true }] }) { errors { code message } } }";
    second.ask(agreed, json!({ "id": item })).await.fine();
}

stories! {
    async fn a_branch_signs_when_those_below_it_have(town: Town) {
        let (_, county, city, _) = in_june(&town).await;
        assert_eq!(to_sign(&city, "3301").await, json!({ "month": "2026-05-01", "over": true,
            "missing": [{ "name": "西湖区红十字会" }], "unconfirmedRecords": 0 }));
        let early = sign(&city, "3301", "2026-05-31").await;
        assert_eq!((early.codes(), early.refusal_number("count")), (vec!["BELOW_MISSING".to_owned()], 1.0));
        assert_eq!(town.rows("month_statement_entry").await, 0);
        let own = signed(&county, "330106", "2026-05-31").await;
        assert_eq!((&own["month"], &own["minutes"], &own["adjustmentMinutes"], &own["volunteers"]),
            (&json!("2026-05-01"), &json!(180), &json!(0), &json!(2)));
        assert_eq!(own["byMonth"], json!([{ "month": "2026-05-01", "book": "SYSTEM_PROVED", "minutes": 180, "records": 3 }]));
        let above = signed(&city, "3301", "2026-05-01").await;
        assert_eq!((&above["minutes"], &above["volunteers"], &above["byMonth"]), (&json!(180), &json!(2), &own["byMonth"]));
        assert_eq!(to_sign(&city, "3301").await["month"], "2026-06-01");
        assert_eq!(to_sign(&city, "3301").await["over"], false);
        town.audit().await;
    }

    async fn what_changes_after_the_signature_is_an_adjustment_of_the_next_month(town: Town) {
        let (scene, county, city, first) = in_june(&town).await;
        signed(&county, "330106", "2026-05-01").await;
        signed(&city, "3301", "2026-05-01").await;
        town.clock.set(at("+30 10:00"));
        corrected(&scene, &county, &first, "08:20").await;
        assert_eq!(published(&city, "3301", "2026-06-30").await["minutes"], 180, "nothing is published before it is signed");
        town.clock.set(at(JULY));
        let own = signed(&county, "330106", "2026-06-01").await;
        assert_eq!((&own["minutes"], &own["adjustmentMinutes"], &own["volunteers"]), (&json!(0), &json!(-40), &json!(1)));
        // The reversal and what stands instead, in their books.
        assert_eq!(own["byMonth"], json!([
            { "month": "2026-05-01", "book": "BACK_FILLED", "minutes": 20, "records": 1 },
            { "month": "2026-05-01", "book": "SYSTEM_PROVED", "minutes": -60, "records": -1 },
        ]));
        assert_eq!(published(&city, "3301", "2026-07-01").await["minutes"], 180, "the city has not signed yet");
        signed(&city, "3301", "2026-06-01").await;
        assert_eq!(published(&city, "3301", "2026-07-01").await, json!({ "minutes": 140, "figures": [
            { "book": "BACK_FILLED", "minutes": 20, "records": 1 }, { "book": "SYSTEM_PROVED", "minutes": 120, "records": 2 }] }));
        for day in ["2026-06-01", "2026-06-30"] {
            assert_eq!(published(&city, "3301", day).await["minutes"], 180, "as it was published by {day}");
        }
        assert_eq!(published(&city, "3301", "2026-05-31").await, Value::Null);
        town.audit().await;
    }

    async fn a_month_is_signed_once_in_its_turn_and_when_it_is_over(town: Town) {
        let (_, county, city, _) = in_june(&town).await;
        let refused = async |month: &str| sign(&county, "330106", month).await.codes();
        assert_eq!(refused("2026-06-01").await, ["NOT_OVER"]);
        assert_eq!(refused("1999-05-01").await, ["TOO_LONG_AGO"]);
        signed(&county, "330106", "2026-05-01").await;
        assert_eq!(refused("2026-05-31").await, ["ALREADY_SIGNED"]);
        town.clock.set(at("+90 00:00"));
        assert_eq!(refused("2026-07-01").await, ["EARLIER_FIRST"]);
        // 零报告: a month without service is signed too.
        assert_eq!(signed(&county, "330106", "2026-06-01").await["byMonth"], json!([]));
        let other = town.officer("外区干部", "330203").await;
        for (who, branch) in [(&other, "330106"), (&county, "3301"), (&city, "33")] {
            assert_eq!(sign(who, branch, "2026-05-01").await.codes(), ["NOT_FOUND"]);
        }
        assert_eq!(to_sign(&other, "330106").await, Value::Null);
        assert_eq!(town.rows("month_statement").await, 2);
    }

    async fn of_many_who_sign_at_once_one_does(town: Town) {
        let (_, county, city, _) = in_june(&town).await;
        let answers = join_all((0..6).map(async |number| {
            let (who, branch) = if number % 3 == 2 { (&city, "3301") } else { (&county, "330106") };
            (branch, sign(who, branch, "2026-05-01").await.codes())
        })).await;
        let done = answers.iter().filter(|(branch, codes)| *branch == "330106" && codes.is_empty()).count();
        assert_eq!(done, 1, "{answers:?}");
        // The city came before the county, or after it; whichever it was, nothing is missing in what it signed.
        if !answers.iter().any(|(branch, codes)| *branch == "3301" && codes.is_empty()) {
            signed(&city, "3301", "2026-05-01").await;
        }
        assert_eq!(published(&city, "3301", "2026-06-01").await["minutes"], 180);
        assert_eq!((town.rows("month_statement").await, town.rows("month_statement_entry").await), (2, 3));
        town.audit().await;
    }

    async fn what_is_confirmed_while_somebody_signs_is_in_one_statement_exactly(town: Town) {
        let scene = scene(&town).await;
        let county = town.officer("区干部", "330106").await;
        let mut stays = Vec::new();
        let crowd = town.crowd(6).await;
        for person in crowd.iter().chain([&scene.ling, &scene.mei]) {
            town.clock.set(at("07:00"));
            person.sign_up(scene.posted.shift()).await;
            town.clock.set(at("08:00"));
            person.check_in(scene.posted.shift(), 20.0).await.fine();
            town.clock.set(at("09:00"));
            stays.push(person.check_out(20.0).await.fine().text("/checkOut/attendance/id"));
        }
        town.clock.set(at(JUNE));
        keep_signed_in(&town).await;
        let confirming = join_all(stays.iter().map(|stay| scene.leader.confirm(stay)));
        let (confirmed, may) = tokio::join!(confirming, signed(&county, "330106", "2026-05-01"));
        confirmed.into_iter().for_each(|answer| { answer.fine(); });
        town.clock.set(at(JULY));
        let june = signed(&county, "330106", "2026-06-01").await;
        let minutes = |statement: &Value, name: &str| statement[name].as_i64().expect("minutes");
        assert_eq!(minutes(&may, "minutes") + minutes(&june, "adjustmentMinutes"), 8 * 60, "{may} {june}");
        assert_eq!(town.rows("month_statement_entry").await, 8);
        town.audit().await;
    }

    async fn a_branch_that_had_nothing_signs_later_what_came_since(town: Town) {
        let scene = scene(&town).await;
        let (county, city) = (town.officer("区干部", "330106").await, town.officer("市干部", "3301").await);
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.posted.shift(), 20.0).await.fine();
        town.clock.set(at("09:00"));
        let stay = scene.ling.check_out(20.0).await.fine().text("/checkOut/attendance/id");
        town.clock.set(at(JUNE));
        keep_signed_in(&town).await;
        assert_eq!(to_sign(&county, "330106").await["unconfirmedRecords"], 1);
        assert_eq!(signed(&city, "3301", "2026-05-01").await["minutes"], 0, "nothing was confirmed below");
        town.clock.set(at("+25 10:00"));
        scene.leader.confirm(&stay).await.fine();
        let late = sign(&county, "330106", "2026-05-01").await;
        assert_eq!(late.codes(), ["SIGNED_ABOVE"]);
        town.clock.set(at(JULY));
        assert_eq!(to_sign(&county, "330106").await["month"], "2026-06-01");
        assert_eq!(sign(&city, "3301", "2026-06-01").await.codes(), ["BELOW_MISSING"]);
        assert_eq!(signed(&county, "330106", "2026-06-01").await["adjustmentMinutes"], 60);
        assert_eq!(signed(&city, "3301", "2026-06-01").await["adjustmentMinutes"], 60);
        assert_eq!(published(&city, "3301", "2026-07-01").await["minutes"], 60);
        town.audit().await;
    }

    async fn what_was_signed_cannot_be_edited_unseen(town: Town) {
        let (_, county, city, _) = in_june(&town).await;
        signed(&county, "330106", "2026-05-01").await;
        signed(&city, "3301", "2026-05-01").await;
        let conn = &town.app.db.conn;
        let edits = [
            ("month_statement_line", "UPDATE month_statement_line SET minutes = minutes + 60"),
            ("month_statement", "UPDATE month_statement SET volunteers = 3"),
            ("month_statement_entry", "DELETE FROM month_statement_entry"),
        ];
        for (table, edit) in edits {
            assert!(run(conn, edit, []).await.is_err(), "{table} takes no edit");
            assert!(town.audit_months().await.faults.is_empty());
        }
        for (number, (table, edit)) in edits.into_iter().enumerate() {
            drop_the_triggers(&town, table).await;
            run(conn, edit, []).await.expect("the edit goes in");
            let report = town.audit_months().await;
            assert!(!report.faults.is_empty(), "{report}");
            let undo = ["UPDATE month_statement_line SET minutes = minutes - 60", "UPDATE month_statement SET volunteers = 2", ""][number];
            if !undo.is_empty() {
                run(conn, undo, []).await.expect("it is undone");
            }
        }
    }
}
