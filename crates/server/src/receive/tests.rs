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
    let room = Room { folder: folder.path().to_owned(), bytes: 1 << 20, budget: Arc::new(ByteBudget::new(1 << 30)) };
    let received = receive_into(request.body(body).unwrap(), &room, FormContent::File).await;
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
    assert_eq!((received.file.file.metadata().unwrap().len(), taken), (1 << 20, 1 << 10));
    assert_eq!(received.name.as_deref(), Some("a.csv"));
    let (received, _) = send(begin, 3 << 9, "\r\n--B--\r\n").await;
    assert!(received.map(|_| ()).unwrap_err().detail().contains("server.limits.upload"));
}

/// Sends a file of so many bytes as the body.
async fn send_body(bytes: usize, room: &Room) -> Result<Received, Problem> {
    let request = Request::builder().header(header::CONTENT_TYPE, "text/csv");
    receive_into(request.body(Body::from("x".repeat(bytes))).unwrap(), room, FormContent::File).await
}

#[tokio::test]
async fn receive_refuses_a_file_when_those_on_the_disk_take_all_the_space_and_takes_it_when_one_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let room = Room { folder: folder.path().to_owned(), bytes: 1000, budget: Arc::new(ByteBudget::new(1500)) };
    let first = send_body(1000, &room).await.unwrap();
    let refused = send_body(1000, &room).await.unwrap_err();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE, "{}", refused.detail());
    assert!(send_body(500, &room).await.is_ok(), "the refused file has given back what it had taken");
    drop(first);
    assert!(send_body(1000, &room).await.is_ok());
}

#[tokio::test]
async fn form_fields_beside_the_file_are_returned_and_long_ones_are_cut() {
    let part =
        |name: &str, value: &str| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let file = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.csv\"\r\n\r\nxy\r\n";
    let long = "y".repeat(200_000);
    let body = [&part("symbol", "DIS"), file, &part("other", &long), &part("model", &long), "--B--\r\n"].concat();
    let request = Request::builder().header(header::CONTENT_TYPE, "multipart/form-data; boundary=B");
    let folder = tempfile::tempdir().unwrap();
    let room = Room { folder: folder.path().to_owned(), bytes: 1 << 20, budget: Arc::new(ByteBudget::new(1 << 30)) };
    let mut fields = Vec::new();
    let mut take = |name: &str, value: &str| {
        fields.push((name.to_owned(), value.len()));
        Ok(())
    };
    let content = FormContent::FileAndFields(&mut take);
    let mut received = receive_into(request.body(Body::from(body)).unwrap(), &room, content).await.unwrap();
    let mut text = String::new();
    received.file.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), received.name.as_deref()), ("xy", Some("a.csv")));
    let expected = [("symbol", 3), ("other", 4096), ("model", 4096)];
    assert_eq!(fields, expected.map(|(name, length)| (name.to_owned(), length)));
}
