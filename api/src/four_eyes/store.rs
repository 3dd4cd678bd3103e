//! Acts that take two persons, in the database, which itself forbids that one person is both.

use boai_entity::{
    Instant,
    ids::{PendingActId, PersonId},
    kinds::ActState,
    pending_act,
};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Value, sea_query::OnConflict};

use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// An act, and the branch whose competence it takes.
#[derive(Clone, FromQueryResult)]
pub struct PlacedAct {
    #[sea_orm(nested)]
    pub act: pending_act::Model,
    pub branch_path: String,
    pub branch_name: String,
}

/// False when the same act waits already. What nobody decided in time is closed first, so that it stands in no one's way.
pub async fn add(db: &impl ConnectionTrait, row: pending_act::Model) -> Result<bool, DbErr> {
    db::run(
        db,
        "UPDATE pending_act SET state = 'EXPIRED', decided_at = $4
         WHERE kind = $1 AND subject_id = $2 AND branch_id = $3 AND state = 'WAITING' AND expires_at <= $4",
        [row.kind.into(), row.subject_id.into(), row.branch_id.into(), row.proposed_at.into()],
    )
    .await?;
    let row: pending_act::ActiveModel = row.into();
    let inserted = pending_act::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// Takes the act's row, so that two decisions at one instant come one after the other.
pub async fn lock(db: &impl ConnectionTrait, id: PendingActId) -> Result<Option<PlacedAct>, DbErr> {
    let lock = match db::for_update(db) {
        "" => String::new(),
        lock => format!("{lock} OF a"),
    };
    let text = format!(
        "SELECT a.*, b.path AS branch_path, b.name AS branch_name
         FROM pending_act a JOIN branch b ON b.id = a.branch_id WHERE a.id = $1 {lock}"
    );
    db::one(db, text, [id.into()]).await
}

/// False when it waits no longer: of two decisions only one is taken.
pub async fn decide(
    db: &impl ConnectionTrait,
    id: PendingActId,
    state: ActState,
    by: PersonId,
    now: Instant,
) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "UPDATE pending_act SET state = $2, decided_by = $3, decided_at = $4
         WHERE id = $1 AND state = 'WAITING' AND expires_at > $4",
        [id.into(), state.into(), by.into(), now.into()],
    )
    .await?;
    Ok(rows == 1)
}

/// What waits for this person: acts on branches below the ones held, and the person's own proposals; what expires first
/// comes first.
pub async fn waiting(
    db: &impl ConnectionTrait,
    person: PersonId,
    held: &[&str],
    now: Instant,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<pending_act::Model>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![person.into(), now.into()];
    let mut within = String::from("a.proposed_by = $1");
    for path in held {
        values.push((*path).into());
        let own = format!("${}", values.len());
        within += &format!(
            " OR (a.subject_id <> $1 AND length(b.path) > length({own}) AND substr(b.path, 1, length({own})) = {own})"
        );
    }
    let mut seek = String::new();
    if let Some((expires_at, id)) = page.from {
        let next = values.len() + 1;
        values.extend([expires_at.into(), id.into()]);
        seek = format!("AND (a.expires_at, a.id) {beyond} (${next}, ${})", next + 1);
    }
    let text = format!(
        "SELECT a.* FROM pending_act a JOIN branch b ON b.id = a.branch_id
         WHERE a.state = 'WAITING' AND a.expires_at > $2 AND ({within}) {seek}
         ORDER BY a.expires_at {order}, a.id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}
