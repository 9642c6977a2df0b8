# SPDX-License-Identifier: Apache-2.0
# Files on several pools: made by the storage class, kept when pools break, drain or vanish; and the commands of operators.

import json
import shutil

import pytest
import rawxroot as raw
from clients import pattern, run, xrdcp, xrdfs
from rawxroot import wait_until
from servers import give

DATA = pattern(300_001, seed=4)


@pytest.fixture
def system(own_pools):
    """A door and three pools; files shall be on two of them."""
    made = own_pools(door={"lost_after": "2 s"})
    admin(made, "set-class", "default", "--copies", "2")
    return made


def admin(system, *words):
    return run(system.binary, "admin", *words, "--set", f"catalogue.url={system.database}").ok()


def replicas(system, path):
    """The state of the file on each pool that has it."""
    lines = admin(system, "replicas", path, "--json").lines()
    return {found["pool"]: found["state"] for found in map(json.loads, lines)}


def online(system, path):
    return {pool for pool, state in replicas(system, path).items() if state == "online"}


@pytest.fixture
def stored(system, tmp_path):
    """A file that is on two pools: its path at the door."""
    (tmp_path / "in").write_bytes(DATA)
    xrdcp(tmp_path / "in", system.url + "/file").ok()
    wait_until(lambda: len(online(system, "/file")) == 2, 20, "two copies")
    return "/file"


def pool_named(system, name):
    (pool,) = [pool for pool in system.pools if pool.label == name]
    return pool


def content(system, path):
    return xrdfs(system, "cat", path).ok().raw


def test_the_copies_are_the_same_bytes(system, stored):
    found = [path for pool in system.pools for path in pool.replicas().values()]
    assert len(found) == 2 and all(path.read_bytes() == DATA for path in found)


@pytest.mark.parametrize("gone", [0, 1])
def test_any_of_its_pools_may_die(system, stored, gone):
    pool_named(system, sorted(online(system, stored))[gone]).kill()
    assert content(system, stored) == DATA


@pytest.mark.parametrize("harm", ["remove", "cut"])
def test_a_broken_replica_is_passed_over_and_replaced(system, stored, harm):
    before = online(system, stored)
    victim = pool_named(system, sorted(before)[0])
    (file,) = victim.replicas().values()
    if harm == "remove":
        file.unlink()
    else:
        file.write_bytes(DATA[:1000])
    # Whichever pool a reader is sent to: what comes back is right.
    wait_until(lambda: content(system, stored) == DATA and online(system, stored) != before, 20, "the third pool's copy")
    wait_until(lambda: victim.label not in replicas(system, stored), 20, "the end of the broken replica")
    assert len(online(system, stored)) == 2 and content(system, stored) == DATA


def test_a_lost_pool_is_replaced(system, stored):
    before = online(system, stored)
    lost = pool_named(system, sorted(before)[0])
    lost.kill()
    wait_until(lambda: len(online(system, stored) - {lost.label}) == 2, 30, "a copy instead of the lost one")
    assert content(system, stored) == DATA


def test_a_pool_that_died_before_it_told_of_its_copy(system, stored):
    # It has the whole file under its name, and the catalogue still waits for it.
    names = online(system, stored)
    (source,) = pool_named(system, min(names)).replicas().values()
    (third,) = [pool for pool in system.pools if pool.label not in names]
    place = third.root / source.relative_to(pool_named(system, min(names)).root)
    for folder in (place.parent.parent, place.parent):
        folder.mkdir(exist_ok=True)
        give(folder)
    give(shutil.copy(source, place))
    admin(system, "set-class", "default", "--copies", "3")
    wait_until(lambda: len(online(system, stored)) == 3, 20, lambda: f"three copies: {third.log()[-1000:]}")


def test_a_draining_pool_becomes_empty_and_nothing_is_lost(system, tmp_path):
    (tmp_path / "in").write_bytes(DATA)
    for number in range(12):
        xrdcp(tmp_path / "in", f"{system.url}/d/f{number}").ok()
    drained = max(system.pools, key=lambda pool: len(pool.replicas()))
    admin(system, "set-pool", drained.label, "draining")
    wait_until(lambda: not drained.replicas(), 60, "an empty pool")
    for number in range(12):
        assert content(system, f"/d/f{number}") == DATA
        # The catalogue hears a little later that the bytes are gone.
        wait_until(lambda name=f"/d/f{number}": drained.label not in replicas(system, name), 20, "a catalogue without them")
    xrdcp(tmp_path / "in", f"{system.url}/d/new").ok()
    assert drained.label not in replicas(system, "/d/new")


def test_a_disabled_pool_is_not_used_and_comes_back(system, stored, tmp_path):
    names = online(system, stored)
    first, second = sorted(names)
    admin(system, "set-pool", first, "disabled")
    wait_until(lambda: content(system, stored) == DATA, 10, "the other pool")
    modes = {p["pool"]: p["mode"] for p in map(json.loads, admin(system, "pools", "--json").lines())}
    assert modes[first] == "disabled" and modes[second] == "enabled"
    admin(system, "set-pool", first, "enabled")
    assert content(system, stored) == DATA


def test_a_class_is_inherited_by_what_is_made_in_the_directory(system, tmp_path):
    (tmp_path / "in").write_bytes(b"x")
    xrdfs(system, "mkdir", "/raw").ok()
    admin(system, "set-class", "raw", "--copies", "3")
    admin(system, "assign-class", "/raw", "raw")
    xrdcp(tmp_path / "in", system.url + "/raw/f").ok()
    wait_until(lambda: len(online(system, "/raw/f")) == 3, 20, "three copies")


@pytest.mark.parametrize("words, text", [(["set-pool", "nobody", "disabled"], "nobody"), (["set-pool", "pool0", "broken"], "broken"),
                                         (["set-class", "x", "--copies", "0"], "copies"), (["replicas", "/absent"], "/absent")])
def test_what_makes_no_sense_is_refused_by_name(system, words, text):
    run(system.binary, "admin", *words, "--set", f"catalogue.url={system.database}").failed(text)


def test_an_upload_that_began_before_its_pool_was_drained_leaves_it_too(system):
    admin(system, "set-class", "default", "--copies", "1")
    pool, handle = system.open_by_hand("/late", raw.NEW | raw.UPDATE)
    (taken,) = [found for found in system.pools if found.uploads()]
    admin(system, "set-pool", taken.label, "draining")
    with pool:
        pool.write(handle, 0, DATA)
        pool.call(raw.close_request(handle))
    wait_until(lambda: not taken.replicas() and len(online(system, "/late")) == 1, 30, "another pool's copy")
    assert content(system, "/late") == DATA
