//! Day shifts by rules, in the API.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{
    ids::{ActivityId, ShiftId, ShiftRuleId},
    kinds::Weekday,
    shift_rule,
};
use chrono::{NaiveDate, NaiveTime, TimeDelta, Timelike};

use super::{
    super::{loaders::CalendarKnown, recurrence::RulePlan, rules::ActivityError, sites},
    Shift,
    mutation::{PostInput, ShiftPayload},
};
use crate::{
    graphql::{ctx, load, settle},
    platform::{
        errors::Fault,
        node::GlobalId,
        scalars::{Date, Minutes, TimeOfDay},
        text,
    },
};

/// 岗位 of a rule: each of its shifts has it.
#[derive(SimpleObject)]
struct RulePost {
    /// What is done there.
    name: String,
    /// Its seats in each shift.
    capacity: i32,
}

/// 排班规则: by which an activity at a facility has its day shifts, made weeks ahead.
pub struct ShiftRule(pub shift_rule::Model);

/// 排班规则: by which an activity at a facility has its day shifts, made weeks ahead.
#[Object]
impl ShiftRule {
    /// Opaque global id; of this version, for a change from a day on is a new one.
    async fn id(&self) -> GlobalId<ShiftRuleId> {
        GlobalId(self.0.id)
    }
    /// All seven for every day.
    async fn weekdays(&self) -> &[Weekday] {
        &self.0.weekdays.0
    }
    /// When its shifts start, in Asia/Shanghai.
    async fn starts_at(&self) -> TimeOfDay {
        TimeOfDay(NaiveTime::MIN + TimeDelta::minutes(self.0.starts_at_minute.into()))
    }
    /// How long its shifts are; they may go on over midnight.
    async fn length(&self) -> Minutes {
        Minutes(self.0.minutes.into())
    }
    /// Seats of each shift.
    async fn capacity(&self) -> i32 {
        self.0.capacity
    }
    /// 岗位 of each shift; empty when they have none.
    async fn posts(&self) -> Vec<RulePost> {
        let post = |(name, capacity): &(String, i32)| RulePost { name: name.clone(), capacity: *capacity };
        self.0.posts.0.iter().map(post).collect()
    }
    /// Whether there is no shift on the State Council's holidays.
    async fn leave_out_holidays(&self) -> bool {
        self.0.leave_out_holidays
    }
    /// Whether there is a shift on weekends that are worked for a holiday (调休), whatever their weekday.
    async fn add_moved_workdays(&self) -> bool {
        self.0.add_moved_workdays
    }
    /// The first day.
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }
    /// The last day; null for a rule without end.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }
    /// Shifts have been made up to this day.
    async fn made_until(&self) -> Date {
        Date(self.0.made_until)
    }
    /// Holidays are known up to this day: later ones count as plain weekdays, so look at those shifts yourself. Null when
    /// none are known.
    async fn calendar_known_until(&self, gql: &Context<'_>) -> Result<Option<Date>> {
        Ok(load(gql, CalendarKnown).await?.map(Date))
    }
}

/// What `createShiftRule` takes.
#[derive(InputObject)]
struct CreateShiftRuleInput {
    /// An activity of your team at a facility.
    activity_id: GlobalId<ActivityId>,
    /// All seven for every day.
    weekdays: Vec<Weekday>,
    /// When its shifts start, in Asia/Shanghai.
    starts_at: TimeOfDay,
    /// 1 minute to 72 h; over midnight is fine.
    length: Minutes,
    /// Seats of each shift, 1 to 10,000. With posts, the sum of theirs.
    capacity: i32,
    /// None when left out.
    #[graphql(default)]
    posts: Vec<PostInput>,
    /// No shift on the State Council's holidays.
    #[graphql(default = true)]
    leave_out_holidays: bool,
    /// A shift on weekends that are worked for a holiday (调休), whatever their weekday.
    #[graphql(default = true)]
    add_moved_workdays: bool,
    /// The first day, today at the earliest.
    valid_from: Date,
    /// The last day; no end when left out.
    valid_to: Option<Date>,
}

/// Leave out what stays as it is.
#[derive(InputObject)]
struct ChangeShiftRuleInput {
    /// A rule of your team.
    rule_id: GlobalId<ShiftRuleId>,
    /// From this day on, tomorrow at the earliest.
    from_day: Date,
    /// What changed and why, for those who signed up; 1 to 500 characters.
    note: String,
    /// Replaces the list.
    weekdays: Option<Vec<Weekday>>,
    /// When its shifts start.
    starts_at: Option<TimeOfDay>,
    /// How long they are.
    length: Option<Minutes>,
    /// Seats of each shift; for a rule without posts.
    capacity: Option<i32>,
    /// The rule's own posts, each with its new seats; those of the shift follow.
    posts: Option<Vec<PostInput>>,
    /// No shift on the State Council's holidays.
    leave_out_holidays: Option<bool>,
    /// A shift on weekends that are worked for a holiday.
    add_moved_workdays: Option<bool>,
}

/// What `endShiftRule` takes.
#[derive(InputObject)]
struct EndShiftRuleInput {
    /// A rule of your team.
    rule_id: GlobalId<ShiftRuleId>,
    /// The last day that has a shift, today at the earliest.
    last_day: Date,
    /// Those who signed up for later days read it; 1 to 500 characters.
    reason: String,
}

/// What `cancelShift` takes.
#[derive(InputObject)]
struct CancelShiftInput {
    /// A shift of your team.
    shift_id: GlobalId<ShiftId>,
    /// Those who signed up read it; 1 to 500 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct ShiftRulePayload {
    /// Null when it was refused.
    rule: Option<ShiftRule>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ActivityError>,
}

fn posts_of(given: Vec<PostInput>) -> Result<Vec<(String, i32)>, Fault> {
    let post = |post: PostInput| Ok((text::field("posts.name", &post.name, 20, true)?, post.capacity));
    given.into_iter().map(post).collect()
}

fn length_of(length: Minutes) -> Result<i32, Fault> {
    match i32::try_from(length.0) {
        Ok(minutes @ 1..=4320) => Ok(minutes),
        _ => Err(Fault::bad_input(format!("`length` is {} minutes; 1 to 4320 (72 h) are taken.", length.0))),
    }
}

fn minute_of(time: TimeOfDay) -> i32 {
    i32::try_from(time.0.hour() * 60 + time.0.minute()).unwrap_or_default()
}

fn weekdays_of(mut given: Vec<Weekday>) -> Vec<Weekday> {
    given.sort_unstable();
    given.dedup();
    given
}

/// A day of a rule, within the years that both databases keep alike.
fn day_of(name: &str, day: Date) -> Result<NaiveDate, Fault> {
    use chrono::Datelike;
    match day.0.year() {
        2000..=2900 => Ok(day.0),
        _ => Err(Fault::bad_input(format!("`{name}` lies outside the years 2000 to 2900."))),
    }
}

#[derive(Default)]
pub struct SiteMutation;

#[Object]
impl SiteMutation {
    /// Adds a rule by which an activity at a facility has its day shifts. They are made weeks ahead, from now on by itself.
    async fn create_shift_rule(&self, gql: &Context<'_>, input: CreateShiftRuleInput) -> Result<ShiftRulePayload> {
        let ctx = ctx(gql);
        let plan = RulePlan {
            weekdays: weekdays_of(input.weekdays),
            starts_at_minute: minute_of(input.starts_at),
            minutes: length_of(input.length)?,
            capacity: input.capacity,
            posts: posts_of(input.posts)?,
            leave_out_holidays: input.leave_out_holidays,
            add_moved_workdays: input.add_moved_workdays,
            valid_from: day_of("validFrom", input.valid_from)?,
            valid_to: input.valid_to.map(|day| day_of("validTo", day)).transpose()?,
        };
        let created = sites::create_rule(ctx, input.activity_id.0, plan).await;
        let (rule, errors) = settle(ctx, created, ActivityError::new)?;
        Ok(ShiftRulePayload { rule: rule.map(ShiftRule), errors })
    }

    /// Changes a rule from a day on. Shifts made already from then on are moved, but for days that were changed or cancelled
    /// by themselves; who is signed up keeps the seat and finds the note in the inbox. If the new rule has no place for
    /// somebody, nothing is changed. (For one day: `changeShift`, `cancelShift`.)
    async fn change_shift_rule(&self, gql: &Context<'_>, input: ChangeShiftRuleInput) -> Result<ShiftRulePayload> {
        let ctx = ctx(gql);
        let note = text::field("note", &input.note, 500, true)?;
        let minutes = input.length.map(length_of).transpose()?;
        let posts = input.posts.map(posts_of).transpose()?;
        let from = day_of("fromDay", input.from_day)?;
        let change = |plan: &mut RulePlan| {
            plan.weekdays = input.weekdays.map_or_else(|| plan.weekdays.clone(), weekdays_of);
            plan.starts_at_minute = input.starts_at.map_or(plan.starts_at_minute, minute_of);
            plan.minutes = minutes.unwrap_or(plan.minutes);
            plan.capacity = input.capacity.unwrap_or(plan.capacity);
            if let Some(posts) = posts {
                plan.capacity = posts.iter().map(|(_, capacity)| *capacity).fold(0, i32::saturating_add);
                plan.posts = posts;
            }
            plan.leave_out_holidays = input.leave_out_holidays.unwrap_or(plan.leave_out_holidays);
            plan.add_moved_workdays = input.add_moved_workdays.unwrap_or(plan.add_moved_workdays);
        };
        let changed = sites::change_rule(ctx, input.rule_id.0, from, change, &note).await;
        let (rule, errors) = settle(ctx, changed, ActivityError::new)?;
        Ok(ShiftRulePayload { rule: rule.map(ShiftRule), errors })
    }

    /// Ends a rule after a day. Shifts made for later days are cancelled, and those who signed up find the reason in their
    /// inbox.
    async fn end_shift_rule(&self, gql: &Context<'_>, input: EndShiftRuleInput) -> Result<ShiftRulePayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let last = day_of("lastDay", input.last_day)?;
        let ended = sites::end_rule(ctx, input.rule_id.0, last, &reason).await;
        let (rule, errors) = settle(ctx, ended, ActivityError::new)?;
        Ok(ShiftRulePayload { rule: rule.map(ShiftRule), errors })
    }

    /// Calls one shift off: its sign-ups end, and those people find the reason in their inbox.
    async fn cancel_shift(&self, gql: &Context<'_>, input: CancelShiftInput) -> Result<ShiftPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let cancelled = sites::cancel_shift(ctx, input.shift_id.0, &reason).await;
        let (shift, errors) = settle(ctx, cancelled, ActivityError::new)?;
        Ok(ShiftPayload { shift: shift.map(Shift), errors })
    }
}
