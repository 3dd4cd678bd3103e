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
        /// The last officer of a branch with nobody above.
        LastOfficer { branch: String }
            => "You are the last officer of {branch}, and there is none above it. Have another officer appointed first.",
               "您是{branch}最后一名干部,且上级没有其他干部,请先落实接任人员。";
    }
}

refusals! {
    /// Why the erasure was not called off.
    CancelErasureRefusal, CancelErasureErrorCode, CancelErasureError {
        /// There is no such erasure of yours that could still be called off.
        NotFound at "erasureId" => "There is no such erasure of yours that could still be called off.", "没有找到可撤回的该注销申请。";
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
