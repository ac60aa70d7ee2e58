"""What may be connected to."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from monitor.feeds.guards import BadUrl, Target, check_url, refused
from monitor.feeds.hops import checked, onward, shown

V4 = st.ip_addresses(v=4)


@pytest.mark.parametrize(
    "text",
    """
    0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 169.254.1.1 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.2.1 192.168.0.1 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255
    :: ::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 2001:db8::1
    ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::808:808
    2002:7f00:1:: 2002:a9fe:a9fe::
    """.split(),
)
def test_what_is_not_public_is_refused(text: str) -> None:
    assert refused(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    """
    1.1.1.1 93.184.216.34 100.63.255.255 100.128.0.1 172.32.0.1 192.169.0.1 2606:4700:4700::1111
    ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::
    """.split(),
)
def test_what_is_public_is_not(text: str) -> None:
    assert not refused(ipaddress.ip_address(text))


@given(V4)
def test_an_address_inside_another_is_judged_by_itself(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    carriers = [(0xFFFF << 32) | number, (0x64FF9B << 96) | number, (0x2002 << 112) | (number << 80)]
    for carrier in carriers:
        assert refused(ipaddress.IPv6Address(carrier)) == refused(address)


@given(st.ip_addresses(), st.integers(0, 128))
def test_an_allowed_network_opens_what_it_holds(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int
) -> None:
    inside = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    inner = inside or address
    network = ipaddress.ip_network((inner, min(bits, inner.max_prefixlen)), strict=False)
    carried = isinstance(inner, ipaddress.IPv6Address) and _carries(inner)
    assert carried or not refused(address, [network])


def _carries(address: ipaddress.IPv6Address) -> bool:
    ranges = ("::/96", "64:ff9b::/96", "2002::/16")
    return int(address) > 1 and any(address in ipaddress.ip_network(network) for network in ranges)


@given(V4, V4)
def test_an_allowed_address_opens_no_other(
    allowed: ipaddress.IPv4Address, other: ipaddress.IPv4Address
) -> None:
    if allowed != other:
        assert refused(other, [ipaddress.ip_network(allowed)]) == refused(other)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://Gazette.example/feed", Target("http", "gazette.example", 80, None)),
        ("HTTPS://gazette.example", Target("https", "gazette.example", 443, None)),
        ("https://u:p@gazette.example:8443/", Target("https", "gazette.example", 8443, None)),
        ("http://[::1]:81/", Target("http", "::1", 81, ipaddress.ip_address("::1"))),
        ("http://1.2.3.4/", Target("http", "1.2.3.4", 80, ipaddress.ip_address("1.2.3.4"))),
    ],
)
def test_where_a_url_leads(url: str, target: Target) -> None:
    assert check_url(url) == target


@pytest.mark.parametrize(
    "url",
    [
        *("", "feed.xml", "//host/feed", "ftp://host/feed", "file:///etc/passwd", "javascript:alert(1)"),
        *(
            "http://",
            "http:///feed",
            "http://host:0/",
            "http://host:70000/",
            "http://host:x/",
            "http://[::1/",
        ),
        *("http://ho\nst/", "http://host/\x00", "http://host/\x7f"),
    ],
)
def test_what_leads_nowhere_is_named(url: str) -> None:
    with pytest.raises(BadUrl) as caught:
        check_url(url)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_a_url_or_is_named(text: str) -> None:
    for url in (text, f"http://{text}", f"http://host/{text}"):
        try:
            here, target = checked(url)
        except BadUrl:
            continue
        assert here.scheme == target.scheme
        assert here.raw_host == target.host


def test_a_host_in_full_width_digits_is_the_address_it_is_sent_to() -> None:
    assert checked("http://１２７.0.0.1/")[1].address == ipaddress.ip_address("127.0.0.1")


@pytest.mark.parametrize(
    ("here", "location", "there"),
    [
        ("http://a.example/x/feed", "new?b=1", "http://a.example/x/new?b=1"),
        ("http://a.example/x", "//b.example/y", "http://b.example/y"),
        ("http://a.example/x", "https://a.example/x#top", "https://a.example/x"),
        ("http://u:p@a.example/x", "/y", "http://u:p@a.example/y"),
        ("http://u:p@a.example/x", "http://u:p@b.example/y", "http://b.example/y"),
        ("http://a.example/x", "http://u:p@a.example:81/y", "http://a.example:81/y"),
    ],
)
def test_where_a_redirect_leads(here: str, location: str, there: str) -> None:
    assert str(onward(URL(here), location)) == there


def test_no_redirect_leads_from_https_to_http() -> None:
    with pytest.raises(BadUrl, match=r"from https to http: http://a\.example/y"):
        onward(URL("https://a.example/x"), "http://u:p@a.example/y")


def test_what_is_shown_holds_no_password() -> None:
    assert shown("https://u:p@a.example/x?y=1") == "https://a.example/x?y=1"
    assert shown("https://a.example/x%2Fy") == "https://a.example/x%2Fy"
    assert shown("http://[") == "http://["
