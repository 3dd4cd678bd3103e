//! The tables themselves. Whoever adds a table or a column with something about a person adds it here.

use super::{Acts, Fate, Field, Kind, Look, Of, Table, To, Words};

/// Tables that hold nothing about a person.
pub const IMPERSONAL: &[&str] = &[
    "badge_rule",
    "branch",
    "division",
    "outbox_event",
    "policy",
    "post",
    "retention_policy",
    "retention_run",
    "seaql_migrations",
    "shift",
    "star_scheme",
    "team",
];

const fn words(zh: &'static str, en: &'static str) -> Words {
    Words { zh, en }
}

const fn field(name: &'static str, kind: Kind, zh: &'static str, en: &'static str) -> Field {
    Field { name, kind, says: words(zh, en) }
}

const fn id(name: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(name, Kind::Id, zh, en)
}

const fn text(name: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(name, Kind::Text, zh, en)
}

const fn word(name: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(name, Kind::Word, zh, en)
}

const fn time(name: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(name, Kind::Time, zh, en)
}

const fn whole(name: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(name, Kind::Whole, zh, en)
}

const fn real(name: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(name, Kind::Real, zh, en)
}

const fn who(name: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(name, Kind::Who, zh, en)
}

const fn withheld(name: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(name, Kind::Withheld, zh, en)
}

const ID: Field = id("id", "编号", "Identifier");

/// What a shift's row is about: the activity and when it was.
const OF_SHIFT: &[Look] = &[
    Look {
        name: "activity",
        kind: Kind::Text,
        says: words("活动", "Activity"),
        path: &[("shift_id", "shift"), ("activity_id", "activity")],
        column: "title",
    },
    Look {
        name: "shift_starts_at",
        kind: Kind::Time,
        says: words("班次开始", "Shift starts"),
        path: &[("shift_id", "shift")],
        column: "starts_at",
    },
];

const fn named(name: &'static str, says: Words, path: &'static [(&'static str, &'static str)]) -> Look {
    Look { name, kind: Kind::Text, says, path, column: "name" }
}

const NOT_NEEDED: Words = words("不再需要,予以删除。", "It is needed no longer, so it is deleted.");
const RECORD_LAW: Words = words(
    "民政部令第67号《志愿服务记录与证明出具办法(试行)》要求保存志愿服务记录;留下的只有不指向任何人的编号。",
    "Order 67 of the Ministry of Civil Affairs has service records kept. What stays carries an identifier that names nobody.",
);
const ACCOUNTABILITY: Words = words(
    "谁在何时对谁的记录做了什么,须可追溯(《个人信息保护法》第五十一、五十四条);留下的只有不指向任何人的编号。",
    "Who did what to whose records must stay provable (PIPL, art. 51 and 54). What stays carries an identifier that names nobody.",
);

pub const TABLES: &[Table] = &[
    Table {
        name: "person",
        title: words("账号", "Account"),
        key: &["id"],
        of: Of::Person("id"),
        fields: &[
            ID,
            text("phone", "手机号", "Phone number"),
            time("created_at", "首次登录", "First signed in"),
            time("erased_at", "注销时间", "Erased"),
        ],
        looks: &[],
        acts: &[],
        fate: Fate::Pseudonymise(&[("phone", To::Pseudonym), ("erased_at", To::Now)]),
        reason: words(
            "仅保留内部编号,使他人的记录和统计数字仍然成立。",
            "Only the internal identifier stays, so that others' records and the statistics remain true.",
        ),
    },
    Table {
        name: "sign_in_code",
        title: words("一次性验证码", "One-time codes"),
        key: &["phone"],
        of: Of::Phone("phone"),
        fields: &[
            text("phone", "手机号", "Phone number"),
            withheld("code_hash", "验证码的散列值", "A digest of the code"),
            time("sent_at", "发送时间", "Sent"),
            time("expires_at", "失效时间", "Expires"),
            whole("tries", "尝试次数", "Tries"),
            time("used_at", "使用时间", "Used"),
            field("day", Kind::Day, "计数日期", "Day that is counted"),
            whole("sent_today", "当日发送次数", "Sent on that day"),
        ],
        looks: &[],
        acts: &[],
        fate: Fate::Erase,
        reason: NOT_NEEDED,
    },
    Table {
        name: "session",
        title: words("登录设备", "Devices"),
        key: &["id"],
        of: Of::Person("person_id"),
        fields: &[
            ID,
            id("person_id", "账号", "Account"),
            text("device", "设备名称", "Device"),
            time("created_at", "登录时间", "Signed in"),
            time("last_used_at", "最近使用", "Last used"),
            time("ended_at", "结束时间", "Ended"),
            word("end_reason", "结束原因", "Why it ended"),
        ],
        looks: &[],
        acts: &[],
        fate: Fate::Erase,
        reason: NOT_NEEDED,
    },
    Table {
        name: "session_token",
        title: words("登录令牌", "Session tokens"),
        key: &["hash"],
        of: Of::Through("session_id", "session"),
        fields: &[
            withheld("hash", "令牌的散列值", "A digest of the token"),
            id("session_id", "登录设备", "Device"),
            word("kind", "用途", "What it is for"),
            time("expires_at", "失效时间", "Expires"),
            time("used_at", "使用时间", "Used"),
        ],
        looks: &[],
        acts: &[],
        fate: Fate::Erase,
        reason: NOT_NEEDED,
    },
    Table {
        name: "volunteer",
        title: words("志愿者档案", "Volunteer's file"),
        key: &["id"],
        of: Of::Person("person_id"),
        fields: &[
            ID,
            id("person_id", "账号", "Account"),
            text("number", "志愿者编号", "Volunteer number"),
            text("name", "姓名", "Name"),
            field("birth_date", Kind::Day, "出生日期", "Birth date"),
            text("guardian_name", "监护人姓名", "Guardian's name"),
            field("guardian_phone", Kind::MaskedPhone, "监护人电话", "Guardian's phone number"),
            text("residence_code", "居住地区划代码", "Code of the residence"),
            field("skills", Kind::List, "技能", "Skills"),
            field("availability", Kind::List, "可服务时间", "When there is time"),
            word("state", "状态", "State"),
            time("enrolled_at", "登记时间", "Enrolled"),
            time("registered_at", "注册时间", "Registered"),
        ],
        looks: &[Look {
            name: "residence",
            kind: Kind::Text,
            says: words("居住地", "Residence"),
            path: &[("residence_code", "division")],
            column: "name",
        }],
        acts: &[Acts {
            of: Of::Phone("guardian_phone"),
            title: words("您作为监护人被登记", "Where you are named as a guardian"),
            fields: &["guardian_name", "guardian_phone"],
        }],
        fate: Fate::Pseudonymise(&[
            ("number", To::Pseudonym),
            ("name", To::Text(crate::people::rules::ERASED_NAME)),
            ("birth_date", To::Day("1900-01-01")),
            ("guardian_name", To::Null),
            ("guardian_phone", To::Null),
            ("residence_code", To::County),
            ("skills", To::EmptyList),
            ("availability", To::EmptyList),
        ]),
        reason: words(
            "服务记录须归属于一个编号;姓名、出生日期、监护人、技能均删除,居住地只保留到县(市、区)以供统计。",
            "Service records need an identifier to belong to. Name, birth date, guardian and skills go; of the residence the \
             county stays, for the statistics.",
        ),
    },
    Table {
        name: "consent",
        title: words("授权同意", "Consents"),
        key: &["id"],
        of: Of::Person("person_id"),
        fields: &[
            ID,
            id("person_id", "账号", "Account"),
            word("kind", "事项", "What for"),
            text("version", "文本版本", "Version of the text"),
            time("given_at", "同意时间", "Given"),
            time("withdrawn_at", "撤回时间", "Withdrawn"),
        ],
        looks: &[],
        acts: &[],
        fate: Fate::Pseudonymise(&[("withdrawn_at", To::NowIfNull)]),
        reason: words(
            "处理者须能证明此前的处理经过同意(《个人信息保护法》第十四、六十九条);全部同意即时失效,记录不再指向任何人。",
            "Whoever processed data must be able to prove that there was consent (PIPL, art. 14 and 69). All consents end; the \
             rows name nobody any more.",
        ),
    },
    Table {
        name: "team_member",
        title: words("服务队成员", "Teams"),
        key: &["team_id"],
        of: Of::Volunteer("volunteer_id"),
        fields: &[
            id("team_id", "服务队", "Team"),
            id("volunteer_id", "志愿者", "Volunteer"),
            word("state", "状态", "State"),
            time("asked_at", "申请时间", "Asked"),
            time("decided_at", "决定时间", "Decided"),
            who("decided_by", "决定人", "Decided by"),
        ],
        looks: &[named("team", words("服务队", "Team"), &[("team_id", "team")])],
        acts: &[Acts {
            of: Of::Person("decided_by"),
            title: words("您决定的入队申请", "Requests to join a team that you decided"),
            fields: &["team_id", "state", "decided_at"],
        }],
        fate: Fate::Erase,
        reason: NOT_NEEDED,
    },
    Table {
        name: "role_grant",
        title: words("职务授权", "Roles"),
        key: &["id"],
        of: Of::Person("person_id"),
        fields: &[
            ID,
            id("person_id", "账号", "Account"),
            word("role", "职务", "Role"),
            id("branch_id", "红十字会", "Branch"),
            id("team_id", "服务队", "Team"),
            who("granted_by", "授权人", "Granted by"),
            time("granted_at", "授权时间", "Granted"),
            time("ends_at", "期满时间", "Ends"),
            time("revoked_at", "收回时间", "Revoked"),
        ],
        looks: &[
            named("branch", words("红十字会", "Branch"), &[("branch_id", "branch")]),
            named("team", words("服务队", "Team"), &[("team_id", "team")]),
        ],
        acts: &[Acts {
            of: Of::Person("granted_by"),
            title: words("您授予的职务", "Roles that you granted"),
            fields: &["id", "role", "granted_at", "ends_at", "revoked_at"],
        }],
        fate: Fate::Pseudonymise(&[("revoked_at", To::NowIfNull)]),
        reason: ACCOUNTABILITY,
    },
    Table {
        name: "activity",
        title: words("活动", "Activities"),
        key: &["id"],
        of: Of::Organisation,
        fields: &[
            ID,
            id("team_id", "服务队", "Team"),
            word("kind", "类型", "Kind"),
            word("category", "类别", "Category"),
            text("title", "名称", "Title"),
            text("description", "内容", "Description"),
            text("risks", "风险", "Risks"),
            text("place_name", "地点", "Place"),
            text("address", "地址", "Address"),
            text("division_code", "区划代码", "Division"),
            real("latitude", "纬度", "Latitude"),
            real("longitude", "经度", "Longitude"),
            real("unit_x", "单位向量 x", "Unit vector, x"),
            real("unit_y", "单位向量 y", "Unit vector, y"),
            real("unit_z", "单位向量 z", "Unit vector, z"),
            whole("radius_m", "签到半径(米)", "Radius in metres"),
            field("skills_required", Kind::List, "所需技能", "Skills required"),
            whole("minimum_age", "最低年龄", "Minimum age"),
            field("dangerous", Kind::Truth, "有危险", "Dangerous"),
            word("state", "状态", "State"),
            who("person_in_charge", "负责人", "Person in charge"),
            time("created_at", "创建时间", "Created"),
            time("published_at", "发布时间", "Published"),
            time("cancelled_at", "取消时间", "Cancelled"),
            text("cancel_reason", "取消原因", "Why it was cancelled"),
            time("starts_at", "开始时间", "Starts"),
            time("ends_at", "结束时间", "Ends"),
        ],
        looks: &[],
        acts: &[Acts {
            of: Of::Person("person_in_charge"),
            title: words("您负责的活动", "Activities that you are in charge of"),
            fields: &["id", "title", "place_name", "state", "created_at", "starts_at", "ends_at"],
        }],
        fate: Fate::Keep,
        reason: RECORD_LAW,
    },
    Table {
        name: "sign_up",
        title: words("报名", "Sign-ups"),
        key: &["id"],
        of: Of::Volunteer("volunteer_id"),
        fields: &[
            ID,
            id("shift_id", "班次", "Shift"),
            id("post_id", "岗位", "Post"),
            id("volunteer_id", "志愿者", "Volunteer"),
            word("state", "状态", "State"),
            time("signed_up_at", "报名时间", "Signed up"),
            time("changed_at", "变更时间", "Changed"),
        ],
        looks: OF_SHIFT,
        acts: &[],
        fate: Fate::Keep,
        reason: words(
            "活动的报名人数须与名额相符;尚未结束的报名已代为退出,留下的只有不指向任何人的编号。",
            "An activity's seats must add up. Sign-ups for what has not ended were given back; what stays names nobody.",
        ),
    },
    Table {
        name: "attendance",
        title: words("签到签退", "Attendances"),
        key: &["id"],
        of: Of::Volunteer("volunteer_id"),
        fields: &[
            ID,
            id("shift_id", "班次", "Shift"),
            id("volunteer_id", "志愿者", "Volunteer"),
            word("state", "状态", "State"),
            time("checked_in_at", "签到时间", "Checked in"),
            word("check_in_grade", "签到凭证", "Proof of check-in"),
            real("check_in_latitude", "签到纬度(WGS-84)", "Latitude at check-in (WGS-84)"),
            real("check_in_longitude", "签到经度(WGS-84)", "Longitude at check-in (WGS-84)"),
            real("check_in_accuracy_m", "签到定位精度(米)", "Accuracy at check-in, metres"),
            real("check_in_distance_m", "签到距离(米)", "Distance at check-in, metres"),
            time("checked_out_at", "签退时间", "Checked out"),
            word("check_out_grade", "签退凭证", "Proof of check-out"),
            real("check_out_latitude", "签退纬度(WGS-84)", "Latitude at check-out (WGS-84)"),
            real("check_out_longitude", "签退经度(WGS-84)", "Longitude at check-out (WGS-84)"),
            real("check_out_accuracy_m", "签退定位精度(米)", "Accuracy at check-out, metres"),
            real("check_out_distance_m", "签退距离(米)", "Distance at check-out, metres"),
            id("policy_id", "适用规则", "Policy"),
            time(
                "location_reduced_at",
                "位置简化时间(此后距离为区间上限)",
                "Location reduced (distances are then bands)",
            ),
        ],
        looks: OF_SHIFT,
        acts: &[],
        fate: Fate::Pseudonymise(&[
            ("check_in_latitude", To::Null),
            ("check_in_longitude", To::Null),
            ("check_in_distance_m", To::Band),
            ("check_out_latitude", To::Null),
            ("check_out_longitude", To::Null),
            ("check_out_distance_m", To::Band),
            ("location_reduced_at", To::NowIfNull),
        ]),
        reason: RECORD_LAW,
    },
    Table {
        name: "attendance_attempt",
        title: words("被拒绝的签到签退", "Refused check-ins and check-outs"),
        key: &["id"],
        of: Of::Volunteer("volunteer_id"),
        fields: &[
            ID,
            id("volunteer_id", "志愿者", "Volunteer"),
            id("shift_id", "班次", "Shift"),
            word("end_kind", "签到或签退", "Which end"),
            time("tried_at", "时间", "Tried"),
            time("fixed_at", "定位时间", "Fixed"),
            real("latitude", "纬度(WGS-84)", "Latitude (WGS-84)"),
            real("longitude", "经度(WGS-84)", "Longitude (WGS-84)"),
            real("accuracy_m", "定位精度(米)", "Accuracy, metres"),
            real("distance_m", "距离(米)", "Distance, metres"),
            text("refusal", "原因", "Why"),
        ],
        looks: OF_SHIFT,
        acts: &[],
        fate: Fate::Erase,
        reason: NOT_NEEDED,
    },
    Table {
        name: "request_effect",
        title: words("请求编号", "Request ids"),
        key: &["request_id"],
        of: Of::Person("person_id"),
        fields: &[
            id("person_id", "账号", "Account"),
            id("request_id", "请求编号", "Request"),
            text("operation", "操作", "Operation"),
            text("asked", "请求内容", "What was asked"),
            id("subject_id", "结果编号", "What it led to"),
            time("made_at", "时间", "When"),
        ],
        looks: &[],
        acts: &[],
        fate: Fate::Erase,
        reason: NOT_NEEDED,
    },
    Table {
        name: "service_record",
        title: words("志愿服务记录", "Service records"),
        key: &["id"],
        of: Of::Volunteer("volunteer_id"),
        fields: &[
            ID,
            id("attendance_id", "签到签退", "Attendance"),
            id("volunteer_id", "志愿者", "Volunteer"),
            id("shift_id", "班次", "Shift"),
            id("activity_id", "活动", "Activity"),
            id("team_id", "服务队", "Team"),
            word("category", "类别", "Category"),
            field("service_date", Kind::Day, "服务日期", "Day of service"),
            time("served_from", "开始", "From"),
            time("served_to", "结束", "To"),
            whole("minutes", "服务时间(分钟)", "Minutes"),
            word("state", "状态", "State"),
            word("book", "账簿", "Book"),
            text("reason", "更正理由", "Why it was changed"),
            time("recorded_at", "记录时间", "Recorded"),
            time("confirmed_at", "确认时间", "Settled"),
            who("confirmed_by", "确认人", "Settled by"),
        ],
        looks: &[
            Look {
                name: "activity",
                kind: Kind::Text,
                says: words("活动", "Activity"),
                path: &[("activity_id", "activity")],
                column: "title",
            },
            named("team", words("记录单位", "Recording unit"), &[("team_id", "team")]),
        ],
        acts: &[Acts {
            of: Of::Person("confirmed_by"),
            title: words("您确认的服务记录", "Service records that you settled"),
            fields: &["id", "service_date", "minutes", "state", "reason", "confirmed_at"],
        }],
        fate: Fate::Keep,
        reason: RECORD_LAW,
    },
    Table {
        name: "ledger_entry",
        title: words("时数账本", "Ledger of hours"),
        key: &["id"],
        of: Of::Volunteer("volunteer_id"),
        fields: &[
            ID,
            id("volunteer_id", "志愿者", "Volunteer"),
            whole("seq", "序号", "Number"),
            word("kind", "类型", "Kind"),
            id("record_id", "服务记录", "Record"),
            id("corrects", "更正的分录", "Entry that it corrects"),
            word("book", "账簿", "Book"),
            whole("pending_minutes", "待确认(分钟)", "Pending minutes"),
            whole("confirmed_minutes", "已确认(分钟)", "Confirmed minutes"),
            field("spans", Kind::List, "计入的时段(Unix 秒)", "Stretches of time (Unix seconds)"),
            id("policy_id", "适用规则", "Policy"),
            who("recorded_by", "记录人", "Recorded by"),
            time("recorded_at", "记录时间", "Recorded"),
            text("reason", "理由", "Reason"),
            id("previous_hash", "前一分录散列", "Hash of the entry before"),
            id("hash", "散列", "Hash"),
        ],
        looks: &[],
        acts: &[Acts {
            of: Of::Person("recorded_by"),
            title: words("您记入的分录", "Ledger entries that you made"),
            fields: &["id", "kind", "pending_minutes", "confirmed_minutes", "recorded_at", "reason"],
        }],
        fate: Fate::Keep,
        reason: RECORD_LAW,
    },
    Table {
        name: "volunteer_total",
        title: words("时数汇总", "Totals"),
        key: &["dimension", "key"],
        of: Of::Volunteer("volunteer_id"),
        fields: &[
            id("volunteer_id", "志愿者", "Volunteer"),
            word("dimension", "口径", "By"),
            word("key", "项目", "Of"),
            whole("pending_minutes", "待确认(分钟)", "Pending minutes"),
            whole("confirmed_minutes", "已确认(分钟)", "Confirmed minutes"),
        ],
        looks: &[],
        acts: &[],
        fate: Fate::Keep,
        reason: RECORD_LAW,
    },
    Table {
        name: "inbox_item",
        title: words("消息", "Inbox"),
        key: &["id"],
        of: Of::Person("person_id"),
        fields: &[
            ID,
            id("person_id", "账号", "Account"),
            word("kind", "类型", "Kind"),
            id("activity_id", "活动", "Activity"),
            id("shift_id", "班次", "Shift"),
            text("note", "说明", "Note"),
            time("created_at", "时间", "When"),
            time("read_at", "阅读时间", "Read"),
        ],
        looks: &[Look {
            name: "activity",
            kind: Kind::Text,
            says: words("活动", "Activity"),
            path: &[("activity_id", "activity")],
            column: "title",
        }],
        acts: &[],
        fate: Fate::Erase,
        reason: NOT_NEEDED,
    },
    Table {
        name: "audit_entry",
        title: words("对您的档案所做的操作", "What was done to your file"),
        key: &["id"],
        of: Of::Subject("subject_id"),
        fields: &[
            ID,
            time("at", "时间", "When"),
            who("actor", "操作人", "By"),
            text("action", "操作", "Action"),
            text("subject", "对象", "On"),
            id("subject_id", "对象编号", "On which"),
            text("reason", "理由", "Reason"),
            id("request_id", "请求编号", "Request"),
        ],
        looks: &[],
        acts: &[Acts {
            of: Of::Person("actor"),
            title: words("您所做的操作", "What you did"),
            fields: &["id", "at", "action", "subject", "reason"],
        }],
        fate: Fate::Keep,
        reason: ACCOUNTABILITY,
    },
    Table {
        name: "data_export",
        title: words("个人信息副本", "Copies of your data"),
        key: &["id"],
        of: Of::Person("person_id"),
        fields: &[
            ID,
            id("person_id", "账号", "Account"),
            word("kind", "内容", "What"),
            word("asked_by", "申请人", "Asked for by"),
            id("request_id", "请求编号", "Request"),
            time("asked_at", "申请时间", "Asked"),
            field("asked_on", Kind::Day, "计数日期", "Day that is counted"),
            word("state", "状态", "State"),
            whole("attempt", "制作次数", "Attempts"),
            time("leased_until", "制作占用至", "Being made until"),
            whole("parts_done", "已完成部分", "Parts done"),
            whole("parts_total", "全部部分", "Parts in all"),
            time("ready_at", "完成时间", "Ready"),
            time("expires_at", "失效时间", "Expires"),
            whole("size_bytes", "大小(字节)", "Size in bytes"),
            withheld("token_hash", "下载链接的散列值", "A digest of the link"),
        ],
        looks: &[],
        acts: &[],
        fate: Fate::Erase,
        reason: NOT_NEEDED,
    },
    Table {
        name: "data_export_chunk",
        title: words("副本文件的分块", "Pieces of those copies"),
        key: &["part", "seq", "attempt"],
        of: Of::Through("export_id", "data_export"),
        fields: &[
            id("export_id", "副本", "Copy"),
            whole("attempt", "制作次数", "Attempt"),
            word("part", "部分", "Part"),
            whole("seq", "序号", "Number"),
            withheld("bytes", "文件内容,即本文件", "The file itself, which is this one"),
        ],
        looks: &[],
        acts: &[],
        fate: Fate::Erase,
        reason: NOT_NEEDED,
    },
    Table {
        name: "erasure",
        title: words("注销申请", "Requests to be erased"),
        key: &["id"],
        of: Of::Person("person_id"),
        fields: &[
            ID,
            id("person_id", "账号", "Account"),
            word("asked_by", "申请人", "Asked for by"),
            time("asked_at", "申请时间", "Asked"),
            time("takes_effect_at", "生效时间", "Takes effect"),
            word("state", "状态", "State"),
            time("ended_at", "结束时间", "Ended"),
            withheld("report_token_hash", "报告链接的散列值", "A digest of the link to the report"),
            field("last_word_to", Kind::MaskedPhone, "最后一条短信的号码", "Number for the last text message"),
            text("language", "短信语言", "Language of that message"),
        ],
        looks: &[],
        acts: &[],
        fate: Fate::Keep,
        reason: words(
            "证明已按要求注销(《个人信息保护法》第四十七、五十条);手机号在最后一条短信发出后删除。",
            "It proves that the erasure was carried out (PIPL, art. 47 and 50). The phone number goes once the last text message \
             was sent.",
        ),
    },
];
