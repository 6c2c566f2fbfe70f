import type { Env } from '../lib/env.ts';
import { errorCode } from '../lib/errors.ts';
import { isLoopback } from './http/hosts.ts';

/** What GraphiQL shows to somebody who opens it for the first time: all of it succeeds for whoever is signed in. */
export const firstQuery = `# Colloquy. Ctrl-Enter runs the operation at the cursor.
#
# The link that "npm start" prints signs you in: the tab "Headers"
# below then holds a token. Without it, ask for one, and put it
# there as { "authorization": "Bearer cqs_…" }:
#   mutation { signIn(input: { email: "…", password: "…" }) {
#     authentication { token } } }

query Me {
  currentUser { email displayName }
}

query Search {
  search(query: "Can my colleagues read what I write?") {
    path
    results {
      score
      title
      snippet
      document { id }
      conversation { id }
    }
  }
}

mutation Remember {
  createDocument(input: {
    title: "Tea"
    content: "Assam is strong and black."
  }) {
    document { id }
  }
}

query Conversations {
  conversations(last: 10) {
    nodes {
      id
      title
      messageCount
      messages(last: 3) { nodes { role content } }
    }
  }
}
`;

/** The address of GraphiQL, signed in: what stands behind the # stays in the browser. */
export function graphiqlLink(url: string, token: string | undefined): string {
  return token === undefined ? `${url}/` : `${url}/#token=${token}`;
}

/**
 * Takes the token of such a link into the tab "Headers", and out of the address bar; it lasts as long as the browser's tab.
 * Only what looks like a token: the page shows it, and sends it nowhere but to the API that it came from.
 */
export const signInScript = `<script>
  {
    const given = /^#token=([\\w-]+)$/.exec(location.hash)?.[1];
    if (given) {
      sessionStorage.setItem('colloquy:token', given);
      history.replaceState(null, '', location.pathname);
    }
    const token = sessionStorage.getItem('colloquy:token');
    if (token) RURU_CONFIG.initialHeaders = JSON.stringify({ authorization: 'Bearer ' + token }, null, 2);
  }
</script>`;

/**
 * Whether GraphiQL is at "/": as the setting says; without it for the person in front of the machine, who runs the embedded
 * database, and for nobody else.
 */
export function showsGraphiql({
  kind,
  host,
  env,
}: {
  kind: 'server' | 'embedded';
  host: string;
  env: Pick<Env, 'GRAPHIQL' | 'NODE_ENV' | 'TRUSTED_DOCUMENTS'>;
}): boolean {
  const isAtHome = kind === 'embedded' && isLoopback(host) && env.NODE_ENV !== 'production';
  return env.GRAPHIQL ?? (isAtHome && env.TRUSTED_DOCUMENTS === undefined);
}

/** Whether the page can be served: the package with it is left out of the image, and of other small installations. */
export function isGraphiqlInstalled(): boolean {
  try {
    import.meta.resolve('ruru/server');
    return true;
  } catch (error) {
    if (errorCode(error) === 'ERR_MODULE_NOT_FOUND') return false;
    throw error;
  }
}
