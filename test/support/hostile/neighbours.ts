import { setTimeout as delay } from 'node:timers/promises';
import type { Got, HttpClient } from './http.ts';

export interface Neighbour {
  token: string;
  conversation: string;
}

export interface Window {
  p50: number;
  p95: number;
  count: number;
  /** What went wrong, in words. */
  failures: string[];
}

/** Milliseconds between the answer to one request and the next one. */
const THINKING = 20;

const PAGE = 'query ($id: UUID!) { conversation(id: $id) { messages(last: 20) { nodes { content } } } }';
const POST =
  'mutation ($id: UUID!, $text: String!) { postMessage(input: { conversationId: $id, content: $text }) { message { id } } }';
const WORDS = 'query ($text: String!) { search(query: $text, mode: TEXT) { results { content } } }';
const MEANING = 'query ($text: String!) { search(query: $text) { legs { leg state reason } } }';
const DOCUMENTS = '{ documents(first: 20) { nodes { id title } } }';

let texts = 0;
function newText(): string {
  texts += 1;
  return `tea ${texts}`;
}

type Task = (neighbour: Neighbour) => readonly [query: string, variables?: object];

const USUAL: readonly Task[] = [
  () => ['{ currentUser { id } }'],
  ({ conversation: id }) => [PAGE, { id }],
  ({ conversation: id }) => [POST, { id, text: newText() }],
  () => [WORDS, { text: 'kettle' }],
  () => [DOCUMENTS],
];

/** New each time: what is remembered waits for no model. */
const searchByMeaning: Task = () => [MEANING, { text: newText() }];

function wrong({ status, code, data }: Got, query: string): string | undefined {
  if (status !== 200 || code !== '200') return `${code} (HTTP ${status}) for ${query}`;
  const left = data.search?.legs?.find(
    ({ leg, state }: { leg: string; state: string }) => leg === 'VECTOR' && state !== 'USED',
  );
  return left ? `${left.leg} was left out, ${left.reason}, for ${query}` : undefined;
}

/** What some people wait for, while each does its usual work one request after the other. */
export async function measure(
  client: HttpClient,
  neighbours: readonly Neighbour[],
  { milliseconds, meaning = false }: { milliseconds: number; meaning?: boolean },
): Promise<Window> {
  const tasks = meaning ? [...USUAL, searchByMeaning] : USUAL;
  const end = performance.now() + milliseconds;
  const times: number[] = [];
  const failures: string[] = [];
  await Promise.all(
    neighbours.map(async (neighbour, number) => {
      // at least a round, however slow
      for (let n = number; performance.now() < end || n - number < tasks.length; n += 1) {
        const [query, variables] = tasks[n % tasks.length]!(neighbour);
        const begun = performance.now();
        const got = await client.ask(query, variables, neighbour.token);
        times.push(performance.now() - begun);
        const failure = wrong(got, query);
        if (failure) failures.push(failure);
        await delay(THINKING);
      }
    }),
  );
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)]!;
  return { p50: at(0.5), p95: at(0.95), count: times.length, failures };
}
