//! `closecast keys`.

use crate::commands::services;
use crate::error::CliError;
use closecast_app::services::Services;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::{config::Settings, terminal::Terminal};
use closecast_api::key::{KeyView, NewKeyView};
use closecast_app::{
    access::Role,
    use_cases::{self, keys::Maker},
};

/// Arguments of `closecast keys`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key to the API. Once there is one, requests need one.
    Create {
        /// What to call it, for example who uses it
        name: String,
        /// What its owner may do [default: admin for the first key, which must be an admin's, then viewer]
        #[arg(long, value_enum)]
        role: Option<RoleArgument>,
    },
    /// List keys, oldest first; the keys themselves are kept nowhere.
    List,
    /// Revoke a key. Servers follow within ten seconds.
    Revoke {
        /// Identifier of the key, as listed
        id: String,
    },
}

/// What the owner of a key may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArgument {
    /// Read, and ask for forecasts
    Viewer,
    /// Train, import prices, cancel jobs, put models into service
    Operator,
    /// Make and revoke keys, see who did what
    Admin,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::Viewer => Self::Viewer,
            RoleArgument::Operator => Self::Operator,
            RoleArgument::Admin => Self::Admin,
        }
    }
}

/// Makes, lists or revokes keys.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let app = services::open(&settings).await?;
    match arguments.action {
        Action::Create { name, role } => create(&app, &name, role.map(Role::from), terminal).await?,
        Action::List => {
            let keys: Vec<KeyView> = app.store.keys().list().await?.into_iter().map(KeyView::from).collect();
            list(&keys, terminal)?;
        }
        Action::Revoke { id } => {
            let key = KeyView::from(use_cases::keys::revoke(&app, &id).await?);
            use_cases::keys::note_command(&app, "keys revoke", &id).await?;
            terminal.line(format_args!("Revoked {:?}. Servers follow within ten seconds.", key.name))?;
            terminal.object(&key)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(app: &Services, name: &str, role: Option<Role>, terminal: &Terminal) -> Result<(), CliError> {
    let first = !app.store.keys().any().await?;
    let role = role.unwrap_or(if first { Role::Admin } else { Role::Viewer });
    let (key, key_id) = use_cases::keys::create(app, name, role, Maker::Admin).await?;
    use_cases::keys::note_command(app, "keys create", &key_id).await?;
    terminal.line(key.reveal())?;
    if !terminal.json() {
        terminal
            .remark("Keep it now: it is not shown again. Send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`.");
    }
    if first {
        terminal.remark("It is an admin's. From now on requests need a key; `public_read = true` under [server] lets everybody read.");
    }
    terminal.object(&NewKeyView { key_id, key: key.reveal().to_owned(), role: role.name() })
}

fn list(keys: &[KeyView], terminal: &Terminal) -> Result<(), CliError> {
    terminal.object(&json!({ "keys": keys }))?;
    if keys.is_empty() {
        return terminal.line("There are no keys: whoever reaches the server may do everything. Make one with `closecast keys create NAME --role admin`.");
    }
    let day = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M").to_string();
    terminal.line(format_args!("{:<36}  {:<8}  {:<16}  {:<16}  NAME", "KEY", "ROLE", "CREATED", "LAST USED"))?;
    for key in keys {
        let used = key.last_used_at.map_or_else(|| "never".to_owned(), day);
        let revoked = key.revoked_at.map(|at| format!(" (revoked {})", day(at))).unwrap_or_default();
        let KeyView { key_id, role, created_at, name, .. } = key;
        terminal.line(format_args!("{key_id}  {role:<8}  {:<16}  {used:<16}  {name}{revoked}", day(*created_at)))?;
    }
    Ok(())
}
