//! Training data of many histories in one table.

use std::ops::Range;

use chrono::NaiveDate;
use closecast_domain::{ForecastError, History};
use closecast_features::{FeatureSet, Features, TargetKind, Targets};
use closecast_nn::{WindowSource, first_bits};

use super::inputs::{Inputs, View};
use crate::error::{into_forecast_error, unsuitable};

/// Limit that targets are clamped to, in σ: a single crash must not dominate the loss.
const MAX_TARGET: f32 = 15.0;

/// The scaled features of all histories, concatenated, and the origins with known targets. Every history has two views: with
/// and without its market.
pub(super) struct Panel {
    table: Vec<f32>,
    lookback: usize,
    horizon: usize,
    /// Rows at which a window with known targets ends.
    pub(super) origins: Vec<Origin>,
    /// `[row, horizon]`, NaN if unknown.
    targets: Vec<f32>,
    pub(super) inputs: Inputs,
    /// First and last session of the histories used.
    pub(super) known_from: NaiveDate,
    pub(super) known_until: NaiveDate,
    /// Number of histories used.
    pub(super) symbols: usize,
}

/// A training origin: its row in both views.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    in_market: usize,
    alone: usize,
}

impl Panel {
    /// Computes features and targets; leaves out histories that are too short for a window.
    pub(super) fn new(
        histories: &[History],
        set: FeatureSet,
        (lookback, horizon): (usize, usize),
    ) -> Result<Self, ForecastError> {
        let long_enough = |history: &&History| history.len() > set.warm_up() + lookback + horizon;
        let tables: Vec<(&History, Features)> = histories
            .iter()
            .filter(long_enough)
            .map(|history| Ok((history, set.compute(history).map_err(into_forecast_error)?)))
            .collect::<Result<_, ForecastError>>()?;
        let known_from = tables.iter().map(|(history, _)| history.bars()[0].date).min();
        let known_until = tables.iter().map(|(history, _)| history.last().date).max();
        let Some((known_from, known_until)) = known_from.zip(known_until) else {
            let need = set.warm_up() + lookback + horizon + 1;
            return Err(unsuitable(format!("no history has the {need} sessions that training BASE needs")));
        };
        let inputs = Inputs::fit(set, &tables)?;
        Self::of_tables(&tables, inputs, (known_from, known_until), (lookback, horizon))
    }

    /// Returns the panel of one history with already fitted inputs.
    pub(super) fn of_one(
        history: &History,
        inputs: Inputs,
        (lookback, horizon): (usize, usize),
    ) -> Result<Self, ForecastError> {
        let need = inputs.warm_up() + lookback + horizon + 1;
        if history.len() < need {
            let (symbol, have) = (history.symbol().clone(), history.len());
            return Err(ForecastError::TooShort { symbol, have, need });
        }
        let known = (history.bars()[0].date, history.last().date);
        let features = inputs.features(history)?;
        Self::of_tables(&[(history, features)], inputs, known, (lookback, horizon))
    }

    fn of_tables(
        tables: &[(&History, Features)],
        inputs: Inputs,
        (known_from, known_until): (NaiveDate, NaiveDate),
        (lookback, horizon): (usize, usize),
    ) -> Result<Self, ForecastError> {
        let mut panel = Self {
            table: Vec::new(),
            lookback,
            horizon,
            origins: Vec::new(),
            targets: Vec::new(),
            inputs,
            known_from,
            known_until,
            symbols: tables.len(),
        };
        for (history, features) in tables {
            panel.append(history, features)?;
        }
        Ok(panel)
    }

    fn append(&mut self, history: &History, features: &Features) -> Result<(), ForecastError> {
        let targets =
            Targets::compute(TargetKind::ScaledLogReturn, history, self.horizon).map_err(into_forecast_error)?;
        let alone = self.append_view((history, features), &targets, View::Symbol)?;
        let in_market = match self.inputs.market_of(history) {
            Some(_) => self.append_view((history, features), &targets, View::SymbolAndMarket)?,
            None => alone,
        };
        let first = (features.first_valid() + self.lookback - 1).max(targets.known_origins().start);
        let known: Range<usize> = first..targets.known_origins().end;
        self.origins.extend(known.map(|day| Origin { in_market: in_market + day, alone: alone + day }));
        Ok(())
    }

    /// Appends one view of a history and returns its first row.
    fn append_view(
        &mut self,
        (history, features): (&History, &Features),
        targets: &Targets,
        view: View,
    ) -> Result<usize, ForecastError> {
        let first_row = self.targets.len() / self.horizon;
        self.table.extend(self.inputs.table(history, features, view)?);
        let none = vec![f32::NAN; self.horizon];
        for day in 0..features.n_days() {
            self.targets.extend_from_slice(targets.row(day).unwrap_or(&none));
        }
        Ok(first_row)
    }

    /// Returns the memory of features and targets in bytes.
    pub(super) fn bytes(&self) -> usize {
        (self.table.capacity() + self.targets.capacity()) * size_of::<f32>()
            + self.origins.capacity() * size_of::<Origin>()
    }

    /// Returns the table as windows for the engine.
    pub(super) fn source(&self) -> Result<WindowSource<'_>, ForecastError> {
        WindowSource::new(&self.table, self.inputs.width(), self.lookback).map_err(into_forecast_error)
    }

    /// Returns the rows of the `chosen` origins, each in one of its views with equal probability: a regularisation against
    /// overfitting to the market features.
    pub(super) fn rows(&self, chosen: &[usize], seed: u64, epoch: u64) -> Vec<usize> {
        let row = |&index: &usize| {
            let origin = self.origins[index];
            let chance = first_bits(seed ^ first_bits(epoch ^ first_bits(index as u64)));
            if chance & 1 == 0 { origin.in_market } else { origin.alone }
        };
        chosen.iter().map(row).collect()
    }

    /// Returns the rows of the `chosen` origins without the market.
    pub(super) fn rows_alone(&self, chosen: &[usize]) -> Vec<usize> {
        chosen.iter().map(|&index| self.origins[index].alone).collect()
    }

    /// Returns the targets of `rows`, `[row, horizon]`.
    pub(super) fn targets_of(&self, rows: &[usize]) -> Vec<f32> {
        let targets = |&row: &usize| &self.targets[row * self.horizon..(row + 1) * self.horizon];
        rows.iter().flat_map(targets).map(|target| target.clamp(-MAX_TARGET, MAX_TARGET)).collect()
    }
}
