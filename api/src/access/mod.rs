//! Who may do what where: one pure policy over actions, resources and roles. `tests/output/policy.txt` shows it whole.

use boai_entity::{
    ids::{PersonId, SessionId, TeamId, VolunteerId},
    kinds::Role,
};

pub mod store;

/// Whoever makes a request, with what they may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    pub person: PersonId,
    pub session: SessionId,
    pub volunteer: Option<VolunteerId>,
    pub grants: Vec<Grant>,
}

/// A role and how far it reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    pub role: Role,
    pub reach: Reach,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// The branch with this path, every branch below and all their teams.
    Branch(String),
    Team(TeamId),
}

/// What can be done to something that belongs to a branch or a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See drafts, real names and sign-ups of a team's activities, and the live board.
    SeeRoster,
    /// Create, publish, change and cancel a team's activities.
    RunActivities,
    /// Confirm or correct service time.
    ConfirmHours,
    /// Accept or decline who asks to join a team.
    DecideMembers,
    /// Grant and revoke roles on a team.
    GrantTeamRoles,
    /// Found teams below a branch.
    FoundTeams,
    /// Grant and revoke roles on a branch.
    GrantBranchRoles,
    /// Verify the identity of people who live below a branch, and see the number of their document.
    VerifyIdentity,
    /// Give the account of a volunteer who lives below a branch back to whoever lost the phone.
    RecoverAccounts,
}

impl Action {
    pub const ALL: [Self; 9] = [
        Self::SeeRoster,
        Self::RunActivities,
        Self::ConfirmHours,
        Self::DecideMembers,
        Self::GrantTeamRoles,
        Self::FoundTeams,
        Self::GrantBranchRoles,
        Self::VerifyIdentity,
        Self::RecoverAccounts,
    ];
}

/// What is acted on, by its place in the tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resource<'a> {
    Team { id: TeamId, branch_path: &'a str },
    Branch { path: &'a str },
}

/// The policy. A role on a branch reaches every branch and team below; one on a team reaches that team.
pub fn allows(actor: &Actor, action: Action, resource: Resource<'_>) -> bool {
    actor.grants.iter().any(|grant| reaches(&grant.reach, resource) && permits(grant, action, resource))
}

fn permits(grant: &Grant, action: Action, resource: Resource<'_>) -> bool {
    match grant.role {
        Role::DeskOperator => action == Action::SeeRoster,
        Role::TeamLeader => {
            matches!(action, Action::SeeRoster | Action::RunActivities | Action::ConfirmHours | Action::DecideMembers)
        }
        // Nobody hands out power over the branch that their own power comes from: that takes someone above.
        Role::BranchOfficer => match (action, resource, &grant.reach) {
            (Action::GrantBranchRoles, Resource::Branch { path }, Reach::Branch(own)) => path != own,
            (Action::GrantBranchRoles, ..) => false,
            _ => true,
        },
    }
}

fn reaches(reach: &Reach, resource: Resource<'_>) -> bool {
    match (reach, resource) {
        (Reach::Team(own), Resource::Team { id, .. }) => *own == id,
        (Reach::Team(_), Resource::Branch { .. }) => false,
        // Official division codes have fixed lengths and nest, so a path below begins with the path above.
        (Reach::Branch(own), Resource::Team { branch_path: path, .. } | Resource::Branch { path }) => {
            path.starts_with(own.as_str())
        }
    }
}
