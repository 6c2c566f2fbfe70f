import { type ConnectionStep, ConstantStep, constant, lambda, type Step } from 'postgraphile/grafast';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../limits/values.ts';

/** No list without an end. operation-limits.ts refuses larger pages; this bounds whatever comes past it. */
export function bounded(size: number): number {
  return Math.min(Math.max(Math.trunc(size), 0), MAX_PAGE_SIZE);
}

function firstOf([first, last]: readonly [number | null | undefined, number | null | undefined]):
  | number
  | null {
  if (first != null) return bounded(first);
  return last == null ? DEFAULT_PAGE_SIZE : null;
}

function lastOf(last: number | null | undefined): number | null {
  return last == null ? null : bounded(last);
}

const isNothing = ($step: Step): boolean => $step instanceof ConstantStep && $step.data == null;

/**
 * Gives every connection a page size when the client names none, and takes `offset` away: pages are found by cursor,
 * at the same cost however far back.
 */
export const PagesPlugin: GraphileConfig.Plugin = {
  name: 'PagesPlugin',
  version: '1.0.0',
  after: ['PgFirstLastBeforeAfterArgsPlugin'],
  schema: {
    hooks: {
      GraphQLObjectType_fields_field_args(args, _build, context) {
        if (!context.scope.isPgFieldConnection || !args.first) return args;
        const { offset: _, first, last, ...others } = args;
        const describe = (end: string) =>
          `At most this many, from the ${end}; ${MAX_PAGE_SIZE} is the limit.`;
        return {
          ...others,
          // Without applyPlan: the field's own plan, below, applies both at once.
          first: { type: first.type, description: `${describe('beginning')} Default: ${DEFAULT_PAGE_SIZE}.` },
          ...(last ? { last: { type: last.type, description: describe('end') } } : {}),
        };
      },
      GraphQLObjectType_fields_field(field, _build, context) {
        const { plan } = field;
        if (!context.scope.isPgFieldConnection || !plan) return field;
        return {
          ...field,
          plan($parent, fieldArgs, info) {
            const $connection = plan($parent, fieldArgs, info) as ConnectionStep<Step>;
            const $first = fieldArgs.getRaw('first');
            // a function's rows have no order of their own to be read backwards, so no such argument
            const $last = fieldArgs.getRaw('last') ?? constant(null);
            if (isNothing($last)) {
              $connection.setFirst(
                isNothing($first)
                  ? constant(DEFAULT_PAGE_SIZE)
                  : lambda([$first, $last] as const, firstOf, true),
              );
            } else {
              $connection.setFirst(lambda([$first, $last] as const, firstOf, true));
              $connection.setLast(lambda($last, lastOf, true));
            }
            return $connection;
          },
        };
      },
    },
  },
};
