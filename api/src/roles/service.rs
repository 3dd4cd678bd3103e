//! Granting, renewing and taking back roles, and resetting the second factor of who lost it.

use boai_entity::{
    Instant, branch,
    ids::{BranchId, PendingActId, PersonId, RoleGrantId, TeamId},
    kinds::{InboxKind, Role},
    pending_act::{self, Deed},
    role_grant,
};
use sea_orm::ConnectionTrait;

use super::{
    rules::{self, ResetRefusal, RoleRefusal},
    store::{self, PlacedRole},
};
use crate::{
    access::{Action, Resource},
    auth::second_factor,
    ctx::Ctx,
    four_eyes::{
        rules::ActRefusal,
        service::{Proposed, approve as approve_act, propose},
    },
    inbox::tell_persons,
    organisation, people,
    platform::{
        errors::Fault,
        node::NOTHING,
        refusal::{OrFault, Refusal, Stop, When},
    },
};

type Done<T> = Result<T, Stop<RoleRefusal>>;

/// Where a role is granted.
#[derive(Clone, Copy)]
pub enum Place {
    Branch(BranchId),
    Team(TeamId),
}

/// The same with what permissions and messages ask for.
enum Placed {
    Branch(branch::Model),
    Team(organisation::store::PlacedTeam),
}

pub struct NewRole {
    pub volunteer_number: String,
    pub role: Role,
    pub place: Place,
    pub ends_at: Option<Instant>,
    /// Needed where a second person has to approve.
    pub reason: Option<String>,
}

/// What became of a grant or renewal.
pub enum Outcome {
    Done(role_grant::Model),
    /// It waits for a second person.
    Waits(pending_act::Model),
}

/// Grants a role to a volunteer: by someone above, never to oneself, on a branch for a term. An officer's role waits for a
/// second person.
pub async fn grant(ctx: &Ctx, new: NewRole) -> Done<Outcome> {
    let actor = ctx.actor().or_fault()?;
    let on_branch = matches!(new.place, Place::Branch(_));
    rules::check_term(on_branch, new.ends_at, ctx.config.officers.role_months, ctx.now())?;
    if new.role == Role::BranchOfficer && !on_branch {
        return Err(RoleRefusal::WrongPlace.into());
    }
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = place(&tx, new.place).await.or_fault()?.ok_or(RoleRefusal::NotFound)?;
    if !placed.may_grant(ctx).or_fault()? {
        return Err(RoleRefusal::NotFound.into());
    }
    let holder = people::store::volunteer_by_number(&tx, &new.volunteer_number).await.or_fault()?;
    let holder = holder.ok_or(RoleRefusal::NoSuchVolunteer)?.person_id;
    if holder == actor.person {
        return Err(RoleRefusal::Yourself.into());
    }
    let outcome = match (placed, new.ends_at) {
        (Placed::Branch(branch), Some(ends_at)) if rules::takes_two(new.role) => {
            if holds(&tx, holder, new.role, &branch, ctx.now()).await.or_fault()? {
                return Err(RoleRefusal::AlreadyHeld.into());
            }
            let deed = Deed::GrantRole { role: new.role, ends_at };
            Outcome::Waits(put_forward(ctx, &tx, &branch, holder, deed, new.reason).await?)
        }
        (placed, ends_at) => {
            Outcome::Done(add(ctx, &tx, holder, new.role, &placed, ends_at, Some(actor.person)).await?)
        }
    };
    tx.commit().await.or_fault()?;
    Ok(outcome)
}

/// Puts the end of a role off: by someone above, never one's own. An officer's role waits for a second person.
pub async fn renew(ctx: &Ctx, id: RoleGrantId, ends_at: Instant, reason: Option<String>) -> Done<Outcome> {
    let tx = ctx.db.begin().await.or_fault()?;
    let role = in_my_care(ctx, &tx, id).await?;
    let term = (role.grant.ends_at, ends_at);
    rules::check_renewal(role.is_on_branch(), term, ctx.config.officers.role_months, ctx.now())?;
    let outcome = match role.grant.branch_id {
        Some(branch) if rules::takes_two(role.grant.role) => {
            let branch = organisation::store::branch(&tx, branch).await.or_fault()?.ok_or(RoleRefusal::NotFound)?;
            let deed = Deed::RenewRole { grant: id, ends_at };
            Outcome::Waits(put_forward(ctx, &tx, &branch, role.grant.person_id, deed, reason).await?)
        }
        _ => Outcome::Done(put_off(ctx, &tx, role, ends_at, Some(ctx.actor().or_fault()?.person)).await?),
    };
    tx.commit().await.or_fault()?;
    Ok(outcome)
}

/// Takes a role back; it ends at once, and its holder is told why.
pub async fn revoke(ctx: &Ctx, id: RoleGrantId, reason: &str) -> Done<RoleGrantId> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let role = store::lock_role(&tx, id).await.or_fault()?.ok_or(RoleRefusal::NotFound)?;
    let (action, resource) = role.competence();
    if !ctx.may(action, resource).or_fault()? || !take_back(ctx, &tx, &role, reason).await.or_fault()? {
        return Err(RoleRefusal::NotFound.into());
    }
    tx.commit().await.or_fault()?;
    Ok(id)
}

/// Asks a second person to take away the second factor of somebody who has lost it. The competence is over every branch on
/// which they hold a role: whoever gets in then acts by all of them.
pub async fn reset_second_factor(
    ctx: &Ctx,
    id: RoleGrantId,
    reason: &str,
) -> Result<pending_act::Model, Stop<ResetRefusal>> {
    let actor = ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let role = store::lock_role(&tx, id).await.or_fault()?;
    let role = role.filter(|role| role.is_on_branch() && role.is_in_force(ctx.now()));
    // What is not there takes as many statements as what is not the caller's.
    let subject = role.map_or(PersonId(NOTHING), |role| role.grant.person_id);
    let roles = store::branch_roles_of(&tx, subject, ctx.now()).await.or_fault()?;
    if !above_all(ctx, &roles).or_fault()? {
        return Err(ResetRefusal::NotFound.into());
    }
    if subject == actor.person {
        return Err(ResetRefusal::Yourself.into());
    }
    if !second_factor::service::is_enrolled(&tx, subject).await.or_fault()? {
        return Err(ResetRefusal::NotEnrolled.into());
    }
    // The highest is the one that asks for most.
    let branch = roles.first().and_then(|role| role.grant.branch_id).ok_or(ResetRefusal::NotFound)?;
    let branch = organisation::store::branch(&tx, branch).await.or_fault()?.ok_or(ResetRefusal::NotFound)?;
    let proposed = propose(ctx, &tx, &branch, subject, Deed::ResetSecondFactor, reason).await.or_fault()?;
    let act = match proposed {
        Proposed::Waits(act) => act,
        Proposed::Already => return Err(ResetRefusal::AlreadyProposed.into()),
        Proposed::NobodyElse => return Err(ResetRefusal::NoSecondPerson.into()),
    };
    tx.commit().await.or_fault()?;
    Ok(act)
}

/// The second person's yes: what was proposed is done, by the rules of now.
pub async fn approve(ctx: &Ctx, id: PendingActId) -> Result<pending_act::Model, Stop<ActRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let act = approve_act(ctx, &tx, id).await?;
    match act.deed {
        Deed::GrantRole { role, ends_at } => {
            let placed = place(&tx, Place::Branch(act.branch_id)).await.or_fault()?.ok_or(ActRefusal::NotFound)?;
            let term = rules::check_term(true, Some(ends_at), ctx.config.officers.role_months, ctx.now());
            term.map_err(|refusal| too_late(ctx, &refusal))?;
            add(ctx, &tx, act.subject_id, role, &placed, Some(ends_at), Some(act.proposed_by))
                .await
                .map_err(|stop| stop.map(|refusal| too_late(ctx, &refusal)))?;
        }
        Deed::RenewRole { grant, ends_at } => {
            let role = store::lock_role(&tx, grant).await.or_fault()?.ok_or(ActRefusal::NotFound)?;
            put_off(ctx, &tx, role, ends_at, Some(act.proposed_by))
                .await
                .map_err(|stop| stop.map(|refusal| too_late(ctx, &refusal)))?;
        }
        Deed::ResetSecondFactor => {
            let roles = store::branch_roles_of(&tx, act.subject_id, ctx.now()).await.or_fault()?;
            if !above_all(ctx, &roles).or_fault()? {
                return Err(ActRefusal::NotFound.into());
            }
            if !second_factor::service::reset(ctx, &tx, act.subject_id, &act.reason).await.or_fault()? {
                let why = ResetRefusal::NotEnrolled.message(ctx.lang);
                return Err(ActRefusal::NoLongerPossible { why }.into());
            }
        }
    }
    tx.commit().await.or_fault()?;
    Ok(act)
}

fn too_late(ctx: &Ctx, refusal: &RoleRefusal) -> ActRefusal {
    ActRefusal::NoLongerPossible { why: refusal.message(ctx.lang) }
}

/// By whoever runs the server: the first officers of all have nobody above them, and those at the top nobody to renew
/// them. Whoever can do this can change the database too; the audit trail tells of it all the same.
pub async fn install_officer(
    ctx: &Ctx,
    number: &str,
    branch_path: &str,
    ends_at: Instant,
    reason: &str,
) -> Done<role_grant::Model> {
    rules::check_term(true, Some(ends_at), ctx.config.officers.role_months, ctx.now())?;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = organisation::store::branch_at(&tx, branch_path).await.or_fault()?.ok_or(RoleRefusal::NotFound)?;
    let holder = people::store::volunteer_by_number(&tx, number).await.or_fault()?;
    let holder = holder.ok_or(RoleRefusal::NoSuchVolunteer)?.person_id;
    let held = store::branch_roles_of(&tx, holder, ctx.now()).await.or_fault()?;
    let same = |held: &PlacedRole| held.grant.role == Role::BranchOfficer && held.grant.branch_id == Some(branch.id);
    let grant = match held.into_iter().find(same) {
        None => add(ctx, &tx, holder, Role::BranchOfficer, &Placed::Branch(branch), Some(ends_at), None).await?,
        Some(held) => put_off(ctx, &tx, held, ends_at, None).await?,
    };
    let about = ("RoleGrant", grant.id.0);
    ctx.audit_about(&tx, grant.person_id, "INSTALL_OFFICER", about, Some(reason.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(grant)
}

/// By whoever runs the server, for who has nobody above. False when the volunteer has no second factor.
pub async fn reset_by_operator(ctx: &Ctx, number: &str, reason: &str) -> Done<bool> {
    let tx = ctx.db.begin().await.or_fault()?;
    let holder = people::store::volunteer_by_number(&tx, number).await.or_fault()?;
    let holder = holder.ok_or(RoleRefusal::NoSuchVolunteer)?.person_id;
    let reset = second_factor::service::reset(ctx, &tx, holder, reason).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(reset)
}

/// Tells the holders and granters of roles that end soon; how many roles that were. Several instances may do so at once.
pub async fn remind(ctx: &Ctx) -> Result<usize, Fault> {
    const AT_ONCE: u64 = 200;
    let mut reminded = 0;
    loop {
        let tx = ctx.db.begin().await?;
        let ending = store::take_ending(&tx, ctx.now(), AT_ONCE).await?;
        for role in &ending {
            let note = note(role.role, &role.place_name, Some(role.ends_at), None);
            let persons: Vec<PersonId> = std::iter::once(role.person_id).chain(role.granter).collect();
            tell_persons(ctx, &tx, &persons, InboxKind::RoleEnding, &note).await?;
        }
        tx.commit().await?;
        reminded += ending.len();
        if (ending.len() as u64) < AT_ONCE {
            return Ok(reminded);
        }
    }
}

impl Placed {
    fn may_grant(&self, ctx: &Ctx) -> Result<bool, Fault> {
        match self {
            Self::Branch(branch) => ctx.may(Action::GrantBranchRoles, Resource::Branch { path: &branch.path }),
            Self::Team(team) => {
                ctx.may(Action::GrantTeamRoles, Resource::Team { id: team.id, branch_path: &team.branch_path })
            }
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Branch(branch) => &branch.name,
            Self::Team(team) => &team.name,
        }
    }
}

async fn place(tx: &impl ConnectionTrait, place: Place) -> Result<Option<Placed>, Fault> {
    Ok(match place {
        Place::Branch(id) => organisation::store::branch(tx, id).await?.map(Placed::Branch),
        Place::Team(id) => organisation::store::placed_team(tx, id).await?.map(Placed::Team),
    })
}

/// A role in force that the caller may renew or take back, and that is not their own.
async fn in_my_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: RoleGrantId) -> Done<PlacedRole> {
    let person = ctx.actor().or_fault()?.person;
    let role = store::lock_role(tx, id).await.or_fault()?.filter(|role| role.is_in_force(ctx.now()));
    let role = role.ok_or(RoleRefusal::NotFound)?;
    let (action, resource) = role.competence();
    if !ctx.may(action, resource).or_fault()? {
        return Err(RoleRefusal::NotFound.into());
    }
    if role.grant.person_id == person { Err(RoleRefusal::Yourself.into()) } else { Ok(role) }
}

fn above_all(ctx: &Ctx, roles: &[PlacedRole]) -> Result<bool, Fault> {
    for role in roles {
        let (action, resource) = role.competence();
        if !ctx.may(action, resource)? {
            return Ok(false);
        }
    }
    Ok(!roles.is_empty())
}

async fn holds(
    tx: &impl ConnectionTrait,
    person: PersonId,
    role: Role,
    branch: &branch::Model,
    now: Instant,
) -> Result<bool, Fault> {
    let held = store::branch_roles_of(tx, person, now).await?;
    Ok(held.iter().any(|held| held.grant.role == role && held.grant.branch_id == Some(branch.id)))
}

async fn put_forward(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    branch: &branch::Model,
    subject: PersonId,
    deed: Deed,
    reason: Option<String>,
) -> Done<pending_act::Model> {
    let reason = reason.filter(|reason| !reason.is_empty()).ok_or(RoleRefusal::ReasonNeeded)?;
    match propose(ctx, tx, branch, subject, deed, &reason).await.or_fault()? {
        Proposed::Waits(act) => Ok(act),
        Proposed::Already => Err(RoleRefusal::AlreadyProposed.into()),
        Proposed::NobodyElse => Err(RoleRefusal::NoSecondPerson.into()),
    }
}

async fn add(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    holder: PersonId,
    role: Role,
    place: &Placed,
    ends_at: Option<Instant>,
    granted_by: Option<PersonId>,
) -> Done<role_grant::Model> {
    let (branch_id, team_id) = match place {
        Placed::Branch(branch) => (Some(branch.id), None),
        Placed::Team(team) => (None, Some(team.id)),
    };
    let grant = role_grant::Model {
        id: RoleGrantId(ctx.new_id()),
        person_id: holder,
        role,
        branch_id,
        team_id,
        granted_by,
        granted_at: ctx.now(),
        ends_at,
        revoked_at: None,
        renewed_at: None,
        renewed_by: None,
        reminded_at: None,
    };
    if !store::add_role(tx, grant.clone()).await.or_fault()? {
        return Err(RoleRefusal::AlreadyHeld.into());
    }
    let note = note(role, place.name(), ends_at, None);
    tell_persons(ctx, tx, &[holder], InboxKind::RoleGranted, &note).await.or_fault()?;
    ctx.audit_about(tx, holder, "GRANT_ROLE", ("RoleGrant", grant.id.0), Some(note)).await.or_fault()?;
    Ok(grant)
}

async fn put_off(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    role: PlacedRole,
    ends_at: Instant,
    by: Option<PersonId>,
) -> Done<role_grant::Model> {
    let (grant, now) = (role.grant, ctx.now());
    let term = (grant.ends_at, ends_at);
    rules::check_renewal(grant.branch_id.is_some(), term, ctx.config.officers.role_months, now)?;
    if !store::renew_role(tx, grant.id, ends_at, by, now).await.or_fault()? {
        return Err(RoleRefusal::NotFound.into());
    }
    let note = note(grant.role, &role.place_name, Some(ends_at), None);
    tell_persons(ctx, tx, &[grant.person_id], InboxKind::RoleRenewed, &note).await.or_fault()?;
    let about = ("RoleGrant", grant.id.0);
    ctx.audit_about(tx, grant.person_id, "RENEW_ROLE", about, Some(note)).await.or_fault()?;
    Ok(role_grant::Model { ends_at: Some(ends_at), renewed_at: Some(now), renewed_by: by, reminded_at: None, ..grant })
}

/// Ends a role now, with the reason. False when it had ended.
pub async fn take_back(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    role: &PlacedRole,
    reason: &str,
) -> Result<bool, sea_orm::DbErr> {
    if !store::revoke_role(tx, role.grant.id, ctx.now()).await? {
        return Ok(false);
    }
    let note = note(role.grant.role, &role.place_name, None, Some(reason));
    tell_persons(ctx, tx, &[role.grant.person_id], InboxKind::RoleRevoked, &note).await?;
    let about = ("RoleGrant", role.grant.id.0);
    ctx.audit_about(tx, role.grant.person_id, "REVOKE_ROLE", about, Some(reason.into())).await?;
    Ok(true)
}

/// Which role, where, until when, why: what an inbox shows beside the kind of news.
fn note(role: Role, place: &str, ends_at: Option<Instant>, reason: Option<&str>) -> String {
    let parts = [Some(role.as_str()), Some(place.to_owned()), ends_at.map(|end| When(end).to_string())];
    let parts = parts.into_iter().chain([reason.map(str::to_owned)]).flatten();
    parts.collect::<Vec<_>>().join(" · ")
}
