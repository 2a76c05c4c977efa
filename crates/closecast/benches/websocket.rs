//! How long news takes to thousands of clients, some of whom never read.
//!
//! `cargo bench -p closecast --bench websocket [-- CLIENTS SLOW EVENTS EVENTS_PER_SECOND]`
//!
//! Starts the server in a temporary folder and connects 2,000 clients, 100 of whom read nothing after they have subscribed. Then it asks for
//! trainings and cancels them again, each of which is news to everybody, and measures the time from the moment that the server dates the news with
//! to the moment that a client has it. Last comes a storm of larger news, which those who do not read must not survive and everybody else must hear
//! as a whole. Clients and server share the machine, so that the figures hold for both together.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a benchmark prints, and ends when something is wrong"
)]

#[path = "../tests/program/command.rs"]
mod command;
#[path = "../tests/program/server.rs"]
mod server;

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use closecast_domain::{Clock as _, SystemClock};
use closecast_store::{EventPayload, Store};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::{
    command::{command, write_csv},
    server::Server,
};

/// News of the storm, and the bytes of each.
const STORM: usize = 120;
const STORM_BYTES: usize = 16 * 1024;

type Socket = WebSocketStream<TcpStream>;

/// What a client hears of.
struct Heard {
    delays: mpsc::UnboundedSender<Duration>,
    /// Pieces of the storm, of all clients.
    storm: AtomicUsize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test` runs benchmarks without it, and asks for no measurement.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let numbers: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let given = |index: usize, usual: usize| numbers.get(index).copied().unwrap_or(usual);
    let plan = [given(0, 2000), given(1, 100), given(2, 60), given(3, 4)];
    raise_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(plan));
}

async fn measure([clients, slow, events, per_second]: [usize; 4]) {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 450);
    assert!(command(folder.path()).args(["import", "AAPL.csv"]).stdout(Stdio::null()).status().unwrap().success());
    std::fs::write(folder.path().join(".env"), "CLOSECAST_NO_WORKER=true\n").unwrap();
    let server = Server::start(folder.path());
    let store = Store::open(folder.path().join("data").as_path()).await.unwrap();

    let begun = Instant::now();
    let (sender, mut delays) = mpsc::unbounded_channel();
    let heard = Arc::new(Heard { delays: sender, storm: AtomicUsize::new(0) });
    let mut silent = Vec::new();
    for client in 0..clients {
        let socket = subscribed(&server, client < slow).await;
        if client < slow {
            silent.push(socket);
        } else {
            tokio::spawn(listen(socket, Arc::clone(&heard)));
        }
    }
    println!("{clients} clients connected in {:.1} s, {slow} of whom read nothing", begun.elapsed().as_secs_f64());

    let readers = clients - slow;
    let used = processor_seconds(&server);
    let told = ask_and_cancel(&server, events, Duration::from_secs(1) / u32::try_from(per_second).unwrap()).await;
    let mut all = Vec::with_capacity(told * readers);
    while all.len() < told * readers {
        let next = tokio::time::timeout(Duration::from_secs(60), delays.recv()).await;
        all.push(next.unwrap_or_else(|_late| panic!("{} of {} came", all.len(), told * readers)).unwrap());
    }
    all.sort();
    let at = |share: f64| all[((all.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!("{told} events, {per_second} a second, to {readers} clients: {} messages, none missing", all.len());
    let each = (processor_seconds(&server) - used) / all.len() as f64;
    println!("processor time of the server: {:.1} microseconds a message", each * 1e6);
    println!("delay in ms: median {:.1}, p90 {:.1}, p99 {:.1}, most {:.1}", at(0.5), at(0.9), at(0.99), at(1.0));

    let begun = Instant::now();
    let filling = "x".repeat(STORM_BYTES);
    for _ in 0..STORM / 10 {
        let news = EventPayload::Health { symbol: None, data: json!({ "storm": filling }) };
        store.events().publish(&vec![news; 10], SystemClock.now()).await.unwrap();
    }
    while heard.storm.load(Ordering::Relaxed) < STORM * readers {
        assert!(begun.elapsed() < Duration::from_secs(600), "the storm was not heard as a whole");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!(
        "storm of {STORM} x {STORM_BYTES} bytes: heard by all {readers} within {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    println!("{} of {slow} silent clients were dropped; the server has {}", dropped(silent).await, memory(&server));
}

/// Connects and subscribes. A client that will not read has a small buffer.
async fn subscribed(server: &Server, is_slow: bool) -> Socket {
    let socket = TcpSocket::new_v4().unwrap();
    if is_slow {
        socket.set_recv_buffer_size(4096).unwrap();
    }
    let stream = socket.connect(server.address.parse().unwrap()).await.unwrap();
    let (mut socket, _) = client_async(format!("ws://{}/ws", server.address), stream).await.unwrap();
    socket.send(Message::text(r#"{"type":"subscribe","topics":["jobs","health"]}"#)).await.unwrap();
    for expected in ["welcome", "subscribed"] {
        let Some(Ok(Message::Text(text))) = socket.next().await else { panic!("no {expected}") };
        assert!(text.contains(expected), "{text}");
    }
    socket
}

async fn listen(mut socket: Socket, heard: Arc<Heard>) {
    while let Some(Ok(message)) = socket.next().await {
        let now = SystemClock.now();
        let Message::Text(text) = message else { continue };
        if text.contains("\"storm\":") {
            heard.storm.fetch_add(1, Ordering::Relaxed);
        } else if let Some((_, rest)) = text.split_once("\"at\":\"") {
            let at: DateTime<Utc> = rest.split('"').next().unwrap().parse().unwrap();
            heard.delays.send((now - at).to_std().unwrap_or_default()).unwrap();
        }
    }
}

/// Asks for trainings and cancels each, evenly, and returns how many pieces of news that are.
async fn ask_and_cancel(server: &Server, events: usize, pause: Duration) -> usize {
    let mut due = tokio::time::interval(pause);
    for seed in 0..events / 2 {
        due.tick().await;
        let body = json!({ "symbol": "AAPL", "epochs": 1, "seed": seed }).to_string();
        let head = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let (status, _, answer) = tokio::task::block_in_place(|| server.ask_with("POST", "/train", &head));
        assert_eq!(status, 202, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        due.tick().await;
        let cancel = format!("/api/jobs/{}/cancel", answer["job_id"].as_str().unwrap());
        let (status, _, answer) = tokio::task::block_in_place(|| server.ask("POST", &cancel));
        assert_eq!(status, 200, "{answer}");
    }
    events / 2 * 2
}

/// Returns how many of the connections the server has ended.
async fn dropped(silent: Vec<Socket>) -> usize {
    let mut dropped = 0;
    for mut socket in silent {
        let read_on = async { while let Some(Ok(_)) = socket.next().await {} };
        dropped += usize::from(tokio::time::timeout(Duration::from_secs(2), read_on).await.is_ok());
    }
    dropped
}

/// Returns the processor time that the server has used, on any number of processors: unlike a delay, it does not depend on what else the machine does.
fn processor_seconds(server: &Server) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.process.id())).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // In ticks, of which Linux counts 100 a second.
    [11, 12].iter().filter_map(|&field| fields.get(field)?.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn memory(server: &Server) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap_or_default();
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("?").trim().to_owned();
    format!("{} of memory, {} at most", line("VmRSS:"), line("VmHWM:"))
}

/// A connection is an open file at each end.
fn raise_limit() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    }
}
