//! The texts that people agree to: the first version of each. Later versions are added beside them, never in place.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement, prelude::DateTimeUtc},
};

use crate::ddl::{append_only, ddl};

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE consent_text (
    kind text NOT NULL,
    version text NOT NULL,
    in_force_from {time} NOT NULL,
    title_zh text NOT NULL,
    text_zh text NOT NULL,
    title_en text NOT NULL,
    text_en text NOT NULL,
    PRIMARY KEY (kind, version),
    UNIQUE (kind, in_force_from)
) {strict};
";

/// The version of all that was agreed to before texts were kept, too.
const VERSION: &str = "2026-01";
/// The beginning of 2026 in China, in seconds since 1970.
const IN_FORCE_FROM: i64 = 1_767_196_800;

/// Kind, Chinese title and text, English title and text.
const TEXTS: [[&str; 5]; 4] = [
    [
        "TERMS",
        "志愿服务条款",
        "一、您自愿参加红十字志愿服务,服务无报酬;您可以随时退出。
二、请如实填写姓名、出生日期和居住地。未满十四周岁不能登记;未满十八周岁须经监护人同意。
三、请服从活动负责人的安全安排,不从事与您的年龄、技能和身体状况不相适应的服务,不以志愿者名义从事营利活动。
四、我们为组织活动、记录服务时间和出具证明处理您的姓名、电话、出生日期、居住地、技能和服务记录。他人只能看到隐去部分的姓名;所报活动的负责人和签到人员可看到全名。
五、服务记录依照《志愿服务记录与证明出具办法(试行)》保存;您可以查询、更正记录,并免费获得证明。
六、您可以查看谁看过您的信息,并可要求更正或注销。注销后,法律要求保存的记录仍按法律保存,其余删除或不再指向您。
七、位置信息、公开姓名和证件号码须另行单独同意,不同意不影响登记。",
        "Terms of volunteering",
        "1. You serve with the Red Cross of your own will and without pay, and may stop at any time.
2. Give your true name, birth date and place of residence. Nobody under 14 can enrol; under 18 your guardian has to agree.
3. Follow the safety arrangements of the person in charge, do nothing that does not fit your age, skill and health, and earn nothing in the name of volunteering.
4. To organise activities, record your service time and certify it, we process your name, phone number, birth date, residence, skills and service records. Others see your name masked; the people in charge and at the desk of what you signed up for see it whole.
5. Service records are kept as the Measures for Recording and Certifying Volunteer Service (for trial implementation) have it. You can read them, have them corrected, and get certificates free of charge.
6. You can see who looked at what is yours, and have it corrected or your account erased. What the law has us keep is kept as long as it says; all else is deleted or no longer points to you.
7. Your location, showing your name to the public and the number of your identity document take a consent of their own each. Withholding them does not keep you from enrolling.",
    ],
    [
        "LOCATION",
        "位置信息单独授权书",
        "一、目的:仅在您点按签到或签退时读取一次手机位置,用于核对您是否在活动现场。不会在后台跟踪您。
二、内容:经纬度、精度和定位时间,属于敏感个人信息。
三、谁能看到:活动的负责人和签到人员只看到您距签到点的距离。谁看过,您可以查到。
四、保存:原始位置按规定期限保存后删除,只留结果、距离和精度。
五、不同意或撤回:可随时在“我的”中撤回,撤回后立即停止读取。您仍可用现场签到码、签到台或由队长确认签到,服务时间照常计算。",
        "Consent to the use of your location",
        "1. Purpose: your phone's location is read once when you tap check-in or check-out, to see that you are at the site. You are never tracked in the background.
2. What: latitude, longitude, accuracy and the time of the fix. This is sensitive personal information.
3. Who sees it: the people in charge and at the desk see only how far from the place you were. You can see who looked.
4. How long: the raw location is deleted after the period that is set; the verdict, the distance and the accuracy stay.
5. If you withhold or withdraw it: you can withdraw at any time in your profile, and reading stops at once. You can still check in with the site's code, at the desk or through the leader, and your service time counts the same.",
    ],
    [
        "PUBLICATION",
        "公开姓名授权书",
        "一、目的:在光荣榜、表彰名单和志愿者故事中展示您的全名。
二、内容:姓名、所在服务队、服务时长和获得的荣誉;不包括电话、住址和证件号码。
三、谁能看到:任何人。
四、不同意或撤回:可随时撤回,撤回后立即改为隐去部分的姓名;已经印刷或被他人转载的无法收回。不同意不影响服务、记录和荣誉。",
        "Consent to showing your name",
        "1. Purpose: to show your whole name on the honour roll, in commendations and in volunteers' stories.
2. What: your name, team, service time and honours; never your phone number, address or the number of your identity document.
3. Who sees it: anybody.
4. If you withhold or withdraw it: you can withdraw at any time, and your name is masked at once; what was printed, or passed on by others, cannot be taken back. Your service, records and honours do not depend on it.",
    ],
    [
        "IDENTITY",
        "实名认证单独授权书",
        "一、目的:仅用于核实您的身份(实名认证),不作他用,也不作为志愿者编号。
二、内容:证件类型和证件号码,属于敏感个人信息。
三、如何保存:号码加密保存,密钥与数据库分开;平时只显示首尾各一位。
四、谁能看到:您居住地的红十字会工作人员,须填写理由,每次查看都会记录,您可以查到是谁、何时、为何查看。也可能将姓名和号码发送给核验机构比对,该机构不得留作他用。
五、不同意或撤回:可随时撤回,撤回后立即删除号码,实名认证随之失效。不同意不影响登记和一般服务。",
        "Consent to real-name verification",
        "1. Purpose: to verify who you are, and nothing else. The number never becomes your volunteer number.
2. What: the kind and the number of your identity document. This is sensitive personal information.
3. How it is kept: the number is encrypted, with keys that are kept apart from the database; only its first and last character are shown.
4. Who sees it: officers of the Red Cross where you live, who have to say why; each look is written down, and you can see who looked, when and why. Name and number may also be sent to a verification service for comparison, which must not keep them for anything else.
5. If you withhold or withdraw it: you can withdraw at any time; the number is erased at once and the verification ends with it. Enrolling and ordinary service do not depend on it.",
    ],
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await?;
        let db = manager.get_connection();
        let from = DateTimeUtc::from_timestamp(IN_FORCE_FROM, 0).ok_or(DbErr::Custom("a time".into()))?;
        for [kind, title_zh, text_zh, title_en, text_en] in TEXTS {
            let insert = "INSERT INTO consent_text VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let texts = [kind, VERSION].map(Into::into).into_iter();
            let texts = texts.chain([from.into()]).chain([title_zh, text_zh, title_en, text_en].map(Into::into));
            db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), insert, texts)).await?;
        }
        append_only(manager, "consent_text").await
    }
}
