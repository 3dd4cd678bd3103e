//! What a badge's rule may say, and what is wrong with one that may not: where in the rule, why, and what would be right.
//!
//! A rule is bounded, so that whoever looks at all badges of everybody knows what that takes.

use boai_entity::{
    Instant,
    badge_rule::{Ask, BadgeMeasure, Period, Rule},
    kinds::{BranchKind, Category, DivisionLevel},
};
use chrono::{Datelike, NaiveDate};

use crate::{
    platform::{civil::day_bounds, refusal::When},
    policy_changes::rules::coming_days,
    refusals,
};

/// Levels of all, any and not, and the asks in them.
pub const MOST_DEEP: usize = 4;
/// All, any, not and asks of one rule.
pub const MOST_PARTS: usize = 24;
/// Badges that a branch has rules of its own for.
pub const MOST_BADGES: i64 = 20;

refusals! {
    /// Why the rule of a badge was not proposed, withdrawn or looked at ahead.
    BadgeRuleRefusal, BadgeRuleErrorCode, BadgeRuleError {
        /// There is no such branch or rule in your care.
        NotFound => "There is no such branch or badge rule in your care.", "您名下没有该红十字会或该项徽章规则。";
        /// Only branches of counties, cities and provinces set badges.
        BranchTooLow at "branchId" => "Badges are set by the branches of counties, cities and provinces; those below have them too. Ask the county's branch.", "徽章规则由县级以上红十字会制定,其下级组织一并适用。请联系县级红十字会。";
        /// The code is not one.
        CodeUnfit at "code" => "A badge's code has 3 to 40 of A–Z, 0–9 and _, and begins with a letter: FIRST_ACTIVITY.", "徽章代码须为 3 至 40 位大写字母、数字或下划线,并以字母开头,例如 FIRST_ACTIVITY。";
        /// The branch has as many badges as it may.
        TooManyBadges { at_most: i64 } at "code" => "A branch has rules of its own for {at_most} badges at most. Change one that it has.", "每个红十字会最多自设 {at_most} 种徽章,请修改已有的徽章。";
        /// The day must be a coming one.
        DayNotAhead { first: String, last: String } at "validFrom" => "A badge's rule is valid from a coming day on, {first} to {last}: nobody is judged by what was not known yet.", "规则须自将来的某日起施行({first}至{last}),不得溯及既往。";
        /// The branch has one for this badge that begins then or later.
        LaterOneWaits { day: String } at "validFrom" => "The branch has a rule for this badge that is valid from {day} on, and this one would be undone by it. Choose a later day, or withdraw that one with `withdrawBadgeRule`.", "该徽章已有自{day}起施行的规则,会覆盖本次修改。请选择更晚的日期,或先撤回该规则。";
        /// It would change nothing.
        NothingChanges => "The badge would be as it is by then: the same names and the same rule. Change something.", "没有任何改动,请修改名称或规则。";
        /// Exactly one thing has to be said at this place.
        NotOneThing { place: String, given: i64 } => "At `{place}` exactly one of `all`, `any`, `not` and `ask` is given; here are {given}.", "“{place}”须在 all、any、not、ask 中恰好填写一项,现有 {given} 项。";
        /// There is nothing in it.
        Empty { place: String } => "`{place}` has no parts. Give at least one, or leave it out.", "“{place}”没有内容,请至少填写一项或删除。";
        /// The rule is too deep.
        TooDeep { place: String, most: i64 } => "`{place}` lies deeper than {most} levels. Say it flatter.", "“{place}”超过 {most} 层,请减少嵌套。";
        /// The rule has too many parts.
        TooManyParts { given: i64, most: i64 } at "rule" => "The rule has {given} parts; {most} is the most. Make two badges of it.", "规则共 {given} 项,最多 {most} 项,请拆分为两种徽章。";
        /// A number lies outside its bounds.
        OutOfBounds { place: String, given: i64, least: i64, most: i64, unit: String } => "`{place}` is {least} to {most} {unit}; {given} is outside.", "“{place}”须在 {least} 至 {most}({unit})之间,{given} 超出范围。";
        /// What is asked is not about service.
        NotOfService { place: String, measure: String } => "{measure} is not about service, so `{place}` says nothing here. Leave it out.", "{measure} 与服务记录无关,请勿填写“{place}”。";
        /// Exactly one kind of period has to be given.
        PeriodUnclear { place: String } => "`{place}` is either `from` with `to`, or one of `lastDays`, `lastMonths` and `yearsAgo`.", "“{place}”须填写 from 和 to,或 lastDays、lastMonths、yearsAgo 三者之一。";
        /// The period ends before it begins.
        PeriodReversed { place: String, from: String, to: String } => "`{place}` ends on {to}, before it begins on {from}.", "“{place}”的截止日 {to} 早于起始日 {from}。";
        /// The period is too short for what is asked.
        NeverMet { place: String, given: i64, most: i64, unit: String } => "Nobody can have {given} {unit} in the period at `{place}`: there are {most} at most.", "“{place}”所在期间最多只有 {most}({unit}),不可能达到 {given}。";
        /// Who has done nothing would have the badge.
        ForNothing at "rule" => "Somebody who has done nothing yet would be eligible. Ask for something outside of `not`.", "什么都没做的人也会符合条件。请在 not 之外至少要求一项。";
        /// It is in force already, or was.
        InForce { since: When } at "badgeRuleId" => "It is in force since {since}. Propose another one.", "该规则已于 {since} 起施行,不能撤回。请另行提出新规则。";
        /// It was withdrawn.
        Withdrawn { at: When } at "badgeRuleId" => "It was withdrawn at {at}.", "该规则已于 {at} 撤回。";
    }
}

impl BadgeRuleRefusal {
    /// The place in the rule that it is about.
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::NotOneThing { place, .. }
            | Self::Empty { place }
            | Self::TooDeep { place, .. }
            | Self::OutOfBounds { place, .. }
            | Self::NotOfService { place, .. }
            | Self::PeriodUnclear { place }
            | Self::PeriodReversed { place, .. }
            | Self::NeverMet { place, .. } => Some(place),
            _ => None,
        }
    }
}

/// A rule as it came, which may say nothing, or too much, at any place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    pub all: Option<Vec<Draft>>,
    pub any: Option<Vec<Draft>>,
    pub not: Option<Box<Draft>>,
    pub ask: Option<AskDraft>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AskDraft {
    pub measure: BadgeMeasure,
    pub at_least: i64,
    pub category: Option<Category>,
    pub period: Option<PeriodDraft>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeriodDraft {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub last_days: Option<i64>,
    pub last_months: Option<i64>,
    pub years_ago: Option<i64>,
}

/// The rule that was meant, or everything that is wrong with it.
pub fn read(draft: &Draft) -> Result<Rule, Vec<BadgeRuleRefusal>> {
    let mut reader = Reader::default();
    let rule = reader.part(draft, "rule", 1);
    let most = MOST_PARTS as i64;
    if reader.parts > most {
        reader.wrong.push(BadgeRuleRefusal::TooManyParts { given: reader.parts, most });
    }
    match rule {
        Some(rule) if reader.wrong.is_empty() => match met_by_nothing(&rule) {
            false => Ok(rule),
            true => Err(vec![BadgeRuleRefusal::ForNothing]),
        },
        _ => Err(reader.wrong),
    }
}

/// Whether somebody of whom nothing is known meets it: whatever is asked takes at least one.
fn met_by_nothing(rule: &Rule) -> bool {
    match rule {
        Rule::All(parts) => parts.iter().all(met_by_nothing),
        Rule::Any(parts) => parts.iter().any(met_by_nothing),
        Rule::Not(part) => !met_by_nothing(part),
        Rule::Ask(_) => false,
    }
}

#[derive(Default)]
struct Reader {
    parts: i64,
    wrong: Vec<BadgeRuleRefusal>,
}

impl Reader {
    /// None when something is wrong with it, which is then told.
    fn part(&mut self, draft: &Draft, place: &str, level: usize) -> Option<Rule> {
        self.parts += 1;
        let Draft { all, any, not, ask } = draft;
        let given = [all.is_some(), any.is_some(), not.is_some(), ask.is_some()];
        let given = given.iter().filter(|given| **given).count() as i64;
        if given != 1 {
            return self.refuse(BadgeRuleRefusal::NotOneThing { place: place.into(), given });
        }
        if level > MOST_DEEP {
            return self.refuse(BadgeRuleRefusal::TooDeep { place: place.into(), most: MOST_DEEP as i64 });
        }
        if let Some(ask) = ask {
            return self.ask(ask, &format!("{place}.ask")).map(Rule::Ask);
        }
        if let Some(not) = not {
            return self.part(not, &format!("{place}.not"), level + 1).map(|part| Rule::Not(Box::new(part)));
        }
        let (name, parts) = match (all, any) {
            (Some(parts), _) => ("all", parts),
            (_, parts) => ("any", parts.as_ref()?),
        };
        if parts.is_empty() {
            return self.refuse(BadgeRuleRefusal::Empty { place: format!("{place}.{name}") });
        }
        let mut read = Vec::new();
        // One beyond the most is told of, and nothing of the rest: there may be very many.
        for (number, part) in parts.iter().enumerate() {
            if self.parts > MOST_PARTS as i64 {
                self.parts += 1;
                continue;
            }
            read.extend(self.part(part, &format!("{place}.{name}.{number}"), level + 1));
        }
        if read.len() < parts.len() {
            return None;
        }
        Some(if all.is_some() { Rule::All(read) } else { Rule::Any(read) })
    }

    fn ask(&mut self, draft: &AskDraft, place: &str) -> Option<Ask> {
        let before = self.wrong.len();
        let AskDraft { measure, at_least, category, .. } = *draft;
        let (most, unit) = bounds(measure);
        self.within(&format!("{place}.atLeast"), at_least, (1, most), unit);
        let of_service = !matches!(measure, BadgeMeasure::Registered | BadgeMeasure::Star);
        for (name, given) in [("category", category.is_some()), ("period", draft.period.is_some())] {
            if given && !of_service {
                let measure = measure.as_str();
                self.wrong.push(BadgeRuleRefusal::NotOfService { place: format!("{place}.{name}"), measure });
            }
        }
        let period = match &draft.period {
            Some(period) if of_service => Some(self.period(period, &format!("{place}.period"))?),
            _ => None,
        };
        if let Some(most) = period.and_then(|period| most_in(measure, period)).filter(|most| *most < at_least) {
            let (place, unit) = (format!("{place}.atLeast"), unit.into());
            self.wrong.push(BadgeRuleRefusal::NeverMet { place, given: at_least, most, unit });
        }
        (self.wrong.len() == before).then_some(Ask { measure, at_least, category, period })
    }

    fn period(&mut self, draft: &PeriodDraft, place: &str) -> Option<Period> {
        let counted = |reader: &mut Self, name: &str, given: i64, bounds, unit| {
            reader.within(&format!("{place}.{name}"), given, bounds, unit);
            u32::try_from(given).ok()
        };
        match *draft {
            PeriodDraft { from: Some(from), to: Some(to), last_days: None, last_months: None, years_ago: None } => {
                for (name, day) in [("from", from), ("to", to)] {
                    let year = format!("{place}.{name}");
                    self.within(&year, day.year().into(), (2000, 2100), "(year)");
                }
                if to < from {
                    let (from, to) = (from.to_string(), to.to_string());
                    return self.refuse(BadgeRuleRefusal::PeriodReversed { place: place.into(), from, to });
                }
                Some(Period::Days { from, to })
            }
            PeriodDraft { from: None, to: None, last_days: Some(given), last_months: None, years_ago: None } => {
                counted(self, "lastDays", given, (1, 3660), "days").map(Period::LastDays)
            }
            PeriodDraft { from: None, to: None, last_days: None, last_months: Some(given), years_ago: None } => {
                counted(self, "lastMonths", given, (1, 120), "months").map(Period::LastMonths)
            }
            PeriodDraft { from: None, to: None, last_days: None, last_months: None, years_ago: Some(given) } => {
                counted(self, "yearsAgo", given, (0, 10), "years").map(Period::YearsAgo)
            }
            _ => self.refuse(BadgeRuleRefusal::PeriodUnclear { place: place.into() }),
        }
    }

    fn within(&mut self, place: &str, given: i64, (least, most): (i64, i64), unit: &str) {
        if !(least..=most).contains(&given) {
            let (place, unit) = (place.into(), unit.into());
            self.wrong.push(BadgeRuleRefusal::OutOfBounds { place, given, least, most, unit });
        }
    }

    fn refuse<T>(&mut self, refusal: BadgeRuleRefusal) -> Option<T> {
        self.wrong.push(refusal);
        None
    }
}

/// The most that a badge may take, and its unit: what a life of service could reach.
fn bounds(measure: BadgeMeasure) -> (i64, &'static str) {
    match measure {
        BadgeMeasure::Minutes | BadgeMeasure::NightMinutes => (600_000, "min"),
        BadgeMeasure::Activities => (10_000, "activities"),
        BadgeMeasure::Shifts => (10_000, "shifts"),
        BadgeMeasure::MonthsInARow => (600, "months"),
        BadgeMeasure::WeekendDays => (5_000, "days"),
        BadgeMeasure::YearsOfService => (80, "years"),
        BadgeMeasure::Registered => (1, "(registered)"),
        BadgeMeasure::Star => (5, "stars"),
    }
}

/// The most months or years that any stretch of days like this one touches; none for what has no such end.
fn most_in(measure: BadgeMeasure, period: Period) -> Option<i64> {
    let months = match period {
        Period::Days { from, to } => {
            i64::from((to.year() - from.year()) * 12) + i64::from(to.month()) - i64::from(from.month()) + 1
        }
        // The shortest month has 28 days, and a stretch begins and ends within one.
        Period::LastDays(days) => i64::from(days) / 28 + 2,
        Period::LastMonths(months) => i64::from(months) + 1,
        Period::YearsAgo(_) => 12,
    };
    let years = match period {
        Period::Days { from, to } => i64::from(to.year() - from.year()) + 1,
        Period::LastDays(days) => i64::from(days) / 365 + 2,
        Period::LastMonths(months) => i64::from(months) / 12 + 2,
        Period::YearsAgo(_) => 1,
    };
    match measure {
        BadgeMeasure::MonthsInARow => Some(months),
        BadgeMeasure::YearsOfService => Some(years),
        _ => None,
    }
}

/// Whether a branch sets badges: one of a county, city or province, which has people who live there.
pub fn check_branch(kind: BranchKind, level: DivisionLevel) -> Result<(), BadgeRuleRefusal> {
    match (kind, level) {
        (BranchKind::Territorial, DivisionLevel::Province | DivisionLevel::City | DivisionLevel::County) => Ok(()),
        _ => Err(BadgeRuleRefusal::BranchTooLow),
    }
}

/// The first moment of a rule that is to be valid from a day on: a badge begins when a policy may.
pub fn begin(day: NaiveDate, now: Instant) -> Result<Instant, BadgeRuleRefusal> {
    let (first, last) = coming_days(now);
    if (first..=last).contains(&day) {
        return Ok(day_bounds(day).0);
    }
    Err(BadgeRuleRefusal::DayNotAhead { first: first.to_string(), last: last.to_string() })
}

pub fn check_code(code: &str) -> Result<(), BadgeRuleRefusal> {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = code.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    if (3..=40).contains(&code.len()) && begins && code.bytes().all(fits) {
        return Ok(());
    }
    Err(BadgeRuleRefusal::CodeUnfit)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*, sample::select};

    use super::*;
    use crate::recognition::language::{Known, holds};

    fn ask(measure: BadgeMeasure, at_least: i64) -> Draft {
        Draft { ask: Some(AskDraft { measure, at_least, category: None, period: None }), ..Draft::default() }
    }

    fn within(measure: BadgeMeasure, at_least: i64, period: PeriodDraft) -> Draft {
        let ask = AskDraft { measure, at_least, category: None, period: Some(period) };
        Draft { ask: Some(ask), ..Draft::default() }
    }

    fn all(parts: Vec<Draft>) -> Draft {
        Draft { all: Some(parts), ..Draft::default() }
    }

    fn not(part: Draft) -> Draft {
        Draft { not: Some(Box::new(part)), ..Draft::default() }
    }

    fn last_days(days: i64) -> PeriodDraft {
        PeriodDraft { last_days: Some(days), ..PeriodDraft::default() }
    }

    fn day(text: &str) -> Option<NaiveDate> {
        Some(text.parse().unwrap())
    }

    /// The only thing that is wrong: its message.
    fn wrong(draft: &Draft) -> String {
        use crate::platform::{lang::Lang, refusal::Refusal};
        let wrong = read(draft).unwrap_err();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        wrong[0].message(Lang::En)
    }

    use BadgeMeasure::{Activities, Minutes, MonthsInARow, Registered, Star, YearsOfService};

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_what_would_be_right() {
        let fine = || ask(Activities, 1);
        for (draft, message) in [
            (Draft::default(), "At `rule` exactly one of `all`, `any`, `not` and `ask` is given; here are 0."),
            (
                Draft { any: Some(vec![fine()]), ..fine() },
                "At `rule` exactly one of `all`, `any`, `not` and `ask` is given; here are 2.",
            ),
            (all(vec![]), "`rule.all` has no parts. Give at least one, or leave it out."),
            (
                all(vec![fine(), not(Draft::default())]),
                "At `rule.all.1.not` exactly one of `all`, `any`, `not` and `ask` is given; here are 0.",
            ),
            (ask(Activities, 0), "`rule.ask.atLeast` is 1 to 10000 activities; 0 is outside."),
            (all(vec![fine(), ask(Star, 6)]), "`rule.all.1.ask.atLeast` is 1 to 5 stars; 6 is outside."),
            (ask(Minutes, 600_001), "`rule.ask.atLeast` is 1 to 600000 min; 600001 is outside."),
            (
                within(Registered, 1, last_days(1)),
                "REGISTERED is not about service, so `rule.ask.period` says nothing here. Leave it out.",
            ),
            (
                within(Minutes, 1, PeriodDraft::default()),
                "`rule.ask.period` is either `from` with `to`, or one of `lastDays`, `lastMonths` and `yearsAgo`.",
            ),
            (
                within(Minutes, 1, PeriodDraft { from: day("2026-01-01"), ..last_days(3) }),
                "`rule.ask.period` is either `from` with `to`, or one of `lastDays`, `lastMonths` and `yearsAgo`.",
            ),
            (within(Minutes, 1, last_days(0)), "`rule.ask.period.lastDays` is 1 to 3660 days; 0 is outside."),
            (
                within(Minutes, 1, last_days(i64::MAX)),
                "`rule.ask.period.lastDays` is 1 to 3660 days; 9223372036854775807 is outside.",
            ),
            (
                within(
                    Minutes,
                    1,
                    PeriodDraft { from: day("2026-05-09"), to: day("2026-05-08"), ..PeriodDraft::default() },
                ),
                "`rule.ask.period` ends on 2026-05-08, before it begins on 2026-05-09.",
            ),
            (
                within(YearsOfService, 2, PeriodDraft { years_ago: Some(0), ..PeriodDraft::default() }),
                "Nobody can have 2 years in the period at `rule.ask.atLeast`: there are 1 at most.",
            ),
            (
                within(MonthsInARow, 4, last_days(30)),
                "Nobody can have 4 months in the period at `rule.ask.atLeast`: there are 3 at most.",
            ),
            (not(fine()), "Somebody who has done nothing yet would be eligible. Ask for something outside of `not`."),
            (
                not(not(not(Draft { ask: None, all: Some(vec![fine()]), ..Draft::default() }))),
                "`rule.not.not.not.all.0` lies deeper than 4 levels. Say it flatter.",
            ),
            (all((0..24).map(|_| fine()).collect()), "The rule has 25 parts; 24 is the most. Make two badges of it."),
        ] {
            assert_eq!(wrong(&draft), message);
        }
        assert!(read(&all((0..23).map(|_| fine()).collect())).is_ok());
        assert!(read(&not(not(not(not(fine()))))).is_err());
        assert!(read(&all(vec![fine(), not(ask(Star, 1))])).is_ok());
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let wrong = read(&all(vec![ask(Activities, 0), ask(Star, 9), Draft::default()])).unwrap_err();
        let places: Vec<_> = wrong.iter().filter_map(BadgeRuleRefusal::place).collect();
        assert_eq!(places, ["rule.all.0.ask.atLeast", "rule.all.1.ask.atLeast", "rule.all.2"]);
    }

    #[test]
    fn codes_are_plain_words() {
        for (code, fits) in [
            ("FIRST_ACTIVITY", true),
            ("N95", true),
            ("AB", false),
            ("1ST", false),
            ("first", false),
            ("徽章章", false),
        ] {
            assert_eq!(check_code(code).is_ok(), fits, "{code}");
        }
    }

    #[test]
    fn counties_and_above_set_badges() {
        for (kind, level, may) in [
            (BranchKind::Territorial, DivisionLevel::County, true),
            (BranchKind::Territorial, DivisionLevel::Township, false),
            (BranchKind::School, DivisionLevel::City, false),
        ] {
            assert_eq!(check_branch(kind, level).is_ok(), may);
        }
    }

    fn any_draft() -> impl Strategy<Value = Draft> {
        use BadgeMeasure::{NightMinutes, Shifts, WeekendDays};
        let measures = vec![
            Activities,
            Minutes,
            MonthsInARow,
            NightMinutes,
            Registered,
            Shifts,
            Star,
            WeekendDays,
            YearsOfService,
        ];
        let day = (0..40_000i32).prop_map(|days| NaiveDate::from_num_days_from_ce_opt(720_000 + days).unwrap());
        let period = (
            option::of(day.clone()),
            option::of(day),
            option::of(-1..5000i64),
            option::of(-1..200i64),
            option::of(-1..20i64),
        )
            .prop_map(|(from, to, last_days, last_months, years_ago)| PeriodDraft {
                from,
                to,
                last_days,
                last_months,
                years_ago,
            });
        let one_period = (period, 0..5).prop_map(|(given, which)| match which {
            0 => PeriodDraft { last_days: None, last_months: None, years_ago: None, ..given },
            1 => PeriodDraft { last_days: given.last_days, ..PeriodDraft::default() },
            2 => PeriodDraft { last_months: given.last_months, ..PeriodDraft::default() },
            3 => PeriodDraft { years_ago: given.years_ago, ..PeriodDraft::default() },
            _ => given,
        });
        let ask = (select(measures), -1..8i64, option::of(Just(Category::Blood)), option::of(one_period)).prop_map(
            |(measure, at_least, category, period)| Draft {
                ask: Some(AskDraft { measure, at_least, category, period }),
                ..Draft::default()
            },
        );
        ask.prop_recursive(6, 40, 4, |part| {
            prop_oneof![
                vec(part.clone(), 0..4).prop_map(all),
                vec(part.clone(), 0..4).prop_map(|parts| Draft { any: Some(parts), ..Draft::default() }),
                part.clone().prop_map(not),
                (vec(part.clone(), 0..2), part).prop_map(|(any, both)| Draft { any: Some(any), ..both }),
            ]
        })
    }

    fn size(rule: &Rule) -> (usize, usize) {
        let below: Vec<_> = match rule {
            Rule::All(parts) | Rule::Any(parts) => parts.iter().map(size).collect(),
            Rule::Not(part) => vec![size(part)],
            Rule::Ask(_) => vec![],
        };
        let deep = below.iter().map(|(deep, _)| *deep).max().unwrap_or(0);
        (deep + 1, below.iter().map(|(_, many)| *many).sum::<usize>() + 1)
    }

    proptest! {
        /// Whatever is given: what is taken is bounded and is no gift, and what is not taken is told why.
        #[test]
        fn what_is_taken_is_bounded_and_what_is_not_is_told(draft in any_draft(), today in 0..36_500i32) {
            match read(&draft) {
                Ok(rule) => {
                    let (deep, many) = size(&rule);
                    prop_assert!(deep <= MOST_DEEP && many <= MOST_PARTS);
                    let today = NaiveDate::from_num_days_from_ce_opt(730_000 + today).unwrap();
                    prop_assert!(!holds(&rule, Known::default(), today));
                }
                Err(wrong) => prop_assert!(!wrong.is_empty()),
            }
        }

        /// No more months or years than are said to be the most lie in any such stretch of days.
        #[test]
        fn no_period_has_more_months_or_years_than_it_is_said_to(days in 1..1500u32, months in 1..60u32, today in 0..20_000i32) {
            let today = NaiveDate::from_num_days_from_ce_opt(730_000 + today).unwrap();
            for period in [Period::LastDays(days), Period::LastMonths(months), Period::YearsAgo(1)] {
                let (from, to) = crate::recognition::language::days_of(period, today);
                let mut touched: Vec<_> = from.iter_days().take_while(|day| *day <= to).map(|day| (day.year(), day.month())).collect();
                touched.dedup();
                prop_assert!(touched.len() as i64 <= most_in(MonthsInARow, period).unwrap());
                touched.dedup_by_key(|(year, _)| *year);
                prop_assert!(touched.len() as i64 <= most_in(YearsOfService, period).unwrap());
            }
        }
    }
}
