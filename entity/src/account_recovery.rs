//! An account that two officers give back to a volunteer who lost the phone, after a notice to the old number.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{AccountRecoveryId, PersonId, VolunteerId},
    kinds::RecoveryState,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account_recovery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountRecoveryId,
    pub person_id: PersonId,
    pub volunteer_id: VolunteerId,
    /// E.164. Never in logs or errors. The recovery is over when the account is no longer at the old one.
    pub old_phone: String,
    pub new_phone: String,
    pub reason: String,
    /// How the first officer made sure that it is the volunteer.
    pub identity_check: String,
    pub state: RecoveryState,
    pub opened_by: PersonId,
    pub opened_at: ChronoDateTimeUtc,
    pub approved_by: Option<PersonId>,
    pub approved_at: Option<ChronoDateTimeUtc>,
    /// Of the code in the notice, with which whoever holds the old number objects.
    #[sea_orm(unique)]
    pub objection_hash: Option<String>,
    /// The end of the waiting period; none until the gateway has taken the notice.
    pub waits_until: Option<ChronoDateTimeUtc>,
    /// Without a next step until then it is over.
    pub expires_at: ChronoDateTimeUtc,
    pub ended_at: Option<ChronoDateTimeUtc>,
    /// None when it ended by the code in the notice, or by itself.
    pub ended_by: Option<PersonId>,
    pub end_note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
