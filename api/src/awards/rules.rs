//! Which branch awards which stars, what a reviewer may say of whom, and why things are refused.

use boai_entity::{
    Instant,
    award_kinds::{AwardRoundState, CandidateState},
    ids::PersonId,
    kinds::{BranchKind, DivisionLevel},
};
use chrono::{Days, NaiveDate};

use crate::{
    platform::{
        civil::{civil_day, day_bounds},
        refusal::When,
    },
    refusals,
};

refusals! {
    /// Why nothing was done with the round.
    AwardRoundRefusal, AwardRoundErrorCode, AwardRoundError {
        /// There is no such branch or round in your care.
        NotFound => "There is no such branch or round in your care.", "没有您可处理的该红十字会或评定。";
        /// This branch does not award these stars.
        NotCompetent at "toStar" => "One to four stars are awarded by a county, a city or the province, five by the province in a round of their own.", "一至四星由县、市或省红十字会评定,五星由省红十字会单独评定。";
        /// The cut-off lies too far ahead.
        CutOffTooFar { latest: String } at "cutOff" => "The cut-off can be {latest} at the latest.", "截止日最晚为 {latest}。";
        /// The cut-off day is not over.
        CutOffNotOver { over_at: When } => "The cut-off day is over at {over_at}. The list can be frozen from then on.", "截止日于 {over_at} 结束,此后方可生成名单。";
        /// So many would be listed that nobody could review them.
        TooMany { most: i64 } => "More than {most} would be listed. Open rounds for fewer stars, or for the branches below.", "名单将超过 {most} 人次。请缩小星级范围或由下级红十字会分别评定。";
        /// The round is past this, or not there yet.
        WrongState => "The round is past this step, or has not come to it yet.", "该评定已过或尚未到这一步。";
        /// Somebody was not reviewed yet.
        StillToReview { left: i64 } => "{left} on the list were not reviewed yet. Let each pass or refuse them with a reason.", "名单中还有 {left} 人次未评审,请逐一通过或注明理由不予通过。";
        /// Nobody passed.
        NobodyPassed => "Nobody passed. Cancel the round with a reason.", "无人通过评审,可注明理由取消本次评定。";
        /// The notice is not over.
        NoticeRuns { until: When } => "The notice runs until {until}. Stars are awarded after that.", "公示至 {until},期满后方可授予。";
        /// Objections were not answered yet.
        ObjectionsWait { waiting: i64 } => "{waiting} objections were not answered yet. Answer them first.", "还有 {waiting} 条异议未答复,请先答复。";
    }
}

refusals! {
    /// Why somebody on the list was not reviewed.
    ReviewRefusal, ReviewStarCandidatesErrorCode, ReviewStarCandidatesError {
        /// There is nobody like that on a list in your care.
        NotFound at "items.candidateId" => "There is nobody like that on the list.", "名单中没有该人员。";
        /// It is your own star.
        OwnStar at "items.candidateId" => "This is your own star. Another officer reviews it.", "这是您本人的星级,须由其他干部评审。";
        /// A refusal needs its reason.
        ReasonNeeded at "items.reason" => "A refusal needs a reason; the volunteer reads it.", "不予通过须填写理由,志愿者将看到。";
        /// The round is not under review.
        NotUnderReview at "roundId" => "The list of this round is not under review.", "该评定不在评审阶段。";
        /// While the notice runs nobody can pass any more.
        NoticeRuns at "items.verdict" => "The notice runs, and nobody can pass any more who was not shown. Only a refusal is possible.", "公示期间不能新增通过人员,只能不予通过。";
    }
}

refusals! {
    /// Why the objection was not taken, or not answered.
    ObjectionRefusal, ObjectionErrorCode, ObjectionError {
        /// There is no such star under notice, or no such objection in your care.
        NotFound => "There is no such star under notice for you, or no such objection in your care.", "没有您可异议的公示星级,或没有您可处理的该异议。";
        /// It is your own star.
        OwnStar => "This is your own star. Somebody else objects to it, or answers.", "这是您本人的星级,须由他人处理。";
        /// You have objected to it already.
        AlreadyObjected at "candidateId" => "You have objected to this star already.", "您已对该星级提出过异议。";
        /// It is your own objection.
        OwnObjection at "objectionId" => "This is your own objection. Another officer answers it.", "这是您本人提出的异议,须由其他干部答复。";
        /// Somebody has answered it.
        AlreadyAnswered at "objectionId" => "Somebody has answered this objection already.", "该异议已答复。";
    }
}

refusals! {
    /// Why the star was not revoked, or the case not decided.
    StarRefusal, StarErrorCode, StarError {
        /// There is no such star or case in your care.
        NotFound => "There is no such star or case in your care.", "没有您可处理的该星级或事项。";
        /// It is your own star.
        OwnStar => "This is your own star. Another officer decides.", "这是您本人的星级,须由其他干部处理。";
        /// It was revoked before.
        AlreadyRevoked at "awardId" => "This star was revoked already.", "该星级已撤销。";
        /// Somebody has decided the case.
        AlreadyDecided at "caseId" => "Somebody has decided this case already.", "该事项已处理。";
        /// A higher star stands on it.
        HigherStands { star: i32 } => "Star {star} stands on this one. It is revoked first, by the branch that awarded it.", "该志愿者仍持有{star}星级,须先由授予单位撤销更高星级。";
    }
}

/// A list that nobody could review is none.
pub const MOST_LISTED: u64 = 50_000;

/// Whom a round looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody who lives in the division or is in a team of a branch there.
    System,
    /// Who lives in the division, or is in a team of the branch itself.
    Residents,
    /// Who is in a team of the branch itself: a province has counties for the others.
    OwnTeams,
}

/// Whom a branch may award these stars, if anybody.
pub fn competence(level: DivisionLevel, kind: BranchKind, from_star: i32, to_star: i32) -> Option<Scope> {
    if kind != BranchKind::Territorial || from_star < 1 || from_star > to_star {
        return None;
    }
    match (level, from_star, to_star) {
        (DivisionLevel::Province, 5, 5) => Some(Scope::System),
        (DivisionLevel::Province, _, ..=4) => Some(Scope::OwnTeams),
        (DivisionLevel::City | DivisionLevel::County, _, ..=4) => Some(Scope::Residents),
        _ => None,
    }
}

/// A round is planned a year ahead at most, and looks back as far as one likes.
pub fn check_cut_off(cut_off: NaiveDate, now: Instant) -> Result<(), AwardRoundRefusal> {
    let latest = civil_day(now) + Days::new(366);
    if cut_off > latest {
        return Err(AwardRoundRefusal::CutOffTooFar { latest: latest.to_string() });
    }
    Ok(())
}

/// The first moment after the cut-off day, once it is there.
pub fn cut_off_over(cut_off: NaiveDate, now: Instant) -> Result<Instant, AwardRoundRefusal> {
    let over_at = day_bounds(cut_off).1;
    if now < over_at { Err(AwardRoundRefusal::CutOffNotOver { over_at: When(over_at) }) } else { Ok(over_at) }
}

/// A reviewer's word on somebody on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Refuse(String),
}

/// Whether a reviewer may say this of somebody now.
pub fn may_say(
    (round, candidate): (AwardRoundState, CandidateState),
    verdict: &Verdict,
    (whose, reviewer): (PersonId, PersonId),
) -> Result<(), ReviewRefusal> {
    if whose == reviewer {
        return Err(ReviewRefusal::OwnStar);
    }
    match (round, verdict) {
        (_, Verdict::Refuse(reason)) if reason.is_empty() => Err(ReviewRefusal::ReasonNeeded),
        (AwardRoundState::Reviewing, _) | (AwardRoundState::Notice, Verdict::Refuse(_)) => Ok(()),
        // Who passed before the notice has passed.
        (AwardRoundState::Notice, Verdict::Pass) if candidate == CandidateState::Passed => Ok(()),
        (AwardRoundState::Notice, Verdict::Pass) => Err(ReviewRefusal::NoticeRuns),
        _ => Err(ReviewRefusal::NotUnderReview),
    }
}

/// How a star is told of: ★★★.
pub fn stars_text(star: i32) -> String {
    "★".repeat(usize::try_from(star).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use boai_entity::ids::PersonId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn five_stars_are_the_provinces_and_villages_award_none() {
        use DivisionLevel::{City, County, Province, Township, Village};
        let territorial = |level, from, to| competence(level, BranchKind::Territorial, from, to);
        assert_eq!(territorial(Province, 5, 5), Some(Scope::System));
        assert_eq!(territorial(Province, 1, 4), Some(Scope::OwnTeams));
        assert_eq!(territorial(City, 1, 4), Some(Scope::Residents));
        assert_eq!(territorial(County, 2, 3), Some(Scope::Residents));
        for (level, from, to) in
            [(City, 5, 5), (County, 4, 5), (Province, 4, 5), (Township, 1, 1), (Village, 1, 4), (County, 3, 2)]
        {
            assert_eq!(territorial(level, from, to), None, "{level:?} {from} {to}");
        }
        assert_eq!(territorial(Province, 0, 4), None);
        assert_eq!(territorial(Province, 1, 6), None);
        assert_eq!(competence(Province, BranchKind::School, 5, 5), None);
    }

    #[test]
    fn a_cut_off_day_is_over_at_midnight_in_china() {
        let day: NaiveDate = "2026-05-08".parse().unwrap();
        let midnight: Instant = "2026-05-08T16:00:00Z".parse().unwrap();
        assert_eq!(cut_off_over(day, midnight), Ok(midnight));
        let before = cut_off_over(day, midnight - chrono::TimeDelta::milliseconds(1));
        assert_eq!(before, Err(AwardRoundRefusal::CutOffNotOver { over_at: When(midnight) }));
        assert_eq!(check_cut_off("2027-05-10".parse().unwrap(), midnight), Ok(()));
        assert!(check_cut_off("2027-05-11".parse().unwrap(), midnight).is_err());
    }

    #[test]
    fn nobody_reviews_themselves_and_in_the_notice_nobody_passes_any_more() {
        let [wang, li] = [1, 2].map(|number| PersonId(Uuid::from_u128(number)));
        let (no, empty) = (Verdict::Refuse("时长存疑".into()), Verdict::Refuse(String::new()));
        let say = |round, candidate, verdict: &Verdict| may_say((round, candidate), verdict, (wang, li));
        use AwardRoundState::{Awarded, Notice, Opened, Reviewing};
        use CandidateState::{Listed, Passed, Refused};
        assert_eq!(say(Reviewing, Listed, &Verdict::Pass), Ok(()));
        assert_eq!(say(Reviewing, Refused, &Verdict::Pass), Ok(()));
        assert_eq!(say(Reviewing, Listed, &empty), Err(ReviewRefusal::ReasonNeeded));
        assert_eq!(say(Notice, Passed, &no), Ok(()));
        assert_eq!(say(Notice, Passed, &Verdict::Pass), Ok(()));
        assert_eq!(say(Notice, Refused, &Verdict::Pass), Err(ReviewRefusal::NoticeRuns));
        for over in [Opened, Awarded, AwardRoundState::Cancelled] {
            assert_eq!(say(over, Passed, &no), Err(ReviewRefusal::NotUnderReview));
        }
        assert_eq!(may_say((Reviewing, Listed), &no, (li, li)), Err(ReviewRefusal::OwnStar));
    }
}
