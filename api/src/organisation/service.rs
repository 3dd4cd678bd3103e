//! Founding teams, joining them, and deciding who joins.

use boai_entity::{
    ids::{BranchId, TeamId, VolunteerId},
    kinds::{Category, InboxKind, MembershipState},
    team, team_member,
};

use super::{
    rules::{DecideRefusal, FoundTeamRefusal, MembershipRefusal, may_ask},
    store,
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    inbox::tell_volunteers,
    platform::refusal::{OrFault, Stop},
};

pub struct NewTeam {
    pub branch: BranchId,
    pub name: String,
    pub speciality: Category,
    pub description: String,
}

/// Founds a team below a branch that is in the officer's care.
pub async fn found_team(ctx: &Ctx, new: NewTeam) -> Result<team::Model, Stop<FoundTeamRefusal>> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = store::branch(&tx, new.branch).await.or_fault()?.ok_or(FoundTeamRefusal::BranchNotFound)?;
    if !ctx.may(Action::FoundTeams, Resource::Branch { path: &branch.path }).or_fault()? {
        return Err(FoundTeamRefusal::BranchNotFound.into());
    }
    let team = team::Model {
        id: TeamId(ctx.new_id()),
        branch_id: branch.id,
        name: new.name,
        speciality: new.speciality,
        description: new.description,
        created_at: ctx.now(),
    };
    if !store::add_team(&tx, team.clone()).await.or_fault()? {
        return Err(FoundTeamRefusal::NameTaken { name: team.name }.into());
    }
    ctx.audit(&tx, "FOUND_TEAM", "Team", team.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(team)
}

/// Asks to join. Asking twice is asking once.
pub async fn ask_to_join(ctx: &Ctx, team: TeamId) -> Result<team_member::Model, Stop<MembershipRefusal>> {
    let volunteer = ctx.volunteer().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    store::placed_team(&tx, team).await.or_fault()?.ok_or(MembershipRefusal::TeamNotFound)?;
    let current = store::membership(&tx, team, volunteer).await.or_fault()?;
    may_ask(current.map(|member| member.state))?;
    store::ask_to_join(&tx, team, volunteer, ctx.now()).await.or_fault()?;
    let member = store::membership(&tx, team, volunteer).await.or_fault()?.ok_or(MembershipRefusal::TeamNotFound)?;
    tx.commit().await.or_fault()?;
    Ok(member)
}

/// Leaves a team, or takes the request back.
pub async fn leave_team(ctx: &Ctx, team: TeamId) -> Result<TeamId, Stop<MembershipRefusal>> {
    let volunteer = ctx.volunteer().or_fault()?;
    let person = ctx.actor().or_fault()?.person;
    let from = [MembershipState::Requested, MembershipState::Accepted];
    let left = store::move_membership(&ctx.db.conn, (team, volunteer), &from, MembershipState::Left, person, ctx.now())
        .await
        .or_fault()?;
    if left { Ok(team) } else { Err(MembershipRefusal::NotMember.into()) }
}

/// The leader's yes or no to who asked to join; the volunteer hears of it.
pub async fn decide_member(
    ctx: &Ctx,
    team: TeamId,
    volunteer: VolunteerId,
    accept: bool,
) -> Result<team_member::Model, Stop<DecideRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = store::placed_team(&tx, team).await.or_fault()?.ok_or(DecideRefusal::NotFound)?;
    if !ctx.may(Action::DecideMembers, Resource::Team { id: placed.id, branch_path: &placed.branch_path }).or_fault()? {
        return Err(DecideRefusal::NotFound.into());
    }
    let (to, kind) = match accept {
        true => (MembershipState::Accepted, InboxKind::TeamAccepted),
        false => (MembershipState::Declined, InboxKind::TeamDeclined),
    };
    let from = [MembershipState::Requested];
    let moved = store::move_membership(&tx, (team, volunteer), &from, to, person, ctx.now()).await.or_fault()?;
    let member = store::membership(&tx, team, volunteer).await.or_fault()?.ok_or(DecideRefusal::NotFound)?;
    if !moved {
        return Err(DecideRefusal::AlreadyDecided.into());
    }
    tell_volunteers(ctx, &tx, &[volunteer], kind, None, &placed.name).await.or_fault()?;
    ctx.audit(&tx, "DECIDE_TEAM_MEMBER", "Volunteer", volunteer.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(member)
}
