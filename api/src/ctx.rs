//! The context of one request, socket or job: who, in which language, when, and on what database.

use std::{ops::Deref, sync::Arc};

use boai_entity::{
    Instant,
    ids::{PersonId, VolunteerId},
};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::{
    access::{Action, Actor, Resource, allows},
    app::App,
    platform::{errors::Fault, lang::Lang, outbox},
    trail::{self, Note},
};

#[derive(Clone)]
pub struct Ctx {
    pub app: Arc<App>,
    pub actor: Option<Actor>,
    pub lang: Lang,
    /// Names the request in the log, the audit trail and the answer to an internal error.
    pub request_id: String,
}

impl Deref for Ctx {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
    }
}

impl Ctx {
    /// The context of a job that the system itself runs.
    pub fn system(app: Arc<App>, job: &str) -> Self {
        Self { app, actor: None, lang: Lang::Zh, request_id: format!("job:{job}") }
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    pub fn new_id(&self) -> Uuid {
        self.random.uuid(self.now())
    }

    pub fn actor(&self) -> Result<&Actor, Fault> {
        self.actor.as_ref().ok_or(Fault::Unauthenticated)
    }

    /// The volunteer who asks.
    pub fn volunteer(&self) -> Result<VolunteerId, Fault> {
        self.actor()?.volunteer.ok_or_else(|| {
            Fault::Forbidden(
                "Only a volunteer can do this; enrol first with `enrolAsVolunteer`. 请先登记成为志愿者。".into(),
            )
        })
    }

    pub fn may(&self, action: Action, resource: Resource<'_>) -> bool {
        self.actor.as_ref().is_some_and(|actor| allows(actor, action, resource))
    }

    /// Writes down who did what, in the transaction that does it: as its last act, since the actor's chain is held from here
    /// on (see `trail`).
    pub async fn audit(
        &self,
        tx: &impl ConnectionTrait,
        action: &str,
        subject: &str,
        subject_id: Uuid,
        reason: Option<String>,
    ) -> Result<(), DbErr> {
        let (action, subject) = (action.into(), subject.into());
        trail::append(self, tx, vec![Note { action, subject, subject_id, reason, ..Note::default() }]).await
    }

    /// The same for what concerns a person without being that person or volunteer: they find it in their audit trail.
    pub async fn audit_about(
        &self,
        tx: &impl ConnectionTrait,
        person: PersonId,
        action: &str,
        (subject, subject_id): (&str, Uuid),
        reason: Option<String>,
    ) -> Result<(), DbErr> {
        let (action, subject, subject_person) = (action.into(), subject.into(), Some(person));
        trail::append(self, tx, vec![Note { action, subject, subject_id, subject_person, reason, ..Note::default() }])
            .await
    }

    /// Tells the topic's listeners once the transaction has committed.
    pub async fn tell(&self, tx: &impl ConnectionTrait, topic: String) -> Result<(), DbErr> {
        outbox::write(tx, &self.random, self.now(), topic).await
    }
}
