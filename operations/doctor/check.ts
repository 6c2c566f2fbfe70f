import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { z } from 'zod';

export const SEVERITIES = ['error', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Something that a check found: a row of a file in sql/doctor/, which all have these columns. */
export interface Finding {
  /** Of the check. */
  name: string;
  /** error: to be mended now. warning: to be looked at. info: good to know, and no reason for an exit code. */
  severity: Severity;
  /** What it is about: an object, a workspace's id, a setting. Never a tenant's text. */
  subject: string;
  detail: string;
  remedy: string;
  /** A page and its heading. */
  runbook: string;
}

/** Thrown by a check that can say nothing here; its message says why. */
export class NotLookedAt extends Error {}

/** Where a check has a meaning. */
export type Kind = 'server' | 'embedded';

export interface Check {
  name: string;
  /** The comment at its head: why it exists. */
  why: string;
  /** Skipped elsewhere. */
  only: Kind | undefined;
  /** Skipped where one of them is not installed. */
  extensions: string[];
  /**
   * Looks, in a transaction that is read only and has short timeouts.
   * @param client  of colloquy_monitor
   */
  find(client: Pick<pg.ClientBase, 'query'>): Promise<Finding[]>;
}

const rows = z.array(
  z.object({
    name: z.string(),
    severity: z.enum(SEVERITIES),
    subject: z.string(),
    detail: z.string(),
    remedy: z.string(),
    runbook: z.string(),
  }),
);

const FOLDER = join(import.meta.dirname, '../../sql/doctor');

/** `-- only: server`: a line of a check's head that is meant for its runner. */
function headLine(text: string, word: string): string | undefined {
  return new RegExp(`^-- ${word}: *(.*?) *$`, 'm').exec(text)?.[1];
}

/** The comment that a file begins with, without what is meant for the runner. */
function headComment(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  return lines
    .slice(0, end)
    .filter((line) => !/^-- (only|extension): /.test(line))
    .map((line) => line.replace(/^-- ?/, ''))
    .join(' ');
}

/** A check that is one SELECT. */
export function sqlCheck(name: string, text: string): Check {
  const only = headLine(text, 'only');
  return {
    name,
    why: headComment(text),
    only: only === 'server' || only === 'embedded' ? only : undefined,
    extensions: (headLine(text, 'extension') ?? '').split(/[\s,]+/).filter(Boolean),
    find: async (client) => rows.parse((await client.query(text)).rows),
  };
}

/** The checks of sql/doctor/, by name. */
export function sqlChecks(folder: string = FOLDER): Check[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => sqlCheck(file.slice(0, -'.sql'.length), readFileSync(join(folder, file), 'utf8')));
}
