//! Stories of text messages that go out through a gateway.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use boai::platform::sms::{Sms, Webhook};
use boai_tests::{Answer, Person, Town, stories};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::sign_in::newcomer;

/// What arrived at the gateway: the bearer token, the media type and the body.
type Arrived = Arc<Mutex<Vec<(String, String, Value)>>>;

/// A gateway on a free port that answers with this status.
async fn gateway(status: StatusCode) -> (String, Arrived) {
    let arrived = Arrived::default();
    let text = |headers: &HeaderMap, name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let take = async move |State(arrived): State<Arrived>, headers: HeaderMap, Json(body): Json<Value>| {
        let item = (text(&headers, "authorization"), text(&headers, "content-type"), body);
        arrived.lock().expect("no panic before").push(item);
        status
    };
    let router = Router::new().route("/sms", post(take)).with_state(arrived.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/sms", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, arrived)
}

/// An instance of the server that sends its texts to this gateway.
async fn instance(town: &Town, url: &str, secret: Option<&str>) -> String {
    let webhook = Webhook::new(url.into(), secret.map(Into::into)).expect("a webhook");
    town.instance_with_sms(Sms::Webhook(webhook)).await
}

async fn request_code(person: &Person<'_>, server: &str) -> Answer {
    let document = "mutation($phone: PhoneNumber!) { requestSignInCode(input: { phone: $phone }) {
        expiresAt errors { code message path numbers { name value } } } }";
    person.ask_at(server, document, json!({ "phone": person.phone })).await
}

stories! {
    async fn the_gateway_gets_the_documented_request_and_the_code_in_it_works(town: Town) {
        let (url, arrived) = gateway(StatusCode::ACCEPTED).await;
        let server = instance(&town, &url, Some("geheim")).await;
        let ling = Person { language: "zh-CN", ..newcomer(&town) };
        request_code(&ling, &server).await.fine();
        let (authorization, content_type, body) = arrived.lock().expect("no panic before").remove(0);
        assert_eq!((authorization.as_str(), content_type.as_str()), ("Bearer geheim", "application/json"));
        let code = body["code"].as_str().expect("a code").to_owned();
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        let expected = json!({
            "phone": ling.phone, "template": "SIGN_IN_CODE", "code": code, "minutes_valid": 5, "language": "zh-CN",
        });
        assert_eq!(body, expected);
        ling.try_sign_in(&code).await.fine();
    }

    async fn a_gateway_without_a_secret_gets_none_and_the_language_of_the_phone(town: Town) {
        let (url, arrived) = gateway(StatusCode::OK).await;
        let server = instance(&town, &url, None).await;
        request_code(&newcomer(&town), &server).await.fine();
        let (authorization, _, body) = arrived.lock().expect("no panic before").remove(0);
        assert_eq!((authorization.as_str(), &body["language"]), ("", &json!("en")));
    }

    async fn a_gateway_that_fails_is_a_refusal_that_tells_no_secret(town: Town) {
        let (url, arrived) = gateway(StatusCode::INTERNAL_SERVER_ERROR).await;
        let server = instance(&town, &url, Some("geheim")).await;
        let ling = newcomer(&town);
        let refused = request_code(&ling, &server).await;
        assert_eq!(refused.codes(), ["NOT_SENT"]);
        assert!(refused.payload()["expiresAt"].is_null());
        let arrived = arrived.lock().expect("no panic before").clone();
        assert_eq!(arrived.len(), 1, "a text is never sent twice");
        let body = refused.body.to_string();
        for secret in [&ling.phone[3..], arrived[0].2["code"].as_str().expect("a code"), "geheim", &url] {
            assert!(!body.contains(secret), "{body}");
        }
    }

    async fn a_gateway_that_is_away_is_a_refusal_that_tells_no_secret(town: Town) {
        // Nobody listens at a port that was just given back.
        let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
        let server = instance(&town, &format!("http://{free}/sms"), Some("geheim")).await;
        let ling = newcomer(&town);
        let refused = request_code(&ling, &server).await;
        assert_eq!(refused.codes(), ["NOT_SENT"]);
        let body = refused.body.to_string();
        assert!(!body.contains(&ling.phone[3..]) && !body.contains(&free.to_string()), "{body}");
    }

    async fn a_server_without_a_gateway_sends_nothing_and_says_so(town: Town) {
        let server = town.instance_with_sms(Sms::Nowhere).await;
        assert_eq!(request_code(&newcomer(&town), &server).await.codes(), ["NOT_SENT"]);
    }

    async fn a_text_that_was_not_sent_counts_as_the_minutes_one(town: Town) {
        let (url, _) = gateway(StatusCode::SERVICE_UNAVAILABLE).await;
        let server = instance(&town, &url, None).await;
        let ling = newcomer(&town);
        assert_eq!(request_code(&ling, &server).await.codes(), ["NOT_SENT"]);
        assert_eq!(ling.request_code().await.codes(), ["TOO_SOON"]);
        assert_eq!(town.sms.count(&ling.phone), 0);
    }
}
