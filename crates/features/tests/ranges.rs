//! Which features are computed from more than closes and volumes.

use closecast_domain::{Bar, History};
use closecast_features::{FeatureKind, FeatureSet};
use closecast_testkit::histories::random_walk;

/// Those that say they are, change when open, high and low are not known; the others do not.
#[test]
fn needs_ranges_matches_the_dependence_on_open_high_and_low() {
    let full = random_walk("AAPL", 400, 3);
    let closes_only = |bar: &Bar| Bar { open: bar.close, high: bar.close, low: bar.close, ..*bar };
    let closes = full.bars().iter().map(closes_only).collect();
    let closes = History::from_checked(full.symbol().clone(), None, closes).unwrap();
    for &kind in FeatureKind::ALL {
        let set = FeatureSet::new(vec![kind]).unwrap();
        let (with, without) = (set.compute(&full).unwrap(), set.compute(&closes).unwrap());
        let from = set.warm_up();
        let changed = with.as_slice()[from..] != without.as_slice()[from..];
        assert_eq!(changed, kind.needs_ranges(), "{kind}");
    }
}
