//! The bundled sample: real daily prices for trying the program offline.
//!
//! Five US shares (AAPL, FB, GOOG, IBM, MSFT) from March 2000, or their listing, to 1 March 2013: Quandl's WIKI prices,
//! in the public domain, as the Python package `bokeh-sampledata` ships them. Open, high, low, close and volume are as
//! traded; the adjusted close includes splits and dividends, also those after 2013. See `sample/PROVENANCE.md`.

use std::sync::LazyLock;

use closecast_domain::{RawSeries, Symbol};
use flate2::read::GzDecoder;

use crate::{csv, import::ImportOptions};

/// The CSV file written by `sample/make_sample.py`.
static ARCHIVE: &[u8] = include_bytes!("../sample/stocks.csv.gz");

/// Parsed on first use, in some hundredths of a second.
static SERIES: LazyLock<Vec<RawSeries>> = LazyLock::new(|| {
    // A test reads the archive; a broken one would give an empty sample and no panic.
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

/// Returns the sample's bars of `symbol`, oldest first, or `None` for other symbols.
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
