import type { Sql } from "./sql.ts";
import { notePlacesWritten } from "./places.ts";
import { uniteMessages } from "./unite-messages.ts";

/** "Toqu": tells the store's file from any other SQLite file. */
export const APPLICATION_ID = 0x546f7175;

/** One row a message: its tables, and what goes when they are filled. */
const MESSAGES = `
CREATE TABLE places (
    num INTEGER PRIMARY KEY,
    route BLOB NOT NULL UNIQUE,
    last_sequence INTEGER NOT NULL DEFAULT 0,
    last_num INTEGER NOT NULL DEFAULT 0,
    met_start INTEGER NOT NULL DEFAULT 0,
    unmet_sequence INTEGER
) STRICT;
CREATE TABLE messages (
    num INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    before INTEGER NOT NULL,
    tag BLOB,
    sender BLOB,
    once BLOB,
    content_digest BLOB,
    urgency INTEGER NOT NULL,
    collapse_key BLOB,
    content BLOB,
    content_crc INTEGER NOT NULL,
    octets INTEGER NOT NULL,
    accepted_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    state INTEGER NOT NULL,
    sent_ms INTEGER,
    ended_ms INTEGER,
    why BLOB,
    read_ms INTEGER,
    lines BLOB,
    old_id BLOB
) STRICT;
`;
const MESSAGES_AFTER = `
DROP TABLE backlog;
DROP TABLE receipts;
ALTER TABLE registrations DROP COLUMN last_sequence;
ALTER TABLE registrations DROP COLUMN met_start;
ALTER TABLE registrations DROP COLUMN unmet_sequence;
ALTER TABLE registrations DROP COLUMN messages;
ALTER TABLE registrations DROP COLUMN octets;
CREATE UNIQUE INDEX messages_waiting ON messages (place, sequence) WHERE ended_ms IS NULL;
CREATE INDEX messages_due ON messages (due_ms) WHERE ended_ms IS NULL;
CREATE INDEX messages_collapsing ON messages (place, collapse_key, sequence) WHERE collapse_key IS NOT NULL AND ended_ms IS NULL;
CREATE INDEX messages_ended ON messages (ended_ms) WHERE ended_ms IS NOT NULL;
CREATE UNIQUE INDEX messages_by_once ON messages (sender, once) WHERE once IS NOT NULL;
CREATE UNIQUE INDEX messages_by_old_id ON messages (old_id) WHERE old_id IS NOT NULL;
`;

/**
 * One entry a version of the schema; an entry never changes once it was released, a new one is added behind it.
 *
 * A message is one row of `messages` from the moment it is accepted until it is forgotten. It waits, or is inflight, until `ended_ms` is set;
 * then its content is gone. `state` has only what ended it: see receipts.ts. Its public id is `num` and `tag`: see message-ids.ts.
 * `place` is the number of its route's row in `places`. Only what waits is found by its route; what ended is found by its id, or by going back
 * from the route's last message: each has the number of the one `before` it.
 * Texts are BLOBs: see sql.ts.
 * STRICT, so that a start finds a value that a bad disk has turned into another type.
 */
const MIGRATIONS: (string | ((sql: Sql) => void))[] = [
    `
    CREATE TABLE meta (key BLOB PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE registrations (
        route BLOB PRIMARY KEY,
        number BLOB NOT NULL,
        label BLOB,
        secret_hash BLOB NOT NULL,
        next_secret_hash BLOB,
        provisional INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        seen_ms INTEGER,
        epoch INTEGER NOT NULL,
        last_sequence INTEGER NOT NULL DEFAULT 0,
        met_start INTEGER NOT NULL DEFAULT 0,
        unmet_sequence INTEGER,
        messages INTEGER NOT NULL DEFAULT 0,
        octets INTEGER NOT NULL DEFAULT 0,
        capabilities BLOB,
        ended_ms INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX registrations_by_number ON registrations (number) WHERE ended_ms IS NULL;
    CREATE INDEX registrations_by_contact ON registrations (coalesce(seen_ms, created_ms)) WHERE ended_ms IS NULL;
    CREATE INDEX registrations_ended ON registrations (number, ended_ms) WHERE ended_ms IS NOT NULL;
    CREATE INDEX registrations_by_end ON registrations (ended_ms) WHERE ended_ms IS NOT NULL;

    CREATE TABLE endpoints (num INTEGER PRIMARY KEY, route BLOB NOT NULL, endpoint BLOB NOT NULL) STRICT;
    CREATE INDEX endpoints_by_route ON endpoints (route);

    CREATE TABLE receipts (
        num INTEGER PRIMARY KEY,
        id BLOB NOT NULL,
        route BLOB NOT NULL,
        sequence INTEGER NOT NULL,
        number BLOB NOT NULL,
        state BLOB NOT NULL,
        history BLOB NOT NULL,
        once BLOB,
        ended_ms INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX receipts_by_id ON receipts (id);
    CREATE UNIQUE INDEX receipts_by_sequence ON receipts (route, sequence);
    CREATE UNIQUE INDEX receipts_by_once ON receipts (once) WHERE once IS NOT NULL;
    CREATE INDEX receipts_by_end ON receipts (ended_ms) WHERE ended_ms IS NOT NULL;

    CREATE TABLE backlog (
        num INTEGER PRIMARY KEY,
        route BLOB NOT NULL,
        sequence INTEGER NOT NULL,
        urgency INTEGER NOT NULL,
        collapse_key BLOB,
        content BLOB NOT NULL,
        octets INTEGER NOT NULL,
        accepted_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        due_ms INTEGER NOT NULL,
        sent_ms INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX backlog_by_sequence ON backlog (route, sequence);
    CREATE INDEX backlog_by_urgency ON backlog (route, urgency, sequence) WHERE sent_ms IS NULL;
    CREATE INDEX backlog_by_collapse_key ON backlog (route, collapse_key) WHERE collapse_key IS NOT NULL;
    CREATE INDEX backlog_by_due ON backlog (due_ms);

    CREATE TRIGGER backlog_added AFTER INSERT ON backlog BEGIN
        UPDATE registrations SET messages = messages + 1, octets = octets + new.octets WHERE route = new.route;
    END;
    CREATE TRIGGER backlog_removed AFTER DELETE ON backlog BEGIN
        UPDATE registrations SET messages = messages - 1, octets = octets - old.octets WHERE route = old.route;
    END;
    CREATE TRIGGER backlog_moved AFTER UPDATE OF route ON backlog BEGIN
        UPDATE registrations SET messages = messages - 1, octets = octets - old.octets WHERE route = old.route;
        UPDATE registrations SET messages = messages + 1, octets = octets + new.octets WHERE route = new.route;
    END;

    CREATE TABLE codes (
        num INTEGER PRIMARY KEY,
        number BLOB NOT NULL,
        code_hash BLOB NOT NULL,
        created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        tries_left INTEGER NOT NULL,
        keep_backlog INTEGER NOT NULL,
        chip BLOB,
        route BLOB
    ) STRICT;
    CREATE INDEX codes_by_number ON codes (number);
    CREATE INDEX codes_by_creation ON codes (created_ms);

    CREATE TABLE tokens (
        id BLOB PRIMARY KEY,
        role BLOB NOT NULL,
        hash BLOB NOT NULL UNIQUE,
        pattern BLOB NOT NULL,
        label BLOB,
        created_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    `,
    `
    ALTER TABLE backlog ADD COLUMN sents BLOB;
    ALTER TABLE registrations ADD COLUMN overflow BLOB;
    `,
    `
    CREATE TABLE publications (
        publisher BLOB NOT NULL,
        packet_id INTEGER NOT NULL,
        content BLOB NOT NULL,
        num INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        connections INTEGER NOT NULL,
        PRIMARY KEY (publisher, packet_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX publications_by_time ON publications (at_ms);
    `,
    // An idempotency key was unique among all senders, and nothing was known of its content: those keys are forgotten.
    `
    DROP TABLE publications;
    DROP INDEX receipts_by_once;
    UPDATE receipts SET once = NULL WHERE once IS NOT NULL;
    ALTER TABLE receipts ADD COLUMN sender BLOB;
    ALTER TABLE receipts ADD COLUMN content_digest BLOB;
    CREATE UNIQUE INDEX receipts_by_once ON receipts (sender, once) WHERE once IS NOT NULL;
    `,
    // `content_crc` is the content's checksum: content.ts. NULL for a message of an older store.
    `
    ALTER TABLE codes ADD COLUMN tries BLOB;
    ALTER TABLE backlog ADD COLUMN content_crc INTEGER;
    `,
    // `endpoints` keeps the earlier ones only. Who was in contact is counted from the index alone.
    `
    ALTER TABLE registrations ADD COLUMN endpoint BLOB;
    UPDATE registrations SET endpoint =
        (SELECT endpoint FROM endpoints WHERE endpoints.route = registrations.route ORDER BY num DESC LIMIT 1);
    DELETE FROM endpoints WHERE num IN (SELECT max(num) FROM endpoints GROUP BY route);
    DROP INDEX registrations_by_contact;
    CREATE INDEX registrations_by_contact ON registrations (seen_ms, created_ms, ended_ms) WHERE ended_ms IS NULL;
    `,
    (sql) => {
        sql.exec(MESSAGES);
        uniteMessages(sql);
        sql.exec(MESSAGES_AFTER);
    },
    // A message changes no row but its own: places.ts.
    (sql) => {
        sql.exec(`
            ALTER TABLE registrations ADD COLUMN met_start INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE places ADD COLUMN last_seeable INTEGER NOT NULL DEFAULT 0;
            UPDATE places SET last_seeable = coalesce(unmet_sequence, last_sequence);
            ALTER TABLE places DROP COLUMN met_start;
            ALTER TABLE places DROP COLUMN unmet_sequence;
        `);
        notePlacesWritten(sql);
    },
    // A place is read alone.
    `
    ALTER TABLE places ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE places ADD COLUMN met_start INTEGER NOT NULL DEFAULT 0;
    UPDATE places SET ended = 1 WHERE route IN (SELECT route FROM registrations WHERE ended_ms IS NOT NULL);
    `,
];

/** The first schemas with checksums of the content, and with one row a message. */
export const WITH_CHECKSUMS = 5;
export const ONE_ROW = 7;

/** The newest schema this program knows. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** The schema of a file. 0: none yet. */
export function schemaVersion(sql: Sql): number {
    return Number(sql.get("PRAGMA user_version")?.user_version);
}

/** Brings a file to the newest schema, in one transaction. @param to an older version, for tests */
export function migrate(sql: Sql, to = SCHEMA_VERSION): void {
    const from = schemaVersion(sql);
    if (from === to) return;
    sql.exec("BEGIN IMMEDIATE");
    for (const migration of MIGRATIONS.slice(from, to)) {
        if (typeof migration === "string") sql.exec(migration);
        else migration(sql);
    }
    sql.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${to}; COMMIT`);
}

/** A file's schema as text, to be compared. It reads octets, because the driver cannot take text that a bad disk has changed. */
export function describeSchema(sql: Sql): string {
    const rows = sql.all(
        `SELECT CAST(type AS BLOB) AS type, CAST(name AS BLOB) AS name, CAST(tbl_name AS BLOB) AS parent, CAST(sql AS BLOB) AS text
            FROM sqlite_schema ORDER BY type, name`,
    );
    return JSON.stringify(rows.map(({ type, name, parent, text }) => [type, name, parent, text]));
}
