# SPDX-License-Identifier: Apache-2.0
# Servers that listen on one port of a range: the first that is free, and after a restart the one they had.

import contextlib
import socket

import pytest
from clients import xrdcp


@pytest.fixture
def ports():
    """Three ports in a row that nobody uses, as (first, last)."""
    for first in range(20_000, 32_000, 7):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + 3):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first, first + 2
    raise AssertionError("no three free ports in a row")


@contextlib.contextmanager
def taken(port):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


def listen(ports):
    return f"127.0.0.1:{ports[0]}-{ports[1]}"


def test_pools_share_a_range_and_come_back_where_they_were(own_pools, ports, tmp_path):
    system = own_pools(count=2, pool={"listen": listen(ports)})
    first, second = system.pools
    assert (first.port, second.port) == (ports[0], ports[0] + 1)
    data = b"content" * 1000
    (tmp_path / "in").write_bytes(data)
    xrdcp(tmp_path / "in", f"{system.url}/file").ok()
    first.stop()
    second.stop()
    second.start()
    assert second.port == ports[0] + 1  # although the first of the range is free
    first.start()
    assert first.port == ports[0]
    xrdcp(f"{system.url}/file", tmp_path / "out").ok()
    assert (tmp_path / "out").read_bytes() == data
    first.stop()
    with taken(ports[0]):
        first.start()
        assert first.port == ports[1]
    xrdcp("-f", f"{system.url}/file", tmp_path / "out").ok()


def test_exports_too(own_sluice, ports):
    with taken(ports[0]):
        server = own_sluice(listen=listen(ports))
    assert server.port == ports[0] + 1
    server.stop()
    server.start(listen=listen(ports))
    assert server.port == ports[0] + 1
    server.stop()
    server.start(listen=f"127.0.0.1:{ports[0]}-{ports[0] + 0}")
    assert server.port == ports[0]


def test_a_range_without_a_free_port_is_told(own_sluice, ports):
    server = own_sluice(start=False)
    with taken(ports[0]), taken(ports[0] + 1), pytest.raises(RuntimeError, match="every port of the range is in use"):
        server.start(listen=f"127.0.0.1:{ports[0]}-{ports[0] + 1}")


@pytest.mark.parametrize("text", ["127.0.0.1:300-200", "127.0.0.1:0-10", "127.0.0.1:1-70000", "127.0.0.1:1-"])
def test_what_is_no_range_is_told(own_sluice, text):
    server = own_sluice(start=False)
    with pytest.raises(RuntimeError, match="serve.listen.*HOST:FIRST-LAST"):
        server.start(listen=text)
