// Every document of operations/, run against the server as the phone app runs it. (That each fits the schema is checked
// before: see codegen.js.)
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { getOperationAST, print } from "graphql";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import * as app from "./generated/operations.js";
import { PLACE, type Phone, done, fix, hours, newActivity, plain, postActivity, requestId, some } from "./phone.js";
import { LEADER, OFFICER, PROVINCE, ROOT, Server, VOLUNTEER } from "./server.js";

/** Those that have been run. */
const run = new Set<string>();

let server: Server;
let stranger: Pick<Phone, "run">;
let volunteer: Pick<Phone, "run">;
let leader: Pick<Phone, "run">;
let officer: Pick<Phone, "run">;
let leaderToken: string;
before(async () => {
  server = await Server.start();
  stranger = phone();
  volunteer = phone(await signIn(VOLUNTEER));
  leaderToken = await signIn(LEADER);
  leader = phone(leaderToken);
  officer = phone(await signIn(OFFICER));
});
after(() => server.stop());

/** A phone that remembers what it ran. An operation with a top-level error fails by its name. */
function phone(token?: string): Pick<Phone, "run"> {
  const { run: ask } = plain(server, token);
  return {
    async run(document, variables) {
      const name = nameOf(document);
      run.add(name);
      return ask(document, variables).catch((error: Error) => {
        throw new Error(`operation ${name}: ${error.message}`);
      });
    },
  };
}

function nameOf(document: TypedDocumentNode<any, any>): string {
  return some(getOperationAST(document)?.name?.value);
}

async function signIn(number: string): Promise<string> {
  return (await signedIn(number)).accessToken;
}

async function signedIn(number: string) {
  done((await stranger.run(app.RequestSignInCodeDocument, { phone: number })).requestSignInCode);
  const code = await server.code(number);
  const { signIn } = await stranger.run(app.SignInDocument, { phone: number, code, device: "手机" });
  return some(done(signIn).tokens);
}

test("somebody new signs in, enrols, settles consents, and signs out", async () => {
  const tokens = await signedIn("18812340001");
  const { refreshSession } = await stranger.run(app.RefreshSessionDocument, { refreshToken: tokens.refreshToken });
  const ling = phone(some(done(refreshSession).tokens).accessToken);
  const input = { name: "林", birthDate: "1990-05-08", residenceCode: "330106", acceptedTermsVersion: "2026-01" };
  const { enrolAsVolunteer } = await ling.run(app.EnrolAsVolunteerDocument, { input });
  assert.equal(done(enrolAsVolunteer).me?.volunteer?.name, "林");
  const { consentTexts } = await ling.run(app.ConsentTextsDocument, {});
  const consentVersion = some(consentTexts.find(({ kind }) => kind === "IDENTITY")).version;
  const document = { document: "IDENTITY_CARD", number: "330106199005081235", consentVersion } as const;
  const { submitIdentity } = await ling.run(app.SubmitIdentityDocument, document);
  assert.equal(done(submitIdentity).identity?.state, "PENDING");
  const { giveConsent } = await ling.run(app.GiveConsentDocument, { kind: "PUBLICATION", version: "2026-01" });
  assert.deepEqual(done(giveConsent).consents.map(({ kind }) => kind).sort(), ["IDENTITY", "PUBLICATION", "TERMS"]);
  done((await ling.run(app.WithdrawConsentDocument, { kind: "PUBLICATION" })).withdrawConsent);
  const { me } = await ling.run(app.MySessionsDocument, {});
  assert.deepEqual(some(me).sessions.map(({ device, current }) => [device, current]), [["手机", true]]);
  const { endSession } = await ling.run(app.EndSessionDocument, {});
  assert.equal(done(endSession).sessionId, tokens.session.id);
});

test("a volunteer looks around", async () => {
  const { me } = await volunteer.run(app.MeDocument, {});
  assert.equal(me?.volunteer?.name, "王小明");
  assert.ok((await volunteer.run(app.MyHoursDocument, {})).me!.hours.confirmed > 0);
  // No day is over yet: what a root holds is a story of tests/it/proof.
  assert.equal((await volunteer.run(app.LedgerProofDocument, {})).me!.ledgerProof, null);
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  const { requestCertificate } = await volunteer.run(app.RequestCertificateDocument, { from: "2000-01-01", to: today });
  const certificate = some(done(requestCertificate).certificate);
  const mine = (await volunteer.run(app.MyCertificatesDocument, {})).me?.certificates;
  assert.deepEqual(mine?.map((one) => [one.number, one.state]), [[certificate.number, "VALID"]]);
  const file = await fetch(new URL(certificate.file.path, server.url));
  assert.deepEqual([file.status, file.headers.get("content-type")], [200, "application/pdf"]);
  const page = new URL(`/verify.json?number=${certificate.number}&code=${certificate.checkCode}`, server.url);
  assert.equal(((await (await fetch(page)).json()) as { minutes: number }).minutes, certificate.minutes);
  assert.equal((await volunteer.run(app.MyStarsDocument, {})).starScheme.length, 5);
  await volunteer.run(app.InboxDocument, {});
  const code = some((await volunteer.run(app.MyCodeDocument, {})).me?.code);
  assert.equal(code.code, shownWith(code.keys, code.code.split(":")[2]!));
  await volunteer.run(app.MySignUpsDocument, { past: true });
  const { activities } = await stranger.run(app.SearchActivitiesDocument, { divisionCode: "3301", categories: ["FIRST_AID"] });
  const { node } = await stranger.run(app.ActivityDocument, { id: some(activities.nodes[0]).id, signedIn: false });
  assert.equal(node?.__typename, "Activity");
});

/** What a phone without a network shows at a step. */
function shownWith(keys: readonly { handle: string; key: string; from: string; to: string }[], step: string): string {
  const moment = new Date(Number(step) * 30_000);
  const { handle, key } = some(keys.find(({ from, to }) => new Date(from) <= moment && moment < new Date(to)));
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha256", Buffer.from(key, "base64")).update(bytes).digest().subarray(0, 10);
  return `BOAI1:${handle}:${step}:${mac.toString("hex").toUpperCase()}`;
}

test("a volunteer serves, and the leader watches, settles and confirms", async () => {
  const { team, activity, shift } = await postActivity(leader, "长桥应急救护");
  const { activitiesNear } = await volunteer.run(app.NearMeDocument, { point: PLACE, within: 500 });
  assert.ok(activitiesNear.edges.some(({ node }) => node.id === activity));
  for (const again of [true, false]) {
    done((await volunteer.run(app.SignUpForShiftDocument, { shiftId: shift })).signUpForShift);
    if (again) done((await volunteer.run(app.LeaveShiftDocument, { shiftId: shift })).leaveShift);
  }
  const { node: roster } = await leader.run(app.ShiftRosterDocument, { shiftId: shift });
  assert.ok(roster?.__typename === "Shift");
  assert.deepEqual(roster.signUps?.nodes.map(({ volunteer }) => volunteer?.name), ["王小明"]);
  done((await volunteer.run(app.CheckInDocument, { shiftId: shift, requestId: requestId(), fix: fix() })).checkIn);
  assert.equal((await first<app.BoardSubscription>(app.BoardDocument, { shiftId: shift })).attendanceBoard.present, 1);
  const { askForPresence } = await leader.run(app.AskForPresenceDocument, { shiftId: shift, requestId: requestId() });
  const askId = some(done(askForPresence).ask).id;
  const { me: there } = await volunteer.run(app.MeDocument, {});
  assert.deepEqual(there?.openAttendance?.presence.map((call) => [call.askId, call.answeredAt]), [[askId, null]]);
  done((await volunteer.run(app.ProvePresenceDocument, { askId, fix: fix() })).provePresence);
  done((await volunteer.run(app.CheckOutDocument, { requestId: requestId(), fix: fix() })).checkOut);
  const { node } = await leader.run(app.BoardOnceDocument, { shiftId: shift });
  assert.ok(node?.__typename === "Shift");
  assert.deepEqual(node.board?.presenceAsks.map(({ people, answered }) => [people, answered]), [[1, 1]]);
  const attendanceId = some(node.board?.latest[0]).id;
  const { confirmHours } = await leader.run(app.ConfirmHoursDocument, { items: [{ attendanceId }] });
  assert.equal(done(confirmHours).results[0]?.record?.state, "CONFIRMED");
  const { confirmShift } = await leader.run(app.ConfirmShiftDocument, { shiftId: shift });
  assert.deepEqual(done(confirmShift).results, []);
  // What was confirmed last is under notice longest: it stands on the last page.
  let page = (await leader.run(app.TeamNoticeDocument, { teamId: team })).teamNotice;
  while (page.pageInfo.hasNextPage) {
    page = (await leader.run(app.TeamNoticeDocument, { teamId: team, after: some(page.pageInfo.endCursor) })).teamNotice;
  }
  assert.ok(page.nodes.some(({ activity: noticed }) => noticed?.id === activity));
  const { leaderboard } = await volunteer.run(app.LeaderboardDocument, { teamId: team });
  assert.ok(some(leaderboard).places.nodes.every(({ rank }) => rank > 0));
  const offline = { requestId: requestId(), end: "CHECK_IN", shiftId: shift, deviceTime: new Date().toISOString(), code: "23456789" } as const;
  const { syncAttendance } = await volunteer.run(app.SyncAttendanceDocument, { sentAt: new Date().toISOString(), items: [offline] });
  assert.deepEqual(done(syncAttendance).results.map(({ status }) => status), ["REFUSED"]);
  const noted = { requestId: requestId(), end: "CHECK_OUT", shiftId: shift, deviceTime: new Date().toISOString(), desk: { phoneDigits: "99999999999" } } as const;
  const desk = await leader.run(app.SyncDeskDocument, { sentAt: new Date().toISOString(), items: [noted] });
  assert.deepEqual(done(desk.syncAttendance).results.map(({ deskCheckOutErrors }) => deskCheckOutErrors[0]?.code), ["NOBODY_FOUND"]);
  const settling = { reviewItemId: Buffer.from(`ReviewItem:${requestId()}`).toString("base64url"), accept: true };
  const { settleSyncedEnds } = await leader.run(app.SettleSyncedEndsDocument, settling);
  assert.deepEqual(settleSyncedEnds.errors.map(({ code }) => code), ["NOT_FOUND"]);
  const { activities } = await leader.run(app.TeamActivitiesDocument, { teamId: team });
  assert.ok(activities.nodes.some(({ id }) => id === activity));
  const { reviewQueue } = await leader.run(app.ReviewQueueDocument, { teamId: team, kind: "FORGOTTEN_CHECK_OUT" });
  assert.deepEqual(reviewQueue.nodes.filter(({ attendance }) => attendance?.id === attendanceId), []);
  const item = { shiftId: shift, volunteerId: some(some(roster.signUps?.nodes[0]).volunteer).id, servedFrom: hours(1), servedTo: hours(2), reason: "点名" };
  const { backFillHours } = await leader.run(app.BackFillHoursDocument, { items: [item] });
  assert.equal(backFillHours.errors.length, 1);
});

test("a volunteer claims time, thinks better of it, claims again, and the leader decides", async () => {
  const { team, shift } = await postActivity(leader, "苏堤巡护");
  const ling = phone(await signIn("18812340071"));
  const input = { name: "林小", birthDate: "1990-05-08", residenceCode: "330106", acceptedTermsVersion: "2026-01", locationConsentVersion: "2026-01" };
  done((await ling.run(app.EnrolAsVolunteerDocument, { input })).enrolAsVolunteer);
  done((await ling.run(app.SignUpForShiftDocument, { shiftId: shift })).signUpForShift);
  done((await ling.run(app.CheckInDocument, { shiftId: shift, requestId: requestId(), fix: fix() })).checkIn);
  const { checkOut } = await ling.run(app.CheckOutDocument, { requestId: requestId(), fix: fix() });
  const attendanceId = some(done(checkOut).attendance).id;
  const claim = async () => {
    const { claimHours } = await ling.run(app.ClaimHoursDocument, { attendanceId, servedTo: hours(0), reason: "手机没电" });
    return some(done(claimHours).claim).id;
  };
  done((await ling.run(app.WithdrawClaimDocument, { itemId: await claim() })).withdrawClaim);
  const itemId = await claim();
  const { reviewQueue } = await leader.run(app.ReviewQueueDocument, { teamId: team, kind: "CLAIM" });
  assert.ok(reviewQueue.nodes.some(({ id }) => id === itemId));
  const { settleFlag } = await leader.run(app.SettleFlagDocument, { itemId, note: "看过了" });
  assert.deepEqual(settleFlag.errors.map(({ code }) => code), ["NOT_FOUND"]);
  const { decideReviews } = await leader.run(app.DecideReviewsDocument, { items: [{ itemId, approve: false, note: "当时已离开" }] });
  assert.equal(done(decideReviews).results[0]?.item?.outcome, "REJECTED");
  const { myClaims } = await ling.run(app.MyClaimsDocument, {});
  assert.deepEqual(myClaims.nodes.slice(0, 2).map(({ outcome }) => outcome), ["REJECTED", "WITHDRAWN"]);
});

/** The first item of a subscription of the leader's. */
async function first<Data>(document: TypedDocumentNode<Data, any>, variables: Record<string, unknown>): Promise<Data> {
  run.add(nameOf(document));
  const client = createClient({ url: server.socket, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${leaderToken}` } });
  const { value } = await client.iterate<Data>({ query: print(document), variables }).next();
  await client.dispose();
  return some(value?.data) as Data;
}

test("a leader's phone resumes its inbox where it lost the network", async () => {
  const { inbox } = await first<app.InboxNewsSubscription>(app.InboxNewsDocument, {});
  assert.deepEqual(inbox.items, []);
  const { inbox: resumed } = await first<app.InboxNewsSubscription>(app.InboxNewsDocument, { after: inbox.cursor });
  assert.deepEqual(resumed, inbox);
});

test("a leader watches what waits for review", async () => {
  const { me } = await leader.run(app.MeDocument, {});
  const { reviewQueue } = await first<app.ReviewNewsSubscription>(app.ReviewNewsDocument, { teamId: some(me?.roles[0]?.team).id });
  assert.deepEqual(reviewQueue.items, []);
});

test("a leader changes and calls off an activity", async () => {
  const { me } = await leader.run(app.MeDocument, {});
  const teamId = some(me?.roles[0]?.team).id;
  const { createActivity } = await leader.run(app.CreateActivityDocument, { input: newActivity(teamId, "白堤巡护") });
  const activity = some(done(createActivity).activity);
  const shiftId = some(activity.shifts[0]).id;
  done((await leader.run(app.PublishActivityDocument, { activityId: activity.id })).publishActivity);
  done((await leader.run(app.ChangeActivityDocument, { input: { activityId: activity.id, title: "苏堤巡护", note: "换地方" } })).changeActivity);
  const shift = { startsAt: hours(2), endsAt: hours(4), capacity: 2, posts: [{ name: "东口", capacity: 2 }] };
  done((await leader.run(app.AddShiftDocument, { activityId: activity.id, shift })).addShift);
  const { changeShift } = await leader.run(app.ChangeShiftDocument, { input: { shiftId, capacity: 9, note: "多一人" } });
  assert.equal(done(changeShift).shift?.capacity, 9);
  const { cancelActivity } = await leader.run(app.CancelActivityDocument, { activityId: activity.id, reason: "大雨" });
  assert.equal(done(cancelActivity).activity?.state, "CANCELLED");
});

test("a volunteer joins and leaves a team", async () => {
  const { me } = await leader.run(app.MeDocument, {});
  const team = some(me?.roles[0]?.team);
  const ling = phone(await signIn("18812340002"));
  const input = { name: "林", birthDate: "1990-05-08", residenceCode: "330106", acceptedTermsVersion: "2026-01" };
  done((await ling.run(app.EnrolAsVolunteerDocument, { input })).enrolAsVolunteer);
  const { teams } = await ling.run(app.TeamsDocument, { name: team.name });
  assert.deepEqual(teams.nodes.map(({ id }) => id), [team.id]);
  done((await ling.run(app.AskToJoinTeamDocument, { teamId: team.id })).askToJoinTeam);
  const { node } = await leader.run(app.TeamMembersDocument, { teamId: team.id, state: "REQUESTED" });
  assert.ok(node?.__typename === "Team");
  const volunteerId = some(node.members?.nodes.find(({ volunteer }) => volunteer?.name === "林")?.volunteer).id;
  const { decideTeamMember } = await leader.run(app.DecideTeamMemberDocument, { teamId: team.id, volunteerId, accept: true });
  assert.equal(done(decideTeamMember).membership?.state, "ACCEPTED");
  const { node: seen } = await ling.run(app.TeamDocument, { id: team.id });
  assert.ok(seen?.__typename === "Team" && seen.myMembership?.state === "ACCEPTED");
  assert.equal((await ling.run(app.MyTeamsDocument, {})).me?.teams.length, 1);
  done((await ling.run(app.LeaveTeamDocument, { teamId: team.id })).leaveTeam);
});

test("an officer enrols an authenticator app, and proves it", async () => {
  const { enrolSecondFactor } = await officer.run(app.EnrolSecondFactorDocument, {});
  const { recoveryCodes } = await confirm(officer, some(done(enrolSecondFactor).secret));
  const { proveSecondFactor } = await officer.run(app.ProveSecondFactorDocument, { code: some(recoveryCodes[0]) });
  assert.equal(done(proveSecondFactor).recoveryCodesLeft, recoveryCodes.length - 1);
});

async function confirm(phone: Pick<Phone, "run">, secret: string) {
  return done((await phone.run(app.ConfirmSecondFactorDocument, { code: totp(secret) })).confirmSecondFactor);
}

/** The code that an authenticator app shows now (RFC 6238, as it takes a QR code: SHA-1, 6 digits, 30 s). */
function totp(secret: string): string {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(step).digest();
  const number = hash.readUInt32BE(hash[hash.length - 1]! & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** 西湖区红十字会, which the officer is above. */
async function westLake(): Promise<string> {
  const { branches } = await officer.run(app.BranchesDocument, { name: "西湖区" });
  return some(branches.nodes.find(({ division }) => division?.code === "330106")).id;
}

/** The civil day in China, so many days from now. */
function day(from: number): string {
  return new Date(Date.now() + (from * 24 + 8) * 3_600_000).toISOString().slice(0, 10);
}

test("a volunteer disputes hours, and an officer decides, and is appealed against", async () => {
  const { team, shift } = await postActivity(leader, "白堤急救");
  const ling = phone(await signIn("18812340072"));
  const input = { name: "林溪", birthDate: "1990-05-08", residenceCode: "330106", acceptedTermsVersion: "2026-01", locationConsentVersion: "2026-01" };
  done((await ling.run(app.EnrolAsVolunteerDocument, { input })).enrolAsVolunteer);
  done((await ling.run(app.SignUpForShiftDocument, { shiftId: shift })).signUpForShift);
  done((await ling.run(app.CheckInDocument, { shiftId: shift, requestId: requestId(), fix: fix() })).checkIn);
  const { checkOut } = await ling.run(app.CheckOutDocument, { requestId: requestId(), fix: fix() });
  const attendanceId = some(done(checkOut).attendance).id;
  done((await leader.run(app.ConfirmHoursDocument, { items: [{ attendanceId }] })).confirmHours);
  const open = async () => {
    const wish = { attendanceId, servedFrom: hours(-0.5), servedTo: hours(-0.1), words: "我早到了", requestId: requestId() };
    return some(done((await ling.run(app.OpenDisputeDocument, wish)).openDispute).dispute).id;
  };
  done((await ling.run(app.WithdrawDisputeDocument, { disputeId: await open() })).withdrawDispute);
  const disputeId = await open();
  done((await leader.run(app.AnswerDisputeDocument, { disputeId, words: "名册上没有" })).answerDispute);
  const { disputes } = await officer.run(app.DisputesDocument, { teamId: team });
  assert.ok(disputes.nodes.some(({ id, answer }) => id === disputeId && answer === "名册上没有"));
  const { decideDispute } = await officer.run(app.DecideDisputeDocument, { disputeId, outcome: "DISMISSED", reason: "签到记录清楚" });
  assert.equal(done(decideDispute).dispute?.state, "DECIDED");
  const { appealDispute } = await ling.run(app.AppealDisputeDocument, { disputeId, words: "有照片" });
  assert.equal(done(appealDispute).dispute?.state, "APPEALED");
  const { me } = await ling.run(app.MyDisputesDocument, {});
  assert.deepEqual(some(me).disputes.nodes.map(({ state }) => state).sort(), ["APPEALED", "WITHDRAWN"]);
});

test("a branch registers volunteers and awards stars in a round", async () => {
  const branchId = await westLake();
  const { applyForRegistration } = await volunteer.run(app.ApplyForRegistrationDocument, { year: 2001 });
  assert.equal(applyForRegistration.errors.length, 1);
  const { registrationQueue } = await officer.run(app.RegistrationQueueDocument, { branchId });
  const items = registrationQueue.nodes.slice(0, 1).map(({ id }) => ({ registrationId: id, approve: true }));
  done((await officer.run(app.DecideRegistrationsDocument, { items })).decideRegistrations);
  const { openAwardRound } = await officer.run(app.OpenAwardRoundDocument, { branchId, fromStar: 1, toStar: 4, cutOff: day(-1) });
  const roundId = some(done(openAwardRound).round).id;
  assert.ok((await officer.run(app.AwardRoundsDocument, { branchId })).awardRounds.nodes.some(({ id }) => id === roundId));
  done((await officer.run(app.FreezeAwardRoundDocument, { roundId })).freezeAwardRound);
  // Nobody of the demo has a hundred hours: the list is empty, and a round of nobody goes no further.
  const { awardRound } = await officer.run(app.AwardRoundDocument, { id: roundId, state: "LISTED" });
  assert.deepEqual([awardRound?.state, awardRound?.candidates.nodes], ["REVIEWING", []]);
  const unknown = (type: string) => Buffer.from(`${type}:${requestId()}`).toString("base64url");
  const candidateId = unknown("StarCandidate");
  const { reviewStarCandidates } = await officer.run(app.ReviewStarCandidatesDocument, { roundId, items: [{ candidateId }] });
  assert.deepEqual(reviewStarCandidates.errors.map(({ code }) => code), ["NOT_FOUND"]);
  const { publishAwardRound } = await officer.run(app.PublishAwardRoundDocument, { roundId });
  assert.deepEqual(publishAwardRound.errors.map(({ code }) => code), ["NOBODY_PASSED"]);
  assert.equal((await volunteer.run(app.StarNoticeDocument, { id: roundId })).awardRound, null);
  const { objectToStar } = await volunteer.run(app.ObjectToStarDocument, { candidateId, words: "时长有疑问" });
  assert.deepEqual(objectToStar.errors.map(({ code }) => code), ["NOT_FOUND"]);
  const { awardStars } = await officer.run(app.AwardStarsDocument, { roundId });
  assert.deepEqual(awardStars.errors.map(({ code }) => code), ["WRONG_STATE"]);
  const { cancelAwardRound } = await officer.run(app.CancelAwardRoundDocument, { roundId, reason: "演练" });
  assert.equal(done(cancelAwardRound).round?.state, "CANCELLED");
  const { receiveBadges } = await officer.run(app.ReceiveBadgesDocument, { branchId, star: 1, count: 10, note: "到货" });
  done(receiveBadges);
  const { badgeStock } = await officer.run(app.BadgeStockDocument, { branchId });
  assert.ok(some(badgeStock.find(({ star }) => star === 1)).onHand >= 10);
  const { issueBadges } = await officer.run(app.IssueBadgesDocument, { awardIds: [unknown("StarAward")] });
  assert.deepEqual(issueBadges.errors.map(({ code }) => code), ["NOT_FOUND"]);
  const { handOutBadge } = await officer.run(app.HandOutBadgeDocument, { badgeId: unknown("StarBadge") });
  assert.deepEqual(handOutBadge.errors.map(({ code }) => code), ["NOT_FOUND"]);
  assert.deepEqual((await officer.run(app.StarCasesDocument, { branchId })).starCases.nodes, []);
});

test("a branch looks ahead at another policy, and thinks better of it", async () => {
  const branchId = await westLake();
  const input = { branchId, validFrom: day(40), reason: "试行", counting: { minimumMinutes: 20 } };
  const { proposePolicy } = await officer.run(app.ProposePolicyDocument, { input });
  const policyId = some(done(proposePolicy).policy).id;
  const { node } = await officer.run(app.BranchPolicyDocument, { branchId, on: day(40) });
  assert.ok(node?.__typename === "Branch");
  assert.equal(node.policy?.counting.minimumMinutes, 20);
  const { previewPolicy } = await officer.run(app.PreviewPolicyDocument, { policyId });
  const id = some(done(previewPolicy).preview).id;
  const { policyPreview } = await officer.run(app.PolicyPreviewDocument, { id });
  assert.equal(some(policyPreview).id, id);
  const { withdrawPolicy } = await officer.run(app.WithdrawPolicyDocument, { policyId, reason: "再议" });
  assert.ok(done(withdrawPolicy).policy?.withdrawnAt);
});

test("a branch signs its month", async () => {
  const branchId = await westLake();
  const month = some((await officer.run(app.MonthToSignDocument, { branchId })).monthToSign);
  assert.ok(month.over);
  const early = await officer.run(app.SignMonthDocument, { branchId, month: month.month });
  assert.deepEqual(early.signMonth.errors.map(({ code }) => code), ["BELOW_MISSING"]);
  for (const { id } of month.missing) {
    done((await officer.run(app.SignMonthDocument, { branchId: id, month: month.month })).signMonth);
  }
  const { signMonth } = await officer.run(app.SignMonthDocument, { branchId, month: month.month });
  const signed = some(done(signMonth).statement);
  const { monthStatements } = await officer.run(app.MonthStatementsDocument, { branchId });
  assert.deepEqual(monthStatements.nodes.map(({ digest }) => digest), [signed.digest]);
  const { publishedMonth } = await officer.run(app.PublishedMonthDocument, { branchId, month: month.month });
  assert.equal(publishedMonth?.minutes, signed.minutes);
});

test("an officer's role takes two officers", async () => {
  const province = phone(await signIn(PROVINCE));
  const { enrolSecondFactor } = await province.run(app.EnrolSecondFactorDocument, {});
  await confirm(province, some(done(enrolSecondFactor).secret));
  const { branches } = await officer.run(app.BranchesDocument, { name: "西湖区" });
  const branchId = some(branches.nodes.find(({ division }) => division?.code === "330106")).id;
  const { me } = await leader.run(app.MeDocument, {});
  const volunteerNumber = some(me?.volunteer).number;
  const input = { branchId, role: "BRANCH_OFFICER", volunteerNumber, endsAt: hours(24 * 90), reason: "换届" } as const;
  const propose = async () => {
    const { grantRole } = await officer.run(app.GrantRoleDocument, { input });
    return some(done(grantRole).pendingAct).id;
  };
  const { declineAct } = await officer.run(app.DeclineActDocument, { actId: await propose(), reason: "写错了" });
  assert.equal(done(declineAct).act?.state, "WITHDRAWN");
  const actId = await propose();
  const { pendingActs } = await province.run(app.PendingActsDocument, {});
  assert.deepEqual(pendingActs.nodes.map(({ id, proposedByMe }) => [id, proposedByMe]), [[actId, false]]);
  const { approveAct } = await province.run(app.ApproveActDocument, { actId });
  assert.equal(done(approveAct).act?.state, "APPROVED");
  const { roleHolders } = await officer.run(app.RoleHoldersDocument, { branchId, role: "BRANCH_OFFICER" });
  assert.ok(roleHolders?.edges.some(({ holder }) => holder?.number === volunteerNumber));
  const { me: looked } = await leader.run(app.WhoLookedDocument, {});
  assert.ok(looked?.auditTrail.nodes.some(({ action }) => action === "LOOK"));
});

test("a branch officer founds a team and gives it a leader", async () => {
  const { divisions } = await officer.run(app.DivisionsDocument, { parentCode: "33", level: "CITY" });
  assert.ok(divisions.nodes.some(({ code }) => code === "3301"));
  const { branches } = await officer.run(app.BranchesDocument, { name: "西湖区" });
  const branchId = some(branches.nodes.find(({ division }) => division?.code === "330106")).id;
  const { lateConfirmations } = await officer.run(app.LateConfirmationsDocument, { branchId });
  assert.ok(lateConfirmations.nodes.every(({ record }) => record.minutes >= 0));
  const { foundTeam } = await officer.run(app.FoundTeamDocument, { input: { branchId, name: "断桥救护队", speciality: "FIRST_AID" } });
  const teamId = some(done(foundTeam).team).id;
  const { me } = await volunteer.run(app.MeDocument, {});
  const volunteerNumber = some(me?.volunteer).number;
  const { grantRole } = await officer.run(app.GrantRoleDocument, { input: { teamId, role: "TEAM_LEADER", volunteerNumber } });
  const grantId = some(done(grantRole).grant).id;
  done((await officer.run(app.RevokeRoleDocument, { grantId, reason: "换届" })).revokeRole);
});

test("a branch officer opens a site, a leader posts an activity there, the site moves and is closed", async () => {
  const { branches } = await officer.run(app.BranchesDocument, { name: "西湖区" });
  const branchId = some(branches.nodes.find(({ division }) => division?.code === "330106")).id;
  const openingHours: app.OpeningSpanInput[] = [{ weekdays: ["MONDAY"], opensAt: "06:30", closesAt: "17:30" }];
  const input = { branchId, kind: "VACCINATION_SITE", name: "白堤接种点", address: "白堤1号", divisionCode: "330106", place: PLACE } as const;
  const { createFacility } = await officer.run(app.CreateFacilityDocument, { input: { ...input, openingHours } });
  const facilityId = some(done(createFacility).facility).id;
  const { node: branch } = await stranger.run(app.BranchFacilitiesDocument, { branchId });
  assert.ok(branch?.__typename === "Branch" && branch.facilities.nodes.some(({ id }) => id === facilityId));
  const { changeFacility } = await officer.run(app.ChangeFacilityDocument, { input: { facilityId, address: "白堤2号", note: "改门牌" } });
  assert.equal(done(changeFacility).facility?.address, "白堤2号");
  const { node: facility } = await stranger.run(app.FacilityDocument, { id: facilityId });
  assert.ok(facility?.__typename === "Facility");
  assert.deepEqual(facility.openingHours, openingHours);
  const { me } = await leader.run(app.MeDocument, {});
  const teamId = some(some(me).roles.find(({ role }) => role === "TEAM_LEADER")?.team).id;
  const { placeName: _, address: __, divisionCode: ___, place: ____, ...rest } = newActivity(teamId, "接种点服务");
  const { createActivity } = await leader.run(app.CreateActivityDocument, { input: { ...rest, facilityId, shifts: [] } });
  const activityId = some(done(createActivity).activity).id;
  const day = (days: number) => hours(24 * days + 8).slice(0, 10);
  const everyDay = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"] as const;
  const plan = { activityId, weekdays: [...everyDay], startsAt: "06:30", length: 300, capacity: 8, leaveOutHolidays: false, validFrom: day(1) };
  const { createShiftRule } = await leader.run(app.CreateShiftRuleDocument, { input: plan });
  const ruleId = some(done(createShiftRule).rule).id;
  const { node: site } = await leader.run(app.SiteShiftsDocument, { activityId });
  assert.ok(site?.__typename === "Activity" && site.shiftRules.length === 1);
  const shiftId = some(site.shiftPages.nodes[0]).id;
  const { cancelShift } = await leader.run(app.CancelShiftDocument, { shiftId, reason: "停电" });
  assert.notEqual(done(cancelShift).shift?.cancelledAt, null);
  const { changeShiftRule } = await leader.run(app.ChangeShiftRuleDocument, { input: { ruleId, fromDay: day(3), capacity: 12, note: "加人" } });
  const changed = some(done(changeShiftRule).rule);
  assert.equal(changed.capacity, 12);
  const { endShiftRule } = await leader.run(app.EndShiftRuleDocument, { ruleId: changed.id, lastDay: day(9), reason: "结束" });
  assert.equal(done(endShiftRule).rule?.validTo, day(9));
  const { closeFacility } = await officer.run(app.CloseFacilityDocument, { facilityId, reason: "结束" });
  assert.notEqual(done(closeFacility).facility?.closedAt, null);
});

test("a leader grants a desk, which scans a volunteer in and out, and undoes a slip", async () => {
  const { activity: activityId, shift: shiftId } = await postActivity(leader, "苏堤签到台");
  const number = "18812340006";
  const desk = phone(await signIn(number));
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  const input = { activityId, phone: number, fromDay: today, toDay: today };
  const { grantDesk } = await leader.run(app.GrantDeskDocument, { input });
  const grantId = some(done(grantDesk).grant).id;
  assert.deepEqual((await desk.run(app.MyDesksDocument, {})).me?.desks.map(({ id }) => id), [grantId]);
  const { desk: granted } = await leader.run(app.DeskGrantsDocument, { activityId });
  assert.deepEqual(granted?.grants?.nodes.map(({ id }) => id), [grantId]);
  const wrong = await desk.run(app.DeskCheckInDocument, { input: { activityId, code: "BOAI1:0:0:0", requestId: requestId() } });
  assert.deepEqual(wrong.deskCheckIn.errors.map(({ code }) => code), ["CODE_UNREADABLE"]);
  const { desk: refused } = await desk.run(app.RefusedScansDocument, { activityId });
  assert.equal(refused?.refusedScans.nodes[0]?.message, wrong.deskCheckIn.errors[0]?.message);
  // Nobody signed up: somebody walks in.
  const ling = phone(await signIn("18812340007"));
  const enrols = { name: "林小", birthDate: "1990-05-08", residenceCode: "330106", acceptedTermsVersion: "2026-01", locationConsentVersion: "2026-01" };
  done((await ling.run(app.EnrolAsVolunteerDocument, { input: enrols })).enrolAsVolunteer);
  const code = some((await ling.run(app.MyCodeDocument, {})).me?.code).code;
  const { deskCheckIn } = await desk.run(app.DeskCheckInDocument, { input: { activityId, shiftId, code, requestId: requestId() } });
  assert.deepEqual([deskCheckIn.name, done(deskCheckIn).entry?.walkIn], ["林*", true]);
  const { desk: seen } = await desk.run(app.DeskDocument, { activityId });
  const line = some(seen?.roster.nodes[0]);
  assert.equal(line.attendanceState, "OPEN");
  const leaves = { activityId, signUpId: line.signUpId, requestId: requestId() };
  const { deskCheckOut } = await desk.run(app.DeskCheckOutDocument, { input: leaves });
  const slip = some(done(deskCheckOut).entry).id;
  const { undoDeskEntry } = await desk.run(app.UndoDeskEntryDocument, { entryId: slip, reason: "还没走" });
  assert.notEqual(done(undoDeskEntry).entry?.undoneAt, null);
  done((await ling.run(app.CheckOutDocument, { requestId: requestId(), fix: fix() })).checkOut);
  done((await leader.run(app.RevokeDeskDocument, { grantId, reason: "收工" })).revokeDesk);
});

/** Asks until a copy is ready. */
async function ready<Copy extends { id: string; state: string }>(copies: () => Promise<readonly Copy[] | undefined>) {
  for (;;) {
    const copy = some((await copies())?.[0]);
    if (copy.state === "READY") return copy.id;
    assert.ok(["WAITING", "RUNNING"].includes(copy.state), copy.state);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("somebody takes a copy of their data, asks to be erased, and thinks better of it", async () => {
  const number = "18812340003";
  const ling = phone(await signIn(number));
  done((await ling.run(app.RequestMyDataDocument, { requestId: requestId() })).requestMyData);
  const exportId = await ready(async () => (await ling.run(app.MyDataDocument, {})).me?.myDataExports);
  const { createMyDataLink } = await ling.run(app.CreateMyDataLinkDocument, { exportId });
  const copy = await fetch(new URL(some(done(createMyDataLink).link).path, server.url));
  assert.deepEqual([copy.status, copy.headers.get("content-type")], [200, "application/zip"]);
  const { requestErasure } = await ling.run(app.RequestErasureDocument, { phone: number });
  const erasureId = some(done(requestErasure).erasure).id;
  const { cancelErasure } = await ling.run(app.CancelErasureDocument, { erasureId });
  assert.equal(done(cancelErasure).erasure?.state, "CANCELLED");
});

test("a guardian agrees, copies what is held about the child, withdraws, and asks to have it erased", async () => {
  const [child, guardian] = [phone(await signIn("18812340004")), "18812340005"];
  const birthDate = `${new Date().getFullYear() - 16}-01-01`;
  const input = { name: "林小", birthDate, residenceCode: "330106", acceptedTermsVersion: "2026-01", guardian: { name: "林", phone: guardian } };
  const { enrolAsVolunteer } = await child.run(app.EnrolAsVolunteerDocument, { input });
  assert.equal(done(enrolAsVolunteer).me?.volunteer?.name, "林小");
  const volunteerNumber = some((await child.run(app.MeDocument, {})).me?.volunteer).number;
  done((await stranger.run(app.RequestGuardianCodeDocument, { phone: guardian })).requestGuardianCode);
  const proof = { phone: guardian, code: await server.code(guardian), volunteerNumber };
  const pass = some(done((await stranger.run(app.OpenGuardianPassDocument, proof)).openGuardianPass).pass);
  const { giveGuardianConsent } = await stranger.run(app.GiveGuardianConsentDocument, { pass, version: "2026-01" });
  assert.equal(done(giveGuardianConsent).consents[0]?.kind, "GUARDIAN");
  done((await stranger.run(app.RequestChildDataDocument, { pass, requestId: requestId() })).requestChildData);
  const view = async () => some((await stranger.run(app.GuardianViewDocument, { pass })).guardianView);
  const exportId = await ready(async () => (await view()).dataExports);
  done((await stranger.run(app.CreateChildDataLinkDocument, { pass, exportId })).createChildDataLink);
  done((await stranger.run(app.WithdrawChildConsentDocument, { pass, kind: "GUARDIAN" })).withdrawChildConsent);
  const { requestChildErasure } = await stranger.run(app.RequestChildErasureDocument, { pass, volunteerNumber });
  const erasureId = some(done(requestChildErasure).erasure).id;
  assert.equal((await view()).erasure?.id, erasureId);
  const { cancelChildErasure } = await stranger.run(app.CancelChildErasureDocument, { pass, erasureId });
  assert.equal(done(cancelChildErasure).erasure?.state, "CANCELLED");
});

// The last of all: by now every document has been run.
test("no document of operations/ was left out", () => {
  const documents = readdirSync(join(ROOT, "operations")).flatMap((name) => /^(\w+)\.graphql$/.exec(name)?.[1] ?? []);
  assert.deepEqual([...run].sort(), documents.sort());
});
