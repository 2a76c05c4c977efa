//! BASE as bytes.

use closecast_domain::Predict;
use closecast_model::{ArtifactError, BaseModel, BaseSpec, Head, TrainedModel, with_markets};
use proptest::prelude::*;

use crate::{bits, fit, in_market, small, symbols};

#[test]
fn model_round_trips_to_the_bit() {
    let histories = with_markets(symbols());
    for spec in [small(), BaseSpec { members: 3, head: Head::Quantiles, ..small() }] {
        let mut model = fit(spec, &histories);
        assert!(model.sha256().is_empty());
        let bytes = model.to_bytes().unwrap();
        assert_eq!(bytes, model.to_bytes().unwrap());
        let TrainedModel::Base(mut loaded) = TrainedModel::from_bytes(&bytes).unwrap() else {
            panic!("of all symbols")
        };
        assert_eq!((loaded.sha256(), loaded.card()), (model.sha256(), model.card()));
        assert_eq!(bytes, loaded.to_bytes().unwrap());
        for history in &histories[..2] {
            let (a, b) = (model.predict(history).unwrap(), loaded.predict(history).unwrap());
            assert_eq!(bits(&a), bits(&b));
            assert_eq!(b.model.sha256, model.sha256());
        }
    }
}

#[test]
fn damaged_foreign_and_contradictory_files_are_refused() {
    let bytes = in_market().0.to_bytes().unwrap();
    for garbage in [&b""[..], b"pickle", &[0xff; 64], &bytes[..bytes.len() - 1], &bytes[..9]] {
        assert!(matches!(BaseModel::from_bytes(garbage), Err(ArtifactError::Weights(_))));
        assert!(TrainedModel::from_bytes(garbage).is_err());
    }
    let replaced = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len(), "the header keeps its length");
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        let mut changed = bytes.clone();
        changed[at..at + to.len()].copy_from_slice(to.as_bytes());
        BaseModel::from_bytes(&changed)
    };
    assert!(matches!(replaced("closecast-base-1", "closecast-base-9"), Err(ArtifactError::Format { .. })));
    assert!(matches!(replaced("closecast-base-1", "closecast-mode-1"), Err(ArtifactError::Format { .. })));
    for (from, to) in [
        (r#"\"lookback\":5"#, r#"\"lookback\":1"#),
        (r#"\"horizon\":2"#, r#"\"horizon\":1"#),
        (r#"\"horizon\":2"#, r#"\"horizon\":0"#),
        (r#"\"horizon\":2"#, r#"\"horizon\":3"#),
        (r#"\"members\":1"#, r#"\"members\":2"#),
        (r#"\"head\":\"spread\""#, r#"\"head\":\"sprawl\""#),
        (r#"\"capped_volatility\",\"range_volatility_3\""#, r#"\"capped_volatility\",\"range_volatility_7\""#),
    ] {
        let found = replaced(from, to);
        assert!(
            matches!(found, Err(ArtifactError::Contradiction(_) | ArtifactError::Description(_))),
            "{to}: {found:?}"
        );
    }
    for (from, to) in [(r#"\"factors\":"#, r#"\"Factors\":"#), (r#"\"known_until\":\"2"#, r#"\"known_until\":\"X"#)] {
        assert!(matches!(replaced(from, to), Err(ArtifactError::Description(_))), "{to}");
    }
}

/// A model of the one kind is not one of the other.
#[test]
fn each_kind_reads_its_own_format() {
    use closecast_domain::{Cancel, Forecaster, NoProgress};
    use closecast_model::{LstmForecaster, LstmModel, ModelSpec};
    let bytes = in_market().0.to_bytes().unwrap();
    assert!(matches!(LstmModel::from_bytes(&bytes), Err(ArtifactError::Format { .. })));
    let spec = ModelSpec { lookback: 5, hidden_size: 2, layers: 1, epochs: 1, ..ModelSpec::default() }.check().unwrap();
    let history = closecast_testkit::histories::random_walk("AAPL", 560, 3);
    let mut model = LstmForecaster::new("T", spec).fit(&history, &Cancel::new(), &NoProgress).unwrap();
    let bytes = model.to_bytes().unwrap();
    assert!(matches!(BaseModel::from_bytes(&bytes), Err(ArtifactError::Format { .. })));
    assert!(matches!(TrainedModel::from_bytes(&bytes), Ok(TrainedModel::Lstm(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The hash in the store catches flipped bytes; without it they may go unseen, but never end the program.
    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..4), in_header: bool) {
        static BYTES: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| in_market().0.to_bytes().unwrap());
        let mut bytes = BYTES.clone();
        let end = if in_header { 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize } else { bytes.len() };
        for (place, flip) in flips {
            bytes[place.index(end)] ^= flip;
        }
        let history = closecast_testkit::histories::random_walk("AAPL", 120, 3);
        if let Ok(model) = BaseModel::from_bytes(&bytes)
            && let Ok(forecast) = model.predict(&history)
        {
            let quantiles = forecast.sessions.iter().flat_map(|session| &session.quantiles);
            prop_assert!(quantiles.map(|quantile| quantile.price).all(|price| price.is_finite() && price > 0.0));
        }
    }

    #[test]
    fn truncated_files_are_refused(length in any::<prop::sample::Index>()) {
        static BYTES: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| in_market().0.to_bytes().unwrap());
        prop_assert!(TrainedModel::from_bytes(&BYTES[..length.index(BYTES.len())]).is_err());
    }
}
