//! One-time codes and tokens: their lives, their limits, and how they are kept.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use boai_entity::Instant;
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use crate::refusals;

/// Minutes that a code is good for.
pub const CODE_MINUTES: i64 = 5;
/// Wrong tries that a code survives.
pub const CODE_TRIES: i32 = 5;
/// Seconds between two codes to one number.
pub const CODE_PAUSE_SECONDS: i64 = 60;
/// Codes to one number in a civil day (Asia/Shanghai). With five tries each, a guesser has 50 in a million a day.
pub const CODES_PER_DAY: i32 = 10;

refusals! {
    /// Why no code was sent.
    CodeRefusal, RequestSignInCodeErrorCode, RequestSignInCodeError {
        /// A code was sent less than a minute ago.
        TooSoon { seconds_to_wait: i64 } at "phone"
            => "A code was sent to this number less than a minute ago. Ask again in {seconds_to_wait} s.",
               "验证码刚刚发送过,请在 {seconds_to_wait} 秒后重试。";
        /// Ten codes were sent to this number today.
        TooManyToday { codes_per_day: i32 } at "phone"
            => "{codes_per_day} codes were sent to this number today. Ask again tomorrow (Beijing time).",
               "该号码今天已发送 {codes_per_day} 次验证码,请明天再试。";
        /// The SMS gateway did not take it.
        NotSent => "The text message could not be sent. Ask again in a minute.", "短信发送失败,请一分钟后重试。";
    }
}

refusals! {
    /// Why the sign-in was refused.
    SignInRefusal, SignInErrorCode, SignInError {
        /// The code is not the one that was sent.
        WrongCode { tries_left: i32 } at "code"
            => "The code is wrong. {tries_left} tries are left.", "验证码错误,还可尝试 {tries_left} 次。";
        /// The code was tried five times.
        TooManyTries { tries_allowed: i32 } at "code"
            => "The code was tried {tries_allowed} times and is no longer good. Ask for a new one.",
               "验证码已错误 {tries_allowed} 次并失效,请重新获取。";
        /// No code is waiting for this number: none was sent, it was used, or it is older than five minutes.
        NoCode { minutes_valid: i64 } at "code"
            => "No code is waiting for this number: a code is good once and for {minutes_valid} minutes. Ask for a new one.",
               "验证码不存在或已失效(有效期 {minutes_valid} 分钟),请重新获取。";
    }
}

refusals! {
    /// Why the session was not refreshed.
    RefreshRefusal, RefreshSessionErrorCode, RefreshSessionError {
        /// The token is unknown or expired, or its session has ended.
        SignInAgain at "refreshToken" => "This session is over. Sign in again with a code.", "会话已失效,请重新登录。";
        /// The token was used before, so it may have been stolen: the session has been ended.
        TokenReused at "refreshToken"
            => "This refresh token was used before, so someone may have a copy. The session has been ended; sign in again.",
               "该刷新令牌已被使用过,可能已泄露。会话已终止,请重新登录。";
    }
}

refusals! {
    /// Why the session was not ended.
    EndSessionRefusal, EndSessionErrorCode, EndSessionError {
        /// There is no such session of yours that is still open.
        NotFound at "sessionId" => "There is no such session of yours that is still open.", "没有找到您的该会话。";
    }
}

/// What is kept of a code: bound to its number, so that it is worth nothing at another.
pub fn code_hash(phone: &str, code: &str) -> String {
    hex::encode(Sha256::digest(format!("{phone} {code}")))
}

/// A token's text from 256 random bits.
pub fn token_text(bytes: [u8; 32]) -> String {
    format!("boai_{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a token. It has 256 random bits, so a plain hash cannot be turned back.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

pub fn code_expires(now: Instant) -> Instant {
    now + TimeDelta::minutes(CODE_MINUTES)
}

/// Why the newest code of a number keeps another from being sent now.
pub fn why_no_code(sent_at: Instant, now: Instant) -> CodeRefusal {
    let wait = CODE_PAUSE_SECONDS - (now - sent_at).num_seconds();
    if wait > 0 {
        CodeRefusal::TooSoon { seconds_to_wait: wait }
    } else {
        CodeRefusal::TooManyToday { codes_per_day: CODES_PER_DAY }
    }
}
