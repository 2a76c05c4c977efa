//! Header texts of the fields in five languages.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Date,
    Symbol,
    Open,
    High,
    Low,
    Close,
    AdjClose,
    Volume,
    Dividend,
    Split,
    /// Change to the day before. Not read, but it marks Investing's exports.
    Change,
    /// Known and of no use: open interest, capital gains, an index.
    Other,
}

/// Normalised header texts of each field, in English, Portuguese, Polish, Spanish and German. The earlier a text
/// stands, the rather its column is taken when several have the same meaning.
pub(super) const SYNONYMS: [(Field, &[&str]); 12] = [
    (
        Field::Date,
        &["date", "data", "timestamp", "datetime", "trade date", "data pregao", "fecha", "datum", "day", "ds", "time"],
    ),
    (
        Field::Symbol,
        &[
            "symbol",
            "ticker",
            "tickers",
            "symbols",
            "simbolo",
            "codigo",
            "ativo",
            "papel",
            "stock symbol",
            "act symbol",
            "tic",
            "name",
        ],
    ),
    (
        Field::Open,
        &[
            "open",
            "open price",
            "opening price",
            "abertura",
            "preco abertura",
            "otwarcie",
            "apertura",
            "eroffnung",
            "erster",
        ],
    ),
    (Field::High, &["high", "high price", "maxima", "maximo", "alta", "preco maximo", "najwyzszy", "hoch"]),
    (Field::Low, &["low", "low price", "minima", "minimo", "baixa", "preco minimo", "najnizszy", "tief"]),
    (
        Field::Close,
        &[
            "close",
            "close last",
            "close price",
            "closing price",
            "fechamento",
            "preco fechamento",
            "zamkniecie",
            "cierre",
            "schluss",
            "schlusskurs",
            "last",
            "last price",
            "ultimo",
            "price",
        ],
    ),
    (
        Field::AdjClose,
        &[
            "adj close",
            "adjclose",
            "adjusted close",
            "adjusted",
            "close adjusted",
            "adj close price",
            "fechamento ajustado",
            "fech ajustado",
            "cierre ajustado",
        ],
    ),
    (Field::Volume, &["volume", "vol", "total volume", "wolumen", "volumen", "shares traded", "quantidade"]),
    (
        Field::Dividend,
        &["dividends", "dividend", "dividend amount", "ex dividend", "div cash", "divcash", "dividendos"],
    ),
    (
        Field::Split,
        &[
            "stock splits",
            "stock split",
            "splits",
            "split",
            "split coefficient",
            "split ratio",
            "split factor",
            "splitfactor",
        ],
    ),
    (Field::Change, &["change", "change percent", "var", "variacao", "change pct"]),
    (
        Field::Other,
        &[
            "capital gains",
            "repaired",
            "openint",
            "open interest",
            "per",
            "asset type",
            "index",
            "adj open",
            "adj high",
            "adj low",
            "adj volume",
            "adjopen",
            "adjhigh",
            "adjlow",
            "adjvolume",
            "unnamed",
            "attributes",
        ],
    ),
];
