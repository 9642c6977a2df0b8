# SPDX-License-Identifier: Apache-2.0
# The servers that every interop test meets in turn: a directory exported by ours, a storage system in one process and in
# four, and Debian's xrootd as the reference.

import pytest
import servers
import storage

# The kinds with the fixtures of those that all tests share.
KINDS = {
    servers.SluiceServer: "sluice_server",
    storage.SluiceStorage: "storage_server",
    storage.SluicePools: "pools_server",
    servers.DebianXrootd: "debian_xrootd",
}


def pytest_generate_tests(metafunc):
    """`server` and `own_server` are all kinds, or those that have what the test needs: @pytest.mark.needs("disk")."""
    needed = {trait for mark in metafunc.definition.iter_markers("needs") for trait in mark.args}
    kinds = [kind for kind in KINDS if needed <= kind.traits]
    for fixture in {"server", "own_server"} & set(metafunc.fixturenames):
        metafunc.parametrize(fixture, kinds, indirect=True, ids=lambda kind: kind.name)


@pytest.fixture
def server(request):
    """Every server in turn: what a test says here holds for the real thing too."""
    return request.getfixturevalue(KINDS[request.param])


@pytest.fixture
def own_server(request, session_dir):
    """A server of the test's own, started."""
    if request.param is storage.SluicePools:
        yield request.getfixturevalue("own_pools")()
        return
    with servers.running(request.param(home=session_dir)) as server:
        yield server
