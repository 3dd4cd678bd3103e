//! Faults: what is our own, or not a valid request. They become top-level GraphQL errors with a code.
//! What a person can run into in the course of things is a refusal instead (see `refusal`).

use async_graphql::{Error, ErrorExtensions};
use sea_orm::DbErr;

use super::db::passes;

/// The code of what may go through a moment later …
pub const UNAVAILABLE: &str = "UNAVAILABLE";
/// … and the extension that says so, for phones that act on no code.
pub const RETRYABLE: &str = "retryable";

/// Why a request could not be carried out at all. It has no `Display` on purpose: whatever has one, async-graphql turns
/// into an error without a code.
#[derive(Debug)]
pub enum Fault {
    Unauthenticated,
    Forbidden(String),
    /// The role allows it once this session has proved the second factor.
    SecondFactorNeeded,
    /// The role allows it once the person has a second factor.
    SecondFactorNotEnrolled,
    BadUserInput(String),
    /// What came after a feed's cursor is no longer kept.
    CursorExpired,
    /// The database is away, restarting or has no room: nothing that was acknowledged is lost, and the same request may be sent
    /// again. What happened is told to the log.
    Unavailable(String),
    /// Told in full to the log, and to the caller only by the request's id.
    Internal(String),
}

impl Fault {
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::BadUserInput(message.into())
    }

    /// What the caller reads.
    pub fn message(&self) -> &str {
        match self {
            Self::Unauthenticated => {
                "Sign in first: the access token is missing, has expired, or its session has ended. 请先登录。"
            }
            Self::Forbidden(message) | Self::BadUserInput(message) => message,
            Self::SecondFactorNeeded => {
                "What changes other people's records by a role on a branch takes your second factor: send the code of your \
                 authenticator app with `proveSecondFactor`, then do this again. 请先输入动态验证码后再试。"
            }
            Self::SecondFactorNotEnrolled => {
                "What changes other people's records by a role on a branch takes a second factor, and you have none: enrol an \
                 authenticator app with `enrolSecondFactor` and `confirmSecondFactor`, then do this again. \
                 请先绑定动态验证器后再试。"
            }
            Self::CursorExpired => {
                "What came after this cursor is no longer kept. Subscribe without `after`, and read the list anew. \
                 游标已过期,请重新订阅并重新读取列表。"
            }
            Self::Unavailable(_) => {
                "The service cannot do this at the moment. Send the same request again in a few seconds, with the same \
                 requestId where it has one: it counts once. 服务暂时不可用,请几秒后以同一请求编号重试。"
            }
            Self::Internal(_) => "Something went wrong on our side. 系统出错,请稍后重试。",
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::SecondFactorNeeded => "SECOND_FACTOR_NEEDED",
            Self::SecondFactorNotEnrolled => "SECOND_FACTOR_NOT_ENROLLED",
            Self::BadUserInput(_) => "BAD_USER_INPUT",
            Self::CursorExpired => "CURSOR_EXPIRED",
            Self::Unavailable(_) => UNAVAILABLE,
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// Whether the same request may go through a moment later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Tells the log what the caller is not told.
    pub fn log(&self) {
        match self {
            Self::Unavailable(detail) => tracing::warn!(detail, "unavailable"),
            Self::Internal(detail) => tracing::error!(detail, "internal error"),
            _ => {}
        }
    }
}

impl From<&DbErr> for Fault {
    fn from(error: &DbErr) -> Self {
        // sqlx's text names the constraint but not the values, so no phone number reaches the log by this way.
        let detail = format!("database: {error}");
        if passes(error) { Self::Unavailable(detail) } else { Self::Internal(detail) }
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        Self::from(&error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(format!("input or output: {error}"))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        fault.log();
        Error::new(fault.message()).extend_with(|_, extensions| {
            extensions.set("code", fault.code());
            if fault.is_retryable() {
                extensions.set(RETRYABLE, true);
            }
        })
    }
}
