//! Facilities: a branch's officers open, change and close them; activities of any team take place there.

use boai_entity::{
    facility::{self, FacilityKind, OpeningHours},
    ids::{BranchId, FacilityId},
    kinds::InboxKind,
};
use sea_orm::ConnectionTrait;

use super::{
    geodesy::Point,
    rules::{FacilityRefusal, check_hours},
    store,
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    inbox::tell_persons,
    organisation,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop, When},
    },
};

type Done<T> = Result<T, Stop<FacilityRefusal>>;

/// What a facility is, all of it.
#[derive(Clone, PartialEq)]
pub struct FacilityText {
    pub kind: FacilityKind,
    pub name: String,
    pub address: String,
    pub division_code: String,
    pub point: Point,
    pub opening_hours: OpeningHours,
}

/// Opens a place of a branch that is in the officer's care.
pub async fn create(ctx: &Ctx, branch: BranchId, text: FacilityText) -> Done<facility::Model> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = organisation::store::branch(&tx, branch).await.or_fault()?.ok_or(FacilityRefusal::NotFound)?;
    if !ctx.may(Action::RunFacilities, Resource::Branch { path: &branch.path }).or_fault()? {
        return Err(FacilityRefusal::NotFound.into());
    }
    check(&tx, &text).await?;
    let facility = facility::Model {
        id: FacilityId(ctx.new_id()),
        branch_id: branch.id,
        kind: text.kind,
        name: text.name,
        address: text.address,
        division_code: text.division_code,
        latitude: text.point.latitude(),
        longitude: text.point.longitude(),
        opening_hours: text.opening_hours,
        created_at: ctx.now(),
        closed_at: None,
    };
    if !store::add(&tx, facility.clone()).await.or_fault()? {
        return Err(FacilityRefusal::NameTaken { name: facility.name }.into());
    }
    ctx.audit(&tx, "CREATE_FACILITY", "Facility", facility.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(facility)
}

/// Changes a facility. Where it moves, the activities there move too, and everybody who is signed up for them hears of it.
pub async fn change(
    ctx: &Ctx,
    id: FacilityId,
    change: impl FnOnce(&mut FacilityText),
    note: &str,
) -> Done<facility::Model> {
    let tx = ctx.db.begin().await.or_fault()?;
    let mut facility = mine(ctx, &tx, id).await?;
    let before = text_of(&facility).or_fault()?;
    let mut text = before.clone();
    change(&mut text);
    check(&tx, &text).await?;
    facility.kind = text.kind;
    facility.name = text.name.clone();
    facility.address = text.address.clone();
    facility.division_code = text.division_code.clone();
    facility.latitude = text.point.latitude();
    facility.longitude = text.point.longitude();
    facility.opening_hours = text.opening_hours.clone();
    if !store::save(&tx, facility.clone()).await.or_fault()? {
        return Err(FacilityRefusal::NameTaken { name: facility.name }.into());
    }
    let place = |text: &FacilityText| {
        (
            text.name.clone(),
            text.address.clone(),
            text.division_code.clone(),
            text.point.latitude(),
            text.point.longitude(),
        )
    };
    if place(&before) != place(&text) {
        store::move_activities(&tx, &facility, text.point.unit_vector(), ctx.now()).await.or_fault()?;
        let people = store::signed_up_there(&tx, id, ctx.now()).await.or_fault()?;
        let note = format!("{}:{note}", facility.name);
        tell_persons(ctx, &tx, &people, InboxKind::ActivityChanged, &note).await.or_fault()?;
    }
    ctx.audit(&tx, "CHANGE_FACILITY", "Facility", id.0, Some(note.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(facility)
}

/// Closes a facility: nothing new takes place there. What people are signed up for stays until who is in charge of it, who
/// hears of the closing, moves it or calls it off: seats of another team's activity are not the host's to take away.
pub async fn close(ctx: &Ctx, id: FacilityId, reason: &str) -> Done<facility::Model> {
    let tx = ctx.db.begin().await.or_fault()?;
    let mut facility = mine(ctx, &tx, id).await?;
    facility.closed_at = Some(ctx.now());
    store::save(&tx, facility.clone()).await.or_fault()?;
    let people = store::in_charge_there(&tx, id, ctx.now()).await.or_fault()?;
    let note = format!("{}:{reason}", facility.name);
    tell_persons(ctx, &tx, &people, InboxKind::FacilityClosed, &note).await.or_fault()?;
    ctx.audit(&tx, "CLOSE_FACILITY", "Facility", id.0, Some(reason.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(facility)
}

/// An open facility in the officer's care, held until the transaction ends.
async fn mine(ctx: &Ctx, tx: &impl ConnectionTrait, id: FacilityId) -> Done<facility::Model> {
    ctx.actor().or_fault()?;
    let placed = store::lock(tx, id).await.or_fault()?.ok_or(FacilityRefusal::NotFound)?;
    if !ctx.may(Action::RunFacilities, Resource::Branch { path: &placed.branch_path }).or_fault()? {
        return Err(FacilityRefusal::NotFound.into());
    }
    match placed.facility.closed_at {
        Some(closed_at) => Err(FacilityRefusal::Closed { closed_at: When(closed_at) }.into()),
        None => Ok(placed.facility),
    }
}

async fn check(tx: &impl ConnectionTrait, text: &FacilityText) -> Done<()> {
    check_hours(&text.opening_hours)?;
    organisation::store::division(tx, &text.division_code).await.or_fault()?.ok_or(FacilityRefusal::DivisionUnknown)?;
    Ok(())
}

fn text_of(facility: &facility::Model) -> Result<FacilityText, Fault> {
    let point = Point::wgs84(facility.latitude, facility.longitude)
        .map_err(|error| Fault::Internal(format!("facility {}: {error}", facility.id)))?;
    Ok(FacilityText {
        kind: facility.kind,
        name: facility.name.clone(),
        address: facility.address.clone(),
        division_code: facility.division_code.clone(),
        point,
        opening_hours: facility.opening_hours.clone(),
    })
}
