//! Stories of what happens to a recovery at one instant, and of a notice that does not go out.

use boai::platform::sms::{Sms, Webhook};
use boai_tests::{Person, Town, at, stories};
use chrono::TimeDelta;
use futures_util::future::{join, join_all, join3};
use serde_json::json;

use crate::{
    acts::open_recovery,
    recovery::{Scene, approve, complete, decline, object, prove, request_code, scene},
    sessions::is_signed_in,
    sign_in::code_of,
    sign_in_races::count,
};

/// The same person's words go to another instance of the server.
async fn approve_at(officer: &Person<'_>, url: &str, recovery: &str) -> Vec<String> {
    let document = "mutation($id: ID!) { approveRecovery(input: { recoveryId: $id }) { errors { code } } }";
    officer.ask_at(url, document, json!({ "id": recovery })).await.codes()
}

/// A gateway where nobody listens.
async fn gateway_that_is_away(town: &Town) -> String {
    let free =
        tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let webhook = Webhook::new(format!("http://{free}/sms"), None).expect("a webhook");
    town.instance_with_sms(Sms::Webhook(webhook)).await
}

async fn ready_to_complete(town: &Town) -> Scene<'_> {
    let scene = scene(town).await;
    scene.approved().await;
    town.clock.set(at("+3 07:00"));
    request_code(&scene.new).await.fine();
    scene
}

stories! {
    async fn two_officers_who_open_at_once_open_one(town: Town) {
        let scene = scene(&town).await;
        let (one, other) = (town.new_phone(), town.new_phone());
        let opened = join(open_recovery(&scene.first, &scene.number, &one), open_recovery(&scene.second, &scene.number, &other)).await;
        let answers = [opened.0, opened.1];
        assert_eq!((count(&answers, ""), count(&answers, "ALREADY_OPEN")), (1, 1));
        assert_eq!(town.rows("account_recovery").await, 1);
        assert_eq!(scene.ling.inbox().await.len(), 1);
    }

    async fn two_accounts_that_reach_for_one_number_at_once_are_one(town: Town) {
        let scene = scene(&town).await;
        let wang = town.volunteer("Wang").await.number().await;
        let (ling, new) = (&scene.number, &scene.new.phone);
        let opened = join(open_recovery(&scene.first, ling, new), open_recovery(&scene.second, &wang, new)).await;
        let answers = [opened.0, opened.1];
        assert_eq!((count(&answers, ""), count(&answers, "NUMBER_TAKEN")), (1, 1));
    }

    async fn of_five_officers_who_approve_at_once_one_does_and_one_notice_goes_out(town: Town) {
        let scene = scene(&town).await;
        let recovery = scene.opened().await;
        let mut officers = vec![scene.first.clone(), scene.second.clone()];
        for name in ["Third", "Fourth", "Fifth"] {
            officers.push(town.officer(name, "3301").await);
        }
        let answers = join_all(officers.iter().map(|officer| approve(officer, &recovery))).await;
        assert_eq!((count(&answers, ""), count(&answers, "SECOND_OFFICER_NEEDED")), (1, 1));
        assert_eq!(count(&answers, "NOT_WAITING") + count(&answers, "NOTICE_PENDING"), 3);
        assert_eq!(town.sms.templates(&scene.ling.phone), ["SIGN_IN_CODE", "RECOVERY_NOTICE"]);
        assert_eq!(town.rows("audit_entry WHERE action = 'APPROVE_RECOVERY'").await, 1);
        // The code of that notice is the one that counts.
        object(&town.stranger(), Some((&scene.ling.phone, &scene.notice()))).await.fine();
    }

    async fn an_objection_and_a_completion_at_once_leave_one_of_the_two(town: Town) {
        let scene = ready_to_complete(&town).await;
        let (finder, notice, code) = (town.stranger(), scene.notice(), code_of(&scene.new));
        let (objected, completed) =
            join(object(&finder, Some((&scene.ling.phone, &notice))), complete(&scene.new, &code)).await;
        match (objected.codes().as_slice(), completed.codes().as_slice()) {
            ([], [refused]) => {
                assert_eq!(refused, "NO_RECOVERY");
                scene.nothing_moved().await;
            }
            ([refused], []) => {
                assert_eq!(refused, "NOT_FOUND");
                assert_eq!(town.rows(&format!("person WHERE phone = '{}'", scene.new.phone)).await, 1);
            }
            _ => panic!("{} {}", objected.body, completed.body),
        }
        let over = "account_recovery WHERE state IN ('OBJECTED', 'COMPLETED')";
        let trail = "audit_entry WHERE action IN ('OBJECT_TO_RECOVERY', 'COMPLETE_RECOVERY')";
        assert_eq!((town.rows(over).await, town.rows(trail).await), (1, 1));
    }

    async fn ten_completions_at_once_are_one(town: Town) {
        let scene = ready_to_complete(&town).await;
        let code = code_of(&scene.new);
        let answers = join_all((0..10).map(|_| complete(&scene.new, &code))).await;
        assert_eq!(count(&answers, ""), 1);
        assert_eq!(town.rows("session WHERE way = 'RECOVERY'").await, 1);
        assert_eq!(town.rows("audit_entry WHERE action = 'COMPLETE_RECOVERY'").await, 1);
    }

    async fn an_approval_an_objection_and_a_refusal_at_once_leave_one_end(town: Town) {
        let scene = scene(&town).await;
        let recovery = scene.opened().await;
        let (approved, objected, declined) =
            join3(approve(&scene.second, &recovery), object(&scene.ling, None), decline(&scene.first, &recovery)).await;
        let stopped = [objected, declined];
        assert_eq!(count(&stopped, ""), 1, "{} {} {}", approved.body, stopped[0].body, stopped[1].body);
        assert_eq!(town.rows("account_recovery WHERE state IN ('OBJECTED', 'DECLINED')").await, 1);
        town.clock.set(at("+3 07:00"));
        assert_eq!(prove(&scene.new).await.codes(), ["NO_RECOVERY"]);
        scene.nothing_moved().await;
    }

    /// Without the notice nobody could object, so no time runs.
    async fn no_waiting_period_begins_while_the_notice_has_not_gone_out(town: Town) {
        let scene = scene(&town).await;
        let recovery = scene.opened().await;
        let away = gateway_that_is_away(&town).await;
        assert_eq!(approve_at(&scene.second, &away, &recovery).await, ["NOTICE_NOT_SENT"]);
        assert_eq!(town.rows("account_recovery WHERE state = 'APPROVED' AND waits_until IS NULL").await, 1);
        assert_eq!(approve(&scene.second, &recovery).await.codes(), ["NOTICE_PENDING"]);
        assert_eq!(town.sms.count(&scene.ling.phone), 1);

        town.clock.advance(TimeDelta::seconds(60));
        assert_eq!(approve(&scene.first, &recovery).await.codes(), ["SECOND_OFFICER_NEEDED"]);
        let approved = approve(&scene.second, &recovery).await.fine();
        let until = approved.text("/approveRecovery/recovery/waitsUntil").parse::<boai_entity::Instant>();
        assert_eq!(until, Ok(at("+3 07:01")));
        assert_eq!(town.sms.templates(&scene.ling.phone), ["SIGN_IN_CODE", "RECOVERY_NOTICE"]);
        town.clock.set(at("+3 07:00"));
        assert_eq!(prove(&scene.new).await.codes(), ["STILL_WAITING"]);
        town.clock.set(at("+3 07:01"));
        prove(&scene.new).await.fine();
    }

    async fn a_recovery_that_waits_for_its_notice_can_be_objected_to(town: Town) {
        let scene = scene(&town).await;
        let recovery = scene.opened().await;
        let away = gateway_that_is_away(&town).await;
        approve_at(&scene.second, &away, &recovery).await;
        object(&scene.ling, None).await.fine();
        town.clock.advance(TimeDelta::seconds(60));
        assert_eq!(approve(&scene.second, &recovery).await.codes(), ["NOT_WAITING"]);
        assert!(is_signed_in(&scene.ling).await);
        scene.nothing_moved().await;
    }
}
