//! One volunteer's day, played over real HTTP by the demo's own phones.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use sea_orm::{DbErr, FromQueryResult};
use serde_json::{Value, json};

use super::town::{LEADER_PHONE, VOLUNTEER_PHONE};
use crate::{
    places::geodesy::{Datum, Point},
    platform::{
        civil::{SHANGHAI, civil_day, day_bounds},
        clock::Clock,
        db::{self, Db},
        http,
        sms::Recorder,
    },
};

/// 断桥残雪 at the West Lake in Hangzhou: WGS-84 degrees.
const PLACE: (f64, f64) = (30.2604, 120.1472);
/// Degrees of latitude in a metre.
const DEGREES_PER_METRE: f64 = 1.0 / 111_195.0;

/// Plays the day that begins at `day` and prints each operation with the heart of its answer.
pub async fn play(url: &str, day: DateTime<Utc>, clock: &Clock, sms: &Recorder) -> Result<(), String> {
    let story = Story { url: format!("{url}/graphql"), client: client()?, clock, sms };
    let at = |time: &str| -> Result<DateTime<Utc>, String> {
        let time: NaiveTime = time.parse().map_err(|error| format!("{time}: {error}"))?;
        Ok(day + (time - NaiveTime::MIN))
    };

    clock.set(at("07:30:00")?);
    let mut leader = story.phone("李芳", LEADER_PHONE);
    leader.sign_in().await?;
    let activity = post_activity(&leader, at("09:00:00")?, at("11:30:00")?).await?;
    let shift = text(&activity, "/shifts/0/id")?;

    clock.set(at("07:45:00")?);
    let mut volunteer = story.phone("王小明", VOLUNTEER_PHONE);
    volunteer.sign_in().await?;
    look_around(&volunteer).await?;
    let signed_up = volunteer.ask("signUpForShift", SIGN_UP, json!({ "shift": shift })).await?;
    volunteer.say("signUpForShift", &format!("{} for {}", signed_up["signUp"]["state"], "09:00–11:30"));

    clock.set(at("08:40:00")?);
    volunteer.refresh().await?;
    check_in(&volunteer, &shift, 700.0, clock).await?;
    clock.set(at("08:50:00")?);
    check_in(&volunteer, &shift, 20.0, clock).await?;
    clock.set(at("11:34:00")?);
    volunteer.refresh().await?;
    let attendance = check_out(&volunteer, clock).await?;

    clock.set(at("11:40:00")?);
    leader.refresh().await?;
    let confirmed = leader.ask("confirmHours", CONFIRM, json!({ "attendance": attendance })).await?;
    let record = &confirmed["results"][0]["record"];
    leader.say("confirmHours", &format!("{} minutes {}", record["minutes"], record["state"]));
    where_i_stand(&volunteer).await
}

fn client() -> Result<reqwest::Client, String> {
    http::client().build().map_err(|error| format!("no HTTP client: {error}"))
}

/// The beginning of the newest past day on which the volunteer has nothing else to do.
pub async fn free_day(db: &Db, now: DateTime<Utc>) -> Result<DateTime<Utc>, DbErr> {
    #[derive(FromQueryResult)]
    struct Busy {
        starts_at: DateTime<Utc>,
    }
    let busy: Vec<Busy> = db::all(
        &db.conn,
        "SELECT s.starts_at FROM sign_up u JOIN shift s ON s.id = u.shift_id
         JOIN volunteer v ON v.id = u.volunteer_id JOIN person p ON p.id = v.person_id WHERE p.phone = $1",
        [VOLUNTEER_PHONE.into()],
    )
    .await?;
    let busy: Vec<_> = busy.iter().map(|shift| civil_day(shift.starts_at)).collect();
    let today = civil_day(now);
    let free = (1..).map(|back| today - TimeDelta::days(back)).find(|day| !busy.contains(day));
    Ok(day_bounds(free.unwrap_or(today)).0)
}

async fn post_activity(leader: &Phone<'_>, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Value, String> {
    let me = leader.ask("me", MY_TEAM, json!({})).await?;
    let team = text(&me, "/roles/0/team/id")?;
    let variables = json!({
        "team": team, "from": from, "to": to, "latitude": PLACE.0, "longitude": PLACE.1,
    });
    let created = leader.ask("createActivity", CREATE, variables).await?;
    let id = text(&created, "/activity/id")?;
    let published = leader.ask("publishActivity", PUBLISH, json!({ "activity": id })).await?;
    let activity = published["activity"].clone();
    leader.say("createActivity, publishActivity", &format!("{} is {}", activity["title"], activity["state"]));
    Ok(activity)
}

async fn look_around(volunteer: &Phone<'_>) -> Result<(), String> {
    let variables = json!({ "latitude": PLACE.0 + 300.0 * DEGREES_PER_METRE, "longitude": PLACE.1 });
    let near = volunteer.ask("activitiesNear", NEAR, variables).await?;
    let edges = near["edges"].as_array().cloned().unwrap_or_default();
    volunteer.say("activitiesNear", &format!("{} within 10 km, the nearest:", edges.len()));
    for edge in edges.iter().take(3) {
        println!("      {} m  {}  {} places left", edge["distance"], plain(&edge["node"]["title"]), edge["placesLeft"]);
    }
    Ok(())
}

/// Tries to check in so many metres north of the place, with the coordinates that a Chinese map gives (GCJ-02).
async fn check_in(volunteer: &Phone<'_>, shift: &str, metres_away: f64, clock: &Clock) -> Result<(), String> {
    let mut variables = fix(metres_away, clock)?;
    variables["shift"] = json!(shift);
    let answer = volunteer.ask("checkIn", CHECK_IN, variables).await?;
    match answer["errors"].get(0) {
        Some(error) => volunteer.say("checkIn", &format!("refused, {}: {}", error["code"], error["message"])),
        None => {
            let attendance = &answer["attendance"];
            let distance = attendance["checkInDistance"].as_f64().unwrap_or_default();
            let heart = format!("{} at {distance:.0} m, proved by {}", attendance["state"], attendance["checkInGrade"]);
            volunteer.say("checkIn", &heart);
        }
    }
    Ok(())
}

async fn check_out(volunteer: &Phone<'_>, clock: &Clock) -> Result<String, String> {
    let answer = volunteer.ask("checkOut", CHECK_OUT, fix(30.0, clock)?).await?;
    let attendance = &answer["attendance"];
    let record = &attendance["record"];
    let heart = format!("{}; {} minutes count, {}", attendance["state"], record["minutes"], record["state"]);
    volunteer.say("checkOut", &heart);
    text(attendance, "/id")
}

async fn where_i_stand(volunteer: &Phone<'_>) -> Result<(), String> {
    let me = volunteer.ask("me", STANDING, json!({})).await?;
    let hours = |minutes: &Value| format!("{:.1} h", minutes.as_f64().unwrap_or_default() / 60.0);
    let (confirmed, pending) = (hours(&me["hours"]["confirmed"]), hours(&me["hours"]["pending"]));
    volunteer.say("me.hours", &format!("{confirmed} confirmed, {pending} pending"));
    let stars = &me["stars"];
    let missing = hours(&stars["next"]["missing"]);
    volunteer.say("me.stars", &format!("{} stars; {missing} to star {}", stars["star"], stars["next"]["star"]));
    for badge in me["badges"].as_array().into_iter().flatten() {
        let mark = if badge["eligible"] == json!(true) { "eligible" } else { "        " };
        let (name, unit) = (plain(&badge["name"]), plain(&badge["unit"]).to_lowercase());
        println!("      {mark}  {name} {}/{} {unit}", badge["have"], badge["need"]);
    }
    Ok(())
}

fn fix(metres_away: f64, clock: &Clock) -> Result<Value, String> {
    let place = Point::wgs84(PLACE.0 + metres_away * DEGREES_PER_METRE, PLACE.1).map_err(|error| error.to_string())?;
    let (latitude, longitude) = place.in_datum(Datum::Gcj02);
    // One id for each wish; the phone would send it again with each repeat.
    let request = crate::platform::random::Random::system().uuid(clock.now());
    Ok(json!({ "latitude": latitude, "longitude": longitude, "now": clock.now(), "request": request }))
}

struct Story<'a> {
    url: String,
    client: reqwest::Client,
    clock: &'a Clock,
    sms: &'a Recorder,
}

impl<'a> Story<'a> {
    fn phone(&'a self, name: &'a str, number: &'a str) -> Phone<'a> {
        Phone { story: self, name, number, tokens: Value::Null }
    }
}

/// A phone in somebody's hand.
struct Phone<'a> {
    story: &'a Story<'a>,
    name: &'a str,
    number: &'a str,
    tokens: Value,
}

impl Phone<'_> {
    async fn sign_in(&mut self) -> Result<(), String> {
        let number = json!({ "phone": self.number });
        let sent = self.ask("requestSignInCode", CODE, number).await?;
        refused(&sent)?;
        let code = self.story.sms.last_code(self.number).ok_or("no text message came")?;
        let variables = json!({ "phone": self.number, "code": code });
        let signed_in = self.ask("signIn", SIGN_IN, variables).await?;
        refused(&signed_in)?;
        self.tokens = signed_in["tokens"].clone();
        self.say("requestSignInCode, signIn", "signed in by code");
        Ok(())
    }

    /// An access token lives half an hour; the phone exchanges its refresh token for a new pair.
    async fn refresh(&mut self) -> Result<(), String> {
        let variables = json!({ "token": self.tokens["refreshToken"] });
        self.tokens = Value::Null;
        let refreshed = self.ask("refreshSession", REFRESH, variables).await?;
        refused(&refreshed)?;
        self.tokens = refreshed["tokens"].clone();
        Ok(())
    }

    /// Sends an operation; the answer is what stands under its root field.
    async fn ask(&self, field: &str, document: &str, variables: Value) -> Result<Value, String> {
        let mut post = self.story.client.post(&self.story.url).header("accept-language", "zh-CN");
        if let Some(token) = self.tokens["accessToken"].as_str() {
            post = post.bearer_auth(token);
        }
        let body = json!({ "query": document, "variables": variables });
        let answer = post.json(&body).send().await.map_err(|error| format!("{field}: {error}"))?;
        let answer: Value = answer.json().await.map_err(|error| format!("{field}: {error}"))?;
        if let Some(error) = answer["errors"].get(0) {
            return Err(format!("{field}: {}", error["message"]));
        }
        Ok(answer["data"][field].clone())
    }

    fn say(&self, operation: &str, heart: &str) {
        let time = self.story.clock.now().with_timezone(&SHANGHAI).format("%H:%M");
        println!("{time} {} {operation}: {}", self.name, heart.replace('"', ""));
    }
}

/// A text without its JSON quotes.
fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn refused(payload: &Value) -> Result<(), String> {
    match payload["errors"].get(0) {
        Some(error) => Err(error["message"].to_string()),
        None => Ok(()),
    }
}

fn text(value: &Value, pointer: &str) -> Result<String, String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| format!("nothing at {pointer} in {value}"))
}

const CODE: &str = "mutation($phone: PhoneNumber!) {
    requestSignInCode(input: { phone: $phone }) { errors { message } } }";
const SIGN_IN: &str = "mutation($phone: PhoneNumber!, $code: String!) {
    signIn(input: { phone: $phone, code: $code, device: \"demo\" }) { tokens { accessToken refreshToken } errors { message } } }";
const REFRESH: &str = "mutation($token: String!) {
    refreshSession(input: { refreshToken: $token }) { tokens { accessToken refreshToken } errors { message } } }";
const MY_TEAM: &str = "{ me { roles { role team { id name } } } }";
const CREATE: &str = "mutation($team: ID!, $from: DateTime!, $to: DateTime!, $latitude: Latitude!, $longitude: Longitude!) {
    createActivity(input: {
        teamId: $team, category: FIRST_AID, title: \"断桥应急救护志愿服务\", description: \"为游客提供急救和指引。\",
        risks: \"临水,请注意安全。\", placeName: \"断桥残雪\", address: \"杭州市西湖区北山街\", divisionCode: \"330106\",
        place: { latitude: $latitude, longitude: $longitude, datum: WGS84 }, radius: 300,
        shifts: [{ startsAt: $from, endsAt: $to, capacity: 8 }]
    }) { activity { id } errors { message } } }";
const PUBLISH: &str = "mutation($activity: ID!) {
    publishActivity(input: { activityId: $activity }) { activity { title state shifts { id } } errors { message } } }";
const NEAR: &str = "query($latitude: Latitude!, $longitude: Longitude!) {
    activitiesNear(point: { latitude: $latitude, longitude: $longitude, datum: WGS84 }, within: 10000, onlyWithPlacesLeft: true) {
        edges { distance placesLeft node { title } } } }";
const SIGN_UP: &str = "mutation($shift: ID!) {
    signUpForShift(input: { shiftId: $shift }) { signUp { state } errors { message } } }";
const CHECK_IN: &str =
    "mutation($shift: ID!, $latitude: Latitude!, $longitude: Longitude!, $now: DateTime!, $request: UUID!) {
    checkIn(input: { shiftId: $shift, requestId: $request, fix: {
        place: { latitude: $latitude, longitude: $longitude, datum: GCJ02 }, accuracy: 15, fixedAt: $now } }) {
        attendance { state checkInDistance checkInGrade } errors { code message } } }";
const CHECK_OUT: &str = "mutation($latitude: Latitude!, $longitude: Longitude!, $now: DateTime!, $request: UUID!) {
    checkOut(input: { requestId: $request, fix: {
        place: { latitude: $latitude, longitude: $longitude, datum: GCJ02 }, accuracy: 15, fixedAt: $now } }) {
        attendance { id state record { minutes state } } errors { code message } } }";
const CONFIRM: &str = "mutation($attendance: ID!) {
    confirmHours(input: { items: [{ attendanceId: $attendance }] }) {
        results { record { minutes state } errors { message } } } }";
const STANDING: &str = "{ me {
    hours { confirmed pending }
    stars { star next { star missing } }
    badges { name eligible have need unit } } }";
