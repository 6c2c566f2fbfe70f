import type { Command } from 'commander';
import { COULD_NOT, makeCommand, runCommand } from '../lib/cli.ts';

/**
 * The commands, one file each in scripts/ops/, which adds itself: name, options, what it does. What is asked for is loaded alone: all of
 * them take twice as long.
 */
const COMMANDS: Record<string, () => Promise<(ops: Command) => void>> = {
  adopt: async () => (await import('./ops/adopt.ts')).addAdopt,
  backup: async () => (await import('./ops/backup.ts')).addBackup,
  bloat: async () => (await import('./ops/bloat.ts')).addBloat,
  cold: async () => (await import('./ops/cold.ts')).addCold,
  dashboard: async () => (await import('./ops/dashboard.ts')).addDashboard,
  doctor: async () => (await import('./ops/doctor.ts')).addDoctor,
  erasures: async () => (await import('./ops/erasures.ts')).addErasures,
  files: async () => (await import('./ops/files.ts')).addFiles,
  jobs: async () => (await import('./ops/jobs.ts')).addJobs,
  move: async () => (await import('./ops/move.ts')).addMove,
  partitions: async () => (await import('./ops/partitions.ts')).addPartitions,
  pooler: async () => (await import('./ops/pooler.ts')).addPooler,
  rehearse: async () => (await import('./ops/rehearse.ts')).addRehearse,
  reindex: async () => (await import('./ops/reindex.ts')).addReindex,
  replica: async () => (await import('./ops/replica.ts')).addReplication,
  restore: async () => (await import('./ops/restore.ts')).addRestore,
  'restore-drill': async () => (await import('./ops/restore-drill.ts')).addRestoreDrill,
  'restore-dump': async () => (await import('./ops/restore-dump.ts')).addRestoreDump,
  'restore-rows': async () => (await import('./ops/restore-rows.ts')).addRestoreRows,
  retention: async () => (await import('./ops/retention.ts')).addRetention,
  tune: async () => (await import('./ops/tune.ts')).addTune,
  'upgrade-check': async () => (await import('./ops/upgrade-check.ts')).addUpgradeCheck,
  workspace: async () => (await import('./ops/workspace.ts')).addWorkspace,
};

const ops = makeCommand(
  'npm run ops --',
  'Backs up, restores, checks and mends a Colloquy database and what belongs to it.',
).addHelpText(
  'after',
  '\nEach command has --help. Exit codes: 0 fine; 1 findings; 2 it could not, wrong usage included. Guide: docs/operations/README.md',
);
const [named = ''] = process.argv.slice(2);
const loads = Object.hasOwn(COMMANDS, named) ? [COMMANDS[named]!] : Object.values(COMMANDS);
for (const add of await Promise.all(loads.map((load) => load()))) add(ops);

await runCommand(() => ops.parseAsync(), COULD_NOT);
