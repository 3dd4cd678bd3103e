//! Stories of many phones at one instant.

use boai_tests::{PLACE, Person, at, stories};
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::verbs::{cancel, scatter, seats, stands};

/// Signs all of them up at once; nobody is refused.
async fn all_sign_up(crowd: &[Person<'_>], shift: &str) {
    for answer in join_all(crowd.iter().map(|wei| wei.sign_up(shift))).await {
        answer.fine();
    }
}

/// The wait-list as the server shows it: the cursor's order.
async fn waiting(person: &Person<'_>, shift: &str) -> Vec<String> {
    let document = "query($id: ID!, $after: String) { node(id: $id) { ... on Shift {
        signUps(states: [WAITING], first: 100, after: $after) {
            edges { node { id } } pageInfo { hasNextPage endCursor } } } } }";
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = person.ask(document, json!({ "id": shift, "after": after })).await;
        found.extend(crate::verbs::texts(&page, "/node/signUps/edges", "/node/id"));
        if page.data("/node/signUps/pageInfo/hasNextPage") != json!(true) {
            return found;
        }
        after = Some(page.text("/node/signUps/pageInfo/endCursor"));
    }
}

stories! {
    async fn two_hundred_phones_at_once_for_forty_seats_end_with_exactly_forty(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 40, json!({})).await;
        let crowd = town.crowd(200).await;
        all_sign_up(&crowd, posted.shift()).await;
        assert_eq!(town.rows("sign_up WHERE state = 'SEATED'").await, 40);
        assert_eq!(town.rows("sign_up WHERE state = 'WAITING'").await, 160);
        assert_eq!(town.rows("shift WHERE taken = 40").await, 1);
        // Forty leave, and the first forty of the wait-list, as it was shown, have their seats.
        let shown = waiting(&ling, posted.shift()).await;
        assert_eq!(shown.len(), 160);
        let mut seated = Vec::new();
        for wei in &crowd {
            if stands(wei, posted.shift()).await.as_deref() == Some("SEATED") {
                seated.push(wei);
            }
        }
        for answer in join_all(seated.iter().map(|wei| wei.leave(posted.shift()))).await {
            answer.fine();
        }
        assert_eq!(waiting(&ling, posted.shift()).await, shown[40..]);
        assert_eq!(town.rows("sign_up WHERE state = 'SEATED'").await, 40);
    }

    async fn one_volunteer_on_ten_phones_has_one_sign_up_for_two_overlapping_shifts(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = [
            ling.post_activity(at("09:00"), at("12:00"), 40, json!({})).await,
            ling.post_activity(at("11:00"), at("14:00"), 40, json!({})).await,
        ];
        // Twenty such volunteers, so that the instant at which it could go wrong is met.
        let crowd = town.crowd(20).await;
        let phones = crowd.iter().flat_map(|wei| (0..10).map(move |phone| (wei, phone)));
        let answers = join_all(phones.map(|(wei, phone)| wei.sign_up(posted[phone % 2].shift()))).await;
        for answers in answers.chunks(10) {
            let (fine, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.codes().is_empty());
            assert_eq!((fine.len(), refused.len()), (5, 5));
            assert!(refused.iter().all(|answer| answer.codes() == ["OVERLAPS"]));
            assert!(fine.iter().all(|answer| **answer == *fine[0]));
        }
        assert_eq!(town.rows("sign_up").await, 20);
        let left = seats(&ling, posted[0].shift()).await.1 + seats(&ling, posted[1].shift()).await.1;
        assert_eq!(left, 60);
    }

    async fn a_seat_that_is_left_just_when_somebody_asks_for_it_is_not_lost(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = scatter(&ling, (0..40).map(|_| PLACE)).await;
        town.app.db.conn.execute_unprepared("UPDATE shift SET capacity = 1").await.expect("one seat each");
        let crowd = town.crowd(80).await;
        let (leaving, coming) = crowd.split_at(40);
        let pairs = || leaving.iter().zip(coming).zip(&posted);
        for answer in join_all(pairs().map(|((goes, _), posted)| goes.sign_up(posted.shift()))).await {
            answer.fine();
        }
        let both = pairs().map(|((goes, comes), posted)| async {
            tokio::join!(comes.sign_up(posted.shift()), goes.leave(posted.shift()))
        });
        for (came, left) in join_all(both).await {
            came.fine();
            left.fine();
        }
        assert_eq!(town.rows("sign_up WHERE state = 'SEATED'").await, 40);
        assert_eq!(town.rows("sign_up WHERE state = 'WAITING'").await, 0);
        assert_eq!(town.rows("shift WHERE taken = 1").await, 40);
    }

    async fn forty_leave_while_forty_sign_up_and_nobody_waits_beside_a_free_seat(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 30, json!({})).await;
        let crowd = town.crowd(80).await;
        let (leaving, coming) = crowd.split_at(40);
        all_sign_up(leaving, posted.shift()).await;
        let leave = join_all(leaving.iter().map(|wei| wei.leave(posted.shift())));
        let come = join_all(coming.iter().map(|wei| wei.sign_up(posted.shift())));
        let (left, came) = tokio::join!(leave, come);
        for answer in left.into_iter().chain(came) {
            answer.fine();
        }
        assert_eq!(town.rows("sign_up WHERE state = 'LEFT'").await, 40);
        assert_eq!(town.rows("sign_up WHERE state = 'SEATED'").await, 30);
        assert_eq!(town.rows("sign_up WHERE state = 'WAITING'").await, 10);
        assert_eq!(seats(&ling, posted.shift()).await, (30, 0));
    }

    async fn who_signs_up_while_it_is_cancelled_has_no_seat_in_it(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 10, json!({})).await;
        let crowd = town.crowd(40).await;
        let (early, late) = crowd.split_at(5);
        all_sign_up(early, posted.shift()).await;
        let sign_up = join_all(late.iter().map(|wei| wei.sign_up(posted.shift())));
        let (answers, cancelled) = tokio::join!(sign_up, cancel(&ling, &posted.activity, "台风"));
        cancelled.fine();
        assert!(answers.iter().all(|answer| answer.codes().is_empty() || answer.codes() == ["CANCELLED"]));
        assert_eq!(town.rows("sign_up WHERE state IN ('SEATED', 'WAITING')").await, 0);
        assert_eq!(town.rows("shift WHERE taken = 0").await, 1);
        let in_time = answers.iter().filter(|answer| answer.codes().is_empty()).count();
        let told = town.rows("inbox_item WHERE kind = 'ACTIVITY_CANCELLED'").await;
        assert_eq!(usize::try_from(told), Ok(5 + in_time));
    }

    async fn a_capacity_lowered_while_people_sign_up_is_never_exceeded(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 40, json!({})).await;
        let crowd = town.crowd(40).await;
        let sign_up = join_all(crowd.iter().map(|wei| wei.sign_up(posted.shift())));
        let lower = crate::verbs::change_shift(&ling, posted.shift(), json!({ "capacity": 20 }));
        let (answers, lowered) = tokio::join!(sign_up, lower);
        answers.into_iter().for_each(|answer| drop(answer.fine()));
        let seated = town.rows("sign_up WHERE state = 'SEATED'").await;
        match lowered.codes().is_empty() {
            true => assert_eq!((seated, seats(&ling, posted.shift()).await), (20, (20, 0))),
            false => assert_eq!((seated, seats(&ling, posted.shift()).await), (40, (40, 0))),
        }
    }

    async fn nobody_is_checked_in_to_an_activity_that_was_cancelled_at_the_same_instant(town: Town) {
        let ling = town.leader("Ling").await;
        for _ in 0..4 {
            let posted = ling.post_activity(at("07:10"), at("12:00"), 12, json!({})).await;
            let crowd = town.crowd(12).await;
            all_sign_up(&crowd, posted.shift()).await;
            let before = town.rows("attendance").await;
            let checking_in = join_all(crowd.iter().map(|wei| wei.check_in(posted.shift(), 10.0)));
            let (_, cancelled) = tokio::join!(checking_in, cancel(&ling, &posted.activity, "台风"));
            let checked_in = town.rows("attendance").await - before;
            match cancelled.codes().first().map(String::as_str) {
                None => assert_eq!(checked_in, 0, "cancelled, and yet somebody is checked in"),
                Some(code) => assert!(code == "ALREADY_SERVED" && checked_in > 0, "{code}, {checked_in} checked in"),
            }
        }
    }
}
