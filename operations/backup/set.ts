import { z } from 'zod';

/** What a part of a set is: its object, and what it must be when it is read. */
const part = z.object({
  /** Below the folder of the set; ends with `.age` where it is encrypted. */
  name: z.string(),
  /** Bytes and SHA-256 as they lie in the target. */
  size: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** A point in the log as PostgreSQL writes it. */
const lsn = z.string().regex(/^[0-9A-F]+\/[0-9A-F]+$/);

/**
 * The file set.json of a backup set.
 *
 * Physical sets (full, incremental) hold `base.tar.zst`, `pg_wal.tar.zst` when the log was streamed beside it, one `<oid>.tar.zst` a
 * tablespace, and `backup_manifest`, which verifying and the next incremental read. A dump of a whole server holds `dump.tar.zst`, a
 * directory-format dump, `globals.sql` and `dump.json`; other dumps `rows/<table>.ndjson.zst` and `tables.json` (operations/logical/).
 * `files.ndjson.zst` has a line {path, sha256, size} for each uploaded file of the
 * database at that point, with `missing: true` for one whose bytes were not in the storage.
 */
export const setSchema = z.object({
  format: z.literal(1),
  /** `20261127T190512Z-full-3f2a`: by name is by time. */
  id: z.string().regex(/^\d{8}T\d{6}Z-(?:full|incremental|dump)-[0-9a-f]{4}$/),
  kind: z.enum(['full', 'incremental', 'dump']),
  /** Of an incremental: the set that it builds on. */
  parent: z.string().nullable(),
  /** Of a dump: what of the database it holds. */
  scope: z
    .discriminatedUnion('of', [
      z.object({ of: z.literal('whole') }),
      z.object({ of: z.literal('tables'), tables: z.array(z.string()) }),
      z.object({ of: z.literal('workspace'), workspaceId: z.uuid() }),
    ])
    .nullable(),
  startedAt: z.iso.datetime(),
  /** When the backup ended, by the clock of the database: a physical set can be restored to no earlier moment. */
  stoppedAt: z.iso.datetime(),
  /** Of physical sets; a dump has the LSN of its snapshot as stopLsn, and null as the others. */
  startLsn: lsn.nullable(),
  stopLsn: lsn.nullable(),
  timeline: z.number().int().positive().nullable(),
  /** Of the cluster, as pg_control_system() has it. */
  systemIdentifier: z.string(),
  /** server_version_num */
  serverVersion: z.number().int(),
  database: z.string(),
  /** The last committed migration of the database, as `000021-storage-slots.sql`. */
  migration: z.string().nullable(),
  /** Bytes of the database before compression, as pg_database_size has it. */
  databaseSize: z.number().int(),
  /** Of physical sets: bytes of a WAL segment, 16 MiB unless initdb was told otherwise. */
  walSegmentSize: z.number().int().positive().optional(),
  parts: z.array(part),
  /** Uploaded files that the set refers to below files/, without missing ones; null where it was made without them. */
  files: z.object({ count: z.number().int(), bytes: z.number().int() }).nullable(),
  encryption: z.enum(['age']).nullable(),
  /** When `ops backup verify` last read all of it and found it whole. */
  verifiedAt: z.iso.datetime().nullable(),
});
export type BackupSet = z.infer<typeof setSchema>;
