//! What is asked of the history.

use chrono::{DateTime, TimeDelta, Utc};
use closecast_domain::Symbol;
use closecast_store::{Cursor, HistoryFilter, Store};

/// How many symbols are forecast each evening.
pub(crate) const SYMBOLS: i64 = 500;

/// By how many models.
pub(crate) const MODELS: i64 = 20;

/// When the first forecast was made, in seconds since 1970.
pub(crate) const FIRST_EVENING: i64 = 1_600_000_000;

/// How often each question is asked after the first time.
pub(crate) const ASKED: i64 = 50;

const PAGE: u64 = 50;

/// A question, about another symbol, model or time each round.
pub(crate) struct Question {
    pub(crate) name: &'static str,
    about: Box<dyn Fn(i64) -> About + Send + Sync>,
}

enum About {
    Page(HistoryFilter, Option<Cursor>),
    Newest(Symbol),
}

impl Question {
    fn new(name: &'static str, about: impl Fn(i64) -> About + Send + Sync + 'static) -> Self {
        Self { name, about: Box::new(about) }
    }

    /// Returns how many forecasts the answer has.
    pub(crate) async fn ask(&self, store: &Store, round: i64) -> usize {
        match (self.about)(round) {
            About::Page(filter, cursor) => {
                store.forecasts().history(&filter, cursor, PAGE).await.unwrap().forecasts.len()
            }
            About::Newest(symbol) => store.forecasts().newest(&symbol, PAGE).await.unwrap().len(),
        }
    }

    /// Returns how the database answers, where that can be asked.
    pub(crate) async fn plan(&self, store: &Store) -> Vec<String> {
        match (self.about)(ASKED) {
            About::Page(filter, cursor) => store.forecasts().history_plan(&filter, cursor, PAGE).await.unwrap(),
            About::Newest(_) => vec!["(the index of symbol and session)".to_owned()],
        }
    }
}

pub(crate) fn questions(rows: i64) -> Vec<Question> {
    let evenings = rows / (SYMBOLS * MODELS);
    let evening = |number: i64| DateTime::<Utc>::from_timestamp(FIRST_EVENING + number * 86_400, 0).unwrap();
    let middle = evening(evenings / 2);
    let end = evening(evenings);
    let all = HistoryFilter::default;
    let of_symbol = move |round| HistoryFilter { symbol: Some(symbol(round)), ..all() };
    let of_model = move |round: i64| HistoryFilter { model_name: Some(format!("M{:03}", round % MODELS)), ..all() };
    let both = move |round| HistoryFilter { model_name: of_model(round).model_name, ..of_symbol(round) };
    // In the midst of ten forecasts of one second.
    let deep = move |round: i64| {
        let before = evenings / 2 * SYMBOLS * MODELS + round * 70 + 5;
        Some(Cursor { created_at: middle + TimeDelta::seconds(round * 7), id: before + 1 })
    };
    vec![
        Question::new("first page of all", move |_| About::Page(all(), None)),
        Question::new("first page of a symbol", move |round| About::Page(of_symbol(round), None)),
        Question::new("first page of a model", move |round| About::Page(of_model(round), None)),
        Question::new("first page of a symbol and a model", move |round| About::Page(both(round), None)),
        Question::new("of a symbol and a model unknown to it", move |round| {
            About::Page(HistoryFilter { model_name: Some("none".to_owned()), ..of_symbol(round) }, None)
        }),
        Question::new("of a symbol in thirty days", move |round| {
            let from = Some(middle - TimeDelta::days(30));
            About::Page(HistoryFilter { made_from: from, made_before: Some(middle), ..of_symbol(round) }, None)
        }),
        Question::new("of all in an hour", move |round| {
            let from = middle - TimeDelta::days(round);
            About::Page(
                HistoryFilter { made_from: Some(from), made_before: Some(from + TimeDelta::hours(1)), ..all() },
                None,
            )
        }),
        Question::new("a page in the middle of all", move |round| About::Page(all(), deep(round))),
        Question::new("a page in the middle of a symbol", move |round| About::Page(of_symbol(round), deep(round))),
        Question::new("a page in the middle of a model", move |round| About::Page(of_model(round), deep(round))),
        Question::new("a page in the middle of both", move |round| About::Page(both(round), deep(round))),
        Question::new("the same with a time window", move |round| {
            let filter = HistoryFilter { made_from: Some(evening(0)), made_before: Some(end), ..of_symbol(round) };
            About::Page(filter, deep(round))
        }),
        Question::new("newest sessions of a symbol", |round| About::Newest(symbol(round))),
    ]
}

fn symbol(round: i64) -> Symbol {
    Symbol::new(&format!("S{:03}", round * 37 % SYMBOLS)).unwrap()
}
