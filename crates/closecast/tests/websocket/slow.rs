//! A client that does not read, beside one that does.

use serde_json::json;

use crate::{
    client::{Client, Received, news, now, numbers, store},
    server::Server,
};

/// More than fits into the buffers of a connection and into what is kept for it.
const PIECES: usize = 600;
const BYTES: usize = 48 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_dropped_and_others_hear_everything() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let store = store(folder.path()).await;
    let subscribe = json!({ "type": "subscribe", "topics": ["health"] });
    let mut slow = Client::subscribed(&server, subscribe.clone()).await;
    let mut quick = Client::subscribed(&server, subscribe.clone()).await;
    let listening =
        tokio::spawn(async move { numbers(&quick.until(|event| event["data"]["number"] == PIECES - 1).await) });
    for first in (0..PIECES).step_by(10) {
        let some: Vec<_> = (first..first + 10).map(|number| news("AAPL", number, BYTES)).collect();
        store.events().publish(&some, now()).await.unwrap();
    }
    assert_eq!(listening.await.unwrap(), (0..PIECES).collect::<Vec<_>>());

    let mut heard = Vec::new();
    while let Received::Said(said) = slow.receive().await {
        heard.push(said);
    }
    assert!(heard.len() < PIECES, "it was not waited for");
    let from = heard.last().map_or(0, |event| event["sequence"].as_i64().unwrap());
    let mut resumed = subscribe;
    resumed["resume_from"] = from.into();
    let mut again = Client::subscribed(&server, resumed).await;
    heard.extend(again.until(|event| event["data"]["number"] == PIECES - 1).await);
    assert_eq!(numbers(&heard), (0..PIECES).collect::<Vec<_>>());
}
