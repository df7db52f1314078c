//! `polsband sandbox`: the payment provider's simulator alone.

use super::out::note;
use super::service::stop_on_signal;
use super::settings::local_url;
use super::shell::Shell;
use crate::clock::Clock;
use crate::sandbox::{Options, Sandbox};
use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;

#[derive(Args)]
#[command(after_long_help = "\
Try it:
  polsband sandbox
  curl -d '{\"profile_id\": \"PPID\", \"callback_url\": \"http://127.0.0.1:8080/callbacks/bancontact/summer\"}' \\
      http://127.0.0.1:8081/sandbox/profiles        registers who gets paid, and prints the API key
  polsband event create summer --name Summer --profile-id PPID --api-key-file KEY \\
      --api-url http://127.0.0.1:8081 --key-set-url http://127.0.0.1:8081/jwks

Its page, http://127.0.0.1:8081/, is a bank app: choose or paste a printed code, and pay. For programs:
  curl http://127.0.0.1:8081/sandbox/pay --json '{\"payload\": \"CODE\", \"amount_cents\": 2000, \"callback\": \"twice\"}'
      outcome      SUCCEEDED, or PENDING, IDENTIFIED, AUTHORIZED, AUTHORIZATION_FAILED, FAILED, CANCELLED, EXPIRED,
                   PENDING_MERCHANT_ACKNOWLEDGEMENT, VOIDED
      callback     deliver, drop, twice, delay:MS, bad-signature, wrong-subject
      description  in place of the code's own; debtor, {\"name\", \"iban\"}, in place of one that is made up
  curl http://127.0.0.1:8081/sandbox/payments/ID/move --json '{\"outcome\": \"FAILED\"}'
      the payment changes its state; takes amount_cents and callback as well
  curl 'http://127.0.0.1:8081/sandbox/payments?limit=5'
      the newest ones, with each callback that was sent and what it was answered
  curl http://127.0.0.1:8081/sandbox/faults --json '{\"hold_callbacks\": true}'
      what goes wrong from now on; without --json it is shown, all of it; {\"reset\": true} ends it
  curl http://127.0.0.1:8081/sandbox/callbacks/release --json '{\"order\": \"newest-first\"}'
      the callbacks that were held are sent in this order, or oldest-first

MultiSafepay is at http://127.0.0.1:8081/multisafepay/v1/json (site 1001001, key multisafepay-sandbox-key), WooshPay at
http://127.0.0.1:8081/wooshpay (account acct_sandbox, key sk_test_sandbox; its webhook is made with
POST /wooshpay/v1/webhook_endpoints, which answers the secret). `event provider add` takes these as --api-url.

Payers of both come to a page of its own; for programs, and for what goes wrong:
  curl http://127.0.0.1:8081/sandbox/orders/ORDER --json '{\"outcome\": \"paid\", \"notify\": \"twice\"}'
      outcome  open, processing, paid, declined, cancelled, expired, unheard; of what was paid at MultiSafepay also
               charged-back, of which their list says nothing
      notify   deliver, drop, twice, hold, bad-signature, unsigned
      amount_cents, currency (as USD): what is told in place of what was ordered
      received_cents: what WooshPay tells came in, where not all that was asked for; a person decides about such money
  curl http://127.0.0.1:8081/sandbox/orders/ORDER
      where it stands, with its refunds
  curl http://127.0.0.1:8081/sandbox/notices/release --json '{\"order\": \"newest-first\"}'
      the notifications that were held are sent in this order, or oldest-first
  curl http://127.0.0.1:8081/sandbox/orders/ORDER/refunds --json '{\"amount_cents\": 500}'
      somebody refunds so much of a paid order in the provider's own pages; takes notify as well
  curl http://127.0.0.1:8081/sandbox/orders/ORDER/refunds/finish --json '{\"outcome\": \"completed\"}'
      the oldest reserved refund goes through, or is refused; refund names another one by its id, and notify is taken
  curl http://127.0.0.1:8081/sandbox/orders --json '{\"answers_lost\": true}'
      what goes wrong from now on; what is left out is as it should be:
      answers_lost            payments and refunds are made, and answered 504
      answers_hang            they are made, and not answered while this stands
      unavailable             nothing answers but 503
      silent                  nothing answers and nothing is made while this stands
      multisafepay_key_ended  MultiSafepay takes no key: 401
      page_rows               so many rows of a list come at a time, not as many as asked for
      refunds_stay_reserved   refunds are taken on, and wait to be finished
      search_lags             WooshPay's search knows no payment yet
  curl -X POST http://127.0.0.1:8081/sandbox/multisafepay/key
      MultiSafepay's key is renewed: only the new one, which is answered, opens and signs from now on")]
pub(super) struct SandboxCommand {
    /// Where to listen; loopback, because whoever reaches it makes payments out of nothing
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// A folder that keeps its payments, keys and webhooks over a restart, not its faults nor what it holds back of
    /// MultiSafepay's and WooshPay's notifications [default: nothing is kept]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// What is printed once it listens.
#[derive(Serialize)]
struct Listening<'a> {
    sandbox_url: &'a str,
    key_set_url: &'a str,
}

pub(super) async fn run(command: SandboxCommand, shell: &Shell) -> anyhow::Result<()> {
    shell.takes_no_settings("the sandbox has options of its own and uses no database")?;
    let stop = stop_on_signal()?;
    let listener = TcpListener::bind(command.listen).await;
    let listener = listener.with_context(|| format!("--listen: {} can't be listened on", command.listen))?;
    let base_url = local_url(listener.local_addr()?);
    if !command.listen.ip().is_loopback() {
        note(format_args!(
            "Mind: {} is not loopback. Whoever reaches this sandbox makes payments out of nothing and reads every callback.",
            command.listen
        ));
    }
    let options =
        Options { data: command.data, clock: Clock::System, base_url: base_url.clone(), seed: None };
    let sandbox = Sandbox::open(options)?;
    let key_set_url = sandbox.key_set_url();
    shell.out.one(
        &Listening { sandbox_url: &base_url, key_set_url: &key_set_url },
        format_args!(
            "The sandbox is at {base_url} (API: {base_url}, key set: {key_set_url}). Ctrl-C stops it."
        ),
    )?;
    sandbox.serve(listener, stop.cancelled_owned()).await.context("the sandbox stopped")
}
