//! Bursts of news among those who read quickly and those who read slowly.

use std::{sync::Arc, time::Duration};

use closecast_store::EventTopic;
use futures_util::FutureExt as _;

use super::{DisconnectReason, EventBroadcaster, Filter, Subscription, feed::let_them_read};

fn listening(hub: &Arc<EventBroadcaster>) -> Subscription {
    let listening = hub.listen(None);
    listening.change(Filter::of(&[EventTopic::Health], None));
    listening
}

fn tell(hub: &EventBroadcaster, pieces: i64) {
    (1..=pieces).for_each(|sequence| {
        hub.tell((sequence, EventTopic::Health, None), || Some("x".into()));
    });
}

/// Takes a few pieces now and then, as somebody does whom nobody can give up as silent.
async fn read_slowly(slow: &Subscription) {
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        slow.inbox.take();
    }
}

#[tokio::test]
async fn who_reads_slowly_is_sent_away_and_the_others_go_on() {
    let hub = Arc::new(EventBroadcaster::default());
    let (slow, quick, other) = (listening(&hub), listening(&hub), listening(&hub));
    tell(&hub, 1000);
    while !quick.inbox.take().is_empty() && !other.inbox.take().is_empty() {}
    let waiting = async {
        // A busy machine looks less often, and holds less against anybody.
        for _ in 0..3 {
            let_them_read(&hub).await;
        }
    };
    tokio::select! { () = waiting => (), () = read_slowly(&slow) => () }
    assert!(matches!(slow.inbox.dismissed().now_or_never(), Some(DisconnectReason::TooSlow { .. })));
    assert!(quick.inbox.dismissed().now_or_never().is_none() && other.inbox.dismissed().now_or_never().is_none());
}

/// A machine on which all are behind is slow itself.
#[tokio::test]
async fn where_all_are_behind_nobody_is_sent_away() {
    let hub = Arc::new(EventBroadcaster::default());
    let (one, another) = (listening(&hub), listening(&hub));
    tell(&hub, 1000);
    let reading = async { tokio::join!(read_slowly(&one), read_slowly(&another)) };
    tokio::select! { () = let_them_read(&hub) => (), _never = reading => () }
    assert!(one.inbox.dismissed().now_or_never().is_none() && another.inbox.dismissed().now_or_never().is_none());
}
