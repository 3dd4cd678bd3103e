//! Stories of keys that are changed.

use boai::{
    identity::{rotation::rotate, service::place, store},
    platform::{
        random::Random,
        vault::{Vault, add_key},
    },
};
use boai_tests::{Person, Town, id, stories};
use sea_orm::{ConnectionTrait, TransactionTrait};

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

async fn sealed(town: &Town) -> Vec<store::Sealed> {
    store::sealed_after(&town.app.db.conn, None, 1000).await.expect("read")
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
        let rotated = rotate(&town.app.db, &vault, |seen| progress.push(seen)).await.expect("it runs");
        assert_eq!((rotated.seen, rotated.resealed, rotated.faults.len(), progress), (5, 5, 0, vec![5]));
        let again = rotate(&town.app.db, &vault, |_| {}).await.expect("it runs");
        assert_eq!((again.seen, again.resealed), (5, 0));
        let mut numbers: Vec<_> = sealed(&town).await.iter().map(|sealed| {
            assert!(vault.is_current(&sealed.number_sealed));
            vault.open(&place(sealed.id), &sealed.number_sealed).expect("it opens")
        }).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=5).map(|sequence| number(sequence).into_bytes()).collect::<Vec<_>>());
        // The fingerprints stay, so that nobody hands in somebody else's number after it.
        let refused = crate::numbers::submit(&town.volunteer("Late").await, &number(1)).await;
        assert_eq!(refused.codes(), ["NUMBER_TAKEN"]);
        assert_eq!(people.len(), 5);
    }

    async fn two_rotations_at_once_and_a_withdrawal_leave_all_in_order(town: Town) {
        let people = with_numbers(&town, 12).await;
        let folder = tempfile::tempdir().expect("a folder");
        let vault = new_keys(&town, &folder);
        let withdraw = "mutation { withdrawConsent(input: { kind: IDENTITY }) { errors { code } } }";
        let (one, two, withdrawn) = tokio::join!(
            rotate(&town.app.db, &vault, |_| {}),
            rotate(&town.app.db, &vault, |_| {}),
            people[3].ask(withdraw, serde_json::json!({})),
        );
        withdrawn.fine();
        let (one, two) = (one.expect("it runs"), two.expect("it runs"));
        assert!((11..=12).contains(&(one.resealed + two.resealed)), "{one:?} {two:?}");
        let sealed = sealed(&town).await;
        assert!(sealed.len() == 11 && sealed.iter().all(|sealed| vault.is_current(&sealed.number_sealed)));
    }

    async fn what_does_not_open_stays_and_is_told(town: Town) {
        let ling = town.volunteer("Ling").await;
        let other = town.volunteer("Other").await;
        handed_in(&ling, &number(1)).await;
        handed_in(&other, &number(2)).await;
        // Somebody puts one person's sealed number in the place of another's.
        let both = sealed(&town).await;
        let tx = town.app.db.conn.begin().await.expect("a transaction");
        let text = format!("UPDATE identity SET number_sealed = '{}'", both[1].number_sealed);
        tx.execute_unprepared(&text).await.expect("the edit goes in");
        tx.commit().await.expect("it is kept");
        let folder = tempfile::tempdir().expect("a folder");
        let rotated = rotate(&town.app.db, &new_keys(&town, &folder), |_| {}).await.expect("it runs");
        assert_eq!((rotated.resealed, rotated.faults.len()), (1, 1));
        assert!(rotated.to_string().contains("keep the older keys") && !rotated.to_string().contains("1990"), "{rotated}");
        let officer = town.officer("赵局", "3301").await;
        assert_eq!(reveal(&officer, &id(both[0].id), "x").await.fault(), "INTERNAL");
        assert_eq!(town.rows("audit_entry WHERE action = 'LOOK'").await, 0);
    }
}
