//! What records and stars were made from.

use boai_entity::{
    ids::{ServiceRecordId, VolunteerId},
    kinds::RecordState,
    ledger_entry, service_record,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// The ledger entries of records, in the order of their chains.
pub async fn entries_of(
    db: &impl ConnectionTrait,
    records: &[ServiceRecordId],
) -> Result<Vec<ledger_entry::Model>, DbErr> {
    ledger_entry::Entity::find()
        .filter(ledger_entry::Column::RecordId.is_in(records.iter().copied()))
        .order_by_asc(ledger_entry::Column::VolunteerId)
        .order_by_asc(ledger_entry::Column::Seq)
        .all(db)
        .await
}

/// The newest records of a volunteer that count.
pub async fn newest_confirmed(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    count: u64,
) -> Result<Vec<service_record::Model>, DbErr> {
    service_record::Entity::find()
        .filter(service_record::Column::VolunteerId.eq(volunteer))
        .filter(service_record::Column::State.eq(RecordState::Confirmed))
        .filter(service_record::Column::Minutes.gt(0))
        .order_by_desc(service_record::Column::ServedFrom)
        .order_by_desc(service_record::Column::Id)
        .limit(count)
        .all(db)
        .await
}
