//! Which numbers can be those of an identity document, and what can be refused about them.

use boai_entity::kinds::IdDocument;
use chrono::NaiveDate;

use crate::refusals;

/// Numbers that one person may hand in on one civil day: whether a number is taken already tells who is registered here.
pub const TRIES_A_DAY: i32 = 5;

refusals! {
    /// Why the identity was not handed in.
    SubmitRefusal, SubmitIdentityErrorCode, SubmitIdentityError {
        /// Only volunteers have their identity verified.
        NotEnrolled => "Enrol as a volunteer first: the number is held against the birth date you give there.", "请先登记为志愿者,证件号码须与登记的出生日期一致。";
        /// There is one that waits, or is verified.
        AlreadyThere => "Your identity is being verified or is verified already; see `me.identity`. To hand in another, withdraw the consent `IDENTITY` first.", "您的实名信息已提交或已认证。如需更换,请先撤回实名认证授权。";
        /// It has not 18 characters, or one that no number has.
        NotANumber { characters: i32 } at "number" => "This has {characters} characters or one that cannot be there. The number has 17 digits and then a digit or X: copy it from the document.", "号码应为 17 位数字加 1 位数字或 X,您填写了 {characters} 个字符或含有其他字符,请核对证件。";
        /// Numbers of this kind of document begin otherwise.
        OtherDocument at "document" => "A number of this kind of document begins otherwise. Choose the document that you hold in your hand.", "该号码与所选证件类型不符,请重新选择证件类型。";
        /// The last character does not follow from the others: something was mistyped.
        Mistyped at "number" => "The last character does not follow from the others, so something is mistyped. Compare digit by digit.", "号码校验位不符,可能有误,请逐位核对。";
        /// The birth date in the number is not that of the enrolment.
        BirthDateDiffers at "number" => "The birth date in this number is not the one that you enrolled with. If that one is wrong, ask your branch to correct it.", "号码中的出生日期与登记信息不一致。如登记有误,请联系红十字会更正。";
        /// Somebody else has this number.
        NumberTaken at "number" => "Somebody is registered with this number already. If you had another phone number, sign in with that one; otherwise show the document at your branch.", "该号码已被登记。如您曾用其他手机号注册,请用原手机号登录;否则请持证件到红十字会核实。";
        /// Too many numbers on one day.
        TooManyTries { tries_a_day: i32 } at "number" => "At most {tries_a_day} numbers are taken on one day. Try again tomorrow, or show the document at your branch.", "每天最多提交 {tries_a_day} 次,请明天再试,或持证件到红十字会办理。";
        /// The text was not the one in force.
        ConsentTextOutdated { current: String } at "consentVersion" => "Agree to the text in force first: its version is {current}; see `consentTexts`.", "请阅读并同意现行授权书(版本 {current})。";
    }
}

refusals! {
    /// Why the identity was not decided on, or its number not shown.
    CheckRefusal, IdentityCheckErrorCode, IdentityCheckError {
        /// There is no such identity in your care.
        NotFound => "There is no such identity in your care.", "您名下没有该实名信息。";
        /// Nobody decides on their own.
        Yourself => "Nobody verifies their own identity; another officer has to.", "不能核验本人的实名信息,请由其他工作人员办理。";
        /// It is decided on, or was withdrawn.
        NotPending => "This one does not wait any more: it was decided on or withdrawn in the meantime.", "该实名信息已处理或已撤回。";
        /// Whoever is turned away has to hear why.
        ReasonNeeded at "reason" => "Say why it is rejected: the person reads it, and can do better.", "请填写未通过的原因,本人可见。";
        /// The number was erased.
        Erased => "The number was erased when it was rejected or withdrawn.", "号码已随驳回或撤回删除。";
    }
}

/// A whole number, as it is sealed. It has no `Debug`, so that it never gets into a log.
#[derive(PartialEq, Eq)]
pub struct IdNumber(String);

impl IdNumber {
    pub fn whole(&self) -> &str {
        &self.0
    }

    /// The first and the last character.
    pub fn masked(&self) -> String {
        format!("{}{}{}", &self.0[..1], "*".repeat(LENGTH - 2), &self.0[LENGTH - 1..])
    }
}

const LENGTH: usize = 18;

/// Reads a number as people type it: with spaces, in full width, with a small x. It must fit its document and the birth
/// date that its holder enrolled with.
pub fn read_number(document: IdDocument, typed: &str, birth: NaiveDate) -> Result<IdNumber, SubmitRefusal> {
    let number: String = typed.chars().filter(|c| !c.is_whitespace()).map(narrow).collect();
    let bytes = number.as_bytes();
    let digits = bytes.iter().take(LENGTH - 1).all(u8::is_ascii_digit);
    if bytes.len() != LENGTH || !digits || !matches!(bytes[LENGTH - 1], b'0'..=b'9' | b'X') {
        let characters = i32::try_from(number.chars().count()).unwrap_or(i32::MAX);
        return Err(SubmitRefusal::NotANumber { characters });
    }
    if !begins_as(document, &number) {
        return Err(SubmitRefusal::OtherDocument);
    }
    if check_character(bytes) != bytes[LENGTH - 1] {
        return Err(SubmitRefusal::Mistyped);
    }
    if number[6..14] != birth.format("%Y%m%d").to_string() {
        return Err(SubmitRefusal::BirthDateDiffers);
    }
    Ok(IdNumber(number))
}

/// Full-width characters, which Chinese keyboards write, become ASCII ones; small letters become capital.
fn narrow(c: char) -> char {
    let narrow = match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    narrow.to_ascii_uppercase()
}

/// GB/T 2260: provinces and their like begin with 1 to 6; 81, 82 and 83 are permits of residents of Hong Kong, Macau and
/// Taiwan, and 9 is a foreigner's.
fn begins_as(document: IdDocument, number: &str) -> bool {
    let region: u32 = number[..2].parse().unwrap_or_default();
    match document {
        IdDocument::IdentityCard => {
            matches!(region, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65)
        }
        IdDocument::ResidencePermit => matches!(region, 81..=83),
        IdDocument::PermanentResidence => matches!(region, 90..=99),
    }
}

/// GB 11643: ISO 7064, MOD 11-2, over the first 17 digits.
fn check_character(digits: &[u8]) -> u8 {
    const WEIGHTS: [u32; LENGTH - 1] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = WEIGHTS.iter().zip(digits).map(|(weight, digit)| weight * u32::from(digit - b'0')).sum();
    b"10X98765432"[(sum % 11) as usize]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use IdDocument::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// A number with its check character.
    fn number(region: u32, birth: NaiveDate, sequence: u32) -> String {
        let body = format!("{region:06}{}{sequence:03}", birth.format("%Y%m%d"));
        let check = char::from(check_character(body.as_bytes()));
        format!("{body}{check}")
    }

    fn refused(document: IdDocument, typed: &str, birth: &str) -> SubmitRefusal {
        read_number(document, typed, day(birth)).err().expect("a refusal")
    }

    /// The two examples in the standard itself.
    #[test]
    fn the_examples_of_the_standard_are_right() {
        assert!(read_number(IdentityCard, "11010519491231002X", day("1949-12-31")).is_ok());
        assert!(read_number(IdentityCard, "440524188001010014", day("1880-01-01")).is_ok());
    }

    #[test]
    fn a_number_is_read_as_people_type_it() {
        for typed in ["11010519491231002x", " 110105 19491231 002X\u{3000}", "１１０１０５１９４９１２３１００２Ｘ"]
        {
            let number = read_number(IdentityCard, typed, day("1949-12-31")).expect(typed);
            assert_eq!((number.whole(), number.masked().as_str()), ("11010519491231002X", "1****************X"));
        }
    }

    #[test]
    fn each_fault_is_told_apart() {
        use SubmitRefusal::*;
        for typed in [
            "",
            "110105194912310",
            "11010519491231002XX",
            "1101051949123100AX",
            "11010519491231X02X",
            "京0105194912310021",
        ] {
            let characters = i32::try_from(typed.chars().count()).unwrap();
            assert_eq!(refused(IdentityCard, typed, "1949-12-31"), NotANumber { characters });
        }
        assert_eq!(refused(IdentityCard, "110105194912310021", "1949-12-31"), Mistyped);
        assert_eq!(refused(IdentityCard, "11010519491231002X", "1949-12-30"), BirthDateDiffers);
        assert_eq!(refused(ResidencePermit, "11010519491231002X", "1949-12-31"), OtherDocument);
        assert_eq!(refused(PermanentResidence, "11010519491231002X", "1949-12-31"), OtherDocument);
        let birth = day("1990-01-01");
        assert_eq!(refused(IdentityCard, &number(710_000, birth, 1), "1990-01-01"), OtherDocument);
        assert!(read_number(ResidencePermit, &number(830_000, birth, 1), birth).is_ok());
        assert!(read_number(PermanentResidence, &number(933_840, birth, 1), birth).is_ok());
        // A day that there never was agrees with nobody's birth date.
        let body = "33010619900230001";
        let never = format!("{body}{}", char::from(check_character(body.as_bytes())));
        assert_eq!(refused(IdentityCard, &never, "1990-03-02"), BirthDateDiffers);
    }

    prop_compose! {
        fn any_number()(region in 330_000_u32..339_999, days in 0_i32..40_000, sequence in 0_u32..999) -> (String, NaiveDate) {
            let birth = NaiveDate::from_num_days_from_ce_opt(693_596 + days).unwrap();
            (number(region, birth, sequence), birth)
        }
    }

    proptest! {
        #[test]
        fn a_mistyped_or_swapped_digit_is_always_seen((right, birth) in any_number(), at in 0_usize..17, other in 0_u8..10) {
            prop_assert!(read_number(IdentityCard, &right, birth).is_ok());
            let mut wrong = right.clone().into_bytes();
            wrong[at] = b'0' + other;
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(wrong == right, read_number(IdentityCard, &wrong, birth).is_ok());
            let mut swapped = right.clone().into_bytes();
            swapped.swap(at, at + 1);
            let swapped = String::from_utf8(swapped).unwrap();
            prop_assert_eq!(swapped == right, read_number(IdentityCard, &swapped, birth).is_ok());
        }

        #[test]
        fn no_text_makes_it_stumble_or_shows_in_the_refusal(typed in ".{0,30}") {
            if let Err(refusal) = read_number(IdentityCard, &typed, day("1990-01-01")) {
                use crate::platform::{lang::Lang, refusal::Refusal};
                prop_assert!(typed.chars().count() < 6 || !refusal.message(Lang::En).contains(&typed));
            }
        }

        #[test]
        fn a_mask_shows_the_ends_alone((right, birth) in any_number()) {
            let masked = read_number(IdentityCard, &right, birth).unwrap().masked();
            prop_assert_eq!(masked.len(), right.len());
            prop_assert_eq!(&masked[1..17], "****************");
        }
    }
}
