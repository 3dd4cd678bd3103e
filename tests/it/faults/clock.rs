//! The server's clock steps by up to five minutes, either way: windows stay right, no time is negative or counts twice.

use boai::platform::random::Random;
use boai_tests::{Town, at, keep_signed_in, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use crate::size;

/// A clock that is set right, or wrong.
fn step(town: &Town, minutes: i64) {
    town.clock.advance(TimeDelta::minutes(minutes));
}

/// Nobody left before they came, and no time in any book is negative.
async fn no_time_is_negative(town: &Town) {
    for rows in [
        "attendance WHERE checked_out_at < checked_in_at",
        "service_record WHERE served_to < served_from OR minutes < 0",
        "ledger_entry WHERE kind = 'SERVED' AND (pending_minutes < 0 OR confirmed_minutes < 0)",
        "volunteer_total WHERE pending_minutes < 0 OR confirmed_minutes < 0",
    ] {
        assert_eq!(town.rows(rows).await, 0, "{rows}");
    }
    town.audit().await;
}

stories! {
    async fn the_windows_of_check_in_and_check_out_follow_the_clock_and_count_nothing_twice(town: Town) {
        let leader = town.leader("Li").await;
        let ling = town.volunteer("Ling").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        keep_signed_in(&town).await;
        // Check-in opens at 07:30. The clock was ahead, and is set right.
        town.clock.set(at("07:32"));
        step(&town, -5);
        let early = ling.check_in(posted.shift(), 20.0).await;
        assert_eq!((early.codes(), early.refusal_number("minutesUntilOpen")), (vec!["TOO_EARLY".to_owned()], 3.0));
        assert_eq!(town.rows("attendance").await, 0);
        step(&town, 5);
        ling.check_in(posted.shift(), 20.0).await.fine();
        // Out five minutes before coming in: a stay of no length.
        step(&town, -5);
        let out = ling.check_out(20.0).await.fine();
        assert_eq!(out.number("/checkOut/attendance/record/minutes"), 0.0);
        no_time_is_negative(&town).await;
        // An hour that the clock makes five minutes longer, and then goes through those again.
        town.clock.set(at("08:00"));
        ling.check_in(posted.shift(), 20.0).await.fine();
        town.clock.set(at("09:00"));
        step(&town, 5);
        let out = ling.check_out(20.0).await.fine();
        assert_eq!(out.number("/checkOut/attendance/record/minutes"), 65.0);
        step(&town, -5);
        ling.check_in(posted.shift(), 20.0).await.fine();
        town.clock.set(at("10:00"));
        let out = ling.check_out(20.0).await.fine();
        assert_eq!(out.number("/checkOut/attendance/record/minutes"), 55.0, "09:00 to 09:05 counted already");
        assert_eq!(ling.minutes().await, (0, 120), "of confirmed and pending");
        no_time_is_negative(&town).await;
    }

    async fn a_check_out_that_a_wrong_clock_refused_is_taken_when_it_is_right(town: Town) {
        let leader = town.leader("Li").await;
        let ling = town.volunteer("Ling").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        keep_signed_in(&town).await;
        town.clock.set(at("08:00"));
        ling.check_in(posted.shift(), 20.0).await.fine();
        // Check-out closes at 14:00.
        town.clock.set(at("13:58"));
        step(&town, 5);
        assert_eq!(ling.check_out(20.0).await.codes(), ["FORGOTTEN"]);
        step(&town, -5);
        let out = ling.check_out(20.0).await.fine();
        assert_eq!(out.number("/checkOut/attendance/record/minutes"), 240.0, "the shift's, and no more");
        no_time_is_negative(&town).await;
    }

    async fn a_code_on_the_screen_is_right_whenever_screen_and_server_agree_on_the_time(town: Town) {
        let leader = town.leader("Li").await;
        let ling = town.volunteer("Ling").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        keep_signed_in(&town).await;
        town.clock.set(at("09:00"));
        let screen = "query($shift: ID!) { node(id: $shift) { ... on Shift { siteCode { code } } } }";
        let shown = leader.ask(screen, json!({ "shift": posted.shift() })).await.text("/node/siteCode/code");
        let tried = async |minutes: i64| {
            step(&town, minutes);
            let by_code = "mutation($shift: ID!, $code: String, $id: UUID!) {
                checkIn(input: { shiftId: $shift, code: $code, requestId: $id }) { errors { code } } }";
            let values = json!({ "shift": posted.shift(), "code": shown, "id": ling.request_id() });
            ling.ask(by_code, values).await.codes()
        };
        assert_eq!([tried(5).await, tried(-10).await], [["CODE_WRONG"], ["CODE_WRONG"]]);
        assert_eq!(town.rows("attendance").await, 0);
        assert!(tried(5).await.is_empty(), "the server is right again");
        no_time_is_negative(&town).await;
    }

    async fn signing_in_and_limits_outlive_a_step_of_the_clock(town: Town) {
        let mut ling = town.volunteer("Ling").await;
        let url = town.instance(|config| config.rates.check = "3 per minute".parse().expect("a rate")).await;
        let tried = async |minutes: i64| {
            step(&town, minutes);
            let out = "mutation($fix: FixInput!, $id: UUID!) {
                checkOut(input: { fix: $fix, requestId: $id }) { errors { code } } }";
            ling.ask_at(&url, out, json!({ "fix": ling.fix(0.0), "id": ling.request_id() })).await.status
        };
        assert_eq!([tried(0).await, tried(5).await, tried(0).await, tried(0).await], [200; 4]);
        assert_eq!(tried(0).await, 429);
        // What was used while the clock was ahead is no reason to refuse until time has caught up with it.
        assert_eq!(tried(-5).await, 200);
        for minutes in [5, -5, -5, 5] {
            step(&town, minutes);
            ling.refresh().await;
        }
    }

    async fn whatever_the_clock_does_no_time_is_negative_or_counted_twice(town: Town) {
        let (people, random) = (size(8, 60), Random::seeded(8));
        let leader = town.leader("Li").await;
        let crowd = town.crowd(people).await;
        let mut shifts = Vec::new();
        for (from, to) in [(at("08:00"), at("12:00")), (at("12:00"), at("16:00"))] {
            shifts.extend(leader.post_activity(from, to, 100, json!({})).await.shifts);
        }
        for shift in &shifts {
            join_all(crowd.iter().map(async |person| person.sign_up(shift).await.fine())).await;
        }
        keep_signed_in(&town).await;
        // Time goes on by 20 minutes from act to act, and the clock may be wrong by five either way at each.
        let mut acts = 0;
        for (shift, start) in shifts.iter().zip([at("08:00"), at("12:00")]) {
            for act in 0..6 {
                let wrong = TimeDelta::seconds(i64::try_from(random.below(601)).expect("seconds") - 300);
                town.clock.set(start + TimeDelta::minutes(10 + 20 * act) + wrong);
                let each = crowd.iter().map(async |person| match act % 2 {
                    0 => person.check_in(shift, 20.0).await.fine(),
                    _ => person.check_out(20.0).await.fine(),
                });
                acts += join_all(each).await.len();
            }
        }
        no_time_is_negative(&town).await;
        let mut longest = 0;
        for person in &crowd {
            let (_, pending) = person.minutes().await;
            longest = longest.max(pending);
        }
        // Six stays of 20 minutes, each wrong by ten at most.
        assert!(longest <= 180, "{longest}");
        println!("clock stepped by up to 5 min: {acts} acts, 0 negative, at most {longest} min of 120 ± 60 credited");
    }
}
