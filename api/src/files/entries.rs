//! Training and evaluations: entered by a branch or a team for volunteers of theirs, struck out when they are wrong.

use std::collections::{HashMap, HashSet};

use boai_entity::{
    evaluation,
    ids::{BranchId, EvaluationId, TeamId, TrainingRecordId, VolunteerId},
    kinds::InboxKind,
    training_record, volunteer,
};
use chrono::NaiveDate;
use sea_orm::ConnectionTrait;

use super::{
    rules::FileEntryRefusal,
    store::{self, Entry},
};
use crate::{
    access::{Action, Resource},
    awards,
    ctx::Ctx,
    inbox::tell_volunteers,
    organisation, people,
    platform::{
        errors::Fault,
        node::NOTHING,
        refusal::{OrFault, Stop},
    },
    trail::{self, Note},
};

/// Who enters it: a branch, or a team of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Branch(BranchId),
    Team(TeamId),
}

/// A unit in the caller's care.
struct Placed {
    branch: BranchId,
    team: Option<TeamId>,
    path: String,
}

pub struct Training {
    pub name: String,
    pub content: String,
    pub learning_minutes: i32,
    pub trained_on: NaiveDate,
}

/// A year's rating of one volunteer.
pub struct Rating<'a> {
    pub number: &'a str,
    pub rating: i32,
    pub reason: String,
}

/// What became of an item: what was entered, or why nothing was.
pub type Entered<T> = Result<T, FileEntryRefusal>;

/// Enters the same training for these volunteers, by their numbers; each is decided by itself, in a number of statements that their
/// number does not change.
pub async fn record_training(
    ctx: &Ctx,
    unit: Unit,
    training: &Training,
    numbers: &[&str],
) -> Result<Vec<Entered<training_record::Model>>, Fault> {
    let (person, now) = (ctx.actor()?.person, ctx.now());
    let tx = ctx.db.begin().await?;
    let Some((placed, known)) = theirs(ctx, &tx, unit, numbers).await? else { return Ok(nothing(numbers.len())) };
    let row = |one: &volunteer::Model| training_record::Model {
        id: TrainingRecordId(ctx.new_id()),
        volunteer_id: one.id,
        branch_id: placed.branch,
        team_id: placed.team,
        name: training.name.clone(),
        content: training.content.clone(),
        learning_minutes: training.learning_minutes,
        trained_on: training.trained_on,
        recorded_by: person,
        recorded_at: now,
        struck_by: None,
        struck_at: None,
        strike_reason: None,
    };
    let mut entered: Vec<_> = numbers.iter().map(|number| of_others(ctx, &known, number).map(row)).collect();
    let there = store::add_training(&tx, entered.iter().flatten().cloned().collect()).await?;
    let there: HashSet<_> = there.into_iter().collect();
    for one in &mut entered {
        if one.as_ref().is_ok_and(|row| !there.contains(&row.id)) {
            *one = Err(FileEntryRefusal::AlreadyThere);
        }
    }
    let told: Vec<VolunteerId> = entered.iter().flatten().map(|row| row.volunteer_id).collect();
    tell_volunteers(ctx, &tx, &told, InboxKind::TrainingRecorded, None, &training.name).await?;
    let rows = entered.iter().flatten().map(|row| (row.id.0, row.volunteer_id));
    write_down(ctx, &tx, ("RECORD_TRAINING", "TrainingRecord"), rows, &known).await?;
    tx.commit().await?;
    ctx.committed.notify_one();
    Ok(entered)
}

/// Rates a year of these volunteers; the same way.
pub async fn evaluate(
    ctx: &Ctx,
    unit: Unit,
    year: i32,
    ratings: &[Rating<'_>],
) -> Result<Vec<Entered<evaluation::Model>>, Fault> {
    let (person, now) = (ctx.actor()?.person, ctx.now());
    let numbers: Vec<&str> = ratings.iter().map(|rating| rating.number).collect();
    let tx = ctx.db.begin().await?;
    let Some((placed, known)) = theirs(ctx, &tx, unit, &numbers).await? else { return Ok(nothing(numbers.len())) };
    let row = |one: &volunteer::Model, given: &Rating<'_>| evaluation::Model {
        id: EvaluationId(ctx.new_id()),
        volunteer_id: one.id,
        branch_id: placed.branch,
        team_id: placed.team,
        year,
        rating: given.rating,
        reason: Some(given.reason.clone()),
        evaluated_by: person,
        evaluated_at: now,
        struck_by: None,
        struck_at: None,
        strike_reason: None,
    };
    let mut entered: Vec<_> =
        ratings.iter().map(|given| of_others(ctx, &known, given.number).map(|one| row(one, given))).collect();
    let there = store::add_evaluations(&tx, entered.iter().flatten().cloned().collect()).await?;
    let there: HashSet<_> = there.into_iter().collect();
    for one in &mut entered {
        if one.as_ref().is_ok_and(|row| !there.contains(&row.id)) {
            *one = Err(FileEntryRefusal::AlreadyThere);
        }
    }
    let told: Vec<VolunteerId> = entered.iter().flatten().map(|row| row.volunteer_id).collect();
    tell_volunteers(ctx, &tx, &told, InboxKind::YearEvaluated, None, &year.to_string()).await?;
    let rows = entered.iter().flatten().map(|row| (row.id.0, row.volunteer_id));
    write_down(ctx, &tx, ("EVALUATE", "Evaluation"), rows, &known).await?;
    tx.commit().await?;
    ctx.committed.notify_one();
    Ok(entered)
}

/// Strikes an entry out that is wrong; the volunteer reads why.
pub async fn strike(ctx: &Ctx, entry: Entry, reason: String) -> Result<(), Stop<FileEntryRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = store::placed_entry(&tx, entry).await.or_fault()?.ok_or(FileEntryRefusal::NotFound)?;
    let resource = match placed.team_id {
        Some(id) => Resource::Team { id, branch_path: &placed.branch_path },
        None => Resource::Branch { path: &placed.branch_path },
    };
    if !ctx.may(Action::KeepFiles, resource).or_fault()? {
        return Err(FileEntryRefusal::NotFound.into());
    }
    if placed.person_id == person {
        return Err(FileEntryRefusal::OwnFile.into());
    }
    if !store::strike(&tx, entry, &reason, person, ctx.now()).await.or_fault()? {
        return Err(FileEntryRefusal::AlreadyStruck.into());
    }
    let whose = [placed.volunteer_id];
    tell_volunteers(ctx, &tx, &whose, InboxKind::FileEntryStruck, None, &reason).await.or_fault()?;
    let subject = match entry {
        Entry::Training(id) => ("TrainingRecord", id.0),
        Entry::Evaluation(id) => ("Evaluation", id.0),
    };
    ctx.audit_about(&tx, placed.person_id, "STRIKE_FROM_FILE", subject, Some(reason)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(())
}

type Known = HashMap<String, volunteer::Model>;

/// The unit, and those of these numbers that are volunteers of it, held; none when it is not in the caller's care.
async fn theirs(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    unit: Unit,
    numbers: &[&str],
) -> Result<Option<(Placed, Known)>, Fault> {
    let mut seen = HashSet::new();
    if numbers.iter().any(|number| !seen.insert(*number)) {
        return Err(Fault::bad_input("A volunteer is named twice."));
    }
    let Some(placed) = in_care(ctx, tx, unit).await? else { return Ok(None) };
    // PostgreSQL takes no NUL in a text; a number has digits alone.
    let plain = |number: &&str| number.bytes().all(|byte| byte.is_ascii_digit());
    let numbers: Vec<&str> = numbers.iter().copied().filter(plain).collect();
    let known = match unit {
        Unit::Team(id) => store::hold_members(tx, id, &numbers).await?,
        Unit::Branch(_) => awards::store::hold_those_who_belong(tx, &placed.path, &numbers).await?,
    };
    Ok(Some((placed, known.into_iter().map(|one| (one.number.clone(), one)).collect())))
}

async fn in_care(ctx: &Ctx, tx: &impl ConnectionTrait, unit: Unit) -> Result<Option<Placed>, Fault> {
    let placed = match unit {
        Unit::Branch(id) => organisation::store::branch(tx, id).await?.map(|branch| Placed {
            branch: branch.id,
            team: None,
            path: branch.path,
        }),
        Unit::Team(id) => organisation::store::placed_team(tx, id).await?.map(|team| Placed {
            branch: team.branch_id,
            team: Some(team.id),
            path: team.branch_path,
        }),
    };
    let Some(placed) = placed else { return Ok(None) };
    let resource = match placed.team {
        Some(id) => Resource::Team { id, branch_path: &placed.path },
        None => Resource::Branch { path: &placed.path },
    };
    Ok(ctx.may(Action::KeepFiles, resource)?.then_some(placed))
}

/// Who has this number, if it is not the caller's own.
fn of_others<'k>(ctx: &Ctx, known: &'k Known, number: &str) -> Entered<&'k volunteer::Model> {
    let one = known.get(number).ok_or(FileEntryRefusal::NotFound)?;
    let own = ctx.actor.as_ref().is_some_and(|actor| actor.person == one.person_id);
    if own { Err(FileEntryRefusal::OwnFile) } else { Ok(one) }
}

fn nothing<T>(many: usize) -> Vec<Entered<T>> {
    (0..many).map(|_| Err(FileEntryRefusal::NotFound)).collect()
}

async fn write_down(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    (action, subject): (&str, &str),
    rows: impl Iterator<Item = (uuid::Uuid, VolunteerId)>,
    known: &Known,
) -> Result<(), Fault> {
    let persons: HashMap<_, _> = known.values().map(|one| (one.id, one.person_id)).collect();
    let notes = rows.map(|(id, volunteer)| Note {
        action: action.into(),
        subject: subject.into(),
        subject_id: id,
        subject_person: persons.get(&volunteer).copied(),
        ..Note::default()
    });
    Ok(trail::append(ctx, tx, notes.collect()).await?)
}

/// Whose file it is, if the caller may see it: one's own, or that of somebody who lives below a branch in the caller's care, or is in
/// a team there. What is not there is followed as far as what is not yours.
pub async fn file_of(ctx: &Ctx, number: &str) -> Result<Option<volunteer::Model>, Fault> {
    let db = &ctx.db.conn;
    let found = people::store::volunteer_by_number(db, number).await?;
    let id = found.as_ref().map_or(VolunteerId(NOTHING), |found| found.id);
    let mut places = store::branches_of(db, id).await?;
    let Some(found) = found else { return Ok(None) };
    places.push(found.residence_code.clone());
    let own = ctx.actor.as_ref().and_then(|actor| actor.volunteer) == Some(id);
    let seen = places.iter().any(|path| ctx.may_see(Action::KeepFiles, Resource::Branch { path }));
    Ok((own || seen).then_some(found))
}
