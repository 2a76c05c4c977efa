//! Writes the tar.gz on a thread of its own, so that compression does not block other tasks.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use tokio::{sync::mpsc, task::JoinHandle};

use super::format::Entry;
use crate::blobs::sha256_hex;

/// Entries queued for the thread; each may be several megabytes.
const CHANNEL_CAPACITY: usize = 2;

/// An archive that is being written.
pub(super) struct ArchiveWriter {
    sender: mpsc::Sender<(String, Bytes)>,
    thread: JoinHandle<io::Result<File>>,
    entries: Vec<Entry>,
}

impl ArchiveWriter {
    /// Starts an archive whose entries carry the timestamp `made_at`.
    pub(super) fn start(file: File, made_at: DateTime<Utc>) -> Self {
        let (sender, receiver) = mpsc::channel(CHANNEL_CAPACITY);
        let thread = tokio::task::spawn_blocking(move || write(file, receiver, made_at));
        Self { sender, thread, entries: Vec::new() }
    }

    /// Returns the entries added so far.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// The error that ended the writing thread, for this or an earlier entry. The archive is then unusable.
    pub(super) async fn add(&mut self, path: String, bytes: Bytes) -> io::Result<()> {
        let entry = Entry { path: path.clone(), size_bytes: bytes.len() as u64, sha256: sha256_hex(&bytes) };
        self.entries.push(entry);
        if self.sender.send((path, bytes)).await.is_ok() {
            return Ok(());
        }
        let ended = (&mut self.thread).await.map_err(io::Error::other)?;
        Err(ended.err().unwrap_or_else(|| io::Error::other("the archive ended early")))
    }

    /// Adds a JSON entry.
    ///
    /// # Errors
    /// As for [`ArchiveWriter::add`].
    pub(super) async fn add_json(&mut self, path: &str, content: &impl Serialize) -> io::Result<()> {
        self.add(path.to_owned(), serde_json::to_vec_pretty(content)?.into()).await
    }

    /// Finishes the archive and returns its file.
    ///
    /// # Errors
    /// The error that ended the writing thread.
    pub(super) async fn finish(self) -> io::Result<File> {
        drop(self.sender);
        self.thread.await.map_err(io::Error::other)?
    }
}

fn write(file: File, mut entries: mpsc::Receiver<(String, Bytes)>, made_at: DateTime<Utc>) -> io::Result<File> {
    // A higher level takes several times as long and saves a tenth.
    let compressed = GzEncoder::new(BufWriter::new(file), Compression::fast());
    let mut archive = tar::Builder::new(compressed);
    while let Some((path, bytes)) = entries.blocking_recv() {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(made_at.timestamp()).unwrap_or(0));
        archive.append_data(&mut header, path, &bytes[..])?;
    }
    let mut buffered = archive.into_inner()?.finish()?;
    buffered.flush()?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)
}
