import { afterAll, beforeAll } from 'vitest';
import { beginFile, endFile } from './file.ts';

// Run before each test file, so that these hooks stand before its own; and hooks at the end run in reverse: the file has
// closed its pools by then.
// biome-ignore lint/correctness/noEmptyPattern: Vitest demands that the context is destructured
beforeAll(({}, suite) => beginFile(suite.file));
afterAll(endFile);
