//! Whether a newly trained model, the challenger, may take the place of the one in service, the champion: both and naive on the same
//! recent days, of which neither model has learned.

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
