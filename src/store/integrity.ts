/** Whether the store's file itself is whole, below what its rows say. */
import type { Databases } from '../host/database.ts';
import { openDatabase } from './schema.ts';

/** What is wrong with the pages and indexes, in SQLite's words; empty when all is well. Throws as `openDatabase`. */
export function fileFaults(databases: Databases, path: string): string[] {
  const database = openDatabase(databases, path);
  try {
    const rows = database.all('PRAGMA integrity_check(100)').map((row) => String(row.integrity_check));
    return rows.filter((row) => row !== 'ok');
  } finally {
    database.close();
  }
}

/** Makes every index anew from its rows. Throws as `openDatabase`, and `DatabaseError` where the rows cannot be read. */
export function rebuildIndexes(databases: Databases, path: string): void {
  const database = openDatabase(databases, path);
  try {
    database.transaction('full', () => database.exec('REINDEX'));
  } finally {
    database.close();
  }
}
