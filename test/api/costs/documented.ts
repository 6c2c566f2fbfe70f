import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, type OperationDefinitionNode, parse, print } from 'postgraphile/graphql';
import { firstQuery } from '../../../api/graphiql.ts';
import { projectFolder } from '../../../lib/migrations.ts';
import { welcome } from '../../../scripts/start/welcome.ts';

/** A complete operation that the documentation shows, or that the program prints. */
export interface DocumentedOperation {
  /** Its root fields, as it is called in a table. */
  name: string;
  where: string;
  text: string;
}

function* operationsOf(where: string, source: string): Generator<DocumentedOperation> {
  for (const definition of parse(source).definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const operation: OperationDefinitionNode = definition;
    // no request: test/docs/live.test.ts runs them
    if (operation.operation === 'subscription') continue;
    const fields = operation.selectionSet.selections.map((selection) =>
      selection.kind === Kind.FIELD ? selection.name.value : '…',
    );
    yield {
      name: fields.join(' '),
      where,
      text: print(operation),
    };
  }
}

/** Code blocks of GraphQL, bodies of curl calls, and queries within a line: `{ field { … } }`. */
function* sourcesOf(text: string): Generator<string> {
  for (const [, block] of text.matchAll(/```graphql\n(.*?)```/gs)) yield block!;
  yield* bodiesOf(text);
  for (const [, span] of text.replace(/```.*?```/gs, '').matchAll(/`(\{ \w+ .*? \})`/g)) yield span!;
}

function* bodiesOf(text: string): Generator<string> {
  for (const [, body] of text.matchAll(/-d '(\{"query".*?\})'/g)) yield JSON.parse(body!).query as string;
}

/** Every operation of the README, of the pages in docs/, of what `npm start` prints, and of GraphiQL's first page. */
export function documentedOperations(): DocumentedOperation[] {
  const pages = ['README.md', ...readdirSync(join(projectFolder, 'docs')).map((name) => `docs/${name}`)];
  const found: DocumentedOperation[] = [];
  // the tutorial's have what its shell fills in: test/docs/tutorial.test.ts runs them
  for (const page of pages.filter((name) => name.endsWith('.md') && name !== 'docs/tutorial.md')) {
    for (const source of sourcesOf(readFileSync(join(projectFolder, page), 'utf8'))) {
      found.push(...operationsOf(page, source));
    }
  }
  const printed = welcome({
    url: 'http://localhost',
    hasGraphiql: true,
    account: { email: 'you@example.org', password: '…', token: '…' },
    accountFile: '',
    tokenFile: '',
    isNew: true,
    isTerminal: true,
    psql: '',
  });
  for (const source of bodiesOf(printed)) found.push(...operationsOf('npm start', source));
  found.push(...operationsOf('GraphiQL', firstQuery));
  return found;
}
