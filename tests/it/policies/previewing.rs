//! What a policy that waits would move, against a slow and plain reference.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use boai::{ctx::Ctx, platform::db, policy_changes::preview};
use boai_entity::{kinds::EntryKind, ledger_entry, service_record, volunteer};
use boai_tests::{Answer, Person, Town, at, id, keep_signed_in, long_ledgers, stories};
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::{propose, proposed, withdraw};

async fn ask(officer: &Person<'_>, policy: &str) -> Answer {
    let document = "mutation($id: ID!) { previewPolicy(input: { policyId: $id }) {
        preview { id state percent } errors { code message } } }";
    officer.ask(document, json!({ "id": policy })).await
}

async fn look(person: &Person<'_>, preview: &str) -> Value {
    let moves = "gainingStars losingStars minutesAdded minutesRemoved minutesForOfficers";
    let document = format!(
        "query($id: ID!) {{ policyPreview(id: $id) {{ state percent finishedAt total {{ {moves} }}
            branches {{ branch {{ name }} moves {{ {moves} }} }} }} }}"
    );
    person.ask(&document, json!({ "id": preview })).await.data("/policyPreview")
}

async fn jobs(town: &Town) -> usize {
    let ctx = Ctx::system(town.another_app().await, "story");
    preview::service::run_due(&ctx).await.expect("the job runs")
}

/// What came out for a policy, as [gaining, losing, added, removed, for officers] by branch.
async fn looked_ahead(town: &Town, officer: &Person<'_>, policy: &str) -> BTreeMap<String, [i64; 5]> {
    let preview = ask(officer, policy).await.fine().text("/previewPolicy/preview/id");
    assert_eq!(jobs(town).await, 1);
    let seen = look(officer, &preview).await;
    assert_eq!((&seen["state"], &seen["percent"]), (&json!("DONE"), &json!(100)));
    let numbers = |moves: &Value| {
        ["gainingStars", "losingStars", "minutesAdded", "minutesRemoved", "minutesForOfficers"]
            .map(|name| moves[name].as_i64().expect("a number"))
    };
    let rows = seen["branches"].as_array().cloned().unwrap_or_default();
    let by_branch: BTreeMap<String, [i64; 5]> = rows
        .iter()
        .map(|row| (row["branch"]["name"].as_str().expect("a name").to_owned(), numbers(&row["moves"])))
        .collect();
    let mut sum = [0; 5];
    by_branch.values().for_each(|moves| (0..5).for_each(|place| sum[place] += moves[place]));
    assert_eq!(numbers(&seen["total"]), sum);
    by_branch
}

/// The numbers of a policy as the reference knows them.
#[derive(Clone)]
struct Numbers {
    minimum: i64,
    step: i64,
    pairs: usize,
    leader: i64,
    stars: Vec<i64>,
}

/// Minute by minute, record by record: which minutes of each count. (What is served here begins and ends with a minute.)
fn each_minute(records: &[(bool, &service_record::Model, BTreeSet<i64>)], by: &Numbers) -> Vec<BTreeSet<i64>> {
    let mut taken: BTreeSet<i64> = records.iter().flat_map(|(_, _, credited)| credited.iter().copied()).collect();
    let mut seen: Vec<(chrono::NaiveDate, boai_entity::ids::ActivityId)> = Vec::new();
    let mut all = Vec::new();
    for (governed, record, credited) in records {
        if !*governed {
            all.push(credited.clone());
            continue;
        }
        let pair = (record.service_date, record.activity_id);
        seen.push(pair);
        let number = seen.iter().filter(|other| **other == pair).count();
        let whole = (record.served_from.timestamp() / 60..record.served_to.timestamp() / 60).collect::<BTreeSet<_>>();
        let mine = if credited.is_empty() { whole.difference(&taken).copied().collect() } else { credited.clone() };
        let minutes = i64::try_from(mine.len()).expect("few");
        if number > by.pairs || minutes < by.minimum || minutes == 0 {
            all.push(BTreeSet::new());
        } else {
            let mine: BTreeSet<i64> = mine.into_iter().take((minutes / by.step * by.step) as usize).collect();
            taken.extend(&mine);
            all.push(mine);
        }
    }
    all
}

async fn reference(
    town: &Town,
    under: &str,
    before: &Numbers,
    after: &Numbers,
    stars_for: &str,
) -> BTreeMap<String, [i64; 5]> {
    let db = &town.app.db.conn;
    let volunteers = volunteer::Entity::find().all(db).await.expect("volunteers");
    let records = service_record::Entity::find().all(db).await.expect("records");
    let entries = ledger_entry::Entity::find().all(db).await.expect("entries");
    let taken_back: BTreeSet<_> =
        entries.iter().filter(|entry| entry.kind == EntryKind::Reversal).map(|entry| entry.corrects).collect();
    let county = |path: &str| match path {
        "330106" | "330106109203" => "西湖区红十字会",
        "3301" => "杭州市红十字会",
        "330203" => "海曙区红十字会",
        _ => panic!("{path}"),
    };
    let star = |minutes: i64, stars: &[i64]| stars.iter().filter(|needed| minutes >= **needed).count();
    let mut moves: BTreeMap<String, [i64; 5]> = BTreeMap::new();
    for person in volunteers {
        let mut mine: Vec<(bool, &service_record::Model, BTreeSet<i64>)> = Vec::new();
        for record in records.iter().filter(|record| record.volunteer_id == person.id) {
            let of_record =
                |entry: &&ledger_entry::Model| entry.record_id == record.id && entry.kind == EntryKind::Confirmed;
            let standing = entries.iter().filter(of_record).find(|entry| !taken_back.contains(&Some(entry.id)));
            let Some(standing) = standing else { continue };
            let credited = standing.spans.0.iter().flat_map(|(from, to)| from / 60..to / 60).collect();
            let team = if record.team_id == Town::TEAM { "330106" } else { "330203" };
            mine.push((team.starts_with(under), record, credited));
        }
        mine.sort_by_key(|(_, record, _)| (record.served_from, record.id));
        let (old, new) = (each_minute(&mine, before), each_minute(&mine, after));
        let total: i64 = entries
            .iter()
            .filter(|entry| entry.volunteer_id == person.id)
            .map(|entry| i64::from(entry.confirmed_minutes))
            .sum();
        let mut difference = 0;
        let minutes = |counted: &BTreeSet<i64>| i64::try_from(counted.len()).expect("few");
        for (place, (governed, record, _)) in mine.iter().enumerate() {
            let moved = minutes(&new[place]) - minutes(&old[place]);
            difference += moved;
            let team = county(if record.team_id == Town::TEAM { "330106" } else { "330203" });
            let unit = moves.entry(team.into()).or_default();
            unit[2] += moved.max(0);
            unit[3] += (-moved).max(0);
            assert!(*governed || moved == 0);
        }
        for (sign, all, limit) in [(-1, &old, before.leader), (1, &new, after.leader)] {
            let mut days: HashMap<i64, i64> = HashMap::new();
            let mut of_team: BTreeMap<(i64, &str), i64> = BTreeMap::new();
            for ((governed, record, _), counted) in mine.iter().zip(all) {
                for minute in counted {
                    let day = (minute + 8 * 60) / 1440;
                    *days.entry(day).or_default() += 1;
                    if *governed {
                        let team = county(if record.team_id == Town::TEAM { "330106" } else { "330203" });
                        *of_team.entry((day, team)).or_default() += 1;
                    }
                }
            }
            for ((day, team), minutes) in of_team {
                if days[&day] > limit {
                    moves.entry(team.into()).or_default()[4] += sign * minutes;
                }
            }
        }
        let new_stars = if person.residence_code.starts_with(stars_for) { &after.stars } else { &before.stars };
        let (was, is) = (star(total, &before.stars), star(total + difference, new_stars));
        let home = moves.entry(county(&person.residence_code).into()).or_default();
        home[0] += i64::from(is > was);
        home[1] += i64::from(is < was);
    }
    moves.retain(|_, moves| *moves != [0; 5]);
    moves
}

fn first() -> Numbers {
    Numbers { minimum: 15, step: 1, pairs: 3, leader: 480, stars: vec![6000, 18_000, 36_000, 60_000, 90_000] }
}

/// Twenty volunteers with fifty stays each, of two teams.
async fn served(town: &Town) {
    let (leader, other) = (town.leader("Li").await, town.other_leader("Hai").await);
    let one = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
    let two = json!({ "teamId": id(Town::OTHER_TEAM) });
    let two = other.post_activity(at("08:00"), at("12:00"), 8, two).await;
    long_ledgers(town, 20, 50, [one.shift(), two.shift()]).await;
    keep_signed_in(town).await;
}

stories! {
    async fn what_would_move_is_what_single_minutes_say(town: Town) {
        served(&town).await;
        let officer = town.officer("Sheng", "33").await;
        keep_signed_in(&town).await;
        let all = json!({ "counting": { "minimumMinutes": 9, "roundingMinutes": 7, "pairsPerDay": 1 }, "days": { "leaderMaxMinutes": 300 },
            "stars": { "thresholds": [7000, 8000] } });
        for (day, given, after) in [
            (9, json!({ "counting": { "minimumMinutes": 120 } }), Numbers { minimum: 120, ..first() }),
            (10, json!({ "counting": { "minimumMinutes": 9 } }), Numbers { minimum: 9, ..first() }),
            (11, json!({ "counting": { "pairsPerDay": 1 } }), Numbers { pairs: 1, ..first() }),
            (12, json!({ "days": { "leaderMaxMinutes": 400 } }), Numbers { leader: 400, ..first() }),
            (13, json!({ "stars": { "thresholds": [7000, 8000] } }), Numbers { stars: vec![7000, 8000], ..first() }),
            (14, json!({ "counting": { "roundingMinutes": 30 } }), Numbers { step: 30, ..first() }),
            (15, all, Numbers { minimum: 9, step: 7, pairs: 1, leader: 300, stars: vec![7000, 8000] }),
        ] {
            let policy = proposed(&officer, "33", &format!("2026-05-{day:02}"), given.clone()).await;
            let expected = reference(&town, "33", &first(), &after, "33").await;
            assert!(!expected.is_empty(), "{given}: the story moves something");
            assert_eq!(looked_ahead(&town, &officer, &policy).await, expected, "{given}");
            withdraw(&officer, &policy).await.fine();
        }
    }

    async fn a_county_s_policy_moves_what_its_own_teams_recorded(town: Town) {
        served(&town).await;
        let (county, city) = (town.officer("Xian", "330106").await, town.officer("Shi", "3301").await);
        keep_signed_in(&town).await;
        let given = json!({ "counting": { "minimumMinutes": 100 } });
        let policy = proposed(&county, "330106", "2026-05-09", given.clone()).await;
        let expected = reference(&town, "330106", &first(), &Numbers { minimum: 100, ..first() }, "none").await;
        assert_eq!(looked_ahead(&town, &county, &policy).await, expected);
        // What the city says does not reach the county, which has its own way.
        let above = proposed(&city, "3301", "2026-05-10", given).await;
        assert_eq!(looked_ahead(&town, &city, &above).await, BTreeMap::new());
    }

    async fn only_who_sets_the_policy_looks_ahead_and_only_while_it_waits(town: Town) {
        let officer = town.officer("Xian", "330106").await;
        keep_signed_in(&town).await;
        let policy = proposed(&officer, "330106", "2026-05-09", json!({ "counting": { "minimumMinutes": 20 } })).await;
        let others = [town.officer("Ning", "3302").await, town.leader("Li").await, town.volunteer("Ling").await];
        for other in &others {
            assert_eq!(ask(other, &policy).await.codes(), ["NOT_FOUND"]);
        }
        assert_eq!(ask(&town.stranger(), &policy).await.fault(), "UNAUTHENTICATED");
        assert_eq!(town.rows("policy_preview").await, 0);
        let preview = ask(&officer, &policy).await.fine();
        assert_eq!(preview.data("/previewPolicy/preview/percent"), json!(0));
        let preview = preview.text("/previewPolicy/preview/id");
        for other in others.iter().chain([&town.stranger()]) {
            assert_eq!(look(other, &preview).await, Value::Null);
        }
        assert_eq!(look(&town.officer("Sheng", "33").await, &preview).await["state"], "WAITING");
        let later = proposed(&officer, "330106", "2026-05-10", json!({ "counting": { "minimumMinutes": 21 } })).await;
        withdraw(&officer, &later).await.fine();
        assert_eq!(ask(&officer, &later).await.codes(), ["WITHDRAWN"]);
        town.clock.set(at("+1 00:00"));
        assert_eq!(ask(&officer, &policy).await.codes(), ["IN_FORCE"]);
        assert_eq!(town.rows("policy_preview").await, 1);
    }

    /// Asked for at two instances at once, and carried out by three: once.
    async fn asked_for_many_times_at_once_it_is_done_once(town: Town) {
        let officer = town.officer("Xian", "330106").await;
        let policy = proposed(&officer, "330106", "2026-05-09", json!({ "counting": { "minimumMinutes": 20 } })).await;
        let asked = join_all((0..6).map(|_| ask(&officer, &policy))).await;
        let ids: BTreeSet<String> = asked.into_iter().map(|answer| answer.fine().text("/previewPolicy/preview/id")).collect();
        assert_eq!(ids.len(), 1);
        let done = join_all((0..3).map(|_| jobs(&town))).await;
        assert_eq!(done.iter().sum::<usize>(), 1, "{done:?}");
        assert_eq!(town.rows("policy_preview WHERE attempt = 1 AND state = 'DONE'").await, 1);
        let again = ask(&officer, &policy).await.fine();
        assert!(!ids.contains(&again.text("/previewPolicy/preview/id")), "what is done is worked out anew when asked again");
    }

    async fn what_an_instance_left_behind_another_takes_over_and_the_first_cannot_finish(town: Town) {
        let officer = town.officer("Xian", "330106").await;
        keep_signed_in(&town).await;
        let policy = proposed(&officer, "330106", "2026-05-20", json!({ "counting": { "minimumMinutes": 20 } })).await;
        let preview = ask(&officer, &policy).await.fine().text("/previewPolicy/preview/id");
        let conn = &town.app.db.conn;
        let left = preview::store::claim(conn, town.clock.now()).await.expect("a job").expect("it waits");
        assert_eq!(jobs(&town).await, 0, "somebody is at it");
        assert_eq!(look(&officer, &preview).await["state"], "RUNNING");
        town.clock.set(at("07:02"));
        assert_eq!(jobs(&town).await, 1);
        let ctx = Ctx::system(town.another_app().await, "story");
        assert!(!preview::service::run(&ctx, &left).await.expect("it stops"), "the first finds that it was taken over");
        assert_eq!(look(&officer, &preview).await["state"], "DONE");

        let preview = ask(&officer, &policy).await.fine().text("/previewPolicy/preview/id");
        for minute in [10, 20, 30] {
            town.clock.set(at(&format!("07:{minute}")));
            preview::store::claim(conn, town.clock.now()).await.expect("a job").expect("it waits");
        }
        town.clock.set(at("07:40"));
        assert_eq!(jobs(&town).await, 0);
        assert_eq!(look(&officer, &preview).await["state"], "FAILED", "begun three times");
        propose(&officer, "330106", "2026-05-21", json!({ "counting": { "minimumMinutes": 21 } })).await.fine();
        db::run(conn, "DELETE FROM policy_preview", []).await.expect("they are nobody's");
    }
}
