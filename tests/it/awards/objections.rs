//! 公示 and 异议: who passed is shown with a masked name, and can be objected to.

use boai_tests::{Answer, Person, Town, keep_signed_in, stories};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{candidate, frozen, list, live_in, pass_all, posted, stars, step, told, veteran};

async fn notice(person: &Person<'_>, round: &str) -> Value {
    let document = "query($round: ID!) { awardRound(id: $round) { counts { passed } objections { nodes { words } }
        notice { nodes { candidateId star volunteer { name number } } } } }";
    person.ask(document, json!({ "round": round })).await.body["data"]["awardRound"].clone()
}

async fn object(person: &Person<'_>, candidate: &str, words: &str) -> Answer {
    let document = "mutation($id: ID!, $words: String!) { objectToStar(input: { candidateId: $id, words: $words }) {
        objection { id state } errors { code message } } }";
    person.ask(document, json!({ "id": candidate, "words": words })).await
}

async fn answer(officer: &Person<'_>, objection: &str, upheld: bool) -> Answer {
    let document = "mutation($id: ID!, $upheld: Boolean!) {
        answerObjection(input: { objectionId: $id, upheld: $upheld, answer: \"已核实\" }) {
            objection { id state answer } errors { code message } } }";
    officer.ask(document, json!({ "id": objection, "upheld": upheld })).await
}

stories! {
    async fn the_branchs_volunteers_see_masked_names_and_may_object(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let (ling, _) = veteran(&town, &posted, "欧阳小玲", 100).await;
        let (wei, _) = veteran(&town, &posted, "王小明", 120).await;
        let neighbour = town.resident("邻居").await;
        let far = town.resident("远方").await;
        live_in(&town, &[&far], "330203").await;
        keep_signed_in(&town).await;
        let round = frozen(&officer, "330106", (1, 4)).await;
        assert_eq!(notice(&neighbour, &round).await, Value::Null);
        pass_all(&officer, &round).await;
        let listed = list(&officer, &round).await;
        let [of_ling, of_wei] = ["欧阳小玲", "王小明"].map(|name| candidate(&listed, name, 1));
        assert_eq!(object(&neighbour, &of_ling, "未到场").await.codes(), ["NOT_FOUND"]);
        step(&officer, "publishAwardRound", &round).await.fine();

        let seen = notice(&neighbour, &round).await;
        let line = |candidate: &str, name: &str| {
            json!({ "candidateId": candidate, "star": 1, "volunteer": { "name": name, "number": null } })
        };
        assert_eq!(seen["notice"]["nodes"], json!([line(&of_wei, "王*明"), line(&of_ling, "欧**玲")]));
        assert_eq!((&seen["counts"], &seen["objections"]["nodes"]), (&Value::Null, &json!([])));
        assert_eq!((notice(&far, &round).await, notice(&town.stranger(), &round).await), (Value::Null, Value::Null));
        for who in [&far, &officer] {
            let rounds = "query($branch: ID!) { awardRounds(branchId: $branch) { nodes { id } } }";
            let branch = boai_tests::id(Town::branch("330106"));
            let rounds = who.ask(rounds, json!({ "branch": branch })).await.data("/awardRounds/nodes");
            assert_eq!(rounds.as_array().map(Vec::len), Some(usize::from(who.name == "周干部")));
        }

        assert_eq!(object(&far, &of_ling, "未到场").await.codes(), ["NOT_FOUND"]);
        assert_eq!(object(&ling, &of_ling, "x").await.codes(), ["NOT_FOUND"]);
        assert_eq!(town.rows("award_objection").await, 0);
        let first = object(&neighbour, &of_ling, "当天未到场").await.fine().text("/objectToStar/objection/id");
        assert_eq!(object(&neighbour, &of_ling, "再说一次").await.codes(), ["ALREADY_OBJECTED"]);
        let second = object(&ling, &of_wei, "听说是代签").await.fine().text("/objectToStar/objection/id");
        assert_eq!(officer.inbox().await.iter().filter(|(kind, _)| kind == "STAR_OBJECTED").count(), 2);

        town.clock.advance(TimeDelta::days(30));
        assert_eq!(object(&wei, &of_ling, "迟了").await.codes(), ["NOT_FOUND"]);
        assert_eq!(step(&officer, "awardStars", &round).await.codes(), ["OBJECTIONS_WAIT"]);
        assert_eq!(answer(&neighbour, &first, true).await.codes(), ["NOT_FOUND"]);
        answer(&officer, &first, true).await.fine();
        assert_eq!(answer(&officer, &first, false).await.codes(), ["ALREADY_ANSWERED"]);
        answer(&officer, &second, false).await.fine();
        assert_eq!(neighbour.inbox().await[0], ("OBJECTION_ANSWERED".into(), "已核实".into()));
        let mut latest = told(&ling).await[..2].to_vec();
        latest.sort();
        assert_eq!(latest, ["OBJECTION_ANSWERED", "STAR_REFUSED"]);
        step(&officer, "awardStars", &round).await.fine();
        assert_eq!((stars(&ling).await, stars(&wei).await), ((1, 0), (1, 1)));
        assert_eq!(notice(&neighbour, &round).await, Value::Null);
        town.audit().await;
    }

    async fn in_the_notice_nobody_passes_any_more(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        veteran(&town, &posted, "Ling", 100).await;
        veteran(&town, &posted, "Wei", 110).await;
        keep_signed_in(&town).await;
        let round = frozen(&officer, "330106", (1, 4)).await;
        let listed = list(&officer, &round).await;
        let [ling, wei] = ["Ling", "Wei"].map(|name| candidate(&listed, name, 1));
        let no = |one: &str| json!([{ "candidateId": one, "verdict": "REFUSE", "reason": "存疑" }]);
        crate::support::review(&officer, &round, json!([{ "candidateId": ling }])).await.fine();
        crate::support::review(&officer, &round, no(&wei)).await.fine();
        step(&officer, "publishAwardRound", &round).await.fine();
        let late = crate::support::review(&officer, &round, json!([{ "candidateId": wei }])).await;
        assert_eq!(late.codes(), ["NOTICE_RUNS"]);
        crate::support::review(&officer, &round, no(&ling)).await.fine();
        assert_eq!(town.rows("award_candidate WHERE state = 'REFUSED'").await, 2);
    }
}
