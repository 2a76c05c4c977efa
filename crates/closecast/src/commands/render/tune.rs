//! What a search found, in words and as a table.

use std::fmt::Write as _;

use closecast_domain::DateRange;
use closecast_model::tune::{Trial, Tuning};

use closecast_app::model_spec::ScheduleForm;
use closecast_app::plural::counted;

/// Models shown, beside the default one.
const SHOWN: usize = 5;

/// Returns on what was searched, and how long.
pub(crate) fn head(symbol: &str, tuning: &Tuning) -> String {
    let DateRange { start, end } = tuning.known;
    let rung = |rung: &closecast_model::tune::Rung| format!("{} for {}", rung.trials, counted(rung.epochs, "epoch"));
    let rungs: Vec<String> = tuning.rungs.iter().map(rung).collect();
    let folds: Vec<String> = tuning.scored.iter().map(|days| format!("{} to {}", days.start, days.end)).collect();
    format!(
        "{} tried on {symbol}, {start} to {end}: {}.\nEach was scored on {}, knowing the days before.\nThe sessions from {} on, the test days, were left out.",
        counted(tuning.trials.len(), "model"),
        rungs.join(", "),
        listed(&folds),
        tuning.held_out.start
    )
}

/// Returns the best models, the default one and naive on the same days, a row each.
pub(crate) fn table(tuning: &Tuning) -> String {
    let mut text = format!(
        "{:<8}{:>6}{:>11}{:>10}  {:<9}{:>8}{:>7}{:>8}{:>9}{:>7}{:>9}{:>9}  schedule",
        "model",
        "epochs",
        "MAE/naive",
        "MAE",
        "arch",
        "lookback",
        "units",
        "layers",
        "dropout",
        "batch",
        "rate",
        "decay"
    );
    let ranked = tuning.ranked();
    let best = ranked.iter().take(SHOWN);
    let default = ranked.iter().skip(SHOWN).filter(|trial| trial.number == 0);
    for trial in best.chain(default) {
        row(&mut text, trial, tuning);
    }
    if let Ok(score) = &tuning.best().score {
        let _infallible = write!(text, "\n{:<8}{:>6}{:>11.4}{:>10.4}", "naive", "", 1.0, score.mae().1);
    }
    text
}

fn row(text: &mut String, trial: &Trial, tuning: &Tuning) {
    let Ok(score) = &trial.score else { return };
    let spec = &trial.spec;
    let name = if trial.number == 0 { "default".to_owned() } else { trial.number.to_string() };
    let epochs = tuning.rungs.get(trial.rung).map_or(0, |rung| rung.epochs);
    let schedule = match ScheduleForm(spec.schedule).name() {
        Some(name) => format!("{name:?}").to_lowercase(),
        None => "other".to_owned(),
    };
    let _infallible = write!(
        text,
        "\n{name:<8}{epochs:>6}{:>11.4}{:>10.4}  {:<9}{:>8}{:>7}{:>8}{:>9}{:>7}{:>9}{:>9}  {schedule}",
        score.relative_mae,
        score.mae().0,
        spec.arch.name(),
        spec.lookback,
        spec.hidden_size,
        spec.layers,
        spec.dropout,
        spec.batch_size,
        spec.learning_rate,
        spec.weight_decay,
    );
}

/// Returns what can be said of the best model, honestly.
pub(crate) fn verdict(tuning: &Tuning) -> String {
    let (best, default) = (tuning.best(), tuning.untuned());
    let tried = counted(tuning.trials.len(), "model");
    let off = |loss: f64| {
        let percent = format!("{:.2} %", (loss - 1.0).abs() * 100.0);
        if loss < 1.0 { format!("{percent} below naive's") } else { format!("{percent} above naive's") }
    };
    let name = if best.number == 0 { "the default model".to_owned() } else { format!("model {}", best.number) };
    let mut text = if best.loss() < 1.0 {
        format!("On the days scored, the error of {name} is {}.", off(best.loss()))
    } else {
        format!("No model beats naive on the days scored: the error of the best, {name}, is {}.", off(best.loss()))
    };
    if tuning.trials.len() > 1 {
        let _infallible = write!(
            text,
            " It was chosen as the best of {tried} on these very days, so part of it is luck: expect a larger error on others."
        );
    }
    let compared = match best.number {
        0 => "The search found nothing better than the default.".to_owned(),
        _ if default.loss().is_finite() => format!("The default's error is {}.", off(default.loss())),
        _ => "The default could not be trained to the end.".to_owned(),
    };
    let _infallible = write!(text, "\n{compared}");
    let failures: Vec<&String> = tuning.trials.iter().filter_map(|trial| trial.score.as_ref().err()).collect();
    if let Some(first) = failures.first() {
        let _infallible =
            write!(text, "\n{} could not be trained; the first: {first}", counted(failures.len(), "model"));
    }
    text
}

/// Returns `a, b and c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
