//! 排行榜: who is shown, where everybody stands, and that boards are what the ledger says, whatever happens.

use std::collections::BTreeMap;

use boai::{
    leaderboards::{
        check, jobs,
        rules::{Among, Board, Period, ranks},
        service, store,
    },
    people,
    platform::{db, pages::Page},
};
use boai_entity::{
    ids::{TeamId, VolunteerId},
    kinds::{Category, ConsentKind},
    leaderboard_standing, leaderboard_tally,
};
use boai_tests::{Answer, Person, Town, at, id, keep_signed_in, long_ledgers, stories};
use chrono::{Datelike, NaiveDate};
use futures_util::future::{join, join_all};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::{correction, rejection, scene_of, serve, volunteer_key};

const BOARD: &str =
    "query($branch: ID, $team: ID, $category: Category, $year: Int, $month: Int, $first: Int, $after: String) {
    leaderboard(branchId: $branch, teamId: $team, category: $category, year: $year, month: $month) {
        places(first: $first, after: $after) { nodes { rank name minutes isMe } pageInfo { hasNextPage endCursor } }
        mine { rank minutes shown } } }";

fn county() -> Value {
    json!({ "branch": id(Town::branch("330106")) })
}

async fn board(who: &Person<'_>, of: Value) -> Value {
    who.ask(BOARD, of).await.data("/leaderboard")
}

/// (rank, minutes) of those who are shown.
fn places(board: &Value) -> Vec<(i64, i64)> {
    let nodes = board["places"]["nodes"].as_array().into_iter().flatten();
    nodes.map(|node| (node["rank"].as_i64().expect("a rank"), node["minutes"].as_i64().expect("minutes"))).collect()
}

/// (rank, minutes, shown) of the one who asks.
async fn mine(who: &Person<'_>, of: Value) -> Value {
    let mine = board(who, of).await["mine"].clone();
    json!([mine["rank"], mine["minutes"], mine["shown"]])
}

async fn agree(who: &Person<'_>) -> Answer {
    let document = "mutation { giveConsent(input: { kind: LEADERBOARD, version: \"2026-01\" }) { errors { code } } }";
    who.ask(document, json!({})).await
}

async fn withdraw(who: &Person<'_>) -> Answer {
    let document = "mutation { withdrawConsent(input: { kind: LEADERBOARD }) { errors { code } } }";
    who.ask(document, json!({})).await
}

/// Everybody comes at eight and leaves after so many minutes; their stays, which wait for the leader.
async fn stays(shift: &str, served: &[(&Person<'_>, i64)]) -> Vec<String> {
    let town = served[0].0.town;
    town.clock.set(at("07:00"));
    for (person, _) in served {
        person.sign_up(shift).await.fine();
    }
    town.clock.set(at("08:00"));
    for (person, _) in served {
        person.check_in(shift, 20.0).await.fine();
    }
    let mut order: Vec<usize> = (0..served.len()).collect();
    order.sort_by_key(|place| served[*place].1);
    let mut stays = vec![String::new(); served.len()];
    for place in order {
        let (person, minutes) = served[place];
        town.clock.set(at("08:00") + chrono::TimeDelta::minutes(minutes));
        stays[place] = person.check_out(20.0).await.fine().text("/checkOut/attendance/id");
    }
    stays
}

async fn confirm_all(leader: &Person<'_>, stays: &[String]) {
    let items: Vec<Value> = stays.iter().map(|stay| json!({ "attendanceId": stay })).collect();
    leader.confirm_hours(json!(items)).await.fine();
}

async fn run(town: &Town, text: &str) -> u64 {
    db::run(&town.app.db.conn, text, []).await.unwrap_or_else(|error| panic!("{error}: {text}"))
}

stories! {
    async fn ranks_are_among_all_and_only_who_agreed_is_shown(town: Town) {
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 20, json!({})).await;
        let crowd = town.crowd(6).await;
        let [ling, mei, bo, da, er, late] = [0, 1, 2, 3, 4, 5].map(|place| &crowd[place]);
        keep_signed_in(&town).await;
        let served = [(ling, 180), (mei, 120), (bo, 120), (da, 60), (er, 200), (late, 30)];
        let stays = stays(posted.shift(), &served).await;
        for person in [ling, mei, bo, da] {
            agree(person).await.fine();
        }
        assert_eq!(mine(ling, county()).await, json!([null, null, null]), "what is not confirmed counts nowhere");
        confirm_all(&leader, &stays[..5]).await;

        // 200, 180, 120, 120, 60; who has 200 is not shown, and stands first.
        let seen = board(ling, county()).await;
        assert_eq!(places(&seen), [(2, 180), (3, 120), (3, 120), (5, 60)]);
        let first = &seen["places"]["nodes"][0];
        assert_eq!((&first["name"], &first["isMe"]), (&json!("王*明"), &json!(true)));
        assert_eq!(seen["places"]["nodes"][1]["isMe"], false);
        assert_eq!(mine(er, county()).await, json!([1, 200, false]));
        assert_eq!(mine(bo, county()).await, json!([3, 120, true]));
        assert_eq!(mine(late, county()).await, json!([null, null, null]));

        // What others see follows the consent at once, and the rank does not depend on it.
        withdraw(mei).await.fine();
        assert_eq!(places(&board(ling, county()).await), [(2, 180), (3, 120), (5, 60)]);
        assert_eq!(mine(mei, county()).await, json!([3, 120, false]));
        assert_eq!(withdraw(mei).await.codes(), ["NOT_IN_FORCE"]);
        agree(er).await.fine();
        agree(er).await.fine();
        assert_eq!(places(&board(ling, county()).await), [(1, 200), (2, 180), (3, 120), (5, 60)]);

        // A correction moves the boards at once, a rejection takes off them.
        let items = json!([correction(&stays[0], at("08:00"), at("09:10"), "x"), rejection(&stays[4], "x")]);
        leader.confirm_hours(items).await.fine();
        assert_eq!(places(&board(ling, county()).await), [(1, 120), (3, 70), (4, 60)]);
        assert_eq!(mine(er, county()).await, json!([null, null, null]));
        // The same once all is counted.
        jobs::count_all(&town.app.db).await.expect("it is counted");
        let city = json!({ "branch": id(Town::branch("3301")) });
        assert_eq!(places(&board(ling, city.clone()).await), [(1, 120), (3, 70), (4, 60)]);
        confirm_all(&leader, &stays[5..]).await;
        assert_eq!(mine(late, city).await, json!([5, 30, false]));
        assert_eq!(town.stranger().ask(BOARD, county()).await.data("/leaderboard"), Value::Null);
        town.audit().await;
    }

    async fn boards_are_by_branch_team_category_and_period(town: Town) {
        let first_aid = scene_of(&town, at("08:00"), at("12:00"), json!({})).await;
        let elderly = json!({ "teamId": id(Town::OTHER_TEAM), "category": "ELDERLY" });
        let sun = town.other_leader("Sun").await;
        let visit = sun.post_activity(at("+30 13:00"), at("+30 15:00"), 8, elderly).await;
        let ling = &first_aid.ling;
        ling.sign_up(visit.shift()).await.fine();
        keep_signed_in(&town).await;
        let morning = serve(ling, first_aid.shift(), at("08:00"), at("12:00")).await;
        first_aid.leader.confirm(&morning).await.fine();
        let visited = serve(ling, visit.shift(), at("+30 13:00"), at("+30 14:00")).await;
        sun.confirm(&visited).await.fine();

        let branch = |code: &str, more: Value| {
            let mut of = json!({ "branch": id(Town::branch(code)) });
            of.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            of
        };
        // She lives in a village: on its boards, and on those of every branch above it.
        for code in ["330106109203", "330106109", "330106", "3301", "33"] {
            assert_eq!(mine(ling, branch(code, json!({}))).await, json!([1, 300, false]), "{code}");
        }
        for code in ["3302", "330203"] {
            assert_eq!(mine(ling, branch(code, json!({}))).await[1], Value::Null, "{code}");
        }
        for (more, minutes) in [
            (json!({ "year": 2026 }), json!(300)),
            (json!({ "year": 2026, "month": 5 }), json!(240)),
            (json!({ "year": 2026, "month": 6 }), json!(60)),
            (json!({ "year": 2025 }), Value::Null),
            (json!({ "category": "ELDERLY" }), json!(60)),
            (json!({ "category": "ELDERLY", "year": 2026, "month": 5 }), Value::Null),
            (json!({ "category": "FIRST_AID", "year": 2026, "month": 5 }), json!(240)),
        ] {
            assert_eq!(mine(ling, branch("33", more.clone())).await[1], minutes, "{more}");
        }
        for (team, more, minutes) in [
            (Town::TEAM, json!({}), json!(240)),
            (Town::OTHER_TEAM, json!({}), json!(60)),
            (Town::OTHER_TEAM, json!({ "year": 2026, "month": 6, "category": "ELDERLY" }), json!(60)),
            (Town::OTHER_TEAM, json!({ "category": "FIRST_AID" }), Value::Null),
        ] {
            let mut of = json!({ "team": id(team) });
            of.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            assert_eq!(mine(ling, of).await[1], minutes, "{more}");
        }
        // A school's branch has the members of its teams.
        let school = "UPDATE branch SET path = '330203/school' WHERE path = '330203'";
        run(&town, school).await;
        let of = branch("330203", json!({}));
        assert_eq!(mine(ling, of.clone()).await[1], Value::Null);
        let member = "INSERT INTO team_member (team_id, volunteer_id, state, asked_at) VALUES ($1, $2, 'ACCEPTED', $3)";
        let values = [Town::OTHER_TEAM.into(), volunteer_key(ling).await.into(), town.clock.now().into()];
        db::run(&town.app.db.conn, member, values).await.expect("a member");
        assert_eq!(mine(ling, of).await, json!([1, 300, false]));

        for bad in [json!({}), branch("33", json!({ "team": id(Town::TEAM) })), branch("33", json!({ "month": 5 })),
            branch("33", json!({ "year": 2026, "month": 13 }))] {
            let answer = ling.ask(BOARD, bad.clone()).await;
            assert_eq!(answer.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{bad}");
        }
        town.audit().await;
    }

    async fn a_board_is_read_page_by_page(town: Town) {
        let crowd = town.crowd(7).await;
        keep_signed_in(&town).await;
        for (person, minutes) in crowd.iter().zip([50, 40, 40, 40, 30, 30, 20]) {
            agree(person).await.fine();
            moved(&town, volunteer_key(person).await, minutes).await;
        }
        let mut seen = Vec::new();
        let mut after = Value::Null;
        loop {
            let mut of = county();
            of["first"] = json!(2);
            of["after"] = after;
            let page = board(&crowd[0], of).await;
            seen.extend(places(&page));
            after = page["places"]["pageInfo"]["endCursor"].clone();
            if page["places"]["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(seen, [(1, 50), (2, 40), (2, 40), (2, 40), (5, 30), (5, 30), (7, 20)]);
        // A cursor of one board is none of another.
        let other = json!({ "branch": id(Town::branch("33")), "after": after });
        let answer = crowd[0].ask(BOARD, other).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }

    async fn a_minor_is_shown_only_while_the_guardian_agrees_and_nobody_who_is_erased(town: Town) {
        let child = town.person("王小宝").await;
        child.enrol_with_guardian("2010-01-01").await;
        let grown = town.resident("王一明").await;
        keep_signed_in(&town).await;
        for (person, minutes) in [(&child, 90), (&grown, 60)] {
            agree(person).await.fine();
            moved(&town, volunteer_key(person).await, minutes).await;
        }
        assert_eq!(places(&board(&grown, county()).await), [(1, 90), (2, 60)]);
        let guardians = "UPDATE consent SET withdrawn_at = given_at WHERE kind = 'GUARDIAN'";
        assert_eq!(run(&town, guardians).await, 1);
        assert_eq!(places(&board(&grown, county()).await), [(2, 60)]);
        assert_eq!(mine(&child, county()).await, json!([1, 90, false]));
        // On the 18th birthday it is the child's own word.
        town.clock.set("2028-01-01T00:00:00+08:00".parse().expect("a moment"));
        assert_eq!(places(&board(&grown, county()).await), [(1, 90), (2, 60)]);

        jobs::count_all(&town.app.db).await.expect("it is counted");
        moved(&town, volunteer_key(&child).await, 5).await;
        let tx = town.app.db.begin().await.expect("a transaction");
        store::take_off(&tx, volunteer_key(&child).await).await.expect("taken off");
        tx.commit().await.expect("committed");
        let province = json!({ "branch": id(Town::branch("33")) });
        assert_eq!(places(&board(&grown, province.clone()).await), [(1, 60)]);
        assert_eq!(mine(&grown, province).await, json!([1, 60, true]));
    }

    /// Many are confirmed at once by two instances, while the tallies are counted and the boards are rebuilt.
    async fn what_two_instances_book_at_once_is_on_the_boards(town: Town) {
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 40, json!({})).await;
        let crowd = town.crowd(24).await;
        keep_signed_in(&town).await;
        let served: Vec<_> = crowd.iter().zip(0..).map(|(person, place)| (person, 60 + place % 5)).collect();
        let stays = stays(posted.shift(), &served).await;
        let other = town.instance(|_| ()).await;
        let document = "mutation($stay: ID!) { confirmHours(input: { items: [{ attendanceId: $stay }] }) { errors { code } } }";
        let urls = [town.url.as_str(), &other];
        let confirmed = (0..stays.len()).map(|place| leader.ask_at(urls[place % 2], document, json!({ "stay": stays[place] })));
        let confirmed = join_all(confirmed);
        let (here, there) = (town.another_app().await, town.another_app().await);
        let counted = join(jobs::count_all(&here.db), jobs::count_all(&there.db));
        let rebuilt = join(check::rebuild(&here.db, |_| ()), check::rebuild(&there.db, |_| ()));
        let (answers, counted, rebuilt) = futures_util::join!(confirmed, counted, rebuilt);
        for answer in answers {
            answer.fine();
        }
        counted.0.and(counted.1).expect("it is counted");
        for report in [rebuilt.0, rebuilt.1] {
            let report = report.expect("it is rebuilt");
            assert!(report.is_fine(), "{report}");
        }
        jobs::count_all(&town.app.db).await.expect("it is counted");
        for (person, minutes) in &served {
            let above = served.iter().filter(|other| other.1 > *minutes).count();
            let province = json!({ "branch": id(Town::branch("33")) });
            assert_eq!(mine(person, province).await, json!([above + 1, minutes, false]));
        }
        town.audit().await;
    }

    async fn what_was_changed_behind_the_product_s_back_is_named_and_rebuilt(town: Town) {
        let scene = scene_of(&town, at("08:00"), at("12:00"), json!({})).await;
        let elderly = json!({ "teamId": id(Town::OTHER_TEAM), "category": "ELDERLY" });
        let visit = town.other_leader("Sun").await.post_activity(at("13:00"), at("15:00"), 8, elderly).await;
        long_ledgers(&town, 30, 20, [scene.shift(), visit.shift()]).await;
        let missing = town.audit_boards().await;
        assert!(missing.wrong_volunteers >= 29, "{missing}");
        let rebuilt = check::rebuild(&town.app.db, |_| ()).await.expect("it is rebuilt");
        assert_eq!(rebuilt.wrong_volunteers, missing.wrong_volunteers);
        assert!(town.audit_boards().await.is_fine());
        let before = everything(&town).await;
        for (damage, names) in [
            ("UPDATE leaderboard_standing SET minutes = minutes + 7 WHERE period = 0 AND category = ''", "the board says"),
            ("DELETE FROM leaderboard_standing WHERE period = 0", "the board says 0 minutes"),
            ("UPDATE leaderboard_standing SET home = '330203' WHERE home <> '330203'", "another home"),
            ("UPDATE leaderboard_standing SET shown = TRUE", "shown otherwise"),
            ("UPDATE leaderboard_standing SET counted = minutes + 5 WHERE period = 0 AND counted > 0", "tally of 33"),
            ("UPDATE leaderboard_tally SET heads = heads + 3 WHERE area = '3301'", "tally of 3301"),
            ("DELETE FROM leaderboard_tally", "tally of"),
        ] {
            assert!(run(&town, damage).await > 0, "{damage}");
            let found = town.audit_boards().await;
            assert!(found.faults.iter().any(|fault| fault.contains(names)), "{damage}: {found}");
            let rebuilt = check::rebuild(&town.app.db, |_| ()).await.expect("it is rebuilt");
            assert!(rebuilt.rebuilt && !rebuilt.is_fine(), "{rebuilt}");
            assert_eq!(everything(&town).await, before, "{damage}");
        }
        assert!(check::rebuild(&town.app.db, |_| ()).await.expect("it is rebuilt").is_fine());
    }

    /// A database that has a ledger and no boards yet, as before the migration.
    async fn who_served_before_there_were_boards_is_on_them(town: Town) {
        let scene = scene_of(&town, at("08:00"), at("12:00"), json!({})).await;
        long_ledgers(&town, 20, 10, [scene.shift(), scene.shift()]).await;
        let sqlite = town.app.db.conn.get_database_backend() == DbBackend::Sqlite;
        let open = if sqlite { "DROP TRIGGER consent_text_no_DELETE" } else { "DROP TRIGGER consent_text_append_only ON consent_text" };
        for text in [open, "DELETE FROM consent_text WHERE kind = 'LEADERBOARD'", "DROP TABLE leaderboard_standing",
            "DROP TABLE leaderboard_tally", "DELETE FROM seaql_migrations WHERE version = 'm0120_leaderboards'"] {
            town.app.db.conn.execute_unprepared(text).await.unwrap_or_else(|error| panic!("{error}: {text}"));
        }
        assert_eq!(town.app.db.migrate().await.expect("it is brought up to date"), 1);
        assert!(town.rows("leaderboard_standing").await > 100);
        let found = town.audit_boards().await;
        assert!(found.is_fine(), "{found}");
        assert!(jobs::count_all(&town.app.db).await.expect("it is counted") >= 19);
        let found = town.audit_boards().await;
        assert!(found.is_fine(), "{found}");
    }

    /// Three hundred bookings, corrections and counts in any order: each board and each rank is what a slow reference says.
    async fn boards_are_what_a_slow_reference_says(town: Town) {
        let crowd = town.crowd(30).await;
        let homes = ["330106109203", "330106109", "330106", "3301", "33", "3302", "330203"];
        let mut volunteers = Vec::new();
        for (place, person) in crowd.iter().enumerate() {
            let volunteer = volunteer_key(person).await;
            let moved = "UPDATE volunteer SET residence_code = $2 WHERE id = $1";
            db::run(&town.app.db.conn, moved, [volunteer.into(), homes[place % homes.len()].into()]).await.expect("moved");
            let shown = place % 3 != 0;
            if shown {
                let consent = people::store::new_consent(town.app.random.uuid(town.clock.now()), person.person_id().await,
                    ConsentKind::Leaderboard, "2026-01", town.clock.now());
                people::store::give_consent(&town.app.db.conn, consent).await.expect("a consent");
            }
            volunteers.push((volunteer, homes[place % homes.len()], shown));
        }
        let below = |limit: u64| town.app.random.below(limit) as usize;
        let days: Vec<NaiveDate> =
            ["2025-12-31", "2026-01-01", "2026-01-31", "2026-05-08"].iter().map(|day| day.parse().expect("a day")).collect();
        let mut booked: Vec<(usize, (TeamId, Category, NaiveDate), i32)> = Vec::new();
        for round in 0..300 {
            let taken_back = (below(4) == 0 && !booked.is_empty()).then(|| booked.swap_remove(below(booked.len() as u64)));
            let (who, of, minutes) = match taken_back {
                Some((who, of, minutes)) => (who, of, -minutes),
                None => {
                    let team = [Town::TEAM, Town::OTHER_TEAM][below(2)];
                    let of = (team, [Category::FirstAid, Category::Elderly][below(2)], days[below(4)]);
                    // Many alike, and some beyond where buckets are minutes.
                    let minutes = [60, 60, 120, 255, 256, 257, 300, 301, 4000][below(9)];
                    booked.push((below(30), of, minutes));
                    *booked.last().expect("just now")
                }
            };
            store::move_standings(&town.app.db.conn, volunteers[who].0, of, minutes).await.expect("moved");
            if below(20) == 0 {
                jobs::count_all(&town.app.db).await.expect("it is counted");
            }
            if round % 60 == 59 {
                compare(&town, &volunteers, &booked).await;
            }
        }
        jobs::count_all(&town.app.db).await.expect("it is counted");
        compare(&town, &volunteers, &booked).await;
    }
}

/// Books minutes of a volunteer's on the boards, with no ledger behind them.
async fn moved(town: &Town, volunteer: VolunteerId, minutes: i32) {
    let of = (Town::TEAM, Category::FirstAid, "2026-05-08".parse().expect("a day"));
    store::move_standings(&town.app.db.conn, volunteer, of, minutes).await.expect("moved");
}

/// Every standing and tally with anything in it.
async fn everything(town: &Town) -> (Vec<leaderboard_standing::Model>, Vec<leaderboard_tally::Model>) {
    use leaderboard_standing::Column as Of;
    use leaderboard_tally::Column as In;
    let conn = &town.app.db.conn;
    let standings = leaderboard_standing::Entity::find().filter(Of::Minutes.ne(0)).order_by_asc(Of::VolunteerId);
    let standings = standings.order_by_asc(Of::TeamId).order_by_asc(Of::Category).order_by_asc(Of::Period);
    let tallies = leaderboard_tally::Entity::find().filter(In::Heads.ne(0)).order_by_asc(In::Area);
    let tallies = tallies.order_by_asc(In::Category).order_by_asc(In::Period).order_by_asc(In::Bucket);
    (standings.all(conn).await.expect("standings"), tallies.all(conn).await.expect("tallies"))
}

async fn compare(
    town: &Town,
    volunteers: &[(VolunteerId, &str, bool)],
    booked: &[(usize, (TeamId, Category, NaiveDate), i32)],
) {
    let ctx = boai::ctx::Ctx::system(town.app.clone(), "story");
    let amongs = ["33", "3301", "3302", "330106", "330106109", "330106109203"].map(|code| Among::Division(code.into()));
    let amongs: Vec<_> = amongs.into_iter().chain([Among::Team(Town::TEAM), Among::Team(Town::OTHER_TEAM)]).collect();
    for among in amongs {
        for category in [None, Some(Category::Elderly)] {
            for period in [0, 202_500, 202_600, 202_601, 202_605].map(Period) {
                let mut minutes: BTreeMap<usize, i32> = BTreeMap::new();
                for (who, (team, of, day), more) in booked {
                    let there = match &among {
                        Among::Team(of) => of == team,
                        Among::Division(code) | Among::Members(code) => volunteers[*who].1.starts_with(code.as_str()),
                    };
                    let then = match (period.0, period.0 % 100) {
                        (0, _) => true,
                        (year, 0) => day.year() == year / 100,
                        (month, _) => (day.year(), day.month() as i32) == (month / 100, month % 100),
                    };
                    if there && then && category.is_none_or(|category| category == *of) {
                        *minutes.entry(*who).or_default() += more;
                    }
                }
                let rank = |own: i32| 1 + minutes.values().filter(|other| **other > own).count() as i64;
                let mut expected: Vec<_> = minutes
                    .iter()
                    .filter(|(who, _)| volunteers[**who].2)
                    .map(|(who, own)| (*own, volunteers[*who].0.0, rank(*own)))
                    .collect();
                expected.sort_unstable_by(|one, two| two.cmp(one));
                let board = Board { among: among.clone(), category, period };
                let mut seen = Vec::new();
                let mut page = Page { limit: 7, from: None, backward: false };
                loop {
                    let slice = service::places(&ctx, &board, &page).await.expect("a page");
                    seen.extend(slice.rows.iter().map(|row| (row.listed.minutes, row.listed.volunteer_id.0, row.rank)));
                    page.from = seen.last().map(|last| (last.0, last.1));
                    if !slice.has_next {
                        break;
                    }
                }
                assert_eq!(seen, expected, "{board:?}");
                for (who, own) in &minutes {
                    let found = 1 + store::above(&town.app.db.conn, &board, *own).await.expect("a rank");
                    assert_eq!(found, rank(*own), "{board:?} of {who}");
                }
            }
        }
    }
    assert_eq!(ranks(1, &[], &[5]), [1]);
}
