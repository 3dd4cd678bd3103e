//! Stories of moving an account to another number, both numbers proved.

use boai_tests::{Answer, Person, Town, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    sessions::{is_signed_in, on_another_device, refused},
    sign_in::{code_of, newcomer, other_than},
    sign_in_races::count,
};

pub async fn request(person: &Person<'_>, new: &str) -> Answer {
    let document = "mutation($new: PhoneNumber!) { requestPhoneChange(input: { newPhone: $new }) {
        expiresAt errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "new": new })).await
}

pub async fn change(person: &Person<'_>, new: &str, old_code: &str, new_code: &str) -> Answer {
    let document = "mutation($input: ChangePhoneInput!) { changePhone(input: $input) {
        me { id phone } errors { code message path numbers { name value } } } }";
    let input = json!({ "newPhone": new, "oldCode": old_code, "newCode": new_code });
    person.ask(document, json!({ "input": input })).await
}

/// The newest code that came to a number.
fn code_at(town: &Town, phone: &str) -> String {
    town.sms.last_code(phone).expect("a text message")
}

/// Changes to a new number with both codes; the new number.
async fn move_to_new_number(person: &Person<'_>) -> String {
    let (town, new) = (person.town, person.town.new_phone());
    town.clock.advance(TimeDelta::seconds(60));
    request(person, &new).await.fine();
    change(person, &new, &code_of(person), &code_at(town, &new)).await.fine();
    new
}

async fn my_id(person: &Person<'_>) -> String {
    person.ask("{ me { id } }", json!({})).await.text("/me/id")
}

fn masked(phone: &str) -> String {
    format!("{}****{}", &phone[3..6], &phone[10..])
}

stories! {
    async fn ling_moves_to_her_new_number_and_is_the_same_person_there(town: Town) {
        let ling = town.volunteer("Ling").await;
        let tablet = on_another_device(&ling).await;
        let (old, id) = (ling.phone.clone(), my_id(&ling).await);
        assert_eq!(ling.ask("{ me { phone } }", json!({})).await.text("/me/phone"), masked(&old));
        let new = town.new_phone();
        town.clock.advance(TimeDelta::seconds(60));
        request(&ling, &new).await.fine();
        let codes = (code_at(&town, &old), code_at(&town, &new));
        let changed = change(&ling, &new, &codes.0, &codes.1).await.fine();
        assert_eq!(changed.data("/changePhone/me"), json!({ "id": id, "phone": masked(&new) }));

        assert!(is_signed_in(&ling).await && !is_signed_in(&tablet).await);
        assert_eq!(refused(&tablet, &tablet.refresh_token).await, ["SIGN_IN_AGAIN"]);
        let inbox = ling.inbox().await;
        assert_eq!(inbox[0], ("PHONE_CHANGED".into(), masked(&new)));
        assert_eq!(town.sms.templates(&old), ["SIGN_IN_CODE", "SIGN_IN_CODE", "OLD_NUMBER_CODE", "NUMBER_LEFT"]);
        assert_eq!(town.sms.templates(&new), ["NEW_NUMBER_CODE"]);
        let trail = format!("audit_entry WHERE action = 'CHANGE_PHONE' AND reason = '{} → {}'", masked(&old), masked(&new));
        assert_eq!(town.rows(&trail).await, 1);

        town.clock.advance(TimeDelta::seconds(60));
        let mut at_new = Person { phone: new, access_token: None, ..ling.clone() };
        at_new.sign_in().await;
        assert_eq!(my_id(&at_new).await, id);
        // Whoever gets the old number is somebody else.
        let mut at_old = Person { phone: old, access_token: None, ..ling.clone() };
        at_old.sign_in().await;
        assert_ne!(my_id(&at_old).await, id);
    }

    async fn one_proved_number_is_not_enough(town: Town) {
        let ling = town.person("Ling").await;
        let (new, before) = (town.new_phone(), my_id(&ling).await);
        town.clock.advance(TimeDelta::seconds(60));
        request(&ling, &new).await.fine();
        let (old_code, new_code) = (code_of(&ling), code_at(&town, &new));
        let wrong_old = change(&ling, &new, &other_than(&old_code), &new_code).await;
        assert_eq!((wrong_old.codes(), wrong_old.refusal_number("triesLeft")), (vec!["WRONG_OLD_CODE".into()], 4.0));
        assert_eq!(wrong_old.payload()["errors"][0]["path"], json!(["input", "oldCode"]));
        let wrong_new = change(&ling, &new, &old_code, &other_than(&new_code)).await;
        assert_eq!((wrong_new.codes(), wrong_new.refusal_number("triesLeft")), (vec!["WRONG_NEW_CODE".into()], 4.0));
        if old_code != new_code {
            assert_eq!(change(&ling, &new, &new_code, &old_code).await.codes(), ["WRONG_OLD_CODE"]);
        }
        for _ in 0..5 {
            change(&ling, &new, &other_than(&old_code), &new_code).await;
        }
        assert_eq!(change(&ling, &new, &old_code, &new_code).await.codes(), ["TOO_MANY_TRIES"]);
        let where_she_is = format!("person WHERE phone = '{}'", ling.phone);
        assert_eq!((town.rows(&where_she_is).await, my_id(&ling).await), (1, before));
        assert_eq!(town.rows("audit_entry WHERE action = 'CHANGE_PHONE'").await, 0);
        assert!(!town.sms.templates(&ling.phone).contains(&"NUMBER_LEFT".to_owned()));
    }

    async fn a_code_serves_the_purpose_that_it_was_sent_for_and_no_other(town: Town) {
        let ling = town.person("Ling").await;
        let new = newcomer(&town);
        town.clock.advance(TimeDelta::seconds(60));
        // Codes for signing in change no number.
        ling.request_code().await.fine();
        new.request_code().await.fine();
        let (old_code, new_code) = (code_of(&ling), code_of(&new));
        assert_eq!(change(&ling, &new.phone, &old_code, &new_code).await.codes(), ["NO_CODE"]);
        // The try was none: the codes are as good as before for what they are for.
        assert_eq!(ling.try_sign_in(&other_than(&old_code)).await.refusal_number("triesLeft"), 4.0);

        // Codes for changing the number sign nobody in, at neither number, and complete no recovery.
        town.clock.advance(TimeDelta::seconds(60));
        request(&ling, &new.phone).await.fine();
        for phone in [&ling, &new] {
            assert_eq!(phone.try_sign_in(&code_of(phone)).await.codes(), ["NO_CODE"]);
        }
        let complete = "mutation($phone: PhoneNumber!, $code: String!) {
            completeRecovery(input: { newPhone: $phone, code: $code, device: \"x\" }) { errors { code } } }";
        let variables = json!({ "phone": new.phone, "code": code_of(&new) });
        assert_eq!(town.stranger().ask(complete, variables).await.codes(), ["NO_CODE"]);
        assert_eq!(town.rows("session").await, 1);
        change(&ling, &new.phone, &code_of(&ling), &code_of(&new)).await.fine();
    }

    /// Wang asked for the codes; Ling, who hears them, cannot use them for herself.
    async fn a_code_serves_the_person_that_it_was_sent_for_and_no_other(town: Town) {
        let (ling, wang) = (town.person("Ling").await, town.person("Wang").await);
        let new = town.new_phone();
        town.clock.advance(TimeDelta::seconds(60));
        request(&wang, &new).await.fine();
        let wangs = code_at(&town, &new);
        let third = town.new_phone();
        request(&ling, &third).await.fine();
        assert_eq!(change(&ling, &new, &code_of(&ling), &wangs).await.codes(), ["WRONG_NEW_CODE"]);
        change(&wang, &new, &code_of(&wang), &wangs).await.fine();
    }

    async fn somebody_elses_number_is_refused_only_to_who_proves_it(town: Town) {
        let (ling, wang) = (town.person("Ling").await, town.person("Wang").await);
        town.clock.advance(TimeDelta::seconds(60));
        let free = town.new_phone();
        // The request does not tell which number is known.
        request(&ling, &free).await.fine();
        town.clock.advance(TimeDelta::seconds(60));
        request(&ling, &wang.phone).await.fine();
        let wrong = other_than(&code_of(&wang));
        assert_eq!(change(&ling, &wang.phone, &code_of(&ling), &wrong).await.codes(), ["WRONG_NEW_CODE"]);
        let refused = change(&ling, &wang.phone, &code_of(&ling), &code_of(&wang)).await;
        assert_eq!(refused.codes(), ["NUMBER_TAKEN"]);
        assert!(is_signed_in(&ling).await && is_signed_in(&wang).await);
        for person in [&ling, &wang] {
            assert_eq!(town.rows(&format!("person WHERE phone = '{}'", person.phone)).await, 1);
        }
        assert_eq!(town.rows("audit_entry WHERE action = 'CHANGE_PHONE'").await, 0);
        assert_eq!(ling.inbox().await, []);
    }

    async fn the_same_number_and_a_stranger_are_refused(town: Town) {
        let ling = town.person("Ling").await;
        town.clock.advance(TimeDelta::seconds(60));
        assert_eq!(request(&ling, &ling.phone).await.codes(), ["SAME_NUMBER"]);
        assert_eq!(change(&ling, &ling.phone, "123456", "123456").await.codes(), ["SAME_NUMBER"]);
        let new = town.new_phone();
        assert_eq!(request(&town.stranger(), &new).await.fault(), "UNAUTHENTICATED");
        assert_eq!(change(&town.stranger(), &new, "1", "1").await.fault(), "UNAUTHENTICATED");
        assert_eq!(town.sms.count(&new), 0);
    }

    /// The limits of a number count every kind of code.
    async fn both_numbers_keep_their_limits(town: Town) {
        let ling = town.person("Ling").await;
        let new = newcomer(&town);
        // Her sign-in code is not a minute old.
        let soon = request(&ling, &new.phone).await;
        assert_eq!((soon.codes(), soon.refusal_number("secondsToWait")), (vec!["TOO_SOON".into()], 60.0));
        assert_eq!(town.sms.count(&new.phone), 0, "both codes or none");
        town.clock.advance(TimeDelta::seconds(60));
        request(&ling, &new.phone).await.fine();
        assert_eq!(new.request_code().await.codes(), ["TOO_SOON"]);
        for _ in 0..9 {
            town.clock.advance(TimeDelta::seconds(60));
            new.request_code().await.fine();
        }
        town.clock.advance(TimeDelta::seconds(60));
        let over = request(&ling, &new.phone).await;
        assert_eq!((over.codes(), over.refusal_number("codesPerDay")), (vec!["TOO_MANY_TODAY".into()], 10.0));
        assert_eq!(town.sms.templates(&ling.phone), ["SIGN_IN_CODE", "OLD_NUMBER_CODE"]);
    }

    async fn the_codes_are_good_once_and_for_five_minutes(town: Town) {
        let ling = town.person("Ling").await;
        let old = ling.phone.clone();
        let new = move_to_new_number(&ling).await;
        let back = change(&ling, &old, &code_at(&town, &new), &code_at(&town, &old)).await;
        assert_eq!(back.codes(), ["NO_CODE"]);
        let other = town.new_phone();
        town.clock.advance(TimeDelta::seconds(60));
        request(&ling, &other).await.fine();
        town.clock.advance(TimeDelta::minutes(5));
        let late = change(&ling, &other, &code_at(&town, &new), &code_at(&town, &other)).await;
        assert_eq!(late.codes(), ["NO_CODE"]);
    }

    async fn ten_changes_with_one_pair_of_codes_move_her_once(town: Town) {
        let ling = town.person("Ling").await;
        let new = town.new_phone();
        town.clock.advance(TimeDelta::seconds(60));
        request(&ling, &new).await.fine();
        let (old_code, new_code) = (code_of(&ling), code_at(&town, &new));
        let answers = join_all((0..10).map(|_| change(&ling, &new, &old_code, &new_code))).await;
        assert_eq!(count(&answers, ""), 1);
        assert_eq!(town.rows("audit_entry WHERE action = 'CHANGE_PHONE'").await, 1);
        assert_eq!(town.sms.templates(&ling.phone).iter().filter(|text| *text == "NUMBER_LEFT").count(), 1);
    }

    async fn the_database_itself_keeps_a_number_to_one_person(town: Town) {
        let (ling, wang) = (town.person("Ling").await, town.person("Wang").await);
        let theft = format!("UPDATE person SET phone = '{}' WHERE phone = '{}'", ling.phone, wang.phone);
        boai::platform::db::run(&town.app.db.conn, theft, []).await.expect_err("a number is one person's");
    }

    async fn nothing_of_it_repeats_a_number_or_a_code(town: Town) {
        let ling = town.person("Ling").await;
        let new = town.new_phone();
        town.clock.advance(TimeDelta::seconds(60));
        request(&ling, &new).await.fine();
        let (old_code, new_code) = (code_of(&ling), code_at(&town, &new));
        let mut bodies = vec![change(&ling, &new, &other_than(&old_code), &new_code).await];
        bodies.push(request(&ling, &new).await);
        bodies.push(change(&ling, &new, &old_code, &new_code).await.fine());
        for answer in bodies {
            for secret in [&ling.phone[3..], &new[3..], &old_code, &new_code] {
                assert!(!answer.body.to_string().contains(secret), "{}", answer.body);
            }
        }
        let kept = town.rows(&format!("audit_entry WHERE reason LIKE '%{}%'", &new[3..])).await;
        assert_eq!(kept, 0);
        assert_eq!(Value::Null, town.stranger().ask("{ me { phone } }", json!({})).await.data("/me"));
    }
}
