//! 异议: who says that a record is wrong, who is heard, who decides, and what the notice's clock does meanwhile.

use boai_entity::Instant;
use boai_tests::{Answer, Person, Town, at, id, stories};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::{
    afterwards::{claim, close, decide as decide_review, queue},
    support::{Scene, correction, keep_signed_in, key, rejection, scene, scene_of, serve},
};

const DISPUTE: &str = "id state side openedBy { name } volunteer { name } record { minutes } words wantedFrom noticeLeft answerBy
    answer answeredBy { name } volunteerWords decideBy isLate outcome minutes reason decidedBy { name }
    decidedFor { name } appealUntil appealSide appealWords appealOutcome appealMinutes appealReason appealDecidedBy { name } endsAt";

async fn open_with(who: &Person<'_>, given: Value, request: &str) -> Answer {
    let document = format!(
        "mutation($input: OpenDisputeInput!) {{ openDispute(input: $input) {{ dispute {{ {DISPUTE} }}
         errors {{ code message path numbers {{ name value }} }} }} }}"
    );
    let mut input = json!({ "words": "我做满了四小时", "requestId": request });
    input.as_object_mut().expect("an object").extend(given.as_object().cloned().unwrap_or_default());
    who.ask(&document, json!({ "input": input })).await
}

async fn open(who: &Person<'_>, given: Value) -> Answer {
    open_with(who, given, &who.request_id()).await
}

/// What `openDispute` takes of a stay.
fn wanted(stay: &str, from: Instant, to: Instant) -> Value {
    json!({ "attendanceId": stay, "servedFrom": from, "servedTo": to })
}

async fn said(who: &Person<'_>, mutation: &str, dispute: &str, given: Value) -> Answer {
    let mut name = mutation.to_owned();
    name[..1].make_ascii_uppercase();
    let document = format!(
        "mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ dispute {{ {DISPUTE} }}
         errors {{ code message }} }} }}"
    );
    let mut input = json!({ "disputeId": dispute });
    input.as_object_mut().expect("an object").extend(given.as_object().cloned().unwrap_or_default());
    who.ask(&document, json!({ "input": input })).await
}

async fn answer(who: &Person<'_>, dispute: &str, words: &str) -> Answer {
    said(who, "answerDispute", dispute, json!({ "words": words })).await
}

async fn appeal(who: &Person<'_>, dispute: &str, words: &str) -> Answer {
    said(who, "appealDispute", dispute, json!({ "words": words })).await
}

async fn withdraw(who: &Person<'_>, dispute: &str) -> Answer {
    said(who, "withdrawDispute", dispute, json!({})).await
}

async fn uphold(who: &Person<'_>, dispute: &str, served: Option<(Instant, Instant)>) -> Answer {
    let (from, to) = served.unzip();
    let given = json!({ "outcome": "UPHELD", "servedFrom": from, "servedTo": to, "reason": "查实" });
    said(who, "decideDispute", dispute, given).await
}

async fn dismiss(who: &Person<'_>, dispute: &str) -> Answer {
    said(who, "decideDispute", dispute, json!({ "outcome": "DISMISSED", "reason": "签退记录清楚" })).await
}

fn id_of(opened: Answer) -> String {
    opened.fine().text("/openDispute/dispute/id")
}

fn decided(answer: Answer, field: &str) -> Value {
    answer.fine().data(&format!("/decideDispute/dispute/{field}"))
}

/// The dispute over her newest record, as somebody's own list has it.
async fn mine(who: &Person<'_>) -> Vec<Value> {
    let list = who.ask(&format!("{{ me {{ disputes {{ nodes {{ {DISPUTE} }} }} }} }}"), json!({})).await;
    list.data("/me/disputes/nodes").as_array().cloned().unwrap_or_default()
}

/// The disputes of a team, or those of a branch and all below it.
async fn listed(who: &Person<'_>, of: &str, filter: &str) -> Vec<Value> {
    let list = who.ask(&format!("{{ disputes({of} {filter}) {{ nodes {{ {DISPUTE} }} }} }}"), json!({})).await;
    list.data("/disputes/nodes").as_array().cloned().unwrap_or_default()
}

fn of_team() -> String {
    format!("teamId: \"{}\"", id(Town::TEAM))
}

fn of_branch(code: &str) -> String {
    format!("branchId: \"{}\"", id(Town::branch(code)))
}

/// Until when her newest record is under notice, whether it is final, and whether it is disputed.
async fn notice(ling: &Person<'_>) -> (Option<Instant>, bool, bool) {
    let record = ling.ask("{ me { records { nodes { noticeUntil isFinal disputed } } } }", json!({})).await;
    let field = |name: &str| record.data(&format!("/me/records/nodes/0/{name}"));
    (
        field("noticeUntil").as_str().map(|at| at.parse().expect("a moment")),
        field("isFinal") == true,
        field("disputed") == true,
    )
}

/// A member of 西湖救援队.
async fn member<'t>(town: &'t Town, name: &str) -> Person<'t> {
    let member = town.volunteer(name).await;
    let row = "INSERT INTO team_member (team_id, volunteer_id, state, asked_at) VALUES ($1, $2, 'ACCEPTED', $3)";
    let values = [Town::TEAM.into(), key(&member.volunteer_id().await).into(), town.clock.now().into()];
    boai::platform::db::run(&town.app.db.conn, row, values).await.expect("a member");
    member
}

/// Ling's four hours of Friday, 2026-05-08, are confirmed at noon. Saturday is worked for Labour Day, so that the notice ends on
/// Tuesday: three and a half working days.
async fn confirmed(town: &Town) -> (Scene<'_>, String) {
    let scene = scene(town).await;
    let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("12:00")).await;
    scene.leader.confirm(&stay).await.fine();
    (scene, stay)
}

/// The same, but that her leader has her leave at ten.
async fn cut_short(town: &Town) -> (Scene<'_>, String) {
    let scene = scene(town).await;
    let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("12:00")).await;
    scene.leader.confirm_hours(json!([correction(&stay, at("08:00"), at("10:00"), "十点没看到")])).await.fine();
    (scene, stay)
}

async fn record_id(ling: &Person<'_>) -> String {
    ling.ask("{ me { records { nodes { id } } } }", json!({})).await.text("/me/records/nodes/0/id")
}

/// What of the database a refusal leaves as it was.
async fn standing(town: &Town, ling: &Person<'_>) -> (i64, i64, i64, (i64, i64)) {
    (town.rows("dispute").await, town.rows("ledger_entry").await, town.rows("inbox_item").await, ling.minutes().await)
}

/// Of one moment items come in any order.
async fn heard(who: &Person<'_>) -> Vec<(String, String)> {
    who.inbox().await
}

fn pair(kind: &str, note: &str) -> (String, String) {
    (kind.into(), note.into())
}

const FOUR_HOURS: Option<(&str, &str)> = Some(("08:00", "12:00"));

fn times(span: Option<(&str, &str)>) -> Option<(Instant, Instant)> {
    span.map(|(from, to)| (at(from), at(to)))
}

stories! {
    async fn ling_disputes_her_hours_is_heard_and_gets_them_back(town: Town) {
        let (scene, stay) = cut_short(&town).await;
        let officer = town.officer("周干部", "330106").await;
        keep_signed_in(&town).await;
        assert_eq!((scene.ling.minutes().await, notice(&scene.ling).await), ((120, 0), (Some(at("+5 00:00")), false, false)));

        let opened = open(&scene.ling, wanted(&stay, at("08:00"), at("12:00"))).await.fine();
        let dispute = opened.text("/openDispute/dispute/id");
        let facts = ["state", "side", "noticeLeft", "answerBy", "decideBy"].map(|field| opened.data(&format!("/openDispute/dispute/{field}")));
        // Half of Friday and three days more; three working days to answer, ten to decide.
        assert_eq!(facts, [json!("OPENED"), json!("VOLUNTEER"), json!(3 * 1440 + 720), json!(at("+5 00:00").to_rfc3339()), json!(at("+14 00:00").to_rfc3339())]);
        assert_eq!(notice(&scene.ling).await, (None, false, true));
        for concerned in [&scene.leader, &officer] {
            assert!(heard(concerned).await.contains(&pair("DISPUTE_OPENED", "我做满了四小时")));
        }
        // The notice would be over by now, and is not.
        town.clock.set(at("+3 10:00"));
        let before = standing(&town, &scene.ling).await;
        assert_eq!(uphold(&officer, &dispute, times(FOUR_HOURS)).await.codes(), ["AWAITS_ANSWER"]);
        assert_eq!(standing(&town, &scene.ling).await, before);
        answer(&scene.leader, &dispute, "可能看漏了").await.fine();
        assert!(heard(&scene.ling).await.contains(&pair("DISPUTE_ANSWERED", "可能看漏了")));

        let upheld = uphold(&officer, &dispute, times(FOUR_HOURS)).await.fine();
        let facts = ["state", "outcome", "minutes", "reason", "decidedBy/name", "decidedFor/name", "appealUntil"]
            .map(|field| upheld.data(&format!("/decideDispute/dispute/{field}")));
        let until = at("+11 00:00").to_rfc3339();
        assert_eq!(facts, [json!("DECIDED"), json!("UPHELD"), json!(240), json!("查实"), json!("周干部"), json!("西湖区红十字会"), json!(until)]);
        assert_eq!(scene.ling.minutes().await, (240, 0));
        assert!(heard(&scene.ling).await.contains(&pair("DISPUTE_DECIDED", "UPHELD · 240 min · 查实")));
        assert!(heard(&scene.leader).await.iter().any(|(kind, _)| kind == "DISPUTE_DECIDED"));
        // The same word again is the same success, another one is refused.
        let before = standing(&town, &scene.ling).await;
        assert_eq!(decided(uphold(&officer, &dispute, times(FOUR_HOURS)).await, "minutes"), 240);
        assert_eq!(dismiss(&officer, &dispute).await.codes(), ["ALREADY_DECIDED"]);
        assert_eq!(standing(&town, &scene.ling).await, before);

        // The clock goes on once nobody can appeal: Tuesday to Thursday, and half of Friday.
        assert_eq!(notice(&scene.ling).await, (Some(at("+14 12:00")), false, true));
        town.clock.set(at("+11 00:00"));
        assert_eq!((notice(&scene.ling).await, mine(&scene.ling).await[0]["state"].clone()), ((Some(at("+14 12:00")), false, false), json!("ENDED")));
        town.clock.set(at("+14 12:00"));
        assert_eq!(notice(&scene.ling).await, (Some(at("+14 12:00")), true, false));
        town.audit().await;
    }

    async fn who_objects_as_a_member_of_the_team_is_named_to_the_officers_alone(town: Town) {
        let (scene, _) = confirmed(&town).await;
        let wang = member(&town, "王小明").await;
        let [officer, city] = [town.officer("周干部", "330106").await, town.officer("市干部", "3301").await];
        keep_signed_in(&town).await;
        let record = record_id(&scene.ling).await;
        let dispute = id_of(open(&wang, json!({ "recordId": record, "words": "她十点就走了", "servedFrom": at("08:00"), "servedTo": at("10:00") })).await);

        let opener = |list: &[Value]| list[0]["openedBy"]["name"].clone();
        let (team, branch) = (of_team(), of_branch("330106"));
        assert_eq!((opener(&mine(&wang).await), opener(&listed(&officer, &branch, "").await)), (json!("王小明"), json!("王小明")));
        for (seen, whose) in [(mine(&scene.ling).await, "Ling"), (listed(&scene.leader, &team, "").await, "Ling")] {
            assert_eq!((opener(&seen), &seen[0]["volunteer"]["name"], &seen[0]["words"]), (Value::Null, &json!(whose), &json!("她十点就走了")));
        }
        // Who objects does not learn more of her than the notice showed.
        let own = &mine(&wang).await[0];
        assert_eq!((&own["volunteer"]["name"], &own["record"]), (&json!("L***"), &Value::Null));
        for stranger in [&member(&town, "李雷").await, &town.other_leader("Zhao").await, &town.stranger()] {
            assert_eq!((listed(stranger, &team, "").await, listed(stranger, &branch, "").await), (vec![], vec![]));
        }
        // Nothing that Ling or her leader can read names him, now or later.
        answer(&scene.ling, &dispute, "我一直在搬物资").await.fine();
        answer(&scene.leader, &dispute, "签退是系统记的").await.fine();
        let decision = dismiss(&officer, &dispute).await.fine();
        assert_eq!(decision.text("/decideDispute/dispute/volunteerWords"), "我一直在搬物资");
        appeal(&wang, &dispute, "我有照片").await.fine();
        assert!(heard(&city).await.contains(&pair("DISPUTE_APPEALED", "我有照片")));
        let file = "{ me { inbox { nodes { note by { name } } } auditTrail { nodes { action by { name } reason } } disputes { nodes { openedBy { name } appealSide } } } }";
        for told in [&scene.ling, &scene.leader] {
            let read = told.ask(file, json!({})).await.data("/me").to_string();
            assert!(!read.contains("王小明") && !read.contains("王*明") && read.contains("我有照片"), "{read}");
        }
        assert_eq!((scene.ling.minutes().await, town.rows("ledger_entry").await), ((240, 0), 2));
    }

    async fn an_appeal_is_decided_one_level_up_by_who_is_no_party(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        let wang = member(&town, "王小明").await;
        let [officer, other, city] = [town.officer("周干部", "330106").await, town.officer("吴干部", "330106").await, town.officer("市干部", "3301").await];
        keep_signed_in(&town).await;
        let dispute = id_of(open(&wang, json!({ "attendanceId": stay })).await);
        answer(&scene.leader, &dispute, "人在").await.fine();
        assert_eq!(appeal(&wang, &dispute, "x").await.codes(), ["NOT_DECIDED"]);
        assert_eq!(decided(uphold(&officer, &dispute, None).await, "minutes"), 0);
        assert_eq!(scene.ling.minutes().await, (0, 0));

        town.clock.set(at("+1 09:00"));
        let appealed = appeal(&scene.ling, &dispute, "我没有早退").await.fine();
        assert_eq!(appealed.data("/appealDispute/dispute/appealSide"), "VOLUNTEER");
        assert_eq!(appealed.data("/appealDispute/dispute/endsAt"), Value::Null);
        // The same again changes nothing; nobody else appeals beside her.
        appeal(&scene.ling, &dispute, "我没有早退").await.fine();
        assert_eq!(appeal(&wang, &dispute, "x").await.codes(), ["OVER"]);
        let before = standing(&town, &scene.ling).await;
        for below in [&officer, &other] {
            assert_eq!(dismiss(below, &dispute).await.codes(), ["APPEAL_GOES_UP"]);
        }
        for nobody in [&scene.leader, &scene.ling, &wang, &town.officer("海曙", "330203").await] {
            assert_eq!(dismiss(nobody, &dispute).await.codes(), ["NOT_FOUND"]);
        }
        assert_eq!(standing(&town, &scene.ling).await, before);
        let done = uphold(&city, &dispute, times(FOUR_HOURS)).await.fine();
        let facts = ["state", "outcome", "minutes", "appealOutcome", "appealMinutes"].map(|field| done.data(&format!("/decideDispute/dispute/{field}")));
        assert_eq!(facts, [json!("ENDED"), json!("UPHELD"), json!(0), json!("UPHELD"), json!(240)]);
        assert_eq!(scene.ling.minutes().await, (240, 0));
        assert!(heard(&scene.ling).await.contains(&pair("APPEAL_DECIDED", "UPHELD · 240 min · 查实")));
        // On Saturday, which is worked, at nine: three and a half working days are left, and Sunday is none.
        assert_eq!(notice(&scene.ling).await, (Some(at("+5 21:00")), false, false));
        assert_eq!(appeal(&wang, &dispute, "x").await.codes(), ["OVER"]);
        town.audit().await;
    }

    async fn of_the_province_s_own_decision_another_of_its_officers_decides(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        let [one, other] = [town.officer("省干部甲", "33").await, town.officer("省干部乙", "33").await];
        keep_signed_in(&town).await;
        let dispute = id_of(open(&scene.ling, wanted(&stay, at("08:00"), at("11:00"))).await);
        answer(&scene.leader, &dispute, "是四小时").await.fine();
        dismiss(&one, &dispute).await.fine();
        appeal(&scene.leader, &dispute, "还是请再看").await.fine();
        assert_eq!(uphold(&one, &dispute, None).await.codes(), ["PARTY"]);
        assert_eq!(decided(dismiss(&other, &dispute).await, "appealOutcome"), "DISMISSED");
        assert_eq!((scene.ling.minutes().await, mine(&scene.ling).await[0]["appealSide"].clone()), ((240, 0), json!("TEAM_LEADER")));
    }

    async fn no_party_decides(town: Town) {
        let scene = scene(&town).await;
        let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("12:00")).await;
        // The officer who confirmed it, one who leads the team too, Ling herself, and who opened it.
        let confirmer = town.officer("吴干部", "330106").await;
        confirmer.confirm(&stay).await.fine();
        let leads = town.officer("马干部", "330106").await;
        leads.hold("TEAM_LEADER", None, Some(Town::TEAM)).await;
        scene.ling.hold("BRANCH_OFFICER", Some(Town::branch("3301")), None).await;
        let opener = member(&town, "王小明").await;
        opener.hold("BRANCH_OFFICER", Some(Town::branch("330106")), None).await;
        keep_signed_in(&town).await;
        let dispute = id_of(open(&opener, json!({ "attendanceId": stay })).await);
        answer(&confirmer, &dispute, "我在场").await.fine();
        let before = standing(&town, &scene.ling).await;
        for party in [&confirmer, &leads, &scene.ling, &opener] {
            assert_eq!(dismiss(party, &dispute).await.codes(), ["PARTY"], "{}", party.name);
        }
        // Nor is the opener named to them for the role they hold.
        for party in [&confirmer, &leads, &scene.ling] {
            assert_eq!(listed(party, &of_team(), "").await[0]["openedBy"], Value::Null, "{}", party.name);
        }
        assert_eq!(standing(&town, &scene.ling).await, before);
        dismiss(&town.officer("周干部", "330106").await, &dispute).await.fine();
    }

    async fn what_is_taken_back_gives_the_notice_back_and_no_weekend_with_it(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        let [wang, lei] = [member(&town, "王小明").await, member(&town, "李雷").await];
        keep_signed_in(&town).await;
        let dispute = id_of(open(&wang, json!({ "attendanceId": stay })).await);
        town.clock.set(at("+2 15:00"));
        assert_eq!(withdraw(&scene.ling, &dispute).await.codes(), ["NOT_FOUND"]);
        withdraw(&wang, &dispute).await.fine();
        withdraw(&wang, &dispute).await.fine();
        // Sunday afternoon; half a day and three from Monday on.
        assert_eq!(notice(&scene.ling).await, (Some(at("+6 12:00")), false, false));
        assert!(heard(&scene.ling).await.contains(&pair("DISPUTE_WITHDRAWN", "")));
        // Then another may.
        town.clock.set(at("+6 11:00"));
        let second = id_of(open(&lei, json!({ "attendanceId": stay })).await);
        assert_eq!(mine(&lei).await[0]["noticeLeft"], 60);
        withdraw(&lei, &second).await.fine();
        town.clock.set(at("+6 12:00"));
        assert!(notice(&scene.ling).await.1);
        assert_eq!(answer(&scene.leader, &second, "x").await.codes(), ["OVER"]);
        town.audit().await;
    }

    async fn while_it_is_disputed_nothing_else_changes_it(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        town.clock.set(at("+6 09:00"));
        let wait = scene.leader.confirm_hours(json!([correction(&stay, at("08:00"), at("11:00"), "11 点离开")])).await.fine();
        let item = wait.text("/confirmHours/results/0/waits/id");
        let ma = town.leader("Ma").await;
        keep_signed_in(&town).await;
        let dispute = id_of(open(&scene.ling, wanted(&stay, at("08:00"), at("12:00"))).await);
        let before = standing(&town, &scene.ling).await;
        for verdict in [correction(&stay, at("08:00"), at("11:00"), "x"), rejection(&stay, "x"), json!({ "attendanceId": stay })] {
            assert_eq!(scene.leader.confirm_hours(json!([verdict])).await.codes(), ["DISPUTED"]);
        }
        assert_eq!(decide_review(&ma, &item, true, "").await.codes(), ["NO_LONGER_POSSIBLE"]);
        let again = claim(&scene.ling, json!({ "attendanceId": stay, "servedTo": at("12:00"), "reason": "x" })).await;
        assert_eq!(again.codes(), ["DISPUTED"]);
        assert_eq!(standing(&town, &scene.ling).await, before);
        assert_eq!(queue(&ma, "CORRECTION", "WAITING").await.len(), 1);
        // Once it is taken back the second person has the word again; what was final before is final at once.
        withdraw(&scene.ling, &dispute).await.fine();
        assert!(notice(&scene.ling).await.1);
        decide_review(&ma, &item, true, "").await.fine();
        assert_eq!(scene.ling.minutes().await, (180, 0));
        town.audit().await;
    }

    async fn who_may_not_dispute_is_told_why_and_nothing_changes(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        let [wang, lei] = [member(&town, "王小明").await, member(&town, "李雷").await];
        let [other, stranger] = [town.volunteer("Other").await, town.stranger()];
        keep_signed_in(&town).await;
        let before = standing(&town, &scene.ling).await;
        assert_eq!(open(&other, json!({ "attendanceId": stay })).await.codes(), ["NOT_FOUND"]);
        assert_eq!(open(&scene.leader, json!({ "attendanceId": stay })).await.codes(), ["NOT_FOUND"]);
        assert_eq!(open(&stranger, json!({ "attendanceId": stay })).await.fault(), "UNAUTHENTICATED");
        assert_eq!(open(&wang, wanted(&stay, at("10:00"), at("09:00"))).await.codes(), ["TIMES_REVERSED"]);
        assert_eq!(open(&wang, wanted(&stay, at("08:00"), at("13:00"))).await.codes(), ["NOT_SERVED_YET"]);
        assert_eq!(open(&wang, json!({})).await.fault(), "BAD_USER_INPUT");
        let long = json!({ "attendanceId": stay, "words": "长".repeat(1001) });
        assert_eq!(open(&wang, long).await.fault(), "BAD_USER_INPUT");
        assert_eq!(standing(&town, &scene.ling).await, before);

        // The same request is the same dispute; the same id for another one is not.
        let request = wang.request_id();
        let first = id_of(open_with(&wang, json!({ "attendanceId": stay }), &request).await);
        assert_eq!(id_of(open_with(&wang, json!({ "attendanceId": stay }), &request).await), first);
        for who in [&wang, &lei, &scene.ling] {
            assert_eq!(open(who, json!({ "attendanceId": stay })).await.codes(), ["ALREADY_DISPUTED"]);
        }
        assert_eq!(town.rows("dispute").await, 1);
        withdraw(&wang, &first).await.fine();
        for _ in 0..2 {
            let next = id_of(open(&wang, json!({ "attendanceId": stay })).await);
            withdraw(&wang, &next).await.fine();
        }
        assert_eq!(open(&wang, json!({ "attendanceId": stay })).await.codes(), ["TOO_MANY_DISPUTES"]);

        town.clock.set(at("+5 00:00"));
        assert_eq!(open(&lei, json!({ "attendanceId": stay })).await.codes(), ["NOTICE_OVER"]);
        town.clock.set(at("+185 00:01"));
        assert_eq!(open(&scene.ling, json!({ "attendanceId": stay })).await.codes(), ["TOO_LATE"]);
        town.clock.set(at("+184 23:59"));
        open(&scene.ling, json!({ "attendanceId": stay })).await.fine();
        assert_eq!(town.rows("dispute").await, 4);
    }

    async fn what_nobody_recorded_and_what_was_rejected_can_be_disputed(town: Town) {
        let scene = scene(&town).await;
        let officer = town.officer("周干部", "330106").await;
        keep_signed_in(&town).await;
        town.clock.set(at("08:00"));
        let stay = scene.ling.check_in(scene.shift(), 20.0).await.fine().text("/checkIn/attendance/id");
        town.clock.set(at("16:00"));
        close(&town).await;
        // She never checked out, and her leader has ten working days to record it.
        assert_eq!(open(&scene.ling, wanted(&stay, at("08:00"), at("12:00"))).await.codes(), ["NOT_RECORDED_YET"]);
        town.clock.set(at("+14 09:00"));
        assert_eq!(town.rows("service_record").await, 0);
        let dispute = id_of(open(&scene.ling, wanted(&stay, at("08:00"), at("12:00"))).await);
        // Nobody answers; after three working days it is decided all the same.
        assert_eq!(uphold(&officer, &dispute, times(FOUR_HOURS)).await.codes(), ["AWAITS_ANSWER"]);
        town.clock.set(at("+20 09:00"));
        assert_eq!(decided(uphold(&officer, &dispute, times(FOUR_HOURS)).await, "minutes"), 240);
        assert_eq!((scene.ling.minutes().await, queue(&scene.leader, "FORGOTTEN_CHECK_OUT", "WAITING").await.len()), ((240, 0), 0));
        // A whole notice follows the time for an appeal, which ends with the 4th of June.
        assert_eq!(notice(&scene.ling).await, (Some(at("+34 00:00")), false, true));

        // Rejected after all, two persons agreeing; she disputes that too.
        town.clock.set(at("+40 09:00"));
        let wait = officer.confirm_hours(json!([rejection(&stay, "无签退")])).await.fine();
        let item = wait.text("/confirmHours/results/0/waits/id");
        decide_review(&scene.leader, &item, true, "同意").await.fine();
        assert_eq!(scene.ling.minutes().await, (0, 0));
        let second = id_of(open(&scene.ling, wanted(&stay, at("08:00"), at("11:00"))).await);
        answer(&scene.leader, &second, "没有签退").await.fine();
        let city = town.officer("市干部", "3301").await;
        assert_eq!(decided(uphold(&city, &second, Some((at("08:00"), at("11:00")))).await, "minutes"), 180);
        assert_eq!(scene.ling.minutes().await, (180, 0));
        town.audit().await;
    }

    async fn a_long_day_waits_for_its_officer_also_after_a_dispute(town: Town) {
        let scene = scene_of(&town, at("06:00"), at("19:00"), json!({})).await;
        let stay = serve(&scene.ling, scene.shift(), at("06:00"), at("19:00")).await;
        scene.leader.confirm_hours(json!([correction(&stay, at("06:00"), at("12:00"), "只到中午")])).await.fine();
        let [officer, province] = [town.officer("周干部", "330106").await, town.officer("省干部", "33").await];
        keep_signed_in(&town).await;
        let dispute = id_of(open(&scene.ling, wanted(&stay, at("06:00"), at("19:00"))).await);
        answer(&scene.leader, &dispute, "中午后没见").await.fine();
        assert_eq!(decided(uphold(&officer, &dispute, Some((at("06:00"), at("19:00")))).await, "minutes"), 780);
        assert_eq!(scene.ling.minutes().await, (0, 780));
        let item = queue(&province, "LONG_DAY", "WAITING").await[0]["id"].as_str().unwrap_or_default().to_owned();
        assert_eq!(decide_review(&province, &item, true, "").await.codes(), ["NO_LONGER_POSSIBLE"]);
        town.clock.set(at("+11 00:00"));
        decide_review(&province, &item, true, "").await.fine();
        assert_eq!(scene.ling.minutes().await, (780, 0));
        town.audit().await;
    }

    async fn what_nobody_decided_in_ten_working_days_shows_as_late(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        let officer = town.officer("市干部", "3301").await;
        keep_signed_in(&town).await;
        let dispute = id_of(open(&scene.ling, json!({ "attendanceId": stay })).await);
        let branch = of_branch("3301");
        town.clock.set(at("+13 23:59"));
        assert_eq!((listed(&officer, &branch, "").await.len(), listed(&officer, &branch, "late: true").await.len()), (1, 0));
        town.clock.set(at("+14 00:00"));
        let late = listed(&officer, &branch, "late: true").await;
        assert_eq!((late.len(), &late[0]["isLate"], &late[0]["id"]), (1, &json!(true), &json!(dispute)));
        assert_eq!(listed(&officer, &of_team(), "late: true").await.len(), 1);
        dismiss(&officer, &dispute).await.fine();
        assert_eq!((listed(&officer, &branch, "late: true").await.len(), listed(&officer, &branch, "").await.len()), (0, 1));
        town.clock.set(at("+22 00:00"));
        assert_eq!((listed(&officer, &branch, "").await.len(), listed(&officer, &branch, "over: true").await.len()), (0, 1));
        assert_eq!(appeal(&scene.ling, &dispute, "x").await.codes(), ["APPEAL_TOO_LATE"]);
    }

    async fn the_team_sees_that_a_record_is_disputed_and_no_more(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        let [wang, lei] = [member(&town, "王小明").await, member(&town, "李雷").await];
        keep_signed_in(&town).await;
        id_of(open(&wang, json!({ "attendanceId": stay })).await);
        town.clock.set(at("+9 00:00"));
        let notice = format!("{{ teamNotice({}) {{ nodes {{ recordId disputed noticeUntil }} }} }}", of_team());
        let seen = lei.ask(&notice, json!({})).await.data("/teamNotice/nodes");
        let record = record_id(&scene.ling).await;
        assert_eq!(seen, json!([{ "recordId": record, "disputed": true, "noticeUntil": null }]));
        assert_eq!((mine(&lei).await, listed(&lei, &of_team(), "").await), (vec![], vec![]));
    }

    async fn where_she_was_is_kept_as_long_as_it_is_disputed(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        let officer = town.officer("周干部", "330106").await;
        keep_signed_in(&town).await;
        let located = "attendance WHERE check_in_latitude IS NOT NULL";
        let sweep = async || boai::privacy::retention::run_now(&town.app.db, town.clock.now(), false).await.expect("the sweep runs");
        town.clock.set(at("+184 00:00"));
        let dispute = id_of(open(&scene.ling, json!({ "attendanceId": stay })).await);
        town.clock.set(at("+400 09:00"));
        sweep().await;
        assert_eq!(town.rows(located).await, 1);
        dismiss(&officer, &dispute).await.fine();
        town.clock.set(at("+600 09:00"));
        sweep().await;
        assert_eq!((town.rows(located).await, town.rows("dispute").await), (0, 1));
        town.clock.set(at("+1600 09:00"));
        sweep().await;
        assert_eq!(town.rows("dispute").await, 0);
    }

    async fn of_many_who_object_at_once_one_is_heard(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        let crowd = [member(&town, "甲").await, member(&town, "乙").await, member(&town, "丙").await, member(&town, "丁").await];
        keep_signed_in(&town).await;
        let answers = join_all(crowd.iter().chain([&scene.ling]).map(|who| open(who, json!({ "attendanceId": stay })))).await;
        let refused: Vec<_> = answers.iter().flat_map(Answer::codes).collect();
        assert_eq!((refused, town.rows("dispute").await), (vec!["ALREADY_DISPUTED".to_owned(); 4], 1));
        assert_eq!(notice(&scene.ling).await, (None, false, true));
    }

    async fn one_phone_that_repeats_itself_opens_one_dispute(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        keep_signed_in(&town).await;
        let request = scene.ling.request_id();
        let given = || json!({ "attendanceId": stay });
        let answers = join_all((0..4).map(|_| open_with(&scene.ling, given(), &request))).await;
        let ids: std::collections::BTreeSet<_> = answers.into_iter().map(id_of).collect();
        assert_eq!((ids.len(), town.rows("dispute").await), (1, 1));
    }

    async fn a_decision_and_a_withdrawal_at_one_instant_are_one_of_them(town: Town) {
        let (scene, stay) = cut_short(&town).await;
        let officer = town.officer("周干部", "330106").await;
        keep_signed_in(&town).await;
        let dispute = id_of(open(&scene.ling, wanted(&stay, at("08:00"), at("12:00"))).await);
        answer(&scene.leader, &dispute, "x").await.fine();
        let (decision, taken_back) = join(uphold(&officer, &dispute, times(FOUR_HOURS)), withdraw(&scene.ling, &dispute)).await;
        let state = mine(&scene.ling).await[0]["state"].clone();
        match (decision.codes().as_slice(), taken_back.codes().as_slice()) {
            ([], [late]) => assert_eq!((late.as_str(), state, scene.ling.minutes().await), ("ALREADY_DECIDED", json!("DECIDED"), (240, 0))),
            ([late], []) => assert_eq!((late.as_str(), state, scene.ling.minutes().await), ("OVER", json!("WITHDRAWN"), (120, 0))),
            both => panic!("{both:?}"),
        }
        town.audit().await;
    }

    async fn two_officers_at_one_instant_decide_once(town: Town) {
        let (scene, stay) = cut_short(&town).await;
        let [one, other] = [town.officer("周干部", "330106").await, town.officer("市干部", "3301").await];
        keep_signed_in(&town).await;
        let dispute = id_of(open(&scene.ling, wanted(&stay, at("08:00"), at("12:00"))).await);
        answer(&scene.leader, &dispute, "x").await.fine();
        let (first, second) = join(uphold(&one, &dispute, times(FOUR_HOURS)), dismiss(&other, &dispute)).await;
        assert_eq!([first.codes(), second.codes()].concat(), ["ALREADY_DECIDED"]);
        let upheld = first.codes().is_empty();
        assert_eq!((scene.ling.minutes().await, town.rows("ledger_entry").await), (if upheld { ((240, 0), 5) } else { ((120, 0), 3) }));
        town.audit().await;
    }

    async fn a_dispute_and_the_second_word_on_a_correction_at_one_instant_come_one_after_the_other(town: Town) {
        let (scene, stay) = confirmed(&town).await;
        town.clock.set(at("+6 09:00"));
        let wait = scene.leader.confirm_hours(json!([correction(&stay, at("08:00"), at("11:00"), "11 点离开")])).await.fine();
        let item = wait.text("/confirmHours/results/0/waits/id");
        let ma = town.leader("Ma").await;
        keep_signed_in(&town).await;
        let (corrected, opened) = join(decide_review(&ma, &item, true, ""), open(&scene.ling, json!({ "attendanceId": stay }))).await;
        let left = opened.fine().data("/openDispute/dispute/noticeLeft");
        // Corrected first, it was under a new notice when she objected; disputed first, it was final, and stays as it was.
        match corrected.codes().as_slice() {
            [] => assert_eq!((scene.ling.minutes().await, left != json!(0)), ((180, 0), true)),
            [refused] => assert_eq!((refused.as_str(), scene.ling.minutes().await, left), ("NO_LONGER_POSSIBLE", (240, 0), json!(0))),
            more => panic!("{more:?}"),
        }
        assert_eq!(notice(&scene.ling).await, (None, false, true));
        town.audit().await;
    }

    async fn a_list_of_many_takes_as_many_statements_as_one_of_few(town: Town) {
        let leader = town.leader("Li").await;
        let officer = town.officer("周干部", "330106").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 20, json!({})).await;
        let crowd = town.crowd(8).await;
        keep_signed_in(&town).await;
        for person in &crowd {
            person.sign_up(posted.shift()).await.fine();
        }
        town.clock.set(at("08:00"));
        for person in &crowd {
            person.check_in(posted.shift(), 20.0).await.fine();
        }
        town.clock.set(at("12:00"));
        let mut counts = Vec::new();
        let list = format!("{{ disputes({}) {{ nodes {{ {DISPUTE} team {{ name }} activity {{ title }} shift {{ startsAt }} }} }} }}", of_team());
        for (place, person) in crowd.iter().enumerate() {
            let stay = person.check_out(20.0).await.fine().text("/checkOut/attendance/id");
            leader.confirm(&stay).await.fine();
            open(person, json!({ "attendanceId": stay })).await.fine();
            if place == 1 || place == 7 {
                let mut fewest = u64::MAX;
                for _ in 0..3 {
                    let (seen, count) = town.statements(officer.ask(&list, json!({}))).await;
                    assert_eq!(seen.data("/disputes/nodes").as_array().map(Vec::len), Some(place + 1));
                    fewest = fewest.min(count);
                }
                counts.push(fewest);
            }
        }
        assert_eq!(counts[0], counts[1]);
    }
}
