//! A file that a client sends: on its way into a file of ours that has no name, and never whole in memory.

mod form;
mod pieces;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{extract::Request, http::StatusCode};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::{sync::mpsc, task::JoinHandle};

pub(super) use self::form::FormContent;
use super::{extract::essence, problem::Problem};
use crate::state::ServerState;
use crate::{
    byte_budget::{ByteBudget, ByteReservation},
    security::{Caller, CallerPermit, LimitReached},
};

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

/// What was sent.
#[derive(Debug)]
pub(super) struct Received {
    /// Its content, from the start.
    pub(super) file: ReceivedFile,
    /// What the client calls it: a text, never a path.
    pub(super) name: Option<String>,
}

/// A file without a name, which is removed when this is dropped. The disk space and the permit of its sender are given back then.
#[derive(Debug)]
pub(super) struct ReceivedFile {
    file: File,
    bytes: u64,
    #[expect(dead_code, reason = "dropping it returns the disk space")]
    reservation: ByteReservation,
    permit: Option<CallerPermit>,
}

impl ReceivedFile {
    /// Returns whether nothing was sent.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }
}

impl Read for ReceivedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

/// Where the file goes, and how large it may be.
#[derive(Clone, Debug)]
struct Room {
    /// Folder of the file without a name.
    folder: PathBuf,
    /// Most bytes.
    bytes: u64,
    /// Disk space of all such files.
    budget: Arc<ByteBudget>,
}

/// Receives a file of `caller`: the body itself, or a file in a form with `content`.
///
/// # Errors
/// A problem of status 400 when the body breaks off, 413 when the file is too large, 415 when the body is something else, 422 when
/// the form has no file, 429 when the caller sends too many files at the same time, 503 when all callers together do, or when
/// the files that are being received take too much disk space.
pub(super) async fn receive(
    app: &ServerState,
    caller: Option<&Caller>,
    request: Request,
    content: FormContent<'_>,
) -> Result<Received, Problem> {
    let permit = app.admission.incoming.try_acquire(caller).map_err(|limit| match limit {
        LimitReached::Caller => Problem::busy(
            "you are sending as many files as one caller may at the same time: send this one when one of them has arrived",
        ),
        LimitReached::Total => {
            let detail = "several files are being received: send this one in a moment";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).later()
        }
    })?;
    let room = Room {
        folder: app.options.data_dir.clone(),
        bytes: app.settings.limits.upload.bytes(),
        budget: Arc::clone(&app.admission.incoming_bytes),
    };
    let mut received = receive_into(request, &room, content).await?;
    received.file.permit = Some(permit);
    Ok(received)
}

async fn receive_into(request: Request, room: &Room, content: FormContent<'_>) -> Result<Received, Problem> {
    let essence = essence(request.headers()).unwrap_or_default();
    if essence == "multipart/form-data" {
        return form::receive(request, room, content).await;
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

/// Writes the pieces into a file. Of one that is too large the rest is read and thrown away, as much again at most: a client that
/// writes first and reads afterwards then hears why it was refused.
async fn keep(pieces: impl Stream<Item = Result<Bytes, Problem>>, room: &Room) -> Result<ReceivedFile, Problem> {
    let mut pieces = std::pin::pin!(pieces);
    let (sender, writer) = writer(&room.folder);
    // Gone as soon as there is nothing more to write.
    let mut sender = Some(sender);
    let (mut seen, mut reservation) = (0_u64, room.budget.reserve());
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        seen += piece.len() as u64;
        if seen > room.bytes {
            sender = None;
        }
        if sender.is_some() && reservation.grow(piece.len() as u64).is_err() {
            let detail =
                "the files that are being received take all the disk space they may: send this one in a moment";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).later());
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
    let file = written.map_err(|error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            tracing::error!(%error, "a file that was sent cannot be kept");
            Problem::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "the disk is full: the file could not be kept; make room and send it again",
            )
        }
        _ => unwritable(&error.to_string()),
    })?;
    Ok(ReceivedFile { file, bytes: seen, reservation, permit: None })
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
