//! Refusals are data: what happened, why and what now, with the numbers, in both languages.
//!
//! A concept declares what its use case may refuse with [`refusals!`]; GraphQL shows each as an item of the payload's
//! `errors`, with a code of that mutation.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};

use super::{errors::Fault, lang::Lang};

/// A number behind a refusal.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub struct RefusalNumber {
    /// What it counts, with its unit: `distanceMetres`, `minutesUntilOpen`, `capacity` …
    pub name: String,
    /// In the unit that the name says.
    pub value: f64,
}

/// Why a use case did not end well.
#[derive(Debug)]
pub enum Stop<R> {
    /// The person can do something about it.
    Refused(R),
    /// The request was not valid, or it is our fault.
    Fault(Fault),
}

impl<R> Stop<R> {
    pub fn map<S>(self, refusal: impl FnOnce(R) -> S) -> Stop<S> {
        match self {
            Self::Refused(refused) => Stop::Refused(refusal(refused)),
            Self::Fault(fault) => Stop::Fault(fault),
        }
    }
}

impl<R> From<R> for Stop<R> {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal)
    }
}

/// Turns an infrastructure error into a [`Stop`]; `?` cannot, because every `R` already converts by itself.
pub trait OrFault<T> {
    fn or_fault<R>(self) -> Result<T, Stop<R>>;
}

impl<T, E: Into<Fault>> OrFault<T> for Result<T, E> {
    fn or_fault<R>(self) -> Result<T, Stop<R>> {
        self.map_err(|error| Stop::Fault(error.into()))
    }
}

/// What every refusal can say of itself.
pub trait Refusal {
    type Code;
    fn code(&self) -> Self::Code;
    fn message(&self, lang: Lang) -> String;
    /// The input field it is about.
    fn path(&self) -> Option<Vec<String>>;
    fn numbers(&self) -> Vec<RefusalNumber>;
}

/// A field of a refusal that may be a number.
pub trait MaybeNumber {
    fn number(&self) -> Option<f64> {
        None
    }
}

impl MaybeNumber for i64 {
    #[expect(clippy::cast_precision_loss, reason = "metres, minutes and seats are far below 2^52")]
    fn number(&self) -> Option<f64> {
        Some(*self as f64)
    }
}
impl MaybeNumber for i32 {
    fn number(&self) -> Option<f64> {
        Some(f64::from(*self))
    }
}
impl MaybeNumber for String {}
impl MaybeNumber for When {}

/// A moment as people in China read it: 2026-05-08 08:00 (Asia/Shanghai).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(pub DateTime<Utc>);

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.with_timezone(&crate::platform::civil::SHANGHAI).format("%Y-%m-%d %H:%M").fmt(f)
    }
}

/// `minutes_until_open` → `minutesUntilOpen`.
pub fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut so_far, word| {
        let (head, tail) = word.split_at(1);
        so_far.push_str(&head.to_ascii_uppercase());
        so_far.push_str(tail);
        so_far
    })
}

/// Declares a use case's refusals: the enum with its data, its GraphQL code, and the GraphQL error object.
///
/// ```text
/// refusals! {
///     /// Why a sign-up was refused.
///     SignUpRefusal, SignUpErrorCode, SignUpError {
///         /// The shift has ended.
///         ShiftOver { ended_at: Instant } at "shiftId" => "The shift ended at {ended_at}.", "班次已于{ended_at}结束。";
///     }
/// }
/// ```
#[macro_export]
macro_rules! refusals {
    (
        $(#[$doc:meta])* $refusal:ident, $code:ident, $error:ident {
            $($(#[$item_doc:meta])* $item:ident $({ $($field:ident: $type:ty),* $(,)? })? $(at $path:literal)? => $en:literal, $zh:literal;)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $refusal { $($(#[$item_doc])* $item $({ $($field: $type),* })?),+ }

        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
        pub enum $code { $($(#[$item_doc])* $item),+ }

        $(#[$doc])*
        #[derive(Clone, Debug, async_graphql::SimpleObject)]
        pub struct $error {
            /// What happened, for the app to act on.
            pub code: $code,
            /// What happened, why and what now, in the caller's language (`Accept-Language`: zh-CN or en).
            pub message: String,
            /// The input field it is about, as a path from the mutation's argument; null when it is about none.
            pub path: Option<Vec<String>>,
            /// The numbers behind the message.
            pub numbers: Vec<$crate::platform::refusal::RefusalNumber>,
        }

        impl $crate::platform::refusal::Refusal for $refusal {
            type Code = $code;

            fn code(&self) -> $code {
                match self { $(Self::$item { .. } => $code::$item),+ }
            }

            #[allow(unused_variables, clippy::useless_format)]
            fn message(&self, lang: $crate::platform::lang::Lang) -> String {
                match self {
                    $(Self::$item $({ $($field),* })? => match lang {
                        $crate::platform::lang::Lang::En => format!($en),
                        $crate::platform::lang::Lang::Zh => format!($zh),
                    }),+
                }
            }

            fn path(&self) -> Option<Vec<String>> {
                #[allow(unused_mut, unused_assignments)]
                match self {
                    $(Self::$item { .. } => {
                        let mut path: Option<&str> = None;
                        $(path = Some($path);)?
                        path.map(|path| std::iter::once("input").chain(path.split('.')).map(str::to_owned).collect())
                    }),+
                }
            }

            fn numbers(&self) -> Vec<$crate::platform::refusal::RefusalNumber> {
                #[allow(unused_imports)]
                use $crate::platform::refusal::{MaybeNumber as _, RefusalNumber, camel};
                match self {
                    $(Self::$item $({ $($field),* })? => {
                        let numbers: Vec<(&str, Option<f64>)> = vec![$($((stringify!($field), $field.number())),*)?];
                        numbers
                            .into_iter()
                            .filter_map(|(name, value)| Some(RefusalNumber { name: camel(name), value: value? }))
                            .collect()
                    }),+
                }
            }
        }

        impl $error {
            pub fn new(refusal: &$refusal, lang: $crate::platform::lang::Lang) -> Self {
                use $crate::platform::refusal::Refusal as _;
                Self { code: refusal.code(), message: refusal.message(lang), path: refusal.path(), numbers: refusal.numbers() }
            }
        }
    };
}
