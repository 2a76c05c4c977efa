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
pub mod popular;
pub mod quality;
pub mod quote;
pub mod seen;
pub mod symbol;

pub use b3_companies::{B3_COMPANIES, B3Company};
pub use bar::{Bar, PriceBasis, RawBar, RawSeries};
pub use base_card::{BaseCard, IntervalCoverage, MeasuredCoverage};
pub use calendar::{Exchange, TradingCalendar};
pub use card::Card;
pub use clock::{Clock, FixedClock, SystemClock};
pub use control::{Cancel, Progress, ProgressSink, Silent};
pub use forecast::{
    Forecast, ForecastError, Forecaster, ModelRef, PanelForecaster, Predict, Quantile, SessionForecast,
};
pub use head::Head;
pub use history::{History, HistoryError};
pub use market::Market;
pub use metrics::{DirectionalAccuracy, ErrorMetrics, Evaluation, PartEvaluation};
pub use model_card::{DateRange, ModelCard};
pub use popular::{Popular, popular};
pub use quality::{Defect, DefectKind, QualityReport, Severity};
pub use quote::{Change, Quote};
pub use seen::Seen;
pub use symbol::{Symbol, SymbolError};
