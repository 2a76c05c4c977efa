//! The first bytes of a connection: until they are there, no other time limit runs.

use std::time::Duration;

use tokio::{net::TcpStream, time::timeout};
use tokio_util::sync::CancellationToken;

/// What a client of HTTP/2 sends before anything else.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long a client may take to send its first bytes.
const FIRST_BYTES_TIMEOUT: Duration = Duration::from_secs(30);

/// The same for the rest of a preface of HTTP/2 that has begun.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(5);

/// The same for a connection accepted during shutdown: its request is on its way, or there is none.
const CLOSING_TIMEOUT: Duration = Duration::from_millis(250);

/// Shortest and longest pause between two looks at a preface that is not whole.
const PREFACE_PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Returns whether the client sends something soon, and all of a preface if it is one; soon is shorter from when `ending` is cancelled.
pub(super) async fn begins_in_time(stream: &TcpStream, ending: &CancellationToken) -> bool {
    let closing = async {
        ending.cancelled().await;
        tokio::time::sleep(CLOSING_TIMEOUT).await;
    };
    tokio::select! {
        biased;
        begun = begins(stream) => begun,
        () = closing => false,
    }
}

async fn begins(stream: &TcpStream) -> bool {
    let mut begin = [0; PREFACE.len()];
    match timeout(FIRST_BYTES_TIMEOUT, stream.peek(&mut begin)).await {
        Ok(Ok(read @ 1..)) if is_part_of_preface(&begin[..read]) => {
            timeout(PREFACE_TIMEOUT, rest_of_preface(stream)).await.unwrap_or(false)
        }
        Ok(Ok(1..)) => true,
        _ => false,
    }
}

/// Waits for the rest of a preface. What was looked at is still there, so that the socket stays readable: look again later, and then
/// less and less often.
async fn rest_of_preface(stream: &TcpStream) -> bool {
    let mut begin = [0; PREFACE.len()];
    let mut pause = PREFACE_PAUSE.0;
    loop {
        tokio::time::sleep(pause).await;
        match stream.peek(&mut begin).await {
            Ok(0) | Err(_) => return false,
            Ok(read) if is_part_of_preface(&begin[..read]) => pause = (2 * pause).min(PREFACE_PAUSE.1),
            Ok(_) => return true,
        }
    }
}

fn is_part_of_preface(begin: &[u8]) -> bool {
    begin.len() < PREFACE.len() && PREFACE.starts_with(begin)
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncWriteExt as _, net::TcpListener};

    use super::*;

    /// Returns whether a connection is served on which so much was sent, and not more.
    async fn is_served(sent: &[u8], ending: &CancellationToken) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        client.write_all(sent).await.unwrap();
        begins_in_time(&stream, ending).await
    }

    #[tokio::test(start_paused = true)]
    async fn connection_is_dropped_when_nothing_or_half_a_preface_comes() {
        let begun = tokio::time::Instant::now();
        assert!(!is_served(b"PRI * HTTP/2.0", &CancellationToken::new()).await);
        assert!(begun.elapsed() < Duration::from_secs(7), "half a preface is not waited for as long as silence");
        assert!(!is_served(b"", &CancellationToken::new()).await);
    }

    #[tokio::test]
    async fn connection_is_served_when_a_request_begins() {
        let running = CancellationToken::new();
        assert!(is_served(b"G", &running).await && is_served(b"POST / HTTP/1.1", &running).await);
        assert!(is_served(PREFACE, &running).await);
    }

    #[tokio::test(start_paused = true)]
    async fn request_that_arrived_before_the_end_is_served_and_silence_is_not_waited_for() {
        let ending = CancellationToken::new();
        ending.cancel();
        let begun = tokio::time::Instant::now();
        assert!(!is_served(b"", &ending).await);
        assert!(begun.elapsed() < Duration::from_secs(1));
        assert!(is_served(b"GET / HTTP/1.1\r\n", &ending).await);
    }
}
