//! Any bytes behind the first ones of a COTAHIST file → `cotahist::read`, records kept at their length half of the time.

#![no_main]

use closecast_data::{cotahist, import::ImportOptions};
use closecast_fuzz::{accepted, trickle::Trickle};
use closecast_testkit::random::SplitMix64;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| {
    let options = ImportOptions::default();
    let result = cotahist::read(data, &options);
    let again = cotahist::read(Trickle::new(data), &options);
    let import = match (result, again) {
        (Ok(import), Ok(again)) => {
            assert_eq!(import, again);
            import
        }
        (Err(error), Err(again)) => {
            accepted::assert_is_message(&error.to_string());
            return assert_eq!(error.to_string(), again.to_string());
        }
        (result, again) => panic!("read twice: {result:?} and {again:?}"),
    };
    import.notes.iter().for_each(|note| accepted::assert_is_message(&note.to_string()));
    for series in &import.series {
        accepted::assert_is_delivered(series);
        accepted::assert_checks(series, None);
        let only = ImportOptions::for_symbol(series.symbol.clone());
        let selected =
            cotahist::read(data, &only).unwrap_or_else(|error| panic!("{} is in the file: {error}", series.symbol));
        assert_eq!(selected.series, std::slice::from_ref(series), "asked for by name, it is another");
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = SplitMix64::new(u64::from(seed));
    let structured = random.next_u64() % 2 == 0;
    let changed = structured.then(|| closecast_fuzz::cotahist::mutated(&data[..size], max_size, &mut random)).flatten();
    let Some(changed) = changed else { return fuzzer_mutate(data, size, max_size) };
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});
