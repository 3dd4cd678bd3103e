//! The code on a volunteer's phone: good once, for one end of one shift, and for nobody else.

use boai::{config::CodeRates, platform::rates::Rate};
use boai_tests::{at, keep_signed_in, stories};
use chrono::TimeDelta;
use serde_json::json;

use crate::support::{check_in, check_out, clock, code, grant, nothing_happened, over, site};

stories! {
    async fn the_desk_scans_a_phone_sees_a_masked_name_and_checks_in_and_out(town: Town) {
        let site = site(&town).await;
        let ling = town.volunteer("欧阳小玲").await;
        ling.sign_up(site.shift()).await.fine();
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        let done = site.check_in(json!({ "code": code(&ling).await })).await.fine();
        assert_eq!(done.data("/deskCheckIn/name"), "欧**玲");
        assert_eq!(done.data("/deskCheckIn/line/attendanceState"), "OPEN");
        assert_eq!((done.data("/deskCheckIn/entry/way"), done.data("/deskCheckIn/entry/walkIn")), (json!("SCAN"), json!(false)));
        clock(&town, at("+1 10:30"));
        let done = site.check_out(json!({ "code": code(&ling).await })).await.fine();
        assert_eq!(done.data("/deskCheckOut/line/attendanceState"), "CLOSED");
        let mine = ling.ask("{ me { records { nodes { minutes state book } } } }", json!({})).await;
        assert_eq!(mine.data("/me/records/nodes/0"), json!({ "minutes": 240, "state": "PENDING", "book": "SYSTEM_PROVED" }));
        town.audit().await;
    }

    async fn a_code_is_replayed_to_no_second_shift_no_second_end_and_no_second_person(town: Town) {
        let site = site(&town).await;
        let (ling, wei) = (town.volunteer("Ling").await, town.volunteer("Wei").await);
        for person in [&ling, &wei] {
            person.sign_up(site.shift()).await.fine();
        }
        // The next shift at the same site, which Ling has a seat of, too.
        let next = json!({ "startsAt": at("+1 10:30"), "endsAt": at("+1 12:30"), "capacity": 8 });
        let add = "mutation($activity: ID!, $shift: ShiftInput!) {
            addShift(input: { activityId: $activity, shift: $shift }) { shift { id } errors { code } } }";
        let next = site.leader.ask(add, json!({ "activity": site.activity(), "shift": next })).await.fine();
        let next = next.text("/addShift/shift/id");
        ling.sign_up(&next).await.fine();
        keep_signed_in(&town).await;
        clock(&town, at("+1 10:10"));
        let (lings, weis) = (code(&ling).await, code(&wei).await);
        // Half of Ling's and half of Wei's is nobody's.
        let (mut forged, of_wei): (Vec<&str>, Vec<&str>) = (lings.split(':').collect(), weis.split(':').collect());
        forged[1] = of_wei[1];
        let refused = site.check_in(json!({ "code": forged.join(":") })).await;
        assert_eq!((refused.codes(), refused.data("/deskCheckIn/name")), (vec!["CODE_UNREADABLE".to_owned()], json!(null)));
        nothing_happened(&town).await;
        site.check_in(json!({ "code": lings })).await.fine();
        let before = [town.rows("attendance").await, town.rows("desk_entry").await, town.rows("code_use").await];
        let refused = site.check_in(json!({ "code": lings, "shiftId": next })).await;
        assert_eq!(refused.codes(), ["CODE_USED"]);
        assert!(refused.payload()["errors"][0]["message"].as_str().expect("words").contains("2026-05-09 10:10"));
        assert_eq!(site.check_out(json!({ "code": lings })).await.codes(), ["CODE_USED"]);
        assert_eq!(site.check_in(json!({ "code": lings })).await.codes(), ["ALREADY_CHECKED_IN"]);
        assert_eq!([town.rows("attendance").await, town.rows("desk_entry").await, town.rows("code_use").await], before);
        assert_eq!(town.rows("service_record").await, 0);
        // The next code is good.
        town.clock.advance(TimeDelta::seconds(30));
        site.check_out(json!({ "code": code(&ling).await })).await.fine();
        assert_eq!(town.rows("refused_scan").await, 4);
    }

    async fn old_and_early_codes_and_those_of_phones_that_were_signed_out_are_refused_with_what_to_do(town: Town) {
        let site = site(&town).await;
        let ling = town.volunteer("Ling").await;
        ling.sign_up(site.shift()).await.fine();
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        let shown = code(&ling).await;
        clock(&town, at("+1 06:23"));
        let old = site.check_in(json!({ "code": shown })).await;
        assert_eq!((old.codes(), old.refusal_number("secondsOld")), (vec!["CODE_OLD".to_owned()], 150.0));
        clock(&town, at("+1 06:10"));
        let early = site.check_in(json!({ "code": shown })).await;
        assert_eq!((early.codes(), early.refusal_number("secondsAhead")), (vec!["CODE_EARLY".to_owned()], 600.0));
        for rubbish in ["", "BOAI1", "BOAI1:::", "https://example.org/", "BOAI1:00:99999999999999999999:00", "博爱"] {
            assert_eq!(site.check_in(json!({ "code": rubbish })).await.codes(), ["CODE_UNREADABLE"], "{rubbish}");
        }
        clock(&town, at("+1 06:20"));
        let shown = code(&ling).await;
        ling.ask("mutation { endSession(input: {}) { errors { code } } }", json!({})).await.fine();
        assert_eq!(site.check_in(json!({ "code": shown })).await.codes(), ["CODE_SIGNED_OUT"]);
        nothing_happened(&town).await;
    }

    async fn a_desk_that_lost_the_answer_sends_the_code_again_when_it_is_long_gone(town: Town) {
        let site = site(&town).await;
        let ling = town.volunteer("Ling").await;
        ling.sign_up(site.shift()).await.fine();
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        let input = site.input(json!({ "code": code(&ling).await }));
        let first = check_in(&site.operator, input.clone()).await.fine();
        clock(&town, at("+1 06:40"));
        let again = check_in(&site.operator, input.clone()).await.fine();
        assert_eq!(again.data("/deskCheckIn/entry/id"), first.data("/deskCheckIn/entry/id"));
        assert_eq!(town.rows("attendance").await, 1);
        // The id stands for that, and for nothing else.
        let other = over(input.clone(), json!({ "code": code(&ling).await }));
        assert_eq!(check_in(&site.operator, other).await.codes(), ["REQUEST_ID_REUSED"]);
        assert_eq!(check_out(&site.operator, input).await.codes(), ["REQUEST_ID_REUSED"]);
        assert_eq!(town.rows("refused_scan").await, 0, "that is the desk's own slip");
    }

    async fn two_operators_who_scan_one_code_at_once_have_one_effect(town: Town) {
        let site = site(&town).await;
        let second = town.person("Second").await;
        grant(&site.leader, site.activity(), &second.phone, "2026-05-09", "2026-05-09").await.fine();
        let crowd = town.crowd(6).await;
        for person in &crowd {
            person.sign_up(site.shift()).await.fine();
        }
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        for (place, person) in crowd.iter().enumerate() {
            let shown = code(person).await;
            let input = || site.input(json!({ "code": shown }));
            let (one, two) = tokio::join!(check_in(&site.operator, input()), check_in(&second, input()));
            let told = [one.codes(), two.codes()].concat();
            assert_eq!(told, ["ALREADY_CHECKED_IN"], "one of the two");
            let rows = i64::try_from(place).expect("a few") + 1;
            for table in ["attendance", "desk_entry", "code_use"] {
                assert_eq!(town.rows(table).await, rows, "{table}");
            }
        }
    }

    async fn one_request_id_for_two_people_at_once_is_good_for_one_of_them(town: Town) {
        let site = site(&town).await;
        let crowd = town.crowd(2).await;
        for person in &crowd {
            person.sign_up(site.shift()).await.fine();
        }
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        let request = site.operator.request_id();
        let input = async |place: usize| site.input(json!({ "code": code(&crowd[place]).await, "requestId": request }));
        let (one, two) = (input(0).await, input(1).await);
        let (one, two) = tokio::join!(check_in(&site.operator, one), check_in(&site.operator, two));
        assert_eq!([one.codes(), two.codes()].concat(), ["REQUEST_ID_REUSED"]);
        assert_eq!(town.rows("attendance").await, 1);
    }

    async fn a_desk_that_guesses_is_stopped_until_the_limit_has_room_and_the_roster_goes_on(town: Town) {
        let limits = CodeRates { person: Rate::per(3, 600), wrong_shift: Rate(None), wrong_address: Rate(None) };
        let url = town.instance(|config| config.rates.codes = limits).await;
        let site = site(&town).await;
        let ling = town.volunteer("Ling").await;
        ling.sign_up(site.shift()).await.fine();
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        let document = "mutation($input: DeskCheckInInput!) { deskCheckIn(input: $input) {
            errors { code numbers { name value } } } }";
        let ask = async |given| site.operator.ask_at(&url, document, json!({ "input": site.input(given) })).await;
        let shown = code(&ling).await;
        let guess = shown.replace(&shown[shown.len() - 2..], "00");
        let guess = if guess == shown { shown.replace(&shown[shown.len() - 2..], "11") } else { guess };
        for _ in 0..3 {
            assert_eq!(ask(json!({ "code": guess })).await.codes(), ["CODE_UNREADABLE"]);
        }
        let stopped = ask(json!({ "code": shown })).await;
        assert_eq!((stopped.codes(), stopped.refusal_number("minutes")), (vec!["TOO_MANY_CODES".to_owned()], 4.0));
        nothing_happened(&town).await;
        ask(json!({ "phoneDigits": &ling.phone[8..] })).await.fine();
    }
}
