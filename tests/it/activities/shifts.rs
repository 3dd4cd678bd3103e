//! Stories of shifts: their times, their posts, and their seats after people signed up.

use boai_tests::{at, shift, stories};
use serde_json::{Value, json};

use crate::verbs::{add_shift, change_shift, moment, roster, seats, see, sign_up_at_post, stands, takes};

fn with_posts(capacity: i32, posts: &[(&str, i32)]) -> Value {
    let mut shift = shift(at("09:00"), at("12:00"), capacity);
    let post = |(name, capacity): &(&str, i32)| json!({ "name": name, "capacity": capacity });
    shift["posts"] = posts.iter().map(post).collect();
    shift
}

stories! {
    async fn a_shift_of_twenty_five_hours_and_one_over_midnight_are_fine(town: Town) {
        let ling = town.leader("Ling").await;
        ling.post_activity(at("08:00"), at("+1 09:00"), 4, json!({})).await;
        ling.post_activity(at("22:00"), at("+1 02:00"), 4, json!({})).await;
        ling.post_activity(at("08:00"), at("+3 08:00"), 4, json!({})).await;
    }

    async fn a_shift_at_an_impossible_time_is_refused_and_leaves_nothing(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        let cases = [
            (at("09:00"), at("08:59"), "ENDS_BEFORE_START"),
            (at("09:00"), at("09:00"), "ENDS_BEFORE_START"),
            (at("09:00"), at("+4 09:00"), "SHIFT_TOO_LONG"),
            (at("+-1 09:00"), at("+-1 12:00"), "IN_THE_PAST"),
            (at("06:00"), at("07:00"), "IN_THE_PAST"),
        ];
        for (from, to, code) in cases {
            assert_eq!(ling.draft_activity(vec![shift(from, to, 4)], json!({})).await.codes(), [code]);
            assert_eq!(add_shift(&ling, &posted.activity, shift(from, to, 4)).await.codes(), [code]);
            let moved = change_shift(&ling, posted.shift(), json!({ "startsAt": from, "endsAt": to })).await;
            assert_eq!(moved.codes(), [code]);
        }
        let four_days = ling.draft_activity(vec![shift(at("09:00"), at("+4 09:00"), 4)], json!({})).await;
        assert_eq!((four_days.refusal_number("hours"), four_days.refusal_number("atMostHours")), (96.0, 72.0));
        assert_eq!((town.rows("activity").await, town.rows("shift").await), (1, 1));
        let seen = see(&ling, &posted.activity).await;
        assert_eq!((moment(&seen["startsAt"]), moment(&seen["endsAt"])), (at("09:00"), at("12:00")));
    }

    async fn a_second_too_long_is_too_long(town: Town) {
        let ling = town.leader("Ling").await;
        let to = at("+3 08:00") + chrono::TimeDelta::seconds(1);
        assert_eq!(ling.draft_activity(vec![shift(at("08:00"), to, 4)], json!({})).await.codes(), ["SHIFT_TOO_LONG"]);
        assert_eq!(town.rows("activity").await, 0);
    }

    async fn an_activity_needs_a_shift_and_seats_within_reason(town: Town) {
        let ling = town.leader("Ling").await;
        assert_eq!(ling.draft_activity(vec![], json!({})).await.codes(), ["NO_SHIFTS"]);
        for capacity in [0, -1, 10_001, i32::MAX] {
            let refused = ling.draft_activity(vec![shift(at("09:00"), at("12:00"), capacity)], json!({})).await;
            assert_eq!(refused.codes(), ["CAPACITY_OUT_OF_RANGE"]);
            assert_eq!(refused.refusal_number("capacity"), f64::from(capacity));
        }
        assert_eq!(town.rows("activity").await, 0);
    }

    async fn posts_have_different_names_and_share_out_the_seats(town: Town) {
        let ling = town.leader("Ling").await;
        let draft = ling.draft_activity(vec![with_posts(4, &[("引导", 1), ("登记", 3)])], json!({})).await.fine();
        let posts = draft.data("/createActivity/activity/shifts/0/posts");
        assert_eq!((&posts[0]["name"], &posts[1]["name"]), (&json!("引导"), &json!("登记")));
        for posts in [with_posts(5, &[("引导", 1), ("登记", 3)]), with_posts(4, &[("引导", 2), (" 引导", 2)])] {
            assert_eq!(ling.draft_activity(vec![posts], json!({})).await.codes(), ["POSTS_DO_NOT_FIT"]);
        }
        assert_eq!(town.rows("post").await, 2);
    }

    async fn a_site_posts_half_a_year_of_shifts_with_their_posts_and_no_more(town: Town) {
        let ling = town.leader("Ling").await;
        let names: Vec<String> = (0..20).map(|number| format!("{number}")).collect();
        let posts: Vec<(&str, i32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        let draft = ling.draft_activity(vec![with_posts(20, &posts); 400], json!({})).await.fine();
        assert_eq!((town.rows("shift").await, town.rows("post").await), (400, 8_000));
        let activity = draft.text("/createActivity/activity/id");
        let refused = add_shift(&ling, &activity, shift(at("13:00"), at("15:00"), 2)).await;
        assert_eq!(refused.codes(), ["TOO_MANY_SHIFTS"]);
        assert_eq!((refused.refusal_number("shifts"), refused.refusal_number("atMost")), (401.0, 400.0));
        let too_many = vec![shift(at("09:00"), at("12:00"), 1); 401];
        assert_eq!(ling.draft_activity(too_many, json!({})).await.codes(), ["TOO_MANY_SHIFTS"]);
        assert_eq!(town.rows("shift").await, 400);
    }

    async fn a_moved_shift_moves_its_activity(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        change_shift(&ling, posted.shift(), json!({ "endsAt": at("15:00") })).await.fine();
        change_shift(&ling, posted.shift(), json!({ "startsAt": at("14:00") })).await.fine();
        let seen = see(&ling, &posted.activity).await;
        assert_eq!((moment(&seen["startsAt"]), moment(&seen["endsAt"])), (at("14:00"), at("15:00")));
    }

    async fn fewer_seats_than_people_are_refused_with_the_number(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        for wei in town.crowd(3).await {
            assert_eq!(takes(&wei, posted.shift()).await, "SEATED");
        }
        let refused = change_shift(&ling, posted.shift(), json!({ "capacity": 2, "endsAt": at("13:00") })).await;
        assert_eq!(refused.codes(), ["CAPACITY_BELOW_SIGNED_UP"]);
        assert_eq!((refused.refusal_number("signedUp"), refused.refusal_number("capacity")), (3.0, 2.0));
        assert_eq!(seats(&ling, posted.shift()).await, (4, 1));
        assert_eq!(moment(&see(&ling, &posted.activity).await["endsAt"]), at("12:00"));
        change_shift(&ling, posted.shift(), json!({ "capacity": 3 })).await.fine();
        assert_eq!(seats(&ling, posted.shift()).await, (3, 0));
    }

    async fn more_seats_go_to_the_wait_list_in_its_order_and_each_is_told(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 1, json!({})).await;
        let crowd = town.crowd(4).await;
        for wei in &crowd {
            wei.sign_up(posted.shift()).await.fine();
            town.clock.advance(chrono::TimeDelta::seconds(1));
        }
        change_shift(&ling, posted.shift(), json!({ "capacity": 3 })).await.fine();
        let mut states = Vec::new();
        let mut told = Vec::new();
        for wei in &crowd {
            states.push(stands(wei, posted.shift()).await.unwrap_or_default());
            told.push(wei.inbox().await.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>());
        }
        assert_eq!(states, ["SEATED", "SEATED", "SEATED", "WAITING"]);
        let seat_given = || vec!["SEAT_GIVEN".to_owned()];
        assert_eq!(told, [vec![], seat_given(), seat_given(), vec![]]);
        assert_eq!(seats(&ling, posted.shift()).await, (3, 0));
    }

    async fn seats_of_a_post_go_to_who_waits_for_that_post(town: Town) {
        let ling = town.leader("Ling").await;
        let draft = ling.draft_activity(vec![with_posts(2, &[("引导", 1), ("登记", 1)])], json!({})).await.fine();
        ling.publish(&draft.text("/createActivity/activity/id")).await.fine();
        let text = |pointer: &str| draft.text(&format!("/createActivity/activity/shifts/0/{pointer}"));
        let (shift, guide, desk) = (text("id"), text("posts/0/id"), text("posts/1/id"));
        let crowd = town.crowd(4).await;
        let mut states = Vec::new();
        for (wei, post) in crowd.iter().zip([&guide, &desk, &guide, &desk]) {
            let answer = sign_up_at_post(wei, &shift, post).await.fine();
            states.push(answer.text("/signUpForShift/signUp/state"));
            town.clock.advance(chrono::TimeDelta::seconds(1));
        }
        assert_eq!(states, ["SEATED", "SEATED", "WAITING", "WAITING"]);
        let capacity = |post: &str, capacity: i32| json!({ "posts": [{ "postId": post, "capacity": capacity }] });
        assert_eq!(change_shift(&ling, &shift, json!({ "capacity": 9 })).await.codes(), ["CHANGE_POSTS_INSTEAD"]);
        let changed = change_shift(&ling, &shift, capacity(&desk, 2)).await.fine();
        assert_eq!(changed.number("/changeShift/shift/capacity"), 3.0);
        assert_eq!(stands(&crowd[2], &shift).await.as_deref(), Some("WAITING"));
        assert_eq!(stands(&crowd[3], &shift).await.as_deref(), Some("SEATED"));
        let refused = change_shift(&ling, &shift, capacity(&desk, 1)).await;
        assert_eq!(refused.codes(), ["CAPACITY_BELOW_SIGNED_UP"]);
        assert_eq!(refused.refusal_number("signedUp"), 2.0);
        assert_eq!(seats(&ling, &shift).await, (3, 0));
    }

    async fn seats_of_posts_cannot_be_made_to_disagree_with_their_shift(town: Town) {
        let ling = town.leader("Ling").await;
        let draft = ling.draft_activity(vec![with_posts(2, &[("引导", 1), ("登记", 1)])], json!({})).await.fine();
        let text = |pointer: &str| draft.text(&format!("/createActivity/activity/shifts/0/{pointer}"));
        let (shift, guide, desk) = (text("id"), text("posts/0/id"), text("posts/1/id"));
        let most =
            json!({ "posts": [{ "postId": guide, "capacity": i32::MAX }, { "postId": desk, "capacity": i32::MAX }] });
        assert_eq!(change_shift(&ling, &shift, most).await.codes(), ["CAPACITY_OUT_OF_RANGE"]);
        let twice = json!({ "posts": [{ "postId": guide, "capacity": 5 }, { "postId": guide, "capacity": 1 }] });
        assert_eq!(change_shift(&ling, &shift, twice).await.fault(), "BAD_USER_INPUT");
        let unknown = boai_tests::id(boai_entity::ids::PostId(uuid::Uuid::from_u128(7)));
        let unknown = json!({ "posts": [{ "postId": unknown, "capacity": 5 }] });
        assert_eq!(change_shift(&ling, &shift, unknown).await.codes(), ["NOT_FOUND"]);
        assert_eq!(seats(&ling, &shift).await, (2, 2));
        assert_eq!(town.rows("post WHERE capacity = 1").await, 2);
    }

    async fn a_shift_that_was_served_is_not_moved(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("07:00"), at("12:00"), 4, json!({})).await;
        let wei = town.volunteer("Wei").await;
        wei.sign_up(posted.shift()).await.fine();
        wei.check_in(posted.shift(), 10.0).await.fine();
        let refused = change_shift(&ling, posted.shift(), json!({ "startsAt": at("09:00") })).await;
        assert_eq!(refused.codes(), ["ALREADY_SERVED"]);
        assert_eq!(refused.refusal_number("attendances"), 1.0);
        assert_eq!(moment(&see(&ling, &posted.activity).await["startsAt"]), at("07:00"));
        change_shift(&ling, posted.shift(), json!({ "capacity": 5 })).await.fine();
        assert_eq!(roster(&ling, posted.shift(), &["SEATED"]).await, ["Wei"]);
    }
}
