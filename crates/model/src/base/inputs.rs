//! What BASE sees: a symbol's own features, and beside them what its market did.

use closecast_domain::{ForecastError, History, Market};
use closecast_eval::FeatureDays;
use closecast_features::{FeatureSet, Features, FittedScaler, Scaler, ScalerKind};
use serde::{Deserialize, Serialize};

use crate::{dataset::unsuitable, inputs_drift::columns};

/// The features and the numbers they are scaled with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    own: FeatureSet,
    own_scaler: FittedScaler,
    /// Absent when no history it was trained on knew its market.
    market: Option<MarketInputs>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketInputs {
    names: Vec<String>,
    scaler: FittedScaler,
}

/// Which of the two views of a day is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// The symbol alone: the columns of the market are 0, their mean.
    Alone,
    /// The symbol before its market; on days without one it is alone.
    InMarket,
}

impl Inputs {
    /// Fits the scalers on `histories`, whose features are given beside them.
    pub(super) fn fit(own: FeatureSet, tables: &[(&History, Features)]) -> Result<Self, ForecastError> {
        let parts = tables.iter().map(|(_, features)| (features, features.first_valid()..features.n_days()));
        let own_scaler = Scaler::new(ScalerKind::Standard).fit_all(parts).map_err(unsuitable)?;
        let mut seen = Vec::new();
        let mut names: Option<&[String]> = None;
        for (history, features) in tables {
            let Some(market) = history.market() else { continue };
            if *names.get_or_insert(market.names()) != market.names() {
                return Err(unsuitable("the markets of the histories are not described by the same figures"));
            }
            let dates: Vec<_> = features.dates()[features.first_valid()..].to_vec();
            seen.extend(dates.into_iter().filter_map(|date| Some((date, market.on(date)?))));
        }
        let market = match names {
            Some(names) if !seen.is_empty() => {
                let values = seen.iter().flat_map(|(_, figures)| figures.iter().copied()).collect();
                let dates = seen.iter().map(|(date, _)| *date).collect();
                let table = Features::new(dates, names.to_vec(), values, 0).map_err(unsuitable)?;
                let scaler = Scaler::new(ScalerKind::Standard).fit(&table, 0..table.n_days()).map_err(unsuitable)?;
                Some(MarketInputs { names: names.to_vec(), scaler })
            }
            _ => None,
        };
        Ok(Self { own, own_scaler, market })
    }

    /// Returns the names of the symbol's own features.
    pub(super) fn names(&self) -> Vec<String> {
        self.own.names()
    }

    /// Returns the names of the market's features.
    pub(super) fn market_names(&self) -> Vec<String> {
        self.market.as_ref().map_or_else(Vec::new, |market| market.names.clone())
    }

    /// Returns the number of columns.
    pub(super) fn width(&self) -> usize {
        self.own.kinds().len() + self.market.as_ref().map_or(0, |market| market.names.len())
    }

    /// Returns whether there is a scale for every feature.
    pub(super) fn are_scaled(&self) -> bool {
        let own = self.own_scaler.scales().len() == self.own.kinds().len();
        own && self.market.as_ref().is_none_or(|market| market.scaler.scales().len() == market.names.len())
    }

    /// Returns whether a feature of the symbol's own is computed from open, high or low.
    pub(super) fn need_ranges(&self) -> bool {
        self.own.kinds().iter().any(|kind| kind.needs_ranges())
    }

    /// Returns the sessions before the first one with features.
    pub(super) fn warm_up(&self) -> usize {
        self.own.warm_up()
    }

    /// Returns the features of `history`, not scaled yet.
    pub(super) fn features(&self, history: &History) -> Result<Features, ForecastError> {
        self.own.compute(history).map_err(unsuitable)
    }

    /// Returns what the networks are given of `history` on its newest days, with what the training part was like. Figures of the
    /// market reach back to the first gap in what is known of it, and are left out when it is not known on the last day.
    pub(super) fn given(&self, history: &History) -> Result<Vec<FeatureDays>, ForecastError> {
        let features = self.features(history)?;
        let mut given = columns(&features, &self.own_scaler, "", features.first_valid());
        let days = given.first().map_or(0, |input| input.values.len());
        if let Some((inputs, known)) = self.market.as_ref().zip(self.knows_market_of(history)) {
            let newest = history.bars().iter().rev().take(days);
            let mut rows: Vec<_> = newest.map_while(|bar| Some((bar.date, known.on(bar.date)?))).collect();
            rows.reverse();
            let values = rows.iter().flat_map(|(_, figures)| figures.iter().copied()).collect();
            let dates = rows.iter().map(|(date, _)| *date).collect();
            let table = Features::new(dates, inputs.names.clone(), values, 0).map_err(unsuitable)?;
            given.extend(columns(&table, &inputs.scaler, "market_", 0));
        }
        Ok(given)
    }

    /// Returns whether the market of `history` is one that the network can look at.
    pub(super) fn knows_market_of<'a>(&self, history: &'a History) -> Option<&'a Market> {
        let market = self.market.as_ref()?;
        history.market().filter(|found| found.names() == market.names.as_slice())
    }

    /// Returns the scaled columns, `[day, width]`; NaN before the first valid day.
    pub(super) fn table(&self, history: &History, features: &Features, view: View) -> Result<Vec<f32>, ForecastError> {
        let scaled = self.own_scaler.transform(features).map_err(unsuitable)?;
        let Some(market) = &self.market else { return Ok(scaled.as_slice().to_vec()) };
        let found = if view == View::InMarket { self.knows_market_of(history) } else { None };
        let mut table = Vec::with_capacity(scaled.n_days() * self.width());
        let rows = scaled.as_slice().chunks_exact(scaled.n_features());
        for (date, row) in scaled.dates().iter().zip(rows) {
            table.extend_from_slice(row);
            let figures = found.and_then(|found| found.on(*date));
            for column in 0..market.names.len() {
                let figure = figures.and_then(|figures| figures.get(column));
                let scaled = figure.and_then(|figure| market.scaler.forward(column, f64::from(*figure)));
                table.push(scaled.map_or(0.0, |scaled| scaled as f32));
            }
        }
        Ok(table)
    }
}
