//! What is done with rounds, lists, objections, awards and cases.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use boai_entity::ids::{AwardObjectionId, AwardRoundId, BranchId, StarAwardId, StarCandidateId, StarCaseId};

use super::{
    super::{
        objections, review,
        rules::{AwardRoundError, ObjectionError, ReviewStarCandidatesError, StarError, Verdict},
        service, stars,
    },
    AwardObjection, AwardRound, StarAward, StarCandidate, StarCase,
};
use crate::{
    graphql::{ctx, settle},
    platform::{errors::Fault, node::GlobalId, scalars::Date, text},
};

/// What `openAwardRound` takes.
#[derive(InputObject)]
struct OpenAwardRoundInput {
    /// A branch in your care: a county, a city or the province.
    branch_id: GlobalId<BranchId>,
    /// The lowest star.
    from_star: i32,
    /// The highest: four at most, or five in a round of the province for nothing else.
    to_star: i32,
    /// The last day (Asia/Shanghai) whose entries count.
    cut_off: Date,
}

/// What takes a round.
#[derive(InputObject)]
struct AwardRoundInput {
    /// A round of a branch in your care.
    round_id: GlobalId<AwardRoundId>,
}

/// What `cancelAwardRound` takes.
#[derive(InputObject)]
struct CancelAwardRoundInput {
    /// A round of a branch in your care that has awarded nothing.
    round_id: GlobalId<AwardRoundId>,
    /// Who passed reads it if they were told; at most 500 characters.
    reason: String,
}

/// What became of a round.
#[derive(SimpleObject)]
struct AwardRoundPayload {
    /// As it stands now; null when nothing was done.
    round: Option<AwardRound>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<AwardRoundError>,
}

/// What a reviewer says of somebody on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CandidateVerdict {
    /// 通过
    Pass,
    /// 不予通过, with a `reason`.
    Refuse,
}

/// The word with its reason, as it is said.
pub fn verdict(said: CandidateVerdict, reason: &str) -> Result<Verdict, Fault> {
    let reason = text::field("reason", reason, 500, false)?;
    Ok(match said {
        CandidateVerdict::Pass => Verdict::Pass,
        CandidateVerdict::Refuse => Verdict::Refuse(reason),
    })
}

/// The word on one of the list.
#[derive(InputObject)]
struct ReviewStarCandidateItem {
    /// Of the round's list.
    candidate_id: GlobalId<StarCandidateId>,
    /// Passes when left out.
    #[graphql(default_with = "CandidateVerdict::Pass")]
    verdict: CandidateVerdict,
    /// For `REFUSE`: the volunteer reads it; at most 500 characters.
    #[graphql(default)]
    reason: String,
}

/// What `reviewStarCandidates` takes.
#[derive(InputObject)]
struct ReviewStarCandidatesInput {
    /// A round of a branch in your care.
    round_id: GlobalId<AwardRoundId>,
    /// At most 200. Each is decided by itself: one that is refused spoils no other.
    items: Vec<ReviewStarCandidateItem>,
}

/// What became of one item.
#[derive(SimpleObject)]
struct ReviewStarCandidateResult {
    /// The item's candidate.
    candidate_id: GlobalId<StarCandidateId>,
    /// As it stands now; null when nothing was done.
    candidate: Option<StarCandidate>,
    /// Why nothing was done, for people and for the app; empty when it was.
    errors: Vec<ReviewStarCandidatesError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct ReviewStarCandidatesPayload {
    /// One for each item, in the order given.
    results: Vec<ReviewStarCandidateResult>,
    /// The errors of all items together.
    errors: Vec<ReviewStarCandidatesError>,
}

/// What `objectToStar` takes.
#[derive(InputObject)]
struct ObjectToStarInput {
    /// Of a round's notice.
    candidate_id: GlobalId<StarCandidateId>,
    /// What you know; at most 500 characters. The reviewers read it, with your name.
    words: String,
}

/// What `answerObjection` takes.
#[derive(InputObject)]
struct AnswerObjectionInput {
    /// Of a round in your care.
    objection_id: GlobalId<AwardObjectionId>,
    /// Whether the star is refused therefore.
    upheld: bool,
    /// Whoever objected reads it, and the volunteer whose star is refused; at most 500 characters.
    answer: String,
}

/// What became of an objection.
#[derive(SimpleObject)]
struct ObjectionPayload {
    /// As it stands now; null when nothing was done.
    objection: Option<AwardObjection>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ObjectionError>,
}

/// What `revokeStar` takes.
#[derive(InputObject)]
struct RevokeStarInput {
    /// A star that a branch in your care awarded.
    award_id: GlobalId<StarAwardId>,
    /// The volunteer reads it; at most 500 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct RevokeStarPayload {
    /// As it stands now; null when nothing was done.
    award: Option<StarAward>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<StarError>,
}

/// What is decided about a star in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum StarCaseDecision {
    /// 保留: it stays.
    Keep,
    /// 撤销: it is revoked.
    Revoke,
}

/// What `decideStarCase` takes.
#[derive(InputObject)]
struct DecideStarCaseInput {
    /// Of `starCases`.
    case_id: GlobalId<StarCaseId>,
    /// What is decided.
    decision: StarCaseDecision,
    /// The volunteer reads it; at most 500 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct DecideStarCasePayload {
    /// As it stands now; null when nothing was done.
    case: Option<StarCase>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<StarError>,
}

#[derive(Default)]
pub struct AwardMutation;

#[Object]
impl AwardMutation {
    /// 启动星级评定: opens a round of a branch for stars in its competence.
    async fn open_award_round(&self, gql: &Context<'_>, input: OpenAwardRoundInput) -> Result<AwardRoundPayload> {
        let ctx = ctx(gql);
        let stars = (input.from_star, input.to_star);
        let opened = service::open(ctx, input.branch_id.0, stars, input.cut_off.0).await;
        let (round, errors) = settle(ctx, opened, AwardRoundError::new)?;
        Ok(AwardRoundPayload { round: round.map(AwardRound), errors })
    }

    /// Freezes the list of who is eligible, by the ledger at the end of the cut-off day: records that were final then. Somebody
    /// is listed for every star of the round above the one that they hold.
    async fn freeze_award_round(&self, gql: &Context<'_>, input: AwardRoundInput) -> Result<AwardRoundPayload> {
        let ctx = ctx(gql);
        let (round, errors) = settle(ctx, service::freeze(ctx, input.round_id.0).await, AwardRoundError::new)?;
        Ok(AwardRoundPayload { round: round.map(AwardRound), errors })
    }

    /// Lets people on the list pass, or refuses them; never oneself. Saying something else is possible until the notice, and in
    /// the notice a refusal still is.
    async fn review_star_candidates(
        &self,
        gql: &Context<'_>,
        input: ReviewStarCandidatesInput,
    ) -> Result<ReviewStarCandidatesPayload> {
        let ctx = ctx(gql);
        let given = input.items.len();
        if given > review::AT_ONCE {
            let most = review::AT_ONCE;
            return Err(
                Fault::bad_input(format!("`items` has {given} items; at most {most} are taken at once.")).into()
            );
        }
        let item = |item: &ReviewStarCandidateItem| Ok((item.candidate_id.0, verdict(item.verdict, &item.reason)?));
        let items = input.items.iter().map(item).collect::<Result<Vec<_>, Fault>>()?;
        let reviewed = review::review(ctx, input.round_id.0, &items).await?;
        let result = |(candidate_id, reviewed): (GlobalId<StarCandidateId>, review::Reviewed)| match reviewed {
            Ok(candidate) => ReviewStarCandidateResult {
                candidate_id,
                candidate: Some(StarCandidate(candidate)),
                errors: Vec::new(),
            },
            Err(refusal) => ReviewStarCandidateResult {
                candidate_id,
                candidate: None,
                errors: vec![ReviewStarCandidatesError::new(&refusal, ctx.lang)],
            },
        };
        let ids = input.items.iter().map(|item| item.candidate_id);
        let results: Vec<_> = ids.zip(reviewed).map(result).collect();
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(ReviewStarCandidatesPayload { results, errors })
    }

    /// 公示: puts who passed under notice, once everybody on the list was reviewed.
    async fn publish_award_round(&self, gql: &Context<'_>, input: AwardRoundInput) -> Result<AwardRoundPayload> {
        let ctx = ctx(gql);
        let (round, errors) = settle(ctx, service::publish(ctx, input.round_id.0).await, AwardRoundError::new)?;
        Ok(AwardRoundPayload { round: round.map(AwardRound), errors })
    }

    /// 授予: awards the stars of a round once its notice is over and every objection is answered.
    async fn award_stars(&self, gql: &Context<'_>, input: AwardRoundInput) -> Result<AwardRoundPayload> {
        let ctx = ctx(gql);
        let (round, errors) = settle(ctx, service::award(ctx, input.round_id.0).await, AwardRoundError::new)?;
        Ok(AwardRoundPayload { round: round.map(AwardRound), errors })
    }

    /// Cancels a round that has awarded nothing.
    async fn cancel_award_round(&self, gql: &Context<'_>, input: CancelAwardRoundInput) -> Result<AwardRoundPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let cancelled = service::cancel(ctx, input.round_id.0, reason).await;
        let (round, errors) = settle(ctx, cancelled, AwardRoundError::new)?;
        Ok(AwardRoundPayload { round: round.map(AwardRound), errors })
    }

    /// 异议: objects to a star under notice; for the branch's volunteers and those of the branches below, once a star.
    async fn object_to_star(&self, gql: &Context<'_>, input: ObjectToStarInput) -> Result<ObjectionPayload> {
        let ctx = ctx(gql);
        let words = text::field("words", &input.words, 500, true)?;
        let objected = objections::object(ctx, input.candidate_id.0, words).await;
        let (objection, errors) = settle(ctx, objected, ObjectionError::new)?;
        Ok(ObjectionPayload { objection: objection.map(AwardObjection), errors })
    }

    /// Answers an objection. One that is upheld refuses the star, with the answer as its reason.
    async fn answer_objection(&self, gql: &Context<'_>, input: AnswerObjectionInput) -> Result<ObjectionPayload> {
        let ctx = ctx(gql);
        let answer = text::field("answer", &input.answer, 500, true)?;
        let answered = objections::answer(ctx, input.objection_id.0, input.upheld, answer).await;
        let (objection, errors) = settle(ctx, answered, ObjectionError::new)?;
        Ok(ObjectionPayload { objection: objection.map(AwardObjection), errors })
    }

    /// 撤销星级: revokes a star with a reason. A higher one that stands on it is revoked first.
    async fn revoke_star(&self, gql: &Context<'_>, input: RevokeStarInput) -> Result<RevokeStarPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let (award, errors) = settle(ctx, stars::revoke(ctx, input.award_id.0, reason).await, StarError::new)?;
        Ok(RevokeStarPayload { award: award.map(StarAward), errors })
    }

    /// Decides about a star whose hours no longer reach after a correction.
    async fn decide_star_case(&self, gql: &Context<'_>, input: DecideStarCaseInput) -> Result<DecideStarCasePayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let keep = input.decision == StarCaseDecision::Keep;
        let (case, errors) = settle(ctx, stars::decide(ctx, input.case_id.0, keep, reason).await, StarError::new)?;
        Ok(DecideStarCasePayload { case: case.map(StarCase), errors })
    }
}
