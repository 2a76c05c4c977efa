//! A file of prices in a request.

use std::path::Path;

use axum::extract::Request;
use closecast_data::{
    csv::DateOrder,
    import::{self, Import, ImportOptions, Limits, symbol_from_file_name},
};
use closecast_domain::{RawSeries, Symbol};
use utoipa::ToSchema;

use crate::state::ServerState;
use crate::{
    model_name::check_model_name,
    predict_body::MOST_ROWS,
    problem::Problem,
    receive::{FormContent, ReceivedFile, receive},
    security::Caller,
};
use closecast_app::{
    error::AppError,
    use_cases::forecast_sent::{Sent, placeholder_symbol},
};

/// Symbols that are named when a file holds several.
const SYMBOLS_TOLD: usize = 5;

/// A file of prices, and what the form said beside it.
#[derive(Debug)]
pub(super) struct PriceFile {
    file: ReceivedFile,
    name: Option<String>,
    symbol: Option<Symbol>,
    model: Option<String>,
    date_order: Option<DateOrder>,
}

/// The form of `POST /predict`.
#[derive(ToSchema)]
#[schema(as = PredictForm)]
#[expect(dead_code, reason = "it describes a form that is read part by part")]
pub(super) struct Documented {
    /// A file of prices; its part of the form may have any name.
    #[schema(value_type = String, format = Binary, content_media_type = "text/csv")]
    file: Vec<u8>,
    /// Symbol of the prices, where neither the file nor its name says it.
    #[schema(example = "PETR4.SA", min_length = 1, max_length = 24)]
    symbol: Option<String>,
    /// Model to use; the symbol's own when absent, or BASE.
    #[schema(example = "BASE", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    model_name: Option<String>,
    /// `day-first` or `month-first`, for dates such as 03/04/2020.
    #[schema(example = "day-first")]
    date_order: Option<String>,
}

impl PriceFile {
    /// Receives the file of a request: the body, or a part of a form with fields beside it.
    ///
    /// # Errors
    /// Those of [`receive`], and a problem of status 422 naming the field that is wrong.
    pub(super) async fn receive(app: &ServerState, caller: Option<&Caller>, request: Request) -> Result<Self, Problem> {
        let (mut symbol, mut model, mut order) = (None, None, None);
        let mut take = |name: &str, text: &str| {
            let text = text.trim();
            match name {
                _ if text.is_empty() => {}
                "symbol" => {
                    let wrong = |error| Problem::invalid(format!("symbol: {error}"));
                    symbol = Some(Symbol::new(text).map_err(wrong)?);
                }
                "model" | "model_name" => {
                    check_model_name("model_name", Some(text))?;
                    model = Some(text.to_owned());
                }
                "date_order" => order = Some(date_order(text)?),
                _ => {}
            }
            Ok(())
        };
        let received = receive(app, caller, request, FormContent::FileAndFields(&mut take)).await?;
        if received.name.as_deref() == Some("") && received.file.is_empty() {
            return Err(Problem::invalid("file: no file was chosen"));
        }
        Ok(Self { file: received.file, name: received.name, symbol, model, date_order: order })
    }

    /// Returns the prices of the file.
    ///
    /// # Errors
    /// A problem that says why it is no file of prices of one symbol; of status 429 when too many wait already.
    pub(super) async fn read(self, app: &ServerState) -> Result<Sent, Problem> {
        // After the last byte: a slow sender does not block other clients.
        let busy = |_| Problem::busy("several files are being read: send this one in a moment");
        let place = app.admission.files.enter().await.map_err(busy)?;
        let named = self.name.as_deref().and_then(|name| symbol_from_file_name(Path::new(name)));
        let placeholder = placeholder_symbol().map_err(AppError::from)?;
        let options = ImportOptions {
            symbol: self.symbol.clone(),
            date_order: self.date_order,
            fallback_symbol: Some(placeholder.clone()),
            limits: Limits { rows: MOST_ROWS, ..Limits::default() },
            ..ImportOptions::default()
        };
        let file = self.file;
        let read = move || {
            // Held until the file is read, also after the client has disconnected.
            let _place = place;
            import::read(file, &options)
        };
        let import = app.limiter.compute(read).await?;
        let import = import.map_err(|error| Problem::invalid(format!("file: {error}")))?;
        let mut series = only(import)?;
        if series.symbol == placeholder
            && let Some(named) = named
        {
            series.symbol = named;
        }
        let symbol = Some(series.symbol.clone()).filter(|symbol| *symbol != placeholder);
        let place = "file".to_owned();
        Ok(Sent { symbol, model: self.model, place, series, dated: true, as_of: None, look_up: false })
    }
}

/// Returns the series of a file that has one.
fn only(import: Import) -> Result<RawSeries, Problem> {
    let symbols: Vec<String> =
        import.series.iter().take(SYMBOLS_TOLD).map(|series| series.symbol.to_string()).collect();
    let count = import.series.len();
    match (count, import.series.into_iter().next()) {
        (1, Some(series)) => Ok(series),
        _ => {
            let symbols = symbols.join(", ");
            Err(Problem::invalid(format!(
                "file: holds the prices of {count} symbols ({symbols} ..); name one in symbol"
            )))
        }
    }
}

fn date_order(text: &str) -> Result<DateOrder, Problem> {
    match text {
        "day-first" => Ok(DateOrder::DayFirst),
        "month-first" => Ok(DateOrder::MonthFirst),
        _ => Err(Problem::invalid("date_order: must be day-first or month-first")),
    }
}
