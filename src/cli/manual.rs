//! The texts of `polsband --help` around what clap lists by itself. Lines stay below 90 characters, so that a narrow
//! terminal breaks none of them.

/// Heading of the settings among the options.
pub(super) const SETTINGS: &str = "Settings";

pub(super) const ABOUT: &str = "\
Polsband runs the wallets of a festival. The organiser prints one Bancontact top-up code \
per wristband or card; a visitor scans it with a bank app and pays; the wallet behind the \
wristband is credited within seconds; bars charge it from a terminal. The books are double \
entry and can be audited at any time.";

pub(super) const AFTER_SHORT: &str = "\
`polsband --help` shows the manual, `polsband COMMAND --help` that of one command.";

pub(super) const AFTER: &str = "\
First steps:
  polsband demo                                               try it all, with a sandbox bank

  polsband event create summer --name 'Summer Festival' --profile-id PPID
  polsband point-of-sale add summer 'Main bar'
  polsband product add summer Beer --price 3,50               sold at all bars
  polsband media issue summer --count 1000 --kind wristband   prints the batch's id
  polsband sheet BATCH --layout a4-band-19 --out summer.pdf
  polsband batch receive BATCH -                              a scanner shows it is the batch
  polsband operator add you@festival.example --role admin     prints a link for a password
  polsband terminal add summer --point-of-sale 'Main bar'     prints a QR that opens the app
  polsband serve

Settings:
  A setting is looked for among the flags, in the environment, and in polsband.toml (or
  --config FILE), in this order; the first one found counts. In the file the names are in
  lower case and without POLSBAND_, as in: listen = \"127.0.0.1:8080\"

    DATABASE_URL              sqlite://FILE or postgres://…
                              [sqlite://polsband-data/polsband.db]
    POLSBAND_DATABASE_POOLER  transaction: a pooler in transaction mode stands before it
                              [none]
    POLSBAND_KEY_FILE         keep a copy beside every backup [polsband-data/secret.key]
    POLSBAND_PUBLIC_URL       how the world reaches us, with https [http://<listen>]
    POLSBAND_LISTEN           where everything is served [127.0.0.1:8080]
    POLSBAND_CONSOLE_LISTEN   the console, there and nowhere else [as POLSBAND_LISTEN]
    POLSBAND_VISITOR_LISTEN   visitors' pages, likewise [as POLSBAND_LISTEN]
    POLSBAND_TRUSTED_PROXIES  networks whose forwarding header is believed [none]
    POLSBAND_METRICS_ALLOW    networks that may read /metrics [this machine]
    POLSBAND_LOG              what is logged: warn, info, polsband=debug
                              [warn; serve and sandbox: info]

Output:
  Results go to standard output, with --json as one JSON value; notes, logs and progress
  go to standard error. Amounts are typed as 12,50 or 12.50; options that end in -cents,
  and all JSON, count whole cents. Times are UTC.

Exit codes:
  0  done
  1  refused, or found wrong; the reason is on standard error
  2  bad usage: arguments or settings that can't be right";
