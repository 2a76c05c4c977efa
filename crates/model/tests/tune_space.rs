//! The models that a search may try, through the public interface.

use closecast_model::{
    Architecture, ModelSpec,
    tune::{Dimension, Interval, ScheduleName, SearchSpace},
};
use proptest::prelude::*;

/// A dimension of `values` in any form; one in twenty is not in order.
fn dimension<T: Copy + PartialOrd + std::fmt::Debug + 'static>(
    values: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Option<Dimension<T>>> {
    let ends = (values.clone(), values.clone(), prop::bool::weighted(0.05));
    let interval = (ends, any::<bool>(), prop::option::of(values.clone()));
    let interval = interval.prop_map(|((a, b, backwards), log, or)| {
        let (from, to) = if (a < b) == backwards { (b, a) } else { (a, b) };
        Dimension::Between(Interval { from, to, log, or })
    });
    let list = prop::collection::vec(values, 1..4).prop_map(Dimension::OneOf);
    prop::option::of(prop_oneof![interval, list])
}

/// Numbers from `low` to `high`, and now and then one beyond them.
fn whole(low: usize, high: usize) -> impl Strategy<Value = Option<Dimension<usize>>> {
    dimension(prop_oneof![60 => low..=high, 1 => Just(low - 1), 1 => Just(high + 1), 2 => Just(low), 2 => Just(high)])
}

/// Numbers from `low` to `high`, and now and then one beyond them.
fn real(low: f64, high: f64) -> impl Strategy<Value = Option<Dimension<f64>>> {
    dimension(
        prop_oneof![60 => low..=high, 1 => Just(f64::NAN), 1 => Just(high * 1.01), 2 => Just(low), 2 => Just(high)],
    )
}

fn spaces() -> impl Strategy<Value = SearchSpace> {
    let arch = prop::sample::subsequence(vec![Architecture::Base, Architecture::Improved], 1..=2);
    let schedule =
        prop::sample::subsequence(vec![ScheduleName::Plateau, ScheduleName::Cosine, ScheduleName::Constant], 1..=3);
    let sizes = (whole(2, 1000), whole(1, 300), whole(1, 8), whole(1, 4096));
    let rates = (real(0.0, 0.9), real(1e-9, 1.0), real(0.0, 1.0));
    (arch, schedule, sizes, rates).prop_map(|(arch, schedule, sizes, rates)| {
        let (lookback, hidden_size, layers, batch_size) = sizes;
        let (dropout, learning_rate, weight_decay) = rates;
        SearchSpace {
            arch,
            schedule,
            lookback,
            hidden_size,
            layers,
            batch_size,
            dropout,
            learning_rate,
            weight_decay,
            ..SearchSpace::default()
        }
    })
}

proptest! {
    /// What the check of a space lets through can be trained, every model of it; and the first is the untuned one.
    #[test]
    fn every_proposal_can_be_trained(space in spaces(), seed in any::<u64>()) {
        if let Ok(space) = space.check() {
            let proposals = space.proposals(seed, 12).unwrap();
            prop_assert_eq!(proposals[0].spec(), &ModelSpec { seed, ..space.untuned().clone() });
            for (place, proposal) in proposals.iter().enumerate() {
                prop_assert!(proposal.spec().clone().check().is_ok());
                prop_assert!(!proposals[..place].contains(proposal), "tried twice");
            }
        }
    }

    /// A space read back is the same.
    #[test]
    fn space_round_trips(space in spaces()) {
        if let Ok(space) = space.check() {
            let text = serde_json::to_string(space.space()).unwrap();
            prop_assert_eq!(&serde_json::from_str::<SearchSpace>(&text).unwrap(), space.space());
        }
    }
}

#[test]
fn standard_space_starts_with_the_default_model() {
    let space = SearchSpace::standard().check().unwrap();
    let seed = ModelSpec::default().seed;
    let proposals = space.proposals(seed, 40).unwrap();
    assert_eq!(*proposals[0].spec(), ModelSpec::default());
    assert_eq!(proposals.len(), 40);
    let improved = proposals.iter().filter(|proposal| proposal.spec().arch == Architecture::Improved).count();
    assert!((10..30).contains(&improved), "{improved}");
    assert_eq!(proposals[..7], space.proposals(seed, 7).unwrap(), "a longer search goes on from a shorter one");
    assert_ne!(proposals[1], space.proposals(seed + 1, 2).unwrap()[1]);
}

#[test]
fn first_model_has_fixed_values_and_defaults() {
    let space = SearchSpace {
        arch: vec![Architecture::Improved],
        layers: Some(Dimension::OneOf(vec![1])),
        hidden_size: Some(Dimension::OneOf(vec![4, 8])),
        epochs: 7,
        ..SearchSpace::default()
    };
    let expected = ModelSpec { layers: 1, epochs: 7, ..Architecture::Improved.model() };
    assert_eq!(*space.check().unwrap().untuned(), expected);
}

#[test]
fn small_space_gives_each_model_once() {
    let space = SearchSpace { layers: Some(Dimension::OneOf(vec![1, 2, 3, 3])), ..SearchSpace::default() };
    let proposals = space.check().unwrap().proposals(1, 30).unwrap();
    let mut layers: Vec<usize> = proposals.iter().map(|proposal| proposal.spec().layers).collect();
    assert_eq!(layers[0], 2);
    layers.sort_unstable();
    assert_eq!(layers, [1, 2, 3]);
}

#[test]
fn check_names_the_invalid_field_of_a_space() {
    let base = SearchSpace { layers: Some(Dimension::OneOf(vec![1, 2])), ..SearchSpace::default() };
    let lookback =
        |from, to| SearchSpace { lookback: Some(Dimension::Between(Interval::linear(from, to))), ..base.clone() };
    let rate = |values: Vec<f64>| SearchSpace { learning_rate: Some(Dimension::OneOf(values)), ..base.clone() };
    let or = Some(Dimension::Between(Interval { or: Some(2.0), ..Interval::log(1e-5, 1e-1) }));
    let large = Some(Dimension::OneOf(vec![8, 2048]));
    let cases = [
        (SearchSpace::default(), "the space is a single model"),
        (SearchSpace { arch: vec![], ..base.clone() }, "arch is an empty list"),
        (SearchSpace { schedule: vec![], ..base.clone() }, "schedule is an empty list"),
        (SearchSpace { epochs: 0, ..base.clone() }, "epochs is 0"),
        (lookback(1, 10), "lookback is 1, but must be from 2 to 1000"),
        (lookback(10, 2000), "lookback is 2000"),
        (lookback(10, 9), "lookback is from 10 to 9"),
        (rate(vec![]), "learning_rate is an empty list"),
        (rate(vec![0.01, f64::NAN]), "learning_rate is NaN"),
        (SearchSpace { weight_decay: or, ..base.clone() }, "weight_decay is 2"),
        (
            SearchSpace { hidden_size: large, layers: Some(Dimension::OneOf(vec![1, 8])), ..base.clone() },
            "the number of parameters is ",
        ),
    ];
    for (space, start) in cases {
        let message = space.check().unwrap_err().to_string();
        assert!(message.starts_with(start), "{message}");
    }
}
