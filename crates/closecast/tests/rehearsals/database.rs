//! A database that is locked, and one that is gone.

use std::{
    io::{BufRead, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    postgres::Cluster,
    server::Server,
    site::{Answer, Site, tell, wait_until},
};

/// How long a writer waits for another one.
const WRITERS_WAIT: Duration = Duration::from_secs(10);

/// How long the database is gone.
const GONE: Duration = Duration::from_secs(30);

/// Another program that keeps the database locked until this is dropped.
struct Lock(Child);

impl Lock {
    fn take(file: &Path) -> Self {
        let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60); \
                      c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read(); c.execute('ROLLBACK')";
        let mut command = Command::new("python3");
        command.args(["-c", script]).arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "locked");
        Self(holder)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

fn is_refused_for_now(answer: &Answer) -> bool {
    answer.status == 503 && answer.head.contains("retry-after: ")
}

#[test]
fn a_locked_database_holds_up_writers_for_a_while_and_readers_not_at_all() {
    let site = Site::new();
    let server = Server::start(&site.folder);
    let job = server.train(1, 40);
    server.wait_for(&job, |job| job["status"] == "running");
    let lock = Lock::take(&site.data().join("closecast.db"));
    let held = Instant::now();
    thread::scope(|scope| {
        // More than there are connections, and of a model whose forecast is not kept yet.
        let new = "/api/predictions/AAPL?model=BASE";
        let forecasts: Vec<_> = (0..12).map(|_| scope.spawn(|| server.get(new))).collect();
        thread::sleep(Duration::from_millis(500));
        let ready = server.get("/readyz");
        assert!(ready.status == 503 && ready.body.contains("keeps the database locked"), "{ready:?}");
        assert!(ready.took < Duration::from_secs(4), "{ready:?}");
        for path in ["/livez", "/api/predictions/AAPL", "/api/stocks/AAPL", "/api/symbols", "/api/jobs"] {
            let answer = server.get(path);
            assert!(answer.status == 200 && answer.took < Duration::from_secs(3), "{path}: {answer:?}");
        }
        for forecast in forecasts {
            let answer = forecast.join().unwrap();
            assert_eq!((answer.status, &answer.json()["stored"]), (200, &false.into()), "{answer:?}");
            assert!(answer.json()["warning"].as_str().unwrap().contains("locked"), "{answer:?}");
            assert!(answer.took < WRITERS_WAIT + Duration::from_secs(5), "{answer:?}");
        }
    });
    assert!(held.elapsed() > WRITERS_WAIT);
    drop(lock);
    let is_stored = || server.get("/api/predictions/AAPL?model=BASE").json()["stored"] == true;
    wait_until("the forecast to be stored", is_stored);
    let ended = server.succeeds(&job);
    assert_eq!(ended["attempt"], 1, "its worker could not write, and was alive all the same: {ended:#}");
    server.is_idle();
    drop(server);
    assert_eq!(site.versions(), [1, 2]);
    let found = site.doctor(&[]);
    assert!(found.complaints().is_empty(), "{found:?}");
}

/// A training of the command line waits for its turn to publish.
#[test]
fn a_locked_database_does_not_cost_a_training() {
    let site = Site::new();
    let mut training = crate::command::command(&site.folder)
        .args(["train", "AAPL", "--seed", "3", "--epochs", "60", "--hidden-size", "64", "--lookback", "20"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let runs = || site.json(&["runs", "list"])["runs"].as_array().unwrap().len();
    wait_until("the training to begin", || runs() == 2);
    let lock = Lock::take(&site.data().join("closecast.db"));
    thread::sleep(WRITERS_WAIT + Duration::from_secs(3));
    drop(lock);
    assert!(training.wait().unwrap().success());
    assert_eq!(site.versions(), [1, 2]);
}

/// What is written goes into the file that nobody finds any more: the server says so instead of taking more.
#[test]
fn a_database_whose_file_was_put_elsewhere_is_told() {
    let site = Site::new();
    let server = Server::start(&site.folder);
    wait_until("/readyz", || server.get("/readyz").status == 200);
    let (here, elsewhere) = (site.data().join("closecast.db"), site.folder.join("closecast.db"));
    std::fs::rename(&here, &elsewhere).unwrap();
    wait_until("the server to notice", || server.get("/readyz").status == 503);
    assert_eq!(server.get("/livez").status, 200);
    let train = r#"{"symbol":"AAPL","epochs":1,"hidden_size":4,"lookback":10,"seed":8}"#;
    let refused = server.request("POST", "/train", train);
    assert!(refused.status == 503 && refused.body.contains("could not be kept"), "{refused:?}");
    assert_eq!(server.get("/api/symbols").status, 200, "what was kept is still read");
    std::fs::rename(&elsewhere, &here).unwrap();
    wait_until("/readyz", || server.get("/readyz").status == 200);
    assert_eq!(server.request("POST", "/train", train).status, 202);
}

/// Sends a file of prices, and returns what came back.
fn upload(server: &Server, csv: &[u8]) -> String {
    let mut stream = server.connect();
    let head = format!(
        "POST /api/stocks/MSFT/upload HTTP/1.0\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: {}\r\n\r\n",
        csv.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(csv).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Does something to the file of a database.
type Fault = fn(&Path);

#[test]
fn server_is_not_ready_and_acknowledges_nothing_when_the_database_file_is_gone_or_damaged() {
    let faults: [(&str, Fault); 4] = [
        ("deleted", |file| std::fs::remove_file(file).unwrap()),
        ("replaced", |file| {
            let other = file.with_extension("other");
            std::fs::copy(file, &other).unwrap();
            std::fs::rename(other, file).unwrap();
        }),
        ("truncated", |file| std::fs::File::options().write(true).open(file).unwrap().set_len(4096).unwrap()),
        ("overwritten", |file| {
            let length = std::fs::metadata(file).unwrap().len();
            let mut file = std::fs::File::options().write(true).open(file).unwrap();
            file.write_all(&vec![0xAA; usize::try_from(length).unwrap()]).unwrap();
        }),
    ];
    for (fault, apply) in faults {
        let site = Site::new();
        let server = Server::start(&site.folder);
        wait_until("/readyz", || server.get("/readyz").status == 200);
        apply(&site.data().join("closecast.db"));
        wait_until(&format!("the server to notice a file that was {fault}"), || server.get("/readyz").status == 503);
        for path in ["/readyz", "/health"] {
            let answer = server.get(path);
            assert!(answer.status == 503 && answer.body.contains("the database file"), "{fault}: {answer:?}");
            assert!(!answer.body.contains("closecast.db"), "{fault}: {answer:?}");
        }
        assert_eq!(server.get("/livez").status, 200);
        let training = server.request("POST", "/train", r#"{"symbol":"AAPL","epochs":1}"#);
        assert!(training.status >= 500, "{fault}: {training:?}");
        let prices = std::fs::read(site.folder.join("AAPL.csv")).unwrap();
        let uploaded = upload(&server, &prices);
        assert!(uploaded.starts_with("HTTP/1.0 5"), "{fault}: {uploaded}");
    }
}

#[test]
fn a_database_that_is_gone_for_a_while_costs_nothing() {
    let Some(cluster) = Cluster::start() else { return };
    let site = Site::with(&format!("database_url = \"{}\"\n", cluster.database("gone")));
    let before = site.doctor(&[]).forecasts();
    let server = Server::start(&site.folder);
    let job = server.train(1, 60);
    server.wait_for(&job, |job| job["status"] == "running");
    cluster.stop();
    let begun = Instant::now();
    let mut looks = 0;
    while begun.elapsed() < GONE {
        let answers = ["/livez", "/readyz", "/api/predictions/AAPL", "/api/stocks/AAPL"].map(|path| server.get(path));
        let statuses = answers.each_ref().map(|answer| answer.status);
        assert_eq!(statuses, [200, 503, 503, 503], "{answers:?}");
        assert!(is_refused_for_now(&answers[2]) && answers.iter().all(|answer| answer.took < Duration::from_secs(8)));
        looks += 1;
        thread::sleep(Duration::from_secs(1));
    }
    let asked = site.doctor(&[]);
    assert_eq!(asked.on("database")["status"], "error", "{asked:?}");
    cluster.resume();
    for path in ["/readyz", "/api/predictions/AAPL"] {
        wait_until(path, || server.get(path).status == 200);
    }
    let ended = server.succeeds(&job);
    server.is_idle();
    drop(server);
    assert_eq!(site.versions(), [1, 2], "published once: {ended:#}");
    assert_eq!(ended["attempt"], 1, "what was trained meanwhile is not trained again: {ended:#}");
    let found = site.doctor(&[]);
    assert!(found.complaints().is_empty() && found.forecasts() >= before, "{found:?}");
    tell(&format!("gone for {GONE:?}: {looks} looks, done in attempt {}", ended["attempt"]));
}
