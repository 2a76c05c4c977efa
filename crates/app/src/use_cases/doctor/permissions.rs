//! Who else can read the data.

use super::{Finding, Repair};
use crate::services::Services;

/// Looks at the modes of the data folder, of what is in it, and of a database elsewhere. On Unix alone.
pub(super) fn findings(app: &Services, repair: Repair) -> Vec<Finding> {
    #[cfg(unix)]
    return super::or_unread(unix::NAME, unix::look(app, repair).map_err(crate::error::AppError::Runtime));
    #[cfg(not(unix))]
    {
        _ = (app, repair);
        Vec::new()
    }
}

#[cfg(unix)]
mod unix {
    use std::{
        fs, io,
        os::unix::fs::PermissionsExt as _,
        path::{Path, PathBuf},
    };

    use closecast_store::DatabaseAddress;

    use super::super::{Finding, REPAIR, Repair};
    use crate::{plural::counted, services::Services};

    pub(super) const NAME: &str = "permissions";

    /// Rights of the group and of everybody.
    const OTHERS: u32 = 0o077;

    pub(super) fn look(app: &Services, repair: Repair) -> io::Result<Vec<Finding>> {
        let mut open = Vec::new();
        let folder = &app.options.data_dir;
        collect(folder, &mut open)?;
        if let DatabaseAddress::Sqlite(file) = app.store.address()
            && !file.starts_with(folder)
        {
            for end in ["", "-wal", "-shm"] {
                let mut path = file.clone().into_os_string();
                path.push(end);
                collect(&PathBuf::from(path), &mut open)?;
            }
        }
        let Some(first) = open.first() else {
            return Ok(vec![Finding::ok(NAME, format!("nobody else can read {}", folder.display()))]);
        };
        let (count, first) = (counted(open.len(), "file or folder"), first.display());
        let found = Finding::warning(NAME, format!("others can read or write {count}; one of them: {first}"));
        if repair == Repair::No {
            return Ok(vec![found.remedy(format!("{REPAIR}: only the owner can read them then"))]);
        }
        for path in &open {
            let mut permissions = fs::metadata(path)?.permissions();
            permissions.set_mode(permissions.mode() & !OTHERS);
            fs::set_permissions(path, permissions)?;
        }
        Ok(vec![found.mended(vec![format!("only the owner can read {count}")])])
    }

    /// Adds what others can read at `path` and below. Links lead elsewhere and are left out; what goes meanwhile is no fault.
    fn collect(path: &Path, open: &mut Vec<PathBuf>) -> io::Result<()> {
        let about = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            about => about?,
        };
        if about.is_symlink() {
            return Ok(());
        }
        if about.permissions().mode() & OTHERS != 0 {
            open.push(path.to_owned());
        }
        if about.is_dir() {
            for entry in fs::read_dir(path)? {
                collect(&entry?.path(), open)?;
            }
        }
        Ok(())
    }
}
