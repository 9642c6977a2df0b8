-- A pool that starts again looks for what was on its way in, among many that arrived.
CREATE INDEX replica_created ON replica (pool, file) WHERE state = 0;
