//! Making an issue, being asked, agreeing and withdrawing, and publishing.

use boai_entity::{
    honour_kinds::{HonourEntryState, ShownName},
    honour_roll_entry, honour_roll_issue,
    ids::{BranchId, HonourRollEntryId, HonourRollIssueId, PersonId, VolunteerId},
    kinds::{ConsentKind, InboxKind},
};
use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{HonourConsentRefusal, HonourRollRefusal, MOST, check_day, of_age_if_born_by},
    store::{self, PlacedIssue},
};
use crate::{
    access::{Action, Resource},
    awards,
    ctx::Ctx,
    inbox::{tell_persons, tell_volunteers},
    organisation, people,
    platform::{
        node::NOTHING,
        refusal::{OrFault, Stop},
    },
    trail::{self, Note},
};

type Done<T> = Result<T, Stop<HonourRollRefusal>>;
type Consented = Result<honour_roll_entry::Model, Stop<HonourConsentRefusal>>;

/// Begins an issue of a branch in the caller's care.
pub async fn open(ctx: &Ctx, branch: BranchId, title: String, issued_on: NaiveDate) -> Done<honour_roll_issue::Model> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = organisation::store::branch(&tx, branch).await.or_fault()?.ok_or(HonourRollRefusal::NotFound)?;
    if !ctx.may(Action::PublishHonourRoll, Resource::Branch { path: &branch.path }).or_fault()? {
        return Err(HonourRollRefusal::NotFound.into());
    }
    check_day(issued_on, ctx.now())?;
    let issue = honour_roll_issue::Model {
        id: HonourRollIssueId(ctx.new_id()),
        branch_id: branch.id,
        title,
        issued_on,
        opened_by: person,
        opened_at: ctx.now(),
        published_by: None,
        published_at: None,
    };
    store::add_issue(&tx, issue.clone()).await.or_fault()?;
    ctx.audit(&tx, "OPEN_HONOUR_ROLL", "HonourRollIssue", issue.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(issue)
}

/// Puts one of the branch's volunteers into a draft, with a story that they are asked about; or asks anew about another story.
pub async fn put(ctx: &Ctx, issue: HonourRollIssueId, number: &str, story: String) -> Done<honour_roll_entry::Model> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = draft_in_care(ctx, &tx, issue).await?;
    let found = people::store::volunteer_by_number(&tx, number).await.or_fault()?;
    // With the row held, an erasure comes before, and the number is nobody's, or after, and takes the entry along.
    let held = people::store::lock(&tx, found.map_or(VolunteerId(NOTHING), |found| found.id)).await.or_fault()?;
    let held = held.filter(|held| held.number == number).ok_or(HonourRollRefusal::NotFound)?;
    if !awards::store::belongs(&tx, &placed.branch_path, held.id).await.or_fault()? {
        return Err(HonourRollRefusal::NotFound.into());
    }
    let many = store::people_in(&tx, issue).await.or_fault()?;
    let row = honour_roll_entry::Model {
        id: HonourRollEntryId(ctx.new_id()),
        issue_id: issue,
        volunteer_id: held.id,
        place: i32::try_from(many + 1).unwrap_or(i32::MAX),
        story: Some(story),
        revision: 1,
        state: HonourEntryState::Asked,
        asked_by: person,
        asked_at: ctx.now(),
        agreed_at: None,
        shown_name: None,
        guardian_agreed_at: None,
        guardian_allows: None,
        published_at: None,
        ended_at: None,
        reason: None,
    };
    let entry = store::put(&tx, row).await.or_fault()?.ok_or(HonourRollRefusal::TheySaidNo)?;
    if entry.revision == 1 && many >= MOST {
        return Err(HonourRollRefusal::Full { most: MOST }.into());
    }
    let note = named(&placed);
    tell_volunteers(ctx, &tx, &[held.id], InboxKind::HonourRollAsked, None, &note).await.or_fault()?;
    let subject = ("HonourRollEntry", entry.id.0);
    ctx.audit_about(&tx, held.person_id, "ASK_FOR_HONOUR_ROLL", subject, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(entry)
}

/// Takes somebody off an issue, published or not. Once is enough: whoever is off stays off.
pub async fn take_off(ctx: &Ctx, id: HonourRollEntryId, reason: String) -> Done<honour_roll_entry::Model> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let entry = store::entry(&tx, id).await.or_fault()?;
    let issue = entry.as_ref().map_or(HonourRollIssueId(NOTHING), |entry| entry.issue_id);
    in_care(ctx, &tx, issue).await?;
    let entry = entry.ok_or(HonourRollRefusal::NotFound)?;
    let Some(off) = store::take_down(&tx, id, Some(&reason), ctx.now()).await.or_fault()? else {
        return Ok(entry);
    };
    tell_volunteers(ctx, &tx, &[off.volunteer_id], InboxKind::HonourRollTakenOff, None, &reason).await.or_fault()?;
    let person = people::store::volunteer(&tx, off.volunteer_id).await.or_fault()?.map(|volunteer| volunteer.person_id);
    let note = Note {
        action: "TAKE_OFF_HONOUR_ROLL".into(),
        subject: "HonourRollEntry".into(),
        subject_id: id.0,
        subject_person: person,
        reason: Some(reason),
        ..Note::default()
    };
    trail::append(ctx, &tx, vec![note]).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(off)
}

/// Publishes an issue with whoever has agreed at this moment; everybody else is left out, and their stories go.
pub async fn publish(ctx: &Ctx, id: HonourRollIssueId) -> Done<honour_roll_issue::Model> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = draft_in_care(ctx, &tx, id).await?;
    let now = ctx.now();
    let shown = store::publish_agreed(&tx, id, of_age_if_born_by(now), now).await.or_fault()?;
    if shown.is_empty() {
        return Err(HonourRollRefusal::NobodyAgreed.into());
    }
    store::leave_out(&tx, id, now).await.or_fault()?;
    store::publish_issue(&tx, id, person, now).await.or_fault()?;
    tell_volunteers(ctx, &tx, &shown, InboxKind::HonourRollPublished, None, &named(&placed)).await.or_fault()?;
    let mut notes = vec![Note {
        action: "PUBLISH_HONOUR_ROLL".into(),
        subject: "HonourRollIssue".into(),
        subject_id: id.0,
        ..Note::default()
    }];
    notes.extend(store::published_in(&tx, id).await.or_fault()?.into_iter().map(|shown| Note {
        action: "SHOW_ON_HONOUR_ROLL".into(),
        subject: "HonourRollEntry".into(),
        subject_id: shown.id.0,
        subject_person: Some(shown.person_id),
        ..Note::default()
    }));
    trail::append(ctx, &tx, notes).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(honour_roll_issue::Model { published_by: Some(person), published_at: Some(now), ..placed.issue })
}

/// Whose word on an entry it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Own,
    Guardians,
}

/// Agrees, as the volunteer, to be shown with the story of this revision and the name in this form.
pub async fn agree(ctx: &Ctx, id: HonourRollEntryId, revision: i32, name: ShownName) -> Consented {
    let (person, volunteer) = (ctx.actor().or_fault()?.person, ctx.volunteer().or_fault()?);
    let tx = ctx.db.begin().await.or_fault()?;
    let consents = people::store::consents_in_force(&tx, person).await.or_fault()?;
    if name == ShownName::Whole && !consents.iter().any(|consent| consent.kind == ConsentKind::Publication) {
        return Err(HonourConsentRefusal::NameNeedsConsent.into());
    }
    let entry = agreed(ctx, &tx, (Word::Own, volunteer), (id, revision), name).await?;
    ctx.audit(&tx, "AGREE_TO_HONOUR_ROLL", "HonourRollEntry", id.0, Some(name.as_str())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(entry)
}

/// Writes down that the volunteer, or the guardian, agrees.
pub async fn agreed(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    (word, volunteer): (Word, VolunteerId),
    (id, revision): (HonourRollEntryId, i32),
    name: ShownName,
) -> Consented {
    let entry = own(tx, volunteer, id).await?;
    // Held, so that nobody agrees to what is being published without them.
    store::hold_issue(tx, entry.issue_id).await.or_fault()?;
    let now = ctx.now();
    let agreed = match word {
        Word::Own => store::agree(tx, (id, revision), volunteer, name, now).await,
        Word::Guardians => store::guardian_agrees(tx, (id, revision), volunteer, name, now).await,
    };
    if let Some(agreed) = agreed.or_fault()? {
        return Ok(agreed);
    }
    let open = own(tx, volunteer, id).await?.story.is_some() && entry.published_at.is_none();
    Err(if open { HonourConsentRefusal::StoryChanged } else { HonourConsentRefusal::Over }.into())
}

/// Declines to be shown, or is shown no more from this moment on. Doing so again changes nothing.
pub async fn withdraw(ctx: &Ctx, id: HonourRollEntryId) -> Consented {
    let volunteer = ctx.volunteer().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let (entry, moved) = withdrawn(ctx, &tx, volunteer, id).await?;
    if moved {
        ctx.audit(&tx, "WITHDRAW_FROM_HONOUR_ROLL", "HonourRollEntry", id.0, None).await.or_fault()?;
    }
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(entry)
}

/// Takes a volunteer's entry down as the volunteer, or the guardian, wants it; whoever had asked hears. Says whether it was up.
pub async fn withdrawn(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    volunteer: VolunteerId,
    id: HonourRollEntryId,
) -> Result<(honour_roll_entry::Model, bool), Stop<HonourConsentRefusal>> {
    let entry = own(tx, volunteer, id).await?;
    let Some(down) = store::take_down(tx, id, None, ctx.now()).await.or_fault()? else {
        return Ok((own(tx, volunteer, id).await?, false));
    };
    tell_asker(ctx, tx, &entry).await.or_fault()?;
    Ok((down, true))
}

async fn tell_asker(ctx: &Ctx, tx: &impl ConnectionTrait, entry: &honour_roll_entry::Model) -> Result<(), DbErr> {
    let asker: [PersonId; 1] = [entry.asked_by];
    // Not held: whoever publishes holds it and waits for this very entry.
    let note = store::issue_named(tx, entry.issue_id).await?.unwrap_or_default();
    tell_persons(ctx, tx, &asker, InboxKind::HonourRollWithdrawn, &note).await
}

async fn own(tx: &impl ConnectionTrait, volunteer: VolunteerId, id: HonourRollEntryId) -> Consented {
    let entry = store::entry(tx, id).await.or_fault()?.filter(|entry| entry.volunteer_id == volunteer);
    Ok(entry.ok_or(HonourConsentRefusal::NotFound)?)
}

/// An issue in the caller's care, held.
async fn in_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: HonourRollIssueId) -> Done<PlacedIssue> {
    ctx.actor().or_fault()?;
    let placed = store::hold_issue(tx, id).await.or_fault()?.ok_or(HonourRollRefusal::NotFound)?;
    if !ctx.may(Action::PublishHonourRoll, Resource::Branch { path: &placed.branch_path }).or_fault()? {
        return Err(HonourRollRefusal::NotFound.into());
    }
    Ok(placed)
}

async fn draft_in_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: HonourRollIssueId) -> Done<PlacedIssue> {
    let placed = in_care(ctx, tx, id).await?;
    if placed.issue.published_at.is_some() {
        return Err(HonourRollRefusal::AlreadyPublished.into());
    }
    Ok(placed)
}

fn named(placed: &PlacedIssue) -> String {
    format!("{} · {}", placed.issue.title, placed.branch_name)
}
