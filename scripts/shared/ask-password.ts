import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Asks at the terminal and shows nothing of the answer. */
export async function askPassword(email: string): Promise<string> {
  process.stderr.write(`Password for ${email.replace(/\p{Cc}/gu, '')}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // Ctrl-C does not reach the process while the terminal is read key by key.
  asking.once('SIGINT', () => {
    process.stderr.write('\n');
    process.exit(130);
  });
  try {
    return await asking.question('');
  } finally {
    asking.close();
    process.stderr.write('\n');
  }
}
