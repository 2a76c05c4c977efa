//! The routes, one file a resource.

pub(super) mod health;
pub(super) mod predictions;
pub(super) mod stocks;
pub(super) mod symbols;

use closecast_domain::Symbol;

use super::problem::Problem;

/// Returns the symbol in a path.
fn symbol(text: &str) -> Result<Symbol, Problem> {
    Symbol::new(text).map_err(|error| Problem::invalid(format!("symbol: {error}")))
}
