//! A round's way: opened with its quotas, nominated for, reviewed, put under notice, its list published; or cancelled.

use std::collections::{HashMap, HashSet};

use boai_entity::{
    award_kinds::{AwardRoundState, CandidateState},
    commendation_nominee, commendation_round,
    honour_kinds::CommendedKind,
    ids::{BranchId, CommendationNomineeId, CommendationRoundId, PersonId, TeamId, VolunteerId},
    kinds::InboxKind,
};
use sea_orm::ConnectionTrait;

use super::{
    rules::{CommendationRefusal, NominateRefusal, Quota, ReviewNomineeRefusal, quotas_stand},
    store::{self, Hold, PlacedRound},
};
use crate::{
    access::{Action, Resource},
    awards::{
        rules::{Verdict, may_say},
        service::notice_end,
        store::hold_those_who_belong,
    },
    ctx::Ctx,
    inbox::{tell_persons, tell_volunteers, tell_volunteers_apart},
    organisation,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop, When},
    },
    trail::{self, Note},
};

type Done = Result<commendation_round::Model, Stop<CommendationRefusal>>;

/// Opens a round of a branch in the caller's care, with a quota for each branch below that nominates.
pub async fn open(ctx: &Ctx, branch: BranchId, title: String, quotas: &[Quota]) -> Done {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = organisation::store::branch(&tx, branch).await.or_fault()?.ok_or(CommendationRefusal::NotFound)?;
    if !ctx.may(Action::Commend, Resource::Branch { path: &branch.path }).or_fault()? {
        return Err(CommendationRefusal::NotFound.into());
    }
    let asked: Vec<BranchId> = quotas.iter().map(|quota| quota.branch).collect();
    let below = store::branches_below(&tx, &branch.path, &asked).await.or_fault()?;
    if !quotas_stand(quotas, &below) {
        return Err(CommendationRefusal::QuotaElsewhere.into());
    }
    let round = commendation_round::Model {
        id: CommendationRoundId(ctx.new_id()),
        branch_id: branch.id,
        title,
        state: AwardRoundState::Opened,
        opened_by: person,
        opened_at: ctx.now(),
        notice_until: None,
        closed_at: None,
        cancel_reason: None,
    };
    store::add_round(&tx, round.clone(), quotas).await.or_fault()?;
    ctx.audit(&tx, "OPEN_COMMENDATIONS", "CommendationRound", round.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(round)
}

/// Whom a branch nominates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// By the number.
    Volunteer(&'a str),
    Team(TeamId),
}

/// Nominates a volunteer or a team of a branch in the caller's care, within that branch's quota.
pub async fn nominate(
    ctx: &Ctx,
    (round, branch): (CommendationRoundId, BranchId),
    subject: Subject<'_>,
    merits: String,
) -> Result<commendation_nominee::Model, Stop<NominateRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = organisation::store::branch(&tx, branch).await.or_fault()?.ok_or(NominateRefusal::NotFound)?;
    if !ctx.may(Action::Commend, Resource::Branch { path: &branch.path }).or_fault()? {
        return Err(NominateRefusal::NotFound.into());
    }
    let placed = store::hold_round(&tx, round, Hold::Together).await.or_fault()?.ok_or(NominateRefusal::NotFound)?;
    let (kind, volunteer, team, whose) = found(&tx, &branch.path, subject).await?;
    let key = (round, branch.id, kind);
    // A branch that has no quota knows nothing of the round.
    let quota = store::quota(&tx, key).await.or_fault()?.ok_or(NominateRefusal::NotFound)?;
    if placed.round.state != AwardRoundState::Opened {
        return Err(NominateRefusal::NominationsOver.into());
    }
    if whose == Some(person) {
        return Err(NominateRefusal::OwnName.into());
    }
    let nominee = commendation_nominee::Model {
        id: CommendationNomineeId(ctx.new_id()),
        round_id: round,
        branch_id: branch.id,
        kind,
        volunteer_id: volunteer,
        team_id: team,
        merits: Some(merits),
        nominated_by: person,
        nominated_at: ctx.now(),
        state: CandidateState::Listed,
        reason: None,
        decided_by: None,
        decided_at: None,
    };
    if !store::add_nominee(&tx, nominee.clone()).await.or_fault()? {
        return Err(NominateRefusal::AlreadyNominated.into());
    }
    if !store::take_place(&tx, key).await.or_fault()? {
        return Err(NominateRefusal::QuotaUsedUp { quota: quota.quota }.into());
    }
    note(ctx, &tx, "NOMINATE", nominee.id, (whose, None)).await?;
    tx.commit().await.or_fault()?;
    Ok(nominee)
}

type Found = (CommendedKind, Option<VolunteerId>, Option<TeamId>, Option<PersonId>);

/// Who it is, held, if they are of the branch or of one below it.
async fn found(tx: &impl ConnectionTrait, path: &str, subject: Subject<'_>) -> Result<Found, Stop<NominateRefusal>> {
    match subject {
        Subject::Volunteer(number) => {
            // PostgreSQL takes no NUL in a text; a number has digits alone.
            let plain = number.bytes().all(|byte| byte.is_ascii_digit());
            let numbers: Vec<&str> = plain.then_some(number).into_iter().collect();
            let held = hold_those_who_belong(tx, path, &numbers).await.or_fault()?;
            let one = held.into_iter().next().ok_or(NominateRefusal::NotFound)?;
            Ok((CommendedKind::Volunteer, Some(one.id), None, Some(one.person_id)))
        }
        Subject::Team(id) => {
            let team = organisation::store::placed_team(tx, id).await.or_fault()?;
            let team = team.filter(|team| team.branch_path.starts_with(path)).ok_or(NominateRefusal::NotFound)?;
            Ok((CommendedKind::Team, None, Some(team.id), None))
        }
    }
}

async fn note(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    action: &str,
    nominee: CommendationNomineeId,
    (subject_person, reason): (Option<PersonId>, Option<String>),
) -> Result<(), Stop<NominateRefusal>> {
    let note = Note {
        action: action.into(),
        subject: "CommendationNominee".into(),
        subject_id: nominee.0,
        subject_person,
        reason,
        ..Note::default()
    };
    trail::append(ctx, tx, vec![note]).await.or_fault()
}

/// Takes a nomination back while the round takes them; its place is free again.
pub async fn take_back(ctx: &Ctx, id: CommendationNomineeId) -> Result<(), Stop<NominateRefusal>> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = store::placed_nominee(&tx, id).await.or_fault()?.ok_or(NominateRefusal::NotFound)?;
    if !ctx.may(Action::Commend, Resource::Branch { path: &placed.branch_path }).or_fault()? {
        return Err(NominateRefusal::NotFound.into());
    }
    let nominee = placed.nominee;
    let held = store::hold_round(&tx, nominee.round_id, Hold::Together).await.or_fault()?;
    if held.is_none_or(|held| held.round.state != AwardRoundState::Opened) {
        return Err(NominateRefusal::NominationsOver.into());
    }
    if !store::remove_nominee(&tx, id).await.or_fault()? {
        return Err(NominateRefusal::NotFound.into());
    }
    store::give_back_place(&tx, (nominee.round_id, nominee.branch_id, nominee.kind)).await.or_fault()?;
    note(ctx, &tx, "TAKE_NOMINATION_BACK", id, (None, None)).await?;
    tx.commit().await.or_fault()?;
    Ok(())
}

/// Ends the nominations; from here on they are reviewed.
pub async fn close_nominations(ctx: &Ctx, id: CommendationRoundId) -> Done {
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = in_care(ctx, &tx, id, &[AwardRoundState::Opened]).await?;
    let round = commendation_round::Model { state: AwardRoundState::Reviewing, ..placed.round };
    store::save_round(&tx, round.clone()).await.or_fault()?;
    ctx.audit(&tx, "CLOSE_NOMINATIONS", "CommendationRound", id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(round)
}

/// What became of an item: as the nominee stands now, or why not.
pub type Reviewed = Result<commendation_nominee::Model, ReviewNomineeRefusal>;

/// Reviews these; each is decided by itself, in a number of statements that their number does not change.
pub async fn review(
    ctx: &Ctx,
    round: CommendationRoundId,
    items: &[(CommendationNomineeId, Verdict)],
) -> Result<Vec<Reviewed>, Fault> {
    let person = ctx.actor()?.person;
    let mut seen = HashSet::new();
    if items.iter().any(|(id, _)| !seen.insert(*id)) {
        return Err(Fault::bad_input("`items` names a nomination twice."));
    }
    let refused = || Ok(items.iter().map(|_| Err(ReviewNomineeRefusal::NotFound)).collect());
    let tx = ctx.db.begin().await?;
    let Some(placed) = store::hold_round(&tx, round, Hold::Alone).await? else { return refused() };
    if !ctx.may(Action::Commend, Resource::Branch { path: &placed.branch_path })? {
        return refused();
    }
    let ids: Vec<_> = items.iter().map(|(id, _)| *id).collect();
    let known = store::known_nominees(&tx, round, &ids).await?;
    let known: HashMap<_, _> = known.into_iter().map(|one| (one.nominee.id, one)).collect();
    let now = ctx.now();
    let word = |(id, verdict): &(CommendationNomineeId, Verdict)| -> Reviewed {
        let one = known.get(id).ok_or(ReviewNomineeRefusal::NotFound)?;
        // A team is nobody's own name.
        let whose = one.person_id.unwrap_or(PersonId(crate::platform::node::NOTHING));
        may_say((placed.round.state, one.nominee.state), verdict, (whose, person))?;
        let (state, reason) = match verdict {
            Verdict::Pass => (CandidateState::Passed, None),
            Verdict::Refuse(reason) => (CandidateState::Refused, Some(reason.clone())),
        };
        let (decided_by, decided_at) = (Some(person), Some(now));
        Ok(commendation_nominee::Model { state, reason, decided_by, decided_at, ..one.nominee.clone() })
    };
    let reviewed: Vec<Reviewed> = items.iter().map(word).collect();
    let moved: Vec<&commendation_nominee::Model> = reviewed.iter().flatten().collect();
    let passed: Vec<_> = moved.iter().filter(|one| one.reason.is_none()).map(|one| one.id).collect();
    let reasons: Vec<_> = moved.iter().filter_map(|one| Some((one.id, one.reason.as_deref()?))).collect();
    store::pass(&tx, &passed, person, now).await?;
    store::refuse(&tx, &reasons, person, now).await?;
    // Whoever nominated hears that something was refused; whoever is nominated does not know of it before the notice.
    let mut nominators: Vec<PersonId> =
        moved.iter().filter(|one| one.reason.is_some()).map(|one| one.nominated_by).collect();
    nominators.sort_unstable();
    nominators.dedup();
    tell_persons(ctx, &tx, &nominators, InboxKind::NominationRefused, &placed.round.title).await?;
    if placed.round.state == AwardRoundState::Notice {
        let refused = moved.iter().filter_map(|one| Some((one.volunteer_id?, one.reason.as_deref()?)));
        tell_volunteers_apart(ctx, &tx, &refused.collect::<Vec<_>>(), InboxKind::NominationRefused).await?;
    }
    let note = |one: &&commendation_nominee::Model| Note {
        action: if one.reason.is_some() { "REFUSE_NOMINEE" } else { "PASS_NOMINEE" }.into(),
        subject: "CommendationNominee".into(),
        subject_id: one.id.0,
        subject_person: known.get(&one.id).and_then(|known| known.person_id),
        reason: one.reason.clone(),
        ..Note::default()
    };
    trail::append(ctx, &tx, moved.iter().map(note).collect()).await?;
    tx.commit().await?;
    ctx.committed.notify_one();
    Ok(reviewed)
}

/// Puts who passed under notice, for the policy's working days after today. Everybody was reviewed by then.
pub async fn give_notice(ctx: &Ctx, id: CommendationRoundId) -> Done {
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = in_care(ctx, &tx, id, &[AwardRoundState::Reviewing]).await?;
    let left = store::count(&tx, id, CandidateState::Listed).await.or_fault()?;
    if left > 0 {
        return Err(CommendationRefusal::StillToReview { left }.into());
    }
    if store::count(&tx, id, CandidateState::Passed).await.or_fault()? == 0 {
        return Err(CommendationRefusal::NobodyPassed.into());
    }
    let until = notice_end(ctx, &tx, &placed.branch_path).await.or_fault()?;
    let note = format!("{} · {} · {}", placed.round.title, placed.branch_name, When(until));
    let round = commendation_round::Model { state: AwardRoundState::Notice, notice_until: Some(until), ..placed.round };
    store::save_round(&tx, round.clone()).await.or_fault()?;
    tell(ctx, &tx, (id, CandidateState::Passed), InboxKind::CommendationUnderNotice, &note).await?;
    ctx.audit(&tx, "GIVE_NOTICE_OF_COMMENDATIONS", "CommendationRound", id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(round)
}

/// Publishes the list of a round whose notice is over: who passed is commended.
pub async fn publish(ctx: &Ctx, id: CommendationRoundId) -> Done {
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = in_care(ctx, &tx, id, &[AwardRoundState::Notice]).await?;
    let now = ctx.now();
    if let Some(until) = placed.round.notice_until.filter(|until| now < *until) {
        return Err(CommendationRefusal::NoticeRuns { until: When(until) }.into());
    }
    store::commend(&tx, id).await.or_fault()?;
    let note = format!("{} · {}", placed.round.title, placed.branch_name);
    let round = commendation_round::Model { state: AwardRoundState::Awarded, closed_at: Some(now), ..placed.round };
    store::save_round(&tx, round.clone()).await.or_fault()?;
    tell(ctx, &tx, (id, CandidateState::Awarded), InboxKind::Commended, &note).await?;
    let mut notes = vec![Note {
        action: "PUBLISH_COMMENDATIONS".into(),
        subject: "CommendationRound".into(),
        subject_id: id.0,
        ..Note::default()
    }];
    notes.extend(store::commended_in(&tx, id).await.or_fault()?.into_iter().map(|one| Note {
        action: "COMMEND".into(),
        subject: "CommendationNominee".into(),
        subject_id: one.nominee.id.0,
        subject_person: one.person_id,
        ..Note::default()
    }));
    trail::append(ctx, &tx, notes).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(round)
}

/// Cancels a round that has commended nobody.
pub async fn cancel(ctx: &Ctx, id: CommendationRoundId, reason: String) -> Done {
    let tx = ctx.db.begin().await.or_fault()?;
    let running = [AwardRoundState::Opened, AwardRoundState::Reviewing, AwardRoundState::Notice];
    let placed = in_care(ctx, &tx, id, &running).await?;
    // Nobody was told before the notice.
    let told = placed.round.state == AwardRoundState::Notice;
    let round = commendation_round::Model {
        state: AwardRoundState::Cancelled,
        closed_at: Some(ctx.now()),
        cancel_reason: Some(reason.clone()),
        ..placed.round
    };
    store::save_round(&tx, round.clone()).await.or_fault()?;
    if told {
        tell(ctx, &tx, (id, CandidateState::Passed), InboxKind::CommendationsCancelled, &reason).await?;
    }
    ctx.audit(&tx, "CANCEL_COMMENDATIONS", "CommendationRound", id.0, Some(reason)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(round)
}

/// Tells the volunteers of a round in a state, and who leads its teams.
async fn tell(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    (round, state): (CommendationRoundId, CandidateState),
    kind: InboxKind,
    note: &str,
) -> Result<(), Stop<CommendationRefusal>> {
    let volunteers = store::volunteers_in(tx, round, state).await.or_fault()?;
    tell_volunteers(ctx, tx, &volunteers, kind, None, note).await.or_fault()?;
    let leaders = store::leaders_in(tx, round, state, ctx.now()).await.or_fault()?;
    tell_persons(ctx, tx, &leaders, kind, note).await.or_fault()
}

/// The round in the caller's care, held, if it stands where it can be moved on from.
async fn in_care(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    id: CommendationRoundId,
    from: &[AwardRoundState],
) -> Result<PlacedRound, Stop<CommendationRefusal>> {
    ctx.actor().or_fault()?;
    let placed = store::hold_round(tx, id, Hold::Alone).await.or_fault()?.ok_or(CommendationRefusal::NotFound)?;
    if !ctx.may(Action::Commend, Resource::Branch { path: &placed.branch_path }).or_fault()? {
        return Err(CommendationRefusal::NotFound.into());
    }
    if !from.contains(&placed.round.state) {
        return Err(CommendationRefusal::WrongState.into());
    }
    Ok(placed)
}
