//! Enrolling, consenting, and handing out roles.

use boai_entity::{
    Instant, consent,
    ids::{BranchId, PersonId, RoleGrantId, TeamId, VolunteerId},
    kinds::{ConsentKind, Role, VolunteerState},
    role_grant,
    volunteer::{self, Availability, Skills},
};
use chrono::{Datelike, NaiveDate};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{ConsentRefusal, EnrolRefusal, Outdated, RoleRefusal, may_enrol},
    store::{self, Added},
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    organisation,
    platform::{
        civil::civil_day,
        node::NOTHING,
        refusal::{OrFault, Stop},
    },
};

pub struct Enrolment {
    pub name: String,
    pub birth_date: NaiveDate,
    /// Name and phone number (E.164).
    pub guardian: Option<(String, String)>,
    pub residence_code: String,
    pub skills: Skills,
    pub availability: Availability,
    pub accepted_terms: Option<String>,
    /// A consent of its own: withheld, the person can still enrol and check in by code or desk.
    pub location_consent: Option<String>,
}

/// Enrols the caller as a volunteer.
pub async fn enrol(ctx: &Ctx, new: Enrolment) -> Result<volunteer::Model, Stop<EnrolRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let now = ctx.now();
    let terms = new.accepted_terms.filter(|version| !version.is_empty()).ok_or(EnrolRefusal::TermsNotAccepted)?;
    may_enrol(new.birth_date, new.guardian.is_some(), now)?;
    let tx = ctx.db.begin().await.or_fault()?;
    let residence = organisation::store::division(&tx, &new.residence_code).await.or_fault()?;
    let residence = residence.ok_or(EnrolRefusal::ResidenceUnknown)?;
    let (guardian_name, guardian_phone) = new.guardian.unzip();
    let mut row = volunteer::Model {
        id: VolunteerId(ctx.new_id()),
        person_id: person,
        number: String::new(),
        name: new.name,
        birth_date: new.birth_date,
        guardian_name,
        guardian_phone,
        residence_code: residence.code,
        skills: new.skills,
        availability: new.availability,
        state: VolunteerState::Enrolled,
        enrolled_at: now,
        registered_at: None,
    };
    // A number taken by chance is drawn again; it holds nothing about the person.
    loop {
        row.number = format!("{}{:08}", civil_day(now).year(), ctx.random.below(100_000_000));
        match store::add_volunteer(&tx, row.clone()).await.or_fault()? {
            Added::Yes => break,
            Added::PersonTaken => return Err(EnrolRefusal::AlreadyEnrolled.into()),
            Added::NumberTaken => {}
        }
    }
    let agreed = agree(ctx, &tx, person, ConsentKind::Terms, &terms).await.or_fault()?;
    agreed.map_err(|outdated| EnrolRefusal::TermsOutdated { current: outdated.current })?;
    if let Some(version) = new.location_consent {
        let agreed = agree(ctx, &tx, person, ConsentKind::Location, &version).await.or_fault()?;
        agreed.map_err(|outdated| EnrolRefusal::LocationTextOutdated { current: outdated.current })?;
    }
    ctx.audit(&tx, "ENROL", "Volunteer", row.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(row)
}

/// Gives a consent with the version of the text that was shown, which must be the one in force. It takes the place of one
/// that was given for an older text. Says whether it is new: giving it twice is giving it once.
pub async fn agree(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    person: PersonId,
    kind: ConsentKind,
    version: &str,
) -> Result<Result<bool, Outdated>, DbErr> {
    let now = ctx.now();
    let text = store::texts_in_force(tx, now).await?.into_iter().find(|text| text.kind == kind);
    let text = text.ok_or_else(|| DbErr::RecordNotFound(format!("a text of {} in force", kind.as_str())))?;
    if text.version != version {
        return Ok(Err(Outdated { current: text.version }));
    }
    store::end_older_consent(tx, person, kind, version, now).await?;
    let consent = store::new_consent(ctx.new_id(), person, kind, version, now);
    Ok(Ok(store::give_consent(tx, consent).await?))
}

/// Gives a consent by itself.
pub async fn give_consent(
    ctx: &Ctx,
    kind: ConsentKind,
    version: &str,
) -> Result<Vec<consent::Model>, Stop<ConsentRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    if kind == ConsentKind::Identity {
        return Err(ConsentRefusal::WithTheNumber.into());
    }
    let tx = ctx.db.begin().await.or_fault()?;
    let given = agree(ctx, &tx, person, kind, version).await.or_fault()?;
    let given = given.map_err(|outdated| ConsentRefusal::Outdated { current: outdated.current })?;
    let consents = store::consents(&tx, person).await.or_fault()?;
    if given {
        let what = format!("{} {version}", kind.as_str());
        ctx.audit(&tx, "GIVE_CONSENT", "Person", person.0, Some(what)).await.or_fault()?;
    }
    tx.commit().await.or_fault()?;
    Ok(consents)
}

/// Withdraws a consent. What it allowed stops at once; what the law keeps stays.
pub async fn withdraw_consent(ctx: &Ctx, kind: ConsentKind) -> Result<Vec<consent::Model>, Stop<ConsentRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    if kind == ConsentKind::Terms {
        return Err(ConsentRefusal::TermsStay.into());
    }
    let tx = ctx.db.begin().await.or_fault()?;
    if !store::withdraw_consent(&tx, person, kind, ctx.now()).await.or_fault()? {
        return Err(ConsentRefusal::NotInForce.into());
    }
    let consents = store::consents(&tx, person).await.or_fault()?;
    ctx.audit(&tx, "WITHDRAW_CONSENT", "Person", person.0, Some(kind.as_str())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(consents)
}

/// Where a role is granted.
#[derive(Clone, Copy)]
pub enum Place {
    Branch(BranchId),
    Team(TeamId),
}

pub struct NewRole {
    pub volunteer_number: String,
    pub role: Role,
    pub place: Place,
    pub ends_at: Option<Instant>,
}

/// Grants a role to a volunteer: by someone above, never to oneself.
pub async fn grant_role(ctx: &Ctx, new: NewRole) -> Result<role_grant::Model, Stop<RoleRefusal>> {
    let actor = ctx.actor().or_fault()?;
    let now = ctx.now();
    if new.ends_at.is_some_and(|end| end <= now) {
        return Err(RoleRefusal::EndsInThePast.into());
    }
    if matches!((new.role, new.place), (Role::BranchOfficer, Place::Team(_))) {
        return Err(RoleRefusal::WrongPlace.into());
    }
    let tx = ctx.db.begin().await.or_fault()?;
    may_grant(ctx, &tx, new.place).await?;
    let holder = store::volunteer_by_number(&tx, &new.volunteer_number).await.or_fault()?;
    let holder = holder.ok_or(RoleRefusal::NoSuchVolunteer)?.person_id;
    if holder == actor.person {
        return Err(RoleRefusal::Yourself.into());
    }
    let (branch_id, team_id) = match new.place {
        Place::Branch(id) => (Some(id), None),
        Place::Team(id) => (None, Some(id)),
    };
    let grant = role_grant::Model {
        id: RoleGrantId(ctx.new_id()),
        person_id: holder,
        role: new.role,
        branch_id,
        team_id,
        granted_by: Some(actor.person),
        granted_at: now,
        ends_at: new.ends_at,
        revoked_at: None,
    };
    if !store::add_role(&tx, grant.clone()).await.or_fault()? {
        return Err(RoleRefusal::AlreadyHeld.into());
    }
    let role = Some(grant.role.as_str());
    ctx.audit_about(&tx, holder, "GRANT_ROLE", ("RoleGrant", grant.id.0), role).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(grant)
}

/// Takes a role back; it ends at once.
pub async fn revoke_role(ctx: &Ctx, id: RoleGrantId, reason: &str) -> Result<RoleGrantId, Stop<RoleRefusal>> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let grant = store::role_grant(&tx, id).await.or_fault()?;
    let place = grant.as_ref().and_then(|grant| grant.team_id.map(Place::Team).or(grant.branch_id.map(Place::Branch)));
    // What is not there takes as long as what is not the caller's.
    may_grant(ctx, &tx, place.unwrap_or(Place::Branch(BranchId(NOTHING)))).await?;
    let grant = grant.ok_or(RoleRefusal::NotFound)?;
    if !store::revoke_role(&tx, id, ctx.now()).await.or_fault()? {
        return Err(RoleRefusal::NotFound.into());
    }
    let subject = ("RoleGrant", id.0);
    ctx.audit_about(&tx, grant.person_id, "REVOKE_ROLE", subject, Some(reason.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(id)
}

async fn may_grant(ctx: &Ctx, tx: &impl ConnectionTrait, place: Place) -> Result<(), Stop<RoleRefusal>> {
    let allowed = match place {
        Place::Branch(id) => {
            let branch = organisation::store::branch(tx, id).await.or_fault()?.ok_or(RoleRefusal::NotFound)?;
            ctx.may(Action::GrantBranchRoles, Resource::Branch { path: &branch.path })
        }
        Place::Team(id) => {
            let team = organisation::store::placed_team(tx, id).await.or_fault()?.ok_or(RoleRefusal::NotFound)?;
            ctx.may(Action::GrantTeamRoles, Resource::Team { id, branch_path: &team.branch_path })
        }
    };
    if allowed { Ok(()) } else { Err(RoleRefusal::NotFound.into()) }
}
