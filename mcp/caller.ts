import { ColloquyError } from '../lib/errors.ts';

/** What a tool needs of who calls it; the words are the scopes of API keys (docs/tenancy.md). */
export type Need = 'search' | 'read' | 'write';

/** Who sends a message, as far as it decides what is offered. What is allowed is decided by the database, again and always. */
export interface Caller {
  workspaceId: string;
  /** What an API key is held to; null for a session. */
  scopes: readonly string[] | null;
  /** The role in the workspace: a viewer writes nothing. */
  role: string;
}

const WRITERS = new Set(['owner', 'admin', 'member']);

const has = ({ scopes }: Caller, scope: string): boolean => scopes === null || scopes.includes(scope);

/** Whether somebody may do what needs something. */
export function may(caller: Caller, need: Need): boolean {
  if (need === 'search') return has(caller, 'read') || has(caller, 'search');
  if (!has(caller, 'read')) return false;
  return need === 'read' || (has(caller, 'write') && WRITERS.has(caller.role));
}

/** Why somebody may not. */
export function refusal(caller: Caller, need: Need): ColloquyError {
  if (!has(caller, need) || !may({ ...caller, role: 'owner' }, need)) {
    const hint = `Use a key with the scope "${need}".`;
    return new ColloquyError('CQ110', 'This API key may not do this.', { hint });
  }
  const hint = 'Ask an owner of the workspace for the role "member".';
  return new ColloquyError('CQ109', 'You may only read in this workspace.', { hint });
}
