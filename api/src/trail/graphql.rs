//! What people see of the audit trail: what concerns themselves.

use async_graphql::{Context, Object, Result, connection::Connection};
use boai_entity::{
    Instant, audit_entry,
    ids::{AuditEntryId, PersonId, VolunteerId},
    kinds::{LookPurpose, Role, Sight},
};

use super::{
    rules::{RoleThen, roles_of},
    store,
};
use crate::{
    access::Reach,
    graphql::{ctx, load},
    organisation::{
        graphql::{Branch, Team},
        loaders::{BranchByPath, TeamById},
    },
    people::{loaders::VolunteerOfPerson, rules::masked},
    platform::{
        errors::Fault,
        node::GlobalId,
        pages::{Page, PageArgs},
    },
};

/// 审计记录: something that was done to, or looked at of, what is yours. It cannot be changed or removed.
pub struct AuditEntry(audit_entry::Model);

/// 审计记录: something that was done to, or looked at of, what is yours. It cannot be changed or removed.
#[Object]
impl AuditEntry {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<AuditEntryId> {
        GlobalId(self.0.id)
    }
    /// By the server's clock.
    async fn at(&self) -> Instant {
        self.0.at
    }
    /// Who it was; null for what the system did by itself.
    async fn by(&self, gql: &Context<'_>) -> Option<AuditActor> {
        let person = self.0.actor?;
        let yourself = ctx(gql).actor.as_ref().is_some_and(|actor| actor.person == person);
        Some(AuditActor { person, yourself, roles: roles_of(&self.0.actor_roles) })
    }
    /// What was done: `LOOK`, or a word for the act, such as `GIVE_CONSENT` or `HOURS_CONFIRMED`.
    async fn action(&self) -> &str {
        &self.0.action
    }
    /// What was looked at; empty for what was done otherwise.
    async fn sights(&self) -> &[Sight] {
        &self.0.sights.0
    }
    /// What it was looked at for; null for what was done otherwise.
    async fn purpose(&self) -> Option<LookPurpose> {
        self.0.purpose
    }
    /// In the words of whoever did it, or what the act was about; null when there is nothing to say.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

/// Whoever did or looked at something.
pub struct AuditActor {
    person: PersonId,
    yourself: bool,
    roles: Vec<RoleThen>,
}

/// Whoever did or looked at something.
#[Object]
impl AuditActor {
    /// Whether it was you.
    async fn yourself(&self) -> bool {
        self.yourself
    }
    /// Masked: 王*明; null when that person is no volunteer.
    async fn name(&self, gql: &Context<'_>) -> Result<Option<String>> {
        Ok(load(gql, VolunteerOfPerson(self.person)).await?.map(|volunteer| masked(&volunteer.name)))
    }
    /// The roles that the person held then; empty when it was done without any.
    async fn roles(&self) -> Vec<AuditRole> {
        self.roles.iter().cloned().map(AuditRole).collect()
    }
}

/// A role as it was held when something was done.
pub struct AuditRole(RoleThen);

/// A role as it was held when something was done.
#[Object]
impl AuditRole {
    /// What the person could do.
    async fn role(&self) -> Role {
        self.0.role
    }
    /// The branch it was on, with everything below; null when it was on a team, or the branch is no more.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        let Reach::Branch(path) = &self.0.reach else { return Ok(None) };
        Ok(load(gql, BranchByPath(path.clone())).await?.map(Branch))
    }
    /// The team it was on; null when it was on a branch, or the team is no more.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        let Reach::Team(team) = self.0.reach else { return Ok(None) };
        Ok(load(gql, TeamById(team)).await?.map(Team))
    }
}

/// What concerns the caller, newest first; only who looked, when `looks`.
pub async fn my_trail(
    gql: &Context<'_>,
    person: PersonId,
    volunteer: Option<VolunteerId>,
    looks: bool,
    args: PageArgs,
) -> Result<Connection<String, AuditEntry>> {
    let list = if looks { "who-looked" } else { "audit-trail" };
    let page = Page::read(list, args)?;
    let slice = store::about(&ctx(gql).db.conn, person, volunteer, looks, page).await.map_err(Fault::from)?;
    Ok(slice.connection(list, |row| (row.at, row.id.0), AuditEntry))
}
