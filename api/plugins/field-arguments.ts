import type { Step } from 'postgraphile/grafast';

/** The arguments of a field, typed as the SDL declares them: what a plan reads of Grafast's FieldArgs. */
export interface FieldArguments<T> {
  getRaw<Name extends keyof T & string>(name: Name): Step<T[Name]>;
}
