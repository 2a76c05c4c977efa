//! Prices in another unit, and splits that were not applied or applied wrongly.

use closecast_domain::{DefectKind, PriceBasis, RawBar, Severity};

use crate::series::{assert_same, check, check_as, clean_bars, closes, only, planted, raw_closes, scale};

#[test]
fn days_in_cents_are_converted() {
    for factor in [100.0, 0.01] {
        let plant = |bars: &mut Vec<RawBar>| scale(&mut bars[40..43], factor);
        let (defect, history) = planted(DefectKind::HundredfoldPrice, Severity::Warning, plant);
        assert_eq!((defect.date, defect.end_date), (history.bars()[40].date, history.bars()[42].date));
        assert_same(&closes(&history), &raw_closes(&clean_bars()));
    }
}

#[test]
fn older_prices_are_converted_to_new_unit() {
    let plant = |bars: &mut Vec<RawBar>| scale(&mut bars[..70], 100.0);
    let (_, history) = planted(DefectKind::HundredfoldPrice, Severity::Warning, plant);
    assert_same(&closes(&history), &raw_closes(&clean_bars()));
    assert_eq!(history.bars()[0].raw_close, history.bars()[0].close, "the quoted price is converted too");
}

#[test]
fn change_of_unit_in_newest_rows_is_an_error() {
    let plant = |bars: &mut Vec<RawBar>| scale(&mut bars[118..], 100.0);
    let (defect, history) = planted(DefectKind::HundredfoldPrice, Severity::Error, plant);
    assert_eq!(defect.date, clean_bars()[118].date);
    assert!(history.last().close > 5000.0);
}

#[test]
fn single_field_in_cents_is_converted() {
    let plants: [fn(&mut RawBar) -> &mut Option<f64>; 4] =
        [|bar| &mut bar.open, |bar| &mut bar.high, |bar| &mut bar.low, |bar| &mut bar.close];
    for field in plants {
        for factor in [100.0, 0.01] {
            let (_, history) = planted(DefectKind::HundredfoldPrice, Severity::Warning, |bars| {
                let price = field(&mut bars[40]);
                *price = price.map(|price| price * factor);
            });
            assert_same(&closes(&history), &raw_closes(&clean_bars()));
            assert!(history.bars()[40].high < 200.0 && history.bars()[40].low > 50.0);
        }
    }
}

#[test]
fn adjusted_close_in_another_unit_is_reported() {
    let mut bars = clean_bars();
    for (index, bar) in bars.iter_mut().enumerate() {
        bar.adj_close = bar.close.map(|close| if index < 60 { close * 100.0 } else { close });
    }
    only(&check(bars).1, DefectKind::HundredfoldPrice, Severity::Error);
}

#[test]
fn unrecorded_split_jump_is_an_error() {
    for ratio in [2.0, 3.0, 5.0, 10.0, 0.5, 0.1, 0.04] {
        let plant = |bars: &mut Vec<RawBar>| scale(&mut bars[..60], ratio);
        let (defect, history) = planted(DefectKind::SplitJump, Severity::Error, plant);
        assert_eq!(defect.date, clean_bars()[60].date);
        let mut expected = clean_bars();
        scale(&mut expected[..60], ratio);
        assert_eq!(closes(&history), raw_closes(&expected), "kept as delivered");
    }
}

#[test]
fn recorded_split_missing_from_prices_is_applied() {
    for (split, row) in [(5.0, 60), (5.0, 62), (0.1, 58), (1.5, 60)] {
        let (_, history) = planted(DefectKind::SplitJump, Severity::Warning, |bars| {
            scale(&mut bars[..60], split);
            bars[row].split = split;
        });
        assert_same(&closes(&history), &raw_closes(&clean_bars()));
        let volume = clean_bars()[0].volume.unwrap() * split;
        assert_same(&[history.bars()[0].volume], &[volume]);
        assert_eq!(history.bars()[0].raw_close, history.bars()[0].close);
    }
}

#[test]
fn row_with_split_applied_twice_is_repaired() {
    let (defect, history) = planted(DefectKind::SplitJump, Severity::Warning, |bars| {
        scale(&mut bars[60..61], 0.1);
        bars[60].split = 0.1;
    });
    assert_eq!((defect.date, defect.end_date), (clean_bars()[60].date, clean_bars()[60].date));
    assert_same(&closes(&history), &raw_closes(&clean_bars()));
}

#[test]
fn excursion_without_recorded_split_is_one_error() {
    let plant = |bars: &mut Vec<RawBar>| scale(&mut bars[60..63], 3.0);
    let (defect, _) = planted(DefectKind::SplitJump, Severity::Error, plant);
    assert_eq!((defect.date, defect.end_date), (clean_bars()[60].date, clean_bars()[62].date));
}

#[test]
fn unadjusted_prices_may_jump_at_their_splits() {
    for split in [2.0, 20.0, 0.05, 100.0] {
        let mut bars = clean_bars();
        scale(&mut bars[..60], split);
        bars[60].split = split;
        let (history, report) = check_as("TEST", PriceBasis::Unadjusted, bars);
        assert_eq!(report.defects, [], "a split of {split}");
        assert_same(&closes(&history), &raw_closes(&clean_bars()));
    }
}

#[test]
fn unadjusted_prices_may_jump_where_the_adjusted_close_does_not() {
    let mut bars = clean_bars();
    bars.iter_mut().for_each(|bar| bar.adj_close = bar.close);
    for bar in &mut bars[..60] {
        let adj_close = bar.adj_close;
        scale(std::slice::from_mut(bar), 7.0);
        bar.adj_close = adj_close;
    }
    let (history, report) = check_as("TEST", PriceBasis::Unadjusted, bars);
    assert_eq!(report.defects, []);
    assert_same(&closes(&history), &raw_closes(&clean_bars()));
}

#[test]
fn crash_is_not_a_split() {
    for fall in [0.8, 0.65, 0.57] {
        let mut bars = clean_bars();
        scale(&mut bars[60..], fall);
        assert_eq!(check(bars).1.defects, [], "a fall to {fall}");
    }
    let (defect, history) = planted(DefectKind::SplitJump, Severity::Info, |bars| {
        scale(&mut bars[60..], 0.49);
        bars[60].volume = Some(2e7);
    });
    assert!(defect.detail.contains("times the usual volume"), "{}", defect.detail);
    assert!(history.bars()[60].close < 60.0);
}

#[test]
fn volatile_prices_contain_no_splits() {
    let mut bars = clean_bars();
    for (index, bar) in bars.iter_mut().enumerate() {
        scale(std::slice::from_mut(bar), if index % 2 == 0 { 1.0 } else { 2.0 });
    }
    assert_eq!(check(bars).1.defects, []);
}
