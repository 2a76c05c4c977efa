//! Prices that somebody asks for and that are not stored.

use std::time::Duration;

use closecast_data::provider::ProviderError;
use closecast_domain::Symbol;
use closecast_store::AuditEntry;

use crate::security::Caller;
use crate::state::ServerState;
use closecast_app::{access::Role, error::AppError, use_cases::fetch::fetch};

/// How long the source may take for it: a request has to be answered.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Fetches and stores the prices of `symbol` if nothing is stored of it, where `server.fetch_missing` wants that and `caller` may change
/// what is stored. Otherwise nothing happens, and what follows says that there are no prices.
///
/// # Errors
/// [`AppError::Provider`] when the source does not deliver, [`AppError::Busy`] when it is asked for too many symbols already,
/// [`AppError::Store`] when the store fails.
pub(crate) async fn fetch_missing(app: &ServerState, symbol: &Symbol, caller: Option<&Caller>) -> Result<(), AppError> {
    let Some(caller) = caller.filter(|caller| caller.role >= Role::Operator) else { return Ok(()) };
    if !app.settings.fetch_missing || app.store.bars().info(symbol).await?.is_some() {
        return Ok(());
    }
    let _place = app.admission.fetches.enter().await?;
    let fetched = tokio::time::timeout(PATIENCE, fetch(app, symbol, None, None)).await;
    fetched.map_err(|_late| ProviderError::Timeout { after: PATIENCE })??;
    // The request itself may be one that changes nothing, of which the book has no line.
    let act = AuditEntry {
        key: caller.key.clone(),
        address: caller.address.to_string(),
        request_id: String::new(),
        action: "fetch missing".to_owned(),
        target: symbol.to_string(),
        status: 200,
    };
    Ok(app.store.audit().write(act, app.clock.now()).await?)
}
