//! Enrolling and consenting.

use boai_entity::{
    consent,
    ids::VolunteerId,
    kinds::{ConsentKind, VolunteerState},
    volunteer::{self, Availability, Skills},
};
use chrono::{Datelike, NaiveDate};

use super::{
    rules::{ConsentRefusal, EnrolRefusal, may_enrol},
    store::{self, Added},
};
use crate::{
    ctx::Ctx,
    organisation,
    platform::{
        civil::civil_day,
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
    let consents = [(ConsentKind::Terms, Some(terms)), (ConsentKind::Location, new.location_consent)];
    for (kind, version) in consents.into_iter().filter_map(|(kind, version)| Some((kind, version?))) {
        let consent = store::new_consent(ctx.new_id(), person, kind, &version, now);
        store::give_consent(&tx, consent).await.or_fault()?;
    }
    ctx.audit(&tx, "ENROL", "Volunteer", row.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(row)
}

/// Gives a consent with the version of the text that was shown. Giving it twice is giving it once.
pub async fn give_consent(
    ctx: &Ctx,
    kind: ConsentKind,
    version: &str,
) -> Result<Vec<consent::Model>, Stop<ConsentRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let consent = store::new_consent(ctx.new_id(), person, kind, version, ctx.now());
    if store::give_consent(&tx, consent).await.or_fault()? {
        ctx.audit(&tx, "GIVE_CONSENT", "Person", person.0, Some(kind.as_str())).await.or_fault()?;
    }
    let consents = store::consents(&tx, person).await.or_fault()?;
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
    ctx.audit(&tx, "WITHDRAW_CONSENT", "Person", person.0, Some(kind.as_str())).await.or_fault()?;
    let consents = store::consents(&tx, person).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(consents)
}
