# SPDX-License-Identifier: Apache-2.0
# The servers that every interop test meets in turn: a directory exported by ours, a storage system in one process and in
# four, and Debian's xrootd as the reference.

import postgres
import pytest
import servers
import storage

KINDS = {kind.name: kind for kind in (servers.SluiceServer, storage.SluiceStorage, storage.SluicePools, servers.DebianXrootd)}


def pytest_generate_tests(metafunc):
    """`server` and `own_server` are all kinds, or those that have what the test needs: @pytest.mark.needs("disk")."""
    needed = {trait for mark in metafunc.definition.iter_markers("needs") for trait in mark.args}
    names = [name for name, kind in KINDS.items() if needed <= kind.traits]
    for fixture in {"server", "own_server"} & set(metafunc.fixturenames):
        metafunc.parametrize(fixture, names, indirect=True)


@pytest.fixture(scope="session")
def postgres_cluster():
    with servers.running(postgres.Postgres()) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def make_server(session_dir, request):
    """Makes a server of that name, not started."""

    def make(name):
        catalogue = [request.getfixturevalue("postgres_cluster").new_database()] if name == "pools" else []
        return KINDS[name](*catalogue, home=session_dir)

    return make


@pytest.fixture(scope="session")
def storage_server(make_server):
    with servers.running(make_server("storage")) as server:
        yield server


@pytest.fixture(scope="session")
def pools_server(make_server):
    with servers.running(make_server("pools")) as server:
        yield server


@pytest.fixture
def server(request):
    """Every server in turn: what a test says here holds for the real thing too."""
    fixture = {"sluice": "sluice_server", "storage": "storage_server", "pools": "pools_server", "debian": "debian_xrootd"}
    return request.getfixturevalue(fixture[request.param])


@pytest.fixture
def own_server(request, make_server):
    """A server of the test's own, started."""
    with servers.running(make_server(request.param)) as server:
        yield server
