//! Forms of names: labels, subdomains, qualified names, ports, keys, addresses. Each function gives
//! the server's words for what is wrong (follows apimachinery's util/validation and api/validate/content).

use std::net::{Ipv4Addr, Ipv6Addr};

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const SEARCH: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
const DNS1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const ENV_NAME: &str = "a valid environment variable name must consist only of printable ASCII characters other than '='";
const HEADER: &str = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
const PERCENT: &str =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

type Wrong = Vec<String>;

fn one(text: &str) -> Wrong {
    vec![text.to_owned()]
}

fn lower(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
fn label_form(s: &str) -> bool {
    s.starts_with(lower) && s.ends_with(lower) && s.chars().all(|c| lower(c) || c == '-')
}

fn subdomain_form(s: &str) -> bool {
    s.split('.').all(label_form)
}

/// A DNS label, such as a container's name.
pub fn dns_label(s: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if s.len() > 63 {
        wrong.push("must be no more than 63 characters".to_owned());
    }
    if !label_form(s) {
        wrong.push(if subdomain_form(s) { "must not contain dots" } else { LABEL }.to_owned());
    }
    wrong
}

/// A DNS label that begins with a letter.
pub fn dns1035_label(s: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if s.len() > 63 {
        wrong.push("must be no more than 63 characters".to_owned());
    }
    if !label_form(s) || !s.starts_with(|c: char| c.is_ascii_lowercase()) {
        wrong.push(DNS1035.to_owned());
    }
    wrong
}

/// A DNS subdomain, such as an object's name.
pub fn dns_subdomain(s: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if s.len() > 253 {
        wrong.push("must be no more than 253 characters".to_owned());
    }
    if !subdomain_form(s) {
        wrong.push(SUBDOMAIN.to_owned());
    }
    wrong
}

/// A search domain, which may have underscores.
pub fn dns_search(s: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if s.len() > 253 {
        wrong.push("must be no more than 253 characters".to_owned());
    }
    let part = |p: &str| {
        let p = p.strip_prefix('_').unwrap_or(p);
        p.starts_with(lower) && p.ends_with(lower) && p.chars().all(|c| lower(c) || c == '-' || c == '_')
    };
    if !s.split('.').all(part) {
        wrong.push(SEARCH.to_owned());
    }
    wrong
}

/// A wildcard subdomain: `*.example.com`.
pub fn wildcard_subdomain(s: &str) -> Wrong {
    if s.len() <= 253 && s.strip_prefix("*.").is_some_and(subdomain_form) {
        return Wrong::new();
    }
    one(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    )
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn qualified_form(s: &str) -> bool {
    s.starts_with(word) && s.ends_with(word) && s.chars().all(|c| word(c) || matches!(c, '-' | '_' | '.'))
}

/// A key of labels or annotations: `[prefix/]name`.
pub fn qualified_name(s: &str) -> Wrong {
    let mut wrong = Wrong::new();
    let parts: Vec<&str> = s.split('/').collect();
    let name = match parts.as_slice() {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else {
                wrong.extend(dns_subdomain(prefix).into_iter().map(|m| format!("prefix part {}", m.replace("253 characters", "253 bytes"))));
            }
            name
        }
        _ => return one(&format!("a valid label key {QUALIFIED} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")),
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        wrong.push("name part must be no more than 63 bytes".to_owned());
    }
    if !qualified_form(name) {
        wrong.push(format!("name part {QUALIFIED}"));
    }
    wrong
}

/// A label's value.
pub fn label_value(s: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if s.len() > 63 {
        wrong.push("must be no more than 63 bytes".to_owned());
    }
    if !s.is_empty() && !qualified_form(s) {
        wrong.push(LABEL_VALUE.to_owned());
    }
    wrong
}

/// A key of a ConfigMap or Secret.
pub fn config_key(s: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if s.len() > 253 {
        wrong.push("must be no more than 253 characters".to_owned());
    }
    if s.is_empty() || !s.chars().all(|c| word(c) || matches!(c, '-' | '_' | '.')) {
        wrong.push(CONFIG_KEY.to_owned());
    }
    match s {
        "." => wrong.push("must not be '.'".to_owned()),
        ".." => wrong.push("must not be '..'".to_owned()),
        _ if s.starts_with("..") => wrong.push("must not start with '..'".to_owned()),
        _ => {}
    }
    wrong
}

/// The name of an environment variable.
pub fn env_name(s: &str) -> Wrong {
    let good = !s.is_empty() && s.chars().all(|c| (' '..='~').contains(&c) && c != '=');
    if good { Wrong::new() } else { one(ENV_NAME) }
}

/// The name of a container's port.
pub fn port_name(s: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if s.len() > 15 {
        wrong.push("must be no more than 15 characters".to_owned());
    }
    if !s.chars().all(|c| lower(c) || c == '-') || s.is_empty() {
        wrong.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !s.contains(|c: char| c.is_ascii_lowercase()) {
        wrong.push("must contain at least one letter (a-z)".to_owned());
    }
    if s.contains("--") {
        wrong.push("must not contain consecutive hyphens".to_owned());
    }
    if s.starts_with('-') || s.ends_with('-') {
        wrong.push("must not begin or end with a hyphen".to_owned());
    }
    wrong
}

/// The number of a port.
pub fn port_number(n: i64) -> Wrong {
    if (1..=65535).contains(&n) { Wrong::new() } else { one("must be between 1 and 65535, inclusive") }
}

/// The name of an HTTP header.
pub fn http_header(s: &str) -> Wrong {
    if !s.is_empty() && s.chars().all(|c| word(c) || c == '-') { Wrong::new() } else { one(HEADER) }
}

/// A percentage such as `25%`.
pub fn percent(s: &str) -> Wrong {
    let good = s.strip_suffix('%').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if good { Wrong::new() } else { one(PERCENT) }
}

/// `acme.io/foo`.
pub fn domain_prefixed_path(s: &str) -> Wrong {
    let good =
        s.split_once('/').is_some_and(|(d, p)| dns_subdomain(d).is_empty() && !p.is_empty() && p.chars().all(|c| word(c) || "/%:_-.~!$&'()*+,;=@".contains(c)));
    if good { Wrong::new() } else { one("must be a domain-prefixed path (such as \"acme.io/foo\")") }
}

/// An address, parsed: `None` where it is none. Leading zeros are allowed as in old Go.
fn sloppy(s: &str) -> Option<std::net::IpAddr> {
    if s.contains(':') {
        return s.parse::<Ipv6Addr>().ok().map(Into::into);
    }
    let mut bytes = [0u8; 4];
    let parts: Vec<&str> = s.split('.').collect();
    if parts.len() != 4 {
        return None;
    }
    for (b, p) in bytes.iter_mut().zip(parts) {
        if p.is_empty() || p.len() > 10 || !p.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        *b = p.trim_start_matches('0').parse().or(if p.bytes().all(|c| c == b'0') { Ok(0) } else { Err(()) }).ok()?;
    }
    Some(Ipv4Addr::from(bytes).into())
}

/// An IP address.
pub fn ip(s: &str) -> Wrong {
    let Some(address) = sloppy(s) else { return one("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)") };
    if s.parse::<std::net::IpAddr>().is_err() {
        return one("must not have leading 0s");
    }
    match address {
        std::net::IpAddr::V6(a) if a.to_ipv4_mapped().is_some() => one("must not be an IPv4-mapped IPv6 address"),
        _ => Wrong::new(),
    }
}

/// Whether an address is one of IPv6.
pub fn is_ipv6(s: &str) -> bool {
    s.contains(':') && s.parse::<Ipv6Addr>().is_ok()
}

/// What an address that others connect to may not be.
pub fn endpoint_ip(s: &str) -> Wrong {
    let Some(address) = sloppy(s) else { return one("must be a valid IP address") };
    let mut wrong = Wrong::new();
    if address.is_unspecified() {
        wrong.push(format!("may not be unspecified ({s})"));
    }
    if address.is_loopback() {
        wrong.push("may not be in the loopback range (127.0.0.0/8, ::1/128)".to_owned());
    }
    let (link_local, link_multicast) = match address {
        std::net::IpAddr::V4(a) => (a.is_link_local(), a.octets()[..3] == [224, 0, 0]),
        std::net::IpAddr::V6(a) => ((a.segments()[0] & 0xffc0) == 0xfe80, (a.segments()[0] & 0xff0f) == 0xff02),
    };
    if link_local {
        wrong.push("may not be in the link-local range (169.254.0.0/16, fe80::/10)".to_owned());
    }
    if link_multicast {
        wrong.push("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".to_owned());
    }
    wrong
}

/// A network: `10.0.0.0/24`.
pub fn cidr(s: &str) -> Wrong {
    let bad = || one("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    let Some((address, length)) = s.split_once('/') else { return bad() };
    let (Some(parsed), Ok(n)) = (sloppy(address), length.parse::<u32>()) else { return bad() };
    let (bits, width) = match parsed {
        std::net::IpAddr::V4(a) => (u128::from(u32::from(a)) << 96, 32),
        std::net::IpAddr::V6(a) => (u128::from(a), 128),
    };
    if n > width {
        return bad();
    }
    if address.parse::<std::net::IpAddr>().is_err() || (length.len() > 1 && length.starts_with('0')) {
        return one("must not have leading 0s in IP or prefix length");
    }
    if matches!(parsed, std::net::IpAddr::V6(a) if a.to_ipv4_mapped().is_some()) {
        return one("must not have an IPv4-mapped IPv6 address");
    }
    let rest = if n >= 128 { 0 } else { bits & (u128::MAX >> n) };
    if rest != 0 { one("must not have bits set beyond the prefix length") } else { Wrong::new() }
}

/// Whether one network, given as a CIDR, lies within another.
pub fn within(inner: &str, outer: &str) -> bool {
    let parse = |s: &str| -> Option<(u128, u32)> {
        let (a, n) = s.split_once('/')?;
        let n: u32 = n.parse().ok()?;
        match sloppy(a)? {
            std::net::IpAddr::V4(a) => Some((u128::from(u32::from(a)) << 96, n)),
            std::net::IpAddr::V6(a) => Some((u128::from(a), n)),
        }
    };
    let (Some((a, n)), Some((b, m))) = (parse(inner), parse(outer)) else { return false };
    inner.contains(':') == outer.contains(':') && n > m && (m == 0 || (a >> (128 - m)) == (b >> (128 - m)))
}
