//! Being told that something changed, instead of asking all the time.

use std::{sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, Statement, sqlx::postgres::PgListener};
use tokio::sync::broadcast;

/// Channel of PostgreSQL that all programs of one installation share.
const CHANNEL: &str = "closecast";

/// How long to wait before the server is asked for notifications again after it went away.
const RECONNECT: Duration = Duration::from_secs(1);

/// Messages kept for a listener that is slow; one that misses some hears [`Topic::Anything`].
const BACKLOG: usize = 256;

/// What may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A job is waiting.
    Jobs,
    /// A version of a model was published, or another one is in service.
    Models,
    /// Prices were stored.
    Bars,
    /// Something happened that is told to whoever listens.
    Events,
    /// Messages were missed: anything may have changed.
    Anything,
}

impl Topic {
    fn name(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Models => "models",
            Self::Bars => "bars",
            Self::Events => "events",
            Self::Anything => "anything",
        }
    }

    fn named(name: &str) -> Self {
        let known = [Self::Jobs, Self::Models, Self::Bars, Self::Events];
        known.into_iter().find(|topic| topic.name() == name).unwrap_or(Self::Anything)
    }
}

/// News of changes: within this program at once, and from other programs where the database tells of them (PostgreSQL's
/// NOTIFY). A message says that it is worth looking, no more; whoever relies on it also looks from time to time, since SQLite
/// tells nothing and a broken connection loses messages.
#[derive(Clone, Debug)]
pub struct Wakeups {
    database: DatabaseConnection,
    sender: broadcast::Sender<Topic>,
    relay: Arc<tokio::sync::OnceCell<()>>,
}

impl Wakeups {
    pub(crate) fn new(database: &DatabaseConnection) -> Self {
        let (sender, _) = broadcast::channel(BACKLOG);
        Self { database: database.clone(), sender, relay: Arc::default() }
    }

    /// Returns a listener for what changes from now on.
    pub async fn listen(&self) -> Listener {
        let receiver = self.sender.subscribe();
        if self.database.get_database_backend() == DatabaseBackend::Postgres {
            let start = async || {
                tokio::spawn(relay(self.database.clone(), self.sender.clone()));
            };
            self.relay.get_or_init(start).await;
        }
        Listener { receiver }
    }

    /// Tells this program and, where the database can, the others.
    pub(crate) async fn tell(&self, topic: Topic) {
        // Nobody listens in a command that ends at once.
        _ = self.sender.send(topic);
        if self.database.get_database_backend() == DatabaseBackend::Postgres
            && let Err(error) = notify(&self.database, topic).await
        {
            tracing::debug!("other programs will notice a change of {} by themselves: {error}", topic.name());
        }
    }
}

/// Receives news.
#[derive(Debug)]
pub struct Listener {
    receiver: broadcast::Receiver<Topic>,
}

impl Listener {
    /// Returns what was heard of `topics`, or `None` after `patience`, whichever is first.
    pub async fn wait(&mut self, topics: &[Topic], patience: Duration) -> Option<Topic> {
        let heard = async {
            loop {
                match self.receiver.recv().await {
                    Ok(heard) if topics.contains(&heard) || heard == Topic::Anything => return heard,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => return Topic::Anything,
                    // The store is gone: nothing will be told any more.
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::time::timeout(patience, heard).await.ok()
    }
}

async fn notify(database: &DatabaseConnection, topic: Topic) -> Result<(), DbErr> {
    let values = [CHANNEL.into(), topic.name().into()];
    let tell = Statement::from_sql_and_values(DatabaseBackend::Postgres, "SELECT pg_notify($1, $2)", values);
    database.execute_raw(tell).await.map(|_| ())
}

/// Passes on what the server tells until nobody can listen any more.
async fn relay(database: DatabaseConnection, sender: broadcast::Sender<Topic>) {
    loop {
        let pool = database.get_postgres_connection_pool();
        if pool.is_closed() {
            return;
        }
        if let Ok(mut listener) = PgListener::connect_with(pool).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            // What was told while nobody listened is lost.
            _ = sender.send(Topic::Anything);
            while let Ok(Some(notification)) = listener.try_recv().await {
                _ = sender.send(Topic::named(notification.payload()));
            }
        }
        tokio::time::sleep(RECONNECT).await;
    }
}
