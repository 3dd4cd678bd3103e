//! 注销: who asks to be forgotten is, and everybody else's records stay true.

use boai::platform::{
    db::run,
    sms::{Sms, Webhook},
};
use boai_tests::{Person, Town, at, stories};
use serde_json::{Value, json};

use crate::support::{
    Scene, ask_to_join, cancel_erasure, count, erase_due, fetch, keep_signed_in, key, ready_link, request_erasure,
    request_my_data, rows, scene, serve, volunteer_key,
};

/// Signs in once more, which is what proves who asks.
async fn prove(who: &mut Person<'_>) {
    who.town.clock.advance(chrono::TimeDelta::minutes(2));
    // A token that has expired is refused, whatever comes with it.
    who.access_token = None;
    who.sign_in().await;
}

const MY_ERASURE: &str = "{ me { erasure { id state askedBy takesEffectAt inTheWay { code message } } } }";

async fn my_erasure(who: &Person<'_>) -> Value {
    who.ask(MY_ERASURE, json!({})).await.data("/me/erasure")
}

/// Every row of the whole database as text, to look for what must not be there.
async fn everything(town: &Town) -> String {
    #[derive(sea_orm::FromQueryResult)]
    struct Name {
        name: String,
    }
    let db = &town.app.db.conn;
    let sqlite = town.app.config.database_url.is_none();
    let names = match sqlite {
        true => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        false => "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = current_schema()",
    };
    let names: Vec<Name> = boai::platform::db::all(db, names, []).await.expect("tables");
    let mut text = String::new();
    for Name { name } in names {
        let columns = match sqlite {
            true => format!("SELECT name FROM pragma_table_info('{name}')"),
            false => format!(
                "SELECT column_name::text AS name FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = '{name}'"
            ),
        };
        let columns: Vec<Name> = boai::platform::db::all(db, columns, []).await.expect("columns");
        for Name { name: column } in columns {
            let rows = format!(
                "SELECT CAST({column} AS text) AS name FROM {name} WHERE {column} IS NOT NULL AND '{column}' <> 'bytes'"
            );
            let rows: Vec<Name> = match boai::platform::db::all(db, rows, []).await {
                Ok(rows) => rows,
                // A BLOB that is no text: an identifier.
                Err(_) => continue,
            };
            rows.iter().for_each(|row| text.push_str(&format!("{name}.{column}={}\n", row.name)));
        }
    }
    text
}

/// Ling asks to be erased, and the days pass.
async fn erase(scene: &mut Scene<'_>) -> String {
    let town = scene.ling.town;
    prove(&mut scene.ling).await;
    let asked = request_erasure(&scene.ling, &scene.ling.phone).await.fine();
    keep_signed_in(town).await;
    town.clock.set(at("+7 10:33"));
    assert_eq!(erase_due(town).await, 1);
    asked.text("/requestErasure/report/path")
}

stories! {
    async fn who_asks_to_be_forgotten_is(town: Town) {
        let mut scene = scene(&town).await;
        let name = scene.ling.name.clone();
        ask_to_join(&scene.ling).await.fine();
        let volunteer = volunteer_key(&scene.ling).await;
        let number = scene.ling.number().await;
        // She was refused once, far away, which was kept with where she was; and she has a copy of her data.
        town.clock.set(at("10:30"));
        scene.ling.check_in(scene.posted.shift(), 5000.0).await;
        ready_link(&scene.ling).await;
        let before = everything(&town).await;
        for trace in [name.as_str(), &scene.ling.phone, &number, "attendance.check_in_latitude"] {
            assert!(before.contains(trace), "{trace} was there before");
        }
        erase(&mut scene).await;

        let after = everything(&town).await;
        for trace in [name.as_str(), &scene.ling.phone, &number, "attendance.check_in_latitude"] {
            assert!(!after.contains(trace), "{trace}: {}", after.lines().find(|line| line.contains(trace)).unwrap_or_default());
        }
        for (table, left) in [("session", 1), ("team_member", 0), ("attendance_attempt", 0), ("request_effect", 0)] {
            // The leader is still signed in.
            assert_eq!(town.rows(table).await, left, "{table}");
        }
        assert_eq!(count(&town, "SELECT COUNT(*) AS count FROM inbox_item").await, 0);
        // What the law keeps is there to the minute, under an identifier that names nobody.
        let row = boai::people::store::volunteer(&town.app.db.conn, volunteer).await.expect("a row").expect("it is there");
        assert_eq!((row.name.as_str(), row.residence_code.as_str()), ("已注销", "330106"));
        assert_eq!(row.birth_date.to_string(), "1900-01-01");
        assert!(row.skills.0.is_empty() && row.guardian_phone.is_none());
        let records = count(&town, "SELECT COUNT(*) AS count FROM service_record WHERE minutes = 120 AND state = 'CONFIRMED'").await;
        assert_eq!((records, town.rows("ledger_entry").await), (1, 2));
        town.audit().await;
    }

    async fn nothing_leads_back_to_her_and_every_chain_holds(town: Town) {
        let mut scene = scene(&town).await;
        let officer = town.officer("Officer", "3301").await;
        keep_signed_in(&town).await;
        let person = scene.ling.person_id().await;
        // As linking leaves it.
        let link = "INSERT INTO wechat_link (app_id, openid_hash, person_id, linked_at) VALUES ('wx', 'digest-of-her', $1, $2)";
        run(&town.app.db.conn, link, [person.into(), at("10:30").into()]).await.expect("a link");
        let number = boai_tests::id_number(&scene.ling.phone);
        let hand_in = "mutation($number: String!) { submitIdentity(input: {
            document: IDENTITY_CARD, number: $number, consentVersion: \"2026-01\" }) { identity { id } errors { code } } }";
        let identity = scene.ling.ask(hand_in, json!({ "number": number })).await.fine().text("/submitIdentity/identity/id");
        let check = "mutation($id: ID!) {
            revealIdNumber(input: { identityId: $id, reason: \"短发,戴眼镜\" }) { errors { code } }
            decideIdentity(input: { identityId: $id, verified: true, reason: \"与证件照一致\" }) { errors { code } } }";
        let checked = officer.ask(check, json!({ "id": identity })).await;
        assert!(checked.body["errors"].is_null(), "{}", checked.body);
        let before = everything(&town).await;
        let traces = ["短发,戴眼镜", "与证件照一致", "digest-of-her", "identity.fingerprint", "identity.number_sealed"];
        for trace in traces {
            assert!(before.contains(trace), "{trace} was there before");
        }
        let looks = town.rows("audit_entry WHERE purpose IS NOT NULL").await;
        let leader = scene.leader.clone();
        erase(&mut scene).await;

        let after = everything(&town).await;
        for trace in traces.into_iter().chain([number.as_str()]) {
            assert!(!after.contains(trace), "{trace}: {}", after.lines().find(|line| line.contains(trace)).unwrap_or_default());
        }
        for table in ["identity", "identity_try", "wechat_link"] {
            assert_eq!(town.rows(table).await, 0, "{table}");
        }
        // Who looked, and at which record, stays provable.
        assert_eq!(town.rows("audit_entry WHERE purpose IS NOT NULL").await, looks);
        let report = town.audit_trail().await;
        assert!(report.faults.is_empty(), "{report}");
        town.audit().await;
        // Nobody else's words can be taken away like that without being missed.
        let note = "mutation($id: ID!) { cancelActivity(input: { activityId: $id, reason: \"雨\" }) { errors { code } } }";
        let again = leader.post_activity(at("+8 09:00"), at("+8 10:00"), 2, json!({})).await;
        leader.ask(note, json!({ "id": again.activity })).await.fine();
        let taken = "UPDATE audit_entry SET reason = NULL, reason_salt = NULL WHERE action = 'CANCEL_ACTIVITY'";
        run(&town.app.db.conn, taken, []).await.expect("the database lets words go");
        let report = town.audit_trail().await;
        assert!(report.to_string().contains("1 entries lost their words"), "{report}");
    }

    async fn the_trail_lets_words_go_and_nothing_else(town: Town) {
        let scene = scene(&town).await;
        let seen = "query($id: ID!) { node(id: $id) { ... on Attendance { checkInDistance } } }";
        scene.leader.ask(seen, json!({ "id": scene.attendance })).await;
        let cancel = "mutation($id: ID!) { cancelActivity(input: { activityId: $id, reason: \"雨\" }) { errors { code } } }";
        let posted = scene.leader.post_activity(at("11:00"), at("12:00"), 2, json!({})).await;
        scene.leader.ask(cancel, json!({ "id": posted.activity })).await.fine();
        for change in [
            "UPDATE audit_entry SET reason = 'x'",
            "UPDATE audit_entry SET reason = NULL WHERE reason_seal IS NOT NULL",
            "UPDATE audit_entry SET action = 'x'",
            "UPDATE audit_entry SET actor = NULL WHERE actor IS NOT NULL",
            "UPDATE audit_entry SET subject_id = id",
            "UPDATE audit_entry SET look_salt = NULL WHERE look_seal IS NOT NULL",
            "UPDATE audit_entry SET purpose = NULL, sights = '[]', look_salt = NULL WHERE look_seal IS NOT NULL",
            "UPDATE audit_entry SET reason_seal = NULL WHERE reason_seal IS NOT NULL",
            "UPDATE audit_entry SET hash = previous_hash",
            "DELETE FROM audit_entry",
        ] {
            let refused = run(&town.app.db.conn, change, []).await.expect_err(change);
            assert!(refused.to_string().contains("audit_entry is append-only"), "{change}: {refused}");
        }
        let report = town.audit_trail().await;
        assert!(report.faults.is_empty(), "{report}");
    }

    async fn her_devices_are_signed_out_and_her_number_is_free_for_somebody_new(town: Town) {
        let mut scene = scene(&town).await;
        let was = scene.ling.person_id().await;
        erase(&mut scene).await;
        assert_eq!(scene.ling.ask("{ me { id } }", json!({})).await.status, 401);
        assert_eq!(scene.ling.try_refresh(&scene.ling.refresh_token.clone()).await.codes(), ["SIGN_IN_AGAIN"]);
        scene.ling.access_token = None;
        scene.ling.sign_in().await;
        assert_ne!(scene.ling.person_id().await, was);
        let me = scene.ling.ask("{ me { volunteer { id } hours { confirmed } myDataExports { id } erasure { id } } }", json!({})).await;
        assert_eq!(me.data("/me"), json!({ "volunteer": null, "hours": { "confirmed": 0 }, "myDataExports": [], "erasure": null }));
        scene.ling.enrol(json!({})).await;
        assert_eq!(scene.ling.minutes().await, (0, 0));
    }

    async fn a_session_that_slipped_in_at_that_moment_opens_nothing(town: Town) {
        let mut scene = scene(&town).await;
        let was = scene.ling.person_id().await;
        erase(&mut scene).await;
        // As a sign-in leaves it that found the person just before the erasure and wrote its session just after.
        let (session, token) = (town.app.random.uuid(town.clock.now()), boai::auth::rules::token_text(town.app.random.bytes()));
        let far = at("+100 00:00");
        let text = "INSERT INTO session (id, person_id, device, created_at, last_used_at) VALUES ($1, $2, 'x', $3, $3)";
        run(&town.app.db.conn, text, [session.into(), was.into(), town.clock.now().into()]).await.expect("a session");
        let text = "INSERT INTO session_token (hash, session_id, kind, expires_at) VALUES ($1, $2, 'ACCESS', $3)";
        let hash = boai::auth::rules::token_hash(&token);
        run(&town.app.db.conn, text, [hash.into(), session.into(), far.into()]).await.expect("a token");
        let ghost = Person { access_token: Some(token), ..scene.ling.clone() };
        assert_eq!(ghost.ask("{ me { id } }", json!({})).await.status, 401);
    }

    async fn the_others_see_what_they_saw_without_her_name(town: Town) {
        let mut scene = scene(&town).await;
        erase(&mut scene).await;
        let document = "query($id: ID!) { node(id: $id) { ... on Attendance {
            state checkInGrade checkInDistance checkedInAt locationReducedAt volunteer { name number } record { minutes state } } } }";
        let seen = scene.leader.ask(document, json!({ "id": scene.attendance })).await.data("/node");
        assert_eq!(seen["volunteer"]["name"], "已注销");
        assert_eq!((&seen["record"]["minutes"], &seen["record"]["state"]), (&json!(120), &json!("CONFIRMED")));
        assert_eq!((&seen["checkInGrade"], &seen["checkInDistance"]), (&json!("LOCATION"), &json!(50.0)), "a band: {seen}");
        assert!(seen["locationReducedAt"].is_string());
        assert!(!seen.to_string().contains("王小玲"));
    }

    async fn what_she_signed_up_for_goes_to_who_waits(town: Town) {
        let mut scene = scene(&town).await;
        let mei = town.volunteer("Mei").await;
        keep_signed_in(&town).await;
        let later = scene.leader.post_activity(at("+9 08:00"), at("+9 10:00"), 1, json!({})).await;
        scene.ling.sign_up(later.shift()).await.fine();
        assert_eq!(mei.sign_up(later.shift()).await.text("/signUpForShift/signUp/state"), "WAITING");
        erase(&mut scene).await;
        assert_eq!(mei.inbox().await[0].0, "SEAT_GIVEN");
        let board = "query($id: ID!) { node(id: $id) { ... on Shift { placesLeft board { signedUp waiting } } } }";
        let shift = scene.leader.ask(board, json!({ "id": later.shift() })).await.data("/node");
        assert_eq!(shift, json!({ "placesLeft": 0, "board": { "signedUp": 1, "waiting": 0 } }));
        assert_eq!(mei.sign_up(later.shift()).await.text("/signUpForShift/signUp/state"), "SEATED");
    }

    async fn the_report_says_what_was_kept_and_why(town: Town) {
        let mut scene = scene(&town).await;
        let link = erase(&mut scene).await;
        let download = fetch(&town, &link).await;
        assert_eq!(download.header("content-disposition"), "attachment; filename=\"boai-report-2026-05-15.zip\"");
        let report = download.json("report.json");
        let of = |part: &str, table: &str| rows(&report, part).into_iter().find(|row| row["table"] == table);
        assert_eq!(of("Erased", "session").expect("sessions")["rows"], 2);
        let kept = of("Kept as the law has it", "service_record").expect("records");
        assert_eq!(kept["rows"], 1);
        assert!(kept["reason"]["zh"].as_str().expect("words").contains("志愿服务记录与证明出具办法"));
        assert!(of("Kept without what names the person", "volunteer").is_some());
        let page = download.file("report.html");
        assert!(page.contains("注销报告") && page.contains("Order 67"));
        for trace in [scene.ling.name.as_str(), &scene.ling.phone] {
            assert!(!page.contains(trace) && !download.file("report.json").contains(trace), "{trace}");
        }
        town.clock.set(at("+37 10:34"));
        assert_eq!(fetch(&town, &link).await.status, 404);
    }

    async fn the_last_word_comes_by_text_message_and_takes_the_number_with_it(town: Town) {
        let mut scene = scene(&town).await;
        erase(&mut scene).await;
        let texts = town.sms.templates(&scene.ling.phone);
        assert_eq!(texts[texts.len() - 2..], ["ERASURE_REQUESTED", "ERASURE_DONE"]);
        assert_eq!(count(&town, "SELECT COUNT(*) AS count FROM erasure WHERE last_word_to IS NOT NULL").await, 0);
        erase_due(&town).await;
        assert_eq!(town.sms.templates(&scene.ling.phone).len(), texts.len(), "once");
    }

    async fn a_gateway_that_is_away_is_tried_again_for_a_day(town: Town) {
        let mut scene = scene(&town).await;
        prove(&mut scene.ling).await;
        request_erasure(&scene.ling, &scene.ling.phone).await.fine();
        town.clock.set(at("+7 10:33"));
        let away = Webhook::new("http://127.0.0.1:9/".into(), None).expect("a gateway");
        let ctx = town.job_with_sms(Sms::Webhook(away));
        assert_eq!(boai::privacy::erasure::carry_out_all(&ctx).await.expect("it runs"), 1);
        boai::privacy::erasure::say_last_words(&ctx).await.expect("it runs");
        let waiting = "SELECT COUNT(*) AS count FROM erasure WHERE last_word_to IS NOT NULL";
        assert_eq!(count(&town, waiting).await, 1, "it waits for the gateway");
        town.clock.set(at("+8 10:34"));
        boai::privacy::erasure::say_last_words(&ctx).await.expect("it runs");
        assert_eq!(count(&town, waiting).await, 0, "the number does not wait longer than a day");
    }

    async fn only_a_fresh_sign_in_and_the_own_number_begin_it(town: Town) {
        let mut scene = scene(&town).await;
        let stale = request_erasure(&scene.ling, &scene.ling.phone).await;
        assert_eq!((stale.codes(), stale.refusal_number("minutesFresh")), (vec!["SIGN_IN_AGAIN".into()], 15.0));
        prove(&mut scene.ling).await;
        let other = request_erasure(&scene.ling, &scene.leader.phone).await;
        assert_eq!(other.codes(), ["WRONG_PHONE"]);
        assert_eq!(request_erasure(&town.stranger(), &scene.ling.phone).await.fault(), "UNAUTHENTICATED");
        town.clock.advance(chrono::TimeDelta::minutes(16));
        assert_eq!(request_erasure(&scene.ling, &scene.ling.phone).await.codes(), ["SIGN_IN_AGAIN"]);
        assert_eq!(town.rows("erasure").await, 0);
    }

    async fn it_waits_for_some_days_in_which_it_can_be_called_off(town: Town) {
        let mut scene = scene(&town).await;
        prove(&mut scene.ling).await;
        let asked = request_erasure(&scene.ling, &scene.ling.phone).await.fine();
        assert_eq!(asked.text("/requestErasure/erasure/takesEffectAt"), "2026-05-15T02:32:00+00:00");
        let erasure = asked.text("/requestErasure/erasure/id");
        // Asking again is asking once, with a link of its own.
        let again = request_erasure(&scene.ling, &scene.ling.phone).await.fine();
        assert_eq!(again.text("/requestErasure/erasure/id"), erasure);
        assert_ne!(again.text("/requestErasure/report/path"), asked.text("/requestErasure/report/path"));
        keep_signed_in(&town).await;
        town.clock.set(at("+7 10:31"));
        assert_eq!(erase_due(&town).await, 0);
        assert_eq!(my_erasure(&scene.ling).await["state"], "WAITING");
        assert_eq!(cancel_erasure(&scene.leader, &erasure).await.codes(), ["NOT_FOUND"], "it is not the leader's");
        let off = cancel_erasure(&scene.ling, &erasure).await.fine();
        assert_eq!(off.text("/cancelErasure/erasure/state"), "CANCELLED");
        assert_eq!(cancel_erasure(&scene.ling, &erasure).await.codes(), ["NOT_FOUND"]);
        town.clock.set(at("+8 00:00"));
        assert_eq!(erase_due(&town).await, 0);
        assert_eq!(scene.ling.minutes().await, (120, 0));
        // Another time she may ask anew.
        prove(&mut scene.ling).await;
        let anew = request_erasure(&scene.ling, &scene.ling.phone).await.fine();
        assert_ne!(anew.text("/requestErasure/erasure/id"), erasure);
    }

    async fn who_is_needed_is_told_what_to_do_first(town: Town) {
        let mut leader = town.leader("Li Fang").await;
        keep_signed_in(&town).await;
        let posted = leader.post_activity(at("08:00"), at("10:00"), 8, json!({})).await;
        prove(&mut leader).await;
        let refused = request_erasure(&leader, &leader.phone).await;
        assert_eq!((refused.codes(), refused.refusal_number("activities")), (vec!["RUNNING_ACTIVITIES".into()], 1.0));
        leader.sign_up(posted.shift()).await.fine();
        town.clock.set(at("08:00"));
        prove(&mut leader).await;
        leader.check_in(posted.shift(), 0.0).await.fine();
        assert_eq!(request_erasure(&leader, &leader.phone).await.codes(), ["CHECKED_IN", "RUNNING_ACTIVITIES"]);
        leader.check_out(0.0).await.fine();
        town.clock.set(at("10:00"));
        prove(&mut leader).await;
        request_erasure(&leader, &leader.phone).await.fine();
    }

    async fn the_last_officer_finds_somebody_first(town: Town) {
        let mut officer = town.officer("Officer", "3301").await;
        prove(&mut officer).await;
        let refused = request_erasure(&officer, &officer.phone).await;
        assert_eq!(refused.codes(), ["LAST_OFFICER"]);
        assert!(refused.payload()["errors"][0]["message"].as_str().expect("words").contains("杭州市红十字会"));
        let _sibling = town.officer("Sibling", "3302").await;
        let _below = town.officer("Below", "330106").await;
        assert_eq!(request_erasure(&officer, &officer.phone).await.codes(), ["LAST_OFFICER"], "neither reaches the branch");
        let _above = town.officer("Above", "33").await;
        request_erasure(&officer, &officer.phone).await.fine();
    }

    async fn what_comes_up_meanwhile_makes_it_wait(town: Town) {
        let mut scene = scene(&town).await;
        prove(&mut scene.leader).await;
        request_erasure(&scene.leader, &scene.leader.phone).await.fine();
        keep_signed_in(&town).await;
        let later = scene.leader.post_activity(at("+8 08:00"), at("+8 10:00"), 1, json!({})).await;
        town.clock.set(at("+7 12:00"));
        assert_eq!(erase_due(&town).await, 0);
        let waiting = my_erasure(&scene.leader).await;
        assert_eq!((&waiting["state"], &waiting["inTheWay"][0]["code"]), (&json!("WAITING"), &json!("RUNNING_ACTIVITIES")));
        serve(&scene.ling, {
            scene.ling.sign_up(later.shift()).await.fine();
            later.shift()
        }, at("+8 08:00"), at("+8 10:00")).await;
        assert_eq!(erase_due(&town).await, 1);
        assert_eq!(scene.leader.ask("{ me { id } }", json!({})).await.status, 401);
        // Her roles ended, her word on the hours stands, and somebody else goes on.
        assert_eq!(count(&town, "SELECT COUNT(*) AS count FROM role_grant WHERE revoked_at IS NULL").await, 0);
        assert_eq!(scene.ling.minutes().await, (120, 120));
        let activity = scene.ling.ask("query($id: ID!) { node(id: $id) { ... on Activity { personInCharge { name } } } }",
            json!({ "id": later.activity })).await.data("/node/personInCharge/name");
        assert_eq!(activity, "已注销");
        town.audit().await;
    }

    async fn while_officers_move_the_account_nobody_erases_it(town: Town) {
        let mut scene = scene(&town).await;
        prove(&mut scene.ling).await;
        let (officer, other) = (scene.leader.person_id().await, town.volunteer("Second").await.person_id().await);
        let (person, volunteer) = (scene.ling.person_id().await, volunteer_key(&scene.ling).await);
        let text = "INSERT INTO account_recovery (id, person_id, volunteer_id, old_phone, new_phone, reason, identity_check,
                state, opened_by, opened_at, approved_by, approved_at, waits_until, expires_at)
            VALUES ($1, $2, $3, $4, '+8613700000005', '丢了手机', '看了身份证', 'APPROVED', $5, $6, $7, $6, $6, $8)";
        let values: [sea_orm::Value; 8] = [
            town.app.random.uuid(at("10:00")).into(), person.into(), volunteer.into(), scene.ling.phone.as_str().into(),
            officer.into(), at("10:00").into(), other.into(), at("+3 10:00").into(),
        ];
        run(&town.app.db.conn, text, values).await.expect("a recovery");
        assert_eq!(request_erasure(&scene.ling, &scene.ling.phone).await.codes(), ["RECOVERY_OPEN"]);
        // Whoever asked before it began waits too, and once it is done that wish is nobody's any more.
        let over = "UPDATE account_recovery SET expires_at = $1";
        run(&town.app.db.conn, over, [at("07:00").into()]).await.expect("it is over");
        request_erasure(&scene.ling, &scene.ling.phone).await.fine();
        run(&town.app.db.conn, over, [at("+9 00:00").into()]).await.expect("as if it were another one");
        keep_signed_in(&town).await;
        town.clock.set(at("+8 00:00"));
        assert_eq!(erase_due(&town).await, 0);
        assert_eq!(my_erasure(&scene.ling).await["inTheWay"][0]["code"], "RECOVERY_OPEN");
        let done = "UPDATE account_recovery SET state = 'COMPLETED', ended_at = $1";
        run(&town.app.db.conn, done, [at("+8 00:00").into()]).await.expect("it is done");
        assert_eq!(erase_due(&town).await, 0);
        assert_eq!(my_erasure(&scene.ling).await["state"], "CANCELLED");
        // Erased later on, the texts about her go from it, and who did what stays.
        prove(&mut scene.ling).await;
        request_erasure(&scene.ling, &scene.ling.phone).await.fine();
        town.clock.set(at("+16 00:00"));
        assert_eq!(erase_due(&town).await, 1);
        let all = everything(&town).await;
        assert!(!all.contains("丢了手机") && !all.contains("看了身份证") && !all.contains("+8613700000005"));
        assert_eq!(town.rows("account_recovery").await, 1);
    }

    async fn a_sign_in_by_another_way_than_a_code_proves_nothing(town: Town) {
        let mut scene = scene(&town).await;
        prove(&mut scene.ling).await;
        run(&town.app.db.conn, "UPDATE session SET way = 'WECHAT'", []).await.expect("as if by WeChat");
        assert_eq!(request_erasure(&scene.ling, &scene.ling.phone).await.codes(), ["SIGN_IN_AGAIN"]);
    }

    async fn a_person_who_never_enrolled_can_be_erased(town: Town) {
        let person = town.person("Passer-by").await;
        request_my_data(&person, &person.request_id()).await.fine();
        request_erasure(&person, &person.phone).await.fine();
        town.clock.set(at("+7 07:00"));
        assert_eq!(erase_due(&town).await, 1);
        assert!(!everything(&town).await.contains(&person.phone));
        assert_eq!(count(&town, "SELECT COUNT(*) AS count FROM data_export WHERE kind = 'MY_DATA'").await, 0);
    }

    async fn a_guardians_number_stays_with_the_child_who_needs_it(town: Town) {
        let mut mother = town.volunteer("Mother").await;
        let child = town.person("Child").await;
        child.enrol(json!({ "birthDate": "2010-01-01", "guardian": { "name": "王芳", "phone": mother.phone } })).await;
        prove(&mut mother).await;
        request_erasure(&mother, &mother.phone).await.fine();
        town.clock.set(at("+7 12:00"));
        assert_eq!(erase_due(&town).await, 1);
        let named = format!("SELECT COUNT(*) AS count FROM volunteer WHERE guardian_phone = '{}'", mother.phone);
        assert_eq!(count(&town, &named).await, 1);
    }

    async fn the_audit_trail_says_that_it_was_done_and_by_whom(town: Town) {
        let mut scene = scene(&town).await;
        let person = scene.ling.person_id().await;
        erase(&mut scene).await;
        let done: Vec<Value> = boai_entity_audit(&town, person.0).await;
        let actions: Vec<&str> = done.iter().filter_map(Value::as_str).collect();
        assert!(actions.contains(&"REQUEST_ERASURE") && actions.contains(&"ERASE"), "{actions:?}");
        assert_eq!(key(&scene.attendance).get_version_num(), 7);
    }
}

async fn boai_entity_audit(town: &Town, subject: uuid::Uuid) -> Vec<Value> {
    use boai_entity::audit_entry::{Column, Entity};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let entries = Entity::find().filter(Column::SubjectId.eq(subject)).all(&town.app.db.conn).await.expect("entries");
    entries.into_iter().map(|entry| json!(entry.action)).collect()
}
