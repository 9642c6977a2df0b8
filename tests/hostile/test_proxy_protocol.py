# SPDX-License-Identifier: Apache-2.0
# Connections through a load balancer that puts a PROXY header before the first byte.

import struct

import pytest
import rawxroot as raw
import servers

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def version_2(command, family, addresses, extra=b""):
    body = addresses + extra
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack(">H", len(body)) + body


V4 = bytes([192, 0, 2, 7]) + bytes([192, 0, 2, 1]) + struct.pack(">HH", 40000, 1094)
V6 = bytes.fromhex("20010db8" + "00" * 11 + "07") + bytes.fromhex("20010db8" + "00" * 11 + "01") + struct.pack(">HH", 40000, 1094)

GOOD = {
    "v1-tcp4": b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 1094\r\n",
    "v1-tcp6": b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 1094\r\n",
    "v1-unknown": b"PROXY UNKNOWN\r\n",
    "v1-unknown-with-text": b"PROXY UNKNOWN ffff:f::1 ffff:f::2 65535 65535\r\n",
    "v2-tcp4": version_2(1, 0x11, V4),
    "v2-tcp6": version_2(1, 0x21, V6),
    "v2-local": version_2(0, 0, b""),
    "v2-with-extensions": version_2(1, 0x11, V4, b"\x04\x00\x05hello"),
}
BAD = {
    "no-header": b"",
    "v1-without-end": b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 1094 " + b"x" * 200 + b"\r\n",
    "v1-wrong-family": b"PROXY TCP9 192.0.2.7 192.0.2.1 40000 1094\r\n",
    "v1-wrong-address": b"PROXY TCP4 999.0.2.7 192.0.2.1 40000 1094\r\n",
    "v1-wrong-port": b"PROXY TCP4 192.0.2.7 192.0.2.1 400000 1094\r\n",
    "v2-wrong-version": SIGNATURE + b"\x31\x11\0\x0c" + V4,
    "v2-short-addresses": version_2(1, 0x11, V4[:6]),
}


@pytest.fixture(scope="module")
def balanced(session_dir):
    with servers.running(servers.SluiceServer(home=session_dir),
                          settings="[net]\nproxy_protocol = true\n[log]\nlevels = \"debug\"\n") as server:
        yield server


@pytest.mark.parametrize("name", GOOD)
def test_header_is_taken_off(balanced, name):
    with raw.Connection(balanced, preface=GOOD[name]) as connection:
        assert connection.alive()


@pytest.mark.parametrize("name", GOOD)
def test_header_in_one_segment_with_the_hello(balanced, name):
    with raw.Connection(balanced, hello=False) as connection:
        connection.send(GOOD[name] + raw.HELLO + raw.protocol_request() + raw.login_request())
        assert [connection.receive().status for _ in range(3)] == [raw.OK] * 3


@pytest.mark.parametrize("name", ["v1-tcp4", "v2-tcp4"])
def test_header_byte_by_byte(balanced, name):
    with raw.Connection(balanced, hello=False) as connection:
        for byte in GOOD[name] + raw.HELLO:
            connection.send(bytes([byte]))
        assert connection.receive().status == raw.OK


@pytest.mark.parametrize("name", BAD)
def test_wrong_header_ends_the_connection(balanced, name):
    with raw.Connection(balanced, hello=False) as connection:
        try:
            connection.send(BAD[name] + raw.HELLO + raw.protocol_request())
            frame = connection.receive()
        except raw.Closed:
            return
        raise AssertionError(f"answered: {frame}")


def test_the_address_of_the_client_is_the_one_told(balanced):
    with raw.Connection(balanced, preface=GOOD["v1-tcp4"]) as connection:
        connection.call(raw.request(raw.SET, payload=b"appid behind a balancer"))  # is logged with the client
    raw.wait_until(lambda: "192.0.2.7" in balanced.log(), what="a log line with the client's address")


def test_header_is_not_expected_by_default(sluice_server):
    with raw.Connection(sluice_server, hello=False) as connection:
        try:
            connection.send(GOOD["v1-tcp4"] + raw.HELLO)
            frame = connection.receive()
        except raw.Closed:
            return
        raise AssertionError(f"answered: {frame}")
