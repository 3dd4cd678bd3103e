// The language, compared with graphql-js: what it refuses over our schema is refused before anything runs, what it takes is
// taken, and answers have their fields in its order. Operations are made from the schema, and most of them are bent.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { GraphQLSchema } from "graphql";
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

let server: Server;
let schema: GraphQLSchema;
let ids: Record<string, string>;
let volunteer: string;
before(async () => {
  server = await Server.start();
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
  assert.equal(differences.length, 0, `${differences.length} differences:\n\n${differences.slice(0, 10).join("\n\n")}`);
});

async function compare(operation: Operation): Promise<{ verdict: string; difference?: string }> {
  const { refusedBy, errors, document } = judge(schema, operation);
  const verdict = refusedBy ?? "taken";
  // What a mutation does would be in the way of the others, so it is a stranger who asks for it.
  const token = operation.query.includes("mutation") ? {} : { authorization: `Bearer ${volunteer}` };
  const { status, body, text } = await server.post(operation, token);
  const taken = body !== undefined && "data" in body;
  if (taken !== (refusedBy === undefined)) {
    const reason = refusedBy === undefined ? "" : `: ${errors.map(({ message }) => message).join("; ")}`;
    return { verdict, difference: `graphql-js: ${verdict}${reason}\nours: ${status} ${text.slice(0, 600)}` };
  }
  if (!taken || body.data === null || document === undefined) return { verdict };
  const expected = rewritten(schema, document, operation, body.data) as { data: unknown; errors?: string[] };
  const same = JSON.stringify(expected.data) === JSON.stringify(body.data) && expected.errors === undefined;
  return same ? { verdict } : { verdict, difference: `answer ${JSON.stringify(body.data)}\nexpected ${JSON.stringify(expected)}` };
}
