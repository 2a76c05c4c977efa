//! Queries of the history.

use chrono::{DateTime, TimeDelta, Utc};
use closecast_domain::Symbol;
use closecast_store::{Cursor, HistoryFilter, Store};

/// How many symbols are forecast each day.
pub(crate) const SYMBOLS: i64 = 500;

/// Number of models.
pub(crate) const MODELS: i64 = 20;

/// When the first forecast was made, in seconds since 1970.
pub(crate) const FIRST_TIMESTAMP: i64 = 1_600_000_000;

/// Repetitions of each query after the first.
pub(crate) const REPETITIONS: i64 = 50;

const PAGE: u64 = 50;

/// A query with another symbol, model or time in each round.
pub(crate) struct HistoryQuery {
    pub(crate) name: &'static str,
    kind: Box<dyn Fn(i64) -> QueryKind + Send + Sync>,
}

enum QueryKind {
    Page(HistoryFilter, Option<Cursor>),
    Newest(Symbol),
}

impl HistoryQuery {
    fn new(name: &'static str, kind: impl Fn(i64) -> QueryKind + Send + Sync + 'static) -> Self {
        Self { name, kind: Box::new(kind) }
    }

    /// Runs the query and returns the number of forecasts.
    pub(crate) async fn run(&self, store: &Store, round: i64) -> usize {
        match (self.kind)(round) {
            QueryKind::Page(filter, cursor) => {
                store.forecasts().history(&filter, cursor, PAGE).await.unwrap().forecasts.len()
            }
            QueryKind::Newest(symbol) => store.forecasts().newest(&symbol, PAGE).await.unwrap().len(),
        }
    }

    /// Returns the query plan, if available.
    pub(crate) async fn plan(&self, store: &Store) -> Vec<String> {
        match (self.kind)(REPETITIONS) {
            QueryKind::Page(filter, cursor) => store.forecasts().history_plan(&filter, cursor, PAGE).await.unwrap(),
            QueryKind::Newest(_) => vec!["(the index of symbol and session)".to_owned()],
        }
    }
}

pub(crate) fn queries(rows: i64) -> Vec<HistoryQuery> {
    let days = rows / (SYMBOLS * MODELS);
    let day = |number: i64| DateTime::<Utc>::from_timestamp(FIRST_TIMESTAMP + number * 86_400, 0).unwrap();
    let middle = day(days / 2);
    let end = day(days);
    let all = HistoryFilter::default;
    let of_symbol = move |round| HistoryFilter { symbol: Some(symbol(round)), ..all() };
    let of_model = move |round: i64| HistoryFilter { model_name: Some(format!("M{:03}", round % MODELS)), ..all() };
    let both = move |round| HistoryFilter { model_name: of_model(round).model_name, ..of_symbol(round) };
    // Between ten forecasts of one second.
    let deep = move |round: i64| {
        let before = days / 2 * SYMBOLS * MODELS + round * 70 + 5;
        Some(Cursor { created_at: middle + TimeDelta::seconds(round * 7), id: before + 1 })
    };
    vec![
        HistoryQuery::new("first page of all", move |_| QueryKind::Page(all(), None)),
        HistoryQuery::new("first page of a symbol", move |round| QueryKind::Page(of_symbol(round), None)),
        HistoryQuery::new("first page of a model", move |round| QueryKind::Page(of_model(round), None)),
        HistoryQuery::new("first page of a symbol and a model", move |round| QueryKind::Page(both(round), None)),
        HistoryQuery::new("of a symbol and a model unknown to it", move |round| {
            QueryKind::Page(HistoryFilter { model_name: Some("none".to_owned()), ..of_symbol(round) }, None)
        }),
        HistoryQuery::new("of a symbol in thirty days", move |round| {
            let from = Some(middle - TimeDelta::days(30));
            QueryKind::Page(HistoryFilter { made_from: from, made_before: Some(middle), ..of_symbol(round) }, None)
        }),
        HistoryQuery::new("of all in an hour", move |round| {
            let from = middle - TimeDelta::days(round);
            QueryKind::Page(
                HistoryFilter { made_from: Some(from), made_before: Some(from + TimeDelta::hours(1)), ..all() },
                None,
            )
        }),
        HistoryQuery::new("a page in the middle of all", move |round| QueryKind::Page(all(), deep(round))),
        HistoryQuery::new("a page in the middle of a symbol", move |round| {
            QueryKind::Page(of_symbol(round), deep(round))
        }),
        HistoryQuery::new("a page in the middle of a model", move |round| {
            QueryKind::Page(of_model(round), deep(round))
        }),
        HistoryQuery::new("a page in the middle of both", move |round| QueryKind::Page(both(round), deep(round))),
        HistoryQuery::new("the same with a time window", move |round| {
            let filter = HistoryFilter { made_from: Some(day(0)), made_before: Some(end), ..of_symbol(round) };
            QueryKind::Page(filter, deep(round))
        }),
        HistoryQuery::new("newest sessions of a symbol", |round| QueryKind::Newest(symbol(round))),
    ]
}

fn symbol(round: i64) -> Symbol {
    Symbol::new(&format!("S{:03}", round * 37 % SYMBOLS)).unwrap()
}
