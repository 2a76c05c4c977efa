//! The verdict, a pure function of the figures of two models.

use super::evidence::{Figures, Side, Verdict};
use super::thresholds::{MAE_TOLERANCE, MIN_SESSIONS};

/// Decides whether the challenger may replace the champion, by their figures on `sessions` common sessions.
///
/// It may if its mean CRPS is not above the champion's and its mean absolute error is at most [`MAE_TOLERANCE`] times the
/// champion's, on at least [`MIN_SESSIONS`] sessions. A champion without forecasts is worse than a challenger with some. A
/// challenger that cannot forecast a symbol of the champion is refused on any number of days.
#[must_use]
pub fn verdict(champion: &Side, challenger: &Side, sessions: usize) -> Verdict {
    if let Some(reason) = lost(champion, challenger) {
        return Verdict::Keep { reason };
    }
    if sessions < MIN_SESSIONS {
        return Verdict::Insufficient { reason: too_few(champion, challenger, sessions) };
    }
    let Some(ours) = &challenger.figures else {
        return Verdict::Keep { reason: "the challenger has no forecasts".to_owned() };
    };
    match champion.figures.as_ref().map(|theirs| worse(ours, theirs)) {
        None | Some(None) => Verdict::Promote,
        Some(Some(what)) => {
            let days = if sessions == 1 { "session" } else { "sessions" };
            Verdict::Keep { reason: format!("{what}, on {sessions} {days} that neither was trained on") }
        }
    }
}

/// Returns the failure of the challenger on a symbol that the champion can forecast, or on all symbols.
fn lost(champion: &Side, challenger: &Side) -> Option<String> {
    let shared = |symbol| champion.refusals.iter().any(|refusal| refusal.symbol == symbol);
    let all = challenger.figures.is_none();
    let lost = challenger.refusals.iter().find(|refusal| all || !shared(refusal.symbol.clone()))?;
    Some(format!("the challenger cannot forecast {}: {}", lost.symbol, lost.reason))
}

fn too_few(champion: &Side, challenger: &Side, sessions: usize) -> String {
    let until = champion.seen.weights.max(challenger.seen.weights);
    let there_are = match sessions {
        0 => "there is no session".to_owned(),
        1 => "there is 1 session".to_owned(),
        _ => format!("there are {sessions} sessions"),
    };
    format!(
        "{there_are} to compare the models on after {until}, the last one that either was trained on, and {MIN_SESSIONS} are \
         needed: wait for {} more, or promote with --force",
        MIN_SESSIONS.saturating_sub(sessions)
    )
}

/// Returns how the challenger is worse; `None` if it is not.
fn worse(ours: &Figures, theirs: &Figures) -> Option<String> {
    let crps = match (ours.crps, theirs.crps) {
        (Some(ours), Some(theirs)) if ours > theirs => Some(format!(
            "the challenger's CRPS is {} than the champion's ({ours:.6} and {theirs:.6})",
            more(ours, theirs)
        )),
        (None, Some(_)) => Some("the challenger forecasts no quantiles, and the champion does".to_owned()),
        _ => None,
    };
    let mae = (ours.mae > theirs.mae * MAE_TOLERANCE).then(|| {
        let allowed = (MAE_TOLERANCE - 1.0) * 100.0;
        format!(
            "the challenger's mean absolute error is {} than the champion's ({:.6} and {:.6}), where {allowed:.0} % is allowed",
            more(ours.mae, theirs.mae),
            ours.mae,
            theirs.mae
        )
    });
    match (crps, mae) {
        (Some(crps), Some(mae)) => Some(format!("{crps}; {mae}")),
        (crps, mae) => crps.or(mae),
    }
}

/// Returns the relative excess of `ours` over `theirs`.
fn more(ours: f64, theirs: f64) -> String {
    let percent = (ours / theirs - 1.0) * 100.0;
    if !percent.is_finite() {
        return "higher".to_owned();
    }
    if percent < 0.005 { "less than 0.01 % higher".to_owned() } else { format!("{percent:.2} % higher") }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use closecast_domain::{ModelRef, TrainingCutoff};

    use super::*;
    use crate::promotion::Refusal;

    fn side(crps: Option<f64>, mae: f64) -> Side {
        let date = NaiveDate::from_ymd_opt(2024, 5, 1).unwrap();
        Side {
            model: ModelRef { name: "AAPL".to_owned(), sha256: String::new() },
            seen: TrainingCutoff { weights: date, intervals: date },
            figures: Some(Figures { crps, mae, coverage_90: None }),
            refusals: Vec::new(),
        }
    }

    fn refusing(side: Side, symbol: &str) -> Side {
        let reason = "it has 12 usable sessions".to_owned();
        Side { refusals: vec![Refusal { symbol: symbol.parse().unwrap(), reason }], ..side }
    }

    fn nothing(symbol: &str) -> Side {
        refusing(Side { figures: None, ..side(None, 1.0) }, symbol)
    }

    #[test]
    fn equal_or_better_challenger_is_promoted() {
        let champion = side(Some(0.01), 0.02);
        for (crps, mae) in [(0.01, 0.02), (0.009, 0.02), (0.01, 0.0204), (0.001, 0.001)] {
            assert_eq!(verdict(&champion, &side(Some(crps), mae), 20), Verdict::Promote, "{crps} {mae}");
        }
        let without = side(None, 0.02);
        assert_eq!(verdict(&without, &champion, 20), Verdict::Promote, "quantiles are more than none");
    }

    #[test]
    fn worse_crps_or_error_keeps_the_champion_with_the_figures() {
        let champion = side(Some(0.01), 0.02);
        let reason = |challenger: &Side| match verdict(&champion, challenger, 60) {
            Verdict::Keep { reason } => reason,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(
            reason(&side(Some(0.0105), 0.02)),
            "the challenger's CRPS is 5.00 % higher than the champion's (0.010500 and 0.010000), on 60 sessions that neither was \
             trained on"
        );
        let by_a_bit = reason(&side(Some(0.01 + 1e-12), 0.02));
        assert!(by_a_bit.contains("less than 0.01 % higher"), "{by_a_bit}");
        let point = reason(&side(Some(0.009), 0.0205));
        assert!(point.contains("mean absolute error is 2.50 % higher") && point.contains("2 % is allowed"), "{point}");
        let both = reason(&side(Some(0.02), 0.03));
        assert!(both.contains("CRPS") && both.contains("mean absolute error"), "{both}");
        assert!(reason(&side(None, 0.02)).contains("no quantiles"));
        assert!(matches!(verdict(&side(Some(0.0), 0.0), &side(Some(0.1), 0.1), 20), Verdict::Keep { .. }));
    }

    #[test]
    fn too_few_sessions_give_insufficient_data_with_the_remedy() {
        let (champion, better) = (side(Some(0.01), 0.02), side(Some(0.001), 0.002));
        let reason = verdict(&champion, &better, 19).reason().map(str::to_owned).unwrap();
        assert_eq!(
            reason,
            "there are 19 sessions to compare the models on after 2024-05-01, the last one that either was trained on, and 20 \
             are needed: wait for 1 more, or promote with --force"
        );
        let unseen = Side { figures: None, ..better };
        assert!(
            matches!(verdict(&champion, &unseen, 0), Verdict::Insufficient { reason } if reason.contains("no session"))
        );
    }

    #[test]
    fn challenger_that_cannot_forecast_is_refused() {
        let (any, better) = (side(Some(0.01), 0.02), side(Some(0.001), 0.002));
        assert_eq!(verdict(&nothing("AAPL"), &any, 20), Verdict::Promote);
        assert!(matches!(verdict(&nothing("AAPL"), &any, 19), Verdict::Insufficient { .. }));
        let reason = "the challenger cannot forecast AAPL: it has 12 usable sessions".to_owned();
        for sessions in [0, 60] {
            assert_eq!(verdict(&any, &nothing("AAPL"), sessions), Verdict::Keep { reason: reason.clone() });
            assert_eq!(verdict(&nothing("AAPL"), &nothing("AAPL"), sessions), Verdict::Keep { reason: reason.clone() });
        }
        // One of several symbols: decisive if the champion has it, irrelevant if neither has.
        assert_eq!(verdict(&any, &refusing(better.clone(), "AAPL"), 60), Verdict::Keep { reason });
        assert_eq!(verdict(&refusing(any.clone(), "AAPL"), &refusing(better.clone(), "AAPL"), 60), Verdict::Promote);
        assert_eq!(verdict(&refusing(any, "MSFT"), &better, 60), Verdict::Promote);
    }
}
