//! What is submitted to a file, checked and entered.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::ids::{BranchId, EvaluationId, OutsideHonourId, TeamId, TrainingRecordId};

use super::{
    super::{
        entries::{self, Rating, Training, Unit},
        honours::{self, Submitted},
        rules::{
            AT_ONCE, DecideHonoursError, FileEntryError, MOST_LEARNING_MINUTES, SubmitHonourError, is_digest,
            is_past_day, may_evaluate,
        },
        store::Entry,
    },
    Evaluation, OutsideHonour, TrainingRecord,
};
use crate::{
    graphql::{ctx, settle},
    platform::{
        errors::Fault,
        node::GlobalId,
        scalars::{Date, Minutes},
        text,
    },
};

/// What `submitHonour` takes.
#[derive(InputObject)]
struct SubmitHonourInput {
    /// 荣誉名称; at most 100 characters.
    name: String,
    /// 授予日期
    awarded_on: Date,
    /// 授予单位; at most 100 characters.
    awarding_unit: String,
    /// 证明说明: what proves it; at most 1,000 characters.
    proof: String,
    /// Where the proof is to be found, a document's number or an address; at most 300 characters. This or `digest` is needed.
    reference: Option<String>,
    /// SHA-256 of the document that proves it, 64 hexadecimal digits: the document itself is shown to the officer.
    digest: Option<String>,
}

/// What became of it.
#[derive(SimpleObject)]
struct SubmitHonourPayload {
    /// Null when it was refused.
    honour: Option<OutsideHonour>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<SubmitHonourError>,
}

/// An officer's word on an honour.
#[derive(InputObject)]
struct DecideHonourItem {
    /// Of `honourQueue`.
    honour_id: GlobalId<OutsideHonourId>,
    /// Whether it goes into the volunteer's file.
    recognise: bool,
    /// Why not: the volunteer reads it; at most 500 characters. Of no meaning otherwise.
    #[graphql(default)]
    reason: String,
}

/// What `decideHonours` takes.
#[derive(InputObject)]
struct DecideHonoursInput {
    /// At most 200. Each is decided by itself: one that is refused spoils no other.
    items: Vec<DecideHonourItem>,
}

/// What became of one item.
#[derive(SimpleObject)]
struct DecideHonourResult {
    /// The item's honour.
    honour_id: GlobalId<OutsideHonourId>,
    /// As it stands now; null when nothing was done.
    honour: Option<OutsideHonour>,
    /// Why nothing was done, for people and for the app; empty when it was.
    errors: Vec<DecideHonoursError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct DecideHonoursPayload {
    /// One for each item, in the order given.
    results: Vec<DecideHonourResult>,
    /// The errors of all items together.
    errors: Vec<DecideHonoursError>,
}

fn unit(branch: Option<GlobalId<BranchId>>, team: Option<GlobalId<TeamId>>) -> Result<Unit, Fault> {
    match (branch, team) {
        (Some(branch), None) => Ok(Unit::Branch(branch.0)),
        (None, Some(team)) => Ok(Unit::Team(team.0)),
        _ => Err(Fault::bad_input("Give `branchId` or `teamId`, one of the two.")),
    }
}

/// What `recordTraining` takes.
#[derive(InputObject)]
struct RecordTrainingInput {
    /// 组织单位: a branch in your care, for its volunteers and those of the branches below; this or `teamId`.
    branch_id: Option<GlobalId<BranchId>>,
    /// 组织单位: a team in your care, for its members; this or `branchId`.
    team_id: Option<GlobalId<TeamId>>,
    /// 培训名称; at most 100 characters.
    name: String,
    /// 培训内容; at most 1,000 characters.
    content: String,
    /// 学时
    learning_time: Minutes,
    /// 培训日期; not in the future.
    trained_on: Date,
    /// 志愿者编号 of who took part; at most 200. Each is decided by itself: one that is refused spoils no other.
    volunteer_numbers: Vec<String>,
}

/// What became of one volunteer's.
#[derive(SimpleObject)]
struct RecordTrainingResult {
    /// As it was given.
    volunteer_number: String,
    /// What was entered; null when nothing was.
    training: Option<TrainingRecord>,
    /// Why nothing was entered, for people and for the app; empty when it was.
    errors: Vec<FileEntryError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct RecordTrainingPayload {
    /// One for each volunteer, in the order given.
    results: Vec<RecordTrainingResult>,
    /// The errors of all together.
    errors: Vec<FileEntryError>,
}

/// The rating of one volunteer.
#[derive(InputObject)]
struct EvaluateVolunteerItem {
    /// 志愿者编号
    volunteer_number: String,
    /// 1 to 5, the best.
    rating: i32,
    /// Why so: the volunteer reads it; at most 500 characters.
    reason: String,
}

/// What `evaluateVolunteers` takes.
#[derive(InputObject)]
struct EvaluateVolunteersInput {
    /// 评价单位: a branch in your care, for its volunteers and those of the branches below; this or `teamId`.
    branch_id: Option<GlobalId<BranchId>>,
    /// 评价单位: a team in your care, for its members; this or `branchId`.
    team_id: Option<GlobalId<TeamId>>,
    /// The calendar year: this one, or one of the ten before.
    year: i32,
    /// At most 200. Each is decided by itself: one that is refused spoils no other.
    items: Vec<EvaluateVolunteerItem>,
}

/// What became of one item.
#[derive(SimpleObject)]
struct EvaluateVolunteerResult {
    /// As it was given.
    volunteer_number: String,
    /// What was entered; null when nothing was.
    evaluation: Option<Evaluation>,
    /// Why nothing was entered, for people and for the app; empty when it was.
    errors: Vec<FileEntryError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct EvaluateVolunteersPayload {
    /// One for each item, in the order given.
    results: Vec<EvaluateVolunteerResult>,
    /// The errors of all items together.
    errors: Vec<FileEntryError>,
}

/// What `strikeFromFile` takes.
#[derive(InputObject)]
struct StrikeFromFileInput {
    /// A training that a branch or a team in your care entered; this or `evaluationId`.
    training_id: Option<GlobalId<TrainingRecordId>>,
    /// An evaluation that a branch or a team in your care entered; this or `trainingId`.
    evaluation_id: Option<GlobalId<EvaluationId>>,
    /// The volunteer reads it; at most 500 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct StrikeFromFilePayload {
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<FileEntryError>,
}

#[derive(Default)]
pub struct FileMutation;

#[Object]
impl FileMutation {
    /// 申报荣誉: submits an honour that somebody outside gave you, with what proves it. An officer of the county where you live, or
    /// above, checks it, and you hear.
    async fn submit_honour(&self, gql: &Context<'_>, input: SubmitHonourInput) -> Result<SubmitHonourPayload> {
        let ctx = ctx(gql);
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let reference = text::line("reference", input.reference.as_deref().unwrap_or_default(), 300, false)?;
        let digest = input.digest.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
        if !digest.is_empty() && !is_digest(&digest) {
            return Err(Fault::bad_input("`digest` is a SHA-256: 64 hexadecimal digits.").into());
        }
        let given = Submitted {
            name: text::line("name", &input.name, 100, true)?,
            awarded_on: input.awarded_on.0,
            awarding_unit: text::line("awardingUnit", &input.awarding_unit, 100, true)?,
            proof: text::field("proof", &input.proof, 1000, true)?,
            reference: some(reference),
            digest: some(digest),
        };
        let (honour, errors) = settle(ctx, honours::submit(ctx, given).await, SubmitHonourError::new)?;
        Ok(SubmitHonourPayload { honour: honour.map(OutsideHonour), errors })
    }

    /// 审核荣誉: recognises honours from outside, or refuses them with a reason; never one's own. For officers of the county where
    /// the volunteer lives, and those above.
    async fn decide_honours(&self, gql: &Context<'_>, input: DecideHonoursInput) -> Result<DecideHonoursPayload> {
        let ctx = ctx(gql);
        bounded("items", input.items.len())?;
        let item = |item: &DecideHonourItem| -> Result<_, Fault> {
            let reason = text::field("reason", &item.reason, 500, false)?;
            Ok((item.honour_id.0, (!item.recognise).then_some(reason)))
        };
        let items = input.items.iter().map(item).collect::<Result<Vec<_>, _>>()?;
        let decided = honours::decide(ctx, &items).await?;
        let result = |(honour_id, decided): (GlobalId<OutsideHonourId>, honours::Decided)| {
            let (honour, refusal) = match decided {
                Ok(honour) => (Some(OutsideHonour(honour)), None),
                Err(refusal) => (None, Some(DecideHonoursError::new(&refusal, ctx.lang))),
            };
            DecideHonourResult { honour_id, honour, errors: refusal.into_iter().collect() }
        };
        let ids = input.items.iter().map(|item| item.honour_id);
        let results: Vec<_> = ids.zip(decided).map(result).collect();
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(DecideHonoursPayload { results, errors })
    }

    /// 登记培训: enters a training into the files of who took part.
    async fn record_training(&self, gql: &Context<'_>, input: RecordTrainingInput) -> Result<RecordTrainingPayload> {
        let ctx = ctx(gql);
        bounded("volunteerNumbers", input.volunteer_numbers.len())?;
        let minutes = input.learning_time.0;
        if !(1..=MOST_LEARNING_MINUTES).contains(&minutes) {
            let told = format!("`learningTime` is 1 to {MOST_LEARNING_MINUTES} minutes.");
            return Err(Fault::bad_input(told).into());
        }
        if !is_past_day(input.trained_on.0, ctx.now()) {
            return Err(Fault::bad_input("`trainedOn` is no day on which training can have been given.").into());
        }
        let training = Training {
            name: text::line("name", &input.name, 100, true)?,
            content: text::field("content", &input.content, 1000, true)?,
            learning_minutes: i32::try_from(minutes).unwrap_or(i32::MAX),
            trained_on: input.trained_on.0,
        };
        let numbers: Vec<&str> = input.volunteer_numbers.iter().map(|number| number.trim()).collect();
        let entered = entries::record_training(ctx, unit(input.branch_id, input.team_id)?, &training, &numbers).await?;
        let result = |(number, entered): (&&str, entries::Entered<_>)| {
            let (training, errors) = told(entered, |refusal| FileEntryError::new(refusal, ctx.lang));
            let training = training.map(TrainingRecord);
            RecordTrainingResult { volunteer_number: (*number).to_owned(), training, errors }
        };
        let results: Vec<_> = numbers.iter().zip(entered).map(result).collect();
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(RecordTrainingPayload { results, errors })
    }

    /// 评价: rates a year of volunteers, once for each volunteer, branch and year; never one's own.
    async fn evaluate_volunteers(
        &self,
        gql: &Context<'_>,
        input: EvaluateVolunteersInput,
    ) -> Result<EvaluateVolunteersPayload> {
        let ctx = ctx(gql);
        bounded("items", input.items.len())?;
        if !may_evaluate(input.year, ctx.now()) {
            return Err(Fault::bad_input("`year` is this calendar year or one of the ten before.").into());
        }
        let item = |item: &EvaluateVolunteerItem| -> Result<(String, i32, String), Fault> {
            if !(1..=5).contains(&item.rating) {
                return Err(Fault::bad_input("`rating` is 1 to 5."));
            }
            let reason = text::field("reason", &item.reason, 500, true)?;
            Ok((item.volunteer_number.trim().to_owned(), item.rating, reason))
        };
        let items = input.items.iter().map(item).collect::<Result<Vec<_>, _>>()?;
        let ratings: Vec<Rating<'_>> = items
            .iter()
            .map(|(number, rating, reason)| Rating { number, rating: *rating, reason: reason.clone() })
            .collect();
        let entered = entries::evaluate(ctx, unit(input.branch_id, input.team_id)?, input.year, &ratings).await?;
        let result = |(given, entered): (&Rating<'_>, entries::Entered<_>)| {
            let (evaluation, errors) = told(entered, |refusal| FileEntryError::new(refusal, ctx.lang));
            let evaluation = evaluation.map(Evaluation);
            EvaluateVolunteerResult { volunteer_number: given.number.to_owned(), evaluation, errors }
        };
        let results: Vec<_> = ratings.iter().zip(entered).map(result).collect();
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(EvaluateVolunteersPayload { results, errors })
    }

    /// 作废: strikes a training or an evaluation out that is wrong. It can then be entered again.
    async fn strike_from_file(&self, gql: &Context<'_>, input: StrikeFromFileInput) -> Result<StrikeFromFilePayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let entry = match (input.training_id, input.evaluation_id) {
            (Some(training), None) => Entry::Training(training.0),
            (None, Some(evaluation)) => Entry::Evaluation(evaluation.0),
            _ => return Err(Fault::bad_input("Give `trainingId` or `evaluationId`, one of the two.").into()),
        };
        let (_, errors) = settle(ctx, entries::strike(ctx, entry, reason).await, FileEntryError::new)?;
        Ok(StrikeFromFilePayload { errors })
    }
}

fn bounded(name: &str, given: usize) -> Result<(), Fault> {
    if given > AT_ONCE {
        return Err(Fault::bad_input(format!("`{name}` has {given} items; at most {AT_ONCE} are taken at once.")));
    }
    Ok(())
}

/// The halves of a result: what was entered, or why nothing was.
fn told<T, R, E>(entered: Result<T, R>, error: impl Fn(&R) -> E) -> (Option<T>, Vec<E>) {
    match entered {
        Ok(done) => (Some(done), Vec::new()),
        Err(refusal) => (None, vec![error(&refusal)]),
    }
}
