//! The demo's bank: the sandbox on a listener of its own, beside the service.

use crate::cli::settings::local_url;
use crate::clock::Clock;
use crate::sandbox::{NewProfile, Options, PrintedCode, Sandbox};
use anyhow::Context as _;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A sandbox that is bound, and not served yet.
pub(super) struct Bank {
    sandbox: Sandbox,
    listener: TcpListener,
}

/// Opens the bank on the port after the service's, or on any free one.
pub(super) async fn open(data: &Path, service: SocketAddr) -> anyhow::Result<Bank> {
    let next = SocketAddr::new(service.ip(), service.port().checked_add(1).unwrap_or(0));
    let listener = match TcpListener::bind(next).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind((service.ip(), 0)).await.context("the bank has no port to listen on")?,
    };
    let base_url = local_url(listener.local_addr()?);
    let options = Options { data: Some(data.join("bank")), clock: Clock::System, base_url, seed: None };
    Ok(Bank { sandbox: Sandbox::open(options)?, listener })
}

impl Bank {
    /// Where it is, without a slash at the end.
    pub(super) fn url(&self) -> &str {
        self.sandbox.api_url()
    }

    /// Where its key set is.
    pub(super) fn key_set_url(&self) -> String {
        self.sandbox.key_set_url()
    }

    /// Opens a merchant's profile there, or points the one there is at our callbacks; answers its API key.
    pub(super) fn register(
        &self,
        profile_id: &str,
        merchant: &str,
        callback_url: String,
    ) -> anyhow::Result<String> {
        Ok(self.sandbox.register_profile(NewProfile {
            profile_id: profile_id.to_owned(),
            callback_url,
            api_key: None,
            merchant_name: Some(merchant.to_owned()),
        })?)
    }

    /// Lets its page offer these codes.
    pub(super) fn offer(&self, codes: Vec<PrintedCode>) {
        self.sandbox.register_codes(codes);
    }

    /// Serves it until `stop`.
    pub(super) fn serve(self, stop: CancellationToken) -> impl Future<Output = io::Result<()>> {
        self.sandbox.serve(self.listener, stop.cancelled_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::ServiceUrl;

    #[tokio::test]
    async fn a_bank_that_listens_everywhere_is_reached_on_this_machine() {
        let folder = tempfile::tempdir().unwrap();
        for (service, host) in [("0.0.0.0:65535", "127.0.0.1"), ("[::1]:65535", "[::1]")] {
            let bank = open(&folder.path().join(host), service.parse().unwrap()).await.unwrap();
            assert!(bank.url().starts_with(&format!("http://{host}:")), "{}", bank.url());
            for url in [bank.url(), &bank.key_set_url()] {
                ServiceUrl::parse(url).expect("an event can be set up with it");
            }
        }
    }
}
