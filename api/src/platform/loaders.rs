//! One loader per question, so that a list of any length asks it once.

/// Declares DataLoaders that find rows by their primary key.
#[macro_export]
macro_rules! load_by_id {
    ($($key:ident($id:ty) => $entity:ident : $field:ident),* $(,)?) => {$(
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub $id);

        impl async_graphql::dataloader::Loader<$key> for $crate::graphql::Loaders {
            type Value = boai_entity::$entity::Model;
            type Error = std::sync::Arc<sea_orm::DbErr>;

            async fn load(
                &self,
                keys: &[$key],
            ) -> Result<std::collections::HashMap<$key, Self::Value>, Self::Error> {
                #[allow(unused_imports, reason = "some columns are typed, others need the trait")]
                use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
                let rows = boai_entity::$entity::Entity::find()
                    .filter(boai_entity::$entity::COLUMN.$field.is_in(keys.iter().map(|key| key.0.clone())))
                    .all(&self.db.conn)
                    .await?;
                Ok(rows.into_iter().map(|row| ($key(row.$field.clone()), row)).collect())
            }
        }
    )*};
}
