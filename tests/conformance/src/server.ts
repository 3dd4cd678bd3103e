// A real server: `boai serve` at a free port, over a folder of its own with what `boai demo` made.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type DocumentNode, print } from "graphql";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Nobody asks as often as these tests do. */
const UNHURRIED: Record<string, string> = Object.fromEntries([
  ...["SIGN_IN", "REFRESH", "SEARCH", "READ", "WRITE", "SUBSCRIBE"].flatMap((what) =>
    ["PERSON", "DEVICE", "ADDRESS"].map((whose) => [`BOAI_RATES__${what}__${whose}`, "off"]),
  ),
  ["BOAI_RATES__DOCUMENTS", "off"],
]);
const PROGRAM = join(process.env["CARGO_TARGET_DIR"] ?? join(ROOT, "target"), "debug/boai");

/** Whom the demo knows. */
export const VOLUNTEER = "13800000001";
export const LEADER = "13800000002";
export const OFFICER = "13800000004";
export const PROVINCE = "13800000005";

const GRAPHQL_RESPONSE = "application/graphql-response+json";

export class Server {
  private readonly codes = new Map<string, string>();

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  /** Settings are environment variables, such as `BOAI_BODY_LIMIT_BYTES`. */
  static async start(settings: Record<string, string> = {}): Promise<Server> {
    const folder = newFolder();
    cpSync(await demo(), folder, { recursive: true });
    const child = boai(folder, ["serve", "--listen", "127.0.0.1:0"], { BOAI_LOG__FILTER: "warn", BOAI_SMS__PRINT: "true", ...UNHURRIED, ...settings });
    const lines = createInterface({ input: child.stdout! });
    return new Promise((resolve, reject) => {
      let server: Server | undefined;
      child.once("exit", (code) => reject(new Error(`boai serve ended with ${code}`)));
      lines.on("line", (line) => {
        const url = /^serving at (\S+)/.exec(line)?.[1];
        if (url !== undefined) resolve((server = new Server(child, folder, url)));
        const sms = /SMS to \+86(\d+): \D*(\d{6})/.exec(line);
        if (sms !== null) server?.codes.set(sms[1]!, sms[2]!);
      });
    });
  }

  get graphql(): string {
    return `${this.url}/graphql`;
  }

  get socket(): string {
    return this.graphql.replace("http", "ws");
  }

  async stop(): Promise<void> {
    this.child.kill("SIGTERM");
    if (this.child.exitCode === null) await once(this.child, "exit");
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The code in the text message to this number, once it was sent. */
  async code(phone: string): Promise<string> {
    for (;;) {
      const code = this.codes.get(phone);
      if (code !== undefined) {
        this.codes.delete(phone);
        return code;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Signs in by code, and gives the access token. */
  async signIn(phone: string): Promise<string> {
    await this.ask(`mutation { requestSignInCode(input: { phone: "${phone}" }) { errors { message } } }`);
    const input = `{ phone: "${phone}", code: "${await this.code(phone)}", device: "conformance" }`;
    const { body } = await this.ask(`mutation { signIn(input: ${input}) { tokens { accessToken } errors { message } } }`);
    return body.data.signIn.tokens.accessToken;
  }

  /** One operation by POST, answered as application/graphql-response+json. */
  async ask(document: string | DocumentNode, variables: unknown = undefined, token?: string): Promise<Answer> {
    const query = typeof document === "string" ? document : print(document);
    return this.post({ query, variables }, token === undefined ? {} : { authorization: `Bearer ${token}` });
  }

  async post(body: unknown, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
    const usual = { "content-type": "application/json", accept: GRAPHQL_RESPONSE };
    return this.send("POST", "/graphql", { ...usual, ...headers }, JSON.stringify(body));
  }

  /** Exactly these headers, unlike `fetch`, which adds its own. */
  send(method: string, path: string, headers: http.OutgoingHttpHeaders = {}, body: string | Buffer = ""): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = http.request(this.url + path, { method, headers, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) });
        });
      });
      request.on("error", reject);
      request.end(body);
    });
  }
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });

// Whatever happens to the tests, neither a server nor a folder outlives them.
const children = new Set<ChildProcess>();
const folders: string[] = [];
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "boai-conformance-"));
  folders.push(folder);
  return folder;
}

function boai(folder: string, given: string[], settings: Record<string, string> = {}): ChildProcess {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const child = spawn(PROGRAM, [...given, "--data-dir", folder], { cwd: folder, env: settings, stdio: [...stdio] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

let made: Promise<string> | undefined;

/** The demo's province, made once for all servers of the process. */
function demo(): Promise<string> {
  made ??= (async () => {
    const folder = newFolder();
    const child = boai(folder, ["demo", "--once", "--listen", "127.0.0.1:0"]);
    child.stdout!.resume();
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`boai demo ended with ${code}`);
    return folder;
  })();
  return made;
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** The body as JSON, undefined when it is none. */
  body: any;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
