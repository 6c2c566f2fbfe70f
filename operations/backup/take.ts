import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import type { Database } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';
import type { RunResult } from '../run.ts';
import { takeBaseBackup, type WrittenParts } from './base-backup.ts';
import { abandonedSets, keyOfSet, newSetId, readCatalogue, removeSet, writeSet } from './catalogue.ts';
import { type ClusterFacts, clusterFacts, demandBackupRole, demandServer } from './cluster.ts';
import { type CopiedContents, copyContents, describeMissing } from './contents.ts';
import { nameOfOwn, ofFolder, sweepFolder } from './folder-target.ts';
import { type HeldLocks, withLocks } from './locks.ts';
import { type BackupKeys, compressed, openObject, putObject } from './sealing.ts';
import type { BackupSet } from './set.ts';
import type { BackupTarget } from './target.ts';

export interface BackupContext {
  database: Database;
  target: BackupTarget;
  keys: BackupKeys;
  /** Where the bytes of files are; null to leave them out. */
  storage: FileStorage | null;
  /** For what is on its way, where the target itself has no such place. */
  staging: string;
  signal?: AbortSignal | undefined;
  say?: (message: string) => void;
  onProgress?: (done: number, total: number) => void;
}

export interface TakenBackup extends RunResult {
  set: BackupSet;
  /** What is not as it should be, though the backup is usable. */
  findings: string[];
}

/** The place where pg_basebackup writes. What is to be encrypted never lies in the target as it is. */
const stagingOf = ({ target, keys, staging }: BackupContext): string =>
  target.incoming !== null && keys.recipients.length === 0 ? target.incoming : staging;

/** The manifest of the newest backup, kept where it was made: who encrypts can make the next incremental one without the private key. */
const keptManifest = (context: BackupContext, id: string): string => join(context.staging, `manifest-${id}`);

/** How the sessions of pg_basebackup call themselves: by database, as the lock of backups. */
const applicationOf = ({ database }: Pick<ClusterFacts, 'database'>): string =>
  `colloquy backup of ${database}`.slice(0, 63);

/**
 * Removes what runs left behind that were killed. Half of pg_basebackup outlives the process that began it, and would have the server
 * keep its log for it.
 */
async function sweep(
  context: BackupContext,
  facts: ClusterFacts,
  abandoned: readonly string[],
): Promise<void> {
  await context.database.pool('backup').query(
    `select pg_terminate_backend(a.pid, 5000) from pg_stat_activity a
     where a.application_name = $1 and a.usename = current_user and a.backend_type = 'walsender'`,
    [applicationOf(facts)],
  );
  for (const folder of new Set([
    stagingOf(context),
    context.staging,
    context.target.incoming ?? context.staging,
  ]))
    await sweepFolder(folder);
  for (const id of abandoned) {
    context.say?.(`Removing ${id}, which was never finished.`);
    await removeSet(context.target, id);
  }
}

/** The set that an incremental one builds on: the newest of this cluster and timeline. */
function parentFor(sets: readonly BackupSet[], facts: ClusterFacts): BackupSet | undefined {
  const newest = sets.findLast((set) => set.kind !== 'dump');
  return newest?.timeline === facts.timeline ? newest : undefined;
}

function demandOwnTarget(sets: readonly BackupSet[], facts: ClusterFacts, target: BackupTarget): void {
  const foreign = sets.find((set) => set.kind !== 'dump' && set.systemIdentifier !== facts.systemIdentifier);
  if (!foreign) return;
  throw new ColloquyError('CQ611', `${target.description} holds backups of another cluster: ${foreign.id}.`, {
    hint: 'Each cluster has a target of its own. After pg_upgrade or initdb, give BACKUP_TARGET a new folder or prefix.',
  });
}

/** Puts what pg_basebackup wrote into the target, in order of its names. */
async function putParts(
  context: BackupContext,
  id: string,
  folder: string,
  hashed: WrittenParts,
): Promise<BackupSet['parts']> {
  const { target, keys } = context;
  const parts: BackupSet['parts'] = [];
  for (const name of (await readdir(folder)).sort()) {
    context.signal?.throwIfAborted();
    const path = join(folder, name);
    const isPlain = name.endsWith('.tar');
    const key = keyOfSet(id, isPlain ? `${name}.zst` : name);
    const { size } = await stat(path);
    const written =
      keys.recipients.length === 0 && !isPlain
        ? { key, ...(await target.putFile(key, path, hashed.get(name))) }
        : await putObject(
            target,
            key,
            isPlain ? compressed(createReadStream(path)) : createReadStream(path),
            keys,
            size,
          );
    await rm(path, { force: true });
    parts.push({
      name: written.key.slice(keyOfSet(id, '').length),
      size: written.size,
      sha256: written.sha256,
    });
  }
  return parts;
}

/** Copies the bytes of files, and writes the list of them beside the other parts. */
async function putContents(context: BackupContext, folder: string): Promise<CopiedContents> {
  const { database, storage, target, keys, signal } = context;
  const list = createWriteStream(join(folder, 'files.ndjson'), { mode: 0o600 });
  try {
    const copied = await copyContents(database.pool('backup'), storage!, target, keys, {
      signal,
      async onContent(content) {
        if (!list.write(`${JSON.stringify(content)}\n`)) await once(list, 'drain');
      },
    });
    list.end();
    await finished(list);
    const path = join(folder, 'files.ndjson');
    await pipeline(compressed(createReadStream(path)), createWriteStream(`${path}.zst`, { mode: 0o600 }));
    await rm(path);
    return copied;
  } finally {
    list.destroy();
  }
}

/** Has the manifest of a set as a file: that which was kept here, else that of the target. */
async function fetchManifest(context: BackupContext, parent: BackupSet, path: string): Promise<string> {
  const kept = keptManifest(context, parent.id);
  if (await stat(kept).catch(() => undefined)) return kept;
  const part = parent.parts.find(({ name }) => name.startsWith('backup_manifest'));
  const source = await openObject(
    context.target,
    keyOfSet(parent.id, part?.name ?? 'backup_manifest'),
    context.keys,
  );
  await pipeline(source, createWriteStream(path, { mode: 0o600 }));
  return path;
}

/** Keeps the manifest of an encrypted backup for the next one. */
async function keepManifest(
  context: BackupContext,
  id: string,
  folder: string,
): Promise<() => Promise<void>> {
  if (context.keys.recipients.length === 0) return async () => {};
  await mkdir(context.staging, { recursive: true, mode: 0o700 });
  const draft = join(context.staging, nameOfOwn());
  await pipeline(
    createReadStream(join(folder, 'backup_manifest')),
    createWriteStream(draft, { mode: 0o600 }),
  );
  return async () => {
    await rename(draft, keptManifest(context, id));
    for (const name of await readdir(context.staging))
      if (name.startsWith('manifest-') && name !== `manifest-${id}`)
        await rm(join(context.staging, name), { force: true });
  };
}

interface Making {
  /** What an incremental one builds on. */
  parent?: BackupSet;
  /** Of a full one: why the incremental one that was asked for could not be. */
  insteadOf?: ColloquyError;
}

async function make(
  context: BackupContext,
  locks: HeldLocks,
  facts: ClusterFacts,
  { parent, insteadOf }: Making = {},
): Promise<TakenBackup> {
  const { database, target, keys, signal, say } = context;
  const pool = database.pool('backup');
  const startedAt = new Date();
  const id = newSetId(parent ? 'incremental' : 'full', startedAt);
  const folder = join(stagingOf(context), nameOfOwn());
  const manifest = `${folder.slice(0, -8)}${'0'.repeat(8)}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    say?.(
      `${parent ? `Incremental backup on ${parent.id}` : 'Full backup'} ${id} of ${database.name} into ${target.description}`,
    );
    const { written, ...base } = await takeBaseBackup({
      url: database.url('backup'),
      serverVersion: facts.serverVersion,
      folder,
      label: id,
      application: applicationOf(facts),
      ...(parent ? { parent: await fetchManifest(context, parent, manifest) } : {}),
      signal,
      ...(context.onProgress ? { onProgress: context.onProgress } : {}),
    });
    const stopped = await pool.query<{ now: Date }>('select clock_timestamp() as now');
    const files = context.storage === null ? null : await putContents(context, folder);
    const keep = await keepManifest(context, id, folder);
    const set: BackupSet = {
      format: 1,
      id,
      kind: parent ? 'incremental' : 'full',
      parent: parent?.id ?? null,
      scope: null,
      startedAt: startedAt.toISOString(),
      stoppedAt: stopped.rows[0]!.now.toISOString(),
      ...base,
      systemIdentifier: facts.systemIdentifier,
      serverVersion: facts.serverVersion,
      database: facts.database,
      migration: facts.migration,
      databaseSize: facts.databaseSize,
      walSegmentSize: facts.walSegmentSize,
      parts: await putParts(context, id, folder, written),
      files: files && { count: files.count, bytes: files.bytes },
      encryption: keys.recipients.length > 0 ? 'age' : null,
      verifiedAt: null,
    };
    signal?.throwIfAborted();
    // with the session its locks would be gone, and with them the promise that no bytes went meanwhile
    await locks.check();
    await writeSet(target, set);
    await keep();
    const missing = files ? describeMissing(files.missing) : undefined;
    const details = {
      set: id,
      kind: set.kind,
      parent: set.parent,
      bytes: set.parts.reduce((sum, part) => sum + part.size, 0),
      databaseBytes: set.databaseSize,
      files: files?.count ?? null,
      fileBytes: files?.bytes ?? null,
      filesCopied: files?.copied ?? null,
      filesMissing: files?.missing.length ?? null,
      stopLsn: set.stopLsn,
      stoppedAt: set.stoppedAt,
      encrypted: set.encryption !== null,
      fullBecause: insteadOf?.message ?? null,
    };
    return { set, findings: missing === undefined ? [] : [missing], details };
  } catch (error) {
    await removeSet(target, id).catch(() => {});
    throw ofFolder(error, `the folder ${stagingOf(context)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(manifest, { force: true });
  }
}

/**
 * Takes a backup of the whole server, and of the bytes of files.
 * @param options.orFull  takes a full one where an incremental one is refused
 * @throws ColloquyError CQ600 embedded, CQ601 no room, CQ606 another is at work, CQ607 an incremental one cannot be, CQ608 the role
 *   may not, CQ611 the target is another cluster's
 */
export async function takeBackup(
  context: BackupContext,
  kind: 'full' | 'incremental',
  { orFull = false }: { orFull?: boolean } = {},
): Promise<TakenBackup> {
  const { database, target, say } = context;
  demandServer(database);
  const pool = database.pool('backup');
  await demandBackupRole(pool);
  const facts = await clusterFacts(pool);
  return withLocks(pool, target, ['backup', 'contents'], async (locks) => {
    const catalogue = await readCatalogue(target);
    demandOwnTarget(catalogue.sets, facts, target);
    await sweep(context, facts, await abandonedSets(target, catalogue));
    if (kind === 'full') return make(context, locks, facts);
    try {
      const parent = parentFor(catalogue.sets, facts);
      if (!parent) {
        throw new ColloquyError(
          'CQ607',
          `There is no backup of timeline ${facts.timeline} that an incremental one could build on.`,
          {
            hint: 'Take a full one first: npm run ops -- backup full; or let --or-full do so.',
          },
        );
      }
      return await make(context, locks, facts, { parent });
    } catch (error) {
      if (!orFull || !(error instanceof ColloquyError) || error.code !== 'CQ607') throw error;
      say?.(`${error.message} Taking a full one.`);
      return make(context, locks, facts, { insteadOf: error });
    }
  });
}
