//! What meets an erasure at the very moment at which it takes effect.

use boai_tests::{Person, Town, at, stories};
use futures_util::future::{join, join_all};
use serde_json::json;

use crate::support::{cancel_erasure, count, erase_due, keep_signed_in, request_erasure, volunteer_key};

/// So many volunteers whose erasures are due now.
async fn due(town: &Town, size: usize) -> Vec<(Person<'_>, String)> {
    let mut due = Vec::new();
    for person in town.crowd(size).await {
        let erasure = request_erasure(&person, &person.phone).await.fine().text("/requestErasure/erasure/id");
        due.push((person, erasure));
    }
    keep_signed_in(town).await;
    town.clock.set(at("+7 07:00"));
    due
}

stories! {
    async fn of_calling_off_and_taking_effect_one_happens(town: Town) {
        let due = due(&town, 8).await;
        let cancelling = join_all(due.iter().map(|(person, erasure)| cancel_erasure(person, erasure)));
        let (answers, erased) = join(cancelling, join_all((0..3).map(|_| erase_due(&town)))).await;
        let mut gone = 0;
        for ((person, _), answer) in due.iter().zip(&answers) {
            // 401: the session had died when the cancellation came.
            let cancelled = answer.status == 200 && answer.body["errors"].is_null() && answer.codes().is_empty();
            let alive = person.ask("{ me { id } }", json!({})).await.status == 200;
            assert_eq!(cancelled, alive, "{}", answer.body);
            gone += usize::from(!alive);
        }
        assert_eq!(erased.iter().sum::<usize>(), gone);
        let done = count(&town, "SELECT COUNT(*) AS count FROM erasure WHERE state = 'DONE'").await;
        let cancelled = count(&town, "SELECT COUNT(*) AS count FROM erasure WHERE state = 'CANCELLED'").await;
        assert_eq!((done as usize, cancelled as usize), (gone, 8 - gone));
        let reports = count(&town, "SELECT COUNT(*) AS count FROM data_export WHERE kind = 'ERASURE_REPORT'").await;
        assert_eq!(reports as usize, gone);
    }

    async fn of_many_instances_one_erases_and_says_so_once(town: Town) {
        let due = due(&town, 5).await;
        let erased: Vec<usize> = join_all((0..4).map(|_| erase_due(&town))).await;
        assert_eq!(erased.iter().sum::<usize>(), 5, "{erased:?}");
        for (person, _) in &due {
            assert_eq!(town.sms.templates(&person.phone).iter().filter(|text| *text == "ERASURE_DONE").count(), 1);
        }
        assert_eq!(count(&town, "SELECT COUNT(*) AS count FROM audit_entry WHERE action = 'ERASE'").await, 5);
    }

    async fn seats_add_up_when_people_sign_up_and_are_erased_at_once(town: Town) {
        let leader = town.leader("Li Fang").await;
        let due = due(&town, 6).await;
        let posted = leader.post_activity(at("+8 08:00"), at("+8 10:00"), 3, json!({})).await;
        let signing = join_all(due.iter().map(|(person, _)| person.sign_up(posted.shift())));
        let _ = join(signing, join_all((0..2).map(|_| erase_due(&town)))).await;
        erase_due(&town).await;
        let taken = count(&town, "SELECT CAST(taken AS bigint) AS count FROM shift").await;
        let seated = count(&town, "SELECT COUNT(*) AS count FROM sign_up WHERE state = 'SEATED'").await;
        assert_eq!(taken, seated);
    }

    /// A phone that checks in with a location at the moment of the erasure leaves no location behind.
    async fn no_location_slips_in_behind_an_erasure(town: Town) {
        let leader = town.leader("Li Fang").await;
        let due = due(&town, 6).await;
        let posted = leader.post_activity(at("+7 06:30"), at("+7 10:00"), 10, json!({})).await;
        for (person, _) in &due {
            person.sign_up(posted.shift()).await.fine();
        }
        let mut volunteers = Vec::new();
        for (person, _) in &due {
            volunteers.push(volunteer_key(person).await);
        }
        let coming = join_all(due.iter().map(|(person, _)| person.check_in(posted.shift(), 10.0)));
        let _ = join(coming, join_all((0..2).map(|_| erase_due(&town)))).await;
        let left = "SELECT COUNT(*) AS count FROM attendance a JOIN volunteer v ON v.id = a.volunteer_id
                    JOIN person p ON p.id = v.person_id
                    WHERE p.erased_at IS NOT NULL AND (a.check_in_latitude IS NOT NULL OR a.state = 'OPEN')";
        assert_eq!(count(&town, left).await, 0, "{volunteers:?}");
        let tried = "SELECT COUNT(*) AS count FROM attendance_attempt t JOIN volunteer v ON v.id = t.volunteer_id
                     JOIN person p ON p.id = v.person_id WHERE p.erased_at IS NOT NULL AND t.latitude IS NOT NULL";
        assert_eq!(count(&town, tried).await, 0);
    }
}
