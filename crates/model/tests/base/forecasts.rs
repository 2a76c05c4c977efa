//! Forecasts of one day and of many, with a market and without.

use closecast_domain::{ForecastError, History, Predict};
use closecast_model::{BaseSpec, Head, market_leak, with_markets};
use closecast_testkit::histories::random_walk;

use crate::{bits, fit, in_market, small, symbols};

#[test]
fn single_and_batched_forecasts_have_the_same_bits() {
    let (model, histories) = in_market();
    let alone = random_walk("NEW", 210, 77);
    let before = random_walk("OLD", 120, 78);
    for history in [&histories[0], &histories[8], &alone, &before] {
        let need = 60 + 5;
        let together = model.predict_each(history, need - 1..history.len()).unwrap();
        for (origin, forecast) in (need - 1..).zip(&together).step_by(7) {
            let single = model.predict(&history.first_bars(origin + 1).unwrap()).unwrap();
            assert_eq!(bits(&single), bits(forecast), "{} on day {origin}", history.symbol());
            assert_eq!(single.as_of, history.bars()[origin].date);
            let short = model.predict_each(history, origin..origin + 1).unwrap();
            assert_eq!(bits(&short[0]), bits(forecast));
        }
    }
}

#[test]
fn market_is_used_when_known() {
    let (model, histories) = in_market();
    // On the newest days too few symbols traded for a market.
    let with = &histories[0].first_bars(190).unwrap();
    assert!(with.market().unwrap().on(with.last().date).is_some());
    let without = History::from_checked(with.symbol().clone(), None, with.bars().to_vec()).unwrap();
    assert_ne!(bits(&model.predict(with).unwrap()), bits(&model.predict(&without).unwrap()));
    let dates: Vec<_> = histories[0].dates().collect();
    assert_eq!(market_leak(&symbols(), &dates[150..]), None);
    // Trained without a market there is nothing to look at.
    let alone = fit(small(), &symbols());
    assert!(alone.card().market_features.is_empty());
    assert_eq!(bits(&alone.predict(with).unwrap()), bits(&alone.predict(&without).unwrap()));
}

#[test]
fn quantiles_rise_around_the_last_close() {
    let histories = with_markets(symbols());
    for head in [Head::Spread, Head::StudentT, Head::Quantiles] {
        let model = fit(BaseSpec { head, ..small() }, &histories);
        let forecast = model.predict(&histories[0]).unwrap();
        assert_eq!(forecast.sessions.len(), 2);
        for session in &forecast.sessions {
            assert!(session.quantiles.windows(2).all(|pair| pair[0].price <= pair[1].price), "{head:?}");
            let (lower, upper) = session.interval(0.9).unwrap();
            assert!(lower < session.point && session.point < upper && lower > 0.0);
            if head == Head::Spread {
                assert_eq!(session.point, forecast.last_close);
            }
        }
    }
}

#[test]
fn short_history_is_refused_with_the_sessions_needed() {
    let (model, _) = in_market();
    let error = model.predict(&random_walk("A", 64, 1)).unwrap_err();
    let ForecastError::TooShort { have: 64, need, .. } = error else { panic!("{error}") };
    assert_eq!(need, 65);
    model.predict(&random_walk("A", need, 1)).unwrap();
}
