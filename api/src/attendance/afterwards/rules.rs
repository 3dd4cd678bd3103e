//! What of served time may be said afterwards, and by whom.

use boai_entity::{Instant, ids::PersonId, policy::Afterwards, review_item, review_kinds::ReviewKind};
use chrono::TimeDelta;

use crate::{hours::rules::Span, platform::refusal::When, refusals};

refusals! {
    /// Why a claim was not taken.
    ClaimRefusal, ClaimErrorCode, ClaimError {
        /// There is no such stay of yours, and no such shift that you had a seat at.
        NotFound => "There is no such stay of yours, and no such shift that you had a seat at.", "没有您的该次签到,您也不在该班次的名单中。";
        /// You are still checked in and can still check out.
        StillCheckedIn { check_out_until: When } at "attendanceId" => "You are still checked in: check out, which works until {check_out_until}.", "您仍在签到中,请先签退(截止 {check_out_until})。";
        /// You did check in to this shift: claim for that stay.
        CheckedIn at "shiftId" => "You did check in to this shift. Claim for that stay, with `attendanceId`.", "您在该班次有签到记录,请针对该记录申报。";
        /// The activity is no service, so it gives no service time.
        NoService => "This activity is no volunteer service, so it gives no service time.", "该活动不属于志愿服务,不计服务时长。";
        /// The time would end before it begins.
        TimesReversed at "servedTo" => "The time served would end before it begins.", "服务结束时间须晚于开始时间。";
        /// Time that has not passed yet cannot have been served.
        NotServedYet { served_to: When } at "servedTo" => "Nobody can have served until {served_to} yet. Give a time that has passed.", "{served_to} 尚未到来,请填写已经过去的时间。";
        /// Longer than the shift itself.
        LongerThanShift { claimed_minutes: i64, shift_minutes: i64 } at "servedTo" => "These are {claimed_minutes} min, and the shift has {shift_minutes} min. No more than the shift's length counts.", "所填时长 {claimed_minutes} 分钟,班次共 {shift_minutes} 分钟,不得超过班次时长。";
        /// Outside the shift.
        OutsideShift { starts_at: When, ends_at: When } at "servedTo" => "The shift was from {starts_at} to {ends_at}; time outside of it does not count.", "班次时间为 {starts_at} 至 {ends_at},此外的时间不计。";
        /// Too long after the shift.
        TooLate { within_days: i64 } => "The shift ended more than {within_days} days ago. Ask the branch.", "班次结束已超过 {within_days} 天,请联系红十字会。";
        /// 异议: it is disputed, and nothing else changes it before that is over.
        Disputed at "attendanceId" => "These hours are disputed. Nothing else changes them before that is decided and can be appealed no longer.", "该时长正在异议处理中,在作出决定且申诉期结束前不能另行申报。";
        /// A claim for it waits already.
        AlreadyClaimed => "Your claim for this waits for the leader already. Withdraw it with `withdrawClaim` to make another.", "您的申报正在等待队长处理;如需修改请先撤回。";
        /// Too many claims for the same stay.
        TooManyClaims { at_most: i64 } => "At most {at_most} claims are taken for the same stay. Talk to the leader or the branch.", "同一服务最多申报 {at_most} 次,请联系队长或红十字会。";
    }
}

refusals! {
    /// Why hours were not filled in.
    BackFillRefusal, BackFillErrorCode, BackFillError {
        /// There is no such shift of a team of yours.
        NotFound at "items.shiftId" => "There is no such shift of a team of yours.", "没有您所负责服务队的该班次。";
        /// The volunteer had neither signed up nor is in the team.
        VolunteerNotFound at "items.volunteerId" => "This volunteer has neither signed up for the shift nor is in the team.", "该志愿者未报名该班次,也不是本队队员。";
        /// The activity is no service, or was cancelled.
        NoService at "items.shiftId" => "This activity is no volunteer service, or was cancelled, so it gives no service time.", "该活动不属于志愿服务或已取消,不计服务时长。";
        /// The time would end before it begins.
        TimesReversed at "items.servedTo" => "The time served would end before it begins.", "服务结束时间须晚于开始时间。";
        /// Time that has not passed yet cannot have been served.
        NotServedYet { served_to: When } at "items.servedTo" => "Nobody can have served until {served_to} yet. Give a time that has passed.", "{served_to} 尚未到来,请填写已经过去的时间。";
        /// Longer than the shift itself.
        LongerThanShift { filled_minutes: i64, shift_minutes: i64 } at "items.servedTo" => "These are {filled_minutes} min, and the shift has {shift_minutes} min. No more than the shift's length counts.", "所填时长 {filled_minutes} 分钟,班次共 {shift_minutes} 分钟,不得超过班次时长。";
        /// Outside the shift.
        OutsideShift { starts_at: When, ends_at: When } at "items.servedTo" => "The shift was from {starts_at} to {ends_at}; time outside of it does not count.", "班次时间为 {starts_at} 至 {ends_at},此外的时间不计。";
        /// Too long after the shift.
        TooLate { within_days: i64 } at "items.shiftId" => "The shift ended more than {within_days} days ago. Ask the branch.", "班次结束已超过 {within_days} 天,请联系红十字会。";
        /// The volunteer did check in to this shift.
        CheckedIn at "items.volunteerId" => "This volunteer did check in to the shift. Settle that stay with `confirmHours`.", "该志愿者在本班次有签到记录,请在确认时长中处理。";
        /// The same waits for a second person already.
        AlreadyWaiting at "items.volunteerId" => "Hours of this volunteer at this shift wait for a second person already.", "该志愿者本班次的补录正在等待第二人确认。";
        /// What was filled in can not be booked.
        NotBooked { why: String } => "It could not be booked: {why}", "无法记入:{why}";
    }
}

refusals! {
    /// Why nothing was decided.
    DecideRefusal, DecideReviewErrorCode, DecideReviewError {
        /// There is no such claim, back-fill, long day or correction in your care.
        NotFound at "items.itemId" => "There is nothing of the kind in your care that waits for a decision.", "没有您可处理的该事项。";
        /// Somebody has decided already, or it was withdrawn.
        AlreadySettled at "items.itemId" => "Somebody has decided on this already, or it was withdrawn.", "该事项已处理或已撤回。";
        /// These are your own hours.
        OwnHours at "items.itemId" => "These are your own hours. Another leader or an officer of the branch decides.", "这是您本人的时长,须由其他队长或红十字会干部处理。";
        /// You filled these hours in yourself; it takes a second person.
        OwnBackFill at "items.itemId" => "You filled these hours in yourself; it takes a second person. You can withdraw them.", "该时长由您补录,须由另一人确认;您可以撤回。";
        /// You brought this forward yourself; it takes a second person.
        OwnWord at "items.itemId" => "You brought this forward yourself; it takes a second person.", "该事项由您提出,须由另一人处理。";
        /// The day is so long that it takes an officer, of the team's branch or of the province.
        TakesOfficer { day_minutes: i64, by: String } at "items.itemId" => "That day comes to {day_minutes} min. It takes the word of an officer: {by}.", "当日服务时间合计 {day_minutes} 分钟,须由相应红十字会干部确认:{by}。";
        /// Whoever filled it in may no longer do so.
        FillerGone at "items.itemId" => "Whoever filled this in is no leader of the team any more. Decline it, and fill it in anew.", "补录人已不再负责该队,请驳回后重新补录。";
        /// Saying no needs its reason.
        ReasonNeeded at "items.note" => "Saying no needs a reason; the volunteer reads it.", "驳回须填写理由,志愿者将看到。";
        /// What was said can no longer be booked.
        NoLongerPossible { why: String } at "items.itemId" => "It can no longer be booked: {why}", "已无法记入:{why}";
    }
}

refusals! {
    /// Why nothing was withdrawn.
    WithdrawRefusal, WithdrawClaimErrorCode, WithdrawClaimError {
        /// There is nothing of yours that waits.
        NotFound at "itemId" => "You have nothing waiting that goes by this id.", "您没有等待处理的该事项。";
    }
}

/// What is wrong with served time that somebody tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongTime {
    Reversed,
    Future,
    Longer { minutes: i64, shift_minutes: i64 },
    Outside,
    Late,
}

/// Whether this time of a shift can be told now: inside the shift and so never longer, passed, and not long ago.
pub fn check_time(served: Span, shift: Span, policy: &Afterwards, now: Instant) -> Result<(), WrongTime> {
    let (length, longest) = (served.to - served.from, shift.to - shift.from);
    if length <= TimeDelta::zero() {
        Err(WrongTime::Reversed)
    } else if length > longest {
        // Up, so that the number told beside its limit does not look as if it were within.
        let minutes = (length.num_milliseconds() + 59_999).div_euclid(60_000);
        Err(WrongTime::Longer { minutes, shift_minutes: longest.num_minutes() })
    } else if served.from < shift.from || served.to > shift.to {
        Err(WrongTime::Outside)
    } else if served.to > now {
        Err(WrongTime::Future)
    } else if now > shift.to + TimeDelta::days(policy.within_days) {
        Err(WrongTime::Late)
    } else {
        Ok(())
    }
}

impl ClaimRefusal {
    pub fn of_time(wrong: WrongTime, served: Span, shift: Span, policy: &Afterwards) -> Self {
        match wrong {
            WrongTime::Reversed => Self::TimesReversed,
            WrongTime::Future => Self::NotServedYet { served_to: When(served.to) },
            WrongTime::Longer { minutes, shift_minutes } => {
                Self::LongerThanShift { claimed_minutes: minutes, shift_minutes }
            }
            WrongTime::Outside => Self::OutsideShift { starts_at: When(shift.from), ends_at: When(shift.to) },
            WrongTime::Late => Self::TooLate { within_days: policy.within_days },
        }
    }
}

impl BackFillRefusal {
    pub fn of_time(wrong: WrongTime, served: Span, shift: Span, policy: &Afterwards) -> Self {
        match wrong {
            WrongTime::Reversed => Self::TimesReversed,
            WrongTime::Future => Self::NotServedYet { served_to: When(served.to) },
            WrongTime::Longer { minutes, shift_minutes } => {
                Self::LongerThanShift { filled_minutes: minutes, shift_minutes }
            }
            WrongTime::Outside => Self::OutsideShift { starts_at: When(shift.from), ends_at: When(shift.to) },
            WrongTime::Late => Self::TooLate { within_days: policy.within_days },
        }
    }
}

/// Whether hours that a leader fills in take a second person: the leader's own, and those of more people at one shift on one
/// day than one answers for alone, whether they come at once (`crowd` in all) or one after the other (`counted` so far, this
/// one with them).
pub fn takes_two(own: bool, crowd: i64, counted: i64, policy: &Afterwards) -> bool {
    own || crowd.max(counted) > policy.alone
}

/// Whether this person, who leads the team, may decide on it.
pub fn may_decide(
    item: &review_item::Model,
    person: PersonId,
    whose: Option<PersonId>,
    approve: bool,
    note: &str,
) -> Result<(), DecideRefusal> {
    if item.kind == ReviewKind::BackFill && item.raised_by == Some(person) {
        return Err(DecideRefusal::OwnBackFill);
    }
    if matches!(item.kind, ReviewKind::LongDay | ReviewKind::Correction) && item.raised_by == Some(person) {
        return Err(DecideRefusal::OwnWord);
    }
    if whose == Some(person) {
        return Err(DecideRefusal::OwnHours);
    }
    if !approve && note.is_empty() {
        return Err(DecideRefusal::ReasonNeeded);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minute: i64) -> Instant {
        Instant::from_timestamp(1_778_198_400 + minute * 60, 0).unwrap()
    }

    fn span(from: i64, to: i64) -> Span {
        Span { from: at(from), to: at(to) }
    }

    #[test]
    fn time_is_told_of_inside_the_shift_and_afterwards() {
        let (shift, policy) = (span(0, 240), Afterwards::default());
        let late = 240 + 30 * 24 * 60;
        for (served, now, expected) in [
            (span(0, 240), 240, Ok(())),
            (span(10, 200), 240, Ok(())),
            (span(10, 200), 200, Ok(())),
            (span(10, 200), 199, Err(WrongTime::Future)),
            (span(10, 10), 240, Err(WrongTime::Reversed)),
            (span(0, 241), 300, Err(WrongTime::Longer { minutes: 241, shift_minutes: 240 })),
            (span(-1, 200), 300, Err(WrongTime::Outside)),
            (span(100, 241), 300, Err(WrongTime::Outside)),
            (span(0, 240), late, Ok(())),
            (span(0, 240), late + 1, Err(WrongTime::Late)),
        ] {
            assert_eq!(check_time(served, shift, &policy, at(now)), expected, "{served:?} at {now}");
        }
    }

    #[test]
    fn twenty_are_filled_in_alone_and_twenty_one_take_two() {
        let policy = Afterwards::default();
        assert!(!takes_two(false, 20, 20, &policy));
        assert!(takes_two(false, 21, 1, &policy));
        assert!(takes_two(false, 1, 21, &policy));
        assert!(takes_two(true, 1, 1, &policy));
    }

    proptest! {
        /// Whatever is taken is no longer than the shift, inside it, and over.
        #[test]
        fn what_is_taken_was_inside_the_shift(from in -300_i64..300, to in -300_i64..300, now in -300_i64..600, length in 1_i64..300) {
            let (served, shift) = (span(from, to), span(0, length));
            if check_time(served, shift, &Afterwards::default(), at(now)).is_ok() {
                prop_assert!(served.from < served.to && served.to <= at(now));
                prop_assert!(shift.from <= served.from && served.to <= shift.to);
            }
        }

        /// However a leader cuts the list of people, no more than the limit goes through alone.
        #[test]
        fn batches_do_not_dodge_the_second_person(batches in proptest::collection::vec(1_i64..30, 1..10)) {
            let policy = Afterwards::default();
            let (mut before, mut alone) = (0, 0);
            for batch in batches {
                let crowd = before + batch;
                for _ in 0..batch {
                    before += 1;
                    alone += i64::from(!takes_two(false, crowd, before, &policy));
                }
            }
            prop_assert!(alone <= policy.alone);
        }
    }
}
