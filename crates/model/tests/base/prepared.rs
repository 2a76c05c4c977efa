//! A forecast in two steps is the forecast in one.

use closecast_domain::Predict;
use closecast_model::{BaseModel, BaseSpec, TrainedModel, with_markets};

use crate::{fit, small, symbols};

#[test]
fn prepared_input_gives_the_same_forecast_with_and_without_the_market() {
    let early = symbols().iter().map(|history| history.first_bars(150).unwrap()).collect();
    let several = BaseSpec { members: 2, horizon: 3, calibration_days: 30, ..small() };
    for model in [fit(several, &with_markets(early)), BaseModel::shipped().unwrap()] {
        let model = TrainedModel::Base(Box::new(model));
        for history in symbols().into_iter().take(2).chain(with_markets(symbols()).into_iter().take(2)) {
            let prepared = model.prepare(&history).unwrap();
            let forecast = model.forecast(&prepared).unwrap();
            assert_eq!(forecast, model.predict(&history).unwrap());
            assert_eq!(forecast, model.forecast(&prepared).unwrap(), "as often as one likes");
        }
    }
}
