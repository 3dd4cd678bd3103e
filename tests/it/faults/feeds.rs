//! Hundreds of screens and phones that lose their connections again and again, at two servers, with Redis restarted in between:
//! nothing is missed, and nothing told twice.

use std::collections::{HashMap, HashSet};

use boai::platform::random::Random;
use boai_tests::{
    Town,
    process::{free_port, redis_at, redis_is},
    socket::Feed,
};
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
    let (boards, people) = (size(440, 440), size(60, 60));
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
    // Everybody listens before anything happens.
    join_all(screens.iter_mut().chain(&mut phones).map(async |watcher| {
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
        }
        redis
    };
    let serving = crowd.serve(&urls, std::time::Duration::from_millis(2000), &tally);
    let (acknowledged, boards_told, inboxes_told, _redis) =
        futures_util::join!(serving, watching_boards, watching_inboxes, leading);

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
    println!(
        "{} feeds at two servers, cut off and resumed {} times, Redis restarted: {missed} missed, {twice} told twice",
        boards + people,
        connections - boards - people
    );
    assert_eq!((missed, twice), (0, 0));
    crowd.account("feeds cut off again and again", &tally, &acknowledged).await;
}
