//! The ledger changed behind the product's back.

use std::process::{Command, Output};

use boai::{
    hours::{audit::audit, rules::entry_hash},
    platform::db::run,
};
use boai_entity::{
    ids::{LedgerEntryId, VolunteerId},
    ledger_entry,
};
use boai_tests::{Town, at, log, stories};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel};
use serde_json::json;

use crate::support::{NOTHING, keep_signed_in, ledger, scene, serve, volunteer_key};

/// Ling's two stays, the first of them confirmed: three entries.
async fn books(town: &Town) -> VolunteerId {
    let scene = scene(town).await;
    let first = serve(&scene.ling, scene.shift(), at("08:00"), at("09:00")).await;
    scene.leader.confirm(&first).await.fine();
    serve(&scene.ling, scene.shift(), at("10:00"), at("11:00")).await;
    town.audit().await;
    volunteer_key(&scene.ling).await
}

/// What somebody with the database's password can do.
async fn drop_the_triggers(town: &Town) {
    let conn = &town.app.db.conn;
    let statements = match conn.get_database_backend() {
        DbBackend::Sqlite => ["DROP TRIGGER ledger_entry_no_UPDATE", "DROP TRIGGER ledger_entry_no_DELETE"].as_slice(),
        _ => ["DROP TRIGGER ledger_entry_append_only ON ledger_entry"].as_slice(),
    };
    for statement in statements {
        conn.execute_unprepared(statement).await.expect("the trigger goes");
    }
}

async fn edit(town: &Town, statement: &str) {
    let touched = run(&town.app.db.conn, statement, []).await.expect("the edit goes in");
    assert!(touched > 0, "{statement}");
}

/// The audit finds these words, and says whose books they are.
async fn found(town: &Town, volunteer: VolunteerId, words: &[&str]) {
    let report = audit(&town.app.db, |_| {}).await.expect("the audit runs").to_string();
    let faults: Vec<_> = report.lines().filter(|line| line.starts_with("FAULT")).collect();
    assert!(faults.iter().all(|line| line.contains(&volunteer.to_string())), "{report}");
    for words in words {
        assert!(faults.iter().any(|line| line.contains(words)), "{words}: {report}");
    }
}

/// `boai audit` over the town's database.
fn audit_command(town: &Town) -> Output {
    let mut command = Command::new(crate::support::program());
    command.env_clear().arg("audit");
    match &town.app.config.database_url {
        Some(url) => command.env("DATABASE_URL", &url.0),
        None => command.arg("--data-dir").arg(&town.app.config.data_dir),
    };
    let output = command.output().expect("boai runs");
    log().note(&output.stderr);
    output
}

stories! {
    async fn the_database_refuses_to_change_or_remove_an_entry(town: Town) {
        books(&town).await;
        for statement in ["UPDATE ledger_entry SET confirmed_minutes = 6000", "DELETE FROM ledger_entry"] {
            let refused = run(&town.app.db.conn, statement, []).await.expect_err("append-only");
            assert!(refused.to_string().contains("ledger_entry is append-only"), "{refused}");
        }
        for statement in ["UPDATE audit_entry SET reason = 'x'", "DELETE FROM audit_entry"] {
            let refused = run(&town.app.db.conn, statement, []).await.expect_err("append-only");
            assert!(refused.to_string().contains("audit_entry is append-only"), "{refused}");
        }
        town.audit().await;
    }

    async fn an_edited_entry_is_found(town: Town) {
        let ling = books(&town).await;
        drop_the_triggers(&town).await;
        edit(&town, "UPDATE ledger_entry SET reason = 'x' WHERE seq = 2").await;
        found(&town, ling, &["ledger entry 2 was changed after it was written"]).await;
    }

    async fn edited_minutes_disagree_with_record_and_totals_too(town: Town) {
        let ling = books(&town).await;
        drop_the_triggers(&town).await;
        edit(&town, "UPDATE ledger_entry SET confirmed_minutes = 6000 WHERE seq = 2").await;
        let confirmed = "the ledger 0 and 6000";
        found(
            &town,
            ling,
            &["entry 2 was changed", confirmed, "total ALL", "total YEAR 2026", "total CATEGORY FIRST_AID"],
        )
        .await;
    }

    async fn minutes_that_no_stretch_of_time_stands_for_are_found(town: Town) {
        let volunteer = books(&town).await;
        drop_the_triggers(&town).await;
        edit(&town, "UPDATE ledger_entry SET spans = '[]'").await;
        found(&town, volunteer, &["but 0 in its stretches"]).await;
    }

    async fn a_minute_credited_twice_is_found(town: Town) {
        let volunteer = books(&town).await;
        drop_the_triggers(&town).await;
        let copy = "UPDATE ledger_entry SET spans = (SELECT o.spans FROM ledger_entry o WHERE o.seq = 2) WHERE seq = 3";
        edit(&town, copy).await;
        found(&town, volunteer, &["entries 2 and 3: a minute is credited twice"]).await;
    }

    async fn an_entry_removed_from_the_middle_or_the_end_is_found(town: Town) {
        let ling = books(&town).await;
        drop_the_triggers(&town).await;
        edit(&town, "DELETE FROM ledger_entry WHERE seq = 3").await;
        found(&town, ling, &["says 60 pending and 0 confirmed minutes, the ledger 0 and 0", "total ALL"]).await;
        edit(&town, "DELETE FROM ledger_entry WHERE seq = 2").await;
        edit(&town, "UPDATE ledger_entry SET seq = 2").await;
        found(&town, ling, &["ledger entry 1 is missing or another stands in its place"]).await;
    }

    async fn an_inserted_entry_is_found_even_if_its_hash_is_right(town: Town) {
        let ling = books(&town).await;
        let last = ledger(&town, ling).await.pop().expect("an entry");
        let mut forged = ledger_entry::Model {
            id: LedgerEntryId(NOTHING),
            seq: last.seq + 1,
            pending_minutes: 0,
            confirmed_minutes: 6000,
            previous_hash: last.hash.clone(),
            ..last
        };
        forged.hash = entry_hash(&forged);
        let forged = ledger_entry::Entity::insert(forged.into_active_model());
        forged.exec_without_returning(&town.app.db.conn).await.expect("inserting needs no trigger dropped");
        found(&town, ling, &["the ledger 60 and 6000", "total ALL"]).await;
    }

    async fn an_edited_total_and_an_edited_record_are_found(town: Town) {
        let ling = books(&town).await;
        edit(&town, "UPDATE volunteer_total SET confirmed_minutes = 6000 WHERE dimension = 'ALL'").await;
        found(&town, ling, &["total ALL : says 60 pending and 6000 confirmed minutes, the ledger 60 and 60"]).await;
        edit(&town, "UPDATE volunteer_total SET confirmed_minutes = 60 WHERE dimension = 'ALL'").await;
        town.audit().await;
        edit(&town, "UPDATE service_record SET minutes = 600 WHERE state = 'CONFIRMED'").await;
        found(&town, ling, &["says 0 pending and 600 confirmed minutes, the ledger 0 and 60"]).await;
    }

    async fn an_audit_of_a_running_server_takes_no_check_out_for_a_forgery(town: Town) {
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 12, json!({})).await;
        let mut people = Vec::new();
        for number in 0..12 {
            let person = town.volunteer(&format!("志愿者{number}")).await;
            person.sign_up(posted.shift()).await.fine();
            people.push(person);
        }
        keep_signed_in(&town).await;
        town.clock.set(at("08:00"));
        join_all(people.iter().map(|person| async { person.check_in(posted.shift(), 20.0).await.fine() })).await;
        town.clock.set(at("10:00"));
        let leaving = join_all(people.iter().map(|person| async { person.check_out(20.0).await.fine() }));
        let auditing = async {
            for _ in 0..30 {
                town.audit().await;
            }
        };
        futures_util::join!(leaving, auditing);
    }

    async fn the_command_exits_with_0_over_clean_books_and_1_over_forged_ones(town: Town) {
        let ling = books(&town).await;
        let clean = audit_command(&town);
        let said = String::from_utf8_lossy(&clean.stdout).into_owned();
        assert_eq!(clean.status.code(), Some(0), "{clean:?}");
        assert!(
            said.contains("3 ledger entries, 60 minutes confirmed, 60 minutes pending") && said.contains("chains hold"),
            "{said}"
        );
        drop_the_triggers(&town).await;
        edit(&town, "UPDATE ledger_entry SET confirmed_minutes = 6000 WHERE seq = 2").await;
        let forged = audit_command(&town);
        let said = String::from_utf8_lossy(&forged.stdout).into_owned();
        assert_eq!(forged.status.code(), Some(1), "{forged:?}");
        assert!(said.contains(&format!("FAULT volunteer {ling}")), "{said}");
    }
}
