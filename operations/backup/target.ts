import type { Readable } from 'node:stream';

/** An object of a target. */
export interface TargetObject {
  key: string;
  /** Bytes as they lie there: compressed, and encrypted where asked. */
  size: number;
  modifiedAt: Date;
}

/**
 * Where backups lie: a folder, or a bucket of an S3-compatible storage. Keys are relative, with `/` between their parts:
 *
 *     sets/<id>/set.json      what a set is (set.ts); written last, a set without it was never finished
 *     sets/<id>/<part>        what set.json names
 *     wal/<segment>           archived WAL: segments, .history and .backup files, by PostgreSQL's names
 *     files/<storage path>    bytes of uploaded files, by workspace and SHA-256: shared by all sets
 *
 * With encryption, every object but set.json is encrypted, and its key ends with `.age`.
 */
export interface BackupTarget {
  /** For messages, without secrets: `the folder /backups`, `the bucket s3://host/name`. */
  readonly description: string;
  /**
   * Writes an object whole or not at all: what is interrupted leaves nothing under its key. Lasting when it resolves.
   * @throws ColloquyError CQ601 when the target has no room, CQ602 when it does not answer
   */
  put(key: string, source: Readable): Promise<{ size: number; sha256: string }>;
  /** @throws ColloquyError CQ603 when there is no such object */
  get(key: string): Promise<Readable>;
  /** @returns null when there is no such object */
  stat(key: string): Promise<TargetObject | null>;
  /** Objects whose key begins with a prefix, by key. */
  list(prefix: string): AsyncIterable<TargetObject>;
  /** Removes an object; none is fine. */
  remove(key: string): Promise<void>;
}
