# SPDX-License-Identifier: Apache-2.0
# Space of pools: promised to uploads, freed of what is cached, shared evenly; and copies of what many read.

import json
import os

import pytest
from clients import pattern, run, xrdcp, xrdfs
from rawxroot import wait_until
from XRootD import client
from XRootD.client.flags import OpenFlags

DATA = pattern(1_000_003, seed=9)


def admin(system, *words):
    return run(system.binary, "admin", *words, "--set", f"catalogue.url={system.database}").ok()


def rows(system, *words):
    return [json.loads(line) for line in admin(system, *words, "--json").lines()]


def states(system, path):
    return sorted(row["state"] for row in rows(system, "replicas", path))


def of_pools(system, *words):
    return run(system.binary, "pool", *words, "--set", f"catalogue.url={system.database}").ok()


def put(system, tmp_path, path):
    (tmp_path / "in").write_bytes(DATA)
    xrdcp(tmp_path / "in", system.url + path).ok()


def content(system, path):
    return xrdfs(system, "cat", path).ok().raw


# -- promised ---------------------------------------------------------------------------------------------------------


def test_what_an_upload_announced_no_other_gets(own_pools):
    # Doors hear of it late: the pools themselves must say no.
    system = own_pools(count=2, pool={"heartbeat": "5 s"})
    space = os.statvfs(system.pools[0].root)
    most = space.f_bavail * space.f_frsize * 6 // 10

    def begin(name):
        upload = client.File()
        status, _ = upload.open(f"{system.url}/{name}?oss.asize={most}", OpenFlags.NEW)
        return status, upload

    (first, one), (second, two) = begin("a"), begin("b")
    assert first.ok and second.ok, (first.message, second.message)
    assert [pool.uploads() for pool in system.pools] == [1, 1]
    third, _ = begin("c")
    assert third.errno == 3009, third.message
    assert xrdfs(system, "stat", "/c").failed("[3011]")
    # What is given up is free again, as soon as the door hears of it.
    one.close()
    wait_until(lambda: begin("c")[0].ok, 20, "room again")
    two.close()


def test_operators_see_what_is_promised(own_pools):
    system = own_pools(count=1)
    upload = client.File()
    assert upload.open(f"{system.url}/a?oss.asize=1000000", OpenFlags.NEW)[0].ok
    wait_until(lambda: rows(system, "pools")[0]["promised"] == 1_000_000, 10, "the promise")
    assert upload.write(DATA[:400_000])[0].ok
    wait_until(lambda: rows(system, "pools")[0]["promised"] == 600_000, 10, "what is left of it")
    assert upload.close()[0].ok
    wait_until(lambda: rows(system, "pools")[0]["promised"] == 0, 10, "the end of the promise")


# -- cached -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("high, left", [("100", ["cached", "online"]), ("1", ["online"])])
def test_copies_that_nobody_wants_any_more_stay_while_there_is_room(own_pools, tmp_path, high, left):
    system = own_pools(count=2, pool={"high_watermark": high, "low_watermark": "0"})
    admin(system, "set-class", "default", "--copies", "2")
    put(system, tmp_path, "/file")
    wait_until(lambda: states(system, "/file") == ["online", "online"], 20, "two copies")
    admin(system, "set-class", "default", "--copies", "1")
    wait_until(lambda: states(system, "/file") == left, 20, left)
    wait_until(lambda: sum(len(pool.replicas()) for pool in system.pools) == len(left), 10, "the files on the disks")
    assert content(system, "/file") == DATA


def test_watermarks_that_make_no_sense_are_refused(tmp_path, sluice_server):
    run(sluice_server.binary, "serve", "--data", tmp_path / "data", "--set", "pool.high_watermark=10", "--set",
        "pool.low_watermark=20", timeout=20).failed("pool.low_watermark")


# -- hot --------------------------------------------------------------------------------------------------------------


def test_a_file_that_many_read_gets_another_copy(own_pools, tmp_path):
    system = own_pools(count=2, door={"hot_opens": "10"}, pool={"high_watermark": "100"})
    put(system, tmp_path, "/hot")
    put(system, tmp_path, "/cold")
    readers = []

    def one_more():
        readers.append(client.File())
        assert readers[-1].open(system.url + "/hot")[0].ok
        return len(states(system, "/hot")) == 2

    wait_until(one_more, 30, "a second copy")
    wait_until(lambda: states(system, "/hot") == ["cached", "online"], 20, "the copy")
    assert states(system, "/cold") == ["online"]
    assert all(reader.read()[1] == DATA for reader in readers[-3:])
    for reader in readers:
        assert reader.close()[0].ok


# -- shared evenly ----------------------------------------------------------------------------------------------------

# The pools of a test share a disk, of which their files are next to nothing.
FINE = ("--within", "0.0001")


def test_a_new_pool_gets_its_share(own_pools, tmp_path):
    system = own_pools(count=2)
    admin(system, "set-pool", "pool1", "read-only")
    for number in range(12):
        put(system, tmp_path, f"/f{number}")
    admin(system, "set-pool", "pool1", "enabled")
    first, second = (pool.replicas for pool in system.pools)
    assert len(first()) >= 10  # the door may hear of it after the first
    before = {row["pool"]: row["stored"] for row in map(json.loads, of_pools(system, "rebalance", "--dry-run", "--json").lines())}
    assert before == {"pool0": len(first()) * len(DATA), "pool1": len(second()) * len(DATA)}
    of_pools(system, "rebalance", *FINE)
    wait_until(lambda: len(first()) + len(second()) == 12, 10, "the end of what left")
    assert abs(len(first()) - len(second())) <= 2
    assert all(content(system, f"/f{number}") == DATA for number in range(12))
    # And it stays so.
    of_pools(system, "rebalance", *FINE)
    assert abs(len(first()) - len(second())) <= 2


def test_rebalance_of_one_pool_is_refused(own_pools):
    system = own_pools(count=1)
    run(system.binary, "pool", "rebalance", "--set", f"catalogue.url={system.database}").failed("two pools")


def test_drain_waits_until_the_pool_is_empty(own_pools, tmp_path):
    system = own_pools(count=2)
    for number in range(8):
        put(system, tmp_path, f"/f{number}")
    pool = max(system.pools, key=lambda one: len(one.replicas()))
    began = of_pools(system, "drain", pool.label, "--no-wait")
    assert "draining" in began.all
    told = of_pools(system, "drain", pool.label)
    assert not pool.replicas() and f"{pool.label} is empty" in told.all
    assert all(content(system, f"/f{number}") == DATA for number in range(8))
    run(system.binary, "pool", "drain", "nobody", "--set", f"catalogue.url={system.database}").failed("nobody")
