//! Reading the news, for all who listen.

use std::time::{Duration, Instant};

use closecast_store::{Event, StoreError, Topic};
use tokio_util::sync::CancellationToken;

use super::hub::EventBroadcaster;
use crate::state::ServerState;
use closecast_api::event;

/// Pause between two looks where the database tells nothing of other programs.
const LOOK: Duration = Duration::from_millis(500);

/// The same while nobody listens; who begins to has news read at once.
const IDLE: Duration = Duration::from_secs(5);

/// News read at a time.
const AT_ONCE: u64 = 500;

/// News handed out before looking whether it is taken: well below what fits into an inbox.
const PORTION: usize = 256;
const PORTION_BYTES: usize = 256 * 1024;

/// How long those who do not read are waited for, how long those who read slowly, and the pause between two looks at them. Who does not
/// get through a portion in that time soon has no room left and is dismissed, as is who keeps the others waiting time and again.
const MOMENT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(3);
const GLANCE: Duration = Duration::from_millis(5);

/// Longest time between two looks that is held against who is slow: if it was longer, this machine was.
const LONGEST_GLANCE: Duration = Duration::from_millis(20);

/// Pause between two looks at whether the keys of those who listen are still good.
const KEYS: Duration = Duration::from_secs(5);

/// Hands out the news, and sends away those who may not hear it any more, until it is told to stop.
pub async fn follow(app: ServerState, stopping: CancellationToken) {
    // Side by side: much news must not let anybody hear it for longer.
    tokio::join!(hand_out_all(&app, &stopping), watch_keys(&app, &stopping));
}

async fn watch_keys(app: &ServerState, stopping: &CancellationToken) {
    while stopping.run_until_cancelled(tokio::time::sleep(KEYS)).await.is_some() {
        dismiss_revoked(app).await;
        dismiss_without_key(app).await;
    }
}

async fn hand_out_all(app: &ServerState, stopping: &CancellationToken) {
    let mut notifications = app.store.notifier().listen().await;
    while !stopping.is_cancelled() {
        if let Err(error) = look(app).await {
            tracing::debug!("the news cannot be read: {error}");
        }
        let pause = if app.events.is_idle() { IDLE } else { LOOK };
        tokio::select! {
            _topic = notifications.wait(&[Topic::Events], pause) => (),
            () = app.events.wanted() => (),
            () = stopping.cancelled() => (),
        }
    }
}

/// Hands out what is new. The first look begins with what comes after it.
async fn look(app: &ServerState) -> Result<(), StoreError> {
    let mut head = app.events.head();
    if head < 0 {
        app.events.reach(app.store.events().newest().await?);
        return Ok(());
    }
    loop {
        let (events, read_to) = app.store.events().after(head, AT_ONCE).await?;
        if read_to == head {
            break;
        }
        let (mut notifications, mut bytes) = (0, 0);
        for event in events {
            let of_this = hand_out(app, event);
            (notifications, bytes) = (notifications + usize::from(of_this > 0), bytes + of_this);
            if notifications >= PORTION || bytes >= PORTION_BYTES {
                (notifications, bytes) = (0, 0);
                let_them_read(&app.events).await;
            }
        }
        app.events.reach(read_to);
        head = read_to;
    }
    let newest = app.store.events().newest().await?;
    if newest < head {
        tracing::warn!("the news begins anew at {newest}: the database is another one");
        app.events.begin_anew(newest);
    }
    Ok(())
}

fn hand_out(app: &ServerState, event: Event) -> usize {
    let symbol = event.symbol.clone();
    app.events.tell((event.sequence, event.topic, symbol.as_deref()), || event::text(event).map(Into::into))
}

/// Gives those who read the time to do so when much has happened at once, such as an import of thousands of symbols. Who does not read is
/// waited for once, and for a moment.
pub(super) async fn let_them_read(hub: &EventBroadcaster) {
    let (begun, mut looked, mut glanced) = (Instant::now(), Instant::now(), Instant::now());
    while hub.is_crowded() && begun.elapsed() < LONG {
        hub.charge_slow(glanced.elapsed().min(LONGEST_GLANCE));
        glanced = Instant::now();
        if looked.elapsed() >= MOMENT {
            looked = Instant::now();
            hub.give_up_on_silent();
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// Sends away those whose key was revoked.
async fn dismiss_revoked(app: &ServerState) {
    for key in app.events.keys() {
        match app.store.keys().is_active(&key).await {
            Ok(true) => {}
            Ok(false) => app.events.dismiss(&key),
            Err(error) => tracing::debug!("a key cannot be looked at: {error}"),
        }
    }
}

/// Sends away those who began to listen before keys were used, unless everybody may read.
async fn dismiss_without_key(app: &ServerState) {
    if app.settings.public_read || !app.events.has_keyless() {
        return;
    }
    match app.security.keyring.is_used(&app.store).await {
        Ok(true) => app.events.dismiss_keyless(),
        Ok(false) => {}
        Err(error) => tracing::debug!("whether keys are used cannot be seen: {error}"),
    }
}
