//! People with many hours behind them, and what officers do with rounds.

use boai::{
    hours::{
        ledger::{Span, total_moves},
        rules::{GENESIS, entry_hash, to_spans},
    },
    platform::{db, node::decode},
};
use boai_entity::{
    Instant, attendance,
    ids::{
        ActivityId, AttendanceId, BranchId, LedgerEntryId, PersonId, PolicyId, ServiceRecordId, ShiftId, TeamId,
        VolunteerId,
    },
    kinds::{AttendanceState, Book, Category, EntryKind, EvidenceGrade, MembershipState, RecordState},
    ledger_entry, service_record, team_member, volunteer_total,
};
use boai_tests::{Answer, Person, Posted, Town, at, id, insert_all};
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

/// The UUID inside a global id.
pub fn key(global_id: &str) -> Uuid {
    let (_, key) = decode(global_id).expect("a global id");
    key.parse().expect("a UUID")
}

/// A shift long ago of 西湖救援队's, which those served at who have hours behind them. Its leader is called Li.
pub async fn posted(town: &Town) -> (Person<'_>, Posted) {
    let leader = town.leader("Li").await;
    let posted = leader.post_activity(at("08:00"), at("12:00"), 500, json!({})).await;
    (leader, posted)
}

/// When what somebody served was, was entered, and became final.
#[derive(Clone, Copy)]
pub struct When {
    pub served: Instant,
    pub entered: Instant,
    pub final_at: Instant,
}

impl When {
    /// In the spring of a year ago.
    pub fn long_ago() -> Self {
        let served = at("08:00") - TimeDelta::days(400);
        Self { served, entered: served + TimeDelta::days(100), final_at: served + TimeDelta::days(104) }
    }
}

#[derive(sea_orm::FromQueryResult)]
struct Known {
    id: VolunteerId,
    person_id: PersonId,
}

#[derive(sea_orm::FromQueryResult)]
struct Policy {
    id: PolicyId,
}

/// Puts hours behind these people as a leader would have confirmed them, each with a record, an entry in their chain and the
/// totals. The stays' global ids, in their order.
pub async fn serve_long_ago(town: &Town, posted: &Posted, people: &[(&Person<'_>, i32)], when: When) -> Vec<String> {
    let conn = &town.app.db.conn;
    let policy: Option<Policy> =
        db::one(conn, "SELECT id FROM policy ORDER BY version LIMIT 1", []).await.expect("asked");
    let policy = policy.expect("a policy").id;
    let (activity, shift) = (ActivityId(key(&posted.activity)), ShiftId(key(posted.shift())));
    let phones: Vec<&str> = people.iter().map(|(person, _)| person.phone.as_str()).collect();
    let mut known = std::collections::HashMap::new();
    for some in phones.chunks(500) {
        #[derive(sea_orm::FromQueryResult)]
        struct Row {
            phone: String,
            #[sea_orm(nested)]
            known: Known,
        }
        let text = format!(
            "SELECT p.phone, v.id, v.person_id FROM volunteer v JOIN person p ON p.id = v.person_id WHERE p.phone IN ({})",
            db::placeholders(1, some.len())
        );
        let rows: Vec<Row> = db::all(conn, text, some.iter().map(|phone| (*phone).into())).await.expect("asked");
        known.extend(rows.into_iter().map(|row| (row.phone, row.known)));
    }
    let (mut stays, mut records, mut entries, mut totals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (person, minutes) in people {
        let Known { id: volunteer, person_id } = known[&person.phone];
        let new_id = || town.app.random.uuid(when.served);
        let span = Span { from: when.served, to: when.served + TimeDelta::minutes((*minutes).into()) };
        let stay = AttendanceId(new_id());
        stays.push(attendance::Model {
            id: stay,
            shift_id: shift,
            volunteer_id: volunteer,
            state: AttendanceState::Closed,
            checked_in_at: span.from,
            check_in_grade: EvidenceGrade::Desk,
            check_in_latitude: None,
            check_in_longitude: None,
            check_in_accuracy_m: None,
            check_in_distance_m: None,
            check_in_by: None,
            checked_out_at: Some(span.to),
            check_out_grade: Some(EvidenceGrade::Desk),
            check_out_latitude: None,
            check_out_longitude: None,
            check_out_accuracy_m: None,
            check_out_distance_m: None,
            check_out_by: None,
            presence_grade: None,
            policy_id: policy,
            location_reduced_at: None,
        });
        let record = service_record::Model {
            id: ServiceRecordId(new_id()),
            attendance_id: stay,
            volunteer_id: volunteer,
            shift_id: shift,
            activity_id: activity,
            team_id: Town::TEAM,
            category: Category::FirstAid,
            service_date: boai::platform::civil::civil_day(span.from),
            served_from: span.from,
            served_to: span.to,
            minutes: *minutes,
            state: RecordState::Confirmed,
            book: Book::SystemProved,
            reason: None,
            recorded_at: when.entered,
            confirmed_at: Some(when.entered),
            confirmed_by: None,
            awaits: None,
            notice_until: Some(when.final_at),
        };
        let mut previous = GENESIS.to_owned();
        let mut served = None;
        for (seq, kind, pending, confirmed) in
            [(1, EntryKind::Served, *minutes, 0), (2, EntryKind::Confirmed, -*minutes, *minutes)]
        {
            let mut entry = ledger_entry::Model {
                id: LedgerEntryId(new_id()),
                volunteer_id: volunteer,
                seq,
                kind,
                record_id: record.id,
                corrects: served,
                book: Book::SystemProved,
                pending_minutes: pending,
                confirmed_minutes: confirmed,
                spans: to_spans(&[span]),
                policy_id: policy,
                recorded_by: person_id,
                recorded_at: when.entered,
                reason: None,
                previous_hash: std::mem::take(&mut previous),
                hash: String::new(),
            };
            entry.hash = entry_hash(&entry);
            previous.clone_from(&entry.hash);
            served = Some(entry.id);
            entries.push(entry);
        }
        let moves =
            total_moves(&record, &[(Book::SystemProved, *minutes, 0), (Book::SystemProved, -*minutes, *minutes)]);
        totals.extend(moves.into_iter().map(|total| volunteer_total::Model {
            volunteer_id: volunteer,
            dimension: total.dimension,
            key: total.key,
            pending_minutes: total.pending,
            confirmed_minutes: total.confirmed,
        }));
        records.push(record);
    }
    let ids = stays.iter().map(|stay| id(stay.id)).collect();
    insert_all::<attendance::Entity, _>(conn, stays).await;
    insert_all::<service_record::Entity, _>(conn, records).await;
    insert_all::<ledger_entry::Entity, _>(conn, entries).await;
    insert_all::<volunteer_total::Entity, _>(conn, totals).await;
    boai::leaderboards::check::rebuild(&town.app.db, |_| {}).await.expect("the boards follow");
    ids
}

/// Somebody who lives in 曙光社区 of 西湖区 and has so many hours behind them; and the stay.
pub async fn veteran<'t>(town: &'t Town, posted: &Posted, name: &str, hours: i32) -> (Person<'t>, String) {
    let person = town.resident(name).await;
    let stay = serve_long_ago(town, posted, &[(&person, hours * 60)], When::long_ago()).await.remove(0);
    (person, stay)
}

/// Has these people live somewhere else.
pub async fn live_in(town: &Town, people: &[&Person<'_>], division: &str) {
    for some in people.chunks(500) {
        let text = format!(
            "UPDATE volunteer SET residence_code = $1 WHERE person_id IN (SELECT id FROM person WHERE phone IN ({}))",
            db::placeholders(2, some.len())
        );
        let phones = some.iter().map(|person| person.phone.as_str().into());
        db::run(&town.app.db.conn, text, std::iter::once(division.into()).chain(phones)).await.expect("they move");
    }
    boai::leaderboards::check::rebuild(&town.app.db, |_| {}).await.expect("the boards follow");
}

/// Founds a team of a branch with these members.
pub async fn team_of(town: &Town, code: &str, members: &[&Person<'_>]) -> TeamId {
    let team = boai_entity::team::Model {
        id: TeamId(town.app.random.uuid(town.clock.now())),
        branch_id: Town::branch(code),
        name: format!("{code}直属队"),
        speciality: Category::FirstAid,
        description: String::new(),
        created_at: town.clock.now(),
    };
    let team_id = team.id;
    insert_all::<boai_entity::team::Entity, _>(&town.app.db.conn, vec![team]).await;
    member_of(town, team_id, members).await;
    team_id
}

/// Has these people be members of a team.
pub async fn member_of(town: &Town, team_id: TeamId, members: &[&Person<'_>]) {
    let mut rows = Vec::new();
    for member in members {
        rows.push(team_member::Model {
            team_id,
            volunteer_id: VolunteerId(key(&member.volunteer_id().await)),
            state: MembershipState::Accepted,
            asked_at: town.clock.now(),
            decided_at: Some(town.clock.now()),
            decided_by: None,
        });
    }
    insert_all::<team_member::Entity, _>(&town.app.db.conn, rows).await;
}

const ROUND: &str =
    "round { id state cutOff noticeUntil cancelReason } errors { code message path numbers { name value } }";

pub async fn open(officer: &Person<'_>, branch: BranchId, stars: (i32, i32), cut_off: &str) -> Answer {
    let document = format!(
        "mutation($branch: ID!, $from: Int!, $to: Int!, $day: Date!) {{ openAwardRound(input: {{
            branchId: $branch, fromStar: $from, toStar: $to, cutOff: $day }}) {{ {ROUND} }} }}"
    );
    let given = json!({ "branch": id(branch), "from": stars.0, "to": stars.1, "day": cut_off });
    officer.ask(&document, given).await
}

/// `freezeAwardRound`, `publishAwardRound` or `awardStars`.
pub async fn step(officer: &Person<'_>, verb: &str, round: &str) -> Answer {
    step_at(officer, &officer.town.url, verb, round).await
}

pub async fn step_at(officer: &Person<'_>, url: &str, verb: &str, round: &str) -> Answer {
    let document = format!("mutation($round: ID!) {{ {verb}(input: {{ roundId: $round }}) {{ {ROUND} }} }}");
    officer.ask_at(url, &document, json!({ "round": round })).await
}

pub async fn cancel(officer: &Person<'_>, round: &str, reason: &str) -> Answer {
    let document = format!(
        "mutation($round: ID!, $reason: String!) {{
            cancelAwardRound(input: {{ roundId: $round, reason: $reason }}) {{ {ROUND} }} }}"
    );
    officer.ask(&document, json!({ "round": round, "reason": reason })).await
}

/// A round of a branch for some stars, its list frozen; its id.
pub async fn frozen(officer: &Person<'_>, code: &str, stars: (i32, i32)) -> String {
    let round = open(officer, Town::branch(code), stars, "2026-05-07").await.fine().text("/openAwardRound/round/id");
    step(officer, "freezeAwardRound", &round).await.fine();
    round
}

/// Who is on a round's list: candidate, name, star, minutes, state; the highest stars first. Nobody for who sees no such round.
pub async fn list(officer: &Person<'_>, round: &str) -> Vec<Value> {
    let document =
        "query($round: ID!, $after: String) { awardRound(id: $round) { candidates(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor } nodes { id star minutes threshold state reason volunteer { name }
        decidedBy { name } award { id star revokedAt } } } } }";
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = officer.ask(document, json!({ "round": round, "after": after })).await;
        let Some(page) = answer.body.pointer("/data/awardRound/candidates").cloned() else { return all };
        all.extend(page["nodes"].as_array().cloned().unwrap_or_default());
        if page["pageInfo"]["hasNextPage"] != true {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// Name and star of everybody on the list, those in this state only.
pub fn names(list: &[Value], state: &str) -> Vec<(String, i64)> {
    let those = list.iter().filter(|one| one["state"] == state);
    let text = |one: &Value| one["volunteer"]["name"].as_str().unwrap_or_default().to_owned();
    those.map(|one| (text(one), one["star"].as_i64().unwrap_or_default())).collect()
}

/// The candidate of this name for this star.
pub fn candidate(list: &[Value], name: &str, star: i64) -> String {
    let found = list.iter().find(|one| one["volunteer"]["name"] == name && one["star"] == star);
    found.and_then(|one| one["id"].as_str()).unwrap_or_else(|| panic!("{name} is not listed for {star}")).to_owned()
}

pub async fn review(officer: &Person<'_>, round: &str, items: Value) -> Answer {
    let document = "mutation($round: ID!, $items: [ReviewStarCandidateItem!]!) {
        reviewStarCandidates(input: { roundId: $round, items: $items }) {
            results { candidateId candidate { id state reason } errors { code message } } errors { code message path } } }";
    officer.ask(document, json!({ "round": round, "items": items })).await
}

/// Lets everybody on the list pass.
pub async fn pass_all(officer: &Person<'_>, round: &str) {
    let items: Vec<Value> = list(officer, round).await.iter().map(|one| json!({ "candidateId": one["id"] })).collect();
    for some in items.chunks(200) {
        review(officer, round, json!(some)).await.fine();
    }
}

/// Puts the round under notice, waits for its end, and awards.
pub async fn to_the_end(officer: &Person<'_>, round: &str) {
    step(officer, "publishAwardRound", round).await.fine();
    officer.town.clock.advance(TimeDelta::days(30));
    step(officer, "awardStars", round).await.fine();
}

/// A round of a branch that awards everybody who is eligible.
pub async fn award_all(officer: &Person<'_>, code: &str, stars: (i32, i32)) -> String {
    let round = frozen(officer, code, stars).await;
    pass_all(officer, &round).await;
    to_the_end(officer, &round).await;
    round
}

/// The star that somebody's hours reach, and the one that was awarded.
pub async fn stars(person: &Person<'_>) -> (i64, i64) {
    let answer = person.ask("{ me { stars { star awarded } } }", json!({})).await;
    (answer.number("/me/stars/star") as i64, answer.number("/me/stars/awarded") as i64)
}

/// Kinds of what somebody's inbox holds, newest first.
pub async fn told(person: &Person<'_>) -> Vec<String> {
    person.inbox().await.into_iter().map(|(kind, _)| kind).collect()
}

/// A leader has a final stay rejected, and an officer agrees.
pub async fn propose_rejection(leader: &Person<'_>, stay: &str) -> String {
    let item = json!([{ "attendanceId": stay, "decision": "REJECT", "reason": "未到场" }]);
    leader.confirm_hours(item).await.fine().text("/confirmHours/results/0/waits/id")
}

pub async fn agree(officer: &Person<'_>, url: &str, item: &str) -> Answer {
    let document = "mutation($item: ID!) { decideReviews(input: { items: [{ itemId: $item, approve: true }] }) {
        results { errors { code message } } errors { code message } } }";
    officer.ask_at(url, document, json!({ "item": item })).await
}
