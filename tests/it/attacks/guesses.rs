//! Stories of guessing: codes, numbers, other people's request ids.

use boai_tests::{Answer, Person, Town, at, stories};
use serde_json::{Value, json};

/// All but the ids and times in an answer.
fn shape(answer: &Answer) -> String {
    answer.body.to_string()
}

async fn asks_for_a_code(town: &Town, phone: &str) -> (Answer, u64) {
    let person = Person { phone: phone.to_owned(), ..town.stranger() };
    town.statements(person.request_code()).await
}

async fn tries_a_code(town: &Town, phone: &str) -> (Answer, u64) {
    let person = Person { phone: phone.to_owned(), ..town.stranger() };
    town.statements(person.try_sign_in("000000")).await
}

stories! {
    async fn many_guesses_in_one_request_are_many_guesses(town: Town) {
        let ling = Person { phone: town.new_phone(), ..town.stranger() };
        ling.request_code().await.fine();
        let code = town.sms.last_code(&ling.phone).expect("a text message");
        let wrong = if code == "111111" { "222222" } else { "111111" };
        let guess = |(place, code): (usize, &str)| {
            format!("g{place}: signIn(input: {{ phone: \"{}\", code: \"{code}\", device: \"x\" }}) {{
                tokens {{ accessToken }} errors {{ code }} }}", ling.phone)
        };
        let guesses: String = [wrong; 5].into_iter().enumerate().map(guess).collect();
        let answer = town.stranger().ask(&format!("mutation {{ {guesses} }}"), json!({})).await.data("");
        let codes: Vec<Value> = (0..5).map(|place| answer[format!("g{place}")]["errors"][0]["code"].clone()).collect();
        let [no, gone] = ["WRONG_CODE", "TOO_MANY_TRIES"];
        assert_eq!(codes, [no, no, no, no, gone]);
        assert_eq!(ling.try_sign_in(&code).await.codes(), [gone]);
        assert_eq!(town.rows("session").await, 0);
    }

    async fn whether_a_number_is_known_is_told_by_no_answer_and_no_time(town: Town) {
        let known = town.volunteer("Ling").await.phone;
        let unknown = town.new_phone();
        // The one code of the known number has been used, the other number never had one.
        let (one, other) = (tries_a_code(&town, &known).await, tries_a_code(&town, &unknown).await);
        assert_eq!(one.0.codes(), ["NO_CODE"]);
        assert_eq!((shape(&one.0), one.1), (shape(&other.0), other.1));
        town.clock.set(at("08:00"));
        let (one, other) = (asks_for_a_code(&town, &known).await, asks_for_a_code(&town, &unknown).await);
        assert_eq!(one.0.codes(), [""; 0]);
        assert_eq!((shape(&one.0), one.1), (shape(&other.0), other.1));
        let (one, other) = (asks_for_a_code(&town, &known).await, asks_for_a_code(&town, &unknown).await);
        assert_eq!(one.0.codes(), ["TOO_SOON"]);
        assert_eq!((shape(&one.0), one.1), (shape(&other.0), other.1));
        let (one, other) = (tries_a_code(&town, &known).await, tries_a_code(&town, &unknown).await);
        assert_eq!(one.0.codes(), ["WRONG_CODE"]);
        assert_eq!((shape(&one.0), one.1), (shape(&other.0), other.1));
    }

    async fn the_request_id_of_somebody_else_is_as_good_as_a_new_one(town: Town) {
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("07:10"), at("09:00"), 5, json!({})).await;
        let (ling, wang) = (town.volunteer("Ling").await, town.volunteer("Wang").await);
        for person in [&ling, &wang] {
            person.sign_up(posted.shift()).await.fine();
        }
        let request = ling.request_id();
        let hers = ling.check_in_with(posted.shift(), ling.fix(0.0), &request).await.fine();
        let his = wang.check_in_with(posted.shift(), wang.fix(0.0), &request).await.fine();
        assert_ne!(hers.data("/checkIn/attendance/id"), his.data("/checkIn/attendance/id"));
        assert_eq!(town.rows("attendance").await, 2);
        // Nor is it told that somebody used it.
        let stranger = town.volunteer("Zhao").await;
        let tried = stranger.check_in_with(posted.shift(), stranger.fix(0.0), &request).await;
        let fresh = stranger.check_in_with(posted.shift(), stranger.fix(0.0), &stranger.request_id()).await;
        assert_eq!((tried.codes(), &tried), (vec!["NOT_SIGNED_UP".to_owned()], &fresh));
    }
}
