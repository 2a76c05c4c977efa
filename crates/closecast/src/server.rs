//! The HTTP server: what every answer passes through.

mod accept;
mod access;
mod access_log;
mod auth;
mod etag;
mod extract;
mod observe;
mod openapi;
mod problem;
mod queue;
mod receive;
mod router;
mod routes;

pub(crate) use self::{access_log::AccessLog, router::router};
