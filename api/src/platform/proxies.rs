//! Who really calls, when proxies stand in between. What a header says is believed only from a proxy that a setting names:
//! anybody else can write into it what they like.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Addresses that a chain of proxies may have; a longer one is no chain of ours.
const MOST_HOPS: usize = 20;

/// Networks whose word on the caller is believed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proxies(Vec<IpNet>);

/// Where the proxies write the caller's address. Only the one that they really write: the other one comes from the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProxyHeader {
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// RFC 7239
    #[serde(rename = "forwarded")]
    Forwarded,
}

/// How a request came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    pub address: IpAddr,
    /// Whether a proxy took it over HTTPS.
    pub https: bool,
    /// Given by a proxy, or made here.
    pub request_id: String,
}

impl Via {
    /// As [`read`] found it; nobody in particular where it did not.
    pub fn of(request: &Parts) -> Self {
        request.extensions.get().cloned().unwrap_or(Self {
            address: Ipv6Addr::UNSPECIFIED.into(),
            https: false,
            request_id: String::new(),
        })
    }
}

impl Proxies {
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The caller's address and whether they came over HTTPS. The list is read from its end, which the nearest proxy wrote,
    /// for as long as proxies of ours vouch for what is before.
    fn read(&self, header: ProxyHeader, peer: IpAddr, headers: &HeaderMap) -> (IpAddr, bool) {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return (peer, false);
        }
        let hops = match header {
            ProxyHeader::XForwardedFor => from_the_end(headers, &FORWARDED_FOR),
            ProxyHeader::Forwarded => from_the_end(headers, &header::FORWARDED),
        };
        let proto = match header {
            ProxyHeader::XForwardedFor => from_the_end(headers, &FORWARDED_PROTO).into_iter().next(),
            ProxyHeader::Forwarded => hops.first().and_then(|hop| parameter(hop, "proto")),
        };
        let mut caller = peer;
        for hop in hops.iter().take(MOST_HOPS) {
            let node = match header {
                ProxyHeader::XForwardedFor => Some(hop.clone()),
                ProxyHeader::Forwarded => parameter(hop, "for"),
            };
            let Some(address) = node.as_deref().and_then(address) else { break };
            caller = address;
            if !self.trusts(caller) {
                break;
            }
        }
        (caller, proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https")))
    }

    /// A proxy's name for the request; of a form that can stand in a log.
    fn request_id(&self, peer: IpAddr, headers: &HeaderMap) -> Option<String> {
        let id = headers.get(REQUEST_ID).filter(|_| self.trusts(peer.to_canonical()))?.to_str().ok()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
        (1..=128).contains(&id.len()).then_some(())?;
        id.bytes().all(plain).then(|| id.to_owned())
    }
}

/// The items of a header that may come several times and have several items each, the last one first. They are parted from
/// the end, so that a quote which the caller left open cannot hide what a proxy wrote behind it. A quoted comma parts nothing.
fn from_the_end(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let mut items = Vec::new();
    for value in headers.get_all(name).iter().rev() {
        // What is no text vouches for nothing: it stands as an item that no address can be read from.
        let text = value.to_str().unwrap_or("?");
        let mut quoted = false;
        let parts = text.rsplit(|c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        });
        items.extend(parts.take(MOST_HOPS).map(|item| item.trim().to_owned()));
    }
    items
}

/// One parameter of an item of `Forwarded`: `for="[2001:db8::1]:4711";proto=https`.
fn parameter(item: &str, name: &str) -> Option<String> {
    item.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// What counts as one place that calls: an IPv4 address, or the /64 that one subscriber of IPv6 has at the least.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// The same as a number, for books that are kept by numbers.
pub fn network_bits(address: IpAddr) -> u128 {
    match network(address) {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Finds out how each request came, tells the handlers ([`Via`]) and the caller (the request's id).
#[derive(Clone)]
pub struct Reader {
    pub proxies: Proxies,
    pub header: ProxyHeader,
    pub new_id: std::sync::Arc<dyn Fn() -> String + Send + Sync>,
}

pub async fn read(State(reader): State<Reader>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let peer = peer.unwrap_or(Ipv6Addr::UNSPECIFIED.into());
    let (address, https) = reader.proxies.read(reader.header, peer, request.headers());
    let request_id = reader.proxies.request_id(peer, request.headers()).unwrap_or_else(|| (reader.new_id)());
    let shown = HeaderValue::from_str(&request_id);
    request.extensions_mut().insert(Via { address, https, request_id });
    let mut response = next.run(request).await;
    if let Ok(id) = shown {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    if https {
        let a_year = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, a_year);
    }
    response
}

impl Serialize for Proxies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ToString::to_string))
    }
}

impl<'de> Deserialize<'de> for Proxies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |text: &String| {
            let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            // Everybody's word would be nobody's.
            network.ok().filter(|network| network.prefix_len() > 0).ok_or_else(|| {
                D::Error::custom(format!(
                    "`{text}` is no network: it must be such as `10.0.0.0/8`, `fd00::/8` or `192.0.2.1`"
                ))
            })
        };
        Vec::<String>::deserialize(deserializer)?.iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ProxyHeader::*, *};

    fn proxies(networks: &[&str]) -> Proxies {
        serde_json::from_value(serde_json::json!(networks)).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        pairs.iter().map(pair).collect()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_address_is_the_last_that_a_proxy_of_ours_vouches_for() {
        let ours = proxies(&["10.0.0.0/8", "fd00::/8", "192.0.2.7"]);
        for (peer, given, caller) in [
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.2.3.4", "203.0.113.9"),
            ("10.0.0.1", "1.2.3.4,203.0.113.9:4711,192.0.2.7", "203.0.113.9"),
            ("fd00::1", "[2001:db8::1]:4711", "2001:db8::1"),
            ("fd00::1", "2001:db8::1", "2001:db8::1"),
            ("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
            // Who is no proxy of ours speaks for itself.
            ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
            ("192.0.2.8", "10.0.0.1", "192.0.2.8"),
            // What cannot be read vouches for nothing before it.
            ("10.0.0.1", "1.2.3.4, unknown", "10.0.0.1"),
            ("10.0.0.1", "1.2.3.4, ", "10.0.0.1"),
            ("10.0.0.1", "1.2.3.4, _hidden, 10.9.9.9", "10.9.9.9"),
            ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
            ("10.0.0.1", "", "10.0.0.1"),
        ] {
            let found = ours.read(XForwardedFor, ip(peer), &headers(&[("x-forwarded-for", given)]));
            assert_eq!(found.0, ip(caller), "{peer} says {given}");
        }
    }

    #[test]
    fn a_list_over_several_headers_is_one_list() {
        let given = headers(&[("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.9, 10.1.1.1")]);
        assert_eq!(proxies(&["10.0.0.0/8"]).read(XForwardedFor, ip("10.0.0.1"), &given).0, ip("203.0.113.9"));
    }

    #[test]
    fn the_standard_header_is_read_where_it_is_the_one_in_use_and_only_there() {
        let ours = proxies(&["10.0.0.0/8"]);
        let given = headers(&[
            ("forwarded", "for=1.2.3.4, For=\"[2001:db8::1]:4711\";proto=https;by=10.0.0.1"),
            ("x-forwarded-for", "5.6.7.8"),
        ]);
        let peer = ip("10.0.0.1");
        assert_eq!(ours.read(Forwarded, peer, &given), (ip("2001:db8::1"), true));
        assert_eq!(ours.read(XForwardedFor, peer, &given), (ip("5.6.7.8"), false));
        let open = headers(&[("forwarded", "for=\"1.2.3.4, for=\"[2001:db8::1]\", for=10.0.0.9;proto=https")]);
        assert_eq!(ours.read(Forwarded, peer, &open), (ip("2001:db8::1"), true));
        let hidden = headers(&[("forwarded", "for=1.2.3.4, for=\"_a,b\", for=10.0.0.9;proto=http")]);
        assert_eq!(ours.read(Forwarded, peer, &hidden), (ip("10.0.0.9"), false));
    }

    #[test]
    fn https_is_believed_from_a_proxy_only() {
        let given = headers(&[("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.9")]);
        assert!(proxies(&["10.0.0.0/8"]).read(XForwardedFor, ip("10.0.0.1"), &given).1);
        assert!(!proxies(&["10.0.0.0/8"]).read(XForwardedFor, ip("11.0.0.1"), &given).1);
    }

    #[test]
    fn a_request_id_is_taken_from_a_proxy_only_and_only_if_it_can_stand_in_a_log() {
        let ours = proxies(&["10.0.0.0/8"]);
        let id = |peer: &str, id: &str| ours.request_id(ip(peer), &headers(&[("x-request-id", id)]));
        assert_eq!(id("10.0.0.1", "7f-a_b.c:d/e+f="), Some("7f-a_b.c:d/e+f=".into()));
        assert_eq!(id("203.0.113.9", "7f"), None);
        for odd in ["", "a b", "a\"b", "a;b", "é", &"a".repeat(129)] {
            assert_eq!(id("10.0.0.1", odd), None, "{odd}");
        }
    }

    #[test]
    fn one_subscriber_is_one_network() {
        assert_eq!(network(ip("203.0.113.9")), ip("203.0.113.9"));
        assert_eq!(network(ip("::ffff:203.0.113.9")), ip("203.0.113.9"));
        assert_eq!(network(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
        assert_ne!(network(ip("2001:db8:1:3::1")), network(ip("2001:db8:1:2::1")));
    }

    #[test]
    fn a_network_that_is_none_or_everybodys_is_refused_in_the_settings() {
        for wrong in ["10.0.0.0/33", "here", "", "0.0.0.0/0", "::/0"] {
            let read: Result<Proxies, _> = serde_json::from_value(serde_json::json!([wrong]));
            assert!(read.is_err_and(|why| why.to_string().contains("10.0.0.0/8")), "{wrong}");
        }
    }

    proptest! {
        /// Nothing that a caller writes before what our proxy adds changes who they are.
        #[test]
        fn what_a_caller_writes_changes_nothing(forged in "[ -~]{0,80}") {
            let given = format!("{forged}, 203.0.113.9");
            let found = proxies(&["10.0.0.0/8"]).read(XForwardedFor, ip("10.0.0.1"), &headers(&[("x-forwarded-for", &given)]));
            prop_assert_eq!(found.0, ip("203.0.113.9"));
            let given = format!("{forged}, for=203.0.113.9;proto=https");
            let found = proxies(&["10.0.0.0/8"]).read(Forwarded, ip("10.0.0.1"), &headers(&[("forwarded", &given)]));
            prop_assert_eq!(found, (ip("203.0.113.9"), true));
        }

        /// Bytes of any kind, in any of the headers and several times, leave the caller an address and no other name.
        #[test]
        fn whatever_the_headers_say_there_is_a_caller(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..4)) {
            let mut given = HeaderMap::new();
            for value in values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok()) {
                for name in [FORWARDED_FOR, FORWARDED_PROTO, header::FORWARDED, REQUEST_ID] {
                    given.append(name, value.clone());
                }
            }
            let ours = proxies(&["10.0.0.0/8"]);
            for header in [XForwardedFor, Forwarded] {
                prop_assert_eq!(ours.read(header, ip("203.0.113.9"), &given), (ip("203.0.113.9"), false));
                ours.read(header, ip("10.0.0.1"), &given);
            }
            prop_assert!(ours.request_id(ip("203.0.113.9"), &given).is_none());
            prop_assert!(ours.request_id(ip("10.0.0.1"), &given).is_none_or(|id| HeaderValue::from_str(&id).is_ok()));
        }
    }
}
