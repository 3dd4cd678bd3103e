//! The WeChat port: which account stands behind a mini program's sign-in code (`wx.login`).

use std::time::Duration;

use reqwest::{Client, Response, Url, redirect};
use serde::Deserialize;

/// Asks WeChat's `code2Session`. It has no `Debug`, so that no log line ever shows the secret.
#[derive(Clone)]
pub struct WeChat {
    client: Client,
    base_url: String,
    app_id: String,
    secret: String,
}

/// Names an account within one mini program. It has no `Debug`: it is never logged.
pub struct OpenId(pub String);

/// Why WeChat named no account.
#[derive(Debug, PartialEq)]
pub enum WeChatFault {
    /// 40029: no code of this mini program, or older than five minutes.
    InvalidCode,
    /// 40163: a code is good once.
    UsedCode,
    /// 45011: this account asked too often within a minute.
    TooOften,
    /// 40226: WeChat holds the account for dangerous.
    Blocked,
    /// WeChat is busy, slow, away or says what nobody understands; in words for the log, without secret, code or openid.
    Away(String),
}

/// What `code2Session` says: HTTP status 200 for errors too, `text/plain`, and `errcode` left out or 0 when it is well.
/// `session_key`, with which WeChat encrypts what users share, and `unionid` are never read.
#[derive(Deserialize)]
struct Said {
    openid: Option<String>,
    #[serde(default)]
    errcode: i64,
}

/// How long a person waits for WeChat.
const PATIENCE: Duration = Duration::from_secs(5);
/// A whole answer is some 200 bytes long.
const LONGEST_ANSWER: usize = 16 * 1024;
/// An openid has 28 characters.
const LONGEST_OPENID: usize = 128;

impl WeChat {
    pub fn new(base_url: &str, app_id: String, secret: String) -> Result<Self, reqwest::Error> {
        Self::with_patience(base_url, app_id, secret, PATIENCE)
    }

    /// The same, for a test that does not want to wait.
    pub fn with_patience(
        base_url: &str,
        app_id: String,
        secret: String,
        patience: Duration,
    ) -> Result<Self, reqwest::Error> {
        // The secret stands in the address: it must not follow anybody anywhere.
        let client = super::http::client().timeout(patience).redirect(redirect::Policy::none()).build()?;
        Ok(Self { client, base_url: base_url.trim_end_matches('/').to_owned(), app_id, secret })
    }

    /// The mini program that accounts are named within.
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// The account behind a code, which is used up by asking.
    pub async fn openid(&self, code: &str) -> Result<OpenId, WeChatFault> {
        let parameters = [
            ("appid", &*self.app_id),
            ("secret", &*self.secret),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        let url = Url::parse_with_params(&format!("{}/sns/jscode2session", self.base_url), parameters)
            .map_err(|_| WeChatFault::Away("wechat.base_url is no address".into()))?;
        let unreachable =
            |error: reqwest::Error| WeChatFault::Away(format!("WeChat cannot be reached: {}", error.without_url()));
        let answer = self.client.get(url).send().await.map_err(unreachable)?;
        if !answer.status().is_success() {
            return Err(WeChatFault::Away(format!("WeChat answered {}", answer.status())));
        }
        let body = bounded(answer).await.map_err(unreachable)?;
        let body = body.ok_or_else(|| WeChatFault::Away("WeChat's answer is far too long".into()))?;
        // What was wrong with it is not told either: serde repeats what it read.
        let said = serde_json::from_slice::<Said>(&body);
        understood(said.map_err(|_| WeChatFault::Away("WeChat's answer is not as documented".into()))?)
    }
}

/// The body, unless it is longer than any that makes sense.
async fn bounded(mut answer: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        body.extend_from_slice(&part);
        if body.len() > LONGEST_ANSWER {
            return Ok(None);
        }
    }
    Ok(Some(body))
}

fn understood(said: Said) -> Result<OpenId, WeChatFault> {
    match (said.errcode, said.openid) {
        (0, Some(openid)) if (1..=LONGEST_OPENID).contains(&openid.len()) => Ok(OpenId(openid)),
        (0, _) => Err(WeChatFault::Away("WeChat named no account".into())),
        (40029, _) => Err(WeChatFault::InvalidCode),
        (40163, _) => Err(WeChatFault::UsedCode),
        (45011, _) => Err(WeChatFault::TooOften),
        (40226, _) => Err(WeChatFault::Blocked),
        // -1: busy. 40013, 40125 …: our own settings are wrong, which only the log can tell.
        (errcode, _) => Err(WeChatFault::Away(format!("WeChat answered errcode {errcode}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<String, WeChatFault> {
        understood(serde_json::from_str(body).unwrap()).map(|openid| openid.0)
    }

    #[test]
    fn the_documented_answers_are_understood() {
        let away = |words: &str| Err(WeChatFault::Away(words.into()));
        for (body, expected) in [
            (r#"{"openid":"o6_x","session_key":"k=="}"#, Ok("o6_x".to_owned())),
            (r#"{"openid":"o6_x","session_key":"k==","unionid":"u","errcode":0,"errmsg":"ok"}"#, Ok("o6_x".into())),
            (r#"{"errcode":40029,"errmsg":"invalid code, rid: 1"}"#, Err(WeChatFault::InvalidCode)),
            (r#"{"errcode":40163,"errmsg":"code been used"}"#, Err(WeChatFault::UsedCode)),
            (r#"{"errcode":45011,"errmsg":"api minute-quota reach limit"}"#, Err(WeChatFault::TooOften)),
            (r#"{"errcode":40226,"errmsg":"code blocked"}"#, Err(WeChatFault::Blocked)),
            (r#"{"errcode":-1,"errmsg":"system error"}"#, away("WeChat answered errcode -1")),
            (r#"{"errcode":40125,"errmsg":"invalid appsecret"}"#, away("WeChat answered errcode 40125")),
            // An account that comes along with an error is none.
            (r#"{"openid":"o6_x","errcode":-1}"#, away("WeChat answered errcode -1")),
            (r#"{"openid":"","errcode":0}"#, away("WeChat named no account")),
            (r#"{"openid":null}"#, away("WeChat named no account")),
            ("{}", away("WeChat named no account")),
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
    }
}
