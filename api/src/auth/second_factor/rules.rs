//! Codes of the authenticator app and recovery codes: how they are made, checked and kept, and how often one may guess.

use boai_entity::{Instant, ids::PersonId};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};

use crate::refusals;

/// 160 bits, as RFC 4226 recommends.
pub const SECRET_BYTES: usize = 20;
/// Minutes within which a new secret must be confirmed by a first code.
pub const CONFIRM_MINUTES: i64 = 15;
/// Wrong codes in a row until the next lock.
pub const TRIES: i32 = 5;
/// Minutes of the first lock, the second … ; the last is every further one. Three codes in a million are good at a time,
/// so that five guesses a day take a century for an even chance, where five every quarter of an hour took 16 months.
pub const LOCKS_MINUTES: [i64; 4] = [15, 60, 240, 1440];
/// Recovery codes made at once.
pub const RECOVERY_CODES: usize = 10;
/// 80 bits: too many to try out against the hashes, should they ever be read.
const RECOVERY_BYTES: usize = 10;
/// Letters and digits that nobody mistakes for one another (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ISSUER: &str = "Boai";

refusals! {
    /// Why nothing was done with the second factor.
    SecondFactorRefusal, SecondFactorErrorCode, SecondFactorError {
        /// The code is not right.
        WrongCode { tries_left: i32 } at "code"
            => "The code is wrong. {tries_left} tries are left before a pause.", "验证码错误,还可尝试 {tries_left} 次。";
        /// This code of the app was used already.
        CodeUsed at "code"
            => "This code was used already: each is good once. Wait for the next one, half a minute at most.",
               "该动态验证码已使用过,请等待下一个(最多半分钟)。";
        /// Too many wrong codes in a row.
        Locked { minutes_to_wait: i64 } at "code"
            => "Too many wrong codes were tried. Try again in {minutes_to_wait} min.",
               "错误次数过多,请在 {minutes_to_wait} 分钟后重试。";
        /// No second factor is enrolled.
        NotEnrolled => "You have no second factor. Enrol one with `enrolSecondFactor`.", "您尚未绑定动态验证器。";
        /// No secret waits to be confirmed.
        NoNewSecret { minutes_valid: i64 }
            => "No secret waits to be confirmed: one is good for {minutes_valid} minutes. Begin with `enrolSecondFactor`.",
               "没有待确认的密钥(有效期 {minutes_valid} 分钟),请重新绑定。";
        /// One is enrolled already; its code is needed to replace it.
        CodeNeeded at "code"
            => "You have a second factor. Give its code, or a recovery code, to replace it.",
               "您已绑定动态验证器,更换时须输入其验证码或恢复码。";
    }
}

/// What somebody typed.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// Six digits of the app.
    App(String),
    /// A recovery code, as it was given out.
    Recovery(String),
}

/// Tells the two kinds of codes apart, and forgives spaces, hyphens, small letters and letters that look like digits.
pub fn typed(code: &str) -> Typed {
    let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if code.len() <= 8 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Typed::App(code);
    }
    let read = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    Typed::Recovery(code.chars().map(read).collect())
}

/// The step of 30 s whose code this is: the present one, or a neighbour for clocks that differ. None when it is of none.
pub fn step_of(secret: &[u8], code: &str, now: Instant) -> Option<i32> {
    let step = totp(secret).check(code, seconds(now))?;
    i32::try_from(step).ok()
}

/// The app's code at a moment.
pub fn code_at(secret: &[u8], now: Instant) -> String {
    totp(secret).generate(seconds(now)).to_string()
}

fn totp(secret: &[u8]) -> Totp {
    // SHA-1, six digits, 30 s: what every authenticator app understands. One step either way is forgiven.
    Builder::new().with_secret(Secret::from(secret.to_vec())).build_noncompliant()
}

fn seconds(now: Instant) -> u64 {
    now.timestamp().max(0).unsigned_abs()
}

/// The secret as people type it.
pub fn base32(secret: &[u8]) -> String {
    Secret::from(secret.to_vec()).to_base32()
}

/// What the app's camera reads (the Key URI format). `account` is shown in the app beside the code.
pub fn otpauth_uri(secret: &[u8], account: &str) -> String {
    let account: String = account.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let secret = base32(secret);
    format!("otpauth://totp/{ISSUER}:{account}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits=6&period=30")
}

/// A recovery code as it is given out: `0F3K-7M2Q-…`, four groups of four.
pub fn recovery_code(bytes: [u8; RECOVERY_BYTES]) -> String {
    let number = bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let letters = (0..16).rev().map(|place| char::from(ALPHABET[(number >> (5 * place) & 31) as usize]));
    let letters: Vec<char> = letters.collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What is kept of a recovery code, bound to its person. It has 80 random bits, so a plain hash cannot be turned back.
pub fn recovery_hash(person: PersonId, code: &str) -> String {
    let code: String = code.chars().filter(|c| *c != '-').collect();
    hex::encode(Sha256::digest(format!("{person} {code}")))
}

/// When the lock ends that each further five wrong codes in a row bring.
pub fn locks(now: Instant) -> [Instant; 4] {
    LOCKS_MINUTES.map(|minutes| now + TimeDelta::minutes(minutes))
}

/// After a wrong try: how many are left, or how long to wait.
pub fn after_wrong(wrong_tries: i32, locked_until: Option<Instant>, now: Instant) -> SecondFactorRefusal {
    match locked_until {
        Some(until) if until > now => locked(until, now),
        _ => SecondFactorRefusal::WrongCode { tries_left: TRIES - wrong_tries % TRIES },
    }
}

/// Whole minutes, upwards: nobody comes a second too early.
pub fn locked(until: Instant, now: Instant) -> SecondFactorRefusal {
    SecondFactorRefusal::Locked { minutes_to_wait: ((until - now).num_seconds() + 59) / 60 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_timestamp(seconds, 0).unwrap()
    }

    /// RFC 6238, appendix B: the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(secret, at(seconds)), code);
            assert_eq!(step_of(secret, code, at(seconds)), Some(i32::try_from(seconds / 30).unwrap()));
        }
    }

    #[test]
    fn a_code_is_good_in_its_step_and_the_two_beside_it() {
        let secret = b"12345678901234567890";
        let code = code_at(secret, at(1_111_111_109)); // the last second but one of its step
        for (seconds, good) in [(-60, false), (-59, true), (0, true), (30, true), (31, false)] {
            let step = step_of(secret, &code, at(1_111_111_109 + seconds));
            assert_eq!(step, good.then_some(1_111_111_109 / 30), "{seconds}");
        }
    }

    #[test]
    fn the_uri_is_one_that_apps_read() {
        assert_eq!(
            otpauth_uri(b"12345678901234567890", "138****0004"),
            "otpauth://totp/Boai:138____0004?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Boai&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn codes_are_read_however_people_type_them() {
        assert_eq!(typed(" 123 456 "), Typed::App("123456".into()));
        assert_eq!(typed("12345"), Typed::App("12345".into()));
        assert_eq!(typed("of3k-7m2q-il00-zzzz"), Typed::Recovery("0F3K7M2Q1100ZZZZ".into()));
        assert_eq!(typed(""), Typed::App(String::new()));
        assert_eq!(typed("１２３４５６"), Typed::Recovery("１２３４５６".into()));
    }

    #[test]
    fn every_fifth_wrong_code_locks() {
        let now = at(1_000_000);
        assert_eq!(after_wrong(1, None, now), SecondFactorRefusal::WrongCode { tries_left: 4 });
        assert_eq!(after_wrong(4, None, now), SecondFactorRefusal::WrongCode { tries_left: 1 });
        let until = Some(locks(now)[0]);
        assert_eq!(after_wrong(5, until, now), SecondFactorRefusal::Locked { minutes_to_wait: 15 });
        assert_eq!(after_wrong(6, None, now), SecondFactorRefusal::WrongCode { tries_left: 4 });
        assert_eq!(
            locked(now + TimeDelta::milliseconds(61_000), now),
            SecondFactorRefusal::Locked { minutes_to_wait: 2 }
        );
    }

    proptest! {
        /// A recovery code is found again by what is kept of it, however it is typed, and by its own person only.
        #[test]
        fn a_recovery_code_is_known_again(bytes in any::<[u8; RECOVERY_BYTES]>(), mine: u128, other: u128) {
            let code = recovery_code(bytes);
            prop_assert_eq!(code.len(), 19);
            let person = |id| PersonId(uuid::Uuid::from_u128(id));
            let Typed::Recovery(read) = typed(&code.to_lowercase()) else {
                return Err(TestCaseError::fail("not read as a recovery code"));
            };
            prop_assert_eq!(recovery_hash(person(mine), &read), recovery_hash(person(mine), &code));
            if mine != other {
                prop_assert_ne!(recovery_hash(person(mine), &read), recovery_hash(person(other), &read));
            }
        }

        /// No text makes the check stumble, and a code is of one step only.
        #[test]
        fn what_is_no_code_is_of_no_step(text in ".{0,12}", seconds in 0..4_000_000_000_i64) {
            let secret = b"12345678901234567890";
            let _ = typed(&text);
            let around: Vec<String> = (-1..=1).map(|step| code_at(secret, at((seconds + 30 * step).max(0)))).collect();
            prop_assert_eq!(step_of(secret, &text, at(seconds)).is_some(), around.contains(&text));
        }
    }
}
