import type { Command } from 'commander';
import { COULD_NOT, makeCommand, runCommand } from '../lib/cli.ts';
import { addAdopt } from './ops/adopt.ts';
import { addBackup } from './ops/backup.ts';
import { addBloat } from './ops/bloat.ts';
import { addCold } from './ops/cold.ts';
import { addDashboard } from './ops/dashboard.ts';
import { addDoctor } from './ops/doctor.ts';
import { addErasures } from './ops/erasures.ts';
import { addFiles } from './ops/files.ts';
import { addJobs } from './ops/jobs.ts';
import { addMove } from './ops/move.ts';
import { addPartitions } from './ops/partitions.ts';
import { addPooler } from './ops/pooler.ts';
import { addRehearse } from './ops/rehearse.ts';
import { addReindex } from './ops/reindex.ts';
import { addReplication } from './ops/replica.ts';
import { addRestore } from './ops/restore.ts';
import { addRestoreDrill } from './ops/restore-drill.ts';
import { addRestoreDump } from './ops/restore-dump.ts';
import { addRestoreRows } from './ops/restore-rows.ts';
import { addRetention } from './ops/retention.ts';
import { addTune } from './ops/tune.ts';
import { addUpgradeCheck } from './ops/upgrade-check.ts';
import { addWorkspace } from './ops/workspace.ts';

/** The commands, one file each in scripts/ops/, which adds itself: name, options, what it does. */
const COMMANDS: readonly ((ops: Command) => void)[] = [
  addAdopt,
  addBackup,
  addBloat,
  addCold,
  addDashboard,
  addDoctor,
  addErasures,
  addFiles,
  addJobs,
  addMove,
  addPartitions,
  addPooler,
  addRehearse,
  addReindex,
  addReplication,
  addRestore,
  addRestoreDrill,
  addRestoreDump,
  addRestoreRows,
  addRetention,
  addTune,
  addUpgradeCheck,
  addWorkspace,
];

const ops = makeCommand(
  'npm run ops --',
  'Backs up, restores, checks and mends a Colloquy database and what belongs to it.',
).addHelpText(
  'after',
  '\nEach command has --help. Exit codes: 0 fine; 1 findings; 2 it could not, wrong usage included. Guide: docs/operations/README.md',
);
for (const add of COMMANDS) add(ops);

await runCommand(() => ops.parseAsync(), COULD_NOT);
