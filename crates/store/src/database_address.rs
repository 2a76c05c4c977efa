//! The database URL.

use std::{path::PathBuf, str::FromStr as _};

use sea_orm::sqlx::postgres::PgConnectOptions;

use crate::StoreError;

/// Location of the database.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server, as `postgres://user:password@host:port/database`.
    Postgres(String),
}

/// Supported parameters of a PostgreSQL URL. The driver would log others with their values.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "user",
    "password",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "application_name",
    "options",
    "statement-cache-capacity",
];

impl DatabaseAddress {
    /// Parses a `DATABASE_URL`: `postgres://…`, `postgresql://…` or `sqlite:FILE`.
    ///
    /// # Errors
    /// [`StoreError::Address`] for an unsupported scheme or an invalid URL. The text does not repeat the URL, which may
    /// contain a password.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match scheme {
            "postgres" | "postgresql" => {
                // The driver's error would repeat the URL with its password.
                let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
                let names = parameters.split('&').filter_map(|parameter| parameter.split('=').next());
                if let Some(unknown) = names.filter(|name| !name.is_empty()).find(|name| !PARAMETERS.contains(name)) {
                    let known = PARAMETERS.join(", ");
                    return Err(StoreError::Address(format!("{unknown:?} is not one of its parameters: {known}")));
                }
                if PgConnectOptions::from_str(url).is_err() || url.contains('#') {
                    let remedy =
                        "it is not a valid URL: percent-encode characters such as # / ? @ in user and password";
                    return Err(StoreError::Address(remedy.to_owned()));
                }
                Ok(Self::Postgres(url.to_owned()))
            }
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let path = path.split('?').next().unwrap_or(path);
                if path.is_empty() || path == ":memory:" {
                    return Err(StoreError::Address("a database in memory would be lost; name a file".to_owned()));
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            other => Err(StoreError::Address(format!(
                "{other:?} is not a supported database; write postgres://user:password@host/database or sqlite:FILE"
            ))),
        }
    }
}

impl std::fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// The address without user and password.
impl std::fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let (_scheme, rest) = url.split_once("://").unwrap_or(("", url));
                let rest = rest.split('?').next().unwrap_or(rest);
                let host = rest.rsplit_once('@').map_or(rest, |(_user, host)| host);
                write!(f, "postgres://{host}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_and_debug_omit_the_password() {
        let address = DatabaseAddress::parse("postgres://me:secret@db.example:5433/prices?sslmode=require").unwrap();
        assert_eq!(address.to_string(), "postgres://db.example:5433/prices");
        assert!(!format!("{address:?}").contains("secret"));
        let within = DatabaseAddress::parse("postgres://host/db?user=me&password=a@secret").unwrap();
        assert_eq!(within.to_string(), "postgres://host/db");
        for (url, file) in
            [("sqlite:a.db", "a.db"), ("sqlite://a/b.db?mode=rwc", "a/b.db"), ("sqlite:///a/b.db", "/a/b.db")]
        {
            assert_eq!(DatabaseAddress::parse(url).unwrap(), DatabaseAddress::Sqlite(file.into()), "{url}");
        }
    }

    #[test]
    fn parse_errors_do_not_repeat_the_password() {
        for url in [
            "postgres://me:secret#1@host/db",
            "postgres://me:secret/1@host/db",
            "postgres://host/db?passwd=secret",
            "mysql://me:secret@host/db",
            "me:secret",
            "",
            "sqlite::memory:",
            "sqlite:",
        ] {
            let error = DatabaseAddress::parse(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{url}: {error}");
        }
    }
}
