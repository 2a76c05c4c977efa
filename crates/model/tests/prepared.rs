//! A forecast in two steps is the forecast in one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use closecast_domain::{Cancel, ForecastError, Forecaster, NoProgress, Predict};
use closecast_model::{Architecture, BaseModel, LstmForecaster, ModelSpec, Recipe, TrainedModel};
use closecast_testkit::histories::random_walk;

fn small(spec: &ModelSpec) -> TrainedModel {
    let spec =
        ModelSpec { lookback: 10, hidden_size: 6, layers: 1, epochs: 1, batch_size: 64, horizon: 2, ..spec.clone() };
    let forecaster = LstmForecaster::new("AAPL", spec.check().unwrap());
    TrainedModel::Lstm(Box::new(forecaster.fit(&random_walk("AAPL", 500, 3), &Cancel::new(), &NoProgress).unwrap()))
}

#[test]
fn prepared_input_gives_the_same_forecast() {
    let prices = ModelSpec { recipe: Recipe::MinMaxPrices, ..ModelSpec::default() };
    for spec in [ModelSpec::default(), prices, Architecture::Improved.model()] {
        let model = small(&spec);
        for days in [400, 499, 500] {
            let history = random_walk("AAPL", 500, 3).first_bars(days).unwrap();
            let prepared = model.prepare(&history).unwrap();
            let forecast = model.forecast(&prepared).unwrap();
            assert_eq!(forecast, model.predict(&history).unwrap());
            assert_eq!(forecast, model.forecast(&prepared).unwrap(), "as often as one likes");
        }
    }
}

#[test]
fn input_prepared_for_another_kind_of_model_is_refused() {
    let lstm = small(&ModelSpec::default());
    let base = TrainedModel::Base(Box::new(BaseModel::shipped().unwrap()));
    let history = random_walk("AAPL", 500, 3);
    let prepared = base.prepare(&history).unwrap();
    assert!(matches!(lstm.forecast(&prepared), Err(ForecastError::Unsuitable(_))));
    let short = history.first_bars(20).unwrap();
    assert!(matches!(lstm.prepare(&short), Err(ForecastError::TooShort { .. })));
    assert!(matches!(base.prepare(&short), Err(ForecastError::TooShort { .. })));
}
