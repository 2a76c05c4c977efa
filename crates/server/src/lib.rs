#![doc = include_str!("../README.md")]

mod accept;
mod access;
mod access_log;
mod address;
mod admission;
mod allow;
mod auth;
mod body_rate;
mod bounded_json;
mod buffers;
mod byte_budget;
mod cursor;
mod error_lines;
mod etag;
mod events;
mod examples;
mod extract;
mod fallback;
mod fetch_on_demand;
mod forecast_body;
mod host_header;
mod id_path;
mod listen;
mod model_name;
mod monitor;
mod network;
mod observe;
pub mod oip;
mod openapi;
pub mod options;
mod origin;
mod pages;
pub mod predict_body;
mod problem;
mod queue;
mod readiness;
mod receive;
mod route_group;
mod router;
mod routes;
mod security;
mod socket;
mod state;
mod time_limit;

pub use self::{
    access_log::AccessLog, events::follow as follow_events, listen::serve, network::Network, router::router,
    state::ServerState,
};
