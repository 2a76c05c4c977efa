//! The HTTP server: what every answer passes through.

mod access;
mod access_log;
mod auth;
mod cursor;
mod etag;
mod extract;
mod observe;
mod oip;
mod openapi;
mod predict_body;
mod problem;
mod router;
mod routes;

pub(crate) use self::{access_log::AccessLog, router::router};
