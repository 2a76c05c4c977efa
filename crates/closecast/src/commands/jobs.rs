//! `closecast jobs`.

use crate::commands::services;
use crate::error::CliError;
use closecast_app::error::AppError;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use closecast_store::{JobFilter, JobState};
use serde_json::json;

use crate::{config::Settings, terminal::Terminal};
use closecast_api::job::{JobView, progress_in_words};

/// Arguments of `closecast jobs`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List jobs, newest first.
    List {
        /// Only jobs of this state
        #[arg(long, value_enum)]
        state: Option<StateArgument>,
        /// Most jobs to list
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
        limit: u64,
    },
    /// Show a job.
    Show {
        /// Identifier of the job.
        id: String,
    },
    /// Ask for the end of a job: one that waits is cancelled at once, one that runs as soon as its worker hears of it.
    Cancel {
        /// Identifier of the job.
        id: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StateArgument {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl From<StateArgument> for JobState {
    fn from(state: StateArgument) -> Self {
        match state {
            StateArgument::Queued => Self::Queued,
            StateArgument::Running => Self::Running,
            StateArgument::Succeeded => Self::Succeeded,
            StateArgument::Failed => Self::Failed,
            StateArgument::Cancelled => Self::Cancelled,
        }
    }
}

/// Lists, shows or cancels jobs.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let app = services::open(&settings).await?;
    let jobs = app.store.jobs();
    match arguments.action {
        Action::List { state, limit } => {
            let filter = JobFilter { state: state.map(Into::into), kind: None };
            let listed: Vec<JobView> = jobs.list(&filter, None, limit).await?.into_iter().map(Into::into).collect();
            list(&listed, terminal)?;
        }
        Action::Show { id } => {
            let job = jobs.get(&id).await?.ok_or(AppError::NoJob(id))?;
            show(&job.into(), terminal)?;
        }
        Action::Cancel { id } => {
            let job = jobs.cancel(&id, app.clock.now()).await?.ok_or(AppError::NoJob(id))?;
            show(&job.into(), terminal)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(jobs: &[JobView], terminal: &Terminal) -> Result<(), CliError> {
    terminal.object(&json!({ "jobs": jobs }))?;
    if jobs.is_empty() {
        return terminal.line("There is no job.");
    }
    terminal.line(format_args!("{:<38}{:<18}{:<11}{:<21}what", "id", "kind", "state", "asked for"))?;
    for job in jobs {
        terminal.line(format_args!(
            "{:<38}{:<18}{:<11}{:<21}{}",
            job.job_id,
            job.kind,
            job.status.name(),
            job.created_at.format("%Y-%m-%d %H:%M:%S"),
            what(job)
        ))?;
    }
    Ok(())
}

/// Returns what there is to know of a job at a glance: its error, else how far it is, else what it is about.
fn what(job: &JobView) -> String {
    if let Some(error) = &job.error {
        return error.clone();
    }
    match (&job.progress, job.status) {
        (Some(progress), JobState::Running) => progress_in_words(progress),
        _ => {
            let named = ["model_name", "symbol"].iter().find_map(|key| job.payload[key].as_str());
            named.unwrap_or_default().to_owned()
        }
    }
}

fn show(job: &JobView, terminal: &Terminal) -> Result<(), CliError> {
    terminal.object(job)?;
    terminal.line(format_args!("{} {}: {}", job.kind, job.job_id, job.status.name()))?;
    terminal.line(format_args!("asked for {} with {}", job.created_at.format("%Y-%m-%d %H:%M:%S UTC"), job.payload))?;
    if let Some(started) = job.started_at {
        let worker = job.worker.as_deref().unwrap_or("–");
        let (attempt, most) = (job.attempt, job.max_attempts);
        let started = started.format("%Y-%m-%d %H:%M:%S UTC");
        terminal.line(format_args!("begun {started} by {worker}, attempt {attempt} of {most}"))?;
    }
    if let Some(progress) = job.progress.as_ref().map(progress_in_words).filter(|words| !words.is_empty()) {
        terminal.line(progress)?;
    }
    if job.cancel_requested && job.status == JobState::Running {
        terminal.line("its worker will stop at the next opportunity")?;
    }
    if let Some(error) = &job.error {
        terminal.line(format_args!("error: {error}"))?;
    }
    if let Some(result) = &job.result {
        terminal.line(format_args!("result: {result}"))?;
    }
    Ok(())
}
