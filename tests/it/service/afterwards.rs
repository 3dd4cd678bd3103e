//! Forgotten, claimed and filled in: what is said of served time afterwards.

use boai::{attendance::service::close_forgotten, ctx::Ctx, platform::db};
use boai_tests::{Answer, Person, Town, at, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Scene, correction, keep_signed_in, key, scene, serve};

const QUEUE: &str = "query($team: ID, $branch: ID, $kind: ReviewKind, $state: ReviewState! = WAITING) {
    reviewQueue(teamId: $team, branchId: $branch, kind: $kind, state: $state, first: 50) { nodes {
        id kind proposedFrom proposedTo proposalBasis reason outcome note
        volunteer { name } raisedBy { name } settledBy { name } attendance { id } } } }";

/// The team's queue as somebody sees it.
pub async fn queue(who: &Person<'_>, kind: &str, state: &str) -> Vec<Value> {
    let team = boai_tests::id(Town::TEAM);
    let answer = who.ask(QUEUE, json!({ "team": team, "kind": kind, "state": state })).await;
    answer.data("/reviewQueue/nodes").as_array().cloned().unwrap_or_default()
}

pub async fn claim(who: &Person<'_>, given: Value) -> Answer {
    let document = "mutation($input: ClaimHoursInput!) { claimHours(input: $input) {
        claim { id state } errors { code message path numbers { name value } } } }";
    who.ask(document, json!({ "input": given })).await
}

async fn withdraw(who: &Person<'_>, item: &str) -> Answer {
    let document = "mutation($id: ID!) { withdrawClaim(input: { itemId: $id }) { item { outcome } errors { code } } }";
    who.ask(document, json!({ "id": item })).await
}

pub async fn decide(who: &Person<'_>, item: &str, approve: bool, note: &str) -> Answer {
    let document = "mutation($items: [DecideReviewItem!]!) { decideReviews(input: { items: $items }) {
        results { item { state outcome } } errors { code message } } }";
    who.ask(document, json!({ "items": [{ "itemId": item, "approve": approve, "note": note }] })).await
}

/// Fills in 08:00 to 12:00 for these people.
async fn fill(leader: &Person<'_>, shift: &str, people: &[String]) -> Answer {
    let item = |person: &String| json!({ "shiftId": shift, "volunteerId": person, "servedFrom": at("08:00"), "servedTo": at("12:00"), "reason": "点名册" });
    fill_items(leader, people.iter().map(item).collect()).await
}

async fn fill_items(leader: &Person<'_>, items: Vec<Value>) -> Answer {
    let document = "mutation($items: [BackFillItem!]!) { backFillHours(input: { items: $items }) {
        results { record { id minutes state book } waits { id state } errors { code } }
        errors { code message numbers { name value } } } }";
    leader.ask(document, json!({ "items": items })).await
}

/// How many were booked, and how many wait.
fn became(answer: &Answer) -> (usize, usize) {
    let results = answer.payload()["results"].as_array().cloned().unwrap_or_default();
    let count = |what: &str| results.iter().filter(|result| result[what].is_object()).count();
    (count("record"), count("waits"))
}

/// Who is in the team, by the volunteer's id.
async fn members(town: &Town, size: usize) -> (Vec<Person<'_>>, Vec<String>) {
    let crowd = town.crowd(size).await;
    let mut ids = Vec::new();
    for person in &crowd {
        let id = person.volunteer_id().await;
        let row = "INSERT INTO team_member (team_id, volunteer_id, state, asked_at) VALUES ($1, $2, 'ACCEPTED', $3)";
        let values = [Town::TEAM.into(), key(&id).into(), town.clock.now().into()];
        db::run(&town.app.db.conn, row, values).await.expect("a member");
        ids.push(id);
    }
    (crowd, ids)
}

pub async fn close(town: &Town) {
    close_forgotten(&Ctx::system(town.app.clone(), "story")).await.expect("the job runs");
}

/// As if the leader had looked at everything.
pub async fn put_aside(town: &Town) {
    let settled = "UPDATE review_item SET state = 'SETTLED', settled_at = raised_at, outcome = 'NOTED'";
    db::run(&town.app.db.conn, settled, []).await.expect("an empty queue");
}

/// Ling checked in at 08:00 and went home without a word; it is 16:00, and the stay is closed.
async fn forgotten(town: &Town) -> (Scene<'_>, String) {
    let scene = scene(town).await;
    town.clock.set(at("08:00"));
    let stay = scene.ling.check_in(scene.shift(), 20.0).await.fine().text("/checkIn/attendance/id");
    town.clock.set(at("16:00"));
    close(town).await;
    town.clock.set(at("16:01"));
    (scene, stay)
}

/// What the volunteer was last told, and by whom.
pub async fn told(who: &Person<'_>) -> Value {
    let asked = who.ask("{ me { inbox(first: 1) { nodes { kind note by { name } } } } }", json!({})).await;
    asked.data("/me/inbox/nodes/0")
}

stories! {
    async fn a_forgotten_check_out_comes_to_the_leader_with_the_shift_s_end(town: Town) {
        let (scene, stay) = forgotten(&town).await;
        close(&town).await;
        let waiting = queue(&scene.leader, "FORGOTTEN_CHECK_OUT", "WAITING").await;
        assert_eq!(waiting.len(), 1);
        let facts = ["proposedFrom", "proposedTo", "proposalBasis"].map(|field| waiting[0][field].clone());
        let moments = [at("08:00"), at("12:00")].map(|moment| json!(moment.to_rfc3339()));
        assert_eq!(facts, [moments[0].clone(), moments[1].clone(), json!("SHIFT_END")]);
        assert_eq!((&waiting[0]["volunteer"]["name"], &waiting[0]["attendance"]["id"]), (&json!("Ling"), &json!(stay)));
        scene.leader.confirm_hours(json!([correction(&stay, at("08:00"), at("12:00"), "看着她做到最后")])).await.fine();
        assert_eq!(queue(&scene.leader, "FORGOTTEN_CHECK_OUT", "WAITING").await, Vec::<Value>::new());
        let settled = &queue(&scene.leader, "FORGOTTEN_CHECK_OUT", "SETTLED").await[0];
        assert_eq!((&settled["outcome"], &settled["settledBy"]["name"]), (&json!("CORRECTED"), &json!("Li")));
        let heard = json!({ "kind": "HOURS_CORRECTED", "note": "看着她做到最后", "by": { "name": "Li" } });
        assert_eq!(told(&scene.ling).await, heard);
        assert_eq!(scene.ling.minutes().await, (240, 0));
        town.audit().await;
    }

    async fn the_last_proof_at_the_place_is_proposed_and_one_from_far_away_is_not(town: Town) {
        for (metres, expected) in [(50.0, (at("10:30"), "LAST_PROOF")), (900.0, (at("12:00"), "SHIFT_END"))] {
            let leader = town.leader("Li").await;
            let ling = town.volunteer("Ling").await;
            town.clock.set(at("07:30"));
            keep_signed_in(&town).await;
            let posted = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
            ling.sign_up(posted.shift()).await.fine();
            ling.check_in(posted.shift(), 20.0).await.fine();
            town.clock.set(at("10:30"));
            let fix = ling.fix(metres);
            town.clock.set(at("10:40"));
            assert_eq!(ling.check_out_with(fix, &ling.request_id()).await.codes(), ["FIX_STALE"]);
            town.clock.set(at("16:00"));
            close(&town).await;
            let waiting = queue(&leader, "FORGOTTEN_CHECK_OUT", "WAITING").await;
            let last = waiting.last().expect("an item");
            assert_eq!((&last["proposedTo"], &last["proposalBasis"]), (&json!(expected.0.to_rfc3339()), &json!(expected.1)));
            put_aside(&town).await;
            town.clock.set(at("07:00"));
        }
    }

    async fn whoever_does_not_lead_the_team_sees_no_queue(town: Town) {
        let (scene, _) = forgotten(&town).await;
        let officer = town.officer("周干部", "3301").await;
        let branch = boai_tests::id(Town::branch("330106"));
        let of_branch = officer.ask(QUEUE, json!({ "branch": branch })).await.data("/reviewQueue/nodes");
        assert_eq!((of_branch.as_array().map(Vec::len), queue(&officer, "FORGOTTEN_CHECK_OUT", "WAITING").await.len()), (Some(1), 1));
        for stranger in [town.other_leader("Zhao").await, town.desk("Desk").await, scene.ling.clone(), town.stranger()] {
            assert_eq!(queue(&stranger, "FORGOTTEN_CHECK_OUT", "WAITING").await.len(), 0);
            assert_eq!(stranger.ask(QUEUE, json!({ "branch": branch })).await.data("/reviewQueue/nodes"), json!([]));
        }
        assert_eq!(scene.leader.ask(QUEUE, json!({ "branch": branch })).await.data("/reviewQueue/nodes"), json!([]));
        assert_eq!(scene.leader.ask(QUEUE, json!({})).await.fault(), "BAD_USER_INPUT");
    }

    async fn a_claim_that_the_leader_accepts_is_back_filled_time(town: Town) {
        let (scene, stay) = forgotten(&town).await;
        let given = json!({ "attendanceId": stay, "servedTo": at("11:30"), "reason": "手机没电,队友可证明" });
        let id = claim(&scene.ling, given.clone()).await.fine().text("/claimHours/claim/id");
        assert_eq!(claim(&scene.ling, given).await.codes(), ["ALREADY_CLAIMED"]);
        assert_eq!(scene.ling.minutes().await, (0, 0));
        assert_eq!(decide(&scene.ling, &id, true, "").await.codes(), ["NOT_FOUND"]);
        assert_eq!(decide(&town.other_leader("Zhao").await, &id, true, "").await.codes(), ["NOT_FOUND"]);
        let decided = decide(&scene.leader, &id, true, "").await.fine();
        assert_eq!(decided.data("/decideReviews/results/0/item/outcome"), "APPROVED");
        assert_eq!(scene.ling.minutes().await, (210, 0));
        let heard = json!({ "kind": "HOURS_CORRECTED", "note": "手机没电,队友可证明", "by": { "name": "Li" } });
        assert_eq!(told(&scene.ling).await, heard);
        // The stay is settled, and so is what waited about it.
        assert_eq!(queue(&scene.leader, "FORGOTTEN_CHECK_OUT", "WAITING").await.len(), 0);
        town.audit().await;
    }

    async fn a_claim_is_declined_with_a_reason_and_may_be_made_three_times(town: Town) {
        let (scene, stay) = forgotten(&town).await;
        let given = json!({ "attendanceId": stay, "servedTo": at("12:00"), "reason": "我做到最后" });
        let id = claim(&scene.ling, given.clone()).await.fine().text("/claimHours/claim/id");
        assert_eq!(decide(&scene.leader, &id, false, "").await.codes(), ["REASON_NEEDED"]);
        decide(&scene.leader, &id, false, "10 点就离开了").await.fine();
        assert_eq!(decide(&scene.leader, &id, true, "").await.codes(), ["ALREADY_SETTLED"]);
        let heard = json!({ "kind": "CLAIM_DECLINED", "note": "10 点就离开了", "by": { "name": "Li" } });
        assert_eq!((told(&scene.ling).await, scene.ling.minutes().await), (heard, (0, 0)));
        assert_eq!(queue(&scene.leader, "FORGOTTEN_CHECK_OUT", "WAITING").await.len(), 1);
        for _ in 0..2 {
            let id = claim(&scene.ling, given.clone()).await.fine().text("/claimHours/claim/id");
            assert_eq!(withdraw(&scene.leader, &id).await.codes(), ["NOT_FOUND"]);
            withdraw(&scene.ling, &id).await.fine();
            assert_eq!(withdraw(&scene.ling, &id).await.codes(), ["NOT_FOUND"]);
        }
        let refused = claim(&scene.ling, given).await;
        assert_eq!((refused.codes(), refused.refusal_number("atMost")), (vec!["TOO_MANY_CLAIMS".to_owned()], 3.0));
        assert_eq!(town.rows("ledger_entry").await, 0);
    }

    async fn nobody_claims_more_than_the_shift_or_outside_of_it(town: Town) {
        let (scene, stay) = forgotten(&town).await;
        let claimed = |from: &str, to: &str| json!({ "attendanceId": stay, "servedFrom": at(from), "servedTo": at(to), "reason": "x" });
        for (from, to, code) in [
            ("07:59", "12:00", "LONGER_THAN_SHIFT"),
            ("07:59", "11:00", "OUTSIDE_SHIFT"),
            ("11:00", "12:01", "OUTSIDE_SHIFT"),
            ("11:00", "11:00", "TIMES_REVERSED"),
        ] {
            assert_eq!(claim(&scene.ling, claimed(from, to)).await.codes(), [code], "{from} to {to}");
        }
        let someone = town.volunteer("Someone").await;
        assert_eq!(claim(&someone, claimed("08:00", "12:00")).await.codes(), ["NOT_FOUND"]);
        let by_shift = json!({ "shiftId": scene.shift(), "servedTo": at("12:00"), "reason": "x" });
        assert_eq!(claim(&someone, by_shift.clone()).await.codes(), ["NOT_FOUND"]);
        assert_eq!(claim(&scene.ling, by_shift).await.codes(), ["CHECKED_IN"]);
        town.clock.set(at("12:00") + TimeDelta::days(30) + TimeDelta::seconds(1));
        let mut ling = scene.ling.clone();
        ling.sign_in().await;
        assert_eq!(claim(&ling, claimed("08:00", "12:00")).await.codes(), ["TOO_LATE"]);
        assert_eq!(town.rows("review_item WHERE kind = 'CLAIM'").await, 0);
    }

    async fn who_was_never_checked_in_claims_by_the_shift(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("12:30"));
        let given = json!({ "shiftId": scene.shift(), "servedTo": at("12:00"), "reason": "门口没有信号" });
        let id = claim(&scene.ling, given).await.fine().text("/claimHours/claim/id");
        assert_eq!(town.rows("attendance").await, 0);
        decide(&scene.leader, &id, true, "我在场").await.fine();
        assert_eq!(scene.ling.minutes().await, (240, 0));
        assert_eq!(town.rows("attendance WHERE check_in_grade = 'CLAIM' AND state = 'CLOSED'").await, 1);
        assert_eq!(told(&scene.ling).await["kind"], "HOURS_FILLED_IN");
        let books = scene.ling.ask("{ me { hours { byBook { book confirmed } } } }", json!({})).await;
        assert_eq!(books.data("/me/hours/byBook"), json!([{ "book": "BACK_FILLED", "confirmed": 240 }]));
        town.audit().await;
    }

    async fn two_leaders_decide_at_once_and_one_of_them_did(town: Town) {
        let (scene, stay) = forgotten(&town).await;
        let other = town.leader("Ma").await;
        let given = json!({ "attendanceId": stay, "servedTo": at("12:00"), "reason": "x" });
        let id = claim(&scene.ling, given).await.fine().text("/claimHours/claim/id");
        let leaders = [&scene.leader, &other, &scene.leader, &other];
        let answers = join_all(leaders.iter().enumerate().map(|(n, leader)| decide(leader, &id, n % 3 != 0, "x"))).await;
        assert_eq!(answers.iter().filter(|answer| answer.codes().is_empty()).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| answer.codes().is_empty() || answer.codes() == ["ALREADY_SETTLED"]), "{answers:?}");
        town.audit().await;
    }

    async fn twenty_are_filled_in_alone_and_twenty_one_take_a_second_leader(town: Town) {
        let scene = scene(&town).await;
        let (crowd, ids) = members(&town, 21).await;
        town.clock.set(at("12:30"));
        let all = fill(&scene.leader, scene.shift(), &ids).await.fine();
        assert_eq!(became(&all), (0, 21));
        assert_eq!((town.rows("attendance").await, crowd[0].minutes().await), (0, (0, 0)));
        let item = all.text("/backFillHours/results/0/waits/id");
        assert_eq!(decide(&scene.leader, &item, true, "").await.codes(), ["OWN_BACK_FILL"]);
        decide(&town.leader("Ma").await, &item, true, "").await.fine();
        assert_eq!(crowd[0].minutes().await, (240, 0));
        let heard = json!({ "kind": "HOURS_FILLED_IN", "note": "点名册", "by": { "name": "Ma" } });
        assert_eq!(told(&crowd[0]).await, heard);
        town.audit().await;
    }

    async fn batches_do_not_dodge_the_second_person(town: Town) {
        let scene = scene(&town).await;
        let (_, ids) = members(&town, 22).await;
        town.clock.set(at("12:30"));
        assert_eq!(became(&fill(&scene.leader, scene.shift(), &ids[..20]).await.fine()), (20, 0));
        // The same again is the same success, and counts nobody twice.
        assert_eq!(became(&fill(&scene.leader, scene.shift(), &ids[..20]).await.fine()), (20, 0));
        assert_eq!(town.rows("ledger_entry").await, 20);
        assert_eq!(became(&fill(&scene.leader, scene.shift(), &ids[20..21]).await.fine()), (0, 1));
        assert_eq!(fill(&scene.leader, scene.shift(), &ids[20..21]).await.codes(), ["ALREADY_WAITING"]);
        // Another leader answers for their own.
        assert_eq!(became(&fill(&town.leader("Ma").await, scene.shift(), &ids[21..]).await.fine()), (1, 0));
        town.audit().await;
    }

    async fn batches_at_one_instant_do_not_dodge_it_either(town: Town) {
        let scene = scene(&town).await;
        let (_, ids) = members(&town, 30).await;
        town.clock.set(at("12:30"));
        let parts = ids.chunks(10).map(|part| fill(&scene.leader, scene.shift(), part));
        let answers = join_all(parts).await;
        let booked: usize = answers.iter().map(|answer| became(answer).0).sum();
        let waiting: usize = answers.iter().map(|answer| became(answer).1).sum();
        assert!(booked <= 20 && booked + waiting == 30, "{booked} booked, {waiting} wait");
        town.audit().await;
    }

    async fn a_leader_s_own_hours_take_somebody_else(town: Town) {
        let scene = scene(&town).await;
        scene.leader.sign_up(scene.shift()).await.fine();
        town.clock.set(at("12:30"));
        let own = [scene.leader.volunteer_id().await];
        let waits = fill(&scene.leader, scene.shift(), &own).await.fine();
        assert_eq!(became(&waits), (0, 1));
        let item = waits.text("/backFillHours/results/0/waits/id");
        assert_eq!(decide(&scene.leader, &item, true, "").await.codes(), ["OWN_BACK_FILL"]);
        // The database itself knows that the second person is not the first.
        let forced = "UPDATE review_item SET state = 'SETTLED', outcome = 'APPROVED', settled_by = raised_by, settled_at = raised_at
                      WHERE kind = 'BACK_FILL'";
        assert!(db::run(&town.app.db.conn, forced, []).await.is_err());
        let officer = town.officer("周干部", "330106").await;
        officer.proves_for(TimeDelta::minutes(15)).await;
        decide(&officer, &item, true, "").await.fine();
        assert_eq!(scene.leader.minutes().await, (240, 0));
        town.audit().await;
    }

    async fn what_a_second_person_declines_is_not_booked_and_the_first_hears_why(town: Town) {
        let scene = scene(&town).await;
        scene.leader.sign_up(scene.shift()).await.fine();
        town.clock.set(at("12:30"));
        let own = [scene.leader.volunteer_id().await];
        let item = fill(&scene.leader, scene.shift(), &own).await.fine().text("/backFillHours/results/0/waits/id");
        decide(&town.leader("Ma").await, &item, false, "没有见到你").await.fine();
        let heard = json!({ "kind": "BACK_FILL_DECLINED", "note": "没有见到你", "by": { "name": "Ma" } });
        assert_eq!((told(&scene.leader).await, scene.leader.minutes().await), (heard, (0, 0)));
        assert_eq!((town.rows("attendance").await, town.rows("ledger_entry").await), (0, 0));
    }

    async fn hours_are_filled_in_for_one_s_own_people_inside_the_shift(town: Town) {
        let scene = scene(&town).await;
        let ling = scene.ling.volunteer_id().await;
        let someone = town.volunteer("Someone").await.volunteer_id().await;
        let item = |who: &str, from: &str, to: &str| {
            json!({ "shiftId": scene.shift(), "volunteerId": who, "servedFrom": at(from), "servedTo": at(to), "reason": "x" })
        };
        assert_eq!(fill_items(&scene.leader, vec![item(&ling, "08:00", "12:00")]).await.codes(), ["NOT_SERVED_YET"]);
        town.clock.set(at("12:30"));
        assert_eq!(fill(&town.other_leader("Zhao").await, scene.shift(), std::slice::from_ref(&ling)).await.codes(), ["NOT_FOUND"]);
        assert_eq!(fill(&scene.ling, scene.shift(), std::slice::from_ref(&ling)).await.codes(), ["NOT_FOUND"]);
        let items = vec![
            item(&someone, "08:00", "12:00"),
            item(&ling, "07:00", "12:00"),
            item(&ling, "07:00", "08:00"),
            item(&ling, "12:00", "08:00"),
        ];
        let refused = fill_items(&scene.leader, items).await;
        assert_eq!(refused.codes(), ["VOLUNTEER_NOT_FOUND", "LONGER_THAN_SHIFT", "OUTSIDE_SHIFT", "TIMES_REVERSED"]);
        assert_eq!((town.rows("attendance").await, town.rows("back_fill_count").await), (0, 0));
        let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("09:00")).await;
        town.clock.set(at("12:30"));
        assert_eq!(fill(&scene.leader, scene.shift(), &[ling]).await.codes(), ["CHECKED_IN"]);
        scene.leader.confirm(&stay).await.fine();
    }
}
