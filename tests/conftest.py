# SPDX-License-Identifier: Apache-2.0
# Fixtures that every interop, hostile and system test shares: the servers, a directory of one's own, big files.

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "lib"))

import clients  # noqa: E402  (needs the path above)
import confidential  # noqa: E402

# The Python bindings read these when they are imported, so they must stand before any test module.
os.environ.update(clients.CLIENT_ENVIRONMENT)

import kdc  # noqa: E402
import pki  # noqa: E402
import postgres  # noqa: E402
import servers  # noqa: E402
import storage  # noqa: E402


@pytest.fixture(scope="session")
def session_dir():
    path = servers.scratch(prefix="sluice-session-")
    yield path
    servers.shutil.rmtree(path, ignore_errors=True)
    servers.forget_binaries()


@pytest.fixture(scope="session", autouse=True)
def nothing_confidential_in_logs(session_dir, tmp_path_factory):
    """The first to begin and the last to end but for the directory: every server is gone by then."""
    yield
    for folder in (session_dir, tmp_path_factory.getbasetemp()):
        confidential.book.know_files(folder)
    leaks = confidential.book.leaks()
    confidential.book.close()
    assert not leaks, "\n".join(map(str, leaks))


@pytest.fixture(scope="session")
def sluice_server(session_dir):
    """`sluice serve` for tests that only use their own directory and never stop it."""
    with servers.running(servers.SluiceServer(home=session_dir)) as server:
        yield server


@pytest.fixture(scope="session")
def debian_xrootd(session_dir):
    """Debian's xrootd, the reference."""
    with servers.running(servers.DebianXrootd(home=session_dir)) as server:
        yield server


@pytest.fixture(scope="session")
def storage_server(session_dir):
    """`sluice serve` as it comes: a door and a pool in one process."""
    with servers.running(storage.SluiceStorage(home=session_dir)) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_cluster():
    with servers.running(postgres.Postgres()) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def pools_server(session_dir, postgres_cluster):
    """A door and three pools in four processes; clients are bound by rights."""
    with servers.running(storage.SluicePools(postgres_cluster.new_database(), home=session_dir)) as server:
        yield server.bind_clients()


@pytest.fixture
def pools_dir(pools_server):
    work = pools_server.workdir()
    yield work
    work.close()


@pytest.fixture
def own_pools(session_dir, postgres_cluster):
    """Starts storage systems of the test's own, that it may stop and kill: own_pools(count=1, door={"patience": "2 s"})."""
    started = []

    def make(cluster=postgres_cluster, **options):
        started.append(storage.SluicePools(cluster.new_database(), home=session_dir, **options))
        return started[-1].start()

    yield make
    for server in started:
        log = server.log()
        server.remove()
        servers.no_sanitizer_report(log)


@pytest.fixture(params=["sluice", "debian"])
def server(request):
    """Both servers in turn: what a test says here holds for the real thing too."""
    return request.getfixturevalue({"sluice": "sluice_server", "debian": "debian_xrootd"}[request.param])


@pytest.fixture
def workdir(server):
    """A directory of `server` that no other test uses."""
    work = server.workdir()
    yield work
    work.close()


@pytest.fixture
def sluice_dir(sluice_server):
    return sluice_server.workdir()


@pytest.fixture
def own_sluice(session_dir):
    """Starts servers of the test's own, that it may stop and kill: own_sluice("--read-only") or own_sluice(start=False)."""
    started = []

    def make(*arguments, binary=None, start=True, as_user=None, **options):
        server = servers.SluiceServer(binary=binary, home=session_dir, as_user=as_user)
        started.append(server)
        return server.start(*arguments, **options) if start else server

    yield make
    for server in started:
        log = server.log()
        server.remove()
        servers.no_sanitizer_report(log)


@pytest.fixture(scope="session")
def big_file(session_dir):
    """300 MB made once: more than any buffer, and not a multiple of a page."""
    path = session_dir / "big-300MB"
    piece = clients.pattern(1 << 20, seed=300)
    with open(path, "wb") as stream:
        for index in range(300):
            stream.write(index.to_bytes(8, "big") + piece[8:])
        stream.write(b"tail")
    path.chmod(0o644)
    return path


@pytest.fixture(scope="session")
def medium_file(session_dir):
    """20 MiB and 123 bytes: three chunks of a client's 8 MiB."""
    path = session_dir / "medium-20MiB"
    path.write_bytes(clients.pattern((20 << 20) + 123, seed=20))
    path.chmod(0o644)
    return path


# -- who vouches for whom, a fresh one for each file of tests that asks


@pytest.fixture(scope="module")
def authority(session_dir):
    return pki.Authority(session_dir)


@pytest.fixture(scope="module")
def host(authority):
    return authority.host()


@pytest.fixture(scope="module")
def realm():
    running = kdc.Kdc()
    try:
        yield running.start()
    finally:
        running.remove()
