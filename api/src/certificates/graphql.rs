//! Certificates as their volunteer sees them.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use boai_entity::{Instant, certificate};

use super::{
    rules::{RequestCertificateError, Standing, code_of},
    service,
};
use crate::{
    graphql::{ctx, settle},
    platform::{
        civil::civil_day,
        scalars::{Date, Minutes},
    },
};

/// Where a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CertificateState {
    /// Good.
    Valid,
    /// A record on it was corrected or taken back since: ask for a new one.
    Superseded,
    /// Taken back by whoever runs the service.
    Revoked,
}

/// 志愿服务记录证明: a proof of confirmed service for a school or an employer, frozen with its issue.
pub struct Certificate(certificate::Model, Standing);

/// Where a file can be fetched without a session.
#[derive(SimpleObject)]
struct CertificateFile {
    /// A path on this server; a PDF.
    path: String,
    /// The link is good until then; ask for another one afterwards.
    expires_at: Instant,
}

/// 志愿服务记录证明: a proof of confirmed service for a school or an employer, frozen with its issue.
#[Object]
impl Certificate {
    /// 证明编号, unique.
    async fn number(&self) -> &str {
        &self.0.number
    }
    /// 查验码: with the number it shows the certificate to anybody, at `/verify`.
    async fn check_code(&self, gql: &Context<'_>) -> String {
        code_of(&ctx(gql).vault, &self.0.number)
    }
    /// The civil day (Asia/Shanghai) of issue.
    async fn issued_on(&self) -> Date {
        Date(civil_day(self.0.issued_at))
    }
    /// The first day of the period.
    async fn from(&self) -> Date {
        Date(self.0.shown.from)
    }
    /// The last day of the period.
    async fn to(&self) -> Date {
        Date(self.0.shown.to)
    }
    /// 出具单位: the nearest branch above all units that recorded.
    async fn issuer(&self) -> &str {
        &self.0.shown.issuer
    }
    /// All service time on it.
    async fn minutes(&self) -> Minutes {
        Minutes(self.0.shown.minutes())
    }
    /// Where it stands now.
    async fn state(&self) -> CertificateState {
        match self.1 {
            Standing::Valid => CertificateState::Valid,
            Standing::Superseded => CertificateState::Superseded,
            Standing::Revoked { .. } => CertificateState::Revoked,
        }
    }
    /// Why it was revoked; null when it was not.
    async fn revoke_reason(&self) -> Option<&str> {
        match &self.1 {
            Standing::Revoked { reason, .. } => Some(reason),
            _ => None,
        }
    }
    /// What the QR code holds for who checks without a network: `KEY.STATEMENT.SIGNATURE`, the last two in URL-safe base64, signed
    /// with Ed25519 by one of the keys at `/keys`.
    async fn payload(&self) -> &str {
        &self.0.payload
    }
    /// A new link to the PDF.
    async fn file(&self, gql: &Context<'_>) -> CertificateFile {
        let ctx = ctx(gql);
        let (path, expires_at) = service::link(&ctx.vault, self.0.id, ctx.now());
        CertificateFile { path, expires_at }
    }
}

pub async fn my_certificates(gql: &Context<'_>) -> Result<Vec<Certificate>> {
    Ok(service::mine(ctx(gql)).await?.into_iter().map(|(row, standing)| Certificate(row, standing)).collect())
}

/// What `requestCertificate` takes.
#[derive(InputObject)]
struct RequestCertificateInput {
    /// The first civil day (Asia/Shanghai) of the period.
    from: Date,
    /// The last one, today at the latest.
    to: Date,
}

/// What became of it.
#[derive(SimpleObject)]
struct RequestCertificatePayload {
    /// Null when it was refused.
    certificate: Option<Certificate>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RequestCertificateError>,
}

#[derive(Default)]
pub struct CertificateMutation;

#[Object]
impl CertificateMutation {
    /// Issues a certificate of your confirmed service in a period, free of charge, by recording unit. As long as it would show
    /// the same, asking again gives the same one.
    async fn request_certificate(
        &self,
        gql: &Context<'_>,
        input: RequestCertificateInput,
    ) -> Result<RequestCertificatePayload> {
        let ctx = ctx(gql);
        let issued = service::request(ctx, input.from.0, input.to.0).await;
        let (row, errors) = settle(ctx, issued, RequestCertificateError::new)?;
        Ok(RequestCertificatePayload { certificate: row.map(|row| Certificate(row, Standing::Valid)), errors })
    }
}
