//! What came of setting a challenger beside the champion.

use std::fmt::Write as _;

use closecast_eval::promotion::{Evidence, Figures};

use closecast_app::plural::counted;
use closecast_app::use_cases::promote::Challenge;

/// Returns the comparison as a small table, and what followed from it.
pub(crate) fn summary(challenge: &Challenge) -> String {
    let mut text = String::new();
    if let Some(evidence) = &challenge.evidence {
        table(&mut text, challenge, evidence);
    }
    let (name, champion, challenger) = (&challenge.name, challenge.champion, challenge.challenger);
    let reason = challenge.evidence.as_ref().and_then(|evidence| evidence.verdict.reason());
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    let _infallible = match (challenge.promoted, challenge.forced) {
        (true, false) => {
            write!(text, "{name} version {challenger} is no worse than version {champion}, and in service now.")
        }
        (true, true) => write!(
            text,
            "{name} version {challenger} is in service now by force, which is recorded{reason}. Back with `closecast models rollback {name}`."
        ),
        (false, _) => write!(
            text,
            "{name} version {champion} stays in service{reason}. \
             `closecast models promote {name} --version {challenger} --force` puts version {challenger} into service all the same."
        ),
    };
    text
}

fn table(text: &mut String, challenge: &Challenge, evidence: &Evidence) {
    let days = evidence.days.map_or_else(String::new, |days| format!(", {} to {}", days.start, days.end));
    let _infallible = writeln!(
        text,
        "Side by side on {}{days} that neither has learned from (log returns):\n{:<22}{:>12}{:>12}{:>12}",
        counted(evidence.sessions, "session"),
        "",
        "CRPS",
        "MAE",
        "90 % held"
    );
    let mut row = |who: String, figures: Option<Figures>| {
        let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.6}"));
        let held = figures.and_then(|figures| figures.coverage_90);
        let _infallible = writeln!(
            text,
            "{who:<22}{:>12}{:>12}{:>12}",
            figure(figures.and_then(|figures| figures.crps)),
            figure(figures.map(|figures| figures.mae)),
            held.map_or("–".to_owned(), |held| format!("{:.1} %", held * 100.0))
        );
    };
    row(format!("champion, version {}", challenge.champion), evidence.champion.figures);
    row(format!("challenger, version {}", challenge.challenger), evidence.challenger.figures);
    row("naive".to_owned(), evidence.naive);
    for note in &evidence.notes {
        let _infallible = writeln!(text, "{note}");
    }
}
