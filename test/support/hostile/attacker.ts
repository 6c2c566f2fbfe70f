/** A thread that attacks, so that what the others wait for is measured in another one. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Attacker } from './attack.ts';
import { attacks } from './attacks.ts';
import { httpClient } from './http.ts';

export interface AttackerData {
  url: string;
  name: string;
  token: string;
}

export type AttackerWord = { ready: true } | { tally: Record<string, number> };

const { url, name, token } = workerData as AttackerData;
const place = attacks.findIndex((one) => one.name === name);
const attack = attacks[place]!;
const tally: Record<string, number> = {};
let count = 0;
let isOn = true;

function next(): number {
  count += 1;
  return count;
}

function attacker(number: number): Attacker {
  // Addresses that no other attack has: what one has used up of their limits would refuse the next one unseen.
  const address = `127.0.${1 + place}.${attack.spread ? 2 + number : 2}`;
  return { ...httpClient(url, address), url, token, address, next };
}

const crowd = Array.from({ length: attack.times }, (_, number) => attacker(number));
const prepared = await attack.prepare?.(crowd[0]!);
const say = (word: AttackerWord): void => parentPort!.postMessage(word);

parentPort!.once('message', () => {
  isOn = false;
  say({ tally });
  for (const one of crowd) one.close();
  setImmediate(() => process.exit());
});

for (const one of crowd) {
  void (async () => {
    while (isOn) {
      const got = await attack.act(one, prepared);
      if (got && isOn) tally[got.code] = (tally[got.code] ?? 0) + 1;
    }
  })();
}
say({ ready: true });
