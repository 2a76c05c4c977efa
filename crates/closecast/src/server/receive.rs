//! A file that a client sends: on its way into a file of ours that has no name, and never whole in memory.

mod pieces;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, Seek, Write},
    path::{Path, PathBuf},
};

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request, multipart::MultipartError},
    http::StatusCode,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::{sync::mpsc, task::JoinHandle};

use self::pieces::{InHand, MOST_AROUND, in_pieces};
use super::{extract::essence, problem::Problem};

/// Pieces on their way to the disk.
const PIECES: usize = 8;

/// Media types of a body that is the file itself. Browsers of Windows take CSV for what Excel writes.
const FILES: [&str; 7] = [
    "text/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/csv",
    "text/x-csv",
    "application/vnd.ms-excel",
    "application/octet-stream",
];

/// Name of the field of a form that has the file.
const FIELD: &str = "file";

/// What was sent.
pub(super) struct Received {
    /// Its content, from the start. The file goes when it is dropped.
    pub(super) file: File,
    /// What the client calls it: a text, never a path.
    pub(super) name: Option<String>,
}

/// Where the file goes, and how large it may be.
#[derive(Clone, Debug)]
pub(super) struct Room {
    /// Folder of the file without a name.
    pub(super) folder: PathBuf,
    /// Most bytes.
    pub(super) bytes: u64,
}

/// Receives a file: the body itself, or the field `file` of a form.
///
/// # Errors
/// A problem of status 400 when the body breaks off, 413 when the file is too large, 415 when the body is something else, 422 when
/// the form has no file.
pub(super) async fn receive(request: Request, room: &Room) -> Result<Received, Problem> {
    let essence = essence(request.headers()).unwrap_or_default();
    if essence == "multipart/form-data" {
        let in_hand = InHand::default();
        let pieces = |body: Body| Body::from_stream(in_pieces(body.into_data_stream(), in_hand.clone()));
        let form = Multipart::from_request(request.map(pieces), &()).await;
        let form = form.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
        return from_form(form, &in_hand, room).await;
    }
    if !FILES.contains(&essence.as_str()) {
        let detail = "send the file as the body with the header `Content-Type: text/csv` (curl --data-binary @FILE -H 'Content-Type: text/csv'), \
                      or as the field `file` of a form (curl -F file=@FILE)";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let pieces = request.into_body().into_data_stream();
    let pieces = pieces.map(|piece| piece.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string())));
    Ok(Received { file: keep(pieces, room).await?, name: None })
}

async fn from_form(mut form: Multipart, in_hand: &InHand, room: &Room) -> Result<Received, Problem> {
    let mut received = None;
    while let Some(field) = form.next_field().await.map_err(|error| broken_form(&error, in_hand))? {
        let name = field.file_name().map(str::to_owned);
        if name.is_none() && field.name() != Some(FIELD) {
            let field = field.name().unwrap_or_default();
            let detail = format!(
                "the form has the field {field:?}: send the file alone, as `{FIELD}`, and the rest after ? of the address"
            );
            return Err(Problem::invalid(detail));
        }
        if received.is_some() {
            return Err(Problem::invalid(format!("{FIELD}: the form has several files: send one at a time")));
        }
        let pieces = field.map(|piece| match piece {
            Ok(piece) => {
                in_hand.given(piece.len());
                Ok(piece)
            }
            Err(error) => Err(broken_form(&error, in_hand)),
        });
        let file = keep(pieces, room).await?;
        received = Some(Received { file, name });
    }
    received.ok_or_else(|| Problem::invalid(format!("{FIELD}: the form has no file: send it as the field `{FIELD}`")))
}

fn broken_form(error: &MultipartError, in_hand: &InHand) -> Problem {
    if in_hand.is_too_much() {
        let detail =
            format!("the form has more than {MOST_AROUND} bytes around the file: send the file alone, as `{FIELD}`");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail);
    }
    Problem::new(StatusCode::BAD_REQUEST, format!("the form cannot be read: {}", error.body_text()))
}

/// Writes the pieces into a file. Of one that is too large the rest is read and thrown away, as much again at most: a client that
/// writes first and reads afterwards then hears why it was refused.
async fn keep(pieces: impl Stream<Item = Result<Bytes, Problem>>, room: &Room) -> Result<File, Problem> {
    let mut pieces = std::pin::pin!(pieces);
    let (sender, writer) = writer(&room.folder);
    // Gone as soon as there is nothing more to write.
    let mut sender = Some(sender);
    let mut seen = 0_u64;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        seen += piece.len() as u64;
        if seen > room.bytes {
            sender = None;
        }
        let unwritable = match &sender {
            Some(sender) => sender.send(piece).await.is_err(),
            None => seen > room.bytes.saturating_mul(2),
        };
        if unwritable {
            break;
        }
    }
    drop(sender);
    let written = writer.await.map_err(|panic| unwritable(&panic.to_string()))?;
    if seen > room.bytes {
        let detail = format!(
            "the file has more than {} bytes, which is as much as server.limits.upload allows: split it, or import it on the server with `closecast import`",
            room.bytes
        );
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    written.map_err(|error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            tracing::error!(%error, "a file that was sent cannot be kept");
            Problem::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "the disk is full: the file could not be kept; make room and send it again",
            )
        }
        _ => unwritable(&error.to_string()),
    })
}

/// Starts a thread that writes what it is sent into a file without a name, and returns that file from its start.
fn writer(folder: &Path) -> (mpsc::Sender<Bytes>, JoinHandle<io::Result<File>>) {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(PIECES);
    let folder = folder.to_owned();
    let write = move || {
        let mut file = tempfile::tempfile_in(folder)?;
        while let Some(piece) = receiver.blocking_recv() {
            file.write_all(&piece)?;
        }
        file.rewind()?;
        Ok(file)
    };
    (sender, tokio::task::spawn_blocking(write))
}

/// The reason goes to the log: it may name files and folders of this machine.
fn unwritable(reason: &str) -> Problem {
    tracing::error!(reason, "a file that was sent cannot be kept");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the file could not be kept because of an internal error; the log has the reason",
    )
}
