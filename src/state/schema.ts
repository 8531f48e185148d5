/**
 * The tables of a state file, and the steps that bring an older file to the present format. `user_version` is the
 * number of steps a file has been through; `application_id` tells it from other people's databases.
 *
 * What a caller never asks SQL about lies in one JSON column; whole numbers over 2^53 (device, inode, birth time) are
 * strings in it. Bodies have rows of their own, so that boundaries can be read and changed without them.
 */
import type { Database } from '../host/database.ts';

/** 'Almd' */
export const applicationId = 0x416c6d64;

const steps = [
  `
  CREATE TABLE stream (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE cursor (
    stream TEXT NOT NULL, output TEXT NOT NULL, read INTEGER NOT NULL, watermark INTEGER NOT NULL,
    PRIMARY KEY (stream, output)
  ) WITHOUT ROWID;
  CREATE TABLE batch (
    output TEXT NOT NULL, sequence INTEGER NOT NULL, part TEXT NOT NULL,
    id TEXT NOT NULL, read_at_ms INTEGER NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL,
    segments TEXT NOT NULL,
    status TEXT NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (output, sequence, part)
  ) WITHOUT ROWID;
  CREATE TABLE body (
    output TEXT NOT NULL, sequence INTEGER NOT NULL, part TEXT NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (output, sequence, part)
  );
  CREATE TABLE ledger (
    stream TEXT NOT NULL, output TEXT NOT NULL, term TEXT NOT NULL, reason TEXT NOT NULL,
    bytes INTEGER NOT NULL, lines INTEGER NOT NULL,
    PRIMARY KEY (stream, output, term, reason)
  ) WITHOUT ROWID;
  CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
  // The ledger by hour, the places of what was lost, and what was seen of the streams that are no longer known.
  `
  CREATE TABLE hour (
    start_ms INTEGER NOT NULL, output TEXT NOT NULL, term TEXT NOT NULL, reason TEXT NOT NULL,
    bytes INTEGER NOT NULL, lines INTEGER NOT NULL,
    PRIMARY KEY (start_ms, output, term, reason)
  ) WITHOUT ROWID;
  CREATE TABLE loss (
    number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, output TEXT NOT NULL, stream TEXT NOT NULL,
    path TEXT NOT NULL, first INTEGER NOT NULL, past INTEGER NOT NULL, term TEXT NOT NULL, reason TEXT NOT NULL
  );
  INSERT INTO ledger
    SELECT '', output, 'seen', '', sum(bytes), sum(CASE term WHEN 'cut' THEN 0 ELSE lines END)
    FROM ledger WHERE stream = '' GROUP BY output;
  `,
  // The place of each batch in the chain, and what is kept of the dealings with a hub.
  `
  ALTER TABLE batch ADD COLUMN chain TEXT;
  CREATE TABLE kept (
    output TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (output, kind, name)
  ) WITHOUT ROWID;
  `,
] as const;

export const knownVersion: number = steps.length;

/** Whose file it is and of which format. A new file has 0 and 0. */
export function identify(database: Database): { readonly application: number; readonly version: number } {
  return {
    application: Number(database.all('PRAGMA application_id')[0]?.application_id ?? 0),
    version: Number(database.all('PRAGMA user_version')[0]?.user_version ?? 0),
  };
}

/** Each step is one transaction with its number, so an upgrade that is cut off goes on where it stopped. */
export function upgrade(database: Database, from: number): void {
  for (const [offset, step] of steps.slice(from).entries()) {
    database.transaction('full', () => {
      database.exec(step);
      database.exec(`PRAGMA application_id = ${applicationId}`);
      database.exec(`PRAGMA user_version = ${from + offset + 1}`);
    });
  }
}
