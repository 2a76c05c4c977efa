//! Who may read the files of this program: its user, and nobody else.

use std::{fs::File, io};

#[cfg(unix)]
static MASK_OF_THE_USER: std::sync::OnceLock<u32> = std::sync::OnceLock::new();

/// Makes every file and folder that this program creates from now on readable by its user alone, whichever library creates it: the
/// database with its log, artifacts, logs, locks. To be called before there are other threads.
pub(crate) fn keep_private() {
    #[cfg(unix)]
    {
        let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
        _ = MASK_OF_THE_USER.set(u32::from(mask.as_raw_mode()));
    }
}

/// Gives a file that the user asked for by name the mode that the user's own mask gives to new files.
///
/// # Errors
/// What the operating system says.
pub(crate) fn as_the_user_creates(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(mask) = MASK_OF_THE_USER.get() {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666 & !mask);
        file.set_permissions(mode)?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
