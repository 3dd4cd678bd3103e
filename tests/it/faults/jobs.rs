//! Jobs that several instances run at the same moment: each thing is done once.

use std::sync::Arc;

use boai::{
    app::App,
    attendance::service::close_forgotten,
    ctx::Ctx,
    platform::outbox::publish_committed,
    roles::{review, service::remind},
    trail::seals::seal_days,
};
use boai_tests::{Town, at, keep_signed_in, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use crate::size;

/// Runs a job four times at once, twice at each of two instances; what each says.
async fn at_once<T, E: std::fmt::Debug>(town: &Town, job: impl AsyncFn(Ctx) -> Result<T, E>) -> Vec<T> {
    let (one, two) = (town.another_app().await, town.another_app().await);
    let apps: [Arc<App>; 4] = [one.clone(), two.clone(), one, two];
    let done = join_all(apps.into_iter().map(|app| job(Ctx::system(app, "race")))).await;
    done.into_iter().map(|done| done.expect("nobody trips over another")).collect()
}

async fn told(town: &Town, kind: &str) -> usize {
    usize::try_from(town.rows(&format!("inbox_item WHERE kind = '{kind}'")).await).expect("a number")
}

stories! {
    async fn of_forgotten_check_outs_each_is_closed_once_and_told_once(town: Town) {
        let people = size(30, 200);
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 300, json!({})).await;
        let crowd = town.crowd(people).await;
        keep_signed_in(&town).await;
        join_all(crowd.iter().map(async |person| person.sign_up(posted.shift()).await.fine())).await;
        town.clock.set(at("08:00"));
        join_all(crowd.iter().map(async |person| person.check_in(posted.shift(), 20.0).await.fine())).await;
        town.clock.set(at("15:00"));
        let closed = at_once(&town, async |ctx| close_forgotten(&ctx).await).await;
        let rows = town.rows("attendance WHERE state = 'FORGOTTEN'").await;
        assert_eq!((closed.iter().sum(), usize::try_from(rows)), (people, Ok(people)));
        assert_eq!(told(&town, "CHECK_OUT_FORGOTTEN").await, people);
        println!("closing at four places at once: {people} forgotten, closed {closed:?}, told once each");
    }

    async fn seats_given_back_at_two_instances_go_to_those_who_wait_in_order_and_once(town: Town) {
        let seats = size(8, 40);
        let capacity = i32::try_from(seats).expect("seats");
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), capacity, json!({})).await;
        let crowd = town.crowd(3 * seats).await;
        for person in &crowd {
            // The clock stands still; in line they are by the moment.
            town.clock.advance(TimeDelta::seconds(1));
            person.sign_up(posted.shift()).await.fine();
        }
        let other = town.instance(|_| {}).await;
        let leave = "mutation($shift: ID!) { leaveShift(input: { shiftId: $shift }) { errors { code } } }";
        let leaving = crowd[..seats].iter().flat_map(|person| [(person, &town.url), (person, &other)]);
        let shift = json!({ "shift": posted.shift() });
        let answers = leaving.map(async |(person, url)| person.ask_at(url, leave, shift.clone()).await);
        let left = join_all(answers).await.into_iter().filter(|answer| answer.codes().is_empty()).count();
        assert_eq!(left, seats, "of two who leave one seat, one does");
        assert_eq!(told(&town, "SEAT_GIVEN").await, seats);
        assert_eq!(town.rows(&format!("shift WHERE taken = {seats}")).await, 1);
        for (place, person) in crowd.iter().enumerate() {
            let mine = "query($id: ID!) { node(id: $id) { ... on Shift { mySignUp { state } } } }";
            let state = person.ask(mine, json!({ "id": posted.shift() })).await.text("/node/mySignUp/state");
            let expected = ["LEFT", "SEATED", "WAITING"][place / seats];
            assert_eq!(state, expected, "{place}");
        }
        println!("wait-list: {} gave a seat back at two instances, {seats} seats went on once, in order", 2 * seats);
    }

    async fn what_four_relays_publish_at_once_is_published_and_none_is_left(town: Town) {
        let events = size(300, 2000);
        let mut heard = town.app.bus.subscribe();
        let app = town.another_app().await;
        let ctx = Ctx::system(app.clone(), "test");
        let tx = app.db.begin().await.expect("a transaction");
        for number in 0..events {
            ctx.tell(&tx, format!("test:{number}")).await.expect("it is written");
        }
        tx.commit().await.expect("it is committed");
        let hearing = async {
            let mut topics = std::collections::BTreeSet::new();
            while topics.len() < events {
                // More than a listener holds is told in one word: look at everything.
                match heard.recv().await {
                    Ok(topic) if topic.starts_with("test:") => drop(topics.insert(topic)),
                    Ok(_) => {}
                    Err(_) => break,
                }
            }
        };
        let publishing = at_once(&town, async |ctx| {
            while publish_committed(&ctx.db, &ctx.bus, ctx.now()).await? > 0 {}
            Ok::<_, sea_orm::DbErr>(())
        });
        let (_, heard) = futures_util::join!(publishing, tokio::time::timeout(crate::crowd::INSISTENCE, hearing));
        heard.expect("every topic is told");
        assert_eq!(town.rows("outbox_event WHERE published_at IS NULL").await, 0);
        println!("four relays at once: {events} events, none left");
    }

    async fn seals_reviews_and_reminders_are_made_once(town: Town) {
        town.officer("Zhao", "33").await;
        let qian = town.officer("Qian", "330106").await;
        let sun = town.volunteer("Sun").await;
        let grant = "mutation($number: String!, $team: ID!) {
            grantRole(input: { volunteerNumber: $number, role: TEAM_LEADER, teamId: $team }) { errors { code } } }";
        let values = json!({ "number": sun.number().await, "team": boai_tests::id(Town::TEAM) });
        qian.ask(grant, values).await.fine();
        town.clock.set(at("+1 07:00"));
        let sealed = at_once(&town, async |ctx| seal_days(&ctx).await).await;
        assert_eq!((sealed.iter().sum::<usize>(), town.rows("audit_seal").await), (1, 1));
        let opened = at_once(&town, async |ctx| review::open_due(&ctx).await).await;
        let reviews = usize::try_from(town.rows("role_review").await).expect("a number");
        assert_eq!(opened.iter().sum::<usize>(), reviews);
        assert!(reviews > 0);
        // Two weeks before the terms end.
        town.clock.set(at("+3643 07:00"));
        let before = told(&town, "ROLE_ENDING").await;
        let reminded = at_once(&town, async |ctx| remind(&ctx).await).await;
        assert_eq!((before, reminded.iter().sum::<usize>(), told(&town, "ROLE_ENDING").await), (0, 2, 2));
        town.audit().await;
        println!("at four places at once: 1 day sealed, {reviews} reviews opened, 2 terms reminded of, each once");
    }
}
