//! BASE: what its weights may know, what its intervals hold, what its file is worth.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod adaptation;
mod artifact;
mod fine_tuning;
mod forecasts;
mod prepared;
mod promotion;
mod shipped;
mod training;

use closecast_domain::{Cancel, Forecast, History, NoProgress};
use closecast_model::{BaseForecaster, BaseModel, BaseSpec, with_markets};
use closecast_nn::Network;
use closecast_testkit::histories::random_walk;
use serde_json::Value;

/// Sessions of the histories that most tests learn from.
const DAYS: usize = 220;

/// Returns a network that is trained within a second.
fn small() -> BaseSpec {
    BaseSpec {
        lookback: 5,
        horizon: 2,
        hidden_size: 3,
        epochs: 1,
        batch_size: 256,
        calibration_days: 40,
        ..BaseSpec::default()
    }
}

/// Returns enough symbols of one exchange to be its market.
fn symbols() -> Vec<History> {
    (0..9).map(|index| random_walk(&format!("S{index}"), DAYS - 3 * index as usize, 100 + index)).collect()
}

fn fit(spec: BaseSpec, histories: &[History]) -> BaseModel {
    BaseForecaster::new(spec.check().unwrap())
        .threads(Some(1))
        .fit_base(histories, &Cancel::new(), &NoProgress)
        .unwrap()
}

/// Returns a model that has learned from its market.
fn in_market() -> (BaseModel, Vec<History>) {
    let histories = with_markets(symbols());
    (fit(small(), &histories), histories)
}

/// Returns the weights of every member as bits.
fn weights(model: &BaseModel) -> Vec<Vec<u32>> {
    let bytes = model.clone().to_bytes().unwrap();
    let (networks, _) = Network::ensemble_from_safetensors(&bytes).unwrap();
    let bits = |network: &Network| {
        network
            .tensors()
            .flat_map(|tensor| tensor.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>())
            .collect()
    };
    networks.iter().map(bits).collect()
}

/// Returns what the artifact carries beside the weights.
fn description(model: &BaseModel) -> Value {
    let bytes = model.clone().to_bytes().unwrap();
    let (_, metadata) = Network::ensemble_from_safetensors(&bytes).unwrap();
    serde_json::from_str(&metadata["closecast"]).unwrap()
}

/// Returns every price of a forecast as bits.
fn bits(forecast: &Forecast) -> Vec<u64> {
    let prices = |session: &closecast_domain::SessionForecast| {
        let quantiles: Vec<f64> = session.quantiles.iter().map(|quantile| quantile.price).collect();
        [vec![session.point], quantiles].concat()
    };
    forecast.sessions.iter().flat_map(prices).map(f64::to_bits).collect()
}
