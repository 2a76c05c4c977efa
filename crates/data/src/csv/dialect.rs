//! Dialects of price files, and the price basis of each.

use std::fmt;

use closecast_domain::PriceBasis;
use serde::Serialize;

/// The writer of a file, detected from its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// Yahoo's own download, and `yfinance.download` with `auto_adjust=False`: `Date,Open,High,Low,Close,Adj
    /// Close,Volume`.
    Yahoo,
    /// `yfinance.download(…).to_csv()`, with its header of three lines (`Price`, `Ticker`, `Date`), or flattened.
    YfinanceDownload,
    /// `yfinance.Ticker.history`: dates with an offset, columns of dividends and splits.
    YfinanceHistory,
    /// R's quantmod: the symbol in front of each header (`AAPL.Open`).
    Quantmod,
    /// Stooq's web download, in English or Polish.
    Stooq,
    /// Stooq's bulk files: `<TICKER>,<PER>,<DATE>,…`.
    StooqBulk,
    /// Alpha Vantage `TIME_SERIES_DAILY`.
    AlphaVantage,
    /// Alpha Vantage `TIME_SERIES_DAILY_ADJUSTED`.
    AlphaVantageAdjusted,
    /// Nasdaq.com: `Close/Last`, dollar signs.
    Nasdaq,
    /// Investing.com, in any of its languages.
    Investing,
    /// Quandl's WIKI table in long form.
    QuandlWiki,
    /// Tiingo: `adjClose`, `divCash`, `splitFactor`.
    Tiingo,
    /// The S&P 500 table on Kaggle: `date,open,high,low,close,volume,Name`.
    KaggleLong,
    /// B3's COTAHIST, which is not CSV.
    Cotahist,
    /// None of the above; the file has a date and a closing price.
    Generic,
}

impl Dialect {
    /// Returns the price basis of this dialect.
    ///
    /// | dialect | basis | why |
    /// |---|---|---|
    /// | Yahoo, quantmod | split-adjusted | Yahoo's own prices; `Adj Close` stands beside them |
    /// | yfinance (both) with `Adj Close` | split-adjusted | `auto_adjust=False` |
    /// | yfinance (both) without | fully adjusted | `auto_adjust=True`, the default |
    /// | Stooq (both) | fully adjusted | adjusts for splits and dividends by default |
    /// | Alpha Vantage (both), Quandl WIKI, Tiingo, COTAHIST | unadjusted | prices as traded |
    /// | Nasdaq, Investing, Kaggle | split-adjusted | no jumps at splits, but drops at dividends |
    /// | generic | split-adjusted | usual for most sources |
    ///
    /// `Ticker.history` has columns of dividends and splits beside fully adjusted prices: they are delivered with
    /// the bars, and must not be applied again. The plain table of Alpha Vantage and COTAHIST name neither events nor
    /// an adjusted close.
    #[must_use]
    pub fn basis(self, has_adj_close: bool) -> PriceBasis {
        match self {
            Self::YfinanceDownload | Self::YfinanceHistory if !has_adj_close => PriceBasis::FullyAdjusted,
            Self::Stooq | Self::StooqBulk => PriceBasis::FullyAdjusted,
            Self::AlphaVantage | Self::AlphaVantageAdjusted | Self::QuandlWiki | Self::Tiingo | Self::Cotahist => {
                PriceBasis::Unadjusted
            }
            Self::Yahoo
            | Self::YfinanceDownload
            | Self::YfinanceHistory
            | Self::Quantmod
            | Self::Nasdaq
            | Self::Investing
            | Self::KaggleLong
            | Self::Generic => PriceBasis::SplitAdjusted,
        }
    }

    /// Returns the name of the dialect, as used in [`RawSeries::source`](closecast_domain::RawSeries) after `csv:`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Yahoo => "yahoo",
            Self::YfinanceDownload => "yfinance-download",
            Self::YfinanceHistory => "yfinance-history",
            Self::Quantmod => "quantmod",
            Self::Stooq => "stooq",
            Self::StooqBulk => "stooq-bulk",
            Self::AlphaVantage => "alpha-vantage",
            Self::AlphaVantageAdjusted => "alpha-vantage-adjusted",
            Self::Nasdaq => "nasdaq",
            Self::Investing => "investing",
            Self::QuandlWiki => "quandl-wiki",
            Self::Tiingo => "tiingo",
            Self::KaggleLong => "kaggle-long",
            Self::Cotahist => "cotahist",
            Self::Generic => "generic",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
