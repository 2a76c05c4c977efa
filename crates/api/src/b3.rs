//! The companies of B3 that can be chosen by name.

use closecast_domain::{B3_COMPANIES, B3Company};
use serde::Serialize;
use utoipa::ToSchema;

/// The ten largest companies of B3.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = B3Companies)]
pub struct B3CompaniesView {
    /// By name.
    pub companies: Vec<B3CompanyView>,
}

/// A company of B3.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = B3Company)]
pub struct B3CompanyView {
    /// Name to choose it by.
    #[schema(example = "Petrobras")]
    name: &'static str,
    /// Other names that are understood; case and accents do not matter.
    aliases: &'static [&'static str],
    /// Symbol of its share.
    #[schema(example = "PETR4.SA")]
    symbol: &'static str,
}

impl B3CompaniesView {
    /// Returns all of them.
    pub fn all() -> Self {
        Self { companies: B3_COMPANIES.iter().map(B3CompanyView::from).collect() }
    }
}

impl From<&B3Company> for B3CompanyView {
    fn from(company: &B3Company) -> Self {
        Self { name: company.name, aliases: company.aliases, symbol: company.ticker }
    }
}
