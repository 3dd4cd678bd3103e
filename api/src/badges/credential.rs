//! The digital twin: an `OpenBadgeCredential` (Open Badges 3.0, on W3C Verifiable Credentials 2.0) with a proof of the suite
//! `eddsa-jcs-2022`, the issuer's keys as a controlled identifier document, and the `BitstringStatusListCredential`.
//!
//! Nothing in it names anybody: whoever shows it proves that it is theirs by the volunteer's number, of which it holds a salted
//! digest. Who has the link may read it; the list of revocations tells nothing but places.

use std::io::Write;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use boai_entity::Instant;
use chrono::SecondsFormat;
use flate2::{Compression, GzBuilder};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::rules::PLACES;
use crate::platform::{signing::PublicKey, vault::Vault};

const CREDENTIALS: &str = "https://www.w3.org/ns/credentials/v2";
const OPEN_BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

/// What a credential says.
pub struct Said<'a> {
    /// Where the service is reached: `https://boai.example`.
    pub address: &'a str,
    pub public_id: Uuid,
    pub branch_id: Uuid,
    pub branch_name: &'a str,
    pub star: i32,
    pub awarded_at: Instant,
    pub issued_at: Instant,
    pub number: &'a str,
    pub volunteer_number: &'a str,
    pub salt: &'a str,
    pub status: (i32, i32),
}

/// What a branch is called as an issuer.
pub fn issuer(address: &str, branch: Uuid) -> String {
    format!("{}/badges/issuers/{branch}", address.trim_end_matches('/'))
}

fn list(address: &str, branch: Uuid, year: i32) -> String {
    format!("{}/badges/status/{branch}/{year}", address.trim_end_matches('/'))
}

fn time(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The credential with its proof; none where no key signs.
pub fn credential(vault: &Vault, said: &Said<'_>) -> Option<Value> {
    let address = said.address.trim_end_matches('/');
    let issuer = issuer(address, said.branch_id);
    let (year, place) = said.status;
    let status = list(address, said.branch_id, year);
    let digest = Sha256::digest(format!("{}{}", said.volunteer_number, said.salt));
    let unsigned = json!({
        "@context": [CREDENTIALS, OPEN_BADGES],
        "id": format!("{address}/badges/{}", said.public_id),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": star_name(said.star)?,
        "issuer": { "id": issuer, "type": ["Profile"], "name": said.branch_name },
        "validFrom": time(said.issued_at),
        "awardedDate": time(said.awarded_at),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [{
                "type": "IdentityObject",
                "hashed": true,
                "identityHash": format!("sha256${}", hex::encode(digest)),
                "identityType": "accountId",
                "salt": said.salt,
            }],
            "licenseNumber": said.number,
            "achievement": achievement(address, said.star)?,
        },
        "credentialStatus": {
            "id": format!("{status}#{place}"),
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": place.to_string(),
            "statusListCredential": status,
        },
    });
    signed(vault, unsigned, &issuer, said.issued_at)
}

fn star_name(star: i32) -> Option<String> {
    let words = ["一", "二", "三", "四", "五"].get(usize::try_from(star).ok()?.checked_sub(1)?)?;
    Some(format!("{words}星级红十字志愿者"))
}

/// What a star is awarded for.
pub fn achievement(address: &str, star: i32) -> Option<Value> {
    let address = address.trim_end_matches('/');
    Some(json!({
        "id": format!("{address}/badges/stars/{star}"),
        "type": ["Achievement"],
        "achievementType": "Award",
        "name": star_name(star)?,
        "description": "红十字志愿服务星级评定。Star rating of Red Cross volunteers.",
        "criteria": {
            "narrative": "志愿服务时间达到该星级标准,经评审、公示后由红十字会授予。Confirmed service time that the star takes, \
                          reviewed, put under public notice, and awarded by a branch of the Red Cross.",
        },
    }))
}

/// The keys with which a branch's credentials are signed, as a controlled identifier document.
pub fn controller(address: &str, branch: Uuid, keys: &[PublicKey]) -> Value {
    let id = issuer(address, branch);
    let methods: Vec<Value> = keys
        .iter()
        .map(|key| {
            json!({
                "id": format!("{id}#{}", key.id),
                "type": "Multikey",
                "controller": id,
                "publicKeyMultibase": multikey(&key.bytes),
            })
        })
        .collect();
    let names: Vec<Value> = methods.iter().map(|method| method["id"].clone()).collect();
    json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": id,
        "verificationMethod": methods,
        "assertionMethod": names,
    })
}

/// An Ed25519 key as a multibase text: base58btc of the multicodec 0xed with the key.
fn multikey(key: &[u8; 32]) -> String {
    let bytes = [&[0xed, 0x01][..], key].concat();
    format!("z{}", bs58::encode(bytes).into_string())
}

/// The list of a branch's and a year's revocations, signed; none where no key signs.
pub fn status_list(
    vault: &Vault,
    address: &str,
    (branch, year): (Uuid, i32),
    revoked: &[i32],
    now: Instant,
) -> Option<Value> {
    let (issuer, id) = (issuer(address, branch), list(address, branch, year));
    let unsigned = json!({
        "@context": [CREDENTIALS],
        "id": id,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": time(now),
        "credentialSubject": {
            "id": format!("{id}#list"),
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(revoked)?,
        },
    });
    signed(vault, unsigned, &issuer, now)
}

/// A bit for each place, the first one at the left, compressed: base64url in multibase.
fn encoded(revoked: &[i32]) -> Option<String> {
    let mut bits = vec![0u8; PLACES as usize / 8];
    for place in revoked.iter().filter_map(|place| usize::try_from(*place).ok()) {
        *bits.get_mut(place / 8)? |= 0x80 >> (place % 8);
    }
    // Without the time of day, so that the same list has the same bytes.
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    gzip.write_all(&bits).ok()?;
    Some(format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(gzip.finish().ok()?)))
}

/// Adds a Data Integrity proof, `eddsa-jcs-2022` (W3C Data Integrity EdDSA Cryptosuites 1.0, section 3.3): the signature is over
/// the digest of the proof's own words, followed by that of the document, both in the canonical form of RFC 8785.
fn signed(vault: &Vault, mut document: Value, issuer: &str, at: Instant) -> Option<Value> {
    let keys = vault.public_keys();
    let key = keys.iter().rev().find(|key| key.from.is_none_or(|from| from <= at))?;
    let mut proof = Map::new();
    proof.insert("type".into(), "DataIntegrityProof".into());
    proof.insert("cryptosuite".into(), "eddsa-jcs-2022".into());
    proof.insert("created".into(), time(at).into());
    proof.insert("verificationMethod".into(), format!("{issuer}#{}", key.id).into());
    proof.insert("proofPurpose".into(), "assertionMethod".into());
    proof.insert("@context".into(), document.get("@context")?.clone());
    let words = [digest(&Value::Object(proof.clone())), digest(&document)].concat();
    let signature = vault.sign(at, &words).filter(|signature| signature.key == key.id)?;
    proof.insert("proofValue".into(), format!("z{}", bs58::encode(signature.bytes).into_string()).into());
    document.as_object_mut()?.insert("proof".into(), Value::Object(proof));
    Some(document)
}

/// Of the canonical form (RFC 8785). For what is said here that is how a `Value` is written anyhow: its keys are sorted, and are all
/// ASCII, texts are escaped where they must be, and no number has a fraction. (A verifier of other people's, which makes that form
/// by itself, takes it: tests/conformance.)
fn digest(value: &Value) -> Vec<u8> {
    Sha256::digest(value.to_string()).to_vec()
}
