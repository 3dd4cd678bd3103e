//! Enrolling and consenting.

use boai_entity::{
    consent,
    ids::{PersonId, VolunteerId},
    kinds::{ConsentKind, VolunteerState},
    volunteer::{self, Availability, Skills},
};
use chrono::{Datelike, NaiveDate};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{ConsentRefusal, EnrolRefusal, Outdated, may_enrol},
    store::{self, Added},
};
use crate::{
    auth::store::persons,
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
    if guardian_phone.is_some() {
        let own = persons::person(&tx, person).await.or_fault()?.map(|person| person.phone);
        if own == guardian_phone {
            return Err(EnrolRefusal::GuardianIsYou.into());
        }
    }
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
    let tx = ctx.db.begin().await.or_fault()?;
    let consents = give_in(ctx, &tx, kind, version).await?;
    tx.commit().await.or_fault()?;
    Ok(consents)
}

/// The same inside the caller's transaction, as its last act.
pub async fn give_in(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    kind: ConsentKind,
    version: &str,
) -> Result<Vec<consent::Model>, Stop<ConsentRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    if kind == ConsentKind::Identity {
        return Err(ConsentRefusal::WithTheNumber.into());
    }
    if kind == ConsentKind::Guardian {
        return Err(ConsentRefusal::TheGuardians.into());
    }
    let given = agree(ctx, tx, person, kind, version).await.or_fault()?;
    let given = given.map_err(|outdated| ConsentRefusal::Outdated { current: outdated.current })?;
    let consents = store::consents(tx, person).await.or_fault()?;
    if given {
        let what = format!("{} {version}", kind.as_str());
        ctx.audit(tx, "GIVE_CONSENT", "Person", person.0, Some(what)).await.or_fault()?;
    }
    Ok(consents)
}

/// Withdraws a consent. What it allowed stops at once; what the law keeps stays.
pub async fn withdraw_consent(ctx: &Ctx, kind: ConsentKind) -> Result<Vec<consent::Model>, Stop<ConsentRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let consents = withdraw_in(ctx, &tx, kind).await?;
    tx.commit().await.or_fault()?;
    Ok(consents)
}

/// The same inside the caller's transaction, as its last act.
pub async fn withdraw_in(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    kind: ConsentKind,
) -> Result<Vec<consent::Model>, Stop<ConsentRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    if kind == ConsentKind::Terms {
        return Err(ConsentRefusal::TermsStay.into());
    }
    if kind == ConsentKind::Guardian {
        return Err(ConsentRefusal::TheGuardians.into());
    }
    if !store::withdraw_consent(tx, person, kind, ctx.now()).await.or_fault()? {
        return Err(ConsentRefusal::NotInForce.into());
    }
    let consents = store::consents(tx, person).await.or_fault()?;
    ctx.audit(tx, "WITHDRAW_CONSENT", "Person", person.0, Some(kind.as_str())).await.or_fault()?;
    Ok(consents)
}
