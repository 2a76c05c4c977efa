//! The address of the database, which may hold a password: from a file, and never from an argument.

use crate::error::CliError;
use std::{fs, path::Path};

use closecast_store::Secret;

/// Returns the address in the file at `path`, without the line break at its end.
///
/// # Errors
/// [`CliError::Settings`] when the file cannot be read or is empty.
pub(super) fn read_file(path: &Path) -> Result<Secret, CliError> {
    let wrong = |reason: &str| {
        CliError::Settings(format!(
            "--database-url-file: {} {reason}: it must hold the address of the database",
            path.display()
        ))
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
    match text.trim() {
        "" => Err(wrong("is empty")),
        address => Ok(Secret::from(address.to_owned())),
    }
}

/// Refuses an address that was given as an argument and holds a password: every user of the machine sees the arguments of its programs.
///
/// # Errors
/// [`CliError::Usage`] naming the other ways.
pub(super) fn check_argument(address: &Secret) -> Result<(), CliError> {
    if !has_password(address.reveal()) {
        return Ok(());
    }
    Err(CliError::Usage(
        "--database-url: the address holds a password, which every user of this machine can read in the list of processes: give it in \
         the environment (CLOSECAST_DATABASE_URL or DATABASE_URL), in a file named by --database-url-file or \
         CLOSECAST_DATABASE_URL_FILE, or as database_url in closecast.toml"
            .to_owned(),
    ))
}

/// Returns whether an address of the form `scheme://user:password@host/database?password=…` holds a password.
fn has_password(address: &str) -> bool {
    let (address, parameters) = address.split_once('?').unwrap_or((address, ""));
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    let parameter = parameters.split('&').filter_map(|parameter| parameter.split_once('='));
    user.contains(':') || parameter.into_iter().any(|(name, value)| name == "password" && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_with_a_password_is_refused_and_one_without_is_taken() {
        for address in [
            "postgres://me:hidden@host/db",
            "postgresql://me:@host/db",
            "postgres://me@host/db?sslmode=require&password=hidden",
            "postgres://me:hid/den@host/db",
        ] {
            let refused = check_argument(&Secret::from(address.to_owned())).unwrap_err().to_string();
            assert!(refused.contains("CLOSECAST_DATABASE_URL_FILE") && !refused.contains("hid"), "{refused}");
        }
        for address in ["postgres://me@host:5432/db", "postgres://host/db?sslmode=require", "sqlite:a@b:c.db", ""] {
            assert!(check_argument(&Secret::from(address.to_owned())).is_ok(), "{address}");
        }
    }

    #[test]
    fn file_gives_the_address_without_its_line_break_and_is_named_when_it_is_missing_or_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("address");
        assert!(read_file(&path).unwrap_err().to_string().contains("cannot be read"));
        fs::write(&path, " \n").unwrap();
        assert!(read_file(&path).unwrap_err().to_string().contains("is empty"));
        fs::write(&path, "postgres://me:hidden@host/db\n").unwrap();
        assert_eq!(read_file(&path).unwrap().reveal(), "postgres://me:hidden@host/db");
    }
}
