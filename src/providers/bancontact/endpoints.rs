//! Where Bancontact is: two environments, each address of which can be overridden.

use crate::providers::{Environment, NotAServiceUrl, ServiceUrl};

/// The addresses of one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The Merchant Payment API, without `/v3`.
    pub api: ServiceUrl,
    /// Where the public keys are served.
    pub key_set: ServiceUrl,
    /// What printed codes begin with.
    pub pay: ServiceUrl,
    /// The provider's QR picture service.
    pub image: ServiceUrl,
}

/// Addresses that replace the environment's own: a sandbox, a proxy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overrides<'a> {
    /// Instead of the API's address.
    pub api_url: Option<&'a str>,
    /// Instead of the key set's address.
    pub key_set_url: Option<&'a str>,
    /// Instead of the address printed codes begin with.
    pub pay_url: Option<&'a str>,
}

impl Endpoints {
    /// The addresses of an environment, as overridden.
    ///
    /// # Errors
    /// Every override that can't be used, each with the name of its setting.
    pub fn of(
        environment: Environment,
        overrides: Overrides<'_>,
    ) -> Result<Endpoints, Vec<(&'static str, NotAServiceUrl)>> {
        let mut endpoints = Endpoints::built_in(environment);
        let mut wrong = Vec::new();
        for (setting, given, place) in [
            ("api_url", overrides.api_url, &mut endpoints.api),
            ("key_set_url", overrides.key_set_url, &mut endpoints.key_set),
            ("pay_url", overrides.pay_url, &mut endpoints.pay),
        ] {
            match given.map(ServiceUrl::parse) {
                Some(Ok(url)) => *place = url,
                Some(Err(error)) => wrong.push((setting, error)),
                None => {}
            }
        }
        if wrong.is_empty() { Ok(endpoints) } else { Err(wrong) }
    }

    /// As Bancontact publishes them since it left the Payconiq name (API and keys in September 2025, printed codes in
    /// May 2026). Preprod's pay host is the one its API puts into its own links.
    fn built_in(environment: Environment) -> Endpoints {
        let [api, key_set, pay, image] = match environment {
            Environment::Production => [
                "https://merchant.api.bancontact.net",
                "https://jwks.bancontact.net",
                "https://pay.bancontact.net",
                "https://qrcodegenerator.api.bancontact.net/qrcode",
            ],
            Environment::Preprod => [
                "https://merchant.api.preprod.bancontact.net",
                "https://jwks.preprod.bancontact.net",
                "https://pay.acc.bancontact.net",
                "https://qrcodegenerator.api.preprod.bancontact.net/qrcode",
            ],
        };
        Endpoints {
            api: ServiceUrl::known(api),
            key_set: ServiceUrl::known(key_set),
            pay: ServiceUrl::known(pay),
            image: ServiceUrl::known(image),
        }
    }
}

/// The host of printed codes until May 2026.
const OLD_PAY_HOST: &str = "payconiq.com";

/// True for an address that codes began with until Bancontact left the Payconiq name. Its notice of the change has codes
/// adapted so that they keep being accepted; whether those already printed go on working, it does not say.
#[must_use]
pub fn is_old_pay_host(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    host.split(['/', ':']).next().is_some_and(|host| host.eq_ignore_ascii_case(OLD_PAY_HOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_environment_has_addresses_of_its_own() {
        let production = Endpoints::of(Environment::Production, Overrides::default()).unwrap();
        let preprod = Endpoints::of(Environment::Preprod, Overrides::default()).unwrap();
        assert_eq!(production.pay.as_str(), "https://pay.bancontact.net");
        assert_eq!(production.api.as_str(), "https://merchant.api.bancontact.net");
        for (one, other) in [
            (&production.api, &preprod.api),
            (&production.key_set, &preprod.key_set),
            (&production.pay, &preprod.pay),
            (&production.image, &preprod.image),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_old_host_of_printed_codes_is_known_and_no_other_is_taken_for_it() {
        for old in ["https://payconiq.com", "HTTPS://PAYCONIQ.COM", "https://payconiq.com:443/t"] {
            assert!(is_old_pay_host(old), "{old}");
        }
        let preprod = Endpoints::of(Environment::Preprod, Overrides::default()).unwrap();
        for other in ["https://pay.bancontact.net", preprod.pay.as_str(), "https://payconiq.com.evil.example"]
        {
            assert!(!is_old_pay_host(other), "{other}");
        }
    }

    #[test]
    fn an_override_replaces_its_address_and_all_wrong_ones_are_named_together() {
        let sandbox = Overrides {
            api_url: Some("http://127.0.0.1:8090"),
            key_set_url: None,
            pay_url: Some("https://qr.example"),
        };
        let endpoints = Endpoints::of(Environment::Production, sandbox).unwrap();
        assert_eq!(endpoints.api.as_str(), "http://127.0.0.1:8090");
        assert_eq!(endpoints.key_set.as_str(), "https://jwks.bancontact.net");
        assert_eq!(endpoints.pay.as_str(), "https://qr.example");

        let wrong =
            Overrides { api_url: Some("http://bank.example"), key_set_url: None, pay_url: Some("bank") };
        let named: Vec<_> = Endpoints::of(Environment::Preprod, wrong)
            .unwrap_err()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(named, ["api_url", "pay_url"]);
    }
}
