//! `closecast doctor`.

use std::process::ExitCode;

use closecast_model::TrainedModel;
use serde::Serialize;

use crate::{
    app::App,
    config::Settings,
    failure::Failure,
    terminal::{Terminal, counted},
};

#[derive(Serialize)]
struct Check {
    name: String,
    ok: bool,
    detail: String,
}

/// Checks the installation; fails when a check does.
pub(crate) async fn run(settings: Settings, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let folder = settings.data_dir.display().to_string();
    let processor =
        Check { name: "processor".to_owned(), ok: true, detail: closecast_model::instruction_set().to_owned() };
    let mut checks = vec![processor];
    match App::open(settings).await {
        Err(failure) => checks.push(Check { name: "data folder".to_owned(), ok: false, detail: failure.to_string() }),
        Ok(app) => {
            checks.push(Check { name: "data folder".to_owned(), ok: true, detail: folder });
            checks.extend(inside(&app).await);
        }
    }
    for check in &checks {
        terminal.line(format_args!("{} {}: {}", if check.ok { "✓" } else { "✗" }, check.name, check.detail))?;
    }
    let healthy = checks.iter().all(|check| check.ok);
    terminal.object(&serde_json::json!({ "healthy": healthy, "checks": checks }))?;
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks the database, the stored series and every artifact.
async fn inside(app: &App) -> Vec<Check> {
    let mut checks = vec![check("database", app.store.ping().await.map(|()| "answers".to_owned()))];
    let series = app.store.bars().list().await;
    checks.push(check("prices", series.map(|series| counted(series.len(), "symbol"))));
    match app.store.models().list().await {
        Err(error) => checks.push(check("models", Err::<String, _>(error))),
        Ok(versions) => {
            for version in versions {
                let name = format!("model {} version {}", version.name, version.version);
                let readable = match app.store.models().artifact(&version).await {
                    Err(error) => Err(error.to_string()),
                    Ok(bytes) => TrainedModel::from_bytes(&bytes).map_err(|error| error.to_string()),
                };
                checks.push(check(&name, readable.map(|_| format!("verified, {} bytes", version.size_bytes))));
            }
        }
    }
    checks
}

fn check(name: &str, result: Result<String, impl std::fmt::Display>) -> Check {
    match result {
        Ok(detail) => Check { name: name.to_owned(), ok: true, detail },
        Err(error) => Check { name: name.to_owned(), ok: false, detail: error.to_string() },
    }
}
