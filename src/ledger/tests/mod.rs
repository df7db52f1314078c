//! The books' promises: decided as a naive model would, audited to the last rule, committed once whatever breaks.

mod auditing;
mod broken_connections;
mod hammer;
mod lane;
mod model;
mod proxy;
mod trouble;
