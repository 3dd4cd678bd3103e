//! Stories of signing in by code.

use boai::platform::scalars::PhoneNumber;
use boai_tests::{Person, Town, at, stories};
use chrono::TimeDelta;
use serde_json::json;

/// Somebody with a phone of their own who has not signed in yet.
pub fn newcomer(town: &Town) -> Person<'_> {
    Person { phone: town.new_phone(), ..town.stranger() }
}

/// The code in the newest text to this person.
pub fn code_of(person: &Person<'_>) -> String {
    person.town.sms.last_code(&person.phone).expect("a text message")
}

/// Six digits that are not the code.
pub fn other_than(code: &str) -> String {
    code.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect()
}

stories! {
    async fn ling_signs_in_by_code_and_is_somebody(town: Town) {
        let ling = town.person("Ling").await;
        assert!(ling.ask("{ me { id } }", json!({})).await.text("/me/id").len() > 10);
        assert!(town.stranger().ask("{ me { id } }", json!({})).await.data("/me").is_null());
    }

    async fn a_wrong_code_counts_down_and_the_fifth_ends_it(town: Town) {
        let ling = newcomer(&town);
        ling.request_code().await.fine();
        let code = code_of(&ling);
        for tries_left in [4.0, 3.0, 2.0, 1.0] {
            let wrong = ling.try_sign_in(&other_than(&code)).await;
            assert_eq!((wrong.codes(), wrong.refusal_number("triesLeft")), (vec!["WRONG_CODE".into()], tries_left));
        }
        for last in [other_than(&code), code] {
            let over = ling.try_sign_in(&last).await;
            assert_eq!((over.codes(), over.refusal_number("triesAllowed")), (vec!["TOO_MANY_TRIES".into()], 5.0));
        }
        assert_eq!((town.rows("session").await, town.rows("person").await), (0, 0));
    }

    async fn the_fifth_try_still_counts_and_a_new_code_has_five_of_its_own(town: Town) {
        let ling = newcomer(&town);
        ling.request_code().await.fine();
        let code = code_of(&ling);
        for _ in 0..4 {
            ling.try_sign_in(&other_than(&code)).await;
        }
        ling.try_sign_in(&code).await.fine();
        town.clock.advance(TimeDelta::seconds(60));
        ling.request_code().await.fine();
        let wrong = ling.try_sign_in(&other_than(&code_of(&ling))).await;
        assert_eq!(wrong.refusal_number("triesLeft"), 4.0);
    }

    async fn a_code_is_good_for_five_minutes(town: Town) {
        let (ling, late) = (newcomer(&town), newcomer(&town));
        ling.request_code().await.fine();
        let promised = late.request_code().await.fine().text("/requestSignInCode/expiresAt");
        assert_eq!(promised.parse::<boai_entity::Instant>().expect("a time"), at("07:05"));
        town.clock.set(at("07:05") - TimeDelta::milliseconds(1));
        ling.try_sign_in(&code_of(&ling)).await.fine();
        town.clock.set(at("07:05"));
        let refused = late.try_sign_in(&code_of(&late)).await;
        assert_eq!((refused.codes(), refused.refusal_number("minutesValid")), (vec!["NO_CODE".into()], 5.0));
        assert_eq!(town.rows("session").await, 1);
    }

    async fn a_code_is_good_once(town: Town) {
        let ling = newcomer(&town);
        ling.request_code().await.fine();
        let code = code_of(&ling);
        ling.try_sign_in(&code).await.fine();
        assert_eq!(ling.try_sign_in(&code).await.codes(), ["NO_CODE"]);
        assert_eq!(town.rows("session").await, 1);
    }

    async fn a_code_is_worth_nothing_at_another_number(town: Town) {
        let (ling, thief) = (newcomer(&town), newcomer(&town));
        ling.request_code().await.fine();
        thief.request_code().await.fine();
        let (hers, theirs) = (code_of(&ling), code_of(&thief));
        if hers != theirs {
            assert_eq!(thief.try_sign_in(&hers).await.codes(), ["WRONG_CODE"]);
        }
        assert_eq!(newcomer(&town).try_sign_in(&hers).await.codes(), ["NO_CODE"]);
        assert_eq!(town.rows("session").await, 0);
    }

    async fn one_code_a_minute(town: Town) {
        let ling = newcomer(&town);
        ling.request_code().await.fine();
        let soon = ling.request_code().await;
        assert_eq!((soon.codes(), soon.refusal_number("secondsToWait")), (vec!["TOO_SOON".into()], 60.0));
        town.clock.advance(TimeDelta::seconds(59));
        assert_eq!(ling.request_code().await.refusal_number("secondsToWait"), 1.0);
        assert_eq!(town.sms.count(&ling.phone), 1);
        town.clock.advance(TimeDelta::seconds(1));
        ling.request_code().await.fine();
        assert_eq!(town.sms.count(&ling.phone), 2);
    }

    async fn ten_codes_a_day_in_china(town: Town) {
        let ling = newcomer(&town);
        for minute in 0..10 {
            town.clock.set(at("07:00") + TimeDelta::minutes(minute));
            ling.request_code().await.fine();
        }
        // 08:00 in China is where a day in UTC would begin anew.
        for late in ["07:10", "08:00", "23:59"] {
            town.clock.set(at(late));
            let refused = ling.request_code().await;
            assert_eq!((refused.codes(), refused.refusal_number("codesPerDay")), (vec!["TOO_MANY_TODAY".into()], 10.0));
        }
        assert_eq!(town.sms.count(&ling.phone), 10);
        newcomer(&town).request_code().await.fine();
        town.clock.set(at("+1 00:00"));
        ling.request_code().await.fine();
    }

    async fn a_refused_request_leaves_the_code_on_the_phone_good(town: Town) {
        let ling = newcomer(&town);
        ling.request_code().await.fine();
        assert_eq!(ling.request_code().await.codes(), ["TOO_SOON"]);
        ling.try_sign_in(&code_of(&ling)).await.fine();
    }

    /// The clock stands still between the two, so even the times are equal and whole answers can be compared.
    async fn nobody_learns_from_an_answer_whether_a_number_is_known(town: Town) {
        let known = Person { access_token: None, ..town.volunteer("Ling").await };
        town.clock.set(at("12:00"));
        let unknown = newcomer(&town);
        assert_eq!(known.try_sign_in("123456").await, unknown.try_sign_in("123456").await);
        assert_eq!(known.request_code().await.fine(), unknown.request_code().await.fine());
        assert_eq!(known.request_code().await, unknown.request_code().await);
        let wrong = |person: &Person<'_>| other_than(&code_of(person));
        for _ in 0..5 {
            assert_eq!(known.try_sign_in(&wrong(&known)).await, unknown.try_sign_in(&wrong(&unknown)).await);
        }
        assert_eq!(town.rows("person").await, 1);
    }

    async fn however_she_types_her_number_it_is_ling(town: Town) {
        let mut ling = newcomer(&town);
        ling.sign_in().await;
        let (e164, national) = (ling.phone.clone(), ling.phone[3..].to_owned());
        let full_width = |digit: char| char::from_u32(digit as u32 + 0xFEE0).expect("a digit");
        let wide: String = national.chars().map(full_width).collect();
        let parts = (&national[..3], &national[3..7], &national[7..]);
        let typed = [
            national.clone(),
            format!("{} {} {}", parts.0, parts.1, parts.2),
            format!("{}-{}-{}", parts.0, parts.1, parts.2),
            format!("+86 {}\u{a0}{}\u{a0}{}", parts.0, parts.1, parts.2),
            format!("0086{national}"),
            format!("(+86) {national}"),
            format!("（+86）{wide}"),
            // What a phone's address book puts around a number that is copied from it.
            format!("\u{202d}+86 {} {} {}\u{202c}", parts.0, parts.1, parts.2),
            format!("\t{e164}\n"),
        ];
        for phone in typed {
            town.clock.advance(TimeDelta::seconds(60));
            let typing = Person { phone, ..ling.clone() };
            typing.request_code().await.fine();
            typing.try_sign_in(&format!(" {} ", code_of(&ling))).await.fine();
        }
        assert_eq!((town.rows("person").await, town.rows("session").await), (1, 10));
    }

    async fn what_is_no_number_is_refused_without_being_repeated(town: Town) {
        let ling = Person { phone: "0571-8807 1234".into(), ..town.stranger() };
        for answer in [ling.request_code().await, ling.try_sign_in("123456").await] {
            assert_eq!(answer.fault(), "BAD_USER_INPUT");
            assert!(answer.fault_message().contains("11 digits"), "{}", answer.body);
            assert!(!answer.body.to_string().contains("8807"), "{}", answer.body);
        }
        assert_eq!(town.rows("sign_in_code").await, 0);
    }

    async fn refusals_repeat_neither_number_nor_code(town: Town) {
        let ling = newcomer(&town);
        ling.request_code().await.fine();
        let (digits, code, guess) = (ling.phone[3..].to_owned(), code_of(&ling), other_than(&code_of(&ling)));
        let refused = ling.try_sign_in(&guess).await;
        for answer in [ling.request_code().await, refused, ling.try_refresh("boai_secret").await] {
            let body = answer.body.to_string();
            for secret in [&digits, &code, &guess, "boai_secret"] {
                assert!(!body.contains(secret), "{body}");
            }
        }
        let number = PhoneNumber::read("138 1234 5678").expect("a number");
        assert_eq!(format!("{number:?} {number:#?}"), "138****5678 138****5678");
    }

    async fn messages_come_in_the_language_of_the_phone(town: Town) {
        let ling = newcomer(&town);
        ling.request_code().await.fine();
        let message = async |language: &'static str| {
            let asked = Person { language, ..ling.clone() }.request_code().await.payload();
            asked["errors"][0]["message"].as_str().map(str::to_owned).unwrap_or_default()
        };
        let english = "A code was sent to this number less than a minute ago. Ask again in 60 s.";
        let chinese = "验证码刚刚发送过,请在 60 秒后重试。";
        for (language, expected) in [
            ("en", english),
            ("en-US,en;q=0.9,zh;q=0.8", english),
            ("zh-CN,zh;q=0.9,en;q=0.8", chinese),
            ("en; q=0.5, zh-CN; q=0.9", chinese),
            ("de", chinese),
        ] {
            assert_eq!(message(language).await, expected, "{language}");
        }
    }

    async fn a_device_needs_a_name(town: Town) {
        let ling = newcomer(&town);
        ling.request_code().await.fine();
        let document = "mutation($input: SignInInput!) { signIn(input: $input) { errors { code } } }";
        for device in ["", "  ", "\u{200b}", "a\u{202e}b", &"x".repeat(101)] {
            let input = json!({ "phone": ling.phone, "code": code_of(&ling), "device": device });
            assert_eq!(ling.ask(document, json!({ "input": input })).await.fault(), "BAD_USER_INPUT", "{device:?}");
        }
        assert_eq!(town.rows("session").await, 0);
        // None of these was a try at the code.
        let wrong = ling.try_sign_in(&other_than(&code_of(&ling))).await;
        assert_eq!(wrong.refusal_number("triesLeft"), 4.0);
    }
}
