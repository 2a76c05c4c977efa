//! Alerts.

use closecast_store::Alert;

use crate::{place::places, samples::now};

fn alert(value: f64) -> Alert {
    Alert {
        kind: "forecast_error".into(),
        severity: "warning".into(),
        subject: "AAPL".into(),
        message: format!("the error is {value} times that of the naive forecast"),
        recommendation: "train again".into(),
        value: Some(value),
        threshold: Some(1.2),
    }
}

#[tokio::test]
async fn raise_updates_open_alert_until_it_is_resolved() {
    for place in places().await {
        let alerts = place.store.alerts();
        assert!(alerts.raise(alert(1.5), now()).await.unwrap());
        assert!(!alerts.raise(alert(1.8), now()).await.unwrap());
        let open = alerts.list(true, 10).await.unwrap();
        assert_eq!((open.len(), open[0].alert.value), (1, Some(1.8)));
        assert!(alerts.resolve("forecast_error", "AAPL", now()).await.unwrap());
        assert!(!alerts.resolve("forecast_error", "AAPL", now()).await.unwrap());
        assert!(alerts.list(true, 10).await.unwrap().is_empty());
        assert!(alerts.raise(alert(1.4), now()).await.unwrap());
        assert_eq!(alerts.list(false, 10).await.unwrap().len(), 2);
    }
}
