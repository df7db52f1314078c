//! The whole service through the built program: killed, stopped, doubled, copied, tried out, started wrongly, without
//! room on its disk.
//!
//! Nothing here knows the library: the tests speak HTTP to `polsband serve`, `polsband sandbox` and `polsband demo`, and
//! compare what clients were told with what the books say afterwards.

mod backup;
mod bank;
mod browser;
mod console;
mod dashboard;
mod decided;
mod demo;
mod disk;
mod downloads;
mod festival;
mod harness;
mod http;
mod inspector;
mod instances;
mod keyboard;
mod kill;
mod load;
mod slow;
mod start;
mod stop;
mod till;
mod till_app;
mod till_enrol;
mod till_language;
mod till_parts;
mod till_scan;
mod top_up;
mod visitor;
mod walk;
mod walk_outside;
mod walk_seldom;
mod walk_till;
mod wire;
