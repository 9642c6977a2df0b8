# SPDX-License-Identifier: Apache-2.0
# Compares a catalogue in PostgreSQL with what is on the disks of the pools, without asking any server.

CREATED, ONLINE = 0, 1  # states of replicas

UPLOADS = "SELECT id, name FROM entry WHERE upload = 1"
REMOVED = "SELECT file FROM trash"
REPLICAS = "SELECT file, pool.name, state, size FROM replica JOIN pool ON pool.id = replica.pool"
ORPHANS = """SELECT file, pool FROM replica
             WHERE file NOT IN (SELECT id FROM entry) AND file NOT IN (SELECT file FROM trash)"""
COPIES = f"""SELECT entry.id, count(replica.file) FROM entry LEFT JOIN replica ON replica.file = entry.id AND state = {ONLINE}
             WHERE kind = 0 AND upload = 0 AND entry.id NOT IN (SELECT file FROM copy_check) GROUP BY entry.id"""


def differences(cluster, database, pools, copies):
    """By kind, what is unfinished, too much or missing. Everything is empty where nothing is lost and nothing leaks."""
    stored = {(number, pool.label, path.stat().st_size) for pool in pools for number, path in pool.replicas().items()}
    replicas = [(int(file), pool, int(state), int(size)) for file, pool, state, size in cluster.rows(database, REPLICAS)]
    known = {(file, pool, size) for file, pool, state, size in replicas if state == ONLINE}
    return {
        "open uploads": [pool.label for pool in pools if pool.uploads()],
        "unfinished uploads": cluster.rows(database, UPLOADS),
        "removed and not deleted": cluster.rows(database, REMOVED),
        "replicas neither on their way nor online": [row for row in replicas if row[2] not in (CREATED, ONLINE)],
        "replicas of no file": cluster.rows(database, ORPHANS),
        "in the catalogue and not on the disk": known - stored,
        "on the disk and not in the catalogue": stored - known,
        "too few copies, and nobody makes more": [row for row in cluster.rows(database, COPIES) if int(row[1]) < copies],
    }
