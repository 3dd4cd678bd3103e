//! Enrolling and consenting.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{
    kinds::{ConsentKind, Skill},
    volunteer::{Availability, Skills},
};

use super::{
    super::{
        rules::{ConsentError, EnrolAsVolunteerError},
        service::{self, Enrolment},
    },
    Consent, Me, WeekPart,
};
use crate::{
    graphql::{ctx, settle},
    identity, leaderboards,
    platform::{
        errors::Fault,
        scalars::{Date, PhoneNumber},
        text,
    },
};

/// Who answers for a volunteer under 18, and consents to the enrolment.
#[derive(InputObject)]
struct GuardianInput {
    /// At most 50 characters.
    name: String,
    /// Where the guardian can be reached.
    phone: PhoneNumber,
}

/// What `enrolAsVolunteer` takes.
#[derive(InputObject)]
struct EnrolAsVolunteerInput {
    /// As in the identity document, at most 50 characters.
    name: String,
    /// 14 years ago or more.
    birth_date: Date,
    /// Needed under 18.
    guardian: Option<GuardianInput>,
    /// Code of the village or community you live in; any level is taken.
    residence_code: String,
    /// What an activity may ask for.
    #[graphql(default)]
    skills: Vec<Skill>,
    /// When you usually have time.
    #[graphql(default)]
    availability: Vec<WeekPart>,
    /// Version of the terms of service that was shown and agreed to.
    accepted_terms_version: Option<String>,
    /// Version of the text about location that was shown and agreed to. Leave it out to withhold this consent: you can
    /// still enrol, and check in by code or at the desk.
    location_consent_version: Option<String>,
}

/// What became of it.
#[derive(SimpleObject)]
struct EnrolAsVolunteerPayload {
    /// Null when the enrolment was refused.
    me: Option<Me>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<EnrolAsVolunteerError>,
}

/// What `giveConsent` takes.
#[derive(InputObject)]
struct GiveConsentInput {
    /// What you agree to.
    kind: ConsentKind,
    /// Of the text that was shown, at most 50 characters.
    version: String,
}

/// What `withdrawConsent` takes.
#[derive(InputObject)]
struct WithdrawConsentInput {
    /// What you no longer agree to.
    kind: ConsentKind,
}

/// What became of it.
#[derive(SimpleObject)]
struct ConsentPayload {
    /// Every consent you ever gave, newest first; empty when it was refused.
    consents: Vec<Consent>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ConsentError>,
}

#[derive(Default)]
pub struct PeopleMutation;

#[Object]
impl PeopleMutation {
    /// 登记: enrols you as a volunteer. From 14 years on; under 18 with a guardian.
    async fn enrol_as_volunteer(
        &self,
        gql: &Context<'_>,
        input: EnrolAsVolunteerInput,
    ) -> Result<EnrolAsVolunteerPayload> {
        let ctx = ctx(gql);
        let version = |name: &str, version: Option<String>| {
            version.map(|version| text::line(name, &version, 50, true)).transpose()
        };
        let enrolment = Enrolment {
            name: text::line("name", &input.name, 50, true)?,
            birth_date: input.birth_date.0,
            guardian: input
                .guardian
                .map(|guardian| {
                    Ok::<_, Fault>((text::line("guardian.name", &guardian.name, 50, true)?, guardian.phone.0))
                })
                .transpose()?,
            residence_code: input.residence_code,
            skills: Skills(sorted(input.skills)),
            availability: Availability(sorted(
                input.availability.into_iter().map(|part| (part.weekday, part.day_part)).collect(),
            )),
            accepted_terms: version("acceptedTermsVersion", input.accepted_terms_version)?,
            location_consent: version("locationConsentVersion", input.location_consent_version)?,
        };
        let (volunteer, errors) = settle(ctx, service::enrol(ctx, enrolment).await, EnrolAsVolunteerError::new)?;
        let me = volunteer.map(|volunteer| Me { person: volunteer.person_id, volunteer: Some(volunteer.id) });
        Ok(EnrolAsVolunteerPayload { me, errors })
    }

    /// Gives a consent, with the version of the text in force (see `consentTexts`); it takes the place of one that was given
    /// for an older text. Giving it twice is giving it once.
    async fn give_consent(&self, gql: &Context<'_>, input: GiveConsentInput) -> Result<ConsentPayload> {
        let ctx = ctx(gql);
        let version = text::line("version", &input.version, 50, true)?;
        let given = match input.kind {
            ConsentKind::Leaderboard => leaderboards::service::agree(ctx, &version).await,
            kind => service::give_consent(ctx, kind, &version).await,
        };
        let (consents, errors) = settle(ctx, given, ConsentError::new)?;
        Ok(ConsentPayload { consents: consents.unwrap_or_default().into_iter().map(Consent).collect(), errors })
    }

    /// Withdraws a consent; what it allowed stops at once. Without `LOCATION` you check in by code or at the desk; with
    /// `IDENTITY` the number of your identity document is erased.
    async fn withdraw_consent(&self, gql: &Context<'_>, input: WithdrawConsentInput) -> Result<ConsentPayload> {
        let ctx = ctx(gql);
        let withdrawn = match input.kind {
            ConsentKind::Identity => identity::service::withdraw(ctx).await,
            ConsentKind::Leaderboard => leaderboards::service::withdraw(ctx).await,
            kind => service::withdraw_consent(ctx, kind).await,
        };
        let (consents, errors) = settle(ctx, withdrawn, ConsentError::new)?;
        Ok(ConsentPayload { consents: consents.unwrap_or_default().into_iter().map(Consent).collect(), errors })
    }
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort_unstable();
    items.dedup();
    items
}
