//! Hundreds of screens and phones that lose their connections again and again, at two servers, with Redis restarted in between:
//! nothing is missed, and nothing told twice.

use std::collections::{HashMap, HashSet};

use boai::platform::{clock::Clock, random::Random};
use boai_tests::{
    Town,
    process::{free_port, redis_at, redis_is},
    socket::Feed,
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    alone,
    crowd::{Crowd, Tally, started},
    size,
};

/// Stays of each phone at the first shift: one is under way when the story begins.
const STAYS: usize = 3;
const NOTES: usize = 6;
/// One with each note: put before the leader by who never came, and settled.
const CLAIMS: usize = NOTES;

/// A watcher, wherever it is connected just now.
struct Watcher<'a> {
    urls: &'a [String],
    token: &'a str,
    field: &'static str,
    argument: Option<(&'a str, &'a str, &'a str)>,
    fields: &'static str,
    chance: Random,
    cursor: Option<Value>,
    connections: usize,
}

impl Watcher<'_> {
    /// Subscribes where it left off, at either server; reads some items, and is cut off.
    async fn some_items(&mut self) -> Vec<Value> {
        let url = &self.urls[usize::from(self.chance.below(2) == 1)];
        let mut feed =
            Feed::of(url, Some(self.token), (self.field, self.argument), self.cursor.as_ref(), self.fields).await;
        self.connections += 1;
        let mut items = vec![feed.item().await];
        for _ in 0..self.chance.below(4) {
            // Nothing may come any more, and then nobody cuts it off.
            match tokio::time::timeout(crate::crowd::A_MOMENT * 5, feed.item()).await {
                Ok(item) => items.push(item),
                Err(_) => break,
            }
        }
        self.cursor = items.last().map(|item| item["cursor"].clone());
        items
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_that_are_cut_off_again_and_again_miss_nothing_and_hear_nothing_twice() {
    let _machine = alone().await;
    let (boards, queues, people) = (size(380, 380), size(60, 60), size(60, 60));
    let crowd = Crowd::of(Town::on_postgres, people, 2 * STAYS - 1).await;
    let port = free_port();
    let redis = redis_at(port).await;
    let redis_url = format!("redis://127.0.0.1:{port}/");
    let server = || {
        let mut command = crowd.server("127.0.0.1:0");
        command.env("REDIS_URL", &redis_url);
        for whose in ["PERSON", "DEVICE", "ADDRESS"] {
            command.env(format!("BOAI_RATES__SUBSCRIBE__{whose}"), "off");
        }
        command.env("BOAI_CONNECTIONS__SOCKETS_PER_PERSON", "2000").env("BOAI_CONNECTIONS__PER_ADDRESS", "2000");
        command
    };
    let ((_one, here), (_two, there)) = (started(server()).await, started(server()).await);
    redis_is(&here, "ok").await;
    redis_is(&there, "ok").await;
    let urls = [here.clone(), there.clone()];
    let watcher = |token, field, argument, fields| Watcher {
        urls: &urls,
        token,
        field,
        argument,
        fields,
        chance: Random::system(),
        cursor: None,
        connections: 0,
    };
    let shift = &crowd.shifts[0];
    let of_board = "cursor present left changes { id state }";
    let mut screens: Vec<_> = (0..boards)
        .map(|_| {
            watcher(crowd.leader.token.as_str(), "attendanceBoard", Some(("shiftId", "ID!", shift.as_str())), of_board)
        })
        .collect();
    let mut phones: Vec<_> = (crowd.phones.iter())
        .map(|phone| watcher(phone.token.as_str(), "inbox", None, "cursor items { id note }"))
        .collect();
    let team = boai_tests::id(Town::TEAM);
    let of_queue = ("teamId", "ID", team.as_str());
    let mut reviewers: Vec<_> = (0..queues)
        .map(|_| watcher(crowd.leader.token.as_str(), "reviewQueue", Some(of_queue), "cursor items { id kind state }"))
        .collect();
    // Everybody listens before anything happens.
    join_all(screens.iter_mut().chain(&mut phones).chain(&mut reviewers).map(async |watcher| {
        for item in watcher.some_items().await {
            assert!([&item["changes"], &item["items"]].contains(&&json!([])), "{item}");
        }
    }))
    .await;

    let tally = Tally::default();
    let stays = people * STAYS;
    let watching_boards = join_all(screens.iter_mut().map(async |screen| {
        let mut told: HashMap<String, Vec<String>> = HashMap::new();
        loop {
            for item in screen.some_items().await {
                for change in item["changes"].as_array().expect("changes") {
                    let text = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
                    told.entry(text("id")).or_default().push(text("state"));
                }
                let gone = told.values().filter(|states| states.last().is_some_and(|state| state == "CLOSED"));
                if item["left"] == json!(stays) && gone.count() == stays {
                    return (told, screen.connections);
                }
            }
        }
    }));
    let watching_inboxes = join_all(phones.iter_mut().map(async |phone| {
        let mut told = Vec::new();
        while told.iter().filter(|(_, note): &&(String, String)| note.starts_with("通知")).count() < NOTES {
            for item in phone.some_items().await {
                for item in item["items"].as_array().expect("items") {
                    let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
                    told.push((text("id"), text("note")));
                }
            }
        }
        (told, phone.connections)
    }));
    let watching_queues = join_all(reviewers.iter_mut().map(async |reviewer| {
        let mut told: HashMap<String, Vec<String>> = HashMap::new();
        loop {
            for item in reviewer.some_items().await {
                let items = item["items"].as_array().expect("items").iter();
                // Jobs may flag what looks odd in such a crowd.
                for item in items.filter(|item| item["kind"] == "CLAIM") {
                    let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
                    told.entry(text("id")).or_default().push(text("state"));
                }
            }
            if settled(&told) == CLAIMS {
                return (told, reviewer.connections);
            }
        }
    }));
    let leading = async {
        let activity = crowd.activity_of(&here, shift).await;
        let change = "mutation($id: ID!, $note: String!) {
            changeActivity(input: { activityId: $id, description: $note, note: $note }) { errors { code } } }";
        let mut redis = Some(redis);
        for number in 0..NOTES {
            let reached = crowd.acts() * number / NOTES;
            tally.reaches(|figures| figures.acknowledged >= reached).await;
            if number == 2 {
                drop(redis.take());
                redis_is(&here, "away").await;
            }
            if number == 4 {
                redis = Some(redis_at(port).await);
            }
            let note = format!("通知 {number}");
            let url = &urls[number % 2];
            crowd.leader.ask(url, change, json!({ "id": activity, "note": note })).await.fine();
            claim_in_vain(&crowd, number, [url, &urls[(number + 1) % 2]]).await;
        }
        redis
    };
    let serving = crowd.serve(&urls, std::time::Duration::from_millis(2000), &tally);
    let (acknowledged, boards_told, inboxes_told, queues_told, _redis) =
        futures_util::join!(serving, watching_boards, watching_inboxes, watching_queues, leading);

    let mut connections = 0;
    let (mut missed, mut twice) = (0, 0);
    for (told, subscribed) in &boards_told {
        connections += subscribed;
        missed += stays - told.values().filter(|states| states.last().is_some_and(|state| state == "CLOSED")).count();
        // Who came and left was changed twice; each of both is told at most once.
        twice += told.values().filter(|states| states.len() > 2).count();
    }
    for (told, subscribed) in &inboxes_told {
        connections += subscribed;
        let ids: HashSet<_> = told.iter().map(|(id, _)| id).collect();
        twice += told.len() - ids.len();
        let notes: Vec<_> =
            told.iter().map(|(_, note)| note.as_str()).filter(|note| note.starts_with("通知")).collect();
        let expected: Vec<_> = (0..NOTES).map(|number| format!("通知 {number}")).collect();
        missed += usize::from(notes != expected);
    }
    for (told, subscribed) in &queues_told {
        connections += subscribed;
        missed += CLAIMS - settled(told);
        // Raised and settled; each of both is told at most once.
        twice += told.values().filter(|states| states.len() > 2).count();
    }
    println!(
        "{} feeds at two servers, cut off and resumed {} times, Redis restarted: {missed} missed, {twice} told twice",
        boards + queues + people,
        connections - boards - queues - people
    );
    assert_eq!((missed, twice), (0, 0));
    crowd.account("feeds cut off again and again", &tally, &acknowledged).await;
}

/// Of what was told of a queue, how many items are settled.
fn settled(told: &HashMap<String, Vec<String>>) -> usize {
    told.values().filter(|states| states.last().is_some_and(|state| state == "SETTLED")).count()
}

/// Somebody who never came claims time at one server; at the other they take it back, or the leader declines it, by turns.
async fn claim_in_vain(crowd: &Crowd, number: usize, [here, there]: [&String; 2]) {
    let claimant = &crowd.absent[number % crowd.absent.len()];
    let claim = "mutation($shift: ID!, $to: DateTime!) { claimHours(input: { shiftId: $shift, servedTo: $to, reason: \"在场\" }) {
        claim { id } errors { code message } } }";
    let to = Clock::system().now() - TimeDelta::minutes(5);
    let claimed = claimant.ask(here, claim, json!({ "shift": crowd.shifts[0], "to": to })).await.fine();
    let item = json!({ "id": claimed.text("/claimHours/claim/id") });
    if number.is_multiple_of(2) {
        let withdraw = "mutation($id: ID!) { withdrawClaim(input: { itemId: $id }) { errors { code } } }";
        claimant.ask(there, withdraw, item).await.fine();
    } else {
        let decline =
            "mutation($id: ID!) { decideReviews(input: { items: [{ itemId: $id, approve: false, note: \"没来\" }] }) {
            errors { code } } }";
        crowd.leader.ask(there, decline, item).await.fine();
    }
}
