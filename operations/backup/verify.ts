import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { findProgram, runProgram } from '../programs.ts';
import type { RunResult } from '../run.ts';
import { chainOf, keyOfSet, readCatalogue, writeSet } from './catalogue.ts';
import { contentsOf } from './contents-list.ts';
import { nameOfOwn, ofFolder, sweepFolder } from './folder-target.ts';
import { hashOf } from './hashing.ts';
import { type BackupKeys, bareName, openObject } from './sealing.ts';
import type { BackupSet } from './set.ts';
import type { BackupTarget } from './target.ts';
import { gapsFrom, isSegment, numberOf, segmentAt } from './wal-names.ts';

export interface VerifyContext {
  target: BackupTarget;
  keys: BackupKeys;
  staging: string;
  signal?: AbortSignal | undefined;
  say?: (message: string) => void;
}

export interface Verified extends RunResult {
  /** Ids of the sets that were looked at, the oldest first. */
  sets: string[];
  findings: string[];
}

/** Findings of one kind that are named; the others are counted. */
const NAMED = 10;

/** What is to be looked at: the sets of these ids with what they build on; of none, the newest; or all. */
function chosen(sets: readonly BackupSet[], ids: readonly string[], all: boolean): BackupSet[] {
  const newest = sets.findLast((set) => set.kind !== 'dump') ?? sets.at(-1);
  const wanted = all ? sets.map(({ id }) => id) : ids.length > 0 ? ids : newest ? [newest.id] : [];
  if (wanted.length === 0) {
    throw new ColloquyError('CQ609', 'There is no backup to verify.', {
      hint: 'Take one: npm run ops -- backup full.',
    });
  }
  const found = new Map<string, BackupSet>();
  for (const id of wanted) {
    // of a broken chain, what is there is looked at all the same; that it is broken is a finding of its own
    const chain = all ? sets.filter((set) => set.id === id) : chainOf(sets, id);
    for (const set of chain) found.set(set.id, set);
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Reads every part of a set: is it what it was? */
async function verifyParts({ target, signal }: VerifyContext, set: BackupSet): Promise<string[]> {
  const findings: string[] = [];
  for (const part of set.parts) {
    signal?.throwIfAborted();
    const key = keyOfSet(set.id, part.name);
    try {
      const { size, sha256 } = await hashOf(await target.get(key));
      if (size !== part.size || sha256 !== part.sha256)
        findings.push(`${key} is damaged: it has ${size} bytes, and another hash than when it was written.`);
    } catch (error) {
      if (errorCode(error) !== 'CQ603') throw error;
      findings.push(`${key} is missing.`);
    }
  }
  return findings;
}

/** Has pg_verifybackup read a copy of a physical set: every file of the database against the manifest. */
async function verifyManifest(context: VerifyContext, set: BackupSet): Promise<string[]> {
  const { target, keys, signal } = context;
  const parent =
    target.incoming !== null && keys.recipients.length === 0 && set.encryption === null
      ? target.incoming
      : context.staging;
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await sweepFolder(parent);
  const folder = join(parent, nameOfOwn());
  try {
    await mkdir(folder, { mode: 0o700 });
    for (const part of set.parts) {
      const name = bareName(part.name);
      // the log beside it is no part of the manifest
      if (name.startsWith('files.ndjson') || name.startsWith('pg_wal.tar')) continue;
      await pipeline(
        await openObject(target, keyOfSet(set.id, part.name), keys),
        createWriteStream(join(folder, name), { mode: 0o600 }),
      );
    }
    const program = await findProgram('pg_verifybackup', set.serverVersion);
    await runProgram(
      program,
      ['--format=tar', '--no-parse-wal', '--quiet', folder],
      signal ? { signal } : {},
    );
    return [];
  } catch (error) {
    if (!['CQ605', 'CQ610'].includes(errorCode(error) ?? '')) throw ofFolder(error, `the folder ${parent}`);
    return [`${set.id}: ${(error as Error).message}`];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads the bytes of the files that a set refers to, each of them once for all sets. */
async function verifyContents(
  { target, keys, signal }: VerifyContext,
  set: BackupSet,
  read: Map<string, boolean>,
): Promise<string[]> {
  const bad: string[] = [];
  const ending = set.encryption === 'age' ? '.age' : '';
  for await (const { path, sha256, missing } of contentsOf(target, set, keys)) {
    signal?.throwIfAborted();
    if (missing) continue;
    const key = `files/${path}${ending}`;
    let isWhole = read.get(key);
    if (isWhole === undefined) {
      try {
        isWhole = (await hashOf(await openObject(target, key, keys))).sha256 === sha256;
      } catch (error) {
        if (!['CQ603', 'CQ610'].includes(errorCode(error) ?? '')) throw error;
        isWhole = false;
      }
      read.set(key, isWhole);
    }
    if (!isWhole) bad.push(key);
  }
  if (bad.length === 0) return [];
  const more = bad.length > NAMED ? ` and ${bad.length - NAMED} more` : '';
  return [`${set.id}: bytes of files are missing or damaged: ${bad.slice(0, NAMED).join(', ')}${more}.`];
}

/**
 * Whether the archived log goes on from a set without a gap; where nothing was archived, a set stands for itself.
 * @param sets  of the target: the next one after a gap can be restored
 */
async function verifyWal(
  { target }: VerifyContext,
  set: BackupSet,
  sets: readonly BackupSet[],
): Promise<string[]> {
  const { stopLsn, timeline, walSegmentSize: size } = set;
  if (stopLsn === null || timeline === null) return [];
  // a set has the log that it needs itself, so the archive may begin where it ended
  const first = segmentAt(stopLsn, timeline, size);
  const names: string[] = [];
  for await (const { key } of target.list('wal/')) {
    const name = bareName(key).replace(/^wal\/|\.zst$/g, '');
    if (isSegment(name) && numberOf(name, size) >= numberOf(first, size)) names.push(name);
  }
  return gapsFrom(names, first, size).map(([begin, end]) => {
    const next = sets.find(
      ({ startLsn, timeline: of }) =>
        startLsn !== null &&
        of !== null &&
        numberOf(segmentAt(startLsn, of, size), size) > numberOf(end, size),
    );
    const what = begin === end ? `${begin} is missing` : `${begin} to ${end} are missing`;
    const until = next ? `until ${next.id} ended` : 'and take a full backup now';
    return `The archived log has a gap after ${set.id}: ${what}. No moment after it can be restored to, ${until}.`;
  });
}

async function verifySet(
  context: VerifyContext,
  set: BackupSet,
  read: Map<string, boolean>,
): Promise<string[]> {
  context.say?.(`Reading ${set.id}`);
  const parts = await verifyParts(context, set);
  if (parts.length > 0) return parts;
  if (set.encryption !== null && context.keys.identities.length === 0) {
    return [
      `${set.id} is encrypted, and there is no private key: its bytes are what was written, and more cannot be said. Set BACKUP_AGE_IDENTITY_FILE.`,
    ];
  }
  const physical = set.kind === 'dump' ? [] : await verifyManifest(context, set);
  // a wrong key opens nothing else either
  if (physical.some((finding) => finding.includes('private keys'))) return physical;
  return [...physical, ...(await verifyContents(context, set, read))];
}

/**
 * Reads backups and says what is wrong with them: hashes of every part, the database by pg_verifybackup, the bytes of files, and the log
 * after them. A set in which nothing is found gets the time at which it was verified.
 * @param options.ids  sets, with what they build on; default: the newest
 * @throws ColloquyError CQ609 where there is no such set
 */
export async function verifyBackups(
  context: VerifyContext,
  { ids = [], all = false }: { ids?: readonly string[]; all?: boolean } = {},
): Promise<Verified> {
  const { target, signal } = context;
  const { sets, unfinished } = await readCatalogue(target);
  const findings: string[] = [];
  const looked = chosen(sets, ids, all);
  const read = new Map<string, boolean>();
  let verified = 0;
  for (const set of looked) {
    signal?.throwIfAborted();
    const found = await verifySet(context, set, read);
    if (set.parent !== null && !sets.some(({ id }) => id === set.parent))
      found.push(`${set.id} builds on ${set.parent}, which is missing: it cannot be restored.`);
    findings.push(...found);
    if (found.length > 0) continue;
    verified += 1;
    await writeSet(target, { ...set, verifiedAt: new Date().toISOString() });
  }
  const oldest = looked.find((set) => set.kind !== 'dump');
  if (oldest) findings.push(...(await verifyWal(context, oldest, sets)));
  const newest = looked.findLast((set) => set.kind !== 'dump') ?? looked.at(-1)!;
  return {
    sets: looked.map(({ id }) => id),
    findings,
    details: {
      sets: looked.length,
      verified,
      findings: findings.length,
      unfinished: unfinished.length,
      newest: newest.id,
      newestStoppedAt: newest.stoppedAt,
    },
  };
}
