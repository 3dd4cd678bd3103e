//! Stories of the texts that people agree to.

use boai::platform::db::run;
use boai_tests::{Answer, Person, Town, at, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn texts(person: &Person<'_>) -> Value {
    person.ask("{ consentTexts { kind version inForceFrom title text } }", json!({})).await.data("/consentTexts")
}

async fn missing(person: &Person<'_>) -> Value {
    person.ask("{ me { consentsMissing { kind version } } }", json!({})).await.data("/me/consentsMissing")
}

async fn give(person: &Person<'_>, kind: &str, version: &str) -> Answer {
    let document = "mutation($kind: ConsentKind!, $version: String!) {
        giveConsent(input: { kind: $kind, version: $version }) {
            consents { kind version withdrawnAt } errors { code message path } } }";
    person.ask(document, json!({ "kind": kind, "version": version })).await
}

/// A later version of a text, which comes into force at noon.
async fn publish_at_noon(town: &Town, kind: &str) {
    let text = "INSERT INTO consent_text VALUES ($1, '2026-06', $2, '新', '新', 'New', 'New')";
    run(&town.app.db.conn, text, [kind.into(), at("12:00").into()]).await.expect("it is published");
}

stories! {
    async fn a_stranger_reads_what_will_be_agreed_to_in_both_languages(town: Town) {
        let (english, chinese) = (town.stranger(), Person { language: "zh-CN", ..town.stranger() });
        let kinds = json!(["GUARDIAN", "IDENTITY", "LEADERBOARD", "LOCATION", "PUBLICATION", "TERMS"]);
        for (person, title, word) in [(english, "Terms of volunteering", "pay"), (chinese, "志愿服务条款", "无报酬")] {
            let texts = texts(&person).await;
            let list = texts.as_array().expect("a list");
            assert_eq!(list.iter().map(|text| text["kind"].clone()).collect::<Value>(), kinds);
            assert!(list.iter().all(|text| text["version"] == "2026-01" && text["inForceFrom"] == "2025-12-31T16:00:00+00:00"));
            assert_eq!(list[5]["title"], title);
            assert!(list[5]["text"].as_str().expect("a text").contains(word), "{}", list[5]);
        }
    }

    async fn only_the_text_in_force_can_be_agreed_to(town: Town) {
        let ling = town.person("Ling").await;
        for wrong in ["2025-12", "2026-06", "x"] {
            assert_eq!(ling.try_enrol(json!({ "acceptedTermsVersion": wrong })).await.codes(), ["TERMS_OUTDATED"]);
            let refused = ling.try_enrol(json!({ "locationConsentVersion": wrong })).await;
            assert_eq!(refused.codes(), ["LOCATION_TEXT_OUTDATED"]);
            let refused = give(&ling, "PUBLICATION", wrong).await;
            assert_eq!(refused.codes(), ["OUTDATED"]);
            assert!(refused.payload()["errors"][0]["message"].as_str().expect("a text").contains("2026-01"));
        }
        assert_eq!((town.rows("consent").await, town.rows("volunteer").await), (0, 0));
    }

    async fn a_new_version_is_asked_for_and_takes_the_place_of_the_old(town: Town) {
        let ling = town.volunteer("Ling").await;
        publish_at_noon(&town, "TERMS").await;
        publish_at_noon(&town, "PUBLICATION").await;
        assert_eq!(missing(&ling).await, json!([]));
        assert_eq!(give(&ling, "TERMS", "2026-06").await.codes(), ["OUTDATED"]);
        crate::keep_signed_in(&town).await;
        town.clock.set(at("12:00"));
        // What she never agreed to is not asked for again and again.
        assert_eq!(missing(&ling).await, json!([{ "kind": "TERMS", "version": "2026-06" }]));
        assert_eq!(give(&ling, "TERMS", "2026-01").await.codes(), ["OUTDATED"]);
        assert_eq!(town.rows("consent WHERE withdrawn_at IS NULL").await, 2);
        let answers = join_all((0..10).map(|_| give(&ling, "TERMS", "2026-06"))).await;
        assert!(answers.iter().all(|answer| answer.codes().is_empty()));
        let given = &answers[0].payload()["consents"];
        let old = json!({ "kind": "TERMS", "version": "2026-01", "withdrawnAt": "2026-05-08T04:00:00+00:00" });
        assert_eq!(given[0], json!({ "kind": "TERMS", "version": "2026-06", "withdrawnAt": null }));
        assert!(given.as_array().expect("a list").contains(&old), "{given}");
        assert_eq!((missing(&ling).await, town.rows("consent").await), (json!([]), 3));
        assert_eq!(town.rows("audit_entry WHERE action = 'GIVE_CONSENT'").await, 1);
        town.audit().await;
    }

    async fn who_is_not_enrolled_is_asked_for_the_terms(town: Town) {
        let ling = town.person("Ling").await;
        assert_eq!(missing(&ling).await, json!([{ "kind": "TERMS", "version": "2026-01" }]));
    }

    async fn a_text_that_somebody_agreed_to_stays_as_it_was(town: Town) {
        for statement in ["UPDATE consent_text SET text_zh = 'x'", "DELETE FROM consent_text"] {
            run(&town.app.db.conn, statement, []).await.expect_err("append-only");
        }
    }

    async fn without_the_consent_to_location_the_refusal_names_the_other_ways(town: Town) {
        let (ling, leader) = (town.volunteer("Ling").await, town.leader("李芳").await);
        let posted = leader.post_activity(at("08:00"), at("12:00"), 5, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        let withdraw = "mutation { withdrawConsent(input: { kind: LOCATION }) { errors { code } } }";
        ling.ask(withdraw, json!({})).await.fine();
        crate::keep_signed_in(&town).await;
        town.clock.set(at("08:00"));
        let refused = ling.check_in(posted.shift(), 0.0).await;
        assert_eq!(refused.codes(), ["LOCATION_CONSENT_MISSING"]);
        let message = refused.payload()["errors"][0]["message"].as_str().expect("a text").to_owned();
        assert!(["code", "desk", "leader"].iter().all(|way| message.contains(way)), "{message}");
    }
}
