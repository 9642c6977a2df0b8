-- The keys with which doors sign the capabilities that pools honour. No constraint looks at a secret: the server would
-- repeat it in the error.
CREATE TABLE signing_key (
  id      {identity},
  secret  TEXT NOT NULL,                -- 32 random bytes in hexadecimal
  created BIGINT NOT NULL
);
