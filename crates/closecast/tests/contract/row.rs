//! A row of a table: a request, and the answer that it must be given.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;

use crate::{client::Answer, server::Server, shape::misfits};

/// What earlier answers told, by the names under which later requests send it on.
pub(crate) type Told = BTreeMap<&'static str, String>;

/// A line between the parts of a form.
const BOUNDARY: &str = "a-line-that-no-file-has";

/// A request, and the answer that it must be given. `{name}` in it stands for what an earlier answer told.
pub(crate) struct Row {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    wanted: Wanted,
    kept: Vec<(&'static str, &'static str)>,
}

/// What an answer must be.
enum Wanted {
    /// JSON of this shape.
    Json(&'static [&'static str]),
    /// A body of this media type, with these words in it.
    Text(&'static str, &'static [&'static str]),
    /// These lines in its head, in small letters.
    Head(&'static [&'static str]),
    /// A problem document (RFC 9457) with these words in `detail`.
    Problem(&'static str),
    /// An error of the Open Inference Protocol with these words.
    Refusal(&'static str),
}

pub(crate) fn get(path: impl Into<String>) -> Row {
    request("GET", path)
}

pub(crate) fn post(path: impl Into<String>) -> Row {
    request("POST", path)
}

/// Returns a request that any JSON will do as an answer to.
pub(crate) fn request(method: &'static str, path: impl Into<String>) -> Row {
    let (path, wanted) = (path.into(), Wanted::Json(&[]));
    Row { method, path, status: 200, headers: Vec::new(), body: String::new(), wanted, kept: Vec::new() }
}

impl Row {
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends a body of that media type.
    pub(crate) fn body(self, media_type: &str, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self.header("Content-Type", media_type) }
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sends a file in a form, as a page does.
    pub(crate) fn file(self, field: &str, name: &str, content: &str) -> Self {
        let disposition = format!("Content-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"");
        let body = format!("--{BOUNDARY}\r\n{disposition}\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n");
        self.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    fn must_be(self, status: u16, wanted: Wanted) -> Self {
        Self { status, wanted, ..self }
    }

    pub(crate) fn answers(self, status: u16, shape: &'static [&'static str]) -> Self {
        self.must_be(status, Wanted::Json(shape))
    }

    pub(crate) fn says(self, media_type: &'static str, words: &'static [&'static str]) -> Self {
        self.must_be(200, Wanted::Text(media_type, words))
    }

    pub(crate) fn has(self, status: u16, lines: &'static [&'static str]) -> Self {
        self.must_be(status, Wanted::Head(lines))
    }

    pub(crate) fn fails(self, status: u16, words: &'static str) -> Self {
        self.must_be(status, Wanted::Problem(words))
    }

    pub(crate) fn fails_as_protocol(self, status: u16, words: &'static str) -> Self {
        self.must_be(status, Wanted::Refusal(words))
    }

    /// Sends on what the answer tells there (`/job_id`; all of it when empty) under that name.
    pub(crate) fn keeps(mut self, name: &'static str, pointer: &'static str) -> Self {
        self.kept.push((name, pointer));
        self
    }

    /// Sends the request, and returns it with all that is wrong with the answer, if anything is.
    pub(crate) fn failure(&self, server: &Server, told: &mut Told) -> Option<String> {
        let filled = |text: &str| {
            told.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        let headers: Vec<(&str, String)> = self.headers.iter().map(|(name, value)| (*name, filled(value))).collect();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = server.send(self.method, &filled(&self.path), &headers, filled(&self.body));
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let failures = self.misfits(&answer, &json);
        for (name, pointer) in &self.kept {
            if let Some(found) = json.pointer(pointer) {
                told.insert(name, found.as_str().map_or_else(|| found.to_string(), str::to_owned));
            }
        }
        (!failures.is_empty()).then(|| format!("{}\n    {}", self.name(), failures.join("\n    ")))
    }

    /// Returns the request in short.
    fn name(&self) -> String {
        let media_type = self.headers.iter().find(|(name, _)| *name == "Content-Type").map(|(_, value)| value.as_str());
        let body: String = self.body.lines().next().unwrap_or_default().chars().take(80).collect();
        format!("{} {} {} {body}", self.method, self.path, media_type.unwrap_or_default()).trim_end().to_owned()
    }

    fn misfits(&self, answer: &Answer, json: &Value) -> Vec<String> {
        if answer.status != self.status {
            return vec![format!("is answered {}, not {}: {:.400}", answer.status, self.status, answer.text())];
        }
        let media_type = answer.header("content-type").unwrap_or_default();
        let of_type =
            |wanted: &str| (!media_type.starts_with(wanted)).then(|| format!("is {media_type:?}, not {wanted:?}"));
        let without = |text: &str, words: &[&str]| -> Vec<String> {
            let missing = words.iter().filter(|words| !text.contains(**words));
            missing.map(|words| format!("does not say {words:?}: {text:.400}")).collect()
        };
        let (type_misfit, mut found) = match self.wanted {
            Wanted::Json(shape) => (of_type("application/json"), misfits(json, shape)),
            Wanted::Text(media_type, words) => (of_type(media_type), without(&answer.text(), words)),
            Wanted::Head(lines) => (None, without(&answer.head, lines)),
            Wanted::Problem(words) => {
                (of_type("application/problem+json"), problem_misfits(self.status, answer, json, words))
            }
            Wanted::Refusal(words) => {
                let mut found = misfits(json, &["error: string"]);
                found.extend(without(json["error"].as_str().unwrap_or_default(), &[words]));
                (of_type("application/json"), found)
            }
        };
        found.extend(type_misfit);
        found.extend(header_misfit(self.status, answer));
        found
    }
}

fn problem_misfits(status: u16, answer: &Answer, json: &Value, words: &str) -> Vec<String> {
    let mut found = misfits(json, &["type, title, detail: string", "status: integer"]);
    let title = StatusCode::from_u16(status).unwrap().canonical_reason();
    if json["status"] != status || json["title"].as_str() != title {
        found.push(format!("tells another status than {status}: {:.400}", answer.text()));
    }
    if !json["detail"].as_str().unwrap_or_default().contains(words) {
        found.push(format!("does not say {words:?}: {:.400}", answer.text()));
    }
    found
}

/// Returns which header is missing that says what to do about a refusal.
fn header_misfit(status: u16, answer: &Answer) -> Option<String> {
    let name = match status {
        401 => "www-authenticate",
        405 => "allow",
        426 => "upgrade",
        429 => "retry-after",
        _ => return None,
    };
    let value = answer.header(name).unwrap_or_default();
    let is_good = if status == 429 { value.parse().is_ok_and(|seconds: u64| seconds > 0) } else { !value.is_empty() };
    (!is_good).then(|| format!("has no good header {name}, but {value:?}"))
}

/// Fails with all of `failures`, if there are any.
#[track_caller]
pub(crate) fn report(failures: &[String]) {
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
