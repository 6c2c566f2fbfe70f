import type { Routine } from './catalogue.ts';

function describe(one: Routine): string {
  const traits = [
    one.language,
    one.volatility,
    one.parallel,
    ...(one.is_strict ? ['strict'] : []),
    ...(one.is_leakproof ? ['leakproof'] : []),
  ];
  return [
    `### ${one.schema}.${one.name}(${one.arguments})`,
    '',
    one.comment ?? '**No comment.**',
    '',
    `- returns: ${one.returns.startsWith('TABLE') ? one.returns.replace('TABLE', 'table ') : one.returns}`,
    `- ${one.is_definer ? '**runs as its owner** (security definer)' : 'runs as its caller'}; ${traits.join(', ')}`,
    ...(one.settings.length > 0
      ? [`- set: ${one.settings.map((setting) => `\`${setting}\``).join(', ')}`]
      : []),
    `- may execute: ${one.executors.length === 0 ? 'nobody but the owner' : one.executors.join(', ')}`,
  ].join('\n');
}

/** Every function of the application, by schema. */
export function functionsPage(functions: Routine[]): string {
  const schemas = [...new Set(functions.map((one) => one.schema))];
  const parts = schemas.map((schema) => {
    const own = functions.filter((one) => one.schema === schema);
    return `## ${schema}\n\n${own.map(describe).join('\n\n')}`;
  });
  return `# Functions\n\n${parts.join('\n\n')}\n`;
}
