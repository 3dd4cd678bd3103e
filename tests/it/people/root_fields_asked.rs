//! Every root field of the schema, with the smallest input that makes sense.

use boai::platform::node::encode;
use boai_tests::{Person, Posted, Town, id, id_number};

/// Things of 西湖救援队 and of people who have nothing to do with whoever asks.
pub struct Scene {
    pub posted: Posted,
    pub draft: String,
    /// A post of the draft.
    pub post: String,
    /// An attendance that waits for confirmation, its record and its volunteer.
    pub attendance: String,
    pub record: String,
    pub volunteer: String,
    /// The session of somebody else.
    pub session: String,
    /// Asks to join the team.
    pub applicant: String,
    pub number: String,
    /// A desk operator's role on a branch far below.
    pub grant: String,
    /// Whose attendance, record, sign-up, file, session and role these are.
    pub person: String,
    pub sign_up: String,
    pub inbox_item: String,
    /// An identity that waits for an officer.
    pub identity: String,
    /// Of the volunteer's account, opened by an officer above; and the number of another volunteer.
    pub recovery: String,
    pub member: String,
    pub audit_entry: String,
    /// The review that this role waits in.
    pub review: String,
    /// The role of an officer of the branch, who has a second factor.
    pub officer: String,
    /// Acts on branches far below that an officer of the city proposed.
    pub acts: [String; 2],
    /// A copy of that person's data, and their wish to be erased.
    pub export: String,
    /// A claim of that person that waits.
    pub claim: String,
    pub erasure: String,
    /// A place of the branch, and a policy of it that waits.
    pub facility: String,
    pub policy: String,
    /// What that one would move.
    pub preview: String,
    /// A month that the branch signed.
    pub month: String,
    /// A rule of a badge of the branch that waits, and its dry run.
    pub badge_rule: String,
    pub badge_preview: String,
    /// An activity of the team there, and a rule of it.
    pub at_site: String,
    pub rule: String,
    /// An activity with a desk: somebody's grant of it, what it entered and was refused, the sign-ups of who is there and of
    /// who is still to come.
    pub desk: Desk,
    /// What everybody at the shift of that attendance was asked and this volunteer answered; and a shift that runs, with
    /// somebody there.
    pub presence: String,
    pub running: String,
    /// Stars of the branch's.
    pub stars: Stars,
    /// Somebody's application to be registered.
    pub registration: String,
    /// What that person disputes of another record.
    pub dispute: String,
    pub honour_roll: HonourRoll,
    pub file: File,
    pub commended: Commended,
}

/// Rounds of commendations of 西湖区's at each step, with a nomination in those that take or review them.
pub struct Commended {
    pub opened: String,
    pub nominee: String,
    pub reviewing: String,
    pub reviewed: String,
    pub passed: String,
    pub over: String,
}

/// What waits for that person's file, and what is in it.
pub struct File {
    pub honour: String,
    pub training: String,
    pub evaluation: String,
}

/// Issues of 西湖区's honour roll: one that is published and one that is not, each with an entry of that person's.
pub struct HonourRoll {
    pub published: String,
    pub draft: String,
    pub shown: String,
    pub asked: String,
}

/// Rounds of 西湖区 that stand at each step, somebody on the list of the one under review and under notice, an objection, a star
/// that was awarded, and one in question.
pub struct Stars {
    pub opened: String,
    pub reviewing: String,
    pub reviewed: String,
    pub candidate: String,
    pub notice: String,
    pub noticed: String,
    pub objection: String,
    pub over: String,
    pub award: String,
    /// The highest one of theirs; no badge was issued for it.
    pub highest: String,
    pub case: String,
    pub badge: String,
}

pub struct Desk {
    pub activity: String,
    pub grant: String,
    pub entry: String,
    pub refused: String,
    pub there: String,
    pub to_come: String,
}

pub struct Operation {
    pub root: &'static str,
    pub field: &'static str,
    /// What is asked for, where a field has more than one answer to give.
    pub what: &'static str,
    pub document: String,
    /// Where in the answer to look, as a JSON pointer.
    pub look: &'static str,
}

fn query(field: &'static str, what: &'static str, look: &'static str, text: impl Into<String>) -> Operation {
    Operation { root: "Query", field, what, document: format!("{{ {} }}", text.into()), look }
}

fn mutation(field: &'static str, what: &'static str, input: impl Into<String>) -> Operation {
    let document = format!("mutation {{ {field}(input: {{ {} }}) {{ errors {{ code }} }} }}", input.into());
    Operation { root: "Mutation", field, what, document, look: "" }
}

/// All of them. `who` asks; some inputs are the asking person's own.
pub fn operations(scene: &Scene, who: &Person<'_>) -> Vec<Operation> {
    let Scene {
        posted, draft, attendance, record, volunteer, session, applicant, number, grant, recovery, member, ..
    } = scene;
    let Scene {
        review,
        officer,
        facility,
        desk,
        at_site,
        rule,
        presence,
        running,
        stars,
        acts: [one_act, other_act],
        ..
    } = scene;
    let registration = &scene.registration;
    let roll = &scene.honour_roll;
    let file = &scene.file;
    let commended = &scene.commended;
    let (activity, shift) = (&posted.activity, posted.shift());
    let (team, branch) = (id(Town::TEAM), id(Town::branch("330106")));
    let node =
        |what, look, id: &str, rest: &str| query("node", what, look, format!("node(id: \"{id}\") {{ id {rest} }}"));
    let activities = |what, more: &str| {
        let text = format!("activities(teamId: \"{team}\", text: \"{more}\") {{ nodes {{ id }} }}");
        query("activities", what, "/activities/nodes", text)
    };
    let place = "place: { latitude: 30.2604, longitude: 120.1472, datum: WGS84 }";
    let fix = format!("fix: {{ {place}, accuracy: 10, fixedAt: \"2026-05-08T08:45:00+08:00\" }}");
    let request = format!("requestId: \"{}\"", who.request_id());
    let times = "startsAt: \"2026-05-08T12:00:00+08:00\", endsAt: \"2026-05-08T13:00:00+08:00\", capacity: 1";
    let near =
        "activitiesNear(point: { latitude: 30.2604, longitude: 120.1472, datum: WGS84 }) { edges { node { id } } }";
    let draft_input = format!(
        "teamId: \"{team}\", category: RESCUE, title: \"x\", description: \"x\", placeName: \"x\", address: \"x\",
         divisionCode: \"330106\", {place}, shifts: [{{ {times} }}]"
    );
    let served = "servedFrom: \"2026-05-08T09:00:00+08:00\", servedTo: \"2026-05-08T10:00:00+08:00\"";
    let facility_input = format!(
        "branchId: \"{branch}\", kind: MEMBER_HOME, name: \"新\", address: \"x\", divisionCode: \"330106\", {place}"
    );
    let term = "endsAt: \"2027-04-01T00:00:00+08:00\", reason: \"x\"";
    let enrol =
        "name: \"Ling\", birthDate: \"1990-01-01\", residenceCode: \"330106\", acceptedTermsVersion: \"2026-01\"";
    let checks = format!("identityChecks(branchId: \"{branch}\") {{ nodes {{ id }} }}");
    let number_of_card = id_number(&who.town.new_phone());
    let new_phone = format!("newPhone: \"{}\"", who.town.new_phone());
    let recoveries = format!("accountRecoveries(branchId: \"{branch}\") {{ nodes {{ id }} }}");
    vec![
        query("accountRecoveries", "", "/accountRecoveries/nodes", recoveries),
        activities("published", "公开"),
        activities("drafts", "草稿"),
        query("activitiesNear", "", "/activitiesNear/edges", near),
        query("branches", "", "/branches/nodes", "branches(first: 10) { nodes { id } }"),
        query("desk", "", "/desk", format!("desk(activityId: \"{}\") {{ name }}", desk.activity)),
        query("division", "", "/division", "division(code: \"33\") { name }"),
        query("divisions", "", "/divisions/nodes", "divisions { nodes { name } }"),
        query(
            "reviewQueue",
            "of a team",
            "/reviewQueue/nodes",
            format!("reviewQueue(teamId: \"{team}\") {{ nodes {{ id }} }}"),
        ),
        query(
            "reviewQueue",
            "of a branch",
            "/reviewQueue/nodes",
            format!("reviewQueue(branchId: \"{branch}\") {{ nodes {{ id }} }}"),
        ),
        query("myClaims", "", "/myClaims/nodes", "myClaims { nodes { id } }"),
        query(
            "lateConfirmations",
            "",
            "/lateConfirmations/nodes",
            format!("lateConfirmations(branchId: \"{branch}\") {{ nodes {{ attendanceId }} }}"),
        ),
        query(
            "teamNotice",
            "",
            "/teamNotice/nodes",
            format!("teamNotice(teamId: \"{team}\") {{ nodes {{ recordId }} }}"),
        ),
        query(
            "disputes",
            "of a team",
            "/disputes/nodes",
            format!("disputes(teamId: \"{team}\", first: 10) {{ nodes {{ id }} }}"),
        ),
        query(
            "disputes",
            "of a branch",
            "/disputes/nodes",
            format!("disputes(branchId: \"{branch}\", first: 10) {{ nodes {{ id }} }}"),
        ),
        query("consentTexts", "", "/consentTexts", "consentTexts { kind }"),
        query("identityChecks", "", "/identityChecks/nodes", checks),
        query("guardianView", "", "/guardianView", "guardianView(pass: \"boai_x\") { childName }"),
        query("me", "", "/me", "me { id }"),
        node("a published activity", "/node", activity, ""),
        node("a draft", "/node", draft, ""),
        node("somebody's attendance", "/node", attendance, ""),
        node("somebody's record", "/node", record, ""),
        node("somebody's file", "/node", volunteer, ""),
        node("a shift", "/node", shift, ""),
        node("a branch", "/node", &branch, ""),
        node("a team", "/node", &team, ""),
        node("a division", "/node", &encode("Division", "330106"), ""),
        node("somebody", "/node", &scene.person, ""),
        node("somebody's session", "/node", session, ""),
        node("somebody's role", "/node", grant, ""),
        node("somebody's recovery", "/node", recovery, ""),
        node("somebody's sign-up", "/node", &scene.sign_up, ""),
        node("somebody's inbox", "/node", &scene.inbox_item, ""),
        node("somebody's identity", "/node", &scene.identity, ""),
        node("somebody's audit trail", "/node", &scene.audit_entry, ""),
        node("a draft's post", "/node", &scene.post, ""),
        node("somebody's copy of their data", "/node", &scene.export, ""),
        node("somebody's erasure", "/node", &scene.erasure, ""),
        node(
            "a team's members",
            "/node/members/nodes",
            &team,
            "... on Team { members(state: REQUESTED) { nodes { state } } }",
        ),
        node("a place of a branch", "/node", &scene.facility, ""),
        node("a policy of a branch", "/node", &scene.policy, ""),
        node("somebody's desk", "/node", &desk.grant, ""),
        node("an entry of a desk", "/node", &desk.entry, ""),
        node("what a desk was refused", "/node", &desk.refused, ""),
        node("a rule of day shifts", "/node", &scene.rule, ""),
        node("who is there, as asked", "/node", presence, ""),
        node("an act that waits", "/node", one_act, ""),
        node("a review of roles", "/node", review, ""),
        node("what waits for review", "/node", &scene.claim, ""),
        node("a round for stars", "/node", &stars.notice, ""),
        node("somebody on its list", "/node", &stars.noticed, ""),
        node("an objection", "/node", &stars.objection, ""),
        node("somebody's star", "/node", &stars.award, ""),
        node("a star in question", "/node", &stars.case, ""),
        node("somebody's badge", "/node", &stars.badge, ""),
        query("badgeStock", "", "/badgeStock", format!("badgeStock(branchId: \"{branch}\") {{ star }}")),
        node("somebody's registration", "/node", registration, ""),
        query(
            "awardRound",
            "under review",
            "/awardRound",
            format!("awardRound(id: \"{}\") {{ state }}", stars.reviewing),
        ),
        query("awardRound", "under notice", "/awardRound", format!("awardRound(id: \"{}\") {{ state }}", stars.notice)),
        query(
            "awardRounds",
            "",
            "/awardRounds/nodes",
            format!("awardRounds(branchId: \"{branch}\") {{ nodes {{ state }} }}"),
        ),
        query(
            "registrationQueue",
            "",
            "/registrationQueue/nodes",
            format!("registrationQueue(branchId: \"{branch}\") {{ nodes {{ state }} }}"),
        ),
        node("a round of commendations", "/node", &commended.opened, ""),
        node("a nomination", "/node", &commended.nominee, ""),
        query(
            "commendationRounds",
            "",
            "/commendationRounds/nodes",
            format!("commendationRounds(branchId: \"{branch}\", first: 10) {{ nodes {{ state }} }}"),
        ),
        query(
            "commendationRound",
            "nominating",
            "/commendationRound",
            format!("commendationRound(id: \"{}\") {{ state }}", commended.opened),
        ),
        query(
            "commendationRound",
            "under notice",
            "/commendationRound",
            format!("commendationRound(id: \"{}\") {{ state }}", commended.over),
        ),
        node("an honour to check", "/node", &file.honour, ""),
        node("somebody's training", "/node", &file.training, ""),
        node("somebody's evaluation", "/node", &file.evaluation, ""),
        query(
            "honourQueue",
            "",
            "/honourQueue/nodes",
            format!("honourQueue(branchId: \"{branch}\") {{ nodes {{ state }} }}"),
        ),
        query(
            "volunteerFile",
            "",
            "/volunteerFile",
            format!("volunteerFile(number: \"{}\") {{ training {{ nodes {{ name }} }} }}", scene.number),
        ),
        node("an issue of an honour roll", "/node", &roll.draft, ""),
        node("somebody on an honour roll", "/node", &roll.asked, ""),
        query(
            "honourRoll",
            "",
            "/honourRoll/nodes",
            format!("honourRoll(branchId: \"{branch}\") {{ nodes {{ title honoured {{ nodes {{ name }} }} }} }}"),
        ),
        query(
            "honourRollDrafts",
            "",
            "/honourRollDrafts/nodes",
            format!("honourRollDrafts(branchId: \"{branch}\") {{ nodes {{ title }} }}"),
        ),
        query(
            "honourRollIssue",
            "a draft",
            "/honourRollIssue",
            format!("honourRollIssue(id: \"{}\") {{ title }}", roll.draft),
        ),
        query(
            "honourRollIssue",
            "published",
            "/honourRollIssue/honoured/nodes",
            format!("honourRollIssue(id: \"{}\") {{ honoured {{ nodes {{ name }} }} }}", roll.published),
        ),
        query(
            "monthStatements",
            "",
            "/monthStatements/nodes",
            format!("monthStatements(branchId: \"{branch}\") {{ nodes {{ month }} }}"),
        ),
        query("monthToSign", "", "/monthToSign", format!("monthToSign(branchId: \"{branch}\") {{ month }}")),
        query(
            "publishedMonth",
            "",
            "/publishedMonth",
            format!("publishedMonth(branchId: \"{branch}\", month: \"2026-03-08\") {{ minutes }}"),
        ),
        node("a month that was signed", "/node", &scene.month, ""),
        mutation("signMonth", "", format!("branchId: \"{branch}\", month: \"2026-04-01\"")),
        query(
            "leaderboard",
            "of a branch",
            "/leaderboard",
            format!("leaderboard(branchId: \"{branch}\") {{ places {{ nodes {{ rank }} }} }}"),
        ),
        query(
            "leaderboard",
            "of a team",
            "/leaderboard",
            format!("leaderboard(teamId: \"{team}\", year: 2026) {{ mine {{ rank }} }}"),
        ),
        query(
            "starCases",
            "",
            "/starCases/nodes",
            format!("starCases(branchId: \"{branch}\") {{ nodes {{ state }} }}"),
        ),
        node("somebody's dispute", "/node", &scene.dispute, ""),
        query("pendingActs", "", "/pendingActs/nodes", "pendingActs { nodes { kind } }"),
        query(
            "roleHolders",
            "",
            "/roleHolders/nodes",
            format!("roleHolders(branchId: \"{branch}\") {{ nodes {{ role }} }}"),
        ),
        query("roleReview", "", "/roleReview", format!("roleReview(branchId: \"{branch}\") {{ quarter }}")),
        query("starScheme", "", "/starScheme", "starScheme { star }"),
        query("teams", "", "/teams/nodes", "teams { nodes { name } }"),
        query("policyPreview", "", "/policyPreview", format!("policyPreview(id: \"{}\") {{ percent }}", scene.preview)),
        node("what a policy would move", "/node", &scene.preview, ""),
        node("a badge's rule", "/node", &scene.badge_rule, ""),
        node("what a badge's rule would move", "/node", &scene.badge_preview, ""),
        query(
            "badgeRulePreview",
            "",
            "/badgeRulePreview",
            format!("badgeRulePreview(id: \"{}\") {{ percent }}", scene.badge_preview),
        ),
        mutation("previewBadgeRule", "", format!("badgeRuleId: \"{}\"", scene.badge_rule)),
        mutation(
            "proposeBadgeRule",
            "",
            format!(
                "branchId: \"{}\", code: \"NIGHT\", nameZh: \"x\", nameEn: \"x\", validFrom: \"2028-05-01\",
                 rule: {{ ask: {{ measure: STAR, atLeast: 1 }} }}, reason: \"x\"",
                id(Town::branch("3301"))
            ),
        ),
        mutation("withdrawBadgeRule", "", format!("badgeRuleId: \"{}\", reason: \"x\"", scene.badge_rule)),
        mutation("previewPolicy", "", format!("policyId: \"{}\"", scene.policy)),
        mutation(
            "proposePolicy",
            "",
            format!(
                "branchId: \"{}\", validFrom: \"2028-05-01\", reason: \"x\", counting: {{ minimumMinutes: 20 }}",
                id(Town::branch("3301"))
            ),
        ),
        mutation("withdrawPolicy", "", format!("policyId: \"{}\", reason: \"x\"", scene.policy)),
        mutation("addShift", "", format!("activityId: \"{activity}\", shift: {{ {times} }}")),
        mutation("answerObjection", "", format!("objectionId: \"{}\", upheld: false, answer: \"x\"", stars.objection)),
        mutation("applyForRegistration", "", ""),
        mutation(
            "openCommendationRound",
            "",
            format!(
                "branchId: \"{branch}\", title: \"x\", quotas: [{{ branchId: \"{branch}\", kind: TEAM, quota: 1 }}]"
            ),
        ),
        mutation(
            "nominate",
            "",
            format!("roundId: \"{}\", branchId: \"{branch}\", teamId: \"{team}\", merits: \"x\"", commended.opened),
        ),
        mutation("takeNominationBack", "", format!("nomineeId: \"{}\"", commended.nominee)),
        mutation("closeNominations", "", format!("roundId: \"{}\"", commended.opened)),
        mutation(
            "reviewNominees",
            "",
            format!("roundId: \"{}\", items: [{{ nomineeId: \"{}\" }}]", commended.reviewing, commended.passed),
        ),
        mutation("giveNoticeOfCommendations", "", format!("roundId: \"{}\"", commended.reviewed)),
        mutation("publishCommendations", "", format!("roundId: \"{}\"", commended.over)),
        mutation("cancelCommendationRound", "", format!("roundId: \"{}\", reason: \"x\"", commended.opened)),
        mutation(
            "submitHonour",
            "",
            "name: \"x\", awardedOn: \"2026-01-01\", awardingUnit: \"x\", proof: \"x\", reference: \"x\"",
        ),
        mutation("decideHonours", "", format!("items: [{{ honourId: \"{}\", recognise: true }}]", file.honour)),
        mutation(
            "recordTraining",
            "by a team",
            format!(
                "teamId: \"{team}\", name: \"x\", content: \"x\", learningTime: 60, trainedOn: \"2026-05-01\",
                 volunteerNumbers: [\"{member}\"]"
            ),
        ),
        mutation(
            "evaluateVolunteers",
            "by a branch",
            format!(
                "branchId: \"{branch}\", year: 2026,
                 items: [{{ volunteerNumber: \"{member}\", rating: 5, reason: \"x\" }}]"
            ),
        ),
        mutation("strikeFromFile", "", format!("trainingId: \"{}\", reason: \"x\"", file.training)),
        mutation("openHonourRollIssue", "", format!("branchId: \"{branch}\", title: \"x\", issuedOn: \"2026-05-08\"")),
        mutation(
            "putOnHonourRoll",
            "",
            format!("issueId: \"{}\", volunteerNumber: \"{member}\", story: \"x\"", roll.draft),
        ),
        mutation("takeOffHonourRoll", "", format!("entryId: \"{}\", reason: \"x\"", roll.shown)),
        mutation("publishHonourRollIssue", "", format!("issueId: \"{}\"", roll.draft)),
        mutation("agreeToHonourRoll", "", format!("entryId: \"{}\", revision: 1, name: MASKED", roll.asked)),
        mutation("withdrawFromHonourRoll", "", format!("entryId: \"{}\"", roll.shown)),
        mutation(
            "agreeToChildHonourRoll",
            "",
            format!("pass: \"x\", entryId: \"{}\", revision: 1, name: MASKED", roll.asked),
        ),
        mutation("withdrawChildFromHonourRoll", "", format!("pass: \"x\", entryId: \"{}\"", roll.shown)),
        mutation("answerDispute", "", format!("disputeId: \"{}\", words: \"x\"", scene.dispute)),
        mutation("appealDispute", "", format!("disputeId: \"{}\", words: \"x\"", scene.dispute)),
        mutation("approveAct", "", format!("actId: \"{one_act}\"")),
        mutation("approveRecovery", "", format!("recoveryId: \"{recovery}\"")),
        mutation("askForPresence", "", format!("shiftId: \"{running}\", {request}")),
        mutation("askToJoinTeam", "", format!("teamId: \"{team}\"")),
        mutation("awardStars", "", format!("roundId: \"{}\"", stars.over)),
        mutation("cancelAwardRound", "", format!("roundId: \"{}\", reason: \"x\"", stars.opened)),
        mutation("cancelChildErasure", "", format!("pass: \"boai_x\", erasureId: \"{}\"", scene.erasure)),
        mutation("cancelErasure", "", format!("erasureId: \"{}\"", scene.erasure)),
        mutation("cancelActivity", "", format!("activityId: \"{activity}\", reason: \"x\"")),
        mutation("changeActivity", "", format!("activityId: \"{activity}\", title: \"x\", note: \"x\"")),
        mutation("changeFacility", "", format!("facilityId: \"{facility}\", name: \"x\", note: \"x\"")),
        mutation("cancelShift", "", format!("shiftId: \"{shift}\", reason: \"x\"")),
        mutation("changePhone", "", format!("{new_phone}, oldCode: \"123456\", newCode: \"123456\"")),
        mutation("changeShift", "", format!("shiftId: \"{shift}\", capacity: 9, note: \"x\"")),
        mutation(
            "changeShiftRule",
            "",
            format!("ruleId: \"{rule}\", fromDay: \"2026-05-12\", capacity: 9, note: \"x\""),
        ),
        mutation("checkIn", "", format!("shiftId: \"{shift}\", {fix}, {request}")),
        mutation("checkOut", "", format!("{fix}, {request}")),
        mutation("closeFacility", "", format!("facilityId: \"{facility}\", reason: \"x\"")),
        mutation("completeRecovery", "", format!("{new_phone}, code: \"123456\", device: \"x\"")),
        mutation("confirmHours", "", format!("items: [{{ attendanceId: \"{attendance}\" }}]")),
        mutation("confirmSecondFactor", "", "code: \"000000\""),
        mutation("confirmShift", "", format!("shiftId: \"{shift}\"")),
        mutation("createActivity", "", draft_input),
        mutation("createChildDataLink", "", format!("pass: \"boai_x\", exportId: \"{}\"", scene.export)),
        mutation("createFacility", "", facility_input),
        mutation(
            "createShiftRule",
            "",
            format!(
                "activityId: \"{at_site}\", weekdays: [MONDAY], startsAt: \"06:30\", length: 300, capacity: 4,
                 validFrom: \"2026-05-09\""
            ),
        ),
        mutation("createMyDataLink", "", format!("exportId: \"{}\"", scene.export)),
        mutation("decideTeamMember", "", format!("teamId: \"{team}\", volunteerId: \"{applicant}\", accept: true")),
        mutation("decideIdentity", "", format!("identityId: \"{}\", verified: true", scene.identity)),
        mutation("declineAct", "", format!("actId: \"{other_act}\", reason: \"x\"")),
        mutation("declineRecovery", "", format!("recoveryId: \"{recovery}\", reason: \"x\"")),
        mutation(
            "deskCheckIn",
            "",
            format!("activityId: \"{}\", signUpId: \"{}\", {request}", desk.activity, desk.to_come),
        ),
        mutation(
            "deskCheckOut",
            "",
            format!("activityId: \"{}\", signUpId: \"{}\", {request}", desk.activity, desk.there),
        ),
        mutation(
            "backFillHours",
            "",
            format!("items: [{{ shiftId: \"{shift}\", volunteerId: \"{volunteer}\", {served}, reason: \"x\" }}]"),
        ),
        mutation(
            "claimHours",
            "",
            format!("attendanceId: \"{attendance}\", servedTo: \"2026-05-08T08:10:00+08:00\", reason: \"x\""),
        ),
        mutation(
            "decideRegistrations",
            "",
            format!("items: [{{ registrationId: \"{registration}\", approve: true }}]"),
        ),
        mutation("decideStarCase", "", format!("caseId: \"{}\", decision: KEEP, reason: \"x\"", stars.case)),
        mutation("decideDispute", "", format!("disputeId: \"{}\", outcome: DISMISSED, reason: \"x\"", scene.dispute)),
        mutation("decideReviews", "", format!("items: [{{ itemId: \"{}\", approve: true }}]", scene.claim)),
        mutation("settleFlag", "", format!("itemId: \"{}\", note: \"x\"", scene.claim)),
        mutation("withdrawClaim", "", format!("itemId: \"{}\"", scene.claim)),
        mutation("endSession", "the own", ""),
        mutation("endSession", "somebody's", format!("sessionId: \"{session}\"")),
        mutation("endShiftRule", "", format!("ruleId: \"{rule}\", lastDay: \"2026-05-12\", reason: \"x\"")),
        mutation("enrolAsVolunteer", "", enrol),
        mutation("enrolSecondFactor", "", ""),
        mutation("foundTeam", "", format!("branchId: \"{branch}\", name: \"新队\", speciality: RESCUE")),
        mutation("freezeAwardRound", "", format!("roundId: \"{}\"", stars.opened)),
        mutation("giveConsent", "", "kind: PUBLICATION, version: \"2026-01\""),
        mutation("giveGuardianConsent", "", "pass: \"boai_x\", version: \"2026-01\""),
        mutation(
            "grantDesk",
            "",
            format!(
                "activityId: \"{activity}\", volunteerNumber: \"{member}\", fromDay: \"2026-05-08\", toDay: \"2026-05-08\""
            ),
        ),
        mutation(
            "grantRole",
            "on a team",
            format!("teamId: \"{team}\", role: TEAM_LEADER, volunteerNumber: \"{number}\""),
        ),
        mutation(
            "grantRole",
            "on a branch",
            format!("branchId: \"{branch}\", role: BRANCH_OFFICER, volunteerNumber: \"{number}\", {term}"),
        ),
        mutation("leaveShift", "", format!("shiftId: \"{shift}\"")),
        mutation("leaveTeam", "", format!("teamId: \"{team}\"")),
        mutation("linkWeChat", "", "code: \"x\""),
        mutation("objectToRecovery", "", ""),
        mutation("objectToStar", "", format!("candidateId: \"{}\", words: \"x\"", stars.noticed)),
        mutation(
            "openAwardRound",
            "",
            format!("branchId: \"{branch}\", fromStar: 1, toStar: 4, cutOff: \"2026-05-07\""),
        ),
        mutation(
            "openGuardianPass",
            "",
            format!("phone: \"{}\", code: \"123456\", volunteerNumber: \"{number}\"", who.town.new_phone()),
        ),
        mutation(
            "openRecovery",
            "",
            format!("volunteerNumber: \"{member}\", {new_phone}, reason: \"x\", identityCheck: \"x\""),
        ),
        mutation("openDispute", "", format!("recordId: \"{record}\", words: \"x\", {request}")),
        mutation("provePresence", "", format!("askId: \"{presence}\", {fix}")),
        mutation("proveSecondFactor", "", "code: \"000000\""),
        mutation("publishActivity", "", format!("activityId: \"{draft}\"")),
        mutation("publishAwardRound", "", format!("roundId: \"{}\"", stars.reviewed)),
        mutation("refreshSession", "", format!("refreshToken: \"{}\"", who.refresh_token)),
        mutation("removeSecondFactor", "", "code: \"000000\""),
        mutation("renewRecoveryCodes", "", "code: \"000000\""),
        mutation("renewRole", "", format!("grantId: \"{grant}\", {term}")),
        mutation("requestPhoneChange", "", new_phone.clone()),
        mutation("requestRecoveryCode", "", new_phone.clone()),
        mutation("requestCertificate", "", "from: \"2026-05-01\", to: \"2026-05-08\""),
        mutation("requestChildData", "", format!("pass: \"boai_x\", requestId: \"{}\"", who.request_id())),
        mutation("requestChildErasure", "", format!("pass: \"boai_x\", volunteerNumber: \"{number}\"")),
        mutation("requestGuardianCode", "", format!("phone: \"{}\"", who.town.new_phone())),
        mutation(
            "requestErasure",
            "",
            format!("phone: \"{}\"", if who.phone.is_empty() { "13900000000" } else { &who.phone }),
        ),
        mutation("requestMyData", "", format!("requestId: \"{}\"", who.request_id())),
        mutation("requestSignInCode", "", format!("phone: \"{}\"", who.town.new_phone())),
        mutation("resetSecondFactor", "", format!("grantId: \"{officer}\", reason: \"x\"")),
        mutation(
            "reviewStarCandidates",
            "",
            format!("roundId: \"{}\", items: [{{ candidateId: \"{}\" }}]", stars.reviewing, stars.candidate),
        ),
        mutation("handOutBadge", "", format!("badgeId: \"{}\"", stars.badge)),
        mutation("issueBadges", "", format!("awardIds: [\"{}\"]", stars.highest)),
        mutation("receiveBadges", "", format!("branchId: \"{branch}\", star: 1, count: 1, note: \"x\"")),
        mutation("replaceBadge", "", format!("badgeId: \"{}\", reason: \"x\"", stars.badge)),
        mutation("revokeStar", "", format!("awardId: \"{}\", reason: \"x\"", stars.highest)),
        mutation(
            "reviewRoles",
            "",
            format!("reviewId: \"{review}\", items: [{{ grantId: \"{grant}\", verdict: KEEP }}]"),
        ),
        mutation("revealIdNumber", "", format!("identityId: \"{}\", reason: \"x\"", scene.identity)),
        mutation("revokeDesk", "", format!("grantId: \"{}\", reason: \"x\"", desk.grant)),
        mutation("revokeRole", "", format!("grantId: \"{grant}\", reason: \"x\"")),
        mutation(
            "settleSyncedEnds",
            "",
            format!(
                "reviewItemId: \"{}\", accept: true",
                encode("ReviewItem", &uuid::Uuid::from_u128(7).to_string()).0
            ),
        ),
        mutation("signIn", "", format!("phone: \"{}\", code: \"123456\", device: \"x\"", who.town.new_phone())),
        mutation("signInWithWeChat", "", "code: \"x\", device: \"x\""),
        mutation("signOutEverywhere", "", ""),
        mutation("signUpForShift", "", format!("shiftId: \"{shift}\"")),
        mutation(
            "submitIdentity",
            "",
            format!("document: IDENTITY_CARD, number: \"{number_of_card}\", consentVersion: \"2026-01\""),
        ),
        mutation("undoDeskEntry", "", format!("entryId: \"{}\", reason: \"x\"", desk.entry)),
        mutation("syncAttendance", "", "sentAt: \"2026-05-08T07:00:00+08:00\", items: []"),
        mutation("unlinkWeChat", "", ""),
        mutation("withdrawChildConsent", "", "pass: \"boai_x\", kind: LOCATION"),
        mutation("withdrawDispute", "", format!("disputeId: \"{}\"", scene.dispute)),
        mutation("withdrawConsent", "", "kind: LOCATION"),
        Operation {
            root: "Subscription",
            field: "attendanceBoard",
            what: "",
            document: format!("subscription {{ attendanceBoard(shiftId: \"{shift}\") {{ capacity }} }}"),
            look: "/attendanceBoard",
        },
        Operation {
            root: "Subscription",
            field: "inbox",
            what: "",
            document: "subscription { inbox { cursor } }".into(),
            look: "/inbox",
        },
        Operation {
            root: "Subscription",
            field: "reviewQueue",
            what: "",
            document: format!("subscription {{ reviewQueue(teamId: \"{team}\") {{ cursor }} }}"),
            look: "/reviewQueue",
        },
    ]
}
