//! Asking what a policy would move, and working it out: a stretch of volunteers at a time, so that memory is bounded by the
//! stretch and somebody who asks sees how far it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use boai_entity::{
    ids::{PolicyId, PolicyPreviewId, TeamId, VolunteerId},
    policy,
    policy_preview::{self, BranchMoves, Moves, PreviewState},
};

use super::{
    rules::{Counting, Served, moved, star_moves, told_at},
    store::{self, Entry, Home, JOBS},
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    platform::{
        errors::Fault,
        leases::Attempt,
        refusal::{OrFault, Stop, When},
    },
    policy_changes::{rules::PolicyRefusal, service::policy_in_care},
};

/// Volunteers at a time.
const STRETCH: u64 = 500;

/// Asks for it; while one is under way for the policy, that is the answer.
pub async fn ask(ctx: &Ctx, id: PolicyId) -> Result<policy_preview::Model, Stop<Vec<PolicyRefusal>>> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let policy = policy_in_care(ctx, &tx, id).await?;
    if let Some(at) = policy.withdrawn_at {
        return Err(vec![PolicyRefusal::Withdrawn { at: When(at) }].into());
    }
    if policy.valid_from <= ctx.now() {
        return Err(vec![PolicyRefusal::InForce { since: When(policy.valid_from) }].into());
    }
    let new = policy_preview::Model {
        id: PolicyPreviewId(ctx.new_id()),
        policy_id: id,
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
        return same
            .ok_or_else(|| Stop::Fault(Fault::Internal(format!("policy {id} has no preview, and one in the way"))));
    }
    ctx.audit(&tx, "PREVIEW_POLICY", "Policy", id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.asked_ahead.notify_one();
    Ok(new)
}

/// How far it is, for who may set the policy; what is not theirs is as what is not there.
pub async fn look(ctx: &Ctx, id: PolicyPreviewId) -> Result<Option<policy_preview::Model>, Fault> {
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
    while let Some(job) = store::claim(db, ctx.now()).await? {
        match run(ctx, &job).await {
            Ok(true) => done += 1,
            Ok(false) => {}
            Err(fault) => {
                tracing::warn!(?fault, preview = %job.id, attempt = job.attempt, "a policy could not be looked at ahead");
                JOBS.let_go(db, attempt(&job), ctx.now()).await?;
                JOBS.fail_exhausted(db, ctx.now()).await?;
            }
        }
    }
    Ok(done)
}

/// Works out a job that was claimed; false when somebody else has taken it over.
pub async fn run(ctx: &Ctx, job: &policy_preview::Model) -> Result<bool, Fault> {
    let db = &ctx.db.conn;
    let Some(mut work) = Work::begin(ctx, job.policy_id).await? else { return Ok(false) };
    let total = i32::try_from(store::count_people(db).await?).unwrap_or(i32::MAX);
    let (mut after, mut done) = (None, 0);
    loop {
        if !JOBS.progress(db, attempt(job), (done, total.max(done)), ctx.now()).await? {
            return Ok(false);
        }
        let people = store::people_after(db, after, STRETCH).await?;
        let (Some(first), Some(last)) = (people.first(), people.last()) else { break };
        let stretch = (first.id, last.id);
        let sums = store::sums(db, stretch).await?;
        let entries = if work.counts_otherwise() { store::entries(db, stretch).await? } else { Vec::new() };
        work.look_at(&people, &sums, entries);
        (after, done) = (Some(last.id), done + i32::try_from(people.len()).unwrap_or(i32::MAX));
    }
    let moves = work.moves(ctx).await?;
    Ok(JOBS.finish(db, attempt(job), moves.into(), ctx.now()).await?)
}

fn attempt(job: &policy_preview::Model) -> Attempt {
    (job.id.0, job.attempt)
}

/// What is known of a policy that waits, and what it would move as far as it was looked at.
struct Work {
    policy: policy::Model,
    before: Counting,
    after: Counting,
    /// Where a branch below has its own way.
    own_ways: Vec<String>,
    teams: HashMap<TeamId, String>,
    schemes_before: HashMap<String, Vec<i64>>,
    schemes_after: HashMap<String, Vec<i64>>,
    /// Places that are told of, and their numbers.
    units: HashMap<String, usize>,
    moves: Vec<BranchMoves>,
}

impl Work {
    async fn begin(ctx: &Ctx, id: PolicyId) -> Result<Option<Self>, Fault> {
        let db = &ctx.db.conn;
        let Some(policy) = store::policy(db, id).await? else { return Ok(None) };
        let before = store::without(db, &policy).await?;
        let after = Counting::from(&policy.body);
        Ok(Some(Self {
            before: before.map_or(after, |before| Counting::from(&before.body)),
            after,
            own_ways: store::own_ways_below(db, &policy).await?,
            teams: store::team_paths(db).await?,
            schemes_before: store::schemes(db, &policy, false).await?,
            schemes_after: store::schemes(db, &policy, true).await?,
            units: HashMap::new(),
            moves: Vec::new(),
            policy,
        }))
    }

    /// Whether the policy would count any stay otherwise; else only sums are asked for.
    fn counts_otherwise(&self) -> bool {
        self.before != self.after
    }

    fn look_at(&mut self, people: &[Home], sums: &HashMap<VolunteerId, i64>, entries: Vec<Entry>) {
        let mut served = self.served(entries);
        for home in people {
            let Some(minutes) = sums.get(&home.id).copied() else { continue };
            let mut difference = 0;
            if let Some(records) = served.get_mut(&home.id) {
                for (unit, moved) in moved(records, self.before, self.after) {
                    let moves = &mut self.moves[unit];
                    moves.added_min += moved.added_min;
                    moves.removed_min += moved.removed_min;
                    moves.officer_min += moved.officer_min;
                    difference += moved.added_min - moved.removed_min;
                }
            }
            let before = nearest(&self.schemes_before, &home.residence_code);
            let after = nearest(&self.schemes_after, &home.residence_code);
            let stars = star_moves(minutes, difference, before, after);
            if stars != 0 {
                let unit = self.unit(&home.residence_code);
                let moves = &mut self.moves[unit];
                *if stars > 0 { &mut moves.gaining } else { &mut moves.losing } += 1;
            }
        }
    }

    /// The confirmed records by volunteer, as far as no later entry takes them back.
    fn served(&mut self, entries: Vec<Entry>) -> HashMap<VolunteerId, Vec<Served>> {
        let taken_back: HashSet<_> = entries.iter().filter(|it| it.reverses).filter_map(|it| it.corrects).collect();
        let mut served: HashMap<VolunteerId, Vec<Served>> = HashMap::new();
        for entry in entries {
            if entry.reverses || taken_back.contains(&entry.id) {
                continue;
            }
            let path = self.teams.get(&entry.team_id).cloned().unwrap_or_default();
            let record = Served {
                record: entry.record_id,
                activity: entry.activity_id,
                governed: self.governs(&path),
                unit: self.unit(&path),
                from: entry.served_from.timestamp(),
                to: entry.served_to.timestamp(),
                spans: entry.spans.0,
            };
            served.entry(entry.volunteer_id).or_default().push(record);
        }
        served
    }

    fn governs(&self, path: &str) -> bool {
        path.starts_with(&self.policy.branch_path) && !self.own_ways.iter().any(|own| path.starts_with(own.as_str()))
    }

    fn unit(&mut self, path: &str) -> usize {
        let place = told_at(path, &self.policy.branch_path);
        if let Some(known) = self.units.get(place) {
            return *known;
        }
        self.moves.push(BranchMoves { path: place.into(), ..BranchMoves::default() });
        self.units.insert(place.into(), self.moves.len() - 1);
        self.moves.len() - 1
    }

    /// What moves, by the nearest branch that there is.
    async fn moves(self, ctx: &Ctx) -> Result<Moves, Fault> {
        let moving =
            self.moves.into_iter().filter(|it| *it != BranchMoves { path: it.path.clone(), ..Default::default() });
        let moving: Vec<BranchMoves> = moving.collect();
        let mut places: Vec<&str> = Vec::new();
        for moves in &moving {
            places.extend([2, 4, 6, 9, 12].iter().filter_map(|digits| moves.path.get(..*digits)));
        }
        places.sort_unstable();
        places.dedup();
        let known = store::branches_at(&ctx.db.conn, &places).await?;
        let mut by_branch: BTreeMap<String, BranchMoves> = BTreeMap::new();
        for moves in moving {
            let nearest =
                known.iter().filter(|path| moves.path.starts_with(path.as_str())).max_by_key(|path| path.len());
            let path = nearest.unwrap_or(&self.policy.branch_path).clone();
            let sum = by_branch.entry(path.clone()).or_insert_with(|| BranchMoves { path, ..BranchMoves::default() });
            sum.gaining += moves.gaining;
            sum.losing += moves.losing;
            sum.added_min += moves.added_min;
            sum.removed_min += moves.removed_min;
            sum.officer_min += moves.officer_min;
        }
        Ok(Moves(by_branch.into_values().collect()))
    }
}

/// The scheme of the nearest place up the tree.
fn nearest<'s>(schemes: &'s HashMap<String, Vec<i64>>, path: &str) -> &'s [i64] {
    let up = path.char_indices().map(|(end, _)| end).chain([path.len()]).rev();
    up.filter_map(|end| path.get(..end)).find_map(|above| schemes.get(above)).map_or(&[], Vec::as_slice)
}
