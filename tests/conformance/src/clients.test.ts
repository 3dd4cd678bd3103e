// The main job, done by the libraries that apps use: a volunteer finds an activity, signs up, checks in and out; the leader
// watches, and confirms. The types come from the app's documents, so that tsc judges them as well.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { addTypenameToDocument } from "@apollo/client/utilities";
import { Client as Urql, fetchExchange } from "@urql/core";
import { type DocumentNode, getOperationAST, parse, print } from "graphql";
import { GraphQLClient } from "graphql-request";
import {
  type Connect,
  type Sent,
  apollo,
  apolloPersisted,
  apolloPersistedByGet,
  apolloRegistered,
  graphqlRequest,
  urql,
  urqlPersisted,
  urqlRegistered,
} from "./clients.js";
import {
  ActivityDocument,
  BoardDocument,
  BoardOnceDocument,
  CheckInDocument,
  CheckOutDocument,
  ConfirmHoursDocument,
  MyHoursDocument,
  MySessionsDocument,
  NearMeDocument,
  RequestSignInCodeDocument,
  SignInDocument,
  SignUpForShiftDocument,
  TeamDocument,
  TeamsDocument,
} from "./generated/operations.js";
import { PLACE, type Phone, done, fix, postActivity, requestId, some } from "./phone.js";
import { LEADER, ROOT, Server, VOLUNTEER } from "./server.js";

const CLIENTS: [string, Connect][] = [
  ["Apollo Client", apollo],
  ["urql", urql],
  ["graphql-request", graphqlRequest],
];
const PERSISTED: [string, Connect, getOnly: boolean][] = [
  ["Apollo's link", apolloPersisted, false],
  ["Apollo's link by GET", apolloPersistedByGet, true],
  ["urql's exchange", urqlPersisted, true],
];

describe("the main job", () => {
  for (const [name, connect] of CLIENTS) {
    test(`with ${name}`, () => withServer({}, (server) => mainJob(server, connect)));
  }
});

describe("automatic persisted queries", () => {
  for (const [name, connect, byGet] of PERSISTED) {
    test(`do the main job with ${name}`, () => withServer({}, (server) => mainJob(server, connect)));
    test(`are sent whole once, with ${name}`, () =>
      withServer({}, async (server) => {
        const seen: Sent[] = [];
        const token = await server.signIn(VOLUNTEER);
        for (let round = 0; round < 2; round++) {
          // A library remembers what it has sent, so this is another phone each time.
          const phone = connect(server, token, (sent) => seen.push(sent));
          assert.equal((await phone.run(MySessionsDocument, {})).me?.sessions[0]?.device, "conformance");
          await phone.close();
        }
        assert.deepEqual(seen.map(({ whole }) => whole), [false, true, false]);
        if (byGet) assert.equal(seen[0]!.method, "GET");
        assert.ok(seen.every(({ status }) => status === 200), JSON.stringify(seen));
      }));
  }
});

describe("with nothing but registered operations", () => {
  // Apollo Client and urql ask for `__typename` everywhere, so a build registers documents of its own, in a manifest;
  // graphql-request sends them as they are written.
  const folder = mkdtempSync(join(tmpdir(), "boai-operations-"));
  after(() => rmSync(folder, { recursive: true }));
  const names = readdirSync(join(ROOT, "operations")).flatMap((file) => /^(\w+)\.graphql$/.exec(file)?.[1] ?? []);
  const read = (name: string): DocumentNode => parse(readFileSync(join(ROOT, "operations", `${name}.graphql`), "utf8"));
  for (const name of names) copyFileSync(join(ROOT, "operations", `${name}.graphql`), join(folder, `${name}.graphql`));
  const operations = names.map((name) => ({ id: `phone-1.0-${name}`, name, body: print(addTypenameToDocument(read(name))) }));
  writeFileSync(join(folder, "phone.json"), JSON.stringify({ format: "apollo-persisted-query-manifest", version: 1, operations }));
  const settings = { BOAI_REGISTERED_OPERATIONS: folder };
  const id = (document: DocumentNode): string => `phone-1.0-${getOperationAST(document)?.name?.value}`;

  for (const [name, connect] of CLIENTS) {
    test(`the main job is done with ${name}`, () => withServer(settings, (server) => mainJob(server, connect)));
  }
  for (const [name, registered] of [["Apollo's link", apolloRegistered(id)], ["urql's exchange", urqlRegistered(id)]] as const) {
    test(`the main job is done by ids with ${name}`, () =>
      withServer(settings, async (server) => {
        const seen: Sent[] = [];
        await mainJob(server, (...[to, token]) => registered(to, token, (sent) => seen.push(sent)));
        assert.ok(seen.length > 10 && seen.every(({ whole }) => !whole), JSON.stringify(seen));
      }));
  }
  test("others are refused, and registered ones run by their id too", () =>
    withServer(settings, async (server) => {
      for (const query of ["{ __typename }", "query MySessions { me { id } }", "{ __schema { types { name } } }"]) {
        const { status, body } = await server.post({ query });
        assert.deepEqual([status, body.data, body.errors[0].extensions.code], [400, undefined, "FORBIDDEN"]);
      }
      const { body } = await server.post({ documentId: "phone-1.0-MySessions" });
      assert.deepEqual(body.data, { me: null });
    }));
});

test("the libraries know the types of variables and answers from a document", () =>
  withServer({}, async (server) => {
    const variables = { speciality: "FIRST_AID" } as const;
    const [first, second, third] = [
      new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: server.graphql }) }),
      new Urql({ url: server.graphql, exchanges: [fetchExchange], preferGetMethod: true }),
      new GraphQLClient(server.graphql),
    ];
    const answers = [
      (await first.query({ query: TeamsDocument, variables })).data,
      (await second.query(TeamsDocument, variables)).data,
      await third.request(TeamsDocument, variables),
    ];
    const names: (string | undefined)[] = answers.map((data) => data?.teams.nodes[0]?.name);
    assert.ok(names[0] !== undefined && new Set(names).size === 1, `${names}`);
    // For tsc alone.
    void (() => [
      // @ts-expect-error There is no such speciality.
      first.query({ query: TeamsDocument, variables: { speciality: "NOTHING" } }),
      // @ts-expect-error There is no such variable.
      second.query(TeamsDocument, { specialty: "RESCUE" }),
      // @ts-expect-error Its id is needed.
      third.request(TeamDocument, {}),
      // @ts-expect-error It was not asked for.
      answers[0]?.teams.nodes[0]?.createdAt,
    ]);
  }));

async function withServer(settings: Record<string, string>, story: (server: Server) => Promise<void>): Promise<void> {
  const server = await Server.start(settings);
  try {
    await story(server);
  } finally {
    await server.stop();
  }
}

async function mainJob(server: Server, connect: Connect): Promise<void> {
  const stranger = connect(server);
  const leader = connect(server, await signIn(server, stranger, LEADER));
  const volunteer = connect(server, await signIn(server, stranger, VOLUNTEER));
  assert.equal((await stranger.run(MySessionsDocument, {})).me, null);

  const title = `长桥应急救护 ${requestId()}`;
  await postActivity(leader, title);
  const { activitiesNear } = await volunteer.run(NearMeDocument, { point: PLACE, within: 500 });
  const near = some(activitiesNear.edges.find(({ node }) => node.title === title));
  assert.deepEqual([near.distance, near.placesLeft, near.mySignUp], [0, 8, null]);
  const { node: activity } = await volunteer.run(ActivityDocument, { id: near.node.id });
  assert.ok(activity?.__typename === "Activity");
  const shiftId = some(activity.shifts[0]).id;
  const { signUpForShift } = await volunteer.run(SignUpForShiftDocument, { shiftId });
  assert.equal(done(signUpForShift).signUp?.state, "SEATED");

  const far = { ...PLACE, latitude: PLACE.latitude + 0.1 };
  const { checkIn: refused } = await volunteer.run(CheckInDocument, { shiftId, requestId: requestId(), fix: { ...fix(), place: far } });
  assert.deepEqual(refused.errors.map(({ code }) => code), ["OUT_OF_RANGE"]);

  const seen: [present: number, left: number][] = [];
  for await (const { attendanceBoard } of leader.watch(BoardDocument, { shiftId })) {
    const { present, left } = attendanceBoard;
    seen.push([present, left]);
    if (seen.length === 1) {
      const { checkIn } = await volunteer.run(CheckInDocument, { shiftId, requestId: requestId(), fix: fix() });
      assert.equal(done(checkIn).attendance?.checkInGrade, "LOCATION");
    } else if (present === 1) {
      const { checkOut } = await volunteer.run(CheckOutDocument, { requestId: requestId(), fix: fix() });
      assert.equal(done(checkOut).attendance?.state, "CLOSED");
    }
    if (left === 1) break;
  }
  assert.deepEqual([seen[0], seen.at(-1)], [[0, 0], [0, 1]]);

  const { node: shift } = await leader.run(BoardOnceDocument, { shiftId });
  assert.ok(shift?.__typename === "Shift");
  const attendanceId = some(shift.board?.latest[0]).id;
  const { confirmHours } = await leader.run(ConfirmHoursDocument, { items: [{ attendanceId }] });
  const record = some(done(confirmHours).results[0]?.record);
  assert.equal(record.state, "CONFIRMED");
  const { me } = await volunteer.run(MyHoursDocument, {});
  assert.equal(me?.records.nodes.find(({ id }) => id === record.id)?.state, "CONFIRMED");
  await Promise.all([stranger, leader, volunteer].map((phone) => phone.close()));
}

async function signIn(server: Server, stranger: Phone, phone: string): Promise<string> {
  done((await stranger.run(RequestSignInCodeDocument, { phone })).requestSignInCode);
  const code = await server.code(phone);
  const { signIn } = await stranger.run(SignInDocument, { phone, code, device: "conformance" });
  return some(done(signIn).tokens).accessToken;
}
