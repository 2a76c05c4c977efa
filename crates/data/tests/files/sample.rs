//! The bundled sample.

use closecast_data::sample;
use closecast_domain::{History, PriceBasis};

use crate::symbol;

#[test]
fn sample_contains_five_shares_as_traded() {
    let names: Vec<_> = sample::symbols().iter().map(|symbol| symbol.as_str().to_owned()).collect();
    assert_eq!(names, ["AAPL", "FB", "GOOG", "IBM", "MSFT"]);
    for (name, rows, first, last) in [
        ("AAPL", 3270, "2000-03-01", "2013-03-01"),
        ("FB", 196, "2012-05-18", "2013-03-01"),
        ("GOOG", 2148, "2004-08-19", "2013-03-01"),
        ("IBM", 3270, "2000-03-01", "2013-03-01"),
        ("MSFT", 3270, "2000-03-01", "2013-03-01"),
    ] {
        let series = sample::series(&symbol(name)).unwrap();
        assert_eq!((series.basis, series.source.as_str()), (PriceBasis::Unadjusted, "sample"));
        assert_eq!(series.currency.as_deref(), Some("USD"));
        let dates = (series.bars[0].date.to_string(), series.bars[rows - 1].date.to_string());
        assert_eq!((series.bars.len(), dates), (rows, (first.to_owned(), last.to_owned())), "{name}");
        assert!(series.bars.iter().all(|bar| bar.close.is_some() && bar.adj_close.is_some() && bar.volume > Some(0.0)));
    }
    assert!(sample::series(&symbol("AMZN")).is_none());
}

/// Apple split 2:1 on 2000-06-21 and 2005-02-28 and paid 2.65 dollars from 2012 on; Microsoft split 2:1 on 2003-02-18
/// and paid its special dividend of 3 dollars, with the 8 cents of the quarter, on 2004-11-15.
#[test]
fn sample_reflects_splits_and_dividends() {
    let splits = |name: &str| -> Vec<_> {
        let series = sample::series(&symbol(name)).unwrap();
        let bars = series.bars.iter().filter(|bar| bar.split != 1.0);
        bars.map(|bar| (bar.date.to_string(), bar.split)).collect()
    };
    assert_eq!(splits("AAPL"), [("2000-06-21".to_owned(), 2.0), ("2005-02-28".to_owned(), 2.0)]);
    assert_eq!(splits("MSFT"), [("2003-02-18".to_owned(), 2.0)]);
    let dividend = |name: &str, date: &str| {
        let series = sample::series(&symbol(name)).unwrap();
        series.bars.iter().find(|bar| bar.date.to_string() == date).unwrap().dividend
    };
    assert_eq!(dividend("AAPL", "2012-08-09"), 2.65);
    assert_eq!(dividend("MSFT", "2004-11-15"), 3.08);
    assert_eq!(dividend("IBM", "2000-05-08"), 0.13);
}

/// The adjusted history must move like the source's adjusted close: events applied twice, or prices mistaken for
/// adjusted, would cause jumps.
#[test]
fn sample_histories_are_clean() {
    for name in sample::symbols() {
        let series = sample::series(&name).unwrap();
        let (rows, adj_closes) =
            (series.bars.len(), series.bars.iter().filter_map(|bar| bar.adj_close).collect::<Vec<_>>());
        let (history, report) = History::check(series, None).unwrap();
        assert_eq!(history.len(), rows, "{name}");
        assert!(!report.has_errors(), "{name}: {report:?}");
        let of_source = adj_closes.windows(2).map(|pair| (pair[1] / pair[0]).ln());
        for (day, (ours, theirs)) in history.log_returns().iter().zip(of_source).enumerate() {
            // Two adjusted closes near 1 dollar, rounded to 6 decimals, give a return within 1e-6.
            assert!((ours - theirs).abs() < 5e-6, "{name}, day {day}: {ours} against {theirs}");
        }
    }
}
