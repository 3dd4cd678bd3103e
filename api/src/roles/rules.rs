//! Terms of roles, what takes a second person, whose review a role is in, and what can be refused.

use boai_entity::{Instant, kinds::Role};
use chrono::{Datelike, Months, NaiveDate, TimeDelta};

use crate::{
    platform::{
        civil::{civil_day, day_bounds},
        refusal::When,
    },
    refusals,
};

/// Days before its end that holder and granter of a role are told.
pub const REMINDER_DAYS: i64 = 14;
/// Days that a quarter's review is open before it is overdue.
pub const REVIEW_DAYS: i64 = 30;

refusals! {
    /// Why the role was not granted, renewed or revoked.
    RoleRefusal, RoleErrorCode, RoleError {
        /// There is no such branch or team in your care, or no such grant.
        NotFound => "There is no such branch, team or grant in your care.", "您名下没有该红十字会、服务队或授权。";
        /// Name exactly one of branch and team, and a role that fits it.
        WrongPlace at "teamId" => "A team leader or desk operator is granted on a team or a branch, a branch officer on a branch: name exactly one place.", "队长、签到台可授予服务队或红十字会,干部只能授予红十字会;请只选择一处。";
        /// There is no volunteer with this number.
        NoSuchVolunteer at "volunteerNumber" => "There is no volunteer with this number.", "没有该编号的志愿者。";
        /// Nobody grants or renews a role of their own.
        Yourself => "Nobody grants a role to themself, or renews it; ask an officer above you.", "不能给自己授权或续任,请联系上级。";
        /// The person holds this role there already.
        AlreadyHeld at "role" => "This person holds this role there already; `renewRole` puts its end off.", "该人员已有此项授权,可办理续任。";
        /// A role on a branch needs an end.
        EndNeeded { months_at_most: i64 } at "endsAt"
            => "A role on a branch is granted for a term of {months_at_most} months at most: say when it ends.",
               "红十字会的授权须有期限,最长 {months_at_most} 个月,请填写结束时间。";
        /// The end lies in the past.
        EndsInThePast at "endsAt" => "The role would have ended before it began. Choose a later end.", "结束时间不能早于现在。";
        /// The term is too long.
        TermTooLong { months_at_most: i64, latest_end: When } at "endsAt"
            => "A role on a branch is granted for {months_at_most} months at most, now until {latest_end}. It can be renewed.",
               "红十字会的授权最长 {months_at_most} 个月(目前至{latest_end}),期满可续任。";
        /// A renewal puts the end off.
        EndsNoLater { ends_at: When } at "endsAt"
            => "The role ends at {ends_at} as it is. A renewal ends later; to end it sooner, revoke it.",
               "该授权本来就到{ends_at}结束。续任须更晚;如需提前结束,请撤销。";
        /// Why this person gets this role is needed for the second person.
        ReasonNeeded at "reason" => "A second person has to approve this: tell why in `reason`.", "此事项须由另一人批准,请填写理由。";
        /// The same waits for a second person already.
        AlreadyProposed => "The same waits for a second person already; see `pendingActs`.", "相同事项已在等待另一人批准。";
        /// Nobody else above could approve it.
        NoSecondPerson => "This takes a second officer above that branch, and there is none but you. Whoever runs the server can make one with `boai grant`.", "此事项须由另一名上级干部批准,目前没有其他人选;可由系统管理员用 `boai grant` 任命。";
    }
}

refusals! {
    /// Why the second factor was not reset.
    ResetRefusal, ResetSecondFactorErrorCode, ResetSecondFactorError {
        /// There is no such role on a branch in your care.
        NotFound at "grantId" => "There is no such role on a branch in your care.", "您名下没有该红十字会授权。";
        /// One's own is not reset by oneself.
        Yourself at "grantId" => "Your own second factor is removed with a code of it (`removeSecondFactor`), or by two officers above you.", "本人的动态验证器请用验证码解除,或由两名上级干部重置。";
        /// The person has none.
        NotEnrolled at "grantId" => "This person has no second factor; there is nothing to reset.", "该人员尚未绑定动态验证器,无需重置。";
        /// The same waits for a second person already.
        AlreadyProposed at "grantId" => "The same waits for a second person already; see `pendingActs`.", "相同事项已在等待另一人批准。";
        /// Nobody else above could approve it.
        NoSecondPerson => "This takes a second officer above that branch, and there is none but you. Whoever runs the server can do it with `boai reset-second-factor`.", "此事项须由另一名上级干部批准,目前没有其他人选;可由系统管理员用 `boai reset-second-factor` 处理。";
    }
}

refusals! {
    /// Why the role was not reviewed.
    ReviewRefusal, ReviewRolesErrorCode, ReviewRolesError {
        /// There is no such role in this review that is in your care.
        NotFound at "items" => "There is no such role in this review that is in your care.", "本次复核中没有您名下的该项授权。";
        /// Nobody reviews their own role.
        Yourself at "items" => "Nobody reviews their own role; ask an officer above you.", "不能复核本人的授权,请联系上级。";
        /// The role is not in force any more, so there is nothing to decide.
        NotInForce at "items" => "This role is not in force any more, so there is nothing to decide.", "该授权已失效,无需复核。";
        /// Somebody has decided otherwise already.
        AlreadyDecided at "items" => "Somebody has decided on this role already in this review.", "该授权在本次复核中已有结论。";
        /// A role is taken back with a reason.
        ReasonNeeded at "items" => "To take a role back, tell why.", "撤销授权须填写理由。";
    }
}

/// What hands power over whole branches to somebody takes two persons.
pub fn takes_two(role: Role) -> bool {
    role == Role::BranchOfficer
}

/// The latest end that a role on a branch may have: so many months from now, to the end of that day.
pub fn latest_end(now: Instant, months: u32) -> Instant {
    let day = civil_day(now);
    day_bounds(day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)).1
}

/// Whether a role may be granted now until then.
pub fn check_term(on_branch: bool, ends_at: Option<Instant>, months: u32, now: Instant) -> Result<(), RoleRefusal> {
    let months_at_most = months.into();
    match ends_at {
        None if on_branch => Err(RoleRefusal::EndNeeded { months_at_most }),
        Some(end) if end <= now => Err(RoleRefusal::EndsInThePast),
        Some(end) if on_branch && end > latest_end(now, months) => {
            Err(RoleRefusal::TermTooLong { months_at_most, latest_end: When(latest_end(now, months)) })
        }
        _ => Ok(()),
    }
}

/// Whether the end of a role may be put off to then. What has no end has nothing to put off.
pub fn check_renewal(
    on_branch: bool,
    (from, to): (Option<Instant>, Instant),
    months: u32,
    now: Instant,
) -> Result<(), RoleRefusal> {
    check_term(on_branch, Some(to), months, now)?;
    match from {
        Some(from) if to <= from => Err(RoleRefusal::EndsNoLater { ends_at: When(from) }),
        None => Err(RoleRefusal::NotFound),
        _ => Ok(()),
    }
}

/// The quarter of a moment in Asia/Shanghai, as `2026Q2`.
pub fn quarter(now: Instant) -> String {
    let day = civil_day(now);
    format!("{}Q{}", day.year(), day.month0() / 3 + 1)
}

pub fn review_due(now: Instant) -> Instant {
    now + TimeDelta::days(REVIEW_DAYS)
}

/// In whose review a role is: of the branches of counties, cities and provinces, that nearest above a role on a branch,
/// for nobody reviews a peer; a role on a team is in that of the team's own branch or the nearest above. None for the
/// officers at the top, whom nobody is above: they are in the list that `boai roles` prints.
pub fn reviewer<'b>(path: &str, on_branch: bool, branches: impl Iterator<Item = &'b str>) -> Option<&'b str> {
    branches
        .filter(|branch| path.starts_with(branch) && !(on_branch && path == *branch))
        .max_by_key(|branch| branch.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_role_on_a_branch_has_a_term_and_one_on_a_team_may_go_without() {
        let now = at("2026-05-08T07:00:00+08:00");
        let last = at("2027-05-09T00:00:00+08:00");
        let second = TimeDelta::seconds(1);
        assert_eq!(check_term(true, None, 12, now), Err(RoleRefusal::EndNeeded { months_at_most: 12 }));
        assert_eq!(check_term(true, Some(last), 12, now), Ok(()));
        let too_long = RoleRefusal::TermTooLong { months_at_most: 12, latest_end: When(last) };
        assert_eq!(check_term(true, Some(last + second), 12, now), Err(too_long));
        assert_eq!(check_term(false, None, 12, now), Ok(()));
        assert_eq!(check_term(false, Some(last + second), 12, now), Ok(()));
        for on_branch in [true, false] {
            assert_eq!(check_term(on_branch, Some(now), 12, now), Err(RoleRefusal::EndsInThePast));
            assert_eq!(check_term(on_branch, Some(now + second), 12, now), Ok(()));
        }
        // The 31st of a month that has fewer days is its last.
        assert_eq!(latest_end(at("2026-08-31T12:00:00+08:00"), 6), at("2027-03-01T00:00:00+08:00"));
    }

    #[test]
    fn a_renewal_ends_later_and_within_a_term_from_now() {
        let now = at("2026-05-08T07:00:00+08:00");
        let end = at("2026-06-01T00:00:00+08:00");
        let renewal = |to| check_renewal(true, (Some(end), to), 12, now);
        assert_eq!(renewal(end), Err(RoleRefusal::EndsNoLater { ends_at: When(end) }));
        assert_eq!(renewal(end + TimeDelta::days(300)), Ok(()));
        assert!(matches!(renewal(end + TimeDelta::days(366)), Err(RoleRefusal::TermTooLong { .. })));
        assert_eq!(check_renewal(false, (None, end), 12, now), Err(RoleRefusal::NotFound));
    }

    #[test]
    fn quarters_turn_at_midnight_in_china() {
        assert_eq!(quarter(at("2026-03-31T15:59:59Z")), "2026Q1");
        assert_eq!(quarter(at("2026-03-31T16:00:00Z")), "2026Q2");
        assert_eq!(quarter(at("2026-12-31T16:00:00Z")), "2027Q1");
    }

    #[test]
    fn a_role_is_reviewed_from_above() {
        let branches = ["33", "3301", "330106", "3302"];
        let of = |path, on_branch| reviewer(path, on_branch, branches.into_iter());
        assert_eq!(of("330106109203", true), Some("330106"));
        assert_eq!(of("330106", true), Some("3301"));
        assert_eq!(of("330106", false), Some("330106"));
        assert_eq!(of("330106/some-school", true), Some("330106"));
        assert_eq!(of("3303", true), Some("33"));
        assert_eq!(of("33", true), None);
        assert_eq!(of("34", true), None);
    }

    proptest! {
        /// Whatever is granted today can be renewed up to the same length from today, and never beyond it.
        #[test]
        fn no_role_on_a_branch_outlives_its_term(days in -400_i64..800, months in 1_u32..37, later in -400_i64..800) {
            let now = at("2026-05-08T07:00:00+08:00");
            let (end, to) = (now + TimeDelta::days(days), now + TimeDelta::days(later));
            if check_term(true, Some(end), months, now).is_ok() {
                prop_assert!(end > now && end <= latest_end(now, months));
            }
            if check_renewal(true, (Some(end), to), months, now).is_ok() {
                prop_assert!(to > end && to > now && to <= latest_end(now, months));
            }
        }

        /// Nobody's own branch reviews the roles on it, and whoever reviews is above.
        #[test]
        fn nobody_reviews_a_peer(path in "33(0[1-3](0[1-9](10[0-9])?)?)?", on_branch: bool) {
            let branches = ["33", "3301", "3302", "330106"];
            if let Some(reviewer) = reviewer(&path, on_branch, branches.into_iter()) {
                prop_assert!(path.starts_with(reviewer) && (!on_branch || path != reviewer));
            } else {
                prop_assert!(on_branch && path == "33");
            }
        }
    }
}
