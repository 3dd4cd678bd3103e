//! One-time codes and tokens: their lives, their limits, how they are kept, and what can be refused about them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use boai_entity::{Instant, ids::PersonId, kinds::CodePurpose};
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
/// Seconds in which a refresh token may be sent again because its answer was lost: outdoors with a weak signal a phone
/// gives up after 10 to 30 s and repeats once.
pub const REFRESH_GRACE_SECONDS: i64 = 60;
/// Minutes in which a WeChat account that belongs to nobody waits for a proved phone number.
pub const TICKET_MINUTES: i64 = 10;

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
        /// The service as a whole has sent as many texts as it may, which bounds what an attacker can make it pay for.
        TooManyForAll { texts: i64, in_seconds: i64, seconds_to_wait: i64 }
            => "The service sends {texts} texts in {in_seconds} s at most, to everybody together. Ask again in {seconds_to_wait} s.",
               "系统在 {in_seconds} 秒内最多发送 {texts} 条短信。请在 {seconds_to_wait} 秒后重试。";
        /// The SMS gateway did not take it.
        NotSent => "The text message could not be sent. Ask again in a minute.", "短信发送失败,请一分钟后重试。";
    }
}

refusals! {
    /// Why no code was sent to the two numbers.
    PhoneChangeCodeRefusal, RequestPhoneChangeErrorCode, RequestPhoneChangeError {
        /// This is the number that the account has.
        SameNumber at "newPhone" => "Your account is at this number already.", "您的账号已绑定该号码。";
        /// A code was sent to one of the two numbers less than a minute ago.
        TooSoon { seconds_to_wait: i64 }
            => "A code was sent to one of the two numbers less than a minute ago. Ask again in {seconds_to_wait} s.",
               "其中一个号码刚刚收到过验证码,请在 {seconds_to_wait} 秒后重试。";
        /// Ten codes were sent to one of the two numbers today.
        TooManyToday { codes_per_day: i32 }
            => "{codes_per_day} codes were sent to one of the two numbers today. Ask again tomorrow (Beijing time).",
               "其中一个号码今天已收到 {codes_per_day} 次验证码,请明天再试。";
        /// The service as a whole has sent as many texts as it may, which bounds what an attacker can make it pay for.
        TooManyForAll { texts: i64, in_seconds: i64, seconds_to_wait: i64 }
            => "The service sends {texts} texts in {in_seconds} s at most, to everybody together. Ask again in {seconds_to_wait} s.",
               "系统在 {in_seconds} 秒内最多发送 {texts} 条短信。请在 {seconds_to_wait} 秒后重试。";
        /// The SMS gateway did not take one of them.
        NotSent => "The text messages could not be sent. Ask again in a minute.", "短信发送失败,请一分钟后重试。";
    }
}

impl From<CodeRefusal> for PhoneChangeCodeRefusal {
    fn from(refusal: CodeRefusal) -> Self {
        match refusal {
            CodeRefusal::TooSoon { seconds_to_wait } => Self::TooSoon { seconds_to_wait },
            CodeRefusal::TooManyToday { codes_per_day } => Self::TooManyToday { codes_per_day },
            CodeRefusal::TooManyForAll { texts, in_seconds, seconds_to_wait } => {
                Self::TooManyForAll { texts, in_seconds, seconds_to_wait }
            }
            CodeRefusal::NotSent => Self::NotSent,
        }
    }
}

/// Why a code was not taken; each use case says it in words of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CodeFault {
    Wrong {
        tries_left: i32,
    },
    TooManyTries,
    /// None is waiting: none was sent, it was used, it is too old, or it was sent for something else.
    None,
}

refusals! {
    /// Why the account did not move to the new number.
    ChangePhoneRefusal, ChangePhoneErrorCode, ChangePhoneError {
        /// The code is not the one that was sent to the old number.
        WrongOldCode { tries_left: i32 } at "oldCode"
            => "The code from the old number is wrong. {tries_left} tries are left.",
               "旧号码的验证码错误,还可尝试 {tries_left} 次。";
        /// The code is not the one that was sent to the new number.
        WrongNewCode { tries_left: i32 } at "newCode"
            => "The code from the new number is wrong. {tries_left} tries are left.",
               "新号码的验证码错误,还可尝试 {tries_left} 次。";
        /// A code was tried five times.
        TooManyTries { tries_allowed: i32 }
            => "A code was tried {tries_allowed} times and is no longer good. Ask for new ones.",
               "验证码已错误 {tries_allowed} 次并失效,请重新获取。";
        /// No code for this is waiting at one of the two numbers.
        NoCode { minutes_valid: i64 }
            => "No code for this is waiting at one of the two numbers: a code is good once, for {minutes_valid} minutes, and \
                until the number gets another. Ask for new ones.",
               "其中一个号码的验证码不存在或已失效(有效期 {minutes_valid} 分钟),请重新获取。";
        /// This is the number that the account has.
        SameNumber at "newPhone" => "Your account is at this number already.", "您的账号已绑定该号码。";
        /// Somebody else's account is at the new number.
        NumberTaken at "newPhone"
            => "Another account is at this number. Nothing was changed; if it is yours too, ask your branch.",
               "该号码已绑定另一个账号,未作更改;如该账号也属于您,请联系红十字会。";
    }
}

impl ChangePhoneRefusal {
    /// What is wrong with the code from the old number.
    pub fn of_old(fault: CodeFault) -> Self {
        match fault {
            CodeFault::Wrong { tries_left } => Self::WrongOldCode { tries_left },
            CodeFault::TooManyTries => Self::TooManyTries { tries_allowed: CODE_TRIES },
            CodeFault::None => Self::NoCode { minutes_valid: CODE_MINUTES },
        }
    }

    /// What is wrong with the code from the new number.
    pub fn of_new(fault: CodeFault) -> Self {
        match fault {
            CodeFault::Wrong { tries_left } => Self::WrongNewCode { tries_left },
            other => Self::of_old(other),
        }
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
        /// The link ticket is unknown, older than ten minutes or used.
        TicketOver { minutes_valid: i64 } at "linkTicket"
            => "The link ticket is over: it is good once and for {minutes_valid} minutes. Sign in with WeChat again; the code \
                on the phone is still good.",
               "微信绑定凭证已失效(有效期 {minutes_valid} 分钟),请重新使用微信登录;短信验证码仍然有效。";
        /// The number's account is linked to another WeChat account.
        OtherWechat at "linkTicket"
            => "The account at this number is linked to another WeChat account. Sign in without the ticket, and unlink that \
                one first.",
               "该号码的账号已绑定其他微信,请先不绑定微信登录,解绑后再绑定。";
        /// The WeChat account was linked to another person in the meantime.
        WechatTaken at "linkTicket"
            => "This WeChat account has been linked to another person. Sign in without the ticket.",
               "该微信已绑定其他人,请不绑定微信登录。";
    }
}

impl From<CodeFault> for SignInRefusal {
    fn from(fault: CodeFault) -> Self {
        match fault {
            CodeFault::Wrong { tries_left } => Self::WrongCode { tries_left },
            CodeFault::TooManyTries => Self::TooManyTries { tries_allowed: CODE_TRIES },
            CodeFault::None => Self::NoCode { minutes_valid: CODE_MINUTES },
        }
    }
}

refusals! {
    /// Why the WeChat account signed nobody in, or was not linked or unlinked.
    WeChatRefusal, WeChatErrorCode, WeChatError {
        /// The WeChat account belongs to nobody yet: sign in by a code to the phone, with the link ticket.
        NeedsPhone { minutes_valid: i64 }
            => "This WeChat account belongs to nobody yet. Sign in by a code to your phone within {minutes_valid} minutes, with \
                the link ticket: that links the two.",
               "该微信尚未绑定,请在 {minutes_valid} 分钟内用手机验证码登录并提交绑定凭证,即可完成绑定。";
        /// The WeChat account belongs to another person.
        WechatTaken at "code"
            => "This WeChat account belongs to another person. Unlink it there first.", "该微信已绑定其他人,请先在原账号解绑。";
        /// Another WeChat account is linked to yours.
        OtherWechat at "code"
            => "Another WeChat account is linked to yours. Unlink that one first.", "您的账号已绑定其他微信,请先解绑。";
        /// No WeChat account is linked to yours.
        NotLinked => "No WeChat account is linked to yours.", "您的账号未绑定微信。";
        /// WeChat does not know the code, or it is too old.
        InvalidCode at "code"
            => "WeChat does not take this code. Call wx.login for a new one.", "微信登录凭证无效,请重新登录微信小程序。";
        /// WeChat has been asked about this code before.
        UsedCode at "code"
            => "This code was used before; it is good once. Call wx.login for a new one.",
               "微信登录凭证已使用过,请重新登录微信小程序。";
        /// WeChat is asked too often for this account.
        TooOften => "WeChat asks for a pause. Try again in a minute.", "操作过于频繁,请一分钟后重试。";
        /// WeChat has blocked the account.
        Blocked
            => "WeChat has blocked this account. Sign in by a code to your phone.", "微信拒绝了该账号,请使用手机验证码登录。";
        /// WeChat does not answer, or not as documented.
        Unavailable
            => "WeChat cannot be reached at the moment. Try again, or sign in by a code to your phone.",
               "暂时无法连接微信,请稍后重试,或使用手机验证码登录。";
        /// This server offers no sign-in with WeChat.
        NotOffered
            => "This server offers no sign-in with WeChat. Sign in by a code to your phone.",
               "本平台未开通微信登录,请使用手机验证码登录。";
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

/// What a code proves: that somebody reads the texts to this number. It is good for one purpose, and where it was sent
/// for somebody who is signed in, for that person alone.
#[derive(Clone, Copy)]
pub struct Proof<'a> {
    pub phone: &'a str,
    pub purpose: CodePurpose,
    pub holder: Option<PersonId>,
}

/// What is kept of a code: bound to what it proves, so that it is worth nothing for anything else.
pub fn code_hash(proof: Proof<'_>, code: &str) -> String {
    let holder = proof.holder.map(|person| person.to_string()).unwrap_or_default();
    hex::encode(Sha256::digest(format!("{} {} {holder} {code}", proof.purpose.as_str(), proof.phone)))
}

/// What is kept of a WeChat account: it is only ever looked up, and its openid has far too much chance in it to be guessed
/// from a hash.
pub fn openid_hash(app_id: &str, openid: &str) -> String {
    hex::encode(Sha256::digest(format!("wechat {app_id} {openid}")))
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_codes_hash_is_bound_to_number_purpose_and_person() {
        let proof = |phone, purpose, holder: Option<u128>| {
            code_hash(Proof { phone, purpose, holder: holder.map(|id| PersonId(Uuid::from_u128(id))) }, "123456")
        };
        let hash = proof("+8613800138000", CodePurpose::ChangePhoneTo, Some(1));
        assert_eq!(hash, proof("+8613800138000", CodePurpose::ChangePhoneTo, Some(1)));
        for other in [
            proof("+8613800138001", CodePurpose::ChangePhoneTo, Some(1)),
            proof("+8613800138000", CodePurpose::ChangePhoneFrom, Some(1)),
            proof("+8613800138000", CodePurpose::ChangePhoneTo, Some(2)),
            proof("+8613800138000", CodePurpose::ChangePhoneTo, None),
        ] {
            assert_ne!(hash, other);
        }
    }
}
