//! The HTTP server: what every answer passes through.

mod accept;
mod access;
mod access_log;
mod address;
mod allow;
mod auth;
mod body_rate;
mod bounded_json;
mod buffers;
mod cursor;
mod error_lines;
mod etag;
mod examples;
mod extract;
mod host_header;
mod id_path;
mod listen;
mod model_name;
mod observe;
mod oip;
mod openapi;
mod origin;
mod predict_body;
mod problem;
mod queue;
mod receive;
mod router;
mod routes;
mod socket;
mod time_limit;

pub(crate) use self::{access_log::AccessLog, listen::serve, router::router};
