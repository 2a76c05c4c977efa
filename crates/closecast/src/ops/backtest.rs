//! Walk-forward backtest of models beside statistical baselines.

mod files;
mod store;

use std::path::{Path, PathBuf};

use closecast_data::import::{self, ImportOptions, symbol_from_file_name};
use closecast_domain::{Cancel, History, Symbol};
use closecast_eval::{
    AutoEts, Drift, EwmaT, GarchT, Har, Naive,
    backtest::{self, Backtest, BacktestProgress, BacktestSpec, Contender, ModelScore, Plan, Slice},
};
use closecast_model::{BaseForecaster, BaseSpec, LstmForecaster, ModelSpec, with_markets};

use self::store::FolderStore;
use crate::{app::App, failure::Failure, ops::history};

/// Where the prices come from.
pub(crate) enum Source {
    /// A folder of price files, one symbol each.
    Folder(PathBuf),
    /// Symbols in the store.
    Symbols(Vec<Symbol>),
}

/// What is to be tested.
pub(crate) struct BacktestRequest {
    pub(crate) source: Source,
    /// Folders of histories that are learned from and never forecast.
    pub(crate) also_train: Vec<PathBuf>,
    pub(crate) spec: BacktestSpec,
    /// Names of the models, from [`MODELS`].
    pub(crate) models: Vec<String>,
    /// Begin from scratch although finished parts of the same backtest are there.
    pub(crate) restart: bool,
    /// Where every forecast is written.
    pub(crate) forecasts_out: Option<PathBuf>,
}

/// What it gave.
pub(crate) struct BacktestResult {
    pub(crate) plan: Plan,
    pub(crate) symbols: usize,
    pub(crate) backtest: Backtest,
    pub(crate) scores: Vec<ModelScore>,
    pub(crate) slices: Vec<Slice>,
}

/// Models that can take part, with what they are.
pub(crate) const MODELS: [(&str, &str); 8] = [
    ("naive", "the last close again"),
    ("drift", "the last close and the mean step of the past"),
    ("ewma-t", "the last close, and Student's t of RiskMetrics' volatility"),
    ("garch-t", "GARCH(1,1) with Student's t, by maximum likelihood"),
    ("har", "a regression of the daily range on those of the last day, week and month"),
    ("ets", "exponential smoothing of the log price, its trend chosen by AICc"),
    ("base", "one LSTM network over all symbols: the last close, and a learned Student's t"),
    ("lstm", "an LSTM network trained on each symbol alone, with the settings of `train`"),
];

/// Runs the backtest, on its own threads and at a lower priority.
///
/// # Errors
/// [`Failure`] when prices cannot be read, the days do not suffice, a model cannot be fitted or reads the future, or the work
/// is cancelled. Finished parts are kept, and the same command goes on from them.
pub(crate) async fn run(
    app: &App,
    request: BacktestRequest,
    progress: impl BacktestProgress + Send + 'static,
    cancel: Cancel,
) -> Result<BacktestResult, Failure> {
    let histories = match &request.source {
        Source::Folder(folder) => read_folder(folder)?,
        Source::Symbols(symbols) => load(app, symbols).await?,
    };
    let also: Vec<Vec<History>> =
        request.also_train.iter().map(|folder| read_folder(folder)).collect::<Result<_, _>>()?;
    let also: Vec<History> = also.into_iter().flatten().collect();
    let (histories, also) = in_market(histories, also);
    let threads = app.settings.training_threads();
    let plan = Plan::new(request.spec, &histories).map_err(|error| Failure::Usage(error.to_string()))?;
    let contenders = request
        .models
        .iter()
        .map(|name| contender(name, request.spec.horizon, threads))
        .collect::<Result<Vec<_>, _>>()?;
    let store =
        FolderStore::open(&app.settings.data_dir.join("backtests"), &plan, (&histories, &also), request.restart)?;
    let symbols = histories.len();
    let work = move || -> Result<_, Failure> {
        let done = backtest::run(&plan, (&histories, &also), &contenders, &store, &cancel, &progress)?;
        Ok((plan, done))
    };
    let (plan, backtest) = super::background::run("backtest", work).await??;
    if let Some(path) = &request.forecasts_out {
        files::write(path, &backtest.rows)?;
    }
    let measured = |error: closecast_eval::EvalError| Failure::Internal(error.to_string());
    let scores = backtest::scores(&backtest.rows).map_err(measured)?;
    let slices = backtest::slices(&backtest.rows).map_err(measured)?;
    Ok(BacktestResult { plan, symbols, backtest, scores, slices })
}

/// Returns the model of a name, ready to be fitted.
fn contender(name: &str, horizon: usize, threads: usize) -> Result<Contender, Failure> {
    Ok(match name {
        "naive" => Contender::each_alone(name, Naive { horizon }),
        "drift" => Contender::each_alone(name, Drift { horizon }),
        "ewma-t" => Contender::each_alone(name, EwmaT { horizon }),
        "garch-t" => Contender::each_alone(name, GarchT { horizon }),
        "har" => Contender::each_alone(name, Har { horizon }),
        "ets" => Contender::each_alone(name, AutoEts { horizon }),
        "base" => {
            let spec = BaseSpec { horizon, ..BaseSpec::default() };
            Contender::new(name, BaseForecaster::new(spec).threads(Some(threads)))
        }
        "lstm" => {
            let spec = ModelSpec { horizon, ..ModelSpec::default() }.check()?;
            // Symbols are fitted beside each other, each on one thread.
            Contender::each_alone(name, LstmForecaster::new(name, spec).threads(Some(1)))
        }
        other => {
            let known: Vec<&str> = MODELS.iter().map(|(name, _)| *name).collect();
            return Err(Failure::Usage(format!("there is no model {other:?}: choose from {}", known.join(", "))));
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

async fn load(app: &App, symbols: &[Symbol]) -> Result<Vec<History>, Failure> {
    let mut histories = Vec::with_capacity(symbols.len());
    for symbol in symbols {
        histories.push(history::load(app, symbol).await?.history);
    }
    Ok(histories)
}

/// Reads every price file of a folder; the file's name is the symbol. One that cannot be read ends the work: a backtest on
/// whatever happened to be readable would not be the one asked for.
fn read_folder(folder: &Path) -> Result<Vec<History>, Failure> {
    let refused = |error: std::io::Error| Failure::Usage(format!("{}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::Usage(format!("{} holds no .csv file", folder.display())));
    }
    let mut histories = Vec::with_capacity(paths.len());
    for path in paths.iter().filter(|path| path.file_stem().is_none_or(|stem| stem != "MANIFEST")) {
        let options = ImportOptions { fallback_symbol: symbol_from_file_name(path), ..ImportOptions::default() };
        for series in import::read_path(path, &options)?.series {
            let (history, _report) =
                History::check(series, None).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
            histories.push(history);
        }
    }
    histories.sort_by(|a, b| a.symbol().cmp(b.symbol()));
    match histories.windows(2).find(|pair| pair[0].symbol() == pair[1].symbol()) {
        Some(pair) => {
            let symbol = pair[0].symbol();
            Err(Failure::Usage(format!("{} holds {symbol} twice: keep one file a symbol", folder.display())))
        }
        None => Ok(histories),
    }
}
