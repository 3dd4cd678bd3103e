// Relay: what relay-compiler made of the screens in relay/ runs against the server. (That it takes the schema and the
// screens at all shows before: it stops the build if it does not.)
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { plain, postActivity } from "./phone.js";
import { LEADER, Server, VOLUNTEER } from "./server.js";

let server: Server;
let leader: string;
let volunteer: string;
let posted: { team: string; activity: string; shift: string };
before(async () => {
  server = await Server.start();
  leader = await server.signIn(LEADER);
  volunteer = await server.signIn(VOLUNTEER);
  posted = await postActivity(plain(server, leader), "长桥应急救护");
});
after(() => server.stop());

/** Runs what the compiler wrote for an operation. */
async function run(name: string, variables: object, token = leader): Promise<any> {
  const artifact = await import(`../relay/__generated__/screens${name}.graphql.js`);
  const { body, text } = await server.ask(artifact.default.params.text, variables, token);
  assert.equal(body.errors, undefined, text);
  return body.data;
}

test("a list grows page by page until it ends", async () => {
  const point = { latitude: 30.26, longitude: 120.147, datum: "WGS84" };
  const seen: string[] = [];
  let { activitiesNear: page } = await run("NearQuery", { point });
  for (;;) {
    assert.ok(page.edges.length <= 2);
    seen.push(...page.edges.map((edge: { node: { id: string } }) => edge.node.id));
    if (!page.pageInfo.hasNextPage) break;
    ({ activitiesNear: page } = await run("NearPageQuery", { point, count: 2, cursor: page.pageInfo.endCursor }));
  }
  assert.ok(seen.length > 4 && seen.includes(posted.activity));
  assert.equal(new Set(seen).size, seen.length);
});

test("a fragment is fetched again through its node", async () => {
  const { node: activity } = await run("ActivityQuery", { id: posted.activity });
  assert.deepEqual([activity.__typename, activity.title, activity.id], ["Activity", "长桥应急救护", posted.activity]);
  const { node: shift } = await run("RosterPageQuery", { id: posted.shift, count: 5 });
  assert.deepEqual(shift.signUps.edges, []);
  const { node: team } = await run("TeamPageQuery", { id: posted.team, count: 3 });
  assert.equal(team.members.edges.length, 3);
  const { cursor } = team.members.edges[0];
  const { node: more } = await run("TeamPageQuery", { id: posted.team, count: 3, cursor });
  assert.ok(more.members.edges.every((edge: { cursor: string }) => edge.cursor !== cursor));
  for (const id of Object.values(posted)) assert.equal((await run("NodeQuery", { id })).node.id, id);
});

test("a mutation adds a node to a list", async () => {
  const { signUpForShift } = await run("SignUpMutation", { input: { shiftId: posted.shift } }, volunteer);
  assert.deepEqual([signUpForShift.signUp.state, signUpForShift.errors], ["SEATED", []]);
});
