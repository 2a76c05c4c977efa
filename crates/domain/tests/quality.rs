//! Each defect, planted into a clean series, is found exactly once.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking; clippy exempts only the test functions themselves"
)]

#[path = "quality/series.rs"]
mod series;

#[path = "quality/fields.rs"]
mod fields;
#[path = "quality/levels.rs"]
mod levels;
#[path = "quality/properties.rs"]
mod properties;
#[path = "quality/rows.rs"]
mod rows;
