//! Signatures that anybody can check (Ed25519, RFC 8032). Each key signs from its civil day on until the next one's begins, so
//! that all instances change keys at the same moment; of a key whose time is over the public part is enough.

use boai_entity::Instant;
use chrono::NaiveDate;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use thiserror::Error;

use super::civil::{civil_day, day_bounds};

/// What a signing key's name begins with in the file of keys, and that of one of which only the public part is kept.
pub const SECRET: &str = "sign-";
pub const PUBLIC: &str = "public-";

/// A signature, and the name of the key that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub key: String,
    pub bytes: [u8; 64],
}

/// What is published of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    pub id: String,
    pub bytes: [u8; 32],
    /// What it signed is dated from then on; none for the first one.
    pub from: Option<Instant>,
    /// And before then; none for the one that has no successor yet.
    pub until: Option<Instant>,
}

/// Why a signature is not taken.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SignatureFault {
    #[error("it names the key `{0}`, which is not among the keys")]
    UnknownKey(String),
    #[error("it names the key `{0}` for a day on which that one did not sign")]
    NotItsTime(String),
    #[error("the key `{0}` did not sign this")]
    Wrong(String),
}

struct SigningKey {
    id: String,
    from: Option<NaiveDate>,
    secret: Option<Ed25519KeyPair>,
    public: [u8; 32],
}

/// All keys, in the order of their days.
#[derive(Default)]
pub struct SigningKeys(Vec<SigningKey>);

impl SigningKeys {
    /// Whether a name in the file of keys is that of one of these.
    pub fn is_one(name: &str) -> bool {
        name.starts_with(SECRET) || name.starts_with(PUBLIC)
    }

    /// Takes `sign-NAME@DAY` or `public-NAME@DAY` with its 32 bytes; the first key of all may go without a day.
    pub fn add(&mut self, name: &str, bytes: &[u8; 32]) -> Result<(), String> {
        let is_secret = name.starts_with(SECRET);
        let rest = name.strip_prefix(SECRET).or_else(|| name.strip_prefix(PUBLIC)).unwrap_or(name);
        let (id, from) = match rest.split_once('@') {
            None => (rest, None),
            Some((id, day)) => {
                let day = day.parse::<NaiveDate>();
                (
                    id,
                    Some(
                        day.map_err(|_| format!("key `{name}`: what stands after @ must be a day such as 2027-01-01"))?,
                    ),
                )
            }
        };
        if id.is_empty() || id.len() > 32 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!("key `{name}`: its name must be `sign-` and 1 to 32 Latin letters or digits"));
        }
        if self.0.iter().any(|key| key.id == id || key.from == from) {
            return Err(format!("key `{name}`: each signing key needs a name and a first day of its own"));
        }
        let secret = is_secret
            .then(|| {
                Ed25519KeyPair::from_seed_unchecked(bytes).map_err(|_| format!("key `{name}`: is no Ed25519 seed"))
            })
            .transpose()?;
        let public = match &secret {
            Some(pair) => {
                pair.public_key().as_ref().try_into().map_err(|_| format!("key `{name}`: is no Ed25519 seed"))?
            }
            None => *bytes,
        };
        self.0.push(SigningKey { id: id.into(), from, secret, public });
        self.0.sort_by_key(|key| key.from);
        Ok(())
    }

    fn of_day(&self, day: NaiveDate) -> Option<&SigningKey> {
        self.0.iter().rev().find(|key| key.from.is_none_or(|from| from <= day))
    }

    /// None where there is no key whose time it is.
    pub fn sign(&self, now: Instant, message: &[u8]) -> Option<Signature> {
        let key = self.of_day(civil_day(now))?;
        let bytes = key.secret.as_ref()?.sign(message).as_ref().try_into().ok()?;
        Some(Signature { key: key.id.clone(), bytes })
    }

    /// Whether this key signed this, and might do so at that time.
    pub fn verify(&self, id: &str, at: Instant, message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        let key = self.0.iter().find(|key| key.id == id).ok_or_else(|| SignatureFault::UnknownKey(id.into()))?;
        if self.of_day(civil_day(at)).is_none_or(|own| own.id != id) {
            return Err(SignatureFault::NotItsTime(id.into()));
        }
        let verified = UnparsedPublicKey::new(&ED25519, key.public).verify(message, signature);
        verified.map_err(|_| SignatureFault::Wrong(id.into()))
    }

    pub fn public(&self) -> Vec<PublicKey> {
        let begin = |key: &SigningKey| key.from.map(|day| day_bounds(day).0);
        let untils = self.0.iter().skip(1).map(begin).chain([None]);
        let published = self.0.iter().zip(untils);
        published
            .map(|(key, until)| PublicKey { id: key.id.clone(), bytes: key.public, from: begin(key), until })
            .collect()
    }

    /// The name in the file of keys, and the public part, of those whose time was over on this day.
    pub fn over_by(&self, day: NaiveDate) -> Vec<(String, String, [u8; 32])> {
        let nexts = self.0.iter().skip(1);
        let over = self
            .0
            .iter()
            .zip(nexts)
            .filter(|(key, next)| key.secret.is_some() && next.from.is_some_and(|from| from <= day));
        over.map(|(key, _)| {
            let place = key.from.map_or_else(|| key.id.clone(), |from| format!("{}@{from}", key.id));
            (format!("{SECRET}{place}"), format!("{PUBLIC}{place}"), key.public)
        })
        .collect()
    }

    pub fn has(&self, id: &str) -> bool {
        self.0.iter().any(|key| key.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn keys(names: &[(&str, u8)]) -> SigningKeys {
        let mut keys = SigningKeys::default();
        names.iter().for_each(|(name, seed)| keys.add(name, &[*seed; 32]).unwrap());
        keys
    }

    /// The first of RFC 8032's own examples (7.1): a signature is what every other implementation makes of it.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let seed = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let mut keys = SigningKeys::default();
        keys.add("sign-s1", &seed.try_into().unwrap()).unwrap();
        let made = keys.sign(at("2026-05-08T00:00:00Z"), b"").unwrap();
        assert_eq!(
            hex::encode(made.bytes),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        );
    }

    #[test]
    fn each_key_signs_in_its_own_time_and_is_believed_for_it_alone() {
        let keys = keys(&[("sign-s2@2027-01-01", 2), ("sign-s1", 1), ("sign-s3@2028-01-01", 3)]);
        // In China the new year has begun.
        for (moment, own) in [
            ("2026-12-31T15:59:59Z", "s1"),
            ("2026-12-31T16:00:00Z", "s2"),
            ("2027-12-31T15:59:59Z", "s2"),
            ("2030-01-01T00:00:00Z", "s3"),
        ] {
            let made = keys.sign(at(moment), b"x").unwrap();
            assert_eq!(made.key, own, "{moment}");
            for id in ["s1", "s2", "s3"] {
                assert_eq!(keys.verify(id, at(moment), b"x", &made.bytes).is_ok(), id == own, "{moment} {id}");
            }
            assert_eq!(keys.verify(own, at(moment), b"y", &made.bytes), Err(SignatureFault::Wrong(own.into())));
        }
        let made = keys.sign(at("2026-05-08T00:00:00Z"), b"x").unwrap();
        let late = keys.verify("s1", at("2027-05-08T00:00:00Z"), b"x", &made.bytes);
        assert_eq!(late, Err(SignatureFault::NotItsTime("s1".into())));
        let ends: Vec<_> = keys.public().into_iter().map(|key| (key.id, key.from, key.until)).collect();
        let (second, third) = (Some(at("2026-12-31T16:00:00Z")), Some(at("2027-12-31T16:00:00Z")));
        assert_eq!(ends, [("s1".into(), None, second), ("s2".into(), second, third), ("s3".into(), third, None)]);
    }

    #[test]
    fn the_public_part_is_enough_for_what_was_signed_before() {
        let whole = keys(&[("sign-s1", 1), ("sign-s2@2027-01-01", 2)]);
        let (moment, later) = (at("2026-05-08T00:00:00Z"), at("2027-05-08T00:00:00Z"));
        let made = whole.sign(moment, b"x").unwrap();
        let over = whole.over_by("2027-01-01".parse().unwrap());
        assert_eq!((over.len(), over[0].0.as_str(), over[0].1.as_str()), (1, "sign-s1", "public-s1"));
        assert!(whole.over_by("2026-12-31".parse().unwrap()).is_empty());
        let mut after = SigningKeys::default();
        after.add(&over[0].1, &over[0].2).unwrap();
        after.add("sign-s2@2027-01-01", &[2; 32]).unwrap();
        assert_eq!(after.verify("s1", moment, b"x", &made.bytes), Ok(()));
        assert_eq!(after.sign(moment, b"x"), None, "nobody can any more");
        assert!(after.sign(later, b"x").is_some());
        assert_eq!(after.public(), whole.public());
    }

    #[test]
    fn wrong_names_are_refused_with_what_would_be_right() {
        for (name, right) in [
            ("sign-", "1 to 32"),
            ("sign-a b", "1 to 32"),
            ("sign-s2@soon", "2027-01-01"),
            ("sign-s1@2027-01-01", "own"),
        ] {
            let error = keys(&[("sign-s1", 1)]).add(name, &[2; 32]).unwrap_err();
            assert!(error.contains(right), "{error}");
        }
        assert!(keys(&[("sign-s1@2027-01-01", 1)]).add("sign-s2@2027-01-01", &[2; 32]).is_err());
    }
}
