//! What the enums' words mean, for people who read their data.

/// A word of an enum in Chinese and English; none for a word that speaks for itself.
pub fn said(word: &str) -> Option<(&'static str, &'static str)> {
    WORDS.binary_search_by(|(known, ..)| (*known).cmp(word)).ok().map(|place| (WORDS[place].1, WORDS[place].2))
}

/// Sorted by the word.
const WORDS: &[(&str, &str, &str)] = &[
    ("ACCEPTED", "已加入", "accepted"),
    ("ACCESS", "访问", "access"),
    ("ACTIVITY_CANCELLED", "活动取消", "activity cancelled"),
    ("ACTIVITY_CHANGED", "活动变更", "activity changed"),
    ("AFTERNOON", "下午", "afternoon"),
    ("ALL", "全部", "all"),
    ("BACK_FILLED", "荣誉时数", "back-filled"),
    ("BLOOD", "无偿献血", "blood donation"),
    ("BOOK", "账簿", "book"),
    ("BRANCH_OFFICER", "红十字会干部", "branch officer"),
    ("CANCELLED", "已取消", "cancelled"),
    ("CATEGORY", "类别", "category"),
    ("CHECK_IN", "签到", "check-in"),
    ("CHECK_OUT", "签退", "check-out"),
    ("CHECK_OUT_FORGOTTEN", "忘记签退", "check-out forgotten"),
    ("CLAIM", "本人申报", "own claim"),
    ("CLOSED", "已签退", "checked out"),
    ("COMMUNITY", "社区服务", "community"),
    ("CONFIRMED", "已确认", "confirmed"),
    ("DECLINED", "未通过", "declined"),
    ("DESK", "签到台", "desk"),
    ("DESK_OPERATOR", "签到台", "desk operator"),
    ("DONE", "已完成", "done"),
    ("DRAFT", "草稿", "draft"),
    ("DRIVING", "驾驶", "driving"),
    ("ELDERLY", "养老助老", "elderly"),
    ("ENROLLED", "登记", "enrolled"),
    ("ERASURE_REPORT", "注销报告", "report of an erasure"),
    ("EVENING", "晚上", "evening"),
    ("FAILED", "失败", "failed"),
    ("FIRST_AID", "急救", "first aid"),
    ("FOREIGN_LANGUAGE", "外语", "foreign language"),
    ("FORGOTTEN", "忘记签退", "check-out forgotten"),
    ("FRIDAY", "星期五", "Friday"),
    ("GONE", "已失效", "expired"),
    ("GUARDIAN", "监护人", "guardian"),
    ("HOURS_CONFIRMED", "时长已确认", "hours confirmed"),
    ("HOURS_CORRECTED", "时长已更正", "hours corrected"),
    ("INFORMATION_TECHNOLOGY", "信息技术", "information technology"),
    ("LEADER", "队长点名", "leader's roll call"),
    ("LEFT", "已退出", "left"),
    ("LOCATION", "定位", "location"),
    ("LOCATION_WEAK", "定位(精度内)", "location, within its accuracy"),
    ("MEDICAL", "医护", "medical"),
    ("MEETING", "会议", "meeting"),
    ("MONDAY", "星期一", "Monday"),
    ("MORNING", "上午", "morning"),
    ("MOUNTAIN_RESCUE", "山地救援", "mountain rescue"),
    ("MY_DATA", "我的全部信息", "everything held about me"),
    ("OATH_CEREMONY", "宣誓", "oath ceremony"),
    ("OPEN", "签到中", "checked in"),
    ("ORGAN_DONATION", "遗体和人体器官捐献", "organ donation"),
    ("PENDING", "待确认", "pending"),
    ("PERSON", "本人", "the person"),
    ("PHOTOGRAPHY", "摄影", "photography"),
    ("PSYCHOSOCIAL", "心理支持", "psychosocial"),
    ("PUBLICATION", "公开姓名", "publication of the name"),
    ("PUBLISHED", "已发布", "published"),
    ("READY", "可下载", "ready"),
    ("REFRESH", "续期", "refresh"),
    ("REGISTERED", "注册", "registered"),
    ("REJECTED", "已驳回", "rejected"),
    ("RELIEF", "人道救助", "relief"),
    ("REQUESTED", "已申请", "requested"),
    ("RESCUE", "应急救援", "rescue"),
    ("REVERSAL", "冲销", "reversal"),
    ("RUNNING", "制作中", "being made"),
    ("SATURDAY", "星期六", "Saturday"),
    ("SEATED", "有名额", "has a seat"),
    ("SEAT_GIVEN", "候补转正", "seat given"),
    ("SERVED", "已服务", "served"),
    ("SERVICE", "志愿服务", "service"),
    ("SIGNED_OUT", "已退出登录", "signed out"),
    ("SIGN_LANGUAGE", "手语", "sign language"),
    ("STEM_CELL", "造血干细胞捐献", "stem cells"),
    ("SUNDAY", "星期日", "Sunday"),
    ("SYSTEM_PROVED", "信用时数", "proved by the system"),
    ("TEAM", "服务队", "team"),
    ("TEAM_ACCEPTED", "入队通过", "accepted by a team"),
    ("TEAM_DECLINED", "入队未通过", "declined by a team"),
    ("TEAM_LEADER", "队长", "team leader"),
    ("TERMS", "服务条款", "terms of service"),
    ("THURSDAY", "星期四", "Thursday"),
    ("TOKEN_REUSED", "令牌被重复使用", "token used twice"),
    ("TRAINING", "培训", "training"),
    ("TUESDAY", "星期二", "Tuesday"),
    ("VACCINATION", "疫苗接种点服务", "vaccination"),
    ("WAITING", "等待中", "waiting"),
    ("WATER_RESCUE", "水上救援", "water rescue"),
    ("WEDNESDAY", "星期三", "Wednesday"),
    ("YEAR", "年度", "year"),
];

#[cfg(test)]
mod tests {
    use boai_entity::kinds::{
        ActivityKind, ActivityState, AttendanceEnd, AttendanceState, Book, Category, ConsentKind, DataAsker,
        DataExportKind, DataExportState, DayPart, EntryKind, ErasureState, EvidenceGrade, InboxKind, MembershipState,
        RecordState, Role, SessionEnd, SignUpState, Skill, TokenKind, TotalDimension, VolunteerState, Weekday,
    };
    use sea_orm::Iterable;

    use super::{WORDS, said};

    #[test]
    fn the_words_are_sorted() {
        assert!(WORDS.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn every_word_that_a_person_may_meet_is_explained() {
        macro_rules! explained {
            ($($kind:ty),* $(,)?) => {$(
                for word in <$kind>::iter() {
                    assert!(said(&word.as_str()).is_some(), "{} of {}", word.as_str(), stringify!($kind));
                }
            )*};
        }
        explained!(
            ActivityKind,
            ActivityState,
            AttendanceEnd,
            AttendanceState,
            Book,
            Category,
            ConsentKind,
            DataAsker,
            DataExportKind,
            DataExportState,
            DayPart,
            EntryKind,
            ErasureState,
            EvidenceGrade,
            InboxKind,
            MembershipState,
            RecordState,
            Role,
            SessionEnd,
            SignUpState,
            Skill,
            TokenKind,
            TotalDimension,
            VolunteerState,
            Weekday,
        );
    }
}
