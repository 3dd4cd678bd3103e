//! Divisions, branches, teams and members in the database.

use boai_entity::{
    Instant, branch, division,
    ids::{BranchId, PersonId, TeamId, VolunteerId},
    kinds::{Category, DivisionLevel, MembershipState},
    team, team_member,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::rules::is_code;
use crate::platform::{
    db,
    pages::{Page, Slice},
};

pub struct DivisionFilter {
    pub parent_code: Option<String>,
    pub level: Option<DivisionLevel>,
    pub name: Option<String>,
}

/// By code, which is also top-down by place.
pub async fn divisions(
    db: &impl ConnectionTrait,
    filter: DivisionFilter,
    page: Page<String>,
) -> Result<Slice<division::Model>, DbErr> {
    let mut select = division::Entity::find();
    if let Some(parent) = filter.parent_code {
        if !is_code(&parent) {
            return Ok(Slice { rows: Vec::new(), has_previous: false, has_next: false });
        }
        select = select.filter(division::Column::ParentCode.eq(parent));
    }
    if let Some(level) = filter.level {
        select = select.filter(division::Column::Level.eq(level));
    }
    if let Some(name) = filter.name {
        select = select.filter(db::contains(db, division::Column::Name, &name));
    }
    page.fetch(select.cursor_by(division::Column::Code), db).await
}

pub async fn division(db: &impl ConnectionTrait, code: &str) -> Result<Option<division::Model>, DbErr> {
    if !is_code(code) {
        return Ok(None);
    }
    division::Entity::find_by_id(code).one(db).await
}

pub struct BranchFilter {
    pub parent: Option<BranchId>,
    pub level: Option<DivisionLevel>,
    pub name: Option<String>,
}

/// By path: each branch before those below it.
pub async fn branches(
    db: &impl ConnectionTrait,
    filter: BranchFilter,
    page: Page<String>,
) -> Result<Slice<branch::Model>, DbErr> {
    let mut select = branch::Entity::find();
    if let Some(parent) = filter.parent {
        select = select.filter(branch::Column::ParentId.eq(parent));
    }
    if let Some(level) = filter.level {
        select = select.filter(branch::Column::Level.eq(level));
    }
    if let Some(name) = filter.name {
        select = select.filter(db::contains(db, branch::Column::Name, &name));
    }
    page.fetch(select.cursor_by(branch::Column::Path), db).await
}

pub async fn branch(db: &impl ConnectionTrait, id: BranchId) -> Result<Option<branch::Model>, DbErr> {
    branch::Entity::find_by_id(id).one(db).await
}

pub async fn branch_at(db: &impl ConnectionTrait, path: &str) -> Result<Option<branch::Model>, DbErr> {
    branch::Entity::find().filter(branch::Column::Path.eq(path)).one(db).await
}

pub struct TeamFilter {
    pub branch: Option<BranchId>,
    pub speciality: Option<Category>,
    pub name: Option<String>,
}

pub async fn teams(
    db: &impl ConnectionTrait,
    filter: TeamFilter,
    page: Page<(String, uuid::Uuid)>,
) -> Result<Slice<team::Model>, DbErr> {
    let mut select = team::Entity::find();
    if let Some(branch) = filter.branch {
        select = select.filter(team::Column::BranchId.eq(branch));
    }
    if let Some(speciality) = filter.speciality {
        select = select.filter(team::Column::Speciality.eq(speciality));
    }
    if let Some(name) = filter.name {
        select = select.filter(db::contains(db, team::Column::Name, &name));
    }
    page.fetch(select.cursor_by((team::Column::Name, team::Column::Id)), db).await
}

/// A team and its place in the tree, which every permission asks for.
#[derive(Clone, FromQueryResult)]
pub struct PlacedTeam {
    pub id: TeamId,
    pub name: String,
    pub branch_id: BranchId,
    pub branch_path: String,
}

pub async fn placed_teams(db: &impl ConnectionTrait, ids: &[TeamId]) -> Result<Vec<PlacedTeam>, DbErr> {
    let text = format!(
        "SELECT t.id, t.name, t.branch_id, b.path AS branch_path FROM team t JOIN branch b ON b.id = t.branch_id
         WHERE t.id IN ({})",
        db::placeholders(1, ids.len())
    );
    db::all(db, text, ids.iter().map(|id| (*id).into())).await
}

pub async fn placed_team(db: &impl ConnectionTrait, id: TeamId) -> Result<Option<PlacedTeam>, DbErr> {
    Ok(placed_teams(db, &[id]).await?.pop())
}

/// False when the branch has a team of that name.
pub async fn add_team(db: &impl ConnectionTrait, team: team::Model) -> Result<bool, DbErr> {
    let team: team::ActiveModel = team.into();
    let rows = team::Entity::insert(team)
        .on_conflict(OnConflict::columns([team::Column::BranchId, team::Column::Name]).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(rows == 1)
}

pub async fn membership(
    db: &impl ConnectionTrait,
    team: TeamId,
    volunteer: VolunteerId,
) -> Result<Option<team_member::Model>, DbErr> {
    team_member::Entity::find_by_id((team, volunteer)).one(db).await
}

/// Asks, or asks again after having left or been declined.
pub async fn ask_to_join(
    db: &impl ConnectionTrait,
    team: TeamId,
    volunteer: VolunteerId,
    now: Instant,
) -> Result<(), DbErr> {
    let row = team_member::ActiveModel {
        team_id: Set(team),
        volunteer_id: Set(volunteer),
        state: Set(MembershipState::Requested),
        asked_at: Set(now),
        decided_at: Set(None),
        decided_by: Set(None),
    };
    // Who is waiting keeps the place in the line, and who is in stays in.
    let over = [MembershipState::Left, MembershipState::Declined];
    let again = OnConflict::columns([team_member::Column::TeamId, team_member::Column::VolunteerId])
        .update_columns([
            team_member::Column::State,
            team_member::Column::AskedAt,
            team_member::Column::DecidedAt,
            team_member::Column::DecidedBy,
        ])
        .action_and_where(Expr::col((team_member::Entity, team_member::Column::State)).is_in(over))
        .to_owned();
    team_member::Entity::insert(row).on_conflict(again).exec_without_returning(db).await?;
    Ok(())
}

/// Moves a membership on from one of these states; false when it is in none of them.
pub async fn move_membership(
    db: &impl ConnectionTrait,
    (team, volunteer): (TeamId, VolunteerId),
    from: &[MembershipState],
    to: MembershipState,
    by: PersonId,
    now: Instant,
) -> Result<bool, DbErr> {
    let update = team_member::Entity::update_many()
        .col_expr(team_member::Column::State, to.into())
        .col_expr(team_member::Column::DecidedAt, now.into())
        .col_expr(team_member::Column::DecidedBy, by.into())
        .filter(team_member::Column::TeamId.eq(team))
        .filter(team_member::Column::VolunteerId.eq(volunteer))
        .filter(team_member::Column::State.is_in(from.iter().copied()));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Who is in, or asks to be in, by the time of asking.
pub async fn members(
    db: &impl ConnectionTrait,
    team: TeamId,
    state: MembershipState,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<team_member::Model>, DbErr> {
    let select = team_member::Entity::find()
        .filter(team_member::Column::TeamId.eq(team))
        .filter(team_member::Column::State.eq(state));
    page.fetch(select.cursor_by((team_member::Column::AskedAt, team_member::Column::VolunteerId)), db).await
}

/// The teams that a volunteer is in or has asked to be in. People are in a handful; the bound is a safety net.
pub async fn memberships_of(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
) -> Result<Vec<team_member::Model>, DbErr> {
    team_member::Entity::find()
        .filter(team_member::Column::VolunteerId.eq(volunteer))
        .filter(team_member::Column::State.is_in([MembershipState::Requested, MembershipState::Accepted]))
        .limit(200)
        .all(db)
        .await
}
