use super::*;
use proptest::prelude::*;

fn holds(network: &str, address: &str) -> bool {
    Network::parse(network).unwrap().contains(parse_address(address.as_bytes()).unwrap())
}

#[test]
fn a_network_holds_its_addresses() {
    for (network, address, inside) in [
        ("10.0.0.0/8", "10.255.1.2", true),
        ("10.0.0.0/8", "11.0.0.0", false),
        ("10.1.2.3/8", "10.9.9.9", true),
        ("192.168.1.42", "192.168.1.42", true),
        ("192.168.1.42", "192.168.1.43", false),
        ("0.0.0.0/0", "8.8.8.8", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("2001:db8::/32", "2001:db8:0:1::42", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("::/0", "2001:db8::1", true),
        ("::1", "::1", true),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ("::ffff:10.0.0.0/104", "10.1.1.1", true),
        ("::ffff:10.0.0.0/104", "11.1.1.1", false),
        ("::ffff:10.0.0.1", "10.0.0.1", true),
        ("::ffff:0:0/90", "10.0.0.1", false),
    ] {
        assert_eq!(holds(network, address), inside, "{network} {address}");
    }
}

#[test]
fn what_is_no_network_is_an_error() {
    for text in [
        "",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/+8",
        "10.0.0/8",
        "::/129",
        "::/1000",
        "127.invalid",
        "10.0.0.0/8/8",
        "fe80::1%eth0",
        "::ffff:1.2.3.4/129",
    ] {
        assert_eq!(Network::parse(text), Err(NetworkError), "{text}");
    }
}

#[test]
fn what_is_no_address_is_none() {
    for text in ["", "1.2.3", "1.2.3.4, 5.6.7.8", "1.2.3.4:80", "[::1]", "/tmp/socket"] {
        assert_eq!(parse_address(text.as_bytes()), None, "{text}");
    }
    assert_eq!(parse_address(b"1.2.3.\xff"), None);
}

proptest! {
    #[test]
    fn a_shorter_prefix_holds_no_less(network: u32, address: u32, prefix in 1_u32..=32) {
        let (network, address) = (std::net::Ipv4Addr::from_bits(network), std::net::Ipv4Addr::from_bits(address));
        let long = Network::parse(&format!("{network}/{prefix}")).unwrap();
        let short = Network::parse(&format!("{network}/{}", prefix - 1)).unwrap();
        prop_assert!(long.contains(network.into()));
        prop_assert!(!long.contains(address.into()) || short.contains(address.into()));
    }

    #[test]
    fn takes_any_bytes(address: Vec<u8>, network: String) {
        parse_address(&address);
        let _ = Network::parse(&network);
    }
}
