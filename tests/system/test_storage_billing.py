# SPDX-License-Identifier: Apache-2.0
# The billing file of a pool: a line for every transfer, also for those that failed, and none of a secret.

import json

import servers
from clients import pattern, xrdcp
from rawxroot import wait_until


def records(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_every_transfer_has_a_record(own_pools, session_dir, tmp_path):
    billing = servers.scratch(session_dir) / "billing.json"
    system = own_pools(count=1, pool={"billing": billing})
    (pool,) = system.pools
    data = pattern(200_000, seed=9)
    (tmp_path / "in").write_bytes(data)
    xrdcp(tmp_path / "in", f"{system.url}/d/file?secret=token").ok()
    xrdcp(f"{system.url}/d/file", tmp_path / "out").ok()
    wait_until(lambda: len(records(billing)) == 2, what="two records")
    upload, download = records(billing)
    for record, direction in ((upload, "write"), (download, "read")):
        assert record["direction"] == direction and record["path"] == "/d/file" and record["pool"] == pool.label
        assert record["bytes"] == record["size"] == len(data) and record["result"] == "ok" and record["queue"] == "regular"
        assert record["door"] == f"{system.host}:{system.port}" and record["client"].startswith("127.0.0.1:")
        assert len(record["session"]) == 12 and len(record["door_session"]) == 12
    assert upload["checksum"].startswith("adler32:") and upload["file"] == download["file"]
    assert "token" not in billing.read_text() and "sluice.cap" not in billing.read_text()

    rotated = billing.rename(billing.with_suffix(".old"))
    pool.reload()
    xrdcp("-f", f"{system.url}/d/file", tmp_path / "out").ok()
    wait_until(lambda: len(records(billing)) == 1, what="a record in the new file")
    assert len(records(rotated)) == 2
