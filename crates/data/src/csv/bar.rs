//! Converts the cells of a row to a bar.

use closecast_domain::RawBar;

use super::{columns::Group, number::DecimalMark};

pub(super) fn has_price(bar: &RawBar) -> bool {
    [bar.open, bar.high, bar.low, bar.close, bar.adj_close].iter().any(Option::is_some)
}

/// Returns the bar of one symbol in a row. Unreadable cells are missing values, which have been noted.
pub(super) fn bar(group: &Group, decimal: DecimalMark, cells: &[String]) -> RawBar {
    let number = |column: Option<usize>| decimal.parse(cells.get(column?)?).ok().flatten();
    // Adjusted prices alone are used as the prices; the basis reflects that.
    let (close, adj_close) = match group.close {
        Some(_) => (number(group.close), number(group.adj_close)),
        None => (number(group.adj_close), None),
    };
    RawBar {
        open: number(group.open),
        high: number(group.high),
        low: number(group.low),
        close,
        adj_close,
        volume: number(group.volume),
        dividend: number(group.dividend).filter(|amount| amount.is_finite()).unwrap_or(0.0),
        split: split_ratio(group.split, decimal, cells),
        ..RawBar::empty(chrono::NaiveDate::MIN)
    }
}

/// Returns the ratio of a split cell: yfinance writes 0 for none, Alpha Vantage 1, others `4:1`.
fn split_ratio(column: Option<usize>, decimal: DecimalMark, cells: &[String]) -> f64 {
    let Some(cell) = column.and_then(|column| cells.get(column)) else { return 1.0 };
    let number = |text: &str| decimal.parse(text).ok().flatten();
    let ratio = match cell.split_once([':', '/']) {
        Some((new, old)) => number(new).zip(number(old)).map(|(new, old)| new / old),
        None => number(cell),
    };
    ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0).unwrap_or(1.0)
}
