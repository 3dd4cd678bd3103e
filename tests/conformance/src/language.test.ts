// The language, compared with graphql-js: what it refuses over our schema is refused before anything runs, what it takes is
// taken, and answers have their fields in its order. Operations are made from the schema, and most of them are bent.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type GraphQLSchema, parse } from "graphql";
import { Chance } from "./language/chance.js";
import { Generator, type Operation } from "./language/generate.js";
import { bend } from "./language/mutate.js";
import { judge, rewritten } from "./language/oracle.js";
import { ourSchema } from "./language/schema.js";
import { plain, postActivity } from "./phone.js";
import { LEADER, Server, VOLUNTEER } from "./server.js";

const SEED = Number(process.env["BOAI_SEED"] ?? 20201231);
const OPERATIONS = Number(process.env["BOAI_OPERATIONS"] ?? 4_000);
const AT_ONCE = 8;

/** Where ours refuses what graphql-js takes, and why that stays. */
const EXCEPTIONS: { [why: string]: (operation: Operation, answer: string) => boolean } = {
  "above all doubles is no Float by the specification; graphql-js reads infinity": ({ query }) => query.includes("1e400"),
  "graphql-js overlooks the type of __typename where two types' fields share a key": ({ query }, answer) =>
    /: __typename/.test(query) && answer.includes("different types using the same name"),
  "a mutation under a condition that shares its key would run twice in async-graphql": (_, answer) =>
    answer.includes("cannot share its key"),
  "-0 is a fraction to async-graphql's parser, and no client writes it": (_, answer) => answer.includes("Invalid number"),
  "a number beyond 64 bits is no integer to JSON's readers and so no ID, and no id of ours is a number": (_, answer) =>
    answer.includes("1e+20 to type ID"),
  "descriptions in documents, new in 2025, are unknown to apollo-parser, and no client sends them": ({ query }) =>
    parse(query).definitions.some((definition) => "description" in definition && definition.description !== undefined),
};

let server: Server;
let schema: GraphQLSchema;
let ids: Record<string, string>;
let volunteer: string;
before(async () => {
  // What is asked here is odd rather than large; the limits have tests of their own.
  server = await Server.start({ BOAI_LIMITS__ALIASES: "1000", BOAI_LIMITS__DIRECTIVES: "1000", BOAI_LIMITS__MUTATIONS: "100", BOAI_LIMITS__COST: "10000000" });
  schema = ourSchema();
  volunteer = await server.signIn(VOLUNTEER);
  const posted = await postActivity(plain(server, await server.signIn(LEADER)), "长桥应急救护");
  const one = "(first: 1) { nodes { id } }";
  const { body } = await server.ask(`{ branches${one} divisions${one} me { records${one} } }`, {}, volunteer);
  const { branches, divisions, me } = body.data;
  ids = { ...posted, branch: branches.nodes[0].id, division: divisions.nodes[0].id, record: me.records.nodes[0].id };
});
after(() => server.stop());

test(`${OPERATIONS} operations made from the schema, seed ${SEED}`, async () => {
  const chance = new Chance(SEED);
  const made = Array.from({ length: OPERATIONS }, (): [string, Operation] => {
    const whole = new Generator(schema, chance, ids).operation(chance.happens(0.8) ? "query" : "mutation");
    return chance.happens(0.25) ? ["nothing bent", whole] : bend(schema, chance, whole);
  });
  const differences: string[] = [];
  const counts: Record<string, number> = {};
  const worker = async (): Promise<void> => {
    for (let next = made.pop(); next !== undefined; next = made.pop()) {
      const [how, operation] = next;
      const { verdict, difference } = await compare(operation);
      counts[verdict] = (counts[verdict] ?? 0) + 1;
      if (difference !== undefined) differences.push(`${how}: ${difference}\n${JSON.stringify(operation, null, 2).replaceAll("\\n", "\n")}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  console.log(counts);
  assert.equal(differences.length, 0, `${differences.length} differences:\n\n${differences.slice(0, 10).map((it) => it.slice(0, 3_000)).join("\n\n")}`);
});

const ODD: (string | Operation)[] = [
  "\ufeff,,,{,__typename,,}#",
  "{ __typename }\r\n# comment\r{ __typename }",
  'query($n: String = "x") { teams(name: $n) { nodes { id } } }',
  "query () { __typename }",
  "query Q() { __typename }",
  "{ teams() { nodes { id } } }",
  "{ }",
  "{ teams { } }",
  "fragment on on Query { __typename } { ...on }",
  "fragment f on Query { __typename } { ...f }",
  "query on { __typename }",
  "query fragment { query: __typename mutation: __typename on: __typename true: __typename null: __typename }",
  "{ ...on Query { __typename } ... on Query { x: __typename } ...{ y: __typename } }",
  "{ ... on Query @include(if: true) { __typename } }",
  "query($on: Int, $true: Int) { on: teams(first: $on) { nodes { id } } true: teams(first: $true) { nodes { id } } }",
  String.raw`{ teams(name: "\u00e9\n\t\/\"\\") { nodes { id } } }`,
  String.raw`{ teams(name: "\u{1F3C3}") { nodes { id } } }`,
  String.raw`{ teams(name: "\uD83C\uDFC3") { nodes { id } } }`,
  String.raw`{ teams(name: "\uD83C") { nodes { id } } }`,
  String.raw`{ teams(name: "\u{110000}") { nodes { id } } }`,
  String.raw`{ teams(name: "\x") { nodes { id } } }`,
  '{ teams(name: "a\nb") { nodes { id } } }',
  '{ teams(name: """\n  a\n    b \\""" "" \\u00e9\n""") { nodes { id } } }',
  '{ teams(name: """") { nodes { id } } }',
  '{ teams(name: "") { nodes { id } } }',
  '{ teams(name: """""") { nodes { id } } }',
  ...["0", "-0", "00", "01", "+1", "1.", ".1", "1a", "0x1", "2147483647", "2147483648", "1e1", "1.0", "--1"].map((number) => `{ teams(first: ${number}) { nodes { id } } }`),
  ...["0", "5e2", "5E+2", "1e400", "5.0e-1", "1.", "-1", "00.5"].map((metres) => `{ activitiesNear(point: { latitude: 30, longitude: 120, datum: WGS84 }, within: ${metres}, first: 1) { nodes { id } } }`),
  ...["WGS84", '"WGS84"', "wgs84", "null", "true", "[WGS84]"].map((datum) => `{ activitiesNear(point: { latitude: 30, longitude: 120, datum: ${datum} }, first: 1) { nodes { id } } }`),
  "{ activities(categories: FIRST_AID, first: 1) { nodes { category } } }",
  "{ activities(categories: [[FIRST_AID]], first: 1) { nodes { category } } }",
  "{ activities(categories: [null], first: 1) { nodes { category } } }",
  "{ teams(on first: 1) { nodes { id } } }",
  "{ __typename @include(if: true false) }",
  "query { __typename }",
  "fragment F on Query { __typename } query { ...F }",
  "fragment F on Query { __typename } { ...F }",
  "{ ...F } fragment F on Query { teams(on first: 1) { nodes { id } } }",
  { query: "query A { __typename } query B($n: Int!) { teams(first: $n) { nodes { id } } }", variables: {}, operationName: "A" },
  "{ node(id: 7) { id } }",
  "{ node(id: 7.5) { id } }",
  "{ node(id: x) { id } }",
  { query: "query($c: [Category!]) { activities(categories: $c, first: 1) { nodes { id } } }", variables: { c: "FIRST_AID" } },
  { query: "query($c: Category!) { activities(categories: [$c], first: 1) { nodes { id } } }", variables: { c: "FIRST_AID" } },
  { query: "query($c: Category!) { activities(categories: $c, first: 1) { nodes { id } } }", variables: { c: "FIRST_AID" } },
  { query: "query($c: Category) { activities(categories: [$c], first: 1) { nodes { id } } }", variables: {} },
  { query: "query($w: Metres) { activitiesNear(point: { latitude: 30, longitude: 120, datum: WGS84 }, within: $w, first: 1) { nodes { id } } }", variables: {} },
  { query: "query($w: Metres) { activitiesNear(point: { latitude: 30, longitude: 120, datum: WGS84 }, within: $w, first: 1) { nodes { id } } }", variables: { w: null } },
  { query: "query($d: Datum! = GCJ02) { activitiesNear(point: { latitude: 30, longitude: 120, datum: $d }, first: 1) { nodes { id } } }", variables: {} },
  { query: "query($s: Boolean = true) { __typename @skip(if: $s) x: __typename }", variables: {} },
  { query: "query($s: Boolean = true) { __typename @skip(if: $s) x: __typename }", variables: { s: null } },
  { query: "query($s: Boolean! = true) { __typename @skip(if: $s) x: __typename }", variables: {} },
  { query: "query($s: Boolean!) { __typename @skip(if: $s) x: __typename }", variables: {} },
  { query: "query($p: Place!) { activitiesNear(point: $p, first: 1) { nodes { id } } }", variables: { p: { latitude: 30, longitude: 120, datum: "WGS84", nothing: null } } },
  { query: "query($p: Place!) { activitiesNear(point: $p, first: 1) { nodes { id } } }", variables: { p: { latitude: 30, longitude: 120 } } },
  { query: "query($n: Int) { teams(first: $n) { nodes { id } } }", variables: { n: 1.0 } },
  { query: "query($n: Int) { teams(first: $n) { nodes { id } } }", variables: { n: "1" } },
  "type Query { x: Int } { __typename }",
  "subscription { __typename }",
  'subscription { ...S } fragment S on Subscription { a: attendanceBoard(shiftId: "x") { left } b: __typename }',
];

test("what is odd", async () => {
  const differences = [];
  for (const odd of ODD) {
    const operation = typeof odd === "string" ? { query: odd, variables: {} } : odd;
    const { difference } = await compare(operation);
    if (difference !== undefined) differences.push(`${JSON.stringify(operation)}\n${difference}`);
  }
  assert.equal(differences.length, 0, differences.join("\n\n"));
});

async function compare(operation: Operation): Promise<{ verdict: string; difference?: string }> {
  const { refusedBy, errors, document } = judge(schema, operation);
  const verdict = refusedBy ?? "taken";
  // What a mutation does would be in the way of the others, so it is a stranger who asks for it.
  const token = operation.query.includes("mutation") ? {} : { authorization: `Bearer ${volunteer}` };
  const { status, body, text } = await server.post(operation, token);
  const taken = body !== undefined && "data" in body;
  const excepted = refusedBy === undefined && Object.values(EXCEPTIONS).some((excepts) => excepts(operation, text));
  if (!taken && excepted) return { verdict: "an exception" };
  if (taken !== (refusedBy === undefined)) {
    const reason = refusedBy === undefined ? "" : `: ${errors.map(({ message }) => message).join("; ")}`;
    return { verdict, difference: `graphql-js: ${verdict}${reason}\nours: ${status} ${text.slice(0, 600)}` };
  }
  if (!taken || body.data === null || document === undefined) return { verdict };
  const expected = rewritten(schema, document, operation, body.data);
  // A thing of several types that was bent not to tell which it is cannot be judged.
  if (expected.errors?.every(({ message }) => message.startsWith('Abstract type "Node"'))) return { verdict };
  if (JSON.stringify(expected) === JSON.stringify({ data: body.data })) return { verdict };
  return { verdict, difference: `answered ${JSON.stringify(body.data)}\nexpected ${JSON.stringify(expected)}` };
}
