//! The kinds that columns hold, which are also the API's enums. The doc comments are what a phone developer reads.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum, Enum, Serialize, Deserialize,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name { $($(#[$item_doc])* $item),* }

        impl $name {
            /// The word that the database and the API use.
            pub fn as_str(self) -> String {
                sea_orm::ActiveEnum::to_value(&self)
            }
        }
    )*};
}
pub(crate) use kinds;

kinds! {
    /// 行政区划级别: the level of an administrative division and of the branch that serves it.
    DivisionLevel {
        /// 省
        Province,
        /// 市 (地级)
        City,
        /// 县、市、区
        County,
        /// 乡镇、街道
        Township,
        /// 村、社区
        Village,
    }

    /// What kind of Red Cross organisation a branch is.
    BranchKind {
        /// 红十字会: serves a division.
        Territorial,
        /// 学校红十字会
        School,
        /// 企事业单位红十字会
        Enterprise,
    }

    /// 服务队专长: what a team is good at; also the category of an activity.
    Category {
        /// 应急救援
        Rescue,
        /// 应急救护
        FirstAid,
        /// 造血干细胞捐献
        StemCell,
        /// 无偿献血
        Blood,
        /// 遗体和人体器官捐献
        OrganDonation,
        /// 养老助老
        Elderly,
        /// 心理支持
        Psychosocial,
        /// 疫苗接种点服务
        Vaccination,
        /// 人道救助
        Relief,
        /// 社区服务
        Community,
    }

    /// What a volunteer can do, as far as an activity may ask for it.
    Skill {
        /// 急救 (救护员证)
        FirstAid,
        /// 医护
        Medical,
        /// 心理支持
        Psychosocial,
        /// 水上救援
        WaterRescue,
        /// 山地救援
        MountainRescue,
        /// 驾驶
        Driving,
        /// 外语
        ForeignLanguage,
        /// 手语
        SignLanguage,
        /// 信息技术
        InformationTechnology,
        /// 摄影
        Photography,
    }

    /// 志愿者状态
    VolunteerState {
        /// 登记
        Enrolled,
        /// 注册
        Registered,
    }

    /// What a person agreed to. Each is given, and can be withdrawn, by itself.
    ConsentKind {
        /// The terms of service.
        Terms,
        /// Use of the phone's location to check in and out (sensitive personal information).
        Location,
        /// Showing the full name to others, on the honour roll for example.
        Publication,
        /// Keeping the number of an identity document for 实名认证 (sensitive personal information).
        Identity,
        /// 监护人同意: that a volunteer under 18 serves; the guardian gives it with a code to the guardian's own phone.
        Guardian,
        /// Being shown to others on leaderboards, with a masked name.
        Leaderboard,
    }

    /// A day of the week, in Asia/Shanghai.
    Weekday {
        /// 星期一
        Monday,
        /// 星期二
        Tuesday,
        /// 星期三
        Wednesday,
        /// 星期四
        Thursday,
        /// 星期五
        Friday,
        /// 星期六
        Saturday,
        /// 星期日
        Sunday }

    /// A part of the day, in Asia/Shanghai.
    DayPart {
        /// 06:00–12:00
        Morning,
        /// 12:00–18:00
        Afternoon,
        /// 18:00–22:00
        Evening,
    }

    /// What a person may do, on a branch or a team and everything below it.
    Role {
        /// 队长: runs a team's activities and confirms its hours.
        TeamLeader,
        /// 签到台: sees rosters and live boards.
        DeskOperator,
        /// 红十字会干部: runs a branch and everything below it.
        BranchOfficer,
    }

    /// What takes two persons.
    ActKind {
        /// A branch officer's role is granted.
        GrantRole,
        /// The end of a branch officer's role is put off.
        RenewRole,
        /// The second factor of somebody with a role on a branch is taken away, so that a new one can be enrolled.
        ResetSecondFactor,
    }

    /// Where an act that takes two persons stands.
    ActState {
        /// For the second person.
        Waiting,
        /// And done.
        Approved,
        /// By the second person.
        Declined,
        /// By the person who proposed it.
        Withdrawn,
        /// Nobody decided in time.
        Expired,
    }

    /// Where a person stands with the second factor.
    SecondFactorState {
        /// None is enrolled.
        Missing,
        /// Enrolled, and not proved by this session lately.
        Enrolled,
        /// Proved by this session a short while ago.
        Proved,
    }

    /// Where a volunteer stands with a team.
    MembershipState {
        /// Asked to join; the leader has not decided.
        Requested,
        /// A member.
        Accepted,
        /// The leader said no; asking again is possible.
        Declined,
        /// Left by own wish.
        Left,
    }

    /// What an activity is. Only service gives service time.
    ActivityKind {
        /// 志愿服务
        Service,
        /// 培训
        Training,
        /// 宣誓
        OathCeremony,
        /// 会议
        Meeting,
    }

    /// 活动状态
    ActivityState {
        /// Only its team sees it.
        Draft,
        /// Everyone sees it and may sign up.
        Published,
        /// Called off; nobody can sign up or check in.
        Cancelled,
    }

    /// 报名状态
    SignUpState {
        /// Has a seat.
        Seated,
        /// 候补: on the wait-list.
        Waiting,
        /// Gave the seat or the place on the wait-list back.
        Left,
        /// The activity was cancelled.
        Cancelled,
    }

    /// Where an attendance stands.
    AttendanceState {
        /// Checked in, not yet out.
        Open,
        /// Checked out.
        Closed,
        /// Never checked out: counts 0 until the leader settles it.
        Forgotten,
        /// Checked in by mistake at a desk, which took it back: void.
        Undone,
    }

    /// 凭证等级: how a check-in or check-out was proved, the strongest first.
    EvidenceGrade {
        /// The desk scanned the person, or the person the site's rotating code.
        Desk,
        /// The phone was inside the activity's radius.
        Location,
        /// The phone was outside by less than its own accuracy.
        LocationWeak,
        /// The leader's roll call, with a reason.
        Leader,
        /// The volunteer's own claim.
        Claim,
    }

    /// Which end of an attendance.
    AttendanceEnd {
        /// 签到
        CheckIn,
        /// 签退
        CheckOut,
    }

    /// The two books of service time, kept and shown apart.
    Book {
        /// 信用时数: proved by desk or location at both ends.
        SystemProved,
        /// 荣誉时数: filled in later by the leader or the volunteer.
        BackFilled,
    }

    /// Where a service record stands.
    RecordState {
        /// Waits for the leader.
        Pending,
        /// Part of the total.
        Confirmed,
        /// The leader found that no service was given.
        Rejected,
        /// A desk took the check-out back: nothing counts until the next one.
        Undone,
    }

    /// Whose word a record takes after the leader's, for the day got long.
    AwaitedWord {
        /// An officer of the team's branch, or of one above it.
        Branch,
        /// An officer of the province.
        Province,
    }

    /// What a ledger entry does.
    EntryKind {
        /// Minutes served, by check-in and check-out, or as a leader corrected them to more than one leader confirms: pending.
        Served,
        /// Takes an earlier entry back.
        Reversal,
        /// Minutes confirmed by the leader.
        Confirmed,
    }

    /// How minutes are summed up for a volunteer.
    TotalDimension { All, Year, Category, Team, Book }

    /// What happened to something the person has to do with.
    InboxKind {
        /// An activity I signed up for changed.
        ActivityChanged,
        /// An activity I signed up for was cancelled.
        ActivityCancelled,
        /// I moved up from the wait-list to a seat.
        SeatGiven,
        /// My hours were confirmed.
        HoursConfirmed,
        /// My hours were corrected, with a reason.
        HoursCorrected,
        /// My leader has confirmed hours on a day so long that an officer confirms them too; the note says how long.
        HoursAwaitOfficer,
        /// Hours of mine were filled in, by a leader or as I claimed them, with a reason.
        HoursFilledIn,
        /// A claim of mine was declined; the note says why.
        ClaimDeclined,
        /// Hours that I filled in for somebody were declined by a second person; the note says why.
        BackFillDeclined,
        /// A second person declined the long day, or the correction of what is final, that I brought forward; the note says why.
        SecondWordDeclined,
        /// 异议: hours of mine, that I recorded, or of a team in my care are disputed; the note says why.
        DisputeOpened,
        /// A side of a dispute that concerns me has answered; the note says what.
        DisputeAnswered,
        /// A dispute that concerns me was decided; the note says how and why. Either side may appeal for some working days.
        DisputeDecided,
        /// A decision that concerns me goes one level up; the note says why.
        DisputeAppealed,
        /// An appeal that concerns me was decided, and that is the end of it; the note says how and why.
        AppealDecided,
        /// A dispute that concerns me was taken back.
        DisputeWithdrawn,
        /// A team accepted me.
        TeamAccepted,
        /// A team declined me.
        TeamDeclined,
        /// My attendance was never checked out and waits for the leader.
        CheckOutForgotten,
        /// 在岗确认: the leader asks whether I am there, with `provePresence`; the note says until when. Who does not answer
        /// loses nothing.
        PresenceAsked,
        /// What I brought in later from a phone without a network counts: a person has looked at it.
        SyncedAccepted,
        /// What I brought in later from a phone without a network does not count, with a reason.
        SyncedRefused,
        /// I signed in on another device; if that was not me, I end that session and tell my branch.
        NewSignIn,
        /// A session of mine was ended because its refresh token was used a second time.
        SessionTokenReused,
        /// My account moved to another phone number.
        PhoneChanged,
        /// A WeChat account was linked to mine.
        WechatLinked,
        /// My WeChat account was unlinked.
        WechatUnlinked,
        /// An officer opened a recovery of my account: I object if I have not asked for it.
        RecoveryOpened,
        /// A second officer approved it: the waiting period runs, in which I can object.
        RecoveryApproved,
        /// It was declined or objected to, and changed nothing.
        RecoveryStopped,
        /// My account was recovered.
        AccountRecovered,
        /// 实名认证: my identity was verified.
        IdentityVerified,
        /// 实名认证: my identity was not verified, with a reason.
        IdentityRejected,
        /// I was given a role; the note says which, where and until when.
        RoleGranted,
        /// The end of my role was put off; the note says which, where and until when.
        RoleRenewed,
        /// My role was taken back; the note says which, where and why.
        RoleRevoked,
        /// A role that I hold or granted ends soon; the note says which, where and when.
        RoleEnding,
        /// An act waits for a second person, who may be me; the note says what, where and why.
        ActProposed,
        /// An act that I proposed was approved or declined; the note says what and where.
        ActDecided,
        /// A second factor was enrolled in my name, or in that of the person in the note, whose role I granted.
        SecondFactorEnrolled,
        /// My second factor was removed, with a code of it.
        SecondFactorRemoved,
        /// My second factor was taken away by two officers; the note says why.
        SecondFactorReset,
        /// A recovery code was used in my name; the note says how many are left.
        RecoveryCodeUsed,
        /// Wrong codes were tried in my name, and the second factor is locked for a while.
        SecondFactorLocked,
        /// The quarter's review of the roles in my branch's care is open; the note says how many wait until when.
        RoleReviewOpened,
        /// The quarter's review of the roles in my branch's care is overdue; the note says how many still wait.
        RoleReviewOverdue,
        /// My guardian used a right of theirs for me: see the note.
        GuardianActed,
        /// A place at which I am in charge of activities was closed; the note says which and why.
        FacilityClosed,
        /// I was given the desk of a site; the note says where and on which days.
        DeskGranted,
        /// My desk was taken back; the note says where and why.
        DeskRevoked,
        /// A desk took my check-in or check-out back, which it had entered by mistake; the note says why.
        DeskEntryUndone,
        /// 星级公示: I passed for a star, which is under notice; the note says which and until when.
        StarUnderNotice,
        /// I was refused for a star; the note says why.
        StarRefused,
        /// 星级授予: I was awarded a star; the note says which.
        StarAwarded,
        /// A round in which I passed for a star was cancelled; the note says why.
        StarRoundCancelled,
        /// My hours no longer reach what a star of mine took; a branch looks at it. The note says what was corrected.
        StarInQuestion,
        /// A star of mine that was in question stays; the note says why.
        StarKept,
        /// A star of mine was revoked; the note says why.
        StarRevoked,
        /// Somebody objected to a star that I had let pass.
        StarObjected,
        /// 徽章: a badge was issued for a star of mine; the note is its number.
        BadgeIssued,
        /// My objection to a star was answered; the note is the answer.
        ObjectionAnswered,
        /// 注册: I am a registered volunteer now.
        RegistrationApproved,
        /// My application to be registered was declined; the note says why.
        RegistrationDeclined,
        /// 红人榜: a branch would show me and asks whether I agree, see `me.honourRollEntries`; the note says which issue.
        HonourRollAsked,
        /// 红人榜: an issue with me in it was published; the note says which.
        HonourRollPublished,
        /// 红人榜: the branch took me off an issue; the note says why.
        HonourRollTakenOff,
        /// 红人榜: somebody whom I had put into an issue is not shown any more, or does not want to be; the note says in which.
        HonourRollWithdrawn,
        /// 外部荣誉: an honour that I submitted is in my file.
        HonourRecognised,
        /// 外部荣誉: an honour that I submitted was refused; the note says why.
        HonourRefused,
        /// 培训: a training was entered into my file; the note is its name.
        TrainingRecorded,
        /// 评价: a year of mine was rated; the note is the year.
        YearEvaluated,
        /// A training or an evaluation was struck out of my file; the note says why.
        FileEntryStruck,
        /// 通报表扬: a nomination that I made was refused, and the note says in which round; or I was under notice and am not
        /// commended, and the note says why.
        NominationRefused,
        /// 通报表扬公示: I, or a team of mine, am to be commended, and it is under notice; the note says until when.
        CommendationUnderNotice,
        /// 通报表扬: I, or a team of mine, was commended; the note says in which round.
        Commended,
        /// 通报表扬: a round in which I, or a team of mine, was under notice was cancelled; the note says why.
        CommendationsCancelled,
    }

    /// 证件类型: a document whose 18-character number follows GB 11643, with birth date and check character.
    IdDocument {
        /// 居民身份证
        IdentityCard,
        /// 港澳台居民居住证
        ResidencePermit,
        /// 外国人永久居留身份证, as issued since December 2023.
        PermanentResidence,
    }

    /// What the verification service said of a name and a number.
    IdentityAnswer {
        /// They belong together.
        Match,
        /// They do not: an officer has the last word, for no machine turns anybody away.
        Mismatch,
        /// It knows no such number.
        Unknown,
    }

    /// 实名认证: what became of an identity that was to be verified.
    IdentityState {
        /// 待核验
        Pending,
        /// 已认证
        Verified,
        /// 未通过
        Rejected,
        /// 已撤回: the person withdrew it.
        Withdrawn,
    }

    /// What somebody looked at of somebody else's.
    Sight {
        /// The whole name, or the volunteer's number.
        Name,
        /// The phone number.
        Phone,
        /// The whole number of the identity document.
        IdNumber,
        /// Where the person was: how far from the place a check-in or check-out was, or its coordinates.
        Location,
        /// 志愿者档案: service, training, honours and evaluations.
        File,
    }

    /// What somebody looked at somebody else's data for.
    LookPurpose {
        /// Sign-ups and attendances of a shift.
        Roster,
        /// Members of a team, and who asks to be one.
        Membership,
        /// Who answers for an activity.
        PersonInCharge,
        /// 实名认证: whether the identity document is the person's.
        IdentityCheck,
        /// 账号恢复: giving an account back to whoever lost the phone.
        Recovery,
        /// Who holds which role, and acts on roles that wait for a second person.
        Roles,
        /// 星级评定与注册: who is awarded a star, and who is registered.
        Recognition,
        /// 志愿者档案: what somebody did, learned and was honoured for.
        VolunteerFile,
    }

    /// Who asked for an export or an erasure.
    DataAsker {
        /// The person whose data it is.
        Person,
        /// The guardian of a person under 18.
        Guardian,
    }

    /// What a file made for a person holds.
    DataExportKind {
        /// Everything held about the person.
        MyData,
        /// What was erased, what was kept and why.
        ErasureReport,
    }

    /// Where an export of a person's data stands.
    DataExportState {
        /// Asked for; nobody has begun yet.
        Waiting,
        /// Being put together.
        Running,
        /// There to be downloaded until it expires.
        Ready,
        /// Could not be made; ask again.
        Failed,
        /// Expired: the bytes are deleted.
        Gone,
    }

    /// Where an erasure stands.
    ErasureState {
        /// Asked for; it takes effect when the cooling-off days are over.
        Waiting,
        /// Called off in time.
        Cancelled,
        /// Took effect.
        Done,
    }

    /// What a session token is for.
    TokenKind { Access, Refresh }

    /// Why a session ended.
    SessionEnd {
        /// The person signed out.
        SignedOut,
        /// A refresh token was used a second time: it may have been stolen.
        TokenReused,
        /// The person signed in again on the same installation.
        Replaced,
        /// The person signed in on more devices than one may have: the one unused for longest.
        TooMany,
        /// The account moved to another phone number.
        PhoneChanged,
        /// The account was recovered.
        Recovered,
        /// The WeChat account that it came through was unlinked.
        WechatUnlinked,
    }

    /// What a device runs.
    Platform {
        /// iOS or iPadOS.
        Ios,
        /// Android.
        Android,
        /// 鸿蒙
        Harmony,
        /// 微信小程序
        WechatMiniProgram,
        /// A browser.
        Web,
        /// Anything else, or not told.
        Other,
    }

    /// How a session came to be.
    SignInWay {
        /// By a one-time code to the phone.
        Code,
        /// By a linked WeChat account.
        Wechat,
        /// By a recovery of the account.
        Recovery,
    }

    /// What a one-time code is good for.
    CodePurpose {
        SignIn,
        /// To the old number, when an account moves to another.
        ChangePhoneFrom,
        /// To the new number.
        ChangePhoneTo,
        /// To the new number, when an account is recovered.
        Recovery,
        /// To whoever says to be the guardian of a volunteer under 18.
        Guardian,
    }

    /// Where the recovery of an account stands.
    RecoveryState {
        /// Opened by one officer; waits for a second.
        Opened,
        /// Approved by a second officer. The old number has had the notice once the waiting period has an end.
        Approved,
        /// The account is at the new number.
        Completed,
        /// Stopped by whoever holds the old phone.
        Objected,
        /// Stopped by an officer.
        Declined,
        /// Nobody went on in time.
        Expired,
    }
}
