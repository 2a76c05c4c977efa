//! What a model says of the memory it takes, which a server counts with.

use closecast_domain::{Cancel, Forecaster, NoProgress, Predict};
use closecast_model::{BaseModel, LstmForecaster, ModelSpec, TrainedModel};
use closecast_testkit::histories::random_walk;

#[test]
fn memory_bytes_is_close_to_the_allocated_memory() {
    let history = random_walk("AAPL", 600, 1);
    let spec = ModelSpec { epochs: 1, ..ModelSpec::default() }.check().unwrap();
    let mut lstm = LstmForecaster::new("TEST", spec).fit(&history, &Cancel::new(), &NoProgress).unwrap();
    let mut base = BaseModel::shipped().unwrap();
    // The network of one symbol forecasts day by day, and never makes the order of its weights that is for many days: the third of
    // three, beside the weights themselves and their order for one day.
    for (bytes, most) in [(base.to_bytes().unwrap(), 1.15), (lstm.to_bytes().unwrap(), 1.5)] {
        let load = || {
            let model = TrainedModel::from_bytes(&bytes).unwrap();
            // One day, and several, but so few that no other thread helps.
            model.predict(&history).unwrap();
            model.predict_each(&history, 580..592).unwrap();
            model
        };
        // The first one also pays for what all of them share, such as the threads.
        drop(load());
        let mut model = None;
        let taken = allocation_counter::measure(|| model = Some(load()));
        let said = model.unwrap().memory_bytes() as f64;
        let taken = taken.bytes_current as f64;
        assert!((0.95..most).contains(&(said / taken)), "{said} said, {taken} taken");
    }
}

/// | artifact | most memory for each byte |
/// |---|---|
/// | any header | 40 bytes, and no header of more than 4 MiB is read |
#[test]
fn artifact_takes_a_bounded_multiple_of_its_length_for_any_header() {
    let many = |piece: &str| piece.repeat(1_000_000 / piece.len());
    for header in [
        format!(
            "{{\"__metadata__\":{{{}\"z\":\"\"}}}}",
            (0..120_000).map(|i| format!("\"{i}\":\"\",")).collect::<String>()
        ),
        format!("{{\"a\":{{\"dtype\":\"F32\",\"shape\":[{}0],\"data_offsets\":[0,0]}}}}", many("0,")),
        format!("{{\"a\":[{}0]}}", many("[],")),
        format!("{{\"__metadata__\":{{\"card\":\"[{}0]\"}}}}", many("1,")),
        format!("{{\"__metadata__\":{{\"description\":\"{}\"}}}}", many("[")),
        many("["),
    ] {
        let artifact = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
        let taken = allocation_counter::measure(|| assert!(TrainedModel::from_bytes(&artifact).is_err()));
        assert!(taken.bytes_max <= 40 * artifact.len() as u64, "{:.50}: {}", header, taken.bytes_max);
    }
    let long = 5_u64 << 20;
    for (length, header) in [(u64::MAX, "{}".to_owned()), (long, " ".repeat(long as usize))] {
        let artifact = [&length.to_le_bytes()[..], header.as_bytes()].concat();
        let taken = allocation_counter::measure(|| assert!(TrainedModel::from_bytes(&artifact).is_err()));
        assert!(taken.bytes_max < 10_000, "{}", taken.bytes_max);
    }
}
