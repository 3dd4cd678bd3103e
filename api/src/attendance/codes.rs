//! 签到码: the code on the screen of a site, a new one every 30 s.
//!
//! A code is HMAC-SHA-256 over the number of its step, as in RFC 6238, under a key that is good for 24 h. The keys come
//! from the vault, so that nothing has to be kept; a screen is given those of today and tomorrow, and shows right codes
//! for a day without a network. Whoever copies the keys off a screen has them until they end.
//!
//! Guessing: there are 30⁸ ≈ 6.6 · 10¹¹ codes, of which three are good at any time. A million tries, from as many accounts
//! as you like, find one with a chance of 5 in a million; and each costs a seat on the shift, and counts on the limits
//! `codes.person`, `codes.wrong_shift` and `codes.wrong_address`.

use boai_entity::{Instant, ids::ShiftId};
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::rules::CodeVerdict;
use crate::{
    ctx::Ctx,
    platform::{errors::Fault, proxies::network_bits, rates::Charge, vault::Vault},
};

/// How long a code is shown, in seconds.
pub const STEP_S: i64 = 30;
/// Steps for which one key is good: 24 h.
pub(super) const STEPS_PER_KEY: i64 = 24 * 60 * 60 / STEP_S;
/// Steps before and after the present one that are taken, for clocks that differ and people who type.
pub(super) const STEPS_EITHER_WAY: i64 = 1;
/// Without 0, O, 1, I, L and U.
const LETTERS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;

/// A key of a shift's codes, and when it is good.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteKey {
    pub key: [u8; 32],
    pub from: Instant,
    pub to: Instant,
}

/// The keys with which a screen shows codes for the next 24 h.
pub fn keys_from(vault: &Vault, shift: ShiftId, now: Instant) -> [SiteKey; 2] {
    let first = step_at(now).div_euclid(STEPS_PER_KEY);
    [first, first + 1].map(|number| SiteKey {
        key: key(vault, shift, number),
        from: begin_of(number * STEPS_PER_KEY),
        to: begin_of((number + 1) * STEPS_PER_KEY),
    })
}

/// The code of a moment, and when the next one comes.
pub fn code_at(vault: &Vault, shift: ShiftId, now: Instant) -> (String, Instant) {
    let step = step_at(now);
    (code_of_step(vault, shift, step), begin_of(step + 1))
}

/// Whether this was on the shift's screen at that moment, give or take a step. Spaces, hyphens and small letters are as
/// people type.
pub fn is_good(vault: &Vault, shift: ShiftId, typed: &str, at: Instant) -> bool {
    let Some(typed) = read(typed) else { return false };
    let step = step_at(at);
    let mut good = false;
    for near in step - STEPS_EITHER_WAY..=step + STEPS_EITHER_WAY {
        // All are compared: how long it takes tells nothing.
        good |= code_of_step(vault, shift, near) == typed;
    }
    good
}

/// Half a code is no code, and neither is one with a letter that no code has.
fn read(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(LENGTH);
    for letter in typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        let letter = letter.to_ascii_uppercase();
        if code.len() == LENGTH || !LETTERS.contains(&u8::try_from(letter).ok()?) {
            return None;
        }
        code.push(letter);
    }
    (code.len() == LENGTH).then_some(code)
}

/// Looks at a code that is shown now, for whoever asks. The try counts before anybody looks, right or wrong.
pub async fn look_at(ctx: &Ctx, shift: ShiftId, typed: &str) -> Result<CodeVerdict, Fault> {
    look_at_shown(ctx, shift, typed, ctx.now()).await
}

/// The same for a code that was shown at some time. The try counts now.
pub async fn look_at_shown(ctx: &Ctx, shift: ShiftId, typed: &str, shown: Instant) -> Result<CodeVerdict, Fault> {
    let now = ctx.now();
    let limits = &ctx.config.rates.codes;
    let person = ctx.actor()?.person.0.as_u128();
    let mine = limits.person.0.map(|limit| Charge { name: "codes.person", limit, who: person, weight: 1 });
    if let Some(mine) = mine
        && let Some(exceeded) = ctx.rates.take(person, &[mine], now).await.exceeded
    {
        return Ok(too_many(exceeded.retry_after));
    }
    for charge in wrong(ctx, shift) {
        if let Some(exceeded) = ctx.rates.is_full(charge, now).await {
            return Ok(too_many(exceeded.retry_after));
        }
    }
    Ok(if is_good(&ctx.vault, shift, typed, shown) { CodeVerdict::Good } else { CodeVerdict::Wrong })
}

/// Counts a wrong code on its shift, and on the address that it came from.
pub async fn count_wrong(ctx: &Ctx, shift: ShiftId) {
    for charge in wrong(ctx, shift) {
        ctx.rates.take(charge.who, &[charge], ctx.now()).await;
    }
}

fn wrong(ctx: &Ctx, shift: ShiftId) -> impl Iterator<Item = Charge> {
    let limits = &ctx.config.rates.codes;
    let of_shift = limits.wrong_shift.0.map(|limit| ("codes.wrong_shift", limit, shift.0.as_u128()));
    let of_address = limits.wrong_address.0.zip(ctx.address);
    let of_address = of_address.map(|(limit, address)| ("codes.wrong_address", limit, network_bits(address)));
    let charge = |(name, limit, who)| Charge { name, limit, who, weight: 1 };
    [of_shift, of_address].into_iter().flatten().map(charge)
}

fn too_many(retry_after_s: u32) -> CodeVerdict {
    CodeVerdict::TooMany { minutes: i64::from(retry_after_s.div_ceil(60)) }
}

fn code_of_step(vault: &Vault, shift: ShiftId, step: i64) -> String {
    code_of(&key(vault, shift, step.div_euclid(STEPS_PER_KEY)), step)
}

/// What a screen does: the first 8 bytes of the MAC over the step (8 bytes, big-endian) as a number, written in base 30.
fn code_of(key: &[u8; 32], step: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(&step.to_be_bytes());
    let bytes = mac.finalize().into_bytes();
    let mut number = bytes[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut code = String::with_capacity(LENGTH);
    for _ in 0..LENGTH {
        let letter = usize::try_from(number % 30).unwrap_or_default();
        code.push(char::from(LETTERS[letter]));
        number /= 30;
    }
    code
}

fn key(vault: &Vault, shift: ShiftId, number: i64) -> [u8; 32] {
    vault.derive("attendance/site-code", &format!("{shift} {number}"))
}

pub(super) fn step_at(now: Instant) -> i64 {
    now.timestamp().div_euclid(STEP_S)
}

pub(super) fn begin_of(step: i64) -> Instant {
    DateTime::from_timestamp(step * STEP_S, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn vault(seed: u8) -> Vault {
        let key = BASE64_STANDARD.encode(std::array::from_fn::<u8, 32, _>(|place| seed ^ place.to_le_bytes()[0]));
        Vault::given(&format!("k1:{key},fingerprint:{key}")).unwrap()
    }

    fn shift(number: u128) -> ShiftId {
        ShiftId(Uuid::from_u128(number))
    }

    fn at(text: &str) -> Instant {
        format!("2026-05-08T{text}+08:00").parse().unwrap()
    }

    #[test]
    fn a_code_is_good_while_it_is_shown_and_a_step_either_way() {
        let vault = vault(1);
        let (code, next) = code_at(&vault, shift(1), at("08:00:00"));
        assert_eq!((code.len(), next), (8, at("08:00:30")));
        for (moment, good) in
            [("07:59:29", false), ("07:59:30", true), ("08:00:00", true), ("08:00:59", true), ("08:01:00", false)]
        {
            assert_eq!(is_good(&vault, shift(1), &code, at(moment)), good, "{moment}");
        }
        assert!(!is_good(&vault, shift(2), &code, at("08:00:00")), "another shift's");
        assert!(!is_good(&self::vault(2), shift(1), &code, at("08:00:00")), "another server's");
    }

    #[test]
    fn people_type_as_they_like_and_half_a_code_is_none() {
        let vault = vault(1);
        let (code, _) = code_at(&vault, shift(1), at("08:00:00"));
        let good = |typed: &str| is_good(&vault, shift(1), typed, at("08:00:00"));
        assert!(good(&code.to_lowercase()) && good(&format!(" {}-{} ", &code[..4], &code[4..])));
        assert!(
            !good(&code[..7])
                && !good(&format!("{code}2"))
                && !good("")
                && !good("红十字会红十字会")
                && !good("0O1ILU00")
        );
    }

    #[test]
    fn a_screen_without_a_network_shows_right_codes_for_a_day() {
        let vault = vault(1);
        for begins in ["00:00:00", "07:59:59", "08:00:00", "23:59:59"] {
            let keys = keys_from(&vault, shift(1), at(begins));
            for minutes in (0..=24 * 60).step_by(7) {
                let now = at(begins) + TimeDelta::minutes(minutes);
                let key = keys.iter().find(|key| key.from <= now && now < key.to).expect("a key for a day");
                let shown = code_of(&key.key, step_at(now));
                assert_eq!(shown, code_at(&vault, shift(1), now).0);
                assert!(is_good(&vault, shift(1), &shown, now));
            }
        }
    }

    #[test]
    fn a_screen_of_other_make_comes_to_the_same_code() {
        // Made with Python's hmac: HMAC-SHA-256 with 32 bytes of 0x0B over 59 270 400 as 8 bytes, in base 30.
        assert_eq!(code_of(&[0x0B; 32], 59_270_400), "VYPFTN9N");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_answered(typed in ".*") {
            is_good(&vault(1), shift(1), &typed, at("08:00:00"));
        }

        #[test]
        fn codes_have_no_letters_that_look_alike(key in any::<[u8; 32]>(), step in any::<i64>()) {
            let code = code_of(&key, step);
            prop_assert_eq!(code.len(), 8);
            prop_assert!(!code.contains(['0', 'O', '1', 'I', 'L', 'U']));
        }
    }
}
