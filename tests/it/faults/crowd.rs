//! Many phones that check in and out at once. Each sends an act again, with its request id, until it is acknowledged.

use std::{
    collections::{HashMap, HashSet},
    process::Command,
    time::Duration,
};

use boai::platform::{clock::Clock, db::Db, node::decode};
use boai_entity::{attendance, kinds::AttendanceState, ledger_entry, request_effect, service_record};
use boai_tests::{
    Answer, Town, keep_signed_in,
    process::{Ground, Phone, Process, request_id},
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::json;
use tokio::{sync::watch, time::Instant};
use uuid::Uuid;

/// What a phone lets pass before it tries again.
pub const A_MOMENT: Duration = Duration::from_millis(200);
/// How long a phone tries, and how long a story waits for what must come.
pub const INSISTENCE: Duration = Duration::from_secs(90);

/// Volunteers who have seats and whom the first shift has had for 50 minutes; a database without a server.
pub struct Crowd {
    pub ground: Ground,
    pub leader: Phone,
    pub phones: Vec<Phone>,
    /// Of two who have a seat at the first shift and never come.
    pub absent: Vec<Phone>,
    /// Back to back, and open for check-in now.
    pub shifts: Vec<String>,
    /// What each phone does, one after the other: out, in, out …
    acts: usize,
}

/// None checks out.
type Act<'a> = Option<&'a str>;

/// An act that a server said it had done.
pub struct Acknowledged {
    pub request: Uuid,
    pub checked_in: bool,
    pub attendance: Uuid,
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    pub requests: usize,
    /// Requests without an answer, and answers that something is not possible at the moment.
    pub faults: usize,
    /// Those of them that a server gave.
    pub unavailable: usize,
    pub acknowledged: usize,
    pub over_a_second: usize,
    pub longest: Duration,
}

/// Figures that a story can wait for.
#[derive(Default)]
pub struct Tally(watch::Sender<Figures>);

impl Tally {
    pub fn now(&self) -> Figures {
        *self.0.borrow()
    }

    /// Waits until the figures are so.
    pub async fn reaches(&self, so: impl FnMut(&Figures) -> bool) -> Figures {
        let mut figures = self.0.subscribe();
        let reached = tokio::time::timeout(INSISTENCE, figures.wait_for(so)).await;
        *reached.unwrap_or_else(|_| panic!("{:?}", self.now())).expect("the tally lives")
    }

    fn count(&self, took: Duration, heard: &Heard) {
        self.0.send_modify(|figures| {
            figures.requests += 1;
            figures.acknowledged += usize::from(matches!(heard, Heard::Done(_)));
            figures.faults += usize::from(!matches!(heard, Heard::Done(_)));
            figures.unavailable += usize::from(matches!(heard, Heard::Unavailable));
            figures.over_a_second += usize::from(took > Duration::from_secs(1));
            figures.longest = figures.longest.max(took);
        });
    }
}

/// What a phone heard of an act.
enum Heard {
    /// With the attendance.
    Done(Uuid),
    /// Asked in vain, and told that it may ask again.
    Unavailable,
    Nothing,
}

impl Heard {
    /// Anything else that a server could say of an act that is right is a fault of the server.
    fn of(answer: Result<Answer, impl Sized>) -> Self {
        let Ok(answer) = answer else { return Self::Nothing };
        if let Some(errors) = answer.body["errors"].as_array() {
            for error in errors {
                let extensions = &error["extensions"];
                assert_eq!(extensions["retryable"], true, "{}", answer.body);
                assert!(["UNAVAILABLE", "TIMEOUT"].contains(&extensions["code"].as_str().unwrap_or_default()));
            }
            return Self::Unavailable;
        }
        let payload = answer.fine().payload();
        Self::Done(key(payload["attendance"]["id"].as_str().expect("an attendance")))
    }
}

/// The UUID inside a global id.
pub fn key(global_id: &str) -> Uuid {
    decode(global_id).expect("a global id").1.parse().expect("a UUID")
}

impl Crowd {
    pub async fn of(town: impl AsyncFnOnce() -> Town + Send + 'static, phones: usize, acts: usize) -> Self {
        let settle = async move |town: &Town| {
            let (now, minutes) = (Clock::system().now(), TimeDelta::minutes);
            // Some minutes more than are asked for, whatever the machine's clock does meanwhile.
            town.clock.set(now - minutes(55));
            let leader = town.leader("Li").await;
            // A volunteer may come to an activity three times a day.
            let later = acts.saturating_sub(5).div_ceil(6);
            let starts = (0..).map(|number| now + minutes(20 + 2 * number)).take(later);
            let times = starts.map(|from| (from, from + minutes(2)));
            let mut shifts = Vec::new();
            for (from, to) in std::iter::once((now - minutes(60), now + minutes(20))).chain(times) {
                let capacity = i32::try_from(phones + 2).expect("a shift for them");
                shifts.extend(leader.post_activity(from, to, capacity, json!({})).await.shifts);
            }
            let mut people = town.crowd(phones + 2).await;
            let absent = people.split_off(phones);
            for person in &absent {
                person.sign_up(&shifts[0]).await.fine();
            }
            let ready = people.iter().map(async |person| {
                for shift in &shifts {
                    person.sign_up(shift).await.fine();
                }
                person.check_in(&shifts[0], 20.0).await.fine();
                Phone::of(person)
            });
            let phones = join_all(ready).await;
            keep_signed_in(town).await;
            (Phone::of(&leader), phones, absent.iter().map(Phone::of).collect(), shifts)
        };
        let (ground, (leader, phones, absent, shifts)) = Ground::left_by(town, settle).await;
        Self { ground, leader, phones, absent, shifts, acts }
    }

    /// How many acts they do in all.
    pub fn acts(&self) -> usize {
        self.phones.len() * self.acts
    }

    /// The activity that a shift belongs to.
    pub async fn activity_of(&self, url: &str, shift: &str) -> String {
        let document = "query($id: ID!) { node(id: $id) { ... on Shift { activity { id } } } }";
        self.leader.ask(url, document, json!({ "id": shift })).await.text("/node/activity/id")
    }

    /// `boai serve` there. Phones that insist are no flood.
    pub fn server(&self, listen: &str) -> Command {
        let mut command = self.ground.command(&["serve", "--listen", listen]);
        command.env("BOAI_EXPLORER", "false").env("BOAI_RATES__CHECK", "off");
        command
    }

    /// All phones do all their acts, by turns at these servers; a phone takes at least this time for each.
    pub async fn serve(&self, urls: &[String], pace: Duration, tally: &Tally) -> Vec<Acknowledged> {
        let each = self.phones.iter().enumerate().map(async |(number, phone)| {
            let mut done = Vec::new();
            let mut turn = tokio::time::interval(pace.max(Duration::from_millis(1)));
            for (act, place) in self.plan().into_iter().enumerate() {
                turn.tick().await;
                done.push(insist(phone, &urls[(number + act) % urls.len()], place, tally).await);
            }
            done
        });
        join_all(each).await.into_iter().flatten().collect()
    }

    fn plan(&self) -> Vec<Act<'_>> {
        let first = std::iter::repeat_n(&self.shifts[0], 2);
        let places = first.chain(self.shifts[1..].iter().flat_map(|shift| std::iter::repeat_n(shift, 3)));
        let later = places.flat_map(|shift| [Some(shift.as_str()), None]);
        std::iter::once(None).chain(later).take(self.acts).collect()
    }

    /// What was acknowledged is there, once, and nothing else; the command `audit` finds no fault. Prints the figures.
    pub async fn account(&self, story: &str, tally: &Tally, acknowledged: &[Acknowledged]) {
        let audit = self.ground.command(&["audit"]).output().expect("boai runs");
        assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
        let file = || Db::file_url(&self.ground.data_dir.join("boai.sqlite"));
        let db =
            Db::connect(&self.ground.database_url.clone().unwrap_or_else(file), 1).await.expect("the database opens");
        let effects = request_effect::Entity::find().all(&db.conn).await.expect("request ids");
        let stays = attendance::Entity::find().all(&db.conn).await.expect("attendances");
        let records = service_record::Entity::find().all(&db.conn).await.expect("records");
        let entries = ledger_entry::Entity::find().all(&db.conn).await.expect("entries");
        db.conn.close().await.expect("the connection closes");

        let led_to: HashMap<Uuid, Uuid> = effects.iter().map(|effect| (effect.request_id, effect.subject_id)).collect();
        let by_id: HashMap<Uuid, &attendance::Model> = stays.iter().map(|stay| (stay.id.0, stay)).collect();
        let recorded: HashSet<Uuid> = records.iter().map(|record| record.attendance_id.0).collect();
        let is_there = |act: &Acknowledged| {
            let stay = by_id.get(&act.attendance);
            let left =
                stay.is_some_and(|stay| stay.state == AttendanceState::Closed) && recorded.contains(&act.attendance);
            led_to.get(&act.request) == Some(&act.attendance) && stay.is_some() && (act.checked_in || left)
        };
        let lost = acknowledged.iter().filter(|act| !is_there(act)).count();
        // Everybody was checked in once before the story began.
        let (people, outs) = (self.phones.len(), acknowledged.iter().filter(|act| !act.checked_in).count());
        let ins = acknowledged.len() - outs;
        let more = |had: usize, expected: usize| had.saturating_sub(expected);
        let doubled = more(effects.len(), people + acknowledged.len())
            + more(stays.len(), people + ins)
            + more(records.len(), outs)
            + more(entries.len(), outs);
        let Figures { requests, faults, unavailable, over_a_second, longest, .. } = tally.now();
        println!(
            "{story}: {requests} requests, {faults} faults ({unavailable} of them told so), {} acknowledged, \
             {lost} lost, {doubled} doubled; {over_a_second} took over 1 s, the longest {} ms",
            acknowledged.len(),
            longest.as_millis()
        );
        assert_eq!((acknowledged.len(), lost, doubled), (self.acts(), 0, 0), "{story}");
        let mut open = HashSet::new();
        let twice = stays.iter().filter(|stay| stay.state == AttendanceState::Open && !open.insert(stay.volunteer_id));
        assert_eq!(twice.count(), 0, "{story}: one open attendance each");
        let credited = records.iter().filter(|record| record.minutes >= 50).count();
        let minutes: Vec<_> = records.iter().map(|record| record.minutes).collect();
        assert_eq!(credited, people, "{story}: the first stay of each counts: {minutes:?}");
    }
}

/// Starts a server; its address.
pub async fn started(command: Command) -> (Process, String) {
    let mut process = Process::start(command);
    let url = process.says("serving at ").await;
    (process, url)
}

async fn insist(phone: &Phone, url: &str, act: Act<'_>, tally: &Tally) -> Acknowledged {
    let request = request_id();
    let until = Instant::now() + INSISTENCE;
    loop {
        let began = Instant::now();
        let answer = match act {
            Some(shift) => phone.try_check_in(url, shift, &request).await,
            None => phone.try_check_out(url, &request).await,
        };
        let heard = Heard::of(answer);
        tally.count(began.elapsed(), &heard);
        if let Heard::Done(attendance) = heard {
            let request = request.parse().expect("a UUID");
            return Acknowledged { request, checked_in: act.is_some(), attendance };
        }
        assert!(Instant::now() < until, "nobody acknowledged it: {:?}", tally.now());
        tokio::time::sleep(A_MOMENT).await;
    }
}
