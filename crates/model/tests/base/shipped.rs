//! The model that ships with the program.

use closecast_domain::{Exchange, Predict, TradingCalendar};
use closecast_model::{BaseModel, Head, TrainedModel};
use closecast_testkit::histories::random_walk;

#[test]
fn shipped_model_is_small_and_names_its_sources() {
    let model = BaseModel::shipped().unwrap();
    assert!(BaseModel::shipped_size() < 1_000_000, "{} bytes", BaseModel::shipped_size());
    let card = model.card();
    assert_eq!((card.name.as_str(), card.fine_tuned_for.as_ref()), ("BASE", None));
    assert!(card.sources.len() > 10, "{:?}", card.sources);
    assert!(card.symbols > 50 && card.trained_on.start < card.trained_on.end);
    assert_eq!(card.head, Head::Spread);
    let calibrated = card.calibrated_on.unwrap();
    assert!(card.trained_on.end < calibrated.start);
    let coverage = card.coverage.as_ref().unwrap();
    assert!((coverage.at(0.9).unwrap() - 0.9).abs() < 0.05, "{coverage:?}");
    assert_eq!(model.sha256().len(), 64);
    assert!(!card.features.is_empty() && !card.market_features.is_empty());
}

#[test]
fn shipped_model_forecasts_unseen_symbols_on_the_sessions_of_their_exchange() {
    let model = BaseModel::shipped().unwrap();
    for (symbol, exchange) in [("NEVERSEEN", Exchange::UnitedStates), ("PETR4.SA", Exchange::B3)] {
        let history = random_walk(symbol, 500, 12);
        let forecast = model.predict(&history).unwrap();
        let dates: Vec<_> = forecast.sessions.iter().map(|session| session.date).collect();
        assert_eq!(dates, TradingCalendar::new(exchange).sessions_after(history.last().date, model.card().horizon));
        for (ahead, session) in (1..).zip(&forecast.sessions) {
            assert_eq!(session.point, history.last().close);
            let (lower, upper) = session.interval(0.9).unwrap();
            // 1.5 % a day, normal: 1.645 · 1.5 % on either side, wider as the square root of the sessions.
            let width = (upper / lower).ln() / (2.0 * 1.645 * 0.015 * f64::from(ahead).sqrt());
            assert!((0.6..1.5).contains(&width), "{symbol}, session {ahead}: {width}");
        }
    }
}

#[test]
fn shipped_model_round_trips_to_the_same_bytes() {
    let mut model = BaseModel::shipped().unwrap();
    let sha256 = model.sha256().to_owned();
    let bytes = model.to_bytes().unwrap();
    assert_eq!((bytes.len(), model.sha256()), (BaseModel::shipped_size(), sha256.as_str()));
    assert!(matches!(TrainedModel::from_bytes(&bytes), Ok(TrainedModel::Base(_))));
}
