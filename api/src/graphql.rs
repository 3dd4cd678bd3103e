//! The roots of the schema, the `Node` interface, and what every resolver needs.

use std::{hash::Hash, sync::Arc, time::Duration};

use async_graphql::{
    Context, Error, ID, Interface, MergedObject, Object, Result, Schema, SchemaBuilder, ValidationMode,
    connection::Connection,
    dataloader::{DataLoader, Loader},
};
use boai_entity::{
    Instant,
    ids::{
        AccountRecoveryId, ActivityId, AttendanceId, AuditEntryId, AwardObjectionId, AwardRoundId, BadgeRuleId,
        BadgeRulePreviewId, BranchId, CommendationNomineeId, CommendationRoundId, DataExportId, DeskEntryId,
        DeskGrantId, DisputeId, ErasureId, EvaluationId, FacilityId, HonourRollEntryId, HonourRollIssueId, IdentityId,
        InboxItemId, MonthStatementId, OutsideHonourId, PendingActId, PersonId, PolicyId, PolicyPreviewId, PostId,
        PresenceAskId, RefusedScanId, RegistrationId, ReviewItemId, RoleGrantId, RoleReviewId, ServiceRecordId,
        SessionId, ShiftId, ShiftRuleId, SignUpId, StarAwardId, StarBadgeId, StarCandidateId, StarCaseId, StarSchemeId,
        TeamId, TrainingRecordId, VolunteerId,
    },
    kinds::LookPurpose,
};
use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{
    access::Action,
    activities::{
        graphql::{
            Activity, ActivityMutation, ActivityQuery, NearbyConnection, Shift, SignUp, SiteMutation, activity_by_id,
            shift_by_id,
        },
        loaders::{ActivityById, ShiftById},
    },
    attendance::{
        afterwards::graphql::{AfterwardsMutation, AfterwardsQuery},
        graphql::{Attendance, AttendanceMutation},
        loaders::AttendanceById,
    },
    auth::{graphql::AuthMutation, second_factor::graphql::SecondFactorMutation},
    awards::commendations::graphql::{
        CommendationMutation, CommendationNominee, CommendationQuery, CommendationQuota, CommendationRound, Commended,
    },
    awards::graphql::{AwardMutation, AwardObjection, AwardQuery, AwardRound, NoticedStar, StarCandidate, StarCase},
    badge_rules::{
        graphql::{BadgeRule, BadgeRuleMutation, badge_rule_by_id},
        preview::graphql::{BadgePreviewMutation, BadgePreviewQuery},
    },
    badges::graphql::{BadgeMutation, BadgeQuery},
    certificates::graphql::CertificateMutation,
    config::Config,
    ctx::Ctx,
    desk::graphql::{DeskGrant, DeskLine, DeskMutation, DeskQuery, RefusedScan},
    disputes::graphql::{Dispute, DisputesMutation, DisputesQuery, dispute_by_id},
    files::graphql::{Evaluation, FileMutation, FileQuery, Honour, OutsideHonour, TrainingRecord},
    four_eyes::graphql::{FourEyesMutation, FourEyesQuery, PendingAct},
    honour_roll::graphql::{HonourRollEntry, HonourRollIssue, HonourRollMutation, HonourRollQuery, HonouredPerson},
    hours::{
        graphql::{HoursMutation, HoursQuery, LateConfirmation, NoticedService, ServiceRecord},
        loaders::RecordById,
    },
    identity::graphql::{IdentityCheck, IdentityMutation, IdentityQuery},
    leaderboards::graphql::{LeaderboardPlace, LeaderboardQuery},
    live::graphql::LiveSubscription,
    node_ids,
    organisation::{
        graphql::{Branch, Division, OrganisationMutation, OrganisationQuery, Team, TeamMember, may_with_team},
        loaders::{BranchById, DivisionByCode, TeamById},
        rules::is_code,
    },
    people::{
        graphql::{InboxItem, PeopleMutation, PeopleQuery, Volunteer},
        loaders::VolunteerById,
        recovery::graphql::{AccountRecovery, RecoveryMutation, RecoveryQuery},
    },
    places::graphql::{Facility, FacilityMutation, facility_by_id},
    platform::{
        db::Db,
        errors::Fault,
        lang::Lang,
        node::{self, NOTHING, NodeId},
        refusal::Stop,
        report::Report,
        scalars::{Date, Latitude, Longitude, Metres, Minutes, PhoneNumber, TimeOfDay},
        wire::{Registered, Scalars, Screen, price::Price, screen::read_schema},
    },
    policy_changes::{
        graphql::{Policy, PolicyMutation, policy_by_id},
        preview::graphql::{PreviewMutation, PreviewQuery},
    },
    presence::graphql::PresenceMutation,
    privacy::graphql::{GuardianMutation, GuardianQuery, PrivacyMutation},
    recognition::graphql::RecognitionQuery,
    registration::graphql::{RegistrationApplication, RegistrationMutation, RegistrationQuery},
    reviews::graphql::{ReviewItem, ReviewsMutation, ReviewsQuery},
    roles::graphql::{HolderConnection, RolesMutation, RolesQuery},
    statements::graphql::{MonthStatement, StatementsMutation, StatementsQuery, statement_by_id},
    sync::graphql::SyncMutation,
    trail::{graphql::AuditEntry, looks::LookKeeper},
};

node_ids! {
    AccountRecoveryId => "AccountRecovery",
    ActivityId => "Activity",
    AttendanceId => "Attendance",
    AuditEntryId => "AuditEntry",
    AwardObjectionId => "AwardObjection",
    AwardRoundId => "AwardRound",
    BadgeRuleId => "BadgeRule",
    BadgeRulePreviewId => "BadgeRulePreview",
    BranchId => "Branch",
    CommendationNomineeId => "CommendationNominee",
    CommendationRoundId => "CommendationRound",
    DataExportId => "DataExport",
    DeskEntryId => "DeskEntry",
    DeskGrantId => "DeskGrant",
    DisputeId => "Dispute",
    ErasureId => "Erasure",
    EvaluationId => "Evaluation",
    FacilityId => "Facility",
    HonourRollEntryId => "HonourRollEntry",
    HonourRollIssueId => "HonourRollIssue",
    IdentityId => "IdentityCheck",
    InboxItemId => "InboxItem",
    MonthStatementId => "MonthStatement",
    OutsideHonourId => "OutsideHonour",
    PendingActId => "PendingAct",
    PersonId => "Me",
    PolicyId => "Policy",
    PolicyPreviewId => "PolicyPreview",
    PostId => "Post",
    PresenceAskId => "PresenceAsk",
    RefusedScanId => "RefusedScan",
    RegistrationId => "RegistrationApplication",
    ReviewItemId => "ReviewItem",
    RoleGrantId => "RoleGrant",
    RoleReviewId => "RoleReview",
    ServiceRecordId => "ServiceRecord",
    SessionId => "Session",
    ShiftId => "Shift",
    ShiftRuleId => "ShiftRule",
    SignUpId => "SignUp",
    StarAwardId => "StarAward",
    StarBadgeId => "StarBadge",
    StarCandidateId => "StarCandidate",
    StarCaseId => "StarCase",
    StarSchemeId => "StarScheme",
    TeamId => "Team",
    TrainingRecordId => "TrainingRecord",
    VolunteerId => "Volunteer",
}

/// Something with a global id that can be fetched again by it.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque; the same thing always has the same id."))]
pub enum Node {
    Activity(Activity),
    Attendance(Attendance),
    BadgeRule(BadgeRule),
    Branch(Branch),
    Dispute(Dispute),
    Division(Division),
    Facility(Facility),
    MonthStatement(MonthStatement),
    Policy(Policy),
    ServiceRecord(ServiceRecord),
    Shift(Shift),
    Team(Team),
    Volunteer(Volunteer),
}

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its global id; null when it is not there or not yours to see.
    async fn node(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A global id that this server gave out.")] id: ID,
    ) -> Result<Option<Node>> {
        let garbage = || Fault::bad_input("The id is no id that this server gave out.");
        let (type_name, key) = node::decode(&id).ok_or_else(garbage)?;
        if type_name == "Division" {
            if !is_code(&key) {
                return Err(garbage().into());
            }
            return Ok(load(gql, DivisionByCode(key)).await?.map(|row| Division(row).into()));
        }
        let key = uuid::Uuid::parse_str(&key).map_err(|_| garbage())?;
        Ok(match type_name.as_str() {
            ActivityId::TYPE => activity_by_id(gql, ActivityId(key)).await?.map(Into::into),
            AttendanceId::TYPE => attendance(gql, AttendanceId(key)).await?.map(Into::into),
            BadgeRuleId::TYPE => badge_rule_by_id(gql, BadgeRuleId(key)).await?.map(Into::into),
            BranchId::TYPE => load(gql, BranchById(BranchId(key))).await?.map(|row| Branch(row).into()),
            DisputeId::TYPE => dispute_by_id(gql, DisputeId(key)).await?.map(Into::into),
            FacilityId::TYPE => facility_by_id(gql, FacilityId(key)).await?.map(Into::into),
            MonthStatementId::TYPE => statement_by_id(gql, MonthStatementId(key)).await?.map(Into::into),
            PolicyId::TYPE => policy_by_id(gql, PolicyId(key)).await?.map(Into::into),
            ServiceRecordId::TYPE => record(gql, ServiceRecordId(key)).await?.map(Into::into),
            ShiftId::TYPE => shift_by_id(gql, ShiftId(key)).await?.map(Into::into),
            TeamId::TYPE => load(gql, TeamById(TeamId(key))).await?.map(|row| Team(row).into()),
            VolunteerId::TYPE => volunteer(gql, VolunteerId(key)).await?.map(Into::into),
            _ => None,
        })
    }
}

/// An attendance for its volunteer, and for who may see the shift's roster. What is not there is followed as far as what is
/// not yours, to nothing: the two cannot be told apart by the time that they take.
async fn attendance(gql: &Context<'_>, id: AttendanceId) -> Result<Option<Attendance>> {
    let row = load(gql, AttendanceById(id)).await?;
    if row.as_ref().is_some_and(|row| is_me(gql, row.volunteer_id)) {
        return Ok(row.map(Attendance));
    }
    let shift = load(gql, ShiftById(row.as_ref().map_or(ShiftId(NOTHING), |row| row.shift_id))).await?;
    let activity = load(gql, ActivityById(shift.map_or(ActivityId(NOTHING), |shift| shift.activity_id))).await?;
    let team = activity.map_or(TeamId(NOTHING), |activity| activity.team_id);
    let visible = may_with_team(gql, Action::SeeRoster, team).await?;
    Ok(row.filter(|_| visible).map(Attendance))
}

/// A service record for its volunteer, and for who may confirm it.
async fn record(gql: &Context<'_>, id: ServiceRecordId) -> Result<Option<ServiceRecord>> {
    let row = load(gql, RecordById(id)).await?;
    if row.as_ref().is_some_and(|row| is_me(gql, row.volunteer_id)) {
        return Ok(row.map(ServiceRecord));
    }
    let team = row.as_ref().map_or(TeamId(NOTHING), |row| row.team_id);
    let visible = may_with_team(gql, Action::ConfirmHours, team).await?;
    Ok(row.filter(|_| visible).map(ServiceRecord))
}

/// Only oneself: other volunteers are reached through what they signed up for.
async fn volunteer(gql: &Context<'_>, id: VolunteerId) -> Result<Option<Volunteer>> {
    if !is_me(gql, id) {
        return Ok(None);
    }
    Ok(load(gql, VolunteerById(id)).await?.map(|model| Volunteer::whole(model, LookPurpose::Roster)))
}

fn is_me(gql: &Context<'_>, volunteer: VolunteerId) -> bool {
    ctx(gql).actor.as_ref().and_then(|actor| actor.volunteer) == Some(volunteer)
}

// The library makes of a list of rooms types within types, each of which takes stack when a field is looked for: a list of
// all of them filled two mebibytes of a debug build. So rooms stand in wings.

/// Who somebody is, and whose word counts where.
#[derive(MergedObject, Default)]
struct PeopleQueries(
    NodeQuery,
    PeopleQuery,
    IdentityQuery,
    RecoveryQuery,
    OrganisationQuery,
    FourEyesQuery,
    RolesQuery,
    GuardianQuery,
    PreviewQuery,
);

/// Where people serve.
#[derive(MergedObject, Default)]
struct ServiceQueries(
    ActivityQuery,
    DeskQuery,
    HoursQuery,
    ReviewsQuery,
    AfterwardsQuery,
    DisputesQuery,
    StatementsQuery,
);

/// What comes of it.
#[derive(MergedObject, Default)]
struct RecognitionQueries(
    RecognitionQuery,
    AwardQuery,
    RegistrationQuery,
    BadgeQuery,
    LeaderboardQuery,
    HonourRollQuery,
    BadgePreviewQuery,
    FileQuery,
    CommendationQuery,
);

/// What can be read.
#[derive(MergedObject, Default)]
pub struct Query(PeopleQueries, ServiceQueries, RecognitionQueries);

/// What somebody does as themself.
#[derive(MergedObject, Default)]
struct PeopleMutations(
    AuthMutation,
    SecondFactorMutation,
    PeopleMutation,
    IdentityMutation,
    RecoveryMutation,
    PrivacyMutation,
    GuardianMutation,
);

/// What a branch does with teams, roles and policies.
#[derive(MergedObject, Default)]
struct BranchMutations(
    OrganisationMutation,
    FourEyesMutation,
    RolesMutation,
    PolicyMutation,
    PreviewMutation,
    BadgeRuleMutation,
    BadgePreviewMutation,
);

/// What is done where people serve.
#[derive(MergedObject, Default)]
struct ServiceMutations(
    FacilityMutation,
    ActivityMutation,
    SiteMutation,
    AttendanceMutation,
    DeskMutation,
    PresenceMutation,
    SyncMutation,
);

/// What is done with the hours afterwards.
#[derive(MergedObject, Default)]
struct RecordMutations(
    HoursMutation,
    AfterwardsMutation,
    ReviewsMutation,
    DisputesMutation,
    StatementsMutation,
    CertificateMutation,
    AwardMutation,
    RegistrationMutation,
    BadgeMutation,
    HonourRollMutation,
    FileMutation,
    CommendationMutation,
);

/// What can be done. Each mutation takes one `input` and answers with a payload whose `errors` say what a person can run
/// into; what is our fault, or not a valid request, is a top-level error with `extensions.code`.
#[derive(MergedObject, Default)]
pub struct Mutation(PeopleMutations, BranchMutations, ServiceMutations, RecordMutations);

pub type Boai = Schema<Query, Mutation, LiveSubscription>;

fn builder() -> SchemaBuilder<Query, Mutation, LiveSubscription> {
    let schema = Schema::build(Query::default(), Mutation::default(), LiveSubscription);
    // The library's own types, which have no place for a doc comment.
    schema
        .override_output_type_description::<Connection<String, AccountRecovery>>("A page of recoveries of accounts.")
        .override_output_type_description::<Connection<String, AuditEntry>>("A page of the audit trail.")
        .override_output_type_description::<Connection<String, IdentityCheck>>("A page of identities to verify.")
        .override_output_type_description::<Connection<String, Activity>>("A page of activities.")
        .override_output_type_description::<Connection<String, BadgeRule>>("A page of a branch's badge rules.")
        .override_output_type_description::<Connection<String, Branch>>("A page of branches.")
        .override_output_type_description::<Connection<String, LeaderboardPlace>>("A page of a leaderboard.")
        .override_output_type_description::<Connection<String, DeskGrant>>("A page of who sits at a desk.")
        .override_output_type_description::<Connection<String, DeskLine>>("A page of a desk's roster.")
        .override_output_type_description::<Connection<String, RefusedScan>>("A page of what a desk was refused.")
        .override_output_type_description::<Connection<String, Dispute>>("A page of disputes.")
        .override_output_type_description::<Connection<String, Division>>("A page of divisions.")
        .override_output_type_description::<Connection<String, Facility>>("A page of facilities.")
        .override_output_type_description::<Connection<String, Commended>>("A page of who is commended.")
        .override_output_type_description::<Connection<String, CommendationNominee>>("A page of nominations.")
        .override_output_type_description::<Connection<String, CommendationQuota>>("A page of quotas.")
        .override_output_type_description::<Connection<String, CommendationRound>>("A page of rounds of commendations.")
        .override_output_type_description::<Connection<String, Evaluation>>("A page of evaluations.")
        .override_output_type_description::<Connection<String, Honour>>("A page of the honours in a file.")
        .override_output_type_description::<Connection<String, OutsideHonour>>("A page of honours to check.")
        .override_output_type_description::<Connection<String, TrainingRecord>>("A page of training.")
        .override_output_type_description::<Connection<String, HonourRollEntry>>("A page of who was put into an issue.")
        .override_output_type_description::<Connection<String, HonourRollIssue>>("A page of issues of an honour roll.")
        .override_output_type_description::<Connection<String, HonouredPerson>>("A page of who is honoured.")
        .override_output_type_description::<Connection<String, InboxItem>>("A page of an inbox.")
        .override_output_type_description::<Connection<String, MonthStatement>>("A page of a branch's signed months.")
        .override_output_type_description::<NearbyConnection>("A page of activities, each with how it lies to you.")
        .override_output_type_description::<Connection<String, PendingAct>>(
            "A page of acts that wait for a second person.",
        )
        .override_output_type_description::<Connection<String, Policy>>("A page of a branch's policies.")
        .override_output_type_description::<Connection<String, AwardObjection>>("A page of objections.")
        .override_output_type_description::<Connection<String, AwardRound>>("A page of rounds for stars.")
        .override_output_type_description::<Connection<String, NoticedStar>>("A page of stars under notice.")
        .override_output_type_description::<Connection<String, RegistrationApplication>>(
            "A page of applications to be registered.",
        )
        .override_output_type_description::<Connection<String, StarCandidate>>("A page of a round's list.")
        .override_output_type_description::<Connection<String, StarCase>>("A page of stars in question.")
        .override_output_type_description::<Connection<String, ReviewItem>>("A page of what waits for review.")
        .override_output_type_description::<Connection<String, LateConfirmation>>(
            "A page of shifts whose service should have been recorded by now.",
        )
        .override_output_type_description::<Connection<String, NoticedService>>(
            "A page of service under public notice.",
        )
        .override_output_type_description::<HolderConnection>("A page of roles, each with its holder.")
        .override_output_type_description::<Connection<String, ServiceRecord>>("A page of service records.")
        .override_output_type_description::<Connection<String, Shift>>("A page of shifts.")
        .override_output_type_description::<Connection<String, SignUp>>("A page of sign-ups.")
        .override_output_type_description::<Connection<String, Team>>("A page of teams.")
        .override_output_type_description::<Connection<String, TeamMember>>(
            "A page of members, or of who asks to be one.",
        )
}

/// The schema of a running server. Its documents come through the [`screen`], which has validated them whole.
pub fn schema(db: &Db, config: &Config) -> Boai {
    builder()
        .data(DataLoader::new(Loaders { db: db.clone() }, tokio::spawn))
        .extension(Report)
        .extension(LookKeeper)
        .extension(Price(config.limits.cost))
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(64)
        .disable_suggestions()
        .finish()
}

/// What every document is held against before it is executed.
pub fn screen(config: &Config) -> Result<Screen, String> {
    let registered = config.registered_operations.as_deref().map(Registered::read).transpose();
    let registered = registered.map_err(|why| format!("registered_operations: {why}"))?;
    Screen::new(read_schema(sdl), scalars(), config.limits.clone(), config.explorer, registered)
        .map_err(|why| format!("registered_operations: {why}"))
}

/// The schema's own scalars.
fn scalars() -> Scalars {
    Scalars::default()
        .and::<Date>()
        .and::<Instant>()
        .and::<Latitude>()
        .and::<Longitude>()
        .and::<Metres>()
        .and::<Minutes>()
        .and::<PhoneNumber>()
        .and::<TimeOfDay>()
        .and::<uuid::Uuid>()
}

/// The schema as text: sorted, so that a change shows as what it is.
pub fn sdl() -> String {
    builder().finish().sdl_with_options(
        async_graphql::SDLExportOptions::new()
            .sorted_fields()
            .sorted_arguments()
            .sorted_enum_items()
            .include_specified_by(),
    )
}

/// The loaders of one request, and the questions that they will ask: see [`together`](crate::platform::loaders::together).
pub fn loaders(db: &Db) -> (DataLoader<Loaders>, UnboundedReceiver<BoxFuture<'static, ()>>) {
    let (ask, questions) = tokio::sync::mpsc::unbounded_channel();
    // Nobody listens any more once the request is over, and then nobody waits for the answer.
    let loader = DataLoader::new(Loaders { db: db.clone() }, move |question| ask.send(question).unwrap_or_default());
    (loader.delay(Duration::ZERO), questions)
}

/// What answers the loaders' questions.
pub struct Loaders {
    pub db: Db,
}

/// The request's context.
pub fn ctx<'a>(gql: &Context<'a>) -> &'a Ctx {
    gql.data_unchecked::<Ctx>()
}

/// Asks a loader, together with everything else of this moment that asks it.
pub async fn load<K>(gql: &Context<'_>, key: K) -> Result<Option<<Loaders as Loader<K>>::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loaders: Loader<K, Error = Arc<DbErr>>,
{
    Ok(gql.data_unchecked::<DataLoader<Loaders>>().load_one(key).await.map_err(database)?)
}

/// Asks a loader for several at once.
pub async fn load_many<K>(
    gql: &Context<'_>,
    keys: impl Iterator<Item = K>,
) -> Result<std::collections::HashMap<K, <Loaders as Loader<K>>::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loaders: Loader<K, Error = Arc<DbErr>>,
{
    let keys: Vec<K> = keys.collect();
    Ok(gql.data_unchecked::<DataLoader<Loaders>>().load_many(keys).await.map_err(database)?)
}

fn database(error: Arc<DbErr>) -> Fault {
    Fault::from(&*error)
}

/// Turns a use case's end into a payload's two halves; a fault becomes a top-level error.
pub fn settle<T, R, E>(ctx: &Ctx, done: Result<T, Stop<R>>, error: fn(&R, Lang) -> E) -> Result<(Option<T>, Vec<E>)> {
    settle_all(ctx, done.map_err(|stop| stop.map(|refusal| vec![refusal])), error)
}

/// The same for a use case that tells every reason at once.
pub fn settle_all<T, R, E>(
    ctx: &Ctx,
    done: Result<T, Stop<Vec<R>>>,
    error: fn(&R, Lang) -> E,
) -> Result<(Option<T>, Vec<E>)> {
    match done {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Stop::Refused(refusals)) => Ok((None, refusals.iter().map(|refusal| error(refusal, ctx.lang)).collect())),
        Err(Stop::Fault(fault)) => Err(Error::from(fault)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn every_scalar_is_read_before_anything_runs() {
        assert_eq!(super::scalars().missing(&super::read_schema(super::sdl)), Vec::<&str>::new());
    }

    /// What a phone developer reads. Only the language's own types go without, and the one argument `input` of a mutation,
    /// whose type says it all.
    #[tokio::test]
    async fn everything_in_the_schema_is_described() {
        let query = "{ __schema { types { name kind description
            fields(includeDeprecated: true) { name description args { name description } }
            inputFields { name description } enumValues { name description } } } }";
        let answer = super::builder().finish().execute(query).await.data.into_json().unwrap();
        let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut bare = Vec::new();
        for type_ in items(&answer["__schema"]["types"]) {
            let name = type_["name"].as_str().unwrap();
            if name == "ID" || name.starts_with("__") {
                continue;
            }
            let mut look = |item: &Value, of: &str| {
                if item["description"].as_str().unwrap_or_default().is_empty() {
                    bare.push(format!("{of}{}", item["name"].as_str().unwrap()));
                }
            };
            look(&type_, "");
            for field in ["fields", "inputFields", "enumValues"].iter().flat_map(|part| items(&type_[part])) {
                look(&field, &format!("{name}."));
                let of = format!("{name}.{}.", field["name"].as_str().unwrap());
                let spoken = |argument: &&Value| name != "Mutation" || argument["name"] != "input";
                items(&field["args"]).iter().filter(spoken).for_each(|argument| look(argument, &of));
            }
        }
        assert!(bare.is_empty(), "without a description: {bare:#?}");
    }
}
