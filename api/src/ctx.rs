//! The context of one request, socket or job: who, in which language, when, and on what database.

use std::{ops::Deref, sync::Arc};

use boai_entity::{
    Instant,
    ids::{AuditEntryId, VolunteerId},
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use uuid::Uuid;

use crate::{
    access::{Action, Actor, Resource, SecondFactor, Verdict, allows, judge},
    app::App,
    platform::{errors::Fault, lang::Lang, outbox},
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

    /// The context of a command that whoever runs the server gives.
    pub fn operator(app: Arc<App>, command: &str) -> Self {
        Self { app, actor: None, lang: Lang::En, request_id: format!("cli:{command}") }
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

    /// Whether the caller may do this now. Who may, once the second factor is proved, is told to prove or to enrol it.
    pub fn may(&self, action: Action, resource: Resource<'_>) -> Result<bool, Fault> {
        let Some(actor) = &self.actor else { return Ok(false) };
        match judge(actor, action, resource) {
            Verdict::No => Ok(false),
            Verdict::SecondFactorNeeded if self.config.officers.second_factor => Err(match actor.second_factor {
                SecondFactor::Missing => Fault::SecondFactorNotEnrolled,
                _ => Fault::SecondFactorNeeded,
            }),
            Verdict::SecondFactorNeeded | Verdict::Yes => Ok(true),
        }
    }

    /// Whether the caller's roles allow it: for what is shown. What is done asks [`may`](Self::may).
    pub fn may_see(&self, action: Action, resource: Resource<'_>) -> bool {
        self.actor.as_ref().is_some_and(|actor| allows(&actor.grants, action, resource))
    }

    /// Writes down who did what, in the transaction that does it.
    pub async fn audit(
        &self,
        tx: &impl ConnectionTrait,
        action: &str,
        subject: &str,
        subject_id: Uuid,
        reason: Option<String>,
    ) -> Result<(), DbErr> {
        let entry = boai_entity::audit_entry::ActiveModel {
            id: Set(AuditEntryId(self.new_id())),
            at: Set(self.now()),
            actor: Set(self.actor.as_ref().map(|actor| actor.person)),
            action: Set(action.into()),
            subject: Set(subject.into()),
            subject_id: Set(subject_id),
            reason: Set(reason),
            request_id: Set(self.request_id.clone()),
        };
        boai_entity::audit_entry::Entity::insert(entry).exec_without_returning(tx).await?;
        Ok(())
    }

    /// Tells the topic's listeners once the transaction has committed.
    pub async fn tell(&self, tx: &impl ConnectionTrait, topic: String) -> Result<(), DbErr> {
        outbox::write(tx, &self.random, self.now(), topic).await
    }
}
