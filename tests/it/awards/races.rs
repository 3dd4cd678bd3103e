//! Two at one instant: what is frozen, awarded, decided and corrected at once comes out as if one had come after the other.

use boai_tests::{Town, keep_signed_in, stories};
use chrono::TimeDelta;
use futures_util::future::{join, join_all};

use crate::support::{
    When, agree, frozen, list, open, pass_all, posted, propose_rejection, serve_long_ago, stars, step, step_at, told,
    veteran,
};

stories! {
    async fn of_two_instances_that_freeze_and_award_at_once_one_does(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let crowd = town.crowd(40).await;
        let served: Vec<_> = crowd.iter().map(|person| (person, 6000)).collect();
        serve_long_ago(&town, &posted, &served, When::long_ago()).await;
        keep_signed_in(&town).await;
        let other = town.instance(|_| ()).await;
        let opened = open(&officer, Town::branch("330106"), (1, 4), "2026-05-07").await.fine();
        let round = opened.text("/openAwardRound/round/id");
        for (verb, table) in [("freezeAwardRound", "award_candidate"), ("publishAwardRound", "award_round WHERE state = 'NOTICE'"),
            ("awardStars", "star_award")] {
            let at_once = (0..8).map(|turn| step_at(&officer, if turn % 2 == 0 { &town.url } else { &other }, verb, &round));
            let answers = join_all(at_once).await;
            let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.codes().is_empty());
            assert_eq!((done.len(), refused.len()), (1, 7), "{verb}");
            assert!(refused.iter().all(|answer| answer.codes() == ["WRONG_STATE"]), "{verb}");
            assert_eq!(town.rows(table).await, if verb == "publishAwardRound" { 1 } else { 40 });
            if verb == "freezeAwardRound" {
                pass_all(&officer, &round).await;
            }
            if verb == "publishAwardRound" {
                town.clock.advance(TimeDelta::days(30));
            }
        }
        let told = told(&crowd[0]).await;
        assert_eq!(told, ["STAR_AWARDED", "STAR_UNDER_NOTICE"]);
    }

    async fn of_two_rounds_that_award_the_same_star_one_does(town: Town) {
        let (_, posted) = posted(&town).await;
        let (county, city) = (town.officer("周干部", "330106").await, town.officer("杭州干部", "3301").await);
        let (ling, _) = veteran(&town, &posted, "Ling", 310).await;
        keep_signed_in(&town).await;
        let rounds = [frozen(&county, "330106", (1, 4)).await, frozen(&city, "3301", (1, 4)).await];
        for (officer, round) in [&county, &city].into_iter().zip(&rounds) {
            pass_all(officer, round).await;
            step(officer, "publishAwardRound", round).await.fine();
        }
        town.clock.advance(TimeDelta::days(30));
        let other = town.instance(|_| ()).await;
        let (one, two) = join(
            step_at(&county, &town.url, "awardStars", &rounds[0]),
            step_at(&city, &other, "awardStars", &rounds[1]),
        )
        .await;
        one.fine();
        two.fine();
        assert_eq!((stars(&ling).await, town.rows("star_award").await), ((2, 2), 2));
        assert_eq!(town.rows("award_candidate WHERE state = 'LAPSED'").await, 2);
        assert_eq!(told(&ling).await.iter().filter(|kind| *kind == "STAR_AWARDED").count(), 1);
    }

    async fn a_correction_at_the_instant_of_the_award_is_not_missed(town: Town) {
        let (leader, posted) = posted(&town).await;
        let (officer, second) = (town.officer("周干部", "330106").await, town.officer("吴干部", "330106").await);
        let people = town.crowd(12).await;
        let served: Vec<_> = people.iter().map(|person| (person, 6000)).collect();
        let stays = serve_long_ago(&town, &posted, &served, When::long_ago()).await;
        keep_signed_in(&town).await;
        let round = frozen(&officer, "330106", (1, 4)).await;
        pass_all(&officer, &round).await;
        step(&officer, "publishAwardRound", &round).await.fine();
        let mut items = Vec::new();
        for stay in &stays {
            items.push(propose_rejection(&leader, stay).await);
        }
        town.clock.advance(TimeDelta::days(30));
        let other = town.instance(|_| ()).await;
        let corrections = join_all(items.iter().map(|item| agree(&second, &other, item)));
        let (awarded, corrected) = join(step(&officer, "awardStars", &round), corrections).await;
        awarded.fine();
        corrected.into_iter().for_each(|answer| { answer.fine(); });
        // Whoever has the star all the same has a case, and nobody else.
        let (awarded, cases) = (town.rows("star_award").await, town.rows("star_case").await);
        assert_eq!(awarded, cases);
        let listed = list(&officer, &round).await;
        let lapsed = listed.iter().filter(|one| one["state"] == "LAPSED").count();
        assert_eq!(lapsed as i64 + awarded, 12);
        town.audit().await;
    }
}
