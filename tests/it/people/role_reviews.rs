//! Stories of the list of who holds what, and of the quarterly look at it.

use boai::{
    ctx::Ctx,
    roles::review::{open_due, tell_overdue},
};
use boai_tests::{Answer, Person, Town, at, id, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::acts::{grant, renew, revoke, roles};

/// The list as it was asked for: place, role and holder.
async fn holders(officer: &Person<'_>, code: &str, filter: &str) -> Vec<String> {
    let document = format!(
        "query($id: ID!) {{ roleHolders(branchId: $id, first: 50 {filter}) {{
            edges {{ holder {{ name }} node {{ role branch {{ name }} team {{ name }} }} }} }} }}"
    );
    let answer = officer.ask(&document, json!({ "id": id(Town::branch(code)) })).await;
    let edges = answer.data("/roleHolders/edges");
    let line = |edge: &Value| {
        let place = edge.pointer("/node/branch/name").or(edge.pointer("/node/team/name"));
        let texts = [place, edge.pointer("/node/role"), edge.pointer("/holder/name")];
        texts.map(|text| text.and_then(Value::as_str).unwrap_or_default()).join(" ")
    };
    edges.as_array().expect("a list").iter().map(line).collect()
}

async fn open(town: &Town) -> usize {
    open_due(&Ctx::system(town.app.clone(), "story")).await.expect("the job runs")
}

async fn overdue(town: &Town) -> usize {
    tell_overdue(&Ctx::system(town.app.clone(), "story")).await.expect("the job runs")
}

/// The newest review of a branch, or null.
async fn review(officer: &Person<'_>, code: &str) -> Value {
    let document = "query($id: ID!) { roleReview(branchId: $id) { id quarter openedAt dueAt
        tally { waiting kept over }
        waiting { edges { holder { name } node { id role } } } } }";
    officer.ask(document, json!({ "id": id(Town::branch(code)) })).await.data("/roleReview")
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}: {value}")).to_owned()
}

async fn decide(officer: &Person<'_>, review: &str, items: Value) -> Answer {
    let document =
        "mutation($id: ID!, $items: [ReviewRolesItem!]!) { reviewRoles(input: { reviewId: $id, items: $items }) {
        results { grantId errors { code } } errors { code message path } } }";
    officer.ask(document, json!({ "id": review, "items": items })).await
}

fn keep(grant: &str) -> Value {
    json!({ "grantId": grant, "verdict": "KEEP" })
}

fn take_back(grant: &str) -> Value {
    json!({ "grantId": grant, "verdict": "TAKE_BACK", "reason": "已调离" })
}

async fn role_of(person: &Person<'_>) -> String {
    person.ask("{ me { roles { id } } }", json!({})).await.text("/me/roles/0/id")
}

stories! {
    async fn an_officer_sees_who_holds_what_on_the_branch_and_below(town: Town) {
        let (county, peer) = (town.officer("王小明", "330106").await, town.officer("李芳", "330106").await);
        let city = town.officer("赵刚", "3301").await;
        let leader = town.leader("欧阳小华").await;
        town.other_leader("孙海").await;
        town.officer("周宁", "330106109").await;
        let all = [
            "西湖区红十字会 BRANCH_OFFICER 李芳",
            "西湖区红十字会 BRANCH_OFFICER 王小明",
            "西湖救援队 TEAM_LEADER 欧阳小华",
            "北山街道红十字会 BRANCH_OFFICER 周宁",
        ];
        for officer in [&county, &peer, &city] {
            let mut seen = holders(officer, "330106", "").await;
            assert_eq!(seen.pop().as_deref(), Some(all[3]));
            seen.sort();
            let mut expected = all[..3].to_vec();
            expected.sort_unstable();
            assert_eq!(seen, expected, "{}", officer.name);
        }
        assert_eq!(holders(&county, "330106", ", role: TEAM_LEADER").await, [all[2]]);
        assert_eq!(holders(&city, "3301", ", role: BRANCH_OFFICER").await.len(), 4);
        let document = "query($id: ID!) { roleHolders(branchId: $id) { nodes { role } } }";
        let others = [(&county, "3301"), (&county, "330203"), (&leader, "330106"), (&town.stranger(), "33")];
        let nowhere = id(boai_entity::ids::BranchId(uuid::Uuid::from_u128(7)));
        for (person, code) in others {
            let theirs = person.ask(document, json!({ "id": id(Town::branch(code)) })).await;
            assert_eq!(theirs.data("/roleHolders"), Value::Null, "{} {code}", person.name);
            assert_eq!(theirs, person.ask(document, json!({ "id": nowhere })).await);
        }
    }

    async fn the_list_has_pages_and_its_statements_do_not_grow(town: Town) {
        let top = town.officer("Top", "33").await;
        let document = "query($id: ID!, $first: Int, $after: String) {
            roleHolders(branchId: $id, first: $first, after: $after) { pageInfo { hasNextPage endCursor }
                edges { lastUsedAt reviewedAt holder { name number } grantedBy { name }
                        node { id role grantedAt endsAt branch { name } team { name } } } } }";
        let here = id(Town::branch("33"));
        let page = async |first: i32, after: Value| {
            let variables = json!({ "id": here, "first": first, "after": after });
            let (answer, count) = town.statements(top.ask(document, variables)).await;
            (answer.data("/roleHolders"), count)
        };
        for name in ["一", "二"] {
            town.leader(name).await;
            town.desk(name).await;
        }
        let (_, few) = page(50, Value::Null).await;
        let crowd = town.crowd(12).await;
        join_all(crowd.iter().map(|person| person.hold("DESK_OPERATOR", Some(Town::branch("330106")), None))).await;
        join_all(crowd.iter().map(|person| person.hold("TEAM_LEADER", None, Some(Town::OTHER_TEAM)))).await;
        let (all, many) = page(50, Value::Null).await;
        assert_eq!((few, many), (many, few));
        let all = all["edges"].as_array().expect("a list").clone();
        assert_eq!(all.len(), 1 + 4 + 24);
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let (some, _) = page(10, after.clone()).await;
            seen.extend(some["edges"].as_array().expect("a list").clone());
            after = some["pageInfo"]["endCursor"].clone();
            if some["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    async fn what_ends_soon_and_what_nobody_uses_can_be_asked_for(town: Town) {
        let mut top = town.officer("Top", "33").await;
        let (ling, mut wei) = (town.volunteer("Ling").await, town.volunteer("Wei").await);
        let here = id(Town::branch("330106"));
        let term = |days: u32| json!({ "branchId": here, "endsAt": at(&format!("+{days} 07:00")) });
        grant(&top, &ling.number().await, "TEAM_LEADER", term(100)).await.fine();
        grant(&top, &wei.number().await, "DESK_OPERATOR", term(200)).await.fine();
        let (lings, weis) = ("西湖区红十字会 TEAM_LEADER Ling", "西湖区红十字会 DESK_OPERATOR Wei");
        assert_eq!(holders(&top, "330106", ", endingWithinDays: 101").await, [lings]);
        assert_eq!(holders(&top, "330106", ", endingWithinDays: 100").await, Vec::<String>::new());
        assert_eq!(holders(&top, "330106", ", endingWithinDays: 365").await.len(), 2);
        // Neither has been away for long.
        assert_eq!(holders(&top, "330106", ", unusedForDays: 30").await, Vec::<String>::new());
        town.clock.set(at("+20 07:00"));
        wei.refresh().await;
        town.clock.set(at("+45 07:00"));
        top.refresh().await;
        assert_eq!(holders(&top, "330106", ", unusedForDays: 30").await, [lings]);
        assert_eq!(holders(&top, "330106", ", unusedForDays: 20").await.len(), 2);
        // Who got the role only now cannot have left it unused.
        let hai = town.volunteer("Hai").await;
        grant(&top, &hai.number().await, "DESK_OPERATOR", term(200)).await.fine();
        assert_eq!(holders(&top, "330106", ", unusedForDays: 0, role: DESK_OPERATOR").await, [weis]);
        let document = "query($id: ID!) { roleHolders(branchId: $id, role: TEAM_LEADER) {
            edges { lastUsedAt grantedBy { name } } } }";
        let edge = top.ask(document, json!({ "id": id(Town::branch("330106")) })).await.data("/roleHolders/edges/0");
        assert_eq!(edge, json!({ "lastUsedAt": "2026-05-07T23:00:00+00:00", "grantedBy": { "name": "Top" } }));
        let wrong = "query($id: ID!) { roleHolders(branchId: $id, unusedForDays: -1) { nodes { role } } }";
        assert_eq!(top.ask(wrong, json!({ "id": id(Town::branch("33")) })).await.fault(), "BAD_USER_INPUT");
    }

    async fn each_quarter_a_review_opens_for_whoever_is_above_and_once(town: Town) {
        let (province, city) = (town.officer("Province", "33").await, town.officer("City", "3301").await);
        let county = town.officer("County", "330106").await;
        let (leader, desk) = (town.leader("Leader").await, town.desk("Desk").await);
        let village = town.volunteer("Village").await;
        village.hold("TEAM_LEADER", Some(Town::branch("330106109203")), None).await;
        town.other_leader("Other").await;
        let ctx = Ctx::system(town.app.clone(), "story");
        let opened = join_all((0..4).map(|_| open_due(&ctx))).await;
        let opened: Vec<usize> = opened.into_iter().map(|round| round.expect("the job runs")).collect();
        // The province looks at the city's officer, the city at the county's, the county at its teams and at what is
        // below, and 海曙区 at its team.
        assert_eq!((opened.iter().max(), opened.iter().sum::<usize>()), (Some(&4), 4));
        assert_eq!((town.rows("role_review").await, town.rows("role_review_item").await), (4, 1 + 1 + 3 + 1));
        assert_eq!(open(&town).await, 0);

        let note = |place: &str, count: i32| {
            vec![("ROLE_REVIEW_OPENED".to_owned(), format!("{place} · {count} · 2026-06-07 07:00"))]
        };
        assert_eq!(county.inbox().await, note("西湖区红十字会", 3));
        assert_eq!(city.inbox().await, note("杭州市红十字会", 1));
        // 海曙区 and 宁波市 have no officer, so the province hears of that one too.
        let mut told = province.inbox().await;
        told.sort();
        let mut expected = [note("浙江省红十字会", 1), note("海曙区红十字会", 1)].concat();
        expected.sort();
        assert_eq!(told, expected);

        let seen = review(&county, "330106").await;
        assert_eq!(text(&seen, "/quarter"), "2026Q2");
        assert_eq!(seen["tally"], json!({ "waiting": 3, "kept": 0, "over": 0 }));
        let edges = seen["waiting"]["edges"].as_array().expect("a list");
        let mut waiting: Vec<String> = edges.iter().map(|edge| text(edge, "/holder/name")).collect();
        waiting.sort();
        assert_eq!(waiting, ["Desk", "Leader", "Village"]);
        assert_eq!(review(&province, "330106").await, seen);
        for other in [&leader, &desk, &village] {
            assert_eq!(review(other, "330106").await, Value::Null);
        }
        assert_eq!(review(&county, "3301").await, Value::Null);

        // The next quarter begins at midnight in China.
        town.clock.set("2026-06-30T23:59:59+08:00".parse().expect("a time"));
        assert_eq!(open(&town).await, 0);
        town.clock.set("2026-07-01T00:00:00+08:00".parse().expect("a time"));
        assert_eq!(open(&town).await, 4);
    }

    async fn officers_keep_what_is_needed_and_take_back_what_is_not(town: Town) {
        let county = town.officer("County", "330106").await;
        let (leader, desk) = (town.leader("Leader").await, town.desk("Desk").await);
        let (leaders, desks) = (role_of(&leader).await, role_of(&desk).await);
        open(&town).await;
        let id = text(&review(&county, "330106").await, "/id");
        decide(&county, &id, json!([keep(&leaders), take_back(&desks)])).await.fine();
        assert_eq!((roles(&leader).await, roles(&desk).await), (vec!["TEAM_LEADER".to_owned()], vec![]));
        assert_eq!(desk.inbox().await, [("ROLE_REVOKED".into(), "DESK_OPERATOR · 西湖救援队 · 已调离".into())]);
        let seen = review(&county, "330106").await;
        assert_eq!(seen["tally"], json!({ "waiting": 0, "kept": 1, "over": 1 }));
        let listed = "query($id: ID!) { roleHolders(branchId: $id, role: TEAM_LEADER) { edges { reviewedAt } } }";
        let listed = county.ask(listed, json!({ "id": boai_tests::id(Town::branch("330106")) })).await;
        assert_eq!(listed.data("/roleHolders/edges/0/reviewedAt"), json!("2026-05-07T23:00:00+00:00"));
        // The same again is the same; the contrary comes too late.
        decide(&county, &id, json!([keep(&leaders), take_back(&desks)])).await.fine();
        let contrary = decide(&county, &id, json!([take_back(&leaders), keep(&desks)])).await;
        assert_eq!(contrary.codes(), ["ALREADY_DECIDED", "ALREADY_DECIDED"]);
        assert_eq!(roles(&leader).await, ["TEAM_LEADER"]);
        for (action, times) in [("KEEP_ROLE", 1), ("REVOKE_ROLE", 1)] {
            assert_eq!(town.rows(&format!("audit_entry WHERE action = '{action}'")).await, times);
        }
    }

    async fn only_who_is_above_reviews_and_nobody_their_own(town: Town) {
        let (county, city) = (town.officer("County", "330106").await, town.officer("City", "3301").await);
        let leader = town.leader("Leader").await;
        county.hold("DESK_OPERATOR", None, Some(Town::TEAM)).await;
        open(&town).await;
        let seen = review(&county, "330106").await;
        let id = text(&seen, "/id");
        let of = |name: &str| {
            let edges = seen["waiting"]["edges"].as_array().expect("a list");
            let edge = edges.iter().find(|edge| edge["holder"]["name"] == name).expect("who waits");
            text(edge, "/node/id")
        };
        let (leaders, own) = (of("Leader"), of("County"));
        assert_eq!(decide(&county, &id, json!([keep(&own)])).await.codes(), ["YOURSELF"]);
        let others = [town.officer("Sibling", "3302").await, town.officer("Below", "330106109").await, leader.clone()];
        for other in &others {
            assert_eq!(decide(other, &id, json!([keep(&leaders)])).await.codes(), ["NOT_FOUND"], "{}", other.name);
        }
        assert_eq!(decide(&town.stranger(), &id, json!([keep(&leaders)])).await.fault(), "UNAUTHENTICATED");
        // The county's own officer is not in the county's review.
        let countys = text(&review(&city, "3301").await, "/waiting/edges/0/node/id");
        assert_eq!(decide(&city, &id, json!([keep(&countys)])).await.codes(), ["NOT_FOUND"]);
        let without = json!([{ "grantId": leaders, "verdict": "TAKE_BACK" }]);
        assert_eq!(decide(&county, &id, without).await.codes(), ["REASON_NEEDED"]);
        county.proves_for(TimeDelta::zero()).await;
        assert_eq!(decide(&county, &id, json!([keep(&leaders)])).await.fault(), "SECOND_FACTOR_NOT_ENROLLED");
        assert_eq!(review(&city, "330106").await["tally"], json!({ "waiting": 2, "kept": 0, "over": 0 }));
        decide(&city, &id, json!([keep(&leaders), keep(&own)])).await.fine();
        let many: Vec<Value> = (0..101).map(|_| keep(&leaders)).collect();
        assert_eq!(decide(&city, &id, json!(many)).await.fault(), "BAD_USER_INPUT");
    }

    async fn two_verdicts_at_one_instant_are_one(town: Town) {
        let (county, city) = (town.officer("County", "330106").await, town.officer("City", "3301").await);
        let leader = town.leader("Leader").await;
        let leaders = role_of(&leader).await;
        open(&town).await;
        let id = text(&review(&county, "330106").await, "/id");
        let (yes, no) = (json!([keep(&leaders)]), json!([take_back(&leaders)]));
        let (kept, taken) = tokio::join!(decide(&county, &id, yes), decide(&city, &id, no));
        let refused = [kept.codes(), taken.codes()].concat();
        assert_eq!(refused, ["ALREADY_DECIDED"]);
        assert_eq!(roles(&leader).await.len(), usize::from(kept.codes().is_empty()));
    }

    async fn what_ended_by_itself_waits_no_longer(town: Town) {
        let county = town.officer("County", "330106").await;
        let (ling, wei) = (town.volunteer("Ling").await, town.volunteer("Wei").await);
        let term = json!({ "teamId": id(Town::TEAM), "endsAt": at("08:00") });
        let short = grant(&county, &ling.number().await, "TEAM_LEADER", term).await.fine().text("/grantRole/grant/id");
        let team = json!({ "teamId": id(Town::TEAM) });
        let other = grant(&county, &wei.number().await, "TEAM_LEADER", team).await.fine().text("/grantRole/grant/id");
        open(&town).await;
        let id = text(&review(&county, "330106").await, "/id");
        revoke(&county, &other).await.fine();
        town.clock.set(at("08:00"));
        let mut county = county;
        county.refresh().await;
        for gone in [&short, &other] {
            assert_eq!(decide(&county, &id, json!([keep(gone)])).await.codes(), ["NOT_IN_FORCE"]);
        }
        assert_eq!(review(&county, "330106").await["tally"], json!({ "waiting": 0, "kept": 0, "over": 2 }));
        assert_eq!(renew(&county, &short, json!({ "endsAt": at("09:00") })).await.codes(), ["NOT_FOUND"]);
    }

    async fn an_overdue_review_is_told_upwards_and_once(town: Town) {
        let (mut city, mut county) = (town.officer("City", "3301").await, town.officer("County", "330106").await);
        let (leader, desk) = (town.leader("Leader").await, town.desk("Desk").await);
        let (leaders, _) = (role_of(&leader).await, role_of(&desk).await);
        open(&town).await;
        let id = text(&review(&county, "330106").await, "/id");
        decide(&county, &id, json!([keep(&leaders)])).await.fine();
        let countys = role_of(&county).await;
        let above = text(&review(&city, "3301").await, "/id");
        decide(&city, &above, json!([keep(&countys)])).await.fine();
        town.clock.set(at("+30 07:00") - TimeDelta::milliseconds(1));
        assert_eq!(overdue(&town).await, 0);
        town.clock.set(at("+30 07:00"));
        let ctx = Ctx::system(town.app.clone(), "story");
        let rounds = join_all((0..4).map(|_| tell_overdue(&ctx))).await;
        // That of the province, which has no officer yet, is overdue as well.
        assert_eq!(rounds.into_iter().map(|round| round.expect("the job runs")).sum::<usize>(), 2);
        for officer in [&mut city, &mut county] {
            officer.refresh().await;
            let inbox = officer.inbox().await;
            let told: Vec<_> = inbox.into_iter().filter(|(kind, _)| kind == "ROLE_REVIEW_OVERDUE").collect();
            assert_eq!(told, [("ROLE_REVIEW_OVERDUE".into(), "西湖区红十字会 · 1".into())], "{}", officer.name);
        }
        assert_eq!(overdue(&town).await, 0);
    }
}
