//! Who is at the other end of a connection, through the proxies we were told to trust.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

/// The other end of the TCP connection; put into every request by [`super::serve`].
#[derive(Clone, Copy, Debug)]
pub(in crate::web) struct Peer(pub(in crate::web) SocketAddr);

/// The networks whose forwarding header is believed.
#[derive(Clone, Debug, Default)]
pub(in crate::web) struct TrustedProxies(pub(in crate::web) Arc<[IpNet]>);

/// A client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct Client {
    /// The peer, or who the trusted proxies say it is.
    pub(in crate::web) address: IpAddr,
    /// False when somebody we don't trust claims to speak for somebody else: the address is then whose the
    /// connection is, and whoever grants something to an address had better not.
    pub(in crate::web) is_certain: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Client
where
    TrustedProxies: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Client, Infallible> {
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        Ok(Client::of(peer, &parts.headers, &TrustedProxies::from_ref(state)))
    }
}

impl Client {
    /// The last address in the forwarding header that is not a trusted proxy's, read from the right: what stands
    /// further left anybody can have written.
    fn of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &TrustedProxies) -> Client {
        let is_trusted = |address: &IpAddr| trusted.0.iter().any(|network| network.contains(address));
        let forwards = headers.contains_key(FORWARDED_FOR) || headers.contains_key(FORWARDED);
        let Some(peer) = peer.map(|address| address.to_canonical()) else {
            return Client { address: Ipv4Addr::UNSPECIFIED.into(), is_certain: false };
        };
        if !is_trusted(&peer) {
            return Client { address: peer, is_certain: !forwards };
        }
        let values: Vec<&str> =
            headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
        let mut address = peer;
        for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
            let Some(hop) = hop_address(hop) else { break };
            address = hop;
            if !is_trusted(&address) {
                break;
            }
        }
        Client { address, is_certain: true }
    }

    /// What a rate limit counts by: an IPv6 customer has a whole /64 to draw addresses from.
    pub(in crate::web) fn key(&self) -> IpAddr {
        match self.address {
            IpAddr::V6(v6) => {
                let network = u128::from(v6) & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from(network))
            }
            v4 => v4,
        }
    }
}

/// An address as proxies write it: bare, with a port, in brackets.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.parse::<IpAddr>().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.or_else(with_port).or_else(in_brackets).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded_for: &[&str]) -> Client {
        let mut headers = HeaderMap::new();
        for value in forwarded_for {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let trusted = TrustedProxies(["10.0.0.0/8", "::1/128"].map(|net| net.parse().unwrap()).into());
        Client::of(Some(peer.parse().unwrap()), &headers, &trusted)
    }

    fn certain(address: &str) -> Client {
        Client { address: address.parse().unwrap(), is_certain: true }
    }

    #[test]
    fn a_forwarding_header_is_believed_only_from_a_trusted_proxy() {
        assert_eq!(client("203.0.113.7", &[]), certain("203.0.113.7"));
        let claimed = client("203.0.113.7", &["127.0.0.1"]);
        assert_eq!((claimed.address, claimed.is_certain), ("203.0.113.7".parse().unwrap(), false));
        assert_eq!(client("10.0.0.1", &["203.0.113.9"]), certain("203.0.113.9"));
    }

    #[test]
    fn what_stands_left_of_the_first_untrusted_hop_is_ignored() {
        assert_eq!(client("10.0.0.1", &["127.0.0.1, 203.0.113.9, 10.0.0.2"]), certain("203.0.113.9"));
        assert_eq!(client("10.0.0.1", &["127.0.0.1", "203.0.113.9", "10.0.0.2"]), certain("203.0.113.9"));
        assert_eq!(client("10.0.0.1", &["203.0.113.9, nonsense"]), certain("10.0.0.1"));
        assert_eq!(client("10.0.0.1", &[]), certain("10.0.0.1"));
    }

    #[test]
    fn addresses_are_read_in_every_form_proxies_write() {
        for form in ["[2001:db8::1]:80", "[2001:db8::1]", "2001:db8::1"] {
            assert_eq!(client("::1", &[form]), certain("2001:db8::1"));
        }
        assert_eq!(client("::ffff:10.0.0.1", &["203.0.113.9:4711"]), certain("203.0.113.9"));
    }

    #[test]
    fn an_ipv6_customer_counts_as_one() {
        assert_eq!(certain("2001:db8::1").key(), certain("2001:db8::ffff:0:1").key());
        assert_ne!(certain("2001:db8::1").key(), certain("2001:db8:0:1::1").key());
    }
}
