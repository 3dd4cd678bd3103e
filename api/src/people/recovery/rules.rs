//! When an account may be recovered, by whom, and what can be refused about it.

use boai_entity::{Instant, account_recovery, ids::PersonId, kinds::RecoveryState};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use crate::{
    auth::rules::{CODE_MINUTES, CODE_TRIES, CodeFault, CodeRefusal},
    platform::refusal::When,
    refusals,
};

/// Hours between the notice to the old number and the effect: time enough to come back from a mountain or a hospital bed.
/// The law leaves it open; changing it changes only recoveries that are approved later.
pub const WAITING_HOURS: i64 = 72;
/// Days that a recovery waits for the second officer, and, once the waiting period is over, for the volunteer.
pub const PATIENCE_DAYS: i64 = 14;
/// Seconds before a notice is tried again, so that two officers at once do not send two.
pub const NOTICE_PAUSE_SECONDS: i64 = 60;
/// Digits of the code in the notice. So many that it needs no count of tries, which whoever fears the objection could use
/// up.
pub const OBJECTION_DIGITS: u32 = 10;

refusals! {
    /// Why an officer's act on a recovery was refused.
    RecoveryRefusal, RecoveryErrorCode, RecoveryError {
        /// There is no such volunteer or recovery in your care.
        NotFound => "There is no such volunteer or recovery in your care.", "您名下没有该志愿者或该找回申请。";
        /// Nobody recovers their own account.
        Yourself => "Nobody recovers their own account. Use `changePhone`, or ask two other officers.",
            "不能为自己办理账号找回,请使用更换手机号,或联系其他两位干部。";
        /// This is the number that the account has.
        SameNumber at "newPhone" => "The account is at this number already.", "该账号已绑定该号码。";
        /// Another account, or another recovery, is at the new number.
        NumberTaken at "newPhone"
            => "Another account, or another recovery, is at this number. This is on the audit trail.",
               "该号码已绑定其他账号或正用于其他找回申请。本次操作已留痕。";
        /// The person holds a role that you could not grant.
        RolesAbove
            => "This person holds a role that you could not grant, so the account is recovered by officers above.",
               "该人员持有您无权授予的权限,须由上级干部办理找回。";
        /// A recovery of this account is under way.
        AlreadyOpen => "A recovery of this account is under way; see `accountRecoveries`.", "该账号的找回申请正在办理中。";
        /// Whoever opened it cannot approve it too.
        SecondOfficerNeeded => "You opened this recovery; another officer has to approve it.", "您已提交该申请,须由另一位干部批准。";
        /// It is approved already, or over.
        NotWaiting => "This recovery is approved already, or over.", "该找回申请已批准或已结束。";
        /// The notice to the old number is being sent.
        NoticePending { seconds_to_wait: i64 }
            => "The notice to the old number is being sent. Look again in {seconds_to_wait} s.",
               "正在向原号码发送通知,请在 {seconds_to_wait} 秒后查看。";
        /// Approved, but the notice to the old number was not sent, so the waiting period has not begun.
        NoticeNotSent
            => "It is approved, but the notice to the old number could not be sent, so the waiting period has not begun. \
                Approve again in a minute.",
               "已批准,但未能向原号码发送通知,等待期尚未开始,请一分钟后再次批准。";
    }
}

refusals! {
    /// Why no code was sent.
    RecoveryCodeRefusal, RequestRecoveryCodeErrorCode, RequestRecoveryCodeError {
        /// A code was sent less than a minute ago.
        TooSoon { seconds_to_wait: i64 } at "newPhone"
            => "A code was sent to this number less than a minute ago. Ask again in {seconds_to_wait} s.",
               "验证码刚刚发送过,请在 {seconds_to_wait} 秒后重试。";
        /// Ten codes were sent to this number today.
        TooManyToday { codes_per_day: i32 } at "newPhone"
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

impl From<CodeRefusal> for RecoveryCodeRefusal {
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

refusals! {
    /// Why the account was not recovered.
    CompleteRecoveryRefusal, CompleteRecoveryErrorCode, CompleteRecoveryError {
        /// The code is not the one that was sent.
        WrongCode { tries_left: i32 } at "code"
            => "The code is wrong. {tries_left} tries are left.", "验证码错误,还可尝试 {tries_left} 次。";
        /// The code was tried five times.
        TooManyTries { tries_allowed: i32 } at "code"
            => "The code was tried {tries_allowed} times and is no longer good. Ask for a new one.",
               "验证码已错误 {tries_allowed} 次并失效,请重新获取。";
        /// No code for a recovery is waiting for this number.
        NoCode { minutes_valid: i64 } at "code"
            => "No code for a recovery is waiting for this number: a code is good once and for {minutes_valid} minutes. Ask \
                for a new one.",
               "验证码不存在或已失效(有效期 {minutes_valid} 分钟),请重新获取。";
        /// No approved recovery leads to this number: there was none, or it was objected to, declined, done or not done in time.
        NoRecovery
            => "No approved recovery leads to this number. Ask the branch that opened it.", "没有已批准的账号找回申请,请联系办理的红十字会。";
        /// The waiting period is not over.
        StillWaiting { until: When, hours_to_wait: i64 }
            => "Whoever holds the old number can object until {until} (Beijing time). Come back in {hours_to_wait} h.",
               "原号码持有人可在 {until} 前提出异议,请在 {hours_to_wait} 小时后再来。";
        /// An account has come to be at the new number.
        NumberTaken at "newPhone"
            => "Another account is at this number by now. Nothing was changed; ask the branch for a recovery to another number.",
               "该号码已绑定另一个账号,未作更改;请联系红十字会改用其他号码。";
    }
}

impl From<CodeFault> for CompleteRecoveryRefusal {
    fn from(fault: CodeFault) -> Self {
        match fault {
            CodeFault::Wrong { tries_left } => Self::WrongCode { tries_left },
            CodeFault::TooManyTries => Self::TooManyTries { tries_allowed: CODE_TRIES },
            CodeFault::None => Self::NoCode { minutes_valid: CODE_MINUTES },
        }
    }
}

refusals! {
    /// Why the objection was refused.
    ObjectionRefusal, ObjectToRecoveryErrorCode, ObjectToRecoveryError {
        /// No recovery is under way that you could object to, or number and code are not those of a notice.
        NotFound
            => "There is no recovery under way that you could object to. If your account was moved against your will, tell your \
                branch at once.",
               "没有可提出异议的找回申请。如账号已被他人转移,请立即联系红十字会。";
    }
}

/// When the waiting period ends that begins now, and when the recovery is over if nobody completes it.
pub fn waiting(now: Instant) -> (Instant, Instant) {
    let until = now + TimeDelta::hours(WAITING_HOURS);
    (until, until + TimeDelta::days(PATIENCE_DAYS))
}

/// When a recovery is over that no second officer approves.
pub fn unapproved_until(now: Instant) -> Instant {
    now + TimeDelta::days(PATIENCE_DAYS)
}

/// Where it stands by now: time ends a recovery too.
pub fn state_at(row: &account_recovery::Model, now: Instant) -> RecoveryState {
    match row.state {
        RecoveryState::Opened | RecoveryState::Approved if row.expires_at <= now => RecoveryState::Expired,
        state => state,
    }
}

/// Whether this officer may approve it now. While a notice has not gone out, approving is trying again.
pub fn may_approve(row: &account_recovery::Model, officer: PersonId, now: Instant) -> Result<(), RecoveryRefusal> {
    if row.person_id == officer {
        return Err(RecoveryRefusal::Yourself);
    }
    if row.opened_by == officer {
        return Err(RecoveryRefusal::SecondOfficerNeeded);
    }
    match (state_at(row, now), row.approved_at, row.waits_until) {
        (RecoveryState::Opened, ..) => Ok(()),
        (RecoveryState::Approved, Some(tried_at), None) => {
            let seconds_to_wait = NOTICE_PAUSE_SECONDS - (now - tried_at).num_seconds();
            if seconds_to_wait > 0 { Err(RecoveryRefusal::NoticePending { seconds_to_wait }) } else { Ok(()) }
        }
        _ => Err(RecoveryRefusal::NotWaiting),
    }
}

/// Whether an approved recovery may take effect.
pub fn may_complete(row: &account_recovery::Model, now: Instant) -> Result<(), CompleteRecoveryRefusal> {
    match (state_at(row, now), row.waits_until) {
        (RecoveryState::Approved, Some(until)) if until <= now => Ok(()),
        (RecoveryState::Approved, Some(until)) => {
            let minutes = (until - now).num_minutes();
            Err(CompleteRecoveryRefusal::StillWaiting { until: When(until), hours_to_wait: minutes / 60 + 1 })
        }
        _ => Err(CompleteRecoveryRefusal::NoRecovery),
    }
}

/// What is kept of the code in the notice: bound to the number that got it.
pub fn objection_hash(phone: &str, code: &str) -> String {
    hex::encode(Sha256::digest(format!("OBJECTION {phone} {code}")))
}

#[cfg(test)]
mod tests {
    use boai_entity::ids::{AccountRecoveryId, VolunteerId};
    use uuid::Uuid;

    use super::*;

    const NOON: &str = "2026-05-08T12:00:00Z";

    fn at(hours: i64) -> Instant {
        NOON.parse::<Instant>().unwrap() + TimeDelta::hours(hours)
    }

    fn person(number: u128) -> PersonId {
        PersonId(Uuid::from_u128(number))
    }

    /// Of person 1, opened by person 2 at noon.
    fn opened() -> account_recovery::Model {
        account_recovery::Model {
            id: AccountRecoveryId(Uuid::nil()),
            person_id: person(1),
            volunteer_id: VolunteerId(Uuid::nil()),
            old_phone: String::new(),
            new_phone: String::new(),
            reason: String::new(),
            identity_check: String::new(),
            state: RecoveryState::Opened,
            opened_by: person(2),
            opened_at: at(0),
            approved_by: None,
            approved_at: None,
            objection_hash: None,
            waits_until: None,
            expires_at: unapproved_until(at(0)),
            ended_at: None,
            ended_by: None,
            end_note: None,
        }
    }

    fn approved() -> account_recovery::Model {
        let (until, expires_at) = waiting(at(1));
        let (approved_by, approved_at) = (Some(person(3)), Some(at(1)));
        let state = RecoveryState::Approved;
        account_recovery::Model { state, approved_by, approved_at, waits_until: Some(until), expires_at, ..opened() }
    }

    #[test]
    fn a_second_officer_approves_within_two_weeks() {
        let two_weeks = 24 * PATIENCE_DAYS;
        for (officer, when, expected) in [
            (1, at(0), Err(RecoveryRefusal::Yourself)),
            (2, at(0), Err(RecoveryRefusal::SecondOfficerNeeded)),
            (3, at(0), Ok(())),
            (3, at(two_weeks - 1), Ok(())),
            (3, at(two_weeks), Err(RecoveryRefusal::NotWaiting)),
        ] {
            assert_eq!(may_approve(&opened(), person(officer), when), expected);
        }
        assert_eq!(may_approve(&approved(), person(4), at(2)), Err(RecoveryRefusal::NotWaiting));
    }

    #[test]
    fn a_notice_that_did_not_go_out_is_tried_again_after_a_minute() {
        let unsent = account_recovery::Model { waits_until: None, ..approved() };
        let after = |seconds| may_approve(&unsent, person(4), at(1) + TimeDelta::seconds(seconds));
        assert_eq!(after(1), Err(RecoveryRefusal::NoticePending { seconds_to_wait: 59 }));
        assert_eq!(after(60), Ok(()));
        assert_eq!(may_complete(&unsent, at(100)), Err(CompleteRecoveryRefusal::NoRecovery));
    }

    #[test]
    fn it_takes_effect_after_the_waiting_period_and_for_two_weeks() {
        let end = 1 + WAITING_HOURS;
        let still = |hours_to_wait| Err(CompleteRecoveryRefusal::StillWaiting { until: When(at(end)), hours_to_wait });
        assert_eq!(may_complete(&opened(), at(end)), Err(CompleteRecoveryRefusal::NoRecovery));
        assert_eq!(may_complete(&approved(), at(1)), still(WAITING_HOURS + 1));
        assert_eq!(may_complete(&approved(), at(end) - TimeDelta::milliseconds(1)), still(1));
        assert_eq!(may_complete(&approved(), at(end)), Ok(()));
        assert_eq!(may_complete(&approved(), at(end + 24 * PATIENCE_DAYS) - TimeDelta::milliseconds(1)), Ok(()));
        let over = Err(CompleteRecoveryRefusal::NoRecovery);
        assert_eq!(may_complete(&approved(), at(end + 24 * PATIENCE_DAYS)), over);
        for state in [RecoveryState::Objected, RecoveryState::Declined, RecoveryState::Completed] {
            assert_eq!(may_complete(&account_recovery::Model { state, ..approved() }, at(end)), over);
        }
    }
}
