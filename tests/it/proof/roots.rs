//! A signed root over all chains, once a day; and a ledger changed behind the product's back.

use boai::{
    hours::{
        audit::audit,
        rules::{GENESIS, entry_hash},
    },
    platform::{db::run, vault::Vault},
    proof::{
        rules::{chain_of, statement_hash},
        service::{Made, make_root_of},
        verify::verify,
    },
};
use boai_entity::{
    ids::{LedgerEntryId, VolunteerId},
    ledger_entry, ledger_head, ledger_root,
};
use boai_tests::{Town, VAULT_KEYS, at, stories};
use futures_util::future::join_all;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{
    books, drop_the_triggers, edit, get, is_signed, ledger, root, scene, served, signed_books, volunteer_key,
};

/// Each of these words is in a fault that the audit of the roots or of the ledger names, which says whose books they are; and
/// nothing is signed over it.
async fn found(town: &Town, volunteer: VolunteerId, words: &[&str]) {
    let roots = town.audit_roots().await;
    let books = audit(&town.app.db, |_| {}).await.expect("the audit runs");
    let faults = [roots.faults, books.faults].concat();
    for words in words {
        let named = |fault: &&String| fault.contains(words) && fault.contains(&volunteer.to_string());
        assert!(faults.iter().any(|fault| named(&fault)), "{words}: {faults:#?}");
    }
    nothing_is_signed(town).await;
}

/// The job of the next night finds it, too.
async fn nothing_is_signed(town: &Town) {
    let roots = town.rows("ledger_root").await;
    town.clock.set(at("+2 01:00"));
    let made = root(town).await;
    assert!(matches!(&made, Made::Tampered(faults) if !faults.is_empty()), "{made:?}");
    assert_eq!(town.rows("ledger_root").await, roots);
}

/// Ling's whole ledger written anew with hashes that fit, and all that is derived from it.
async fn rewrite(town: &Town, volunteer: VolunteerId) -> String {
    let mut previous = GENESIS.to_owned();
    drop_the_triggers(town, "ledger_entry").await;
    for mut entry in ledger(town, volunteer).await {
        if entry.kind == boai_entity::kinds::EntryKind::Confirmed {
            entry.reason = Some("补记".into());
        }
        entry.previous_hash = previous;
        entry.hash = entry_hash(&entry);
        previous = entry.hash.clone();
        entry.into_active_model().reset_all().update(&town.app.db.conn).await.expect("the edit goes in");
    }
    let books = audit(&town.app.db, |_| {}).await.expect("the audit runs");
    assert!(books.faults.is_empty(), "the chain by itself shows nothing: {books}");
    previous
}

stories! {
    async fn a_root_is_signed_once_a_day_is_over_however_many_instances_try(town: Town) {
        let scene = books(&town).await;
        for (time, made) in [("+1 00:59", false), ("+1 01:00", true), ("+1 01:01", false)] {
            town.clock.set(at(time));
            let nothing_yet = town.rows("ledger_root").await;
            root(&town).await;
            assert_eq!(town.rows("ledger_root").await - nothing_yet, i64::from(made || time == "+1 00:59"), "{time}");
        }
        // An hour before, the root of the day before that was due: of a ledger that had begun already.
        assert_eq!(town.rows("ledger_root").await, 2);
        town.clock.set(at("11:00"));
        served(&scene, &scene.mei, at("11:00"), at("11:30")).await;
        town.clock.set(at("+5 09:00"));
        let apps = join_all((0..4).map(async |_| town.another_app().await)).await;
        let made = join_all(apps.iter().map(|app| make_root_of(&app.db, &app.vault, town.clock.now()))).await;
        let roots = made.into_iter().filter(|made| matches!(made, Ok(Made::Root(_)))).count();
        assert_eq!((roots, town.rows("ledger_root").await), (1, 3), "days on which no server ran have none");
        town.audit().await;
        let report = town.audit_roots().await;
        assert_eq!((report.roots, report.chains, report.since), (3, 2, 0), "{report}");
        served(&scene, &scene.mei, at("11:40"), at("12:00")).await;
        assert_eq!(town.audit_roots().await.since, 2);
    }

    async fn anybody_can_check_what_is_published(town: Town) {
        signed_books(&town).await;
        town.clock.set(at("+2 01:00"));
        root(&town).await;
        let list = get(&town, "/ledger-roots").await;
        let days: Vec<_> = list["roots"].as_array().expect("a list").iter().map(|root| root["day"].clone()).collect();
        assert_eq!(days, ["2026-05-09", "2026-05-08"]);
        assert_eq!(get(&town, "/ledger-roots?before=2026-05-09&first=1").await["roots"][0], list["roots"][1]);
        assert_eq!(get(&town, "/ledger-roots/2026-05-09").await, list["roots"][0]);
        assert_eq!((&list["roots"][0]["chains"], &list["roots"][0]["entries"]), (&json!(2), &json!(6)));
        for (place, root) in list["roots"].as_array().expect("a list").iter().enumerate() {
            let text = |name: &str| root[name].as_str().expect("a text");
            let signature = hex::decode(text("signature")).expect("hex");
            assert!(is_signed(&town, text("key"), text("statement").as_bytes(), &signature).await);
            let said: serde_json::Value = serde_json::from_str(text("statement")).expect("JSON");
            assert_eq!((&said[1], &said[5]), (&root["day"], &root["root"]));
            assert_eq!(text("hash"), hex::encode(Sha256::digest(text("statement"))));
            if place == 0 {
                assert_eq!(root["previous"], list["roots"][1]["hash"]);
            }
        }
        for (path, status, cache) in [
            ("/ledger-roots", 200, "public, max-age=300"),
            ("/ledger-roots/2026-05-09", 200, "public, max-age=31536000, immutable"),
            ("/keys", 200, "public, max-age=300"),
            ("/ledger-roots/2026-05-10", 404, "no-store"),
            ("/ledger-roots/soon", 400, "no-store"),
            ("/ledger-roots?before=soon", 400, "no-store"),
            ("/ledger-roots?first=367", 400, "no-store"),
        ] {
            let answer = town.http.get(format!("{}{path}", town.url)).send().await.expect("an answer");
            assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (status, &cache.parse().expect("a value")));
        }
    }

    async fn a_volunteer_can_show_that_the_root_holds_their_ledger(town: Town) {
        let ask = "{ me { ledgerProof { day chain entries head path { left hash } root statement signature key madeAt } } }";
        let scene = books(&town).await;
        assert!(scene.ling.ask(ask, json!({})).await.data("/me/ledgerProof").is_null());
        town.clock.set(at("+1 01:00"));
        root(&town).await;
        for person in [&scene.ling, &scene.mei] {
            let proof = person.ask(ask, json!({})).await.data("/me/ledgerProof");
            let bytes = |value: &serde_json::Value| hex::decode(value.as_str().expect("a text")).expect("hex");
            let entries = proof["entries"].as_i64().expect("a number");
            let last = ledger(&town, volunteer_key(person).await).await.pop().expect("an entry");
            assert_eq!((entries, &proof["head"]), (last.seq.into(), &json!(last.hash)));
            // As the README says it, with nothing of ours.
            let length = u32::try_from(entries).expect("small").to_be_bytes();
            let mut hash = Sha256::digest([&[0][..], &bytes(&proof["chain"]), &length, &bytes(&proof["head"])].concat());
            for step in proof["path"].as_array().expect("a list") {
                let beside = bytes(&step["hash"]);
                hash = match step["left"] == true {
                    true => Sha256::digest([&[1][..], &beside, &hash].concat()),
                    false => Sha256::digest([&[1][..], &hash, &beside].concat()),
                };
            }
            assert_eq!(hex::encode(hash), proof["root"].as_str().expect("a text"));
            let said: serde_json::Value = serde_json::from_str(proof["statement"].as_str().expect("a text")).expect("JSON");
            assert_eq!((&said[1], &said[5]), (&proof["day"], &proof["root"]));
            let (key, statement) = (proof["key"].as_str().expect("a text"), proof["statement"].as_str().expect("a text"));
            assert!(is_signed(&town, key, statement.as_bytes(), &bytes(&proof["signature"])).await);
        }
        let somebody = town.volunteer("Wei").await;
        assert!(somebody.ask(ask, json!({})).await.data("/me/ledgerProof").is_null());
    }

    async fn edited_minutes_are_found(town: Town) {
        let scene = signed_books(&town).await;
        let ling = volunteer_key(&scene.ling).await;
        drop_the_triggers(&town, "ledger_entry").await;
        edit(&town, "UPDATE ledger_entry SET confirmed_minutes = 6000 WHERE seq = 4 AND volunteer_id = $1", ling).await;
        let entry = ledger(&town, ling).await.remove(3).id.to_string();
        let books = audit(&town.app.db, |_| {}).await.expect("the audit runs").to_string();
        assert!(books.contains(&format!("entry 4 was changed after it was written (there: {entry}")), "{books}");
        // The job looks at what is new, so it is the audit that finds this; the next root signs the same head.
        let report = town.audit_roots().await;
        assert!(report.faults.is_empty(), "{report}");
    }

    async fn a_last_entry_that_was_removed_is_found(town: Town) {
        let scene = signed_books(&town).await;
        let ling = volunteer_key(&scene.ling).await;
        drop_the_triggers(&town, "ledger_entry").await;
        edit(&town, "DELETE FROM ledger_entry WHERE seq = 4 AND volunteer_id = $1", ling).await;
        edit(&town, "UPDATE service_record SET state = 'PENDING' WHERE volunteer_id = $1 AND served_from =
            (SELECT MAX(served_from) FROM service_record WHERE volunteer_id = $1)", ling).await;
        edit(&town, "UPDATE volunteer_total SET pending_minutes = 60, confirmed_minutes = 60 WHERE volunteer_id = $1", ling).await;
        let books = audit(&town.app.db, |_| {}).await.expect("the audit runs");
        assert!(books.faults.is_empty(), "the rest was made to fit: {books}");
        found(&town, ling, &["entries 4 to 4 are gone from its end, which were signed by 2026-05-08"]).await;
    }

    async fn an_entry_removed_from_the_middle_is_found(town: Town) {
        let scene = signed_books(&town).await;
        let ling = volunteer_key(&scene.ling).await;
        drop_the_triggers(&town, "ledger_entry").await;
        edit(&town, "DELETE FROM ledger_entry WHERE seq = 3 AND volunteer_id = $1 AND NOT EXISTS
            (SELECT 1 FROM ledger_entry n WHERE n.corrects = ledger_entry.id)
            OR seq = 4 AND volunteer_id = $1", ling).await;
        found(&town, ling, &["entries 4 to 4 are gone from its end"]).await;
    }

    async fn an_inserted_entry_is_found(town: Town) {
        let scene = signed_books(&town).await;
        let ling = volunteer_key(&scene.ling).await;
        drop_the_triggers(&town, "ledger_entry").await;
        // Between the second and the third, and the later ones chained to it.
        let entries = ledger(&town, ling).await;
        let mut forged = ledger_entry::Model {
            id: LedgerEntryId(uuid::Uuid::from_u128(7)), seq: 3, corrects: None, previous_hash: entries[1].hash.clone(),
            ..entries[1].clone()
        };
        forged.hash = entry_hash(&forged);
        let mut previous = forged.hash.clone();
        for entry in entries[2..].iter().rev() {
            let moved = ledger_entry::Model { seq: entry.seq + 1, ..entry.clone() };
            moved.into_active_model().reset_all().update(&town.app.db.conn).await.expect("it moves");
        }
        let forged = ledger_entry::Entity::insert(forged.into_active_model());
        forged.exec_without_returning(&town.app.db.conn).await.expect("it goes in");
        for mut entry in ledger(&town, ling).await.split_off(3) {
            entry.previous_hash = previous;
            entry.hash = entry_hash(&entry);
            previous = entry.hash.clone();
            entry.into_active_model().reset_all().update(&town.app.db.conn).await.expect("the edit goes in");
        }
        found(&town, ling, &["entry 4", "is not the one that was signed on 2026-05-08"]).await;
    }

    async fn a_chain_written_anew_is_found_by_the_root_alone(town: Town) {
        let scene = signed_books(&town).await;
        let ling = volunteer_key(&scene.ling).await;
        let end = rewrite(&town, ling).await;
        found(&town, ling, &["entry 4", "the chain was written anew there or before"]).await;

        // The head is made to fit, too: then the tree is another one, and says in which part.
        let head = ledger_head::Entity::find_by_id(ling).one(&town.app.db.conn).await.expect("read").expect("a head");
        let part = head.chain.simple().to_string()[..2].to_owned();
        let head = ledger_head::Model { hash: end, ..head };
        head.into_active_model().reset_all().update(&town.app.db.conn).await.expect("the edit goes in");
        let report = town.audit_roots().await;
        let words = format!("day 2026-05-08: of the chains whose names begin with {part} one or more are not as they were signed");
        assert_eq!(report.faults, [words]);
        nothing_is_signed(&town).await;

        // And the root, by somebody without the key.
        drop_the_triggers(&town, "ledger_root").await;
        let mut forged = ledger_root::Entity::find().one(&town.app.db.conn).await.expect("read").expect("a root");
        let parts = boai::proof::service::tree(&town.app.db.conn).await.expect("read").parts();
        (forged.root, forged.parts) = (hex::encode(boai::proof::rules::root_of(&parts)), parts.concat());
        forged.hash = statement_hash(&forged);
        let keyless = Vault::given(&VAULT_KEYS.replace("sign-s1:NFZ4", "sign-s1:AAAA")).expect("keys");
        let signature = keyless.sign(forged.made_at, boai::proof::rules::statement(&forged).as_bytes()).expect("a key");
        forged.signature = hex::encode(signature.bytes);
        forged.into_active_model().reset_all().update(&town.app.db.conn).await.expect("the edit goes in");
        let report = town.audit_roots().await;
        assert_eq!(report.faults, ["day 2026-05-08: its root's signature is not good: the key `s1` did not sign this"]);
        nothing_is_signed(&town).await;
        // Without the keys that cannot be told, and the report says so.
        let report = verify(&town.app.db, None, |_| {}).await.expect("the audit runs");
        assert!(report.faults.is_empty() && report.to_string().contains("signatures were not checked"), "{report}");
    }

    async fn a_chain_that_was_removed_is_found(town: Town) {
        let scene = signed_books(&town).await;
        let ling = volunteer_key(&scene.ling).await;
        drop_the_triggers(&town, "ledger_entry").await;
        for table in ["ledger_entry", "service_record", "volunteer_total"] {
            edit(&town, &format!("DELETE FROM {table} WHERE volunteer_id = $1"), ling).await;
        }
        let books = audit(&town.app.db, |_| {}).await.expect("the audit runs");
        assert!(books.faults.is_empty(), "nothing else shows it: {books}");
        found(&town, ling, &["all of its 4 entries are gone, which were signed by 2026-05-08"]).await;
        // Its head with it: one chain is missing.
        edit(&town, "DELETE FROM ledger_head WHERE volunteer_id = $1", ling).await;
        let report = town.audit_roots().await;
        let part = chain_of(ling).simple().to_string()[..2].to_owned();
        assert_eq!(report.faults[0], "day 2026-05-08: 2 chains were signed, 1 are there");
        assert!(report.faults[1].contains(&format!("begin with {part}")), "{report}");
        nothing_is_signed(&town).await;
    }

    async fn an_edited_and_a_removed_root_are_found(town: Town) {
        signed_books(&town).await;
        let nobody = VolunteerId(uuid::Uuid::nil());
        town.clock.set(at("+2 01:00"));
        root(&town).await;
        for statement in ["UPDATE ledger_root SET entries = 7", "DELETE FROM ledger_root"] {
            let refused = run(&town.app.db.conn, statement, []).await.expect_err("append-only");
            assert!(refused.to_string().contains("ledger_root is append-only"), "{refused}");
        }
        drop_the_triggers(&town, "ledger_root").await;
        edit(&town, "UPDATE ledger_root SET entries = entries + 1 WHERE day = '2026-05-08'", nobody).await;
        let report = town.audit_roots().await;
        assert_eq!(report.faults[0], "day 2026-05-08: its root was changed");
        assert!(report.faults[1].starts_with("day 2026-05-08: its root's signature is not good"), "{report}");
        edit(&town, "UPDATE ledger_root SET entries = entries - 1 WHERE day = '2026-05-08'", nobody).await;
        town.audit().await;
        edit(&town, "DELETE FROM ledger_root WHERE day = '2026-05-08'", nobody).await;
        assert_eq!(town.audit_roots().await.faults, ["day 2026-05-09: the root before it is gone or another"]);
        edit(&town, "DELETE FROM ledger_root", nobody).await;
        assert_eq!(town.audit_roots().await.faults, ["day 2026-05-08: its root is gone"]);
        town.clock.set(at("+3 01:00"));
        assert!(matches!(root(&town).await, Made::Tampered(_)), "a first root is made over chains that no root held");
    }

    async fn keys_change_and_what_older_ones_signed_stays_good(town: Town) {
        let scene = books(&town).await;
        let both = Vault::given(&format!("{VAULT_KEYS},sign-s2@2026-05-10:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="));
        let both = both.expect("keys");
        let town_keys = VAULT_KEYS.replace("sign-s1", "public-s1").replace("NFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI=", "");
        let made = async |time: &str| {
            town.clock.set(at(time));
            match make_root_of(&town.app.db, &both, town.clock.now()).await {
                Ok(Made::Root(root)) => root.key_id,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((made("+1 09:00").await, made("+2 09:00").await), ("s1".into(), "s2".into()));
        let report = verify(&town.app.db, Some(&both), |_| {}).await.expect("the audit runs");
        assert!(report.faults.is_empty() && report.roots == 2, "{report}");
        // Of the older key the public part is enough; a key that is nowhere is told.
        let public = both.public_keys().remove(0);
        let part = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, public.bytes);
        let after = format!("{town_keys}{part},sign-s2@2026-05-10:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=");
        let after = Vault::given(&after).expect("keys");
        let report = verify(&town.app.db, Some(&after), |_| {}).await.expect("the audit runs");
        assert!(report.faults.is_empty(), "{report}");
        let unknown = Vault::given(VAULT_KEYS).expect("keys");
        let report = verify(&town.app.db, Some(&unknown), |_| {}).await.expect("the audit runs");
        let words = "day 2026-05-09: its root's signature is not good: it names the key `s2`, which is not among the keys";
        assert_eq!(report.faults, [words]);
        let none = Vault::given(VAULT_KEYS.split(",sign-").next().expect("keys")).expect("keys");
        town.clock.set(at("+4 09:00"));
        assert_eq!(make_root_of(&town.app.db, &none, town.clock.now()).await.ok(), Some(Made::NoKey));
        drop(scene);
    }

    async fn the_roots_go_on_while_people_serve(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.posted.shift(), 20.0).await.fine();
        scene.mei.check_in(scene.posted.shift(), 20.0).await.fine();
        for day in 1..4 {
            town.clock.set(at(&format!("+{day} 02:00")));
            assert!(matches!(root(&town).await, Made::Root(_)));
            town.clock.set(at("10:00"));
            if day == 1 {
                scene.ling.check_out(20.0).await.fine();
            }
            town.audit().await;
        }
        assert_eq!(town.audit_roots().await.chains, 1);
    }
}
