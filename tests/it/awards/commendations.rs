//! 通报表扬: quotas, nominations within them, review, notice and the list.

use boai_entity::ids::{CommendationNomineeId, CommendationRoundId};
use boai_tests::{Answer, Person, Town, at, id, keep_signed_in, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{live_in, team_of, told};

fn quota(code: &str, kind: &str, many: i32) -> Value {
    json!({ "branchId": id(Town::branch(code)), "kind": kind, "quota": many })
}

async fn open(officer: &Person<'_>, code: &str, quotas: Value) -> Answer {
    let document = "mutation($branch: ID!, $quotas: [CommendationQuotaInput!]!) { openCommendationRound(input: {
        branchId: $branch, title: \"2020 年度突出贡献\", quotas: $quotas }) { round { id state } errors { code } } }";
    officer.ask(document, json!({ "branch": id(Town::branch(code)), "quotas": quotas })).await
}

async fn opened(officer: &Person<'_>, code: &str, quotas: Value) -> String {
    open(officer, code, quotas).await.fine().text("/openCommendationRound/round/id")
}

const NOMINATE: &str = "mutation($round: ID!, $branch: ID!, $number: String, $team: ID) { nominate(input: {
    roundId: $round, branchId: $branch, volunteerNumber: $number, teamId: $team, merits: \"抗疫一线值守 60 天\" }) {
    nominee { id state kind } errors { code message numbers { name value } } } }";

async fn nominate_at(who: &Person<'_>, url: &str, round: &str, code: &str, number: &str) -> Answer {
    let given = json!({ "round": round, "branch": id(Town::branch(code)), "number": number });
    who.ask_at(url, NOMINATE, given).await
}

async fn nominate(who: &Person<'_>, round: &str, code: &str, number: &str) -> Answer {
    nominate_at(who, &who.town.url, round, code, number).await
}

async fn nominate_team(who: &Person<'_>, round: &str, code: &str, team: String) -> Answer {
    who.ask(NOMINATE, json!({ "round": round, "branch": id(Town::branch(code)), "team": team })).await
}

async fn take_back(who: &Person<'_>, nominee: &str) -> Answer {
    let document = "mutation($nominee: ID!) { takeNominationBack(input: { nomineeId: $nominee }) { errors { code } } }";
    who.ask(document, json!({ "nominee": nominee })).await
}

async fn step_at(who: &Person<'_>, url: &str, verb: &str, round: &str) -> Answer {
    let document = format!(
        "mutation($round: ID!) {{ {verb}(input: {{ roundId: $round }}) {{
        round {{ state noticeUntil }} errors {{ code message }} }} }}"
    );
    who.ask_at(url, &document, json!({ "round": round })).await
}

async fn step(who: &Person<'_>, verb: &str, round: &str) -> Answer {
    step_at(who, &who.town.url, verb, round).await
}

async fn cancel(who: &Person<'_>, round: &str) -> Answer {
    let document = "mutation($round: ID!) { cancelCommendationRound(input: { roundId: $round, reason: \"名额有误\" }) {
        round { state } errors { code } } }";
    who.ask(document, json!({ "round": round })).await
}

async fn review(who: &Person<'_>, round: &str, items: Value) -> Answer {
    let document = "mutation($round: ID!, $items: [ReviewNomineeItem!]!) { reviewNominees(input: {
        roundId: $round, items: $items }) { results { nominee { state } errors { code } } errors { code } } }";
    who.ask(document, json!({ "round": round, "items": items })).await
}

/// The ids of a round's nominees, in the order in which they were nominated.
async fn nominees(who: &Person<'_>, round: &str) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let document = "query($round: ID!, $after: String) { commendationRound(id: $round) {
            nominees(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }";
        let page = who.ask(document, json!({ "round": round, "after": after })).await;
        let page = page.data("/commendationRound/nominees");
        all.extend(
            page["nodes"].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str().map(str::to_owned)),
        );
        if page["pageInfo"]["hasNextPage"] != true {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

async fn pass_all(who: &Person<'_>, round: &str) {
    for some in nominees(who, round).await.chunks(200) {
        let items: Vec<Value> = some.iter().map(|one| json!({ "nomineeId": one })).collect();
        review(who, round, json!(items)).await.fine();
    }
}

/// What somebody reads of the list.
async fn list(who: &Person<'_>, round: &str) -> Value {
    let document = "query($round: ID!) { commendationRound(id: $round) { state
        commended(first: 100) { nodes { kind name branch { name } } } } }";
    who.ask(document, json!({ "round": round })).await.data("/commendationRound")
}

fn taken(town: &Town) -> impl Future<Output = i64> {
    town.rows("commendation_quota WHERE taken > 0")
}

stories! {
    async fn branches_nominate_within_their_quotas_and_the_list_is_everybodys_to_read(town: Town) {
        let (city, county) = (town.officer("杭州干部", "3301").await, town.officer("周干部", "330106").await);
        let (ling, wei, third) = (town.volunteer("王小玲").await, town.volunteer("赵伟").await, town.volunteer("孙三").await);
        let leader = town.leader("李队长").await;
        keep_signed_in(&town).await;
        let consent = "mutation { giveConsent(input: { kind: PUBLICATION, version: \"2026-01\" }) { errors { code } } }";
        ling.ask(consent, json!({})).await.fine();
        let quotas = json!([quota("330106", "VOLUNTEER", 2), quota("330106", "TEAM", 1)]);
        let round = opened(&city, "3301", quotas).await;
        let (hers, his) = (ling.number().await, wei.number().await);
        let one = nominate(&county, &round, "330106", &hers).await.fine().text("/nominate/nominee/id");
        assert_eq!(nominate(&county, &round, "330106", &hers).await.codes(), ["ALREADY_NOMINATED"]);
        let two = nominate(&county, &round, "330106", &his).await.fine().text("/nominate/nominee/id");
        let over = nominate(&county, &round, "330106", &third.number().await).await;
        assert_eq!((over.codes(), over.refusal_number("quota")), (vec!["QUOTA_USED_UP".to_owned()], 2.0));
        assert_eq!(nominate(&county, &round, "330106", &county.number().await).await.codes(), ["OWN_NAME"]);
        // Of what was refused nothing is left, and of what is taken back the place is free.
        assert_eq!(town.rows("commendation_quota WHERE taken = 2").await, 1);
        take_back(&county, &two).await.fine();
        assert_eq!(take_back(&county, &two).await.codes(), ["NOT_FOUND"]);
        let two = nominate(&county, &round, "330106", &his).await.fine().text("/nominate/nominee/id");
        nominate_team(&county, &round, "330106", id(Town::TEAM)).await.fine();
        let seen = "query($round: ID!) { commendationRound(id: $round) { quotas { nodes { kind quota taken } } nominees { nodes { id } } } }";
        let seen = county.ask(seen, json!({ "round": round })).await.data("/commendationRound");
        let mut places = seen["quotas"]["nodes"].as_array().cloned().unwrap_or_default();
        places.sort_by_key(|place| place["kind"].to_string());
        let place = |kind, quota| json!({ "kind": kind, "quota": quota, "taken": quota });
        assert_eq!(places, [place("TEAM", 1), place("VOLUNTEER", 2)]);
        assert_eq!(seen["nominees"]["nodes"], json!([]), "who else was nominated is the city's alone to know");

        assert_eq!(step(&city, "giveNoticeOfCommendations", &round).await.codes(), ["WRONG_STATE"]);
        step(&city, "closeNominations", &round).await.fine();
        assert_eq!(nominate(&county, &round, "330106", &hers).await.codes(), ["NOMINATIONS_OVER"]);
        assert_eq!(take_back(&county, &one).await.codes(), ["NOMINATIONS_OVER"]);
        assert_eq!(step(&city, "giveNoticeOfCommendations", &round).await.codes(), ["STILL_TO_REVIEW"]);
        pass_all(&city, &round).await;
        assert_eq!(told(&ling).await, Vec::<String>::new());
        let notice = step(&city, "giveNoticeOfCommendations", &round).await.fine();
        // The policy's five working days, as for stars: Saturday 05-09 is worked, Sunday is not.
        assert_eq!(notice.text("/giveNoticeOfCommendations/round/noticeUntil"), "2026-05-14T16:00:00+00:00");
        assert_eq!(ling.inbox().await[0].0, "COMMENDATION_UNDER_NOTICE");
        assert_eq!(list(&town.stranger(), &round).await, Value::Null);
        let branch = json!({ "name": "西湖区红十字会" });
        let shown = |kind: &str, name: &str| json!({ "kind": kind, "name": name, "branch": branch });
        let under_notice = list(&third, &round).await;
        let nodes = under_notice["commended"]["nodes"].as_array().cloned().unwrap_or_default();
        assert_eq!(nodes.len(), 3);
        assert!(nodes.contains(&shown("VOLUNTEER", "王*玲")) && nodes.contains(&shown("TEAM", "西湖救援队")));

        // In the notice a refusal is still possible, and nothing else.
        let no = json!([{ "nomineeId": two, "verdict": "REFUSE", "reason": "事迹不实" }]);
        town.clock.advance(TimeDelta::minutes(1));
        review(&city, &round, no).await.fine();
        assert_eq!(wei.inbox().await[0], ("NOMINATION_REFUSED".into(), "事迹不实".into()));
        assert_eq!(review(&city, &round, json!([{ "nomineeId": two }])).await.codes(), ["NOTICE_RUNS"]);
        town.clock.set(at("+6 23:59"));
        assert_eq!(step(&city, "publishCommendations", &round).await.codes(), ["NOTICE_RUNS"]);
        assert_eq!(town.rows("commendation_nominee WHERE state = 'AWARDED'").await, 0);
        town.clock.set(at("+7 00:00"));
        step(&city, "publishCommendations", &round).await.fine();
        let read = list(&town.stranger(), &round).await;
        let nodes = read["commended"]["nodes"].as_array().cloned().unwrap_or_default();
        assert_eq!((nodes.len(), &read["state"]), (2, &json!("AWARDED")));
        assert!(nodes.contains(&shown("VOLUNTEER", "王小玲")) && nodes.contains(&shown("TEAM", "西湖救援队")));
        let heard = ("COMMENDED".to_owned(), "2020 年度突出贡献 · 杭州市红十字会".to_owned());
        assert_eq!((&ling.inbox().await[0], &leader.inbox().await[0]), (&heard, &heard));
        assert!(wei.inbox().await.iter().all(|(kind, _)| kind != "COMMENDED"));
        let file = "{ me { file { honours { nodes { kind name awardedOn awardingUnit } } } } }";
        let honour = json!({ "kind": "COMMENDATION", "name": "2020 年度突出贡献", "awardedOn": "2026-05-15",
            "awardingUnit": "杭州市红十字会" });
        assert_eq!(ling.ask(file, json!({})).await.data("/me/file/honours/nodes"), json!([honour]));
        assert_eq!(wei.ask(file, json!({})).await.data("/me/file/honours/nodes"), json!([]));
        assert_eq!(cancel(&city, &round).await.codes(), ["WRONG_STATE"]);
        town.audit().await;
    }

    async fn nobody_gets_past_a_quota_however_many_nominate_at_once(town: Town) {
        let city = town.officer("杭州干部", "3301").await;
        let officers = [town.officer("周干部", "330106").await, town.officer("吴干部", "330106").await];
        let crowd = town.crowd(24).await;
        let mut numbers = Vec::new();
        for person in &crowd {
            numbers.push(person.number().await);
        }
        keep_signed_in(&town).await;
        let other = town.instance(|_| ()).await;
        let round = opened(&city, "3301", json!([quota("330106", "VOLUNTEER", 5)])).await;
        // Each is nominated twice, by either officer, at either instance.
        let wishes = numbers.iter().enumerate().flat_map(|(turn, number)| {
            let urls = if turn % 2 == 0 { [&town.url, &other] } else { [&other, &town.url] };
            officers.iter().zip(urls).map(|(officer, url)| nominate_at(officer, url, &round, "330106", number)).collect::<Vec<_>>()
        });
        let answers = join_all(wishes.collect::<Vec<_>>()).await;
        let done = answers.iter().filter(|answer| answer.codes().is_empty()).count();
        let refused = |code: &str| answers.iter().filter(|answer| answer.codes() == [code]).count();
        assert_eq!(done, 5);
        assert_eq!(done + refused("QUOTA_USED_UP") + refused("ALREADY_NOMINATED"), 48);
        assert_eq!(town.rows("commendation_nominee").await, 5);
        assert_eq!(town.rows("commendation_quota WHERE taken = 5 AND quota = 5").await, 1);
        // The database itself refuses more.
        let more = "UPDATE commendation_quota SET taken = taken + 1";
        assert!(boai::platform::db::run(&town.app.db.conn, more, []).await.is_err());
        // And what is taken back while the nominations close is in the list or is not, never half.
        let all = nominees(&city, &round).await;
        let closing = [step_at(&city, &other, "closeNominations", &round)];
        let backs: Vec<_> = all.iter().map(|one| take_back(&officers[0], one)).collect();
        let (closed, backs) = futures_util::future::join(join_all(closing), join_all(backs)).await;
        closed.into_iter().for_each(|answer| drop(answer.fine()));
        let back = backs.iter().filter(|answer| answer.codes().is_empty()).count();
        assert_eq!(town.rows("commendation_nominee").await, 5 - i64::try_from(back).expect("few"));
        assert_eq!(taken(&town).await, i64::from(back < 5));
        town.audit().await;
    }

    async fn what_is_not_yours_is_as_what_is_not_there(town: Town) {
        let (city, county) = (town.officer("杭州干部", "3301").await, town.officer("周干部", "330106").await);
        let (elsewhere, leader) = (town.officer("海曙干部", "330203").await, town.leader("李队长").await);
        let (ling, far) = (town.volunteer("王小玲").await, town.volunteer("远方").await);
        live_in(&town, &[&far], "330203").await;
        let foreign = team_of(&town, "330203", &[]).await;
        keep_signed_in(&town).await;
        let round = opened(&city, "3301", json!([quota("330106", "VOLUNTEER", 1), quota("330106", "TEAM", 1)])).await;
        let nominee = nominate(&county, &round, "330106", &ling.number().await).await.fine().text("/nominate/nominee/id");
        let (no_round, no_nominee) = (id(CommendationRoundId(uuid::Uuid::from_u128(7))), id(CommendationNomineeId(uuid::Uuid::from_u128(7))));
        for who in [&elsewhere, &leader, &ling, &county] {
            for verb in ["closeNominations", "giveNoticeOfCommendations", "publishCommendations"] {
                let (yours, none) = (step(who, verb, &round).await, step(who, verb, &no_round).await);
                assert_eq!((yours.codes(), yours.body), (vec!["NOT_FOUND".to_owned()], none.body), "{} {verb}", who.name);
            }
            assert_eq!(cancel(who, &round).await.codes(), ["NOT_FOUND"]);
            assert_eq!(review(who, &round, json!([{ "nomineeId": nominee }])).await.codes(), ["NOT_FOUND"]);
            assert_eq!(open(who, "3301", json!([quota("330106", "TEAM", 1)])).await.codes(), ["NOT_FOUND"]);
        }
        for who in [&elsewhere, &leader, &ling] {
            assert_eq!(nominate(who, &round, "330106", &ling.number().await).await.codes(), ["NOT_FOUND"]);
            let (yours, none) = (take_back(who, &nominee).await, take_back(who, &no_nominee).await);
            assert_eq!((yours.codes(), yours.body), (vec!["NOT_FOUND".to_owned()], none.body));
        }
        // A branch without a quota, and who does not belong to the branch.
        assert_eq!(nominate(&elsewhere, &round, "330203", &far.number().await).await.codes(), ["NOT_FOUND"]);
        assert_eq!(nominate(&county, &round, "330106", &far.number().await).await.codes(), ["NOT_FOUND"]);
        assert_eq!(nominate_team(&county, &round, "330106", id(foreign)).await.codes(), ["NOT_FOUND"]);
        for quotas in [json!([quota("330203", "TEAM", 1)]), json!([quota("330106", "TEAM", 1), quota("330106", "TEAM", 2)])] {
            assert_eq!(open(&city, "3301", quotas).await.codes(), ["QUOTA_ELSEWHERE"]);
        }
        for quotas in [json!([]), json!([quota("330106", "TEAM", 0)])] {
            assert_eq!(open(&city, "3301", quotas).await.fault(), "BAD_USER_INPUT");
        }
        assert_eq!((town.rows("commendation_round").await, town.rows("commendation_nominee WHERE state = 'LISTED'").await), (1, 1));
        assert_eq!(town.rows("commendation_round WHERE state = 'OPENED'").await, 1);
    }

    async fn nobody_reviews_their_own_name_and_a_cancelled_round_commends_nobody(town: Town) {
        let (city, colleague) = (town.officer("杭州干部", "3301").await, town.officer("吴干部", "3301").await);
        let county = town.officer("周干部", "330106").await;
        let ling = town.volunteer("王小玲").await;
        keep_signed_in(&town).await;
        let round = opened(&city, "3301", json!([quota("330106", "VOLUNTEER", 2)])).await;
        let own = nominate(&county, &round, "330106", &city.number().await).await.fine().text("/nominate/nominee/id");
        town.clock.advance(TimeDelta::minutes(1));
        let hers = nominate(&county, &round, "330106", &ling.number().await).await.fine().text("/nominate/nominee/id");
        step(&city, "closeNominations", &round).await.fine();
        let said = review(&city, &round, json!([{ "nomineeId": own }, { "nomineeId": hers }])).await;
        let code = |number: usize| said.body.pointer(&format!("/data/reviewNominees/results/{number}/errors/0/code")).cloned();
        assert_eq!([code(0), code(1)], [Some(json!("OWN_NAME")), None]);
        let bare = json!([{ "nomineeId": own, "verdict": "REFUSE" }]);
        assert_eq!(review(&colleague, &round, bare).await.codes(), ["REASON_NEEDED"]);
        town.clock.advance(TimeDelta::minutes(1));
        let no = json!([{ "nomineeId": own, "verdict": "REFUSE", "reason": "任职未满一年" }]);
        review(&colleague, &round, no).await.fine();
        assert_eq!(county.inbox().await[0], ("NOMINATION_REFUSED".into(), "2020 年度突出贡献".into()));
        step(&city, "giveNoticeOfCommendations", &round).await.fine();
        town.clock.advance(TimeDelta::minutes(1));
        cancel(&city, &round).await.fine();
        assert_eq!(ling.inbox().await[0], ("COMMENDATIONS_CANCELLED".into(), "名额有误".into()));
        town.clock.advance(TimeDelta::days(30));
        keep_signed_in(&town).await;
        assert_eq!(step(&city, "publishCommendations", &round).await.codes(), ["WRONG_STATE"]);
        assert_eq!(town.rows("commendation_nominee WHERE state = 'AWARDED'").await, 0);
        town.audit().await;
    }

    /// The seed's own case: in 2020 the province commended 192 volunteers and 25 teams.
    async fn the_province_commends_as_many_as_it_did_in_2020(town: Town) {
        let province = town.officer("省干部", "33").await;
        let (west, city) = (town.officer("周干部", "330106").await, town.officer("杭州干部", "3301").await);
        let crowd = town.crowd(193).await;
        keep_signed_in(&town).await;
        let quotas = json!([quota("330106", "VOLUNTEER", 150), quota("3301", "VOLUNTEER", 42), quota("3301", "TEAM", 25)]);
        let round = opened(&province, "33", quotas).await;
        for (place, person) in crowd.iter().enumerate() {
            let (officer, code) = if place < 150 { (&west, "330106") } else { (&city, "3301") };
            let answer = nominate(officer, &round, code, &person.number().await).await;
            assert_eq!(answer.codes().is_empty(), place < 192, "{place}: {}", answer.body);
        }
        for _ in 0..25 {
            town.clock.advance(TimeDelta::seconds(1));
            let team = boai_entity::team::Model {
                id: boai_entity::ids::TeamId(town.app.random.uuid(town.clock.now())),
                branch_id: Town::branch("330106"),
                name: format!("{}队", town.rows("team").await),
                speciality: boai_entity::kinds::Category::FirstAid,
                description: String::new(),
                created_at: town.clock.now(),
            };
            let team_id = team.id;
            boai_tests::insert_all::<boai_entity::team::Entity, _>(&town.app.db.conn, vec![team]).await;
            nominate_team(&city, &round, "3301", id(team_id)).await.fine();
        }
        step(&province, "closeNominations", &round).await.fine();
        let all = nominees(&province, &round).await;
        assert_eq!(all.len(), 192 + 25);
        let items: Vec<Value> = all.iter().map(|one| json!({ "nomineeId": one })).collect();
        // A review takes as many statements for one as for a hundred and ninety-nine.
        let (said, few) = town.statements(review(&province, &round, json!(items[..1]))).await;
        said.fine();
        let (said, many) = town.statements(review(&province, &round, json!(items[1..200]))).await;
        said.fine();
        assert_eq!(few, many);
        review(&province, &round, json!(items[200..])).await.fine();
        step(&province, "giveNoticeOfCommendations", &round).await.fine();
        town.clock.advance(TimeDelta::days(30));
        step(&province, "publishCommendations", &round).await.fine();
        assert_eq!(town.rows("commendation_nominee WHERE state = 'AWARDED' AND kind = 'VOLUNTEER'").await, 192);
        assert_eq!(town.rows("commendation_nominee WHERE state = 'AWARDED' AND kind = 'TEAM'").await, 25);
        assert_eq!(crowd[191].inbox().await[0].0, "COMMENDED");
        assert_eq!(told(&crowd[192]).await, Vec::<String>::new());
        town.audit().await;
    }
}
