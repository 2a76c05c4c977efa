//! Files that a restore rejects.

use std::{fs::File, io::Read, path::Path};

use closecast_store::{Existing, StoreError};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    content::{entries, fill},
    file,
};
use crate::{
    place::{Place, places, sqlite},
    samples::{now, series},
};

type Entries = Vec<(String, Vec<u8>)>;
type Change = Box<dyn FnOnce(&mut Entries)>;

/// Writes the entries as an archive.
fn pack(file: &Path, entries: &Entries) {
    let mut archive = tar::Builder::new(GzEncoder::new(File::create(file).unwrap(), Compression::fast()));
    for (path, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, path, &bytes[..]).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

fn inflated(file: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(file).read_to_end(&mut bytes).ok().map(|_| bytes)
}

/// Updates the manifest to match the entries, and modifies it further.
fn update_manifest(entries: &mut Entries, change: impl FnOnce(&mut Value)) {
    let listed = entries[..entries.len() - 1].iter().map(|(path, bytes)| {
        let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        json!({ "path": path, "size_bytes": bytes.len(), "sha256": sha256 })
    });
    let listed: Vec<_> = listed.collect();
    let (_, manifest) = entries.last_mut().unwrap();
    let mut changed: Value = serde_json::from_slice(manifest).unwrap();
    changed["entries"] = listed.into();
    change(&mut changed);
    *manifest = serde_json::to_vec(&changed).unwrap();
}

fn header(change: impl FnOnce(&mut Value)) -> impl FnOnce(&mut Entries) {
    |entries| {
        let mut header: Value = serde_json::from_slice(&entries[0].1).unwrap();
        change(&mut header);
        entries[0].1 = serde_json::to_vec(&header).unwrap();
        update_manifest(entries, |_| {});
    }
}

fn piece<'a>(entries: &'a mut Entries, table: &str) -> &'a mut Vec<u8> {
    let path = format!("tables/{table}/000000.jsonl");
    &mut entries.iter_mut().find(|(known, _)| *known == path).unwrap().1
}

/// Checks that the restore fails and changes nothing, and returns its error.
async fn refused(place: &Place, file: &Path, existing: Existing) -> StoreError {
    let before = place.store.bars().list().await.unwrap();
    let error = place.store.restore(file, existing, now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Backup(_) | StoreError::Row { .. }), "{error:?}");
    assert_eq!(place.store.bars().list().await.unwrap(), before);
    assert!(place.store.models().list().await.unwrap().is_empty());
    error
}

#[tokio::test]
async fn restore_rejects_truncated_or_modified_file() {
    let (from, to) = (sqlite().await, sqlite().await);
    fill(&from.store).await;
    from.store.backup(&file(&from), Existing::Keep, now()).await.unwrap();
    let whole = std::fs::read(file(&from)).unwrap();
    for length in [0, 1, 9, 100, whole.len() / 2, whole.len() - 9, whole.len() - 8, whole.len() - 1] {
        std::fs::write(file(&to), &whole[..length]).unwrap();
        let error = refused(&to, &file(&to), Existing::Keep).await.to_string();
        assert!(error.contains("truncated") || error.contains("empty") || error.contains("not a backup"), "{error}");
    }
    let mut unchanged = 0;
    for place in (10..whole.len()).step_by(whole.len() / 40) {
        let mut changed = whole.clone();
        changed[place] ^= 0x10;
        std::fs::write(file(&to), &changed).unwrap();
        // A few bits of the compression have no meaning: changing them does not change the backup.
        if inflated(&changed).is_some_and(|same| same == inflated(&whole).unwrap()) {
            unchanged += 1;
            continue;
        }
        refused(&to, &file(&to), Existing::Keep).await;
    }
    assert!(unchanged < 3);
    std::fs::write(file(&to), [&whole[..], b"more"].concat()).unwrap();
    refused(&to, &file(&to), Existing::Keep).await;
    std::fs::write(file(&to), "just text").unwrap();
    refused(&to, &file(&to), Existing::Keep).await;
    let absent = to.folder.path().join("absent");
    assert!(refused(&to, &absent, Existing::Keep).await.to_string().contains("absent"));
    to.store.restore(&file(&from), Existing::Keep, now()).await.unwrap();
}

/// Each of these is a valid archive with invalid contents.
#[tokio::test]
async fn restore_rejects_inconsistent_archive_and_changes_nothing() {
    for to in places().await {
        let from = sqlite().await;
        fill(&from.store).await;
        from.store.backup(&file(&from), Existing::Keep, now()).await.unwrap();
        to.store.bars().replace(&series("IBM", &[2, 3]), now()).await.unwrap();
        let cases: Vec<(&str, Change)> = vec![
            ("not a backup made by closecast", Box::new(|entries| drop(entries.remove(0)))),
            ("truncated", Box::new(|entries| drop(entries.pop()))),
            ("was modified after the backup", Box::new(|entries| piece(entries, "bars")[20] ^= 1)),
            ("was modified after the backup", Box::new(|entries| entries.swap(3, 4))),
            ("data was appended", Box::new(|entries| entries.push(("more".into(), vec![])))),
            ("backup format 2", Box::new(header(|header| header["format"] = 2.into()))),
            ("newer", Box::new(header(|header| header["schema"] = "m29991231_000001_later".into()))),
            ("older", Box::new(header(|header| header["schema"] = "m20200101_000001_before".into()))),
            (
                "as many rows",
                Box::new(|entries| update_manifest(entries, |manifest| manifest["rows"]["bars"] = 7.into())),
            ),
            (
                "is an unknown entry",
                Box::new(|entries| {
                    entries.insert(1, ("tables/passwords/000000.jsonl".into(), vec![]));
                    update_manifest(entries, |_| {});
                }),
            ),
            (
                "is an unknown entry",
                Box::new(|entries| {
                    entries.insert(1, (format!("artifacts/{}", "a".repeat(64)), vec![]));
                    update_manifest(entries, |_| {});
                }),
            ),
            (
                "lacks the artifact",
                Box::new(|entries| {
                    entries.retain(|(path, _)| !path.starts_with("artifacts/"));
                    update_manifest(entries, |_| {});
                }),
            ),
            (
                "the column hash is missing",
                Box::new(|entries| {
                    let keys = piece(entries, "keys");
                    *keys = String::from_utf8(keys.clone()).unwrap().replace("\"hash\"", "\"mash\"").into();
                    update_manifest(entries, |_| {});
                }),
            ),
        ];
        for (expected, change) in cases {
            let mut entries = entries(&file(&from));
            change(&mut entries);
            pack(&file(&to), &entries);
            let error = refused(&to, &file(&to), Existing::Replace).await.to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }
}
