//! Scalars with meaning. Each refuses what cannot be with a sentence that says what would be right.

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, NaiveTime};

fn refuse<T: ScalarType + InputType>(message: String) -> InputValueResult<T> {
    Err(InputValueError::custom(message).with_extension("code", "BAD_USER_INPUT"))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64().filter(|number| number.is_finite()),
        _ => None,
    }
}

/// Degrees north of the equator, -90 to 90; negative is south. In the datum named beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latitude(pub f64);

/// Degrees north of the equator, -90 to 90; negative is south. In the datum named beside it.
#[Scalar]
impl ScalarType for Latitude {
    fn parse(value: Value) -> InputValueResult<Self> {
        match number(&value) {
            Some(degrees) if (-90.0..=90.0).contains(&degrees) => Ok(Self(degrees)),
            Some(degrees) => refuse(format!(
                "The latitude {degrees} lies outside -90 to 90 degrees. In China it is between 3 and 54; were latitude and \
                 longitude swapped?"
            )),
            None => refuse(format!("A latitude is a number of degrees, -90 to 90, not {value}.")),
        }
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }
}

/// Degrees east of Greenwich, -180 to 180; negative is west. In the datum named beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Longitude(pub f64);

/// Degrees east of Greenwich, -180 to 180; negative is west. In the datum named beside it.
#[Scalar]
impl ScalarType for Longitude {
    fn parse(value: Value) -> InputValueResult<Self> {
        match number(&value) {
            Some(degrees) if (-180.0..=180.0).contains(&degrees) => Ok(Self(degrees)),
            Some(degrees) => refuse(format!("The longitude {degrees} lies outside -180 to 180 degrees.")),
            None => refuse(format!("A longitude is a number of degrees, -180 to 180, not {value}.")),
        }
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }
}

/// A length in metres, 0 or more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metres(pub f64);

/// A length in metres, 0 or more.
#[Scalar]
impl ScalarType for Metres {
    fn parse(value: Value) -> InputValueResult<Self> {
        match number(&value) {
            Some(metres) if metres >= 0.0 => Ok(Self(metres)),
            Some(metres) => refuse(format!("{metres} m is less than nothing: metres are 0 or more.")),
            None => refuse(format!("Metres are a number, 0 or more, not {value}.")),
        }
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }
}

/// Whole minutes. Service time is stored as minutes and shown to people as hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes(pub i64);

/// Whole minutes. Service time is stored as minutes and shown to people as hours.
#[Scalar]
impl ScalarType for Minutes {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) if number.is_i64() => Ok(Self(number.as_i64().unwrap_or_default())),
            _ => refuse(format!("Minutes are a whole number, not {value}.")),
        }
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }
}

/// A civil day in Asia/Shanghai, as `2026-05-08`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A civil day in Asia/Shanghai, as `2026-05-08`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
                Ok(date) if text.len() == 10 && date.to_string() == *text => Ok(Self(date)),
                _ => refuse(format!("{text:.40} is no day; write it as 2026-05-08.")),
            },
            _ => refuse("A day is a text such as \"2026-05-08\".".into()),
        }
    }

    fn to_value(&self) -> Value {
        self.0.to_string().into()
    }
}

/// A time of day in Asia/Shanghai, to the minute: `06:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay(pub NaiveTime);

/// A time of day in Asia/Shanghai, to the minute: `06:30`.
#[Scalar]
impl ScalarType for TimeOfDay {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => match NaiveTime::parse_from_str(text, "%H:%M") {
                Ok(time) if time.format("%H:%M").to_string() == *text => Ok(Self(time)),
                _ => refuse(format!("{text:.40} is no time of day; write it as 06:30, from 00:00 to 23:59.")),
            },
            _ => refuse("A time of day is a text such as \"06:30\".".into()),
        }
    }

    fn to_value(&self) -> Value {
        self.0.format("%H:%M").to_string().into()
    }
}

/// A mainland China mobile number in any usual way of writing: `13800138000`, `+86 138-0013-8000`, `0086 …`. Leaves as
/// E.164, masked where it is shown to others.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(pub String);

impl PhoneNumber {
    /// E.164 from what people type; none when it is no mainland mobile number. The refusal never repeats the number.
    pub fn read(text: &str) -> Option<Self> {
        let mut digits = String::new();
        for c in text.chars() {
            match c {
                '0'..='9' => digits.push(c),
                '\u{FF10}'..='\u{FF19}' => digits.push(char::from(b'0' + u8::try_from(c as u32 - 0xFF10).ok()?)),
                '+' | '\u{FF0B}' if digits.is_empty() => digits.push('+'),
                '-' | '(' | ')' | '.' | '\u{2010}'..='\u{2014}' | '\u{FF08}' | '\u{FF09}' | '\u{FF0D}' => {}
                // A phone's address book wraps a number that is copied from it in marks of the reading direction.
                '\u{200B}'
                | '\u{200E}'
                | '\u{200F}'
                | '\u{202A}'..='\u{202E}'
                | '\u{2066}'..='\u{2069}'
                | '\u{FEFF}' => {}
                c if c.is_whitespace() => {}
                _ => return None,
            }
        }
        let national = ["+86", "0086", "86"]
            .iter()
            .find_map(|prefix| digits.strip_prefix(prefix).filter(|rest| rest.len() == 11))
            .unwrap_or(&digits);
        let mobile = national.len() == 11
            && national.starts_with('1')
            && matches!(national.as_bytes()[1], b'3'..=b'9')
            && national.bytes().all(|byte| byte.is_ascii_digit());
        mobile.then(|| Self(format!("+86{national}")))
    }

    /// `138****8000`
    pub fn masked(e164: &str) -> String {
        let national = e164.strip_prefix("+86").unwrap_or(e164);
        match (national.get(..3), national.get(national.len().saturating_sub(4)..)) {
            (Some(head), Some(tail)) if national.len() >= 7 => format!("{head}****{tail}"),
            _ => "****".into(),
        }
    }
}

impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&Self::masked(&self.0))
    }
}

/// A mainland China mobile number in any usual way of writing: `13800138000`, `+86 138-0013-8000`, `0086 …`. Leaves as
/// E.164, masked where it is shown to others.
#[Scalar]
impl ScalarType for PhoneNumber {
    fn parse(value: Value) -> InputValueResult<Self> {
        let read = match &value {
            Value::String(text) => Self::read(text),
            _ => None,
        };
        match read {
            Some(phone) => Ok(phone),
            None => refuse(
                "This is no mainland China mobile number: 11 digits that begin with 13 to 19 are expected, as \
                            in 13800138000 or +86 138 0013 8000."
                    .into(),
            ),
        }
    }

    fn to_value(&self) -> Value {
        self.0.clone().into()
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{ScalarType, Value};

    use super::{Date, Latitude, Metres, PhoneNumber, TimeOfDay};

    #[test]
    fn a_phone_number_is_understood_however_people_type_it() {
        for typed in [
            "13800138000",
            "138 0013 8000",
            "138-0013-8000",
            "+8613800138000",
            "+86 138 0013 8000",
            "0086-138-0013-8000",
            "8613800138000",
            " (138) 0013.8000 ",
            "１３８００１３８０００",
            "＋86 138\u{3000}0013\u{3000}8000",
            "(+86) 138 0013 8000",
            "（＋86）138－0013－8000",
            "\u{202D}+86 138 0013 8000\u{202C}",
            "\t13800138000\n",
        ] {
            assert_eq!(PhoneNumber::read(typed).map(|phone| phone.0).as_deref(), Some("+8613800138000"), "{typed}");
        }
    }

    #[test]
    fn what_is_no_mobile_number_is_refused_without_being_repeated() {
        for typed in [
            "",
            "1380013800",
            "138001380001",
            "23800138000",
            "12800138000",
            "0571-88888888",
            "+1 202 555 0100",
            "1380013800x",
            "+",
            "138+00138000",
            "++8613800138000",
            "13800138000;DROP",
        ] {
            assert_eq!(PhoneNumber::read(typed), None, "{typed}");
        }
        let error = format!("{:?}", PhoneNumber::parse(Value::from("0571-88888888")).err());
        assert!(!error.contains("88888888"), "{error}");
        assert_eq!(format!("{:?}", PhoneNumber("+8613800138000".into())), "138****8000");
    }

    #[test]
    fn swapped_coordinates_are_noticed() {
        let error = format!("{:?}", Latitude::parse(Value::from(120.16)).err());
        assert!(error.contains("swapped"), "{error}");
        assert!(Latitude::parse(Value::from("NaN")).is_err());
        assert!(Metres::parse(Value::from(-1.0)).is_err());
        assert!(Date::parse(Value::from("2026-02-30")).is_err());
        assert!(Date::parse(Value::from("26-2-3")).is_err());
        assert!(TimeOfDay::parse(Value::from("06:30")).is_ok());
        for time in ["24:00", "6:30", "06:30:00", "06.30", "+6:30", " 6:30", ""] {
            assert!(TimeOfDay::parse(Value::from(time)).is_err(), "{time}");
        }
    }
}
