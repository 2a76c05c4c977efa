//! File permissions: only the user of this program reads its files.

use std::{fs::File, io};

#[cfg(unix)]
use rustix::fs::Mode;

#[cfg(unix)]
static MASK_OF_THE_USER: std::sync::OnceLock<Mode> = std::sync::OnceLock::new();

/// Makes every file and folder that this program creates from now on readable by its user alone, whichever library creates it: the
/// database with its log, artifacts, logs, locks. To be called before there are other threads.
pub fn keep_private() {
    #[cfg(unix)]
    {
        let mask = rustix::process::umask(Mode::from_raw_mode(0o077));
        _ = MASK_OF_THE_USER.set(mask);
    }
}

/// Gives a file that the user asked for by name the mode that the user's own mask gives to new files.
///
/// # Errors
/// What the operating system says.
#[cfg(unix)]
pub fn as_the_user_creates(file: &File) -> io::Result<()> {
    match MASK_OF_THE_USER.get() {
        Some(mask) => Ok(rustix::fs::fchmod(file, Mode::from_raw_mode(0o666) & !*mask)?),
        None => Ok(()),
    }
}

/// There are no modes: the file stays as it is.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn as_the_user_creates(_file: &File) -> io::Result<()> {
    Ok(())
}
