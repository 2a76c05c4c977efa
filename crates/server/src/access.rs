//! What a caller must be allowed to use each group of routes.

use axum::http::{Method, StatusCode};
use closecast_app::access::Role;

use super::problem::Problem;

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing: signs of life, and the description of the interface.
    Open,
    /// To read what is stored.
    Read,
    /// To read the figures of this server, which it gives also while its database does not answer.
    Monitor,
    /// To let this machine compute.
    Compute,
    /// To change what is stored, or to train.
    Change,
    /// To decide who may do all this.
    Administer,
}

impl Access {
    /// Returns whether a role may use the group.
    pub(super) fn allows(self, role: Role) -> bool {
        role >= self.least_role()
    }

    fn least_role(self) -> Role {
        match self {
            Self::Open | Self::Read | Self::Monitor | Self::Compute => Role::Viewer,
            Self::Change => Role::Operator,
            Self::Administer => Role::Admin,
        }
    }

    /// Returns the answer to a caller whose role is too low.
    pub(super) fn refuse(self, role: Role) -> Problem {
        let least = self.least_role();
        Problem::new(StatusCode::FORBIDDEN, format!("the role of the key is {role}, and this needs {least}"))
    }

    /// Returns whether a request of that method to the group goes into the book of who did what.
    pub(super) fn is_written_down(self, method: &Method) -> bool {
        match self {
            Self::Administer => true,
            Self::Change => !method.is_safe(),
            Self::Open | Self::Read | Self::Monitor | Self::Compute => false,
        }
    }
}
