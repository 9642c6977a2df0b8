-- Pools, the copies of files they hold, and what removed files leave behind until the pools have deleted their bytes.
CREATE TABLE pool (
  id          {identity},
  name        {ordered_text} NOT NULL UNIQUE,
  mode        SMALLINT NOT NULL CHECK (mode IN (0, 1, 2, 3)),   -- enabled, read-only, draining, disabled
  heartbeat   BIGINT NOT NULL,
  total       BIGINT NOT NULL,          -- bytes
  free        BIGINT NOT NULL,
  reserved    BIGINT NOT NULL,
  movers      BIGINT NOT NULL,          -- active
  queued      BIGINT NOT NULL,          -- movers that wait
  addresses   TEXT NOT NULL,            -- one a line
  tags        TEXT NOT NULL             -- key=value, one a line
);
CREATE TABLE pool_setting (
  pool  BIGINT NOT NULL REFERENCES pool (id) ON DELETE CASCADE,
  name  {ordered_text} NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (pool, name)
);

-- The file is in entry, or in trash once its name is gone. Hence no reference, the transactions keep the two together.
CREATE TABLE replica (
  file    BIGINT NOT NULL,
  pool    BIGINT NOT NULL REFERENCES pool (id),
  state   SMALLINT NOT NULL CHECK (state BETWEEN 0 AND 5),      -- created, online, cached, precious, broken, deleting
  size    BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  claimed BIGINT NOT NULL DEFAULT 0,    -- until then somebody is deleting it
  PRIMARY KEY (file, pool)
);
CREATE INDEX replica_pool ON replica (pool, file);
CREATE INDEX replica_deleting ON replica (pool, claimed, file) WHERE state = 5;

CREATE TABLE trash (
  file     BIGINT PRIMARY KEY,
  size     BIGINT NOT NULL,
  owner_id BIGINT NOT NULL,
  removed  BIGINT NOT NULL
);
