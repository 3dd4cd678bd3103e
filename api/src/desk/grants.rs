//! Granting the desk of a site for some days, and taking it back: for the team's leader, and for officers of the branch.

use boai_entity::{
    desk_grant,
    ids::{ActivityId, DeskGrantId},
    kinds::InboxKind,
};
use chrono::NaiveDate;

use super::{
    find::resource,
    rules::{self, DeskGrantRefusal, SiteId},
    store,
};
use crate::{
    access::Action,
    ctx::Ctx,
    inbox::tell_persons,
    people,
    platform::{
        civil::civil_day,
        node::NOTHING,
        refusal::{OrFault, Stop},
        scalars::PhoneNumber,
    },
};

type Done<T> = Result<T, Stop<DeskGrantRefusal>>;

/// How an operator is named. It need not be a volunteer.
pub enum Operator {
    Phone(PhoneNumber),
    VolunteerNumber(String),
}

/// Grants a desk; its operator hears of it.
pub async fn grant(
    ctx: &Ctx,
    site: SiteId,
    operator: &Operator,
    (from_day, to_day): (NaiveDate, NaiveDate),
) -> Done<desk_grant::Model> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let place = store::site(&tx, site, person, civil_day(ctx.now())).await.or_fault()?;
    let place = place.ok_or(DeskGrantRefusal::NotFound)?;
    if !ctx.may(Action::GrantDesk, resource(&place)).or_fault()? {
        return Err(DeskGrantRefusal::NotFound.into());
    }
    rules::check_days(from_day, to_day, ctx.now())?;
    let operator = match operator {
        Operator::Phone(phone) => store::person_by_phone(&tx, &phone.0).await.or_fault()?,
        Operator::VolunteerNumber(number) => {
            people::store::volunteer_by_number(&tx, number).await.or_fault()?.map(|volunteer| volunteer.person_id)
        }
    };
    let operator = operator.ok_or(DeskGrantRefusal::NoSuchPerson)?;
    if operator == person {
        return Err(DeskGrantRefusal::Yourself.into());
    }
    let (activity_id, facility_id) = match site {
        SiteId::Activity(id) => (Some(id), None),
        SiteId::Facility(id) => (None, Some(id)),
    };
    let grant = desk_grant::Model {
        id: DeskGrantId(ctx.new_id()),
        person_id: operator,
        activity_id,
        facility_id,
        from_day,
        to_day,
        granted_by: person,
        granted_at: ctx.now(),
        revoked_at: None,
        revoked_by: None,
    };
    if !store::add_grant(&tx, grant.clone()).await.or_fault()? {
        return Err(DeskGrantRefusal::AlreadyGranted.into());
    }
    let note = format!("{} · {from_day} – {to_day}", place.name);
    tell_persons(ctx, &tx, &[operator], InboxKind::DeskGranted, &note).await.or_fault()?;
    ctx.audit_about(&tx, operator, "GRANT_DESK", ("DeskGrant", grant.id.0), Some(note)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(grant)
}

/// Takes a desk back; it ends at once, and its operator is told why.
pub async fn revoke(ctx: &Ctx, id: DeskGrantId, reason: &str) -> Done<DeskGrantId> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let grant = store::grant(&tx, id).await.or_fault()?;
    // Of a grant that is not there, too, its place is asked for: it takes as long.
    let site = grant.as_ref().and_then(site_of).unwrap_or(SiteId::Activity(ActivityId(NOTHING)));
    let place = store::site(&tx, site, person, civil_day(ctx.now())).await.or_fault()?;
    let (grant, place) = grant.zip(place).ok_or(DeskGrantRefusal::NotFound)?;
    if !ctx.may(Action::GrantDesk, resource(&place)).or_fault()? {
        return Err(DeskGrantRefusal::NotFound.into());
    }
    if grant.to_day < civil_day(ctx.now()) || !store::revoke(&tx, id, person, ctx.now()).await.or_fault()? {
        return Err(DeskGrantRefusal::AlreadyOver.into());
    }
    let note = format!("{} · {reason}", place.name);
    tell_persons(ctx, &tx, &[grant.person_id], InboxKind::DeskRevoked, &note).await.or_fault()?;
    let about = ("DeskGrant", id.0);
    ctx.audit_about(&tx, grant.person_id, "REVOKE_DESK", about, Some(reason.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(id)
}

/// Where a grant is for.
pub fn site_of(grant: &desk_grant::Model) -> Option<SiteId> {
    grant.activity_id.map(SiteId::Activity).or(grant.facility_id.map(SiteId::Facility))
}
