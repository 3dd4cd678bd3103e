//! What may be asked about one's own data, and when; how places are coarsened.

use boai_entity::Instant;
use chrono::TimeDelta;

use crate::{platform::refusal::When, refusals};

/// How long whoever works at a job is believed to be alive after a sign of life, in seconds.
pub const LEASE_SECONDS: i64 = 60;
/// How often a job is begun before it counts as one that cannot be done.
pub const ATTEMPTS: i32 = 5;
/// How old a sign-in may be that proves, for an erasure, who is asking: the code went to the phone just now.
pub const RECENT_SIGN_IN_MINUTES: i64 = 15;
/// Life of a guardian's pass, in minutes.
pub const PASS_MINUTES: i64 = 30;
/// How long the last text message is tried for, in hours; then the number goes without it.
pub const LAST_WORD_HOURS: i64 = 24;

/// Upper ends of the bands that a distance is coarsened to, in metres. The last reaches around the Earth.
pub const BANDS_M: [f64; 9] = [50.0, 100.0, 200.0, 300.0, 500.0, 1000.0, 2000.0, 5000.0, 20_040_000.0];

/// The upper end of a distance's band.
pub fn band(distance_m: f64) -> f64 {
    BANDS_M.into_iter().find(|end| distance_m <= *end).unwrap_or(BANDS_M[BANDS_M.len() - 1])
}

refusals! {
    /// Why no copy of the data will be made.
    ExportRefusal, RequestMyDataErrorCode, RequestMyDataError {
        /// One copy a day: there is one of today.
        OneADay { next: When }
            => "A copy of your data was asked for today; see `me.myDataExports`. The next can be asked for from {next} on.",
               "今天已申请过一次个人信息副本,请在“我的副本”中查看;{next} 起可再次申请。";
    }
}

refusals! {
    /// Why there is no link.
    LinkRefusal, CreateMyDataLinkErrorCode, CreateMyDataLinkError {
        /// There is no such copy of yours.
        NotFound at "exportId" => "There is no such copy of your data.", "没有找到您的该副本。";
        /// It is not ready yet.
        NotReady { percent: i32 } at "exportId"
            => "The copy is still being made: {percent} % are done. Ask again in a moment.",
               "副本仍在制作中(已完成 {percent}%),请稍后重试。";
        /// Its bytes have been deleted, or it could not be made.
        Gone at "exportId" => "This copy has expired or could not be made. Ask for a new one with `requestMyData`.", "该副本已失效或制作失败,请重新申请。";
    }
}

refusals! {
    /// Why the erasure was not begun, or does not take effect yet.
    ErasureRefusal, RequestErasureErrorCode, RequestErasureError {
        /// The sign-in is too old to prove who is asking.
        SignInAgain { minutes_fresh: i64 }
            => "This cannot be undone, so prove that it is you: sign in again with a code, and ask within {minutes_fresh} minutes.",
               "注销不可撤销,请先用验证码重新登录,并在 {minutes_fresh} 分钟内提出申请。";
        /// The number is not the account's.
        WrongPhone at "phone" => "This is not the number of your account. Type the number that you sign in with.", "该号码不是您账号的手机号,请输入登录所用的号码。";
        /// Still checked in somewhere.
        CheckedIn => "You are checked in. Check out first, so that your hours are not lost.", "您仍在签到中,请先签退。";
        /// Answers for activities that are not over.
        RunningActivities { activities: i64 }
            => "You are in charge of {activities} activities that are not over. Cancel them, or wait until they have ended.",
               "您负责的 {activities} 个活动尚未结束,请先取消活动或等待其结束。";
        /// Officers are moving the account to another number.
        RecoveryOpen
            => "A recovery of this account is under way. Wait until it is over, or object to it if you have not asked for it.",
               "该账号正在找回中,请等待其结束;如非本人申请,请提出异议。";
        /// The last officer of a branch with nobody above.
        LastOfficer { branch: String }
            => "You are the last officer of {branch}, and there is none above it. Have another officer appointed first.",
               "您是{branch}最后一名干部,且上级没有其他干部,请先落实接任人员。";
    }
}

refusals! {
    /// Why the erasure was not called off.
    CancelErasureRefusal, CancelErasureErrorCode, CancelErasureError {
        /// Your guardian asked for it, and you are under 18.
        GuardianAsked at "erasureId"
            => "Your guardian asked for this erasure, and until you are 18 your guardian calls it off.",
               "该注销由监护人申请,在您年满 18 周岁前由监护人撤回。";
        /// There is no such erasure of yours that could still be called off.
        NotFound at "erasureId" => "There is no such erasure of yours that could still be called off.", "没有找到可撤回的该注销申请。";
    }
}

refusals! {
    /// Why a guardian was not let in, or what they asked for was not done.
    GuardianRefusal, GuardianErrorCode, GuardianError {
        /// The code is not the one that was sent.
        WrongCode { tries_left: i32 } at "code"
            => "The code is wrong. {tries_left} tries are left.", "验证码错误,还可尝试 {tries_left} 次。";
        /// The code was tried too often, used, or is too old; or none was sent for this.
        NoCode at "code" => "No code is waiting for this number. Ask for a new one.", "验证码不存在或已失效,请重新获取。";
        /// No volunteer under 18 with this number names this phone as the guardian's.
        NotGuardian at "volunteerNumber"
            => "No volunteer under 18 with this number names this phone as the guardian's. From 18 on, people act for themselves.",
               "没有以该手机号为监护人电话的、未满 18 周岁的志愿者。年满 18 周岁后由本人行使权利。";
        /// The pass has expired, or the guardianship has ended.
        PassEnded at "pass" => "This pass is good no longer. Ask for a new code.", "通行码已失效,请重新获取验证码。";
        /// One copy a day: there is one of today.
        OneADay { next: When }
            => "A copy of the child's data was asked for today. The next can be asked for from {next} on.",
               "今天已申请过一次个人信息副本,{next} 起可再次申请。";
        /// The copy is not ready yet.
        NotReady { percent: i32 } at "exportId"
            => "The copy is still being made: {percent} % are done. Ask again in a moment.",
               "副本仍在制作中(已完成 {percent}%),请稍后重试。";
        /// The copy has expired or could not be made.
        Gone at "exportId" => "This copy has expired or could not be made. Ask for a new one.", "该副本已失效或制作失败,请重新申请。";
        /// There is no such copy or erasure of the child's.
        NotFound => "There is no such thing of the child's, or it is over.", "没有找到孩子的该项内容,或其已结束。";
        /// The version is not that of the text in force.
        Outdated { current: String } at "version" => "This is not the text in force. Show version {current} and agree to it; see `consentTexts`.", "同意书不是现行版本,请阅读并同意版本 {current}。";
        /// This consent is not in force, or cannot be withdrawn by itself.
        NotInForce at "kind" => "This consent is not in force, or cannot be withdrawn without erasing the account.", "该项授权未生效,或须注销账号方可撤回。";
        /// The story was changed since it was read.
        StoryChanged at "revision" => "The story was changed since you read it. Read it again.", "故事内容已修改,请重新阅读。";
        /// The child is checked in somewhere.
        CheckedIn => "The child is checked in. Check out first, so that the hours are not lost.", "孩子仍在签到中,请先签退。";
        /// The child is in charge of activities that are not over.
        RunningActivities { activities: i64 }
            => "The child is in charge of {activities} activities that are not over. Wait until they have ended.",
               "孩子负责的 {activities} 个活动尚未结束,请等待其结束。";
        /// Officers are moving the child's account to another number.
        RecoveryOpen
            => "A recovery of the child's account is under way. Wait until it is over.", "孩子的账号正在找回中,请等待其结束。";
        /// The child is the last officer of a branch with nobody above.
        LastOfficer { branch: String }
            => "The child is the last officer of {branch}. Have another officer appointed first.",
               "孩子是{branch}最后一名干部,请先落实接任人员。";
    }
}

impl From<ExportRefusal> for GuardianRefusal {
    fn from(refusal: ExportRefusal) -> Self {
        match refusal {
            ExportRefusal::OneADay { next } => Self::OneADay { next },
        }
    }
}

impl From<LinkRefusal> for GuardianRefusal {
    fn from(refusal: LinkRefusal) -> Self {
        match refusal {
            LinkRefusal::NotFound => Self::NotFound,
            LinkRefusal::NotReady { percent } => Self::NotReady { percent },
            LinkRefusal::Gone => Self::Gone,
        }
    }
}

impl From<ErasureRefusal> for GuardianRefusal {
    fn from(refusal: ErasureRefusal) -> Self {
        match refusal {
            // How the child proves itself is nothing that a guardian runs into.
            ErasureRefusal::SignInAgain { .. } | ErasureRefusal::WrongPhone => Self::PassEnded,
            ErasureRefusal::CheckedIn => Self::CheckedIn,
            ErasureRefusal::RunningActivities { activities } => Self::RunningActivities { activities },
            ErasureRefusal::RecoveryOpen => Self::RecoveryOpen,
            ErasureRefusal::LastOfficer { branch } => Self::LastOfficer { branch },
        }
    }
}

/// Whether a sign-in is recent enough to prove who is asking.
pub fn recent(signed_in_at: Instant, now: Instant) -> bool {
    now - signed_in_at <= TimeDelta::minutes(RECENT_SIGN_IN_MINUTES)
}

/// How far a job is, in whole percent; 100 only when it is done.
pub fn percent(done: i32, total: i32) -> i32 {
    if total <= 0 { 0 } else { (i64::from(done.clamp(0, total)) * 100 / i64::from(total)).try_into().unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BANDS_M, band, percent, recent};

    #[test]
    fn a_band_ends_where_the_next_begins() {
        for (distance, end) in
            [(0.0, 50.0), (50.0, 50.0), (50.1, 100.0), (311.0, 500.0), (2200.0, 5000.0), (1e9, 20_040_000.0)]
        {
            assert!((band(distance) - end).abs() < f64::EPSILON, "{distance}");
        }
    }

    #[test]
    fn a_sign_in_is_recent_for_fifteen_minutes() {
        let at = |time: &str| format!("2026-05-08T{time}Z").parse().unwrap();
        assert!(recent(at("07:00:00"), at("07:15:00")));
        assert!(!recent(at("07:00:00"), at("07:15:01")));
    }

    proptest! {
        #[test]
        fn a_band_holds_its_distance_and_says_no_more(one in 0.0..30_000.0_f64, other in 0.0..30_000.0_f64) {
            prop_assert!(band(one) >= one && BANDS_M.contains(&band(one)));
            prop_assert!((band(band(one)) - band(one)).abs() < f64::EPSILON, "twice is once");
            prop_assert!(one > other || band(one) <= band(other), "nearer stays nearer");
        }

        #[test]
        fn all_is_a_hundred_percent_and_less_is_less(done in -5..200_i32, total in 0..100_i32) {
            let percent = percent(done, total);
            prop_assert!((0..=100).contains(&percent));
            prop_assert_eq!(percent == 100, total > 0 && done >= total);
        }
    }
}
