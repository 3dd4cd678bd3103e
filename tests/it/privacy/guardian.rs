//! A guardian's rights: proved by a code to the phone that the child's file names, until the 18th birthday.

use boai::{platform::db::run, privacy::retention};
use boai_tests::{Answer, Person, Town, at, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    cancel_erasure, count, erase_due, fetch, keep_signed_in, make_copies, request_erasure, request_my_data, rows,
};

/// The guardian's phone, on which nobody ever signed in.
const PHONE: &str = "+8613700000001";

/// A volunteer of 16 years, whose guardian is at `PHONE`.
async fn child(town: &Town) -> Person<'_> {
    born(town, "2010-01-01").await
}

async fn born<'t>(town: &'t Town, birth_date: &str) -> Person<'t> {
    let child = town.person("王小宝").await;
    child.enrol(json!({ "birthDate": birth_date, "guardian": { "name": "王芳", "phone": PHONE } })).await;
    child
}

async fn request_code(town: &Town, phone: &str) -> Answer {
    let document = "mutation($phone: PhoneNumber!) { requestGuardianCode(input: { phone: $phone }) {
        expiresAt errors { code message } } }";
    town.stranger().ask(document, json!({ "phone": phone })).await
}

async fn open(town: &Town, phone: &str, code: &str, number: &str) -> Answer {
    let document = "mutation($phone: PhoneNumber!, $code: String!, $number: String!) {
        openGuardianPass(input: { phone: $phone, code: $code, volunteerNumber: $number }) {
            pass expiresAt errors { code message path numbers { name value } } } }";
    town.stranger().ask(document, json!({ "phone": phone, "code": code, "number": number })).await
}

/// The newest code to the guardian's phone, a minute after the last.
async fn next_code(town: &Town) -> String {
    town.clock.advance(TimeDelta::minutes(1));
    request_code(town, PHONE).await.fine();
    town.sms.last_code(PHONE).expect("a text message")
}

/// A pass for a child.
async fn pass(town: &Town, child: &Person<'_>) -> String {
    let code = next_code(town).await;
    open(town, PHONE, &code, &child.number().await).await.fine().text("/openGuardianPass/pass")
}

async fn view(town: &Town, pass: &str) -> Value {
    let document = "query($pass: String!) { guardianView(pass: $pass) { childName childNumber
        consents { kind withdrawnAt } dataExports { id state askedBy } erasure { id state askedBy } } }";
    town.stranger().ask(document, json!({ "pass": pass })).await.data("/guardianView")
}

/// One of a guardian's mutations, with its other inputs.
async fn act(town: &Town, field: &str, pass: &str, more: &str, selected: &str) -> Answer {
    let document = format!(
        "mutation {{ {field}(input: {{ pass: \"{pass}\", {more} }}) {{ {selected} errors {{ code message }} }} }}"
    );
    town.stranger().ask(&document, json!({})).await
}

async fn request_data(town: &Town, pass: &str) -> Answer {
    let request = town.stranger().request_id();
    act(town, "requestChildData", pass, &format!("requestId: \"{request}\""), "export { id }").await
}

async fn request_child_erasure(town: &Town, pass: &str, number: &str) -> Answer {
    let more = format!("volunteerNumber: \"{number}\"");
    act(town, "requestChildErasure", pass, &more, "erasure { id askedBy } report { path }").await
}

stories! {
    async fn a_guardian_without_an_account_sees_and_copies_what_is_held_about_the_child(town: Town) {
        let child = child(&town).await;
        keep_signed_in(&town).await;
        let pass = pass(&town, &child).await;
        let seen = view(&town, &pass).await;
        assert_eq!((&seen["childName"], &seen["childNumber"]), (&json!("王小宝"), &json!(child.number().await)));
        let export = request_data(&town, &pass).await.fine().text("/requestChildData/export/id");
        assert_eq!(child.inbox().await[0].0, "GUARDIAN_ACTED", "the child hears of it");
        make_copies(&town).await;
        let seen = view(&town, &pass).await["dataExports"][0].clone();
        assert_eq!((&seen["state"], &seen["askedBy"]), (&json!("READY"), &json!("GUARDIAN")));
        let link = act(&town, "createChildDataLink", &pass, &format!("exportId: \"{export}\""), "link { path }").await;
        let copy = fetch(&town, &link.fine().text("/createChildDataLink/link/path")).await.json("data.json");
        assert_eq!(rows(&copy, "volunteer")[0]["name"], "王小宝");
        assert_eq!(rows(&copy, "guardian_pass").len(), 1);
        // One a day, whoever of the two asks.
        assert_eq!(request_my_data(&child, &child.request_id()).await.codes(), ["ONE_A_DAY"]);
        assert_eq!(request_data(&town, &pass).await.codes(), ["ONE_A_DAY"]);
        assert_eq!(town.rows("person").await, 1, "the guardian became nobody here");
    }

    async fn a_child_signs_up_only_while_the_guardian_agrees(town: Town) {
        let leader = town.leader("Li Fang").await;
        let child = child(&town).await;
        keep_signed_in(&town).await;
        let first = leader.post_activity(at("09:00"), at("10:00"), 8, json!({})).await;
        let second = leader.post_activity(at("11:00"), at("12:00"), 8, json!({ "title": "二" })).await;
        let refused = child.sign_up(first.shift()).await;
        assert_eq!((refused.codes(), town.rows("sign_up").await), (vec!["GUARDIAN_CONSENT_MISSING".into()], 0));
        // It is not the child's to give.
        let own = "mutation { giveConsent(input: { kind: GUARDIAN, version: \"2026-01\" }) { errors { code } } }";
        assert_eq!(child.ask(own, json!({})).await.codes(), ["THE_GUARDIANS"]);
        let pass = pass(&town, &child).await;
        let older = act(&town, "giveGuardianConsent", &pass, "version: \"2025-12\"", "consents { kind }").await;
        assert_eq!(older.codes(), ["OUTDATED"]);
        assert_eq!(town.rows("consent WHERE kind = 'GUARDIAN'").await, 0);
        let given = town.stranger().agree_as_guardian(&pass).await.fine();
        let expected = json!({ "kind": "GUARDIAN", "version": "2026-01", "withdrawnAt": null });
        assert_eq!(given.data("/giveGuardianConsent/consents/0"), expected);
        assert_eq!(child.inbox().await[0].0, "GUARDIAN_ACTED");
        // Twice is once.
        town.stranger().agree_as_guardian(&pass).await.fine();
        assert_eq!(town.rows("consent WHERE kind = 'GUARDIAN'").await, 1);
        assert_eq!(town.rows("audit_entry WHERE reason = 'GUARDIAN 2026-01 by the guardian'").await, 1);
        child.sign_up(first.shift()).await.fine();

        let own = "mutation { withdrawConsent(input: { kind: GUARDIAN }) { errors { code } } }";
        assert_eq!(child.ask(own, json!({})).await.codes(), ["THE_GUARDIANS"]);
        act(&town, "withdrawChildConsent", &pass, "kind: GUARDIAN", "consents { kind }").await.fine();
        let refused = child.sign_up(second.shift()).await;
        assert_eq!((refused.codes(), town.rows("sign_up").await), (vec!["GUARDIAN_CONSENT_MISSING".into()], 1));
        assert!(town.audit_trail().await.faults.is_empty());
    }

    async fn whoever_comes_of_age_needs_nobodys_consent(town: Town) {
        let leader = town.leader("Li Fang").await;
        let child = born(&town, "2008-05-09").await;
        keep_signed_in(&town).await;
        let posted = leader.post_activity(at("+1 09:00"), at("+1 10:00"), 8, json!({})).await;
        assert_eq!(child.sign_up(posted.shift()).await.codes(), ["GUARDIAN_CONSENT_MISSING"]);
        town.clock.set(at("+1 00:00"));
        child.sign_up(posted.shift()).await.fine();
    }

    async fn a_guardian_withdraws_a_consent_and_it_stops_at_once(town: Town) {
        let leader = town.leader("Li Fang").await;
        let child = child(&town).await;
        keep_signed_in(&town).await;
        let posted = leader.post_activity(at("08:00"), at("10:00"), 8, json!({})).await;
        let pass = pass(&town, &child).await;
        town.stranger().agree_as_guardian(&pass).await.fine();
        child.sign_up(posted.shift()).await.fine();
        let consents = "consents { kind withdrawnAt }";
        let withdrawn = act(&town, "withdrawChildConsent", &pass, "kind: LOCATION", consents).await.fine();
        let consents = withdrawn.data("/withdrawChildConsent/consents");
        let location = consents.as_array().expect("consents").iter().find(|one| one["kind"] == "LOCATION").cloned();
        assert!(location.expect("it is there")["withdrawnAt"].is_string());
        town.clock.set(at("08:00"));
        assert_eq!(child.check_in(posted.shift(), 0.0).await.codes(), ["LOCATION_CONSENT_MISSING"]);
        assert_eq!(child.inbox().await[0].0, "GUARDIAN_ACTED");
        let pass = self::pass(&town, &child).await;
        for kind in ["LOCATION", "TERMS", "PUBLICATION"] {
            let again = act(&town, "withdrawChildConsent", &pass, &format!("kind: {kind}"), "consents { kind }").await;
            assert_eq!(again.codes(), ["NOT_IN_FORCE"], "{kind}");
        }
    }

    async fn only_a_code_for_this_purpose_to_the_number_in_the_file_opens_a_pass(town: Town) {
        let child = child(&town).await;
        let (other, adult) = (town.person("Other").await, town.volunteer("Adult").await);
        let guardian = json!({ "name": "赵", "phone": "+8613700000002" });
        other.enrol(json!({ "birthDate": "2010-01-01", "guardian": guardian })).await;
        let numbers = [other.number().await, adult.number().await, "123".into(), "\u{0}".into()];
        let number = child.number().await;
        // A code for signing in is none for this.
        let sign_in = "mutation($phone: PhoneNumber!) { requestSignInCode(input: { phone: $phone }) { errors { code } } }";
        town.stranger().ask(sign_in, json!({ "phone": PHONE })).await.fine();
        let code = town.sms.last_code(PHONE).expect("a text message");
        assert_eq!(open(&town, PHONE, &code, &number).await.codes(), ["NO_CODE"]);
        let code = next_code(&town).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let refused = open(&town, PHONE, wrong, &number).await;
        assert_eq!((refused.codes(), refused.refusal_number("triesLeft")), (vec!["WRONG_CODE".into()], 4.0));
        // And the other way round: it signs nobody in.
        let mut thief = town.stranger();
        thief.phone = PHONE.into();
        assert_eq!(thief.try_sign_in(&code).await.codes(), ["NO_CODE"]);
        open(&town, PHONE, &code, &number).await.fine();
        assert_eq!(open(&town, PHONE, &code, &number).await.codes(), ["NO_CODE"], "once");
        // Somebody else's child, an adult, nobody.
        for number in numbers {
            let code = next_code(&town).await;
            assert_eq!(open(&town, PHONE, &code, &number).await.codes(), ["NOT_GUARDIAN"]);
            assert_eq!(open(&town, PHONE, &code, &number).await.codes(), ["NO_CODE"], "it is used up all the same");
        }
        assert_eq!(town.rows("guardian_pass").await, 1);
    }

    async fn the_answer_is_the_same_whether_a_child_names_the_number_or_not(town: Town) {
        child(&town).await;
        let named = request_code(&town, PHONE).await.fine();
        assert_eq!(named, request_code(&town, "+8613700000009").await.fine());
        assert_eq!(request_code(&town, PHONE).await.codes(), ["TOO_SOON"]);
        assert_eq!(town.sms.templates("+8613700000009"), ["GUARDIAN_CODE"]);
    }

    async fn a_pass_ends_with_its_half_hour(town: Town) {
        let child = child(&town).await;
        keep_signed_in(&town).await;
        let pass = pass(&town, &child).await;
        town.clock.advance(TimeDelta::minutes(29));
        assert!(view(&town, &pass).await.is_object());
        town.clock.advance(TimeDelta::minutes(1));
        assert_eq!(view(&town, &pass).await, json!(null));
        assert_eq!(request_data(&town, &pass).await.codes(), ["PASS_ENDED"]);
        assert_eq!(request_child_erasure(&town, &pass, &child.number().await).await.codes(), ["PASS_ENDED"]);
        assert_eq!(act(&town, "withdrawChildConsent", &pass, "kind: LOCATION", "").await.codes(), ["PASS_ENDED"]);
        assert_eq!(view(&town, "boai_x").await, json!(null));
        let stored = count(&town, &format!("SELECT COUNT(*) AS count FROM guardian_pass WHERE hash = '{pass}'")).await;
        assert_eq!(stored, 0, "only a digest is kept");
    }

    async fn a_pass_ends_with_another_number_in_the_childs_file(town: Town) {
        let child = child(&town).await;
        let pass = pass(&town, &child).await;
        let text = "UPDATE volunteer SET guardian_phone = '+8613700000003'";
        run(&town.app.db.conn, text, []).await.expect("the file changes");
        assert_eq!(view(&town, &pass).await, json!(null));
        assert_eq!(request_data(&town, &pass).await.codes(), ["PASS_ENDED"]);
    }

    async fn with_the_eighteenth_birthday_the_rights_end(town: Town) {
        // 18 on May 9, which begins at 16:00 UTC the day before.
        let child = born(&town, "2008-05-09").await;
        keep_signed_in(&town).await;
        town.clock.set(at("23:45"));
        let given = pass(&town, &child).await;
        town.clock.set(at("23:59"));
        assert!(view(&town, &given).await.is_object());
        town.clock.set(at("+1 00:00"));
        assert_eq!(view(&town, &given).await, json!(null), "in the midst of its half hour");
        assert_eq!(request_data(&town, &given).await.codes(), ["PASS_ENDED"]);
        let code = next_code(&town).await;
        assert_eq!(open(&town, PHONE, &code, &child.number().await).await.codes(), ["NOT_GUARDIAN"]);
    }

    async fn a_guardian_has_the_child_erased(town: Town) {
        let child = child(&town).await;
        keep_signed_in(&town).await;
        let (number, pass) = (child.number().await, pass(&town, &child).await);
        let slip = request_child_erasure(&town, &pass, "20260000").await;
        assert_eq!(slip.codes(), ["NOT_GUARDIAN"], "a slip of the finger");
        let asked = request_child_erasure(&town, &pass, &number).await.fine();
        let erasure = asked.text("/requestChildErasure/erasure/id");
        assert_eq!(child.inbox().await[0].0, "GUARDIAN_ACTED");
        assert_eq!(cancel_erasure(&child, &erasure).await.codes(), ["GUARDIAN_ASKED"]);
        let cancel = format!("erasureId: \"{erasure}\"");
        act(&town, "cancelChildErasure", &pass, &cancel, "").await.fine();
        assert_eq!(act(&town, "cancelChildErasure", &pass, &cancel, "").await.codes(), ["NOT_FOUND"]);
        let asked = request_child_erasure(&town, &pass, &number).await.fine();
        town.clock.set(at("+7 08:00"));
        assert_eq!(erase_due(&town).await, 1);
        assert_eq!(child.ask("{ me { id } }", json!({})).await.status, 401);
        assert_eq!(town.rows("guardian_pass").await, 0);
        let report = fetch(&town, &asked.text("/requestChildErasure/report/path")).await.json("report.json");
        assert!(rows(&report, "Erased").iter().any(|row| row["table"] == "guardian_pass"), "{report}");
        assert!(town.sms.templates(&child.phone).contains(&"ERASURE_DONE".to_owned()));
    }

    async fn what_the_child_asked_for_the_guardian_may_call_off(town: Town) {
        let child = child(&town).await;
        let asked = request_erasure(&child, &child.phone).await.fine();
        let erasure = asked.text("/requestErasure/erasure/id");
        let pass = pass(&town, &child).await;
        assert_eq!(view(&town, &pass).await["erasure"]["askedBy"], "PERSON");
        let which = format!("erasureId: \"{erasure}\"");
        let off = act(&town, "cancelChildErasure", &pass, &which, "erasure { state }").await.fine();
        assert_eq!(off.text("/cancelChildErasure/erasure/state"), "CANCELLED");
    }

    async fn what_the_child_asked_for_first_is_the_guardians_once_the_guardian_asks_too(town: Town) {
        let child = child(&town).await;
        let asked = request_erasure(&child, &child.phone).await.fine().text("/requestErasure/erasure/id");
        let pass = pass(&town, &child).await;
        request_child_erasure(&town, &pass, &child.number().await).await.fine();
        assert_eq!(cancel_erasure(&child, &asked).await.codes(), ["GUARDIAN_ASKED"]);
        assert_eq!(town.rows("erasure WHERE state = 'WAITING' AND asked_by = 'GUARDIAN'").await, 1);
    }

    async fn who_turns_18_before_it_takes_effect_decides_alone(town: Town) {
        let child = born(&town, "2008-05-12").await;
        keep_signed_in(&town).await;
        let (number, pass) = (child.number().await, pass(&town, &child).await);
        let asked = request_child_erasure(&town, &pass, &number).await.fine();
        town.clock.set(at("+7 08:00"));
        assert_eq!(erase_due(&town).await, 0);
        let state = child.ask("{ me { erasure { state } } }", json!({})).await.text("/me/erasure/state");
        assert_eq!(state, "CANCELLED");
        // Had it not ended by itself, it could have been called off from the birthday on.
        let text = "UPDATE erasure SET state = 'WAITING', ended_at = NULL";
        run(&town.app.db.conn, text, []).await.expect("as if nobody had looked yet");
        cancel_erasure(&child, &asked.text("/requestChildErasure/erasure/id")).await.fine();
    }

    async fn nothing_of_another_child_is_reached_by_a_pass(town: Town) {
        let child = child(&town).await;
        let other = town.volunteer("Other").await;
        let export = request_my_data(&other, &other.request_id()).await.fine().text("/requestMyData/export/id");
        let erasure = request_erasure(&other, &other.phone).await.fine().text("/requestErasure/erasure/id");
        make_copies(&town).await;
        let pass = pass(&town, &child).await;
        let link = act(&town, "createChildDataLink", &pass, &format!("exportId: \"{export}\""), "").await;
        assert_eq!(link.codes(), ["NOT_FOUND"]);
        let cancel = act(&town, "cancelChildErasure", &pass, &format!("erasureId: \"{erasure}\""), "").await;
        assert_eq!(cancel.codes(), ["NOT_FOUND"]);
    }

    async fn a_code_sent_twice_at_once_opens_one_pass(town: Town) {
        let child = child(&town).await;
        let number = child.number().await;
        let code = next_code(&town).await;
        let answers = join_all((0..4).map(|_| open(&town, PHONE, &code, &number))).await;
        let opened = answers.iter().filter(|answer| answer.codes().is_empty()).count();
        assert_eq!((opened, town.rows("guardian_pass").await), (1, 1));
    }

    async fn passes_go_a_day_after_their_end(town: Town) {
        let child = child(&town).await;
        keep_signed_in(&town).await;
        pass(&town, &child).await;
        // Opened at 07:01, for half an hour.
        retention::run_now(&town.app.db, at("+1 07:31"), false).await.expect("it runs");
        assert_eq!(town.rows("guardian_pass").await, 1);
        retention::run_now(&town.app.db, at("+1 07:32"), false).await.expect("it runs");
        assert_eq!(town.rows("guardian_pass").await, 0);
    }
}
