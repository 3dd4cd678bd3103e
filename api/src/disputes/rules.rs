//! Who may dispute what, and until when; who is a party, and so does not decide.

use boai_entity::{
    Instant, dispute,
    dispute_kinds::{DisputeSide, DisputeState},
    ids::PersonId,
    kinds::RecordState,
    policy::Disputes,
    service_record,
};
use chrono::TimeDelta;

use crate::{hours::rules::Span, platform::refusal::When, refusals};

refusals! {
    /// Why no dispute was opened.
    OpenDisputeRefusal, OpenDisputeErrorCode, OpenDisputeError {
        /// There is no such record of yours, and none before a team that you are in.
        NotFound => "There is no such record of yours, and none in the public notice of a team that you are in.", "没有您的该服务记录,您所在服务队的公示中也没有该记录。";
        /// The activity is no service, so it has no record.
        NoService => "This activity is no volunteer service, so it gives no service time.", "该活动不属于志愿服务,不计服务时长。";
        /// Nobody has settled these hours yet, and there is time for it still.
        NotRecordedYet { record_by: When } => "These hours wait for the leader, who records them until {record_by}. Until then tell the leader with `claimHours`.", "该时长尚待队长确认(期限 {record_by})。在此之前请通过申报告知队长。";
        /// The public notice is over: from then on it is the volunteer's alone to dispute.
        NoticeOver { ended_at: When } => "The public notice ended at {ended_at}. From then on only the volunteer can dispute the record; tell the branch what you know.", "公示已于 {ended_at} 结束,此后仅志愿者本人可提出异议;如有情况请向红十字会反映。";
        /// Too long after the record was final.
        TooLate { within_days: i64 } => "This was settled more than {within_days} days ago. Ask the branch.", "该记录确定已超过 {within_days} 天,请联系红十字会。";
        /// It is disputed already.
        AlreadyDisputed => "This record is disputed already. One dispute at a time is decided.", "该记录已有异议正在处理,同一时间只处理一项异议。";
        /// You have disputed it too often.
        TooManyDisputes { at_most: i64 } => "You have disputed this {at_most} times already, which is as often as anybody can. Talk to the branch.", "您对该记录提出的异议已达 {at_most} 次上限,请联系红十字会。";
        /// The time would end before it begins.
        TimesReversed at "servedTo" => "The time served would end before it begins.", "服务结束时间须晚于开始时间。";
        /// Time that has not passed yet cannot have been served.
        NotServedYet { served_to: When } at "servedTo" => "Nobody can have served until {served_to} yet. Give a time that has passed.", "{served_to} 尚未到来,请填写已经过去的时间。";
        /// The request id stands for another dispute.
        RequestIdReused at "requestId" => "This request id was used for another dispute. Make a new one for each.", "该请求编号已用于另一项异议,请为每次请求生成新的编号。";
    }
}

refusals! {
    /// Why nothing came of what was said or decided in a dispute.
    DisputeRefusal, DisputeErrorCode, DisputeError {
        /// There is no such dispute in which you have a word.
        NotFound at "disputeId" => "There is no such dispute in which you have this word.", "没有您可以如此处理的该异议。";
        /// Nobody decides who is a side of it, recorded the hours, leads the team, or decided before.
        Party at "disputeId" => "You are a party: whose hours these are, who opened, answered, recorded or decided it before, and who leads the team do not decide. Another officer does.", "您是本异议的当事一方(本人、提出人、答复人、记录或确认人、原决定人或该队队长),须由其他红十字会干部处理。";
        /// An appeal is decided above the branch that decided.
        AppealGoesUp at "disputeId" => "This was appealed. An officer of a branch above the one that decided has the word now.", "该异议已申诉,须由作出原决定的红十字会的上级处理。";
        /// The other side has not answered yet, and still has time.
        AwaitsAnswer { answer_by: When } at "disputeId" => "The other side has until {answer_by} to answer. Decide when it has, or after that.", "对方的答复期限为 {answer_by},请在其答复后或期满后作出决定。";
        /// Your side has answered already.
        AlreadyAnswered at "disputeId" => "Your side has answered already.", "您这一方已作答复。";
        /// It has been decided already.
        AlreadyDecided at "disputeId" => "This has been decided already. Either side can appeal with `appealDispute` while there is time.", "该异议已有决定;如不服,可在申诉期内提出申诉。";
        /// It is over, or was withdrawn.
        Over at "disputeId" => "This dispute is over.", "该异议已结束。";
        /// There is no decision to appeal against yet.
        NotDecided at "disputeId" => "Nobody has decided this yet, so there is nothing to appeal against.", "该异议尚未作出决定,无从申诉。";
        /// The time for an appeal is over.
        AppealTooLate { ended_at: When } at "disputeId" => "An appeal was possible until {ended_at}.", "申诉期已于 {ended_at} 结束。";
        /// The time would end before it begins.
        TimesReversed at "servedTo" => "The time served would end before it begins.", "服务结束时间须晚于开始时间。";
        /// Time that has not passed yet cannot have been served.
        NotServedYet { served_to: When } at "servedTo" => "Nobody can have served until {served_to} yet. Give a time that has passed.", "{served_to} 尚未到来,请填写已经过去的时间。";
        /// What was decided cannot be booked.
        NotBooked { why: String } at "disputeId" => "It could not be booked: {why}", "无法记入:{why}";
    }
}

/// A stay whose record somebody wants to dispute.
pub struct OpenCase<'a> {
    pub side: DisputeSide,
    pub record: Option<&'a service_record::Model>,
    /// By when the law has it recorded.
    pub record_by: Instant,
    /// How often this person has disputed it before.
    pub earlier: i64,
}

/// Whether it can be disputed now. A member of the team may as long as the team sees it; the volunteer also for some time after
/// it was final or rejected, and when nobody recorded it in time.
pub fn may_open(case: &OpenCase<'_>, policy: &Disputes, now: Instant) -> Result<(), OpenDisputeRefusal> {
    let settled = case.record.filter(|it| matches!(it.state, RecordState::Confirmed | RecordState::Rejected));
    let noticed = settled.filter(|it| it.state == RecordState::Confirmed).and_then(|it| it.notice_until);
    match (case.side, settled) {
        (DisputeSide::Volunteer, Some(record)) => {
            let settled_at = noticed.or(record.confirmed_at).unwrap_or(record.recorded_at);
            if now > settled_at + TimeDelta::days(policy.within_days) {
                return Err(OpenDisputeRefusal::TooLate { within_days: policy.within_days });
            }
        }
        (DisputeSide::Volunteer, None) => {
            if now < case.record_by {
                return Err(OpenDisputeRefusal::NotRecordedYet { record_by: When(case.record_by) });
            }
            if now > case.record_by + TimeDelta::days(policy.within_days) {
                return Err(OpenDisputeRefusal::TooLate { within_days: policy.within_days });
            }
        }
        _ => match noticed {
            None => return Err(OpenDisputeRefusal::NotFound),
            Some(ended_at) if ended_at <= now => {
                return Err(OpenDisputeRefusal::NoticeOver { ended_at: When(ended_at) });
            }
            Some(_) => {}
        },
    }
    if case.earlier >= policy.at_most {
        return Err(OpenDisputeRefusal::TooManyDisputes { at_most: policy.at_most });
    }
    Ok(())
}

/// Where it stands: what nobody appealed in time is over, whether or not that was written down.
pub fn state_at(dispute: &dispute::Model, now: Instant) -> DisputeState {
    match (dispute.state, dispute.ends_at) {
        (DisputeState::Decided, Some(ends_at)) if ends_at <= now => DisputeState::Ended,
        (state, _) => state,
    }
}

/// Whether a decision is missing for longer than it should.
pub fn is_late(dispute: &dispute::Model, now: Instant) -> bool {
    matches!(dispute.state, DisputeState::Opened | DisputeState::Appealed) && dispute.decide_by <= now
}

/// Who has a stake in it, the volunteer's person being `whose`; none of them decides. Of an appeal nobody does who decided or
/// appealed.
pub fn parties(dispute: &dispute::Model, whose: PersonId) -> Vec<PersonId> {
    let mut parties = vec![whose, dispute.opened_by];
    parties.extend(dispute.confirmed_by);
    parties.extend(dispute.answered_by);
    parties.extend(dispute.decided_by);
    parties.extend(dispute.appealed_by);
    parties.sort_unstable();
    parties.dedup();
    parties
}

/// Whether the other side was heard, or had its time.
pub fn is_heard(dispute: &dispute::Model, now: Instant) -> bool {
    dispute.answer.is_some() || dispute.answer_by <= now
}

/// What is wrong with a time that somebody is said to have served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongTime {
    Reversed,
    Future(When),
}

/// Service time is time actually given (order 67, art. 7), so it has passed.
pub fn check_time(served: Span, now: Instant) -> Result<(), WrongTime> {
    if served.to <= served.from {
        return Err(WrongTime::Reversed);
    }
    if served.to > now { Err(WrongTime::Future(When(served.to))) } else { Ok(()) }
}

impl From<WrongTime> for OpenDisputeRefusal {
    fn from(wrong: WrongTime) -> Self {
        match wrong {
            WrongTime::Reversed => Self::TimesReversed,
            WrongTime::Future(served_to) => Self::NotServedYet { served_to },
        }
    }
}

impl From<WrongTime> for DisputeRefusal {
    fn from(wrong: WrongTime) -> Self {
        match wrong {
            WrongTime::Reversed => Self::TimesReversed,
            WrongTime::Future(served_to) => Self::NotServedYet { served_to },
        }
    }
}

#[cfg(test)]
mod tests {
    use boai_entity::{
        ids::{ActivityId, AttendanceId, ServiceRecordId, ShiftId, TeamId, VolunteerId},
        kinds::{Book, Category},
    };
    use chrono::NaiveDate;
    use uuid::Uuid;

    use super::*;

    fn day(day: i64) -> Instant {
        Instant::UNIX_EPOCH + TimeDelta::days(20_000 + day)
    }

    /// Settled on day 0; its notice, if it has one, ends on day 3.
    fn record(state: RecordState) -> service_record::Model {
        let nobody = Uuid::nil();
        service_record::Model {
            id: ServiceRecordId(nobody),
            attendance_id: AttendanceId(nobody),
            volunteer_id: VolunteerId(nobody),
            shift_id: ShiftId(nobody),
            activity_id: ActivityId(nobody),
            team_id: TeamId(nobody),
            category: Category::Elderly,
            service_date: NaiveDate::MIN,
            served_from: day(0),
            served_to: day(0),
            minutes: 60,
            state,
            book: Book::SystemProved,
            reason: None,
            recorded_at: day(0),
            confirmed_at: Some(day(0)),
            confirmed_by: None,
            awaits: None,
            notice_until: (state == RecordState::Confirmed).then(|| day(3)),
        }
    }

    fn open(side: DisputeSide, record: Option<&service_record::Model>, on: i64) -> Result<(), OpenDisputeRefusal> {
        let case = OpenCase { side, record, record_by: day(14), earlier: 0 };
        may_open(&case, &Disputes::default(), day(on))
    }

    #[test]
    fn a_member_of_the_team_may_while_the_team_sees_it_and_the_volunteer_for_180_days_more() {
        let confirmed = record(RecordState::Confirmed);
        assert_eq!(open(DisputeSide::TeamMember, Some(&confirmed), 2), Ok(()));
        let over = Err(OpenDisputeRefusal::NoticeOver { ended_at: When(day(3)) });
        assert_eq!(open(DisputeSide::TeamMember, Some(&confirmed), 3), over);
        for on in [0, 3, 183] {
            assert_eq!(open(DisputeSide::Volunteer, Some(&confirmed), on), Ok(()));
        }
        let late = Err(OpenDisputeRefusal::TooLate { within_days: 180 });
        assert_eq!(open(DisputeSide::Volunteer, Some(&confirmed), 184), late);
    }

    #[test]
    fn what_was_rejected_or_never_recorded_is_the_volunteer_s_alone() {
        let (rejected, pending) = (record(RecordState::Rejected), record(RecordState::Pending));
        for record in [Some(&rejected), Some(&pending), None] {
            assert_eq!(open(DisputeSide::TeamMember, record, 0), Err(OpenDisputeRefusal::NotFound));
        }
        assert_eq!(open(DisputeSide::Volunteer, Some(&rejected), 180), Ok(()));
        for record in [Some(&pending), None] {
            let waits = Err(OpenDisputeRefusal::NotRecordedYet { record_by: When(day(14)) });
            assert_eq!(open(DisputeSide::Volunteer, record, 13), waits);
            assert_eq!(open(DisputeSide::Volunteer, record, 14), Ok(()));
            assert_eq!(
                open(DisputeSide::Volunteer, record, 195),
                Err(OpenDisputeRefusal::TooLate { within_days: 180 })
            );
        }
    }

    #[test]
    fn the_fourth_dispute_of_one_person_is_one_too_many() {
        let confirmed = record(RecordState::Confirmed);
        let case =
            |earlier| OpenCase { side: DisputeSide::Volunteer, record: Some(&confirmed), record_by: day(14), earlier };
        assert_eq!(may_open(&case(2), &Disputes::default(), day(1)), Ok(()));
        let refused = Err(OpenDisputeRefusal::TooManyDisputes { at_most: 3 });
        assert_eq!(may_open(&case(3), &Disputes::default(), day(1)), refused);
    }

    #[test]
    fn a_time_has_passed_and_does_not_run_backwards() {
        let span = |from, to| Span { from: day(from), to: day(to) };
        assert_eq!(check_time(span(0, 1), day(1)), Ok(()));
        assert_eq!(check_time(span(1, 1), day(1)), Err(WrongTime::Reversed));
        assert_eq!(check_time(span(0, 2), day(1)), Err(WrongTime::Future(When(day(2)))));
    }
}
