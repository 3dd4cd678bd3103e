//! Whatever comes in from outside, what reads it answers: it never panics, takes nothing that is not right, and says nothing
//! back that should not be repeated.

#![allow(clippy::unwrap_used, reason = "a property that meets the impossible should panic")]

use async_graphql::{ScalarType, Value};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use boai::{
    auth::rules::{Proof, code_hash, token_hash, token_text},
    config::Config,
    graphql,
    identity::rules::read_number,
    places::geodesy::{Datum, Point},
    platform::{
        civil::{civil_day, day_bounds},
        db::{contains_pattern, moment},
        http::{bearer, bearer_token},
        lang::Lang,
        node::{GlobalId, decode, encode},
        pages::{MAX_SIZE, Page, PageArgs},
        proxies::Proxies,
        rates::Rate,
        scalars::{Date, Latitude, Longitude, Metres, Minutes, PhoneNumber},
        text::{clean, line},
        vault::Vault,
        wire::{asked::Asked, media::Media},
    },
};
use boai_entity::{
    ids::ShiftId,
    kinds::{CodePurpose, IdDocument},
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

/// Anything at all, and what looks like the right thing.
fn text_like(shape: &str) -> impl Strategy<Value = String> + use<> {
    prop_oneof![any::<String>(), proptest::string::string_regex(shape).unwrap()]
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (-8_000_000_000_000_i64..8_000_000_000_000).prop_map(|second| DateTime::from_timestamp(second, 0).unwrap())
}

fn page(list: &str, cursor: String, first: Option<i32>) -> Result<Page<(DateTime<Utc>, Uuid)>, String> {
    let args = PageArgs { first, after: Some(cursor), last: None, before: None };
    Page::read(list, args).map_err(|fault| fault.message().to_owned())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        text_like("[0-9TZ:+-]{0,30}").prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::hash_map("[a-z]{0,3}", inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn a_phone_number_is_read_to_one_form_or_refused(typed in text_like(r"(\+?86)?[ -]?1[0-9][0-9 ()-]{8,12}")) {
        if let Some(phone) = PhoneNumber::read(&typed) {
            let digits = phone.0.strip_prefix("+861").unwrap();
            prop_assert!(digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{typed}");
            prop_assert_eq!(PhoneNumber::read(&phone.0).unwrap().0, phone.0.clone());
            prop_assert!(!PhoneNumber::masked(&phone.0).contains(&phone.0[6..10]) || phone.0[6..10] == phone.0[10..14]);
        } else if typed.chars().any(|c| c.is_ascii_digit()) {
            let refused = PhoneNumber::parse(Value::from(typed.clone())).err().unwrap();
            prop_assert!(typed.len() < 4 || !format!("{refused:?}").contains(&typed), "{typed}");
        }
    }

    #[test]
    fn every_number_of_a_mobile_is_taken_however_it_is_grouped(tail in "[0-9]{9}", second in 3..=9, gap in "[ .()-]{0,2}") {
        let written = format!("+86 1{second}{}{gap}{}", &tail[..4], &tail[4..]);
        prop_assert_eq!(PhoneNumber::read(&written).unwrap().0, format!("+861{second}{tail}"));
    }

    #[test]
    fn a_mask_shows_no_more_than_seven_digits(stored in any::<String>()) {
        let masked = PhoneNumber::masked(&stored);
        prop_assert!(masked.contains("****") && masked.chars().count() <= 11, "{masked}");
    }

    #[test]
    fn a_global_id_comes_back_and_nothing_else_is_one(kind in "[A-Za-z]{1,20}", key in any::<String>(), text in any::<String>()) {
        prop_assert_eq!(decode(&encode(&kind, &key)), Some((kind, key)));
        if let Some((kind, key)) = decode(&text) {
            prop_assert_eq!(encode(&kind, &key).to_string(), text);
        }
    }

    #[test]
    fn an_id_is_taken_for_its_own_type_only(kind in "(Shift|Team|shift|Shift )", uuid in any::<u128>(), junk in any::<String>()) {
        let uuid = Uuid::from_u128(uuid);
        let read = |id: String| <GlobalId<ShiftId> as async_graphql::InputType>::parse(Some(Value::from(id)));
        let right = read(encode(&kind, &uuid.to_string()).to_string());
        prop_assert_eq!(right.is_ok(), kind == "Shift");
        if let Ok(id) = right {
            prop_assert_eq!(id, GlobalId(ShiftId(uuid)));
        }
        prop_assert!(read(junk).is_err());
    }

    #[test]
    fn a_cursor_from_nowhere_is_refused_or_stands_for_what_can_be_asked(
        list in "(records|teams)", junk in text_like("[A-Za-z0-9_-]{0,80}"), read in json(), first in any::<Option<i32>>()
    ) {
        let forged = URL_SAFE_NO_PAD.encode(serde_json::json!([list, read]).to_string());
        for cursor in [junk, forged, URL_SAFE_NO_PAD.encode(read.to_string())] {
            if let Ok(page) = page("records", cursor, first) {
                prop_assert!(page.limit <= u64::from(MAX_SIZE.unsigned_abs()));
                prop_assert!(page.from.is_none_or(|(at, _)| moment("cursor", at).is_ok()));
            }
        }
    }

    #[test]
    fn a_cursor_stands_only_in_its_own_list(at in instant(), id in any::<u128>()) {
        let key = (at, Uuid::from_u128(id));
        let cursor = URL_SAFE_NO_PAD.encode(serde_json::to_string(&("records", key)).unwrap());
        let read = page("records", cursor.clone(), None);
        prop_assert_eq!(read.is_ok(), moment("cursor", at).is_ok());
        if let Ok(page) = read {
            prop_assert_eq!(page.from, Some(key));
        }
        let elsewhere = page("sign-ups", cursor.clone(), None).unwrap_err();
        prop_assert!(elsewhere.contains("not from the list") && !elsewhere.contains(&cursor));
    }

    #[test]
    fn a_coordinate_is_a_place_on_earth_or_refused(latitude in any::<f64>(), longitude in any::<f64>()) {
        let within = |value: f64, most: f64| value.is_finite() && value.abs() <= most;
        prop_assert_eq!(Latitude::parse(Value::from(latitude)).is_ok(), within(latitude, 90.0));
        prop_assert_eq!(Longitude::parse(Value::from(longitude)).is_ok(), within(longitude, 180.0));
        prop_assert_eq!(Metres::parse(Value::from(latitude)).is_ok(), latitude.is_finite() && latitude >= 0.0);
    }

    #[test]
    fn every_place_can_be_told_in_every_datum(latitude in -90.0..=90.0_f64, longitude in -180.0..=180.0_f64) {
        for datum in [Datum::Wgs84, Datum::Gcj02, Datum::Bd09] {
            if let Ok(point) = Point::from_datum(datum, latitude, longitude) {
                let (latitude, longitude) = point.in_datum(datum);
                prop_assert!(latitude.is_finite() && longitude.is_finite());
                prop_assert!(point.distance_m(point) == 0.0 && point.unit_vector().iter().all(|part| part.abs() <= 1.0));
            }
        }
    }

    #[test]
    fn a_day_is_ten_characters_and_comes_back(text in text_like("[0-9+-]{1,5}-[0-9]{1,2}-[0-9]{1,2}"), minutes in any::<f64>()) {
        if let Ok(day) = Date::parse(Value::from(text.clone())) {
            prop_assert_eq!(day.to_value(), Value::from(text));
        }
        prop_assert!(Minutes::parse(Value::from(minutes)).is_err());
    }

    #[test]
    fn a_moment_that_is_taken_has_a_civil_day(at in instant()) {
        if let Ok(at) = moment("at", at) {
            let (from, to) = day_bounds(civil_day(at));
            prop_assert!(from <= at && at < to && to - from == TimeDelta::days(1));
        }
    }

    #[test]
    fn a_text_that_is_taken_is_trimmed_bounded_and_does_not_deceive(text in any::<String>(), most in 0..50_usize) {
        if let Ok(text) = clean(&text, most, true) {
            prop_assert!(text.trim() == text && (1..=most).contains(&text.chars().count()));
            prop_assert!(!text.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)));
            prop_assert_eq!(clean(&text, most, true), Ok(text));
        }
        if let Ok(line) = line("name", &text, most, false) {
            let deceives = line.contains(['\n', '\r', '\t', '\u{202E}']);
            prop_assert!(!deceives);
        }
        // In a pattern every character stands for itself.
        let pattern = contains_pattern(&text);
        prop_assert!(pattern.starts_with('%') && pattern.ends_with('%'));
    }

    #[test]
    fn codes_and_tokens_are_kept_as_hashes_that_say_nothing(phone in "\\+861[0-9]{10}", code in "[0-9]{6}", bytes in any::<[u8; 32]>()) {
        let hash = |phone: &str| code_hash(Proof { phone, purpose: CodePurpose::SignIn, holder: None }, &code);
        prop_assert!(hash(&phone).len() == 64 && hash(&phone).bytes().all(|byte| byte.is_ascii_hexdigit()));
        prop_assert_eq!(hash(&phone) == hash("+8613800138000"), phone == "+8613800138000");
        let token = token_text(bytes);
        prop_assert!(token.starts_with("boai_") && token.len() == 48);
        prop_assert_ne!(token_hash(&token), token);
    }

    #[test]
    fn a_number_of_a_document_is_taken_whole_or_not_at_all(
        typed in text_like("[ 0-9０-９]{0,5}[0-9]{6}(19|20)[0-9]{2}[01][0-9][0-3][0-9][0-9]{3}[0-9xXｘ]"), days in 0..50_000_i32
    ) {
        let birth = NaiveDate::from_num_days_from_ce_opt(690_000 + days).unwrap();
        for document in [IdDocument::IdentityCard, IdDocument::ResidencePermit, IdDocument::PermanentResidence] {
            if let Ok(number) = read_number(document, &typed, birth) {
                prop_assert!(number.whole().len() == 18 && number.masked().matches('*').count() == 16);
                prop_assert!(read_number(document, number.whole(), birth).is_ok_and(|again| again == number));
            }
        }
    }

    #[test]
    fn settings_that_are_parsed_are_right_or_refused(text in text_like("[0-9]{0,9} per ([0-9]{0,6} )?(second|minute|day)s?")) {
        if let Ok(rate) = text.parse::<Rate>() {
            prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
        }
        let networks = serde_json::from_value::<Proxies>(serde_json::json!([text]));
        prop_assert!(networks.is_ok() || networks.is_err_and(|why| why.to_string().contains("10.0.0.0/8")));
        prop_assert!(Vault::given(&text).is_err(), "no key is that short");
    }

    #[test]
    fn a_header_is_read_whatever_it_says(bytes in prop::collection::vec(any::<u8>(), 0..60), text in any::<String>()) {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            for name in [header::AUTHORIZATION, header::ACCEPT, header::CONTENT_TYPE, header::ACCEPT_LANGUAGE] {
                headers.insert(name, value.clone());
            }
        }
        let (_, _) = (Media::of(&headers), bearer(&headers));
        let _ = (Lang::from_accept_language(&text), bearer_token(&text));
        prop_assert_eq!(bearer_token("bearer  x"), Some("x"));
    }

    #[test]
    fn a_request_is_read_whatever_it_is(bytes in prop::collection::vec(any::<u8>(), 0..200), body in json(), query in any::<String>()) {
        let _ = (Asked::from_body(&bytes), Asked::from_body(body.to_string().as_bytes()));
        // Operations come one by one: a batch would pass under the limits of a request.
        prop_assert!(Asked::from_body(serde_json::json!([body]).to_string().as_bytes()).is_err());
        if let Ok(uri) = format!("/graphql?{query}").parse::<Uri>() {
            let _ = Asked::from_uri(&uri);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_document_is_screened_whatever_it_says(
        text in text_like(r#"(\{|\}|\(|\)|query |mutation |fragment F on |\.\.\.|F|me|node|id|: |\$a|"\\u\{|"|[0-9]|@skip\(if: |ID!|#| ){0,60}"#),
        variables in json()
    ) {
        thread_local!(static SCREEN: boai::platform::wire::Screen = graphql::screen(&Config::default()).unwrap());
        let variables = variables.as_object().cloned().unwrap_or_default();
        let asked = Asked { query: Some(text), variables, ..Asked::default() };
        if let Err(errors) = SCREEN.with(|screen| screen.screen(asked)) {
            let coded = |error: &async_graphql::ServerError| {
                error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some())
            };
            prop_assert!(!errors.is_empty() && errors.iter().all(coded));
        }
    }
}
