-- The namespace: one row per name, found by (parent, name). Words in braces differ between the engines and are listed in
-- src/catalogue/sql/engine.cpp. A statement ends with a semicolon at the end of a line. Times are nanoseconds since 1970, UTC.
CREATE TABLE entry (
  id            {identity},             -- never used twice, files on pools are stored under it
  parent        BIGINT REFERENCES entry (id),
  upload        SMALLINT NOT NULL,      -- 0 a name that clients see, 1 a file that is being written
  name          {ordered_text} NOT NULL,
  kind          SMALLINT NOT NULL CHECK (kind IN (0, 1, 2)),   -- file, directory, link
  mode          INTEGER NOT NULL,       -- permission bits
  owner_id      BIGINT NOT NULL,
  group_id      BIGINT NOT NULL,
  size          BIGINT NOT NULL CHECK (size >= 0),
  modified      BIGINT NOT NULL,
  changed       BIGINT NOT NULL,
  accessed      BIGINT NOT NULL,
  born          BIGINT NOT NULL,
  storage_class TEXT NOT NULL,          -- new entries take that of their directory
  checksums     TEXT NOT NULL,          -- "adler32 0a1b2c3d md5 ...", sorted by type
  target        TEXT NOT NULL,          -- of a link
  replaces      SMALLINT NOT NULL DEFAULT 0,   -- of an upload, 1 when it may take the place of a file
  expires       BIGINT NOT NULL DEFAULT 0,     -- of an upload, when it counts as abandoned
  UNIQUE (parent, upload, name)
);
CREATE INDEX entry_expires ON entry (expires) WHERE upload = 1;
INSERT INTO entry (id, parent, upload, name, kind, mode, owner_id, group_id, size, modified, changed, accessed, born,
                   storage_class, checksums, target)
  VALUES (1, NULL, 0, '', 1, 493, 0, 0, 0, 0, 0, 0, 0, '', '', '');

-- Attributes of clients. Values are hexadecimal, because they are any bytes and text is not.
CREATE TABLE attribute (
  entry BIGINT NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
  name  {ordered_text} NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (entry, name)
);
