//! Any bytes → `import::read`: every dialect of CSV, the sniffing of the head, and COTAHIST where the head says so.

#![no_main]

use closecast_data::{
    csv::DateOrder,
    export,
    import::{self, Import, ImportError, ImportOptions},
};
use closecast_domain::{RawSeries, Symbol};
use closecast_fuzz::{accepted, trickle::Trickle};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let fallback_symbol = Symbol::new("TEST").ok();
    let mut options = ImportOptions { fallback_symbol, ..ImportOptions::default() };
    let mut result = read(data, &options);
    if matches!(result, Err(ImportError::AmbiguousDates { .. })) {
        let month_first = ImportOptions { date_order: Some(DateOrder::MonthFirst), ..options.clone() };
        let _ = read(data, &month_first);
        options.date_order = Some(DateOrder::DayFirst);
        result = read(data, &options);
    }
    let import = match result {
        Ok(import) => import,
        Err(error) => return accepted::assert_is_message(&error.to_string()),
    };
    import.notes.iter().for_each(|note| accepted::assert_is_message(&note.to_string()));
    assert!(import.rows() > 0, "an import without a bar is an error");
    let today = import.series[0].bars.first().map(|bar| bar.date);
    for series in &import.series {
        accepted::assert_is_delivered(series);
        accepted::assert_checks(series, None);
        accepted::assert_checks(series, today);
        assert_is_written_and_read(series);
    }
    assert_is_selected(data, &import, &options);
});

/// Reads twice, the second time in small pieces: how a stream is cut must change nothing.
fn read(data: &[u8], options: &ImportOptions) -> Result<Import, ImportError> {
    let result = import::read(data, options);
    let again = import::read(Trickle::new(data), options);
    match (&result, &again) {
        (Ok(import), Ok(again)) => assert_eq!(import, again),
        (Err(error), Err(again)) => assert_eq!(error.to_string(), again.to_string()),
        _ => panic!("read twice: {result:?} and {again:?}"),
    }
    result
}

/// A symbol asked for by name has the bars that it has among all of them.
fn assert_is_selected(data: &[u8], import: &Import, options: &ImportOptions) {
    let Some(last) = import.series.last().filter(|_| import.series.len() > 1) else { return };
    let only = ImportOptions { symbol: Some(last.symbol.clone()), ..options.clone() };
    let selected = import::read(data, &only).unwrap_or_else(|error| panic!("{} is in the file: {error}", last.symbol));
    let among_all: Vec<&RawSeries> = import.series.iter().filter(|series| series.symbol == last.symbol).collect();
    assert_eq!(selected.series.iter().collect::<Vec<_>>(), among_all, "asked for by name, it is another");
}

/// What is written of a series is read, row for row.
fn assert_is_written_and_read(series: &RawSeries) {
    let mut text = Vec::new();
    let written = export::write_series(&mut text, series);
    assert!(written.is_ok(), "{written:?}");
    let Ok(import) = import::read(&text[..], &ImportOptions::for_symbol(series.symbol.clone())) else { return };
    let rows = import.rows();
    assert!(rows <= series.bars.len(), "{rows} rows of {} written", series.bars.len());
}
