import type { Readable } from 'node:stream';

/** An object of a target. */
export interface TargetObject {
  key: string;
  /** Bytes as they lie there: compressed, and encrypted where asked. */
  size: number;
  modifiedAt: Date;
}

/** Bytes and SHA-256 as they lie in the target. */
export interface Written {
  size: number;
  sha256: string;
}

/**
 * Where backups lie: a folder, or a bucket of an S3-compatible storage. Keys are relative, with `/` between their parts:
 *
 *     sets/<id>/set.json      what a set is (set.ts); written last, a set without it was never finished
 *     sets/<id>/<part>        what set.json names
 *     wal/<name>.zst          archived WAL: segments, .history, .backup and .partial files, by PostgreSQL's names
 *     files/<storage path>    bytes of uploaded files, by workspace and SHA-256: shared by all sets
 *
 * With encryption, every object but set.json is encrypted, and its key ends with `.age`, after `.zst`. `openObject` (sealing.ts)
 * reads an object of any of these endings.
 */
export interface BackupTarget {
  /** For messages, without secrets: `the folder /backups`, `the bucket s3://host/name`. */
  readonly description: string;
  /**
   * Writes an object whole or not at all: what is interrupted leaves nothing under its key. Lasting when it resolves.
   * @param size  about so many bytes: what is large may be sent otherwise
   * @throws ColloquyError CQ601 when the target has no room, CQ602 when it does not answer
   */
  put(key: string, source: Readable, size?: number): Promise<Written>;
  /**
   * As put, of a file of this machine, which is gone afterwards: moved, where that can be done.
   * @param written  what it is, of a caller who has hashed every byte
   */
  putFile(key: string, path: string, written?: Written): Promise<Written>;
  /** Of a folder: where files may be written that putFile then moves without copying. */
  readonly incoming: string | null;
  /** @throws ColloquyError CQ603 when there is no such object */
  get(key: string): Promise<Readable>;
  /** @returns null when there is no such object */
  stat(key: string): Promise<TargetObject | null>;
  /** Objects whose key begins with a prefix, by key. */
  list(prefix: string): AsyncIterable<TargetObject>;
  /** Removes an object; none is fine. */
  remove(key: string): Promise<void>;
}
