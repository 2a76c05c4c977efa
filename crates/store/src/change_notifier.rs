//! Notifies listeners of changes, so that they need not poll.

use std::{sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, Statement, sqlx::postgres::PgListener};
use tokio::sync::broadcast;

/// PostgreSQL notification channel shared by all programs of an installation.
const CHANNEL: &str = "closecast";

/// Delay before listening again after the server was unreachable.
const RECONNECT_DELAY: Duration = Duration::from_secs(1);

/// Messages buffered for a slow listener; one that misses some receives [`Topic::Anything`].
const BUFFER_CAPACITY: usize = 256;

/// What may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A job was queued.
    Jobs,
    /// A version of a model was published, or another one is in service.
    Models,
    /// Prices were stored.
    Bars,
    /// An event was written.
    Events,
    /// Messages were lost: anything may have changed.
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

/// Notifies of changes: within this program, and between programs through PostgreSQL's NOTIFY. A message only hints
/// that it is worth checking; listeners must also poll occasionally, since SQLite sends no notifications and a broken
/// connection loses messages.
#[derive(Clone, Debug)]
pub struct ChangeNotifier {
    database: DatabaseConnection,
    sender: broadcast::Sender<Topic>,
    relay: Arc<tokio::sync::OnceCell<()>>,
}

impl ChangeNotifier {
    pub(crate) fn new(database: &DatabaseConnection) -> Self {
        let (sender, _) = broadcast::channel(BUFFER_CAPACITY);
        Self { database: database.clone(), sender, relay: Arc::default() }
    }

    /// Returns a listener for changes from now on.
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

    /// Notifies this program and, on PostgreSQL, others.
    pub(crate) async fn notify(&self, topic: Topic) {
        // Without listeners the message is dropped.
        _ = self.sender.send(topic);
        if self.database.get_database_backend() == DatabaseBackend::Postgres
            && let Err(error) = pg_notify(&self.database, topic).await
        {
            tracing::debug!("other programs will detect a change of {} by polling: {error}", topic.name());
        }
    }
}

/// Receives notifications.
#[derive(Debug)]
pub struct Listener {
    receiver: broadcast::Receiver<Topic>,
}

impl Listener {
    /// Waits for a change of `topics`; returns `None` after `timeout`.
    pub async fn wait(&mut self, topics: &[Topic], timeout: Duration) -> Option<Topic> {
        let received = async {
            loop {
                match self.receiver.recv().await {
                    Ok(topic) if topics.contains(&topic) || topic == Topic::Anything => return topic,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => return Topic::Anything,
                    // The store was dropped: no more messages follow.
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::time::timeout(timeout, received).await.ok()
    }
}

async fn pg_notify(database: &DatabaseConnection, topic: Topic) -> Result<(), DbErr> {
    let values = [CHANNEL.into(), topic.name().into()];
    let statement = Statement::from_sql_and_values(DatabaseBackend::Postgres, "SELECT pg_notify($1, $2)", values);
    database.execute_raw(statement).await.map(|_| ())
}

/// Forwards notifications of the server until the pool is closed.
async fn relay(database: DatabaseConnection, sender: broadcast::Sender<Topic>) {
    loop {
        let pool = database.get_postgres_connection_pool();
        if pool.is_closed() {
            return;
        }
        if let Ok(mut listener) = PgListener::connect_with(pool).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            // Messages sent before this connection was established are lost.
            _ = sender.send(Topic::Anything);
            while let Ok(Some(notification)) = listener.try_recv().await {
                _ = sender.send(Topic::named(notification.payload()));
            }
        }
        tokio::time::sleep(RECONNECT_DELAY).await;
    }
}
