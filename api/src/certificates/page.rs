//! The page on which anybody checks a certificate, in Chinese or English. It loads nothing and runs nothing.

use std::fmt::Write;

use boai_entity::{
    certificate::{Model as Certificate, Unit},
    kinds::Book,
};

use super::rules::{Standing, content, duration};
use crate::platform::{civil::civil_day, lang::Lang};

/// What the page says below its form.
pub enum Said<'a> {
    Nothing,
    Found(&'a Certificate, &'a Standing),
    Wrong,
    TooMany { minutes: u32 },
    Failed,
}

const STYLE: &str = "body{font-family:system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;max-width:46rem;\
    margin:2rem auto;padding:0 1rem;line-height:1.6;color:#222}h1{font-size:1.4rem}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}\
    label{display:block;margin:.6rem 0}input{font:inherit;padding:.35rem .5rem;width:16rem;max-width:100%}button{font:inherit;padding:.4rem 1.4rem}\
    .said{border-left:.4rem solid #2a7d3a;background:#eef7ef;padding:.6rem 1rem;margin:1.2rem 0}.bad{border-color:#b3261e;background:#fdeeed}\
    dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:#555}dd{margin:0}\
    table{border-collapse:collapse;width:100%;font-size:.92rem}th,td{border:1px solid #bbb;padding:.25rem .5rem;text-align:left}th{background:#f2f2f2}";

/// Text as HTML shows it.
pub fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}

/// The whole page; number and code stand in the form as they were typed.
pub fn html(lang: Lang, number: &str, code: &str, said: &Said<'_>) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let title = say("查验志愿服务记录证明", "Check a proof of volunteer service");
    let mut page = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>\
         <form method=\"get\" action=\"/verify\"><label>{}<br><input name=\"number\" value=\"{}\" required maxlength=\"40\" autocomplete=\"off\"></label>\
         <label>{}<br><input name=\"code\" value=\"{}\" required maxlength=\"40\" autocomplete=\"off\"></label><button>{}</button></form>",
        say("zh-CN", "en"),
        say("证明编号", "Number"),
        escaped(number),
        say("查验码", "Check code"),
        escaped(code),
        say("查验", "Check"),
    );
    let bad = |text: &str| format!("<p class=\"said bad\" role=\"alert\">{text}</p>");
    match said {
        Said::Nothing => {}
        Said::Wrong => page.push_str(&bad(say(
            "没有找到该证明：编号或查验码不正确。请对照证明核对后重试。",
            "No such certificate: the number or the check code is wrong. Compare both with the certificate and try again.",
        ))),
        Said::TooMany { minutes } => page.push_str(&bad(&match lang {
            Lang::Zh => format!("查验次数过多，请在 {minutes} 分钟后重试。"),
            Lang::En => format!("Too many wrong tries. Try again in {minutes} minutes."),
        })),
        Said::Failed => page.push_str(&bad(say("暂时无法查验，请稍后重试。", "It cannot be checked at the moment. Try again shortly."))),
        Said::Found(certificate, standing) => found(&mut page, lang, certificate, standing),
    }
    page.push_str("</body></html>");
    page
}

fn found(page: &mut String, lang: Lang, certificate: &Certificate, standing: &Standing) {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let shown = &certificate.shown;
    let (class, text) = match standing {
        Standing::Valid => ("said", say("该证明有效。", "This certificate is valid.").to_owned()),
        Standing::Superseded => (
            "said bad",
            say(
                "该证明已失效：出具后有记录被更正。请向持有人索取新的证明。",
                "This certificate is superseded: a record on it was corrected after its issue. Ask its holder for a new one.",
            )
            .to_owned(),
        ),
        Standing::Revoked { at, reason } => {
            let (day, reason) = (civil_day(*at), escaped(reason));
            ("said bad", match lang {
                Lang::Zh => format!("该证明已于 {day} 撤销：{reason}"),
                Lang::En => format!("This certificate was revoked on {day}: {reason}"),
            })
        }
    };
    let (issued, period) = (civil_day(certificate.issued_at), format!("{} – {}", shown.from, shown.to));
    let id = shown.id_number.clone().unwrap_or_default();
    let all = time(lang, shown.minutes());
    let _ = write!(page, "<p class=\"{class}\" role=\"status\">{text}</p><dl>");
    for (name, value) in [
        (say("证明编号", "Number"), certificate.number.as_str()),
        (say("姓名", "Name"), shown.name.as_str()),
        (say("志愿者编号", "Volunteer number"), shown.volunteer_number.as_str()),
        (say("证件号码", "ID number"), id.as_str()),
        (say("期间", "Period"), period.as_str()),
        (say("服务时间合计", "Service time"), all.as_str()),
        (say("出具单位", "Issued by"), shown.issuer.as_str()),
        (say("出具日期", "Issued on"), issued.to_string().as_str()),
    ] {
        if !value.is_empty() {
            let _ = write!(page, "<dt>{name}</dt><dd>{}</dd>", escaped(value));
        }
    }
    page.push_str("</dl>");
    shown.units.iter().for_each(|unit| table(page, lang, unit));
}

fn time(lang: Lang, minutes: i64) -> String {
    match lang {
        Lang::Zh => duration(minutes),
        Lang::En => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

fn table(page: &mut String, lang: Lang, unit: &Unit) {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let (team, branch, sum) = (escaped(&unit.team), escaped(&unit.branch), time(lang, unit.minutes()));
    let _ = write!(
        page,
        "<h2>{}: {team} ({branch}), {sum}</h2><table><thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>",
        say("记录单位", "Recorded by"),
        say("日期", "Date"),
        say("活动名称", "Activity"),
        say("服务内容", "Content"),
        say("服务时间", "Time"),
    );
    for line in &unit.records {
        let (zh, en) = content(line.content);
        let filled = if line.book == Book::BackFilled { say("（补录）", " (back-filled)") } else { "" };
        let (activity, content, minutes) = (escaped(&line.activity), say(zh, en), time(lang, line.minutes.into()));
        let _ = write!(
            page,
            "<tr><td>{}</td><td>{activity}</td><td>{content}{filled}</td><td>{minutes}</td></tr>",
            line.day
        );
    }
    page.push_str("</tbody></table>");
}
