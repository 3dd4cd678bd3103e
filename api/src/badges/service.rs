//! Receiving, issuing, handing out, replacing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use boai_entity::{
    badge_stock,
    ids::{BranchId, PersonId, StarAwardId, StarBadgeId},
    kinds::InboxKind,
    star_badge,
};
use chrono::Datelike;
use sea_orm::ConnectionTrait;

use super::{
    credential::{Said, credential},
    rules::{BadgeRefusal, PLACES, number, place},
    store::{self, Badged},
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    inbox::tell_volunteers_apart,
    organisation,
    platform::{
        civil::civil_day,
        errors::Fault,
        node::NOTHING,
        refusal::{OrFault, Stop},
    },
    trail::{self, Note},
};

/// Badges issued at once.
pub const AT_ONCE: usize = 200;

/// Puts badges that a branch received into its stock.
pub async fn receive(
    ctx: &Ctx,
    branch: BranchId,
    star: i32,
    count: i32,
    note: String,
) -> Result<badge_stock::Model, Stop<BadgeRefusal>> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = organisation::store::branch(&tx, branch).await.or_fault()?.ok_or(BadgeRefusal::NotFound)?;
    if !ctx.may(Action::HandOutBadges, Resource::Branch { path: &branch.path }).or_fault()? {
        return Err(BadgeRefusal::NotFound.into());
    }
    let stock = store::receive(&tx, branch.id, star, count).await.or_fault()?;
    let stock =
        stock.ok_or_else(|| Stop::Fault(Fault::bad_input("A branch has no use for more than 1,000,000,000.")))?;
    let words = format!("★{star} +{count} {note}");
    ctx.audit(&tx, "RECEIVE_BADGES", "Branch", branch.id.0, Some(words)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(stock)
}

/// What became of an item: the badge, or why there is none.
pub type Issued = Result<star_badge::Model, BadgeRefusal>;

/// Issues badges for stars; each is decided by itself, in a number of statements that does not grow with their number but with
/// that of the branches that awarded them.
pub async fn issue(ctx: &Ctx, items: &[StarAwardId]) -> Result<Vec<Issued>, Fault> {
    let mut seen = HashSet::new();
    if items.iter().any(|id| !seen.insert(*id)) {
        return Err(Fault::bad_input("`awardIds` names a star twice."));
    }
    let tx = ctx.db.begin().await?;
    let issued = issue_in(ctx, &tx, items, &HashMap::new()).await?;
    tx.commit().await?;
    ctx.committed.notify_one();
    Ok(issued)
}

/// Voids a badge that was lost or broken, and issues another one from the stock. Its number, and its twin, are good no more.
pub async fn replace(ctx: &Ctx, id: StarBadgeId, reason: String) -> Result<star_badge::Model, Stop<BadgeRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let (old, _) = in_care(ctx, &tx, id).await?;
    if !store::void(&tx, id, &reason, person, ctx.now()).await.or_fault()? {
        return Err(BadgeRefusal::Void.into());
    }
    let replaces = HashMap::from([(old.award_id, id)]);
    let mut issued = issue_in(ctx, &tx, &[old.award_id], &replaces).await.or_fault()?;
    // Refused, nothing of it is kept: the old badge stays good.
    let badge = issued.pop().ok_or(BadgeRefusal::NotFound)??;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(badge)
}

/// Writes down that a badge came into its volunteer's hands.
pub async fn hand_out(ctx: &Ctx, id: StarBadgeId) -> Result<star_badge::Model, Stop<BadgeRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let (badge, whose) = in_care(ctx, &tx, id).await?;
    if !store::hand_out(&tx, id, person, ctx.now()).await.or_fault()? {
        let void = badge.voided_at.is_some();
        return Err(if void { BadgeRefusal::Void } else { BadgeRefusal::AlreadyHandedOut }.into());
    }
    let about = ("StarBadge", id.0);
    ctx.audit_about(&tx, whose.person_id, "HAND_OUT_BADGE", about, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(star_badge::Model { handed_out_at: Some(ctx.now()), handed_out_by: Some(person), ..badge })
}

/// A badge in the caller's care as it is now, its star held.
async fn in_care(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    id: StarBadgeId,
) -> Result<(star_badge::Model, Badged), Stop<BadgeRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    // What is not there is followed as far as what is not yours.
    let badge = store::badge(tx, id).await.or_fault()?;
    let award = badge.map_or(StarAwardId(NOTHING), |badge| badge.award_id);
    let mut held = store::hold_awards(tx, &[award]).await.or_fault()?;
    let whose = held.pop().ok_or(BadgeRefusal::NotFound)?;
    if !ctx.may(Action::HandOutBadges, Resource::Branch { path: &whose.branch_path }).or_fault()? {
        return Err(BadgeRefusal::NotFound.into());
    }
    if whose.person_id == person {
        return Err(BadgeRefusal::OwnBadge.into());
    }
    let badge = store::badge(tx, id).await.or_fault()?.ok_or(BadgeRefusal::NotFound)?;
    Ok((badge, whose))
}

async fn issue_in(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    items: &[StarAwardId],
    replaces: &HashMap<StarAwardId, StarBadgeId>,
) -> Result<Vec<Issued>, Fault> {
    let person = ctx.actor()?.person;
    let held: HashMap<_, _> = store::hold_awards(tx, items).await?.into_iter().map(|one| (one.id, one)).collect();
    let issued: HashSet<_> = store::issued(tx, items).await?.into_iter().collect();
    let branches: BTreeSet<BranchId> = held.values().map(|one| one.branch_id).collect();
    let branches: Vec<_> = branches.into_iter().collect();
    let stock = store::hold_stock(tx, &branches).await?;
    let mut left: HashMap<_, _> = stock.iter().map(|row| ((row.branch_id, row.star), row.on_hand)).collect();
    let mut decided: Vec<Result<&Badged, BadgeRefusal>> = Vec::with_capacity(items.len());
    for id in items {
        let mut decide = || -> Result<Result<&Badged, BadgeRefusal>, Fault> {
            let Some(one) = held.get(id) else { return Ok(Err(BadgeRefusal::NotFound)) };
            if !ctx.may(Action::HandOutBadges, Resource::Branch { path: &one.branch_path })? {
                return Ok(Err(BadgeRefusal::NotFound));
            }
            if one.person_id == person {
                return Ok(Err(BadgeRefusal::OwnBadge));
            }
            if one.revoked_at.is_some() {
                return Ok(Err(BadgeRefusal::StarRevoked));
            }
            if issued.contains(id) {
                return Ok(Err(BadgeRefusal::AlreadyIssued));
            }
            match left.get_mut(&(one.branch_id, one.star)).filter(|left| **left > 0) {
                Some(left) => *left -= 1,
                None => return Ok(Err(BadgeRefusal::OutOfStock { star: one.star })),
            }
            Ok(Ok(one))
        };
        decided.push(decide()?);
    }
    let mut next = take(ctx, tx, decided.iter().flatten().copied()).await?;
    let mut outcome: Vec<Issued> = Vec::with_capacity(items.len());
    for one in decided {
        outcome.push(match one {
            Err(refusal) => Err(refusal),
            Ok(one) => match next.get_mut(&one.branch_id) {
                Some(Some(taken)) => {
                    *taken += 1;
                    Ok(badge(ctx, one, *taken - 1, replaces.get(&one.id).copied(), person))
                }
                _ => Err(BadgeRefusal::ListFull),
            },
        });
    }
    let badges: Vec<star_badge::Model> = outcome.iter().flatten().cloned().collect();
    if badges.is_empty() {
        return Ok(outcome);
    }
    store::add(tx, badges.clone()).await?;
    let told: Vec<_> = badges.iter().map(|badge| (badge.volunteer_id, badge.number.as_str())).collect();
    tell_volunteers_apart(ctx, tx, &told, InboxKind::BadgeIssued).await?;
    let note = |badge: &star_badge::Model| Note {
        action: if badge.replaces.is_some() { "REPLACE_BADGE" } else { "ISSUE_BADGE" }.into(),
        subject: "StarBadge".into(),
        subject_id: badge.id.0,
        subject_person: held.get(&badge.award_id).map(|one| one.person_id),
        ..Note::default()
    };
    trail::append(ctx, tx, badges.iter().map(note).collect()).await?;
    Ok(outcome)
}

/// Takes what is issued out of the stock of each branch, and as many places of its list; the first place of each, where there are
/// so many left.
async fn take(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    issued: impl Iterator<Item = &Badged>,
) -> Result<HashMap<BranchId, Option<i32>>, Fault> {
    let mut of_branches: BTreeMap<BranchId, BTreeMap<i32, i32>> = BTreeMap::new();
    for one in issued {
        *of_branches.entry(one.branch_id).or_default().entry(one.star).or_default() += 1;
    }
    let mut places = HashMap::new();
    for (branch, stars) in of_branches {
        let stars: Vec<_> = stars.into_iter().collect();
        let count = stars.iter().map(|(_, count)| count).sum();
        let first = store::take_places(tx, branch, year(ctx), count, PLACES).await?;
        if first.is_some() {
            store::take(tx, branch, &stars).await?;
        }
        places.insert(branch, first);
    }
    Ok(places)
}

/// The civil year in which a badge is issued, and its list's.
fn year(ctx: &Ctx) -> i32 {
    civil_day(ctx.now()).year()
}

fn badge(ctx: &Ctx, one: &Badged, taken: i32, replaces: Option<StarBadgeId>, person: PersonId) -> star_badge::Model {
    let (year, place) = (year(ctx), place(taken));
    let number = number(&one.branch_path, year, one.star, place);
    // All of it is chance: an id made of the time would tell some of it.
    let public_id = uuid::Builder::from_random_bytes(ctx.random.bytes()).into_uuid();
    let salt = hex::encode(ctx.random.bytes::<16>());
    let twin = ctx.config.certificates.address.as_deref().and_then(|address| {
        let said = Said {
            address,
            public_id,
            branch_id: one.branch_id.0,
            branch_name: &one.branch_name,
            star: one.star,
            awarded_at: one.awarded_at,
            issued_at: ctx.now(),
            number: &number,
            volunteer_number: &one.volunteer_number,
            salt: &salt,
            status: (year, place),
        };
        credential(&ctx.vault, &said)
    });
    star_badge::Model {
        id: StarBadgeId(ctx.new_id()),
        number,
        award_id: one.id,
        volunteer_id: one.volunteer_id,
        branch_id: one.branch_id,
        issued_at: ctx.now(),
        issued_by: person,
        handed_out_at: None,
        handed_out_by: None,
        voided_at: None,
        voided_by: None,
        void_reason: None,
        replaces,
        public_id,
        status_year: year,
        status_place: place,
        credential: twin.map(|twin| twin.to_string()),
    }
}
