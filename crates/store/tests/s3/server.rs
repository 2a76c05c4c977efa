//! The S3 server of the tests: moto's, including requests specific to it.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use closecast_store::{ArtifactAddress, ArtifactSettings, Blobs, S3Settings, Secret};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// One test makes the server check keys; the others wait meanwhile.
static KEYS_ARE_CHECKED: RwLock<()> = RwLock::const_new(());

/// Requests that create a user with full access to S3 and its key. A user has at most two keys, so each run creates its own.
fn requests_for_user() -> [String; 3] {
    let user = format!("UserName=closecast-{}", std::process::id());
    let policy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
                  %22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
    [
        format!("Action=CreateUser&{user}"),
        format!("Action=CreateAccessKey&{user}"),
        format!("Action=PutUserPolicy&{user}&PolicyName=all&PolicyDocument={policy}"),
    ]
}

/// Direct access to the server, without the tested client.
pub(crate) struct Server {
    address: String,
    _shared: RwLockReadGuard<'static, ()>,
}

impl Server {
    /// Returns the server, or `None` if none is configured.
    pub(crate) async fn find() -> Option<Self> {
        let address = given()?;
        Some(Self { address, _shared: KEYS_ARE_CHECKED.read().await })
    }

    /// Returns a new bucket's name.
    pub(crate) fn new_bucket(&self, name: &str) -> String {
        request(&self.address, "DELETE", &format!("/{name}"), "", b"");
        let response = request(&self.address, "PUT", &format!("/{name}"), "", b"");
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        name.to_owned()
    }

    /// Overwrites an object.
    pub(crate) fn overwrite(&self, bucket: &str, path: &str, bytes: &[u8]) {
        let response = request(&self.address, "PUT", &format!("/{bucket}/{path}"), &signed_for("s3"), bytes);
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    }

    pub(crate) fn settings(&self, bucket: &str, prefix: &str) -> ArtifactSettings {
        settings(&self.address, bucket, prefix)
    }

    pub(crate) fn blobs(&self, bucket: &str, prefix: &str) -> Blobs {
        Blobs::open(&self.settings(bucket, prefix)).unwrap()
    }
}

/// The server while it checks keys, and a valid key.
pub(crate) struct StrictServer {
    address: String,
    pub(crate) key_id: String,
    pub(crate) key: String,
    _alone: RwLockWriteGuard<'static, ()>,
}

impl StrictServer {
    /// Returns the server with one bucket, or `None` if none is configured.
    pub(crate) async fn find(bucket: &str) -> Option<Self> {
        let address = given()?;
        let alone = KEYS_ARE_CHECKED.write().await;
        request(&address, "PUT", &format!("/{bucket}"), "", b"");
        let iam = format!("Content-Type: application/x-www-form-urlencoded\r\n{}", signed_for("iam"));
        let responses = requests_for_user().map(|body| request(&address, "POST", "/", &iam, body.as_bytes()));
        let element = |name: &str| {
            let (_, rest) = responses[1].split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{}", responses[1]));
            rest.split('<').next().unwrap().to_owned()
        };
        let (key_id, key) = (element("AccessKeyId"), element("SecretAccessKey"));
        check_keys(&address, true);
        Some(Self { address, key_id, key, _alone: alone })
    }

    pub(crate) fn blobs(&self, bucket: &str, s3: S3Settings) -> Blobs {
        let settings = settings(&self.address, bucket, "");
        let s3 = S3Settings { endpoint: settings.s3.endpoint, allow_http: true, ..s3 };
        Blobs::open(&ArtifactSettings { s3, ..settings }).unwrap()
    }
}

impl Drop for StrictServer {
    fn drop(&mut self) {
        check_keys(&self.address, false);
    }
}

fn given() -> Option<String> {
    closecast_testkit::services::address("CLOSECAST_TEST_S3")
}

/// Settings of a bucket at `endpoint`, with keys for a server that does not check them.
pub(crate) fn settings(endpoint: &str, bucket: &str, prefix: &str) -> ArtifactSettings {
    ArtifactSettings {
        address: ArtifactAddress::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() },
        s3: S3Settings {
            endpoint: Some(endpoint.to_owned()),
            access_key_id: Some("testing".to_owned()),
            secret_access_key: Some(Secret::from("hidden-key".to_owned())),
            session_token: Some(Secret::from("hidden-token".to_owned())),
            allow_http: true,
            ..S3Settings::default()
        },
    }
}

/// Makes the server check keys, or accept any.
fn check_keys(address: &str, checked: bool) {
    let unchecked_requests = if checked { "0" } else { "inf" };
    let response = request(address, "POST", "/moto-api/reset-auth", "", unchecked_requests.as_bytes());
    assert!(response.starts_with("HTTP/1.1 200"), "this test needs moto's server: {response}");
}

/// A signature for a server that does not check keys.
fn signed_for(service: &str) -> String {
    format!(
        "Authorization: AWS4-HMAC-SHA256 Credential=testing/20200101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=any\r\n"
    )
}

/// Sends one request and returns the whole response.
fn request(address: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> String {
    let host = address.strip_prefix("http://").unwrap_or_else(|| panic!("{address} is not like http://host:port"));
    let mut stream = TcpStream::connect(host).unwrap_or_else(|error| panic!("CLOSECAST_TEST_S3 is {address}: {error}"));
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}
