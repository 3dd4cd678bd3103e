//! What the stories of this book begin with, and what people ask in it.

use std::io::Read;

use boai::{
    ctx::Ctx,
    platform::{db::run, node::decode},
    privacy::{erasure, export},
};
use boai_entity::{Instant, ids::VolunteerId};
use boai_tests::{Answer, Person, Posted, Town, at, id};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use uuid::Uuid;
use zip::ZipArchive;

/// A leader, and Ling, who served from 08:00 to 10:00 and whose hours were confirmed. It is 10:30.
pub struct Scene<'t> {
    pub leader: Person<'t>,
    pub ling: Person<'t>,
    pub posted: Posted,
    /// The attendance's global id.
    pub attendance: String,
}

pub async fn scene(town: &Town) -> Scene<'_> {
    let leader = town.leader("Li Fang").await;
    let ling = town.volunteer("王小玲").await;
    let posted = leader.post_activity(at("08:00"), at("10:00"), 8, json!({})).await;
    ling.sign_up(posted.shift()).await.fine();
    keep_signed_in(town).await;
    let attendance = serve(&ling, posted.shift(), at("08:00"), at("10:00")).await;
    leader.confirm(&attendance).await.fine();
    town.clock.set(at("10:30"));
    Scene { leader, ling, posted, attendance }
}

/// Checks in at one moment and out at another, at the place. The attendance's global id.
pub async fn serve(person: &Person<'_>, shift: &str, from: Instant, to: Instant) -> String {
    person.town.clock.set(from);
    person.check_in(shift, 20.0).await.fine();
    person.town.clock.set(to);
    person.check_out(20.0).await.fine().text("/checkOut/attendance/id")
}

/// An access token lives half an hour; those of everybody who signed in so far now outlive the story.
pub async fn keep_signed_in(town: &Town) {
    let text = "UPDATE session_token SET expires_at = $1 WHERE kind = 'ACCESS'";
    run(&town.app.db.conn, text, [at("+36500 00:00").into()]).await.expect("tokens live long");
}

/// The context of a job of an instance.
pub fn job(town: &Town) -> Ctx {
    Ctx::system(town.app.clone(), "story")
}

/// Makes every copy that waits.
pub async fn make_copies(town: &Town) -> usize {
    export::make_all(&job(town)).await.expect("copies are made")
}

/// Carries out every erasure that is due, and says the last words.
pub async fn erase_due(town: &Town) -> usize {
    let done = erasure::carry_out_all(&job(town)).await.expect("erasures are carried out");
    erasure::say_last_words(&job(town)).await.expect("last words are said");
    done
}

pub async fn request_my_data(who: &Person<'_>, request: &str) -> Answer {
    let document = "mutation($request: UUID!) { requestMyData(input: { requestId: $request }) {
        export { id state percent partsDone partsTotal askedBy askedAt readyAt expiresAt sizeBytes }
        errors { code message path numbers { name value } } } }";
    who.ask(document, json!({ "request": request })).await
}

/// `me.myDataExports`, newest first.
pub async fn my_exports(who: &Person<'_>) -> Value {
    let document = "{ me { myDataExports { id state percent partsDone partsTotal readyAt expiresAt sizeBytes } } }";
    who.ask(document, json!({})).await.data("/me/myDataExports")
}

pub async fn create_link(who: &Person<'_>, export: &str) -> Answer {
    let document = "mutation($id: ID!) { createMyDataLink(input: { exportId: $id }) {
        link { path expiresAt } errors { code message path numbers { name value } } } }";
    who.ask(document, json!({ "id": export })).await
}

/// Asks, lets the jobs work, and gives the path of the link.
pub async fn ready_link(who: &Person<'_>) -> String {
    let asked = request_my_data(who, &who.request_id()).await.fine();
    make_copies(who.town).await;
    let export = asked.text("/requestMyData/export/id");
    create_link(who, &export).await.fine().text("/createMyDataLink/link/path")
}

pub async fn request_erasure(who: &Person<'_>, phone: &str) -> Answer {
    let document = "mutation($phone: PhoneNumber!) { requestErasure(input: { phone: $phone }) {
        erasure { id state takesEffectAt askedBy } report { path expiresAt }
        errors { code message path numbers { name value } } } }";
    who.ask(document, json!({ "phone": phone })).await
}

pub async fn cancel_erasure(who: &Person<'_>, erasure: &str) -> Answer {
    let document = "mutation($id: ID!) { cancelErasure(input: { erasureId: $id }) {
        erasure { state } errors { code message path numbers { name value } } } }";
    who.ask(document, json!({ "id": erasure })).await
}

/// What a link gives.
pub struct Download {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Download {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A file of the ZIP.
    pub fn file(&self, name: &str) -> String {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.bytes));
        let mut zip = ZipArchive::new(std::io::Cursor::new(&self.bytes)).expect("a ZIP");
        let mut text = String::new();
        zip.by_name(name).expect("the file is in it").read_to_string(&mut text).expect("it is text");
        text
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.file(name)).expect("it is JSON")
    }
}

/// Fetches a link without any session.
pub async fn fetch(town: &Town, path: &str) -> Download {
    let answer = town.http.get(format!("{}{path}", town.url)).send().await.expect("the server answers");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Download { status, headers, bytes: answer.bytes().await.expect("a body").to_vec() }
}

/// The rows of a part of a copy.
pub fn rows(copy: &Value, part: &str) -> Vec<Value> {
    let parts = copy["parts"].as_array().expect("parts");
    let part = parts.iter().find(|one| one["part"] == part).unwrap_or_else(|| panic!("no part {part}"));
    part["rows"].as_array().expect("rows").clone()
}

/// The UUID inside a global id.
pub fn key(global_id: &str) -> Uuid {
    let (_, key) = decode(global_id).expect("a global id");
    key.parse().expect("a UUID")
}

pub async fn volunteer_key(person: &Person<'_>) -> VolunteerId {
    VolunteerId(key(&person.volunteer_id().await))
}

pub async fn ask_to_join(who: &Person<'_>) -> Answer {
    let document = "mutation($id: ID!) { askToJoinTeam(input: { teamId: $id }) { errors { code message } } }";
    who.ask(document, json!({ "id": id(Town::TEAM) })).await
}

/// The rows that a query counts as `count`.
pub async fn count(town: &Town, text: &str) -> i64 {
    #[derive(sea_orm::FromQueryResult)]
    struct Count {
        count: i64,
    }
    let count: Option<Count> = boai::platform::db::one(&town.app.db.conn, text, []).await.expect("a count");
    count.map_or(0, |count| count.count)
}
