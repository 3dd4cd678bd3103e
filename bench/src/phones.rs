//! Volunteers who check in, at a steady pace, whatever else happens.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use boai::platform::{clock::Clock, http, random::Random};
use boai_tests::PLACE;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::measure::quantile;

const CHECK_IN: &str = "mutation($shift: ID!, $fix: FixInput!, $request: UUID!) {
    checkIn(input: { shiftId: $shift, fix: $fix, requestId: $request }) { attendance { id } errors { code } } }";

pub struct Phones {
    url: String,
    shift: String,
    http: reqwest::Client,
    tokens: Mutex<Vec<String>>,
}

/// What a stretch of time was like.
#[derive(Clone, Copy)]
pub struct Stretch {
    pub p50: f64,
    pub p99: f64,
}

impl Phones {
    pub fn new(url: &str, shift: String, tokens: Vec<String>) -> Arc<Self> {
        let http = http::client().pool_idle_timeout(Duration::from_secs(30)).timeout(Duration::from_secs(30));
        let http = http.build().expect("an HTTP client");
        Arc::new(Self { url: format!("{url}/graphql"), shift, http, tokens: Mutex::new(tokens) })
    }

    /// So many check-ins a second. Each is timed from the moment at which it should have been sent, so that a server that
    /// stops for a second cannot hide it.
    pub async fn check_in(self: &Arc<Self>, a_second: u32, seconds: u32) -> Result<Stretch, String> {
        let begin = Instant::now() + Duration::from_millis(20);
        let failed = Arc::new(AtomicUsize::new(0));
        let mut under_way = JoinSet::new();
        for number in 0..a_second * seconds {
            let due = begin + Duration::from_secs(1) * number / a_second;
            let token = self.tokens.lock().expect("no panic before").pop();
            let token = token.ok_or("everybody prepared has checked in")?;
            let (phones, failed) = (self.clone(), failed.clone());
            under_way.spawn(async move {
                sleep_until(due).await;
                if let Err(why) = phones.check_in_once(&token).await
                    && failed.fetch_add(1, Relaxed) == 0
                {
                    eprintln!("a check-in failed: {why}");
                }
                due.elapsed().as_secs_f64() * 1000.0
            });
        }
        let mut times = under_way.join_all().await;
        match failed.load(Relaxed) {
            0 => Ok(Stretch { p50: quantile(&mut times, 0.5), p99: quantile(&mut times, 0.99) }),
            failed => Err(format!("{failed} of {} check-ins failed", times.len())),
        }
    }

    async fn check_in_once(&self, token: &str) -> Result<(), String> {
        let now = Clock::system().now();
        let place = json!({ "latitude": PLACE.0, "longitude": PLACE.1, "datum": "WGS84" });
        let variables = json!({
            "shift": self.shift,
            "request": Random::system().uuid(now),
            "fix": { "place": place, "accuracy": 10, "fixedAt": now },
        });
        let post =
            self.http.post(&self.url).bearer_auth(token).json(&json!({ "query": CHECK_IN, "variables": variables }));
        let answer = post.send().await.map_err(|error| error.to_string())?;
        let body: Value = answer.json().await.map_err(|error| error.to_string())?;
        let done = body.pointer("/data/checkIn/attendance/id").is_some_and(Value::is_string);
        if done { Ok(()) } else { Err(body.to_string()) }
    }
}
