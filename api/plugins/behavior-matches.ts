type Behavior = NonNullable<GraphileBuild.Build['behavior']>;

/** By the only two things that decide it: what is asked, and the behavior of whom it is asked. */
const answers = new Map<string, Map<string, boolean | undefined>>();

function remembering(behavior: Behavior): Behavior {
  const matches = behavior.entityMatches.bind(behavior) as Behavior['entityMatches'];
  behavior.entityMatches = (entityType, entity, filter) => {
    const { behaviorString } = behavior.getBehaviorForEntity(entityType, entity);
    const question = `${entityType} ${filter}`;
    const known = answers.get(question) ?? new Map<string, boolean | undefined>();
    answers.set(question, known);
    if (!known.has(behaviorString)) known.set(behaviorString, matches(entityType, entity, filter));
    return known.get(behaviorString);
  };
  return behavior;
}

/**
 * Remembers what is let into the schema. The same is asked of thousands of columns and functions, and each time all behaviors
 * that there are were read again.
 */
export const BehaviorMatchesPlugin: GraphileConfig.Plugin = {
  name: 'BehaviorMatchesPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      // it is made when these hooks have run, and frozen at once
      build(build) {
        let behavior: Behavior | undefined;
        return Object.defineProperty(build, 'behavior', {
          enumerable: true,
          configurable: true,
          get: () => behavior,
          set(made: Behavior) {
            behavior = remembering(made);
          },
        });
      },
    },
  },
};
