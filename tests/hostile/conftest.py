# SPDX-License-Identifier: Apache-2.0
# Fixtures of the tests that speak xroot by hand.

import pytest
import rawxroot


@pytest.fixture
def connect(server):
    """Opens connections to `server` that are closed when the test ends."""
    yield from _connections(server)


@pytest.fixture
def sluice_connect(sluice_server):
    yield from _connections(sluice_server)


def _connections(server):
    opened = []

    def make(**options):
        opened.append(rawxroot.Connection(server, **options))
        return opened[-1]

    yield make
    for connection in opened:
        connection.close()
