//! Forecasts of a backtest as CSV, for anybody's own scoring.

use std::{
    fmt::Write as _,
    io::{self, Write},
    sync::Arc,
};

use closecast_eval::{VENTILES, backtest::BacktestRow};

/// Returns the header: prices, with quantiles from 5 to 95 %, and after them those of 2.5 and 97.5 %.
pub(super) fn header() -> String {
    let mut text = "model,symbol,origin_date,target_date,horizon,last_close,actual,point".to_owned();
    for level in VENTILES {
        let _infallible = write!(text, ",q{:02.0}", level * 100.0);
    }
    text + ",q025,q975"
}

/// Returns a row without its end of line. Numbers have as many digits as it takes to read the same number back.
pub(super) fn line(row: &BacktestRow) -> String {
    let BacktestRow { model, symbol, origin_date, target_date, horizon, last_close, actual, point, .. } = row;
    let mut text = format!("{model},{symbol},{origin_date},{target_date},{horizon},{last_close},{actual},{point}");
    let (lower, upper) = row.interval_95.unzip();
    let ventiles = (0..VENTILES.len()).map(|at| row.quantiles.get(at).copied());
    for quantile in ventiles.chain([lower, upper]) {
        let _infallible = match quantile {
            Some(quantile) => write!(text, ",{quantile}"),
            None => write!(text, ","),
        };
    }
    text
}

/// Reads what [`line()`] wrote; `None` when it is something else.
pub(super) fn parse(model: &Arc<str>, text: &str, volatility: f64) -> Option<BacktestRow> {
    let mut fields = text.split(',');
    let mut next = || fields.next();
    if next()? != &**model {
        return None;
    }
    let mut row = BacktestRow {
        model: model.clone(),
        symbol: next()?.parse().ok()?,
        origin_date: next()?.parse().ok()?,
        target_date: next()?.parse().ok()?,
        horizon: next()?.parse().ok()?,
        last_close: next()?.parse().ok()?,
        actual: next()?.parse().ok()?,
        point: next()?.parse().ok()?,
        quantiles: Vec::new(),
        interval_95: None,
        volatility,
    };
    let quantiles: Vec<Option<f64>> = fields.map(quantile).collect::<Option<_>>()?;
    let (ventiles, outer) = quantiles.split_at_checked(VENTILES.len())?;
    let [lower, upper] = outer else { return None };
    row.quantiles = ventiles.iter().copied().flatten().collect();
    row.interval_95 = lower.zip(*upper);
    Some(row)
}

/// Reads a quantile, or nothing where there is none; `None` when it is something else.
fn quantile(field: &str) -> Option<Option<f64>> {
    if field.is_empty() { Some(None) } else { field.parse().ok().map(Some) }
}

/// Writes all rows.
///
/// # Errors
/// Those of `file`.
pub(super) fn write(file: &mut dyn Write, rows: &[BacktestRow]) -> io::Result<()> {
    writeln!(file, "{}", header())?;
    rows.iter().try_for_each(|row| writeln!(file, "{}", line(row)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_back_to_the_bit_with_or_without_quantiles() {
        let ventiles: Vec<f64> = (1..20).map(|i| 100.0 / f64::from(i)).collect();
        let outer = Some((0.1, 1.0 / 7.0));
        for (quantiles, interval_95) in [(Vec::new(), None), (ventiles.clone(), None), (ventiles, outer)] {
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
                interval_95,
                volatility: 0.02,
            };
            let text = line(&row);
            assert_eq!(text.split(',').count(), header().split(',').count());
            assert_eq!(parse(&row.model, &text, 0.02), Some(row.clone()));
            assert_eq!(parse(&"other".into(), &text, 0.02), None);
            let of_an_older_program = text.rsplitn(3, ',').last().unwrap();
            assert_eq!(parse(&row.model, of_an_older_program, 0.02), None, "it is made again");
        }
        let columns = "model,symbol,origin_date,target_date,horizon,last_close,actual,point,q05,q10,q15,";
        assert!(header().starts_with(columns) && header().ends_with(",q90,q95,q025,q975"));
    }
}
