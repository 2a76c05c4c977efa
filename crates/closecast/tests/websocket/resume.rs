//! Resuming from a number.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    client::{Client, assert_rising, news, now, numbers, store},
    server::Server,
};

fn resume(from: i64) -> Value {
    json!({ "type": "subscribe", "topics": ["health"], "resume_from": from })
}

/// While news keeps coming, a client loses its connection again and again, and misses nothing and hears nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_again_and_again_hears_everything_once() {
    const ALL: usize = 1500;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let store = store(folder.path()).await;
    let teller = tokio::spawn(async move {
        for number in 0..ALL {
            store.events().publish(&[news("AAPL", number, 100)], now()).await.unwrap();
        }
    });
    let (mut heard, mut from) = (Vec::new(), 0);
    while heard.len() < ALL {
        let mut client = Client::subscribed(&server, resume(from)).await;
        for _ in 0..1 + heard.len() % 97 {
            heard.push(client.next().await);
            from = heard.last().unwrap()["sequence"].as_i64().unwrap();
            if heard.len() == ALL {
                break;
            }
        }
    }
    teller.await.unwrap();
    assert_eq!(numbers(&heard), (0..ALL).collect::<Vec<_>>());
    assert_rising(&heard);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_or_of_another_database_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let store = store(folder.path()).await;
    let ten: Vec<_> = (1..=10).map(|number| news("AAPL", number, 10)).collect();
    store.events().publish(&ten, now()).await.unwrap();
    store.events().prune(now() - TimeDelta::days(1), 4, 100).await.unwrap();

    let mut client = Client::subscribed(&server, resume(2)).await;
    assert_eq!(client.next().await, json!({ "type": "gap", "from": 3, "to": 6, "reason": "forgotten" }));
    let rest = client.until(|event| event["sequence"] == 10).await;
    assert_eq!(numbers(&rest), [7, 8, 9, 10]);

    let mut client = Client::subscribed(&server, resume(6)).await;
    assert_eq!(client.next().await["sequence"], 7, "nothing is missing");

    let mut client = Client::subscribed(&server, resume(99)).await;
    assert_eq!(client.next().await, json!({ "type": "gap", "from": 1, "to": 10, "reason": "another_database" }));
    store.events().publish(&[news("AAPL", 11, 10)], now()).await.unwrap();
    assert_eq!(client.next().await["sequence"], 11);
}

/// More topics and symbols on the same connection; what is resumed is told again, what was listened to before goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_can_ask_for_more_and_for_less() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let store = store(folder.path()).await;
    let tell = async |symbol: &str, number| store.events().publish(&[news(symbol, number, 10)], now()).await.unwrap();
    tell("IBM", 1).await;
    let of = |kind: &str, symbol: &str| json!({ "type": kind, "topics": ["health"], "symbols": [symbol] });
    let mut client = Client::subscribed(&server, of("subscribe", "AAPL")).await;
    tell("AAPL", 2).await;
    tell("IBM", 3).await;
    assert_eq!(numbers(&[client.next().await]), [2]);
    let mut resumed = of("subscribe", "IBM");
    resumed["resume_from"] = 0.into();
    client.say(resumed).await;
    let said = client.next().await;
    assert_eq!(
        (&said["type"], &said["resumed_from"], &said["symbols"]),
        (&json!("subscribed"), &json!(0), &json!(["IBM"]))
    );
    tell("AAPL", 4).await;
    tell("IBM", 5).await;
    let heard = client.until(|event| event["data"]["number"] == 5).await;
    assert_eq!(numbers(&heard), [1, 3, 4, 5]);
    client.say(of("unsubscribe", "AAPL")).await;
    assert_eq!(client.next().await["type"], "unsubscribed");
    tell("AAPL", 6).await;
    tell("IBM", 7).await;
    assert_eq!(numbers(&[client.next().await]), [7]);
}
