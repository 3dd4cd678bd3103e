//! What a policy, or a badge's rule, that waits would move, over a ledger of a million entries: time and memory.

use std::time::Instant;

use boai::{badge_rules, ctx::Ctx, policy_changes::preview::service};
use boai_tests::{Person, Town, at, id, keep_signed_in, long_ledgers};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

#[derive(clap::Args)]
pub struct Options {
    /// Volunteers; each has 50 confirmed records, which is 101 ledger entries.
    #[arg(long, default_value_t = 10_000)]
    volunteers: u64,
    /// On PostgreSQL as well, which `./test.sh --servers` starts.
    #[arg(long)]
    postgres: bool,
}

const RECORDS: u64 = 50;

pub async fn run(options: Options) {
    measure("SQLite", Town::on_sqlite().await, options.volunteers).await;
    if options.postgres {
        measure("PostgreSQL", Town::on_postgres().await, options.volunteers).await;
    }
}

async fn measure(database: &str, town: Town, volunteers: u64) {
    let (leader, other) = (town.leader("Li").await, town.other_leader("Hai").await);
    let one = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
    let two = json!({ "teamId": id(Town::OTHER_TEAM) });
    let two = other.post_activity(at("08:00"), at("12:00"), 8, two).await;
    let made = Instant::now();
    long_ledgers(&town, volunteers, RECORDS, [one.shift(), two.shift()]).await;
    town.app.db.conn.execute_unprepared("ANALYZE").await.expect("statistics");
    let entries = town.rows("ledger_entry").await;
    println!("{database}: {entries} ledger entries of {volunteers} volunteers, made in {:.1} s", seconds(made));
    let officer = town.officer("Sheng", "33").await;
    keep_signed_in(&town).await;
    for (what, given) in [
        ("stars alone", json!({ "stars": { "thresholds": [7000, 8000] } })),
        (
            "minimum, pairs, long days and stars",
            json!({ "counting": { "minimumMinutes": 9, "pairsPerDay": 1 }, "days": { "leaderMaxMinutes": 300 },
                    "stars": { "thresholds": [7000, 8000] } }),
        ),
    ] {
        let policy = proposed(&officer, given).await;
        let preview =
            "mutation($id: ID!) { previewPolicy(input: { policyId: $id }) { preview { id } errors { code } } }";
        let preview = officer.ask(preview, json!({ "id": policy })).await.fine().text("/previewPolicy/preview/id");
        let ctx = Ctx::system(town.another_app().await, "bench");
        let before = memory();
        let began = Instant::now();
        let done = service::run_due(&ctx).await.expect("it is worked out");
        let (took, peak) = (seconds(began), memory().1);
        assert_eq!(done, 1, "one was asked for");
        let seen = "query($id: ID!) { policyPreview(id: $id) { percent total { gainingStars losingStars minutesAdded minutesRemoved } } }";
        let seen = officer.ask(seen, json!({ "id": preview })).await.data("/policyPreview");
        println!(
            "  {what}: {took:.2} s, {:.1} MiB more at its peak than the {:.1} before; {seen}",
            peak - before.0,
            before.0
        );
        let withdraw =
            "mutation($id: ID!) { withdrawPolicy(input: { policyId: $id, reason: \"x\" }) { errors { code } } }";
        officer.ask(withdraw, json!({ "id": policy })).await.fine();
    }
    badge(&town, &officer).await;
}

/// A badge of four asks, of which one looks at each record's minutes in the night.
async fn badge(town: &Town, officer: &Person<'_>) {
    let rule = json!({ "all": [
        { "ask": { "measure": "MINUTES", "atLeast": 7000 } },
        { "any": [
            { "ask": { "measure": "WEEKEND_DAYS", "atLeast": 6 } },
            { "ask": { "measure": "NIGHT_MINUTES", "atLeast": 600, "period": { "lastMonths": 36 } } },
        ] },
        { "not": { "ask": { "measure": "REGISTERED", "atLeast": 1 } } },
    ] });
    let input = json!({ "branchId": id(Town::branch("33")), "code": "BENCH", "validFrom": "2026-06-01", "nameZh": "x",
        "nameEn": "x", "rule": rule, "reason": "x" });
    let propose =
        "mutation($input: ProposeBadgeRuleInput!) { proposeBadgeRule(input: $input) { rule { id } errors { code } } }";
    let rule = officer.ask(propose, json!({ "input": input })).await.fine().text("/proposeBadgeRule/rule/id");
    let preview =
        "mutation($id: ID!) { previewBadgeRule(input: { badgeRuleId: $id }) { preview { id } errors { code } } }";
    let preview = officer.ask(preview, json!({ "id": rule })).await.fine().text("/previewBadgeRule/preview/id");
    let ctx = Ctx::system(town.another_app().await, "bench");
    let before = memory();
    let began = Instant::now();
    let done = badge_rules::preview::service::run_due(&ctx).await.expect("it is worked out");
    let (took, peak) = (seconds(began), memory().1);
    assert_eq!(done, 1, "one was asked for");
    let seen = "query($id: ID!) { badgeRulePreview(id: $id) { percent total { volunteers holding gaining losing } } }";
    let seen = officer.ask(seen, json!({ "id": preview })).await.data("/badgeRulePreview");
    println!(
        "  a badge's rule: {took:.2} s, {:.1} MiB more at its peak than the {:.1} before; {seen}",
        peak - before.0,
        before.0
    );
}

async fn proposed(officer: &Person<'_>, given: Value) -> String {
    let mut input = json!({ "branchId": id(Town::branch("33")), "validFrom": "2026-06-01", "reason": "x" });
    input.as_object_mut().expect("an object").extend(given.as_object().expect("an object").clone());
    let document = "mutation($input: ProposePolicyInput!) { proposePolicy(input: $input) { policy { id } errors { code message } } }";
    officer.ask(document, json!({ "input": input })).await.fine().text("/proposePolicy/policy/id")
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

/// MiB in memory now, and at most since this was asked last.
fn memory() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|kib| kib.parse::<f64>().ok());
        kib.unwrap_or(f64::NAN) / 1024.0
    };
    // Makes the system forget the peak.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    (mib("VmRSS:"), mib("VmHWM:"))
}
