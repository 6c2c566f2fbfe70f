import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from 'postgraphile/graphql';
import { ApiError } from '../errors.ts';

/**
 * Adds something up over the selections of a document. A fragment counts at every place that uses it, and is looked at once:
 * fragments within fragments multiply what a document selects, and must not multiply the work of finding out how much that is.
 * @param empty  the sum of no selection
 * @param add  joins two sums
 * @param measure  what one field adds; `on` is the innermost type condition around it
 */
export function selectionSummer<Sum>(
  document: DocumentNode,
  empty: Sum,
  add: (a: Sum, b: Sum) => Sum,
  measure: (field: FieldNode, parent: string, sumOf: (set: SelectionSetNode, parent: string) => Sum) => Sum,
): (set: SelectionSetNode, parent: string) => Sum {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const sums = new Map<string, Sum | 'open'>();

  function sumOfFragment(name: string): Sum {
    const known = sums.get(name);
    if (known === 'open') throw new ApiError('CQ400', 'A fragment contains itself.');
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    if (!fragment) return empty; // validation says so
    sums.set(name, 'open');
    const sum = sumOf(fragment.selectionSet, fragment.typeCondition.name.value);
    sums.set(name, sum);
    return sum;
  }

  function sumOf(set: SelectionSetNode, parent: string): Sum {
    let sum = empty;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) sum = add(sum, measure(selection, parent, sumOf));
      else if (selection.kind === Kind.FRAGMENT_SPREAD) sum = add(sum, sumOfFragment(selection.name.value));
      else sum = add(sum, sumOf(selection.selectionSet, selection.typeCondition?.name.value ?? parent));
    }
    return sum;
  }

  return sumOf;
}
