//! Pages through the registry.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::{
    aliases::roles,
    record::{ModelVersion, model_version},
    registry_event::{Alias, RegistryEvent, event},
    store::ModelStore,
};
use crate::{
    StoreError,
    entity::{model_alias, model_version as row, registry_event},
};

/// Which models to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelFilter {
    /// Only this name.
    pub name: Option<String>,
    /// Only models of this symbol.
    pub symbol: Option<String>,
}

impl ModelStore<'_> {
    /// Returns the champions of at most `limit` names after the name `after`, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a card cannot be parsed.
    pub async fn champions(
        &self,
        filter: &ModelFilter,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<ModelVersion>, StoreError> {
        let of_symbol = |symbol: &str| {
            row::Entity::find()
                .select_only()
                .column(row::Column::Name)
                .filter(row::Column::Symbol.eq(symbol))
                .into_query()
        };
        let champions = model_alias::Entity::find()
            .filter(model_alias::Column::Alias.eq(Alias::Champion.name()))
            .apply_if(filter.name.as_deref(), |select, name| select.filter(model_alias::Column::Name.eq(name)))
            .apply_if(filter.symbol.as_deref(), |select, symbol| {
                select.filter(model_alias::Column::Name.in_subquery(of_symbol(symbol)))
            })
            .apply_if(after, |select, after| select.filter(model_alias::Column::Name.gt(after)))
            .order_by_asc(model_alias::Column::Name)
            .limit(limit)
            .all(self.database)
            .await?;
        let mut versions = Vec::with_capacity(champions.len());
        for champion in champions {
            // In a damaged database the version of a role may be missing: `doctor` reports it.
            versions.extend(self.version(&champion.name, champion.version.unsigned_abs()).await?);
        }
        Ok(versions)
    }

    /// Returns the version number of every role of `names`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn aliases_of(&self, names: &[&str]) -> Result<BTreeMap<(String, Alias), u64>, StoreError> {
        let named = model_alias::Column::Name.is_in(names.iter().copied());
        Ok(roles(model_alias::Entity::find().filter(named).all(self.database).await?))
    }

    /// Returns at most `limit` versions of `name` before the version `before`, newest first.
    ///
    /// # Errors
    /// As for [`ModelStore::champions`].
    pub async fn versions(&self, name: &str, before: Option<u64>, limit: u64) -> Result<Vec<ModelVersion>, StoreError> {
        let number = before.map(|before| i64::try_from(before).unwrap_or(i64::MAX));
        let rows = row::Entity::find()
            .filter(row::Column::Name.eq(name))
            .apply_if(number, |select, number| select.filter(row::Column::Version.lt(number)))
            .order_by_desc(row::Column::Version)
            .limit(limit)
            .all(self.database)
            .await?;
        rows.into_iter().map(model_version).collect()
    }

    /// Returns at most `limit` entries of the log of `name` before the entry `before`, newest first.
    ///
    /// # Errors
    /// As for [`ModelStore::events`].
    pub async fn events_before(
        &self,
        name: &str,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<RegistryEvent>, StoreError> {
        let rows = registry_event::Entity::find()
            .filter(registry_event::Column::Name.eq(name))
            .apply_if(before, |select, before| select.filter(registry_event::Column::Id.lt(before)))
            .order_by_desc(registry_event::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        rows.into_iter().map(event).collect()
    }
}
