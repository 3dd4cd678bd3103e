//! 异议: opening one, both sides' words, the decision and the appeal.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant, dispute,
    dispute_kinds::{DisputeOutcome, DisputeSide, DisputeState},
    ids::{AttendanceId, BranchId, DisputeId, PersonId, ServiceRecordId, TeamId, VolunteerId},
    kinds::LookPurpose,
};
use uuid::Uuid;

use super::{
    decide::{self, Finding},
    loaders::{DisputeById, DisputesOf},
    rules::{self, DisputeError, OpenDisputeError},
    service::{self, About, Opening},
    store::{self, Wanted, Whose},
};
use crate::{
    access::{Action, Resource},
    activities::graphql::{Activity, Shift, activity_by_id, shift_by_id},
    graphql::{ctx, load, settle},
    hours::{graphql::ServiceRecord, loaders::RecordOf, rules::Span},
    organisation::{
        graphql::{Branch, Team, may_with_team},
        loaders::{BranchById, BranchByPath, PlacedTeamById, TeamById},
    },
    people::{
        graphql::{Volunteer, volunteer_in_full, volunteer_of_person},
        loaders::{VolunteerById, VolunteerOfPerson},
    },
    platform::{
        db,
        errors::Fault,
        node::{GlobalId, NOTHING},
        pages::{self, Page, PageArgs, Slice},
        scalars::Minutes,
        text,
    },
};

/// Characters of what a side says, and of a decision's reason.
const WORDS: usize = 1000;

/// 异议: somebody says that a service record is wrong, or missing. Until it is over the record is not final, and nothing else
/// changes it.
pub struct Dispute(pub dispute::Model);

impl Dispute {
    fn is_mine(&self, gql: &Context<'_>) -> bool {
        ctx(gql).actor.as_ref().and_then(|actor| actor.volunteer) == Some(self.0.volunteer_id)
    }

    /// Whether the caller is on the side that somebody objects to.
    fn is_party(&self, gql: &Context<'_>) -> bool {
        let person = ctx(gql).actor.as_ref().map(|actor| actor.person);
        let recorded = [self.0.confirmed_by, self.0.answered_by].into_iter().flatten().any(|by| Some(by) == person);
        recorded || self.is_mine(gql) || service::leads(ctx(gql), &self.0)
    }

    fn opened_by_me(&self, gql: &Context<'_>) -> bool {
        ctx(gql).actor.as_ref().map(|actor| actor.person) == Some(self.0.opened_by)
    }

    /// Who acted for those who recorded the service, or for a branch. A look at a whole name is written down for whom it names,
    /// and that would give away who opened it as a member of the team; so they see it masked.
    async fn in_charge(&self, gql: &Context<'_>, person: Option<PersonId>) -> Result<Option<Volunteer>> {
        let Some(person) = person else { return Ok(None) };
        if self.opened_by_me(gql) && self.0.side == DisputeSide::TeamMember {
            let place = self.0.attendance_id.0;
            return Ok(load(gql, VolunteerOfPerson(person)).await?.map(|model| Volunteer::masked(model, place)));
        }
        volunteer_of_person(gql, person, LookPurpose::PersonInCharge).await
    }
}

/// 异议: somebody says that a service record is wrong, or missing. Until it is over the record is not final, and nothing else
/// changes it.
#[Object]
impl Dispute {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<DisputeId> {
        GlobalId(self.0.id)
    }
    /// Where it stands.
    async fn state(&self, gql: &Context<'_>) -> DisputeState {
        rules::state_at(&self.0, ctx(gql).now())
    }
    /// Who opened it: the volunteer, or a member of the team.
    async fn side(&self) -> DisputeSide {
        self.0.side
    }
    /// Who opened it, by the whole name. Who did so as a member of the team is named to themself and to the officers who may
    /// decide it and are no party; null for everybody else.
    async fn opened_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        let decides = !self.is_party(gql) && may_with_team(gql, Action::DecideDisputes, self.0.team_id).await?;
        let told = self.0.side == DisputeSide::Volunteer || self.opened_by_me(gql) || decides;
        match self.0.side {
            _ if !told => Ok(None),
            // Of the volunteer, who may be masked here, `volunteer` tells as much as there is to be told.
            DisputeSide::Volunteer => self.volunteer(gql).await,
            _ => volunteer_of_person(gql, self.0.opened_by, LookPurpose::Roster).await,
        }
    }
    /// Whose hours they are: by the whole name for the volunteer and for whoever has the team in their care, else masked. Null
    /// only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        if self.is_mine(gql) || may_with_team(gql, Action::ConfirmHours, self.0.team_id).await? {
            return volunteer_in_full(gql, self.0.volunteer_id, LookPurpose::Roster).await;
        }
        let place = self.0.attendance_id.0;
        Ok(load(gql, VolunteerById(self.0.volunteer_id)).await?.map(|model| Volunteer::masked(model, place)))
    }
    /// The record as it stands now. Null when there is none, and for a member of the team, who does not see it whole.
    async fn record(&self, gql: &Context<'_>) -> Result<Option<ServiceRecord>> {
        let seen = self.is_mine(gql) || may_with_team(gql, Action::ConfirmHours, self.0.team_id).await?;
        let record = load(gql, RecordOf(self.0.attendance_id)).await?;
        Ok(record.filter(|_| seen).map(ServiceRecord))
    }
    /// 记录单位; null only when it could not be read.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        Ok(load(gql, TeamById(self.0.team_id)).await?.map(Team))
    }
    /// Null only when it could not be read.
    async fn activity(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        activity_by_id(gql, self.0.activity_id).await
    }
    /// Null only when it could not be read.
    async fn shift(&self, gql: &Context<'_>) -> Result<Option<Shift>> {
        shift_by_id(gql, self.0.shift_id).await
    }
    /// By the server's clock.
    async fn opened_at(&self) -> Instant {
        self.0.opened_at
    }
    /// What whoever opened it says.
    async fn words(&self) -> &str {
        &self.0.words
    }
    /// From when the volunteer served, as whoever opened it has it; null: not at all.
    async fn wanted_from(&self) -> Option<Instant> {
        self.0.wanted_from
    }
    /// Until when the volunteer served, as whoever opened it has it; null: not at all.
    async fn wanted_to(&self) -> Option<Instant> {
        self.0.wanted_to
    }
    /// How much of the public notice is left, in minutes of working days, while its clock stands still; null when there was none.
    async fn notice_left(&self) -> Option<Minutes> {
        self.0.notice_left_s.map(|left| Minutes((i64::from(left) + 59).div_euclid(60)))
    }
    /// Until when those who recorded the service have to answer: nobody decides before, unless they have.
    async fn answer_by(&self) -> Instant {
        self.0.answer_by
    }
    /// What those who recorded the service say: the team's leaders, or who confirmed it; null while they have not.
    async fn answer(&self) -> Option<&str> {
        self.0.answer.as_deref()
    }
    /// When those who recorded the service answered; null while they have not.
    async fn answered_at(&self) -> Option<Instant> {
        self.0.answered_at
    }
    /// Who answered for those who recorded the service, by the whole name, masked for a member of the team who opened it; null
    /// while nobody has.
    async fn answered_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        self.in_charge(gql, self.0.answered_by).await
    }
    /// What the volunteer says to what a member of the team brought forward; null while nothing, and when the volunteer opened it.
    async fn volunteer_words(&self) -> Option<&str> {
        self.0.volunteer_words.as_deref()
    }
    /// When the volunteer said so; null while nothing was said.
    async fn volunteer_said_at(&self) -> Option<Instant> {
        self.0.volunteer_said_at
    }
    /// By when it is decided, or the appeal is.
    async fn decide_by(&self) -> Instant {
        self.0.decide_by
    }
    /// Whether a decision is missing that should have been there by now.
    async fn is_late(&self, gql: &Context<'_>) -> bool {
        rules::is_late(&self.0, ctx(gql).now())
    }
    /// What the decision came to; null while there is none.
    async fn outcome(&self) -> Option<DisputeOutcome> {
        self.0.outcome
    }
    /// Minutes of the record after the decision; null while there is none, and when there is no record.
    async fn minutes(&self) -> Option<Minutes> {
        self.0.minutes.map(|minutes| Minutes(minutes.into()))
    }
    /// Why it was decided so; null while it is not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// Null while it is not decided.
    async fn decided_at(&self) -> Option<Instant> {
        self.0.decided_at
    }
    /// Who decided it, by the whole name, masked for a member of the team who opened it; null
    /// while nobody has.
    async fn decided_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        self.in_charge(gql, self.0.decided_by).await
    }
    /// For which branch it was decided: an appeal goes above that one. Null while it is not decided.
    async fn decided_for(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        let Some(path) = &self.0.decided_for else { return Ok(None) };
        Ok(load(gql, BranchByPath(path.clone())).await?.map(Branch))
    }
    /// Until when the decision can be appealed; null while it is not decided, and once somebody has appealed.
    async fn appeal_until(&self) -> Option<Instant> {
        self.0.ends_at.filter(|_| self.0.outcome.is_some() && self.0.appealed_at.is_none())
    }
    /// Which side appealed; null when nobody has.
    async fn appeal_side(&self) -> Option<DisputeSide> {
        self.0.appeal_side
    }
    /// What whoever appealed says; null when nobody has.
    async fn appeal_words(&self) -> Option<&str> {
        self.0.appeal_words.as_deref()
    }
    /// Null when nobody has appealed.
    async fn appealed_at(&self) -> Option<Instant> {
        self.0.appealed_at
    }
    /// What the appeal came to: `UPHELD` when it set the record anew, `DISMISSED` when the decision stands. Null while there is no
    /// decision on one.
    async fn appeal_outcome(&self) -> Option<DisputeOutcome> {
        self.0.appeal_outcome
    }
    /// Minutes of the record after the appeal; null while there is no decision on one, and when there is no record.
    async fn appeal_minutes(&self) -> Option<Minutes> {
        self.0.appeal_minutes.map(|minutes| Minutes(minutes.into()))
    }
    /// Why the appeal was decided so; null while there is no decision on one.
    async fn appeal_reason(&self) -> Option<&str> {
        self.0.appeal_reason.as_deref()
    }
    /// Null while there is no decision on an appeal.
    async fn appeal_decided_at(&self) -> Option<Instant> {
        self.0.appeal_decided_at
    }
    /// Who decided the appeal, by the whole name, masked for a member of the team who opened it; null
    /// while nobody has.
    async fn appeal_decided_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        self.in_charge(gql, self.0.appeal_decided_by).await
    }
    /// When it was over, or will be unless somebody appeals; null while a decision is missing.
    async fn ends_at(&self) -> Option<Instant> {
        self.0.ends_at
    }
}

/// A dispute for the volunteer, for whoever opened it, and for who has the team in their care. What is not there is followed as
/// far as what is not yours.
pub async fn dispute_by_id(gql: &Context<'_>, id: DisputeId) -> Result<Option<Dispute>> {
    let found = load(gql, DisputeById(id)).await?.map(Dispute);
    if found.as_ref().is_some_and(|dispute| dispute.is_mine(gql) || dispute.opened_by_me(gql)) {
        return Ok(found);
    }
    let team = found.as_ref().map_or(TeamId(NOTHING), |dispute| dispute.0.team_id);
    let seen = may_with_team(gql, Action::ConfirmHours, team).await?;
    Ok(found.filter(|_| seen))
}

/// The disputes over a stay's record, the last first: for whoever sees the record.
pub async fn disputes_of(gql: &Context<'_>, stay: AttendanceId) -> Result<Vec<Dispute>> {
    Ok(load(gql, DisputesOf(stay)).await?.unwrap_or_default().into_iter().map(Dispute).collect())
}

/// Whether a stay's record is disputed now.
pub async fn is_disputed(gql: &Context<'_>, stay: AttendanceId) -> Result<bool> {
    let now = ctx(gql).now();
    let disputes = load(gql, DisputesOf(stay)).await?.unwrap_or_default();
    Ok(disputes.iter().any(|dispute| dispute.ends_at.is_none_or(|ends_at| ends_at > now)))
}

/// What somebody opened, and what is about their hours; newest first.
pub async fn my_disputes(
    gql: &Context<'_>,
    person: PersonId,
    volunteer: Option<VolunteerId>,
    args: PageArgs,
) -> Result<Connection<String, Dispute>> {
    let page = Page::read("my-disputes", args)?;
    let slice = store::of_person(&ctx(gql).db.conn, person, volunteer, page).await.map_err(Fault::from)?;
    Ok(slice.connection("my-disputes", |row| (row.opened_at, row.id.0), Dispute))
}

#[derive(Default)]
pub struct DisputesQuery;

#[Object]
impl DisputesQuery {
    /// 异议, what was opened first first: of a team for its leaders and the officers above; of a branch and all below it for its
    /// officers and those above; empty for everybody else.
    #[expect(clippy::too_many_arguments, reason = "filters and the four arguments of a connection")]
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn disputes(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A team in your care. Exactly one of teamId and branchId.")] team_id: Option<GlobalId<TeamId>>,
        #[graphql(desc = "A branch in your care. Exactly one of teamId and branchId.")] branch_id: Option<
            GlobalId<BranchId>,
        >,
        #[graphql(desc = "Those that are over instead of those that are not.", default = false)] over: bool,
        #[graphql(desc = "Only those that nobody decided in time.", default = false)] late: bool,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Dispute>> {
        let ctx = ctx(gql);
        let whose = match (&team_id, &branch_id) {
            (Some(team), None) => team.0.to_string(),
            (None, Some(branch)) => branch.0.to_string(),
            _ => return Err(Fault::bad_input("Give exactly one of `teamId` and `branchId`.").into()),
        };
        let list = format!("disputes-{over}-{late}-{whose}");
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let (db, wanted) = (&ctx.db.conn, Wanted { over, late, now: ctx.now() });
        let mut slice = Slice { rows: Vec::new(), has_previous: false, has_next: false };
        if let Some(GlobalId(team)) = team_id
            && let Some(placed) = load(gql, PlacedTeamById(team)).await?
            && ctx.may_see(Action::ConfirmHours, Resource::Team { id: team, branch_path: &placed.branch_path })
        {
            slice = store::disputes(db, Whose::Team(team), wanted, page).await.map_err(Fault::from)?;
        } else if let Some(GlobalId(branch)) = branch_id
            && let Some(branch) = load(gql, BranchById(branch)).await?
            && ctx.may_see(Action::DecideDisputes, Resource::Branch { path: &branch.path })
        {
            slice = store::disputes(db, Whose::Below(&branch.path), wanted, page).await.map_err(Fault::from)?;
        }
        Ok(slice.connection(&list, |row| (row.opened_at, row.id.0), Dispute))
    }
}

/// What `openDispute` takes.
#[derive(InputObject)]
struct OpenDisputeInput {
    /// A record of yours, or one in the public notice of a team that you are in. Exactly one of recordId and attendanceId.
    record_id: Option<GlobalId<ServiceRecordId>>,
    /// A stay of yours that has no record, or whose record is wrong. Exactly one of recordId and attendanceId.
    attendance_id: Option<GlobalId<AttendanceId>>,
    /// What is wrong, and how you know; at most 1,000 characters. The volunteer, the leaders and the officers who decide read it.
    words: String,
    /// From when the volunteer served; left out together with servedTo when not at all.
    served_from: Option<Instant>,
    /// Until when the volunteer served.
    served_to: Option<Instant>,
    /// A UUID that the phone makes once for each wish and sends again with each repeat: a repeat opens nothing again.
    request_id: Uuid,
}

/// What became of it.
#[derive(SimpleObject)]
struct OpenDisputePayload {
    /// Null when it was refused.
    dispute: Option<Dispute>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<OpenDisputeError>,
}

/// What `answerDispute` takes.
#[derive(InputObject)]
struct AnswerDisputeInput {
    /// A dispute over hours that you recorded, or over yours that a member of the team opened.
    dispute_id: GlobalId<DisputeId>,
    /// What you know; at most 1,000 characters. Both sides and the officers who decide read it.
    words: String,
}

/// What `decideDispute` takes.
#[derive(InputObject)]
struct DecideDisputeInput {
    /// A dispute in your care that waits for a decision, or was appealed.
    dispute_id: GlobalId<DisputeId>,
    /// Of an appeal: `UPHELD` sets the record anew, `DISMISSED` leaves the decision as it is.
    outcome: DisputeOutcome,
    /// From when the volunteer served, for `UPHELD`; counts inside the shift only. Left out together with servedTo when not at all.
    served_from: Option<Instant>,
    /// Until when the volunteer served, for `UPHELD`.
    served_to: Option<Instant>,
    /// Why; at most 1,000 characters. Both sides read it.
    reason: String,
}

/// What `appealDispute` takes.
#[derive(InputObject)]
struct AppealDisputeInput {
    /// A dispute in which you are a side, that was decided.
    dispute_id: GlobalId<DisputeId>,
    /// Why; at most 1,000 characters. Both sides and the officers who decide read it.
    words: String,
}

/// What `withdrawDispute` takes.
#[derive(InputObject)]
struct WithdrawDisputeInput {
    /// A dispute that you opened and that nobody has decided.
    dispute_id: GlobalId<DisputeId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct DisputePayload {
    /// As it stands now; null when it was refused.
    dispute: Option<Dispute>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<DisputeError>,
}

fn span(from: Option<Instant>, to: Option<Instant>) -> Result<Option<Span>, Fault> {
    match (from, to) {
        (Some(from), Some(to)) => {
            Ok(Some(Span { from: db::moment("servedFrom", from)?, to: db::moment("servedTo", to)? }))
        }
        (None, None) => Ok(None),
        _ => Err(Fault::bad_input("Give both `servedFrom` and `servedTo`, or neither.")),
    }
}

#[derive(Default)]
pub struct DisputesMutation;

#[Object]
impl DisputesMutation {
    /// 提出异议: says that a service record is wrong or missing (order 67, art. 12–13). For the volunteer, as long as the public
    /// notice runs and for some time after; and for the members of the team while it runs. Its clock stops meanwhile, and nothing
    /// else changes the record. Who opens one as a member of the team is named to nobody but the officers who may decide it.
    async fn open_dispute(&self, gql: &Context<'_>, input: OpenDisputeInput) -> Result<OpenDisputePayload> {
        let ctx = ctx(gql);
        let about = match (input.record_id, input.attendance_id) {
            (Some(record), None) => About::Record(record.0),
            (None, Some(stay)) => About::Stay(stay.0),
            _ => return Err(Fault::bad_input("Give exactly one of `recordId` and `attendanceId`.").into()),
        };
        let words = text::field("words", &input.words, WORDS, true)?;
        let wanted = span(input.served_from, input.served_to)?;
        let opened = service::open(ctx, Opening { about, words, wanted, request_id: input.request_id }).await;
        let (dispute, errors) = settle(ctx, opened, OpenDisputeError::new)?;
        Ok(OpenDisputePayload { dispute: dispute.map(Dispute), errors })
    }

    /// Answers a dispute: for the team's leaders and whoever confirmed the hours, and for the volunteer when a member of the team
    /// opened it. Each side answers once.
    async fn answer_dispute(&self, gql: &Context<'_>, input: AnswerDisputeInput) -> Result<DisputePayload> {
        let ctx = ctx(gql);
        let words = text::field("words", &input.words, WORDS, true)?;
        let answered = service::answer(ctx, input.dispute_id.0, words).await;
        let (dispute, errors) = settle(ctx, answered, DisputeError::new)?;
        Ok(DisputePayload { dispute: dispute.map(Dispute), errors })
    }

    /// Decides a dispute, or an appeal. For an officer of the team's branch, or above it, who is no party; of an appeal, for one
    /// above the branch that decided. What is upheld is booked as back-filled time, as a reversing entry and a new one.
    async fn decide_dispute(&self, gql: &Context<'_>, input: DecideDisputeInput) -> Result<DisputePayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, WORDS, true)?;
        let served = span(input.served_from, input.served_to)?;
        let finding = match (input.outcome, served) {
            (DisputeOutcome::Upheld, served) => Finding::Upheld(served),
            (DisputeOutcome::Dismissed, None) => Finding::Dismissed,
            (DisputeOutcome::Dismissed, Some(_)) => {
                return Err(
                    Fault::bad_input("`DISMISSED` changes nothing: leave `servedFrom` and `servedTo` out.").into()
                );
            }
        };
        let decided = decide::decide(ctx, input.dispute_id.0, finding, reason).await;
        let (dispute, errors) = settle(ctx, decided, DisputeError::new)?;
        Ok(DisputePayload { dispute: dispute.map(Dispute), errors })
    }

    /// Appeals against the decision, one level up. For both sides, for some working days.
    async fn appeal_dispute(&self, gql: &Context<'_>, input: AppealDisputeInput) -> Result<DisputePayload> {
        let ctx = ctx(gql);
        let words = text::field("words", &input.words, WORDS, true)?;
        let appealed = service::appeal(ctx, input.dispute_id.0, words).await;
        let (dispute, errors) = settle(ctx, appealed, DisputeError::new)?;
        Ok(DisputePayload { dispute: dispute.map(Dispute), errors })
    }

    /// Takes a dispute back that you opened and that nobody has decided: the public notice goes on.
    async fn withdraw_dispute(&self, gql: &Context<'_>, input: WithdrawDisputeInput) -> Result<DisputePayload> {
        let ctx = ctx(gql);
        let withdrawn = service::withdraw(ctx, input.dispute_id.0).await;
        let (dispute, errors) = settle(ctx, withdrawn, DisputeError::new)?;
        Ok(DisputePayload { dispute: dispute.map(Dispute), errors })
    }
}
