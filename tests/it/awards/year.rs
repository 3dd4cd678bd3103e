//! The year 2020 of the province: 331 volunteers of the whole system with five stars, and 178 of its own with one to four.

use boai_entity::ids::VolunteerId;
use boai_tests::{Person, Town, insert_all, keep_signed_in, stories};
use chrono::TimeDelta;

use crate::support::{When, award_all, key, live_in, posted, serve_long_ago, stars, team_of};

/// As if a county had awarded these four stars in earlier years.
async fn hold_four(town: &Town, officer: &Person<'_>, people: &[Person<'_>]) {
    use boai_entity::{
        award_kinds::AwardRoundState,
        award_round,
        ids::{AwardRoundId, StarAwardId},
        star_award,
    };
    let now = town.clock.now() - TimeDelta::days(300);
    let by = officer.person_id().await;
    let known: Option<Scheme> = boai::platform::db::one(
        &town.app.db.conn,
        "SELECT s.id, p.id AS policy_id FROM star_scheme s, policy p LIMIT 1",
        [],
    )
    .await
    .expect("asked");
    let Scheme { id: scheme, policy_id } = known.expect("a scheme");
    let round = award_round::Model {
        id: AwardRoundId(town.app.random.uuid(now)),
        branch_id: Town::branch("330106"),
        from_star: 1,
        to_star: 4,
        cut_off: "2025-05-01".parse().expect("a day"),
        state: AwardRoundState::Awarded,
        opened_by: by,
        opened_at: now,
        scheme_id: Some(scheme),
        policy_id: Some(policy_id),
        frozen_at: Some(now),
        notice_until: Some(now),
        closed_at: Some(now),
        cancel_reason: None,
    };
    let mut stars = Vec::new();
    for person in people {
        let volunteer_id = VolunteerId(key(&person.volunteer_id().await));
        for (star, threshold) in (1..=4).zip([6000, 18_000, 36_000, 60_000]) {
            stars.push(star_award::Model {
                id: StarAwardId(town.app.random.uuid(now)),
                round_id: round.id,
                volunteer_id,
                star,
                minutes: 80_000,
                threshold,
                awarded_at: now,
                awarded_by: by,
                revoked_at: None,
                revoked_by: None,
                revoke_reason: None,
            });
        }
    }
    insert_all::<award_round::Entity, _>(&town.app.db.conn, vec![round]).await;
    insert_all::<star_award::Entity, _>(&town.app.db.conn, stars).await;
}

#[derive(sea_orm::FromQueryResult)]
struct Scheme {
    id: boai_entity::ids::StarSchemeId,
    policy_id: boai_entity::ids::PolicyId,
}

stories! {
    async fn the_province_awards_331_of_the_system_five_stars_and_178_of_its_own_one_to_four(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("省干部", "33").await;
        let system = town.crowd(331).await;
        let own = town.crowd(178).await;
        // 25 who come close, in both.
        let close = town.crowd(25).await;
        keep_signed_in(&town).await;
        let five: Vec<_> = system.iter().map(|person| (person, 1500 * 60)).collect();
        // So many with the hours for one, two, three and four stars.
        let stars_of = |place: usize| match place { 0..90 => 100, 90..140 => 300, 140..165 => 600, _ => 1499 };
        let four: Vec<_> = own.iter().enumerate().map(|(place, person)| (person, stars_of(place) * 60)).collect();
        let none: Vec<_> = close.iter().enumerate().map(|(place, person)| (person, if place < 10 { 90_000 - 1 } else { 5999 })).collect();
        for some in [&five, &four, &none] {
            serve_long_ago(&town, &posted, some, When::long_ago()).await;
        }
        // Those of the system live all over the province; the province's own are in its team, wherever they live.
        live_in(&town, &system.iter().take(150).collect::<Vec<_>>(), "330203").await;
        live_in(&town, &own.iter().take(60).collect::<Vec<_>>(), "3302").await;
        let members: Vec<_> = own.iter().chain(&close[10..]).collect();
        team_of(&town, "33", &members).await;
        hold_four(&town, &officer, &system).await;
        hold_four(&town, &officer, &close[..10]).await;

        award_all(&officer, "33", (5, 5)).await;
        award_all(&officer, "33", (1, 4)).await;
        let of_year = "star_award WHERE awarded_at >= '2026-01-01'";
        assert_eq!(town.rows(&format!("{of_year} AND star = 5")).await, 331);
        let volunteers = format!("(SELECT DISTINCT volunteer_id FROM {of_year} AND star < 5) AS own");
        assert_eq!(town.rows(&volunteers).await, 178);
        for (star, people) in [(1, 178), (2, 88), (3, 38), (4, 13)] {
            assert_eq!(town.rows(&format!("{of_year} AND star = {star}")).await, people, "{star}");
        }
        assert_eq!((stars(&system[0]).await, stars(&own[177]).await), ((5, 5), (4, 4)));
        assert_eq!((stars(&close[0]).await, stars(&close[24]).await), ((4, 4), (0, 0)));
        town.audit().await;
    }
}
