//! The daily look at all models in service: alerts for a person, and their end.

use std::collections::BTreeSet;

use closecast_domain::Cancel;
use closecast_eval::health::{Condition, Finding};
use closecast_store::Alert;

use super::{Health, examine_anew, subjects};
use crate::{app::App, failure::Failure};

/// Most open alerts that are looked through.
const MOST_ALERTS: u64 = 10_000;

/// What came of a review.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reviewed {
    /// Models looked at, one for each symbol that it serves.
    pub(crate) examined: usize,
    /// Those that could not be judged.
    pub(crate) not_judged: usize,
    /// Alerts that are new.
    pub(crate) raised: usize,
    /// Alerts that are over.
    pub(crate) resolved: usize,
}

/// Looks at every model in service: raises an alert for each component that is critical, and closes those that no longer are. What
/// cannot be judged leaves its alert as it is.
///
/// # Errors
/// [`Failure::Store`] when the database cannot be read or written. A model that cannot be judged does not stop the others.
pub(crate) async fn review(app: &App, cancel: &Cancel) -> Result<Reviewed, Failure> {
    let open = app.store.alerts().list(true, MOST_ALERTS).await?;
    let open: BTreeSet<(String, String)> =
        open.into_iter().map(|stored| (stored.alert.kind, stored.alert.subject)).collect();
    let mut reviewed = Reviewed::default();
    for subject in subjects(app).await? {
        if cancel.is_cancelled() {
            return Ok(reviewed);
        }
        match examine_anew(app, &subject).await {
            Ok(health) => {
                reviewed.examined += 1;
                enter(app, &health, &open, &mut reviewed).await?;
            }
            Err(failure @ Failure::Store(_)) if failure.is_transient() => return Err(failure),
            Err(failure) => {
                reviewed.not_judged += 1;
                tracing::warn!("the health of {} cannot be judged: {failure}", subject.symbol);
            }
        }
    }
    Ok(reviewed)
}

async fn enter(
    app: &App,
    health: &Health,
    open: &BTreeSet<(String, String)>,
    reviewed: &mut Reviewed,
) -> Result<(), Failure> {
    let subject = alert_subject(health);
    for finding in &health.health.findings {
        let kind = finding.component.name();
        match finding.condition {
            Condition::Critical => {
                let alert = alert(finding, &subject);
                reviewed.raised += usize::from(app.store.alerts().raise(alert, app.clock.now()).await?);
            }
            Condition::Healthy | Condition::Warning if open.contains(&(kind.to_owned(), subject.clone())) => {
                let closed = app.store.alerts().resolve(kind, &subject, app.clock.now()).await?;
                reviewed.resolved += usize::from(closed);
            }
            Condition::Healthy | Condition::Warning | Condition::InsufficientData => {}
        }
    }
    Ok(())
}

/// Returns what an alert is about: the symbol, and the model where another than the symbol's own is meant.
fn alert_subject(health: &Health) -> String {
    let name = &health.served.version.name;
    if name == health.symbol.as_str() { name.clone() } else { format!("{} by {name}", health.symbol) }
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
