//! Stories of an account that two officers give back to a volunteer who lost the phone.

use boai::platform::node::encode;
use boai_tests::{Answer, Person, Town, at, id, stories};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    acts::{OPEN_RECOVERY, grant, open_recovery, roles},
    phone_change,
    sessions::{is_signed_in, refused},
    sign_in::{code_of, newcomer, other_than},
};

pub async fn approve(officer: &Person<'_>, recovery: &str) -> Answer {
    let document = "mutation($id: ID!) { approveRecovery(input: { recoveryId: $id }) {
        recovery { state waitsUntil expiresAt approvedBy { name } }
        errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "id": recovery })).await
}

pub async fn decline(officer: &Person<'_>, recovery: &str) -> Answer {
    let document = "mutation($id: ID!) { declineRecovery(input: { recoveryId: $id, reason: \"身份不符\" }) {
        recovery { state endNote } errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "id": recovery })).await
}

/// With a number and the code of its notice, or signed in.
pub async fn object(person: &Person<'_>, notice: Option<(&str, &str)>) -> Answer {
    let document = "mutation($input: ObjectToRecoveryInput!) { objectToRecovery(input: $input) {
        stopped errors { code message path numbers { name value } } } }";
    let input = notice.map_or(json!({}), |(phone, code)| json!({ "phone": phone, "code": code }));
    person.ask(document, json!({ "input": input })).await
}

pub async fn request_code(phone: &Person<'_>) -> Answer {
    let document = "mutation($phone: PhoneNumber!) { requestRecoveryCode(input: { newPhone: $phone }) {
        expiresAt errors { code message path numbers { name value } } } }";
    phone.ask(document, json!({ "phone": phone.phone })).await
}

pub async fn complete(phone: &Person<'_>, code: &str) -> Answer {
    let document = "mutation($phone: PhoneNumber!, $code: String!) {
        completeRecovery(input: { newPhone: $phone, code: $code, device: \"new phone\", platform: ANDROID }) {
            tokens { accessToken refreshToken session { signedInBy platform } }
            errors { code message path numbers { name value } } } }";
    phone.ask(document, json!({ "phone": phone.phone, "code": code })).await
}

/// Asks for a code and completes with it.
pub async fn prove(phone: &Person<'_>) -> Answer {
    request_code(phone).await.fine();
    complete(phone, &code_of(phone)).await
}

/// Two officers of 西湖区, Ling who lives there, and her new phone.
pub struct Scene<'t> {
    pub first: Person<'t>,
    pub second: Person<'t>,
    pub ling: Person<'t>,
    pub number: String,
    pub new: Person<'t>,
}

pub async fn scene(town: &Town) -> Scene<'_> {
    let (first, second) = (town.officer("First", "330106").await, town.officer("Second", "3301").await);
    let ling = town.volunteer("Ling").await;
    let number = ling.number().await;
    Scene { first, second, ling, number, new: newcomer(town) }
}

impl Scene<'_> {
    /// Opened by the first officer; its global id.
    pub async fn opened(&self) -> String {
        open_recovery(&self.first, &self.number, &self.new.phone).await.fine().text("/openRecovery/recovery/id")
    }

    /// Approved by the second one.
    pub async fn approved(&self) -> String {
        let recovery = self.opened().await;
        approve(&self.second, &recovery).await.fine();
        recovery
    }

    /// The code in the notice that came to Ling's old number.
    pub fn notice(&self) -> String {
        code_of(&self.ling)
    }

    /// Nothing about Ling's account has changed.
    pub async fn nothing_moved(&self) {
        let town = self.ling.town;
        assert_eq!(town.rows(&format!("person WHERE phone = '{}'", self.ling.phone)).await, 1);
        assert_eq!(town.rows(&format!("person WHERE phone = '{}'", self.new.phone)).await, 0);
        assert_eq!(town.rows("session WHERE end_reason = 'RECOVERED'").await, 0);
        assert_eq!(town.rows("account_recovery WHERE state = 'COMPLETED'").await, 0);
    }
}

async fn list(person: &Person<'_>, branch: &str, under_way: bool) -> Vec<Value> {
    let document = "query($branch: ID!, $open: Boolean!) { accountRecoveries(branchId: $branch, underWay: $open) {
        nodes { id state } } }";
    let variables = json!({ "branch": id(Town::branch(branch)), "open": under_way });
    let nodes = person.ask(document, variables).await.data("/accountRecoveries/nodes");
    nodes.as_array().expect("a list").clone()
}

async fn state(town: &Town) -> Vec<(String, i64)> {
    let mut states = Vec::new();
    for state in ["OPENED", "APPROVED", "COMPLETED", "OBJECTED", "DECLINED", "EXPIRED"] {
        let rows = town.rows(&format!("account_recovery WHERE state = '{state}'")).await;
        if rows > 0 {
            states.push((state.to_owned(), rows));
        }
    }
    states
}

fn waiting_is_over(town: &Town) {
    town.clock.set(at("+3 07:00"));
}

stories! {
    async fn ling_who_lost_her_phone_has_her_account_back_after_three_days(town: Town) {
        let scene = scene(&town).await;
        let me = scene.ling.ask("{ me { id } }", json!({})).await.text("/me/id");
        let opened = open_recovery(&scene.first, &scene.number, &scene.new.phone).await.fine();
        let recovery = opened.data("/openRecovery/recovery");
        assert_eq!(recovery["state"], "OPENED");
        assert_eq!((&recovery["volunteer"]["name"], &recovery["openedBy"]["name"]), (&json!("Ling"), &json!("First")));
        assert_eq!(recovery["newPhone"], format!("{}****{}", &scene.new.phone[3..6], &scene.new.phone[10..]));
        assert_eq!((&recovery["waitsUntil"], &recovery["approvedBy"]), (&Value::Null, &Value::Null));
        let recovery = recovery["id"].as_str().expect("an id").to_owned();

        let approved = approve(&scene.second, &recovery).await.fine().data("/approveRecovery/recovery");
        assert_eq!(approved["state"], "APPROVED");
        assert_eq!(approved["waitsUntil"].as_str().expect("a time").parse::<boai_entity::Instant>(), Ok(at("+3 07:00")));
        assert_eq!(approved["approvedBy"]["name"], "Second");
        assert_eq!(town.sms.templates(&scene.ling.phone), ["SIGN_IN_CODE", "RECOVERY_NOTICE"]);
        assert!(is_signed_in(&scene.ling).await, "until it takes effect nothing ends");

        waiting_is_over(&town);
        let mut new = scene.new.clone();
        let done = prove(&new).await.fine();
        let session = json!({ "signedInBy": "RECOVERY", "platform": "ANDROID" });
        assert_eq!(done.data("/completeRecovery/tokens/session"), session);
        new.keep_tokens(&done.payload()["tokens"]);
        let mine = new.ask("{ me { id volunteer { name number } recovery { id } sessions { device } } }", json!({})).await;
        assert_eq!((mine.text("/me/id"), mine.text("/me/volunteer/number")), (me, scene.number.clone()));
        assert_eq!(mine.data("/me/sessions"), json!([{ "device": "new phone" }]));
        assert_eq!(mine.data("/me/recovery"), Value::Null);
        assert_eq!(refused(&scene.ling, &scene.ling.refresh_token).await, ["SIGN_IN_AGAIN"]);
        let kinds: Vec<_> = new.inbox().await.into_iter().map(|(kind, _)| kind).collect();
        for kind in ["RECOVERY_OPENED", "RECOVERY_APPROVED", "ACCOUNT_RECOVERED", "NEW_SIGN_IN"] {
            assert!(kinds.contains(&kind.to_owned()), "{kinds:?}");
        }
        let texts = ["SIGN_IN_CODE", "RECOVERY_NOTICE", "NUMBER_LEFT"];
        assert_eq!(town.sms.templates(&scene.ling.phone), texts);
        for action in ["OPEN_RECOVERY", "APPROVE_RECOVERY", "COMPLETE_RECOVERY"] {
            assert_eq!(town.rows(&format!("audit_entry WHERE action = '{action}'")).await, 1, "{action}");
        }
        assert_eq!(state(&town).await, [("COMPLETED".into(), 1)]);
        // The code is used up, and the old number is somebody else's from now on.
        assert_eq!(complete(&scene.new, &code_of(&scene.new)).await.codes(), ["NO_CODE"]);
        let mut finder = Person { access_token: None, ..scene.ling.clone() };
        finder.sign_in().await;
        assert!(finder.ask("{ me { volunteer { id } } }", json!({})).await.data("/me/volunteer").is_null());
    }

    async fn nobody_is_both_officers_and_nobody_recovers_their_own(town: Town) {
        let scene = scene(&town).await;
        let recovery = scene.opened().await;
        assert_eq!(approve(&scene.first, &recovery).await.codes(), ["SECOND_OFFICER_NEEDED"]);
        assert_eq!(town.sms.count(&scene.ling.phone), 1, "no notice");
        // The second officer lives in the district too.
        let own = open_recovery(&scene.second, &scene.second.number().await, &town.new_phone()).await;
        assert_eq!(own.codes(), ["YOURSELF"]);
        let above = town.officer("Above", "33").await;
        let other = open_recovery(&above, &scene.second.number().await, &town.new_phone()).await.fine();
        let other = other.text("/openRecovery/recovery/id");
        for answer in [approve(&scene.second, &other).await, decline(&scene.second, &other).await] {
            assert_eq!(answer.codes(), ["YOURSELF"]);
        }
        assert_eq!(state(&town).await, [("OPENED".into(), 2)]);
    }

    /// What the service could forget, the table does not.
    async fn the_database_itself_wants_two_officers_and_a_notice(town: Town) {
        let scene = scene(&town).await;
        scene.opened().await;
        let person = format!("(SELECT id FROM person WHERE phone = '{}')", scene.ling.phone);
        for forged in [
            "approved_by = opened_by".to_owned(),
            format!("approved_by = {person}"),
            format!("opened_by = {person}"),
            "state = 'APPROVED'".into(),
            "state = 'COMPLETED'".into(),
        ] {
            let forged = format!("UPDATE account_recovery SET {forged}");
            let refused = boai::platform::db::run(&town.app.db.conn, forged.clone(), []).await;
            refused.expect_err(&forged);
        }
    }

    async fn who_does_not_reach_her_gets_the_answer_of_nothing(town: Town) {
        let scene = scene(&town).await;
        let recovery = scene.opened().await;
        let nothing = encode("AccountRecovery", "01920000-0000-7000-8000-00000000dead").to_string();
        let others = [
            town.officer("Sibling", "3302").await,
            town.officer("Elsewhere below", "330203").await,
            town.leader("Leader").await,
            town.desk("Desk").await,
            town.volunteer("Wang").await,
            scene.ling.clone(),
        ];
        for other in &others {
            let theirs = open_recovery(other, &scene.number, &town.new_phone()).await;
            assert_eq!(theirs, open_recovery(other, "202600000000", &town.new_phone()).await, "{}", other.name);
            assert_eq!(theirs.codes(), ["NOT_FOUND"], "{}", other.name);
            assert_eq!(approve(other, &recovery).await, approve(other, &nothing).await, "{}", other.name);
            assert_eq!(decline(other, &recovery).await, decline(other, &nothing).await, "{}", other.name);
            assert_eq!(approve(other, &recovery).await.codes(), ["NOT_FOUND"]);
            assert_eq!(list(other, "330106", true).await, Vec::<Value>::new());
        }
        let stranger = town.stranger();
        for answer in [
            open_recovery(&stranger, &scene.number, &scene.new.phone).await,
            approve(&stranger, &recovery).await,
            decline(&stranger, &recovery).await,
            object(&stranger, None).await,
        ] {
            assert_eq!(answer.fault(), "UNAUTHENTICATED");
        }
        assert_eq!(state(&town).await, [("OPENED".into(), 1)]);
        scene.nothing_moved().await;
    }

    async fn officers_see_what_is_under_way_below_them(town: Town) {
        let scene = scene(&town).await;
        let recovery = scene.opened().await;
        let node = json!({ "id": recovery, "state": "OPENED" });
        for (officer, branch) in [(&scene.first, "330106"), (&scene.second, "3301"), (&scene.second, "330106109203")] {
            assert_eq!(list(officer, branch, true).await, std::slice::from_ref(&node), "{branch}");
        }
        assert_eq!(list(&scene.first, "3301", true).await, Vec::<Value>::new(), "no further than the role reaches");
        decline(&scene.second, &recovery).await.fine();
        assert_eq!(list(&scene.first, "330106", true).await, Vec::<Value>::new());
        assert_eq!(list(&scene.first, "330106", false).await, [json!({ "id": recovery, "state": "DECLINED" })]);
    }

    async fn ling_sees_it_on_her_phone_and_objects(town: Town) {
        let scene = scene(&town).await;
        assert_eq!(object(&scene.ling, None).await.codes(), ["NOT_FOUND"]);
        scene.opened().await;
        let seen = scene.ling.ask("{ me { recovery { state reason openedBy { name } } } }", json!({})).await;
        let expected = json!({ "state": "OPENED", "reason": "手机丢失", "openedBy": { "name": "First" } });
        assert_eq!(seen.data("/me/recovery"), expected);
        assert_eq!(scene.ling.inbox().await, [("RECOVERY_OPENED".into(), "手机丢失".into())]);
        assert_eq!(object(&scene.ling, None).await.fine().data("/objectToRecovery/stopped"), json!(true));
        assert_eq!(object(&scene.ling, None).await.codes(), ["NOT_FOUND"]);
        assert_eq!(state(&town).await, [("OBJECTED".into(), 1)]);
        assert_eq!(town.rows("audit_entry WHERE action = 'OBJECT_TO_RECOVERY' AND actor IS NOT NULL").await, 1);
        scene.nothing_moved().await;
    }

    async fn whoever_holds_the_old_number_objects_by_the_code_of_the_notice(town: Town) {
        let scene = scene(&town).await;
        let recovery = scene.approved().await;
        let (finder, code) = (town.stranger(), scene.notice());
        assert!(code.len() == 10 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        let wrong = other_than(&code);
        for notice in [(scene.ling.phone.as_str(), wrong.as_str()), (&scene.new.phone, &code), (&scene.first.phone, "")] {
            let refused = object(&finder, Some(notice)).await;
            assert_eq!(refused.codes(), ["NOT_FOUND"]);
            assert!(!refused.body.to_string().contains(&code));
        }
        assert_eq!(state(&town).await, [("APPROVED".into(), 1)]);
        waiting_is_over(&town);
        // Objecting is possible until it takes effect, not only for three days.
        object(&finder, Some((&scene.ling.phone, &code))).await.fine();
        assert_eq!(prove(&scene.new).await.codes(), ["NO_RECOVERY"]);
        let late = approve(&Person { access_token: None, ..scene.second.clone() }, &recovery).await;
        assert_eq!(late.fault(), "UNAUTHENTICATED");
        assert_eq!(state(&town).await, [("OBJECTED".into(), 1)]);
        scene.nothing_moved().await;
    }

    async fn half_a_notice_is_no_valid_request(town: Town) {
        let scene = scene(&town).await;
        scene.approved().await;
        for input in [json!({ "phone": scene.ling.phone }), json!({ "code": "1" })] {
            let document = "mutation($input: ObjectToRecoveryInput!) {
                objectToRecovery(input: $input) { errors { code } } }";
            assert_eq!(scene.ling.ask(document, json!({ "input": input })).await.fault(), "BAD_USER_INPUT");
        }
        assert_eq!(state(&town).await, [("APPROVED".into(), 1)]);
    }

    async fn it_takes_no_effect_before_the_waiting_period_is_over(town: Town) {
        let scene = scene(&town).await;
        scene.opened().await;
        assert_eq!(prove(&scene.new).await.codes(), ["NO_RECOVERY"], "one officer is not enough");
        let recovery = list(&scene.first, "330106", true).await[0]["id"].as_str().expect("an id").to_owned();
        approve(&scene.second, &recovery).await.fine();
        town.clock.set(at("+3 07:00") - TimeDelta::milliseconds(1));
        let early = prove(&scene.new).await;
        assert_eq!((early.codes(), early.refusal_number("hoursToWait")), (vec!["STILL_WAITING".into()], 1.0));
        assert!(early.body.to_string().contains("2026-05-11 07:00"), "{}", early.body);
        scene.nothing_moved().await;
        waiting_is_over(&town);
        // The code that came a millisecond too early is still good.
        complete(&scene.new, &code_of(&scene.new)).await.fine();
    }

    async fn a_recovery_that_nobody_goes_on_with_is_over_after_two_weeks(town: Town) {
        let mut scene = scene(&town).await;
        scene.approved().await;
        town.clock.set(at("+17 07:00"));
        assert_eq!(prove(&scene.new).await.codes(), ["NO_RECOVERY"]);
        scene.first.refresh().await;
        scene.second.refresh().await;
        assert_eq!(list(&scene.first, "330106", true).await, Vec::<Value>::new());
        assert_eq!(list(&scene.first, "330106", false).await[0]["state"], "EXPIRED");
        // It stands in nobody's way.
        let again = scene.opened().await;
        assert_eq!(state(&town).await, [("OPENED".into(), 1), ("EXPIRED".into(), 1)]);
        town.clock.set(at("+31 07:00"));
        scene.second.refresh().await;
        assert_eq!(approve(&scene.second, &again).await.codes(), ["NOT_WAITING"]);
        scene.nothing_moved().await;
    }

    async fn what_makes_no_sense_is_refused(town: Town) {
        let scene = scene(&town).await;
        let wang = town.volunteer("Wang").await;
        assert_eq!(open_recovery(&scene.first, &scene.number, &scene.ling.phone).await.codes(), ["SAME_NUMBER"]);
        assert_eq!(open_recovery(&scene.first, &scene.number, &wang.phone).await.codes(), ["NUMBER_TAKEN"]);
        // Trying numbers leaves a trail.
        assert_eq!(town.rows("audit_entry WHERE action = 'REFUSE_RECOVERY' AND actor IS NOT NULL").await, 1);
        assert_eq!(state(&town).await, []);
        let recovery = scene.opened().await;
        assert_eq!(open_recovery(&scene.second, &scene.number, &town.new_phone()).await.codes(), ["ALREADY_OPEN"]);
        assert_eq!(open_recovery(&scene.first, &wang.number().await, &scene.new.phone).await.codes(), ["NUMBER_TAKEN"]);
        approve(&scene.second, &recovery).await.fine();
        let third = town.officer("Third", "33").await;
        assert_eq!(approve(&third, &recovery).await.codes(), ["NOT_WAITING"]);
        decline(&scene.first, &recovery).await.fine();
        assert_eq!(decline(&third, &recovery).await.codes(), ["NOT_WAITING"]);
        assert_eq!(object(&scene.ling, None).await.codes(), ["NOT_FOUND"]);
        assert_eq!(town.sms.templates(&scene.ling.phone), ["SIGN_IN_CODE", "RECOVERY_NOTICE"]);
        for (reason, check) in [("", "x"), ("x", " "), (&*"x".repeat(501), "x")] {
            let input = json!({
                "volunteerNumber": scene.number, "newPhone": town.new_phone(), "reason": reason, "identityCheck": check,
            });
            assert_eq!(scene.first.ask(OPEN_RECOVERY, json!({ "input": input })).await.fault(), "BAD_USER_INPUT");
        }
    }

    /// Two officers of a county must not come by the account of one who is above them, or beside them.
    async fn an_account_with_power_is_recovered_only_by_who_could_grant_that_power(town: Town) {
        let (first, city) = (town.officer("First", "330106").await, town.officer("City", "3301").await);
        let province = town.officer("Province", "33").await;
        let powerful = town.officer("Powerful", "330106").await;
        let number = powerful.number().await;
        let new = newcomer(&town);
        assert_eq!(open_recovery(&first, &number, &new.phone).await.codes(), ["ROLES_ABOVE"]);
        let recovery = open_recovery(&city, &number, &new.phone).await.fine().text("/openRecovery/recovery/id");
        assert_eq!(approve(&first, &recovery).await.codes(), ["ROLES_ABOVE"]);
        approve(&province, &recovery).await.fine();
        // A leader of a team of the district is within the district's power.
        let leader = town.leader("Leader").await;
        open_recovery(&first, &leader.number().await, &town.new_phone()).await.fine();
        let abroad = town.other_leader("Abroad").await;
        assert_eq!(open_recovery(&first, &abroad.number().await, &town.new_phone()).await.codes(), ["ROLES_ABOVE"]);
        // A role that ended weighs nothing.
        let ling = town.volunteer("Ling").await;
        let ends = json!({ "branchId": id(Town::branch("330106")), "endsAt": at("07:10") });
        grant(&city, &ling.number().await, "DESK_OPERATOR", ends).await.fine();
        assert_eq!(open_recovery(&first, &ling.number().await, &town.new_phone()).await.codes(), ["ROLES_ABOVE"]);
        town.clock.set(at("07:10"));
        open_recovery(&first, &ling.number().await, &town.new_phone()).await.fine();
        assert_eq!(roles(&ling).await, Vec::<String>::new());
    }

    async fn whoever_moves_the_account_by_both_numbers_outruns_the_recovery(town: Town) {
        let mut scene = scene(&town).await;
        scene.approved().await;
        town.clock.advance(TimeDelta::minutes(2));
        let elsewhere = town.new_phone();
        phone_change::request(&scene.ling, &elsewhere).await.fine();
        let codes = (code_of(&scene.ling), town.sms.last_code(&elsewhere).expect("a text"));
        phone_change::change(&scene.ling, &elsewhere, &codes.0, &codes.1).await.fine();
        waiting_is_over(&town);
        assert_eq!(prove(&scene.new).await.codes(), ["NO_RECOVERY"]);
        scene.ling.refresh().await;
        assert!(is_signed_in(&scene.ling).await);
        assert_eq!(town.rows("session WHERE end_reason = 'RECOVERED'").await, 0);
    }

    async fn a_number_that_somebody_signed_in_with_meanwhile_is_refused(town: Town) {
        let scene = scene(&town).await;
        scene.approved().await;
        waiting_is_over(&town);
        let mut somebody = scene.new.clone();
        somebody.sign_in().await;
        town.clock.advance(TimeDelta::seconds(60));
        assert_eq!(prove(&scene.new).await.codes(), ["NUMBER_TAKEN"]);
        assert!(is_signed_in(&somebody).await);
        assert_eq!(town.rows(&format!("person WHERE phone = '{}'", scene.ling.phone)).await, 1);
        assert_eq!(state(&town).await, [("APPROVED".into(), 1)]);
        assert_eq!(town.rows("session WHERE ended_at IS NOT NULL").await, 0);
    }

    async fn a_code_for_a_recovery_has_its_tries_and_tells_nothing(town: Town) {
        let scene = scene(&town).await;
        scene.approved().await;
        waiting_is_over(&town);
        let unknown = newcomer(&town);
        assert_eq!(request_code(&unknown).await.fine(), request_code(&scene.new).await.fine());
        assert_eq!(complete(&unknown, "x").await, complete(&scene.new, "x").await);
        assert_eq!(complete(&unknown, &code_of(&unknown)).await.codes(), ["NO_RECOVERY"]);
        for _ in 0..4 {
            complete(&scene.new, "x").await;
        }
        assert_eq!(complete(&scene.new, &code_of(&scene.new)).await.codes(), ["TOO_MANY_TRIES"]);
        assert_eq!(request_code(&scene.new).await.codes(), ["TOO_SOON"]);
        scene.nothing_moved().await;
    }
}
