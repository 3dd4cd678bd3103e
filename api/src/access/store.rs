//! Reads who is asking.

use boai_entity::{
    Instant,
    ids::{PersonId, SessionId, TeamId, VolunteerId},
    kinds::Role,
};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use super::{Actor, Grant, Reach, SecondFactor};
use crate::platform::{db, db::Db};

#[derive(FromQueryResult)]
struct Row {
    person_id: PersonId,
    session_id: SessionId,
    volunteer_id: Option<VolunteerId>,
    role: Option<Role>,
    team_id: Option<TeamId>,
    branch_path: Option<String>,
    factor_since: Option<Instant>,
    proved_until: Option<Instant>,
}

/// The actor behind an access token's hash, with the roles in force: one statement. None when the token is unknown or
/// expired, its session has ended, or its person was erased (a sign-in may have been under way at that moment).
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
        "SELECT s.person_id, s.id AS session_id, v.id AS volunteer_id, g.role, g.team_id, b.path AS branch_path,
                f.confirmed_at AS factor_since, s.second_factor_until AS proved_until
         FROM session s
         JOIN person p ON p.id = s.person_id AND p.erased_at IS NULL
         LEFT JOIN volunteer v ON v.person_id = s.person_id
         LEFT JOIN second_factor f ON f.person_id = s.person_id
         LEFT JOIN role_grant g ON g.person_id = s.person_id AND g.revoked_at IS NULL
              AND (g.ends_at IS NULL OR g.ends_at > $2)
         LEFT JOIN branch b ON b.id = g.branch_id
         {found} AND s.ended_at IS NULL"
    );
    let rows: Vec<Row> = db::all(&db.conn, text, [key, now.into()]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (person, session, volunteer) = (first.person_id, first.session_id, first.volunteer_id);
    let second_factor = match (first.factor_since, first.proved_until) {
        (_, Some(until)) if until > now => SecondFactor::Proved,
        (Some(_), _) => SecondFactor::Enrolled,
        (None, _) => SecondFactor::Missing,
    };
    let grants = rows.into_iter().filter_map(|row| grant(row.role, row.team_id, row.branch_path)).collect();
    Ok(Some(Actor { person, session, volunteer, grants, second_factor }))
}

#[derive(FromQueryResult)]
struct GrantRow {
    role: Role,
    team_id: Option<TeamId>,
    branch_path: Option<String>,
}

/// The roles in force of somebody who is not asking now.
pub async fn grants_of(db: &impl ConnectionTrait, person: PersonId, now: Instant) -> Result<Vec<Grant>, DbErr> {
    let text = "SELECT g.role, g.team_id, b.path AS branch_path
                FROM role_grant g LEFT JOIN branch b ON b.id = g.branch_id
                WHERE g.person_id = $1 AND g.revoked_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > $2)";
    let rows: Vec<GrantRow> = db::all(db, text, [person.into(), now.into()]).await?;
    Ok(rows.into_iter().filter_map(|row| grant(Some(row.role), row.team_id, row.branch_path)).collect())
}

/// A role that somebody has or had, and when.
pub struct PastGrant {
    pub grant: Grant,
    pub from: Instant,
    /// When it ends, or ended, by itself.
    pub to: Option<Instant>,
    pub revoked_at: Option<Instant>,
}

/// The roles that somebody has or ever had: for what was done before and is told now.
pub async fn past_grants_of(db: &impl ConnectionTrait, person: PersonId) -> Result<Vec<PastGrant>, DbErr> {
    #[derive(FromQueryResult)]
    struct Past {
        role: Role,
        team_id: Option<TeamId>,
        branch_path: Option<String>,
        granted_at: Instant,
        ends_at: Option<Instant>,
        revoked_at: Option<Instant>,
    }
    let text = "SELECT g.role, g.team_id, b.path AS branch_path, g.granted_at, g.ends_at, g.revoked_at
                FROM role_grant g LEFT JOIN branch b ON b.id = g.branch_id WHERE g.person_id = $1";
    let rows: Vec<Past> = db::all(db, text, [person.into()]).await?;
    let past = |row: Past| {
        let grant = grant(Some(row.role), row.team_id, row.branch_path)?;
        Some(PastGrant { grant, from: row.granted_at, to: row.ends_at, revoked_at: row.revoked_at })
    };
    Ok(rows.into_iter().filter_map(past).collect())
}

/// Who may grant roles on this branch now: the officers above it. (Hundreds would be a province with no order in it; the
/// bound is a safety net.)
pub async fn officers_above(db: &impl ConnectionTrait, path: &str, now: Instant) -> Result<Vec<PersonId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Officer {
        person_id: PersonId,
    }
    let text = "SELECT DISTINCT g.person_id FROM role_grant g JOIN branch b ON b.id = g.branch_id
                WHERE g.role = 'BRANCH_OFFICER' AND g.revoked_at IS NULL AND g.ends_at > $2
                  AND length(b.path) < length($1) AND substr($1, 1, length(b.path)) = b.path
                ORDER BY g.person_id LIMIT 500";
    let rows: Vec<Officer> = db::all(db, text, [path.into(), now.into()]).await?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}

/// Who sees to a team's disputes: its leaders, and the officers of the nearest branch at or above `path` (`above`: above it)
/// that has one who is not among `parties`.
pub async fn leaders_and_officers(
    db: &impl ConnectionTrait,
    team: TeamId,
    (path, above): (&str, bool),
    parties: &[PersonId],
    now: Instant,
) -> Result<Vec<PersonId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Seer {
        person_id: PersonId,
    }
    let mut values: Vec<Value> = vec![team.into(), path.into(), now.into()];
    let others = match db::placeholders(values.len() + 1, parties.len()) {
        _ if parties.is_empty() => String::new(),
        others => format!("AND g.person_id NOT IN ({others})"),
    };
    values.extend(parties.iter().map(|party| Value::from(*party)));
    let beyond = if above && path.len() > 2 { "AND length(b.path) < length($2)" } else { "" };
    let held = format!(
        "role_grant g JOIN branch b ON b.id = g.branch_id
         WHERE g.role = 'BRANCH_OFFICER' AND g.revoked_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > $3)
           AND substr($2, 1, length(b.path)) = b.path {beyond} {others}"
    );
    let text = format!(
        "SELECT g.person_id FROM role_grant g WHERE g.role = 'TEAM_LEADER' AND g.team_id = $1
           AND g.revoked_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > $3)
         UNION SELECT g.person_id FROM {held} AND length(b.path) = (SELECT MAX(length(b.path)) FROM {held})"
    );
    let rows: Vec<Seer> = db::all(db, text, values).await?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}

fn grant(role: Option<Role>, team: Option<TeamId>, branch_path: Option<String>) -> Option<Grant> {
    Some(Grant { role: role?, reach: team.map(Reach::Team).or(branch_path.map(Reach::Branch))? })
}
