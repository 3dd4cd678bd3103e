//! Statements by id, and their lines.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use boai_entity::{ids::MonthStatementId, month_statement, month_statement_line};
use sea_orm::DbErr;

use super::store;
use crate::graphql::Loaders;

/// A statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatementById(pub MonthStatementId);

impl Loader<StatementById> for Loaders {
    type Value = month_statement::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[StatementById]) -> Result<HashMap<StatementById, Self::Value>, Self::Error> {
        let ids: Vec<MonthStatementId> = keys.iter().map(|key| key.0).collect();
        let found = store::by_ids(&self.db.conn, &ids).await?;
        Ok(found.into_iter().map(|statement| (StatementById(statement.id), statement)).collect())
    }
}

/// What a statement says, by month and book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinesOf(pub MonthStatementId);

impl Loader<LinesOf> for Loaders {
    type Value = Vec<month_statement_line::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[LinesOf]) -> Result<HashMap<LinesOf, Self::Value>, Self::Error> {
        let ids: Vec<MonthStatementId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for line in store::lines(&self.db.conn, &ids).await? {
            found.entry(LinesOf(line.statement_id)).or_default().push(line);
        }
        Ok(found)
    }
}
