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
    pub second_factor: SecondFactor,
}

impl Actor {
    /// The branches of which the caller is an officer, by their paths.
    pub fn offices(&self) -> Vec<&str> {
        let mut paths = Vec::new();
        for grant in &self.grants {
            if let (Reach::Branch(path), Role::BranchOfficer) = (&grant.reach, grant.role) {
                paths.push(path.as_str());
            }
        }
        paths
    }
}

/// Where the caller's session stands with the second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondFactor {
    /// The person has enrolled none.
    #[default]
    Missing,
    /// Enrolled, and not proved by this session lately.
    Enrolled,
    /// This session proved it a short while ago.
    Proved,
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
    /// Show the codes of a site, with which others check in.
    ShowSiteCode,
    /// See who holds which role on a branch, below it and on their teams, by name.
    SeeRoles,
    /// See and settle what is flagged about a team's own leaders.
    ReviewLeaders,
    /// Open, change and close the places of a branch.
    RunFacilities,
    /// Check people in and out at a site's desk, and see its roster. Whoever is granted that desk for a day needs no role.
    RunDesk,
    /// Grant the desk of a site for some days, and take it back.
    GrantDesk,
    /// Confirm service on a day longer than a leader's word is enough for.
    ConfirmLongDays,
    /// Propose what a branch's policies say from a day on, and take that back before.
    SetPolicies,
    /// Open rounds for stars, review, award, and revoke them.
    AwardStars,
    /// Decide who is registered.
    Register,
    /// Receive badges, issue, replace and hand them out.
    HandOutBadges,
    /// Decide disputes over a team's service records.
    DecideDisputes,
    /// Decide appeals against what was decided for a branch.
    DecideAppeals,
    /// Sign what a branch's month of service came to, and see what was signed.
    SignMonths,
    /// Make issues of a branch's honour roll, and publish them.
    PublishHonourRoll,
    /// Check honours from outside that volunteers who live below a branch submitted.
    CheckHonours,
    /// Enter training and evaluations into the files of volunteers, and strike them out; on a branch, see the files too.
    KeepFiles,
    /// Open rounds of commendations, review and publish them; and nominate for a branch in those of the branches above.
    Commend,
}

impl Action {
    pub const ALL: [Self; 27] = [
        Self::SeeRoster,
        Self::RunActivities,
        Self::ConfirmHours,
        Self::DecideMembers,
        Self::GrantTeamRoles,
        Self::FoundTeams,
        Self::GrantBranchRoles,
        Self::VerifyIdentity,
        Self::RecoverAccounts,
        Self::ShowSiteCode,
        Self::SeeRoles,
        Self::ReviewLeaders,
        Self::RunFacilities,
        Self::RunDesk,
        Self::GrantDesk,
        Self::ConfirmLongDays,
        Self::SetPolicies,
        Self::AwardStars,
        Self::Register,
        Self::HandOutBadges,
        Self::DecideDisputes,
        Self::DecideAppeals,
        Self::SignMonths,
        Self::PublishHonourRoll,
        Self::CheckHonours,
        Self::KeepFiles,
        Self::Commend,
    ];

    /// Whether it only shows something. What does more changes other people's records; a new action does, unless it is
    /// named here.
    pub fn only_shows(self) -> bool {
        matches!(self, Self::SeeRoster | Self::SeeRoles)
    }
}

/// What is acted on, by its place in the tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resource<'a> {
    Team { id: TeamId, branch_path: &'a str },
    Branch { path: &'a str },
}

/// What the policy says of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    No,
    /// By a role that asks for the second factor, which this session has not proved.
    SecondFactorNeeded,
    Yes,
}

/// The policy. A role on a branch reaches every branch and team below; one on a team reaches that team. What changes
/// others' records by a role on a branch, which is power over people one never meets, takes the second factor too; a
/// team's leader goes without, on the site and with weak signal.
pub fn judge(actor: &Actor, action: Action, resource: Resource<'_>) -> Verdict {
    let mut verdict = Verdict::No;
    for grant in actor.grants.iter().filter(|grant| grant.allows(action, resource)) {
        if actor.second_factor == SecondFactor::Proved || !grant.asks_second_factor(action) {
            return Verdict::Yes;
        }
        verdict = Verdict::SecondFactorNeeded;
    }
    verdict
}

/// Whether the roles allow it, the second factor left aside: what somebody holds who is not asking now, or what is shown.
pub fn allows(grants: &[Grant], action: Action, resource: Resource<'_>) -> bool {
    grants.iter().any(|grant| grant.allows(action, resource))
}

impl Grant {
    fn allows(&self, action: Action, resource: Resource<'_>) -> bool {
        reaches(&self.reach, resource) && permits(self, action, resource)
    }

    fn asks_second_factor(&self, action: Action) -> bool {
        matches!(self.reach, Reach::Branch(_)) && !action.only_shows()
    }
}

fn permits(grant: &Grant, action: Action, resource: Resource<'_>) -> bool {
    match grant.role {
        Role::DeskOperator => matches!(action, Action::SeeRoster | Action::ShowSiteCode | Action::RunDesk),
        Role::TeamLeader => {
            matches!(
                action,
                Action::SeeRoster
                    | Action::ShowSiteCode
                    | Action::RunActivities
                    | Action::ConfirmHours
                    | Action::DecideMembers
                    | Action::RunDesk
                    | Action::GrantDesk
                    | Action::KeepFiles
            )
        }
        // Nobody hands out power over the branch that their own power comes from: that takes someone above.
        Role::BranchOfficer => match (action, resource, &grant.reach) {
            (Action::GrantBranchRoles, Resource::Branch { path }, Reach::Branch(own)) => path != own,
            (Action::GrantBranchRoles, ..) => false,
            // An appeal goes up; above a province, whose code has two digits, there is nobody, so another of its officers decides.
            (Action::DecideAppeals, Resource::Branch { path }, Reach::Branch(own)) => path != own || path.len() <= 2,
            (Action::DecideAppeals, ..) => false,
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
