//! Lists the storage page by page.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use object_store::{
    ObjectMeta,
    aws::AmazonS3,
    list::{PaginatedListOptions, PaginatedListStore},
    path::Path as BlobPath,
};

use super::{backend::Backend, blob::StoredBlob, error::BlobError, sha256::is_sha256};

/// Number of subfolders of a folder of artifacts: one for each first byte of a hash.
const SHARDS: u16 = 256;

/// An artifact, or the file of an interrupted write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Hash of an artifact; `None` for a file that was being written.
    pub(super) sha256: Option<String>,
    /// Path relative to the storage, with `/`.
    pub(super) path: String,
    pub(super) size_bytes: u64,
    pub(super) stored_at: DateTime<Utc>,
}

/// The entries of the storage, page by page. Foreign files are skipped.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    backend: &'a Backend,
    next: Next,
}

#[derive(Debug)]
enum Next {
    /// The folder for this first byte.
    Shard(u16),
    /// The page after this token, or the first.
    Page(Option<String>),
    End,
}

impl<'a> Entries<'a> {
    pub(super) fn new(backend: &'a Backend) -> Self {
        let next = match backend {
            Backend::Folder(_) => Next::Shard(0),
            Backend::Bucket { .. } => Next::Page(None),
        };
        Self { backend, next }
    }

    /// Returns the next page, which may be empty, or `None` after the last.
    pub(super) async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, BlobError> {
        match (std::mem::replace(&mut self.next, Next::End), self.backend) {
            (Next::Shard(shard), Backend::Folder(root)) if shard < SHARDS => {
                self.next = Next::Shard(shard + 1);
                read_shard(root.clone(), format!("{shard:02x}")).await.map(Some)
            }
            (Next::Page(token), Backend::Bucket { client, prefix, .. }) => {
                let (page, token) =
                    read_page(client, prefix, token).await.map_err(|error| self.backend.to_error(&error))?;
                self.next = token.map_or(Next::End, |token| Next::Page(Some(token)));
                Ok(Some(page))
            }
            _ => Ok(None),
        }
    }
}

/// Reads a subfolder directly: the object store hides files that are being written.
async fn read_shard(root: PathBuf, shard: String) -> Result<Vec<Entry>, BlobError> {
    let folder = root.join(&shard);
    let unreadable = |source| BlobError::Folder { path: folder.clone(), source };
    let read = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || read_folder(&folder, &shard)).await
    };
    read.map_err(|error| unreadable(io::Error::other(error)))?.map_err(unreadable)
}

fn read_folder(folder: &Path, shard: &str) -> io::Result<Vec<Entry>> {
    let files = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        other => other?,
    };
    let mut entries = Vec::new();
    for file in files {
        let file = file?;
        let Ok(name) = file.file_name().into_string() else { continue };
        let Some(sha256) = read_name(&name, shard) else { continue };
        let found = match file.metadata() {
            // Removed or renamed since the folder was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        if found.is_file() {
            let (size_bytes, stored_at) = (found.len(), found.modified()?.into());
            entries.push(Entry { sha256, path: format!("{shard}/{name}"), size_bytes, stored_at });
        }
    }
    Ok(entries)
}

/// Returns the hash of an artifact's name, `Some(None)` for a file being written (`HASH#NUMBER`), `None` for anything
/// else.
#[expect(clippy::option_option, reason = "whether the file is ours, and if so whether it is complete")]
fn read_name(name: &str, shard: &str) -> Option<Option<String>> {
    let (sha256, number) = name.split_once('#').map_or((name, None), |(sha256, number)| (sha256, Some(number)));
    if !is_sha256(sha256) || !sha256.starts_with(shard) {
        return None;
    }
    match number {
        None => Some(Some(sha256.to_owned())),
        Some(number) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => Some(None),
        Some(_) => None,
    }
}

/// Reads a page of a bucket and returns it with the token of the next page.
async fn read_page(
    client: &AmazonS3,
    prefix: &BlobPath,
    token: Option<String>,
) -> object_store::Result<(Vec<Entry>, Option<String>)> {
    let below = if prefix.as_ref().is_empty() { String::new() } else { format!("{prefix}/") };
    let options = PaginatedListOptions { page_token: token, ..PaginatedListOptions::default() };
    let page = client.list_paginated(Some(below.as_str()).filter(|below| !below.is_empty()), options).await?;
    let entries = page.result.objects.iter().filter_map(|object| read_object(object, &below)).collect();
    Ok((entries, page.page_token))
}

/// Returns an artifact, or `None` for a foreign object. Objects are written atomically.
fn read_object(object: &ObjectMeta, below: &str) -> Option<Entry> {
    let path = object.location.as_ref().strip_prefix(below)?;
    let (shard, name) = path.split_once('/')?;
    let sha256 = Some(name).filter(|name| is_sha256(name) && shard == &name[..2])?;
    Some(Entry {
        sha256: Some(sha256.to_owned()),
        path: path.to_owned(),
        size_bytes: object.size,
        stored_at: object.last_modified,
    })
}

/// The artifacts, page by page, in no particular order.
#[derive(Debug)]
pub struct BlobPages<'a>(pub(super) Entries<'a>);

impl BlobPages<'_> {
    /// Returns the next page, which may be empty, or `None` after the last.
    ///
    /// # Errors
    /// [`BlobError`] when the storage cannot be read.
    pub async fn next_page(&mut self) -> Result<Option<Vec<StoredBlob>>, BlobError> {
        let page = self.0.next_page().await?;
        let blob = |entry: Entry| {
            let Entry { sha256, size_bytes, stored_at, .. } = entry;
            sha256.map(|sha256| StoredBlob { sha256, size_bytes, stored_at })
        };
        Ok(page.map(|page| page.into_iter().filter_map(blob).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_name_recognises_artifacts_and_unfinished_files() {
        let hash = "ab".repeat(32);
        assert_eq!(read_name(&hash, "ab"), Some(Some(hash.clone())));
        assert_eq!(read_name(&format!("{hash}#1"), "ab"), Some(None));
        for name in [&format!("{hash}#"), &format!("{hash}#a"), &hash.to_uppercase(), &"cd".repeat(32), ".DS_Store"] {
            assert_eq!(read_name(name, "ab"), None, "{name}");
        }
    }

    #[test]
    fn read_object_requires_prefix_shard_and_hash() {
        let hash = "ab".repeat(32);
        let object = |path: String| ObjectMeta {
            location: BlobPath::from(path),
            last_modified: DateTime::UNIX_EPOCH,
            size: 3,
            e_tag: None,
            version: None,
        };
        let entry = read_object(&object(format!("models/ab/{hash}")), "models/").unwrap();
        assert_eq!((entry.sha256, entry.path, entry.size_bytes), (Some(hash.clone()), format!("ab/{hash}"), 3));
        for path in [format!("models/cd/{hash}"), format!("ab/{hash}"), "models/ab/notes".into(), "models".into()] {
            assert_eq!(read_object(&object(path.clone()), "models/"), None, "{path}");
        }
    }
}
