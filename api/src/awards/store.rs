//! Rounds, lists, awards and cases in the database.

use boai_entity::{
    Instant, award_candidate,
    award_kinds::{AwardRoundState, CandidateState, ObjectionState, StarCaseState},
    award_objection, award_round,
    ids::{AwardObjectionId, AwardRoundId, BranchId, PersonId, StarAwardId, StarCandidateId, StarCaseId, VolunteerId},
    policy, star_award, star_case, star_scheme, volunteer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Value, sea_query::OnConflict,
};
use uuid::Uuid;

use super::rules::{MOST_LISTED, Scope};
use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// The nearest scheme up the tree, of those the newest that is valid, of a place and at a moment.
const SCHEME: &str = "SELECT s.* FROM star_scheme s WHERE s.withdrawn_at IS NULL AND s.valid_from <= $2
    AND substr({place}, 1, length(s.branch_path)) = s.branch_path
    ORDER BY length(s.branch_path) DESC, s.valid_from DESC, s.version DESC LIMIT 1";

fn missing() -> DbErr {
    DbErr::RecordNotFound("a star scheme; the migrations put the first one there".into())
}

/// The scheme in force at a branch (or division, by its code) at a moment.
pub async fn star_scheme_at(db: &impl ConnectionTrait, path: &str, at: Instant) -> Result<star_scheme::Model, DbErr> {
    db::one(db, SCHEME.replace("{place}", "$1"), [path.into(), at.into()]).await?.ok_or_else(missing)
}

/// The scheme in force where a volunteer lives.
pub async fn star_scheme_of(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    at: Instant,
) -> Result<star_scheme::Model, DbErr> {
    let home = "(SELECT v.residence_code FROM volunteer v WHERE v.id = $1)";
    db::one(db, SCHEME.replace("{place}", home), [volunteer.into(), at.into()]).await?.ok_or_else(missing)
}

pub async fn add_round(db: &impl ConnectionTrait, round: award_round::Model) -> Result<(), DbErr> {
    let round: award_round::ActiveModel = round.into();
    award_round::Entity::insert(round).exec_without_returning(db).await?;
    Ok(())
}

/// A round, with its branch's place.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlacedRound {
    #[sea_orm(nested)]
    pub round: award_round::Model,
    pub branch_path: String,
    pub branch_name: String,
}

/// A round to be moved on: its row is held, so that of two at one instant one comes after the other.
pub async fn hold_round(db: &impl ConnectionTrait, id: AwardRoundId) -> Result<Option<PlacedRound>, DbErr> {
    let held = match db.get_database_backend() {
        DbBackend::Sqlite => "",
        _ => "FOR NO KEY UPDATE OF r",
    };
    let text = format!(
        "SELECT r.*, b.path AS branch_path, b.name AS branch_name FROM award_round r
         JOIN branch b ON b.id = r.branch_id WHERE r.id = $1 {held}"
    );
    db::one(db, text, [id.into()]).await
}

pub async fn save_round(db: &impl ConnectionTrait, round: award_round::Model) -> Result<(), DbErr> {
    use sea_orm::ActiveModelTrait;
    let round: award_round::ActiveModel = round.into();
    award_round::Entity::update(round.reset_all()).exec(db).await?;
    Ok(())
}

/// A branch's rounds, newest first; `noticed` leaves those that are under notice.
pub async fn rounds(
    db: &impl ConnectionTrait,
    branch: BranchId,
    noticed: bool,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<award_round::Model>, DbErr> {
    let mut select = award_round::Entity::find().filter(award_round::Column::BranchId.eq(branch));
    if noticed {
        select = select.filter(award_round::Column::State.eq(AwardRoundState::Notice));
    }
    let mut cursor = select.cursor_by((award_round::Column::OpenedAt, award_round::Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

/// What a round's list is frozen by.
pub struct Freeze<'a> {
    pub round: AwardRoundId,
    pub branch_path: &'a str,
    pub scope: Scope,
    pub stars: std::ops::RangeInclusive<i32>,
    /// The first moment after the cut-off.
    pub over_at: Instant,
    pub now: Instant,
    pub scheme: &'a star_scheme::Model,
    pub policy: &'a policy::Model,
}

/// Lists everybody who is eligible, in one statement over the ledger, and says how many that are: one more than [`MOST_LISTED`]
/// for all beyond it. What was entered up to the cut-off counts, of records that were final by then and that nobody wants
/// corrected. (A record that was corrected later is under notice anew, so it does not count: therefore nobody has more at the
/// cut-off than in total now, and only who has the hours for the lowest star in total is looked at.)
pub async fn freeze(db: &impl ConnectionTrait, by: &Freeze<'_>) -> Result<u64, DbErr> {
    let mut values: Vec<Value> = vec![by.round.into(), by.branch_path.into(), by.over_at.into(), by.now.into()];
    let (from, to) = (*by.stars.start(), *by.stars.end());
    let scheme: Vec<String> = (1..)
        .zip(&by.scheme.thresholds.0)
        .filter(|(star, _)| by.stars.contains(star))
        .map(|(star, minutes): (i32, &i64)| format!("({star}, {minutes})"))
        .collect();
    let places = by.scheme.thresholds.0.iter().skip(usize::try_from(from - 1).unwrap_or_default());
    let Some(lowest) = places.min().filter(|_| !scheme.is_empty()) else { return Ok(0) };
    let awards = &by.policy.body.awards;
    let mut asked = vec![in_scope(by.scope).to_owned()];
    if awards.registered_days > 0 {
        values.push((by.over_at - chrono::TimeDelta::days(awards.registered_days)).into());
        asked.push(format!("v.state = 'REGISTERED' AND v.registered_at <= ${}", values.len()));
    }
    asked.push(format!(
        "(SELECT COUNT(*) FROM review_item i
          WHERE i.volunteer_id = v.id AND i.kind = 'CORRECTION' AND i.state = 'WAITING')
       + (SELECT COUNT(*) FROM dispute d
          WHERE d.volunteer_id = v.id AND d.state IN ('OPENED', 'DECIDED', 'APPEALED')
            AND (d.ends_at IS NULL OR d.ends_at > $4)) <= {}",
        awards.open_disputes
    ));
    let id = match db.get_database_backend() {
        DbBackend::Sqlite => "randomblob(16)",
        _ => "gen_random_uuid()",
    };
    let text = format!(
        "INSERT INTO award_candidate (id, round_id, volunteer_id, star, minutes, threshold, state)
         WITH scheme (star, threshold) AS (VALUES {}),
         own AS (
             SELECT v.id FROM volunteer_total t
             JOIN volunteer v ON v.id = t.volunteer_id
             JOIN person p ON p.id = v.person_id AND p.erased_at IS NULL
             WHERE t.dimension = 'ALL' AND t.confirmed_minutes >= {lowest} AND {}
         ),
         given AS MATERIALIZED (
             SELECT l.volunteer_id, SUM(l.confirmed_minutes) AS minutes,
                    SUM(CASE WHEN l.book = 'SYSTEM_PROVED' THEN l.confirmed_minutes ELSE 0 END) AS proved
             FROM own JOIN ledger_entry l ON l.volunteer_id = own.id
             JOIN service_record r ON r.id = l.record_id
             WHERE l.confirmed_minutes <> 0 AND l.recorded_at < $3 AND r.state = 'CONFIRMED' AND r.notice_until <= $3
               AND NOT EXISTS (SELECT 1 FROM review_item i WHERE i.attendance_id = r.attendance_id
                               AND i.kind = 'CORRECTION' AND i.state = 'WAITING')
             GROUP BY l.volunteer_id
         ),
         held AS (SELECT volunteer_id, MAX(star) AS star FROM star_award WHERE revoked_at IS NULL GROUP BY volunteer_id)
         SELECT {id}, $1, g.volunteer_id, s.star, g.minutes, s.threshold, 'LISTED'
         FROM given g JOIN scheme s ON s.threshold <= g.minutes
         LEFT JOIN held h ON h.volunteer_id = g.volunteer_id
         WHERE g.proved * 100 >= g.minutes * {} AND s.star <= {to}
           AND s.star > COALESCE(h.star, 0) AND COALESCE(h.star, 0) >= {from} - 1
         LIMIT {}",
        scheme.join(", "),
        asked.join(" AND "),
        awards.system_proved_percent,
        MOST_LISTED + 1
    );
    db::run(db, text, values).await
}

/// The condition on a volunteer `v`; `$2` is the path of the branch.
fn in_scope(scope: Scope) -> &'static str {
    match scope {
        Scope::System => {
            "(substr(v.residence_code, 1, length($2)) = $2 OR EXISTS (
                 SELECT 1 FROM team_member m JOIN team t ON t.id = m.team_id JOIN branch b ON b.id = t.branch_id
                 WHERE m.volunteer_id = v.id AND m.state = 'ACCEPTED' AND substr(b.path, 1, length($2)) = $2))"
        }
        Scope::Residents => {
            "(substr(v.residence_code, 1, length($2)) = $2 OR EXISTS (
                 SELECT 1 FROM team_member m JOIN team t ON t.id = m.team_id JOIN branch b ON b.id = t.branch_id
                 WHERE m.volunteer_id = v.id AND m.state = 'ACCEPTED' AND b.path = $2))"
        }
        Scope::OwnTeams => {
            "EXISTS (
                 SELECT 1 FROM team_member m JOIN team t ON t.id = m.team_id JOIN branch b ON b.id = t.branch_id
                 WHERE m.volunteer_id = v.id AND m.state = 'ACCEPTED' AND b.path = $2)"
        }
    }
}

/// Whether a volunteer is one of a branch's or of those below it.
pub async fn belongs(db: &impl ConnectionTrait, path: &str, volunteer: VolunteerId) -> Result<bool, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        #[expect(dead_code, reason = "that there is a row says it")]
        id: VolunteerId,
    }
    let text = format!("SELECT v.id FROM volunteer v WHERE v.id = $1 AND {}", in_scope(Scope::System));
    let row: Option<Row> = db::one(db, text, [volunteer.into(), path.into()]).await?;
    Ok(row.is_some())
}

/// Those of these numbers that are volunteers of a branch or of those below it, held in one order: an erasure comes before, and the
/// number is nobody's, or after.
pub async fn hold_those_who_belong(
    db: &impl ConnectionTrait,
    path: &str,
    numbers: &[&str],
) -> Result<Vec<volunteer::Model>, DbErr> {
    let Some((first, others)) = numbers.split_first() else { return Ok(Vec::new()) };
    let mut values: Vec<Value> = vec![(*first).into(), path.into()];
    values.extend(others.iter().map(|number| Value::from(*number)));
    let others: String = (3..=values.len()).map(|place| format!(", ${place}")).collect();
    let text = format!(
        "SELECT v.* FROM volunteer v WHERE v.number IN ($1{others}) AND {} ORDER BY v.id {}",
        in_scope(Scope::System),
        db::for_update(db)
    );
    db::all(db, text, values).await
}

/// How many of a round's list stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub listed: i64,
    pub passed: i64,
    pub refused: i64,
    pub awarded: i64,
    pub lapsed: i64,
}

pub async fn counts(db: &impl ConnectionTrait, round: AwardRoundId) -> Result<Counts, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        state: CandidateState,
        count: i64,
    }
    let text = "SELECT state, COUNT(*) AS count FROM award_candidate WHERE round_id = $1 GROUP BY state";
    let rows: Vec<Row> = db::all(db, text, [round.into()]).await?;
    let of = |state| rows.iter().find(|row| row.state == state).map_or(0, |row| row.count);
    Ok(Counts {
        listed: of(CandidateState::Listed),
        passed: of(CandidateState::Passed),
        refused: of(CandidateState::Refused),
        awarded: of(CandidateState::Awarded),
        lapsed: of(CandidateState::Lapsed),
    })
}

/// A round's list, the highest stars first and of those the most hours.
pub async fn candidates(
    db: &impl ConnectionTrait,
    round: AwardRoundId,
    state: Option<CandidateState>,
    page: Page<(i32, i32, Uuid)>,
) -> Result<Slice<award_candidate::Model>, DbErr> {
    use award_candidate::Column;
    let mut select = award_candidate::Entity::find().filter(Column::RoundId.eq(round));
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state));
    }
    let mut cursor = select.cursor_by((Column::Star, Column::Minutes, Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

/// Somebody on a list, and who that is.
#[derive(Clone, Debug, FromQueryResult)]
pub struct KnownCandidate {
    #[sea_orm(nested)]
    pub candidate: award_candidate::Model,
    pub person_id: PersonId,
}

/// Those of these who are on the round's list.
pub async fn known_candidates(
    db: &impl ConnectionTrait,
    round: AwardRoundId,
    ids: &[StarCandidateId],
) -> Result<Vec<KnownCandidate>, DbErr> {
    let text = format!(
        "SELECT c.*, v.person_id FROM award_candidate c JOIN volunteer v ON v.id = c.volunteer_id
         WHERE c.round_id = $1 AND c.id IN ({})",
        db::placeholders(2, ids.len())
    );
    let values = std::iter::once(round.into()).chain(ids.iter().map(|id| (*id).into()));
    db::all(db, text, values).await
}

/// Lets these pass.
pub async fn pass(db: &impl ConnectionTrait, ids: &[StarCandidateId], by: PersonId, now: Instant) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let text = format!(
        "UPDATE award_candidate SET state = 'PASSED', reason = NULL, decided_by = $1, decided_at = $2 WHERE id IN ({})",
        db::placeholders(3, ids.len())
    );
    let values = [by.into(), now.into()].into_iter().chain(ids.iter().map(|id| (*id).into()));
    db::run(db, text, values).await?;
    Ok(())
}

/// Refuses these, each with its reason.
pub async fn refuse(
    db: &impl ConnectionTrait,
    refused: &[(StarCandidateId, &str)],
    by: PersonId,
    now: Instant,
) -> Result<(), DbErr> {
    if refused.is_empty() {
        return Ok(());
    }
    let refused = refused.iter().map(|(id, reason)| (Value::from(*id), *reason));
    let (ids, reasons, values) = db::each_with_text([by.into(), now.into()], refused);
    let text = format!(
        "UPDATE award_candidate SET state = 'REFUSED', reason = {reasons}, decided_by = $1, decided_at = $2
         WHERE id IN ({ids})"
    );
    db::run(db, text, values).await?;
    Ok(())
}

/// Those of a round in one state, each once with the highest star.
pub async fn highest_stars(
    db: &impl ConnectionTrait,
    round: AwardRoundId,
    state: CandidateState,
) -> Result<Vec<(VolunteerId, i32)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        volunteer_id: VolunteerId,
        star: i32,
    }
    let text = "SELECT volunteer_id, MAX(star) AS star FROM award_candidate WHERE round_id = $1 AND state = $2
                GROUP BY volunteer_id ORDER BY volunteer_id";
    let rows: Vec<Row> = db::all(db, text, [round.into(), state.into()]).await?;
    Ok(rows.into_iter().map(|row| (row.volunteer_id, row.star)).collect())
}

/// Holds the rows of everybody who passed, always in one order: hours are corrected with that row held, so a correction comes
/// either before the award, which then sees it, or after, and then raises a case.
pub async fn hold_passed(db: &impl ConnectionTrait, round: AwardRoundId) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(());
    }
    let text = "SELECT v.id FROM volunteer v
                WHERE v.id IN (SELECT c.volunteer_id FROM award_candidate c WHERE c.round_id = $1 AND c.state = 'PASSED')
                ORDER BY v.id FOR NO KEY UPDATE";
    db.query_all_raw(db::sql(db, text, [round.into()])).await?;
    Ok(())
}

/// Awards a star to all who passed for it, hold the one below, have the hours still, and do not hold it already.
pub async fn award(
    db: &impl ConnectionTrait,
    round: AwardRoundId,
    star: i32,
    by: PersonId,
    now: Instant,
) -> Result<u64, DbErr> {
    let text = "INSERT INTO star_award (id, round_id, volunteer_id, star, minutes, threshold, awarded_at, awarded_by)
                SELECT c.id, c.round_id, c.volunteer_id, c.star, c.minutes, c.threshold, $3, $4
                FROM award_candidate c
                JOIN volunteer v ON v.id = c.volunteer_id
                JOIN person p ON p.id = v.person_id AND p.erased_at IS NULL
                JOIN volunteer_total t ON t.volunteer_id = c.volunteer_id AND t.dimension = 'ALL' AND t.key = ''
                WHERE c.round_id = $1 AND c.star = $2 AND c.state = 'PASSED' AND t.confirmed_minutes >= c.threshold
                  AND (c.star = 1 OR EXISTS (SELECT 1 FROM star_award b WHERE b.volunteer_id = c.volunteer_id
                                             AND b.star = c.star - 1 AND b.revoked_at IS NULL))
                ON CONFLICT DO NOTHING";
    db::run(db, text, [round.into(), star.into(), now.into(), by.into()]).await
}

/// Says of all who passed what became of them.
pub async fn close_list(db: &impl ConnectionTrait, round: AwardRoundId) -> Result<(), DbErr> {
    let text = "UPDATE award_candidate SET state = CASE
                    WHEN EXISTS (SELECT 1 FROM star_award a WHERE a.id = award_candidate.id) THEN 'AWARDED' ELSE 'LAPSED' END
                WHERE round_id = $1 AND state = 'PASSED'";
    db::run(db, text, [round.into()]).await?;
    Ok(())
}

/// Who was awarded what in a round, and the person.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Awarded {
    pub id: StarAwardId,
    pub person_id: PersonId,
}

pub async fn awarded_in(db: &impl ConnectionTrait, round: AwardRoundId) -> Result<Vec<Awarded>, DbErr> {
    let text = "SELECT a.id, v.person_id FROM star_award a JOIN volunteer v ON v.id = a.volunteer_id
                WHERE a.round_id = $1 ORDER BY a.star, a.volunteer_id";
    db::all(db, text, [round.into()]).await
}

/// A candidate with the round and the branch, and who it is.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlacedCandidate {
    #[sea_orm(nested)]
    pub candidate: award_candidate::Model,
    pub person_id: PersonId,
    pub round_state: AwardRoundState,
    pub branch_path: String,
}

const PLACED_CANDIDATE: &str = "SELECT c.*, v.person_id, r.state AS round_state, b.path AS branch_path
    FROM award_candidate c JOIN volunteer v ON v.id = c.volunteer_id
    JOIN award_round r ON r.id = c.round_id JOIN branch b ON b.id = r.branch_id";

pub async fn placed_candidate(
    db: &impl ConnectionTrait,
    id: StarCandidateId,
) -> Result<Option<PlacedCandidate>, DbErr> {
    db::one(db, format!("{PLACED_CANDIDATE} WHERE c.id = $1"), [id.into()]).await
}

/// False when this person has objected to it already.
pub async fn add_objection(db: &impl ConnectionTrait, row: award_objection::Model) -> Result<bool, DbErr> {
    let row: award_objection::ActiveModel = row.into();
    let inserted = award_objection::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// An objection, against whose star it is, and in which round.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlacedObjection {
    #[sea_orm(nested)]
    pub objection: award_objection::Model,
    pub round_id: AwardRoundId,
    pub volunteer_id: VolunteerId,
    pub person_id: PersonId,
    pub branch_path: String,
}

/// In one statement, so that what is not there takes as long as what is not yours.
pub async fn placed_objection(
    db: &impl ConnectionTrait,
    id: AwardObjectionId,
) -> Result<Option<PlacedObjection>, DbErr> {
    let text = "SELECT o.*, c.round_id, c.volunteer_id, v.person_id, b.path AS branch_path FROM award_objection o
                JOIN award_candidate c ON c.id = o.candidate_id JOIN volunteer v ON v.id = c.volunteer_id
                JOIN award_round r ON r.id = c.round_id JOIN branch b ON b.id = r.branch_id WHERE o.id = $1";
    db::one(db, text, [id.into()]).await
}

/// False when it is answered already.
pub async fn answer_objection(
    db: &impl ConnectionTrait,
    id: AwardObjectionId,
    (state, answer): (ObjectionState, &str),
    by: PersonId,
    now: Instant,
) -> Result<bool, DbErr> {
    let text = "UPDATE award_objection SET state = $2, answer = $3, answered_by = $4, answered_at = $5
                WHERE id = $1 AND state = 'WAITING'";
    Ok(db::run(db, text, [id.into(), state.into(), answer.into(), by.into(), now.into()]).await? == 1)
}

pub async fn waiting_objections(db: &impl ConnectionTrait, round: AwardRoundId) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let text = "SELECT COUNT(*) AS count FROM award_objection o JOIN award_candidate c ON c.id = o.candidate_id
                WHERE c.round_id = $1 AND o.state = 'WAITING'";
    let count: Option<Count> = db::one(db, text, [round.into()]).await?;
    Ok(count.map_or(0, |count| count.count))
}

/// A round's objections, what was said first first.
pub async fn objections(
    db: &impl ConnectionTrait,
    round: AwardRoundId,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<award_objection::Model>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![round.into()];
    let mut from = String::new();
    if let Some((raised_at, id)) = page.from {
        values.extend([raised_at.into(), id.into()]);
        from = format!("AND (o.raised_at, o.id) {beyond} ($2, $3)");
    }
    let text = format!(
        "SELECT o.* FROM award_objection o JOIN award_candidate c ON c.id = o.candidate_id
         WHERE c.round_id = $1 {from} ORDER BY o.raised_at {order}, o.id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

/// An award with the branch that gave it, and who has it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlacedAward {
    #[sea_orm(nested)]
    pub award: star_award::Model,
    pub person_id: PersonId,
    pub branch_path: String,
}

pub async fn placed_award(db: &impl ConnectionTrait, id: StarAwardId) -> Result<Option<PlacedAward>, DbErr> {
    let text = "SELECT a.*, v.person_id, b.path AS branch_path FROM star_award a
                JOIN volunteer v ON v.id = a.volunteer_id
                JOIN award_round r ON r.id = a.round_id JOIN branch b ON b.id = r.branch_id WHERE a.id = $1";
    db::one(db, text, [id.into()]).await
}

/// A volunteer's awards, newest first, with those that were revoked.
pub async fn awards_of(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Vec<star_award::Model>, DbErr> {
    star_award::Entity::find()
        .filter(star_award::Column::VolunteerId.eq(volunteer))
        .order_by_desc(star_award::Column::AwardedAt)
        .order_by_desc(star_award::Column::Star)
        .limit(100)
        .all(db)
        .await
}

/// The highest star that a volunteer holds; 0 for none.
pub async fn held_star(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<i32, DbErr> {
    #[derive(FromQueryResult)]
    struct Held {
        star: Option<i32>,
    }
    let text = "SELECT MAX(star) AS star FROM star_award WHERE volunteer_id = $1 AND revoked_at IS NULL";
    let held: Option<Held> = db::one(db, text, [volunteer.into()]).await?;
    Ok(held.and_then(|held| held.star).unwrap_or(0))
}

/// False when it is revoked already.
pub async fn revoke(
    db: &impl ConnectionTrait,
    id: StarAwardId,
    reason: &str,
    by: PersonId,
    now: Instant,
) -> Result<bool, DbErr> {
    let text = "UPDATE star_award SET revoked_at = $2, revoked_by = $3, revoke_reason = $4
                WHERE id = $1 AND revoked_at IS NULL";
    Ok(db::run(db, text, [id.into(), now.into(), by.into(), reason.into()]).await? == 1)
}

/// A star that the confirmed hours no longer reach, and that nobody looks at yet.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Shaken {
    pub id: StarAwardId,
    pub star: i32,
    pub confirmed_minutes: i32,
}

pub async fn shaken(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Vec<Shaken>, DbErr> {
    let text = "SELECT a.id, a.star, t.confirmed_minutes FROM star_award a
                JOIN volunteer_total t ON t.volunteer_id = a.volunteer_id AND t.dimension = 'ALL' AND t.key = ''
                WHERE a.volunteer_id = $1 AND a.revoked_at IS NULL AND t.confirmed_minutes < a.threshold
                  AND NOT EXISTS (SELECT 1 FROM star_case c WHERE c.award_id = a.id AND c.state = 'WAITING')
                ORDER BY a.star";
    db::all(db, text, [volunteer.into()]).await
}

pub async fn add_cases(db: &impl ConnectionTrait, cases: Vec<star_case::Model>) -> Result<(), DbErr> {
    let cases = cases.into_iter().map(star_case::ActiveModel::from);
    star_case::Entity::insert_many(cases).exec_without_returning(db).await?;
    Ok(())
}

/// A case, and the branch that awarded the star.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlacedCase {
    #[sea_orm(nested)]
    pub case: star_case::Model,
    pub branch_path: String,
}

/// In one statement, so that what is not there takes as long as what is not yours.
pub async fn placed_case(db: &impl ConnectionTrait, id: StarCaseId) -> Result<Option<PlacedCase>, DbErr> {
    let text = "SELECT c.*, b.path AS branch_path FROM star_case c JOIN star_award a ON a.id = c.award_id
                JOIN award_round r ON r.id = a.round_id JOIN branch b ON b.id = r.branch_id WHERE c.id = $1";
    db::one(db, text, [id.into()]).await
}

/// False when it is decided already.
pub async fn decide_case(
    db: &impl ConnectionTrait,
    id: StarCaseId,
    (state, reason): (StarCaseState, &str),
    by: PersonId,
    now: Instant,
) -> Result<bool, DbErr> {
    let text = "UPDATE star_case SET state = $2, reason = $3, decided_by = $4, decided_at = $5
                WHERE id = $1 AND state = 'WAITING'";
    Ok(db::run(db, text, [id.into(), state.into(), reason.into(), by.into(), now.into()]).await? == 1)
}

/// Decides what waits about an award that is revoked anyway.
pub async fn close_cases(
    db: &impl ConnectionTrait,
    award: StarAwardId,
    reason: &str,
    by: PersonId,
    now: Instant,
) -> Result<(), DbErr> {
    let text = "UPDATE star_case SET state = 'REVOKED', reason = $2, decided_by = $3, decided_at = $4
                WHERE award_id = $1 AND state = 'WAITING'";
    db::run(db, text, [award.into(), reason.into(), by.into(), now.into()]).await?;
    Ok(())
}

/// Stars in question that a branch or one below it awarded, what was raised first first.
pub async fn cases(
    db: &impl ConnectionTrait,
    branch_path: &str,
    state: StarCaseState,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<star_case::Model>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![branch_path.into(), state.into()];
    let mut from = String::new();
    if let Some((raised_at, id)) = page.from {
        values.extend([raised_at.into(), id.into()]);
        from = format!("AND (c.raised_at, c.id) {beyond} ($3, $4)");
    }
    let text = format!(
        "SELECT c.* FROM star_case c JOIN star_award a ON a.id = c.award_id
         JOIN award_round r ON r.id = a.round_id JOIN branch b ON b.id = r.branch_id
         WHERE substr(b.path, 1, length($1)) = $1 AND c.state = $2 {from}
         ORDER BY c.raised_at {order}, c.id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}
