//! A client that asks for forecasts all the time, and remembers what it was told.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::client::ask;

/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(20);

/// What a client was told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Every session forecast: symbol, last known session, session, model.
    pub(crate) forecasts: BTreeSet<String>,
    /// Answers other than 200: when, and what.
    pub(crate) others: Vec<(Instant, String)>,
    /// Questions in all.
    pub(crate) questions: usize,
}

/// The client.
pub(crate) struct Asker {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Told>,
}

impl Asker {
    /// Starts asking the server at `address` for the forecasts of `symbols`, one after the other.
    pub(crate) fn start(address: &str, symbols: &[String]) -> Self {
        let (address, symbols, stop) = (address.to_owned(), symbols.to_owned(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut told = Told::default();
            for symbol in symbols.iter().cycle() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                told.ask(&address, symbol);
                std::thread::sleep(PAUSE);
            }
            told
        });
        Self { stop, thread }
    }

    /// Stops asking and returns what was told.
    pub(crate) fn stop(self) -> Told {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

impl Told {
    fn ask(&mut self, address: &str, symbol: &str) {
        self.questions += 1;
        let other = match ask(address, "GET", &format!("/api/predictions/{symbol}"), "") {
            Ok(answer) if answer.status == 200 => return self.forecasts.extend(sessions(&answer.expect(200))),
            Ok(answer) if answer.status == 503 && answer.head.contains("retry-after: ") => {
                "503 with Retry-After".to_owned()
            }
            Ok(answer) => format!("{} {}", answer.head, answer.body),
            Err(error) => error.to_string(),
        };
        self.others.push((Instant::now(), other));
    }
}

/// Returns what is stored of a forecast, session by session.
fn sessions(forecast: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = [&forecast["symbol"], &forecast["as_of"]].map(text).join("|");
    let model = text(&forecast["model"]["sha256"]);
    let sessions = forecast["sessions"].as_array().unwrap();
    sessions.iter().map(|session| format!("{of}|{}|{model}", text(&session["date"]))).collect()
}
