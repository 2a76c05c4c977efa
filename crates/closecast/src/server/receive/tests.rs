use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{body::Body, http::header};
use futures_util::stream;

use super::*;

/// Sends a form that begins with `begin` and goes on with so many times a kilobyte of `x`, and then `end`. Returns what came of it, and
/// how many kilobytes were taken.
async fn send(begin: &str, kilobytes: usize, end: &str) -> (Result<Received, Problem>, usize) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let middle = (0..kilobytes).map(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        "x".repeat(1024)
    });
    let pieces = std::iter::once(begin.to_owned()).chain(middle).chain([end.to_owned()]);
    let body = Body::from_stream(stream::iter(pieces.map(Ok::<_, io::Error>)));
    let request = Request::builder().header(header::CONTENT_TYPE, "multipart/form-data; boundary=B");
    let folder = tempfile::tempdir().unwrap();
    let room = Room { folder: folder.path().to_owned(), bytes: 1 << 20 };
    let received = receive(request.body(body).unwrap(), &room).await;
    (received, taken.load(Ordering::Relaxed))
}

#[tokio::test]
async fn what_stands_around_the_parts_of_a_form_is_not_kept_whatever_its_length() {
    let after = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nlast\r\n";
    for begin in
        ["", "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"", &format!("{after}--B\r\nX: ")]
    {
        let (received, taken) = send(begin, 8 << 10, "").await;
        let problem = received.map(|_| ()).unwrap_err();
        assert_eq!(problem.status(), StatusCode::PAYLOAD_TOO_LARGE, "{begin}: {}", problem.detail());
        assert!(problem.detail().contains("65536"), "{}", problem.detail());
        assert!(taken < 80, "{begin}: {taken} KB");
    }
}

#[tokio::test]
async fn the_content_of_a_part_may_be_long() {
    let begin = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";
    let (received, taken) = send(begin, 1 << 10, "\r\n--B--\r\n").await;
    let received = received.unwrap();
    assert_eq!((received.file.metadata().unwrap().len(), taken), (1 << 20, 1 << 10));
    assert_eq!(received.name.as_deref(), Some("a.csv"));
    let (received, _) = send(begin, 3 << 9, "\r\n--B--\r\n").await;
    assert!(received.map(|_| ()).unwrap_err().detail().contains("server.limits.upload"));
}
