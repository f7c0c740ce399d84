//! Where a forwarded connection goes: addresses, `localhost`, and the names of the container's `/etc/hosts`.
//!
//! libc is not asked, for the reason that [`crate::account`] gives; a name that only a name server knows is refused
//! by name, and the client can resolve it instead (`-L PORT:$(getent hosts NAME ...)`).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// The addresses of a host, in the order of the file.
///
/// # Errors
/// `NotFound` when nobody here knows the name.
pub(crate) fn addresses(host: &str, hosts: &Path) -> io::Result<Vec<IpAddr>> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse() {
        return Ok(vec![address]);
    }
    if host.eq_ignore_ascii_case("localhost") {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let text = std::fs::read(hosts).unwrap_or_default();
    let found = in_text(&String::from_utf8_lossy(&text), host);
    if found.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("`{host}` is not in `{}`", hosts.display())));
    }
    Ok(found)
}

/// The addresses of a name in hosts(5).
fn in_text(text: &str, host: &str) -> Vec<IpAddr> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split('#').next()?.split_whitespace();
            let address = words.next()?.parse().ok()?;
            words.any(|name| name.eq_ignore_ascii_case(host)).then_some(address)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_localhost_and_the_names_of_the_file_are_known() {
        let none = Path::new("/nonexistent");
        assert_eq!(addresses("10.1.2.3", none).unwrap(), [IpAddr::from([10, 1, 2, 3])]);
        assert_eq!(addresses("[::1]", none).unwrap(), [IpAddr::from(Ipv6Addr::LOCALHOST)]);
        assert_eq!(addresses("LocalHost", none).unwrap().len(), 2);
        assert_eq!(
            in_text("10.0.0.1 nid1 n1 # n2\n#10.0.0.2 n2\nx n2\n10.0.0.3\tN2\n", "n2"),
            [IpAddr::from([10, 0, 0, 3])]
        );
        assert_eq!(addresses("n2", none).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
