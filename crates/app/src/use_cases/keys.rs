//! Making and revoking keys.

use closecast_store::{AuditEntry, StoreError, StoredKey};

use crate::{
    access::{Key, Role},
    error::AppError,
    services::Services,
};

/// Longest name of a key, in characters.
pub const LONGEST_NAME: usize = 64;

/// Who makes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Somebody at this machine, or with the key of an admin.
    Admin,
    /// Somebody without a key, which is allowed as long as there is none: the key must be the first.
    Keyless,
}

/// Makes a key and returns it with its identifier. It can never be shown again.
///
/// # Errors
/// [`AppError::Usage`] when the name is empty or too long, or the first key is not an admin's, [`AppError::Store`] when the key cannot be
/// kept, or another one was made first.
pub async fn create(app: &Services, name: &str, role: Role, maker: Maker) -> Result<(Key, String), AppError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(is_unseen) {
        let said =
            format!("name: a key has a name of 1 to {LONGEST_NAME} characters, none of them a control character");
        return Err(AppError::Usage(said));
    }
    let key = Key::random()?;
    let (keys, hash, now) = (app.store.keys(), key.hash(), app.clock.now());
    let added = match maker {
        Maker::Admin => keys.add(name, role.name(), &hash, now).await,
        Maker::Keyless => keys.add_first(name, role.name(), &hash, now).await,
    };
    let id = added.map_err(|error| match error {
        StoreError::FirstKeyRole(_) => AppError::Usage(error.to_string()),
        other => other.into(),
    })?;
    Ok((key, id))
}

/// Returns whether a character cannot be seen, or turns the line round: a name is read in lists and in the book.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Revokes a key.
///
/// # Errors
/// [`AppError::NoKey`] when there is none of that identifier that still opens, [`AppError::Store`] when the database fails.
pub async fn revoke(app: &Services, id: &str) -> Result<StoredKey, AppError> {
    let none = || AppError::NoKey(id.to_owned());
    if uuid::Uuid::try_parse(id).is_err() {
        return Err(none());
    }
    let was_good = app.store.keys().revoke(id, app.clock.now()).await?;
    if !was_good {
        return Err(none());
    }
    app.store.keys().list().await?.into_iter().find(|key| key.id == id).ok_or_else(none)
}

/// Writes down what was done at this machine and not through a request.
///
/// # Errors
/// [`AppError::Store`] when the database fails.
pub async fn note_command(app: &Services, action: &str, target: &str) -> Result<(), AppError> {
    let act = AuditEntry {
        key: None,
        address: "command line".to_owned(),
        request_id: String::new(),
        action: action.to_owned(),
        target: target.to_owned(),
        status: 200,
    };
    Ok(app.store.audit().write(act, app.clock.now()).await?)
}
