import { expect } from 'vitest';
import { asVisitor } from '../../support/users.ts';
import { type Attacks, administratorsOnly, call, database, fails, NOWHERE, tenants } from './scene.ts';

/** Attacks on the functions of embedding versions. */
export const versions: Attacks = {
  'app_hidden.require_query_version': async () => {
    const { rows } = await call(tenants.ann, 'select app_hidden.require_query_version(null) as fine');
    expect(rows).toEqual([{ fine: true }]);
    // it tells nothing but whether a version is active, which every signed-in user may see
    expect(
      await fails(call(tenants.ann, 'select app_hidden.require_query_version($1)', NOWHERE)),
    ).toMatchObject({ code: 'CQ301' });
    expect(
      await fails(
        asVisitor(database, (client) => client.query('select app_hidden.require_query_version(null)')),
      ),
    ).toMatchObject({ code: '42501' });
  },
  ...Object.fromEntries(
    [
      `activate_embedding_version('${NOWHERE}')`,
      `archive_embedding_version('${NOWHERE}')`,
      `compare_embedding_versions('${NOWHERE}', '${NOWHERE}')`,
      `create_embedding_version('mine', 'test', 'mine', 8)`,
      'estimate_embedding_version(dimensions => 8)',
      `embedding_version_progress('${NOWHERE}')`,
      `embedding_version_evaluation('${NOWHERE}')`,
      'search_quality()',
      `set_vector_weight('${NOWHERE}', 0.5)`,
    ].map((sql) => [`app_public.${sql.split('(')[0]}`, () => administratorsOnly(`select app_public.${sql}`)]),
  ),
};
