//! Walk-forward backtest of models beside statistical baselines.

mod files;
mod result;
mod store;

use std::path::PathBuf;

use closecast_domain::{Cancel, History, Symbol};
use closecast_eval::{
    AutoEts, Drift, EwmaT, GarchT, Har, Naive,
    backtest::{self, BacktestProgress, BacktestSpec, Candidate, Plan},
};
use closecast_model::{
    BaseForecaster, BaseSpec, FineTunedForecaster, Head, LstmForecaster, ModelSpec, Recipe, market_leak, with_markets,
};

pub use self::result::BacktestResult;
use self::store::FolderStore;
use super::{output_file::OutputFile, price_folder};
use crate::{error::AppError, services::Services, use_cases::history};

/// Where the prices come from.
pub enum Source {
    /// A folder of price files, one symbol each.
    Folder(PathBuf),
    /// Symbols in the store.
    Symbols(Vec<Symbol>),
}

/// What is to be tested.
pub struct BacktestRequest {
    /// Where the prices come from.
    pub source: Source,
    /// Folders of histories that are learned from and never forecast.
    pub also_train: Vec<PathBuf>,
    /// Days, refits and horizon.
    pub spec: BacktestSpec,
    /// Names of the models, from [`MODELS`].
    pub models: Vec<String>,
    /// Name of the model whose CRPS the others' is tested against.
    pub reference: Option<String>,
    /// Begin from scratch although finished parts of the same backtest are there.
    pub restart: bool,
    /// Where every forecast is written.
    pub forecasts_out: Option<PathBuf>,
}

/// Models that can take part, with what they are.
pub const MODELS: [(&str, &str); 12] = [
    ("naive", "the last close again"),
    ("drift", "the last close and the mean step of the past"),
    ("ewma-t", "the last close, and Student's t of RiskMetrics' volatility"),
    ("garch-t", "GARCH(1,1) with Student's t, by maximum likelihood"),
    ("har", "a regression of the daily range on those of the last day, week and month"),
    ("ets", "exponential smoothing of the log price, its trend chosen by AICc"),
    ("base", "one LSTM network over all symbols: the last close, and a learned Student's t"),
    ("base-student-t", "BASE with a direction: the location of Student's t is learned too"),
    ("base-quantiles", "BASE that learns each quantile by itself"),
    ("fine-tuned", "BASE, trained on for each symbol where that helps"),
    ("lstm", "an LSTM network trained on each symbol alone, with the settings of `train`"),
    ("prices", "the older recipe: an LSTM network trained on each symbol's prices scaled to [0, 1]"),
];

/// Models that take part when none are named.
pub const DEFAULT_MODELS: [&str; 4] = ["naive", "ewma-t", "garch-t", "base"];

/// Models that the others are tested against when none is named, the first of them that takes part.
const REFERENCES: [&str; 2] = ["ewma-t", "naive"];

/// Runs the backtest, on its own threads and at a lower priority.
///
/// # Errors
/// [`AppError`] when prices cannot be read, the days do not suffice, a model cannot be fitted or reads the future, or the work
/// is cancelled. Finished parts are kept, and the same command goes on from them.
pub async fn run(
    app: &Services,
    request: BacktestRequest,
    progress: impl BacktestProgress + Send + 'static,
    cancel: Cancel,
) -> Result<BacktestResult, AppError> {
    let reference = reference(&request)?;
    let forecasts_out = request.forecasts_out.as_deref().map(OutputFile::create).transpose()?;
    let histories = match &request.source {
        Source::Folder(folder) => price_folder::read(folder)?,
        Source::Symbols(symbols) => load(app, symbols).await?,
    };
    let also: Vec<Vec<History>> =
        request.also_train.iter().map(|folder| price_folder::read(folder)).collect::<Result<_, _>>()?;
    let also: Vec<History> = also.into_iter().flatten().collect();
    let (histories, also) = in_market(histories, also);
    let threads = app.options.training_threads();
    let plan = Plan::new(request.spec, &histories).map_err(|error| AppError::Usage(error.to_string()))?;
    let contenders = request
        .models
        .iter()
        .map(|name| contender(name, request.spec.horizon, threads))
        .collect::<Result<Vec<_>, _>>()?;
    let store =
        FolderStore::open(&app.options.data_dir.join("backtests"), &plan, (&histories, &also), request.restart)?;
    let symbols = histories.len();
    let looks_at_markets = request.models.iter().any(|name| name.starts_with("base") || name == "fine-tuned");
    let work = move || -> Result<_, AppError> {
        if looks_at_markets {
            refuse_market_leak(&plan, (&histories, &also))?;
        }
        let done = backtest::run(&plan, (&histories, &also), &contenders, &store, &cancel, &progress)?;
        Ok((plan, done))
    };
    let (plan, backtest) = super::background::run("backtest", work).await??;
    if backtest.rows.is_empty() {
        let reason = backtest.skipped.first().map_or("there are none", |skipped| skipped.reason.as_str());
        return Err(AppError::Usage(format!("no symbol could be forecast on these days: {reason}")));
    }
    if let Some(file) = forecasts_out {
        file.write(|file| files::write(file, &backtest.rows))?;
    }
    let measured = |error: closecast_eval::EvalError| AppError::Internal(error.to_string());
    let scores = backtest::scores(&backtest.rows, Some(&reference)).map_err(measured)?;
    let slices = backtest::slices(&backtest.rows, Some(&reference)).map_err(measured)?;
    Ok(BacktestResult { plan, symbols, backtest, scores, slices, reference })
}

/// Returns the model that the others are tested against: one of those that take part.
fn reference(request: &BacktestRequest) -> Result<String, AppError> {
    let models = &request.models;
    if let Some(index) = (1..models.len()).find(|&index| models[..index].contains(&models[index])) {
        return Err(AppError::Usage(format!("the model {:?} is given twice", models[index])));
    }
    match &request.reference {
        Some(name) if !models.contains(name) => {
            Err(AppError::Usage(format!("the reference {name:?} is not among the models: add it to --models")))
        }
        Some(name) => Ok(name.clone()),
        None => {
            let usual = REFERENCES.into_iter().find(|name| models.iter().any(|model| model == name));
            let name = usual.or(models.first().map(String::as_str));
            name.map(str::to_owned).ok_or_else(|| AppError::Usage("no model is named: give --models".to_owned()))
        }
    }
}

/// Returns the model of a name, ready to be fitted.
fn contender(name: &str, horizon: usize, threads: usize) -> Result<Candidate, AppError> {
    Ok(match name {
        "naive" => Candidate::per_symbol(name, Naive { horizon }),
        "drift" => Candidate::per_symbol(name, Drift { horizon }),
        "ewma-t" => Candidate::per_symbol(name, EwmaT { horizon }),
        "garch-t" => Candidate::per_symbol(name, GarchT { horizon }),
        "har" => Candidate::per_symbol(name, Har { horizon }),
        "ets" => Candidate::per_symbol(name, AutoEts { horizon }),
        "base" => {
            let spec = BaseSpec { horizon, ..BaseSpec::default() }.check()?;
            Candidate::new(name, BaseForecaster::new(spec).threads(Some(threads)))
        }
        "base-student-t" | "base-quantiles" => {
            let head = if name == "base-quantiles" { Head::Quantiles } else { Head::StudentT };
            let spec = BaseSpec { horizon, head, ..BaseSpec::default() }.check()?;
            Candidate::new(name, BaseForecaster::new(spec).threads(Some(threads)))
        }
        "fine-tuned" => {
            let spec = BaseSpec { horizon, ..BaseSpec::default() }.check()?;
            Candidate::new(name, FineTunedForecaster::new(BaseForecaster::new(spec).threads(Some(threads))))
        }
        "lstm" => {
            let spec = ModelSpec { horizon, ..ModelSpec::default() }.check()?;
            // Symbols are fitted beside each other, each on one thread.
            Candidate::per_symbol(name, LstmForecaster::new(name, spec).threads(Some(1)).concurrent(threads))
        }
        "prices" => {
            let recipe = Recipe::MinMaxPrices;
            let older = ModelSpec { recipe, lookback: 60, layers: 2, hidden_size: 50, ..ModelSpec::default() };
            let spec = ModelSpec { horizon, ..older }.check()?;
            Candidate::per_symbol(name, LstmForecaster::new(name, spec).threads(Some(1)).concurrent(threads))
        }
        other => {
            let known: Vec<&str> = MODELS.iter().map(|(name, _)| *name).collect();
            return Err(AppError::Usage(format!("there is no model {other:?}: choose from {}", known.join(", "))));
        }
    })
}

/// Gives every history the market of its exchange, from all that are at hand.
fn in_market(histories: Vec<History>, also: Vec<History>) -> (Vec<History>, Vec<History>) {
    let first_of_also = histories.len();
    let mut all = with_markets(histories.into_iter().chain(also).collect());
    let also = all.split_off(first_of_also);
    (all, also)
}

/// Makes sure that what is known of the markets on an evening reads nothing later: that before the first fit, before the one in the
/// middle, and before the last one.
fn refuse_market_leak(plan: &Plan, (histories, also): (&[History], &[History])) -> Result<(), AppError> {
    let all: Vec<History> = histories.iter().chain(also).cloned().collect();
    let folds = &plan.folds;
    let probed = [folds.first(), folds.get(folds.len() / 2), folds.last()];
    let session = |evening| {
        let newest = |history: &History| history.dates().rev().find(|date| *date <= evening);
        all.iter().filter_map(newest).max()
    };
    let mut sessions: Vec<_> =
        probed.into_iter().flatten().filter_map(|fold| fold.first.pred_opt()).filter_map(session).collect();
    sessions.dedup();
    match market_leak(&all, &sessions) {
        Some(date) => Err(AppError::Internal(format!(
            "the market's figures of {date} change with later prices: this is a fault of the program, and no figure of it can be trusted"
        ))),
        None => Ok(()),
    }
}

async fn load(app: &Services, symbols: &[Symbol]) -> Result<Vec<History>, AppError> {
    let mut histories = Vec::with_capacity(symbols.len());
    for symbol in symbols {
        histories.push(history::load(app, symbol).await?.history);
    }
    Ok(histories)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(models: &[&str], reference: Option<&str>) -> BacktestRequest {
        BacktestRequest {
            source: Source::Symbols(Vec::new()),
            also_train: Vec::new(),
            spec: BacktestSpec::default(),
            models: models.iter().map(|&name| name.to_owned()).collect(),
            reference: reference.map(str::to_owned),
            restart: false,
            forecasts_out: None,
        }
    }

    #[test]
    fn every_model_that_is_named_can_take_part() {
        for (name, _) in MODELS {
            assert_eq!(contender(name, 2, 1).unwrap().name, name);
        }
        assert!(DEFAULT_MODELS.iter().all(|name| contender(name, 1, 1).is_ok()));
        let unknown = contender("oracle", 1, 1).map(drop).unwrap_err();
        assert!(unknown.to_string().contains("\"oracle\": choose from naive, "), "{unknown}");
    }

    #[test]
    fn the_reference_is_one_of_those_that_take_part() {
        let of = |models: &[&str], named: Option<&str>| reference(&request(models, named)).unwrap();
        assert_eq!(of(&["base", "naive", "ewma-t"], None), "ewma-t");
        assert_eq!(of(&["base", "naive"], None), "naive");
        assert_eq!(of(&["har", "base"], None), "har");
        assert_eq!(of(&["base", "naive", "ewma-t"], Some("base")), "base");
        let refused = |models: &[&str], named| reference(&request(models, named)).unwrap_err().to_string();
        assert!(refused(&["naive"], Some("base")).contains("add it to --models"));
        assert!(refused(&["naive", "har", "naive"], None).contains("\"naive\" is given twice"));
        assert!(refused(&[], None).contains("--models"));
    }
}
