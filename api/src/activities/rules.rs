//! What an activity may look like, and who may sign up for it.

use std::collections::HashMap;

use boai_entity::{
    Instant,
    ids::{ActivityId, PostId, ShiftId, SignUpId, VolunteerId},
    kinds::{ActivityState, Skill},
    policy::PolicyBody,
};
use chrono::{NaiveDate, TimeDelta};

use crate::{
    people::rules::{OF_AGE, age_on},
    platform::{civil::civil_day, refusal::When},
    refusals,
};

/// Shifts that one activity may have; a site's day shifts of half a year fit.
pub const SHIFTS_MAX: u64 = 400;
const POSTS_MAX: usize = 20;
const CAPACITY_MAX: i32 = 10_000;
/// A shift over midnight or of 25 hours is fine; one of a week is a mistake.
const SHIFT_LONGEST_HOURS: i64 = 72;

refusals! {
    /// Why the activity or shift was not created or changed.
    ActivityRefusal, ActivityErrorCode, ActivityError {
        /// There is no such team, activity or shift in your care.
        NotFound => "There is no such team, activity or shift in your care.", "您名下没有该服务队、活动或班次。";
        /// An activity needs at least one shift.
        NoShifts at "shifts" => "An activity needs at least one shift.", "活动至少需要一个班次。";
        /// More shifts than an activity may have.
        TooManyShifts { shifts: i64, at_most: i64 } at "shifts" => "{shifts} shifts are too many; an activity has at most {at_most}.", "班次过多({shifts} 个),每个活动最多 {at_most} 个。";
        /// The shift ends before it starts.
        EndsBeforeStart { starts_at: When, ends_at: When } at "shifts.endsAt" => "The shift would end ({ends_at}) before or when it starts ({starts_at}).", "班次结束时间({ends_at})须晚于开始时间({starts_at})。";
        /// The shift is too long.
        ShiftTooLong { hours: i64, at_most_hours: i64 } at "shifts.endsAt" => "A shift of {hours} h is too long; split it into shifts of at most {at_most_hours} h.", "班次长达 {hours} 小时,请拆分为不超过 {at_most_hours} 小时的班次。";
        /// The shift lies in the past.
        InThePast { ends_at: When } at "shifts.endsAt" => "The shift would have ended already ({ends_at}).", "班次已经结束({ends_at})。";
        /// The number of seats is out of range.
        CapacityOutOfRange { capacity: i32, at_most: i32 } at "shifts.capacity" => "{capacity} seats are out of range; a shift or post has 1 to {at_most}.", "名额 {capacity} 超出范围,须为 1 至 {at_most}。";
        /// Too many posts, two posts of one name, or capacities of posts that do not add up to the shift's.
        PostsDoNotFit { posts_capacity: i32, shift_capacity: i32 } at "shifts.posts" => "Posts have different names, at most 20 of them, and their seats ({posts_capacity}) add up to the shift's ({shift_capacity}).", "岗位名称不能重复,最多 20 个,且岗位名额之和({posts_capacity})须等于班次名额({shift_capacity})。";
        /// The radius is outside the policy's range.
        RadiusOutOfRange { radius_metres: i32, from_metres: i32, to_metres: i32 } at "radius" => "A radius of {radius_metres} m is outside this branch's policy: {from_metres} to {to_metres} m.", "签到半径 {radius_metres} 米超出规定范围({from_metres} 至 {to_metres} 米)。";
        /// The minimum age is out of range.
        MinimumAgeOutOfRange { from_years: i32, to_years: i32 } at "minimumAge" => "The minimum age is between {from_years} and {to_years} years.", "最低年龄须在 {from_years} 至 {to_years} 周岁之间。";
        /// Rules are for activities at a facility.
        NotAtFacility at "activityId" => "Day shifts by a rule are for an activity at a facility; this one has a place of its own. Add its shifts with `addShift`.", "按规则排班仅适用于在固定场所开展的活动,请用“添加班次”。";
        /// More rules than an activity may have.
        TooManyRules { rules: i64, at_most: i64 } => "{rules} rules are too many; an activity has at most {at_most}. End one first.", "排班规则过多({rules} 条),每个活动最多 {at_most} 条,请先结束其中之一。";
        /// No weekday, a beginning in the past, or an end before the beginning.
        RuleDaysUnfit { today: String } => "A rule names a weekday at least, begins today ({today}) or later, and ends no earlier than it begins.", "规则须至少选择一个星期几,开始日期不早于今天({today}),结束日期不早于开始日期。";
        /// The change would begin too early, or after the rule is over.
        DayOutOfRule { first: String } => "The change can begin on {first} at the earliest, and while this version of the rule is in force.", "变更最早可自 {first} 起,且须在该规则有效期内。";
        /// A rule's posts keep their names; their seats may change.
        PostsKeepNames at "posts" => "Name the rule's own posts, each with its seats. For other posts end this rule and begin another.", "请给出该规则原有岗位的名额。如需更换岗位,请结束本规则并新建规则。";
        /// People are signed up for whom the new rule has no place.
        CannotKeep { people: i64, days: i64 } => "{people} people are signed up on {days} days for whom the new rule has no place, so nothing was changed. Cancel or change those days by themselves, or leave more seats.", "有 {days} 天共 {people} 人已报名,新规则无法安排,未作任何变更。请先单独处理这些日期,或增加名额。";
        /// There is no such facility that is open.
        FacilityNotOpen at "facilityId" => "There is no such facility that is open. Choose one of a branch's `facilities`, or give the place yourself.", "没有该场所或已关闭。请选择其他场所,或直接填写地点。";
        /// The place is the facility's, whose officers change it.
        PlaceIsFacilitys at "place" => "The activity takes its place from its facility; an officer of the facility's branch changes it there.", "活动地点随场所而定,请由场所所属红十字会修改。";
        /// There is no such division.
        DivisionUnknown at "divisionCode" => "There is no division with this code. Choose one with `divisions`.", "没有该行政区划代码。";
        /// It has been cancelled, or is published already.
        WrongState { state: String } => "The activity is {state}, so this cannot be done to it.", "活动状态为 {state},无法执行此操作。";
        /// More people are signed up than there would be seats.
        CapacityBelowSignedUp { signed_up: i32, capacity: i32 } at "capacity" => "{signed_up} people are signed up; the capacity cannot be lowered to {capacity}. Ask some of them to leave first.", "已有 {signed_up} 人报名,名额不能降为 {capacity}。请先与部分志愿者协商退出。";
        /// The shift has posts: change their seats, and the shift follows.
        ChangePostsInstead at "capacity" => "The seats of this shift are its posts'; change those, and the shift follows.", "该班次的名额由岗位决定,请修改岗位名额。";
        /// Some who signed up would no longer be allowed to take part.
        SignedUpUnfit { people: i64 } => "{people} people who signed up would no longer meet the age or skills that you ask for. Agree with them to leave first, or post a new activity.", "已报名者中有 {people} 人将不符合新的年龄或技能要求。请先与其协商退出,或另行发布活动。";
        /// People have served already.
        AlreadyServed { attendances: i64 } => "{attendances} people have checked in already; what was served cannot be cancelled or moved.", "已有 {attendances} 人签到,不能取消或改期。";
    }
}

refusals! {
    /// Why the sign-up was refused. All reasons are told at once.
    SignUpRefusal, SignUpErrorCode, SignUpError {
        /// There is no such shift or post that is open to volunteers.
        NotFound at "shiftId" => "There is no such shift or post that is open to volunteers.", "没有找到可报名的班次或岗位。";
        /// The activity was cancelled.
        Cancelled at "shiftId" => "The activity was cancelled. Look for another with `activitiesNear`.", "活动已取消,请选择其他活动。";
        /// The shift has ended.
        Over { ended_at: When } at "shiftId" => "The shift ended at {ended_at}.", "班次已于 {ended_at} 结束。";
        /// The shift has posts: choose one.
        PostNeeded { posts: i64 } at "postId" => "This shift has {posts} posts; choose one.", "该班次设有 {posts} 个岗位,请选择其一。";
        /// Younger than the activity asks for.
        TooYoung { age_years: i32, minimum_years: i32 } at "shiftId" => "The activity is for people of {minimum_years} years and more; you will be {age_years}.", "活动要求年满 {minimum_years} 周岁,届时您 {age_years} 周岁。";
        /// Minors must not be organised into dangerous work (《浙江省志愿服务条例》).
        DangerousForMinors { age_years: i32 } at "shiftId" => "This work is dangerous, and at {age_years} years the law forbids it. There are many other activities.", "该活动有危险性,依法不得组织未成年人({age_years} 周岁)参加。";
        /// Under 18 the guardian has to agree first (《中国红十字志愿服务管理办法》).
        GuardianConsentMissing at "shiftId" => "Your guardian has not agreed that you serve, or has withdrawn it. The guardian agrees with a code to the guardian's phone: `requestGuardianCode`, `openGuardianPass`, `giveGuardianConsent`.", "监护人尚未同意您参加志愿服务,或已撤回同意。请监护人用其手机号获取验证码后作出同意。";
        /// A skill that the activity asks for is missing (685, art. 16).
        SkillMissing { skill: String } at "shiftId" => "The activity asks for the skill {skill}, which your file does not show.", "活动要求具备技能 {skill},您的档案中没有。";
        /// The time overlaps with another sign-up of yours. Back-to-back is fine.
        Overlaps { activity: String, starts_at: When, ends_at: When } at "shiftId" => "You are signed up for {activity} from {starts_at} to {ends_at}, which overlaps. Leave that one first.", "您已报名“{activity}”({starts_at} 至 {ends_at}),时间冲突,请先退出。";
    }
}

refusals! {
    /// Why you could not leave.
    LeaveRefusal, LeaveShiftErrorCode, LeaveShiftError {
        /// You are not signed up for this shift.
        NotSignedUp at "shiftId" => "You are not signed up for this shift.", "您没有报名该班次。";
        /// You have checked in: check out instead.
        CheckedIn at "shiftId" => "You have checked in to this shift; check out instead.", "您已签到,请改为签退。";
    }
}

/// A shift as the leader wants it.
#[derive(Clone, Debug)]
pub struct ShiftPlan {
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub capacity: i32,
    /// Name and seats.
    pub posts: Vec<(String, i32)>,
}

/// Whether a shift or post may have so many seats.
pub fn check_capacity(capacity: i32) -> Result<(), ActivityRefusal> {
    if (1..=CAPACITY_MAX).contains(&capacity) {
        Ok(())
    } else {
        Err(ActivityRefusal::CapacityOutOfRange { capacity, at_most: CAPACITY_MAX })
    }
}

/// Whether a shift may be so.
pub fn check_shift(shift: &ShiftPlan, now: Instant) -> Result<(), ActivityRefusal> {
    let ShiftPlan { starts_at, ends_at, capacity, ref posts } = *shift;
    if ends_at <= starts_at {
        return Err(ActivityRefusal::EndsBeforeStart { starts_at: When(starts_at), ends_at: When(ends_at) });
    }
    if ends_at - starts_at > TimeDelta::hours(SHIFT_LONGEST_HOURS) {
        return Err(ActivityRefusal::ShiftTooLong {
            hours: (ends_at - starts_at).num_hours(),
            at_most_hours: SHIFT_LONGEST_HOURS,
        });
    }
    if ends_at <= now {
        return Err(ActivityRefusal::InThePast { ends_at: When(ends_at) });
    }
    check_capacity(capacity)?;
    posts.iter().try_for_each(|(_, capacity)| check_capacity(*capacity))?;
    let posts_capacity: i32 = posts.iter().map(|(_, capacity)| *capacity).sum();
    let mut names: Vec<&str> = posts.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if !posts.is_empty() && (posts_capacity != capacity || names.len() < posts.len() || posts.len() > POSTS_MAX) {
        return Err(ActivityRefusal::PostsDoNotFit { posts_capacity, shift_capacity: capacity });
    }
    Ok(())
}

/// Whether an activity may have these shifts.
pub fn check_shifts(shifts: &[ShiftPlan], now: Instant) -> Result<(), ActivityRefusal> {
    if shifts.is_empty() {
        return Err(ActivityRefusal::NoShifts);
    }
    check_shift_count(shifts.len() as u64)?;
    shifts.iter().try_for_each(|shift| check_shift(shift, now))
}

/// Whether an activity may have so many shifts.
pub fn check_shift_count(shifts: u64) -> Result<(), ActivityRefusal> {
    if shifts <= SHIFTS_MAX {
        return Ok(());
    }
    let [shifts, at_most] = [shifts, SHIFTS_MAX].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    Err(ActivityRefusal::TooManyShifts { shifts, at_most })
}

/// Whether the radius (metres) is inside the branch's policy.
pub fn check_radius(radius_m: i32, policy: &PolicyBody) -> Result<(), ActivityRefusal> {
    if (policy.radius_min_m..=policy.radius_max_m).contains(&radius_m) {
        return Ok(());
    }
    Err(ActivityRefusal::RadiusOutOfRange {
        radius_metres: radius_m,
        from_metres: policy.radius_min_m,
        to_metres: policy.radius_max_m,
    })
}

pub fn check_minimum_age(years: i32) -> Result<(), ActivityRefusal> {
    let (from_years, to_years) = (crate::people::rules::YOUNGEST, 80);
    if (from_years..=to_years).contains(&years) {
        Ok(())
    } else {
        Err(ActivityRefusal::MinimumAgeOutOfRange { from_years, to_years })
    }
}

/// Why nobody at all can sign up. Then nothing else is told: further reasons would say of a draft what its team alone knows.
pub fn why_closed(state: ActivityState, ends_at: Instant, now: Instant) -> Option<SignUpRefusal> {
    match state {
        ActivityState::Draft => Some(SignUpRefusal::NotFound),
        ActivityState::Cancelled => Some(SignUpRefusal::Cancelled),
        ActivityState::Published if ends_at <= now => Some(SignUpRefusal::Over { ended_at: When(ends_at) }),
        ActivityState::Published => None,
    }
}

/// What a shift asks of who signs up.
pub struct Demands<'a> {
    pub starts_at: Instant,
    pub minimum_age: i32,
    pub dangerous: bool,
    pub skills_required: &'a [Skill],
}

/// Every reason, at once, why someone born on this day with these skills cannot take part; ages count on the day of the
/// shift. An empty list is a yes.
pub fn why_not(demands: &Demands<'_>, birth: NaiveDate, skills: &[Skill]) -> Vec<SignUpRefusal> {
    let age_years = age_on(birth, civil_day(demands.starts_at));
    let mut reasons = Vec::new();
    if age_years < demands.minimum_age {
        reasons.push(SignUpRefusal::TooYoung { age_years, minimum_years: demands.minimum_age });
    }
    if demands.dangerous && age_years < OF_AGE {
        reasons.push(SignUpRefusal::DangerousForMinors { age_years });
    }
    let missing = demands.skills_required.iter().filter(|skill| !skills.contains(skill));
    reasons.extend(missing.map(|skill| SignUpRefusal::SkillMissing { skill: skill.as_str() }));
    reasons
}

/// Somebody on the wait-list of a shift, with the seats that are free there.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    pub id: SignUpId,
    pub volunteer: VolunteerId,
    pub activity: ActivityId,
    pub shift: ShiftId,
    /// Free seats of the shift.
    pub shift_free: i32,
    /// The post that they wait for, if the shift has any, and its free seats.
    pub post: Option<(PostId, i32)>,
}

/// Who of those who wait moves up: in their order, as long as there are seats of the shift, and of the post if there is one.
pub fn who_moves_up(waiting: Vec<Waiting>) -> Vec<Waiting> {
    let (mut shifts, mut posts) = (HashMap::new(), HashMap::new());
    let moves_up = |one: &Waiting| {
        let of_shift = shifts.entry(one.shift).or_insert(one.shift_free);
        let of_post = one.post.map(|(post, free)| posts.entry(post).or_insert(free));
        if *of_shift <= 0 || of_post.as_ref().is_some_and(|free| **free <= 0) {
            return false;
        }
        *of_shift -= 1;
        if let Some(free) = of_post {
            *free -= 1;
        }
        true
    };
    waiting.into_iter().filter(moves_up).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        format!("{text}:00+08:00").parse().unwrap()
    }

    fn plan(from: &str, to: &str, capacity: i32, posts: &[(&str, i32)]) -> ShiftPlan {
        let posts = posts.iter().map(|(name, capacity)| ((*name).to_owned(), *capacity)).collect();
        ShiftPlan { starts_at: at(from), ends_at: at(to), capacity, posts }
    }

    #[test]
    fn a_shift_may_cross_midnight_and_last_twenty_five_hours_but_not_end_before_it_starts() {
        let now = at("2026-05-01T08:00");
        let check = |from, to| check_shift(&plan(from, to, 4, &[]), now);
        assert_eq!(check("2026-05-08T20:00", "2026-05-09T04:00"), Ok(()));
        assert_eq!(check("2026-05-08T08:00", "2026-05-09T09:00"), Ok(()));
        assert!(matches!(check("2026-05-08T08:00", "2026-05-08T08:00"), Err(ActivityRefusal::EndsBeforeStart { .. })));
        assert!(matches!(
            check("2026-05-08T08:00", "2026-05-12T08:00"),
            Err(ActivityRefusal::ShiftTooLong { hours: 96, .. })
        ));
        assert!(matches!(check("2026-04-30T08:00", "2026-04-30T12:00"), Err(ActivityRefusal::InThePast { .. })));
    }

    #[test]
    fn posts_share_out_exactly_the_seats_of_their_shift() {
        let now = at("2026-05-01T08:00");
        let check = |capacity, posts| check_shift(&plan("2026-05-08T06:30", "2026-05-08T11:30", capacity, posts), now);
        assert_eq!(check(6, &[("引导", 2), ("登记", 2), ("留观", 2)]), Ok(()));
        assert!(matches!(
            check(7, &[("引导", 2), ("登记", 4)]),
            Err(ActivityRefusal::PostsDoNotFit { posts_capacity: 6, shift_capacity: 7 })
        ));
        assert!(matches!(check(4, &[("引导", 2), ("引导", 2)]), Err(ActivityRefusal::PostsDoNotFit { .. })));
        assert!(matches!(check(0, &[]), Err(ActivityRefusal::CapacityOutOfRange { capacity: 0, .. })));
    }

    #[test]
    fn every_reason_is_told_at_once() {
        let demands = Demands {
            starts_at: at("2026-05-08T08:00"),
            minimum_age: 18,
            dangerous: true,
            skills_required: &[Skill::FirstAid, Skill::WaterRescue],
        };
        let reasons = why_not(&demands, "2010-01-01".parse().unwrap(), &[Skill::FirstAid]);
        assert_eq!(
            reasons,
            [
                SignUpRefusal::TooYoung { age_years: 16, minimum_years: 18 },
                SignUpRefusal::DangerousForMinors { age_years: 16 },
                SignUpRefusal::SkillMissing { skill: "WATER_RESCUE".into() },
            ]
        );
        let grown_up = "2008-05-08".parse().unwrap(); // 18 on the very day
        assert!(why_not(&demands, grown_up, &[Skill::FirstAid, Skill::WaterRescue]).is_empty());
    }

    #[test]
    fn what_is_over_cancelled_or_a_draft_is_closed_to_all() {
        let (now, ends_at) = (at("2026-05-08T11:59"), at("2026-05-08T12:00"));
        assert_eq!(why_closed(ActivityState::Published, ends_at, now), None);
        assert_eq!(
            why_closed(ActivityState::Published, ends_at, ends_at),
            Some(SignUpRefusal::Over { ended_at: When(ends_at) })
        );
        assert_eq!(why_closed(ActivityState::Draft, ends_at, ends_at), Some(SignUpRefusal::NotFound));
        assert_eq!(why_closed(ActivityState::Cancelled, ends_at, now), Some(SignUpRefusal::Cancelled));
    }

    #[test]
    fn the_wait_list_moves_in_order_and_past_a_post_that_is_full() {
        let id = uuid::Uuid::from_u128;
        let one = |number: u128, shift: u128, shift_free, post: Option<(u128, i32)>| Waiting {
            id: SignUpId(id(number)),
            volunteer: VolunteerId(id(number)),
            activity: ActivityId(id(1)),
            shift: ShiftId(id(shift)),
            shift_free,
            post: post.map(|(post, free)| (PostId(id(post)), free)),
        };
        let moved = |waiting: Vec<Waiting>| -> Vec<u128> {
            who_moves_up(waiting).iter().map(|one| one.id.0.as_u128()).collect()
        };
        assert_eq!(
            moved(vec![one(1, 7, 2, None), one(2, 7, 2, None), one(3, 7, 2, None), one(4, 8, 1, None)]),
            [1, 2, 4]
        );
        let (full, free) = (Some((70, 0)), Some((71, 1)));
        assert_eq!(moved(vec![one(1, 7, 2, full), one(2, 7, 2, free), one(3, 7, 2, free)]), [2]);
        assert_eq!(moved(vec![one(1, 7, 0, Some((70, 1)))]), Vec::<u128>::new());
    }
}
