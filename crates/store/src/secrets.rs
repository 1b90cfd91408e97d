//! Secrets of the installation, made once and shared by all instances: the key that signs tokens, the set-up token.

use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, Set};

use crate::connect::Store;
use crate::entities::server_secret;
use crate::error::StoreError;

impl Store {
    /// The secret of this name; `fresh` becomes it when there is none yet, on whichever instance comes first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn secret(&self, name: &str, fresh: String) -> Result<String, StoreError> {
        let row = server_secret::ActiveModel {
            name: Set(name.to_owned()),
            value: Set(fresh),
        };
        server_secret::Entity::insert(row)
            .on_conflict(
                OnConflict::column(server_secret::Column::Name)
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(self.writer())
            .await?;
        let row = server_secret::Entity::find_by_id(name.to_owned())
            .one(self.writer())
            .await?;
        row.map(|row| row.value)
            .ok_or(StoreError::Corrupt("server_secret"))
    }
}
