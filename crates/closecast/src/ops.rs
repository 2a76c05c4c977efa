//! The use cases, called by commands, routes and jobs alike.

pub(crate) mod background;
pub(crate) mod backtest;
pub(crate) mod bench;
pub(crate) mod device;
pub(crate) mod doctor;
pub(crate) mod fetch;
pub(crate) mod forecast;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod market;
pub(crate) mod output_file;
pub(crate) mod price_folder;
pub(crate) mod process;
pub(crate) mod promote;
pub(crate) mod publish;
pub(crate) mod resources;
pub(crate) mod retrain;
pub(crate) mod retry;
pub(crate) mod run;
pub(crate) mod serving;
pub(crate) mod settle;
pub(crate) mod task;
pub(crate) mod train;
pub(crate) mod train_base;
pub(crate) mod tune;
