//! Configuration: an optional TOML file, then the environment. One table names every setting; `serve --help` prints it.
//!
//! Unknown keys are refused in both, so that a typing error never passes as a default. Values of secrets are never
//! printed: [`Settings`] has no `Debug` that shows them.

use std::collections::BTreeMap;
use std::path::Path;

/// One setting as people write it.
struct Key {
    /// Its name in the file.
    name: &'static str,
    /// Its name in the environment.
    variable: &'static str,
    /// What holds without it.
    default: &'static str,
    /// What it does.
    help: &'static str,
}

const KEYS: &[Key] = &[
    Key {
        name: "database_url",
        variable: "DATABASE_URL",
        default: "sqlite://allowance.db",
        help: "sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME",
    },
    Key {
        name: "database_connections",
        variable: "ALLOWANCE_DATABASE_CONNECTIONS",
        default: "16",
        help: "connections to the database at most",
    },
    Key {
        name: "listen",
        variable: "ALLOWANCE_LISTEN",
        default: "127.0.0.1:8080",
        help: "address and port to listen on; --listen wins",
    },
    Key {
        name: "base_url",
        variable: "ALLOWANCE_BASE_URL",
        default: "",
        help: "the address people type; https here makes cookies secure and sends HSTS",
    },
    Key {
        name: "trust_proxy",
        variable: "ALLOWANCE_TRUST_PROXY",
        default: "false",
        help: "true behind a proxy that sets X-Forwarded-For itself",
    },
    Key {
        name: "log",
        variable: "ALLOWANCE_LOG",
        default: "text",
        help: "how log lines look: text or json",
    },
    Key {
        name: "log_filter",
        variable: "ALLOWANCE_LOG_FILTER",
        default: "info,actix_server=warn,sea_orm_migration=warn,sqlx=warn",
        help: "which log lines there are, like info or allowance_api=debug",
    },
    Key {
        name: "token_secret",
        variable: "ALLOWANCE_TOKEN_SECRET",
        default: "",
        help: "signs access tokens, 32 characters at least; made and kept in the database when empty",
    },
];

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Everything the program can be told.
#[derive(Clone)]
pub struct Settings {
    /// Where the data lies; may hold a password.
    pub database_url: String,
    /// Connections at most.
    pub database_connections: u32,
    /// Address and port.
    pub listen: String,
    /// Whether people come by https.
    pub is_https: bool,
    /// Whether X-Forwarded-For is believed.
    pub trusts_proxy: bool,
    /// How log lines look.
    pub log: LogFormat,
    /// Which log lines there are.
    pub log_filter: String,
    /// Signs access tokens, when it is not to lie in the database.
    pub token_secret: Option<String>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

/// Why the configuration was refused, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read {path}: {reason}")]
    File {
        /// Which file.
        path: String,
        /// Why not.
        reason: String,
    },
    /// A key that does not exist.
    #[error("unknown setting {0}; `allowance serve --help` lists them all")]
    Unknown(String),
    /// A value that cannot be.
    #[error("{name}: {reason}")]
    Value {
        /// Which setting.
        name: &'static str,
        /// What is wrong, without the value.
        reason: &'static str,
    },
}

impl Settings {
    /// Reads the file, if one is named, then the environment, which wins.
    ///
    /// # Errors
    /// [`SettingsError`] in words for the person who starts the program.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        let text = match file {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| SettingsError::File {
                path: path.display().to_string(),
                reason: error.to_string(),
            })?,
        };
        Self::from_sources(
            file,
            &text,
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// What holds when nothing is said.
    ///
    /// # Errors
    /// None: a test of this module loads the defaults.
    pub fn defaults() -> Result<Self, SettingsError> {
        Self::from_sources(None, "", std::iter::empty())
    }

    fn from_sources(
        path: Option<&Path>,
        text: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut values: BTreeMap<&'static str, String> =
            KEYS.iter().map(|k| (k.name, k.default.to_owned())).collect();
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| SettingsError::File {
                path: path.map(|p| p.display().to_string()).unwrap_or_default(),
                reason: error.message().to_owned(),
            })?;
        for (name, value) in table {
            let key = KEYS
                .iter()
                .find(|key| key.name == name)
                .ok_or(SettingsError::Unknown(name))?;
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(flag) => flag.to_string(),
                _ => {
                    return Err(SettingsError::Value {
                        name: key.name,
                        reason: "expected a text, number or flag",
                    });
                }
            };
            values.insert(key.name, value);
        }
        for (variable, value) in environment {
            match KEYS.iter().find(|key| key.variable == variable) {
                Some(key) => drop(values.insert(key.name, value)),
                None if variable.starts_with("ALLOWANCE_") => return Err(SettingsError::Unknown(variable)),
                None => {}
            }
        }
        Self::from_values(&values)
    }

    fn from_values(values: &BTreeMap<&'static str, String>) -> Result<Self, SettingsError> {
        let text = |name: &str| values.get(name).cloned().unwrap_or_default();
        let wrong = |name: &'static str, reason: &'static str| SettingsError::Value { name, reason };
        let base_url = text("base_url");
        if !(base_url.is_empty() || base_url.starts_with("http://") || base_url.starts_with("https://")) {
            return Err(wrong("base_url", "must begin with http:// or https://"));
        }
        let secret = text("token_secret");
        if !secret.is_empty() && secret.len() < 32 {
            return Err(wrong("token_secret", "needs 32 characters at least"));
        }
        Ok(Self {
            database_url: text("database_url"),
            database_connections: text("database_connections")
                .parse()
                .ok()
                .filter(|count| (1..=1_000).contains(count))
                .ok_or(wrong("database_connections", "must be a number from 1 to 1000"))?,
            listen: text("listen"),
            is_https: base_url.starts_with("https://"),
            trusts_proxy: text("trust_proxy")
                .parse()
                .ok()
                .ok_or(wrong("trust_proxy", "must be true or false"))?,
            log: match text("log").as_str() {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err(wrong("log", "must be text or json")),
            },
            log_filter: text("log_filter"),
            token_secret: Some(secret).filter(|secret| !secret.is_empty()),
        })
    }

    /// The list of all settings for `serve --help`.
    #[must_use]
    pub fn help() -> String {
        let mut lines = String::from("Settings (environment, or the name in a file given by --config):\n");
        for Key {
            name,
            variable,
            default,
            help,
        } in KEYS
        {
            let default = if default.is_empty() {
                String::new()
            } else {
                format!(" [default: {default}]")
            };
            lines.push_str(&format!("  {variable}, {name}\n          {help}{default}\n"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::from_sources(None, text, environment)
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let settings = load("listen = \"a:1\"\nlog = \"json\"", &[("ALLOWANCE_LISTEN", "b:2")]).unwrap();
        assert_eq!((settings.listen.as_str(), settings.log), ("b:2", LogFormat::Json));
        assert_eq!(settings.database_url, "sqlite://allowance.db");
    }

    #[test]
    fn unknown_keys_are_refused_by_name_in_both() {
        for (text, environment, name) in [
            ("lisen = \"a\"", vec![], "lisen"),
            ("", vec![("ALLOWANCE_LISEN", "a")], "ALLOWANCE_LISEN"),
        ] {
            assert_eq!(
                load(text, &environment).unwrap_err(),
                SettingsError::Unknown(name.to_owned())
            );
        }
        assert!(load("", &[("HOME", "/root")]).is_ok());
    }

    #[test]
    fn a_refusal_and_the_debug_form_never_show_a_secret() {
        let refusal = load("", &[("ALLOWANCE_TOKEN_SECRET", "too-short")])
            .unwrap_err()
            .to_string();
        assert!(refusal.contains("token_secret") && !refusal.contains("too-short"));
        let settings = load("", &[("DATABASE_URL", "postgres://u:hunter2@h/d")]).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn the_help_lists_every_setting() {
        let help = Settings::help();
        assert!(
            KEYS.iter()
                .all(|key| help.contains(key.name) && help.contains(key.variable))
        );
    }
}
