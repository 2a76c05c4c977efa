//! The HTTP server: what every answer passes through.

mod access;
mod access_log;
mod auth;
mod extract;
mod observe;
mod openapi;
mod problem;
mod router;
mod routes;
mod socket;

pub(crate) use self::{access_log::AccessLog, router::router};
