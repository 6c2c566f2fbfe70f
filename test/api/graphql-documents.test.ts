import { buildSchema } from 'postgraphile/graphql';
import { expect, it } from 'vitest';
import { documentChecker } from '../../api/graphql-documents.ts';

const schema = buildSchema('type Query { a: Int }');

it('remembers the answers to 500 documents, and lets the one go that was unused for longest', () => {
  const check = documentChecker(schema, { introspection: false });
  const document = (n: number) => `query q${n} { a }`;
  const answers = Array.from({ length: 500 }, (_, n) => check(document(n)));
  expect(check(document(0))).toBe(answers[0]);
  check('{ a }');
  expect(check(document(0))).toBe(answers[0]);
  expect(check(document(2))).toBe(answers[2]);
  const again = check(document(1));
  expect(again).not.toBe(answers[1]);
  expect(again.document).toEqual(answers[1]!.document);
});

it('remembers what is wrong with a document, too', () => {
  const check = documentChecker(schema, { introspection: false });
  const { errors } = check('{ b }');
  expect(errors).toMatchObject([{ extensions: { code: 'CQ400' } }]);
  expect(check('{ b }').errors).toBe(errors);
});

it('remembers a document with text in it for its own workspace, and of visitors not at all', () => {
  const withText = buildSchema('type Query { a(text: String): Int }');
  const check = documentChecker(withText, { introspection: false });
  const document = '{ a(text: "what was asked") }';
  const mine = check(document, 'mine');
  expect(check(document, 'mine')).toBe(mine);
  expect(check(document, 'yours')).not.toBe(mine);
  expect(check(document)).not.toBe(check(document));
  expect(check('query ($t: String) { a(text: $t) }', 'mine')).toBe(
    check('query ($t: String) { a(text: $t) }'),
  );
});
