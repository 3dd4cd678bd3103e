//! What a volunteer keeps to show that their ledger was signed.

use async_graphql::{Context, Object, Result, SimpleObject};
use boai_entity::{Instant, ids::VolunteerId};

use super::{
    rules::statement,
    service::{Inclusion, inclusion},
};
use crate::{graphql::ctx, platform::scalars::Date};

/// Shows that your chain of ledger entries is under a signed root, to anybody and without this server: `README.md` says how it
/// is checked.
pub struct LedgerProof(Inclusion);

/// A step on the way from a leaf to the root.
#[derive(SimpleObject)]
struct LedgerProofStep {
    /// Whether `hash` stands on the left of what was worked out so far.
    left: bool,
    /// The hash beside, in hex.
    hash: String,
}

/// Shows that your chain of ledger entries is under a signed root, to anybody and without this server: `README.md` says how it
/// is checked.
#[Object]
impl LedgerProof {
    /// The civil day (Asia/Shanghai) that the root was made for.
    async fn day(&self) -> Date {
        Date(self.0.root.day)
    }
    /// What your chain is called, where nobody must know whose it is; in hex.
    async fn chain(&self) -> String {
        self.0.head.chain.simple().to_string()
    }
    /// How many entries it had.
    async fn entries(&self) -> i32 {
        self.0.head.seq
    }
    /// The hash of the last of them, in hex.
    async fn head(&self) -> &str {
        &self.0.head.hash
    }
    /// From the leaf to the root, the nearest step first.
    async fn path(&self) -> Vec<LedgerProofStep> {
        self.0.path.iter().map(|step| LedgerProofStep { left: step.left, hash: hex::encode(step.hash) }).collect()
    }
    /// Where the path leads, in hex; it is a part of `statement`.
    async fn root(&self) -> &str {
        &self.0.root.root
    }
    /// The text that was signed.
    async fn statement(&self) -> String {
        statement(&self.0.root)
    }
    /// Ed25519 over the bytes of `statement`, in hex.
    async fn signature(&self) -> &str {
        &self.0.root.signature
    }
    /// Which of the keys at `/keys` signed.
    async fn key(&self) -> &str {
        &self.0.root.key_id
    }
    /// When it was signed.
    async fn made_at(&self) -> Instant {
        self.0.root.made_at
    }
}

pub async fn my_ledger_proof(gql: &Context<'_>, volunteer: Option<VolunteerId>) -> Result<Option<LedgerProof>> {
    let Some(volunteer) = volunteer else { return Ok(None) };
    Ok(inclusion(&ctx(gql).db, volunteer).await?.map(LedgerProof))
}
