// GraphQL over HTTP: the audits of graphql-http, and what the draft of 2026-08 says beyond them. Where the two differ on
// a status (400 or 422; 200 or 4xx for application/json), the audits are followed: they are what clients were tested with.
import assert from "node:assert/strict";
import type http from "node:http";
import { after, before, describe, test } from "node:test";
import { serverAudits } from "graphql-http";
import { type Answer, Server, VOLUNTEER } from "./server.js";

const JSON_TYPE = "application/json; charset=utf-8";
const GRAPHQL_TYPE = "application/graphql-response+json; charset=utf-8";
const ASKED = { query: "{ __typename }" };

let server: Server;
before(async () => {
  server = await Server.start({ BOAI_BODY_LIMIT_BYTES: "100000" });
});
after(() => server.stop());

describe("the audits of graphql-http", () => {
  const audits = serverAudits({ url: () => server.graphql });
  test("are 61", () => assert.equal(audits.length, 61));
  for (const audit of audits) {
    test(`${audit.id} ${audit.name}`, async () => {
      const result = await audit.fn();
      assert.equal(result.status, "ok", "reason" in result ? result.reason : "");
    });
  }
});

describe("what is answered", () => {
  const accepted: [string | undefined, string | 406][] = [
    [undefined, JSON_TYPE],
    ["*/*", JSON_TYPE],
    ["application/*", JSON_TYPE],
    ["application/json", JSON_TYPE],
    ["application/graphql-response+json", GRAPHQL_TYPE],
    ["APPLICATION/JSON", JSON_TYPE],
    ["application/json; charset=utf-8", JSON_TYPE],
    ["application/graphql-response+json, application/json;q=0.9", GRAPHQL_TYPE],
    ["application/json;q=0.9, application/graphql-response+json", GRAPHQL_TYPE],
    ["application/json, application/graphql-response+json;q=0.9", JSON_TYPE],
    ["application/json;q=0.5, application/graphql-response+json;q=0.4, */*;q=0.1", JSON_TYPE],
    ["text/html, application/xhtml+xml, application/json;q=0.1", JSON_TYPE],
    ["text/html, */*;q=0.8", JSON_TYPE],
    // The more specific range wins over the wider one, whatever its q.
    ["application/json;q=0, */*", GRAPHQL_TYPE],
    ["*/*, application/graphql-response+json;q=0", JSON_TYPE],
    ["application/*;q=0, application/json;q=0.1", JSON_TYPE],
    ["text/html", 406],
    ["application/json;q=0", 406],
    ["application/json;q=0, application/graphql-response+json;q=0.000", 406],
    ["image/*, text/*", 406],
    ["text/event-stream", 406],
  ];
  for (const [accept, expected] of accepted) {
    test(`to Accept: ${accept ?? "(none)"}`, async () => {
      const headers = { "content-type": "application/json", ...(accept === undefined ? {} : { accept }) };
      const answer = await server.send("POST", "/graphql", headers, JSON.stringify(ASKED));
      if (expected === 406) {
        assert.equal(answer.status, 406);
      } else {
        assert.equal(answer.status, 200);
        assert.equal(answer.headers["content-type"], expected);
        assert.deepEqual(answer.body, { data: { __typename: "Query" } });
      }
      assert.match(String(answer.headers["vary"]), /\baccept\b(?!-)/i);
    });
  }

  test("to a document with surrogates in a text, in UTF-8", async () => {
    const query = '{ teams(name: "🏃志愿者") { nodes { id } } }';
    assert.deepEqual((await server.post({ query })).body, { data: { teams: { nodes: [] } } });
  });

  test("in the order of the document", async () => {
    const query = `{ z: __typename ...F a: __typename teams(first: 1) { pageInfo { hasNextPage } nodes { name id } } }
      fragment F on Query { y: __typename z: __typename starScheme { threshold star } b: __typename }`;
    const { text } = await server.post({ query });
    const keys = [...text.matchAll(/"(\w+)":/g)].map((match) => match[1]);
    const inner = ["y", "starScheme", "threshold", "star", "b", "a", "teams", "pageInfo", "hasNextPage", "nodes", "name", "id"];
    assert.deepEqual([...new Set(keys)], ["data", "z", ...inner]);
  });
});

describe("a request by POST", () => {
  const taken = ["application/json", "application/json; charset=utf-8", 'application/json;charset="UTF-8"', "Application/JSON"];
  for (const type of taken) {
    test(`is taken as ${type}`, async () => assert.equal((await server.post(ASKED, { "content-type": type })).status, 200));
  }
  const refused = [
    "application/json; charset=utf-16",
    "application/graphql-response+json",
    "application/graphql",
    "application/jsonx",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "json",
  ];
  for (const type of refused) {
    test(`is refused as ${type}`, async () => isRefused(await server.post(ASKED, { "content-type": type }), 415));
  }
  test("is refused without a content type", async () => {
    isRefused(await server.send("POST", "/graphql", {}, JSON.stringify(ASKED)), 415);
  });

  for (const body of ["", "{", '{"query"', "null", "1", '"{ __typename }"', "[]", JSON.stringify([ASKED]), "{}", "\u0000"]) {
    test(`is refused with the body ${JSON.stringify(body)}`, async () => {
      const answer = await server.send("POST", "/graphql", { "content-type": "application/json" }, body);
      isRefused(answer, 400);
    });
  }
  test("is refused in broken UTF-8", async () => {
    const body = Buffer.from(JSON.stringify(ASKED)).toString("latin1").replace("typename", "type\xffname");
    const answer = await server.send("POST", "/graphql", { "content-type": "application/json" }, Buffer.from(body, "latin1"));
    isRefused(answer, 400);
  });
  test("may have properties that nobody knows", async () => {
    assert.equal((await server.post({ ...ASKED, later: { on: 1 } })).status, 200);
  });
  test("is refused when it is too large", async () => {
    isRefused(await server.post({ query: `{ __typename } #${"x".repeat(100_000)}` }), 413);
  });
  test("may name an operation", async () => {
    const query = "query A { a: __typename } query B { b: __typename }";
    assert.deepEqual((await server.post({ query, operationName: "B" })).body, { data: { b: "Query" } });
    isRefused(await server.post({ query, operationName: "C" }), 400);
    isRefused(await server.post({ query }), 400);
    isRefused(await server.post({ query, operationName: "" }), 400);
  });
});

describe("a request by GET", () => {
  const get = (given: Record<string, string>, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> =>
    server.send("GET", `/graphql?${new URLSearchParams(given)}`, { accept: "application/graphql-response+json", ...headers });
  const both = "query Read { __typename } mutation Write { __typename }";

  test("runs a query", async () => {
    const answer = await get({ query: "query($n: String!) { teams(name: $n) { nodes { id } } }", variables: '{"n":"无 + &"}' });
    assert.deepEqual([answer.status, answer.body], [200, { data: { teams: { nodes: [] } } }]);
    assert.equal(answer.headers["content-type"], GRAPHQL_TYPE);
  });
  test("takes empty parameters as none", async () => {
    const answer = await get({ query: "{ __typename }", variables: "", extensions: "", operationName: "" });
    assert.deepEqual([answer.status, answer.body], [200, { data: { __typename: "Query" } }]);
  });
  test("takes null for the name null, and as no variables", async () => {
    const query = "query null { __typename } query other { __typename }";
    assert.equal((await get({ query, operationName: "null", variables: "null" })).status, 200);
  });
  test("runs the operation that it names", async () => {
    assert.deepEqual((await get({ query: both, operationName: "Read" })).body, { data: { __typename: "Query" } });
    isRefused(await get({ query: both }), 400);
  });
  test("runs no mutation", async () => {
    for (const given of [{ query: both, operationName: "Write" }, { query: "mutation { __typename }" }]) {
      for (const accept of ["application/graphql-response+json", "application/json"]) {
        const answer = await get(given, { accept });
        isRefused(answer, 405);
        assert.equal(answer.headers["allow"], "POST");
      }
    }
  });
  for (const [given, why] of [
    [{}, "without a query"],
    [{ query: "" }, "with an empty query"],
    [{ variables: "{}" }, "with variables only"],
    [{ query: "{ __typename }", variables: "{" }, "with broken variables"],
    [{ query: "{ __typename }", variables: "[1]" }, "with a list of variables"],
    [{ query: "{ __typename }", extensions: "1" }, "with a number of extensions"],
  ] as const) {
    test(`is refused ${why}`, async () => isRefused(await get(given), 400));
  }
  test("is refused when its address is too long", async () => {
    // The address is too long, and with it the head that it stands in.
    assert.match(String((await get({ query: `{ __typename } #${"x".repeat(70_000)}` })).status), /^(414|431)$/);
  });
});

describe("another method", () => {
  for (const method of ["PUT", "PATCH", "DELETE", "PROPFIND"]) {
    test(`${method} is not allowed`, async () => {
      const answer = await server.send(method, "/graphql", { "content-type": "application/json" }, JSON.stringify(ASKED));
      assert.equal(answer.status, 405);
      const allowed = String(answer.headers["allow"]).split(/\s*,\s*/);
      assert.ok(allowed.includes("GET") && allowed.includes("POST"), `Allow: ${allowed}`);
    });
  }
});

describe("a request error", () => {
  const wrong: [string, object, string][] = [
    ["in the grammar", { query: "{" }, "GRAPHQL_PARSE_FAILED"],
    ["in an empty document", { query: " # nothing" }, "GRAPHQL_PARSE_FAILED"],
    ["of a field that is not there", { query: "{ nothing }" }, "GRAPHQL_VALIDATION_FAILED"],
    ["of a variable that is missing", { query: "query($id: ID!) { node(id: $id) { id } }" }, "BAD_USER_INPUT"],
    [
      "of a variable out of range",
      { query: "query($n: Int) { teams(first: $n) { nodes { id } } }", variables: { n: 2 ** 31 } },
      "BAD_USER_INPUT",
    ],
    ["of an operation that is not there", { ...ASKED, operationName: "A" }, "OPERATION_RESOLUTION_FAILURE"],
  ];
  for (const [what, request, code] of wrong) {
    for (const [accept, status] of [["application/graphql-response+json", 400], ["application/json", 200]] as const) {
      test(`${what} has no data, as ${accept}`, async () => {
        const answer = await server.post(request, { accept });
        isRefused(answer, status);
        assert.equal(answer.body.errors[0].extensions.code, code);
      });
    }
  }
});

describe("an error of a field", () => {
  const document = '{ a: __typename node(id: "x") { id } }';
  const bare = "{ teams(first: -1) { nodes { id } } }";
  for (const [accept, status] of [["application/graphql-response+json", 294], ["application/json", 200]] as const) {
    test(`leaves the rest, as ${accept}`, async () => {
      const answer = await server.post({ query: document }, { accept });
      assert.deepEqual(answer.body.data, { a: "Query", node: null });
      assert.deepEqual(answer.body.errors[0].path, ["node"]);
      assert.equal(answer.status, status);
    });
    test(`makes everything null where nothing may be, as ${accept}`, async () => {
      const answer = await server.post({ query: bare }, { accept });
      assert.equal(answer.body.data, null);
      assert.deepEqual(answer.body.errors[0].path, ["teams"]);
      assert.equal(answer.status, status);
    });
  }
});

test("a token that is not good is refused, and says how to bring one", async () => {
  const answer = await server.post(ASKED, { authorization: "Bearer x" });
  isRefused(answer, 401);
  assert.match(String(answer.headers["www-authenticate"]), /^Bearer/);
  assert.equal(answer.body.errors[0].extensions.code, "UNAUTHENTICATED");
});

test("a good token is somebody", async () => {
  const token = await server.signIn(VOLUNTEER);
  const { body } = await server.ask("{ me { volunteer { name } } }", {}, token);
  assert.equal(body.data.me.volunteer.name, "王小明");
});

/** An answer without data, whose errors say something to people and not in Rust. */
function isRefused(answer: Answer, status: number): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(String(answer.headers["content-type"]), /^application\/(graphql-response\+)?json/);
  assert.equal("data" in answer.body, false, answer.text);
  assert.ok(answer.body.errors.length > 0);
  for (const error of answer.body.errors) {
    assert.ok(error.message.length > 10, error.message);
    assert.doesNotMatch(error.message, /Error\s*[({]|Some\(|Pos\s*[({]/);
    assert.match(error.extensions.code, /^[A-Z_]+$/);
  }
}
