//! Stories of many who sign in at one instant with one number.

use boai_tests::{Answer, stories};
use futures_util::future::join_all;

use crate::sign_in::{code_of, newcomer, other_than};

/// How many of the answers carry this code; the empty one counts successes.
pub fn count(answers: &[Answer], code: &str) -> usize {
    answers.iter().filter(|answer| answer.codes().first().map_or("", String::as_str) == code).count()
}

stories! {
    async fn twenty_right_codes_at_once_open_one_session(town: Town) {
        let ling = newcomer(&town);
        ling.request_code().await.fine();
        let code = code_of(&ling);
        let answers = join_all((0..20).map(|_| ling.try_sign_in(&code))).await;
        assert_eq!(count(&answers, ""), 1);
        assert_eq!(count(&answers, "NO_CODE") + count(&answers, "TOO_MANY_TRIES"), 19);
        assert_eq!((town.rows("person").await, town.rows("session").await), (1, 1));
    }

    async fn twenty_requests_at_once_send_one_text(town: Town) {
        let ling = newcomer(&town);
        let answers = join_all((0..20).map(|_| ling.request_code())).await;
        assert_eq!((count(&answers, ""), count(&answers, "TOO_SOON")), (1, 19));
        assert_eq!(town.sms.count(&ling.phone), 1);
        ling.try_sign_in(&code_of(&ling)).await.fine();
    }

    async fn guesses_at_once_share_the_five_tries(town: Town) {
        let ling = newcomer(&town);
        ling.request_code().await.fine();
        let code = code_of(&ling);
        let wrong = other_than(&code);
        let answers = join_all((0..20).map(|_| ling.try_sign_in(&wrong))).await;
        assert_eq!((count(&answers, "WRONG_CODE"), count(&answers, "TOO_MANY_TRIES")), (4, 16));
        assert_eq!(ling.try_sign_in(&code).await.codes(), ["TOO_MANY_TRIES"]);
        assert_eq!(town.rows("session").await, 0);
    }

    async fn twenty_newcomers_at_once_are_twenty_persons(town: Town) {
        let people: Vec<_> = (0..20).map(|_| newcomer(&town)).collect();
        let opened = join_all(people.iter().map(async |person| {
            person.request_code().await.fine();
            person.try_sign_in(&code_of(person)).await
        }));
        assert_eq!(count(&opened.await, ""), 20);
        assert_eq!((town.rows("person").await, town.rows("session").await), (20, 20));
    }
}
