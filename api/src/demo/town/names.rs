//! Names as one meets them in Zhejiang.

use boai_entity::kinds::Category;

use super::chance::Chance;

/// The most common first.
const SURNAMES: [&str; 64] = [
    "陈", "王", "张", "李", "徐", "周", "吴", "朱", "林", "叶", "胡", "郑", "沈", "金", "杨", "黄", "赵", "蒋", "俞",
    "章", "钱", "潘", "何", "许", "方", "孙", "刘", "汪", "楼", "施", "马", "郭", "应", "罗", "邵", "傅", "戴", "夏",
    "钟", "姚", "陆", "董", "余", "吕", "洪", "丁", "高", "柳", "谢", "童", "毛", "杜", "严", "孔", "阮", "冯", "卢",
    "蔡", "鲍", "竺", "诸葛", "欧阳", "裘", "祝",
];

const GIVEN_BEFORE_1985: [&str; 48] = [
    "建国", "国强", "建华", "志强", "卫东", "永康", "伟明", "国良", "金根", "建平", "文华", "海军", "晓东", "志刚",
    "明华", "伟", "军", "斌", "勇", "峰", "立新", "正华", "忠良", "松林", "秀英", "桂花", "玉兰", "爱娟", "丽萍",
    "美琴", "彩英", "月珍", "雅芬", "慧琴", "小红", "丽华", "建芬", "海燕", "晓燕", "红", "敏", "静", "燕", "霞", "萍",
    "芬", "雪琴", "水仙",
];

const GIVEN_SINCE_1985: [&str; 48] = [
    "浩然", "子轩", "宇航", "俊杰", "佳豪", "嘉伟", "思源", "志远", "晨阳", "天宇", "一鸣", "文博", "泽宇", "凯", "超",
    "磊", "鑫", "帆", "杰", "梓豪", "逸飞", "睿", "立群", "海涛", "欣怡", "雨欣", "梦婷", "佳琪", "诗涵", "晓雯",
    "思琪", "雅婷", "莹莹", "倩", "婷", "洁", "悦", "琳", "露", "依依", "若曦", "子涵", "佳怡", "梦洁", "书瑶", "可欣",
    "婉清", "慧敏",
];

const ROADS: [&str; 16] = [
    "文化路",
    "人民路",
    "振兴街",
    "中心街",
    "建设路",
    "和平路",
    "学院路",
    "滨河路",
    "兴业路",
    "环城北路",
    "新街",
    "解放路",
    "育才路",
    "工农路",
    "望江路",
    "迎宾大道",
];

pub fn person(chance: &Chance, born_in: i32) -> String {
    // The lesser of two throws favours the common names.
    let [one, other] = [(); 2].map(|()| chance.between(0, SURNAMES.len() as i64 - 1) as usize);
    let given = if born_in < 1985 { GIVEN_BEFORE_1985 } else { GIVEN_SINCE_1985 };
    format!("{}{}", SURNAMES[one.min(other)], chance.pick(&given))
}

/// 文化路128号
pub fn door(chance: &Chance) -> String {
    format!("{}{}号", chance.pick(&ROADS), chance.between(1, 399))
}

/// 西湖区红十字应急救援队
pub fn team(division: &str, speciality: Category) -> String {
    let kind = match speciality {
        Category::Rescue => "应急救援队",
        Category::FirstAid => "应急救护志愿服务队",
        Category::StemCell => "造血干细胞捐献志愿服务队",
        Category::Blood => "无偿献血志愿服务队",
        Category::OrganDonation => "人体器官捐献志愿服务队",
        Category::Elderly => "助老志愿服务队",
        Category::Psychosocial => "心理援助志愿服务队",
        Category::Vaccination => "健康守护志愿服务队",
        Category::Relief => "人道救助志愿服务队",
        Category::Community => "博爱社区志愿服务队",
    };
    format!("{division}红十字{kind}")
}

pub fn team_description(division: &str, speciality: Category) -> String {
    let work = match speciality {
        Category::Rescue => "水域和山地救援、汛期备勤与救援知识宣传",
        Category::FirstAid => "心肺复苏与 AED 普及、活动救护点值守",
        Category::StemCell => "造血干细胞捐献宣传、采样入库引导与捐献者陪护",
        Category::Blood => "献血点引导、献血者关怀与知识宣传",
        Category::OrganDonation => "遗体和人体器官捐献的宣传、见证与家属关怀",
        Category::Elderly => "独居老人陪伴、助餐和智能手机教学",
        Category::Psychosocial => "心理倾听、青少年心理支持与灾后心理援助",
        Category::Vaccination => "疫苗接种点的引导、登记和留观服务",
        Category::Relief => "救助物资分装发放与困难家庭走访",
        Category::Community => "便民服务、环境整治与亲子公益",
    };
    format!("服务{division}居民，主要开展{work}。欢迎有时间、有爱心的邻里加入。")
}
