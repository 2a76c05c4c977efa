//! Forecasts of a backtest as CSV, for anybody's own scoring.

use std::{
    fmt::Write as _,
    io::{BufWriter, Write as _},
    path::Path,
    sync::Arc,
};

use closecast_eval::{VENTILES, backtest::BacktestRow};

use crate::failure::Failure;

/// Returns the header: prices, with quantiles from 5 to 95 %.
pub(super) fn header() -> String {
    let mut text = "model,symbol,origin_date,target_date,horizon,last_close,actual,point".to_owned();
    for level in VENTILES {
        let _infallible = write!(text, ",q{:02.0}", level * 100.0);
    }
    text
}

/// Returns a row without its end of line. Numbers have as many digits as it takes to read the same number back.
pub(super) fn line(row: &BacktestRow) -> String {
    let BacktestRow { model, symbol, origin_date, target_date, horizon, last_close, actual, point, .. } = row;
    let mut text = format!("{model},{symbol},{origin_date},{target_date},{horizon},{last_close},{actual},{point}");
    for at in 0..VENTILES.len() {
        let _infallible = match row.quantiles.get(at) {
            Some(quantile) => write!(text, ",{quantile}"),
            None => write!(text, ","),
        };
    }
    text
}

/// Reads what [`line`] wrote; `None` when it is something else.
pub(super) fn parse(model: &Arc<str>, text: &str, volatility: f64) -> Option<BacktestRow> {
    let mut fields = text.split(',');
    let mut next = || fields.next();
    if next()? != &**model {
        return None;
    }
    Some(BacktestRow {
        model: model.clone(),
        symbol: next()?.parse().ok()?,
        origin_date: next()?.parse().ok()?,
        target_date: next()?.parse().ok()?,
        horizon: next()?.parse().ok()?,
        last_close: next()?.parse().ok()?,
        actual: next()?.parse().ok()?,
        point: next()?.parse().ok()?,
        quantiles: fields.filter(|field| !field.is_empty()).map(|field| field.parse().ok()).collect::<Option<_>>()?,
        volatility,
    })
}

/// Writes all rows, under a temporary name until they are complete.
///
/// # Errors
/// [`Failure::Usage`] names the file that cannot be written.
pub(super) fn write(path: &Path, rows: &[BacktestRow]) -> Result<(), Failure> {
    let refused = |error: std::io::Error| Failure::Usage(format!("{}: {error}", path.display()));
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = Path::new(&unfinished);
    let mut file = BufWriter::new(std::fs::File::create(unfinished).map_err(refused)?);
    writeln!(file, "{}", header()).map_err(refused)?;
    for row in rows {
        writeln!(file, "{}", line(row)).map_err(refused)?;
    }
    file.flush().map_err(refused)?;
    std::fs::rename(unfinished, path).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_back_to_the_bit_with_or_without_quantiles() {
        for quantiles in [Vec::new(), (1..20).map(|i| 100.0 / f64::from(i)).collect()] {
            let row = BacktestRow {
                model: "ewma-t".into(),
                symbol: "PETR4.SA".parse().unwrap(),
                origin_date: "2023-01-31".parse().unwrap(),
                target_date: "2023-02-01".parse().unwrap(),
                horizon: 1,
                last_close: 1.0 / 3.0,
                actual: 0.1 + 0.2,
                point: 1e-7,
                quantiles,
                volatility: 0.02,
            };
            let text = line(&row);
            assert_eq!(text.split(',').count(), header().split(',').count());
            assert_eq!(parse(&row.model, &text, 0.02), Some(row.clone()));
            assert_eq!(parse(&"other".into(), &text, 0.02), None);
        }
        assert!(header().ends_with(",q90,q95") && header().contains(",point,q05,q10,"));
    }
}
