//! What a client may do, and how it ends.

use std::{process::Command, time::Instant};

use serde_json::json;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{client::Client, command::command, server::Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_message_is_answered_and_many_end_the_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = Client::connect(&server).await;
    for (message, named) in [
        (Message::text("{"), "cannot be read"),
        (Message::text(r#"{"type":"subscribe","topics":["weather"]}"#), "weather"),
        (Message::binary(vec![1, 2]), "text"),
        (Message::text(r#"{"type":"unsubscribe","resume_from":1}"#), "resume_from"),
    ] {
        client.send(message).await;
        let answer = client.next().await;
        assert_eq!(answer["type"], "error");
        assert!(answer["detail"].as_str().unwrap().contains(named), "{answer}");
    }
    client.say(json!({ "type": "subscribe", "topics": ["jobs"] })).await;
    assert_eq!(client.next().await["type"], "subscribed", "it was forgiven");
    for _ in 0..20 {
        client.send(Message::text("nonsense")).await;
    }
    assert_eq!(client.end().await.0, 1008);

    let mut client = Client::connect(&server).await;
    for _ in 0..100 {
        client.say(json!({ "type": "ping" })).await;
    }
    assert_eq!(client.end().await.0, 1008);
    let mut client = Client::connect(&server).await;
    client.send(Message::text("x".repeat(17 * 1024))).await;
    assert_eq!(client.end().await.0, 1009);
    let symbols: Vec<String> = (0..400).map(|number| format!("S{number}")).collect();
    let mut client = Client::connect(&server).await;
    client.say(json!({ "type": "subscribe", "topics": ["jobs", "bars", "health"], "symbols": symbols })).await;
    assert!(client.next().await["detail"].as_str().unwrap().contains("at most 1000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_the_places_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n[server.limits]\nwebsockets_each = 2\n";
    std::fs::write(folder.path().join("closecast.toml"), settings).unwrap();
    let server = Server::start(folder.path());
    let connect = async |address: &str| {
        let mut request = format!("ws://{}/ws", server.address).into_client_request().unwrap();
        request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        match connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    };
    let _kept = [connect("2001:db8::1").await.unwrap(), connect("2001:db8::2").await.unwrap()];
    assert_eq!(connect("2001:db8::3").await.unwrap_err(), 429, "a network of version 6 is one caller");
    assert!(connect("2001:db8:0:1::1").await.is_ok() && connect("203.0.113.1").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_connections_are_taken_and_one_that_ends_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("closecast.toml"), "[server.limits]\nwebsockets = 2\n").unwrap();
    let server = Server::start(folder.path());
    let kept = [Client::connect(&server).await, Client::connect(&server).await];
    let refused = connect_async(format!("ws://{}/ws", server.address)).await.unwrap_err();
    let tokio_tungstenite::tungstenite::Error::Http(answer) = refused else { panic!("{refused}") };
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "5");
    drop(kept);
    let begun = Instant::now();
    while connect_async(format!("ws://{}/ws", server.address)).await.is_err() {
        assert!(begun.elapsed().as_secs() < 10);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_for_a_websocket_is_told_so_and_a_key_is_never_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (status, head, body) = server.ask("GET", "/ws");
    assert!(status == 426 && head.contains("upgrade: websocket") && body.contains("wss://"), "{head}\n{body}");
    let (status, _, body) = server.ask_with("GET", "/ws", "Upgrade: websocket\r\n");
    assert_eq!(status, 400, "{body}");
    let mut request = format!("ws://{}/ws", server.address).into_client_request().unwrap();
    let offered = "key.cc_secret, closecast".parse().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", offered);
    let (_socket, answer) = connect_async(request).await.unwrap();
    assert_eq!(answer.headers()["sec-websocket-protocol"], "closecast");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_says_good_bye_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let mut client = Client::subscribed(&server, json!({ "type": "subscribe", "topics": ["jobs"] })).await;
    // One that never answers does not hold it up.
    let _silent = Client::connect(&server).await;
    let begun = Instant::now();
    let id = server.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let (code, reason) = client.end().await;
    assert!(code == 1001 && reason.contains("resume"), "{code} {reason}");
    assert!(server.process.wait().unwrap().success());
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_without_a_key_goes_when_the_first_key_is_made_unless_everybody_may_read() {
    for public in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("closecast.toml"), format!("[server]\npublic_read = {public}\n")).unwrap();
        let server = Server::start(folder.path());
        let mut client = Client::subscribed(&server, json!({ "type": "subscribe", "topics": ["jobs"] })).await;
        let made = command(folder.path()).args(["keys", "create", "mine", "--role", "admin"]).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        if public {
            tokio::time::sleep(std::time::Duration::from_secs(12)).await;
            client.say(json!({ "type": "ping" })).await;
            assert_eq!(client.next().await["type"], "pong");
        } else {
            let end = tokio::time::timeout(std::time::Duration::from_secs(30), client.end()).await;
            let (code, reason) = end.unwrap();
            assert!(code == 4401 && reason.contains("needed"), "{code} {reason}");
        }
    }
}
