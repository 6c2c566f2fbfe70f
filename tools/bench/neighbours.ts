import { startApi } from '../../api/server.ts';
import type { Database } from '../../lib/database.ts';
import { openQueryModels } from '../../models/query-models.ts';
import { type Bench, compare, median, type Scale } from './harness.ts';

const ROUNDS: Record<Scale, number> = { small: 3, medium: 9, large: 15 };
const VISITORS = 50;
const LONG_SEARCHES = 8;
/** Calls of the one who is measured, in each half of a round. */
const CALLS = 7;

const PASSWORD = 'correct horse battery';
const SIGN_IN = `mutation { signIn(input: { email: "nobody@example.org", password: "${PASSWORD}" }) { clientMutationId } }`;
const WHO = '{ currentUser { id } }';
const SEARCH = 'query ($query: String!) { search(query: $query) { path legs { leg state reason } } }';

/** What one tenant feels of another one, or of strangers, who ask for all they can. */
async function run(database: Database, scale: Scale, say: (text: string) => void) {
  const models = openQueryModels(database.pool('authenticator'));
  const api = await startApi({
    database,
    host: '127.0.0.1',
    port: 0,
    embedQuery: (text, versionId) => models.embed(text, versionId),
    activeVersion: () => models.activeVersion(),
    development: false,
  });
  let refused = 0;
  async function ask(query: string, variables: object = {}, token?: string) {
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query, variables }),
    });
    if (response.status === 503) refused += 1;
    // biome-ignore lint/suspicious/noExplicitAny: the queries say what comes back
    return (await response.json()) as any;
  }
  let texts = 0;
  const next = () => (texts += 1);
  const register = async (name: string): Promise<string> => {
    const { data } = await ask(
      `mutation { register(input: { email: "${name}@example.org", password: "${PASSWORD}" }) { authentication { token } } }`,
    );
    return data.register.authentication.token;
  };

  async function time(call: () => Promise<unknown>): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < CALLS; i += 1) {
      const start = performance.now();
      await call();
      times.push(performance.now() - start);
    }
    return median(times);
  }

  /** Measures a call alone, then beside so many others that are asked again and again. */
  async function beside(call: () => Promise<unknown>, others: number, other: () => Promise<unknown>) {
    const anchor = await time(call);
    let isOn = true;
    const loops = Array.from({ length: others }, async () => {
      while (isOn) await other();
    });
    await other();
    const ours = await time(call);
    isOn = false;
    await Promise.all(loops);
    return { ours, anchor };
  }

  try {
    const [mine, theirs] = [await register('mine'), await register('theirs')];
    const short = async () => {
      const { data } = await ask(SEARCH, { query: `tea ${next()}` }, mine);
      if (data.search.legs[0].state !== 'USED') throw new Error('The short search was not embedded');
    };
    await short();
    const signIns: { ours: number; anchor: number }[] = [];
    const searches: typeof signIns = [];
    for (let round = 1; round <= ROUNDS[scale]; round += 1) {
      signIns.push(
        await beside(
          () => ask(WHO, {}, mine),
          VISITORS,
          () => ask(SIGN_IN),
        ),
      );
      searches.push(
        await beside(short, LONG_SEARCHES, async () => {
          const text = `${'a long question about tea and kettles '.repeat(260)} ${next()}`;
          await ask(SEARCH, { query: text }, theirs);
        }),
      );
      const last = [signIns, searches].map((rounds) => rounds.at(-1)!);
      const figures = last.map(({ ours, anchor }) => `${anchor.toFixed(0)} -> ${ours.toFixed(0)} ms`);
      say(`round ${round} of ${ROUNDS[scale]}: ${figures.join(', ')}`);
    }
    const options = { unit: 'ms', anchorName: 'alone' };
    return {
      shape: { visitors: VISITORS, 'long searches': LONG_SEARCHES, 'characters of each': 9_880, refused },
      ratios: [
        compare(`currentUser, beside ${VISITORS} visitors who sign in`, signIns, options),
        compare(`a short search, beside ${LONG_SEARCHES} long ones of another tenant`, searches, options),
      ],
      notes: [
        'The model is the local one; each text is new, so that nothing is remembered. Medians of seven calls.',
      ],
    };
  } finally {
    await api.close();
    await models.close();
  }
}

export const neighbours: Bench = {
  about:
    'What a tenant feels of strangers who sign in without end, and of another tenant with long searches.',
  run,
};
