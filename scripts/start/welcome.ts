import { graphiqlLink } from '../../api/graphiql.ts';

/** The question of the third example: none of its words occurs in the passage that answers it. */
export const EXAMPLE_QUESTION = 'wipe all my stuff';

interface Welcome {
  url: string;
  hasGraphiql: boolean;
  /** The account of the first start, signed in. */
  account?: { email: string; password: string; token: string } | undefined;
  /** Where its password and its token are kept, for its owner's eyes only. */
  accountFile: string;
  tokenFile: string;
  /** Whether the account was made by this start: its password is shown once. */
  isNew: boolean;
  /** Whether a person reads this. What goes into a file or a log names the files, and shows no secret. */
  isTerminal: boolean;
  /** How to look at the database; holds no password. */
  psql: string;
}

/** A word of a shell, as it is. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

function call(url: string, tokenFile: string, query: string): string {
  const authorization = ` -H "authorization: Bearer $(cat ${quoted(tokenFile)})"`;
  return `  curl -s ${url}/graphql -H 'content-type: application/json'${authorization} \\\n    -d '${JSON.stringify({ query })}'`;
}

/** What a newcomer needs, to be pasted into a terminal as it is. */
export function welcome(given: Welcome): string {
  const { url, hasGraphiql, account, accountFile, tokenFile, isNew, isTerminal, psql } = given;
  const lines = ['', 'Colloquy is running.', '', `GraphQL      ${url}/graphql`];
  if (hasGraphiql) {
    const token = isTerminal ? account?.token : undefined;
    lines.push(`GraphiQL     ${graphiqlLink(url, token)}${token ? '   (this link signs you in)' : ''}`);
  }
  if (account) {
    lines.push(
      `Sign in      ${account.email}   password ${isNew && isTerminal ? `${account.password}   (kept in ${accountFile})` : `in ${accountFile}`}`,
      `Token        in ${tokenFile}`,
      '',
      'Three calls to paste into another terminal:',
      '',
      '1. Who am I?',
      call(
        url,
        tokenFile,
        '{ currentUser { email displayName } indexingProgress { chunks embeddedChunks vectorsSecondsLeft isComplete } }',
      ),
      '',
      '2. Start a conversation:',
      call(
        url,
        tokenFile,
        'mutation { startConversation(input: { title: "Hello" }) { conversation { id title createdAt } } }',
      ),
      '',
      '3. Search by meaning; no word of the question but small ones is in the answer:',
      call(
        url,
        tokenFile,
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
