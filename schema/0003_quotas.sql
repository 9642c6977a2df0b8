-- Limits on bytes and files below a directory (kind 0, subject is its id), of a user (1) and of a group (2). Usage is kept
-- only where a limit is. A limit of -1 is none.
CREATE TABLE quota (
  kind        SMALLINT NOT NULL CHECK (kind IN (0, 1, 2)),
  subject     BIGINT NOT NULL,
  limit_bytes BIGINT NOT NULL,
  limit_files BIGINT NOT NULL,
  used_bytes  BIGINT NOT NULL,
  used_files  BIGINT NOT NULL,
  PRIMARY KEY (kind, subject)
);
