use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use boai_entity::kinds::{
    ActivityKind, ActivityState, AttendanceState, Category, DivisionLevel, RecordState, SignUpState, TotalDimension,
};
use chrono::{NaiveDateTime, TimeDelta};

use super::*;
use crate::{
    hours::rules::{balance, check_chain, year_key},
    platform::civil::{SHANGHAI, civil_day},
};

const SEED: u64 = 7;

fn at(shanghai: &str) -> Instant {
    let local = NaiveDateTime::parse_from_str(shanghai, "%F %T").unwrap();
    local.and_local_timezone(SHANGHAI).unwrap().to_utc()
}

fn noon() -> Instant {
    at("2026-05-08 12:00:00")
}

static ROWS: LazyLock<Rows> = LazyLock::new(|| Rows::new(SEED, noon()));

fn by<T, K: Ord>(rows: &[T], key: impl Fn(&T) -> K) -> BTreeMap<K, Vec<&T>> {
    let mut grouped = BTreeMap::<_, Vec<&T>>::new();
    rows.iter().for_each(|row| grouped.entry(key(row)).or_default().push(row));
    grouped
}

#[test]
fn all_of_zhejiang_is_there_and_branches_as_at_the_end_of_2020() {
    let rows = &*ROWS;
    use DivisionLevel::*;
    let levels = [Province, City, County, Township, Village];
    let divisions = levels.map(|level| rows.divisions.iter().filter(|it| it.level == level).count());
    assert_eq!((divisions, rows.divisions.len()), ([1, 11, 90, 1_387, 25_547], 27_036));
    let branches = levels.map(|level| rows.branches.iter().filter(|it| it.level == level).count());
    assert_eq!(branches, [1, 11, 90, 1_302, 10_907]);
    let paths: HashMap<_, _> = rows.branches.iter().map(|it| (it.id, it.path.as_str())).collect();
    for branch in &rows.branches {
        let parent = branch.parent_id.map(|parent| paths[&parent]);
        assert_eq!(parent.is_none(), branch.level == Province, "{}", branch.name);
        assert!(branch.path.starts_with(parent.unwrap_or_default()), "{}", branch.name);
    }
}

#[test]
fn the_places_lie_in_their_cities() {
    let zhejiang = Zhejiang::new(&Chance::new(SEED, noon()));
    assert_eq!(zhejiang.sites.len(), 505);
    for site in &zhejiang.sites {
        let near = |other: &&divisions::Site| other.centre.distance_m(site.centre) < 100_000.0;
        let neighbours = zhejiang.sites_in(&site.code[..4]);
        let share = neighbours.iter().copied().filter(near).count() as f64 / neighbours.len() as f64;
        assert!(share > 0.2, "{} is far from its city's others", site.name);
    }
}

#[test]
fn the_town_is_as_large_as_promised() {
    let town = ROWS.town();
    assert_eq!((town.teams, town.activities, town.volunteers), (60, 300, 400));
    assert!((2_000..=3_000).contains(&town.records), "{town:?}");
    let past = ROWS.activities.iter().filter(|activity| activity.ends_at < noon()).count();
    assert!((165..=195).contains(&past), "{past} of 300 are over");
    let sites = ROWS.activities.iter().filter(|it| it.title.ends_with("新冠疫苗接种点志愿服务"));
    assert_eq!(sites.map(|it| &it.title).collect::<std::collections::HashSet<_>>().len(), 14);
    for (state, least) in [(ActivityState::Draft, 5), (ActivityState::Cancelled, 5), (ActivityState::Published, 250)] {
        assert!(ROWS.activities.iter().filter(|it| it.state == state).count() >= least, "{state:?}");
    }
    for kind in [ActivityKind::Training, ActivityKind::Meeting] {
        assert!(ROWS.activities.iter().filter(|it| it.kind == kind).count() >= 5, "{kind:?}");
    }
}

#[test]
fn the_same_seed_and_day_give_the_same_rows() {
    assert!(*ROWS == Rows::new(SEED, at("2026-05-08 00:00:00")), "whatever the time of day");
    let other = Rows::new(SEED + 1, noon());
    assert_ne!(ROWS.volunteers[0].id, other.volunteers[0].id);
}

#[test]
fn nothing_that_happened_is_later_than_last_midnight() {
    let midnight = at("2026-05-08 00:00:00");
    let rows = &*ROWS;
    assert!(rows.sign_ups.iter().all(|it| it.signed_up_at <= it.changed_at && it.changed_at <= midnight));
    assert!(rows.entries.iter().all(|it| it.recorded_at < midnight));
    assert!(
        rows.attendances.iter().all(|it| it.checked_out_at < Some(midnight) && it.state == AttendanceState::Closed)
    );
    assert!(rows.activities.iter().all(|it| it.created_at < midnight && it.published_at < Some(midnight)));
    assert!(rows.activities.iter().all(|it| it.cancelled_at <= Some(midnight)));
    assert!(rows.volunteers.iter().all(|it| it.registered_at < Some(midnight)));
    assert!(rows.members.iter().all(|it| it.decided_at < Some(midnight)));
}

#[test]
fn chains_hold_and_totals_are_their_sums() {
    let chains = by(&ROWS.entries, |entry| entry.volunteer_id);
    let records: HashMap<_, _> = ROWS.records.iter().map(|record| (record.id, record)).collect();
    let mut sums = BTreeMap::<_, (i32, i32)>::new();
    for (volunteer, chain) in chains {
        let chain: Vec<_> = chain.into_iter().cloned().collect();
        assert_eq!(check_chain(&chain), Ok(()));
        assert!(chain.is_sorted_by_key(|entry| entry.recorded_at));
        for entry in chain {
            let record = records[&entry.record_id];
            for key in [
                (TotalDimension::All, String::new()),
                (TotalDimension::Year, year_key(record.served_from)),
                (TotalDimension::Category, record.category.as_str()),
                (TotalDimension::Team, record.team_id.to_string()),
                (TotalDimension::Book, "SYSTEM_PROVED".into()),
            ] {
                let sum = sums.entry((volunteer, key.0, key.1)).or_default();
                *sum = (sum.0 + entry.pending_minutes, sum.1 + entry.confirmed_minutes);
            }
        }
    }
    let totals = ROWS.totals.iter();
    let totals =
        totals.map(|it| ((it.volunteer_id, it.dimension, it.key.clone()), (it.pending_minutes, it.confirmed_minutes)));
    assert_eq!(totals.collect::<BTreeMap<_, _>>(), sums);
}

#[test]
fn every_seat_is_someone_s() {
    let mut seated = HashMap::<_, i32>::new();
    for it in ROWS.sign_ups.iter().filter(|it| it.state == SignUpState::Seated) {
        *seated.entry(it.shift_id.0).or_default() += 1;
        it.post_id.into_iter().for_each(|post| *seated.entry(post.0).or_default() += 1);
    }
    let posts = by(&ROWS.posts, |post| post.shift_id);
    for shift in &ROWS.shifts {
        assert_eq!(shift.taken, seated.get(&shift.id.0).copied().unwrap_or_default());
        let posts = posts.get(&shift.id).map_or(&[][..], Vec::as_slice);
        assert!(posts.is_empty() || posts.iter().map(|post| post.capacity).sum::<i32>() == shift.capacity);
        assert!(posts.is_empty() || posts.iter().map(|post| post.taken).sum::<i32>() == shift.taken);
        assert!(posts.iter().all(|post| post.taken == seated.get(&post.id.0).copied().unwrap_or_default()));
    }
}

#[test]
fn one_coming_shift_is_full_and_three_wait() {
    let waiting: Vec<_> = ROWS.sign_ups.iter().filter(|it| it.state == SignUpState::Waiting).collect();
    let shift = ROWS.shifts.iter().find(|shift| shift.id == waiting[0].shift_id).unwrap();
    assert_eq!((waiting.len(), shift.taken), (3, shift.capacity));
    assert!(shift.starts_at > noon() && waiting.iter().all(|it| it.shift_id == shift.id));
}

#[test]
fn nobody_is_in_two_places_at_once() {
    for (_, mut stays) in by(&ROWS.attendances, |it| it.volunteer_id) {
        stays.sort_by_key(|it| it.checked_in_at);
        assert!(stays.windows(2).all(|two| two[0].checked_out_at < Some(two[1].checked_in_at)));
    }
}

#[test]
fn only_service_has_records_and_the_young_ones_wait() {
    let activities: HashMap<_, _> = ROWS.activities.iter().map(|it| (it.id, it)).collect();
    for record in &ROWS.records {
        assert_eq!(activities[&record.activity_id].kind, ActivityKind::Service);
        let old = record.service_date <= civil_day(noon()) - TimeDelta::days(5);
        assert_eq!(record.state == RecordState::Confirmed, old);
        assert_eq!((record.confirmed_by.is_some(), record.confirmed_at.is_some()), (old, old));
    }
}

#[test]
fn wang_xiaoming_nears_his_first_star_whatever_the_seed() {
    for seed in 0..4 {
        let rows = Rows::new(seed, noon());
        let phones: HashMap<_, _> = rows.persons.iter().map(|person| (person.phone.as_str(), person.id)).collect();
        let wang = rows.volunteers.iter().find(|it| it.person_id == phones[VOLUNTEER_PHONE]).unwrap();
        let own: Vec<_> = rows.entries.iter().filter(|it| it.volunteer_id == wang.id).cloned().collect();
        let hours = balance(&own).confirmed / 60;
        assert!((60..99).contains(&hours), "seed {seed}: {hours} h");
        let team = rows.grants.iter().find(|it| it.person_id == phones[LEADER_PHONE]).unwrap().team_id.unwrap();
        assert!(rows.members.iter().any(|it| it.team_id == team && it.volunteer_id == wang.id));
        let coming = rows.activities.iter().filter(|it| it.team_id == team && it.starts_at > noon());
        assert!(coming.filter(|it| it.category != Category::Rescue).count() > 0, "seed {seed}");
        let waiting = rows.sign_ups.iter().filter(|it| it.state == SignUpState::Waiting).count();
        assert_eq!(waiting, 3, "seed {seed}");
    }
}

#[tokio::test]
async fn it_loads_into_an_empty_database() {
    let db = Db::connect("sqlite::memory:", 1).await.unwrap();
    db.migrate().await.unwrap();
    assert!(!is_loaded(&db).await.unwrap());
    let told = AtomicU64::new(0);
    let progress = |what: &str, done, of| {
        assert!(done <= of);
        told.fetch_max(if what == "divisions" { done } else { 0 }, Relaxed);
    };
    let town = load(&db, SEED, noon(), &progress).await.unwrap();
    assert_eq!(town, ROWS.town());
    assert_eq!(told.into_inner(), 27_036);
    assert!(is_loaded(&db).await.unwrap());
    let entries = ledger_entry::Entity::find().all(&db.conn).await.unwrap();
    let chains = by(&entries, |entry| entry.volunteer_id);
    let written = by(&ROWS.entries, |entry| entry.volunteer_id);
    for (volunteer, mut chain) in chains {
        chain.sort_by_key(|entry| entry.seq);
        assert_eq!(chain, written[&volunteer], "what is read back is what was written, to the millisecond");
    }
}
