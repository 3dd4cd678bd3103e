//! Stories of 报名: seats, the wait-list, and every reason why not.

use boai_tests::{at, shift, stories};
use serde_json::json;

use crate::verbs::{cancel, change_shift, nobodys_shift, roster, seats, sign_up_at_post, stands, takes};

stories! {
    async fn a_full_shift_gives_a_place_on_the_wait_list(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 1, json!({})).await;
        let crowd = town.crowd(2).await;
        assert_eq!(takes(&crowd[0], posted.shift()).await, "SEATED");
        assert_eq!(takes(&crowd[1], posted.shift()).await, "WAITING");
        assert_eq!(seats(&ling, posted.shift()).await, (1, 0));
    }

    async fn signing_up_twice_is_signing_up_once(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        let wei = town.volunteer("Wei").await;
        let once = wei.sign_up(posted.shift()).await.fine();
        assert_eq!(wei.sign_up(posted.shift()).await, once);
        assert_eq!((town.rows("sign_up").await, seats(&wei, posted.shift()).await), (1, (2, 1)));
    }

    async fn an_overlap_is_refused_and_named(town: Town) {
        let ling = town.leader("Ling").await;
        let first = ling.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": "断桥急救" })).await;
        let other = ling.post_activity(at("11:59"), at("14:00"), 2, json!({})).await;
        let wei = town.volunteer("Wei").await;
        wei.sign_up(first.shift()).await.fine();
        let refused = wei.sign_up(other.shift()).await;
        assert_eq!(refused.codes(), ["OVERLAPS"]);
        let message = refused.payload()["errors"][0]["message"].to_string();
        for told in ["断桥急救", "2026-05-08 09:00", "2026-05-08 12:00"] {
            assert!(message.contains(told), "{message}");
        }
        assert_eq!((town.rows("sign_up").await, seats(&wei, other.shift()).await), (1, (2, 2)));
        wei.leave(first.shift()).await.fine();
        assert_eq!(takes(&wei, other.shift()).await, "SEATED");
    }

    async fn a_place_on_a_wait_list_takes_the_time_too(town: Town) {
        let ling = town.leader("Ling").await;
        let first = ling.post_activity(at("09:00"), at("12:00"), 1, json!({})).await;
        let other = ling.post_activity(at("10:00"), at("14:00"), 2, json!({})).await;
        let crowd = town.crowd(2).await;
        takes(&crowd[0], first.shift()).await;
        assert_eq!(takes(&crowd[1], first.shift()).await, "WAITING");
        assert_eq!(crowd[1].sign_up(other.shift()).await.codes(), ["OVERLAPS"]);
    }

    async fn back_to_back_is_fine(town: Town) {
        let ling = town.leader("Ling").await;
        let wei = town.volunteer("Wei").await;
        for (from, to) in [("09:00", "12:00"), ("12:00", "14:00"), ("08:00", "09:00")] {
            let posted = ling.post_activity(at(from), at(to), 2, json!({})).await;
            assert_eq!(takes(&wei, posted.shift()).await, "SEATED");
        }
    }

    async fn a_seat_that_is_left_goes_to_who_waits_longest(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 1, json!({})).await;
        let crowd = town.crowd(3).await;
        for wei in &crowd {
            wei.sign_up(posted.shift()).await.fine();
            town.clock.advance(chrono::TimeDelta::seconds(1));
        }
        let left = crowd[0].leave(posted.shift()).await.fine();
        assert_eq!(left.text("/leaveShift/signUp/state"), "LEFT");
        assert_eq!(stands(&crowd[1], posted.shift()).await.as_deref(), Some("SEATED"));
        assert_eq!(crowd[1].inbox().await, [("SEAT_GIVEN".to_owned(), String::new())]);
        assert_eq!(stands(&crowd[2], posted.shift()).await.as_deref(), Some("WAITING"));
        assert_eq!((crowd[0].inbox().await, crowd[2].inbox().await), (vec![], vec![]));
        assert_eq!(seats(&ling, posted.shift()).await, (1, 0));
    }

    async fn who_comes_back_stands_at_the_end_of_the_wait_list(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 1, json!({})).await;
        let (a, b, c) = (town.volunteer("A").await, town.volunteer("B").await, town.volunteer("C").await);
        for wei in [&a, &b, &c] {
            wei.sign_up(posted.shift()).await.fine();
            town.clock.advance(chrono::TimeDelta::seconds(1));
        }
        b.leave(posted.shift()).await.fine();
        assert_eq!(takes(&b, posted.shift()).await, "WAITING");
        assert_eq!(roster(&ling, posted.shift(), &["WAITING"]).await, ["C", "B"]);
        assert_eq!((town.rows("sign_up").await, a.inbox().await), (3, vec![]));
    }

    async fn who_never_signed_up_cannot_leave(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 1, json!({})).await;
        let crowd = town.crowd(2).await;
        crowd[0].sign_up(posted.shift()).await.fine();
        assert_eq!(crowd[1].leave(posted.shift()).await.codes(), ["NOT_SIGNED_UP"]);
        assert_eq!(crowd[1].leave(&nobodys_shift()).await.codes(), ["NOT_SIGNED_UP"]);
        crowd[0].leave(posted.shift()).await.fine();
        assert_eq!(crowd[0].leave(posted.shift()).await.codes(), ["NOT_SIGNED_UP"]);
        assert_eq!(seats(&ling, posted.shift()).await, (1, 1));
    }

    async fn who_has_checked_in_checks_out_instead_of_leaving(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("07:00"), at("12:00"), 1, json!({})).await;
        let wei = town.volunteer("Wei").await;
        wei.sign_up(posted.shift()).await.fine();
        wei.check_in(posted.shift(), 10.0).await.fine();
        assert_eq!(wei.leave(posted.shift()).await.codes(), ["CHECKED_IN"]);
        assert_eq!(seats(&ling, posted.shift()).await, (1, 0));
    }

    async fn a_seat_that_is_left_after_the_end_is_given_to_nobody(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("07:00"), at("07:20"), 1, json!({})).await;
        let crowd = town.crowd(2).await;
        for wei in &crowd {
            wei.sign_up(posted.shift()).await.fine();
        }
        town.clock.set(at("07:20"));
        crowd[0].leave(posted.shift()).await.fine();
        assert_eq!(stands(&crowd[1], posted.shift()).await.as_deref(), Some("WAITING"));
        change_shift(&ling, posted.shift(), json!({ "capacity": 2 })).await.fine();
        assert_eq!(stands(&crowd[1], posted.shift()).await.as_deref(), Some("WAITING"));
        assert_eq!(crowd[1].inbox().await, []);
    }

    async fn every_reason_is_told_at_once(town: Town) {
        let ling = town.leader("Ling").await;
        let demands = json!({ "minimumAge": 18, "dangerous": true, "skillsRequired": ["FIRST_AID", "WATER_RESCUE"] });
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, demands).await;
        let other = ling.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": "另一场" })).await;
        let xiao = town.person("Xiao").await;
        xiao.enrol_with_guardian("2010-05-09").await;
        xiao.sign_up(other.shift()).await.fine();
        let refused = xiao.sign_up(posted.shift()).await;
        assert_eq!(refused.codes(), ["TOO_YOUNG", "DANGEROUS_FOR_MINORS", "SKILL_MISSING", "OVERLAPS"]);
        assert_eq!((refused.refusal_number("ageYears"), refused.refusal_number("minimumYears")), (15.0, 18.0));
        assert!(refused.payload()["errors"][2]["message"].to_string().contains("WATER_RESCUE"));
        assert_eq!((town.rows("sign_up").await, seats(&ling, posted.shift()).await), (1, (2, 2)));
    }

    async fn who_comes_of_age_on_the_day_may_do_dangerous_work(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("+1 09:00"), at("+1 12:00"), 2, json!({ "dangerous": true })).await;
        let (on_the_day, a_day_later) = (town.person("Xiao").await, town.person("Da").await);
        for (person, birth) in [(&on_the_day, "2008-05-09"), (&a_day_later, "2008-05-10")] {
            person.enrol_with_guardian(birth).await;
        }
        assert_eq!(takes(&on_the_day, posted.shift()).await, "SEATED");
        assert_eq!(a_day_later.sign_up(posted.shift()).await.codes(), ["DANGEROUS_FOR_MINORS"]);
    }

    async fn a_shift_with_posts_asks_which(town: Town) {
        let ling = town.leader("Ling").await;
        let mut planned = shift(at("09:00"), at("12:00"), 3);
        planned["posts"] = json!([{ "name": "引导", "capacity": 1 }, { "name": "登记", "capacity": 2 }]);
        let draft = ling.draft_activity(vec![planned], json!({})).await.fine();
        ling.publish(&draft.text("/createActivity/activity/id")).await.fine();
        let text = |pointer: &str| draft.text(&format!("/createActivity/activity/shifts/0/{pointer}"));
        let (shift, guide) = (text("id"), text("posts/0/id"));
        let crowd = town.crowd(3).await;
        let refused = crowd[0].sign_up(&shift).await;
        assert_eq!(refused.codes(), ["POST_NEEDED"]);
        assert_eq!(refused.refusal_number("posts"), 2.0);
        let unknown = boai_tests::id(boai_entity::ids::PostId(uuid::Uuid::from_u128(7)));
        assert_eq!(sign_up_at_post(&crowd[0], &shift, &unknown).await.codes(), ["NOT_FOUND"]);
        assert_eq!(town.rows("sign_up").await, 0);
        let seated = sign_up_at_post(&crowd[0], &shift, &guide).await.fine();
        assert_eq!(seated.data("/signUpForShift/signUp"), json!({ "state": "SEATED", "post": { "name": "引导" } }));
        // The shift has seats, this post has none: that is a wait, and takes none of the shift's.
        let waiting = sign_up_at_post(&crowd[1], &shift, &guide).await.fine();
        assert_eq!(waiting.text("/signUpForShift/signUp/state"), "WAITING");
        assert_eq!(seats(&ling, &shift).await, (3, 2));
        // A post of one shift is no post of another.
        let plain = ling.post_activity(at("13:00"), at("14:00"), 2, json!({})).await;
        assert_eq!(sign_up_at_post(&crowd[2], plain.shift(), &guide).await.codes(), ["NOT_FOUND"]);
        crowd[0].leave(&shift).await.fine();
        assert_eq!(stands(&crowd[1], &shift).await.as_deref(), Some("SEATED"));
        assert_eq!(town.rows("post WHERE taken = 1").await, 1);
    }

    async fn a_shift_can_be_joined_until_it_ends(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("07:00"), at("07:20"), 2, json!({})).await;
        let crowd = town.crowd(2).await;
        town.clock.set(at("07:19"));
        assert_eq!(takes(&crowd[0], posted.shift()).await, "SEATED");
        town.clock.set(at("07:20"));
        let refused = crowd[1].sign_up(posted.shift()).await;
        assert_eq!(refused.codes(), ["OVER"]);
        assert!(refused.payload()["errors"][0]["message"].to_string().contains("2026-05-08 07:20"));
        assert_eq!(town.rows("sign_up").await, 1);
    }

    async fn a_cancelled_or_unknown_shift_cannot_be_joined(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        cancel(&ling, &posted.activity, "台风").await.fine();
        let wei = town.volunteer("Wei").await;
        assert_eq!(wei.sign_up(posted.shift()).await.codes(), ["CANCELLED"]);
        assert_eq!(wei.sign_up(&nobodys_shift()).await.codes(), ["NOT_FOUND"]);
        assert_eq!(town.rows("sign_up").await, 0);
    }

    async fn only_a_volunteer_signs_up(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        assert_eq!(town.stranger().sign_up(posted.shift()).await.fault(), "UNAUTHENTICATED");
        assert_eq!(town.person("Xin").await.sign_up(posted.shift()).await.fault(), "FORBIDDEN");
        assert_eq!(town.rows("sign_up").await, 0);
    }
}
