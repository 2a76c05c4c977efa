//! The daily look at all models in service: alerts for a person, and their end.

use std::collections::BTreeSet;

use closecast_domain::Cancel;
use closecast_eval::health::{Component, Condition, Finding};
use closecast_store::Alert;

use super::{examine_anew, subjects};
use crate::state::Health;
use crate::{error::AppError, services::Services};

/// Most open alerts that are looked through.
const MOST_ALERTS: u64 = 10_000;

/// What came of a review.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reviewed {
    /// Models looked at, one for each symbol that it serves.
    pub examined: usize,
    /// Those that could not be judged.
    pub not_judged: usize,
    /// Alerts that are new.
    pub raised: usize,
    /// Alerts that are over.
    pub resolved: usize,
}

/// Looks at every model in service: raises an alert for each component that is critical, and closes those that no longer are, or of
/// which the model is no longer in service. What cannot be judged leaves its alert as it is.
///
/// # Errors
/// [`AppError::Store`] when the database cannot be read or written. A model that cannot be judged does not stop the others.
pub async fn review(app: &Services, cancel: &Cancel) -> Result<Reviewed, AppError> {
    let open = app.store.alerts().list(true, MOST_ALERTS).await?;
    let open: Vec<Alert> = open.into_iter().map(|stored| stored.alert).collect();
    let kinds: BTreeSet<(&str, &str)> =
        open.iter().map(|alert| (alert.kind.as_str(), alert.subject.as_str())).collect();
    let mut about: BTreeSet<String> = BTreeSet::new();
    let mut not_judged: BTreeSet<String> = BTreeSet::new();
    let mut reviewed = Reviewed::default();
    for subject in subjects(app).await? {
        if cancel.is_cancelled() {
            return Ok(reviewed);
        }
        match examine_anew(app, &subject).await {
            Ok(health) => {
                reviewed.examined += 1;
                let subject = Alert::subject_of(&health.symbol, &health.served.version.name);
                enter(app, &health, &subject, &kinds, &mut reviewed).await?;
                about.insert(subject);
            }
            Err(failure @ AppError::Store(_)) if failure.is_transient() => return Err(failure),
            Err(failure) => {
                reviewed.not_judged += 1;
                tracing::warn!("the health of {} cannot be judged: {failure}", subject.symbol);
                not_judged.insert(subject.symbol.to_string());
            }
        }
    }
    let left = open.iter().filter(|alert| !about.contains(&alert.subject) && !not_judged.contains(alert.symbol()));
    close(app, left.filter(|alert| is_of_review(alert)), &mut reviewed).await?;
    Ok(reviewed)
}

/// Returns whether the alert is one that a review raises.
fn is_of_review(alert: &Alert) -> bool {
    Component::ALL.iter().any(|component| component.name() == alert.kind)
}

/// Closes alerts about what is no longer in service.
async fn close(app: &Services, left: impl Iterator<Item = &Alert>, reviewed: &mut Reviewed) -> Result<(), AppError> {
    for alert in left {
        let closed = app.store.alerts().resolve(&alert.kind, &alert.subject, app.clock.now()).await?;
        reviewed.resolved += usize::from(closed);
    }
    Ok(())
}

async fn enter(
    app: &Services,
    health: &Health,
    subject: &str,
    open: &BTreeSet<(&str, &str)>,
    reviewed: &mut Reviewed,
) -> Result<(), AppError> {
    for finding in &health.health.findings {
        let kind = finding.component.name();
        match finding.condition {
            Condition::Critical => {
                let alert = alert(finding, subject);
                reviewed.raised += usize::from(app.store.alerts().raise(alert, app.clock.now()).await?);
            }
            Condition::Healthy | Condition::Warning if open.contains(&(kind, subject)) => {
                let closed = app.store.alerts().resolve(kind, subject, app.clock.now()).await?;
                reviewed.resolved += usize::from(closed);
            }
            Condition::Healthy | Condition::Warning | Condition::InsufficientData => {}
        }
    }
    Ok(())
}

fn alert(finding: &Finding, subject: &str) -> Alert {
    Alert {
        kind: finding.component.name().to_owned(),
        severity: finding.condition.name().to_owned(),
        subject: subject.to_owned(),
        message: finding.summary.clone(),
        recommendation: finding.recommendation.unwrap_or_default().to_owned(),
        value: finding.evidence.first().map(|evidence| evidence.value),
        threshold: finding.critical_from,
    }
}

#[cfg(test)]
mod tests {
    use closecast_domain::{Forecast, ModelRef, SessionForecast, Symbol};

    use super::*;

    fn alert(kind: &str, subject: &str) -> Alert {
        Alert {
            kind: kind.to_owned(),
            severity: "critical".to_owned(),
            subject: subject.to_owned(),
            message: String::new(),
            recommendation: String::new(),
            value: None,
            threshold: None,
        }
    }

    fn forecast(symbol: &str) -> Forecast {
        let as_of = chrono::NaiveDate::from_ymd_opt(2024, 1, 2).unwrap();
        Forecast {
            symbol: Symbol::new(symbol).unwrap(),
            as_of,
            last_close: 10.0,
            currency: None,
            model: ModelRef { name: "BASE".to_owned(), sha256: "00".to_owned() },
            sessions: vec![SessionForecast { date: as_of.succ_opt().unwrap(), point: 10.0, quantiles: vec![] }],
        }
    }

    #[tokio::test]
    async fn alerts_about_what_is_no_longer_in_service_are_closed_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let app = crate::test_services::open(folder.path()).await;
        // In service, but without a usable price: it cannot be judged.
        let mut series = closecast_data::sample::series(&Symbol::new("AAPL").unwrap()).unwrap();
        series.symbol = Symbol::new("IBM").unwrap();
        series.bars = vec![closecast_domain::RawBar::empty(series.bars[0].date)];
        app.store.bars().replace(&series, app.clock.now()).await.unwrap();
        app.store.forecasts().record(&forecast("IBM"), app.clock.now()).await.unwrap();
        for (kind, subject) in [("bias", "AAPL by OLD"), ("bias", "IBM by BASE"), ("disk", "AAPL")] {
            app.store.alerts().raise(alert(kind, subject), app.clock.now()).await.unwrap();
        }
        let reviewed = review(&app, &Cancel::default()).await.unwrap();
        assert_eq!((reviewed.not_judged, reviewed.resolved), (1, 1));
        let open = app.store.alerts().list(true, 10).await.unwrap();
        let subjects: Vec<String> = open.into_iter().map(|stored| stored.alert.subject).collect();
        assert_eq!(subjects, ["AAPL", "IBM by BASE"]);
    }
}
