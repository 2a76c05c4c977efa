//! The check terminates for any input, and its result is a valid history.

use chrono::{Days, NaiveDate};
use closecast_domain::{DefectKind, History, PriceBasis, QualityReport, RawBar, RawSeries, Severity};
use proptest::prelude::*;

/// Numbers that a broken source may deliver.
fn number() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        10 => (0.5..200.0).prop_map(Some),
        2 => any::<f64>().prop_map(Some),
        1 => prop::sample::select(vec![0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX, 5e-324, 1e15, 1e-12]).prop_map(Some),
        1 => Just(None),
    ]
}

fn date() -> impl Strategy<Value = NaiveDate> {
    prop_oneof![
        20 => (0..400_u64).prop_map(|days| NaiveDate::from_ymd_opt(2023, 6, 1).unwrap() + Days::new(days)),
        1 => prop::sample::select(vec![NaiveDate::MIN, NaiveDate::MAX, NaiveDate::default()]),
        1 => (-95_000_000..95_000_000).prop_map(|days| NaiveDate::from_num_days_from_ce_opt(days).unwrap()),
    ]
}

prop_compose! {
    fn garbage_bar()(
        date in date(),
        prices in [number(), number(), number(), number(), number()],
        volume in number(),
        events in (number(), number()),
        live in prop::bool::weighted(0.05),
    ) -> RawBar {
        let [open, high, low, close, adj_close] = prices;
        let (dividend, split) = (events.0.unwrap_or(0.0), events.1.unwrap_or(1.0));
        RawBar { date, open, high, low, close, adj_close, volume, dividend, split, live }
    }
}

prop_compose! {
    /// Prices of one order of magnitude with single defects.
    fn shaky_bar()(
        mut bar in garbage_bar(),
        prices in [90.0..110.0_f64, 90.0..110.0, 90.0..110.0, 90.0..110.0],
        faulty in prop::bool::weighted(0.1),
    ) -> RawBar {
        (bar.dividend, bar.split, bar.adj_close) = (0.0, 1.0, None);
        if !faulty {
            [bar.open, bar.high, bar.low, bar.close] = prices.map(Some);
        }
        bar
    }
}

fn series(bars: Vec<RawBar>, symbol: &str, basis: PriceBasis) -> RawSeries {
    RawSeries { symbol: symbol.parse().unwrap(), basis, currency: None, source: "test".to_owned(), bars }
}

fn any_basis() -> impl Strategy<Value = PriceBasis> {
    prop::sample::select(vec![PriceBasis::Unadjusted, PriceBasis::SplitAdjusted, PriceBasis::FullyAdjusted])
}

fn any_symbol() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["AAPL", "PETR4.SA", "7203.T", "BTC-USD"])
}

fn assert_is_a_history(history: &History, report: &QualityReport, rows: usize) {
    assert!(history.bars().windows(2).all(|pair| pair[0].date < pair[1].date), "ordered, one a date");
    for bar in history.bars() {
        let prices = [bar.open, bar.high, bar.low, bar.close, bar.raw_close];
        assert!(prices.iter().all(|price| price.is_finite() && *price > 0.0), "{bar:?}");
        assert!(
            bar.low <= bar.open && bar.open <= bar.high && bar.low <= bar.close && bar.close <= bar.high,
            "{bar:?}"
        );
        assert!(bar.volume.is_finite() && bar.volume >= 0.0, "{bar:?}");
    }
    assert!(history.log_returns().iter().all(|value| value.is_finite()));
    assert_eq!((report.rows_delivered, report.rows_kept), (rows, history.len()));
    assert!((0.0..=100.0).contains(&report.score));
    assert!(report.rows_kept == rows || !report.defects.is_empty(), "no row goes without a word");
    assert!(report.defects.iter().all(|defect| defect.date <= defect.end_date));
    assert!(report.defects.windows(2).all(|pair| pair[0].date <= pair[1].date));
}

fn delivered_again(history: &History) -> Vec<RawBar> {
    let bar = |bar: &closecast_domain::Bar| RawBar {
        open: Some(bar.open),
        high: Some(bar.high),
        low: Some(bar.low),
        close: Some(bar.close),
        volume: Some(bar.volume),
        ..RawBar::empty(bar.date)
    };
    history.bars().iter().map(bar).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn garbage_ends_in_a_history_or_in_an_error(
        bars in prop::collection::vec(garbage_bar(), 0..60),
        symbol in any_symbol(),
        basis in any_basis(),
        today in prop::option::of(date()),
    ) {
        let rows = bars.len();
        if let Ok((history, report)) = History::check(series(bars, symbol, basis), today) {
            assert_is_a_history(&history, &report, rows);
        }
    }

    /// Everything that the first check could repair is repaired; gaps, stale runs and jumps can only be reported.
    #[test]
    fn a_checked_history_passes_the_check(
        bars in prop::collection::vec(shaky_bar(), 1..120),
        symbol in any_symbol(),
    ) {
        let Ok((history, _)) = History::check(series(bars, symbol, PriceBasis::SplitAdjusted), None) else { return Ok(()) };
        let again = series(delivered_again(&history), symbol, PriceBasis::FullyAdjusted);
        let (same, report) = History::check(again, None).unwrap();
        let lasting = [
            DefectKind::MissingSession,
            DefectKind::StaleFlatRun,
            DefectKind::SplitJump,
            DefectKind::HundredfoldPrice,
        ];
        for defect in report.defects.iter().filter(|defect| defect.severity == Severity::Error) {
            prop_assert!(lasting.contains(&defect.kind), "{defect:?}");
        }
        let holidays = report.defects.iter().filter(|defect| defect.kind == DefectKind::HolidayRow).count();
        prop_assert!(same.len() + holidays >= history.len());
    }
}

#[test]
fn score_decreases_with_each_defect() {
    let mut bars = crate::series::clean_bars();
    let mut score = 100.0;
    for row in (2..118).step_by(5) {
        bars[row].volume = Some(-1.0);
        let next = crate::series::check(bars.clone()).1.score;
        assert!(next < score, "{row}");
        score = next;
    }
}
