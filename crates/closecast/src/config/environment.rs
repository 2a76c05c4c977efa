//! What is read from the environment beside the flags: `.env`, and the names that other programs use too.

use crate::error::CliError;
use figment::Figment;

/// Reads `.env` in the working folder or above it into the environment; what is already set stays.
///
/// # Errors
/// [`CliError::Settings`] when there is such a file and it cannot be read or understood.
pub(crate) fn read_dotenv() -> Result<(), CliError> {
    match dotenvy::dotenv() {
        Ok(_) => Ok(()),
        Err(error) if error.not_found() => Ok(()),
        // The text of a line may be a secret: only its place is told.
        Err(dotenvy::Error::LineParse(_, place)) => Err(CliError::Settings(format!(
            ".env: a line is not NAME=value (at its character {place}); correct it, or quote the value"
        ))),
        Err(error) => Err(CliError::Settings(format!(".env cannot be read: {error}"))),
    }
}

/// The environment, in which an empty value counts as none: that is how a container is given none.
pub(super) struct Environment<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    /// Returns the environment of this process.
    pub(super) fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the settings are the one reader of the environment")]
        Self(&|name| std::env::var(name).ok())
    }

    /// Returns the value of `name`.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// Returns `layers` with the settings that the environment gives under names of other programs. Keys of S3 are not
    /// among them: they are no settings, and never come from a file.
    ///
    /// # Errors
    /// [`CliError::Settings`] when `AWS_ALLOW_HTTP` is neither true nor false.
    pub(super) fn over(&self, mut layers: Figment) -> Result<Figment, CliError> {
        if let Some(url) = self.get("DATABASE_URL") {
            layers = layers.merge(("database_url", url));
        }
        if let Some(region) = self.get("AWS_REGION").or_else(|| self.get("AWS_DEFAULT_REGION")) {
            layers = layers.merge(("artifacts.region", region));
        }
        if let Some(endpoint) = self.get("AWS_ENDPOINT_URL_S3").or_else(|| self.get("AWS_ENDPOINT_URL")) {
            layers = layers.merge(("artifacts.endpoint", endpoint));
        }
        match self.get("AWS_ALLOW_HTTP").map(|value| value.to_ascii_lowercase()).as_deref() {
            None => Ok(layers),
            Some("true" | "1" | "yes" | "on") => Ok(layers.merge(("artifacts.allow_http", true))),
            Some("false" | "0" | "no" | "off") => Ok(layers.merge(("artifacts.allow_http", false))),
            Some(other) => Err(CliError::Settings(format!("AWS_ALLOW_HTTP is {other:?}, but must be true or false"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use closecast_store::ArtifactAddress;

    use super::*;
    use crate::config::{SettingArguments, Settings, artifacts::ArtifactSection, load_within};

    fn load(given: &SettingArguments) -> Result<Settings, CliError> {
        load_with(given, &[])
    }

    fn load_with(given: &SettingArguments, environment: &[(&str, &str)]) -> Result<Settings, CliError> {
        let get =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        load_within(given, &Environment(&get))
    }

    fn with_file(content: &str) -> (tempfile::TempDir, SettingArguments) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("closecast.toml");
        std::fs::write(&path, content).unwrap();
        (folder, SettingArguments { config: Some(path), ..SettingArguments::default() })
    }

    #[test]
    fn artifacts_are_in_the_data_folder_unless_a_flag_or_the_file_says_otherwise() {
        let (_folder, mut given) = with_file("[artifacts]\nurl = \"s3://of-the-file\"\npath_style = true");
        let default = load(&SettingArguments { data_dir: Some("data".into()), ..SettingArguments::default() }).unwrap();
        assert_eq!(default.artifacts().unwrap().address, ArtifactAddress::Local("data/artifacts".into()));
        let settings = load(&given).unwrap().artifacts().unwrap();
        assert_eq!((settings.address.to_string().as_str(), settings.s3.path_style), ("s3://of-the-file", Some(true)));
        for (url, expected) in
            [("s3://of-the-flag/a", "s3://of-the-flag/a"), ("folder", "folder"), ("", "s3://of-the-file")]
        {
            given.artifacts_url = Some(url.to_owned().into());
            assert_eq!(load(&given).unwrap().artifacts().unwrap().address.to_string(), expected);
        }
        given.artifacts_url = Some("gs://bucket".to_owned().into());
        assert!(load(&given).unwrap_err().to_string().contains("CLOSECAST_ARTIFACTS_URL"));
    }

    #[test]
    fn s3_is_reached_as_the_usual_names_of_the_environment_say_which_go_before_the_file() {
        let (_folder, given) =
            with_file("[artifacts]\nregion = \"sa-east-1\"\nendpoint = \"https://a\"\nallow_http = true");
        let s3 = |environment: &[_]| load_with(&given, environment).unwrap().artifacts().unwrap().s3;
        let of_the_file = s3(&[("AWS_REGION", "")]);
        assert_eq!((of_the_file.region.as_deref(), of_the_file.allow_http), (Some("sa-east-1"), true));
        assert_eq!((of_the_file.endpoint.as_deref(), of_the_file.access_key_id), (Some("https://a"), None));
        let mut environment = vec![
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", "https://b"),
            ("AWS_ALLOW_HTTP", "FALSE"),
        ];
        let given_all = s3(&environment);
        assert_eq!(
            (given_all.region.as_deref(), given_all.endpoint.as_deref()),
            (Some("eu-west-1"), Some("https://b"))
        );
        assert_eq!((given_all.access_key_id.as_deref(), given_all.allow_http), (Some("id"), false));
        let secrets = [given_all.secret_access_key, given_all.session_token];
        assert_eq!(secrets.map(|secret| secret.unwrap().reveal().to_owned()), ["key", "token"]);
        environment.extend([("AWS_REGION", "us-east-2"), ("AWS_ENDPOINT_URL_S3", "https://c")]);
        let closer = s3(&environment);
        assert_eq!((closer.region.as_deref(), closer.endpoint.as_deref()), (Some("us-east-2"), Some("https://c")));
        let wrong = load_with(&given, &[("AWS_ALLOW_HTTP", "perhaps")]).unwrap_err().to_string();
        assert!(wrong.contains("AWS_ALLOW_HTTP"), "{wrong}");
    }

    #[test]
    fn the_database_is_that_of_the_flag_then_of_the_environment_then_of_the_file() {
        let (folder, mut given) = with_file("database_url = \"sqlite:file.db\"");
        let url = |given: &_, environment: &[_]| {
            load_with(given, environment).unwrap().database_url.map(|url| url.reveal().to_owned()).unwrap()
        };
        assert_eq!(url(&given, &[]), "sqlite:file.db");
        assert_eq!(url(&given, &[("DATABASE_URL", "")]), "sqlite:file.db");
        assert_eq!(url(&given, &[("DATABASE_URL", "postgres://environment")]), "postgres://environment");
        let path = folder.path().join("address");
        std::fs::write(&path, "postgres://of-the-file\n").unwrap();
        given.database_url_file = Some(path);
        assert_eq!(url(&given, &[("DATABASE_URL", "postgres://environment")]), "postgres://of-the-file");
        given.database_url = Some("postgres://flag".to_owned().into());
        assert!(load(&given).unwrap_err().to_string().contains("give one of them"));
        given.database_url_file = None;
        assert_eq!(url(&given, &[("DATABASE_URL", "postgres://environment")]), "postgres://flag");
    }

    #[test]
    fn no_secret_is_shown_or_written() {
        let (_folder, mut given) = with_file("database_url = \"postgres://me:hidden@host/db\"");
        given.database_url = Some("postgres://me:hidden@host/db".to_owned().into());
        let environment = [
            ("AWS_SECRET_ACCESS_KEY", "hidden"),
            ("AWS_SESSION_TOKEN", "hidden"),
            ("AWS_ENDPOINT_URL", "https://me:hidden@host"),
        ];
        let settings = load_with(&given, &environment).unwrap();
        let written = Settings {
            artifacts: ArtifactSection { endpoint: None, ..settings.artifacts.clone() },
            ..settings.clone()
        };
        let shown = format!("{settings:?} {given:?} {}", serde_json::to_string(&written).unwrap());
        assert!(!shown.contains("hidden"), "{shown}");
        for key in ["secret_access_key", "access_key_id", "keys"] {
            let (_folder, given) = with_file(&format!("[artifacts]\n{key} = \"hidden\""));
            let refused = load(&given).unwrap_err().to_string();
            assert!(refused.contains(key) && !refused.contains("hidden"), "{refused}");
        }
    }
}
