//! Bodies that never change: compressed once, and shared by all responses.

use std::{
    io::{Read as _, Write as _},
    sync::OnceLock,
};

use axum::{
    Extension,
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT_ENCODING, CONTENT_ENCODING},
    },
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};

/// Marks a response whose body all responses share, so that it takes no memory of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedBody;

/// A body in both forms, as it is and compressed with gzip. The form that is not given is made when a client first wants it.
#[derive(Debug)]
pub(crate) struct Precompressed {
    plain: OnceLock<Option<Bytes>>,
    gzip: OnceLock<Option<Bytes>>,
}

impl Precompressed {
    /// Returns the body that `plain` is.
    pub(crate) fn of_plain(plain: Bytes) -> Self {
        Self { plain: OnceLock::from(Some(plain)), gzip: OnceLock::new() }
    }

    /// Returns the body that `gzip` is when it is decompressed.
    pub(crate) fn of_gzip(gzip: &'static [u8]) -> Self {
        Self { plain: OnceLock::new(), gzip: OnceLock::from(Some(Bytes::from_static(gzip))) }
    }

    /// Returns a response with the body, compressed or not; `None` when one form cannot be made of the other.
    pub(crate) fn response(&self, gzip: bool) -> Option<Response> {
        let body = if gzip { self.gzip() } else { self.plain() }?;
        let mut response = (Extension(SharedBody), body).into_response();
        if gzip {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Some(response)
    }

    fn plain(&self) -> Option<Bytes> {
        let decompress = || {
            let compressed = self.gzip.get()?.as_ref()?;
            let mut content = Vec::new();
            GzDecoder::new(&compressed[..]).read_to_end(&mut content).ok()?;
            Some(content.into())
        };
        self.plain.get_or_init(decompress).clone()
    }

    fn gzip(&self) -> Option<Bytes> {
        let compress = || {
            let content = self.plain.get()?.as_ref()?;
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(content).ok()?;
            Some(encoder.finish().ok()?.into())
        };
        self.gzip.get_or_init(compress).clone()
    }
}

/// Returns whether `Accept-Encoding` names gzip, or else anything, with a weight above zero.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let weight = |coding: &str| {
        let codings = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let mut codings = codings.flat_map(|value| value.split(',')).map(|part| part.split(';').map(str::trim));
        let mut found = codings.find_map(|mut part| part.next()?.eq_ignore_ascii_case(coding).then_some(part))?;
        let weight = found.find_map(|parameter| parameter.strip_prefix("q="));
        Some(weight.map_or(1.0, |weight| weight.parse::<f32>().unwrap_or(0.0)))
    };
    weight("gzip").or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())])
    }

    #[test]
    fn all_responses_share_the_same_bytes() {
        let body = Precompressed::of_plain(Bytes::from(vec![b'a'; 100_000]));
        let compressed = body.gzip().unwrap();
        assert!(compressed.len() < 1_000);
        assert_eq!(body.gzip().unwrap().as_ptr(), compressed.as_ptr(), "it is compressed once");
        let response = body.response(true).unwrap();
        assert!(response.extensions().get::<SharedBody>().is_some());
        assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
        let back = Precompressed::of_gzip(compressed.to_vec().leak());
        assert_eq!(back.plain(), body.plain());
        assert_eq!(back.plain().unwrap().as_ptr(), back.plain().unwrap().as_ptr(), "it is decompressed once");
    }

    #[test]
    fn reads_the_weights_of_accept_encoding() {
        let accepts = |value| accepts_gzip(&request(value));
        assert!(accepts("gzip") && accepts("deflate, GZIP;q=0.5") && accepts("*"));
        assert!(!accepts("gzip;q=0, *") && !accepts("br") && !accepts("identity, *;q=0"));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
