//! Who may decide on an act, and until when.

use boai_entity::{Instant, ids::PersonId, kinds::ActState, pending_act};
use chrono::TimeDelta;

use crate::{platform::refusal::When, refusals};

/// Days that an act waits for the second person.
pub const ACT_DAYS: i64 = 7;

refusals! {
    /// Why the act was not decided.
    ActRefusal, ActErrorCode, ActError {
        /// There is no such act that you may decide.
        NotFound at "actId" => "There is no such act that you may decide.", "没有您可处理的该事项。";
        /// Nobody approves what they proposed.
        OwnProposal at "actId"
            => "You proposed this yourself; it takes a second person. You can withdraw it with `declineAct`.",
               "此事项由您本人提出,须由另一人批准;您可以撤回。";
        /// Nobody approves what is about themself.
        AboutYourself at "actId" => "This is about yourself; somebody else must approve it.", "此事项涉及您本人,须由他人批准。";
        /// It has been decided already.
        AlreadyDecided { state: String } at "actId" => "This has been decided already: it is {state}.", "该事项已处理({state})。";
        /// Nobody decided in time.
        Expired { expired_at: When } at "actId"
            => "Nobody decided until {expired_at}, so it is void. Propose it anew.", "该事项已于{expired_at}失效,请重新提出。";
        /// Whoever proposed it may no longer do so.
        ProposerGone at "actId"
            => "Whoever proposed this has lost the competence since. Propose it anew yourself.", "提出人已无相应权限,请重新提出。";
        /// What was proposed can no longer be done.
        NoLongerPossible { why: String } at "actId"
            => "What was proposed can no longer be done: {why}", "该事项已无法执行:{why}";
    }
}

pub fn expires(now: Instant) -> Instant {
    now + TimeDelta::days(ACT_DAYS)
}

/// Whether this person, who has the competence, may approve it now.
pub fn may_approve(act: &pending_act::Model, person: PersonId, now: Instant) -> Result<(), ActRefusal> {
    if act.proposed_by == person {
        return Err(ActRefusal::OwnProposal);
    }
    if act.subject_id == person {
        return Err(ActRefusal::AboutYourself);
    }
    is_waiting(act, now)
}

pub fn is_waiting(act: &pending_act::Model, now: Instant) -> Result<(), ActRefusal> {
    match state_at(act, now) {
        ActState::Waiting => Ok(()),
        ActState::Expired => Err(ActRefusal::Expired { expired_at: When(act.expires_at) }),
        decided => Err(ActRefusal::AlreadyDecided { state: decided.as_str() }),
    }
}

/// Where it stands: what nobody decided in time is void, whether or not that was written down.
pub fn state_at(act: &pending_act::Model, now: Instant) -> ActState {
    if act.state == ActState::Waiting && act.expires_at <= now { ActState::Expired } else { act.state }
}

#[cfg(test)]
mod tests {
    use boai_entity::{
        ids::{BranchId, PendingActId},
        kinds::ActKind,
        pending_act::Deed,
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn person(id: u8) -> PersonId {
        PersonId(Uuid::from_u128(id.into()))
    }

    fn at(second: i64) -> Instant {
        Instant::from_timestamp(second, 0).unwrap()
    }

    fn act(state: ActState) -> pending_act::Model {
        pending_act::Model {
            id: PendingActId(Uuid::nil()),
            kind: ActKind::ResetSecondFactor,
            branch_id: BranchId(Uuid::nil()),
            subject_id: person(2),
            deed: Deed::ResetSecondFactor,
            reason: "手机丢失".into(),
            proposed_by: person(1),
            proposed_at: at(0),
            expires_at: expires(at(0)),
            state,
            decided_by: None,
            decided_at: None,
        }
    }

    #[test]
    fn an_act_is_good_for_seven_days() {
        let end = 7 * 24 * 3600;
        assert_eq!(may_approve(&act(ActState::Waiting), person(3), at(end - 1)), Ok(()));
        let expired = Err(ActRefusal::Expired { expired_at: When(at(end)) });
        assert_eq!(may_approve(&act(ActState::Waiting), person(3), at(end)), expired);
        let decided = Err(ActRefusal::AlreadyDecided { state: "DECLINED".into() });
        assert_eq!(may_approve(&act(ActState::Declined), person(3), at(0)), decided);
    }

    proptest! {
        /// Whoever, whenever, in whatever state: an act that is approved waits in time, and has two persons behind it, of
        /// whom neither is the one it is about.
        #[test]
        fn two_persons_stand_behind_every_approval(who in 0_u8..5, second in -10_i64..1_000_000, state in 0..5) {
            let states =
                [ActState::Waiting, ActState::Approved, ActState::Declined, ActState::Withdrawn, ActState::Expired];
            let act = act(states[state as usize]);
            let approved = may_approve(&act, person(who), at(second)).is_ok();
            let right = who != 1 && who != 2 && act.state == ActState::Waiting && at(second) < act.expires_at;
            prop_assert_eq!(approved, right);
        }
    }
}
