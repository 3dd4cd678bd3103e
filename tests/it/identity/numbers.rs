//! Stories of ID numbers: handed in, sealed, shown to who says why, decided on, erased.

use boai_tests::{Answer, Person, Town, at, id, id_number, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// Of somebody born on 1990-01-01, as everybody in the town is.
pub const NUMBER: &str = "33010619900101019X";
pub const OTHER_NUMBER: &str = "330106199001010018";

pub async fn submit(person: &Person<'_>, number: &str) -> Answer {
    submit_with(person, json!({ "number": number })).await
}

async fn submit_with(person: &Person<'_>, given: Value) -> Answer {
    let mut input = json!({ "document": "IDENTITY_CARD", "number": NUMBER, "consentVersion": "2026-01" });
    if let (Some(input), Some(given)) = (input.as_object_mut(), given.as_object()) {
        input.extend(given.clone());
    }
    let document = "mutation($input: SubmitIdentityInput!) { submitIdentity(input: $input) {
        identity { id maskedNumber state document } errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "input": input })).await
}

pub async fn handed_in(person: &Person<'_>, number: &str) -> String {
    submit(person, number).await.fine().text("/submitIdentity/identity/id")
}

pub async fn reveal(person: &Person<'_>, identity: &str, reason: &str) -> Answer {
    let document = "mutation($id: ID!, $reason: String!) {
        revealIdNumber(input: { identityId: $id, reason: $reason }) { number errors { code message } } }";
    person.ask(document, json!({ "id": identity, "reason": reason })).await
}

pub async fn decide(person: &Person<'_>, identity: &str, verified: bool, reason: Option<&str>) -> Answer {
    let document = "mutation($id: ID!, $verified: Boolean!, $reason: String) {
        decideIdentity(input: { identityId: $id, verified: $verified, reason: $reason }) {
            identity { state decidedAt reason } errors { code message } } }";
    person.ask(document, json!({ "id": identity, "verified": verified, "reason": reason })).await
}

pub async fn mine(person: &Person<'_>) -> Value {
    let document = "{ me { identity { maskedNumber state reason answer decidedAt volunteer { name } } } }";
    person.ask(document, json!({})).await.data("/me/identity")
}

/// Those that wait below a branch.
async fn waiting(person: &Person<'_>, branch: &str) -> Value {
    let document = "query($id: ID!) { identityChecks(branchId: $id, first: 100) { nodes {
        maskedNumber state volunteer { name } } } }";
    let branch = id(Town::branch(branch));
    person.ask(document, json!({ "id": branch })).await.data("/identityChecks/nodes")
}

async fn withdraw(person: &Person<'_>) -> Answer {
    let document = "mutation { withdrawConsent(input: { kind: IDENTITY }) { errors { code } } }";
    person.ask(document, json!({})).await
}

stories! {
    async fn ling_hands_in_her_number_and_an_officer_who_says_why_sees_and_verifies_it(town: Town) {
        let (ling, officer) = (town.volunteer("王小玲").await, town.officer("赵局", "3301").await);
        assert_eq!(mine(&ling).await, Value::Null);
        let answer = submit(&ling, "330106 19900101 019x").await.fine();
        assert_eq!(answer.text("/submitIdentity/identity/maskedNumber"), "3****************X");
        let identity = answer.text("/submitIdentity/identity/id");
        let expected = json!([{ "maskedNumber": "3****************X", "state": "PENDING", "volunteer": { "name": "王小玲" } }]);
        assert_eq!(waiting(&officer, "3301").await, expected);
        town.clock.set(at("07:01"));
        assert_eq!(reveal(&officer, &identity, "与证件核对").await.fine().text("/revealIdNumber/number"), NUMBER);
        town.clock.set(at("07:02"));
        let decided = decide(&officer, &identity, true, None).await.fine();
        assert_eq!(decided.text("/decideIdentity/identity/state"), "VERIFIED");
        assert_eq!(mine(&ling).await["state"], "VERIFIED");
        assert_eq!(ling.inbox().await[0].0, "IDENTITY_VERIFIED");
        assert_eq!(waiting(&officer, "3301").await, json!([]));

        let document = "{ me { whoLooked { nodes { sights purpose reason by { name } } } auditTrail { nodes { action } } } }";
        let seen = ling.ask(document, json!({})).await;
        let number = json!({ "sights": ["ID_NUMBER"], "purpose": "IDENTITY_CHECK", "reason": "与证件核对", "by": { "name": "赵*" } });
        let name = json!({ "sights": ["NAME"], "purpose": "IDENTITY_CHECK", "reason": null, "by": { "name": "赵*" } });
        assert_eq!(seen.data("/me/whoLooked/nodes"), json!([number, name]));
        let acts = ["VERIFY_IDENTITY", "LOOK"].map(|action| json!({ "action": action }));
        assert_eq!(seen.data("/me/auditTrail/nodes").as_array().expect("a list")[..2], acts);
        town.audit().await;
    }

    async fn the_number_is_in_no_column(town: Town) {
        let ling = town.volunteer("Ling").await;
        handed_in(&ling, NUMBER).await;
        let row = boai::identity::store::latest(&town.app.db.conn, ling.person_id().await).await.expect("read").expect("a row");
        let text = format!("{row:?}");
        assert!(!text.contains(&NUMBER[4..14]), "{text}");
        assert!(row.number_sealed.is_some_and(|sealed| sealed.starts_with("v1.")));
        assert_eq!(town.rows(&format!("audit_entry WHERE reason LIKE '%{NUMBER}%'")).await, 0);
    }

    async fn what_cannot_be_the_number_is_refused_and_nothing_is_kept(town: Town) {
        let ling = town.volunteer("Ling").await;
        for (number, code) in [
            ("330106199001010190", "MISTYPED"), ("330106900101001", "NOT_A_NUMBER"), ("33010619900102001X", "MISTYPED"),
            ("11010519491231002X", "BIRTH_DATE_DIFFERS"), ("71010519491231002X", "OTHER_DOCUMENT"),
        ] {
            let refused = submit(&ling, number).await;
            assert_eq!(refused.codes(), [code], "{number}");
            assert!(!refused.body.to_string().contains(number), "a refusal repeats no number");
        }
        let refused = submit_with(&ling, json!({ "consentVersion": "2025-01" })).await;
        assert_eq!(refused.codes(), ["CONSENT_TEXT_OUTDATED"]);
        assert_eq!(submit_with(&ling, json!({ "document": "RESIDENCE_PERMIT" })).await.codes(), ["OTHER_DOCUMENT"]);
        assert_eq!(submit(&town.person("New").await, NUMBER).await.codes(), ["NOT_ENROLLED"]);
        assert_eq!(submit(&town.stranger(), NUMBER).await.fault(), "UNAUTHENTICATED");
        assert_eq!((town.rows("identity").await, town.rows("consent WHERE kind = 'IDENTITY'").await), (0, 0));
        let alone = "mutation { giveConsent(input: { kind: IDENTITY, version: \"2026-01\" }) { errors { code } } }";
        assert_eq!(ling.ask(alone, json!({})).await.codes(), ["WITH_THE_NUMBER"]);
    }

    async fn a_number_is_one_persons_even_when_ten_hand_it_in_at_once(town: Town) {
        let people = town.crowd(10).await;
        let answers = join_all(people.iter().map(|person| submit(person, NUMBER))).await;
        let codes: Vec<_> = answers.iter().map(Answer::codes).collect();
        assert_eq!(codes.iter().filter(|codes| codes.is_empty()).count(), 1, "{codes:?}");
        assert_eq!(codes.iter().filter(|codes| **codes == ["NUMBER_TAKEN"]).count(), 9, "{codes:?}");
        assert_eq!((town.rows("identity").await, town.rows("consent WHERE kind = 'IDENTITY'").await), (1, 1));
        town.audit().await;
    }

    async fn a_person_has_one_number_even_when_both_phones_hand_one_in(town: Town) {
        let ling = town.volunteer("Ling").await;
        let (one, two) = tokio::join!(submit(&ling, NUMBER), submit(&ling, OTHER_NUMBER));
        let mut codes = [one.codes(), two.codes()].concat();
        assert_eq!(codes.pop().as_deref(), Some("ALREADY_THERE"));
        assert!(codes.is_empty() && town.rows("identity").await == 1);
    }

    async fn nobody_tries_out_who_is_registered_here(town: Town) {
        let (ling, other) = (town.volunteer("Ling").await, town.volunteer("Other").await);
        handed_in(&other, NUMBER).await;
        let answers = join_all((0..8).map(|_| submit(&ling, NUMBER))).await;
        let taken = answers.iter().filter(|answer| answer.codes() == ["NUMBER_TAKEN"]).count();
        assert_eq!(taken, 5);
        assert_eq!(submit(&ling, OTHER_NUMBER).await.codes(), ["TOO_MANY_TRIES"]);
        crate::keep_signed_in(&town).await;
        town.clock.set(at("+1 00:00"));
        submit(&ling, OTHER_NUMBER).await.fine();
    }

    async fn who_is_rejected_hears_why_and_hands_in_another(town: Town) {
        let (ling, officer) = (town.volunteer("Ling").await, town.officer("赵局", "3301").await);
        let identity = handed_in(&ling, NUMBER).await;
        assert_eq!(decide(&officer, &identity, false, None).await.codes(), ["REASON_NEEDED"]);
        decide(&officer, &identity, false, Some("照片不清")).await.fine();
        assert_eq!(ling.inbox().await[0], ("IDENTITY_REJECTED".into(), "照片不清".into()));
        assert_eq!(reveal(&officer, &identity, "x").await.codes(), ["ERASED"]);
        assert_eq!(decide(&officer, &identity, true, None).await.codes(), ["NOT_PENDING"]);
        assert_eq!(town.rows("identity WHERE number_sealed IS NOT NULL OR fingerprint IS NOT NULL").await, 0);
        town.clock.set(at("07:10"));
        handed_in(&ling, NUMBER).await;
        assert_eq!(mine(&ling).await["state"], "PENDING");
        town.audit().await;
    }

    async fn of_ten_decisions_at_once_one_counts(town: Town) {
        let (ling, officer) = (town.volunteer("Ling").await, town.officer("赵局", "3301").await);
        let identity = handed_in(&ling, NUMBER).await;
        let answers = join_all((0..10).map(|one| decide(&officer, &identity, one % 2 == 0, Some("x")))).await;
        assert_eq!(answers.iter().filter(|answer| answer.codes().is_empty()).count(), 1);
        assert_eq!(ling.inbox().await.len(), 1);
        town.audit().await;
    }

    async fn withdrawing_the_consent_erases_the_number_verified_or_not(town: Town) {
        let (ling, officer) = (town.volunteer("Ling").await, town.officer("赵局", "3301").await);
        assert_eq!(withdraw(&ling).await.codes(), ["NOT_IN_FORCE"]);
        let identity = handed_in(&ling, NUMBER).await;
        decide(&officer, &identity, true, None).await.fine();
        withdraw(&ling).await.fine();
        assert_eq!(mine(&ling).await["state"], "WITHDRAWN");
        assert_eq!(town.rows("identity WHERE number_sealed IS NOT NULL OR fingerprint IS NOT NULL").await, 0);
        assert_eq!(reveal(&officer, &identity, "x").await.codes(), ["ERASED"]);
        // The number is free again, for whoever it really is.
        handed_in(&town.volunteer("Other").await, NUMBER).await;
    }

    async fn what_is_not_in_ones_care_is_not_there(town: Town) {
        let ling = town.volunteer("Ling").await;
        let identity = handed_in(&ling, NUMBER).await;
        let others = [
            town.volunteer("Other").await, town.leader("李芳").await, town.desk("签到台").await, town.officer("钱局", "3302").await,
            ling.clone(),
        ];
        for person in &others {
            assert_eq!(reveal(person, &identity, "x").await.codes(), ["NOT_FOUND"], "{}", person.name);
            assert_eq!(decide(person, &identity, true, None).await.codes(), ["NOT_FOUND"], "{}", person.name);
            assert_eq!(waiting(person, "3301").await, json!([]), "{}", person.name);
        }
        let nowhere = boai_entity::ids::IdentityId(uuid::Uuid::from_u128(7));
        let officer = town.officer("赵局", "3301").await;
        assert_eq!(reveal(&officer, &id(nowhere), "x").await.codes(), ["NOT_FOUND"]);
        assert_eq!(reveal(&town.stranger(), &identity, "x").await.fault(), "UNAUTHENTICATED");
        assert_eq!(decide(&town.stranger(), &identity, true, None).await.fault(), "UNAUTHENTICATED");
        assert_eq!(town.rows("audit_entry WHERE action = 'LOOK'").await, 0);
        assert_eq!(mine(&ling).await["state"], "PENDING");
    }

    async fn nobody_verifies_themself(town: Town) {
        let officer = town.officer("赵局", "3301").await;
        let identity = handed_in(&officer, NUMBER).await;
        assert_eq!(decide(&officer, &identity, true, None).await.codes(), ["YOURSELF"]);
        assert_eq!(mine(&officer).await["state"], "PENDING");
    }

    async fn a_hundred_that_wait_take_as_many_statements_as_one(town: Town) {
        let (people, officer) = (town.crowd(20).await, town.officer("赵局", "3301").await);
        handed_in(&people[0], &number(100)).await;
        let (_, one) = town.statements(waiting(&officer, "3301")).await;
        for (sequence, person) in (101..).zip(&people[1..]) {
            handed_in(person, &number(sequence)).await;
        }
        let (list, twenty) = town.statements(waiting(&officer, "3301")).await;
        assert_eq!((list.as_array().map(Vec::len), twenty), (Some(20), one));
    }
}

/// The number of somebody born on 1990-01-01, another for each sequence number.
pub fn number(sequence: u32) -> String {
    id_number(&format!("0106{sequence:03}"))
}
