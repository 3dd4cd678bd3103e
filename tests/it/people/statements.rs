//! Stories of how much is asked of the database: a fixed number of statements, however much a volunteer has done.

use boai_tests::{Person, Town, at, id, stories};
use serde_json::json;

use crate::acts::{ask_to_join, decide};

/// Parts of `me`, and the statements that each takes; one of them finds out who is asking. A shift asks for its
/// activity, for nobody sees it before that is published.
const PARTS: [(&str, u64); 10] = [
    ("volunteer { name number residence { name } } consents { kind } sessions { device }", 5),
    ("hours { confirmed pending byYear { year } byCategory { category } byBook { book } byTeam { team { name } } }", 3),
    ("stars { star awarded confirmed next { missing } } starAwards { star } registration { state }", 6),
    ("badges { code eligible missing steps { met } }", 4),
    ("records(first: 10) { nodes { minutes team { name branch { name } } } }", 4),
    ("activities: records(first: 10) { nodes { activity { title } } }", 3),
    ("shifts: records(first: 10) { nodes { shift { capacity } } }", 4),
    ("teams { state team { name branch { name division { name } } } }", 5),
    ("phone weChatLinkedAt recovery { state openedBy { name } }", 3),
    ("roles { role branch { name } team { name } }", 4),
];

/// Serves an hour on each of these days, and has it confirmed.
async fn serve(town: &Town, leader: &mut Person<'_>, volunteer: &mut Person<'_>, days: std::ops::Range<u32>) {
    for day in days {
        town.clock.set(at(&format!("+{day} 08:50")));
        leader.refresh().await;
        volunteer.refresh().await;
        let (from, to) = (at(&format!("+{day} 09:00")), at(&format!("+{day} 10:00")));
        let posted = leader.post_activity(from, to, 5, json!({})).await;
        volunteer.sign_up(posted.shift()).await.fine();
        town.clock.set(from);
        volunteer.check_in(posted.shift(), 0.0).await.fine();
        town.clock.set(to);
        leader.refresh().await;
        volunteer.refresh().await;
        let out = volunteer.check_out(0.0).await.fine();
        leader.confirm(&out.text("/checkOut/attendance/id")).await.fine();
    }
}

async fn join(leader: &Person<'_>, volunteer: &Person<'_>, team: &str) {
    ask_to_join(volunteer, team).await.fine();
    decide(leader, team, &volunteer.volunteer_id().await, true).await.fine();
}

/// The fewest statements of three requests: a loader waits for a moment to gather what is asked, and on a busy machine
/// that moment can be over too soon now and then. A loader that is missing shows in all three.
async fn statements(town: &Town, person: &Person<'_>, fields: &str) -> u64 {
    let mut fewest = u64::MAX;
    for _ in 0..3 {
        let (answer, count) = town.statements(person.ask(&format!("{{ me {{ {fields} }} }}"), json!({}))).await;
        answer.data("/me");
        fewest = fewest.min(count);
    }
    fewest
}

stories! {
    async fn me_takes_as_many_statements_for_ten_records_as_for_one(town: Town) {
        let mut leader = town.leader("Leader").await;
        leader.hold("TEAM_LEADER", None, Some(Town::OTHER_TEAM)).await;
        let (mut new, mut old) = (town.volunteer("New").await, town.volunteer("Old").await);
        for (volunteer, teams) in [(&new, &[Town::TEAM][..]), (&old, &[Town::TEAM, Town::OTHER_TEAM])] {
            for team in teams {
                join(&leader, volunteer, &id(*team)).await;
                volunteer.hold("DESK_OPERATOR", None, Some(*team)).await;
            }
        }
        new.hold("DESK_OPERATOR", Some(Town::branch("3301")), None).await;
        for code in ["3301", "330203", "330106"] {
            old.hold("DESK_OPERATOR", Some(Town::branch(code)), None).await;
        }
        serve(&town, &mut leader, &mut new, 0..1).await;
        serve(&town, &mut leader, &mut old, 1..11).await;
        new.refresh().await;
        assert_eq!((new.minutes().await, old.minutes().await), ((60, 0), (600, 0)));

        for (fields, expected) in PARTS {
            for person in [&new, &old] {
                assert_eq!(statements(&town, person, fields).await, expected, "{}: {fields}", person.name);
            }
        }
        // All at once, parts that need the same thing at the same time share a loader: never more than the sum, in
        // which who is asking is counted once.
        let whole: String = PARTS.iter().map(|(fields, _)| format!("{fields} ")).collect();
        let sum = PARTS.iter().map(|(_, count)| count - 1).sum::<u64>() + 1;
        for person in [&new, &old] {
            let taken = statements(&town, person, &whole).await;
            assert!(taken <= sum, "{}: {taken} of {sum}", person.name);
        }
    }
}
