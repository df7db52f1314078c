//! Polsband: closed-loop wallets for festivals. Each module is a room; a room imports only rooms on lower floors.

pub mod clock;
pub mod codes;
pub mod ids;
pub mod money;
mod one_line;
mod plural;

pub mod audit_log;
pub mod db;
mod language;
pub mod providers;
pub mod secrets;

pub mod events;
pub mod operators;
pub mod print;

pub mod media;

pub mod ledger;

pub mod helpdesk;
pub mod payments;
pub mod terminals;

pub mod jobs;
pub mod sandbox;
pub mod web;

pub mod cli;
