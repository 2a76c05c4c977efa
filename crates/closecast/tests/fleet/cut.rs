//! A connection that is cut at the worst moment: the database has been told to commit, and nobody hears whether it did.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;

use crate::machines::{Fleet, until};

/// Stands between a program and the database, and cuts the connection once, when a publication is to be committed.
struct Proxy {
    port: u16,
    cuts: Arc<AtomicUsize>,
}

impl Proxy {
    fn start(database: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cuts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&cuts);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", database)) else { continue };
                let answers = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let cuts = Arc::clone(&counted);
                std::thread::spawn(move || pass_on(answers.0, answers.1, |_| false));
                std::thread::spawn(move || {
                    let mut publishes = false;
                    pass_on(client, server, |bytes| {
                        publishes |= contains(bytes, b"INSERT INTO \"model_versions\"");
                        publishes && contains(bytes, b"COMMIT") && cuts.fetch_add(1, Ordering::SeqCst) == 0
                    });
                });
            }
        });
        Self { port, cuts }
    }
}

/// Passes on what comes, until the connection ends or `cut` says that what has just been passed on was the last.
fn pass_on(mut from: TcpStream, mut to: TcpStream, mut cut: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let cut = cut(&buffer[..count]);
        if cut {
            // The answer is not passed on, but the server gets the time to do as it was told.
            let _gone = from.shutdown(Shutdown::Both);
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
        if cut {
            std::thread::sleep(Duration::from_millis(500));
            break;
        }
    }
    for stream in [from, to] {
        let _may_be_gone = stream.shutdown(Shutdown::Both);
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_publication_whose_commit_is_not_confirmed_is_neither_lost_nor_made_twice() {
    let Some(fleet) = Fleet::start("cut", "") else { return };
    fleet.import(1, 450);
    let proxy = Proxy::start(fleet.cluster.port());
    let server = fleet.serve("replica", &["--no-worker"]);
    let through = fleet.cluster.url().replace(&format!(":{}/", fleet.cluster.port()), &format!(":{}/", proxy.port));
    let worker = fleet.worker_with("worker", &through);
    let training = json!({ "symbol": "FLEET1", "lookback": 10, "hidden_size": 4, "epochs": 1 });
    let queued = server.queue(&training);
    let job = until("the job ends", || {
        let job = server.job(&queued);
        ["succeeded", "failed"].contains(&job["status"].as_str().unwrap()).then_some(job)
    });
    assert!(proxy.cuts.load(Ordering::SeqCst) >= 1, "the connection was cut");
    assert_eq!((&job["status"], &job["attempt"]), (&json!("succeeded"), &json!(1)), "{job}");
    until("the run is closed", || (fleet.cluster.query("SELECT state FROM runs") != ["running"]).then_some(()));
    let run = fleet.cluster.query("SELECT id, state, model_version FROM runs");
    assert_eq!(run, [format!("{}|succeeded|1", job["result"]["run_id"].as_str().unwrap())]);
    assert_eq!(fleet.cluster.query("SELECT name, version FROM model_versions"), ["FLEET1|1"]);
    assert!(worker.log().contains("the store does not answer"), "it heard nothing and tried again: {}", worker.log());
}
