//! WeChat, as its documentation says that `code2Session` behaves, on a port of this machine.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use boai::platform::wechat::WeChat;
use boai_tests::Town;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const APP: &str = "wx2021boai";
pub const SECRET: &str = "geheimes-app-secret";
pub const OPENID: &str = "oGZUI0egBJY1zhBYw2KhdUfwVJJE";
/// How each code begins.
const CODE: &str = "0816ZzFa1";
pub const SESSION_KEY: &str = "HyVFkGl5F5OQWJZZaNzBBg==";

#[derive(Clone, Default)]
pub struct FakeWeChat(Arc<Mutex<Codes>>);

#[derive(Default)]
struct Codes {
    /// The account behind each code, until it is used.
    open: HashMap<String, String>,
    used: Vec<String>,
    issued: usize,
    /// Requests that came here, and to where a redirection leads.
    asked: usize,
    followed: usize,
}

impl FakeWeChat {
    /// A server of ours that asks this WeChat; its address.
    pub async fn open(town: &Town) -> (Self, String) {
        let (wechat, url) = Self::listen(town).await;
        let port = WeChat::with_patience(&url, APP.into(), SECRET.into(), Duration::from_millis(500));
        (wechat, town.instance_with_wechat(port.expect("a port")).await)
    }

    /// Just WeChat. What must not be in any log of ours is remembered.
    pub async fn listen(town: &Town) -> (Self, String) {
        [SECRET, SESSION_KEY, OPENID, CODE].iter().for_each(|secret| town.secret(secret));
        let wechat = Self::default();
        let router = Router::new()
            .route("/sns/jscode2session", get(code2session))
            .route("/elsewhere", get(elsewhere))
            .with_state(wechat.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (wechat, url)
    }

    /// What `wx.login` gives to this account: good once.
    pub fn login(&self, openid: &str) -> String {
        let mut codes = self.codes();
        codes.issued += 1;
        let code = format!("{CODE}{:023}", codes.issued);
        codes.open.insert(code.clone(), openid.into());
        code
    }

    pub fn asked(&self) -> usize {
        self.codes().asked
    }

    pub fn followed(&self) -> usize {
        self.codes().followed
    }

    fn codes(&self) -> MutexGuard<'_, Codes> {
        self.0.lock().expect("no panic before")
    }

    fn exchange(&self, code: &str) -> Value {
        let mut codes = self.codes();
        if let Some(openid) = codes.open.remove(code) {
            codes.used.push(code.into());
            return json!({ "session_key": SESSION_KEY, "openid": openid, "unionid": "oHAUs6LSuwgHq" });
        }
        match codes.used.iter().any(|used| used == code) {
            true => json!({ "errcode": 40163, "errmsg": "code been used, rid: 6641c0de-1d9d5c2b" }),
            false => json!({ "errcode": 40029, "errmsg": "invalid code, rid: 6641c0de-1d9d5c2b" }),
        }
    }
}

async fn elsewhere(State(wechat): State<FakeWeChat>) -> &'static str {
    wechat.codes().followed += 1;
    r#"{"openid":"o-elsewhere"}"#
}

async fn code2session(State(wechat): State<FakeWeChat>, Query(query): Query<HashMap<String, String>>) -> Response {
    wechat.codes().asked += 1;
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let said = match (given("appid"), given("secret"), given("grant_type"), given("js_code")) {
        (APP, SECRET, "authorization_code", code) => match code {
            "busy" => json!({ "errcode": -1, "errmsg": "system error" }),
            "often" => {
                json!({ "errcode": 45011, "errmsg": "api minute-quota reach limit  mustslower  retry next minute" })
            }
            "blocked" => json!({ "errcode": 40226, "errmsg": "code blocked" }),
            "nobody" => json!({ "session_key": SESSION_KEY }),
            "broken" => return (StatusCode::BAD_GATEWAY, "<html>502</html>").into_response(),
            "garbage" => return "<html>博爱</html>".into_response(),
            "empty" => return "".into_response(),
            "array" => return "[1]".into_response(),
            "huge" => return format!(r#"{{"openid":"{}"}}"#, "x".repeat(1_000_000)).into_response(),
            "long" => json!({ "openid": "x".repeat(129) }),
            "moved" => return (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
            "slow" => std::future::pending().await,
            code => wechat.exchange(code),
        },
        (APP, ..) => json!({ "errcode": 40125, "errmsg": "invalid appsecret" }),
        _ => json!({ "errcode": 40013, "errmsg": "invalid appid" }),
    };
    // WeChat sends JSON as text/plain, errors with status 200.
    said.to_string().into_response()
}
