//! The authenticator app of an officer.

use boai::auth::second_factor::rules::code_at;
use boai_tests::{Answer, Person, Town};
use chrono::TimeDelta;
use serde_json::json;

/// An authenticator app: it has taken the secret in, and knows the time.
pub struct Authenticator<'t> {
    town: &'t Town,
    pub secret: Vec<u8>,
}

impl Authenticator<'_> {
    pub fn code(&self) -> String {
        code_at(&self.secret, self.town.clock.now())
    }

    /// Waits for the next code.
    pub fn next(&self) -> String {
        self.town.clock.advance(TimeDelta::seconds(30));
        self.code()
    }

    /// Six digits that are none of the codes which are good now.
    pub fn wrong(&self) -> String {
        let now = self.town.clock.now();
        let near = [-30, 0, 30].map(|seconds| code_at(&self.secret, now + TimeDelta::seconds(seconds)));
        (0..).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).expect("a wrong code")
    }
}

/// Base 32 as RFC 4648 has it, without padding.
fn bytes(base32: &str) -> Vec<u8> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for letter in base32.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == letter);
        bits = bits << 5 | u32::try_from(value.expect("a letter of base 32")).expect("five bits");
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xFF).expect("a byte"));
        }
    }
    bytes
}

/// Enrols an authenticator app, which also proves it; the app and the recovery codes.
pub async fn enrolled<'t>(person: &Person<'t>) -> (Authenticator<'t>, Vec<String>) {
    let app = app(person, &begin(person, None).await.fine());
    let codes = confirm(person, &app.code()).await.fine().data("/confirmSecondFactor/recoveryCodes");
    let codes = codes.as_array().expect("a list").iter().map(|code| code.as_str().expect("a code").into());
    (app, codes.collect())
}

pub fn app<'t>(person: &Person<'t>, begun: &Answer) -> Authenticator<'t> {
    Authenticator { town: person.town, secret: bytes(&begun.text("/enrolSecondFactor/secret")) }
}

pub async fn begin(person: &Person<'_>, code: Option<&str>) -> Answer {
    let document = "mutation($code: String) { enrolSecondFactor(input: { code: $code }) {
        secret otpauthUri confirmUntil errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "code": code })).await
}

pub async fn confirm(person: &Person<'_>, code: &str) -> Answer {
    let document = "mutation($code: String!) { confirmSecondFactor(input: { code: $code }) {
        recoveryCodes provedUntil errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "code": code })).await
}
