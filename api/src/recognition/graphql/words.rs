//! A badge's conditions in words.

use boai_entity::{
    badge_rule::{Ask, BadgeMeasure, Period, Rule},
    kinds::Category,
};

use crate::{platform::lang::Lang, privacy::dictionary::said};

/// What one part of a rule asks, without its own parts.
pub fn condition(rule: &Rule, lang: Lang) -> String {
    match (rule, lang) {
        (Rule::All(parts), Lang::En) => format!("all {} of these", parts.len()),
        (Rule::All(parts), Lang::Zh) => format!("以下 {} 项全部满足", parts.len()),
        (Rule::Any(parts), Lang::En) => format!("at least one of these {}", parts.len()),
        (Rule::Any(parts), Lang::Zh) => format!("以下 {} 项至少满足一项", parts.len()),
        (Rule::Not(_), Lang::En) => "not this".into(),
        (Rule::Not(_), Lang::Zh) => "不满足以下条件".into(),
        (Rule::Ask(ask), lang) => asked(ask, lang),
    }
}

fn asked(ask: &Ask, lang: Lang) -> String {
    let amount = amount(ask.measure, ask.at_least, lang);
    let period = ask.period.map(|period| days(period, lang));
    let category = ask.category.map(|category| category_word(category, lang));
    match lang {
        Lang::En => {
            let category = category.map(|word| format!(" ({word})")).unwrap_or_default();
            let period = period.map(|days| format!(" {days}")).unwrap_or_default();
            format!("{amount}{category}{period}")
        }
        Lang::Zh => {
            let category = category.map(|word| format!("({word})")).unwrap_or_default();
            format!("{}{amount}{category}", period.unwrap_or_default())
        }
    }
}

/// A category as people say it.
pub fn category_word(category: Category, lang: Lang) -> String {
    let word = category.as_str();
    match (said(&word), lang) {
        (Some((zh, _)), Lang::Zh) => zh.into(),
        (Some((_, en)), Lang::En) => en.into(),
        (None, _) => word,
    }
}

/// Minutes as people say them.
pub fn hours(minutes: i64, lang: Lang) -> String {
    match (minutes / 60, minutes % 60, lang) {
        (hours, 0, Lang::En) => format!("{hours} h"),
        (hours, left, Lang::En) => format!("{hours} h {left} min"),
        (hours, 0, Lang::Zh) => format!("{hours} 小时"),
        (hours, left, Lang::Zh) => format!("{hours} 小时 {left} 分钟"),
    }
}

/// So much of what is measured.
pub fn amount(measure: BadgeMeasure, many: i64, lang: Lang) -> String {
    match (measure, lang) {
        (BadgeMeasure::Minutes, Lang::En) => format!("{} of service", hours(many, lang)),
        (BadgeMeasure::Minutes, Lang::Zh) => format!("服务 {}", hours(many, lang)),
        (BadgeMeasure::Activities, Lang::En) => format!("{many} activities"),
        (BadgeMeasure::Activities, Lang::Zh) => format!("参加 {many} 次活动"),
        (BadgeMeasure::Shifts, Lang::En) => format!("{many} shifts"),
        (BadgeMeasure::Shifts, Lang::Zh) => format!("服务 {many} 个班次"),
        (BadgeMeasure::MonthsInARow, Lang::En) => format!("{many} months in a row"),
        (BadgeMeasure::MonthsInARow, Lang::Zh) => format!("连续服务 {many} 个月"),
        (BadgeMeasure::NightMinutes, Lang::En) => format!("{} between 22:00 and 06:00", hours(many, lang)),
        (BadgeMeasure::NightMinutes, Lang::Zh) => format!("夜间(22:00 至 6:00)服务 {}", hours(many, lang)),
        (BadgeMeasure::WeekendDays, Lang::En) => format!("{many} Saturdays or Sundays"),
        (BadgeMeasure::WeekendDays, Lang::Zh) => format!("周六或周日服务 {many} 天"),
        (BadgeMeasure::YearsOfService, Lang::En) => format!("service in {many} calendar years"),
        (BadgeMeasure::YearsOfService, Lang::Zh) => format!("{many} 个年度有服务"),
        (BadgeMeasure::Registered, Lang::En) => "being a registered volunteer".into(),
        (BadgeMeasure::Registered, Lang::Zh) => "已是注册志愿者".into(),
        (BadgeMeasure::Star, Lang::En) => format!("{many} awarded stars"),
        (BadgeMeasure::Star, Lang::Zh) => format!("已获授 {many} 星"),
    }
}

fn days(period: Period, lang: Lang) -> String {
    match (period, lang) {
        (Period::Days { from, to }, Lang::En) => format!("from {from} to {to}"),
        (Period::Days { from, to }, Lang::Zh) => format!("{from} 至 {to} "),
        (Period::LastDays(count), Lang::En) => format!("in the last {count} days"),
        (Period::LastDays(count), Lang::Zh) => format!("最近 {count} 天"),
        (Period::LastMonths(count), Lang::En) => format!("in the last {count} months"),
        (Period::LastMonths(count), Lang::Zh) => format!("最近 {count} 个月"),
        (Period::YearsAgo(0), Lang::En) => "in this calendar year".into(),
        (Period::YearsAgo(0), Lang::Zh) => "本年度".into(),
        (Period::YearsAgo(1), Lang::En) => "in the last calendar year".into(),
        (Period::YearsAgo(1), Lang::Zh) => "上一年度".into(),
        (Period::YearsAgo(count), Lang::En) => format!("in the calendar year {count} years ago"),
        (Period::YearsAgo(count), Lang::Zh) => format!("{count} 年前的年度"),
    }
}
