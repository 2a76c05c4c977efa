//! An S3 server that announces impossible sizes or redirects its clients.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use closecast_store::{ArtifactAddress, ArtifactSettings, Blobs, S3Settings, Secret, StoreError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A local server that sends the same response to every request, and counts the requests.
struct Server {
    address: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    async fn responding(response: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let response = response.clone();
                tokio::spawn(async move {
                    let mut request = [0; 8192];
                    let _read = stream.read(&mut request).await;
                    let _sent = stream.write_all(response.as_bytes()).await;
                    // Left open: the rest of the announced body is never sent.
                    tokio::time::sleep(Duration::from_secs(30)).await;
                });
            }
        });
        Self { address, requests }
    }

    fn blobs(&self) -> Blobs {
        let address = ArtifactAddress::S3 { bucket: "models".to_owned(), prefix: String::new() };
        let s3 = S3Settings {
            endpoint: Some(self.address.clone()),
            access_key_id: Some("id".to_owned()),
            secret_access_key: Some(Secret::from("hidden".to_owned())),
            allow_http: true,
            ..S3Settings::default()
        };
        Blobs::open(&ArtifactSettings { address, s3 }).unwrap()
    }
}

fn hash() -> String {
    "ab".repeat(32)
}

#[tokio::test]
async fn get_rejects_oversized_announcement_before_allocating() {
    let size = 8_u64 << 30;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nETag: \"1\"\r\nLast-Modified: Wed, 01 Jan 2020 00:00:00 GMT\r\n\r\nsome"
    );
    let server = Server::responding(head).await;
    let reading = tokio::time::timeout(Duration::from_secs(10), async move { server.blobs().get(&hash()).await });
    let read = reading.await.unwrap();
    assert!(matches!(read, Err(StoreError::BlobSize { size: found, .. }) if found == size), "{read:?}");
}

#[tokio::test]
async fn client_does_not_follow_redirect_to_another_host() {
    let body =
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"1\"\r\nLast-Modified: Wed, 01 Jan 2020 00:00:00 GMT\r\n\r\n";
    let other = Server::responding(body.to_owned()).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let location = format!("HTTP/1.1 {status}\r\nLocation: {}/other\r\nContent-Length: 0\r\n\r\n", other.address);
        let server = Server::responding(location).await;
        let read = server.blobs().get(&hash()).await;
        assert!(matches!(read, Err(StoreError::Blob(_))), "{status}: {read:?}");
        assert_eq!(server.requests.load(Ordering::Relaxed), 1, "{status}");
    }
    assert_eq!(other.requests.load(Ordering::Relaxed), 0);
}
