//! Who asks in the access matrix, and what they ask about.

use boai::{ctx::Ctx, platform::node::decode};
use boai_entity::{
    award_candidate,
    award_kinds::{AwardRoundState, CandidateState, ObjectionState, RegistrationState, StarCaseState},
    award_objection, award_round,
    badge_rule::{self, Ask, BadgeMeasure, Rule},
    badge_stock, branch, commendation_nominee, commendation_quota, commendation_round, division,
    honour_kinds::CommendedKind,
    ids::{
        AwardObjectionId, AwardRoundId, BadgeRuleId, BranchId, CommendationNomineeId, CommendationRoundId, PolicyId,
        RegistrationId, RoleGrantId, RoleReviewId, StarAwardId, StarBadgeId, StarCandidateId, StarCaseId, StarSchemeId,
        VolunteerId,
    },
    kinds::{BranchKind, DivisionLevel},
    policy, registration, role_review, role_review_item, star_award, star_badge, star_case,
};
use boai_tests::{Person, Town, at, id, id_number, insert_all, shift};
use chrono::TimeDelta;
use serde_json::json;

use crate::{
    acts::{ask_to_join, decide, grant, open_recovery},
    authenticator::enrolled,
    root_fields_asked::{Commended, Desk, File, HonourRoll, Scene, Stars},
};

/// The columns of the matrix, as seen from 西湖救援队 and from a volunteer who serves there.
#[derive(Clone, Copy, PartialEq)]
pub enum Asker {
    Stranger,
    Volunteer,
    Themself,
    AnotherLeader,
    Desk,
    Leader,
    Sibling,
    Above,
}

impl Asker {
    pub const ALL: [Self; 8] = [
        Self::Stranger,
        Self::Volunteer,
        Self::Themself,
        Self::AnotherLeader,
        Self::Desk,
        Self::Leader,
        Self::Sibling,
        Self::Above,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Volunteer => "volunteer",
            Self::Themself => "themself",
            Self::AnotherLeader => "another leader",
            Self::Desk => "desk",
            Self::Leader => "leader",
            Self::Sibling => "sibling",
            Self::Above => "above",
        }
    }

    /// Somebody new in this part, but for the one whom the scene is about.
    pub async fn comes<'t>(self, town: &'t Town, themself: &Person<'t>) -> Person<'t> {
        let (role, branch, team) = match self {
            Self::Stranger => return town.stranger(),
            Self::Themself => return themself.clone(),
            Self::Volunteer => return town.resident("张三丰").await,
            Self::AnotherLeader => ("TEAM_LEADER", None, Some(Town::OTHER_TEAM)),
            Self::Desk => ("DESK_OPERATOR", None, Some(Town::TEAM)),
            Self::Leader => ("TEAM_LEADER", None, Some(Town::TEAM)),
            Self::Sibling => ("BRANCH_OFFICER", Some(branch_beside(town).await), None),
            Self::Above => ("BRANCH_OFFICER", Some(Town::branch("3301")), None),
        };
        let person = town.resident(self.name()).await;
        person.hold(role, branch, team).await;
        person
    }
}

/// The branch of 拱墅区 (330105), beside that of 西湖救援队.
async fn branch_beside(town: &Town) -> BranchId {
    let branch_id = BranchId(uuid::Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_B105));
    if town.rows("branch WHERE path = '330105'").await == 0 {
        let (code, name) = ("330105".to_owned(), "拱墅区".to_owned());
        let (level, parent) = (DivisionLevel::County, Some("3301".to_owned()));
        let beside = division::Model {
            code: code.clone(),
            level,
            parent_code: parent,
            name: name.clone(),
            valid_from: None,
            valid_to: None,
        };
        insert_all::<division::Entity, _>(&town.app.db.conn, vec![beside]).await;
        let beside = branch::Model {
            id: branch_id,
            division_code: code.clone(),
            level,
            kind: BranchKind::Territorial,
            parent_id: Some(Town::branch("3301")),
            path: code,
            name,
            founded_on: None,
        };
        insert_all::<branch::Entity, _>(&town.app.db.conn, vec![beside]).await;
    }
    branch_id
}

/// A review of 西湖区's in which this role waits. (The system opens one a quarter; each scene has its own.)
async fn review_with(town: &Town, grant: &str) -> String {
    let (_, grant) = decode(grant).expect("a global id");
    let now = town.clock.now();
    let review = role_review::Model {
        id: RoleReviewId(town.app.random.uuid(now)),
        branch_id: Town::branch("330106"),
        quarter: format!("2026Q2-{:06}", town.rows("role_review").await),
        opened_at: now,
        due_at: now + TimeDelta::days(30),
        overdue_told_at: None,
    };
    let item = role_review_item::Model {
        review_id: review.id,
        grant_id: RoleGrantId(grant.parse().expect("a UUID")),
        decided_at: None,
        decided_by: None,
        kept: None,
    };
    let db = &town.app.db.conn;
    insert_all::<role_review::Entity, _>(db, vec![review.clone()]).await;
    insert_all::<role_review_item::Entity, _>(db, vec![item]).await;
    id(review.id)
}

/// A version of 西湖区's policy that waits, whatever else was proposed there. (Each scene has its own.)
async fn policy_that_waits(town: &Town) -> String {
    let known = town.rows("policy").await;
    let now = town.clock.now();
    let first = boai::policies::policy_at(&town.app.db.conn, "330106", now).await.expect("a policy");
    let waiting = policy::Model {
        id: PolicyId(town.app.random.uuid(now)),
        version: 1000 + i32::try_from(known).expect("few"),
        branch_path: "330106".into(),
        valid_from: at("+400 12:00") + TimeDelta::minutes(known),
        reason: Some("x".into()),
        proposed_at: Some(now),
        ..first
    };
    insert_all::<policy::Entity, _>(&town.app.db.conn, vec![waiting.clone()]).await;
    id(waiting.id)
}

/// A rule of a badge of 西湖区's that waits, and its dry run. (Each scene has its own.)
async fn badge_that_waits(town: &Town, above: &Person<'_>) -> (String, String) {
    let known = town.rows("badge_rule").await;
    let now = town.clock.now();
    let star = Ask { measure: BadgeMeasure::Star, at_least: 1, category: None, period: None };
    let waiting = badge_rule::Model {
        id: BadgeRuleId(town.app.random.uuid(now)),
        code: format!("SCENE_{known}"),
        version: 1,
        branch_path: "330106".into(),
        valid_from: at("+400 12:00"),
        name_zh: "一星徽章".into(),
        name_en: "One star".into(),
        rule: Rule::Ask(star),
        reason: Some("x".into()),
        proposed_at: Some(now),
        withdrawn_at: None,
    };
    insert_all::<badge_rule::Entity, _>(&town.app.db.conn, vec![waiting.clone()]).await;
    let ask = "mutation($id: ID!) { previewBadgeRule(input: { badgeRuleId: $id }) { preview { id } errors { code } } }";
    let preview = above.ask(ask, json!({ "id": id(waiting.id) })).await.fine();
    (id(waiting.id), preview.text("/previewBadgeRule/preview/id"))
}

/// An activity of the leader's with a desk, at which one of two has arrived.
async fn desk(leader: &Person<'_>, arrived: &Person<'_>, late: &Person<'_>) -> Desk {
    let town = leader.town;
    let posted = leader.post_activity(at("09:00"), at("10:00"), 5, json!({ "title": "签到台" })).await;
    let [there, to_come] = [arrived.sign_up(posted.shift()).await.fine(), late.sign_up(posted.shift()).await.fine()]
        .map(|answer| answer.text("/signUpForShift/signUp/id"));
    let sits = town.person("签到员").await;
    let grant = "mutation($site: ID!, $phone: PhoneNumber!) { grantDesk(input: { activityId: $site, phone: $phone,
        fromDay: \"2026-05-08\", toDay: \"2026-05-08\" }) { grant { id } errors { code } } }";
    let grant = leader.ask(grant, json!({ "site": posted.activity, "phone": sits.phone })).await.fine();
    let enter = "mutation($site: ID!, $line: ID, $digits: String, $request: UUID!) { deskCheckIn(input: {
        activityId: $site, signUpId: $line, phoneDigits: $digits, requestId: $request }) { entry { id } errors { code } } }";
    let refused = json!({ "site": posted.activity, "digits": "000000000", "request": sits.request_id() });
    assert_eq!(sits.ask(enter, refused).await.codes(), ["NOBODY_FOUND"]);
    let entered = json!({ "site": posted.activity, "line": there, "request": sits.request_id() });
    let entry = sits.ask(enter, entered).await.fine().text("/deskCheckIn/entry/id");
    let refused = "query($site: ID!) { desk(activityId: $site) { refusedScans { nodes { id } } } }";
    let refused = sits.ask(refused, json!({ "site": posted.activity })).await;
    Desk {
        activity: posted.activity,
        grant: grant.text("/grantDesk/grant/id"),
        entry,
        refused: refused.text("/desk/refusedScans/nodes/0/id"),
        there,
        to_come,
    }
}

/// The UUID inside a global id.
fn key(global_id: &str) -> uuid::Uuid {
    let (_, key) = decode(global_id).expect("a global id");
    key.parse().expect("a UUID")
}

#[derive(sea_orm::FromQueryResult)]
struct Rules {
    scheme: StarSchemeId,
    policy: PolicyId,
}

/// Rounds of 西湖区's at each step, in which `served` is; another volunteer objected.
async fn stars(served: &Person<'_>, other: &Person<'_>, officer: &Person<'_>) -> Stars {
    let (town, now) = (served.town, served.town.clock.now());
    let db = &town.app.db.conn;
    let new_id = || town.app.random.uuid(now);
    let rules = "SELECT s.id AS scheme, p.id AS policy FROM star_scheme s, policy p LIMIT 1";
    let rules: Option<Rules> = boai::platform::db::one(db, rules, []).await.expect("asked");
    let Rules { scheme, policy } = rules.expect("a scheme and a policy");
    let (volunteer_id, by) = (VolunteerId(key(&served.volunteer_id().await)), officer.person_id().await);
    let round = |state| award_round::Model {
        id: AwardRoundId(new_id()),
        branch_id: Town::branch("330106"),
        from_star: 1,
        to_star: 4,
        cut_off: "2026-05-07".parse().expect("a day"),
        state,
        opened_by: by,
        opened_at: now,
        scheme_id: (state != AwardRoundState::Opened).then_some(scheme),
        policy_id: (state != AwardRoundState::Opened).then_some(policy),
        frozen_at: (state != AwardRoundState::Opened).then_some(now),
        notice_until: matches!(state, AwardRoundState::Notice | AwardRoundState::Awarded)
            .then_some(now + TimeDelta::days(1)),
        closed_at: (state == AwardRoundState::Awarded).then_some(now),
        cancel_reason: None,
    };
    use AwardRoundState::{Awarded, Notice, Opened, Reviewing};
    let [opened, reviewing, reviewed, notice, objected, awarded, again] =
        [Opened, Reviewing, Reviewing, Notice, Notice, Awarded, Awarded].map(round);
    let over = award_round::Model { notice_until: Some(now), ..round(Notice) };
    let candidate = |round: &award_round::Model, state| award_candidate::Model {
        id: StarCandidateId(new_id()),
        round_id: round.id,
        volunteer_id,
        star: 1,
        minutes: 6000,
        threshold: 6000,
        state,
        reason: None,
        decided_by: (state != CandidateState::Listed).then_some(by),
        decided_at: (state != CandidateState::Listed).then_some(now),
    };
    let listed = candidate(&reviewing, CandidateState::Listed);
    let passed = [&reviewed, &notice, &objected, &over].map(|round| candidate(round, CandidateState::Passed));
    let holds = candidate(&awarded, CandidateState::Awarded);
    let award = star_award::Model {
        id: StarAwardId(holds.id.0),
        round_id: awarded.id,
        volunteer_id,
        star: 1,
        minutes: 6000,
        threshold: 6000,
        awarded_at: now,
        awarded_by: by,
        revoked_at: None,
        revoked_by: None,
        revoke_reason: None,
    };
    let second = award_candidate::Model { star: 2, ..candidate(&again, CandidateState::Awarded) };
    let highest = star_award::Model { id: StarAwardId(second.id.0), round_id: again.id, star: 2, ..award.clone() };
    let case = star_case::Model {
        id: StarCaseId(new_id()),
        award_id: award.id,
        volunteer_id,
        confirmed_minutes: 5000,
        raised_at: now,
        state: StarCaseState::Waiting,
        reason: None,
        decided_by: None,
        decided_at: None,
    };
    let objection = award_objection::Model {
        id: AwardObjectionId(new_id()),
        candidate_id: passed[2].id,
        raised_by: other.person_id().await,
        words: "x".into(),
        raised_at: now,
        state: ObjectionState::Waiting,
        answer: None,
        answered_by: None,
        answered_at: None,
    };
    let badge = star_badge::Model {
        id: StarBadgeId(new_id()),
        number: format!("330106-2026-1-{:07}", town.rows("star_badge").await),
        award_id: award.id,
        volunteer_id,
        branch_id: Town::branch("330106"),
        issued_at: now,
        issued_by: by,
        handed_out_at: None,
        handed_out_by: None,
        voided_at: None,
        voided_by: None,
        void_reason: None,
        replaces: None,
        public_id: new_id(),
        status_year: 2026,
        status_place: i32::try_from(town.rows("star_badge").await).expect("a place"),
        credential: None,
    };
    let stock = [1, 2].map(|star| badge_stock::Model { branch_id: Town::branch("330106"), star, on_hand: 9 });
    let answer = Stars {
        badge: id(badge.id),
        opened: id(opened.id),
        reviewing: id(reviewing.id),
        reviewed: id(reviewed.id),
        candidate: id(listed.id),
        notice: id(notice.id),
        noticed: id(passed[1].id),
        objection: id(objection.id),
        over: id(over.id),
        award: id(award.id),
        highest: id(highest.id),
        case: id(case.id),
    };
    let rounds = vec![opened, reviewing, reviewed, notice, objected, awarded, again, over];
    insert_all::<award_round::Entity, _>(db, rounds).await;
    insert_all::<award_candidate::Entity, _>(db, [vec![listed, holds, second], passed.to_vec()].concat()).await;
    insert_all::<award_objection::Entity, _>(db, vec![objection]).await;
    insert_all::<star_award::Entity, _>(db, vec![award, highest]).await;
    insert_all::<star_case::Entity, _>(db, vec![case]).await;
    insert_all::<star_badge::Entity, _>(db, vec![badge]).await;
    if town.rows("badge_stock").await == 0 {
        insert_all::<badge_stock::Entity, _>(db, stock.to_vec()).await;
    }
    answer
}

/// An application of theirs that waits for 西湖区.
async fn registration(person: &Person<'_>) -> String {
    let (town, now) = (person.town, person.town.clock.now());
    let row = registration::Model {
        id: RegistrationId(town.app.random.uuid(now)),
        volunteer_id: VolunteerId(key(&person.volunteer_id().await)),
        county_code: "330106".into(),
        year: 2026,
        minutes: 1200,
        applied_at: now,
        state: RegistrationState::Waiting,
        reason: None,
        decided_by: None,
        decided_at: None,
    };
    let global = id(row.id);
    insert_all::<registration::Entity, _>(&town.app.db.conn, vec![row]).await;
    global
}

/// An issue that is published and a draft, in which `served` is; another volunteer agreed to be in the draft.
async fn honour_roll(served: &Person<'_>, other: &Person<'_>, officer: &Person<'_>) -> HonourRoll {
    let open = "mutation($branch: ID!) { openHonourRollIssue(input: { branchId: $branch, title: \"x\",
        issuedOn: \"2026-05-08\" }) { issue { id } errors { code } } }";
    let branch = json!({ "branch": id(Town::branch("330106")) });
    let [published, draft] = [
        officer.ask(open, branch.clone()).await.fine().text("/openHonourRollIssue/issue/id"),
        officer.ask(open, branch).await.fine().text("/openHonourRollIssue/issue/id"),
    ];
    let put =
        "mutation($issue: ID!, $number: String!) { putOnHonourRoll(input: { issueId: $issue, volunteerNumber: $number,
        story: \"x\" }) { entry { id } errors { code } } }";
    let agree = "mutation($entry: ID!) { agreeToHonourRoll(input: { entryId: $entry, revision: 1, name: MASKED }) {
        errors { code } } }";
    let mut entries = Vec::new();
    for (issue, person, agrees) in [(&published, served, true), (&draft, served, false), (&draft, other, true)] {
        let put = officer.ask(put, json!({ "issue": issue, "number": person.number().await })).await.fine();
        let entry = put.text("/putOnHonourRoll/entry/id");
        if agrees {
            person.ask(agree, json!({ "entry": entry })).await.fine();
        }
        entries.push(entry);
    }
    let publish = "mutation($id: ID!) { publishHonourRollIssue(input: { issueId: $id }) { errors { code } } }";
    officer.ask(publish, json!({ "id": published })).await.fine();
    let [shown, asked, _] = entries.try_into().expect("three");
    HonourRoll { published, draft, shown, asked }
}

/// An honour that waits for 西湖区, and a training and an evaluation of the branch's.
async fn file(served: &Person<'_>, officer: &Person<'_>) -> File {
    let honour =
        "mutation { submitHonour(input: { name: \"优秀志愿者\", awardedOn: \"2025-12-05\", awardingUnit: \"团委\",
        proof: \"证书\", reference: \"1\" }) { honour { id } errors { code } } }";
    let honour = served.ask(honour, json!({})).await.fine().text("/submitHonour/honour/id");
    let given = json!({ "branch": id(Town::branch("330106")), "number": served.number().await });
    let training =
        "mutation($branch: ID!, $number: String!) { recordTraining(input: { branchId: $branch, name: \"急救\",
        content: \"心肺复苏\", learningTime: 960, trainedOn: \"2026-04-01\", volunteerNumbers: [$number] }) {
        results { training { id } } errors { code } } }";
    let training = officer.ask(training, given.clone()).await.fine();
    let evaluation =
        "mutation($branch: ID!, $number: String!) { evaluateVolunteers(input: { branchId: $branch, year: 2025,
        items: [{ volunteerNumber: $number, rating: 4, reason: \"x\" }] }) {
        results { evaluation { id } } errors { code } } }";
    let evaluation = officer.ask(evaluation, given).await.fine();
    File {
        honour,
        training: training.text("/recordTraining/results/0/training/id"),
        evaluation: evaluation.text("/evaluateVolunteers/results/0/evaluation/id"),
    }
}

/// Rounds of commendations of 西湖区's at each step, in which `served` is nominated.
async fn commended(served: &Person<'_>, officer: &Person<'_>) -> Commended {
    let (town, now) = (served.town, served.town.clock.now());
    let db = &town.app.db.conn;
    let new_id = || town.app.random.uuid(now);
    let (volunteer_id, by) = (VolunteerId(key(&served.volunteer_id().await)), officer.person_id().await);
    let branch_id = Town::branch("330106");
    use AwardRoundState::{Notice, Opened, Reviewing};
    let round = |state| commendation_round::Model {
        id: CommendationRoundId(new_id()),
        branch_id,
        title: "x".into(),
        state,
        opened_by: by,
        opened_at: now,
        notice_until: (state == Notice).then_some(now),
        closed_at: None,
        cancel_reason: None,
    };
    let rounds = [Opened, Reviewing, Reviewing, Notice].map(round);
    let quota = |kind| commendation_quota::Model { round_id: rounds[0].id, branch_id, kind, quota: 2, taken: 1 };
    let nominee = |round: &commendation_round::Model, state| commendation_nominee::Model {
        id: CommendationNomineeId(new_id()),
        round_id: round.id,
        branch_id,
        kind: CommendedKind::Volunteer,
        volunteer_id: Some(volunteer_id),
        team_id: None,
        merits: Some("x".into()),
        nominated_by: by,
        nominated_at: now,
        state,
        reason: None,
        decided_by: (state != CandidateState::Listed).then_some(by),
        decided_at: (state != CandidateState::Listed).then_some(now),
    };
    use CandidateState::{Listed, Passed};
    let states = [Listed, Listed, Passed, Passed];
    let nominees: Vec<_> = rounds.iter().zip(states).map(|(round, state)| nominee(round, state)).collect();
    let answer = Commended {
        opened: id(rounds[0].id),
        nominee: id(nominees[0].id),
        reviewing: id(rounds[1].id),
        reviewed: id(rounds[2].id),
        passed: id(nominees[1].id),
        over: id(rounds[3].id),
    };
    let quotas = vec![quota(CommendedKind::Volunteer), quota(CommendedKind::Team)];
    insert_all::<commendation_round::Entity, _>(db, rounds.to_vec()).await;
    insert_all::<commendation_quota::Entity, _>(db, quotas).await;
    insert_all::<commendation_nominee::Entity, _>(db, nominees).await;
    answer
}

/// What somebody disputes of half an hour more, which the leader has confirmed.
async fn disputed(leader: &Person<'_>, served: &Person<'_>) -> String {
    let posted = leader.post_activity(at("08:11"), at("08:41"), 5, json!({ "title": "异议" })).await;
    served.sign_up(posted.shift()).await.fine();
    leader.town.clock.set(at("08:11"));
    served.check_in(posted.shift(), 0.0).await.fine();
    leader.town.clock.set(at("08:41"));
    let stay = served.check_out(0.0).await.fine().text("/checkOut/attendance/id");
    leader.confirm(&stay).await.fine();
    let open = "mutation($stay: ID!, $request: UUID!) { openDispute(input: {
        attendanceId: $stay, words: \"x\", requestId: $request }) { dispute { id } errors { code } } }";
    let opened = served.ask(open, json!({ "stay": stay, "request": served.request_id() })).await.fine();
    opened.text("/openDispute/dispute/id")
}

/// A volunteer of many sides, who has served, asks to join the team and holds a role far below; and what else is 西湖救援队's.
pub async fn settle(town: &Town) -> (Scene, Person<'_>) {
    town.clock.set(at("07:00"));
    let leader = town.resident("李队长").await;
    leader.hold("TEAM_LEADER", None, Some(Town::TEAM)).await;
    let served = town.resident("欧阳小玲").await;
    // While she has only just signed in, which proves who asks.
    let wishes = "mutation($phone: PhoneNumber!, $request: UUID!) {
        requestErasure(input: { phone: $phone }) { erasure { id } errors { code } }
        requestMyData(input: { requestId: $request }) { export { id } errors { code } } }";
    let wishes = served.ask(wishes, json!({ "phone": served.phone, "request": served.request_id() })).await;
    let job = Ctx::system(town.app.clone(), "story");
    boai::privacy::export::make_all(&job).await.expect("the copy is made");
    let past = leader.post_activity(at("07:10"), at("08:10"), 5, json!({ "title": "旧" })).await;
    served.sign_up(past.shift()).await.fine();
    town.clock.set(at("07:10"));
    served.check_in(past.shift(), 0.0).await.fine();
    let asked =
        "mutation($shift: ID!, $request: UUID!) { askForPresence(input: { shiftId: $shift, requestId: $request }) {
        ask { id } errors { code } } }";
    let asked = leader.ask(asked, json!({ "shift": past.shift(), "request": leader.request_id() })).await.fine();
    let presence = asked.text("/askForPresence/ask/id");
    let answer =
        "mutation($ask: ID!, $fix: FixInput) { provePresence(input: { askId: $ask, fix: $fix }) { errors { code } } }";
    served.ask(answer, json!({ "ask": presence, "fix": served.fix(0.0) })).await.fine();
    let running = leader.post_activity(at("08:30"), at("09:00"), 5, json!({ "title": "在岗" })).await;
    town.clock.set(at("08:10"));
    let out = served.check_out(0.0).await.fine();
    let dispute = disputed(&leader, &served).await;
    town.clock.set(at("08:45"));
    let there = town.resident("孙在岗").await;
    there.sign_up(running.shift()).await.fine();
    there.check_in(running.shift(), 0.0).await.fine();
    let posted = leader.post_activity(at("09:00"), at("10:00"), 5, json!({ "title": "公开" })).await;
    served.sign_up(posted.shift()).await.fine();
    let mut shifts = vec![shift(at("09:00"), at("10:00"), 5)];
    shifts[0]["posts"] = json!([{ "name": "登记台", "capacity": 5 }]);
    let draft = leader.draft_activity(shifts, json!({ "title": "草稿" })).await.fine();
    ask_to_join(&served, &id(Town::TEAM)).await.fine();
    let member = town.resident("赵铁柱").await;
    ask_to_join(&member, &id(Town::TEAM)).await.fine();
    decide(&leader, &id(Town::TEAM), &member.volunteer_id().await, true).await.fine();
    let above = town.resident("above").await;
    above.hold("BRANCH_OFFICER", Some(Town::branch("3301")), None).await;
    let village = json!({ "branchId": id(Town::branch("330106109203")) });
    let role = grant(&above, &served.number().await, "DESK_OPERATOR", village).await.fine();
    let opener = town.resident("opener").await;
    opener.hold("BRANCH_OFFICER", Some(Town::branch("3301")), None).await;
    let recovery = open_recovery(&opener, &served.number().await, &town.new_phone()).await.fine();
    // Of one frozen moment items come in any order, and a short page of an inbox would show now these and now those.
    town.clock.advance(TimeDelta::seconds(1));
    let change =
        "mutation($id: ID!) { changeActivity(input: { activityId: $id, note: \"带水\" }) { errors { code } } }";
    leader.ask(change, json!({ "id": posted.activity })).await.fine();
    let hand_in = "mutation($number: String!) { submitIdentity(input: {
        document: IDENTITY_CARD, number: $number, consentVersion: \"2026-01\" }) { identity { id } errors { code } } }";
    let identity = served.ask(hand_in, json!({ "number": id_number(&served.phone) })).await.fine();
    let mine = "{ me { id sessions { id } signUps { nodes { id } } inbox { nodes { id activity { id } } } auditTrail { nodes { id } } } }";
    let mine = served.ask(mine, json!({})).await;
    // Of one moment items come in any order: one that is about an activity.
    let items = mine.data("/me/inbox/nodes");
    let item =
        items.as_array().expect("items").iter().find(|item| !item["activity"].is_null()).expect("of an activity");
    let officer = town.resident("周干部").await;
    officer.hold("BRANCH_OFFICER", Some(Town::branch("330106")), None).await;
    enrolled(&officer).await;
    let grant_id = role.text("/grantRole/grant/id");
    let propose = async |code: &str| {
        let branch = json!({ "branchId": id(Town::branch(code)) });
        let proposed = grant(&above, &member.number().await, "BRANCH_OFFICER", branch).await.fine();
        proposed.text("/grantRole/pendingAct/id")
    };
    let claim = "mutation($id: ID!) { claimHours(input: {
        attendanceId: $id, servedTo: \"2026-05-08T08:10:00+08:00\", reason: \"x\" }) { claim { id } errors { code } } }";
    let claim = served.ask(claim, json!({ "id": out.text("/checkOut/attendance/id") })).await.fine();
    let facility =
        "mutation($branch: ID!, $name: String!) { createFacility(input: { branchId: $branch, kind: MEMBER_HOME,
        name: $name, address: \"北山街\", divisionCode: \"330106109\",
        place: { latitude: 30.2604, longitude: 120.1472, datum: WGS84 } }) { facility { id } errors { code } } }";
    let named = format!("之家 {}", town.rows("facility").await);
    let facility = above.ask(facility, json!({ "branch": id(Town::branch("330106")), "name": named })).await.fine();
    let desk = desk(&leader, &member, &opener).await;
    let facility = facility.text("/createFacility/facility/id");
    let there = json!({ "title": "站点", "facilityId": facility, "placeName": null, "address": null,
        "divisionCode": null, "place": null });
    let at_site = leader.draft_activity(Vec::new(), there).await.fine().text("/createActivity/activity/id");
    let rule = "mutation($id: ID!) { createShiftRule(input: { activityId: $id, weekdays: [MONDAY], startsAt: \"06:30\",
        length: 300, capacity: 4, validFrom: \"2026-05-11\" }) { rule { id } errors { code message } } }";
    let rule = leader.ask(rule, json!({ "id": at_site })).await.fine().text("/createShiftRule/rule/id");
    leader.publish(&at_site).await.fine();
    let policy = policy_that_waits(town).await;
    let preview = "mutation($id: ID!) { previewPolicy(input: { policyId: $id }) { preview { id } errors { code } } }";
    let preview = above.ask(preview, json!({ "id": policy })).await.fine().text("/previewPolicy/preview/id");
    // Who settled here before has signed it already.
    let branch = json!({ "id": id(Town::branch("330106")) });
    let sign = "mutation($id: ID!) { signMonth(input: { branchId: $id, month: \"2026-03-01\" }) { errors { code } } }";
    above.ask(sign, branch.clone()).await;
    let month = above.ask("query($id: ID!) { monthStatements(branchId: $id, last: 1) { nodes { id } } }", branch).await;
    let (badge_rule, badge_preview) = badge_that_waits(town, &above).await;
    // What these tell comes a second before: the first of an inbox is still about an activity.
    town.clock.set(town.clock.now() - TimeDelta::seconds(1));
    let (file, commended) = (file(&served, &above).await, commended(&served, &above).await);
    let honour_roll = honour_roll(&served, &opener, &above).await;
    town.clock.advance(TimeDelta::seconds(1));
    let scene = Scene {
        policy,
        preview,
        month: month.text("/monthStatements/nodes/0/id"),
        badge_rule,
        badge_preview,
        stars: stars(&served, &member, &above).await,
        registration: registration(&served).await,
        file,
        commended,
        honour_roll,
        desk,
        presence,
        dispute,
        running: running.shift().to_owned(),
        claim: claim.text("/claimHours/claim/id"),
        review: review_with(town, &grant_id).await,
        officer: officer.ask("{ me { roles { id } } }", json!({})).await.text("/me/roles/0/id"),
        acts: [propose("330106109").await, propose("330106109203").await],
        draft: draft.text("/createActivity/activity/id"),
        attendance: out.text("/checkOut/attendance/id"),
        record: out.text("/checkOut/attendance/record/id"),
        volunteer: served.volunteer_id().await,
        session: mine.text("/me/sessions/0/id"),
        applicant: served.volunteer_id().await,
        number: served.number().await,
        grant: grant_id,
        recovery: recovery.text("/openRecovery/recovery/id"),
        member: member.number().await,
        person: mine.text("/me/id"),
        sign_up: mine.text("/me/signUps/nodes/0/id"),
        inbox_item: item["id"].as_str().expect("an id").to_owned(),
        audit_entry: mine.text("/me/auditTrail/nodes/0/id"),
        identity: identity.text("/submitIdentity/identity/id"),
        export: wishes.text("/requestMyData/export/id"),
        erasure: wishes.text("/requestErasure/erasure/id"),
        post: draft.text("/createActivity/activity/shifts/0/posts/0/id"),
        facility,
        at_site,
        rule,
        posted,
    };
    (scene, served)
}
