//! What must hold of whatever was accepted.

use chrono::NaiveDate;
use closecast_domain::{Forecast, History, QualityReport, RawBar, RawSeries};

/// What a source may leave to the check of the history: odd figures and dates, but no figure that is not a number.
///
/// # Panics
/// When it does not hold.
pub fn assert_is_delivered(series: &RawSeries) {
    assert!(!series.bars.is_empty(), "{}: a series without a bar", series.symbol);
    series.bars.iter().for_each(assert_is_readable);
}

fn assert_is_readable(bar: &RawBar) {
    let figures = [bar.open, bar.high, bar.low, bar.close, bar.adj_close, bar.volume];
    assert!(figures.iter().flatten().all(|figure| figure.is_finite()), "a figure that is not finite: {bar:?}");
    assert!(bar.dividend.is_finite(), "a dividend that is not finite: {bar:?}");
    assert!(bar.split.is_finite() && bar.split > 0.0, "a split that is no ratio: {bar:?}");
}

/// Checks a delivered series as every command does, and whatever comes out of it.
///
/// # Panics
/// When it is not a history: ordered, one bar a date, finite, positive, with a report that accounts for every row.
pub fn assert_checks(series: &RawSeries, today: Option<NaiveDate>) {
    let Ok((history, report)) = History::check(series.clone(), today) else { return };
    assert_is_history(&history);
    assert_accounts_for(&report, series.bars.len(), &history);
    let again = History::check(series.clone(), today);
    assert!(again.is_ok_and(|again| again == (history, report)), "checked twice, found two things");
}

fn assert_is_history(history: &History) {
    assert!(history.bars().windows(2).all(|pair| pair[0].date < pair[1].date), "not ordered, or two bars a date");
    for bar in history.bars() {
        let prices = [bar.open, bar.high, bar.low, bar.close, bar.raw_close];
        assert!(prices.iter().all(|price| price.is_finite() && *price > 0.0), "{bar:?}");
        assert!(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close), "{bar:?}");
        assert!(bar.volume.is_finite() && bar.volume >= 0.0, "{bar:?}");
    }
    assert!(history.log_returns().iter().all(|change| change.is_finite()), "a return that is not finite");
}

fn assert_accounts_for(report: &QualityReport, delivered: usize, history: &History) {
    assert_eq!((report.rows_delivered, report.rows_kept), (delivered, history.len()));
    assert!((0.0..=100.0).contains(&report.score), "score {}", report.score);
    assert!(report.rows_kept == delivered || !report.defects.is_empty(), "a row went without a word");
    assert!(report.defects.iter().all(|defect| defect.date <= defect.end_date), "{:?}", report.defects);
    assert!(report.defects.windows(2).all(|pair| pair[0].date <= pair[1].date), "{:?}", report.defects);
}

/// Longest message in bytes: what it quotes of the input is cut, but may be escaped.
const LONGEST_MESSAGE: usize = 4000;

/// What is said to a person about an input is one line, and not the input.
///
/// # Panics
/// When it is long, or holds control characters.
pub fn assert_is_message(text: &str) {
    assert!(text.len() <= LONGEST_MESSAGE, "a message of {} bytes", text.len());
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

/// What a forecast must be, whichever model made it.
///
/// # Panics
/// When a date does not rise, or a price is not a positive number, or quantiles are not in their order.
pub fn assert_is_forecast(forecast: &Forecast) {
    let dates: Vec<NaiveDate> = forecast.sessions.iter().map(|session| session.date).collect();
    assert!(!dates.is_empty() && forecast.as_of < dates[0] && dates.is_sorted(), "{} {dates:?}", forecast.as_of);
    for session in &forecast.sessions {
        let prices = session.quantiles.iter().map(|quantile| quantile.price).chain([session.point]);
        assert!(prices.clone().all(|price| price.is_finite() && price > 0.0), "{session:?}");
        assert!(session.quantiles.iter().all(|quantile| quantile.level > 0.0 && quantile.level < 1.0), "{session:?}");
        let rises =
            |pair: &[closecast_domain::Quantile]| pair[0].level < pair[1].level && pair[0].price <= pair[1].price;
        assert!(session.quantiles.windows(2).all(rises), "{session:?}");
    }
}
