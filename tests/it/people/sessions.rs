//! Stories of staying signed in, and of signing out.

use boai::platform::node::encode;
use boai_tests::{Answer, Person, Town, at, stories};
use chrono::TimeDelta;
use serde_json::{Value, json};

const SESSIONS: &str = "{ me { sessions { id device platform signedInBy current createdAt lastUsedAt } } }";

/// The same person on another device.
pub async fn on_another_device<'t>(person: &Person<'t>) -> Person<'t> {
    let mut other = person.clone();
    person.town.clock.advance(TimeDelta::seconds(60));
    other.sign_in().await;
    other
}

pub async fn end_session(person: &Person<'_>, session: Option<&str>) -> Answer {
    let document = "mutation($id: ID) { endSession(input: { sessionId: $id }) {
        sessionId errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "id": session })).await
}

/// The global ids of the person's open sessions, newest first.
pub async fn sessions(person: &Person<'_>) -> Vec<String> {
    let sessions = person.ask(SESSIONS, json!({})).await.data("/me/sessions");
    sessions.as_array().expect("a list").iter().map(|session| session["id"].as_str().expect("an id").into()).collect()
}

pub async fn is_signed_in(person: &Person<'_>) -> bool {
    let answer = person.ask("{ me { id } }", json!({})).await;
    if answer.status == 401 {
        assert_eq!(answer.fault(), "UNAUTHENTICATED");
        return false;
    }
    !answer.data("/me").is_null()
}

/// What the refresh says of a token that is worth nothing.
pub async fn refused(person: &Person<'_>, token: &str) -> Vec<String> {
    person.try_refresh(token).await.codes()
}

pub async fn open_rows(town: &Town) -> i64 {
    town.rows("session WHERE ended_at IS NULL").await
}

stories! {
    async fn an_access_token_lives_thirty_minutes_and_a_refresh_gives_another(town: Town) {
        let mut ling = town.person("Ling").await;
        town.clock.set(at("07:30") - TimeDelta::milliseconds(1));
        assert!(is_signed_in(&ling).await);
        town.clock.set(at("07:30"));
        assert!(!is_signed_in(&ling).await);
        let before = (ling.access_token.clone(), ling.refresh_token.clone());
        ling.refresh().await;
        assert!(is_signed_in(&ling).await);
        assert!(before.0 != ling.access_token && before.1 != ling.refresh_token);
        assert_eq!(town.rows("session").await, 1);
    }

    async fn a_session_unused_for_sixty_days_is_over(town: Town) {
        let mut ling = town.person("Ling").await;
        town.clock.set(at("+60 07:00") - TimeDelta::milliseconds(1));
        ling.refresh().await;
        town.clock.set(at("+120 07:00"));
        assert_eq!(refused(&ling, &ling.refresh_token).await, ["SIGN_IN_AGAIN"]);
        assert!(!is_signed_in(&ling).await);
    }

    async fn a_session_that_nobody_can_refresh_is_no_longer_listed(town: Town) {
        let mut ling = town.person("Ling").await;
        town.clock.set(at("+60 07:00"));
        ling.access_token = None;
        ling.sign_in().await;
        assert_eq!(sessions(&ling).await.len(), 1);
    }

    async fn the_two_tokens_do_not_stand_in_for_each_other(town: Town) {
        let ling = town.person("Ling").await;
        let access = ling.access_token.clone().expect("a token");
        assert!(!is_signed_in(&Person { access_token: Some(ling.refresh_token.clone()), ..ling.clone() }).await);
        for token in [access.as_str(), "", "boai_garbage"] {
            assert_eq!(refused(&ling, token).await, ["SIGN_IN_AGAIN"]);
        }
        assert!(is_signed_in(&ling).await);
    }

    async fn a_bad_token_is_told_before_anything_is_done(town: Town) {
        let ling = town.person("Ling").await;
        let garbled = Person { access_token: Some("boai_garbage".into()), ..ling };
        let answer = garbled.try_enrol(json!({})).await;
        assert_eq!((answer.status, answer.fault().as_str()), (401, "UNAUTHENTICATED"));
        assert!(!answer.body.to_string().contains("garbage"));
        assert_eq!(town.rows("volunteer").await, 0);
    }

    async fn ling_sees_where_she_is_signed_in_and_ends_her_tablet_at_once(town: Town) {
        let phone = town.person("Ling").await;
        let tablet = on_another_device(&phone).await;
        let list = phone.ask(SESSIONS, json!({})).await.data("/me/sessions");
        let short = |one: &Value| json!([one["current"], one["createdAt"]]);
        let times: Value = list.as_array().expect("a list").iter().map(short).collect();
        assert_eq!(times, json!([[false, "2026-05-07T23:01:00+00:00"], [true, "2026-05-07T23:00:00+00:00"]]));
        let other = sessions(&phone).await[0].clone();
        assert_eq!(end_session(&phone, Some(&other)).await.fine().text("/endSession/sessionId"), other);
        assert!(!is_signed_in(&tablet).await);
        assert_eq!(refused(&tablet, &tablet.refresh_token).await, ["SIGN_IN_AGAIN"]);
        assert!(is_signed_in(&phone).await);
        assert_eq!(end_session(&phone, Some(&other)).await.codes(), ["NOT_FOUND"]);
    }

    async fn signing_out_ends_this_session(town: Town) {
        let phone = town.person("Ling").await;
        let tablet = on_another_device(&phone).await;
        end_session(&phone, None).await.fine();
        assert!(!is_signed_in(&phone).await && is_signed_in(&tablet).await);
        assert_eq!(sessions(&tablet).await.len(), 1);
    }

    async fn somebody_elses_session_is_as_if_it_were_not_there(town: Town) {
        let (ling, wang) = (town.person("Ling").await, town.person("Wang").await);
        let hers = sessions(&ling).await.remove(0);
        let nowhere = encode("Session", "01920000-0000-7000-8000-00000000dead");
        let refused = end_session(&wang, Some(&hers)).await;
        assert_eq!(refused.codes(), ["NOT_FOUND"]);
        assert_eq!(refused, end_session(&wang, Some(&nowhere)).await);
        assert!(is_signed_in(&ling).await);
        assert_eq!(open_rows(&town).await, 2);
    }

    async fn ending_a_session_takes_one(town: Town) {
        let ling = town.person("Ling").await;
        assert_eq!(end_session(&town.stranger(), None).await.fault(), "UNAUTHENTICATED");
        assert!(is_signed_in(&ling).await);
    }
}
