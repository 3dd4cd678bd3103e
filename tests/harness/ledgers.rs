//! Ledgers of any length, made in the database by a few statements: for what goes over all of them. The hashes are none.

use boai::platform::{db, node::decode};
use sea_orm::DbBackend;

use crate::town::Town;

/// How the two databases write the same.
struct Words {
    sqlite: bool,
}

impl Words {
    /// A UUID of a kind of thing and a number.
    fn uuid(&self, kind: u32, number: &str) -> String {
        if self.sqlite {
            format!("unhex(printf('{kind:08x}00007000800000%010x', {number}))")
        } else {
            format!("('{kind:08x}00007000800000' || lpad(to_hex({number}), 10, '0'))::uuid")
        }
    }

    fn moment(&self, seconds: &str) -> String {
        if self.sqlite {
            format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {seconds}, 'unixepoch')")
        } else {
            format!("to_timestamp({seconds})")
        }
    }

    fn day(&self, seconds: &str) -> String {
        if self.sqlite {
            format!("strftime('%Y-%m-%d', {seconds} + 28800, 'unixepoch')")
        } else {
            format!("to_char(to_timestamp({seconds}) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')::date")
        }
    }

    fn digits(&self, number: &str) -> String {
        if self.sqlite { format!("printf('%08d', {number})") } else { format!("lpad(({number})::text, 8, '0')") }
    }

    fn json(&self, text: &str) -> String {
        if self.sqlite { text.to_owned() } else { format!("({text})::jsonb") }
    }

    fn bound(&self, id: &str) -> String {
        let (_, key) = decode(id).expect("a global id");
        if self.sqlite { format!("x'{}'", key.replace('-', "")) } else { format!("'{key}'::uuid") }
    }
}

/// So many volunteers, each with so many confirmed records (two ledger entries each) since 2024, of the teams of two activities
/// by their shifts' global ids. Some stays are too short, some of those lie inside others, some days are long; every 50th record
/// was taken back by a third entry.
pub async fn long_ledgers(town: &Town, volunteers: u64, records: u64, shifts: [&str; 2]) {
    let conn = &town.app.db.conn;
    let words = Words { sqlite: conn.get_database_backend() == DbBackend::Sqlite };
    let run = async |text: String| {
        db::run(conn, text.clone(), []).await.unwrap_or_else(|error| panic!("{error}: {text}"));
    };
    let numbers = |count: u64| {
        format!("WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < {}) ", count.max(1) - 1)
    };
    let (person, volunteer) = (words.uuid(1, "k"), words.uuid(2, "k"));
    let epoch = words.moment("1700000000");
    let birth = words.day("631152000");
    run(format!(
        "INSERT INTO person (id, phone, created_at) {} SELECT {person}, '+86171' || {}, {epoch} FROM n",
        numbers(volunteers),
        words.digits("k")
    ))
    .await;
    run(format!(
        "INSERT INTO volunteer (id, person_id, number, name, birth_date, residence_code, skills, availability, state, enrolled_at)
         {} SELECT {volunteer}, {person}, '1998' || {}, '王一明', {birth},
            CASE k % 4 WHEN 0 THEN '330203' WHEN 1 THEN '3301' ELSE '330106109203' END, {}, {}, 'ENROLLED', {epoch} FROM n",
        numbers(volunteers),
        words.digits("k"),
        words.json("'[]'"),
        words.json("'[]'"),
    ))
    .await;
    // Of each volunteer's records (j) two to a day at one activity, the second of every fifth day inside the first and short.
    let all = volunteers * records;
    let inside = "(j % 10 = 9)";
    let start = format!(
        "(1704067200 + (j / 2) * 86400 + CASE WHEN {inside} THEN 1800 + (k % 7) * 600 WHEN j % 2 = 1 THEN 36000 ELSE 0 END)"
    );
    let long = format!("(CASE WHEN {inside} THEN 480 + (k % 8) * 60 ELSE 300 + ((k % 1000) * 7919 % 350) * 60 END)");
    let made = format!(
        "{}, r AS (SELECT k, k / {records} AS v, k % {records} AS j, (k % {records} / 2 + k / {records}) % 2 AS s FROM n),
         m AS (SELECT k, v, j, s, {start} AS f, {start} + {long} AS t FROM r)",
        numbers(all).trim_end()
    );
    let [one, two] = shifts.map(|shift| words.bound(shift));
    let shift = format!("CASE s WHEN 0 THEN {one} ELSE {two} END");
    let (stay, record) = (words.uuid(3, "m.k"), words.uuid(4, "m.k"));
    let (whose, by) = (words.uuid(2, "v"), words.uuid(1, "v"));
    let (from, to) = (words.moment("f"), words.moment("t"));
    let policy = "(SELECT id FROM policy WHERE branch_path = '')";
    let minutes = "(CASE WHEN t - f < 900 THEN 0 ELSE (t - f) / 60 END)";
    run(format!(
        "INSERT INTO attendance (id, shift_id, volunteer_id, state, checked_in_at, check_in_grade, checked_out_at, check_out_grade,
            policy_id) {made} SELECT {stay}, {shift}, {whose}, 'CLOSED', {from}, 'DESK', {to}, 'DESK', {policy} FROM m"
    ))
    .await;
    run(format!(
        "INSERT INTO service_record (id, attendance_id, volunteer_id, shift_id, activity_id, team_id, category, service_date,
            served_from, served_to, minutes, state, book, recorded_at, confirmed_at, confirmed_by)
         {made} SELECT {record}, {stay}, {whose}, s.id, a.id, a.team_id, a.category, {}, {from}, {to},
            CASE WHEN m.k % 50 = 49 THEN 0 ELSE {minutes} END, CASE WHEN m.k % 50 = 49 THEN 'REJECTED' ELSE 'CONFIRMED' END,
            'SYSTEM_PROVED', {to}, {to}, {by}
         FROM m JOIN shift s ON s.id = {shift} JOIN activity a ON a.id = s.activity_id",
        words.day("f")
    ))
    .await;
    let spans = words.json("CASE WHEN t - f < 900 THEN '[]' ELSE '[[' || f || ',' || t || ']]' END");
    let none = words.json("'[]'");
    let entry = |kind: u32| words.uuid(kind, "m.k");
    let columns =
        "id, volunteer_id, seq, kind, record_id, corrects, book, pending_minutes, confirmed_minutes, spans, policy_id,
                   recorded_by, recorded_at, previous_hash, hash";
    for (kind, number, corrects, pending, confirmed, spans, which) in [
        ("SERVED", 1, "NULL".to_owned(), minutes.to_owned(), "0".to_owned(), &spans, "1 = 1"),
        ("CONFIRMED", 2, entry(5), format!("-{minutes}"), minutes.to_owned(), &spans, "1 = 1"),
        ("REVERSAL", 3, entry(6), "0".to_owned(), format!("-{minutes}"), &none, "m.k % 50 = 49"),
    ] {
        let corrects = if words.sqlite || number > 1 { corrects } else { "NULL::uuid".into() };
        run(format!(
            "INSERT INTO ledger_entry ({columns}) {made} SELECT {}, {whose}, 3 * j + {number}, '{kind}', {record}, {corrects},
                'SYSTEM_PROVED', {pending}, {confirmed}, {spans}, {policy}, {by}, {to}, '', '{kind}' || m.k FROM m WHERE {which}",
            entry(4 + number)
        ))
        .await;
    }
}
