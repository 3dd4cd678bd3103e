//! The verification port: a service, of the police or a bank's, that says whether a name and a number belong together.

use std::time::Duration;

use boai_entity::kinds::{IdDocument, IdentityAnswer};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{config::Config, platform::http};

/// How often it is asked about one identity, an hour apart at least, before it is left to the officers.
pub const ASKS: i32 = 5;

/// What the service receives: `POST` with `content-type: application/json`, `authorization: Bearer <secret>` when one is
/// set, and this body. It answers within 10 s with a status of 2xx and `{"result": "MATCH"}`, `MISMATCH` or `UNKNOWN`; anything
/// else is a failure and is tried again. It has no `Debug`, so that no log line ever shows a number.
#[derive(Serialize)]
pub struct CheckRequest<'a> {
    /// The same for every try, so that one check is paid once.
    pub request_id: Uuid,
    pub name: &'a str,
    /// `IDENTITY_CARD`, `RESIDENCE_PERMIT` or `PERMANENT_RESIDENCE`.
    pub document: IdDocument,
    /// 18 characters.
    pub number: &'a str,
}

#[derive(Deserialize)]
struct CheckAnswer {
    result: IdentityAnswer,
}

pub struct Checker {
    client: reqwest::Client,
    url: String,
    secret: Option<String>,
}

impl Checker {
    /// None when no service is set: then officers do it all.
    pub fn of(config: &Config) -> Result<Option<Self>, String> {
        let Some(url) = config.identity.webhook_url.clone() else { return Ok(None) };
        let secret = config.identity.webhook_secret.as_ref().map(|secret| secret.0.clone());
        // A number goes to nobody but the service that was named.
        let nowhere_else = reqwest::redirect::Policy::none();
        let client = http::client().timeout(Duration::from_secs(10)).redirect(nowhere_else).build();
        let client = client.map_err(|error| format!("identity.webhook_url: {error}"))?;
        Ok(Some(Self { client, url, secret }))
    }

    /// What went wrong is told without the body, which may repeat the number.
    pub async fn ask(&self, request: &CheckRequest<'_>) -> Result<IdentityAnswer, String> {
        let mut post = self.client.post(&self.url).json(request);
        if let Some(secret) = &self.secret {
            post = post.bearer_auth(secret);
        }
        let answer = post.send().await;
        let answer =
            answer.map_err(|error| format!("the verification service cannot be reached: {}", error.without_url()))?;
        if !answer.status().is_success() {
            return Err(format!("the verification service answered {}", answer.status()));
        }
        let answer: CheckAnswer =
            answer.json().await.map_err(|_| "the verification service answered something else than a result")?;
        Ok(answer.result)
    }
}
