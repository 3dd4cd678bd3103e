//! A round from its opening to the award.

use boai_tests::{Town, at, id, keep_signed_in, stories};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{
    When, award_all, cancel, candidate, frozen, list, live_in, names, open, pass_all, posted, review, serve_long_ago,
    stars, step, team_of, to_the_end, told, veteran,
};

/// Nothing of the round has moved.
async fn nothing_awarded(town: &Town) {
    for table in ["star_award", "inbox_item WHERE kind LIKE 'STAR%'", "award_candidate WHERE state <> 'LISTED'"] {
        assert_eq!(town.rows(table).await, 0, "{table}");
    }
}

stories! {
    async fn a_county_awards_its_volunteers_the_stars_that_their_hours_reach(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let (ling, _) = veteran(&town, &posted, "Ling", 310).await;
        let (wei, _) = veteran(&town, &posted, "Wei", 100).await;
        let short = town.resident("Short").await;
        serve_long_ago(&town, &posted, &[(&short, 5999)], When::long_ago()).await;
        keep_signed_in(&town).await;
        assert_eq!(stars(&ling).await, (2, 0));

        let opened = open(&officer, Town::branch("330106"), (1, 4), "2026-05-07").await.fine();
        assert_eq!(opened.text("/openAwardRound/round/state"), "OPENED");
        let round = opened.text("/openAwardRound/round/id");
        assert_eq!(step(&officer, "publishAwardRound", &round).await.codes(), ["WRONG_STATE"]);
        step(&officer, "freezeAwardRound", &round).await.fine();
        let listed = list(&officer, &round).await;
        let expected = [("Ling", 2), ("Ling", 1), ("Wei", 1)].map(|(name, star)| (name.to_owned(), star));
        assert_eq!(names(&listed, "LISTED"), expected);
        assert_eq!((&listed[0]["minutes"], &listed[0]["threshold"]), (&json!(18600), &json!(18000)));

        let early = step(&officer, "publishAwardRound", &round).await;
        assert_eq!(early.codes(), ["STILL_TO_REVIEW"]);
        nothing_awarded(&town).await;
        let said = review(&officer, &round, json!([
            { "candidateId": candidate(&listed, "Ling", 1) },
            { "candidateId": candidate(&listed, "Ling", 2) },
            { "candidateId": candidate(&listed, "Wei", 1), "verdict": "REFUSE", "reason": "时长存疑" },
        ])).await.fine();
        assert_eq!(said.text("/reviewStarCandidates/results/2/candidate/state"), "REFUSED");
        assert_eq!(wei.inbox().await[0], ("STAR_REFUSED".into(), "时长存疑".into()));
        assert_eq!(told(&ling).await, Vec::<String>::new());

        // Five working days after Friday: Saturday 05-09 is worked, Sunday is not.
        let published = step(&officer, "publishAwardRound", &round).await.fine();
        assert_eq!(published.text("/publishAwardRound/round/noticeUntil"), "2026-05-14T16:00:00+00:00");
        assert_eq!(told(&ling).await, ["STAR_UNDER_NOTICE"]);
        town.clock.set(at("+6 23:59"));
        assert_eq!(step(&officer, "awardStars", &round).await.codes(), ["NOTICE_RUNS"]);
        assert_eq!(town.rows("star_award").await, 0);
        town.clock.set(at("+7 00:00"));
        step(&officer, "awardStars", &round).await.fine();
        assert_eq!((stars(&ling).await, stars(&wei).await), ((2, 2), (1, 0)));
        assert_eq!(ling.inbox().await[0], ("STAR_AWARDED".into(), "★★ · 西湖区红十字会".into()));
        assert_eq!(told(&short).await, Vec::<String>::new());
        let mine = ling.ask("{ me { starAwards { star minutes revokedAt branch { name } } } }", json!({})).await;
        let award = |star| json!({ "star": star, "minutes": 18600, "revokedAt": null, "branch": { "name": "西湖区红十字会" } });
        assert_eq!(mine.data("/me/starAwards"), json!([award(2), award(1)]));

        assert_eq!(step(&officer, "awardStars", &round).await.codes(), ["WRONG_STATE"]);
        assert_eq!(cancel(&officer, &round, "x").await.codes(), ["WRONG_STATE"]);
        assert_eq!(town.rows("star_award").await, 2);
        town.audit().await;
    }

    async fn what_is_not_final_at_the_cut_off_does_not_count(town: Town) {
        let (leader, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let over = at("00:00");
        let long_ago = When::long_ago();
        let late = When { entered: over, final_at: over, ..long_ago };
        let noticed = When { final_at: over + TimeDelta::milliseconds(1), ..long_ago };
        let just = When { entered: over - TimeDelta::milliseconds(1), final_at: over, ..long_ago };
        for (name, when) in [("Late", late), ("Noticed", noticed), ("Just", just)] {
            let person = town.resident(name).await;
            serve_long_ago(&town, &posted, &[(&person, 6000)], when).await;
        }
        let (_, disputed) = veteran(&town, &posted, "Disputed", 150).await;
        crate::support::propose_rejection(&leader, &disputed).await;
        // One lives elsewhere, but is in a team of the county's own; one in a team of the township below; one nowhere near.
        let (member, _) = veteran(&town, &posted, "Member", 120).await;
        let (below, _) = veteran(&town, &posted, "Below", 120).await;
        let (far, _) = veteran(&town, &posted, "Far", 120).await;
        live_in(&town, &[&member, &below, &far], "330203").await;
        team_of(&town, "330106", &[&member]).await;
        team_of(&town, "330106109", &[&below]).await;
        keep_signed_in(&town).await;
        let round = frozen(&officer, "330106", (1, 4)).await;
        let listed = list(&officer, &round).await;
        assert_eq!(names(&listed, "LISTED"), [("Member".into(), 1), ("Just".into(), 1)]);
    }

    async fn a_list_is_frozen_after_its_cut_off_and_once(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        veteran(&town, &posted, "Ling", 100).await;
        keep_signed_in(&town).await;
        let opened = open(&officer, Town::branch("330106"), (1, 1), "2026-05-08").await.fine();
        let round = opened.text("/openAwardRound/round/id");
        let early = step(&officer, "freezeAwardRound", &round).await;
        assert_eq!(early.codes(), ["CUT_OFF_NOT_OVER"]);
        assert_eq!(town.rows("award_candidate").await, 0);
        town.clock.set(at("+1 00:00"));
        step(&officer, "freezeAwardRound", &round).await.fine();
        assert_eq!(step(&officer, "freezeAwardRound", &round).await.codes(), ["WRONG_STATE"]);
        assert_eq!(town.rows("award_candidate").await, 1);
        let far = open(&officer, Town::branch("330106"), (1, 1), "2027-05-11").await;
        assert_eq!(far.codes(), ["CUT_OFF_TOO_FAR"]);
    }

    async fn stars_are_awarded_in_order(town: Town) {
        let (_, posted) = posted(&town).await;
        let county = town.officer("周干部", "330106").await;
        let province = town.officer("省干部", "33").await;
        let (ling, _) = veteran(&town, &posted, "Ling", 1600).await;
        let (wei, _) = veteran(&town, &posted, "Wei", 700).await;
        keep_signed_in(&town).await;
        // Nobody holds four stars, or the first.
        for (officer, code, some) in [(&province, "33", (5, 5)), (&county, "330106", (2, 4))] {
            let round = frozen(officer, code, some).await;
            assert_eq!(list(officer, &round).await, Vec::<Value>::new());
            assert_eq!(step(officer, "publishAwardRound", &round).await.codes(), ["NOBODY_PASSED"]);
            cancel(officer, &round, "无人符合").await.fine();
        }
        let round = frozen(&county, "330106", (1, 4)).await;
        let listed = list(&county, &round).await;
        assert_eq!(listed.len(), 4 + 3);
        // Refused for the second, Wei gets the first alone: the third lapses.
        pass_all(&county, &round).await;
        let no = json!([{ "candidateId": candidate(&listed, "Wei", 2), "verdict": "REFUSE", "reason": "待核实" }]);
        review(&county, &round, no).await.fine();
        to_the_end(&county, &round).await;
        assert_eq!((stars(&ling).await, stars(&wei).await), ((5, 4), (3, 1)));
        let listed = list(&county, &round).await;
        assert_eq!(names(&listed, "LAPSED"), [("Wei".into(), 3)]);
        award_all(&province, "33", (5, 5)).await;
        assert_eq!(stars(&ling).await, (5, 5));
        // The next round begins where the last one ended.
        let next = frozen(&county, "330106", (1, 4)).await;
        assert_eq!(names(&list(&county, &next).await, "LISTED"), [("Wei".into(), 3), ("Wei".into(), 2)]);
    }

    async fn a_branch_awards_what_is_in_its_competence(town: Town) {
        let officer = town.officer("省干部", "33").await;
        for (code, some) in [("33", (4, 5)), ("33", (1, 5)), ("3301", (5, 5)), ("330106", (1, 5)), ("330106109", (1, 1)),
            ("330106", (0, 1)), ("330106", (3, 2)), ("33", (6, 6))] {
            let answer = open(&officer, Town::branch(code), some, "2026-05-07").await;
            assert_eq!(answer.codes(), ["NOT_COMPETENT"], "{code} {some:?}");
        }
        assert_eq!(town.rows("award_round").await, 0);
    }

    async fn what_is_not_yours_is_as_what_is_not_there(town: Town) {
        let (leader, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let other = town.officer("海曙干部", "330203").await;
        let township = town.officer("街道干部", "330106109").await;
        veteran(&town, &posted, "Ling", 100).await;
        keep_signed_in(&town).await;
        let round = frozen(&officer, "330106", (1, 4)).await;
        let listed = list(&officer, &round).await;
        let one = candidate(&listed, "Ling", 1);
        let nothing = id(boai_entity::ids::AwardRoundId(uuid::Uuid::from_u128(7)));
        for who in [&leader, &other, &township] {
            for verb in ["freezeAwardRound", "publishAwardRound", "awardStars"] {
                let (yours, none) = (step(who, verb, &round).await, step(who, verb, &nothing).await);
                assert_eq!((yours.codes(), yours.body), (vec!["NOT_FOUND".to_owned()], none.body), "{verb}");
            }
            assert_eq!(review(who, &round, json!([{ "candidateId": one }])).await.codes(), ["NOT_FOUND"]);
            assert_eq!(cancel(who, &round, "x").await.codes(), ["NOT_FOUND"]);
            assert_eq!(open(who, Town::branch("330106"), (1, 4), "2026-05-07").await.codes(), ["NOT_FOUND"]);
            assert_eq!(list(who, &round).await, Vec::<Value>::new());
        }
        nothing_awarded(&town).await;
        assert_eq!(town.rows("award_round").await, 1);
    }

    async fn nobody_reviews_themselves(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let colleague = town.officer("吴干部", "330106").await;
        serve_long_ago(&town, &posted, &[(&officer, 6000)], When::long_ago()).await;
        veteran(&town, &posted, "Ling", 110).await;
        keep_signed_in(&town).await;
        let round = frozen(&officer, "330106", (1, 4)).await;
        let listed = list(&officer, &round).await;
        let own = candidate(&listed, "周干部", 1);
        let items = json!([
            { "candidateId": own }, { "candidateId": candidate(&listed, "Ling", 1) },
            { "candidateId": id(boai_entity::ids::StarCandidateId(uuid::Uuid::from_u128(7))) },
        ]);
        let said = review(&officer, &round, items).await;
        let code = |number: usize| said.body.pointer(&format!("/data/reviewStarCandidates/results/{number}/errors/0/code")).cloned();
        assert_eq!([code(0), code(1), code(2)], [Some(json!("OWN_STAR")), None, Some(json!("NOT_FOUND"))]);
        assert_eq!(names(&list(&officer, &round).await, "LISTED"), [("周干部".into(), 1)]);
        let bare = json!([{ "candidateId": own, "verdict": "REFUSE" }]);
        assert_eq!(review(&colleague, &round, bare).await.codes(), ["REASON_NEEDED"]);
        review(&colleague, &round, json!([{ "candidateId": own }])).await.fine();
        assert_eq!(names(&list(&officer, &round).await, "LISTED"), Vec::<(String, i64)>::new());
    }

    async fn a_cancelled_round_awards_nothing_and_whoever_was_told_hears(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let (ling, _) = veteran(&town, &posted, "Ling", 100).await;
        keep_signed_in(&town).await;
        let round = frozen(&officer, "330106", (1, 4)).await;
        pass_all(&officer, &round).await;
        step(&officer, "publishAwardRound", &round).await.fine();
        town.clock.advance(TimeDelta::minutes(1));
        let done = cancel(&officer, &round, "截止日有误").await.fine();
        assert_eq!(done.text("/cancelAwardRound/round/state"), "CANCELLED");
        assert_eq!(ling.inbox().await[0], ("STAR_ROUND_CANCELLED".into(), "截止日有误".into()));
        town.clock.advance(TimeDelta::days(30));
        assert_eq!(step(&officer, "awardStars", &round).await.codes(), ["WRONG_STATE"]);
        assert_eq!(stars(&ling).await, (1, 0));
        award_all(&officer, "330106", (1, 4)).await;
        assert_eq!(stars(&ling).await, (1, 1));
    }

    async fn whoever_is_erased_meanwhile_is_awarded_nothing(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let (ling, _) = veteran(&town, &posted, "Ling", 100).await;
        keep_signed_in(&town).await;
        let round = frozen(&officer, "330106", (1, 4)).await;
        pass_all(&officer, &round).await;
        let gone = "UPDATE person SET erased_at = $1 WHERE phone = $2";
        let values = [town.clock.now().into(), ling.phone.as_str().into()];
        boai::platform::db::run(&town.app.db.conn, gone, values).await.expect("they are erased");
        to_the_end(&officer, &round).await;
        assert_eq!(town.rows("star_award").await, 0);
        assert_eq!(town.rows("award_candidate WHERE state = 'LAPSED'").await, 1);
    }

    async fn conditions_beyond_the_hours_are_the_policys(town: Town) {
        let (leader, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let (fresh, _) = veteran(&town, &posted, "Fresh", 100).await;
        let (old, _) = veteran(&town, &posted, "Old", 100).await;
        let (enrolled, disputed) = veteran(&town, &posted, "Enrolled", 100).await;
        keep_signed_in(&town).await;
        for (person, days) in [(&fresh, 89), (&old, 90)] {
            let text = "UPDATE volunteer SET state = 'REGISTERED', registered_at = $1
                        WHERE person_id = (SELECT id FROM person WHERE phone = $2)";
            let values = [(at("00:00") - TimeDelta::days(days)).into(), person.phone.as_str().into()];
            boai::platform::db::run(&town.app.db.conn, text, values).await.expect("registered");
        }
        crate::support::propose_rejection(&leader, &disputed).await;
        assert_eq!(list(&officer, &frozen(&officer, "330106", (1, 1)).await).await.len(), 2, "{} objects", enrolled.name);
        policy(&town, 2, json!({ "registered_days": 90 })).await;
        let round = frozen(&officer, "330106", (1, 1)).await;
        assert_eq!(names(&list(&officer, &round).await, "LISTED"), [("Old".into(), 1)]);
        policy(&town, 3, json!({ "system_proved_percent": 100 })).await;
        let half = "UPDATE ledger_entry SET book = 'BACK_FILLED'";
        assert!(boai::platform::db::run(&town.app.db.conn, half, []).await.is_err(), "the ledger is append-only");
        assert_eq!(list(&officer, &frozen(&officer, "330106", (1, 1)).await).await.len(), 2);
    }

    async fn the_same_statements_do_for_one_and_for_a_hundred(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let crowd = town.crowd(100).await;
        let (one, others) = crowd.split_first().expect("people");
        serve_long_ago(&town, &posted, &[(one, 6000)], When::long_ago()).await;
        keep_signed_in(&town).await;
        let mut taken = Vec::new();
        for size in [1, 99] {
            if size > 1 {
                let others: Vec<_> = others.iter().map(|person| (person, 6000)).collect();
                serve_long_ago(&town, &posted, &others, When::long_ago()).await;
            }
            let opened = open(&officer, Town::branch("330106"), (1, 4), "2026-05-07").await.fine();
            let round = opened.text("/openAwardRound/round/id");
            let (_, freezing) = town.statements(step(&officer, "freezeAwardRound", &round)).await;
            let (listed, listing) = town.statements(list(&officer, &round)).await;
            assert_eq!(listed.len(), size);
            let items = listed.iter().enumerate().map(|(place, one)| match place % 2 {
                0 => json!({ "candidateId": one["id"] }),
                _ => json!({ "candidateId": one["id"], "verdict": "REFUSE", "reason": format!("理由 {place}") }),
            });
            let (said, reviewing) = town.statements(review(&officer, &round, items.collect())).await;
            said.fine();
            let (published, publishing) = town.statements(step(&officer, "publishAwardRound", &round)).await;
            published.fine();
            town.clock.advance(TimeDelta::days(30));
            let (awarded, awarding) = town.statements(step(&officer, "awardStars", &round)).await;
            awarded.fine();
            taken.push((freezing, listing, reviewing, publishing, awarding));
            assert_eq!(town.rows("award_candidate WHERE state = 'AWARDED'").await, if size == 1 { 1 } else { 51 });
        }
        // Of one, none is refused: those take a statement for the refusals, two for the inboxes and one for their topics.
        let ((freezing, listing, reviewing, publishing, awarding), hundred) = (taken[0], taken[1]);
        assert_eq!((freezing, listing, reviewing + 4, publishing, awarding), hundred);
    }
}

/// A newer policy everywhere, with these conditions.
async fn policy(town: &Town, version: i32, awards: Value) {
    use boai_entity::{ids::PolicyId, policy};
    use sea_orm::{EntityTrait, QueryOrder};
    let newest = policy::Entity::find().order_by_desc(policy::Column::Version).one(&town.app.db.conn).await;
    let newest = newest.expect("asked").expect("a policy");
    let mut body = newest.body.clone();
    body.awards = serde_json::from_value(awards).expect("conditions");
    let valid_from = newest.valid_from + TimeDelta::days(1);
    let newer =
        policy::Model { id: PolicyId(uuid::Uuid::from_u128(version as u128)), version, valid_from, body, ..newest };
    boai_tests::insert_all::<policy::Entity, _>(&town.app.db.conn, vec![newer]).await;
}
