import { graphiqlLink } from '../../api/graphiql.ts';
import type { FirstAccount } from '../shared/first-account.ts';

/** The question of the third example: none of its words occurs in the passage that answers it. */
export const EXAMPLE_QUESTION = 'coworkers eavesdropping on me';

interface Welcome {
  url: string;
  hasGraphiql: boolean;
  account: FirstAccount | undefined;
  token: string | undefined;
  /** How to look at the database; holds no password. */
  psql: string;
}

function call(url: string, token: string | undefined, query: string): string {
  const authorization = token ? ` -H 'authorization: Bearer ${token}'` : '';
  return `  curl -s ${url}/graphql -H 'content-type: application/json'${authorization} \\\n    -d '${JSON.stringify({ query })}'`;
}

/** What a newcomer needs, to be pasted into a terminal as it is. */
export function welcome({ url, hasGraphiql, account, token, psql }: Welcome): string {
  const lines = ['', 'Colloquy is running.', '', `GraphQL      ${url}/graphql`];
  if (hasGraphiql) {
    lines.push(`GraphiQL     ${graphiqlLink(url, token)}${token ? '   (this link signs you in)' : ''}`);
  }
  if (account && token) {
    lines.push(
      `Sign in      ${account.email}   password ${account.password}   (kept in first-account.json of the data folder)`,
      `Token        ${token}`,
      '',
      'Three calls to paste into another terminal:',
      '',
      '1. Who am I?',
      call(
        url,
        token,
        '{ currentUser { email displayName } indexingProgress { chunks embeddedChunks vectorsSecondsLeft isComplete } }',
      ),
      '',
      '2. Start a conversation:',
      call(
        url,
        token,
        'mutation { startConversation(input: { title: "Hello" }) { conversation { id title createdAt } } }',
      ),
      '',
      '3. Search by meaning; no word of the question but small ones is in the answer:',
      call(
        url,
        token,
        `{ search(query: "${EXAMPLE_QUESTION}", mode: VECTOR, maxResults: 1) { path results { score title heading content } } }`,
      ),
      '',
    );
  } else {
    lines.push(
      '',
      'Sign in with the mutation signIn(input: { email, password }), or register an account with register.',
      '',
    );
  }
  lines.push(
    'Import your own folder, notes or ChatGPT export:   npm run import -- PATH…',
    `Look at the database:                              ${psql}`,
    'Stop:                                              Ctrl-C (the data stays)',
    '',
  );
  return lines.join('\n');
}
