//! Translates errors of `object_store`.

use std::{error::Error, io, iter};

use object_store::client::{HttpError, HttpErrorKind};

use super::error::BlobError;

/// Maximum characters of a server's text that are repeated.
const MAX_REASON_CHARS: usize = 200;

/// Bucket and server of a failed request.
pub(super) struct RequestTarget<'a> {
    pub(super) bucket: &'a str,
    pub(super) endpoint: &'a str,
}

impl RequestTarget<'_> {
    /// Translates the error of a failed request.
    pub(super) fn to_blob_error(&self, error: &object_store::Error) -> BlobError {
        let (bucket, endpoint) = (self.bucket.to_owned(), self.endpoint.to_owned());
        if let Some(http) = causes(error).find_map(|cause| cause.downcast_ref::<HttpError>()) {
            return self.transport_error(http);
        }
        let response = ErrorResponse::of(error);
        let reason = response.reason();
        match response.code.as_str() {
            "NoSuchBucket" => BlobError::NoBucket { bucket, endpoint },
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "InvalidToken"
            | "InvalidClientTokenId"
            | "TokenRefreshRequired"
            | "RequestTimeTooSkewed" => BlobError::Keys { endpoint, reason },
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException" => BlobError::Region { bucket, reason },
            _ => match error {
                object_store::Error::PermissionDenied { .. } => BlobError::Denied { bucket, endpoint, reason },
                object_store::Error::Unauthenticated { .. } => BlobError::Keys { endpoint, reason },
                object_store::Error::NotFound { .. } if response.code.is_empty() => {
                    let reason = format!("{reason}; check that AWS_ENDPOINT_URL is the address of an S3 server");
                    self.other(reason)
                }
                _ if response.text.contains("redirect") => BlobError::Region { bucket, reason },
                _ => self.other(reason),
            },
        }
    }

    fn other(&self, reason: String) -> BlobError {
        BlobError::Failed { location: format!("the bucket {:?} at {}", self.bucket, self.endpoint), reason }
    }

    fn transport_error(&self, error: &HttpError) -> BlobError {
        let endpoint = self.endpoint.to_owned();
        let cause = causes(error).last().map(ToString::to_string).unwrap_or_default();
        match error.kind() {
            HttpErrorKind::Timeout => {
                BlobError::Unreachable { endpoint, reason: "no response before the timeout".to_owned() }
            }
            HttpErrorKind::Connect | HttpErrorKind::Request | HttpErrorKind::Interrupted => {
                BlobError::Unreachable { endpoint, reason: shortened(&cause) }
            }
            _ => self.other(shortened(&cause)),
        }
    }
}

/// Returns whether the server reports a missing bucket, which has the same status as a missing object.
pub(super) fn is_missing_bucket(error: &object_store::Error) -> bool {
    ErrorResponse::of(error).code == "NoSuchBucket"
}

/// Returns the operating system's error of a folder, or the text of `error` if there is none.
pub(super) fn system_error(error: &object_store::Error) -> io::Error {
    match causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()) {
        Some(system) => {
            system.raw_os_error().map_or_else(|| io::Error::other(system.to_string()), io::Error::from_raw_os_error)
        }
        None => io::Error::other(error.to_string()),
    }
}

/// An error response of an S3 server.
struct ErrorResponse {
    code: String,
    message: String,
    /// Text of the client, up to the start of the response.
    text: String,
}

impl ErrorResponse {
    fn of(error: &object_store::Error) -> Self {
        let text = causes(error).last().map(ToString::to_string).unwrap_or_default();
        Self {
            code: element(&text, "Code").to_owned(),
            message: element(&text, "Message").to_owned(),
            text: text.split('<').next().unwrap_or_default().trim_end_matches([' ', ':']).to_owned(),
        }
    }

    /// Returns code and message only: the rest of the response may repeat the request.
    fn reason(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", _) => shortened(&self.text),
            (code, "") => shortened(code),
            (code, message) => shortened(&format!("{code}: {}", message.trim_end_matches('.'))),
        }
    }
}

/// Returns the text of the first XML element called `name`, or an empty string.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let found = xml.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
    found.map_or("", |(text, _)| text)
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MAX_REASON_CHARS).collect()
}

/// Returns the error and its sources, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(error: &object_store::Error) -> String {
        RequestTarget { bucket: "models", endpoint: "https://s3.example" }.to_blob_error(error).to_string()
    }

    fn denied(body: &str) -> object_store::Error {
        let text = format!("Server returned non-2xx status code: 403 Forbidden: {body}");
        object_store::Error::PermissionDenied { path: "ab/abcd".into(), source: text.into() }
    }

    /// The response to a wrong signature repeats the signed request, session token included.
    #[test]
    fn to_blob_error_does_not_repeat_the_request() {
        let error = meaning(&denied(
            "<Error><Code>SignatureDoesNotMatch</Code><Message>It does not match.</Message>\
             <CanonicalRequest>x-amz-security-token:hidden</CanonicalRequest></Error>",
        ));
        assert!(error.contains("SignatureDoesNotMatch: It does not match)") && !error.contains("hidden"), "{error}");
        assert!(error.contains("AWS_SECRET_ACCESS_KEY"), "{error}");
    }

    #[test]
    fn to_blob_error_names_a_remedy_for_each_code() {
        for (code, remedy) in [
            ("NoSuchBucket", "CLOSECAST_ARTIFACTS_URL"),
            ("InvalidAccessKeyId", "AWS_ACCESS_KEY_ID"),
            ("ExpiredToken", "AWS_SESSION_TOKEN"),
            ("AuthorizationHeaderMalformed", "AWS_REGION"),
            ("AccessDenied", "s3:PutObject"),
        ] {
            let error = meaning(&denied(&format!("<Error><Code>{code}</Code></Error>")));
            assert!(error.contains(remedy) && !error.contains('<'), "{code}: {error}");
        }
        let without_body = meaning(&denied(""));
        assert!(without_body.contains("403 Forbidden") && without_body.contains("s3:ListBucket"), "{without_body}");
        let text = "Server returned non-2xx status code: 404 Not Found: <!doctype html>".into();
        let no_s3 = meaning(&object_store::Error::NotFound { path: "models".into(), source: text });
        assert!(no_s3.contains("404 Not Found; check that AWS_ENDPOINT_URL"), "{no_s3}");
        let redirect = "Received redirect without LOCATION".into();
        let error = meaning(&object_store::Error::Generic { store: "S3", source: redirect });
        assert!(error.contains("AWS_REGION"), "{error}");
    }

    #[test]
    fn system_error_reports_a_full_disk_in_the_words_of_the_system() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(full) };
        assert!(system_error(&error).to_string().contains("no storage space"));
    }
}
