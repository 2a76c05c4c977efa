//! What an error of the object store means.

use std::{error::Error, io, iter};

use object_store::client::{HttpError, HttpErrorKind};

use super::error::BlobError;

/// Longest text of a server that is repeated, in characters.
const LONGEST_REASON: usize = 200;

/// Bucket and server that an error is about.
pub(super) struct Asked<'a> {
    pub(super) bucket: &'a str,
    pub(super) endpoint: &'a str,
}

impl Asked<'_> {
    /// Returns what a failed request means.
    pub(super) fn meaning_of(&self, error: &object_store::Error) -> BlobError {
        let (bucket, endpoint) = (self.bucket.to_owned(), self.endpoint.to_owned());
        if let Some(http) = causes(error).find_map(|cause| cause.downcast_ref::<HttpError>()) {
            return self.unanswered(http);
        }
        let answer = Answer::of(error);
        let reason = answer.reason();
        match answer.code.as_str() {
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
                object_store::Error::NotFound { .. } if answer.code.is_empty() => {
                    let reason = format!("{reason}; check that AWS_ENDPOINT_URL is the address of an S3 server");
                    self.failed(reason)
                }
                _ if answer.text.contains("redirect") => BlobError::Region { bucket, reason },
                _ => self.failed(reason),
            },
        }
    }

    fn failed(&self, reason: String) -> BlobError {
        BlobError::Failed { place: format!("the bucket {:?} at {}", self.bucket, self.endpoint), reason }
    }

    fn unanswered(&self, error: &HttpError) -> BlobError {
        let endpoint = self.endpoint.to_owned();
        let said = causes(error).last().map(ToString::to_string).unwrap_or_default();
        match error.kind() {
            HttpErrorKind::Timeout => {
                BlobError::Unreachable { endpoint, reason: "no answer within the time allowed".to_owned() }
            }
            HttpErrorKind::Connect | HttpErrorKind::Request | HttpErrorKind::Interrupted => {
                BlobError::Unreachable { endpoint, reason: shortened(&said) }
            }
            _ => self.failed(shortened(&said)),
        }
    }
}

/// Returns whether the server said that there is no such bucket, which has the same status as an object that is missing.
pub(super) fn is_missing_bucket(error: &object_store::Error) -> bool {
    Answer::of(error).code == "NoSuchBucket"
}

/// Returns what the operating system said about a folder, or the words of `error` when it said nothing.
pub(super) fn system_error(error: &object_store::Error) -> io::Error {
    match causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()) {
        Some(system) => {
            system.raw_os_error().map_or_else(|| io::Error::other(system.to_string()), io::Error::from_raw_os_error)
        }
        None => io::Error::other(error.to_string()),
    }
}

/// What an S3 server answered to a request it did not grant.
struct Answer {
    code: String,
    message: String,
    /// The words of the client, up to where the answer begins.
    text: String,
}

impl Answer {
    fn of(error: &object_store::Error) -> Self {
        let text = causes(error).last().map(ToString::to_string).unwrap_or_default();
        Self {
            code: element(&text, "Code").to_owned(),
            message: element(&text, "Message").to_owned(),
            text: text.split('<').next().unwrap_or_default().trim_end_matches([' ', ':']).to_owned(),
        }
    }

    /// Only code and message: the rest of the answer may repeat the request.
    fn reason(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", _) => shortened(&self.text),
            (code, "") => shortened(code),
            (code, message) => shortened(&format!("{code}: {}", message.trim_end_matches('.'))),
        }
    }
}

/// Returns the text of the first XML element called `name`, or nothing.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let found = xml.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
    found.map_or("", |(text, _)| text)
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_REASON).collect()
}

/// The error and what caused it, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(error: &object_store::Error) -> String {
        Asked { bucket: "models", endpoint: "https://s3.example" }.meaning_of(error).to_string()
    }

    fn denied(body: &str) -> object_store::Error {
        let text = format!("Server returned non-2xx status code: 403 Forbidden: {body}");
        object_store::Error::PermissionDenied { path: "ab/abcd".into(), source: text.into() }
    }

    /// The answer to a wrong signature has the request as it was signed, session token included.
    #[test]
    fn nothing_of_the_request_is_repeated() {
        let error = meaning(&denied(
            "<Error><Code>SignatureDoesNotMatch</Code><Message>It does not match.</Message>\
             <CanonicalRequest>x-amz-security-token:hidden</CanonicalRequest></Error>",
        ));
        assert!(error.contains("SignatureDoesNotMatch: It does not match)") && !error.contains("hidden"), "{error}");
        assert!(error.contains("AWS_SECRET_ACCESS_KEY"), "{error}");
    }

    #[test]
    fn each_refusal_names_its_remedy() {
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
    fn a_full_disk_is_told_as_the_system_tells_it() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(full) };
        assert!(system_error(&error).to_string().contains("no storage space"));
    }
}
