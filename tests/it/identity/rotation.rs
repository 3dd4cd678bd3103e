//! Stories of keys that are changed.

use boai::{
    app::SEALED,
    auth::second_factor::{rules::base32, service::NEW_SECRET},
    identity::service::NUMBER,
    platform::{
        db,
        random::Random,
        rotation::rotate,
        vault::{Vault, add_key},
    },
};
use boai_entity::ids::IdentityId;
use boai_tests::{Person, Town, id, stories};
use sea_orm::{ConnectionTrait, FromQueryResult, TransactionTrait};
use serde_json::json;
use uuid::Uuid;

use crate::numbers::{handed_in, number, reveal};

/// A file of keys with which the town's numbers open, and a newer key before them.
fn new_keys(town: &Town, folder: &tempfile::TempDir) -> Vault {
    let path = folder.path().join("vault.keys");
    let old = match &town.app.config.vault.keys {
        Some(keys) => keys.0.replace(',', "\n"),
        None => std::fs::read_to_string(town.app.config.data_dir.join("vault.keys")).expect("its keys"),
    };
    add_key(&path, &Random::system()).expect("a file of keys");
    std::fs::write(&path, old).expect("the old keys");
    add_key(&path, &Random::system()).expect("a new key");
    Vault::from_file(&path).expect("the keys")
}

#[derive(FromQueryResult)]
struct Sealed {
    id: Uuid,
    sealed: String,
}

async fn sealed(town: &Town) -> Vec<Sealed> {
    let text = "SELECT id, number_sealed AS sealed FROM identity WHERE number_sealed IS NOT NULL ORDER BY id";
    db::all(&town.app.db.conn, text, []).await.expect("read")
}

async fn with_numbers(town: &Town, count: u32) -> Vec<Person<'_>> {
    let people = town.crowd(count as usize).await;
    for (sequence, person) in (1..).zip(&people) {
        handed_in(person, &number(sequence)).await;
    }
    people
}

stories! {
    async fn all_is_sealed_anew_and_a_second_run_finds_nothing_to_do(town: Town) {
        let people = with_numbers(&town, 5).await;
        let folder = tempfile::tempdir().expect("a folder");
        let vault = new_keys(&town, &folder);
        let mut progress = Vec::new();
        let rotated = rotate(&town.app.db, &vault, &SEALED, |seen| progress.push(seen)).await.expect("it runs");
        assert_eq!((rotated.seen, rotated.resealed, rotated.faults.len(), progress), (5, 5, 0, vec![5]));
        let again = rotate(&town.app.db, &vault, &SEALED, |_| {}).await.expect("it runs");
        assert_eq!((again.seen, again.resealed), (5, 0));
        let mut numbers: Vec<_> = sealed(&town).await.iter().map(|sealed| {
            assert!(vault.is_current(&sealed.sealed));
            vault.open(&NUMBER.place(sealed.id), &sealed.sealed).expect("it opens")
        }).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=5).map(|sequence| number(sequence).into_bytes()).collect::<Vec<_>>());
        // The fingerprints stay, so that nobody hands in somebody else's number after it.
        let refused = crate::numbers::submit(&town.volunteer("Late").await, &number(1)).await;
        assert_eq!(refused.codes(), ["NUMBER_TAKEN"]);
        assert_eq!(people.len(), 5);
    }

    async fn secrets_of_authenticator_apps_go_along(town: Town) {
        let officer = town.officer("赵局", "3301").await;
        let enrol = "mutation($code: String) { enrolSecondFactor(input: { code: $code }) { secret errors { code } } }";
        let secret = officer.ask(enrol, json!({})).await.fine().text("/enrolSecondFactor/secret");
        let folder = tempfile::tempdir().expect("a folder");
        let vault = new_keys(&town, &folder);
        let rotated = rotate(&town.app.db, &vault, &SEALED, |_| {}).await.expect("it runs");
        assert_eq!((rotated.seen, rotated.resealed, rotated.faults.len()), (1, 1, 0));
        let text = "SELECT person_id AS id, new_secret AS sealed FROM second_factor";
        let after: Vec<Sealed> = db::all(&town.app.db.conn, text, []).await.expect("read");
        let open = vault.open(&NEW_SECRET.place(after[0].id), &after[0].sealed).expect("it opens");
        assert_eq!(base32(&open), secret);
    }

    async fn two_rotations_at_once_and_a_withdrawal_leave_all_in_order(town: Town) {
        let people = with_numbers(&town, 12).await;
        let folder = tempfile::tempdir().expect("a folder");
        let vault = new_keys(&town, &folder);
        let withdraw = "mutation { withdrawConsent(input: { kind: IDENTITY }) { errors { code } } }";
        let (one, two, withdrawn) = tokio::join!(
            rotate(&town.app.db, &vault, &SEALED, |_| {}),
            rotate(&town.app.db, &vault, &SEALED, |_| {}),
            people[3].ask(withdraw, serde_json::json!({})),
        );
        withdrawn.fine();
        let (one, two) = (one.expect("it runs"), two.expect("it runs"));
        assert!((11..=12).contains(&(one.resealed + two.resealed)), "{one:?} {two:?}");
        let sealed = sealed(&town).await;
        assert!(sealed.len() == 11 && sealed.iter().all(|sealed| vault.is_current(&sealed.sealed)));
    }

    async fn what_does_not_open_stays_and_is_told(town: Town) {
        let ling = town.volunteer("Ling").await;
        let other = town.volunteer("Other").await;
        handed_in(&ling, &number(1)).await;
        handed_in(&other, &number(2)).await;
        // Somebody puts one person's sealed number in the place of another's.
        let both = sealed(&town).await;
        let tx = town.app.db.conn.begin().await.expect("a transaction");
        let text = format!("UPDATE identity SET number_sealed = '{}'", both[1].sealed);
        tx.execute_unprepared(&text).await.expect("the edit goes in");
        tx.commit().await.expect("it is kept");
        let folder = tempfile::tempdir().expect("a folder");
        let rotated = rotate(&town.app.db, &new_keys(&town, &folder), &SEALED, |_| {}).await.expect("it runs");
        assert_eq!((rotated.resealed, rotated.faults.len()), (1, 1));
        assert!(rotated.to_string().contains("keep the older keys") && !rotated.to_string().contains("1990"), "{rotated}");
        let officer = town.officer("赵局", "3301").await;
        assert_eq!(reveal(&officer, &id(IdentityId(both[0].id)), "x").await.fault(), "INTERNAL");
        assert_eq!(town.rows("audit_entry WHERE action = 'LOOK'").await, 0);
    }
}
