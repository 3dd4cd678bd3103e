//! What teams do, as they would announce it. `{town}` stands for the township, `{team}` for the team.

use boai_entity::kinds::{ActivityKind, Category, Skill};

/// From and to, in minutes of the civil day.
pub type Hours = (i64, i64);

pub struct Theme {
    pub kind: ActivityKind,
    /// None is the team's own speciality.
    pub category: Option<Category>,
    pub title: &'static str,
    pub venue: &'static str,
    pub description: &'static str,
    pub risks: &'static str,
    pub skills: &'static [Skill],
    pub minimum_age: i32,
    pub dangerous: bool,
    pub hours: Hours,
}

const MORNING: Hours = (8 * 60 + 30, 11 * 60 + 30);
const LATE_MORNING: Hours = (9 * 60, 12 * 60);
const AFTERNOON: Hours = (13 * 60 + 30, 16 * 60 + 30);
const LONG_AFTERNOON: Hours = (13 * 60, 17 * 60);
const EVENING: Hours = (18 * 60 + 30, 20 * 60 + 30);

const PLAIN: Theme = Theme {
    kind: ActivityKind::Service,
    category: None,
    title: "",
    venue: "",
    description: "",
    risks: "",
    skills: &[],
    minimum_age: 16,
    dangerous: false,
    hours: MORNING,
};

/// A site where a town is vaccinated: its shifts are its own.
pub const VACCINATION_SITE: Theme = Theme {
    category: Some(Category::Vaccination),
    title: "{town}新冠疫苗接种点志愿服务",
    venue: "{town}疫苗接种点",
    description: "在接种点为居民测温引导、协助预约登记、照看留观区。请提前 15 分钟到岗领取马甲，听从现场组长安排。",
    risks: "人员密集、久站，请全程佩戴口罩，身体不适及时退出；遇留观人员不适立即呼叫现场医生，不自行处置。",
    minimum_age: 18,
    ..PLAIN
};

/// A station that never closes: its shifts are its own.
pub const FIRST_AID_STATION: Theme = Theme {
    category: Some(Category::FirstAid),
    title: "西湖景区红十字救护站值守",
    venue: "湖滨红十字救护站",
    description: "在西湖边的红十字救护站轮班值守，为游客提供包扎、指引和 AED 支持。每班 8 小时，可提前离开。",
    risks: "夜班请结伴往返，注意临水安全。",
    minimum_age: 18,
    ..PLAIN
};

/// What a team with this speciality announces.
pub fn of(speciality: Category) -> &'static [Theme] {
    match speciality {
        Category::Rescue => &RESCUE,
        Category::FirstAid => &FIRST_AID,
        Category::StemCell => &STEM_CELL,
        Category::Blood => &BLOOD,
        Category::OrganDonation => &ORGAN_DONATION,
        Category::Elderly => &ELDERLY,
        Category::Psychosocial => &PSYCHOSOCIAL,
        Category::Vaccination => &VACCINATION,
        Category::Relief => &RELIEF,
        Category::Community => &COMMUNITY,
    }
}

const RESCUE: [Theme; 4] = [
    Theme {
        title: "{town}防溺水水域巡查",
        venue: "{town}河道巡查集合点",
        description: "沿河道和山塘水库分段巡查，劝离野泳人员，检查救生圈与警示牌，发现险情先报告再施救。",
        risks: "水边湿滑，有落水风险：须穿救生衣、两人一组，不单独下水；高温或雷雨时中止。已统一投保。",
        skills: &[Skill::FirstAid, Skill::WaterRescue],
        minimum_age: 18,
        dangerous: true,
        hours: LONG_AFTERNOON,
        ..PLAIN
    },
    Theme {
        title: "{town}登山步道安全保障",
        venue: "{town}登山步道入口",
        description: "在步道入口和半山休息点设救护点，为登山群众提供包扎、饮水和路线指引，必要时参与搜寻。",
        risks: "山路陡滑，有跌落和中暑风险：须穿防滑鞋、结伴行动、保持对讲畅通。已统一投保。",
        skills: &[Skill::FirstAid, Skill::MountainRescue],
        minimum_age: 18,
        dangerous: true,
        ..PLAIN
    },
    Theme {
        title: "{town}应急物资清点与保养",
        venue: "{town}应急物资储备点",
        description: "清点帐篷、冲锋舟和救生器材，晾晒检修并登记造册，为汛期做好准备。",
        risks: "搬运重物请量力而行，注意腰背和手部，佩戴手套。",
        minimum_age: 18,
        hours: AFTERNOON,
        ..PLAIN
    },
    Theme {
        kind: ActivityKind::Training,
        title: "水上救援技能复训（{town}）",
        venue: "{town}游泳馆",
        description: "抛投绳、活饵救援和岸上心肺复苏复训，由持证教练带训，考核合格者续签队内资格。",
        risks: "水中训练有呛水风险，训练前请勿饮酒、勿空腹，听从教练口令。",
        minimum_age: 18,
        hours: EVENING,
        ..PLAIN
    },
];

const FIRST_AID: [Theme; 4] = [
    Theme {
        title: "{town}应急救护知识进社区",
        venue: "{town}文化礼堂",
        description: "向居民演示心肺复苏、AED 使用和气道异物梗阻急救，分组指导练习，发放急救手册。",
        risks: "示范时注意膝部保护；现场有老人和儿童，请看护好器材和电源线。",
        skills: &[Skill::FirstAid],
        minimum_age: 18,
        hours: LATE_MORNING,
        ..PLAIN
    },
    Theme {
        title: "{town}健身步道救护点值守",
        venue: "{town}滨河公园救护点",
        description: "在公园设流动救护点，处理擦伤、扭伤和中暑，守护周末锻炼的市民。",
        risks: "户外值守注意防晒防蚊；遇重伤先拨 120，在能力范围内施救。",
        skills: &[Skill::FirstAid],
        minimum_age: 18,
        ..PLAIN
    },
    Theme {
        title: "{town}校园急救课堂助教",
        venue: "{town}中心小学",
        description: "协助救护师给小学生上急救课：包扎、止血和海姆立克法，一名助教带一个小组。",
        risks: "与未成年人接触须两人以上在场，不得单独带离学生，未经同意不拍照。",
        skills: &[Skill::FirstAid],
        minimum_age: 18,
        hours: AFTERNOON,
        ..PLAIN
    },
    Theme {
        kind: ActivityKind::Training,
        title: "红十字救护员培训（{town}）",
        venue: "{town}应急救护培训基地",
        description: "十六学时救护员课程：心肺复苏、创伤救护、常见急症与灾害逃生，考核合格颁发证书。",
        risks: "实操需长时间跪姿，膝部有伤者请提前告知老师。",
        hours: LONG_AFTERNOON,
        ..PLAIN
    },
];

const STEM_CELL: [Theme; 2] = [
    Theme {
        title: "{town}造血干细胞捐献知识宣传",
        venue: "{town}文化广场",
        description: "设摊讲解造血干细胞捐献流程，消除误解，登记有意愿的居民。",
        risks: "户外摆摊注意高温与大风，妥善保管居民登记信息，不外传。",
        hours: LATE_MORNING,
        ..PLAIN
    },
    Theme {
        title: "{town}采样入库引导服务",
        venue: "{town}卫生院",
        description: "引导志愿捐献者填表、采样并留观，送上感谢卡，回答常见问题。",
        risks: "接触个人信息和血样区域，请遵守隐私约定，不进入采样操作区。",
        minimum_age: 18,
        hours: AFTERNOON,
        ..PLAIN
    },
];

const BLOOD: [Theme; 2] = [
    Theme {
        title: "{town}流动献血车志愿服务",
        venue: "{town}献血车停靠点",
        description: "在献血车旁引导填表、维持秩序、照看献血后休息的市民，发放纪念品。",
        risks: "车辆旁请注意来往交通；有人晕厥时扶其平卧并呼叫医护。",
        minimum_age: 18,
        hours: LONG_AFTERNOON,
        ..PLAIN
    },
    Theme {
        title: "{town}献血知识进企业",
        venue: "{town}工业园区服务中心",
        description: "走进企业讲解献血常识与政策，收集团体献血意向，协助现场答疑。",
        risks: "进入厂区须遵守厂方安全规定，不进入生产车间。",
        hours: AFTERNOON,
        ..PLAIN
    },
];

const ORGAN_DONATION: [Theme; 2] = [
    Theme {
        title: "{town}人体器官捐献政策咨询",
        venue: "{town}便民服务中心",
        description: "为居民解答遗体和人体器官捐献的登记办法，陪同填写志愿登记表。",
        risks: "话题敏感，请尊重对方意愿，不劝说、不承诺。",
        minimum_age: 18,
        ..PLAIN
    },
    Theme {
        title: "{town}捐献者家庭关怀走访",
        venue: "{town}社会工作站",
        description: "两人一组走访捐献者家庭，送上慰问，了解困难并带回登记。",
        risks: "入户请两人同行，注意言语分寸；情绪受影响时可联系队里的心理支持。",
        minimum_age: 18,
        hours: AFTERNOON,
        ..PLAIN
    },
];

const ELDERLY: [Theme; 3] = [
    Theme {
        title: "{town}独居老人上门陪伴",
        venue: "{town}居家养老服务中心",
        description: "在服务中心集合后两人一组上门，陪老人聊天、测血压、打扫房间，记录需要。",
        risks: "入户请两人同行，不收受财物；搀扶老人时防跌倒，突发急症拨打 120。",
        ..PLAIN
    },
    Theme {
        title: "{town}老年食堂助餐",
        venue: "{town}老年食堂",
        description: "协助备餐、分餐和送餐上门，餐后收拾桌椅。需穿戴中心提供的帽子和口罩。",
        risks: "厨房地面湿滑、餐具高温，请防滑防烫；患传染性疾病者请勿报名。",
        hours: (10 * 60, 13 * 60),
        ..PLAIN
    },
    Theme {
        title: "{town}银龄智能手机课堂",
        venue: "{town}老年学堂",
        description: "一对一教老人用手机挂号、缴费、视频通话，提醒防范电信诈骗。",
        risks: "不得代老人保管手机或输入密码。",
        minimum_age: 14,
        hours: AFTERNOON,
        ..PLAIN
    },
];

const PSYCHOSOCIAL: [Theme; 2] = [
    Theme {
        title: "{town}青少年心理支持驿站",
        venue: "{town}青少年活动中心",
        description: "在驿站接待来访的青少年和家长，倾听、陪伴，必要时转介专业机构。",
        risks: "严守保密；发现自伤风险立即报告督导，不独自处置。",
        skills: &[Skill::Psychosocial],
        minimum_age: 18,
        hours: AFTERNOON,
        ..PLAIN
    },
    Theme {
        title: "{town}社区倾听室值班",
        venue: "{town}社区倾听室",
        description: "晚间值班倾听居民的烦恼，做好简要记录，每周由督导复盘。",
        risks: "可能接触负面情绪，值班后可与督导交流；不留私人联系方式。",
        skills: &[Skill::Psychosocial],
        minimum_age: 18,
        hours: EVENING,
        ..PLAIN
    },
];

const VACCINATION: [Theme; 2] = [
    Theme {
        title: "{town}流感疫苗接种日志愿服务",
        venue: "{town}社区卫生服务中心",
        description: "为老人和儿童接种日引导分流、核对预约、照看留观区。",
        risks: "人员密集，请佩戴口罩；遇留观人员不适立即呼叫医生。",
        minimum_age: 18,
        hours: (7 * 60 + 30, 11 * 60 + 30),
        ..PLAIN
    },
    Theme {
        title: "{town}健康知识入户宣传",
        venue: "{town}便民服务中心",
        description: "分组走访楼道，讲解接种政策与常见传染病预防，登记行动不便的老人。",
        risks: "入户请两人同行，注意楼道和宠物；居民信息不得外传。",
        hours: AFTERNOON,
        ..PLAIN
    },
];

const RELIEF: [Theme; 2] = [
    Theme {
        title: "{town}博爱物资分装",
        venue: "{town}博爱家园",
        description: "把米、油、棉被和防护用品按户分装贴签，核对清单后装车。",
        risks: "搬运重物请量力而行，叉车作业区不得进入。",
        ..PLAIN
    },
    Theme {
        title: "{town}困难家庭走访慰问",
        venue: "{town}社会救助服务站",
        description: "两人一组走访低保和大病家庭，送上慰问物资，记录新增的困难。",
        risks: "山村道路请慢行；入户两人同行，尊重隐私，不拍摄受助人面部。",
        minimum_age: 18,
        hours: AFTERNOON,
        ..PLAIN
    },
];

const COMMUNITY: [Theme; 3] = [
    Theme {
        title: "{town}便民服务日",
        venue: "{town}文化广场",
        description: "理发、磨刀、量血压、修小家电，帮忙搭台引导并维持秩序。",
        risks: "使用工具请由有经验者操作；户外注意防晒补水。",
        minimum_age: 14,
        ..PLAIN
    },
    Theme {
        title: "{town}河岸清洁行动",
        venue: "{town}滨河公园",
        description: "沿河岸步道捡拾垃圾、分类清运，劝导乱丢行为。手套和夹子现场发放。",
        risks: "不下河、不捡拾针头和碎玻璃，发现后通知组长；注意防蚊虫。",
        minimum_age: 14,
        hours: AFTERNOON,
        ..PLAIN
    },
    Theme {
        title: "{town}亲子阅读与图书角整理",
        venue: "{town}图书分馆",
        description: "整理图书、给小朋友讲绘本，带领一次急救小游戏。",
        risks: "与未成年人接触须家长在场；书架登高请使用梯凳。",
        minimum_age: 14,
        hours: LATE_MORNING,
        ..PLAIN
    },
];

/// What every team has now and then.
pub const OF_ALL: [Theme; 3] = [
    Theme {
        kind: ActivityKind::Meeting,
        title: "{team}季度例会",
        venue: "{town}党群服务中心会议室",
        description: "通报上季度服务情况，商量下季度安排，欢迎新队员。会议不计志愿服务时间。",
        risks: "室内会议，无特别风险。",
        minimum_age: 14,
        hours: (18 * 60 + 30, 20 * 60),
        ..PLAIN
    },
    Theme {
        kind: ActivityKind::Training,
        title: "新志愿者岗前培训（{town}）",
        venue: "{town}党群服务中心",
        description: "红十字运动基本知识、志愿服务礼仪与安全须知，新登记的志愿者请务必参加。培训不计志愿服务时间。",
        risks: "室内培训，无特别风险。",
        minimum_age: 14,
        hours: LATE_MORNING,
        ..PLAIN
    },
    Theme {
        category: Some(Category::Community),
        title: "{town}红十字博爱集市",
        venue: "{town}文化广场",
        description: "义卖、急救体验和公益咨询的周末集市，需要布展、引导和讲解的志愿者。",
        risks: "人员密集，请看管好随身物品；搭建时佩戴手套。",
        minimum_age: 14,
        ..PLAIN
    },
];
