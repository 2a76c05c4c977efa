//! HTTP/2 without TLS and HTTP/1.1 on one port, as proxies of a cluster and everybody else speak them.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use axum::{
    body::{Body, to_bytes},
    http::{Request, Version},
};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn h2c_is_spoken_to_who_begins_with_it_and_http_1_1_keeps_its_connections() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let stream = tokio::net::TcpStream::connect(&server.address).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    // Both at a time, on one connection.
    let (first, second) = (ask(&server, "/livez"), ask(&server, "/api/symbols"));
    let (first, second) = tokio::join!(sender.send_request(first), sender.clone().send_request(second));
    for (answer, expected) in [(first.unwrap(), &b"ok"[..]), (second.unwrap(), &b"{\"symbols\":[]}"[..])] {
        assert_eq!((answer.version(), answer.status().as_u16()), (Version::HTTP_2, 200));
        assert_eq!(to_bytes(Body::new(answer.into_body()), 1000).await.unwrap(), expected);
    }
    drop(sender);
    connection.await.unwrap().unwrap();

    let mut stream = BufReader::new(server.connect());
    for _ in 0..2 {
        assert_eq!(livez_of_http_1_1(&mut stream), b"ok");
    }
    assert_eq!(server.ask("GET", "/livez").0, 200, "who wants no second answer is understood too");
}

fn ask(server: &Server, path: &str) -> Request<Body> {
    Request::get(format!("http://{}{path}", server.address)).body(Body::empty()).unwrap()
}

/// Asks on a connection that stays open, and returns the body.
fn livez_of_http_1_1(stream: &mut BufReader<TcpStream>) -> Vec<u8> {
    stream.get_mut().write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let head: Vec<String> = stream.lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
    assert_eq!(head[0], "HTTP/1.1 200 OK", "{head:?}");
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    body
}
