//! What a desk enters is held against the rest: the phones whose codes it scanned, and not its own.

use boai::{attendance::flags::service, ctx::Ctx, platform::db};
use boai_tests::{Town, at, keep_signed_in, stories};
use serde_json::json;
use uuid::Uuid;

use crate::support::{clock, code, site};

/// How often something is flagged.
async fn flagged(town: &Town, flag: &str) -> i64 {
    let job = Ctx::system(town.app.clone(), "story");
    service::look_at_signals(&job).await.expect("phones are looked at");
    town.rows(&format!("review_item WHERE kind = 'FLAG' AND subject LIKE '{flag}:%'")).await
}

stories! {
    async fn one_phone_that_shows_the_codes_of_two_people_is_flagged_and_a_roster_that_is_ticked_is_not(town: Town) {
        let site = site(&town).await;
        let people = [town.volunteer("Ling").await, town.volunteer("Wei").await, town.volunteer("Bo").await];
        for person in &people {
            person.sign_up(site.shift()).await.fine();
        }
        keep_signed_in(&town).await;
        let one_phone = "UPDATE session SET installation_id = $1 WHERE person_id <> $2";
        let values = [Uuid::from_u128(42).into(), site.operator.person_id().await.into()];
        db::run(&town.app.db.conn, one_phone, values).await.expect("the phone is told");
        clock(&town, at("+1 06:20"));
        site.check_in(json!({ "phoneDigits": &people[0].phone[8..] })).await.fine();
        site.check_in(json!({ "phoneDigits": &people[1].phone[8..] })).await.fine();
        assert_eq!((flagged(&town, "SHARED_DEVICE").await, town.rows("attendance_signal").await), (0, 2));
        clock(&town, at("+1 07:00"));
        site.check_out(json!({ "code": code(&people[0]).await })).await.fine();
        site.check_in(json!({ "code": code(&people[2]).await })).await.fine();
        assert_eq!(flagged(&town, "SHARED_DEVICE").await, 2);
    }

    async fn ten_ticks_in_one_second_are_flagged(town: Town) {
        let site = crate::support::site_with(&town, 20, json!({})).await;
        let crowd = town.crowd(10).await;
        for person in &crowd {
            person.sign_up(site.shift()).await.fine();
        }
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        for (place, person) in crowd.iter().enumerate() {
            assert_eq!(flagged(&town, "SAME_SECOND").await, 0, "{place}");
            site.check_in(json!({ "phoneDigits": &person.phone[7..] })).await.fine();
        }
        assert_eq!(flagged(&town, "SAME_SECOND").await, 1);
    }
}
