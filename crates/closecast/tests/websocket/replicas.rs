//! Several servers over one database.

use closecast_store::{DatabaseAddress, Store, StoreSettings};
use serde_json::json;

use crate::{
    client::{Client, assert_rising, news, now, numbers, store},
    command::command,
    server::Server,
};

/// Two programs tell news, each through its own connection; clients of two servers hear the same in the same order.
async fn same_news(servers: [&Server; 2], stores: [Store; 2]) {
    let subscribe = json!({ "type": "subscribe", "topics": ["health"] });
    let mut one = Client::subscribed(servers[0], subscribe.clone()).await;
    let mut other = Client::subscribed(servers[1], subscribe).await;
    let tellers = stores.into_iter().enumerate().map(|(teller, store)| {
        tokio::spawn(async move {
            for number in 0..100 {
                store.events().publish(&[news("AAPL", teller * 1000 + number, 10)], now()).await.unwrap();
            }
        })
    });
    let tellers: Vec<_> = tellers.collect();
    let (mut by_one, mut by_other) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        by_one.push(one.next().await);
        by_other.push(other.next().await);
    }
    for teller in tellers {
        teller.await.unwrap();
    }
    assert_eq!(by_one, by_other);
    assert_rising(&by_one);
    let of = |teller: usize| -> Vec<usize> {
        numbers(&by_one).into_iter().filter(|number| number / 1000 == teller).map(|number| number % 1000).collect()
    };
    assert_eq!([of(0), of(1)], [(0..100).collect::<Vec<_>>(), (0..100).collect()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_over_one_file_tell_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let servers = [Server::start(folder.path()), Server::start(folder.path())];
    same_news([&servers[0], &servers[1]], [store(folder.path()).await, store(folder.path()).await]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_over_one_postgres_tell_the_same() {
    let Some(url) = closecast_testkit::services::address("CLOSECAST_TEST_POSTGRES") else { return };
    // A schema of the test's own in the database that is there.
    let schema = format!("ws_{}", uuid::Uuid::now_v7().simple());
    let separator = if url.contains('?') { '&' } else { '?' };
    let folder = tempfile::tempdir().unwrap();
    let psql = |sql: String| {
        let status = std::process::Command::new("psql").arg(&url).args(["-qc", &sql]).status().unwrap();
        assert!(status.success(), "{sql}");
    };
    psql(format!("CREATE SCHEMA {schema}"));
    let own = format!("{url}{separator}options=-csearch_path%3D{schema}");
    let server = || {
        let mut command = command(folder.path());
        command.env("DATABASE_URL", &own);
        Server::of(command, folder.path())
    };
    let settings = || StoreSettings {
        database: Some(DatabaseAddress::parse(&own).unwrap()),
        ..StoreSettings::from(folder.path().join("data").as_path())
    };
    let servers = [server(), server()];
    let stores = [Store::open(settings()).await.unwrap(), Store::open(settings()).await.unwrap()];
    same_news([&servers[0], &servers[1]], stores).await;
    drop(servers);
    psql(format!("DROP SCHEMA {schema} CASCADE"));
}
