//! A file of prices in a request.

use std::path::Path;

use axum::{extract::Multipart, extract::multipart::MultipartError, http::StatusCode};
use bytes::Bytes;
use closecast_data::{
    csv::DateOrder,
    import::{self, Import, ImportOptions, Limits, symbol_from_file_name},
};
use closecast_domain::{RawSeries, Symbol};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use crate::{
    app::App,
    failure::Failure,
    ops::forecast_sent::{Sent, nobody},
    server::{model_name::check_model_name, predict_body::MOST_ROWS, problem::Problem},
};

/// The right to have a file in memory: from before its first byte until it is read, also when nobody waits for it any more.
#[derive(Debug)]
pub(super) struct FilePlace(#[expect(dead_code, reason = "it is held, and let go")] OwnedSemaphorePermit);

impl FilePlace {
    /// Takes a place.
    ///
    /// # Errors
    /// A problem of status 429 when there is none.
    pub(super) async fn take(app: &App) -> Result<Self, Problem> {
        let busy = |_| Problem::busy("several files are being received: send this one in a moment");
        app.rooms.files.enter().await.map(Self).map_err(busy)
    }
}

/// Symbols that are named when a file holds several.
const SYMBOLS_TOLD: usize = 5;

/// A file of prices, and what the form said beside it.
#[derive(Debug, Default)]
pub(super) struct PriceFile {
    bytes: Bytes,
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

impl From<Bytes> for PriceFile {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, ..Self::default() }
    }
}

impl PriceFile {
    /// Reads a form: the file, and fields beside it.
    ///
    /// # Errors
    /// A problem naming the field; of status 413 when the form is too large.
    pub(super) async fn receive(mut form: Multipart) -> Result<Self, Problem> {
        let (mut file, mut found) = (Self::default(), false);
        while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            if let Some(file_name) = field.file_name().map(str::to_owned) {
                if found {
                    return Err(Problem::invalid("file: the form has several files; send one"));
                }
                found = true;
                file.name = Some(file_name);
                file.bytes = field.bytes().await.map_err(|error| broken(&error))?;
                continue;
            }
            let text = field.text().await.map_err(|error| broken(&error))?;
            let text = text.trim();
            match name.as_str() {
                _ if text.is_empty() => {}
                "symbol" => {
                    let wrong = |error| Problem::invalid(format!("symbol: {error}"));
                    file.symbol = Some(Symbol::new(text).map_err(wrong)?);
                }
                "model" | "model_name" => {
                    check_model_name("model_name", Some(text))?;
                    file.model = Some(text.to_owned());
                }
                "date_order" => file.date_order = Some(date_order(text)?),
                _ => {}
            }
        }
        match &file.name {
            None => Err(Problem::invalid("file: the form has no file of prices")),
            Some(name) if name.is_empty() && file.bytes.is_empty() => Err(Problem::invalid("file: no file was chosen")),
            Some(_) => Ok(file),
        }
    }

    /// Returns the prices of the file.
    ///
    /// # Errors
    /// A problem that says why it is no file of prices of one symbol; of status 429 when too many wait already.
    pub(super) async fn read(self, app: &App, place: FilePlace) -> Result<Sent, Problem> {
        let named = self.name.as_deref().and_then(|name| symbol_from_file_name(Path::new(name)));
        let nobody = nobody().map_err(Failure::from)?;
        let options = ImportOptions {
            symbol: self.symbol.clone(),
            date_order: self.date_order,
            fallback_symbol: Some(nobody.clone()),
            limits: Limits { rows: MOST_ROWS, ..Limits::default() },
            ..ImportOptions::default()
        };
        let bytes = self.bytes;
        let read = move || {
            let read = import::read(&bytes[..], &options);
            drop((bytes, place));
            read
        };
        let import = app.gate.compute(read).await?;
        let import = import.map_err(|error| Problem::invalid(format!("file: {error}")))?;
        let mut series = only(import)?;
        if series.symbol == nobody
            && let Some(named) = named
        {
            series.symbol = named;
        }
        let symbol = Some(series.symbol.clone()).filter(|symbol| *symbol != nobody);
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

fn broken(error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the form is too large"),
        StatusCode::INTERNAL_SERVER_ERROR => Problem::new(StatusCode::BAD_REQUEST, "the form breaks off"),
        _ => Problem::invalid(format!("body: {}", error.body_text())),
    }
}
