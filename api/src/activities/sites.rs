//! Day shifts of a long-lived site: by rules, made weeks ahead, changed for one day or from a day on.
//!
//! Whoever makes or moves shifts of an activity holds its row, so two instances stand in line; and the database takes one
//! shift of a series for a day and no more.

use std::collections::{HashMap, HashSet};

use boai_entity::{
    Instant, activity,
    ids::{ActivityId, ShiftId, ShiftRuleId, VolunteerId},
    kinds::InboxKind,
    post, shift,
    shift_rule::{self, RulePosts, Weekdays},
};
use chrono::{Days, NaiveDate};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    recurrence::{self, RulePlan},
    rules::ActivityRefusal,
    service::{Done, facility_open, mine, nobody_served, not_cancelled, shift_rows},
    sign_up, store,
};
use crate::{
    ctx::Ctx,
    inbox::tell_volunteers,
    platform::{
        civil::civil_day,
        errors::Fault,
        refusal::{OrFault, Stop},
    },
    policies::calendar,
};

/// Adds a rule to an activity at a facility, and makes its first shifts.
pub async fn create_rule(ctx: &Ctx, id: ActivityId, plan: RulePlan) -> Done<shift_rule::Model> {
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    let activity = mine(ctx, &tx, id).await?.activity;
    not_cancelled(&activity)?;
    if activity.facility_id.is_none() {
        return Err(ActivityRefusal::NotAtFacility.into());
    }
    facility_open(&tx, &activity).await?;
    recurrence::check_rule(&plan, now)?;
    recurrence::check_rule_count(store::rule_count(&tx, id, civil_day(now)).await.or_fault()? + 1)?;
    let rule_id = ShiftRuleId(ctx.new_id());
    let made_until = plan.valid_from - Days::new(1);
    let mut rule = row(rule_id, rule_id, id, plan, made_until, now);
    store::add_rule(&tx, rule.clone()).await.or_fault()?;
    rule.made_until = make(ctx, &tx, &rule).await.or_fault()?;
    ctx.audit(&tx, "CREATE_SHIFT_RULE", "ShiftRule", rule_id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(rule)
}

/// Changes a rule from a day on. The shifts made already from then on are moved, but for days that were changed or cancelled
/// by themselves; who is signed up keeps the seat and hears of it. What the new rule has no place for is refused with the
/// numbers, and then nothing is changed.
pub async fn change_rule(
    ctx: &Ctx,
    id: ShiftRuleId,
    from: NaiveDate,
    change: impl FnOnce(&mut RulePlan),
    note: &str,
) -> Done<shift_rule::Model> {
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    let (mut old, activity) = my_rule(ctx, &tx, id).await?;
    recurrence::check_from(from, &old, now)?;
    let from = from.max(old.valid_from);
    let mut plan = RulePlan::of(&old);
    change(&mut plan);
    plan.valid_from = from;
    recurrence::check_rule(&plan, now)?;
    if !recurrence::same_posts(&old.posts.0, &plan.posts) {
        return Err(ActivityRefusal::PostsKeepNames.into());
    }
    let until = old.made_until;
    let days: HashSet<NaiveDate> = match from <= until {
        true => {
            let calendar = calendar::between(&tx, from, until).await.or_fault()?;
            plan.days(from, until, &calendar).into_iter().collect()
        }
        false => HashSet::new(),
    };
    let shifts = store::lock_series(&tx, old.series_id, from, until).await.or_fault()?;
    move_shifts(ctx, &tx, &activity, &plan, &days, &shifts, note).await?;
    let there: HashSet<NaiveDate> = shifts.iter().filter_map(|shift| shift.day).collect();
    let mut missing: Vec<NaiveDate> = days.difference(&there).copied().collect();
    missing.sort_unstable();
    let new = match from == old.valid_from {
        true => row(old.id, old.series_id, old.activity_id, plan, until, old.created_at),
        false => {
            old.valid_to = Some(from - Days::new(1));
            store::save_rule(&tx, old.clone()).await.or_fault()?;
            row(ShiftRuleId(ctx.new_id()), old.series_id, old.activity_id, plan, until.max(from - Days::new(1)), now)
        }
    };
    match from == old.valid_from {
        true => store::save_rule(&tx, new.clone()).await.or_fault()?,
        false => store::add_rule(&tx, new.clone()).await.or_fault()?,
    }
    add(ctx, &tx, &new, missing).await.or_fault()?;
    store::refit_times(&tx, activity.id).await.or_fault()?;
    ctx.audit(&tx, "CHANGE_SHIFT_RULE", "ShiftRule", new.id.0, Some(format!("From {from}. {note}")))
        .await
        .or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(new)
}

/// Ends a rule after a day. The shifts made for later days are cancelled, and those who are signed up hear why.
pub async fn end_rule(ctx: &Ctx, id: ShiftRuleId, last: NaiveDate, reason: &str) -> Done<shift_rule::Model> {
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    let (mut rule, activity) = my_rule(ctx, &tx, id).await?;
    let next = last + Days::new(1);
    recurrence::check_from(next, &rule, now)?;
    store::end_series(&tx, rule.series_id, last).await.or_fault()?;
    rule.valid_to = Some(last);
    let shifts = store::lock_series(&tx, rule.series_id, next, next + Days::new(3_650)).await.or_fault()?;
    let open: Vec<ShiftId> = shifts.iter().filter(|shift| shift.cancelled_at.is_none()).map(|shift| shift.id).collect();
    call_off(ctx, &tx, &activity, &open, reason).await?;
    ctx.audit(&tx, "END_SHIFT_RULE", "ShiftRule", id.0, Some(format!("After {last}. {reason}"))).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(rule)
}

/// Calls one shift off. Of a rule's shifts, that day stays cancelled whatever becomes of the rule.
pub async fn cancel_shift(ctx: &Ctx, id: ShiftId, reason: &str) -> Done<shift::Model> {
    let tx = ctx.db.begin().await.or_fault()?;
    let facts = store::shift_facts(&tx, id).await.or_fault()?.ok_or(ActivityRefusal::NotFound)?;
    let activity = mine(ctx, &tx, facts.activity_id).await?.activity;
    not_cancelled(&activity)?;
    let shift = store::lock_shift(&tx, id).await.or_fault()?.ok_or(ActivityRefusal::NotFound)?;
    if shift.cancelled_at.is_some() {
        return Err(ActivityRefusal::WrongState { state: "CANCELLED".into() }.into());
    }
    call_off(ctx, &tx, &activity, &[id], reason).await?;
    store::own_plan(&tx, id).await.or_fault()?;
    ctx.tell(&tx, super::board_topic(id)).await.or_fault()?;
    let shift = store::lock_shift(&tx, id).await.or_fault()?.ok_or(ActivityRefusal::NotFound)?;
    ctx.audit(&tx, "CANCEL_SHIFT", "Shift", id.0, Some(reason.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(shift)
}

/// Makes the shifts of days that have come near. Any number of instances may: each day's is made once. Says how many.
pub async fn extend(ctx: &Ctx) -> Result<u64, Fault> {
    let mut made = 0;
    for (rule, activity) in store::rules_due(&ctx.db.conn, horizon(ctx)).await? {
        let tx = ctx.db.begin().await?;
        // Another instance may have been here while this one stood in line.
        store::lock_activity(&tx, activity).await?;
        if let Some(rule) = store::rule(&tx, rule).await? {
            let before = store::shift_count_of(&tx, rule.series_id).await?;
            make(ctx, &tx, &rule).await?;
            made += store::shift_count_of(&tx, rule.series_id).await? - before;
        }
        tx.commit().await?;
    }
    Ok(made)
}

fn horizon(ctx: &Ctx) -> NaiveDate {
    civil_day(ctx.now()) + Days::new(7 * u64::from(ctx.config.sites.weeks_ahead))
}

/// Makes the shifts that are missing up to the horizon; the last day that has been looked at.
async fn make(ctx: &Ctx, tx: &impl ConnectionTrait, rule: &shift_rule::Model) -> Result<NaiveDate, DbErr> {
    let until = rule.valid_to.map_or(horizon(ctx), |last| last.min(horizon(ctx)));
    if until <= rule.made_until {
        return Ok(rule.made_until);
    }
    // After weeks in which no instance ran, what is past is not made up for.
    let from = (rule.made_until + Days::new(1)).max(civil_day(ctx.now()));
    let calendar = calendar::between(tx, from, until).await?;
    add(ctx, tx, rule, RulePlan::of(rule).days(from, until, &calendar)).await?;
    store::set_made_until(tx, rule.id, until).await?;
    store::refit_times(tx, rule.activity_id).await?;
    Ok(until)
}

/// Shifts of these days, but for one that is over already.
async fn add(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    rule: &shift_rule::Model,
    days: Vec<NaiveDate>,
) -> Result<(), DbErr> {
    let plan = RulePlan::of(rule);
    let days: Vec<NaiveDate> = days.into_iter().filter(|day| plan.time_on(*day).1 > ctx.now()).collect();
    if days.is_empty() {
        return Ok(());
    }
    let (mut shifts, posts) = shift_rows(ctx, rule.activity_id, days.iter().map(|day| plan.shift_on(*day)).collect());
    for (shift, day) in shifts.iter_mut().zip(days) {
        shift.series_id = Some(rule.series_id);
        shift.day = Some(day);
    }
    store::add_shifts(tx, shifts, posts).await
}

/// Moves the shifts made so far to the plan: those of days on which it has none are called off, if nobody is signed up.
async fn move_shifts(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    activity: &activity::Model,
    plan: &RulePlan,
    days: &HashSet<NaiveDate>,
    shifts: &[shift::Model],
    note: &str,
) -> Done<()> {
    let (keep, drop): (Vec<&shift::Model>, Vec<&shift::Model>) = shifts
        .iter()
        .filter(|shift| !shift.own_plan)
        .partition(|shift| shift.day.is_some_and(|day| days.contains(&day)));
    let ids = |shifts: &[&shift::Model]| shifts.iter().map(|shift| shift.id).collect::<Vec<ShiftId>>();
    let (kept, dropped) = (ids(&keep), ids(&drop));
    let all = [&kept[..], &dropped[..]].concat();
    if all.is_empty() {
        return Ok(());
    }
    let signed_up = store::signed_up_by_shift(tx, &all).await.or_fault()?;
    let posts = store::posts_of_all(tx, &kept).await.or_fault()?;
    let mut without_place: HashMap<ShiftId, i64> = HashMap::new();
    for id in &dropped {
        without_place.insert(*id, signed_up.get(id).copied().unwrap_or_default());
    }
    for shift in &keep {
        let of_posts: i64 = posts.iter().filter(|post| post.shift_id == shift.id).map(|post| lack(post, plan)).sum();
        without_place.insert(shift.id, of_posts.max(i64::from(shift.taken - plan.capacity)));
    }
    without_place.retain(|_, people| *people > 0);
    if !without_place.is_empty() {
        let days = i64::try_from(without_place.len()).unwrap_or(i64::MAX);
        return Err(ActivityRefusal::CannotKeep { people: without_place.values().sum(), days }.into());
    }
    if let some @ 1.. = store::attendances_at(tx, &all).await.or_fault()? {
        return Err(ActivityRefusal::AlreadyServed { attendances: i64::try_from(some).unwrap_or(i64::MAX) }.into());
    }
    let times = keep.iter().filter_map(|shift| shift.day.map(|day| (shift.id, plan.time_on(day)))).collect::<Vec<_>>();
    store::replan(tx, &times, plan.capacity, &plan.posts).await.or_fault()?;
    store::cancel_shifts(tx, &dropped, note, ctx.now()).await.or_fault()?;
    // New seats go to who waits.
    sign_up::seat_who_waits(ctx, tx, &kept).await.or_fault()?;
    let people = store::signed_up_at(tx, &kept).await.or_fault()?;
    tell_volunteers(ctx, tx, &people, InboxKind::ActivityChanged, Some((activity.id, None)), note).await.or_fault()
}

/// How many who have a seat at the post would have none.
fn lack(post: &post::Model, plan: &RulePlan) -> i64 {
    let seats = plan.posts.iter().find(|(name, _)| *name == post.name).map_or(0, |(_, seats)| *seats);
    i64::from((post.taken - seats).max(0))
}

/// Cancels shifts whose rows are held, with their sign-ups; those people hear why. What was served is not called off.
async fn call_off(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    activity: &activity::Model,
    shifts: &[ShiftId],
    reason: &str,
) -> Done<()> {
    match shifts {
        [] => return Ok(()),
        [one] => nobody_served(tx, activity.id, Some(*one)).await?,
        many => {
            if let some @ 1.. = store::attendances_at(tx, many).await.or_fault()? {
                return Err(
                    ActivityRefusal::AlreadyServed { attendances: i64::try_from(some).unwrap_or(i64::MAX) }.into()
                );
            }
        }
    }
    let people: Vec<VolunteerId> = store::signed_up_at(tx, shifts).await.or_fault()?;
    store::cancel_shifts(tx, shifts, reason, ctx.now()).await.or_fault()?;
    let place = Some((activity.id, if let [one] = shifts { Some(*one) } else { None }));
    tell_volunteers(ctx, tx, &people, InboxKind::ActivityCancelled, place, reason).await.or_fault()
}

/// A rule of an activity in the leader's care, whose row is held.
async fn my_rule(ctx: &Ctx, tx: &impl ConnectionTrait, id: ShiftRuleId) -> Done<(shift_rule::Model, activity::Model)> {
    ctx.actor().or_fault()?;
    let rule = store::rule(tx, id).await.or_fault()?;
    let activity = rule.map_or(ActivityId(crate::platform::node::NOTHING), |rule| rule.activity_id);
    let activity = mine(ctx, tx, activity).await?.activity;
    not_cancelled(&activity)?;
    // As it is now that nobody else can change it.
    let rule = store::rule(tx, id).await.or_fault()?.ok_or(Stop::Refused(ActivityRefusal::NotFound))?;
    Ok((rule, activity))
}

fn row(
    id: ShiftRuleId,
    series_id: ShiftRuleId,
    activity_id: ActivityId,
    plan: RulePlan,
    made_until: NaiveDate,
    created_at: Instant,
) -> shift_rule::Model {
    shift_rule::Model {
        id,
        series_id,
        activity_id,
        weekdays: Weekdays(plan.weekdays),
        starts_at_minute: plan.starts_at_minute,
        minutes: plan.minutes,
        capacity: plan.capacity,
        posts: RulePosts(plan.posts),
        leave_out_holidays: plan.leave_out_holidays,
        add_moved_workdays: plan.add_moved_workdays,
        valid_from: plan.valid_from,
        valid_to: plan.valid_to,
        made_until,
        created_at,
    }
}
