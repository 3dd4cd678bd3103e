//! Who gets which quota, and why things are refused.

use boai_entity::{honour_kinds::CommendedKind, ids::BranchId};

use crate::{awards::rules::ReviewRefusal, platform::refusal::When, refusals};

refusals! {
    /// Why nothing was done with the round.
    CommendationRefusal, CommendationErrorCode, CommendationError {
        /// There is no such branch or round in your care.
        NotFound => "There is no such branch or round in your care.", "没有您可处理的该红十字会或表扬。";
        /// A quota is for the branch itself, or one below it.
        QuotaElsewhere at "quotas" => "A quota is for the branch itself or one below it, once for each kind.", "名额只能分配给本级或下级红十字会,每类一次。";
        /// The round is past this, or not there yet.
        WrongState => "The round is past this step, or has not come to it yet.", "该表扬已过或尚未到这一步。";
        /// Somebody was not reviewed yet.
        StillToReview { left: i64 } => "{left} nominations were not reviewed yet. Let each pass or refuse them with a reason.", "还有 {left} 项提名未评审,请逐一通过或注明理由不予通过。";
        /// Nobody passed.
        NobodyPassed => "Nobody passed. Cancel the round with a reason.", "无提名通过,可注明理由取消本次表扬。";
        /// The notice is not over.
        NoticeRuns { until: When } => "The notice runs until {until}. The list is published after that.", "公示至 {until},期满后方可发布名单。";
    }
}

refusals! {
    /// Why nobody was nominated, or the nomination was not taken back.
    NominateRefusal, NominateErrorCode, NominateError {
        /// There is no such round, branch, volunteer, team or nomination in your care.
        NotFound => "There is no such round, branch, volunteer, team or nomination in your care.", "没有您可处理的该表扬、红十字会、志愿者、服务队或提名。";
        /// The round takes no nominations any more.
        NominationsOver => "This round takes no nominations any more.", "该表扬的提名已截止。";
        /// The quota is used up.
        QuotaUsedUp { quota: i32 } => "Your branch may nominate {quota} of this kind, and has. Take a nomination back first.", "本单位该类名额为 {quota} 个,已用完,可先撤回其他提名。";
        /// They are nominated already.
        AlreadyNominated => "They are nominated in this round already.", "已在本次表扬中被提名。";
        /// Nobody nominates themself.
        OwnName => "Nobody nominates themself. Another officer does.", "不能提名本人,须由其他干部提名。";
    }
}

refusals! {
    /// Why a nomination was not reviewed.
    ReviewNomineeRefusal, ReviewNomineesErrorCode, ReviewNomineesError {
        /// There is no such nomination in a round in your care.
        NotFound at "items.nomineeId" => "There is no such nomination.", "没有该提名。";
        /// It is your own name.
        OwnName at "items.nomineeId" => "This is your own name. Another officer reviews it.", "这是您本人的提名,须由其他干部评审。";
        /// A refusal needs its reason.
        ReasonNeeded at "items.reason" => "A refusal needs a reason; whoever nominated reads it.", "不予通过须填写理由,提名人将看到。";
        /// The round is not under review.
        NotUnderReview at "roundId" => "The nominations of this round are not under review.", "该表扬不在评审阶段。";
        /// While the notice runs nobody can pass any more.
        NoticeRuns at "items.verdict" => "The notice runs, and nobody can pass any more who was not shown. Only a refusal is possible.", "公示期间不能新增通过对象,只能不予通过。";
    }
}

/// A reviewer says of a nominee what may be said of somebody on the list for a star.
impl From<ReviewRefusal> for ReviewNomineeRefusal {
    fn from(refusal: ReviewRefusal) -> Self {
        match refusal {
            ReviewRefusal::NotFound => Self::NotFound,
            ReviewRefusal::OwnStar => Self::OwnName,
            ReviewRefusal::ReasonNeeded => Self::ReasonNeeded,
            ReviewRefusal::NotUnderReview => Self::NotUnderReview,
            ReviewRefusal::NoticeRuns => Self::NoticeRuns,
        }
    }
}

/// Quotas of a round.
pub const MOST_QUOTAS: usize = 500;
/// Of one branch and kind: the whole system commends some hundreds a year.
pub const MOST_OF_A_KIND: i32 = 1000;

/// How many of a kind a branch may nominate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub branch: BranchId,
    pub kind: CommendedKind,
    pub quota: i32,
}

/// Whether each branch and kind has one quota, for each branch that is known to lie below.
pub fn quotas_stand(quotas: &[Quota], below: &[BranchId]) -> bool {
    let mut seen = std::collections::HashSet::new();
    quotas.iter().all(|quota| seen.insert((quota.branch, quota.kind)) && below.contains(&quota.branch))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_quota_is_for_a_branch_below_and_once_a_kind() {
        let [west, east] = [1, 2].map(|number| BranchId(Uuid::from_u128(number)));
        let quota = |branch, kind| Quota { branch, kind, quota: 3 };
        use CommendedKind::{Team, Volunteer};
        assert!(quotas_stand(&[quota(west, Team), quota(west, Volunteer), quota(east, Team)], &[west, east]));
        assert!(!quotas_stand(&[quota(west, Team), quota(west, Team)], &[west]));
        assert!(!quotas_stand(&[quota(east, Team)], &[west]));
        assert!(quotas_stand(&[], &[]));
    }
}
