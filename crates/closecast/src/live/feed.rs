//! Reading the news, for all who listen.

use std::time::{Duration, Instant};

use closecast_store::{Event, StoreError, Topic};
use tokio_util::sync::CancellationToken;

use crate::{app::App, views::event};

/// Pause between two looks where the database tells nothing of other programs.
const LOOK: Duration = Duration::from_millis(500);

/// The same while nobody listens; who begins to has news read at once.
const IDLE: Duration = Duration::from_secs(5);

/// News read at a time.
const AT_ONCE: u64 = 500;

/// Pause between two looks at whether the keys of those who listen are still good.
const KEYS: Duration = Duration::from_secs(5);

/// Hands out the news until it is told to stop.
pub(crate) async fn follow(app: App, stopping: CancellationToken) {
    let mut told = app.store.wakeups().listen().await;
    let mut keys_seen = Instant::now();
    while !stopping.is_cancelled() {
        if let Err(error) = look(&app).await {
            tracing::debug!("the news cannot be read: {error}");
        }
        if keys_seen.elapsed() >= KEYS {
            keys_seen = Instant::now();
            dismiss_revoked(&app).await;
        }
        let pause = if app.live.is_idle() { IDLE } else { LOOK };
        tokio::select! {
            _topic = told.wait(&[Topic::Events], pause) => (),
            () = app.live.wanted() => (),
            () = stopping.cancelled() => (),
        }
    }
}

/// Hands out what is new. The first look begins with what comes after it.
async fn look(app: &App) -> Result<(), StoreError> {
    let mut head = app.live.head();
    if head < 0 {
        app.live.reach(app.store.events().newest().await?);
        return Ok(());
    }
    loop {
        let (events, read_to) = app.store.events().after(head, AT_ONCE).await?;
        if read_to == head {
            break;
        }
        for event in events {
            hand_out(app, event);
        }
        app.live.reach(read_to);
        head = read_to;
    }
    let newest = app.store.events().newest().await?;
    if newest < head {
        tracing::warn!("the news begins anew at {newest}: the database is another one");
        app.live.begin_anew(newest);
    }
    Ok(())
}

fn hand_out(app: &App, event: Event) {
    let symbol = event.symbol.clone();
    app.live.tell((event.sequence, event.topic, symbol.as_deref()), || event::text(event).map(Into::into));
}

/// Sends away those whose key was revoked.
async fn dismiss_revoked(app: &App) {
    for key in app.live.keys() {
        match app.store.keys().is_good(&key).await {
            Ok(true) => {}
            Ok(false) => app.live.dismiss(&key),
            Err(error) => tracing::debug!("a key cannot be looked at: {error}"),
        }
    }
}
