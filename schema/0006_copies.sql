-- How many copies the files of a storage class shall have (one where nothing is said), and the files that somebody must look
-- at because they may have too few. Whoever looks claims a file until `due`.
CREATE TABLE storage_class (
  name   {ordered_text} PRIMARY KEY,
  copies SMALLINT NOT NULL CHECK (copies BETWEEN 1 AND 16)
);
CREATE TABLE copy_check (
  file BIGINT PRIMARY KEY,
  due  BIGINT NOT NULL
);
CREATE INDEX copy_check_due ON copy_check (due, file);
