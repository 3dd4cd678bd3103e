//! Reads who is asking.

use boai_entity::{
    Instant,
    ids::{PersonId, SessionId, TeamId, VolunteerId},
    kinds::Role,
};
use sea_orm::{DbErr, FromQueryResult, Value};

use super::{Actor, Grant, Reach};
use crate::platform::{db, db::Db};

#[derive(FromQueryResult)]
struct Row {
    person_id: PersonId,
    session_id: SessionId,
    volunteer_id: Option<VolunteerId>,
    role: Option<Role>,
    team_id: Option<TeamId>,
    branch_path: Option<String>,
}

/// The actor behind an access token's hash, with the roles in force: one statement. None when the token is unknown or
/// expired, or its session has ended.
pub async fn actor_of_token(db: &Db, token_hash: &str, now: Instant) -> Result<Option<Actor>, DbErr> {
    let found = "JOIN session_token t ON t.session_id = s.id
                 WHERE t.hash = $1 AND t.kind = 'ACCESS' AND t.expires_at > $2";
    actor(db, found, token_hash.into(), now).await
}

/// The actor of a session, as long as it has not ended.
pub async fn actor_of_session(db: &Db, session: SessionId, now: Instant) -> Result<Option<Actor>, DbErr> {
    actor(db, "WHERE s.id = $1", session.into(), now).await
}

async fn actor(db: &Db, found: &str, key: Value, now: Instant) -> Result<Option<Actor>, DbErr> {
    let text = format!(
        "SELECT s.person_id, s.id AS session_id, v.id AS volunteer_id, g.role, g.team_id, b.path AS branch_path
         FROM session s
         LEFT JOIN volunteer v ON v.person_id = s.person_id
         LEFT JOIN role_grant g ON g.person_id = s.person_id AND g.revoked_at IS NULL
              AND (g.ends_at IS NULL OR g.ends_at > $2)
         LEFT JOIN branch b ON b.id = g.branch_id
         {found} AND s.ended_at IS NULL"
    );
    let rows: Vec<Row> = db::all(&db.conn, text, [key, now.into()]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (person, session, volunteer) = (first.person_id, first.session_id, first.volunteer_id);
    let grants = rows
        .into_iter()
        .filter_map(|row| {
            let reach = row.team_id.map(Reach::Team).or(row.branch_path.map(Reach::Branch))?;
            Some(Grant { role: row.role?, reach })
        })
        .collect();
    Ok(Some(Actor { person, session, volunteer, grants }))
}
