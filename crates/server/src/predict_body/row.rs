//! One row of a window: a number, an array of one number, or an object of a day's prices.

use chrono::NaiveDate;
use closecast_data::csv::is_time_of_day;
use serde_json::{Map, Value};

use super::{BodyError, MOST_ROWS};

/// A day as a client sent it. Every number is finite, every price positive.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WindowRow {
    /// The session.
    pub date: Option<NaiveDate>,
    /// Opening price.
    pub open: Option<f64>,
    /// Highest price.
    pub high: Option<f64>,
    /// Lowest price.
    pub low: Option<f64>,
    /// Closing price.
    pub close: f64,
    /// Closing price that accounts for splits and dividends.
    pub adj_close: Option<f64>,
    /// Shares traded.
    pub volume: Option<f64>,
    /// Dividend per share of the day.
    pub dividend: f64,
    /// New shares for an old one, 1 on most days.
    pub split: f64,
}

/// Returns the rows of an array.
pub(super) fn rows(field: &str, values: Vec<Value>) -> Result<Vec<WindowRow>, BodyError> {
    let values = unbatched(values);
    if values.is_empty() {
        return Err(BodyError(format!("{field}: is empty; send the newest prices, oldest first")));
    }
    if values.len() > MOST_ROWS {
        return Err(BodyError(format!("{field}: has {} rows, at most {MOST_ROWS} are taken", values.len())));
    }
    let rows = values.iter().enumerate().map(|(index, value)| row(&format!("{field}[{index}]"), value));
    let rows: Vec<WindowRow> = rows.collect::<Result<_, _>>()?;
    let dated = rows.iter().filter(|row| row.date.is_some()).count();
    if dated != 0 && dated != rows.len() {
        let index = rows.iter().position(|row| row.date.is_none()).unwrap_or_default();
        return Err(BodyError(format!("{field}[{index}].date: is missing, though other rows have one")));
    }
    Ok(rows)
}

/// Takes a window out of a batch of one, `[[...]]`, as networks expect it.
fn unbatched(mut values: Vec<Value>) -> Vec<Value> {
    match values.as_mut_slice() {
        [Value::Array(inner)] if inner.len() > 1 => std::mem::take(inner),
        _ => values,
    }
}

fn row(place: &str, value: &Value) -> Result<WindowRow, BodyError> {
    let close = |value: &Value| Ok(WindowRow { close: price(place, value)?, split: 1.0, ..WindowRow::default() });
    match value {
        Value::Array(columns) => match columns.as_slice() {
            [only] => close(only),
            columns => {
                let remedy = "send closes alone, or objects such as {\"date\": .., \"open\": .., \"close\": ..}";
                Err(BodyError(format!("{place}: has {} columns without names; {remedy}", columns.len())))
            }
        },
        Value::Object(fields) => named(place, fields),
        other => close(other),
    }
}

/// Reads a day whose numbers have names, as a record of Yahoo's or of a data frame.
fn named(place: &str, fields: &Map<String, Value>) -> Result<WindowRow, BodyError> {
    let mut row = WindowRow { close: f64::NAN, split: 1.0, ..WindowRow::default() };
    for (name, value) in fields {
        let key: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        let here = || format!("{place}.{key}");
        let optional = || if value.is_null() { Ok(None) } else { price(&here(), value).map(Some) };
        match key.as_str() {
            "date" | "datetime" | "timestamp" => {
                let text =
                    value.as_str().ok_or_else(|| BodyError(format!("{}: must be a text, YYYY-MM-DD", here())))?;
                row.date = Some(date(&here(), text)?);
            }
            "open" => row.open = optional()?,
            "high" => row.high = optional()?,
            "low" => row.low = optional()?,
            "close" => row.close = price(&here(), value)?,
            "adjclose" | "adjustedclose" => row.adj_close = optional()?,
            "volume" => row.volume = amount(&here(), value)?,
            "dividend" | "dividends" => row.dividend = amount(&here(), value)?.unwrap_or(0.0),
            // Yahoo writes 0 on days without a split.
            "split" | "splits" | "stocksplits" => {
                row.split = amount(&here(), value)?.filter(|&ratio| ratio > 0.0).unwrap_or(1.0);
            }
            _ => {}
        }
    }
    if row.close.is_nan() {
        return Err(BodyError(format!("{place}.close: is missing")));
    }
    Ok(row)
}

/// Reads a price.
fn price(place: &str, value: &Value) -> Result<f64, BodyError> {
    let number = number(place, value)?;
    if number.is_normal() && number > 0.0 {
        return Ok(number);
    }
    Err(BodyError(format!("{place}: is {number}, but a price is a positive number")))
}

/// Reads a number that may be 0 or missing.
fn amount(place: &str, value: &Value) -> Result<Option<f64>, BodyError> {
    if value.is_null() {
        return Ok(None);
    }
    match number(place, value)? {
        number if number >= 0.0 => Ok(Some(number)),
        number => Err(BodyError(format!("{place}: is {number}, but must not be negative"))),
    }
}

fn number(place: &str, value: &Value) -> Result<f64, BodyError> {
    let found = match value {
        Value::Number(number) => return finite(place, number.as_f64()),
        Value::Null => "no finite number",
        Value::String(_) => "a text",
        Value::Bool(_) => "true or false",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Err(BodyError(format!("{place}: is {found}, but must be a number")))
}

fn finite(place: &str, number: Option<f64>) -> Result<f64, BodyError> {
    number.filter(|number| number.is_finite()).ok_or_else(|| BodyError(format!("{place}: is no finite number")))
}

/// Reads a date; a time of day that follows it is checked and left out.
pub(super) fn date(place: &str, text: &str) -> Result<NaiveDate, BodyError> {
    let day = text.get(..10).filter(|_| is_time_of_day(&text[10..]));
    let read = day.and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
    read.ok_or_else(|| {
        BodyError(format!("{place}: is no date; write YYYY-MM-DD, such as 2024-01-31, or that and a time of day"))
    })
}

/// Gives rows the dates of an array beside them.
pub(super) fn give_dates(field: &str, rows: &mut [WindowRow], dates: Value) -> Result<(), BodyError> {
    let Value::Array(dates) = dates else {
        return Err(BodyError(format!("dates: must be an array of dates, one for each of {field}")));
    };
    if dates.len() != rows.len() {
        let (dates, rows) = (dates.len(), rows.len());
        return Err(BodyError(format!("dates: has {dates} entries, but {field} has {rows}")));
    }
    for (index, (row, text)) in rows.iter_mut().zip(&dates).enumerate() {
        let place = format!("dates[{index}]");
        let text = text.as_str().ok_or_else(|| BodyError(format!("{place}: must be a text, YYYY-MM-DD")))?;
        row.date = Some(date(&place, text)?);
    }
    Ok(())
}

/// Returns the text with null in place of NaN and Infinity outside strings; `None` when there is none.
pub(super) fn without_nan(body: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(body.len());
    let (mut rest, mut quoted, mut found) = (body, false, false);
    while let [first, others @ ..] = rest {
        let word = [&b"NaN"[..], b"-Infinity", b"Infinity"].into_iter().find(|word| !quoted && rest.starts_with(word));
        if let Some(word) = word {
            text.extend_from_slice(b"null");
            (rest, found) = (&rest[word.len()..], true);
            continue;
        }
        text.push(*first);
        rest = others;
        match (first, others) {
            (b'"', _) => quoted = !quoted,
            (b'\\', [escaped, others @ ..]) if quoted => {
                text.push(*escaped);
                rest = others;
            }
            _ => {}
        }
    }
    found.then_some(text)
}
