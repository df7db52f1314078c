//! The whole service through the built program: killed, stopped, doubled, copied, tried out, started wrongly, without
//! room on its disk.
//!
//! Nothing here knows the library: the tests speak HTTP to `polsband serve`, `polsband sandbox` and `polsband demo`, and
//! compare what clients were told with what the books say afterwards.
//!
//! What happens under stress, and which tests show it. Those without a folder are here; where they charge, they audit the
//! books at their end:
//!
//! | stress | what happens | shown by |
//! |---|---|---|
//! | more than can be taken | 4,096 wait, stored sales in half of these places; whoever comes then hears 503 with `Retry-After` at once | `slow_disk`, `src/web/tests/crowds`, `src/terminals/race_tests` |
//! | crowds of visitors and strangers | they take turns, and hear 503 after a second without one; bars have connections to the database of their own | `src/web/tests/crowds` |
//! | a slow disk | what waits together is committed together; looking at a balance waits for no commit | `slow_disk` |
//! | a disk or a PostgreSQL that hangs | who waits hears 503 after five seconds, who comes then at once; what was begun is done when it goes on, or given up after a while | `slow_disk`, `src/ledger/tests/trouble`, `src/ledger/tests/broken_connections` |
//! | a full disk, a database that is moved away | charges hear 503; on a full disk balances are shown; both end by themselves | `disk` |
//! | a client that sends a byte a second | 408 after ten seconds | `slow` |
//! | a client that reads nothing of its answer | cut off after half a minute | `src/web/tests/serving` |
//! | a rush while nobody is accepted | all are connected, and answered | `slow` |
//! | idle connections, as many as there may be | those that never asked leave for whoever comes; tills keep theirs | `src/web/tests/serving`; `make bench ARGS=idle` measures 10,000 |
//! | several processes at the same wallets, one of them killed | no charge is made twice, wherever it is sent again | `instances`, `kill` |

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
mod slow_disk;
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
mod without_script;
