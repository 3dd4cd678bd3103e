//! Who may sit at a desk and for how long, which shift somebody came for, and every way a desk can be refused.

use boai_entity::{
    Instant,
    ids::{ActivityId, FacilityId, ShiftId},
    kinds::SignUpState,
};
use chrono::{NaiveDate, TimeDelta};

use crate::{
    activities::rules::SignUpRefusal,
    attendance::{
        rules::{CheckInRefusal, CheckOutRefusal},
        volunteer_codes::Unread,
    },
    platform::{civil::civil_day, refusal::When},
    refusals,
};

/// A season of vaccinations; then somebody looks at it again.
pub const GRANT_LONGEST_DAYS: i64 = 92;
/// For as long as a slip can be taken back by whoever made it; after that the leader corrects the record.
pub const UNDO_MINUTES: i64 = 15;
/// Fewer digits would let an operator leaf through the roster's phone numbers.
pub const DIGITS_FEWEST: usize = 4;
pub const DIGITS_MOST: usize = 11;

/// Where a desk stands: at an activity, or at a facility with all the teams that serve there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteId {
    Activity(ActivityId),
    Facility(FacilityId),
}

impl SiteId {
    pub fn uuid(self) -> uuid::Uuid {
        match self {
            Self::Activity(id) => id.0,
            Self::Facility(id) => id.0,
        }
    }
}

refusals! {
    /// Why the desk was not granted or taken back.
    DeskGrantRefusal, DeskGrantErrorCode, DeskGrantError {
        /// There is no such site or grant in your care.
        NotFound => "There is no such activity, place or grant in your care.", "您名下没有该活动、场所或授权。";
        /// Nobody has signed in with this number, or no volunteer has it.
        NoSuchPerson => "Nobody is known by this number. They sign in once with their phone, then you can grant it.", "没有找到该号码对应的人员。请对方先用手机登录一次,再行授权。";
        /// Somebody else grants it to you.
        Yourself => "You cannot grant a desk to yourself.", "不能为自己授权。";
        /// The last day lies before the first.
        DaysReversed at "toDay" => "The last day lies before the first.", "结束日期早于开始日期。";
        /// The days are over.
        InThePast at "toDay" => "These days are over. Grant it from today on.", "所选日期已过,请从今天起授权。";
        /// More days than a desk is granted for at once.
        TooLong { days: i64, at_most_days: i64 } at "toDay" => "{days} days are too many; a desk is granted for at most {at_most_days} at once.", "授权 {days} 天过长,每次最多 {at_most_days} 天。";
        /// The same grant is there already.
        AlreadyGranted => "This person has the desk on these days already.", "该人员在这些日期已获授权。";
        /// It was taken back already, or its days are over.
        AlreadyOver at "grantId" => "This grant is over already.", "该授权已结束。";
    }
}

refusals! {
    /// Why the desk could not check somebody in. What was refused is kept.
    DeskCheckInRefusal, DeskCheckInErrorCode, DeskCheckInError {
        /// There is no such desk of yours today.
        NotFound => "There is no such desk of yours today. Ask the leader for it.", "您今天没有该签到台的权限,请联系队长。";
        /// This is no code of a volunteer.
        CodeUnreadable at "code" => "This is no volunteer's code. Ask for `my code` in the app, or find the person by the last digits of the phone number or on the roster.", "这不是志愿者码。请对方打开应用中的志愿者码,或按手机尾号、名单查找。";
        /// The code is old: a picture of one, or a phone whose clock is slow.
        CodeOld { seconds_old: i64 } at "code" => "This code was gone {seconds_old} s ago; a new one comes every 30 s. If the phone shows it as new, its clock is slow: set it to automatic, or tick the roster.", "该码已于 {seconds_old} 秒前失效(每 30 秒更新)。如手机显示为最新,则手机时间偏慢:请改为自动时间,或在名单中勾选。";
        /// The code is not due yet: the phone's clock is fast.
        CodeEarly { seconds_ahead: i64 } at "code" => "This code is due in {seconds_ahead} s: the phone's clock is fast. Set it to automatic, or tick the roster.", "该码在 {seconds_ahead} 秒后才生效:手机时间偏快。请改为自动时间,或在名单中勾选。";
        /// The phone that shows it was signed out.
        CodeSignedOut at "code" => "The phone that shows this code was signed out. The person signs in again, or you tick the roster.", "显示该码的手机已退出登录。请对方重新登录,或在名单中勾选。";
        /// The code was taken already: each is good for one end of one shift.
        CodeUsed { used_at: When } at "code" => "This code was used at {used_at} already, and each is good once. Scan the next one, which comes within 30 s.", "该码已于 {used_at} 使用过,每个码只能用一次。请在 30 秒内扫描下一个。";
        /// Too many wrong codes.
        TooManyCodes { minutes: i64 } at "code" => "Too many wrong codes came from this desk. Try again in {minutes} min, or tick the roster.", "错误的码过多,请 {minutes} 分钟后重试,或在名单中勾选。";
        /// Too few or too many digits.
        DigitsOutOfRange { digits: i64, at_least: i64, at_most: i64 } at "phoneDigits" => "{digits} digits were given; type the last {at_least} to {at_most} of the phone number.", "输入了 {digits} 位,请输入手机号最后 {at_least} 至 {at_most} 位。";
        /// Nobody on today's roster has a number that ends so.
        NobodyFound at "phoneDigits" => "Nobody on today's roster has a number that ends so. Check the digits, tick the roster, or scan the person's code.", "今日名单中没有该尾号。请核对号码、在名单中勾选,或扫描其志愿者码。";
        /// More than one person on the roster has a number that ends so: see `candidates`.
        Ambiguous { people: i64 } at "phoneDigits" => "{people} people on today's roster have a number that ends so. Ask for more digits, or tick the right one.", "今日名单中有 {people} 人尾号相同。请询问更多位数,或勾选其中一人。";
        /// This is no line of today's roster.
        NotOnRoster at "signUpId" => "This is no line of today's roster. Load it again.", "今日名单中没有该条目,请刷新名单。";
        /// Somebody else checks you in.
        Yourself => "You cannot check yourself in at your own desk. Another operator does, or your own phone by location.", "不能为本人签到。请由其他签到员操作,或用本人手机定位签到。";
        /// The person is not signed up for today, and there is more than one shift to take them into.
        ShiftNeeded { shifts: i64 } at "shiftId" => "This person is not signed up for today. Choose which of {shifts} shifts takes them.", "该人员今日没有报名。请在 {shifts} 个班次中选择一个。";
        /// No shift of this site takes anybody any more today.
        NoShift => "No shift of this site takes anybody any more today.", "该站点今日已没有可签到的班次。";
        /// The shift is not one of this site's today.
        ShiftNotHere at "shiftId" => "This shift is not one of this site's today.", "该班次不属于本站点今日的班次。";
        /// The shift has posts: choose one.
        PostNeeded { posts: i64 } at "postId" => "This shift has {posts} posts; choose one for the walk-in.", "该班次设有 {posts} 个岗位,请为其选择一个。";
        /// The shift has no such post.
        PostNotFound at "postId" => "The shift has no such post.", "该班次没有此岗位。";
        /// The post is full.
        PostFull { post: String, capacity: i32 } at "postId" => "All {capacity} places of the post {post} are taken. Choose another.", "岗位“{post}”的 {capacity} 个名额已满,请选择其他岗位。";
        /// The shift is full.
        Full { capacity: i32 } at "shiftId" => "All {capacity} places are taken, so nobody can walk in. The leader can add places.", "{capacity} 个名额已满,无法现场加入。可请队长增加名额。";
        /// The person waits for a place.
        OnWaitList at "shiftId" => "The person is on the wait-list, and no place is free. The leader can add places.", "该人员在候补名单中,目前没有名额。可请队长增加名额。";
        /// Younger than the activity asks for.
        TooYoung { minimum_years: i32 } => "The activity is for people of {minimum_years} years and more, and this person is younger.", "活动要求年满 {minimum_years} 周岁,该人员未达到。";
        /// Minors must not be organised into dangerous work (《浙江省志愿服务条例》).
        DangerousForMinors => "This work is dangerous, and the law forbids it to minors.", "该活动有危险性,依法不得组织未成年人参加。";
        /// Under 18 the guardian has to agree first.
        GuardianConsentMissing => "The guardian has not agreed that this person serves. The guardian can do so now, by phone.", "监护人尚未同意其参加服务。监护人可现在用手机作出同意。";
        /// A skill that the activity asks for is missing.
        SkillMissing { skill: String } => "The activity asks for the skill {skill}, which the person's file does not show.", "活动要求具备技能 {skill},其档案中没有。";
        /// The person is signed up elsewhere at this time.
        Overlaps => "The person is signed up for something else at this time. They leave that one first, in the app.", "该人员在同一时间已报名其他活动,请其先在应用中退出。";
        /// The activity was cancelled.
        Cancelled => "The activity was cancelled.", "活动已取消。";
        /// Check-in has not opened yet.
        TooEarly { minutes_until_open: i64, opens_at: When } => "Check-in opens at {opens_at}, in {minutes_until_open} min.", "签到将于 {opens_at} 开放,还有 {minutes_until_open} 分钟。";
        /// The shift is over.
        TooLate { minutes_since_end: i64, ended_at: When } => "The shift ended at {ended_at}, {minutes_since_end} min ago. The leader can record what was served.", "班次已于 {ended_at} 结束({minutes_since_end} 分钟前)。如已参加服务,由队长补录。";
        /// The person is checked in somewhere else.
        CheckedInElsewhere => "The person is still checked in somewhere else, and checks out there first.", "该人员仍在其他地方签到中,须先签退。";
        /// The person is checked in here already.
        AlreadyCheckedIn { checked_in_at: When } => "The person is checked in here since {checked_in_at}.", "该人员已于 {checked_in_at} 在此签到。";
        /// The person has come and gone as often as a day allows.
        TooManyPairs { pairs: i64, at_most: i64 } => "The person has checked in and out {pairs} times at this activity today; {at_most} are allowed. Tell the leader.", "该人员今天在该活动已签到签退 {pairs} 次(上限 {at_most} 次),请联系队长。";
        /// This request id stands for something else already.
        RequestIdReused at "requestId" => "This request id was used for something else. Make a new one for each wish.", "该请求编号已用于其他操作,请重新生成。";
    }
}

refusals! {
    /// Why the desk could not check somebody out. What was refused is kept.
    DeskCheckOutRefusal, DeskCheckOutErrorCode, DeskCheckOutError {
        /// There is no such desk of yours today.
        NotFound => "There is no such desk of yours today. Ask the leader for it.", "您今天没有该签到台的权限,请联系队长。";
        /// This is no code of a volunteer.
        CodeUnreadable at "code" => "This is no volunteer's code. Ask for `my code` in the app, or find the person by the last digits of the phone number or on the roster.", "这不是志愿者码。请对方打开应用中的志愿者码,或按手机尾号、名单查找。";
        /// The code is old: a picture of one, or a phone whose clock is slow.
        CodeOld { seconds_old: i64 } at "code" => "This code was gone {seconds_old} s ago; a new one comes every 30 s. If the phone shows it as new, its clock is slow: set it to automatic, or tick the roster.", "该码已于 {seconds_old} 秒前失效(每 30 秒更新)。如手机显示为最新,则手机时间偏慢:请改为自动时间,或在名单中勾选。";
        /// The code is not due yet: the phone's clock is fast.
        CodeEarly { seconds_ahead: i64 } at "code" => "This code is due in {seconds_ahead} s: the phone's clock is fast. Set it to automatic, or tick the roster.", "该码在 {seconds_ahead} 秒后才生效:手机时间偏快。请改为自动时间,或在名单中勾选。";
        /// The phone that shows it was signed out.
        CodeSignedOut at "code" => "The phone that shows this code was signed out. The person signs in again, or you tick the roster.", "显示该码的手机已退出登录。请对方重新登录,或在名单中勾选。";
        /// The code was taken already: each is good for one end of one shift.
        CodeUsed { used_at: When } at "code" => "This code was used at {used_at} already, and each is good once. Scan the next one, which comes within 30 s.", "该码已于 {used_at} 使用过,每个码只能用一次。请在 30 秒内扫描下一个。";
        /// Too many wrong codes.
        TooManyCodes { minutes: i64 } at "code" => "Too many wrong codes came from this desk. Try again in {minutes} min, or tick the roster.", "错误的码过多,请 {minutes} 分钟后重试,或在名单中勾选。";
        /// Too few or too many digits.
        DigitsOutOfRange { digits: i64, at_least: i64, at_most: i64 } at "phoneDigits" => "{digits} digits were given; type the last {at_least} to {at_most} of the phone number.", "输入了 {digits} 位,请输入手机号最后 {at_least} 至 {at_most} 位。";
        /// Nobody on today's roster has a number that ends so.
        NobodyFound at "phoneDigits" => "Nobody on today's roster has a number that ends so. Check the digits, tick the roster, or scan the person's code.", "今日名单中没有该尾号。请核对号码、在名单中勾选,或扫描其志愿者码。";
        /// More than one person on the roster has a number that ends so: see `candidates`.
        Ambiguous { people: i64 } at "phoneDigits" => "{people} people on today's roster have a number that ends so. Ask for more digits, or tick the right one.", "今日名单中有 {people} 人尾号相同。请询问更多位数,或勾选其中一人。";
        /// This is no line of today's roster.
        NotOnRoster at "signUpId" => "This is no line of today's roster. Load it again.", "今日名单中没有该条目,请刷新名单。";
        /// Somebody else checks you out.
        Yourself => "You cannot check yourself out at your own desk. Another operator does, or your own phone by location.", "不能为本人签退。请由其他签到员操作,或用本人手机定位签退。";
        /// The person is not checked in here.
        NotCheckedIn => "The person is not checked in at this site. If they served, the leader can record it.", "该人员未在本站点签到。如已参加服务,由队长补录。";
        /// It is too long after the shift's end: the leader settles it now.
        Forgotten { minutes_since_end: i64, closed_after_minutes: i64 } => "The shift ended {minutes_since_end} min ago and check-out closed {closed_after_minutes} min after the end. Nothing is lost: the leader settles the time.", "班次已结束 {minutes_since_end} 分钟(签退在结束后 {closed_after_minutes} 分钟关闭)。签到已保留,由队长核定时长。";
        /// This request id stands for something else already.
        RequestIdReused at "requestId" => "This request id was used for something else. Make a new one for each wish.", "该请求编号已用于其他操作,请重新生成。";
    }
}

refusals! {
    /// Why the entry of a desk was not undone.
    UndoRefusal, UndoDeskEntryErrorCode, UndoDeskEntryError {
        /// There is no such entry of a desk of yours.
        NotFound at "entryId" => "There is no such entry of a desk of yours today.", "没有找到您今天签到台的该条记录。";
        /// This is your own record: somebody else undoes it.
        Yourself at "entryId" => "This is your own record. Another operator or the leader undoes it.", "这是您本人的记录,须由其他签到员或队长撤销。";
        /// It is too late: the leader corrects the record now.
        TooLate { minutes_ago: i64, at_most_minutes: i64 } at "entryId" => "This was entered {minutes_ago} min ago; a desk can undo it for {at_most_minutes} min. The leader can correct the record.", "该记录已登记 {minutes_ago} 分钟,签到台只能在 {at_most_minutes} 分钟内撤销。请队长更正记录。";
        /// The person has checked out since: undo that first.
        CheckedOutSince at "entryId" => "The person has checked out since. Undo the check-out first.", "该人员之后已签退,请先撤销签退。";
        /// The attendance is not what this entry made it any more.
        Changed at "entryId" => "The record was changed since by somebody else. The leader can correct it.", "该记录之后已被他人更改,请队长更正。";
        /// The person is checked in somewhere else by now.
        CheckedInElsewhere at "entryId" => "The person has checked in again since, so the check-out stands. The leader can correct the record.", "该人员之后已再次签到,签退不能撤销。请队长更正记录。";
        /// The leader has settled the hours.
        Settled at "entryId" => "The leader has settled these hours already, and can correct them.", "队长已核定该时长,可由队长更正。";
    }
}

/// What keeps a desk from knowing whom it has before it; both ends say it in the same words.
#[derive(Clone, Debug, PartialEq)]
pub enum FindRefusal {
    NotFound,
    CodeUnreadable,
    CodeOld { seconds_old: i64 },
    CodeEarly { seconds_ahead: i64 },
    CodeSignedOut,
    CodeUsed { used_at: When },
    TooManyCodes { minutes: i64 },
    DigitsOutOfRange { digits: i64, at_least: i64, at_most: i64 },
    NobodyFound,
    Ambiguous { people: i64 },
    NotOnRoster,
    Yourself,
    RequestIdReused,
}

macro_rules! refuse_the_unfound {
    ($($refusal:ident),*) => {$(
        impl From<FindRefusal> for $refusal {
            fn from(why: FindRefusal) -> Self {
                match why {
                    FindRefusal::NotFound => Self::NotFound,
                    FindRefusal::CodeUnreadable => Self::CodeUnreadable,
                    FindRefusal::CodeOld { seconds_old } => Self::CodeOld { seconds_old },
                    FindRefusal::CodeEarly { seconds_ahead } => Self::CodeEarly { seconds_ahead },
                    FindRefusal::CodeSignedOut => Self::CodeSignedOut,
                    FindRefusal::CodeUsed { used_at } => Self::CodeUsed { used_at },
                    FindRefusal::TooManyCodes { minutes } => Self::TooManyCodes { minutes },
                    FindRefusal::DigitsOutOfRange { digits, at_least, at_most } => {
                        Self::DigitsOutOfRange { digits, at_least, at_most }
                    }
                    FindRefusal::NobodyFound => Self::NobodyFound,
                    FindRefusal::Ambiguous { people } => Self::Ambiguous { people },
                    FindRefusal::NotOnRoster => Self::NotOnRoster,
                    FindRefusal::Yourself => Self::Yourself,
                    FindRefusal::RequestIdReused => Self::RequestIdReused,
                }
            }
        }
    )*};
}

refuse_the_unfound!(DeskCheckInRefusal, DeskCheckOutRefusal);

impl From<Unread> for FindRefusal {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Forged => Self::CodeUnreadable,
            Unread::Old { seconds } => Self::CodeOld { seconds_old: seconds },
            Unread::Early { seconds } => Self::CodeEarly { seconds_ahead: seconds },
        }
    }
}

/// What the volunteer is refused, in words for the operator, who learns nothing of what the person does elsewhere.
impl From<CheckInRefusal> for DeskCheckInRefusal {
    fn from(why: CheckInRefusal) -> Self {
        match why {
            CheckInRefusal::ShiftNotFound => Self::ShiftNotHere,
            CheckInRefusal::NotSignedUp => Self::NotOnRoster,
            CheckInRefusal::OnWaitList => Self::OnWaitList,
            CheckInRefusal::Cancelled => Self::Cancelled,
            CheckInRefusal::TooEarly { minutes_until_open, opens_at } => {
                Self::TooEarly { minutes_until_open, opens_at }
            }
            CheckInRefusal::TooLate { minutes_since_end, ended_at } => Self::TooLate { minutes_since_end, ended_at },
            CheckInRefusal::CheckedInElsewhere { .. } => Self::CheckedInElsewhere,
            CheckInRefusal::AlreadyCheckedIn { checked_in_at } => Self::AlreadyCheckedIn { checked_in_at },
            CheckInRefusal::TooManyPairs { pairs, at_most } => Self::TooManyPairs { pairs, at_most },
            CheckInRefusal::TooManyCodes { minutes } => Self::TooManyCodes { minutes },
            CheckInRefusal::RequestIdReused | CheckInRefusal::InReview => Self::RequestIdReused,
            // Of a phone's own proof, which a desk does not send.
            CheckInRefusal::OutOfRange { .. }
            | CheckInRefusal::FixInaccurate { .. }
            | CheckInRefusal::FixStale { .. }
            | CheckInRefusal::FixFromTheFuture { .. }
            | CheckInRefusal::LocationConsentMissing
            | CheckInRefusal::CodeWrong => Self::CodeUnreadable,
        }
    }
}

impl From<CheckOutRefusal> for DeskCheckOutRefusal {
    fn from(why: CheckOutRefusal) -> Self {
        match why {
            CheckOutRefusal::NotCheckedIn => Self::NotCheckedIn,
            CheckOutRefusal::Forgotten { minutes_since_end, closed_after_minutes } => {
                Self::Forgotten { minutes_since_end, closed_after_minutes }
            }
            CheckOutRefusal::TooManyCodes { minutes } => Self::TooManyCodes { minutes },
            CheckOutRefusal::RequestIdReused | CheckOutRefusal::InReview => Self::RequestIdReused,
            // Of a phone's own proof, which a desk does not send.
            CheckOutRefusal::OutOfRange { .. }
            | CheckOutRefusal::FixInaccurate { .. }
            | CheckOutRefusal::FixStale { .. }
            | CheckOutRefusal::FixFromTheFuture { .. }
            | CheckOutRefusal::LocationConsentMissing
            | CheckOutRefusal::CodeWrong => Self::CodeUnreadable,
        }
    }
}

impl From<SignUpRefusal> for DeskCheckInRefusal {
    fn from(why: SignUpRefusal) -> Self {
        match why {
            SignUpRefusal::NotFound => Self::PostNotFound,
            SignUpRefusal::Cancelled => Self::Cancelled,
            SignUpRefusal::Over { .. } => Self::NoShift,
            SignUpRefusal::PostNeeded { posts } => Self::PostNeeded { posts },
            SignUpRefusal::TooYoung { minimum_years, .. } => Self::TooYoung { minimum_years },
            SignUpRefusal::DangerousForMinors { .. } => Self::DangerousForMinors,
            SignUpRefusal::GuardianConsentMissing => Self::GuardianConsentMissing,
            SignUpRefusal::SkillMissing { skill } => Self::SkillMissing { skill },
            SignUpRefusal::Overlaps { .. } => Self::Overlaps,
        }
    }
}

/// Whether a desk may be granted for these days.
pub fn check_days(from: NaiveDate, to: NaiveDate, now: Instant) -> Result<(), DeskGrantRefusal> {
    let days = (to - from).num_days() + 1;
    if days < 1 {
        return Err(DeskGrantRefusal::DaysReversed);
    }
    if to < civil_day(now) {
        return Err(DeskGrantRefusal::InThePast);
    }
    if days > GRANT_LONGEST_DAYS {
        return Err(DeskGrantRefusal::TooLong { days, at_most_days: GRANT_LONGEST_DAYS });
    }
    Ok(())
}

/// The last digits of a phone number, as people say them.
pub fn read_digits(typed: &str) -> Result<String, FindRefusal> {
    let digits: String = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
    let count = digits.chars().count();
    if (DIGITS_FEWEST..=DIGITS_MOST).contains(&count) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(digits);
    }
    let [digits, at_least, at_most] =
        [digits.bytes().filter(u8::is_ascii_digit).count(), DIGITS_FEWEST, DIGITS_MOST].map(whole);
    Err(FindRefusal::DigitsOutOfRange { digits, at_least, at_most })
}

/// A shift that somebody is on the roster of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Listed {
    pub shift: ShiftId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub sign_up: SignUpState,
}

/// Which of today's shifts somebody came for who names none: of those that have not ended the first with a seat, or else the
/// first to wait for one; and if all have ended the last, of which the desk then hears that it is too late.
pub fn came_for(listed: &[Listed], now: Instant) -> Option<usize> {
    let order = |&place: &usize| {
        let one = listed[place];
        let over = one.ends_at <= now;
        let when = if over { -one.ends_at.timestamp() } else { one.starts_at.timestamp() };
        (over, one.sign_up != SignUpState::Seated, when)
    };
    (0..listed.len()).min_by_key(order)
}

/// Which of a site's shifts of today takes somebody who is on no roster: the only one that runs, or the only one to come.
pub fn walks_into(shifts: &[(ShiftId, Instant, Instant)], now: Instant) -> Result<ShiftId, DeskCheckInRefusal> {
    let ahead: Vec<_> = shifts.iter().copied().filter(|(_, _, ends_at)| *ends_at > now).collect();
    let running: Vec<_> = ahead.iter().copied().filter(|(_, starts_at, _)| *starts_at <= now).collect();
    match (ahead.as_slice(), running.as_slice()) {
        ([], _) => Err(DeskCheckInRefusal::NoShift),
        ([one], _) | (_, [one]) => Ok(one.0),
        _ => Err(DeskCheckInRefusal::ShiftNeeded { shifts: whole(ahead.len()) }),
    }
}

/// Whether a desk may still undo what it entered.
pub fn check_undo(made_at: Instant, now: Instant) -> Result<(), UndoRefusal> {
    let ago = now - made_at;
    if ago <= TimeDelta::minutes(UNDO_MINUTES) {
        return Ok(());
    }
    let minutes_ago = (ago.num_seconds() + 59).div_euclid(60);
    Err(UndoRefusal::TooLate { minutes_ago, at_most_minutes: UNDO_MINUTES })
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        format!("2026-05-08T{text}:00+08:00").parse().unwrap()
    }

    fn shift(number: u128) -> ShiftId {
        ShiftId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_desk_is_granted_from_today_on_and_for_a_season() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let check = |from, to| check_days(day(from), day(to), at("23:59"));
        assert_eq!(check("2026-05-08", "2026-05-08"), Ok(()));
        assert_eq!(check("2026-05-01", "2026-05-08"), Ok(()));
        assert_eq!(check("2026-05-08", "2026-08-07"), Ok(()), "92 days");
        assert_eq!(check("2026-05-08", "2026-08-08"), Err(DeskGrantRefusal::TooLong { days: 93, at_most_days: 92 }));
        assert_eq!(check("2026-05-07", "2026-05-07"), Err(DeskGrantRefusal::InThePast));
        assert_eq!(check("2026-05-09", "2026-05-08"), Err(DeskGrantRefusal::DaysReversed));
    }

    #[test]
    fn four_to_eleven_digits_are_read_as_people_say_them() {
        assert_eq!(read_digits(" 0 1-23 "), Ok("0123".into()));
        assert_eq!(read_digits("13900000123"), Ok("13900000123".into()));
        for (typed, digits) in [("123", 3), ("139000001234", 12), ("", 0), ("12a4", 3), ("12%4", 3), ("１２３４", 0)]
        {
            let refused = FindRefusal::DigitsOutOfRange { digits, at_least: 4, at_most: 11 };
            assert_eq!(read_digits(typed), Err(refused), "{typed}");
        }
    }

    #[test]
    fn somebody_came_for_the_next_shift_that_has_a_seat_for_them() {
        let listed =
            |number, from, to, sign_up| Listed { shift: shift(number), starts_at: at(from), ends_at: at(to), sign_up };
        let (seated, waiting) = (SignUpState::Seated, SignUpState::Waiting);
        let day = [
            listed(1, "14:00", "18:00", seated),
            listed(2, "06:30", "10:00", seated),
            listed(3, "10:00", "14:00", waiting),
        ];
        let came = |now| came_for(&day, at(now)).map(|place| day[place].shift);
        assert_eq!(came("06:00"), Some(shift(2)));
        assert_eq!(came("09:59"), Some(shift(2)));
        assert_eq!(came("10:00"), Some(shift(1)), "a seat goes before waiting for one");
        assert_eq!(came("18:00"), Some(shift(1)), "all over: the last");
        assert_eq!(came_for(&[], at("06:00")), None);
    }

    #[test]
    fn a_walk_in_goes_where_there_is_no_choice() {
        let shifts = [
            (shift(1), at("06:30"), at("10:00")),
            (shift(2), at("10:00"), at("14:00")),
            (shift(3), at("10:00"), at("14:00")),
        ];
        let into = |shifts: &[(ShiftId, Instant, Instant)], now| walks_into(shifts, at(now));
        assert_eq!(into(&shifts, "07:00"), Ok(shift(1)), "the only one that runs");
        assert_eq!(into(&shifts, "06:00"), Err(DeskCheckInRefusal::ShiftNeeded { shifts: 3 }));
        assert_eq!(into(&shifts, "11:00"), Err(DeskCheckInRefusal::ShiftNeeded { shifts: 2 }));
        assert_eq!(into(&shifts[..1], "06:00"), Ok(shift(1)), "the only one to come");
        assert_eq!(into(&shifts, "14:00"), Err(DeskCheckInRefusal::NoShift));
    }

    #[test]
    fn fifteen_minutes_are_fifteen_minutes() {
        let made = at("08:00");
        assert_eq!(check_undo(made, made + TimeDelta::minutes(15)), Ok(()));
        let late = check_undo(made, made + TimeDelta::minutes(15) + TimeDelta::seconds(1));
        assert_eq!(late, Err(UndoRefusal::TooLate { minutes_ago: 16, at_most_minutes: 15 }));
        assert_eq!(check_undo(made, made - TimeDelta::minutes(5)), Ok(()), "a clock that was stepped back");
    }
}
