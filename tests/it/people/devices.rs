//! Stories of the devices that a person is signed in on.

use boai_tests::{Answer, Person, at, stories};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    sessions::{is_signed_in, on_another_device, open_rows, refused, sessions},
    sign_in::code_of,
};

/// Signs in with what a phone tells of itself over the usual.
async fn sign_in_as<'t>(person: &Person<'t>, given: Value) -> Person<'t> {
    person.town.clock.advance(TimeDelta::seconds(60));
    let mut phone = Person { access_token: None, ..person.clone() };
    phone.request_code().await.fine();
    let mut input = json!({ "phone": phone.phone, "code": code_of(&phone), "device": "phone" });
    input.as_object_mut().expect("an object").extend(given.as_object().expect("an object").clone());
    let document = "mutation($input: SignInInput!) { signIn(input: $input) {
        tokens { accessToken refreshToken } errors { code } } }";
    let answer = phone.ask(document, json!({ "input": input })).await.fine();
    phone.keep_tokens(&answer.payload()["tokens"]);
    phone
}

async fn sign_out_everywhere(person: &Person<'_>, input: Value) -> Answer {
    let document = "mutation($input: SignOutEverywhereInput!) {
        signOutEverywhere(input: $input) { ended errors { code } } }";
    person.ask(document, json!({ "input": input })).await
}

async fn kinds(person: &Person<'_>) -> Vec<(String, String)> {
    person.inbox().await
}

stories! {
    async fn the_list_says_what_each_device_is(town: Town) {
        let first = town.person("Ling").await;
        let phone = sign_in_as(&first, json!({ "device": "Mate 60", "platform": "HARMONY" })).await;
        let document = "{ me { sessions { device platform signedInBy current createdAt lastUsedAt } } }";
        let list = phone.ask(document, json!({})).await.data("/me/sessions");
        let (newer, older) = ("2026-05-07T23:01:00+00:00", "2026-05-07T23:00:00+00:00");
        assert_eq!(
            list,
            json!([
                { "device": "Mate 60", "platform": "HARMONY", "signedInBy": "CODE", "current": true,
                  "createdAt": newer, "lastUsedAt": newer },
                { "device": "test", "platform": "OTHER", "signedInBy": "CODE", "current": false,
                  "createdAt": older, "lastUsedAt": older },
            ])
        );
        town.clock.set(at("07:20"));
        let mut phone = phone;
        phone.refresh().await;
        let list = phone.ask(document, json!({})).await.data("/me/sessions");
        let moments = (list[0]["createdAt"].as_str(), list[0]["lastUsedAt"].as_str());
        assert_eq!(moments, (Some(newer), Some("2026-05-07T23:20:00+00:00")));
    }

    async fn a_new_device_is_told_of_and_the_first_of_all_is_not(town: Town) {
        let ling = town.person("Ling").await;
        assert_eq!(kinds(&ling).await, []);
        sign_in_as(&ling, json!({ "device": "iPad" })).await;
        assert_eq!(kinds(&ling).await, [("NEW_SIGN_IN".into(), "iPad".into())]);
    }

    async fn signing_in_again_on_one_installation_takes_the_place_of_its_session(town: Town) {
        let first = town.person("Ling").await;
        let here = json!({ "installationId": first.request_id() });
        let before = sign_in_as(&first, here.clone()).await;
        let after = sign_in_as(&first, here.clone()).await;
        assert!(is_signed_in(&after).await && is_signed_in(&first).await && !is_signed_in(&before).await);
        assert_eq!(refused(&before, &before.refresh_token).await, ["SIGN_IN_AGAIN"]);
        assert_eq!(town.rows("session WHERE end_reason = 'REPLACED'").await, 1);
        assert_eq!(kinds(&after).await.len(), 1, "told of once");
        // Somebody else on the same phone is no concern of hers.
        let wang = sign_in_as(&Person { phone: town.new_phone(), ..town.stranger() }, here).await;
        assert!(is_signed_in(&after).await && is_signed_in(&wang).await);
    }

    async fn the_eleventh_device_ends_the_session_unused_for_longest(town: Town) {
        let mut first = town.person("Ling").await;
        let second = on_another_device(&first).await;
        for _ in 0..7 {
            sign_in_as(&first, json!({})).await;
        }
        // A number gets ten codes a day.
        town.clock.set(at("+1 07:00"));
        sign_in_as(&first, json!({})).await;
        assert_eq!(open_rows(&town).await, 10);
        first.refresh().await;
        let newest = sign_in_as(&first, json!({})).await;
        assert_eq!((open_rows(&town).await, sessions(&newest).await.len()), (10, 10));
        assert_eq!(refused(&second, &second.refresh_token).await, ["SIGN_IN_AGAIN"]);
        assert!(is_signed_in(&first).await && is_signed_in(&newest).await);
        assert_eq!(town.rows("session WHERE end_reason = 'TOO_MANY'").await, 1);
    }

    async fn signing_out_everywhere_leaves_this_device_or_not(town: Town) {
        let (phone, wang) = (town.person("Ling").await, town.person("Wang").await);
        let others = [on_another_device(&phone).await, on_another_device(&phone).await];
        assert_eq!(sign_out_everywhere(&phone, json!({})).await.fine().number("/signOutEverywhere/ended"), 2.0);
        for other in &others {
            assert!(!is_signed_in(other).await);
            assert_eq!(refused(other, &other.refresh_token).await, ["SIGN_IN_AGAIN"]);
        }
        assert!(is_signed_in(&phone).await && is_signed_in(&wang).await);
        assert_eq!(sign_out_everywhere(&phone, json!({})).await.fine().number("/signOutEverywhere/ended"), 0.0);
        let tablet = on_another_device(&phone).await;
        let this_too = json!({ "thisDeviceToo": true });
        assert_eq!(sign_out_everywhere(&phone, this_too).await.fine().number("/signOutEverywhere/ended"), 2.0);
        assert!(!is_signed_in(&phone).await && !is_signed_in(&tablet).await && is_signed_in(&wang).await);
    }
}
