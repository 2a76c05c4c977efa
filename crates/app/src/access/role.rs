//! What the owner of a key may do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What the owner of a key may do. Each role may do what the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read, and ask for forecasts
    Viewer,
    /// Train, import prices, cancel jobs, put models into service
    Operator,
    /// Make and revoke keys, see who did what
    Admin,
}

impl Role {
    /// Returns the name, in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Viewer, Self::Operator, Self::Admin].into_iter().find(|role| role.name() == name).ok_or(())
    }
}
