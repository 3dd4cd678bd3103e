//! Asking whom a rule would make eligible, and working it out: a stretch of volunteers at a time, so that memory is bounded by
//! the stretch and somebody who asks sees how far it is.

use std::collections::{BTreeMap, HashMap};

use boai_entity::{
    badge_rule,
    badge_rule_preview::{self, Badges, BranchBadges},
    ids::{BadgeRuleId, BadgeRulePreviewId, VolunteerId},
    policy_preview::PreviewState,
};
use chrono::NaiveDate;

use super::store::{self, JOBS, Resident};
use crate::{
    access::{Action, Resource},
    badge_rules::{self, rules::BadgeRuleRefusal, service::waiting_in_care},
    ctx::Ctx,
    platform::{
        civil::civil_day,
        errors::Fault,
        leases::Attempt,
        refusal::{OrFault, Stop},
    },
    policy_changes::preview::{rules::told_at, store::branches_at},
    recognition::language::{Fact, Known, asks_for_service, holds},
};

/// Volunteers at a time.
const STRETCH: u64 = 500;

/// Asks for it; while one is under way for the rule, that is the answer.
pub async fn ask(ctx: &Ctx, id: BadgeRuleId) -> Result<badge_rule_preview::Model, Stop<Vec<BadgeRuleRefusal>>> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    waiting_in_care(ctx, &tx, id).await?;
    let new = badge_rule_preview::Model {
        id: BadgeRulePreviewId(ctx.new_id()),
        badge_rule_id: id,
        asked_at: ctx.now(),
        state: PreviewState::Waiting,
        attempt: 0,
        leased_until: None,
        done: 0,
        total: 0,
        finished_at: None,
        moves: None,
    };
    if !store::ask(&tx, new.clone()).await.or_fault()? {
        // The branch is held, so nobody else asks; the one under way may end meanwhile, and is an answer all the same.
        let same = store::newest(&tx, id).await.or_fault()?;
        return same.ok_or_else(|| {
            Stop::Fault(Fault::Internal(format!("badge rule {id} has no preview, and one in the way")))
        });
    }
    ctx.audit(&tx, "PREVIEW_BADGE_RULE", "BadgeRule", id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.asked_for_badges.notify_one();
    Ok(new)
}

/// How far it is, for who may set the badge; what is not theirs is as what is not there.
pub async fn look(ctx: &Ctx, id: BadgeRulePreviewId) -> Result<Option<badge_rule_preview::Model>, Fault> {
    let placed = store::placed(&ctx.db.conn, id).await?;
    let visible =
        |placed: &store::Placed| ctx.may_see(Action::SetPolicies, Resource::Branch { path: &placed.branch_path });
    Ok(placed.filter(visible).map(|placed| placed.preview))
}

/// Works out whatever waits, and says how many.
pub async fn run_due(ctx: &Ctx) -> Result<usize, Fault> {
    let db = &ctx.db.conn;
    let mut done = 0;
    JOBS.fail_exhausted(db, ctx.now()).await?;
    while let Some(job) = JOBS.claim::<badge_rule_preview::Model>(db, ctx.now()).await? {
        match run(ctx, &job).await {
            Ok(true) => done += 1,
            Ok(false) => {}
            Err(fault) => {
                tracing::warn!(?fault, preview = %job.id, attempt = job.attempt, "a badge could not be looked at ahead");
                JOBS.let_go(db, attempt(&job), ctx.now()).await?;
                JOBS.fail_exhausted(db, ctx.now()).await?;
            }
        }
    }
    Ok(done)
}

fn attempt(job: &badge_rule_preview::Model) -> Attempt {
    (job.id.0, job.attempt)
}

/// Works out a job that was claimed; false when somebody else has taken it over.
pub async fn run(ctx: &Ctx, job: &badge_rule_preview::Model) -> Result<bool, Fault> {
    let db = &ctx.db.conn;
    let Some(mut work) = Work::begin(ctx, job).await? else { return Ok(false) };
    let branch = work.rule.branch_path.clone();
    let total = i32::try_from(store::count_people(db, &branch).await?).unwrap_or(i32::MAX);
    let (mut after, mut done) = (None, 0);
    loop {
        if !JOBS.progress(db, attempt(job), (done, total.max(done)), ctx.now()).await? {
            return Ok(false);
        }
        let people = store::people_after(db, &branch, after, STRETCH).await?;
        let (Some(first), Some(last)) = (people.first(), people.last()) else { break };
        let stretch = (first.id, last.id);
        let facts = if work.asks_for_service() { store::facts(db, &branch, stretch).await? } else { HashMap::new() };
        work.look_at(&people, &facts);
        (after, done) = (Some(last.id), done + i32::try_from(people.len()).unwrap_or(i32::MAX));
    }
    let badges = work.badges(ctx).await?;
    Ok(JOBS.finish(db, attempt(job), badges.into(), ctx.now()).await?)
}

/// What is known of a rule that waits, and of whom was looked at.
struct Work {
    rule: badge_rule::Model,
    /// What would be in force without it; none for a badge that is new there.
    before: Option<badge_rule::Model>,
    /// Where a branch below has its own way.
    own_ways: Vec<String>,
    /// Facts count as far as this day, whichever attempt it is.
    today: NaiveDate,
    /// By place that is told of.
    units: BTreeMap<String, BranchBadges>,
}

impl Work {
    async fn begin(ctx: &Ctx, job: &badge_rule_preview::Model) -> Result<Option<Self>, Fault> {
        let db = &ctx.db.conn;
        let Some(rule) = store::rule(db, job.badge_rule_id).await? else { return Ok(None) };
        let place = (rule.branch_path.as_str(), rule.code.as_str());
        let before = badge_rules::store::in_force(db, place, rule.valid_from, Some(rule.id)).await?;
        let own_ways = store::own_ways_below(db, &rule).await?;
        Ok(Some(Self { rule, before, own_ways, today: civil_day(job.asked_at), units: BTreeMap::new() }))
    }

    fn asks_for_service(&self) -> bool {
        std::iter::once(&self.rule).chain(&self.before).any(|row| asks_for_service(&row.rule))
    }

    fn look_at(&mut self, people: &[Resident], facts: &HashMap<VolunteerId, Vec<Fact>>) {
        for person in people {
            let path = &person.residence_code;
            if self.own_ways.iter().any(|own| path.starts_with(own.as_str())) {
                continue;
            }
            let facts = facts.get(&person.id).map_or(&[][..], Vec::as_slice);
            let known = Known { facts, registered: person.standing.registered, star: person.standing.star };
            let after = holds(&self.rule.rule, known, self.today);
            let before = self.before.as_ref().is_some_and(|row| holds(&row.rule, known, self.today));
            let unit = self.units.entry(told_at(path, &self.rule.branch_path).into()).or_default();
            unit.people += 1;
            unit.holding += i64::from(after);
            unit.gaining += i64::from(after && !before);
            unit.losing += i64::from(before && !after);
        }
    }

    /// What came out, by the nearest branch that there is.
    async fn badges(self, ctx: &Ctx) -> Result<Badges, Fault> {
        let mut places: Vec<&str> = Vec::new();
        for place in self.units.keys() {
            places.extend([2, 4, 6, 9, 12].iter().filter_map(|digits| place.get(..*digits)));
        }
        places.sort_unstable();
        places.dedup();
        let mut known = Vec::new();
        // As many at once as any database takes values.
        for places in places.chunks(1000) {
            known.extend(branches_at(&ctx.db.conn, places).await?);
        }
        let mut by_branch: BTreeMap<String, BranchBadges> = BTreeMap::new();
        for (place, unit) in &self.units {
            let above = known.iter().filter(|path| place.starts_with(path.as_str()));
            let path = above.max_by_key(|path| path.len()).unwrap_or(&self.rule.branch_path).clone();
            let sum = by_branch.entry(path.clone()).or_insert_with(|| BranchBadges { path, ..BranchBadges::default() });
            sum.people += unit.people;
            sum.holding += unit.holding;
            sum.gaining += unit.gaining;
            sum.losing += unit.losing;
        }
        Ok(Badges(by_branch.into_values().collect()))
    }
}
