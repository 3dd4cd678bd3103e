//! Stories of changes and cancellations: who hears of them, and what they do to seats.

use boai_tests::{at, stories};
use serde_json::json;

use crate::verbs::{cancel, change, change_shift, roster, seats, see, stands, takes};

stories! {
    async fn a_change_reaches_who_is_signed_up_and_nobody_else(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 1, json!({})).await;
        let other = ling.post_activity(at("13:00"), at("15:00"), 1, json!({})).await;
        let crowd = town.crowd(5).await;
        let [seated, waiting, gone, elsewhere, nowhere] = &crowd[..] else { panic!("five people") };
        for wei in [seated, waiting, gone] {
            wei.sign_up(posted.shift()).await.fine();
        }
        gone.leave(posted.shift()).await.fine();
        elsewhere.sign_up(other.shift()).await.fine();
        change(&ling, &posted, json!({ "title": "苏堤应急救护", "note": "改在苏堤集合" })).await.fine();
        let told = [("ACTIVITY_CHANGED".to_owned(), "改在苏堤集合".to_owned())];
        assert_eq!(seated.inbox().await, told);
        assert_eq!(waiting.inbox().await, told);
        for untold in [gone, elsewhere, nowhere, &ling] {
            assert_eq!(untold.inbox().await, []);
        }
    }

    async fn a_moved_shift_reaches_its_own_people_not_those_of_the_next(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        let evening = boai_tests::shift(at("18:00"), at("20:00"), 2);
        let evening = crate::verbs::add_shift(&ling, &posted.activity, evening).await.fine().text("/addShift/shift/id");
        let crowd = town.crowd(2).await;
        crowd[0].sign_up(posted.shift()).await.fine();
        crowd[1].sign_up(&evening).await.fine();
        change_shift(&ling, &evening, json!({ "endsAt": at("21:00"), "note": "延长" })).await.fine();
        assert_eq!(crowd[0].inbox().await, []);
        assert_eq!(crowd[1].inbox().await, [("ACTIVITY_CHANGED".to_owned(), "延长".to_owned())]);
    }

    async fn cancelling_ends_sign_ups_frees_seats_and_tells_the_reason(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 1, json!({})).await;
        let crowd = town.crowd(4).await;
        let [seated, waiting, gone, nowhere] = &crowd[..] else { panic!("four people") };
        for wei in [seated, waiting, gone] {
            wei.sign_up(posted.shift()).await.fine();
        }
        gone.leave(posted.shift()).await.fine();
        cancel(&ling, &posted.activity, "台风红色预警").await.fine();
        for wei in [seated, waiting] {
            assert_eq!(wei.inbox().await, [("ACTIVITY_CANCELLED".to_owned(), "台风红色预警".to_owned())]);
            assert_eq!(stands(wei, posted.shift()).await.as_deref(), Some("CANCELLED"));
        }
        assert_eq!(stands(gone, posted.shift()).await.as_deref(), Some("LEFT"));
        for untold in [gone, nowhere] {
            assert_eq!(untold.inbox().await, []);
        }
        assert_eq!(seats(&ling, posted.shift()).await, (1, 1));
        assert!(roster(&ling, posted.shift(), &["SEATED", "WAITING"]).await.is_empty());
    }

    async fn a_cancelled_shift_leaves_the_time_free_for_another(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 1, json!({})).await;
        let other = ling.post_activity(at("10:00"), at("13:00"), 1, json!({})).await;
        let wei = town.volunteer("Wei").await;
        wei.sign_up(posted.shift()).await.fine();
        cancel(&ling, &posted.activity, "台风").await.fine();
        assert_eq!(takes(&wei, other.shift()).await, "SEATED");
    }

    async fn what_was_served_cannot_be_called_off(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("07:00"), at("12:00"), 4, json!({})).await;
        let (wei, late) = (town.volunteer("Wei").await, town.volunteer("Late").await);
        for person in [&wei, &late] {
            person.sign_up(posted.shift()).await.fine();
        }
        wei.check_in(posted.shift(), 10.0).await.fine();
        let refused = cancel(&ling, &posted.activity, "台风").await;
        assert_eq!(refused.codes(), ["ALREADY_SERVED"]);
        assert_eq!(refused.refusal_number("attendances"), 1.0);
        assert_eq!(see(&ling, &posted.activity).await["state"], "PUBLISHED");
        assert_eq!(seats(&ling, posted.shift()).await, (4, 2));
        assert_eq!(stands(&late, posted.shift()).await.as_deref(), Some("SEATED"));
        assert_eq!(late.inbox().await, []);
    }
}
