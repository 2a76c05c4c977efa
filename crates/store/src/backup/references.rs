//! Artifacts that the rows of a backup refer to.

use std::collections::BTreeMap;

use sea_orm::{DatabaseTransaction, EntityTrait, QueryOrder, QuerySelect};

use crate::{StoreError, entity::model_version};

/// What model versions record about an artifact.
#[derive(Debug, Default)]
pub(super) struct Referenced {
    /// Names and numbers of the versions.
    pub(super) models: Vec<String>,
    /// Size of the artifact; the largest if the versions disagree.
    pub(super) size_bytes: u64,
}

/// Returns the artifacts that model versions refer to, by hash.
pub(super) async fn referenced(snapshot: &DatabaseTransaction) -> Result<BTreeMap<String, Referenced>, StoreError> {
    use model_version::Column;
    let versions: Vec<(String, i64, String, i64)> = model_version::Entity::find()
        .select_only()
        .columns([Column::Sha256, Column::SizeBytes, Column::Name, Column::Version])
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(snapshot)
        .await?;
    let mut referenced: BTreeMap<_, Referenced> = BTreeMap::new();
    for (sha256, size_bytes, name, version) in versions {
        let artifact = referenced.entry(sha256).or_default();
        artifact.models.push(format!("{name} version {version}"));
        artifact.size_bytes = artifact.size_bytes.max(u64::try_from(size_bytes).unwrap_or(0));
    }
    Ok(referenced)
}
