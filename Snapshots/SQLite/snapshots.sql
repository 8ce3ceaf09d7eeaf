CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  generation INTEGER NOT NULL,
  is_whole INTEGER NOT NULL CHECK (is_whole IN (0, 1)),
  format INTEGER NOT NULL,
  identity BLOB NOT NULL CHECK (length(identity) = 16),
  size INTEGER NOT NULL CHECK (size >= 0),
  root BLOB NOT NULL CHECK (length(root) = 32),
  header BLOB NOT NULL,
  part_count INTEGER NOT NULL CHECK (part_count >= 0),
  stored_byte_count INTEGER NOT NULL CHECK (stored_byte_count >= 0),
  taken_at INTEGER NOT NULL
) STRICT;
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE part (
  snapshot_id INTEGER NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  decoded_byte_count INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (snapshot_id, number)
) STRICT;
CREATE TABLE serving (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  generation INTEGER NOT NULL,
  former_generation INTEGER
) STRICT;
