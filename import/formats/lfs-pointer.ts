import { skipped } from '../skipped.ts';
import type { Format } from './format.ts';

const LFS_POINTER =
  /^version https:\/\/git-lfs\.github\.com\/spec\/v\d+\n(?:[\w.-]+ .*\n)*oid sha256:[0-9a-f]{64}\n/;
const LFS_POINTER_BYTES = 1024;

/** What stands in place of a file that Git LFS keeps elsewhere. */
export const lfsPointer: Format = ({ label, size, head }) =>
  size <= LFS_POINTER_BYTES && LFS_POINTER.test(head.toString('latin1'))
    ? [skipped(label, 'lfs_pointer', 'git lfs pull, and import again')]
    : null;
