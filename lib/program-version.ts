import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './migrations/committed.ts';

/** The version of this copy of Colloquy. */
export const programVersion: string = JSON.parse(
  readFileSync(join(projectFolder, 'package.json'), 'utf8'),
).version;
