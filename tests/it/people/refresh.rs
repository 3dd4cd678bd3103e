//! Stories of refresh tokens: each good once, a family that ends together, and a moment for an answer that was lost.

use boai_tests::{Answer, Person, at, stories};
use chrono::TimeDelta;
use futures_util::future::{join, join_all};

use crate::{
    sessions::{is_signed_in, on_another_device, open_rows, refused},
    sign_in_races::count,
};

/// The same phone with the tokens of this answer.
fn holding<'t>(person: &Person<'t>, answer: &Answer) -> Person<'t> {
    let mut phone = person.clone();
    phone.keep_tokens(&answer.payload()["tokens"]);
    phone
}

async fn told(person: &Person<'_>, kind: &str) -> Vec<String> {
    let inbox = person.inbox().await;
    inbox.into_iter().filter(|(own, _)| own == kind).map(|(_, note)| note).collect()
}

stories! {
    async fn a_refresh_token_used_twice_ends_its_session_and_no_other(town: Town) {
        let mut phone = town.person("Ling").await;
        let tablet = on_another_device(&phone).await;
        let stolen = phone.refresh_token.clone();
        phone.refresh().await;
        town.clock.advance(TimeDelta::seconds(60));
        assert_eq!(refused(&phone, &stolen).await, ["TOKEN_REUSED"]);
        assert!(!is_signed_in(&phone).await);
        assert_eq!(refused(&phone, &phone.refresh_token).await, ["SIGN_IN_AGAIN"]);
        assert_eq!(refused(&phone, &stolen).await, ["SIGN_IN_AGAIN"]);
        assert!(is_signed_in(&tablet).await);
        assert_eq!(open_rows(&town).await, 1);
        assert_eq!(told(&tablet, "SESSION_TOKEN_REUSED").await, ["test"]);
    }

    async fn every_token_of_the_session_dies_at_one_instant(town: Town) {
        let mut phone = town.person("Ling").await;
        let mut generations = vec![phone.clone()];
        for _ in 0..3 {
            phone.refresh().await;
            generations.push(phone.clone());
        }
        for phone in &generations {
            assert!(is_signed_in(phone).await, "an access token lives its half hour");
        }
        // The second token was exchanged a moment ago, but what it gave has been used since.
        assert_eq!(refused(&phone, &generations[1].refresh_token).await, ["TOKEN_REUSED"]);
        for phone in &generations {
            assert!(!is_signed_in(phone).await);
            assert_eq!(refused(phone, &phone.refresh_token).await, ["SIGN_IN_AGAIN"]);
        }
    }

    async fn a_phone_whose_answer_was_lost_asks_again_within_a_minute(town: Town) {
        let ling = town.person("Ling").await;
        let lost = holding(&ling, &ling.try_refresh(&ling.refresh_token).await.fine());
        town.clock.advance(TimeDelta::milliseconds(59_999));
        let mut again = holding(&ling, &ling.try_refresh(&ling.refresh_token).await.fine());
        assert!(is_signed_in(&again).await);
        assert!(!is_signed_in(&lost).await, "what was lost is worth nothing");
        again.refresh().await;
        assert!(is_signed_in(&again).await);
        assert_eq!((open_rows(&town).await, told(&again, "SESSION_TOKEN_REUSED").await.len()), (1, 0));
    }

    async fn after_the_minute_it_is_a_second_use(town: Town) {
        let ling = town.person("Ling").await;
        ling.try_refresh(&ling.refresh_token).await.fine();
        town.clock.advance(TimeDelta::seconds(60));
        assert_eq!(refused(&ling, &ling.refresh_token).await, ["TOKEN_REUSED"]);
        assert_eq!(open_rows(&town).await, 0);
    }

    /// The thief is quick, and the phone had its answer: the phone is thrown out, and its next refresh tells.
    async fn a_thief_within_that_minute_is_found_when_the_phone_goes_on(town: Town) {
        let ling = town.person("Ling").await;
        let phone = holding(&ling, &ling.try_refresh(&ling.refresh_token).await.fine());
        let thief = holding(&ling, &ling.try_refresh(&ling.refresh_token).await.fine());
        assert!(is_signed_in(&thief).await && !is_signed_in(&phone).await);
        assert_eq!(refused(&phone, &phone.refresh_token).await, ["TOKEN_REUSED"]);
        assert!(!is_signed_in(&thief).await);
        assert_eq!(refused(&thief, &thief.refresh_token).await, ["SIGN_IN_AGAIN"]);
        assert_eq!(open_rows(&town).await, 0);
    }

    async fn of_twenty_refreshes_at_once_one_pair_lives(town: Town) {
        let ling = town.person("Ling").await;
        let answers = join_all((0..20).map(|_| ling.try_refresh(&ling.refresh_token))).await;
        assert_eq!(count(&answers, ""), 20);
        let phones: Vec<_> = answers.iter().map(|answer| holding(&ling, answer)).collect();
        let alive = join_all(phones.iter().map(is_signed_in)).await;
        assert_eq!(alive.iter().filter(|alive| **alive).count(), 1);
        assert_eq!(town.rows("session_token WHERE kind = 'REFRESH' AND used_at IS NULL").await, 1);
        let living = phones.iter().zip(alive).find(|(_, alive)| *alive).expect("one lives").0;
        living.try_refresh(&living.refresh_token).await.fine();
        assert_eq!(open_rows(&town).await, 1);
    }

    async fn a_stolen_token_and_the_newest_at_once_leave_nothing_alive(town: Town) {
        for _ in 0..5 {
            let mut phone = town.person("Ling").await;
            let stolen = phone.refresh_token.clone();
            phone.refresh().await;
            town.clock.advance(TimeDelta::seconds(60));
            let (thief, newest) = join(phone.try_refresh(&stolen), phone.try_refresh(&phone.refresh_token)).await;
            assert_eq!(thief.codes(), ["TOKEN_REUSED"]);
            if newest.codes().is_empty() {
                let newest = holding(&phone, &newest);
                assert!(!is_signed_in(&newest).await);
                assert_eq!(refused(&newest, &newest.refresh_token).await, ["SIGN_IN_AGAIN"]);
            } else {
                assert_eq!(newest.codes(), ["SIGN_IN_AGAIN"]);
            }
            assert!(!is_signed_in(&phone).await);
        }
        assert_eq!(open_rows(&town).await, 0);
    }

    async fn of_ten_second_uses_at_once_one_is_told(town: Town) {
        let mut phone = town.person("Ling").await;
        let mut tablet = on_another_device(&phone).await;
        let stolen = phone.refresh_token.clone();
        phone.refresh().await;
        town.clock.set(at("09:00"));
        let answers = join_all((0..10).map(|_| phone.try_refresh(&stolen))).await;
        assert_eq!((count(&answers, "TOKEN_REUSED"), count(&answers, "SIGN_IN_AGAIN")), (1, 9));
        tablet.refresh().await;
        assert_eq!(told(&tablet, "SESSION_TOKEN_REUSED").await.len(), 1);
    }
}
