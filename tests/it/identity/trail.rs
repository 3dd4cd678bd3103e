//! Stories of the audit trail: every act in it, in chains that show what was changed behind the product's back.

use std::{collections::BTreeMap, time::Duration};

use boai::{
    ctx::Ctx,
    platform::{
        db::{Db, run},
        vault::Vault,
    },
    trail::{
        Note, append,
        rules::{entry_hash, seal_hash},
        seals::{proof, seal_days},
        store::hold_chain,
        verify::verify,
    },
};
use boai_entity::{audit_entry, audit_seal};
use boai_migration::Migrator;
use boai_tests::{Person, Town, at, empty_postgres, shift, stories};
use futures_util::future::join_all;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryOrder};
use sea_orm_migration::MigratorTrait;
use serde_json::json;

use crate::keep_signed_in;

async fn entries(town: &Town) -> Vec<audit_entry::Model> {
    let entries =
        audit_entry::Entity::find().order_by_asc(audit_entry::Column::At).order_by_asc(audit_entry::Column::Seq);
    entries.all(&town.app.db.conn).await.expect("the trail is read")
}

async fn draft(leader: &Person<'_>) {
    leader.draft_activity(vec![shift(at("+20 09:00"), at("+20 10:00"), 5)], json!({})).await.fine();
}

/// What somebody with the database's password can do.
async fn drop_the_triggers(town: &Town) {
    let conn = &town.app.db.conn;
    let statements: &[&str] = match conn.get_database_backend() {
        DbBackend::Sqlite => &[
            "DROP TRIGGER audit_entry_no_UPDATE",
            "DROP TRIGGER audit_entry_no_DELETE",
            "DROP TRIGGER audit_seal_no_UPDATE",
            "DROP TRIGGER audit_seal_no_DELETE",
        ],
        _ => &[
            "DROP TRIGGER audit_entry_append_only ON audit_entry",
            "DROP TRIGGER audit_entry_no_update ON audit_entry",
            "DROP TRIGGER audit_seal_append_only ON audit_seal",
        ],
    };
    for statement in statements {
        conn.execute_unprepared(statement).await.expect("the trigger goes");
    }
}

async fn edit(town: &Town, statement: &str) {
    let touched = run(&town.app.db.conn, statement, []).await.expect("the edit goes in");
    assert!(touched > 0, "{statement}");
}

async fn found(town: &Town, words: &str) {
    let report = town.audit_trail().await.to_string();
    assert!(report.lines().any(|line| line.starts_with("FAULT") && line.contains(words)), "{words}: {report}");
}

/// A leader with five acts of her own, an officer with one, and the triggers gone.
async fn acts(town: &Town) {
    let (leader, officer) = (town.leader("李芳").await, town.officer("赵局", "3301").await);
    for _ in 0..3 {
        draft(&leader).await;
    }
    let number = leader.number().await;
    let document = "mutation($number: String!, $team: ID!) {
        grantRole(input: { volunteerNumber: $number, role: DESK_OPERATOR, teamId: $team }) { errors { code } } }";
    officer.ask(document, json!({ "number": number, "team": boai_tests::id(Town::TEAM) })).await.fine();
    town.audit().await;
    drop_the_triggers(town).await;
}

stories! {
    async fn every_act_is_written_down_with_who_did_it_in_which_role(town: Town) {
        let leader = town.leader("李芳").await;
        draft(&leader).await;
        let entries = entries(&town).await;
        let of_leader: Vec<_> = entries.iter().map(|entry| (entry.action.as_str(), entry.actor_roles.as_str())).collect();
        let role = format!("TEAM_LEADER@team/{}", Town::TEAM);
        assert_eq!(of_leader, [("ENROL", ""), ("CREATE_ACTIVITY", role.as_str())]);
        assert!(entries.iter().all(|entry| entry.actor.is_some_and(|actor| actor.0 == entry.chain)));
        town.audit().await;
    }

    async fn what_one_person_does_on_twenty_phones_at_once_makes_one_chain(town: Town) {
        let (leader, other) = (town.leader("李芳").await, town.other_leader("王强").await);
        let both = [&leader, &other];
        join_all((0..20).map(|number| draft_for(both[number % 2], number % 2 == 0))).await;
        let mut chains: BTreeMap<_, Vec<i32>> = BTreeMap::new();
        for entry in entries(&town).await {
            chains.entry(entry.chain).or_default().push(entry.seq);
        }
        for numbers in chains.values_mut() {
            numbers.sort_unstable();
            assert_eq!(*numbers, (1..=11).collect::<Vec<_>>(), "enrolled, and ten drafts");
        }
        assert_eq!(chains.len(), 2);
        town.audit().await;
    }

    async fn nobody_waits_for_what_somebody_else_is_doing(town: Town) {
        // SQLite has one writer at a time, whatever it writes.
        if town.app.config.database_url.is_none() {
            return;
        }
        let (leader, other) = (town.leader("李芳").await, town.other_leader("王强").await);
        let tx = town.app.db.begin().await.expect("a transaction");
        hold_chain(&tx, leader.person_id().await.0).await.expect("her chain is held");
        tokio::time::timeout(Duration::from_secs(10), draft_for(&other, false)).await.expect("he does not wait for her");
        tx.rollback().await.expect("she gives up");
        draft(&leader).await;
        town.audit().await;
    }

    async fn what_the_system_does_by_itself_is_chained_too(town: Town) {
        let ctx = Ctx::system(town.app.clone(), "test");
        let ling = town.volunteer("Ling").await.person_id().await;
        let both = (0..10).map(async |_| {
            let tx = town.app.db.begin().await.expect("a transaction");
            let notes = [ling.0, uuid::Uuid::from_u128(7)].map(|subject_id| Note {
                action: "REDUCE_LOCATION".into(),
                subject: "Person".into(),
                subject_id,
                ..Note::default()
            });
            append(&ctx, &tx, notes.into()).await.expect("it is written down");
            tx.commit().await.expect("it is kept");
        });
        join_all(both).await;
        assert_eq!(town.rows("audit_entry WHERE actor IS NULL").await, 20);
        assert_eq!(town.audit_trail().await.chains, 2, "Ling's own, which the system used for her too, and the other");
        town.audit().await;
    }

    async fn an_edited_entry_is_found(town: Town) {
        acts(&town).await;
        edit(&town, "UPDATE audit_entry SET reason = 'x' WHERE action = 'CREATE_ACTIVITY' AND seq = 3").await;
        found(&town, "entry 3 was changed after it was written").await;
    }

    async fn a_removed_entry_is_found(town: Town) {
        acts(&town).await;
        edit(&town, "DELETE FROM audit_entry WHERE action = 'CREATE_ACTIVITY' AND seq = 3").await;
        found(&town, "entry 3 is missing").await;
    }

    async fn an_end_that_was_cut_off_is_found(town: Town) {
        acts(&town).await;
        edit(&town, "DELETE FROM audit_entry WHERE action = 'GRANT_ROLE'").await;
        found(&town, "its end was cut off").await;
    }

    async fn a_chain_that_is_gone_is_found(town: Town) {
        acts(&town).await;
        edit(&town, "DELETE FROM audit_entry WHERE action IN ('ENROL', 'CREATE_ACTIVITY')").await;
        found(&town, "are gone").await;
    }

    async fn an_inserted_entry_is_found(town: Town) {
        acts(&town).await;
        let mut forged = entries(&town).await.pop().expect("an entry");
        forged.id = boai_entity::ids::AuditEntryId(uuid::Uuid::from_u128(7));
        (forged.seq, forged.previous_hash) = (forged.seq + 1, forged.hash.clone());
        forged.hash = entry_hash(&forged);
        let forged = audit_entry::Entity::insert(forged.into_active_model());
        forged.exec_without_returning(&town.app.db.conn).await.expect("it goes in");
        found(&town, "its end was cut off or rewritten").await;
    }

    async fn a_day_is_sealed_once_it_is_over_however_many_instances_try(town: Town) {
        let leader = town.leader("李芳").await;
        draft(&leader).await;
        let ctx = Ctx::system(town.app.clone(), "seal-days");
        for (time, sealed) in [("+1 00:59", 0), ("+1 01:00", 1), ("+1 01:01", 0)] {
            town.clock.set(at(time));
            assert_eq!(seal_days(&ctx).await.expect("the job runs"), sealed, "{time}");
        }
        keep_signed_in(&town).await;
        draft(&leader).await;
        town.clock.set(at("+5 09:00"));
        draft(&leader).await;
        town.clock.set(at("+9 09:00"));
        let sealed = join_all((0..6).map(async |_| seal_days(&ctx).await.expect("the job runs"))).await;
        assert_eq!(sealed.into_iter().sum::<usize>(), 2, "days without an act need no seal");
        let report = town.audit_trail().await;
        assert_eq!((report.days, report.faults.len()), (3, 0), "{report}");
    }

    async fn the_seal_shows_what_the_chains_cannot(town: Town) {
        acts(&town).await;
        let ctx = Ctx::system(town.app.clone(), "seal-days");
        town.clock.set(at("+1 02:00"));
        assert_eq!(seal_days(&ctx).await.expect("the job runs"), 1);
        town.audit().await;
        // The chain's end is cut off, and its kept end made to fit.
        edit(&town, "DELETE FROM audit_entry WHERE action = 'GRANT_ROLE'").await;
        let end = "UPDATE audit_chain SET seq = 1, hash = (SELECT hash FROM audit_entry e WHERE e.chain = audit_chain.chain
            AND e.seq = 1) WHERE seq = 2";
        edit(&town, end).await;
        let report = town.audit_trail().await;
        assert_eq!(report.faults, ["day 2026-05-08: 6 entries were sealed, 5 are there"], "{report}");

        // The seal is made to fit too, by somebody without the keys.
        let mut seal = audit_seal::Entity::find().one(&town.app.db.conn).await.expect("read").expect("a seal");
        let day = boai::trail::seals::digest(&town.app.db.conn, seal.day).await.expect("read");
        (seal.entries, seal.digest) = (day.entries, day.digest());
        seal.hash = seal_hash(&seal);
        let keyless = Vault::given(
            "k:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,fingerprint:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        );
        seal.proof = proof(&keyless.expect("keys"), &seal.hash);
        let seal = audit_seal::Entity::update(seal.into_active_model().reset_all());
        seal.exec(&town.app.db.conn).await.expect("the edit goes in");
        let report = town.audit_trail().await;
        assert_eq!(report.faults, ["day 2026-05-08: its seal was made by somebody without the keys of the vault"]);
        // Without the keys that cannot be told, and the report says so.
        let report = verify(&town.app.db, None, town.clock.now(), |_| {}).await.expect("the audit runs");
        assert!(report.faults.is_empty() && report.to_string().contains("proofs were not checked"), "{report}");
    }

    async fn an_entry_slipped_in_later_breaks_the_days_seal(town: Town) {
        acts(&town).await;
        let ctx = Ctx::system(town.app.clone(), "seal-days");
        town.clock.set(at("+1 02:00"));
        seal_days(&ctx).await.expect("the job runs");
        town.clock.set(at("12:00"));
        let tx = town.app.db.begin().await.expect("a transaction");
        let note = Note { action: "FORGED".into(), subject: "Person".into(), ..Note::default() };
        append(&ctx, &tx, vec![note]).await.expect("it goes in");
        tx.commit().await.expect("it is kept");
        found(&town, "day 2026-05-08: 6 entries were sealed, 7 are there").await;
    }
}

async fn draft_for(leader: &Person<'_>, own_team: bool) {
    let team = if own_team { Town::TEAM } else { Town::OTHER_TEAM };
    let given = json!({ "teamId": boai_tests::id(team) });
    leader.draft_activity(vec![shift(at("+20 09:00"), at("+20 10:00"), 5)], given).await.fine();
}

/// A trail of before there were chains is chained as it stands.
async fn a_trail_of_before_is_chained(db: Db) {
    Migrator::up(&db.conn, Some(9)).await.expect("the first nine steps");
    let person = "INSERT INTO person (id, phone, created_at) VALUES ($1, '+8613800000001', $2)";
    let (one, now) = (uuid::Uuid::from_u128(1), at("07:00"));
    run(&db.conn, person, [one.into(), now.into()]).await.expect("a person");
    for number in 0..2500_u32 {
        let entry = "INSERT INTO audit_entry (id, at, actor, action, subject, subject_id, reason, request_id)
                     VALUES ($1, $2, $3, 'ENROL', 'Volunteer', $4, $5, 'r')";
        let actor = (number % 3 != 0).then_some(one);
        let reason = (number % 2 == 0).then(|| "理由".to_owned());
        let (id, subject) =
            (uuid::Uuid::from_u128(0x100 + u128::from(number)), uuid::Uuid::from_u128(u128::from(number % 7)));
        let at = now + chrono::TimeDelta::milliseconds(i64::from(number / 2));
        run(&db.conn, entry, [id.into(), at.into(), actor.into(), subject.into(), reason.into()])
            .await
            .expect("an entry");
    }
    Migrator::up(&db.conn, None).await.expect("the other steps");
    let report = verify(&db, None, now, |_| {}).await.expect("the audit runs");
    assert_eq!((report.entries, report.chains, report.faults.len()), (2500, 7, 0), "{report}");
    for statement in ["UPDATE audit_entry SET reason = 'x'", "DELETE FROM audit_entry"] {
        let refused = run(&db.conn, statement, []).await.expect_err("append-only");
        assert!(refused.to_string().contains("audit_entry is append-only"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trail_of_before_is_chained_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::connect(&Db::file_url(&folder.path().join("boai.sqlite")), 1).await.expect("SQLite opens");
    a_trail_of_before_is_chained(db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trail_of_before_is_chained_on_postgres() {
    a_trail_of_before_is_chained(Db::connect(&empty_postgres().await, 1).await.expect("PostgreSQL opens")).await;
}
