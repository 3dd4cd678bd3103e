// graphql-transport-ws: the protocol's own cases by hand, and the client of the package that defines it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { type Client, createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { CheckInDocument, SignUpForShiftDocument } from "./generated/operations.js";
import { done, fix, plain, postActivity, requestId } from "./phone.js";
import { LEADER, Server, VOLUNTEER } from "./server.js";

const PROTOCOL = "graphql-transport-ws";
/** Milliseconds that something may take. */
const PATIENCE = 10_000;

let server: Server;
let leader: string;
let volunteer: string;
let shift: string;
before(async () => {
  server = await Server.start({ BOAI_LIMITS__SOCKET_INIT_SECONDS: "1" });
  leader = await server.signIn(LEADER);
  volunteer = await server.signIn(VOLUNTEER);
  shift = (await postActivity(plain(server, leader), "长桥应急救护")).shift;
});
after(() => server.stop());

/** A subscription that answers at once: the leader's board. */
const board = (fields = "capacity"): object => ({ query: `subscription { attendanceBoard(shiftId: "${shift}") { ${fields} } }` });

interface Message {
  type: string;
  id?: string;
  // Whatever came.
  payload?: any;
}

/** A socket without a client library. */
class Line {
  private readonly heard: Message[] = [];
  private pings = 0;
  private wake = (): void => {};
  private gone: { code: number; reason: string; bytes: number } | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on("message", (data) => {
      this.heard.push(JSON.parse(String(data)));
      this.wake();
    });
    socket.on("close", (code, reason) => {
      this.gone = { code, reason: String(reason), bytes: reason.length };
      this.wake();
    });
  }

  static async open(protocols: string[] = [PROTOCOL]): Promise<Line> {
    const socket = new WebSocket(server.socket, protocols);
    const line = new Line(socket);
    await once(socket, "open");
    return line;
  }

  /** Open and acknowledged, as this person. */
  static async as(token?: string): Promise<Line> {
    const line = await Line.open();
    line.send({ type: "connection_init", ...(token === undefined ? {} : { payload: { authorization: `Bearer ${token}` } }) });
    assert.equal((await line.next()).type, "connection_ack");
    return line;
  }

  send(message: unknown): this {
    this.socket.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message));
    return this;
  }

  subscribe(id: string, payload: object): this {
    return this.send({ type: "subscribe", id, payload });
  }

  async next(): Promise<Message> {
    while (this.heard.length === 0) {
      assert.equal(this.gone, undefined, "the socket is open");
      await this.something();
    }
    return this.heard.shift()!;
  }

  /** Nothing was said meanwhile: the next that is heard is the answer to a ping. */
  async isQuiet(): Promise<void> {
    const payload = { ping: ++this.pings };
    this.send({ type: "ping", payload });
    assert.deepEqual(await this.next(), { type: "pong", payload });
  }

  /** How the server closes it. Whatever it says before is left unheard. */
  async closed(): Promise<{ code: number; reason: string; bytes: number }> {
    const late = Date.now() + PATIENCE;
    while (this.gone === undefined) {
      assert.ok(Date.now() < late, "the server closes");
      await this.something();
    }
    return this.gone;
  }

  private something(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("nothing was heard")), PATIENCE);
      this.wake = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }
}

async function closes(line: Line, code: number, reason?: string | RegExp): Promise<void> {
  const gone = await line.closed();
  assert.equal(gone.code, code, gone.reason);
  assert.ok(gone.bytes <= 123, `${gone.bytes} bytes of reason`);
  if (typeof reason === "string") assert.equal(gone.reason, reason);
  if (reason instanceof RegExp) assert.match(gone.reason, reason);
}

describe("the subprotocol", () => {
  test("is chosen out of several", async () => {
    const line = await Line.open(["graphql-ws", PROTOCOL]);
    assert.equal(line.socket.protocol, PROTOCOL);
    line.socket.close();
  });
  for (const offered of [[], ["graphql-ws"], ["soap"]]) {
    test(`is refused when offered ${JSON.stringify(offered)}`, async () => {
      const socket = new WebSocket(server.socket, offered);
      const refused = await new Promise((resolve) => {
        // Without one of its own in the answer, a client gives up by itself.
        socket.on("error", ({ message }) => resolve(message));
        socket.on("close", (code) => resolve(code));
      });
      assert.equal(refused, offered.length === 0 ? 4406 : "Server sent no subprotocol");
    });
  }
});

describe("the beginning", () => {
  test("is acknowledged, with a payload, with null and without", async () => {
    for (const init of [{}, { payload: null }, { payload: {} }, { payload: { authorization: `Bearer ${leader}` } }]) {
      const line = await Line.open();
      line.send({ type: "connection_init", ...init });
      assert.equal((await line.next()).type, "connection_ack");
      await line.isQuiet();
      line.socket.close();
    }
  });
  test("comes once: a second is 4429, early or late", async () => {
    const line = await Line.as(leader);
    await closes(line.send({ type: "connection_init" }), 4429, "Too many initialisation requests");
    const hasty = await Line.open();
    await closes(hasty.send({ type: "connection_init" }).send({ type: "connection_init" }), 4429);
  });
  test("comes in time, or it is 4408", async () => {
    await closes(await Line.open(), 4408, "Connection initialisation timeout");
  });
  test("is put off by nobody with pings", async () => {
    const line = await Line.open();
    const pings = setInterval(() => line.socket.readyState === WebSocket.OPEN && line.send({ type: "ping" }), 100);
    await closes(line, 4408);
    clearInterval(pings);
  });
  test("with a token that is not good is 4403", async () => {
    const line = await Line.open();
    await closes(line.send({ type: "connection_init", payload: { authorization: "Bearer x" } }), 4403, /\w/);
  });
  test("comes before anything is subscribed to, or it is 4401", async () => {
    const line = await Line.open();
    await closes(line.subscribe("1", board()), 4401, "Unauthorized");
  });
});

describe("ping and pong", () => {
  test("are answered at any time, with the payload", async () => {
    const line = await Line.open();
    assert.deepEqual(await line.send({ type: "ping" }).next(), { type: "pong" });
    assert.deepEqual(await line.send({ type: "ping", payload: { z: 1, a: [null] } }).next(), {
      type: "pong",
      payload: { z: 1, a: [null] },
    });
    line.send({ type: "pong" }).send({ type: "pong", payload: {} });
    await line.isQuiet();
    line.socket.close();
  });
  test("of the WebSocket itself are answered too", async () => {
    const line = await Line.open();
    line.socket.ping("here");
    const [data] = await once(line.socket, "pong");
    assert.equal(String(data), "here");
    line.socket.close();
  });
});

describe("a message that is none is 4400", () => {
  const wrong: [string, unknown][] = [
    ["no JSON", "hello"],
    ["no JSON, at length", "志愿".repeat(2_000)],
    ["an empty text", ""],
    ["a list", []],
    ["a text", '"ping"'],
    ["null", "null"],
    ["no type", {}],
    ["an unknown type", { type: "start", id: "1" }],
    ["a long unknown type", { type: "x".repeat(5_000) }],
    ["the type of another protocol", { type: "connection_terminate" }],
    ["a server's ack", { type: "connection_ack" }],
    ["a server's next", { type: "next", id: "1", payload: {} }],
    ["a server's error", { type: "error", id: "1", payload: [{ message: "x" }] }],
    ["an init with a text", { type: "connection_init", payload: "x" }],
    ["an init with a list", { type: "connection_init", payload: [] }],
    ["a ping with a number", { type: "ping", payload: 1 }],
    ["a pong with a list", { type: "pong", payload: [] }],
    ["a subscribe without id", { type: "subscribe", payload: { query: "{ __typename }" } }],
    ["a subscribe with an empty id", { type: "subscribe", id: "", payload: { query: "{ __typename }" } }],
    ["a subscribe with a number for an id", { type: "subscribe", id: 1, payload: { query: "{ __typename }" } }],
    ["a subscribe without payload", { type: "subscribe", id: "1" }],
    ["a subscribe without query", { type: "subscribe", id: "1", payload: {} }],
    ["a subscribe with a number for a query", { type: "subscribe", id: "1", payload: { query: 1 } }],
    ["a subscribe with a list of variables", { type: "subscribe", id: "1", payload: { query: "{ a }", variables: [] } }],
    ["a subscribe with a number for a name", { type: "subscribe", id: "1", payload: { query: "{ a }", operationName: 1 } }],
    ["a subscribe with a text for extensions", { type: "subscribe", id: "1", payload: { query: "{ a }", extensions: "x" } }],
    ["a complete without id", { type: "complete" }],
    ["a complete with an empty id", { type: "complete", id: "" }],
    ["bytes", Buffer.from('{"type":"ping"}')],
  ];
  for (const [what, message] of wrong) {
    test(what, async () => {
      const opened = what.includes("init") ? Line.open() : Line.as(leader);
      await closes((await opened).send(message), 4400, /\w/);
    });
  }
  test("too large a message ends the socket", async () => {
    const line = await Line.as(leader);
    await line.send({ type: "ping", payload: { x: "x".repeat(1_000_000) } }).closed();
  });
});

describe("a subscription", () => {
  test("gives results in the order of the document, and goes on", async () => {
    const line = await Line.as(leader);
    line.subscribe("a", board("waiting __typename capacity"));
    const first = await line.next();
    assert.deepEqual([first.type, first.id], ["next", "a"]);
    assert.equal(
      JSON.stringify(first.payload),
      '{"data":{"attendanceBoard":{"waiting":0,"__typename":"AttendanceBoard","capacity":8}}}',
    );
    await line.isQuiet();
    line.socket.close();
  });
  test("takes variables, a name and null for what is left out", async () => {
    const line = await Line.as(leader);
    const query = "query Other { __typename } subscription Board($id: ID!) { attendanceBoard(shiftId: $id) { capacity } }";
    line.subscribe("a", { query, variables: { id: shift }, operationName: "Board", extensions: null });
    assert.equal((await line.next()).payload.data.attendanceBoard.capacity, 8);
    line.socket.close();
  });
  test("runs beside others, each under its id", async () => {
    const line = await Line.as(leader);
    line.subscribe("a", board("a: capacity")).subscribe("b", board("b: capacity"));
    const heard = [await line.next(), await line.next()];
    const seen = Object.fromEntries(heard.map(({ id, payload }) => [id, payload.data.attendanceBoard]));
    assert.deepEqual(seen, { a: { a: 8 }, b: { b: 8 } });
    line.socket.close();
  });
  test("under an id in use is 4409", async () => {
    const line = await Line.as(leader);
    line.subscribe("同", board()).subscribe("同", board());
    await closes(line, 4409, "Subscriber for 同 already exists");
    const long = await Line.as(leader);
    const id = "志".repeat(100);
    await closes(long.subscribe(id, board()).subscribe(id, board()), 4409, /^Subscriber for 志/);
  });
  test("ends by the client's word, without an echo; then the id is free", async () => {
    const line = await Line.as(leader);
    for (let round = 0; round < 3; round++) {
      line.subscribe("a", board());
      assert.equal((await line.next()).type, "next");
      line.send({ type: "complete", id: "a" });
      await line.isQuiet();
    }
    line.send({ type: "complete", id: "never heard of" });
    await line.isQuiet();
    line.socket.close();
  });
  test("ended at once says nothing more than what was under way", async () => {
    const line = await Line.as(leader);
    line.subscribe("a", board()).send({ type: "complete", id: "a" }).subscribe("b", board());
    let heard = await line.next();
    if (heard.id === "a") heard = await line.next();
    assert.deepEqual([heard.type, heard.id], ["next", "b"]);
    line.socket.close();
  });

  const wrong: [string, () => object, string][] = [
    ["in the grammar", () => ({ query: "subscription {" }), "GRAPHQL_PARSE_FAILED"],
    ["of a field that is not there", () => ({ query: "subscription { nothing }" }), "GRAPHQL_VALIDATION_FAILED"],
    [
      "of two roots",
      () => ({ query: `subscription { a: attendanceBoard(shiftId: "${shift}") { capacity } b: attendanceBoard(shiftId: "${shift}") { left } }` }),
      "GRAPHQL_VALIDATION_FAILED",
    ],
    [
      "of a variable that is missing",
      () => ({ query: "subscription($id: ID!) { attendanceBoard(shiftId: $id) { capacity } }" }),
      "BAD_USER_INPUT",
    ],
    ["of a name that is not there", () => ({ ...board(), operationName: "A" }), "OPERATION_RESOLUTION_FAILURE"],
  ];
  for (const [what, payload, code] of wrong) {
    test(`with an error ${what} is an error message, the last of its id`, async () => {
      const line = await Line.as(leader);
      const heard = await line.subscribe("a", payload()).next();
      assert.deepEqual([heard.type, heard.id], ["error", "a"]);
      assert.ok(heard.payload[0].message.length > 10);
      assert.equal(heard.payload[0].extensions.code, code);
      await line.isQuiet();
      assert.equal((await line.subscribe("a", board()).next()).type, "next");
      line.socket.close();
    });
  }
  for (const [who, token] of [["a stranger", () => undefined], ["a volunteer", () => volunteer]] as const) {
    test(`is not for ${who}`, async () => {
      const line = await Line.as(token());
      // It is the field that refuses, so there is a result: graphql-ws's own server says it so, too.
      const heard = await line.subscribe("a", board()).next();
      assert.deepEqual([heard.type, heard.id, heard.payload.data], ["next", "a", null]);
      assert.match(heard.payload.errors[0].extensions.code, /^(UNAUTHENTICATED|FORBIDDEN)$/);
      assert.deepEqual(await line.next(), { type: "complete", id: "a" });
      await line.isQuiet();
      line.socket.close();
    });
  }
});

test("a socket that the client closes is closed as it asks", async () => {
  const line = await Line.as(leader);
  line.subscribe("a", board());
  line.socket.close(1000);
  await closes(line, 1000);
});

describe("the client of graphql-ws", () => {
  const connect = (more = {}): Client =>
    createClient({ url: server.socket, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${leader}` }, ...more });

  test("sees the board move, and leaves", async () => {
    const client = connect();
    const query = `subscription { attendanceBoard(shiftId: "${shift}") { present signedUp } }`;
    const seen: unknown[] = [];
    for await (const { data } of client.iterate<{ attendanceBoard: { present: number; signedUp: number } }>({ query })) {
      seen.push(data?.attendanceBoard);
      const phone = plain(server, volunteer);
      if (seen.length === 1) {
        done((await phone.run(SignUpForShiftDocument, { shiftId: shift })).signUpForShift);
        done((await phone.run(CheckInDocument, { shiftId: shift, requestId: requestId(), fix: fix() })).checkIn);
      }
      if (data?.attendanceBoard.present === 1) break;
    }
    assert.deepEqual(seen[0], { present: 0, signedUp: 0 });
    assert.deepEqual(seen.at(-1), { present: 1, signedUp: 1 });
    await client.dispose();
  });

  test("throws what is wrong with a request", async () => {
    const client = connect();
    await assert.rejects(
      client.iterate({ query: "subscription { nothing }" }).next(),
      (errors) => Array.isArray(errors) && errors[0].extensions.code === "GRAPHQL_VALIDATION_FAILED",
    );
    await client.dispose();
  });

  test("comes back after its line was cut, and has the whole board again", async () => {
    let socket: WebSocket | undefined;
    let opened = 0;
    const opening = (it: unknown): void => {
      socket = it as WebSocket;
      opened++;
    };
    const client = connect({ retryAttempts: 5, retryWait: () => Promise.resolve(), shouldRetry: () => true, on: { opened: opening } });
    let boards = 0;
    for await (const { data } of client.iterate<{ attendanceBoard: { capacity: number } }>(board() as { query: string })) {
      assert.equal(data?.attendanceBoard.capacity, 8);
      boards++;
      if (boards === 2) break;
      socket?.terminate();
    }
    assert.deepEqual([boards, opened], [2, 2]);
    await client.dispose();
  });

  test("does not come back with a token that is not good", async () => {
    const client = connect({ connectionParams: { authorization: "Bearer x" }, retryAttempts: 5 });
    const ended = client.iterate(board() as { query: string }).next();
    await assert.rejects(ended, (event) => (event as { code?: number }).code === 4403);
    await client.dispose();
  });
});
