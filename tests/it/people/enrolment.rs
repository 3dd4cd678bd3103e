//! Stories of becoming a volunteer, and of what one agrees to.

use boai_tests::{Answer, Person, Town, at, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::sign_in_races::count;

/// Asserts that nobody was enrolled and nothing was agreed to.
async fn nobody_enrolled(town: &Town) {
    assert_eq!((town.rows("volunteer").await, town.rows("consent").await), (0, 0));
}

async fn give(person: &Person<'_>, kind: &str, version: &str) -> Answer {
    let document = "mutation($kind: ConsentKind!, $version: String!) {
        giveConsent(input: { kind: $kind, version: $version }) {
            consents { kind version withdrawnAt } errors { code message path } } }";
    person.ask(document, json!({ "kind": kind, "version": version })).await
}

async fn withdraw(person: &Person<'_>, kind: &str) -> Answer {
    let document = "mutation($kind: ConsentKind!) { withdrawConsent(input: { kind: $kind }) {
        consents { kind version withdrawnAt } errors { code message path } } }";
    person.ask(document, json!({ "kind": kind })).await
}

/// Kind, version and end of every consent, newest first.
async fn consents(person: &Person<'_>) -> Value {
    let document = "{ me { consents { kind version withdrawnAt } } }";
    let list = person.ask(document, json!({})).await.data("/me/consents");
    let short = |one: &Value| json!([one["kind"], one["version"], one["withdrawnAt"]]);
    list.as_array().expect("a list").iter().map(short).collect()
}

const EVERYTHING: &str = "{ me { id
    volunteer { name number birthDate guardianName guardianPhone residence { name } skills
        availability { weekday dayPart } state enrolledAt }
    consents { kind } roles { role } teams { state } sessions { current } openAttendance { id }
    hours { confirmed pending byYear { year } byCategory { category } byTeam { confirmed } }
    stars { star confirmed next { star missing } } badges { code eligible }
    records { nodes { id } } signUps { nodes { id } } inbox { nodes { id } } } }";

stories! {
    async fn ling_enrols_and_reads_her_file(town: Town) {
        let ling = town.person("王小玲").await;
        ling.enrol(json!({
            "skills": ["SIGN_LANGUAGE", "FIRST_AID", "FIRST_AID"],
            "availability": [
                { "weekday": "SUNDAY", "dayPart": "MORNING" }, { "weekday": "MONDAY", "dayPart": "EVENING" },
            ],
        })).await;
        let file = ling.ask(EVERYTHING, json!({})).await.data("/me/volunteer");
        let number = ling.number().await;
        assert!(number.len() == 12 && number.starts_with("2026"), "{number}");
        let expected = json!({
            "name": "王小玲", "number": number, "birthDate": "1990-01-01", "guardianName": null, "guardianPhone": null,
            "residence": { "name": "曙光社区" }, "skills": ["FIRST_AID", "SIGN_LANGUAGE"],
            "availability": [
                { "weekday": "MONDAY", "dayPart": "EVENING" }, { "weekday": "SUNDAY", "dayPart": "MORNING" },
            ],
            "state": "ENROLLED", "enrolledAt": "2026-05-07T23:00:00+00:00",
        });
        assert_eq!(file, expected);
    }

    async fn thirteen_is_too_young_and_fourteen_is_not(town: Town) {
        let mut child = town.person("小明").await;
        let given = json!({ "birthDate": "2012-05-09", "guardian": { "name": "王建国", "phone": "138 0571 2345" } });
        let refused = child.try_enrol(given.clone()).await;
        assert_eq!(refused.codes(), ["TOO_YOUNG"]);
        assert_eq!((refused.refusal_number("ageYears"), refused.refusal_number("youngestYears")), (13.0, 14.0));
        nobody_enrolled(&town).await;
        town.clock.set(at("+1 00:00"));
        child.refresh().await;
        child.enrol(given).await;
    }

    async fn nobody_is_their_own_guardian(town: Town) {
        let mei = town.person("梅").await;
        let guardian = json!({ "name": "梅母", "phone": mei.phone });
        let refused = mei.try_enrol(json!({ "birthDate": "2008-05-09", "guardian": guardian })).await;
        assert_eq!(refused.codes(), ["GUARDIAN_IS_YOU"]);
        nobody_enrolled(&town).await;
    }

    async fn a_guardian_has_a_name_and_a_number(town: Town) {
        let mei = town.person("梅").await;
        for guardian in [
            json!({ "name": " ", "phone": "13805712345" }),
            json!({ "name": "梅母", "phone": "1380571234" }),
        ] {
            let answer = mei.try_enrol(json!({ "birthDate": "2008-05-09", "guardian": guardian })).await;
            assert_eq!(answer.fault(), "BAD_USER_INPUT", "{guardian}");
            assert!(!answer.body.to_string().contains("1380571"), "{}", answer.body);
        }
        nobody_enrolled(&town).await;
    }

    async fn under_eighteen_takes_a_guardian_whose_number_is_masked(town: Town) {
        let mei = town.person("梅").await;
        let refused = mei.try_enrol(json!({ "birthDate": "2008-05-09" })).await;
        assert_eq!((refused.codes(), refused.refusal_number("ageYears")), (vec!["GUARDIAN_NEEDED".into()], 17.0));
        nobody_enrolled(&town).await;
        town.person("刚满十八").await.enrol(json!({ "birthDate": "2008-05-08" })).await;
        let guardian = json!({ "name": "梅母", "phone": "13805712345" });
        mei.enrol(json!({ "birthDate": "2008-05-09", "guardian": guardian })).await;
        let file = mei.ask(EVERYTHING, json!({})).await;
        assert_eq!(file.text("/me/volunteer/guardianName"), "梅母");
        assert_eq!(file.text("/me/volunteer/guardianPhone"), "138****2345");
    }

    async fn a_birth_date_must_be_possible(town: Town) {
        let ling = town.person("Ling").await;
        for impossible in ["2026-05-09", "1905-05-07"] {
            let refused = ling.try_enrol(json!({ "birthDate": impossible })).await;
            assert_eq!(refused.codes(), ["BIRTH_DATE_IMPOSSIBLE"], "{impossible}");
            assert_eq!(refused.payload()["errors"][0]["path"], json!(["input", "birthDate"]));
        }
        for no_day in ["2026-02-30", "8.5.1990", ""] {
            assert_eq!(ling.try_enrol(json!({ "birthDate": no_day })).await.fault(), "BAD_USER_INPUT", "{no_day}");
        }
        nobody_enrolled(&town).await;
    }

    async fn one_lives_in_a_division_that_there_is(town: Town) {
        let ling = town.person("Ling").await;
        for unknown in ["999999", "", "33%", "33\0", "３３", "330106109203 "] {
            let refused = ling.try_enrol(json!({ "residenceCode": unknown })).await;
            assert_eq!(refused.codes(), ["RESIDENCE_UNKNOWN"], "{unknown:?}");
        }
        nobody_enrolled(&town).await;
    }

    async fn without_the_terms_nobody_enrols(town: Town) {
        let ling = town.person("Ling").await;
        let refused = ling.try_enrol(json!({ "acceptedTermsVersion": null })).await;
        assert_eq!(refused.codes(), ["TERMS_NOT_ACCEPTED"]);
        nobody_enrolled(&town).await;
    }

    async fn a_name_can_be_seen_and_does_not_deceive(town: Town) {
        let ling = town.person("Ling").await;
        for name in ["", " ", "\u{200b}\u{2060}", "\u{3164}", "王\u{202e}玲", "王\u{61c}玲", "王\0玲", &"玲".repeat(51)] {
            assert_eq!(ling.try_enrol(json!({ "name": name })).await.fault(), "BAD_USER_INPUT", "{name:?}");
        }
        nobody_enrolled(&town).await;
        ling.enrol(json!({ "name": " 玲".repeat(25) })).await;
    }

    async fn one_enrols_once(town: Town) {
        let ling = town.volunteer("Ling").await;
        let number = ling.number().await;
        assert_eq!(ling.try_enrol(json!({ "name": "Other" })).await.codes(), ["ALREADY_ENROLLED"]);
        assert_eq!(ling.number().await, number);
        assert_eq!((town.rows("volunteer").await, town.rows("consent").await), (1, 2));
    }

    async fn ten_enrolments_at_once_make_one_volunteer(town: Town) {
        let ling = town.person("Ling").await;
        let answers = join_all((0..10).map(|_| ling.try_enrol(json!({})))).await;
        assert_eq!((count(&answers, ""), count(&answers, "ALREADY_ENROLLED")), (1, 9));
        assert_eq!((town.rows("volunteer").await, town.rows("consent").await), (1, 2));
    }

    async fn a_stranger_cannot_enrol(town: Town) {
        assert_eq!(town.stranger().try_enrol(json!({})).await.fault(), "UNAUTHENTICATED");
        nobody_enrolled(&town).await;
    }

    async fn the_consent_to_location_is_one_of_its_own(town: Town) {
        let ling = town.person("Ling").await;
        ling.enrol(json!({ "locationConsentVersion": null })).await;
        assert_eq!(consents(&ling).await, json!([["TERMS", "2026-01", null]]));
        town.clock.set(at("07:10"));
        give(&ling, "LOCATION", "2026-01").await.fine();
        give(&ling, "LOCATION", "2026-01").await.fine();
        assert_eq!(consents(&ling).await, json!([["LOCATION", "2026-01", null], ["TERMS", "2026-01", null]]));
    }

    async fn a_consent_is_withdrawn_and_given_again(town: Town) {
        let ling = town.volunteer("Ling").await;
        town.clock.set(at("07:10"));
        withdraw(&ling, "LOCATION").await.fine();
        assert_eq!(withdraw(&ling, "LOCATION").await.codes(), ["NOT_IN_FORCE"]);
        town.clock.set(at("07:20"));
        give(&ling, "LOCATION", "2026-01").await.fine();
        let all = consents(&ling).await;
        assert_eq!(all[0], json!(["LOCATION", "2026-01", null]));
        assert!(all.as_array().expect("a list").contains(&json!(["LOCATION", "2026-01", "2026-05-07T23:10:00+00:00"])));
        assert_eq!(town.rows("consent").await, 3);
    }

    async fn a_volunteer_stays_bound_by_the_terms(town: Town) {
        let ling = town.volunteer("Ling").await;
        assert_eq!(withdraw(&ling, "TERMS").await.codes(), ["TERMS_STAY"]);
        assert_eq!(withdraw(&ling, "PUBLICATION").await.codes(), ["NOT_IN_FORCE"]);
        assert_eq!(town.rows("consent WHERE withdrawn_at IS NULL").await, 2);
    }

    async fn ten_times_yes_at_once_is_one_consent(town: Town) {
        let ling = town.volunteer("Ling").await;
        let answers = join_all((0..10).map(|_| give(&ling, "PUBLICATION", "2026-01"))).await;
        assert_eq!(count(&answers, ""), 10);
        assert_eq!(town.rows("consent WHERE kind = 'PUBLICATION'").await, 1);
    }

    async fn me_is_nobody_for_a_stranger_and_empty_before_enrolment(town: Town) {
        assert_eq!(town.stranger().ask(EVERYTHING, json!({})).await.data("/me"), Value::Null);
        let ling = town.person("Ling").await;
        let me = ling.ask(EVERYTHING, json!({})).await;
        assert_eq!(me.data("/me/volunteer"), Value::Null);
        for empty in ["consents", "roles", "teams", "hours/byYear", "records/nodes", "signUps/nodes", "inbox/nodes"] {
            assert_eq!(me.data(&format!("/me/{empty}")), json!([]), "{empty}");
        }
        assert_eq!((me.number("/me/hours/confirmed"), me.number("/me/stars/star")), (0.0, 0.0));
        let badges = me.data("/me/badges");
        assert!(badges.as_array().expect("a list").iter().all(|badge| badge["eligible"] == false));
        assert_eq!(me.data("/me/sessions"), json!([{ "current": true }]));
    }
}
