//! Inputs of BASE: features of the symbol and of its market.

use closecast_domain::{ForecastError, History, Market};
use closecast_eval::FeatureDays;
use closecast_features::{FeatureSet, Features, FittedScaler, Scaler, ScalerKind};
use serde::{Deserialize, Serialize};

use crate::{
    error::{into_forecast_error, unsuitable},
    feature_days::newest_days,
};

/// Features and their scalers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    own: FeatureSet,
    own_scaler: FittedScaler,
    /// `None` if no training history had a market.
    market: Option<MarketInputs>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketInputs {
    names: Vec<String>,
    scaler: FittedScaler,
}

/// View of a session: with or without market features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// Symbol features only: market columns are 0, their mean.
    Symbol,
    /// Symbol and market features; on days without a market, symbol features only.
    SymbolAndMarket,
}

impl Inputs {
    /// Fits the scalers on histories with their features.
    pub(super) fn fit(own: FeatureSet, tables: &[(&History, Features)]) -> Result<Self, ForecastError> {
        let parts = tables.iter().map(|(_, features)| (features, features.first_valid()..features.n_days()));
        let own_scaler = Scaler::new(ScalerKind::Standard).fit_all(parts).map_err(into_forecast_error)?;
        let mut seen = Vec::new();
        let mut names: Option<&[String]> = None;
        for (history, features) in tables {
            let Some(market) = history.market() else { continue };
            if *names.get_or_insert(market.names()) != market.names() {
                return Err(unsuitable("the markets of the histories have different features"));
            }
            let dates: Vec<_> = features.dates()[features.first_valid()..].to_vec();
            seen.extend(dates.into_iter().filter_map(|date| Some((date, market.on(date)?))));
        }
        let market = match names {
            Some(names) if !seen.is_empty() => {
                let values = seen.iter().flat_map(|(_, figures)| figures.iter().copied()).collect();
                let dates = seen.iter().map(|(date, _)| *date).collect();
                let table = Features::new(dates, names.to_vec(), values, 0).map_err(into_forecast_error)?;
                let scaler =
                    Scaler::new(ScalerKind::Standard).fit(&table, 0..table.n_days()).map_err(into_forecast_error)?;
                Some(MarketInputs { names: names.to_vec(), scaler })
            }
            _ => None,
        };
        Ok(Self { own, own_scaler, market })
    }

    /// Returns the names of the symbol features.
    pub(super) fn names(&self) -> Vec<String> {
        self.own.names()
    }

    /// Returns the names of the market features.
    pub(super) fn market_names(&self) -> Vec<String> {
        self.market.as_ref().map_or_else(Vec::new, |market| market.names.clone())
    }

    /// Returns the number of columns.
    pub(super) fn width(&self) -> usize {
        self.own.kinds().len() + self.market.as_ref().map_or(0, |market| market.names.len())
    }

    /// Returns whether every feature has a scale.
    pub(super) fn are_scaled(&self) -> bool {
        let own = self.own_scaler.scales().len() == self.own.kinds().len();
        own && self.market.as_ref().is_none_or(|market| market.scaler.scales().len() == market.names.len())
    }

    /// Returns whether a symbol feature is computed from open, high or low.
    pub(super) fn needs_ranges(&self) -> bool {
        self.own.kinds().iter().any(|kind| kind.needs_ranges())
    }

    /// Returns the number of sessions before the first one with features.
    pub(super) fn warm_up(&self) -> usize {
        self.own.warm_up()
    }

    /// Returns the unscaled features of `history`.
    pub(super) fn features(&self, history: &History) -> Result<Features, ForecastError> {
        self.own.compute(history).map_err(into_forecast_error)
    }

    /// Returns the newest feature values of `history` with their training reference. Market features reach back to the first day
    /// without a market, and are left out if the last day has none.
    pub(super) fn feature_days(&self, history: &History) -> Result<Vec<FeatureDays>, ForecastError> {
        let features = self.features(history)?;
        let mut days_of_features = newest_days(&features, &self.own_scaler, "", features.first_valid());
        let days = days_of_features.first().map_or(0, |input| input.values.len());
        if let Some((inputs, known)) = self.market.as_ref().zip(self.market_of(history)) {
            let newest = history.bars().iter().rev().take(days);
            let mut rows: Vec<_> = newest.map_while(|bar| Some((bar.date, known.on(bar.date)?))).collect();
            rows.reverse();
            let values = rows.iter().flat_map(|(_, figures)| figures.iter().copied()).collect();
            let dates = rows.iter().map(|(date, _)| *date).collect();
            let table = Features::new(dates, inputs.names.clone(), values, 0).map_err(into_forecast_error)?;
            days_of_features.extend(newest_days(&table, &inputs.scaler, "market_", 0));
        }
        Ok(days_of_features)
    }

    /// Returns the market of `history` if it has the features that the network was trained with.
    pub(super) fn market_of<'a>(&self, history: &'a History) -> Option<&'a Market> {
        let market = self.market.as_ref()?;
        history.market().filter(|found| found.names() == market.names.as_slice())
    }

    /// Returns the scaled columns, `[day, width]`; NaN before the first valid day.
    pub(super) fn table(&self, history: &History, features: &Features, view: View) -> Result<Vec<f32>, ForecastError> {
        let scaled = self.own_scaler.transform(features).map_err(into_forecast_error)?;
        let Some(market) = &self.market else { return Ok(scaled.as_slice().to_vec()) };
        let found = if view == View::SymbolAndMarket { self.market_of(history) } else { None };
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
