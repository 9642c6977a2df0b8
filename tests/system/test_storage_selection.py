# SPDX-License-Identifier: Apache-2.0
# Rules of operators that say which pools are asked: by path, direction, class and network.

import json

import pytest
import servers
import storage
from clients import pattern, run, xrdcp, xrdfs
from rawxroot import wait_until

DATA = pattern(100_001, seed=12)
RULES = ["write path=/fast -> disk=ssd only", "read net=127.0.0.0/8 path=/near -> site=here only", "write class=safe -> site=there",
         "net=192.0.2.0/24 -> disk=tape only"]


def admin(system, *words):
    return run(system.binary, "admin", *words, *system.common).ok()


def holders(system, path):
    return {row["pool"] for row in map(json.loads, admin(system, "replicas", path, "--json").lines()) if row["state"] != "created"}


@pytest.fixture
def system(session_dir, postgres_cluster):
    """Three pools: fast and far, near, neither."""
    made = storage.SluicePools(postgres_cluster.new_database(), home=session_dir,
                               door={"patience": "20 s", "selection": ",".join(RULES)})
    for pool, tags in zip(made.pools, ("disk=ssd,site=there", "site=here", "")):
        pool.own_settings = {"tags": tags} if tags else {}
    with servers.running(made):
        yield made


def put(system, tmp_path, path):
    (tmp_path / "in").write_bytes(DATA)
    return xrdcp(tmp_path / "in", system.url + path)


def test_uploads_go_where_the_path_says(system, tmp_path):
    for number in range(6):
        put(system, tmp_path, f"/fast/f{number}").ok()
        assert holders(system, f"/fast/f{number}") == {"pool0"}


def test_only_leaves_no_other_pool(own_pools, tmp_path):
    system = own_pools(count=1, door={"patience": "1 s", "selection": "write path=/fast -> disk=ssd only"})
    put(system, tmp_path, "/fast/f").failed("no pool is online")
    put(system, tmp_path, "/other/f").ok()


def test_a_rule_without_only_is_a_preference(system, tmp_path):
    xrdfs(system, "mkdir", "/safe").ok()
    admin(system, "set-class", "safe", "--copies", "1")
    admin(system, "assign-class", "/safe", "safe")
    for number in range(4):
        put(system, tmp_path, f"/safe/f{number}").ok()
        assert holders(system, f"/safe/f{number}") == {"pool0"}
    admin(system, "set-pool", "pool0", "read-only")
    wait_until(lambda: put(system, tmp_path, "/safe/g").ok() and holders(system, "/safe/g") <= {"pool1", "pool2"}
               or xrdfs(system, "rm", "/safe/g").code != 0, 20, "another pool")


def test_what_a_client_may_not_read_from_is_brought_near(system, tmp_path):
    admin(system, "set-pool", "pool1", "read-only")
    wait_until(lambda: put(system, tmp_path, "/near/f").ok() and "pool1" not in holders(system, "/near/f")
               or xrdfs(system, "rm", "/near/f").code != 0, 20, "a file elsewhere")
    admin(system, "set-pool", "pool1", "enabled")
    assert xrdfs(system, "cat", "/near/f").ok().raw == DATA
    assert "pool1" in holders(system, "/near/f")


def test_files_stay_where_rules_want_them_when_pools_are_balanced(system, tmp_path):
    for number in range(4):
        put(system, tmp_path, f"/fast/f{number}").ok()
    rules = ("--set", "door.selection=" + ",".join(RULES))

    def rebalance(*more):
        run(system.binary, "pool", "rebalance", "--within", "0.00001", *system.common, *more).ok()

    rebalance(*rules)
    assert all(holders(system, f"/fast/f{number}") == {"pool0"} for number in range(4))
    rebalance()
    wait_until(lambda: {"pool0"} != set.union(*(holders(system, f"/fast/f{number}") for number in range(4))), 10, "files elsewhere")


def test_operators_see_what_the_rules_do(system):
    rules = ("--set", "door.selection=" + ",".join(RULES))

    def match(*words):
        return [(row["rule"], row["pools"]) for row in map(json.loads, admin(system, "match-pools", *words, *rules, "--json").lines())]

    everything = ("(all)", ["pool0", "pool1", "pool2"])
    assert match("write", "/fast/f") == [(RULES[0], ["pool0"])]
    assert match("read", "/fast/f") == [everything]
    assert match("write", "/f", "--class", "safe") == [(RULES[2], ["pool0"]), everything]
    assert match("read", "/near/f", "--client", "127.0.0.1") == [(RULES[1], ["pool1"])]
    assert match("read", "/f", "--client", "192.0.2.7") == [(RULES[3], [])]
    assert "no pool" in admin(system, "match-pools", "read", "/f", "--client", "192.0.2.7", *rules).out


def test_a_rule_that_makes_no_sense_is_refused(tmp_path, sluice_server):
    run(sluice_server.binary, "serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--set",
        "door.selection=write path=raw -> a=b", timeout=20).failed("path=raw")
