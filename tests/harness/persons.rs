//! People of the town, and what they say to the server.

use boai::{
    places::geodesy::Point,
    platform::node::{GlobalId, NodeId},
};
use boai_entity::{
    Instant,
    ids::{BranchId, RoleGrantId, TeamId},
    kinds::Role,
    role_grant,
};
use chrono::TimeDelta;
use sea_orm::{ActiveEnum, ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};

use crate::town::{PLACE, Posted, Town, shift};

/// What the server answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The data at a JSON pointer such as `/me/hours/confirmed`; a top-level error is a failed test.
    pub fn data(&self, pointer: &str) -> Value {
        assert!(self.body["errors"].is_null(), "{}", self.body);
        self.body["data"].pointer(pointer).cloned().unwrap_or_else(|| panic!("nothing at {pointer}: {}", self.body))
    }

    pub fn text(&self, pointer: &str) -> String {
        self.data(pointer).as_str().unwrap_or_else(|| panic!("no text at {pointer}: {}", self.body)).to_owned()
    }

    pub fn number(&self, pointer: &str) -> f64 {
        self.data(pointer).as_f64().unwrap_or_else(|| panic!("no number at {pointer}: {}", self.body))
    }

    /// The payload of the operation's only root field.
    pub fn payload(&self) -> Value {
        assert!(self.body["errors"].is_null(), "{}", self.body);
        let data = self.body["data"].as_object().unwrap_or_else(|| panic!("{}", self.body));
        data.values().next().cloned().unwrap_or_default()
    }

    /// The codes of the payload's errors.
    pub fn codes(&self) -> Vec<String> {
        let errors = self.payload()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error["code"].as_str().map(str::to_owned)).collect()
    }

    /// A number behind the payload's first error.
    pub fn refusal_number(&self, name: &str) -> f64 {
        let numbers = self.payload()["errors"][0]["numbers"].as_array().cloned().unwrap_or_default();
        let found = numbers.iter().find(|number| number["name"] == name);
        found.and_then(|number| number["value"].as_f64()).unwrap_or_else(|| panic!("no number {name}: {}", self.body))
    }

    /// `extensions.code` of the first top-level error.
    pub fn fault(&self) -> String {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("no fault: {}", self.body))
            .to_owned()
    }

    pub fn fault_message(&self) -> String {
        self.body["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("no fault: {}", self.body)).to_owned()
    }

    /// Nothing was refused and nothing failed.
    pub fn fine(self) -> Self {
        assert!(self.codes().is_empty(), "{}", self.body);
        self
    }
}

/// Somebody with a phone.
#[derive(Clone)]
pub struct Person<'t> {
    pub town: &'t Town,
    pub name: String,
    pub phone: String,
    pub access_token: Option<String>,
    pub refresh_token: String,
    pub language: &'static str,
}

impl<'t> Person<'t> {
    pub(crate) fn new(town: &'t Town, name: &str, phone: &str) -> Self {
        let (name, phone) = (name.to_owned(), phone.to_owned());
        Self { town, name, phone, access_token: None, refresh_token: String::new(), language: "en" }
    }

    /// Sends an operation to the town's server.
    pub async fn ask(&self, document: &str, variables: Value) -> Answer {
        self.ask_at(&self.town.url, document, variables).await
    }

    /// Sends an operation to some server.
    pub async fn ask_at(&self, url: &str, document: &str, variables: Value) -> Answer {
        let mut post = self.town.http.post(format!("{url}/graphql")).header("accept-language", self.language);
        if let Some(token) = &self.access_token {
            post = post.bearer_auth(token);
        }
        let body = json!({ "query": document, "variables": variables });
        let answer = post.json(&body).send().await.expect("the server answers");
        let status = answer.status().as_u16();
        assert_ne!(status, 500, "{document}");
        let said = answer.text().await.expect("an answer");
        self.town.keep_secrets_of(&said);
        self.town.keep_secrets_of(&body.to_string());
        Answer { status, body: serde_json::from_str(&said).expect("an answer in JSON") }
    }

    /// Signs in by the code in the text message.
    pub async fn sign_in(&mut self) {
        self.request_code().await.fine();
        let code = self.town.sms.last_code(&self.phone).expect("a text message");
        let answer = self.try_sign_in(&code).await.fine();
        self.keep_tokens(&answer.payload()["tokens"]);
    }

    pub async fn request_code(&self) -> Answer {
        let document = "mutation($phone: PhoneNumber!) { requestSignInCode(input: { phone: $phone }) {
            expiresAt errors { code message path numbers { name value } } } }";
        self.ask(document, json!({ "phone": self.phone })).await
    }

    pub async fn try_sign_in(&self, code: &str) -> Answer {
        let document = "mutation($phone: PhoneNumber!, $code: String!) {
            signIn(input: { phone: $phone, code: $code, device: \"test\" }) {
                tokens { accessToken refreshToken accessExpiresAt } errors { code message path numbers { name value } } } }";
        let stranger = Person { access_token: None, ..self.clone() };
        stranger.ask(document, json!({ "phone": self.phone, "code": code })).await
    }

    pub async fn refresh(&mut self) {
        let answer = self.try_refresh(&self.refresh_token).await.fine();
        self.keep_tokens(&answer.payload()["tokens"]);
    }

    pub async fn try_refresh(&self, token: &str) -> Answer {
        let document = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) {
            tokens { accessToken refreshToken accessExpiresAt } errors { code message } } }";
        let stranger = Person { access_token: None, ..self.clone() };
        stranger.ask(document, json!({ "token": token })).await
    }

    /// Keeps the tokens of a payload such as `signIn`'s.
    pub fn keep_tokens(&mut self, tokens: &Value) {
        self.access_token = tokens["accessToken"].as_str().map(str::to_owned);
        self.refresh_token = tokens["refreshToken"].as_str().unwrap_or_default().to_owned();
    }

    /// Enrols with what is given over what everybody gives.
    pub async fn enrol(&self, given: Value) -> Answer {
        let answer = self.try_enrol(given).await;
        answer.fine()
    }

    pub async fn try_enrol(&self, given: Value) -> Answer {
        let mut input = json!({
            "name": self.name, "birthDate": "1990-01-01", "residenceCode": "330106109203",
            "skills": ["FIRST_AID"], "acceptedTermsVersion": "2026-01", "locationConsentVersion": "2026-01",
        });
        if let (Some(input), Some(given)) = (input.as_object_mut(), given.as_object()) {
            input.extend(given.clone());
        }
        let document = "mutation($input: EnrolAsVolunteerInput!) { enrolAsVolunteer(input: $input) {
            me { id volunteer { id number name } } errors { code message path numbers { name value } } } }";
        self.ask(document, json!({ "input": input })).await
    }

    /// Enrols at an age at which a guardian has to agree, who does.
    pub async fn enrol_with_guardian(&self, birth_date: &str) {
        let phone = self.town.new_phone();
        self.enrol(json!({ "birthDate": birth_date, "guardian": { "name": "Ma", "phone": phone } })).await;
        let guardian = Person { phone, ..self.town.stranger() };
        let pass = guardian.open_guardian_pass(&self.number().await).await;
        guardian.agree_as_guardian(&pass).await.fine();
    }

    /// Proves by a code that this is the phone of the guardian of the volunteer with this number.
    pub async fn open_guardian_pass(&self, number: &str) -> String {
        let document = "mutation($phone: PhoneNumber!) { requestGuardianCode(input: { phone: $phone }) {
            errors { code message } } }";
        self.ask(document, json!({ "phone": self.phone })).await.fine();
        let code = self.town.sms.last_code(&self.phone).expect("a text message");
        let document = "mutation($phone: PhoneNumber!, $code: String!, $number: String!) {
            openGuardianPass(input: { phone: $phone, code: $code, volunteerNumber: $number }) {
                pass errors { code message } } }";
        let given = json!({ "phone": self.phone, "code": code, "number": number });
        self.ask(document, given).await.fine().text("/openGuardianPass/pass")
    }

    pub async fn agree_as_guardian(&self, pass: &str) -> Answer {
        let document = "mutation($pass: String!) { giveGuardianConsent(input: { pass: $pass, version: \"2026-01\" }) {
            consents { kind version withdrawnAt } errors { code message } } }";
        self.ask(document, json!({ "pass": pass })).await
    }

    /// Gives a role as the installation itself would: the first officer of all has nobody above.
    pub async fn hold(&self, role: &str, branch: Option<BranchId>, team: Option<TeamId>) {
        let db = &self.town.app.db;
        let id = self.person_id().await;
        let grant = role_grant::ActiveModel {
            id: Set(RoleGrantId(self.town.app.random.uuid(self.town.clock.now()))),
            person_id: Set(id),
            role: Set(Role::try_from_value(&role.to_owned()).expect("a role")),
            branch_id: Set(branch),
            team_id: Set(team),
            granted_by: Set(None),
            granted_at: Set(self.town.clock.now()),
            ends_at: Set(branch.map(|_| self.town.clock.now() + TimeDelta::days(3650))),
            revoked_at: Set(None),
            renewed_at: Set(None),
            renewed_by: Set(None),
            reminded_at: Set(None),
        };
        role_grant::Entity::insert(grant).exec_without_returning(&db.conn).await.expect("the role is granted");
        if branch.is_some() {
            self.proves_for(TimeDelta::days(3650)).await;
        }
    }

    /// As if every session of this person had just proved the second factor, for so long; for none of it, as if it had not.
    /// Who holds a role on a branch in these stories has, unless the story is about that.
    pub async fn proves_for(&self, time: TimeDelta) {
        let until = self.town.clock.now() + time;
        let sessions = "UPDATE session SET second_factor_until = $2 WHERE person_id = $1";
        let values = [self.person_id().await.into(), until.into()];
        boai::platform::db::run(&self.town.app.db.conn, sessions, values).await.expect("the sessions are there");
    }

    pub async fn person_id(&self) -> boai_entity::ids::PersonId {
        let me = self.ask("{ me { id } }", json!({})).await.text("/me/id");
        let (_, key) = boai::platform::node::decode(&me).expect("a global id");
        boai_entity::ids::PersonId(key.parse().expect("a UUID"))
    }

    /// 志愿者编号
    pub async fn number(&self) -> String {
        self.ask("{ me { volunteer { number } } }", json!({})).await.text("/me/volunteer/number")
    }

    /// The global id of the volunteer.
    pub async fn volunteer_id(&self) -> String {
        self.ask("{ me { volunteer { id } } }", json!({})).await.text("/me/volunteer/id")
    }

    /// Creates and publishes an activity of 西湖救援队 at [`PLACE`] with one shift; `given` goes over the usual input.
    pub async fn post_activity(&self, from: Instant, to: Instant, capacity: i32, given: Value) -> Posted {
        let draft = self.draft_activity(vec![shift(from, to, capacity)], given).await.fine();
        let activity = draft.text("/createActivity/activity/id");
        let shifts = draft.data("/createActivity/activity/shifts");
        let shifts = shifts.as_array().into_iter().flatten();
        let shifts = shifts.filter_map(|shift| shift["id"].as_str().map(str::to_owned)).collect();
        self.publish(&activity).await.fine();
        Posted { activity, shifts }
    }

    pub async fn draft_activity(&self, shifts: Vec<Value>, given: Value) -> Answer {
        let mut input = json!({
            "teamId": id(Town::TEAM), "category": "FIRST_AID", "title": "断桥应急救护", "description": "为游客提供急救。",
            "risks": "临水", "placeName": "断桥", "address": "北山街", "divisionCode": "330106109",
            "place": { "latitude": PLACE.0, "longitude": PLACE.1, "datum": "WGS84" }, "radius": 300, "shifts": shifts,
        });
        if let (Some(input), Some(given)) = (input.as_object_mut(), given.as_object()) {
            input.extend(given.clone());
        }
        let document = "mutation($input: CreateActivityInput!) { createActivity(input: $input) {
            activity { id state title shifts { id posts { id name } } }
            errors { code message path numbers { name value } } } }";
        self.ask(document, json!({ "input": input })).await
    }

    pub async fn publish(&self, activity: &str) -> Answer {
        let document = "mutation($id: ID!) { publishActivity(input: { activityId: $id }) {
            activity { state } errors { code message } } }";
        self.ask(document, json!({ "id": activity })).await
    }

    pub async fn sign_up(&self, shift: &str) -> Answer {
        let document = "mutation($shift: ID!) { signUpForShift(input: { shiftId: $shift }) {
            signUp { id state } errors { code message path numbers { name value } } } }";
        self.ask(document, json!({ "shift": shift })).await
    }

    pub async fn leave(&self, shift: &str) -> Answer {
        let document = "mutation($shift: ID!) { leaveShift(input: { shiftId: $shift }) {
            signUp { state } errors { code message } } }";
        self.ask(document, json!({ "shift": shift })).await
    }

    /// Checks in so many metres north of [`PLACE`], with an accuracy of 10 m and a fix made just now.
    pub async fn check_in(&self, shift: &str, metres_away: f64) -> Answer {
        self.check_in_with(shift, self.fix(metres_away), &self.request_id()).await
    }

    pub async fn check_in_with(&self, shift: &str, fix: Value, request_id: &str) -> Answer {
        self.ask(CHECK_IN, json!({ "shift": shift, "fix": fix, "request": request_id })).await
    }

    pub async fn check_out(&self, metres_away: f64) -> Answer {
        self.check_out_with(self.fix(metres_away), &self.request_id()).await
    }

    pub async fn check_out_with(&self, fix: Value, request_id: &str) -> Answer {
        self.ask(CHECK_OUT, json!({ "fix": fix, "request": request_id })).await
    }

    /// A fix so many metres north of [`PLACE`], as `FixInput`.
    pub fn fix(&self, metres_away: f64) -> Value {
        let north = Point::wgs84(PLACE.0 + metres_away / 111_195.0, PLACE.1).expect("a place on Earth");
        json!({
            "place": { "latitude": north.latitude(), "longitude": north.longitude(), "datum": "WGS84" },
            "accuracy": 10, "fixedAt": self.town.clock.now(),
        })
    }

    /// A new UUID, as a phone makes one for each wish.
    pub fn request_id(&self) -> String {
        self.town.app.random.uuid(self.town.clock.now()).to_string()
    }

    /// Settles attendances: items as `ConfirmHoursItem`.
    pub async fn confirm_hours(&self, items: Value) -> Answer {
        let document = "mutation($items: [ConfirmHoursItem!]!) { confirmHours(input: { items: $items }) {
            results { attendanceId record { id minutes state book reason awaits } waits { id kind } errors { code message } }
            errors { code message path numbers { name value } } } }";
        self.ask(document, json!({ "items": items })).await
    }

    /// Confirms one attendance as the system measured it.
    pub async fn confirm(&self, attendance: &str) -> Answer {
        self.confirm_hours(json!([{ "attendanceId": attendance }])).await
    }

    /// Confirmed and pending minutes.
    pub async fn minutes(&self) -> (i64, i64) {
        let me = self.ask("{ me { hours { confirmed pending } } }", json!({})).await;
        (me.number("/me/hours/confirmed") as i64, me.number("/me/hours/pending") as i64)
    }

    /// Kind and note of the inbox, newest first.
    pub async fn inbox(&self) -> Vec<(String, String)> {
        let answer = self.ask("{ me { inbox { edges { node { kind note } } } } }", json!({})).await;
        let edges = answer.data("/me/inbox/edges");
        let text = |edge: &Value, field: &str| edge["node"][field].as_str().unwrap_or_default().to_owned();
        edges.as_array().into_iter().flatten().map(|edge| (text(edge, "kind"), text(edge, "note"))).collect()
    }
}

const CHECK_IN: &str = "mutation($shift: ID!, $fix: FixInput!, $request: UUID!) {
    checkIn(input: { shiftId: $shift, fix: $fix, requestId: $request }) {
        attendance { id state checkedInAt checkInGrade checkInDistance }
        errors { code message path numbers { name value } } } }";
const CHECK_OUT: &str = "mutation($fix: FixInput!, $request: UUID!) {
    checkOut(input: { fix: $fix, requestId: $request }) {
        attendance { id state checkedOutAt checkOutGrade record { id minutes state book } }
        errors { code message path numbers { name value } } } }";

/// The global id of a typed one.
pub fn id<T: NodeId>(id: T) -> String {
    GlobalId(id).id().to_string()
}

/// A number of an identity card as whoever was born on 1990-01-01 may have, as different as two phone numbers are.
pub fn id_number(phone: &str) -> String {
    let own = &phone[phone.len() - 7..];
    let body = format!("33{}19900101{}", &own[..4], &own[4..]);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = weights.iter().zip(body.bytes()).map(|(weight, digit)| weight * u32::from(digit - b'0')).sum();
    format!("{body}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}
