//! Stories of posting an activity: what a leader may write, and what is refused with its numbers.

use boai_tests::{PLACE, at, id, shift, stories};
use serde_json::json;

use crate::verbs::{add_shift, away, cancel, change, change_shift, moment, near_titles, nobodys_activity, place, see};

stories! {
    async fn a_leader_drafts_publishes_changes_and_cancels_an_activity(town: Town) {
        let ling = town.leader("Ling").await;
        let draft = ling.draft_activity(vec![shift(at("09:00"), at("12:00"), 4)], json!({})).await.fine();
        assert_eq!(draft.text("/createActivity/activity/state"), "DRAFT");
        let activity = draft.text("/createActivity/activity/id");
        assert_eq!(ling.publish(&activity).await.fine().text("/publishActivity/activity/state"), "PUBLISHED");
        let posted = boai_tests::Posted { activity: activity.clone(), shifts: vec![] };
        let changed = change(&ling, &posted, json!({ "title": "苏堤应急救护", "radius": 500 })).await.fine();
        assert_eq!(changed.text("/changeActivity/activity/title"), "苏堤应急救护");
        assert_eq!(changed.number("/changeActivity/activity/radius"), 500.0);
        let cancelled = cancel(&ling, &activity, "台风").await.fine();
        assert_eq!(cancelled.text("/cancelActivity/activity/state"), "CANCELLED");
        assert_eq!(see(&ling, &activity).await["cancelReason"], "台风");
        assert_eq!(town.rows("audit_entry WHERE subject = 'Activity'").await, 4);
    }

    async fn what_is_published_or_cancelled_is_not_published_again(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        assert_eq!(ling.publish(&posted.activity).await.codes(), ["WRONG_STATE"]);
        cancel(&ling, &posted.activity, "台风").await.fine();
        assert_eq!(ling.publish(&posted.activity).await.codes(), ["WRONG_STATE"]);
        assert_eq!(cancel(&ling, &posted.activity, "又是台风").await.codes(), ["WRONG_STATE"]);
        assert_eq!(change(&ling, &posted, json!({ "title": "改期" })).await.codes(), ["WRONG_STATE"]);
        assert_eq!(
            add_shift(&ling, &posted.activity, shift(at("13:00"), at("15:00"), 2)).await.codes(),
            ["WRONG_STATE"]
        );
        let seen = see(&ling, &posted.activity).await;
        assert_eq!((&seen["state"], &seen["cancelReason"]), (&json!("CANCELLED"), &json!("台风")));
        assert_eq!(seen["shifts"].as_array().map(Vec::len), Some(1));
    }

    async fn an_added_shift_widens_the_time_of_its_activity(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        add_shift(&ling, &posted.activity, shift(at("+1 08:00"), at("+1 10:00"), 2)).await.fine();
        let seen = see(&ling, &posted.activity).await;
        assert_eq!(seen["shifts"].as_array().map(Vec::len), Some(2));
        assert_eq!(seen["placesLeft"], 6);
        assert_eq!((moment(&seen["startsAt"]), moment(&seen["endsAt"])), (at("09:00"), at("+1 10:00")));
    }

    async fn a_radius_outside_the_policy_is_refused_with_the_numbers(town: Town) {
        let ling = town.leader("Ling").await;
        for radius in [49, 2001, -1, 0, i32::MAX] {
            let refused =
                ling.draft_activity(vec![shift(at("09:00"), at("12:00"), 4)], json!({ "radius": radius })).await;
            assert_eq!(refused.codes(), ["RADIUS_OUT_OF_RANGE"]);
            let numbers = ["radiusMetres", "fromMetres", "toMetres"].map(|name| refused.refusal_number(name));
            assert_eq!(numbers, [f64::from(radius), 50.0, 2000.0]);
        }
        assert_eq!((town.rows("activity").await, town.rows("shift").await), (0, 0));
        for radius in [50, 2000] {
            ling.draft_activity(vec![shift(at("09:00"), at("12:00"), 4)], json!({ "radius": radius })).await.fine();
        }
    }

    async fn a_radius_that_is_left_out_is_the_policys(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({ "radius": null })).await;
        let document = "query($id: ID!) { node(id: $id) { ... on Activity { radius } } }";
        assert_eq!(ling.ask(document, json!({ "id": posted.activity })).await.number("/node/radius"), 300.0);
    }

    async fn an_unknown_division_or_an_impossible_minimum_age_is_refused(town: Town) {
        let ling = town.leader("Ling").await;
        let shifts = || vec![shift(at("09:00"), at("12:00"), 4)];
        for code in ["330199", "33010", "", "北京", "330106' OR '1'='1"] {
            let refused = ling.draft_activity(shifts(), json!({ "divisionCode": code })).await;
            assert_eq!(refused.codes(), ["DIVISION_UNKNOWN"], "{code}");
        }
        for age in [13, 81, -5] {
            let refused = ling.draft_activity(shifts(), json!({ "minimumAge": age })).await;
            assert_eq!(refused.codes(), ["MINIMUM_AGE_OUT_OF_RANGE"], "{age}");
        }
        assert_eq!(town.rows("activity").await, 0);
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        let refused = change(&ling, &posted, json!({ "divisionCode": "999999", "title": "别处" })).await;
        assert_eq!(refused.codes(), ["DIVISION_UNKNOWN"]);
        assert_eq!(
            change(&ling, &posted, json!({ "radius": 10, "title": "别处" })).await.codes(),
            ["RADIUS_OUT_OF_RANGE"]
        );
        assert_eq!(see(&ling, &posted.activity).await["title"], "断桥应急救护");
    }

    async fn a_changed_place_is_where_the_activity_is_found(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        let far = away(PLACE, 20_000.0, 90.0);
        change(&ling, &posted, json!({ "place": place(far) })).await.fine();
        assert!(near_titles(&ling, json!({})).await.is_empty());
        assert_eq!(near_titles(&ling, json!({ "point": place(far), "within": 1 })).await, ["断桥应急救护"]);
    }

    async fn work_does_not_become_dangerous_under_a_minor_who_signed_up(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        let xiao = town.person("Xiao").await;
        xiao.enrol_with_guardian("2010-01-01").await;
        xiao.sign_up(posted.shift()).await.fine();
        for stricter in [json!({ "dangerous": true }), json!({ "minimumAge": 18 }), json!({ "skillsRequired": ["DRIVING"] })] {
            let refused = change(&ling, &posted, stricter).await;
            assert_eq!(refused.codes(), ["SIGNED_UP_UNFIT"]);
        }
        assert_eq!(town.rows("activity WHERE minimum_age = 14").await, 1);
        xiao.leave(posted.shift()).await.fine();
        change(&ling, &posted, json!({ "dangerous": true })).await.fine();
    }

    async fn who_took_part_before_does_not_bind_what_is_asked_from_now_on(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        let wei = town.volunteer("Wei").await;
        wei.sign_up(posted.shift()).await.fine();
        assert_eq!(change(&ling, &posted, json!({ "skillsRequired": ["DRIVING"] })).await.codes(), ["SIGNED_UP_UNFIT"]);
        add_shift(&ling, &posted.activity, shift(at("+1 09:00"), at("+1 12:00"), 4)).await.fine();
        town.clock.set(at("12:00"));
        let ling = town.leader("Ling again").await;
        change(&ling, &posted, json!({ "skillsRequired": ["DRIVING"] })).await.fine();
    }

    async fn a_shift_is_not_moved_to_a_day_on_which_somebody_is_too_young_for_it(town: Town) {
        let ling = town.leader("Ling").await;
        let day = json!({ "dangerous": true });
        let posted = ling.post_activity(at("+2 09:00"), at("+2 12:00"), 4, day).await;
        let xiao = town.person("Xiao").await;
        // Eighteen the day before.
        xiao.enrol_with_guardian("2008-05-09").await;
        xiao.sign_up(posted.shift()).await.fine();
        let earlier = json!({ "startsAt": at("09:00"), "endsAt": at("12:00") });
        assert_eq!(change_shift(&ling, posted.shift(), earlier).await.codes(), ["SIGNED_UP_UNFIT"]);
        let a_day_earlier = json!({ "startsAt": at("+1 09:00"), "endsAt": at("+1 12:00") });
        change_shift(&ling, posted.shift(), a_day_earlier).await.fine();
    }

    async fn another_teams_leader_gets_exactly_what_an_unknown_id_gets(town: Town) {
        let (ling, hai) = (town.leader("Ling").await, town.other_leader("Hai").await);
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        let nobodys = boai_tests::Posted { activity: nobodys_activity(), shifts: vec![crate::verbs::nobodys_shift()] };
        let late = || shift(at("13:00"), at("15:00"), 2);
        assert_eq!(hai.publish(&posted.activity).await, hai.publish(&nobodys.activity).await);
        assert_eq!(cancel(&hai, &posted.activity, "x").await, cancel(&hai, &nobodys.activity, "x").await);
        let title = json!({ "title": "x" });
        assert_eq!(change(&hai, &posted, title.clone()).await, change(&hai, &nobodys, title).await);
        assert_eq!(add_shift(&hai, &posted.activity, late()).await, add_shift(&hai, &nobodys.activity, late()).await);
        let capacity = json!({ "capacity": 1 });
        let refused = crate::verbs::change_shift(&hai, posted.shift(), capacity.clone()).await;
        assert_eq!(refused, crate::verbs::change_shift(&hai, nobodys.shift(), capacity).await);
        assert_eq!(refused.codes(), ["NOT_FOUND"]);
        let stranger_team = json!({ "teamId": id(boai_entity::ids::TeamId(uuid::Uuid::from_u128(7))) });
        let refused = hai.draft_activity(vec![late()], json!({})).await;
        assert_eq!(refused, hai.draft_activity(vec![late()], stranger_team).await);
        assert_eq!(refused.codes(), ["NOT_FOUND"]);
        assert_eq!((town.rows("activity").await, town.rows("shift").await), (1, 1));
        assert_eq!(see(&ling, &posted.activity).await["state"], "PUBLISHED");
    }

    async fn who_leads_nothing_cannot_post(town: Town) {
        let (wei, stranger) = (town.volunteer("Wei").await, town.stranger());
        let shifts = || vec![shift(at("09:00"), at("12:00"), 4)];
        assert_eq!(wei.draft_activity(shifts(), json!({})).await.codes(), ["NOT_FOUND"]);
        assert_eq!(stranger.draft_activity(shifts(), json!({})).await.fault(), "UNAUTHENTICATED");
        assert_eq!(town.rows("activity").await, 0);
    }

    async fn an_officer_of_the_city_runs_the_activities_of_its_teams(town: Town) {
        let chen = town.officer("Chen", "3301").await;
        chen.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        let ningbo = town.officer("Ning", "3302").await;
        assert_eq!(
            ningbo.draft_activity(vec![shift(at("09:00"), at("12:00"), 4)], json!({})).await.codes(),
            ["NOT_FOUND"]
        );
    }
}
