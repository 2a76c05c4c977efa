//! Promotion: whether a newly trained model, the challenger, may replace the model in service, the champion. Both and the naive
//! forecast are evaluated on the same recent days, which neither model was trained on.

mod compare;
mod days;
mod evidence;
mod figures;
mod thresholds;
mod verdict;

pub use compare::{ComparedModel, PromotionError, compare};
pub use evidence::{Evidence, Figures, Ratios, Refusal, Side, Verdict};
pub use thresholds::{MAE_TOLERANCE, MIN_SESSIONS, RECENT_SESSIONS};
pub use verdict::verdict;
