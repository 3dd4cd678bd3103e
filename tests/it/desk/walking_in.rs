//! People who come without having signed up, and people who are put at another post.

use boai_tests::{Answer, Person, Town, at, keep_signed_in, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Site, clock, code, nothing_happened, roster, site, site_with};

/// A site whose shift has two posts, of which the first has so many places.
async fn with_posts(town: &Town, first: i32, second: i32) -> (Site<'_>, Vec<String>) {
    let leader_posts = json!({ "shifts": [{
        "startsAt": at("+1 06:30"), "endsAt": at("+1 10:30"), "capacity": first + second,
        "posts": [{ "name": "登记台", "capacity": first }, { "name": "留观区", "capacity": second }],
    }] });
    let site = site_with(town, first + second, leader_posts).await;
    let desk = "query($id: ID!) { desk(activityId: $id) { shifts { placesLeft posts { id name placesLeft } } } }";
    let posts = site.leader.ask(desk, json!({ "id": site.activity() })).await;
    // Tomorrow's are not today's.
    assert_eq!(posts.data("/desk/shifts"), json!([]));
    clock(town, at("+1 06:20"));
    keep_signed_in(town).await;
    let posts = site.operator.ask(desk, json!({ "id": site.activity() })).await.data("/desk/shifts/0/posts");
    let ids = posts.as_array().into_iter().flatten().filter_map(|post| post["id"].as_str());
    let ids = ids.map(str::to_owned).collect();
    (site, ids)
}

async fn sign_up_at(person: &Person<'_>, shift: &str, post: &str) -> Answer {
    let document = "mutation($shift: ID!, $post: ID!) { signUpForShift(input: { shiftId: $shift, postId: $post }) {
        signUp { state } errors { code } } }";
    person.ask(document, json!({ "shift": shift, "post": post })).await
}

stories! {
    async fn who_walks_in_takes_a_seat_if_there_is_one(town: Town) {
        let site = site_with(&town, 2, json!({})).await;
        let crowd = town.crowd(3).await;
        crowd[0].sign_up(site.shift()).await.fine();
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        let done = site.check_in(json!({ "code": code(&crowd[1]).await })).await.fine();
        assert_eq!(done.data("/deskCheckIn/entry/walkIn"), true);
        assert_eq!(done.data("/deskCheckIn/line/signUpState"), "SEATED");
        assert_eq!(roster(&site.operator, site.activity()).await.len(), 2);
        let full = site.check_in(json!({ "code": code(&crowd[2]).await })).await;
        assert_eq!((full.codes(), full.refusal_number("capacity")), (vec!["FULL".to_owned()], 2.0));
        assert_eq!(full.data("/deskCheckIn/name"), "王*明", "whoever shows a code stands there");
        assert_eq!((town.rows("sign_up").await, town.rows("attendance").await), (2, 1));
        assert_eq!(town.rows("shift WHERE taken = 2").await, 1);
        // Whoever waits is no walk-in.
        crowd[2].sign_up(site.shift()).await.fine();
        assert_eq!(site.check_in(json!({ "code": code(&crowd[2]).await })).await.codes(), ["ON_WAIT_LIST"]);
        site.check_in(json!({ "code": code(&crowd[0]).await })).await.fine();
    }

    async fn ten_who_walk_in_at_once_take_the_three_seats(town: Town) {
        let site = site_with(&town, 3, json!({})).await;
        let crowd = town.crowd(10).await;
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        let codes = join_all(crowd.iter().map(code)).await;
        let told = join_all(codes.iter().map(|code| site.check_in(json!({ "code": code })))).await;
        let full = told.iter().filter(|answer| answer.codes() == ["FULL"]).count();
        assert_eq!(full, 7, "{:?}", told.iter().map(Answer::codes).collect::<Vec<_>>());
        assert_eq!((town.rows("attendance").await, town.rows("sign_up").await), (3, 3));
        assert_eq!(town.rows("shift WHERE taken = 3").await, 1);
    }

    async fn the_rules_of_signing_up_hold_at_the_desk(town: Town) {
        let site = site_with(&town, 8, json!({ "dangerous": true, "minimumAge": 18, "skillsRequired": ["WATER_RESCUE"] })).await;
        let child = town.person("林小").await;
        child.enrol_with_guardian("2009-05-08").await;
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        let refused = site.check_in(json!({ "code": code(&child).await })).await;
        assert_eq!(refused.codes(), ["TOO_YOUNG", "DANGEROUS_FOR_MINORS", "SKILL_MISSING"]);
        assert!(!refused.body.to_string().contains("17"), "the desk hears no age: {}", refused.body);
        nothing_happened(&town).await;
        assert_eq!((town.rows("sign_up").await, town.rows("refused_scan").await), (0, 1));
    }

    async fn who_is_signed_up_elsewhere_at_the_time_does_not_walk_in(town: Town) {
        let site = site(&town).await;
        let ling = town.volunteer("Ling").await;
        let other = site.leader.post_activity(at("+1 07:00"), at("+1 08:00"), 8, json!({ "title": "秘密" })).await;
        ling.sign_up(other.shift()).await.fine();
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:35"));
        let refused = site.check_in(json!({ "code": code(&ling).await })).await;
        assert_eq!(refused.codes(), ["OVERLAPS"]);
        assert!(!refused.body.to_string().contains("秘密"));
        ling.check_in(other.shift(), 5.0).await.fine();
        let refused = site.check_in(json!({ "code": code(&ling).await })).await;
        assert_eq!(refused.codes(), ["CHECKED_IN_ELSEWHERE"]);
        assert!(!refused.body.to_string().contains("秘密"));
        assert_eq!(site.check_out(json!({ "code": code(&ling).await })).await.codes(), ["NOT_CHECKED_IN"]);
        assert_eq!(town.rows("attendance").await, 1);
    }

    async fn a_walk_in_is_given_a_post_and_a_full_one_is_refused(town: Town) {
        let (site, posts) = with_posts(&town, 1, 1).await;
        let crowd = town.crowd(2).await;
        keep_signed_in(&town).await;
        let asked = async |place: usize, post: Value| {
            site.check_in(json!({ "code": code(&crowd[place]).await, "postId": post })).await
        };
        let needed = asked(0, Value::Null).await;
        assert_eq!((needed.codes(), needed.refusal_number("posts")), (vec!["POST_NEEDED".to_owned()], 2.0));
        assert_eq!(asked(0, json!(posts[0])).await.fine().data("/deskCheckIn/line/postName"), "登记台");
        let full = asked(1, json!(posts[0])).await;
        assert_eq!((full.codes(), full.refusal_number("capacity")), (vec!["POST_FULL".to_owned()], 1.0));
        assert_eq!(asked(1, json!(posts[1])).await.fine().data("/deskCheckIn/line/postName"), "留观区");
    }

    async fn somebody_is_moved_to_another_post_and_who_waits_for_theirs_moves_up(town: Town) {
        let (site, posts) = with_posts(&town, 1, 2).await;
        let crowd = town.crowd(3).await;
        sign_up_at(&crowd[0], site.shift(), &posts[0]).await.fine();
        let waits = sign_up_at(&crowd[1], site.shift(), &posts[0]).await.fine();
        assert_eq!(waits.data("/signUpForShift/signUp/state"), "WAITING");
        keep_signed_in(&town).await;
        let moved = site.check_in(json!({ "phoneDigits": &crowd[0].phone[7..], "postId": posts[1] })).await.fine();
        assert_eq!(moved.data("/deskCheckIn/line/postName"), "留观区");
        assert_eq!(moved.data("/deskCheckIn/entry/walkIn"), false);
        assert_eq!(crowd[1].inbox().await[0].0, "SEAT_GIVEN");
        assert_eq!(town.rows("post WHERE taken = 1").await, 2);
        assert_eq!(town.rows("shift WHERE taken = 2").await, 1);
        site.check_in(json!({ "code": code(&crowd[1]).await })).await.fine();
    }

    async fn a_post_never_has_more_people_than_places_however_many_are_moved_to_it_at_once(town: Town) {
        let (site, posts) = with_posts(&town, 6, 2).await;
        let crowd = town.crowd(6).await;
        for person in &crowd {
            sign_up_at(person, site.shift(), &posts[0]).await.fine();
        }
        keep_signed_in(&town).await;
        let move_it = |person: &Person<'_>| json!({ "phoneDigits": &person.phone[7..], "postId": posts[1] });
        let told = join_all(crowd.iter().map(|person| site.check_in(move_it(person)))).await;
        let full = told.iter().filter(|answer| answer.codes() == ["POST_FULL"]).count();
        assert_eq!(full, 4, "{:?}", told.iter().map(Answer::codes).collect::<Vec<_>>());
        assert_eq!(town.rows("sign_up WHERE post_id = (SELECT id FROM post WHERE name = '留观区')").await, 2);
        assert_eq!(town.rows("post WHERE name = '留观区' AND taken = 2").await, 1);
        assert_eq!(town.rows("post WHERE name = '登记台' AND taken = 4").await, 1);
    }
}
