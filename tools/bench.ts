import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Option } from 'commander';
import { exitCodesHelp, FINDINGS, makeCommand, runCommand, say } from '../lib/cli.ts';
import { log } from '../lib/log.ts';
import { analytics } from './bench/analytics.ts';
import { backup } from './bench/backup.ts';
import { chaos } from './bench/chaos.ts';
import { crowd } from './bench/crowd.ts';
import { embed } from './bench/embed.ts';
import { folder } from './bench/folder.ts';
import {
  type Bench,
  type BenchResult,
  type Ratio,
  type Scale,
  surroundings,
  withBenchDatabase,
} from './bench/harness.ts';
import { hybrid } from './bench/hybrid.ts';
  maintenance,
