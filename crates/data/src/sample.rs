//! The bundled sample: real daily prices to try the program with, without a network.
//!
//! Five US shares (AAPL, FB, GOOG, IBM, MSFT) from March 2000, or their listing, to 1 March 2013: Quandl's WIKI prices,
//! in the public domain, as the Python package `bokeh-sampledata` ships them. Open, high, low, close and volume are as
//! traded; the adjusted close accounts for splits and dividends, those after 2013 included. `sample/PROVENANCE.md` has
//! the details.

use std::sync::LazyLock;

use closecast_domain::{RawSeries, Symbol};
use flate2::read::GzDecoder;

use crate::{csv, import::ImportOptions};

/// The CSV file that `sample/make_sample.py` wrote.
static ARCHIVE: &[u8] = include_bytes!("../sample/stocks.csv.gz");

/// Read on first use; that takes a few hundredths of a second.
static SERIES: LazyLock<Vec<RawSeries>> = LazyLock::new(|| {
    // A test reads the archive; if it were broken there would be no sample, but no panic either.
    let import = csv::read(GzDecoder::new(ARCHIVE), &ImportOptions::default());
    let mut series = import.map(|import| import.series).unwrap_or_default();
    for series in &mut series {
        "sample".clone_into(&mut series.source);
        series.currency = Some("USD".to_owned());
    }
    series
});

/// Returns the symbols of the sample, in alphabetical order.
#[must_use]
pub fn symbols() -> Vec<Symbol> {
    SERIES.iter().map(|series| series.symbol.clone()).collect()
}

/// Returns the sample's bars of `symbol`, oldest first, or `None` for a symbol that is not in it.
///
/// ```
/// use closecast_data::sample;
/// let apple = sample::series(&"AAPL".parse()?).unwrap();
/// assert_eq!((apple.bars.len(), apple.bars[0].close), (3270, Some(130.31)));
/// # Ok::<(), closecast_domain::SymbolError>(())
/// ```
#[must_use]
pub fn series(symbol: &Symbol) -> Option<RawSeries> {
    SERIES.iter().find(|series| series.symbol == *symbol).cloned()
}
