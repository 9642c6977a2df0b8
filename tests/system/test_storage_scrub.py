# SPDX-License-Identifier: Apache-2.0
# Pools read their replicas again and again: what the disk has spoilt is found and replaced, at a rate that operators set.
# And every file has a checksum in the catalogue, however it was uploaded.

import contextlib
import json
import re
import sqlite3
import time
import zlib

import pytest
import servers
from clients import pattern, run, xrdcp, xrdfs
from rawxroot import wait_until
from storage import SluiceStorage, settings

DATA = pattern(300_001, seed=6)
EAGER = {"scrub_rate": "1 GiB", "scrub_period": "1 s"}  # round after round
OFF = "0 B"


def admin(server, *words):
    return run(server.binary, "admin", *words, "--data", server.data).ok()


def scrub(server):
    return json.loads(admin(server, "scrub", "--json").out)


def adler(data):
    return f"adler32 {zlib.adler32(data):08x}"


class Scrubbed:
    """A door and a pool in one process, whose rate of scrubbing may be changed while it runs."""

    def __init__(self, server):
        self.server = server

    def text(self, rate):
        return f'[pool]\nscrub_rate = "{rate}"\nscrub_period = "1 h"\nheartbeat = "100 ms"\n'

    def start(self, rate):
        self.server.start(settings=self.text(rate))

    def set_rate(self, rate):
        (self.server.home / "sluice.toml").write_text(self.text(rate))
        admin(self.server, "reload")

    def put(self, folder, count, size, **environment):
        for number in range(count):
            (folder / "in").write_bytes(pattern(size, seed=number))
            xrdcp(folder / "in", f"{self.server.url}/f{number}", **environment).ok()

    def checksums(self):
        """What the catalogue has of each file."""
        with contextlib.closing(sqlite3.connect(self.server.data / "catalogue.db")) as database:
            return dict(database.execute("SELECT name, checksums FROM entry WHERE kind = 0 AND upload = 0"))

    def forget_checksums(self):
        with contextlib.closing(sqlite3.connect(self.server.data / "catalogue.db")) as database, database:
            database.execute("UPDATE entry SET checksums = '' WHERE kind = 0")


@pytest.fixture
def storage(session_dir):
    server = SluiceStorage(home=session_dir)
    one = Scrubbed(server)
    with servers.running(server, settings=one.text(OFF)):
        yield one


@pytest.fixture
def system(own_pools):
    """A door and three pools that scrub all the time; files shall be on two of them."""
    made = own_pools(pool=EAGER, door={"lost_after": "30 s"})
    catalogue(made, "set-class", "default", "--copies", "2")
    return made


def catalogue(system, *words):
    return run(system.binary, "admin", *words, "--set", f"catalogue.url={system.database}").ok()


def online(system, path):
    lines = map(json.loads, catalogue(system, "replicas", path, "--json").lines())
    return {found["pool"] for found in lines if found["state"] == "online"}


def flip(file):
    """One bit, as a disk would."""
    data = bytearray(DATA)
    data[200_000] ^= 0x10
    file.write_bytes(data)


@pytest.mark.parametrize("harm", [flip, lambda file: file.write_bytes(DATA[:-1]), lambda file: file.unlink()],
                         ids=["flipped bit", "cut", "gone"])
def test_what_a_disk_has_spoilt_is_found_and_replaced(system, tmp_path, harm):
    (tmp_path / "in").write_bytes(DATA)
    xrdcp(tmp_path / "in", system.url + "/file").ok()
    wait_until(lambda: len(online(system, "/file")) == 2, 20, "two copies")
    victim = next(pool for pool in system.pools if pool.replicas())
    (file,) = victim.replicas().values()
    harm(file)
    wait_until(lambda: victim.metric("sluice_pool_scrubbed_broken_total") == 1, 20, lambda: f"the finding: {victim.log()[-1000:]}")
    wait_until(lambda: not victim.replicas() and len(online(system, "/file")) == 2, 30, "the third pool's copy")
    found = [path.read_bytes() for pool in system.pools for path in pool.replicas().values()]
    assert found == [DATA, DATA] and xrdfs(system, "cat", "/file").ok().raw == DATA
    assert victim.log().count("event=replica.broken") == 1


def test_what_comes_and_goes_meanwhile_is_not_broken(system, tmp_path):
    def rounds():
        return [pool.log().count("event=scrub.finished") for pool in system.pools]

    (tmp_path / "in").write_bytes(DATA)
    before = rounds()
    number = 0
    while any(now < then + 4 for now, then in zip(rounds(), before)):
        xrdcp("--force", tmp_path / "in", f"{system.url}/f{number % 5}").ok()
        if number % 3 == 0:
            xrdfs(system, "rm", f"/f{number % 5}").ok()
        number += 1
    assert "event=replica.broken" not in system.log()
    assert all(pool.metric("sluice_pool_scrubbed_broken_total") == 0 for pool in system.pools)


def test_it_reads_no_faster_than_it_may(storage, tmp_path):
    storage.put(tmp_path, 2, 300_000)
    server, rate = storage.server, 50_000
    assert scrub(server)["state"] == "off" and server.metric("sluice_pool_scrubbed_bytes_total") == 0
    begin = time.monotonic()
    storage.set_rate("50 kB")
    for least in (1, 100_000):
        wait_until(lambda: server.metric("sluice_pool_scrubbed_bytes_total") >= least, 30, "some bytes")
        read = server.metric("sluice_pool_scrubbed_bytes_total")
        assert read <= rate * (time.monotonic() - begin + 1)
        assert scrub(server)["state"] == "running"
    storage.set_rate("1 GiB")
    wait_until(lambda: scrub(server)["state"] == "waiting", 20, "the end of the round")
    now = scrub(server)
    assert (now["last_replicas"], now["last_bytes"], now["last_broken"], now["replicas"]) == (2, 600_000, 0, 0)
    assert server.metric("sluice_pool_scrubbed_replicas_total") == 2
    assert "event=scrub.finished" in server.log() and "event=config.changed key=pool.scrub_rate" in server.log()


def test_a_rate_of_nothing_halts_it(storage, tmp_path):
    storage.put(tmp_path, 1, 300_000)
    storage.set_rate("50 kB")
    wait_until(lambda: storage.server.metric("sluice_pool_scrubbed_bytes_total") > 0, 20, "some bytes")
    storage.set_rate(OFF)
    wait_until(lambda: not open_replicas(storage.server), 20, "the file to be let go")
    assert scrub(storage.server)["state"] == "off" and scrub(storage.server)["replicas"] == 0


def open_replicas(server):
    return [link for link in server.open_files() if re.search(r"/[0-9a-f]{16}$", link)]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_goes_on_where_it_was(storage, tmp_path, end):
    count, server = 12, storage.server
    storage.put(tmp_path, count, 60_000)
    storage.set_rate("200 kB")
    wait_until(lambda: scrub(server)["replicas"] >= 3, 30, "some replicas")
    wait_until(lambda: kept(storage) > 2, 30, "a place that is kept")
    getattr(server, end)()
    storage.start(OFF)
    wait_until(lambda: scrub(server)["replicas"] >= 3, 20, "what was kept")
    before = scrub(server)
    assert before["state"] == "off" and before["replicas"] < count and before["bytes"] == before["replicas"] * 60_000
    storage.set_rate("1 GiB")
    wait_until(lambda: scrub(server)["state"] == "waiting", 20, "the end of the round")
    assert scrub(server)["last_replicas"] == count
    assert server.metric("sluice_pool_scrubbed_replicas_total") == count - before["replicas"]
    server.stop()
    storage.start("1 GiB")
    assert scrub(server)["last_replicas"] == count  # which was a short while ago, so that no other one begins


def kept(storage):
    """The number of replicas in the state that outlives the pool."""
    with contextlib.closing(sqlite3.connect(storage.server.data / "catalogue.db")) as database:
        rows = database.execute("SELECT value FROM pool_setting WHERE name = 'scrub'").fetchall()
    return int(rows[0][0].split()[4]) if rows else 0


def test_operators_see_how_far_it_is(storage, tmp_path):
    storage.put(tmp_path, 1, 1000)
    assert admin(storage.server, "scrub").out.split()[:8] == ["STATE", "RATE/S", "PLACE", "SINCE", "BYTES", "BROKEN", "LAST", "BROKEN"]
    storage.set_rate("1 GiB")
    wait_until(lambda: scrub(storage.server)["state"] == "waiting", 20, "the end of the round")
    words = admin(storage.server, "scrub").lines()[1].split()
    assert words[0] == "waiting" and words[-1] == "0"


PLAIN = {"XRD_CPUSEPGWRTRD": "0"}  # kXR_write instead of kXR_pgwrite: the bytes never pass through the pool's memory


def test_a_plain_upload_has_its_checksum_soon(own_pools, tmp_path):
    system = own_pools(count=1, pool={"scrub_rate": OFF})
    (pool,) = system.pools
    (tmp_path / "in").write_bytes(DATA)
    xrdcp(tmp_path / "in", system.url + "/file", **PLAIN).ok()
    wait_until(lambda: pool.metric("sluice_pool_late_checksums_total") == 1, 20, "the checksum")
    pool.kill()
    assert xrdfs(system, "query", "checksum", "/file").ok().out.strip() == adler(DATA)


def test_a_copy_waits_for_the_checksum_and_is_compared_with_it(own_pools, postgres_cluster, tmp_path):
    def set_checksums(text):
        postgres_cluster.rows(system.database, f"UPDATE entry SET checksums = '{text}' WHERE name = 'file'")

    system = own_pools(count=2, pool={"scrub_rate": OFF})
    system.common.extend(settings("log", {"levels": "debug"}))
    for pool in system.pools:
        pool.stop()
        pool.start()
    (tmp_path / "in").write_bytes(DATA)
    xrdcp(tmp_path / "in", system.url + "/file", **PLAIN).ok()
    (source,) = [pool for pool in system.pools if pool.replicas()]
    (copier,) = [pool for pool in system.pools if pool is not source]
    wait_until(lambda: source.metric("sluice_pool_late_checksums_total") == 1, 20, "the checksum")
    set_checksums("")
    catalogue(system, "set-class", "default", "--copies", "2")
    wait_until(lambda: "event=fetch.put_off" in copier.log(), 20, "a copier that waits")
    set_checksums("adler32 00000000")
    wait_until(lambda: f"{adler(DATA).replace(' ', ' is ')}, the catalogue has 00000000" in copier.log(), 20, "a copy that is refused")
    assert not copier.replicas()
    set_checksums(adler(DATA))
    wait_until(lambda: len(online(system, "/file")) == 2, 30, "two copies")


def test_plain_uploads_that_are_replaced_and_removed_at_once(storage, tmp_path):
    for size in (200_000, 100_000, 300_000):
        storage.put(tmp_path, 3, size, XRD_WRITERECOVERY="0", **PLAIN)
        for number in range(3):
            xrdfs(storage.server, "rm", f"/f{number}").ok()
    storage.put(tmp_path, 3, 250_000, **PLAIN)
    expected = {f"f{number}": adler(pattern(250_000, seed=number)) for number in range(3)}
    wait_until(lambda: storage.checksums() == expected, 20, lambda: f"{storage.checksums()}")


def test_what_a_crash_forgot_is_found_by_the_scrubber(storage, tmp_path):
    storage.put(tmp_path, 2, 100_000, **PLAIN)
    expected = {f"f{number}": adler(pattern(100_000, seed=number)) for number in range(2)}
    wait_until(lambda: storage.checksums() == expected, 20, "the checksums")
    storage.server.kill()
    storage.forget_checksums()
    storage.start("1 GiB")
    wait_until(lambda: storage.checksums() == expected, 20, "the checksums once more")
    assert storage.server.metric("sluice_pool_late_checksums_total") == 0
