//! Histories derived from another one: rescaled, with another future, extreme, constant.

use closecast_domain::{Bar, History};

/// Returns `history` with every bar changed by `change`, which gets its position.
pub(super) fn changed(history: &History, change: impl Fn(usize, Bar) -> Bar) -> History {
    let bars = history.bars().iter().enumerate().map(|(index, bar)| change(index, *bar)).collect();
    let currency = history.currency().map(str::to_owned);
    // Only an empty history is refused, and `history` has bars.
    History::from_checked(history.symbol().clone(), currency, bars).unwrap_or_else(|_| history.clone())
}

/// Returns a bar with all its prices multiplied.
pub(super) fn scaled(bar: Bar, factor: f64) -> Bar {
    let [open, high, low, close, raw_close] =
        [bar.open, bar.high, bar.low, bar.close, bar.raw_close].map(|price| price * factor);
    Bar { open, high, low, close, raw_close, ..bar }
}

/// Returns a bar whose prices are all `price`.
fn flat(bar: Bar, price: f64) -> Bar {
    Bar { open: price, high: price, low: price, close: price, raw_close: price, ..bar }
}

/// Returns `history` with different prices after `origin`.
pub(super) fn other_future(history: &History, origin: usize) -> History {
    changed(history, |index, bar| {
        if index <= origin {
            return bar;
        }
        // Price and volume change in level, direction and spread.
        let bar = scaled(bar, 1.5 + 0.1 * (index - origin) as f64);
        Bar { high: 1.2 * bar.high, low: 0.8 * bar.low, volume: 3.0 * bar.volume + 1e6, ..bar }
    })
}

/// Returns `history` with constant prices from the bar `start` on.
pub(super) fn constant_from(history: &History, start: usize) -> History {
    let price = history.bars().get(start).map_or(1.0, |bar| bar.close);
    changed(history, |index, bar| if index < start { bar } else { Bar { volume: 0.0, ..flat(bar, price) } })
}

/// Returns histories with extreme but valid prices, each with a description.
pub(super) fn absurd(history: &History) -> Vec<(&'static str, History)> {
    let last = history.len() - 1;
    let at_the_end = |factor: f64| {
        let change = move |index, bar| if index == last { scaled(bar, factor) } else { bar };
        changed(history, change)
    };
    let swinging =
        |high: f64, low: f64| changed(history, move |index, bar| scaled(bar, if index % 2 == 0 { high } else { low }));
    vec![
        ("a last close of a thousandth", at_the_end(1e-3)),
        ("a last close a thousand times as high", at_the_end(1e3)),
        ("prices of 1e-10", changed(history, |_, bar| scaled(bar, 1e-12))),
        ("prices of 1e15", changed(history, |_, bar| scaled(bar, 1e13))),
        ("prices that change by a hundred each day", swinging(10.0, 0.1)),
        ("prices that change by 1e600 each day", swinging(1e297, 1e-303)),
        ("volumes of 1e300", changed(history, |_, bar| Bar { volume: 1e300, ..bar })),
        ("no volume", changed(history, |_, bar| Bar { volume: 0.0, ..bar })),
    ]
}
