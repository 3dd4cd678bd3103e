//! The SMS port: how one-time codes and notices reach a phone.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde::Serialize;

/// Sends texts to phones.
#[derive(Clone)]
pub enum Sms {
    /// There is no gateway.
    Nowhere,
    /// Prints to standard output.
    Print,
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
    /// With a code of six digits: `SIGN_IN_CODE`; `OLD_NUMBER_CODE` and `NEW_NUMBER_CODE` when an account moves to another
    /// number; `RECOVERY_CODE` at the new number of an account that is recovered; `GUARDIAN_CODE` to
    /// whoever acts for a volunteer under 18. Notices to the number that an account
    /// is leaving: `RECOVERY_NOTICE`, with a code of ten digits for objecting, and `NUMBER_LEFT`, which has no code.
    /// Notices without a code to the number of an account: `ERASURE_REQUESTED`, `ERASURE_DONE`.
    pub template: &'a str,
    /// Left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// Left out where there is no code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes_valid: Option<i64>,
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

/// A text that was sent, for tests and the demo.
#[derive(Clone)]
struct Text {
    phone: String,
    template: String,
    code: Option<String>,
}

#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Text>>>);

impl Recorder {
    fn record(&self, request: &SmsRequest<'_>) {
        self.texts().push(Text {
            phone: request.phone.to_owned(),
            template: request.template.to_owned(),
            code: request.code.map(str::to_owned),
        });
    }

    /// The code in the newest text to this number that has one.
    pub fn last_code(&self, phone: &str) -> Option<String> {
        self.texts().iter().rev().filter(|text| text.phone == phone).find_map(|text| text.code.clone())
    }

    /// The templates of the texts to this number, oldest first.
    pub fn templates(&self, phone: &str) -> Vec<String> {
        self.texts().iter().filter(|text| text.phone == phone).map(|text| text.template.clone()).collect()
    }

    /// Texts sent to this number.
    pub fn count(&self, phone: &str) -> usize {
        self.templates(phone).len()
    }

    fn texts(&self) -> std::sync::MutexGuard<'_, Vec<Text>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Sms {
    pub async fn send(&self, request: &SmsRequest<'_>) -> Result<(), String> {
        match self {
            Self::Nowhere => Err("no SMS gateway is set (sms.webhook_url)".into()),
            Self::Print => {
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
    let SmsRequest { phone, template, code, minutes_valid, .. } = request;
    match (code, minutes_valid) {
        (Some(code), Some(minutes)) => {
            println!("      SMS to {phone}: 【博爱】验证码 {code}, valid for {minutes} minutes")
        }
        _ => println!("      SMS to {phone}: 【博爱】{template}"),
    }
}
