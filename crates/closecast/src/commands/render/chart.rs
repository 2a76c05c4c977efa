//! A small chart for the terminal: the newest closes, then the forecast with its interval.

use closecast_api::forecast::ForecastView;

/// Sessions of history shown.
const DAYS: usize = 60;
/// Rows of the chart.
const ROWS: usize = 12;

/// Returns a chart of the newest of `closes` (oldest first) and of the sessions forecast.
pub(crate) fn forecast(closes: &[f64], view: &ForecastView) -> String {
    let shown = &closes[closes.len().saturating_sub(DAYS)..];
    let interval = |of: fn(&closecast_api::forecast::IntervalView) -> f64| {
        view.sessions.iter().map(move |s| s.interval.as_ref().map_or(s.predicted_close, of)).collect::<Vec<_>>()
    };
    let (lower, upper) = (interval(|i| i.lower), interval(|i| i.upper));
    let low = shown.iter().chain(&lower).copied().fold(f64::INFINITY, f64::min);
    let high = shown.iter().chain(&upper).copied().fold(f64::NEG_INFINITY, f64::max);
    let span = if high > low { high - low } else { 1.0 };
    let row_of =
        |price: f64| (((high - price) / span) * (ROWS - 1) as f64).round().clamp(0.0, (ROWS - 1) as f64) as usize;
    let mut grid = vec![vec![' '; shown.len() + 1 + 3 * view.sessions.len()]; ROWS];
    for (column, &close) in shown.iter().enumerate() {
        grid[row_of(close)][column] = '•';
    }
    for (index, session) in view.sessions.iter().enumerate() {
        let column = shown.len() + 2 + 3 * index;
        for row in grid.iter_mut().take(row_of(lower[index]) + 1).skip(row_of(upper[index])) {
            row[column] = '┃';
        }
        grid[row_of(session.predicted_close)][column] = '◆';
    }
    let mut lines: Vec<String> = Vec::with_capacity(ROWS + 1);
    for (index, row) in grid.into_iter().enumerate() {
        let label = match index {
            0 => format!("{high:>10.2}"),
            _ if index == ROWS - 1 => format!("{low:>10.2}"),
            _ => " ".repeat(10),
        };
        let line: String = row.into_iter().collect();
        lines.push(format!("{label} │{}", line.trim_end()));
    }
    lines.push(format!("{:>10} └ the newest {} closes •, forecast ◆, interval ┃", "", shown.len()));
    lines.join("\n")
}
