//! Market features: means over symbols, independent of later days, of the order of histories and of other exchanges.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its builders too")]

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use closecast_domain::{Bar, Exchange, History, Market};
use closecast_features::{FeatureSet, MIN_MARKET_SYMBOLS, markets};
use closecast_testkit::{histories::random_walk, random::SplitMix64};
use proptest::prelude::*;

/// The days of a market as bits.
type Days = Vec<(NaiveDate, Vec<u32>)>;

fn days(market: &Market) -> Days {
    market.days().map(|(date, figures)| (date, figures.iter().map(|figure| figure.to_bits()).collect())).collect()
}

fn days_of(markets: &BTreeMap<Exchange, Arc<Market>>, exchange: Exchange) -> Days {
    markets.get(&exchange).map_or_else(Vec::new, |market| days(market))
}

/// Returns `count` histories of an exchange, of different lengths and some with sessions missing.
fn histories(suffix: &str, count: usize, seed: u64) -> Vec<History> {
    let history = |index: usize| {
        let seed = seed ^ (index as u64 + 1);
        let whole = random_walk(&format!("S{index}{suffix}"), 130, seed);
        let mut random = SplitMix64::new(seed);
        let first = (random.uniform() * 30.0) as usize;
        let kept = |(day, _): &(usize, &Bar)| *day >= first && (index.is_multiple_of(2) || !day.is_multiple_of(17));
        let bars = whole.bars().iter().enumerate().filter(kept).map(|(_, bar)| *bar).collect();
        History::from_checked(whole.symbol().clone(), None, bars).unwrap()
    };
    (0..count).map(history).collect()
}

fn with_bars(history: &History, change: impl Fn(&mut Bar)) -> History {
    let mut bars = history.bars().to_vec();
    bars.iter_mut().for_each(change);
    History::from_checked(history.symbol().clone(), None, bars).unwrap()
}

/// Returns what was known on the evening of `date`.
fn until(histories: &[History], date: NaiveDate) -> Vec<History> {
    histories.iter().filter_map(|history| history.between(None, Some(date)).ok()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn market_of_a_day_does_not_depend_on_later_days(seed: u64, cut in 0_usize..130, size in -3.0..3.0) {
        let histories = histories("", 11, seed);
        let date = random_walk("S", 130, 1).bars()[cut].date;
        let mut known = days_of(&markets(&histories, &FeatureSet::market()), Exchange::UnitedStates);
        known.retain(|(day, _)| *day <= date);
        let cut = markets(&until(&histories, date), &FeatureSet::market());
        prop_assert_eq!(&known, &days_of(&cut, Exchange::UnitedStates));
        let other = |history: &History| with_bars(history, |bar| {
            if bar.date > date {
                bar.close *= f64::exp(size);
                (bar.high, bar.low) = (bar.high.max(bar.close), bar.low.min(bar.close));
            }
        });
        let others: Vec<History> = histories.iter().map(other).collect();
        let mut changed = days_of(&markets(&others, &FeatureSet::market()), Exchange::UnitedStates);
        changed.retain(|(day, _)| *day <= date);
        prop_assert_eq!(known, changed);
    }

    #[test]
    fn order_of_the_histories_does_not_matter(seed: u64, turn in 0_usize..12) {
        let mut given = histories("", 11, seed);
        // A symbol that was listed twice.
        given.push(with_bars(&given[3], |bar| bar.close = (bar.high * bar.low).sqrt()).first_bars(90).unwrap());
        let known = days_of(&markets(&given, &FeatureSet::market()), Exchange::UnitedStates);
        prop_assert!(known.len() > 30);
        given.rotate_left(turn);
        given.reverse();
        prop_assert_eq!(known, days_of(&markets(&given, &FeatureSet::market()), Exchange::UnitedStates));
    }
}

#[test]
fn market_features_are_means_over_the_symbols_with_a_session() {
    let histories = histories("", MIN_MARKET_SYMBOLS + 1, 4);
    let set = FeatureSet::market();
    let market = markets(&histories, &set)[&Exchange::UnitedStates].clone();
    assert_eq!(market.names(), set.names());
    let date = histories[0].bars()[80].date;
    let tables = histories.iter().map(|history| (history.position(date), set.compute(history).unwrap()));
    let rows: Vec<Vec<f32>> = tables.filter_map(|(day, table)| Some(table.row(day?)?.to_vec())).collect();
    for (column, found) in market.on(date).unwrap().iter().enumerate() {
        let mean = rows.iter().map(|row| f64::from(row[column])).sum::<f64>() / rows.len() as f64;
        assert!((f64::from(*found) - mean).abs() < 1e-6 * mean.abs().max(1.0), "{}", market.names()[column]);
    }
}

#[test]
fn too_few_symbols_give_no_market() {
    let set = FeatureSet::market();
    assert!(markets(&histories("", MIN_MARKET_SYMBOLS - 1, 5), &set).is_empty());
    assert!(markets(&[], &set).is_empty());
    let mut enough = histories("", MIN_MARKET_SYMBOLS, 5);
    let market = markets(&enough, &set)[&Exchange::UnitedStates].clone();
    // The odd symbols miss every 17th session, and on those days there is no market.
    let missed = enough[0]
        .bars()
        .iter()
        .find(|bar| enough[1].position(bar.date).is_none() && bar.date > enough[1].bars()[62].date);
    assert!(market.on(missed.unwrap().date).is_none());
    enough.pop();
    enough.push(random_walk("SHORT", 40, 1));
    assert!(markets(&enough, &set).is_empty(), "a symbol without features does not count");
}

#[test]
fn each_exchange_has_its_own_market() {
    let (american, brazilian) = (histories("", 9, 6), histories(".SA", 9, 7));
    let set = FeatureSet::market();
    let both = markets(&[american.clone(), brazilian.clone()].concat(), &set);
    assert_eq!(both.keys().copied().collect::<Vec<_>>().len(), 2);
    assert_eq!(both[&Exchange::UnitedStates], markets(&american, &set)[&Exchange::UnitedStates]);
    assert_eq!(both[&Exchange::B3], markets(&brazilian, &set)[&Exchange::B3]);
    let own = american[0].clone().with_market(both[&Exchange::UnitedStates].clone());
    assert!(own.market().is_some() && own.first_bars(5).unwrap().market().is_some());
    assert!(american[0].clone().with_market(both[&Exchange::B3].clone()).market().is_none());
    assert!(own.with_market(both[&Exchange::B3].clone()).market().is_none());
}

/// An unusable price later on must not take the symbol out of the days before it: they would know of it.
#[test]
fn unusable_price_does_not_change_earlier_days() {
    let mut histories = histories("", MIN_MARKET_SYMBOLS, 8);
    let date = histories[0].bars()[90].date;
    let before = days_of(&markets(&until(&histories, date), &FeatureSet::market()), Exchange::UnitedStates);
    histories[0] = with_bars(&histories[0], |bar| {
        if bar.date > date {
            bar.close = f64::INFINITY;
        }
    });
    let mut found = days_of(&markets(&histories, &FeatureSet::market()), Exchange::UnitedStates);
    found.retain(|(day, _)| *day <= date);
    assert!(!before.is_empty());
    assert_eq!(before, found);
}
