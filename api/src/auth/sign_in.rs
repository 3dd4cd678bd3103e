//! Signing in by a code to the phone. A number seen for the first time becomes a person.

use boai_entity::{
    ids::PersonId,
    kinds::{CodePurpose, SignInWay},
};

use super::{
    codes,
    rules::{Proof, SignInRefusal},
    sessions::{self, Device, Tokens},
    store::persons,
    wechat,
};
use crate::{
    ctx::Ctx,
    platform::{
        refusal::{OrFault, Stop},
        scalars::PhoneNumber,
    },
};

/// What a code for signing in proves.
pub fn proof(phone: &PhoneNumber) -> Proof<'_> {
    Proof { phone: &phone.0, purpose: CodePurpose::SignIn, holder: None }
}

/// Exchanges a code for a session. With a link ticket, the WeChat account behind it is linked to the person in the same
/// breath, or nothing happens at all.
pub async fn sign_in(
    ctx: &Ctx,
    phone: &PhoneNumber,
    code: &str,
    device: Device,
    link_ticket: Option<&str>,
) -> Result<Tokens, Stop<SignInRefusal>> {
    codes::try_code(ctx, proof(phone), code).await.map_err(|stop| stop.map(SignInRefusal::from))?;
    let tx = ctx.db.begin().await.or_fault()?;
    codes::use_up(ctx, &tx, proof(phone), code).await.map_err(|stop| stop.map(SignInRefusal::from))?;
    let new_id = PersonId(ctx.new_id());
    let person = persons::lock_or_make(&tx, new_id, &phone.0, ctx.now()).await.or_fault()?.id;
    if let Some(ticket) = link_ticket {
        wechat::link_by_ticket(ctx, &tx, person, ticket).await?;
    }
    let tokens = sessions::open(ctx, &tx, person, device, SignInWay::Code).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(tokens)
}
