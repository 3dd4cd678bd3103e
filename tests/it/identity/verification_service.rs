//! Stories of a verification service that is asked before the officers are.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use boai::{
    config::{Config, IdentityConfig, Secret},
    ctx::Ctx,
    identity::{checker::Checker, service::ask_checker},
};
use boai_tests::{Town, at, stories};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::numbers::{NUMBER, decide, handed_in, mine, number};

/// What arrived: the authorization and the body.
type Arrived = Arc<Mutex<Vec<(String, Value)>>>;

/// A service on a free port that answers like this.
async fn service(status: StatusCode, body: Value) -> (Checker, Arrived) {
    let arrived = Arrived::default();
    let take = async move |State(arrived): State<Arrived>, headers: HeaderMap, Json(asked): Json<Value>| -> Response {
        let authorization = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        arrived.lock().expect("no panic before").push((authorization.to_owned(), asked));
        (status, Json(body.clone())).into_response()
    };
    let router = Router::new().route("/check", post(take)).with_state(arrived.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/check", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (checker(url), arrived)
}

fn checker(url: String) -> Checker {
    let identity = IdentityConfig { webhook_url: Some(url), webhook_secret: Some(Secret("geheim".into())) };
    let config = Config { identity, ..Config::default() };
    Checker::of(&config).expect("a client").expect("a service")
}

async fn ask(town: &Town, checker: &Checker) -> usize {
    ask_checker(&Ctx::system(town.app.clone(), "check-identities"), checker).await.expect("the job runs")
}

stories! {
    async fn a_match_verifies_and_the_service_gets_the_documented_request(town: Town) {
        let ling = town.volunteer("王小玲").await;
        handed_in(&ling, NUMBER).await;
        let (checker, arrived) = service(StatusCode::OK, json!({ "result": "MATCH" })).await;
        assert_eq!(ask(&town, &checker).await, 1);
        let (authorization, body) = arrived.lock().expect("no panic before").remove(0);
        assert_eq!(authorization, "Bearer geheim");
        assert!(body["request_id"].is_string(), "{body}");
        assert_eq!(
            (&body["name"], &body["document"], &body["number"]),
            (&json!("王小玲"), &json!("IDENTITY_CARD"), &json!(NUMBER))
        );
        let mine = mine(&ling).await;
        assert_eq!((&mine["state"], &mine["answer"]), (&json!("VERIFIED"), &json!("MATCH")));
        assert_eq!(ling.inbox().await[0].0, "IDENTITY_VERIFIED");
        assert_eq!(ask(&town, &checker).await, 0);
        town.audit().await;
    }

    async fn what_the_service_does_not_confirm_is_left_to_an_officer(town: Town) {
        let (people, officer) = (town.crowd(2).await, town.officer("赵局", "3301").await);
        for (sequence, (person, word)) in (1..).zip(people.iter().zip(["MISMATCH", "UNKNOWN"])) {
            let identity = handed_in(person, &number(sequence)).await;
            let (checker, _) = service(StatusCode::OK, json!({ "result": word })).await;
            assert_eq!((ask(&town, &checker).await, ask(&town, &checker).await), (1, 0));
            let waiting = mine(person).await;
            assert_eq!((&waiting["state"], &waiting["answer"]), (&json!("PENDING"), &json!(word)));
            decide(&officer, &identity, true, None).await.fine();
        }
    }

    async fn a_service_that_fails_is_asked_again_in_an_hour_five_times_in_all(town: Town) {
        let ling = town.volunteer("Ling").await;
        handed_in(&ling, NUMBER).await;
        crate::keep_signed_in(&town).await;
        let broken = [
            service(StatusCode::SERVICE_UNAVAILABLE, json!({ "result": "MATCH" })).await.0,
            service(StatusCode::OK, json!({ "result": "PERHAPS" })).await.0,
            service(StatusCode::OK, json!("MATCH")).await.0,
            checker("http://127.0.0.1:9/check".into()),
            service(StatusCode::FOUND, json!({ "result": "MATCH" })).await.0,
        ];
        for (hour, checker) in (8..).zip(&broken) {
            town.clock.set(at(&format!("{hour:02}:00")));
            assert_eq!((ask(&town, checker).await, ask(&town, checker).await), (1, 0), "at {hour}");
            assert_eq!(mine(&ling).await["state"], "PENDING");
        }
        town.clock.set(at("20:00"));
        let (checker, _) = service(StatusCode::OK, json!({ "result": "MATCH" })).await;
        assert_eq!(ask(&town, &checker).await, 0, "now the officers have it");
    }

    async fn of_ten_instances_each_identity_is_asked_about_by_one(town: Town) {
        for (sequence, person) in (1..).zip(&town.crowd(6).await) {
            handed_in(person, &number(sequence)).await;
        }
        let (checker, arrived) = service(StatusCode::OK, json!({ "result": "MATCH" })).await;
        let asked = futures_util::future::join_all((0..10).map(|_| ask(&town, &checker))).await;
        assert_eq!((asked.iter().sum::<usize>(), arrived.lock().expect("no panic before").len()), (6, 6));
        assert_eq!(town.rows("identity WHERE state = 'VERIFIED'").await, 6);
        town.audit().await;
    }
}
