//! The JSON bodies of `POST /predict`: a window of prices in any of the shapes that services of this kind take, or the name of a
//! symbol whose prices are stored. From bytes to what was asked, and nothing else.

mod row;

use std::fmt;

use chrono::NaiveDate;
use closecast_domain::Symbol;
use serde_json::{Map, Value};

pub use self::row::WindowRow;
use super::{bounded_json, model_name::check_model_name};

/// Names under which a window may be sent.
pub const WINDOW_FIELDS: [&str; 10] =
    ["values", "prices", "closes", "close", "data", "last_60_days", "historical_prices", "window", "input", "inputs"];

/// Most rows of a window: eighty years.
pub const MOST_ROWS: usize = 20_000;

/// Most sessions that may be asked to be looked back on.
pub const MOST_LOOKBACK: u64 = 100_000;

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum PredictBody {
    /// A forecast from these prices.
    Window(Window),
    /// A forecast from the stored prices of a symbol.
    Stored {
        /// The symbol.
        symbol: Symbol,
        /// Name of the model.
        model: Option<String>,
        /// How far the client wants to look back.
        lookback_days: Option<u64>,
    },
}

/// Prices, oldest first unless dates say otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The field that held them, to be named in messages.
    pub field: String,
    /// Whose prices they are.
    pub symbol: Option<Symbol>,
    /// Name of the model.
    pub model: Option<String>,
    /// Day of the last price.
    pub as_of: Option<NaiveDate>,
    /// The prices. All have a date, or none has.
    pub rows: Vec<WindowRow>,
}

/// What is wrong with a body, with the field named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyError(pub String);

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns what a body asks for.
///
/// # Errors
/// [`BodyError`] when it is not JSON, or a field is wrong.
pub fn parse(body: &[u8]) -> Result<PredictBody, BodyError> {
    match json(body)? {
        Value::Array(rows) => Ok(PredictBody::Window(Window {
            rows: row::rows("body", rows)?,
            field: "body".to_owned(),
            symbol: None,
            model: None,
            as_of: None,
        })),
        Value::Object(fields) => object(fields),
        _ => Err(BodyError("body: send an object such as {\"values\": [...]}, or an array of prices".to_owned())),
    }
}

/// Reads JSON. Python writes NaN and Infinity, which JSON does not have: they are read as null, so that the message can say where.
fn json(body: &[u8]) -> Result<Value, BodyError> {
    bounded_json::read(body).or_else(|error| {
        let repaired = row::without_nan(body).and_then(|text| bounded_json::read(&text).ok());
        repaired.ok_or_else(|| BodyError(format!("body: {error}")))
    })
}

fn object(mut fields: Map<String, Value>) -> Result<PredictBody, BodyError> {
    let given: Vec<String> =
        WINDOW_FIELDS.iter().filter(|name| fields.contains_key(**name)).map(|&n| n.into()).collect();
    let symbol = text(&mut fields, "symbol")?.map(|text| Symbol::new(&text)).transpose();
    let symbol = symbol.map_err(|error| BodyError(format!("symbol: {error}")))?;
    let model = model(&mut fields)?;
    let Some(field) = given.first() else {
        return stored(fields, symbol, model);
    };
    if let Some(second) = given.get(1) {
        return Err(BodyError(format!("{second}: the prices are in {field} already; send one of the two")));
    }
    let Some(Value::Array(values)) = fields.remove(field) else {
        return Err(BodyError(format!("{field}: must be an array of prices, oldest first")));
    };
    let mut rows = row::rows(field, values)?;
    if let Some(dates) = fields.remove("dates") {
        row::give_dates(field, &mut rows, dates)?;
    }
    let as_of = text(&mut fields, "as_of")?.map(|text| row::date("as_of", &text)).transpose()?;
    let newest = rows.iter().filter_map(|row| row.date).max();
    if let (Some(as_of), Some(newest)) = (as_of, newest)
        && as_of != newest
    {
        return Err(BodyError(format!("as_of: is {as_of}, but the newest price is of {newest}")));
    }
    lookback(&mut fields)?;
    refuse_unknown(&fields)?;
    Ok(PredictBody::Window(Window { field: field.clone(), symbol, model, as_of, rows }))
}

/// Reads a body that has no prices in it.
fn stored(
    mut fields: Map<String, Value>,
    symbol: Option<Symbol>,
    model: Option<String>,
) -> Result<PredictBody, BodyError> {
    let lookback_days = lookback(&mut fields)?;
    refuse_unknown(&fields)?;
    let missing = || {
        let names = WINDOW_FIELDS.join(", ");
        BodyError(format!("body: send prices (in one of {names}), or the symbol of stored prices (in symbol)"))
    };
    Ok(PredictBody::Stored { symbol: symbol.ok_or_else(missing)?, model, lookback_days })
}

/// Takes a text out of the fields; null is none.
fn text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, BodyError> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(BodyError(format!("{name}: must be a text"))),
    }
}

fn model(fields: &mut Map<String, Value>) -> Result<Option<String>, BodyError> {
    let (long, short) = (text(fields, "model_name")?, text(fields, "model")?);
    if long.is_some() && short.is_some() && long != short {
        return Err(BodyError("model: differs from model_name; send one of the two".to_owned()));
    }
    let name = long.or(short);
    check_model_name("model_name", name.as_deref()).map_err(|wrong| BodyError(wrong.to_string()))?;
    Ok(name)
}

fn lookback(fields: &mut Map<String, Value>) -> Result<Option<u64>, BodyError> {
    let wrong = || BodyError(format!("lookback_days: must be a whole number from 1 to {MOST_LOOKBACK}"));
    match fields.remove("lookback_days") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let days = value.as_u64().filter(|days| (1..=MOST_LOOKBACK).contains(days));
            days.map(Some).ok_or_else(wrong)
        }
    }
}

/// A misspelt field must not be passed over.
fn refuse_unknown(fields: &Map<String, Value>) -> Result<(), BodyError> {
    match fields.keys().next() {
        None => Ok(()),
        Some(name) => {
            let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            let known = "symbol, model_name, lookback_days, as_of, dates";
            Err(BodyError(format!("{name}: is no field of this request; it may have {known} and one array of prices")))
        }
    }
}

#[cfg(test)]
mod tests;
