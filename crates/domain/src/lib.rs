#![doc = include_str!("../README.md")]

pub mod b3_companies;
pub mod bar;
pub mod base_card;
pub mod calendar;
pub mod card;
pub mod clock;
pub mod control;
pub mod forecast;
pub mod head;
pub mod history;
pub mod market;
pub mod metrics;
pub mod model_card;
pub mod model_name;
pub mod popular;
pub mod quality;
pub mod quote;
pub mod symbol;
pub mod training_cutoff;

pub use b3_companies::{B3_COMPANIES, B3Company};
pub use bar::{Bar, PriceBasis, RawBar, RawSeries};
pub use base_card::{BaseCard, IntervalCoverage, MeasuredCoverage};
pub use calendar::{Exchange, TradingCalendar};
pub use card::Card;
pub use clock::{Clock, FixedClock, SystemClock};
pub use control::{Cancel, NoProgress, Progress, ProgressSink};
pub use forecast::{
    Forecast, ForecastError, Forecaster, ModelRef, PanelForecaster, Predict, Quantile, SessionForecast,
};
pub use head::Head;
pub use history::{History, HistoryError};
pub use market::Market;
pub use metrics::{DirectionalAccuracy, ErrorMetrics, Evaluation, PartEvaluation};
pub use model_card::{DateRange, ModelCard};
pub use model_name::{MAX_MODEL_NAME_LENGTH, MODEL_NAME_PATTERN, ModelName, ModelNameError};
pub use popular::{Popular, popular};
pub use quality::{Defect, DefectKind, QualityReport, Severity};
pub use quote::{Change, Quote};
pub use symbol::{MAX_SYMBOL_LENGTH, SYMBOL_PATTERN, Symbol, SymbolError};
pub use training_cutoff::TrainingCutoff;
