//! The SMS port: how a one-time code reaches a phone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde::Serialize;

/// Sends texts to phones.
#[derive(Clone)]
pub enum Sms {
    /// Prints to standard output.
    Log,
    /// Posts to a gateway.
    Webhook(Webhook),
    /// Remembers the last text per number: tests.
    Recorder(Recorder),
    /// Prints, and remembers for the phone that the demo plays.
    Demo(Recorder),
}

/// What a gateway receives: `POST` with `content-type: application/json`, `authorization: Bearer <secret>` when one is
/// set, and this body. Any 2xx answer within 5 s means accepted; anything else is a failure and is not tried again (the
/// person asks for a new code). It has no `Debug`, so that no log line ever shows a number or a code.
#[derive(Serialize)]
pub struct SmsRequest<'a> {
    /// E.164.
    pub phone: &'a str,
    /// `SIGN_IN_CODE`
    pub template: &'a str,
    pub code: &'a str,
    pub minutes_valid: i64,
    /// `zh-CN` or `en`.
    pub language: &'a str,
}

#[derive(Clone)]
pub struct Webhook {
    client: reqwest::Client,
    url: String,
    secret: Option<String>,
}

impl Webhook {
    pub fn new(url: String, secret: Option<String>) -> Result<Self, reqwest::Error> {
        let client = super::http::client().timeout(Duration::from_secs(5)).build()?;
        Ok(Self { client, url, secret })
    }

    async fn send(&self, request: &SmsRequest<'_>) -> Result<(), String> {
        let mut post = self.client.post(&self.url).json(request);
        if let Some(secret) = &self.secret {
            post = post.bearer_auth(secret);
        }
        // The gateway's body may repeat the number, so only its status is told.
        match post.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("the SMS gateway answered {}", answer.status())),
            Err(error) => Err(format!("the SMS gateway cannot be reached: {}", error.without_url())),
        }
    }
}

#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<HashMap<String, (String, usize)>>>);

impl Recorder {
    fn record(&self, request: &SmsRequest<'_>) {
        let mut texts = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let entry = texts.entry(request.phone.to_owned()).or_default();
        *entry = (request.code.to_owned(), entry.1 + 1);
    }

    /// The code in the newest text to this number.
    pub fn last_code(&self, phone: &str) -> Option<String> {
        let texts = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        texts.get(phone).map(|(code, _)| code.clone())
    }

    /// Texts sent to this number.
    pub fn count(&self, phone: &str) -> usize {
        let texts = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        texts.get(phone).map_or(0, |(_, count)| *count)
    }
}

impl Sms {
    pub async fn send(&self, request: &SmsRequest<'_>) -> Result<(), String> {
        match self {
            Self::Log => {
                print(request);
                Ok(())
            }
            Self::Demo(recorder) => {
                print(request);
                recorder.record(request);
                Ok(())
            }
            Self::Webhook(webhook) => webhook.send(request).await,
            Self::Recorder(recorder) => {
                recorder.record(request);
                Ok(())
            }
        }
    }
}

fn print(request: &SmsRequest<'_>) {
    let SmsRequest { phone, code, minutes_valid, .. } = request;
    println!("      SMS to {phone}: 【博爱】验证码 {code}, valid for {minutes_valid} minutes");
}
