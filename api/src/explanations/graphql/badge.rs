//! Why somebody is eligible for a badge, or is not yet.

use async_graphql::{Context, Result};
use boai_entity::{
    badge_rule::{self, BadgeMeasure, Rule},
    service_record,
};
use chrono::NaiveDate;

use super::{Evidence, ExplainedUnit, Explanation, MOST_EVIDENCE, fact, star, with_names};
use crate::{
    graphql::ctx,
    platform::lang::Lang,
    recognition::{
        graphql::words::{amount, condition},
        language::{Step, counts_anywhere},
        service,
    },
};

fn unit(rule: &Rule) -> ExplainedUnit {
    let Rule::Ask(ask) = rule else { return ExplainedUnit::Conditions };
    match ask.measure {
        BadgeMeasure::Activities => ExplainedUnit::Activities,
        BadgeMeasure::Minutes | BadgeMeasure::NightMinutes => ExplainedUnit::Minutes,
        BadgeMeasure::Shifts => ExplainedUnit::Shifts,
        BadgeMeasure::MonthsInARow => ExplainedUnit::Months,
        BadgeMeasure::WeekendDays => ExplainedUnit::Days,
        BadgeMeasure::YearsOfService => ExplainedUnit::Years,
        BadgeMeasure::Star => ExplainedUnit::Stars,
        BadgeMeasure::Registered => ExplainedUnit::Conditions,
    }
}

/// One statement, for the names of who confirmed, however many badges are asked.
pub async fn of_badge(
    gql: &Context<'_>,
    row: &badge_rule::Model,
    steps: &[Step<'_>],
    records: &[service_record::Model],
    today: NaiveDate,
) -> Result<Explanation> {
    let lang = ctx(gql).lang;
    let counted: Vec<&service_record::Model> =
        records.iter().filter(|record| counts_anywhere(&row.rule, &service::fact(record), today)).collect();
    let mut facts = vec![fact("records", counted.len(), ExplainedUnit::Records)];
    for step in steps {
        let unit = unit(step.rule);
        facts.push(fact(format!("{}.have", step.path), step.have, unit));
        facts.push(fact(format!("{}.need", step.path), step.need, unit));
    }
    let mut newest = counted;
    newest.sort_by_key(|record| std::cmp::Reverse((record.served_from, record.id)));
    newest.truncate(MOST_EVIDENCE);
    let evidence: Vec<Evidence> = newest.into_iter().map(star::record).collect();
    let evidence = with_names(gql, evidence).await?;
    Ok(Explanation { text: said(row, steps, lang), facts, rules: vec![row.into()], evidence })
}

fn said(row: &badge_rule::Model, steps: &[Step<'_>], lang: Lang) -> String {
    let eligible = steps.first().is_some_and(|whole| whole.met);
    let asked = steps.iter().filter_map(|step| match step.rule {
        Rule::Ask(ask) => {
            let (asks, has) = (condition(step.rule, lang), amount(ask.measure, step.have, lang));
            let yes = if step.met { "✓" } else { "✗" };
            Some(match (ask.measure, lang) {
                (BadgeMeasure::Registered, _) => format!("{yes} {asks}"),
                (_, Lang::En) => format!("{yes} {asks} (so far: {has})"),
                (_, Lang::Zh) => format!("{yes} {asks}(目前:{has})"),
            })
        }
        _ => None,
    });
    let asked: Vec<String> = asked.collect();
    let (version, list) = (row.version, asked.join(if lang == Lang::En { "; " } else { ";" }));
    match (eligible, lang) {
        (true, Lang::En) => format!("Eligible by version {version} of the rule: {list}."),
        (true, Lang::Zh) => format!("已符合第 {version} 版规则:{list}。"),
        (false, Lang::En) => format!("Not eligible yet by version {version} of the rule: {list}."),
        (false, Lang::Zh) => format!("尚未符合第 {version} 版规则:{list}。"),
    }
}
