//! 志愿者码: the code on a volunteer's phone that the desk scans, a new one every 30 s.
//!
//! `BOAI1:<handle>:<step>:<mac>`. The handle is the phone's session, enciphered under a key of the day: it names the volunteer
//! to this server alone, and whoever films a queue cannot tell on the next day that the same phone stands in it. The MAC is
//! HMAC-SHA-256 over the number of the step, under a key of session and day that comes from the vault, so that nothing has to
//! be kept. A phone is given the keys of today and tomorrow and shows right codes for a day without a network. When its
//! session ends its codes end with it, keys or no keys: whoever looks at one asks for the session.
//!
//! A code says who stands there and when, nothing else. That it is taken once, for one end of one shift, is the database's word
//! (`code_use`). Guessing: 80 bits of MAC, under a handle that has to be known.

use aes_gcm::aes::{
    Aes256,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit as _},
};
use boai_entity::{Instant, ids::SessionId};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::codes::{STEPS_EITHER_WAY, STEPS_PER_KEY, begin_of, step_at};
use crate::platform::vault::Vault;

const FORM: &str = "BOAI1";
/// Bytes of the MAC that a code carries.
const MAC_BYTES: usize = 10;
/// Steps have nine digits until the year 2921.
const STEP_DIGITS: usize = 9;

/// What a phone is given for the codes of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct PhoneKey {
    pub handle: String,
    pub key: [u8; 32],
    pub from: Instant,
    pub to: Instant,
}

/// What a good code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub session: SessionId,
    pub step: i64,
}

/// Why a code is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Something else, or made by somebody else.
    Forged,
    /// Ours, and older than is taken by so much.
    Old { seconds: i64 },
    /// Ours, and not to be shown yet: the phone's clock is ahead.
    Early { seconds: i64 },
}

/// The keys with which a phone shows codes for the next 24 h.
pub fn keys_from(vault: &Vault, session: SessionId, now: Instant) -> [PhoneKey; 2] {
    let first = step_at(now).div_euclid(STEPS_PER_KEY);
    [first, first + 1].map(|day| PhoneKey {
        handle: handle(vault, session, day),
        key: key(vault, session, day),
        from: begin_of(day * STEPS_PER_KEY),
        to: begin_of((day + 1) * STEPS_PER_KEY),
    })
}

/// The code of a moment, and when the next one comes.
pub fn code_at(vault: &Vault, session: SessionId, now: Instant) -> (String, Instant) {
    let step = step_at(now);
    let day = step.div_euclid(STEPS_PER_KEY);
    let code = format!("{FORM}:{}:{step}:{}", handle(vault, session, day), mac_of(&key(vault, session, day), step));
    (code, begin_of(step + 1))
}

/// Reads a code as it was scanned at that moment: good while it is shown, and a step either way. A code that is offered later
/// for the moment at which it was scanned (a desk without a network) is judged by that moment.
pub fn read(vault: &Vault, scanned: &str, at: Instant) -> Result<Shown, Unread> {
    let (session, step) = opened(vault, scanned).ok_or(Unread::Forged)?;
    let ahead = step - step_at(at);
    if ahead < -STEPS_EITHER_WAY {
        let seconds = (at - begin_of(step + 1)).num_seconds();
        return Err(Unread::Old { seconds });
    }
    if ahead > STEPS_EITHER_WAY {
        let seconds = (begin_of(step) - at).num_seconds();
        return Err(Unread::Early { seconds });
    }
    Ok(Shown { session, step })
}

fn opened(vault: &Vault, scanned: &str) -> Option<(SessionId, i64)> {
    let parts: Vec<&str> = scanned.trim().split(':').collect();
    let [FORM, handle, step, proof] = parts.as_slice() else { return None };
    if step.len() > STEP_DIGITS || !step.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let step: i64 = step.parse().ok()?;
    let day = step.div_euclid(STEPS_PER_KEY);
    let bytes: [u8; 16] = hex::decode(handle).ok()?.try_into().ok()?;
    let mut block = bytes.into();
    cipher(vault, day).decrypt_block(&mut block);
    let session = SessionId(Uuid::from_bytes(block.into()));
    let given = hex::decode(proof).ok().filter(|given| given.len() == MAC_BYTES)?;
    // Compared in a time that tells nothing.
    mac(&key(vault, session, day), step).verify_truncated_left(&given).ok()?;
    Some((session, step))
}

/// AES of one block is a permutation of all sessions, another one each day: nothing to look up, and nothing that stays.
fn handle(vault: &Vault, session: SessionId, day: i64) -> String {
    let mut block = session.0.into_bytes().into();
    cipher(vault, day).encrypt_block(&mut block);
    hex::encode_upper(block)
}

fn cipher(vault: &Vault, day: i64) -> Aes256 {
    Aes256::new(&vault.derive("attendance/volunteer-handle", &day.to_string()).into())
}

fn key(vault: &Vault, session: SessionId, day: i64) -> [u8; 32] {
    vault.derive("attendance/volunteer-code", &format!("{session} {day}"))
}

/// What a phone does: the first 10 bytes of the MAC over the step (8 bytes, big-endian), in capital hexadecimal digits.
fn mac_of(key: &[u8; 32], step: i64) -> String {
    hex::encode_upper(&mac(key, step).finalize().into_bytes()[..MAC_BYTES])
}

fn mac(key: &[u8; 32], step: i64) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(&step.to_be_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn vault(seed: u8) -> Vault {
        let key = BASE64_STANDARD.encode(std::array::from_fn::<u8, 32, _>(|place| seed ^ place.to_le_bytes()[0]));
        Vault::given(&format!("k1:{key},fingerprint:{key}")).unwrap()
    }

    fn session(number: u128) -> SessionId {
        SessionId(Uuid::from_u128(number))
    }

    fn at(text: &str) -> Instant {
        format!("2026-05-08T{text}+08:00").parse().unwrap()
    }

    #[test]
    fn a_code_names_its_phone_while_it_is_shown_and_a_step_either_way() {
        let vault = vault(1);
        let (code, next) = code_at(&vault, session(1), at("08:00:00"));
        assert_eq!(next, at("08:00:30"));
        let step = at("08:00:00").timestamp() / 30;
        for good in ["07:59:30", "08:00:00", "08:00:29", "08:00:59"] {
            assert_eq!(read(&vault, &code, at(good)), Ok(Shown { session: session(1), step }), "{good}");
        }
        assert_eq!(read(&vault, &code, at("08:01:00")), Err(Unread::Old { seconds: 30 }));
        assert_eq!(read(&vault, &code, at("07:59:29")), Err(Unread::Early { seconds: 31 }));
        assert_eq!(read(&self::vault(2), &code, at("08:00:00")), Err(Unread::Forged), "another server's");
    }

    #[test]
    fn a_code_is_made_for_a_qr_of_capital_letters_and_digits() {
        let (code, _) = code_at(&vault(1), session(1), at("08:00:00"));
        assert!(code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b':'), "{code}");
        assert!(code.len() <= 90, "it fits version 4 with medium correction: {code}");
    }

    #[test]
    fn no_part_of_a_code_can_be_exchanged() {
        let (vault, now) = (vault(1), at("08:00:00"));
        let parts =
            |number, at| code_at(&vault, session(number), at).0.split(':').map(str::to_owned).collect::<Vec<_>>();
        let (mine, yours, later) = (parts(1, now), parts(2, now), parts(1, now + TimeDelta::seconds(30)));
        for forged in
            [[&mine[1], &mine[2], &yours[3]], [&yours[1], &mine[2], &mine[3]], [&mine[1], &later[2], &mine[3]]]
        {
            let forged = format!("BOAI1:{}:{}:{}", forged[0], forged[1], forged[2]);
            assert_eq!(read(&vault, &forged, now), Err(Unread::Forged));
        }
        for forged in [format!("BOAI2:{}:{}:{}", mine[1], mine[2], mine[3]), format!("BOAI1:{}:{}:", mine[1], mine[2])]
        {
            assert_eq!(read(&vault, &forged, now), Err(Unread::Forged), "{forged}");
        }
    }

    #[test]
    fn a_phone_without_a_network_shows_right_codes_for_a_day() {
        let vault = vault(1);
        for begins in ["00:00:00", "07:59:59", "08:00:00", "23:59:59"] {
            let keys = keys_from(&vault, session(1), at(begins));
            for minutes in (0..=24 * 60).step_by(7) {
                let now = at(begins) + TimeDelta::minutes(minutes);
                let PhoneKey { handle, key, .. } = keys.iter().find(|key| key.from <= now && now < key.to).unwrap();
                let step = now.timestamp() / 30;
                let shown = format!("BOAI1:{handle}:{step}:{}", mac_of(key, step));
                assert_eq!(shown, code_at(&vault, session(1), now).0);
                assert!(read(&vault, &shown, now).is_ok());
            }
        }
    }

    #[test]
    fn nobody_is_followed_from_day_to_day() {
        let vault = vault(1);
        let [today, tomorrow] = keys_from(&vault, session(1), at("08:00:00"));
        assert_ne!(today.handle, tomorrow.handle);
        assert!(!today.handle.contains(&hex::encode_upper(session(1).0.into_bytes())));
    }

    #[test]
    fn a_phone_of_other_make_comes_to_the_same_code() {
        // Made with Python's hmac: HMAC-SHA-256 with 32 bytes of 0x0B over 59 270 400 as 8 bytes, its first 10 bytes.
        assert_eq!(mac_of(&[0x0B; 32], 59_270_400), "D5009B6190589D296DD6");
    }

    proptest! {
        #[test]
        fn whatever_is_scanned_is_answered(scanned in ".*", step in any::<i64>()) {
            let _ = read(&vault(1), &scanned, at("08:00:00"));
            let _ = read(&vault(1), &format!("BOAI1:{}:{step}:00", "0".repeat(32)), at("08:00:00"));
        }
    }
}
