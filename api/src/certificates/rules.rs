//! What a certificate is made of: its digest, what is signed of it, its check code, and where it stands.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use boai_entity::{
    Instant,
    certificate::{Model as Certificate, Shown},
    ids::ServiceRecordId,
    kinds::Category,
};
use chrono::{NaiveDate, TimeDelta};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    platform::{civil::civil_day, refusal::When, vault::Vault},
    refusals,
};

/// Most records on one certificate.
pub const MOST_RECORDS: usize = 2000;
/// Most new certificates of one volunteer on a day; the same one again costs nothing.
pub const MOST_A_DAY: i64 = 20;
/// How long a link to the file is good.
pub const LINK_LIVES: TimeDelta = TimeDelta::minutes(15);
/// The first word of whatever is signed as a certificate.
pub const FORM: &str = "boai certificate 1";
/// Without 0, O, 1, I, L and U.
const LETTERS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Of a check code: 30¹² are some 5 · 10¹⁷.
const LETTERS_OF_CODE: usize = 12;

refusals! {
    /// Why there is no certificate.
    CertificateRefusal, RequestCertificateErrorCode, RequestCertificateError {
        /// The period ends before it begins.
        Backwards at "to" => "The period ends before it begins.", "结束日期早于开始日期。";
        /// The period is not over yet.
        NotOver { last_day: String } at "to"
            => "The period has to end by {last_day}: nothing is certified ahead.",
               "结束日期最晚为 {last_day}，不能为将来的时间出具证明。";
        /// Nothing in the period is final.
        NothingFinal { others: i64 } at "from"
            => "No service of yours in this period is final, and {others} records are confirmed but still under public notice or disputed. Choose another period, or wait until the notice is over.",
               "该期间没有公示期满的服务记录，另有 {others} 条已确认、仍在公示或异议处理中；请选择其他期间，或等公示期满。";
        /// More than one certificate holds.
        TooManyRecords { records: i64, most: i64 } at "from"
            => "There are {records} records in this period, and a certificate holds {most}. Choose a shorter one.",
               "该期间有 {records} 条记录，一份证明最多 {most} 条，请缩短期间。";
        /// There were many today.
        TooManyToday { most: i64, next: When }
            => "{most} certificates were issued to you today. The next can be had from {next} on; those you have are in `me.certificates`.",
               "今天已为您出具 {most} 份证明，{next} 起可再次申请；已出具的证明见“我的证明”。";
        /// No key signs today.
        NoKey => "Certificates cannot be signed at the moment. Please tell whoever runs this service.", "暂时无法签发证明，请联系平台管理人员。";
    }
}

/// Where a certificate stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Valid,
    /// A record on it was corrected or taken back since.
    Superseded,
    /// Whoever runs the service took it back.
    Revoked {
        at: Instant,
        reason: String,
    },
}

/// Where it stands, when these records of its volunteer were taken back by ledger entries of these numbers.
pub fn standing(certificate: &Certificate, taken_back: &[(i32, ServiceRecordId)]) -> Standing {
    if let Some(at) = certificate.revoked_at {
        return Standing::Revoked { at, reason: certificate.revoke_reason.clone().unwrap_or_default() };
    }
    let later: Vec<_> = taken_back.iter().filter(|(seq, _)| *seq > certificate.seq).map(|(_, record)| record).collect();
    let mut lines = certificate.shown.units.iter().flat_map(|unit| &unit.records);
    if !later.is_empty() && lines.any(|line| later.contains(&&line.record)) {
        Standing::Superseded
    } else {
        Standing::Valid
    }
}

/// What a certificate shows, in one hash.
pub fn digest(shown: &Shown) -> String {
    hex::encode(Sha256::digest(json!(shown).to_string()))
}

/// What is signed: a JSON array of [`FORM`], number, day of issue, name, first and last day, minutes, issuer and the first half
/// of the digest, in hex.
pub fn statement(number: &str, issued_at: Instant, shown: &Shown, digest: &str) -> String {
    let Shown { name, from, to, issuer, .. } = shown;
    let (issued, from, to) = (civil_day(issued_at).to_string(), from.to_string(), to.to_string());
    json!([FORM, number, issued, name, from, to, shown.minutes(), issuer, &digest[..digest.len() / 2]]).to_string()
}

/// `KEY.STATEMENT.SIGNATURE`, the last two in URL-safe base64: what the QR code holds.
pub fn payload(key: &str, statement: &str, signature: &[u8]) -> String {
    let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    format!("{key}.{}.{}", text(statement.as_bytes()), text(signature))
}

/// Key, statement and signature of a payload.
pub fn read_payload(payload: &str) -> Option<(String, String, Vec<u8>)> {
    let mut parts = payload.split('.');
    let (key, statement, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    Some((key.into(), String::from_utf8(bytes(statement)?).ok()?, bytes(signature)?))
}

/// A number from the day and what is random: nobody can tell from it how many there are.
pub fn new_number(day: NaiveDate, random: u64) -> String {
    format!("{}-{:08}", day.format("%Y%m%d"), random % 100_000_000)
}

/// The check code of a number. It is kept nowhere: who has the vault's key works it out, and nobody else.
pub fn code_of(vault: &Vault, number: &str) -> String {
    let bytes = vault.derive("certificate/code", number);
    let mut value = u128::from_be_bytes(std::array::from_fn(|place| bytes[place]));
    let mut code = String::with_capacity(LETTERS_OF_CODE + 2);
    for place in 0..LETTERS_OF_CODE {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        let letter = usize::try_from(value % LETTERS.len() as u128).unwrap_or_default();
        code.push(char::from(LETTERS[letter]));
        value /= LETTERS.len() as u128;
    }
    code
}

/// Whether two codes are one, as people type them; how long it takes tells nothing.
pub fn is_code(right: &str, typed: &str) -> bool {
    let letters = |text: &str| -> Vec<u8> {
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect()
    };
    let (right, typed) = (letters(right), letters(typed));
    let different = right.iter().zip(&typed).fold(0, |sum, (one, other)| sum | (one ^ other));
    right.len() == typed.len() && different == 0
}

/// A number as people type it: full-width digits and blanks are forgiven.
pub fn read_number(typed: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF10}'..='\u{FF19}' => char::from_u32(u32::from(c) - 0xFF10 + u32::from('0')).unwrap_or(c),
        '\u{FF0D}' | '–' | '—' => '-',
        other => other,
    };
    typed.chars().filter(|c| !c.is_whitespace()).map(narrow).take(40).collect()
}

/// 服务内容
pub fn content(category: Category) -> (&'static str, &'static str) {
    match category {
        Category::Rescue => ("应急救援", "Emergency rescue"),
        Category::FirstAid => ("应急救护", "First aid"),
        Category::StemCell => ("造血干细胞捐献服务", "Stem-cell donation service"),
        Category::Blood => ("无偿献血服务", "Blood donation service"),
        Category::OrganDonation => ("遗体和人体器官捐献服务", "Organ donation service"),
        Category::Elderly => ("养老助老", "Care for the elderly"),
        Category::Psychosocial => ("心理支持", "Psychosocial support"),
        Category::Vaccination => ("疫苗接种点服务", "Vaccination site service"),
        Category::Relief => ("人道救助", "Humanitarian relief"),
        Category::Community => ("社区服务", "Community service"),
    }
}

/// 2小时30分, as hours are the law's unit (order 67, art. 7) and minutes are exact.
pub fn duration(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest}分"),
        (hours, 0) => format!("{hours}小时"),
        (hours, rest) => format!("{hours}小时{rest}分"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vault() -> Vault {
        Vault::given(
            "k:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,fingerprint:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        )
        .unwrap()
    }

    #[test]
    fn a_code_is_typed_as_people_type() {
        let code = code_of(&vault(), "20260508-00000001");
        assert_eq!((code.len(), code.matches('-').count()), (14, 2));
        for typed in [code.clone(), code.to_lowercase(), code.replace('-', " "), format!(" {}", code.replace('-', ""))]
        {
            assert!(is_code(&code, &typed), "{typed}");
        }
        for wrong in ["", "2", &code[1..], &format!("{code}2"), &code_of(&vault(), "20260508-00000002")] {
            assert!(!is_code(&code, wrong), "{wrong}");
        }
        assert_eq!(read_number(" 2026\u{FF10}508\u{FF0D}00000001 "), "20260508-00000001");
    }

    #[test]
    fn durations_are_said_in_hours() {
        for (minutes, said) in [(0, "0分"), (59, "59分"), (60, "1小时"), (150, "2小时30分"), (60_000, "1000小时")]
        {
            assert_eq!(duration(minutes), said);
        }
    }

    proptest! {
        #[test]
        fn a_payload_is_read_as_it_was_written(statement in ".{0,80}", signature: [u8; 16]) {
            let text = payload("s1", &statement, &signature);
            prop_assert_eq!(read_payload(&text), Some(("s1".into(), statement, signature.to_vec())));
        }

        #[test]
        fn no_text_makes_it_stumble(text in ".{0,80}") {
            let _ = (read_payload(&text), read_number(&text), is_code("2345", &text));
        }
    }
}
