//! Rounds, quotas and nominees in the database.

use boai_entity::{
    Instant,
    award_kinds::{AwardRoundState, CandidateState},
    commendation_nominee, commendation_quota, commendation_round,
    honour_kinds::CommendedKind,
    ids::{BranchId, CommendationNomineeId, CommendationRoundId, PersonId, VolunteerId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, Value, sea_query::OnConflict,
};
use uuid::Uuid;

use super::rules::Quota;
use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// Those of these branches that are this one or below it.
pub async fn branches_below(db: &impl ConnectionTrait, path: &str, ids: &[BranchId]) -> Result<Vec<BranchId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: BranchId,
    }
    let text = format!(
        "SELECT id FROM branch WHERE substr(path, 1, length($1)) = $1 AND id IN ({})",
        db::placeholders(2, ids.len())
    );
    let values = std::iter::once(path.into()).chain(ids.iter().map(|id| Value::from(*id)));
    let rows: Vec<Row> = db::all(db, text, values).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

pub async fn add_round(
    db: &impl ConnectionTrait,
    round: commendation_round::Model,
    quotas: &[Quota],
) -> Result<(), DbErr> {
    let round_id = round.id;
    let round: commendation_round::ActiveModel = round.into();
    commendation_round::Entity::insert(round).exec_without_returning(db).await?;
    let quotas = quotas.iter().map(|given| {
        let Quota { branch: branch_id, kind, quota } = *given;
        commendation_quota::ActiveModel::from(commendation_quota::Model { round_id, branch_id, kind, quota, taken: 0 })
    });
    commendation_quota::Entity::insert_many(quotas).exec_without_returning(db).await?;
    Ok(())
}

/// A round, with its branch's place.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlacedRound {
    #[sea_orm(nested)]
    pub round: commendation_round::Model,
    pub branch_path: String,
    pub branch_name: String,
}

/// How a round's row is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// By whoever moves it on: of two at one instant one comes after the other.
    Alone,
    /// By whoever nominates: any number at once, while nobody moves it on.
    Together,
}

pub async fn hold_round(
    db: &impl ConnectionTrait,
    id: CommendationRoundId,
    hold: Hold,
) -> Result<Option<PlacedRound>, DbErr> {
    let held = match (db.get_database_backend(), hold) {
        (DbBackend::Sqlite, _) => "",
        (_, Hold::Alone) => "FOR NO KEY UPDATE OF r",
        (_, Hold::Together) => "FOR SHARE OF r",
    };
    let text = format!(
        "SELECT r.*, b.path AS branch_path, b.name AS branch_name FROM commendation_round r
         JOIN branch b ON b.id = r.branch_id WHERE r.id = $1 {held}"
    );
    db::one(db, text, [id.into()]).await
}

pub async fn save_round(db: &impl ConnectionTrait, round: commendation_round::Model) -> Result<(), DbErr> {
    let round: commendation_round::ActiveModel = round.into();
    commendation_round::Entity::update(round.reset_all()).exec(db).await?;
    Ok(())
}

/// A branch's rounds, newest first; those in one of these states.
pub async fn rounds(
    db: &impl ConnectionTrait,
    branch: BranchId,
    states: &[AwardRoundState],
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<commendation_round::Model>, DbErr> {
    use commendation_round::Column;
    let select = commendation_round::Entity::find().filter(Column::BranchId.eq(branch));
    let select = select.filter(Column::State.is_in(states.iter().copied()));
    let mut cursor = select.cursor_by((Column::OpenedAt, Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

pub async fn quotas(
    db: &impl ConnectionTrait,
    round: CommendationRoundId,
) -> Result<Vec<commendation_quota::Model>, DbErr> {
    use commendation_quota::Column;
    let select = commendation_quota::Entity::find().filter(Column::RoundId.eq(round));
    select.order_by_asc(Column::BranchId).order_by_asc(Column::Kind).all(db).await
}

pub async fn quota(
    db: &impl ConnectionTrait,
    key: (CommendationRoundId, BranchId, CommendedKind),
) -> Result<Option<commendation_quota::Model>, DbErr> {
    commendation_quota::Entity::find_by_id(key).one(db).await
}

/// Takes a place of a branch's quota, in one conditional statement; false when there is none left.
pub async fn take_place(
    db: &impl ConnectionTrait,
    (round, branch, kind): (CommendationRoundId, BranchId, CommendedKind),
) -> Result<bool, DbErr> {
    let text = "UPDATE commendation_quota SET taken = taken + 1
                WHERE round_id = $1 AND branch_id = $2 AND kind = $3 AND taken < quota";
    Ok(db::run(db, text, [round.into(), branch.into(), kind.into()]).await? == 1)
}

/// Gives it back.
pub async fn give_back_place(
    db: &impl ConnectionTrait,
    (round, branch, kind): (CommendationRoundId, BranchId, CommendedKind),
) -> Result<(), DbErr> {
    let text = "UPDATE commendation_quota SET taken = taken - 1 WHERE round_id = $1 AND branch_id = $2 AND kind = $3";
    db::run(db, text, [round.into(), branch.into(), kind.into()]).await?;
    Ok(())
}

/// False when they are nominated already: the unique constraints decide.
pub async fn add_nominee(db: &impl ConnectionTrait, row: commendation_nominee::Model) -> Result<bool, DbErr> {
    let row: commendation_nominee::ActiveModel = row.into();
    let inserted = commendation_nominee::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// A nominee, and the places of the branch that nominated it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlacedNominee {
    #[sea_orm(nested)]
    pub nominee: commendation_nominee::Model,
    pub branch_path: String,
}

pub async fn placed_nominee(
    db: &impl ConnectionTrait,
    id: CommendationNomineeId,
) -> Result<Option<PlacedNominee>, DbErr> {
    let text = "SELECT n.*, b.path AS branch_path FROM commendation_nominee n JOIN branch b ON b.id = n.branch_id
                WHERE n.id = $1";
    db::one(db, text, [id.into()]).await
}

/// False when somebody has taken it back.
pub async fn remove_nominee(db: &impl ConnectionTrait, id: CommendationNomineeId) -> Result<bool, DbErr> {
    Ok(db::run(db, "DELETE FROM commendation_nominee WHERE id = $1", [id.into()]).await? == 1)
}

/// How many nominees of a round are in a state.
pub async fn count(db: &impl ConnectionTrait, round: CommendationRoundId, state: CandidateState) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let text = "SELECT COUNT(*) AS count FROM commendation_nominee WHERE round_id = $1 AND state = $2";
    let count: Option<Count> = db::one(db, text, [round.into(), state.into()]).await?;
    Ok(count.map_or(0, |count| count.count))
}

/// A nominee, and the person behind a volunteer.
#[derive(Clone, Debug, FromQueryResult)]
pub struct KnownNominee {
    #[sea_orm(nested)]
    pub nominee: commendation_nominee::Model,
    pub person_id: Option<PersonId>,
}

/// Those of these that are nominated in the round.
pub async fn known_nominees(
    db: &impl ConnectionTrait,
    round: CommendationRoundId,
    ids: &[CommendationNomineeId],
) -> Result<Vec<KnownNominee>, DbErr> {
    let text = format!(
        "SELECT n.*, v.person_id FROM commendation_nominee n LEFT JOIN volunteer v ON v.id = n.volunteer_id
         WHERE n.round_id = $1 AND n.id IN ({})",
        db::placeholders(2, ids.len())
    );
    let values = std::iter::once(round.into()).chain(ids.iter().map(|id| (*id).into()));
    db::all(db, text, values).await
}

/// Lets these pass.
pub async fn pass(
    db: &impl ConnectionTrait,
    ids: &[CommendationNomineeId],
    by: PersonId,
    now: Instant,
) -> Result<(), DbErr> {
    let text = format!(
        "UPDATE commendation_nominee SET state = 'PASSED', reason = NULL, decided_by = $1, decided_at = $2
         WHERE id IN ({})",
        db::placeholders(3, ids.len())
    );
    let values = [by.into(), now.into()].into_iter().chain(ids.iter().map(|id| (*id).into()));
    db::run(db, text, values).await?;
    Ok(())
}

/// Refuses these, each with its reason.
pub async fn refuse(
    db: &impl ConnectionTrait,
    refused: &[(CommendationNomineeId, &str)],
    by: PersonId,
    now: Instant,
) -> Result<(), DbErr> {
    if refused.is_empty() {
        return Ok(());
    }
    let refused = refused.iter().map(|(id, reason)| (Value::from(*id), *reason));
    let (ids, reasons, values) = db::each_with_text([by.into(), now.into()], refused);
    let text = format!(
        "UPDATE commendation_nominee SET state = 'REFUSED', reason = {reasons}, decided_by = $1, decided_at = $2
         WHERE id IN ({ids})"
    );
    db::run(db, text, values).await?;
    Ok(())
}

/// Commends all who passed, but for who was erased meanwhile.
pub async fn commend(db: &impl ConnectionTrait, round: CommendationRoundId) -> Result<(), DbErr> {
    let text = "UPDATE commendation_nominee SET state = CASE WHEN EXISTS (
                    SELECT 1 FROM volunteer v JOIN person p ON p.id = v.person_id
                    WHERE v.id = commendation_nominee.volunteer_id AND p.erased_at IS NOT NULL)
                    THEN 'LAPSED' ELSE 'AWARDED' END
                WHERE round_id = $1 AND state = 'PASSED'";
    db::run(db, text, [round.into()]).await?;
    Ok(())
}

/// The volunteers of a round in a state.
pub async fn volunteers_in(
    db: &impl ConnectionTrait,
    round: CommendationRoundId,
    state: CandidateState,
) -> Result<Vec<VolunteerId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        volunteer_id: VolunteerId,
    }
    let text = "SELECT volunteer_id FROM commendation_nominee
                WHERE round_id = $1 AND state = $2 AND volunteer_id IS NOT NULL ORDER BY volunteer_id";
    let rows: Vec<Row> = db::all(db, text, [round.into(), state.into()]).await?;
    Ok(rows.into_iter().map(|row| row.volunteer_id).collect())
}

/// Who leads the teams of a round in a state now.
pub async fn leaders_in(
    db: &impl ConnectionTrait,
    round: CommendationRoundId,
    state: CandidateState,
    now: Instant,
) -> Result<Vec<PersonId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        person_id: PersonId,
    }
    let text = "SELECT DISTINCT g.person_id FROM commendation_nominee n JOIN role_grant g ON g.team_id = n.team_id
                WHERE n.round_id = $1 AND n.state = $2 AND g.role = 'TEAM_LEADER' AND g.revoked_at IS NULL
                  AND (g.ends_at IS NULL OR g.ends_at > $3) ORDER BY g.person_id";
    let rows: Vec<Row> = db::all(db, text, [round.into(), state.into(), now.into()]).await?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}

/// Who was commended in a round, and the person behind a volunteer.
pub async fn commended_in(db: &impl ConnectionTrait, round: CommendationRoundId) -> Result<Vec<KnownNominee>, DbErr> {
    let text = "SELECT n.*, v.person_id FROM commendation_nominee n LEFT JOIN volunteer v ON v.id = n.volunteer_id
                WHERE n.round_id = $1 AND n.state = 'AWARDED' ORDER BY n.nominated_at, n.id";
    db::all(db, text, [round.into()]).await
}

/// The nominees of a round, what was nominated first first; in one state only, where that is given.
pub async fn nominees(
    db: &impl ConnectionTrait,
    round: CommendationRoundId,
    state: Option<CandidateState>,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<commendation_nominee::Model>, DbErr> {
    use commendation_nominee::Column;
    let mut select = commendation_nominee::Entity::find().filter(Column::RoundId.eq(round));
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state));
    }
    page.fetch(select.cursor_by((Column::NominatedAt, Column::Id)), db).await
}

/// A nominee as everybody reads it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Shown {
    #[sea_orm(nested)]
    pub nominee: commendation_nominee::Model,
    pub volunteer_name: Option<String>,
    pub team_name: Option<String>,
    /// Whether the person's consent to showing the whole name is in force now.
    pub may_publish: bool,
}

/// Who passed, or was commended, in the list's order.
pub async fn shown(
    db: &impl ConnectionTrait,
    round: CommendationRoundId,
    state: CandidateState,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<Shown>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![round.into(), state.into()];
    let mut from = String::new();
    if let Some((nominated_at, id)) = page.from {
        values.extend([nominated_at.into(), id.into()]);
        from = format!("AND (n.nominated_at, n.id) {beyond} ($3, $4)");
    }
    let text = format!(
        "SELECT n.*, v.name AS volunteer_name, t.name AS team_name,
                EXISTS (SELECT 1 FROM consent c WHERE c.person_id = v.person_id AND c.kind = 'PUBLICATION'
                        AND c.withdrawn_at IS NULL) AS may_publish
         FROM commendation_nominee n LEFT JOIN volunteer v ON v.id = n.volunteer_id LEFT JOIN team t ON t.id = n.team_id
         WHERE n.round_id = $1 AND n.state = $2 {from}
         ORDER BY n.nominated_at {order}, n.id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

/// A commendation in a volunteer's file.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Commended {
    pub id: CommendationNomineeId,
    pub branch_id: BranchId,
    pub title: String,
    pub closed_at: Instant,
}

/// What a volunteer was commended for, newest first.
pub async fn commendations_of(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Vec<Commended>, DbErr> {
    let text = "SELECT n.id, r.branch_id, r.title, r.closed_at FROM commendation_nominee n
                JOIN commendation_round r ON r.id = n.round_id
                WHERE n.volunteer_id = $1 AND n.state = 'AWARDED' ORDER BY r.closed_at DESC, n.id DESC LIMIT 100";
    db::all(db, text, [volunteer.into()]).await
}
