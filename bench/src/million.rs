//! Ledger, stars and boards of a million volunteers and ten million entries: worked out anew by the product's own code, and compared
//! with what is kept. On PostgreSQL, for nobody has so many on one SQLite file.

use std::{collections::HashMap, fmt::Write, time::Instant};

use boai::{
    awards,
    ctx::Ctx,
    hours::{
        audit::audit,
        rules::{GENESIS, entry_hash},
    },
    leaderboards::{
        check, jobs,
        rules::{Among, Board, Period},
        service, store,
    },
    platform::{
        civil::{civil_day, day_bounds},
        db::{self, Db},
        pages::Page,
    },
    policy_changes::preview::store::{people_after, sums},
    recognition::rules::star_progress,
};
use boai_entity::{
    ids::{LedgerEntryId, PersonId, PolicyId, ServiceRecordId, VolunteerId},
    kinds::{Book, EntryKind},
    ledger_entry::{self, Spans},
};
use boai_tests::{Town, at, keep_signed_in};
use chrono::{Datelike, NaiveDate, TimeDelta};
use sea_orm::{
    ConnectionTrait, FromQueryResult,
    sqlx::{self, PgPool},
};
use serde_json::json;
use uuid::Uuid;

#[derive(clap::Args)]
pub struct Options {
    /// Each has three confirmed records, two of which were corrected: ten ledger entries.
    #[arg(long, default_value_t = 1_000_000)]
    volunteers: u64,
    /// How often each question to the boards is asked.
    #[arg(long, default_value_t = 200)]
    asked: usize,
}

/// Volunteers written in one go.
const BATCH: u64 = 2_000;
const TEAMS: u64 = 1_782;
const CATEGORIES: [&str; 6] = ["RESCUE", "FIRST_AID", "STEM_CELL", "BLOOD", "ELDERLY", "VACCINATION"];

pub async fn run(options: Options) {
    let town = Town::on_postgres().await;
    let pool = town.app.db.conn.get_postgres_connection_pool().clone();
    println!(
        "{} volunteers, {} entries; times in seconds, memory in MiB of this program",
        options.volunteers,
        options.volunteers * 10
    );

    let made = Instant::now();
    make(&town, &pool, options.volunteers).await;
    println!(
        "made, with real chains of hashes: {:.0} s, {:.1} GiB on disk",
        seconds(made),
        gibibytes(&town.app.db).await
    );

    let rebuilt = step("boards rebuilt from nothing", check::rebuild(&town.app.db, |_| ())).await.expect("a rebuild");
    assert_eq!(rebuilt.wrong_volunteers, options.volunteers, "all of them had none");
    for text in ["VACUUM (ANALYZE) leaderboard_standing", "VACUUM (ANALYZE) leaderboard_tally", "CHECKPOINT"] {
        run_raw(&town.app.db, text).await;
    }
    println!("boards are on disk: {:.1} GiB in all", gibibytes(&town.app.db).await);
    let kept = step("ledger, records and totals recomputed and compared", audit(&town.app.db, |_| ()))
        .await
        .expect("an audit");
    assert!(kept.faults.is_empty(), "{} faults, the first: {}", kept.faults.len(), kept.faults[0]);
    // The leader, who is a volunteer too, has no entries.
    assert_eq!((kept.volunteers, kept.entries), (options.volunteers + 1, options.volunteers * 10));
    let stars = step("stars recomputed and compared", stars(&town.app.db)).await;
    assert_eq!(stars.1, 0, "stars of the ledger and of the totals");
    println!("  by star, none to five: {:?}", stars.0);
    let boards = step("boards recomputed and compared", check::check(&town.app.db, |_| ())).await.expect("a check");
    assert!(boards.is_fine(), "{boards}");

    questions(&town, options.asked).await;
    booked_meanwhile(&town, options.asked).await;

    // Behind the product's back: an entry's minutes, a total, a standing, a tally.
    for text in [
        "UPDATE ledger_entry SET confirmed_minutes = confirmed_minutes + 60 WHERE seq = 2 AND volunteer_id = (SELECT id FROM volunteer ORDER BY id OFFSET 77 LIMIT 1)",
        "UPDATE volunteer_total SET confirmed_minutes = confirmed_minutes + 600000 WHERE dimension = 'ALL' AND volunteer_id = (SELECT id FROM volunteer ORDER BY id OFFSET 4077 LIMIT 1)",
        "UPDATE leaderboard_standing SET minutes = minutes + 1 WHERE period = 0 AND category = '' AND volunteer_id = (SELECT id FROM volunteer ORDER BY id OFFSET 8077 LIMIT 1)",
        "DELETE FROM leaderboard_standing WHERE volunteer_id = (SELECT id FROM volunteer ORDER BY id OFFSET 9077 LIMIT 1)",
        "UPDATE leaderboard_tally SET heads = heads - 1 WHERE area = '33' AND category = '' AND period = 0 AND bucket = (SELECT MIN(bucket) FROM leaderboard_tally WHERE area = '33')",
    ] {
        behind_its_back(&town.app.db, text).await;
    }
    let found = step("audit after damage", audit(&town.app.db, |_| ())).await.expect("an audit");
    for fault in found.faults.iter().take(5) {
        println!("  FAULT {fault}");
    }
    println!("  {} faults", found.faults.len());
    assert!(found.faults.len() >= 3, "the entry's hash, its record, and the total");
    let found = step("stars after damage", self::stars(&town.app.db)).await;
    println!("  stars that the totals put otherwise than the ledger: {}", found.1);
    let found = step("boards checked after damage", check::check(&town.app.db, |_| ())).await.expect("a check");
    println!("  {} volunteers and {} tallies differ", found.wrong_volunteers, found.wrong_tallies);
    assert!(found.wrong_volunteers >= 3 && found.wrong_tallies >= 1, "{found}");
    let mended = step("boards rebuilt after damage", check::rebuild(&town.app.db, |_| ())).await.expect("a rebuild");
    assert_eq!(mended.wrong_volunteers, found.wrong_volunteers);
    let again = step("boards checked again", check::check(&town.app.db, |_| ())).await.expect("a check");
    assert!(again.is_fine(), "{again}");
    drop_database(town).await;
}

async fn step<T>(what: &str, work: impl Future<Output = T>) -> T {
    // Makes the system forget the peak.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = memory("VmRSS:");
    let began = Instant::now();
    let done = work.await;
    println!("{what}: {:.1} s, {:.1} MiB at its peak ({before:.1} before)", seconds(began), memory("VmHWM:"));
    done
}

/// Everything straight into the tables, by COPY: people, teams, records, chained entries, totals. Shifts and stays are two, and no foreign
/// keys are looked after: nothing here asks for a stay.
async fn make(town: &Town, pool: &PgPool, volunteers: u64) {
    let leader = town.leader("Li").await;
    let posted = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
    keep_signed_in(town).await;
    let key = |id: &str| -> Uuid { boai::platform::node::decode(id).expect("a global id").1.parse().expect("a UUID") };
    let (activity, shift) = (key(&posted.activity), key(posted.shift()));
    let policy: Uuid = one(&town.app.db, "SELECT id FROM policy WHERE branch_path = '' LIMIT 1").await;
    let by = leader.person_id().await;
    for text in divisions() {
        run_raw(&town.app.db, &text).await;
    }
    // Its index of ten million digests is built at the end, in one go.
    run_raw(&town.app.db, "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_hash_key").await;
    let mut from = 0;
    while from < volunteers {
        let to = (from + BATCH).min(volunteers);
        let mut made = Made::default();
        for number in from..to {
            made.volunteer(number, (activity, shift), policy, by);
        }
        made.copy(pool).await;
        from = to;
    }
    run_raw(&town.app.db, "ALTER TABLE ledger_entry ADD UNIQUE (hash)").await;
    for table in ["person", "volunteer", "service_record", "ledger_entry", "volunteer_total", "consent"] {
        run_raw(&town.app.db, &format!("VACUUM (ANALYZE) {table}")).await;
    }
}

/// Eleven cities of eight counties of fifteen townships each, and a team for every so many volunteers.
fn divisions() -> Vec<String> {
    let mut texts = Vec::new();
    let level = |table: &str, level: &str, rows: &str| {
        format!(
            "INSERT INTO {table} (code, level, parent_code, name) SELECT code, '{level}', parent, code FROM ({rows}) x ON CONFLICT DO NOTHING"
        )
    };
    let cities = "SELECT '33' || lpad(c::text, 2, '0') AS code, '33' AS parent FROM generate_series(1, 11) c";
    let counties =
        "SELECT '33' || lpad(c::text, 2, '0') || lpad(d::text, 2, '0') AS code, '33' || lpad(c::text, 2, '0') AS parent
                    FROM generate_series(1, 11) c, generate_series(1, 8) d";
    let townships = "SELECT '33' || lpad(c::text, 2, '0') || lpad(d::text, 2, '0') || lpad(t::text, 3, '0') AS code,
                            '33' || lpad(c::text, 2, '0') || lpad(d::text, 2, '0') AS parent
                     FROM generate_series(1, 11) c, generate_series(1, 8) d, generate_series(1, 15) t";
    texts.push(level("division", "CITY", cities));
    texts.push(level("division", "COUNTY", counties));
    texts.push(level("division", "TOWNSHIP", townships));
    texts.push(format!(
        "INSERT INTO team (id, branch_id, name, speciality, description, created_at)
         SELECT ('00000003-0000-7000-8000-' || lpad(to_hex(k), 12, '0'))::uuid, (SELECT id FROM branch WHERE path = '330106'),
                'T' || k, 'FIRST_AID', '', now() FROM generate_series(0, {}) k",
        TEAMS - 1
    ));
    texts
}

/// A number that looks like chance, and is the same in every run.
fn scattered(number: u64, salt: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed ^ (mixed >> 32)) >> 8
}

fn uuid(kind: u32, number: u64) -> Uuid {
    Uuid::from_u128((u128::from(kind) << 96) | 0x0000_7000_8000_0000_0000_0000 | u128::from(number))
}

/// Rows of one batch, as COPY reads them.
#[derive(Default)]
struct Made {
    person: String,
    volunteer: String,
    consent: String,
    record: String,
    entry: String,
    total: String,
}

impl Made {
    /// Minutes are few for most and many for some; one in five is shown on boards.
    fn volunteer(&mut self, number: u64, (activity, shift): (Uuid, Uuid), policy: Uuid, by: PersonId) {
        let chance = |salt: u64, end: u64| scattered(number, salt) % end;
        let (person, volunteer) = (uuid(1, number), uuid(2, number));
        let home = format!("33{:02}{:02}{:03}", 1 + chance(1, 11), 1 + chance(2, 8), 1 + chance(3, 15));
        let team = uuid(3, chance(4, TEAMS));
        let category = CATEGORIES[chance(5, 6) as usize];
        let _ = writeln!(self.person, "{person}\t+861{number:010}\t2024-01-01 00:00:00+00");
        let _ = writeln!(
            self.volunteer,
            "{volunteer}\t{person}\t1997{number:08}\t王一明\t1990-01-01\t{home}\t[]\t[]\tENROLLED\t2024-01-01 00:00:00+00"
        );
        if chance(6, 5) == 0 {
            let _ =
                writeln!(self.consent, "{}\t{person}\tLEADERBOARD\t2026-01\t2026-01-01 00:00:00+00", uuid(4, number));
        }
        let years = chance(7, 1000);
        let much = if years < 900 {
            30
        } else if years < 990 {
            120
        } else {
            480
        };
        let (mut seq, mut previous) = (0, GENESIS.to_owned());
        let (mut all, mut by_year) = (0, HashMap::<i32, i32>::new());
        for record in 0..3u64 {
            let own = number * 3 + record;
            let day = NaiveDate::from_ymd_opt(2024, 1, 1).expect("a day")
                + TimeDelta::days((chance(8, 260) + record * 290) as i64);
            let minutes = 60 + (chance(9 + record, much) + chance(20 + record, 60)) as i32;
            let from = day_bounds(day).0 + TimeDelta::hours(8);
            let span = |minutes: i32| Spans(vec![(from.timestamp(), from.timestamp() + i64::from(minutes) * 60)]);
            let until = from + TimeDelta::minutes(minutes.into());
            let (id, stay) = (ServiceRecordId(uuid(5, own)), uuid(6, own));
            let _ = writeln!(
                self.record,
                "{id}\t{stay}\t{volunteer}\t{shift}\t{activity}\t{team}\t{category}\t{day}\t{from}\t{until}\t{minutes}\tCONFIRMED\tSYSTEM_PROVED\t{until}\t{until}\t{by}\t{until}"
            );
            // Served and confirmed; of two records in three taken back, and confirmed as the leader corrected it.
            let first = if record < 2 { minutes + 15 } else { minutes };
            let mut drafts = vec![
                (EntryKind::Served, false, first, 0, span(first)),
                (EntryKind::Confirmed, true, -first, first, span(first)),
            ];
            if record < 2 {
                drafts.push((EntryKind::Reversal, true, 0, -first, Spans::default()));
                drafts.push((EntryKind::Confirmed, false, 0, minutes, span(minutes)));
            }
            for (kind, names_last, pending, confirmed, spans) in drafts {
                seq += 1;
                let entry_id = |seq: i32| LedgerEntryId(uuid(7, number * 10 + seq as u64));
                let mut entry = ledger_entry::Model {
                    id: entry_id(seq),
                    volunteer_id: VolunteerId(volunteer),
                    seq,
                    kind,
                    record_id: id,
                    corrects: names_last.then(|| entry_id(seq - 1)),
                    book: Book::SystemProved,
                    pending_minutes: pending,
                    confirmed_minutes: confirmed,
                    spans,
                    policy_id: PolicyId(policy),
                    recorded_by: by,
                    recorded_at: until,
                    reason: None,
                    previous_hash: std::mem::take(&mut previous),
                    hash: String::new(),
                };
                entry.hash = entry_hash(&entry);
                let corrects = entry.corrects.map_or_else(|| "\\N".to_owned(), |id| id.to_string());
                let spans = serde_json::to_string(&entry.spans).unwrap_or_default();
                let _ = writeln!(
                    self.entry,
                    "{}\t{volunteer}\t{seq}\t{}\t{id}\t{corrects}\tSYSTEM_PROVED\t{pending}\t{confirmed}\t{spans}\t{policy}\t{by}\t{until}\t{}\t{}",
                    entry.id,
                    kind.as_str(),
                    entry.previous_hash,
                    entry.hash
                );
                previous = entry.hash;
            }
            all += minutes;
            *by_year.entry(civil_day(from).year()).or_default() += minutes;
        }
        let mut total = |dimension: &str, key: &str, minutes: i32| {
            let _ = writeln!(self.total, "{volunteer}\t{dimension}\t{key}\t0\t{minutes}");
        };
        total("ALL", "", all);
        total("CATEGORY", category, all);
        total("TEAM", &team.to_string(), all);
        total("BOOK", "SYSTEM_PROVED", all);
        by_year.iter().for_each(|(year, minutes)| total("YEAR", &year.to_string(), *minutes));
    }

    async fn copy(self, pool: &PgPool) {
        for (table, rows) in [
            ("person (id, phone, created_at)", self.person),
            ("volunteer (id, person_id, number, name, birth_date, residence_code, skills, availability, state, enrolled_at)", self.volunteer),
            ("consent (id, person_id, kind, version, given_at)", self.consent),
            (
                "service_record (id, attendance_id, volunteer_id, shift_id, activity_id, team_id, category, service_date, served_from,
                 served_to, minutes, state, book, recorded_at, confirmed_at, confirmed_by, notice_until)",
                self.record,
            ),
            (
                "ledger_entry (id, volunteer_id, seq, kind, record_id, corrects, book, pending_minutes, confirmed_minutes, spans,
                 policy_id, recorded_by, recorded_at, previous_hash, hash)",
                self.entry,
            ),
            ("volunteer_total (volunteer_id, dimension, key, pending_minutes, confirmed_minutes)", self.total),
        ] {
            // Whoever copies looks after no foreign key: see `make`.
            let mut connection = pool.acquire().await.expect("a connection");
            sqlx::query("SET session_replication_role = replica").execute(&mut *connection).await.expect("an own server");
            let mut copy = connection.copy_in_raw(&format!("COPY {table} FROM STDIN")).await.expect("a copy begins");
            copy.send(rows.as_bytes()).await.expect("rows are copied");
            copy.finish().await.expect("a copy ends");
            sqlx::query("RESET session_replication_role").execute(&mut *connection).await.expect("as before");
        }
    }
}

/// Volunteers by the star that the ledger makes them eligible for, and how many of those the totals put otherwise.
async fn stars(db: &Db) -> ([u64; 6], u64) {
    #[derive(FromQueryResult)]
    struct Total {
        volunteer_id: VolunteerId,
        confirmed_minutes: i32,
    }
    let scheme = awards::store::star_scheme_at(&db.conn, "33", at("07:00")).await.expect("a scheme");
    let star = |minutes: i64| star_progress(minutes, &scheme.thresholds.0).star as usize;
    let (mut by_star, mut otherwise, mut after) = ([0; 6], 0, None);
    loop {
        let people = people_after(&db.conn, after, 500).await.expect("people");
        let (Some(first), Some(last)) = (people.first(), people.last()) else { return (by_star, otherwise) };
        let stretch = (first.id, last.id);
        let ledger = sums(&db.conn, stretch).await.expect("sums");
        let text = "SELECT volunteer_id, confirmed_minutes FROM volunteer_total
                    WHERE volunteer_id BETWEEN $1 AND $2 AND dimension = 'ALL'";
        let totals: Vec<Total> = db::all(&db.conn, text, [stretch.0.into(), stretch.1.into()]).await.expect("totals");
        let totals: HashMap<_, _> =
            totals.into_iter().map(|it| (it.volunteer_id, i64::from(it.confirmed_minutes))).collect();
        for person in &people {
            let (proved, kept) = (ledger.get(&person.id).copied(), totals.get(&person.id).copied());
            by_star[star(proved.unwrap_or(0))] += 1;
            otherwise += u64::from(star(proved.unwrap_or(0)) != star(kept.unwrap_or(0)));
        }
        after = Some(stretch.1);
    }
}

/// The questions of a phone, as the service answers them.
async fn questions(town: &Town, asked: usize) {
    let ctx = Ctx::system(town.app.clone(), "bench");
    let boards = [
        ("province, all time", "33", 0),
        ("province, a month", "33", 202_412),
        ("city, all time", "3301", 0),
        ("county, all time", "330106", 0),
        ("township, all time", "330106009", 0),
    ];
    for (name, code, period) in boards {
        let board = Board { among: Among::Division(code.into()), category: None, period: Period(period) };
        let mut top = Vec::new();
        for _ in 0..asked {
            let began = Instant::now();
            let page =
                service::places(&ctx, &board, &Page { limit: 50, from: None, backward: false }).await.expect("a page");
            top.push(seconds(began));
            assert!(!page.rows.is_empty(), "{name}");
        }
        let minutes = sample(&town.app.db, code, period, asked).await;
        let mut mine = Vec::new();
        for minutes in &minutes {
            let began = Instant::now();
            store::above(&ctx.db.conn, &board, *minutes).await.expect("a rank");
            mine.push(seconds(began));
        }
        println!(
            "{name}: top 50 with ranks {:.2} ms (99th {:.2}), a rank {:.2} ms (99th {:.2}), of {} asked each",
            at_share(&mut top, 50) * 1e3,
            at_share(&mut top, 99) * 1e3,
            at_share(&mut mine, 50) * 1e3,
            at_share(&mut mine, 99) * 1e3,
            minutes.len()
        );
    }
    let board = Board { among: Among::Division("33".into()), category: None, period: Period(0) };
    let minutes = sample(&town.app.db, "33", 0, 5).await;
    for minutes in minutes {
        let began = Instant::now();
        let text =
            "SELECT COUNT(*) AS n FROM leaderboard_standing WHERE team_id = '00000000-0000-0000-0000-000000000000'
                    AND category = '' AND period = 0 AND minutes > $1 AND substr(home, 1, 2) = '33'";
        let counted: i64 = one_of(&town.app.db, text, minutes).await;
        let took = seconds(began);
        let tallied = store::above(&town.app.db.conn, &board, minutes).await.expect("a rank");
        assert_eq!(counted, tallied, "a rank is what counting says");
        println!("  counted one by one instead: {counted} have more than {minutes} min, {:.0} ms", took * 1e3);
    }
}

/// What booking costs, and ranks while the tallies lag behind.
async fn booked_meanwhile(town: &Town, asked: usize) {
    let db = &town.app.db;
    let mut took = Vec::new();
    let day = NaiveDate::from_ymd_opt(2026, 5, 8).expect("a day");
    let of = (Town::TEAM, boai_entity::kinds::Category::FirstAid, day);
    for number in 0..asked {
        let began = Instant::now();
        let volunteer = VolunteerId(uuid(2, 100 + number as u64));
        store::move_standings(&db.conn, volunteer, of, 60).await.expect("moved");
        took.push(seconds(began));
    }
    let board = Board { among: Among::Division("33".into()), category: None, period: Period(0) };
    let began = Instant::now();
    store::above(&db.conn, &board, 300).await.expect("a rank");
    let lagging = seconds(began);
    let began = Instant::now();
    jobs::count_all(db).await.expect("counted");
    println!(
        "the boards' part of a booking: {:.2} ms (99th {:.2}); a rank with {asked} bookings not counted yet {:.2} ms; counting them {:.2} s",
        at_share(&mut took, 50) * 1e3,
        at_share(&mut took, 99) * 1e3,
        lagging * 1e3,
        seconds(began)
    );
    for number in 0..asked {
        store::move_standings(&db.conn, VolunteerId(uuid(2, 100 + number as u64)), of, -60).await.expect("moved");
    }
    jobs::count_all(db).await.expect("counted");
}

async fn sample(db: &Db, code: &str, period: i32, many: usize) -> Vec<i32> {
    #[derive(FromQueryResult)]
    struct Row {
        minutes: i32,
    }
    let text = format!(
        "SELECT s.minutes FROM volunteer v JOIN leaderboard_standing s ON s.volunteer_id = v.id
         WHERE s.team_id = '00000000-0000-0000-0000-000000000000' AND s.category = '' AND s.period = {period}
           AND substr(v.residence_code, 1, length($1)) = $1 ORDER BY sha256(v.id::text::bytea) LIMIT {many}"
    );
    let rows: Vec<Row> = db::all(&db.conn, text, [code.into()]).await.expect("a sample");
    rows.into_iter().map(|row| row.minutes).collect()
}

fn at_share(times: &mut [f64], percent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

async fn run_raw(db: &Db, text: &str) {
    db.conn.execute_unprepared(text).await.unwrap_or_else(|error| panic!("{error}: {text}"));
}

/// The triggers that would refuse it are off, as for whoever owns the database.
async fn behind_its_back(db: &Db, text: &str) {
    run_raw(db, &format!("SET session_replication_role = replica; {text}; RESET session_replication_role")).await;
}

async fn one(db: &Db, text: &str) -> Uuid {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
    }
    let row: Option<Row> = db::one(&db.conn, text, []).await.expect("a row");
    row.expect("a row").id
}

async fn one_of(db: &Db, text: &str, minutes: i32) -> i64 {
    #[derive(FromQueryResult)]
    struct Row {
        n: i64,
    }
    let row: Option<Row> = db::one(&db.conn, text, [minutes.into()]).await.expect("a row");
    row.expect("a row").n
}

async fn gibibytes(db: &Db) -> f64 {
    let bytes = one_of(db, "SELECT pg_database_size(current_database()) + $1 * 0 AS n", 0).await;
    bytes as f64 / f64::from(1 << 30)
}

/// Gigabytes are not left to the next run's sweep.
async fn drop_database(town: Town) {
    let url = town.app.config.database_url();
    let (server, name) = url.rsplit_once('/').expect("a URL with a database");
    let admin = Db::connect(&format!("{server}/postgres"), 1).await.expect("PostgreSQL answers");
    let text = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    admin.conn.execute_unprepared(&text).await.expect("the database goes");
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|kib| kib.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
