//! Prices, which S3 tells, S0 pastes into its forecast, and S2 takes as files; and the companies of S2.

use crate::{
    place::prices,
    row::{Row, get, post},
};

const STOCK: &[&str] = &[
    "symbol, exchange, source, stored_at: string",
    "currency: string?",
    "stale: bool",
    "quality_score: number",
    "current_price.price, current_price.change, current_price.change_percent: number",
    "current_price.date: string",
    "bars[].date: string",
    "bars[].open, bars[].high, bars[].low, bars[].close, bars[].adj_close, bars[].volume: number",
];

const POPULAR: &[&str] = &[
    "stocks[].symbol, stocks[].name, stocks[].exchange: string",
    "stocks[].has_prices, stocks[].has_model: bool",
    "stocks[].current_price: object?",
];

const COMPARISON: &[&str] = &[
    "base: number",
    "dates[], series[].symbol: string",
    "series[].values[], series[].total_return: number",
    "series[].volatility, correlations[][]: number?",
    "series[].dropped_sessions: integer",
];

const COMPANIES: &[&str] = &["companies[].name, companies[].symbol: string", "companies[].aliases[]: string"];

const IMPORTED: &[&str] = &[
    "dialect: string",
    "notes: array",
    "series[].symbol, series[].first_date, series[].last_date: string",
    "series[].rows: integer",
    "series[].report.score: number",
    "series[].report.defects: array",
    "series[].replaced: object?",
];

const ACCEPTED: &[&str] = &["job_id, status, url: string", "already_there: bool"];

pub(super) fn rows() -> Vec<Row> {
    let file = prices("IBM", 40);
    vec![
        get("/api/stocks/popular/list").answers(200, POPULAR),
        get("/api/stocks/AAPL").answers(200, STOCK),
        get("/api/stocks/PETR4.SA?days=5").answers(200, STOCK),
        get("/api/stocks/AAPL?period=6mo").answers(200, STOCK),
        get("/api/stocks/AAPL?start_date=2016-01-04&end_date=2016-06-30").answers(200, STOCK),
        get("/api/stocks/AAPL").header("Accept", "text/csv").says("text/csv", &["Date,Open,High,Low,Close", "2016-"]),
        get("/api/stocks/compare?symbols=AAPL,MSFT").answers(200, COMPARISON),
        get("/api/symbols").answers(
            200,
            &[
                "symbols[].symbol, symbols[].first_date, symbols[].last_date: string",
                "symbols[].rows: integer",
                "symbols[].has_model: bool",
            ],
        ),
        get("/api/b3/companies").answers(200, COMPANIES),
        get("/predict_b3").answers(200, COMPANIES),
        post("/api/stocks/upload").file("file", "IBM_data.csv", &file).answers(200, IMPORTED),
        post("/api/stocks/upload?symbol=KO").body("text/csv", &file).answers(200, IMPORTED),
        post("/api/stocks/IBM/upload").file("file", "prices.csv", &file).answers(200, IMPORTED),
        post("/api/stocks/IBM/upload?replace=true").body("text/csv", &file).answers(200, IMPORTED),
        post("/api/stocks/IBM/refresh").answers(202, ACCEPTED).keeps("refresh", "/job_id"),
        post("/api/jobs/{refresh}/cancel")
            .answers(200, &["kind = \"refresh_bars\"", "status: string", "cancel_requested: bool"]),
    ]
}
