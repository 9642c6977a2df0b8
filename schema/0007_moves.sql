-- Replicas that shall go once the file has enough others, and those that may go whenever their pool needs the space.
ALTER TABLE replica ADD COLUMN leaving SMALLINT NOT NULL DEFAULT 0;
CREATE INDEX replica_cached ON replica (pool, changed, file) WHERE state = 2;
CREATE INDEX replica_leaving ON replica (pool) WHERE leaving = 1;
