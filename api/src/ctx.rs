//! The context of one request, socket or job: who, in which language, when, and on what database.

use std::{net::IpAddr, ops::Deref, sync::Arc};

use boai_entity::{
    Instant,
    ids::{PersonId, VolunteerId},
};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::{
    access::{Action, Actor, Resource, SecondFactor, Verdict, allows, judge},
    app::App,
    platform::{
        errors::Fault,
        lang::Lang,
        outbox::{self, Event},
        rates::{Charge, Exceeded},
        sms::SmsRequest,
    },
    trail::{self, Note},
};

/// Why a text was not sent.
pub enum NotSent {
    /// The whole service has sent as many as it may.
    Exceeded(Exceeded),
    /// The gateway did not take it.
    Failed,
}

#[derive(Clone)]
pub struct Ctx {
    pub app: Arc<App>,
    pub actor: Option<Actor>,
    pub lang: Lang,
    /// Where the request came from; none for what the system itself does.
    pub address: Option<IpAddr>,
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
        Self { app, actor: None, lang: Lang::Zh, address: None, request_id: format!("job:{job}") }
    }

    /// The context of a command that whoever runs the server gives.
    pub fn operator(app: Arc<App>, command: &str) -> Self {
        Self { app, actor: None, lang: Lang::En, address: None, request_id: format!("cli:{command}") }
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

    /// Whether texts may be sent. Asked before anything is written that would count on the number.
    pub async fn may_text(&self) -> Result<(), NotSent> {
        let Some(texts) = self.texts() else { return Ok(()) };
        self.rates.is_full(texts, self.now()).await.map_or(Ok(()), |full| Err(NotSent::Exceeded(full)))
    }

    /// Sends a text, unless the whole service has sent as many as it may: what a flood costs is bounded.
    pub async fn text(&self, request: &SmsRequest<'_>) -> Result<(), NotSent> {
        if let Some(texts) = self.texts()
            && let Some(exceeded) = self.rates.take(texts.who, &[texts], self.now()).await.exceeded
        {
            return Err(NotSent::Exceeded(exceeded));
        }
        self.sms.send(request).await.map_err(|why| {
            tracing::error!(why, "a text message was not sent");
            NotSent::Failed
        })
    }

    /// One text, on the limit of the whole service.
    fn texts(&self) -> Option<Charge> {
        self.config.sms.texts.0.map(|limit| Charge { name: "sms.texts", limit, who: 0, weight: 1 })
    }

    /// Tells the topic's listeners once the transaction has committed.
    pub async fn tell(&self, tx: &impl ConnectionTrait, topic: String) -> Result<(), DbErr> {
        self.tell_all(tx, [Event { topic, subject: None }]).await
    }

    /// The same with what it is about: whoever watches the topic is handed just that.
    pub async fn tell_of(&self, tx: &impl ConnectionTrait, topic: String, subject: Uuid) -> Result<(), DbErr> {
        self.tell_all(tx, [Event { topic, subject: Some(subject) }]).await
    }

    pub async fn tell_all(
        &self,
        tx: &impl ConnectionTrait,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<(), DbErr> {
        outbox::write(tx, &self.random, self.now(), events).await
    }
}
