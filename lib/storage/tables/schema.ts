/** Version 2: the history of sent messages, and the state of pruning. */
const SENT_HISTORY = `
  -- What became of everything sent, once it ended; a message to several recipients has a row for each.
  CREATE TABLE sent (
    row INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL,
    id TEXT NOT NULL,
    recipient_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('document', 'chat')),
    addressed TEXT CHECK (addressed IN ('all', 'you')),
    name TEXT NOT NULL,
    stream TEXT,
    at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('delivered', 'refused', 'expired')),
    code TEXT,
    why TEXT,
    size INTEGER NOT NULL,
    text TEXT,
    body BLOB,
    UNIQUE (recipient, id)
  );
  CREATE INDEX sent_chat ON sent (row) WHERE kind = 'chat';

  -- Bodies and chat that the database holds, received and sent; rows of message up to which neither is left.
  INSERT INTO meta SELECT 'held bytes', value + (SELECT coalesce(sum(length(body)), 0) FROM message)
    FROM meta WHERE key = 'chat bytes';
  INSERT INTO meta VALUES ('pruned row', 0);
  DELETE FROM meta WHERE key = 'chat bytes';
`;

/** Version 2: large documents, and bodies outside the database. */
const LARGE_DOCUMENTS = `
  -- Documents that came in parts: their bytes are in a file only, until they are durable under their own name also in
  -- the file partial of the same folder.
  CREATE TABLE large (
    row INTEGER PRIMARY KEY REFERENCES message (row),
    sha256 TEXT NOT NULL,
    partial TEXT NOT NULL
  );

  -- Documents that are coming in parts; the first durable bytes of their file are on disk.
  CREATE TABLE partial (
    row INTEGER PRIMARY KEY,
    sender TEXT NOT NULL,
    id TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    folder INTEGER NOT NULL REFERENCES folder (row),
    file TEXT NOT NULL,
    durable INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    UNIQUE (sender, id)
  );

  -- A message has its body here, or in a file of the folder spool, which others to other recipients may share.
  CREATE TABLE outbox_2 (
    row INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('document', 'chat')),
    name TEXT NOT NULL,
    stream TEXT,
    addressed TEXT CHECK (addressed IN ('all', 'you')),
    at INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    size INTEGER NOT NULL,
    spool TEXT,
    sha256 TEXT,
    body BLOB,
    UNIQUE (recipient, id)
  );
  INSERT INTO outbox_2 SELECT row, recipient, epoch, seq, id, kind, name, stream, addressed, at, expires, length(body), NULL,
    NULL, body FROM outbox;
  DROP TABLE outbox;
  ALTER TABLE outbox_2 RENAME TO outbox;
  CREATE UNIQUE INDEX outbox_number ON outbox (recipient, epoch, seq) WHERE seq > 0;
  CREATE INDEX outbox_spool ON outbox (spool) WHERE spool IS NOT NULL;
`;

/**
 * Makes the outbox anew, without the columns `epoch` and `seq` of its first versions.
 *
 * @param table its name meanwhile
 * @param more new columns before its last one, the bodies; empty for what waits already
 * @param recipientName the name of the recipient of what waits already, as SQL
 */
function outboxAnew(table: string, more: readonly string[], recipientName: string): string {
  return `CREATE TABLE ${table} (
    row INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL,
    id TEXT NOT NULL,
    recipient_name TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('document', 'chat')),
    name TEXT NOT NULL,
    stream TEXT,
    addressed TEXT CHECK (addressed IN ('all', 'you')),
    at INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    size INTEGER NOT NULL,
    spool TEXT,
    sha256 TEXT,
${more.map((column) => `    ${column},\n`).join("")}    body BLOB,
    UNIQUE (recipient, id)
  );
  INSERT INTO ${table} SELECT row, recipient, id, ${recipientName}, kind, name, stream, addressed, at, expires, size, spool,
    sha256, ${"NULL, ".repeat(more.length)}body FROM outbox;
  DROP TABLE outbox;
  ALTER TABLE ${table} RENAME TO outbox;
  CREATE INDEX outbox_spool ON outbox (spool) WHERE spool IS NOT NULL;`;
}

/** Version 3: a message is identified by sender and id; sequence numbers belong to sessions and are not stored. */
const KNOWN_IDS = `
  DROP TABLE delivery_window;
  DROP TABLE outgoing;

  ALTER TABLE message DROP COLUMN epoch;
  ALTER TABLE message DROP COLUMN seq;
  -- The first 8 bytes of the SHA-256 of the document, or of the text: tells another message of the same id.
  ALTER TABLE message ADD COLUMN mark BLOB;

  -- Ids of messages that were received and that the history does not hold any more; when they left it.
  CREATE TABLE known_id (
    row INTEGER PRIMARY KEY,
    sender TEXT NOT NULL,
    id TEXT NOT NULL,
    size INTEGER NOT NULL,
    mark BLOB,
    left_at INTEGER NOT NULL,
    UNIQUE (sender, id)
  );
  CREATE INDEX known_id_sender ON known_id (sender);

  ${outboxAnew("outbox_3", [], "NULL")}
`;

/**
 * Version 3: lived time. Existing rows count as old as their wall-clock times say, but at most one day, like any gap.
 * Messages in the outbox get the rest of their time, but at least one day.
 */
const LIVED_TIME = `
  -- Documents without a body here.
  CREATE INDEX message_bare ON message (row) WHERE kind = 'document' AND body IS NULL;
  CREATE INDEX sent_bare ON sent (row) WHERE kind = 'document' AND body IS NULL;

  -- From these rows of message and sent on, everything came or ended at this moment of lived time, or later.
  CREATE TABLE lived (at INTEGER PRIMARY KEY, wall INTEGER NOT NULL, message INTEGER NOT NULL, sent INTEGER NOT NULL);
  CREATE INDEX lived_message ON lived (message);
  CREATE INDEX lived_sent ON lived (sent);
  WITH received AS (SELECT row, max(received_at) OVER (ORDER BY row) / 3600000 AS hour FROM message),
    ended AS (SELECT row, max(ended_at) OVER (ORDER BY row) / 3600000 AS hour FROM sent),
    hours AS (SELECT hour FROM received UNION SELECT hour FROM ended),
    steps AS (SELECT hour, coalesce(min(hour - lag(hour) OVER (ORDER BY hour), 24), 0) AS step FROM hours),
    counted AS (SELECT hour, sum(step) OVER (ORDER BY hour) AS lived FROM steps),
    firsts AS (SELECT hour, min(row) AS message, NULL AS sent FROM received GROUP BY hour
      UNION ALL SELECT hour, NULL, min(row) FROM ended GROUP BY hour),
    noted AS (SELECT hour, min(message) AS message, min(sent) AS sent FROM firsts GROUP BY hour)
  INSERT INTO lived SELECT lived * 3600000, hour * 3600000,
    coalesce(min(message) OVER later, (SELECT coalesce(max(row), 0) + 1 FROM message)),
    coalesce(min(sent) OVER later, (SELECT coalesce(max(row), 0) + 1 FROM sent))
    FROM counted JOIN noted USING (hour) WINDOW later AS (ORDER BY hour ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING);

  -- The wall clock when lived time was read, and the latest that it ever showed.
  INSERT INTO meta SELECT 'lived time', coalesce(max(at) + 3600000, 0) FROM lived;
  INSERT INTO meta VALUES ('lived wall', 0), ('latest wall', 0);

  UPDATE outbox SET expires = (SELECT value FROM meta WHERE key = 'lived time') +
    max(86400000, min(expires - at, expires - CAST(strftime('%s', 'now') AS INTEGER) * 1000));
  UPDATE partial SET touched_at = (SELECT value FROM meta WHERE key = 'lived time');

  -- Files of the spool that no message refers to, and since when by lived time that is known.
  CREATE TABLE unreferenced (spool TEXT NOT NULL UNIQUE, since INTEGER NOT NULL);
`;

/**
 * Version 3: sums for each sender. A document costs its blocks and its row; a body or chat costs its size and its row.
 */
const SENDERS = `
  CREATE TABLE sender (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    known INTEGER NOT NULL,
    address TEXT,
    bytes INTEGER NOT NULL,
    files INTEGER NOT NULL,
    folders INTEGER NOT NULL,
    held INTEGER NOT NULL
  );
  INSERT INTO sender (id, known, bytes, files, folders, held)
    SELECT m.sender, EXISTS (SELECT 1 FROM known k WHERE k.id = m.sender AND k.how <> 'blocked'),
      sum(iif(m.kind = 'document' AND m.kept, iif(m.stream_file IS NULL, (m.size + 4095) / 4096 * 4096, m.size + 1) + 256, 0)),
      sum(m.file IS NOT NULL AND m.kept), 0,
      sum(iif(m.kind = 'chat', m.size + 256, iif(m.body IS NULL, 0, length(m.body) + 256)))
    FROM message m GROUP BY m.sender;
  INSERT INTO sender (id, known, bytes, files, folders, held)
    SELECT DISTINCT f.peer, EXISTS (SELECT 1 FROM known k WHERE k.id = f.peer AND k.how <> 'blocked'), 0, 0, 0, 0
    FROM folder f WHERE true ON CONFLICT (id) DO NOTHING;
  UPDATE sender SET folders = (SELECT count(*) FROM folder f WHERE f.peer = id),
    files = files + (SELECT count(*) FROM stream_file s JOIN folder f ON f.row = s.folder WHERE f.peer = sender.id);
  UPDATE meta SET value = (SELECT coalesce(sum(bytes), 0) FROM sender) WHERE key = 'document bytes';
  UPDATE meta SET value = (SELECT coalesce(sum(held), 0) FROM sender) +
    (SELECT coalesce(sum(iif(kind = 'chat', size, coalesce(length(body), 0)) + 256), 0) FROM sent) WHERE key = 'held bytes';
`;

/** Version 4: places of programs in the order of arrival. */
const CURSORS = `
  -- How far a program of the owner has come: rows of message up to position, and those beyond it in done (JSON), are
  -- processed. Retention waits for cursors that were used lately (lived time).
  CREATE TABLE cursors (
    row INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('document', 'chat', 'ask')),
    position INTEGER NOT NULL,
    done TEXT NOT NULL,
    used_at INTEGER NOT NULL
  );
`;

/**
 * Version 5: questions and answers (PROTOCOL.md 3.16). The outbox is made anew, because its bodies have to be its last column.
 */
const QUESTIONS = `
  -- Received messages that are questions, each with the id and bytes of its answer once there is one. The bytes of old
  -- answers are dropped.
  CREATE TABLE question (
    row INTEGER PRIMARY KEY REFERENCES message (row),
    answer TEXT,
    code TEXT,
    size INTEGER,
    body BLOB
  );
  CREATE INDEX question_open ON question (row) WHERE answer IS NULL;

  -- Received messages that are answers.
  CREATE TABLE reply (row INTEGER PRIMARY KEY REFERENCES message (row), re TEXT NOT NULL, code TEXT);
  CREATE INDEX reply_re ON reply (re);

  ${outboxAnew("outbox_ask", ["ask INTEGER", "re TEXT", "code TEXT"], "recipient_name")}
`;

/** Version 6: the sums of senders tell what is received, so that an arrival changes no other sum. */
const SENT_BYTES = `
  INSERT INTO meta SELECT 'sent bytes', value - (SELECT coalesce(sum(held), 0) FROM sender)
    FROM meta WHERE key = 'held bytes';
  DELETE FROM meta WHERE key IN ('document bytes', 'held bytes');
`;

/**
 * Migrations: each makes one version of the database from the one before it, the first from an empty file. Released
 * entries never change: a new version is a new entry.
 *
 * Times are milliseconds since 1970 unless they are lived time (see `LivedTime`). References are documentation and not
 * enforced. The body of a document is the last column, so that reading the other columns does not read it.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- Everything received. A row whose file the owner removed has kept = 0.
  CREATE TABLE message (
    row INTEGER PRIMARY KEY,
    sender TEXT NOT NULL,
    id TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('document', 'chat')),
    addressed TEXT CHECK (addressed IN ('all', 'you')),
    name TEXT NOT NULL,
    stream TEXT,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    sent_at INTEGER,
    received_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    kept INTEGER NOT NULL DEFAULT 1,
    folder INTEGER REFERENCES folder (row),
    file TEXT,
    file_key TEXT,
    stream_file INTEGER REFERENCES stream_file (row),
    offset INTEGER,
    text TEXT,
    body BLOB,
    UNIQUE (sender, id)
  );
  CREATE UNIQUE INDEX message_file ON message (folder, file_key) WHERE file_key IS NOT NULL;
  CREATE INDEX message_chat ON message (row) WHERE kind = 'chat';

  -- Documents up to the row in meta under 'synced row' whose file is not known to be on disk; nor is that of any beyond.
  CREATE TABLE unsynced (row INTEGER PRIMARY KEY REFERENCES message (row));

  -- Folders of the inbox, each bound to one peer and label.
  CREATE TABLE folder (
    row INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    peer TEXT NOT NULL,
    label_key TEXT NOT NULL,
    UNIQUE (peer, label_key)
  );

  -- Files that documents of a stream are lines of, one a day; length includes lines that are pending.
  CREATE TABLE stream_file (
    row INTEGER PRIMARY KEY,
    folder INTEGER NOT NULL REFERENCES folder (row),
    stream TEXT NOT NULL,
    day TEXT NOT NULL,
    file TEXT NOT NULL,
    file_key TEXT NOT NULL,
    length INTEGER NOT NULL,
    UNIQUE (folder, stream, day),
    UNIQUE (folder, file_key)
  );

  -- What is done of each sender's numbers; independent of history and never pruned.
  CREATE TABLE delivery_window (
    row INTEGER PRIMARY KEY,
    sender TEXT NOT NULL UNIQUE,
    epoch INTEGER NOT NULL,
    previous_epoch INTEGER,
    upto INTEGER NOT NULL,
    bitmap BLOB NOT NULL
  );

  -- Sums of sizes: of the documents kept in the inbox, of chat. The token tells our temporary files from others.
  CREATE TABLE meta (key TEXT NOT NULL UNIQUE, value NOT NULL);
  INSERT INTO meta VALUES ('synced row', 0), ('document bytes', 0), ('chat bytes', 0), ('token', lower(hex(randomblob(4))));

  CREATE TABLE outgoing (
    row INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL UNIQUE,
    epoch INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    acked INTEGER NOT NULL
  );

  CREATE TABLE outbox (
    row INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('document', 'chat')),
    name TEXT NOT NULL,
    stream TEXT,
    addressed TEXT CHECK (addressed IN ('all', 'you')),
    at INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (recipient, id)
  );
  CREATE UNIQUE INDEX outbox_number ON outbox (recipient, epoch, seq) WHERE seq > 0;

  CREATE TABLE known (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('trusted', 'sent', 'group', 'blocked')),
    since INTEGER NOT NULL
  );
  `,
  `
  ${SENT_HISTORY}
  ${LARGE_DOCUMENTS}
  `,
  `
  ${KNOWN_IDS}
  ${LIVED_TIME}
  ${SENDERS}
  `,
  CURSORS,
  QUESTIONS,
  SENT_BYTES,
];

/** Version of the database that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;
