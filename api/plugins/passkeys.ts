import type { PgExecutorContext } from 'postgraphile/@dataplan/pg';
import { type FieldArgs, lambda, type Step, sideEffect } from 'postgraphile/grafast';
import { wrapPlans } from 'postgraphile/utils';
import { ApiError } from '../errors.ts';
import {
  credentialIdOf,
  type RelyingParty,
  type Signed,
  verifyNewPasskey,
  verifyPasskey,
} from '../passkeys.ts';

/** What people read where the browser asks them. */
const NAME = 'Colloquy';

/** The login of the API: no role of requests may say what an authenticator has signed. */
const AS_API = { role: 'colloquy_authenticator' };

function required(party: RelyingParty | undefined): RelyingParty {
  if (party) return party;
  throw new ApiError(
    'CQ149',
    'This installation has no passkeys: it does not know its own address.',
    'Sign in with a password. Its operator sets PUBLIC_URL.',
  );
}

type Ask = <Row>(text: string, values?: unknown[]) => Promise<Row | undefined>;

/** A connection with the claims of the request, as its role or another. */
function asking({ withPgClient, pgSettings }: PgExecutorContext, role: { role?: string } = {}): Ask {
  const settings = { ...(pgSettings as Record<string, string>), ...role };
  return (text, values = []) =>
    withPgClient(settings, async (client) => {
      const { rows } = await client.query<Record<string, unknown>>({ text, values });
      return rows[0] as never;
    });
}

const publicKeyOf = async (ask: Ask, id: Uint8Array): Promise<Uint8Array | null> =>
  (await ask<{ key: Uint8Array | null }>('select app_hidden.passkey_public_key($1::bytea) as key', [id]))
    ?.key ?? null;

const record = (ask: Ask, { challenge, credentialId, counter, made }: Signed): Promise<unknown> =>
  ask(
    `select app_hidden.record_passkey(challenge => $1::text, credential_id => $2::bytea, counter => $3::bigint,
       public_key => $4::bytea, transports => $5::text[])`,
    [challenge, credentialId, counter, made?.publicKey ?? null, made?.transports ?? null],
  );

type Verify = (party: RelyingParty, answer: unknown, ask: Ask) => Promise<Signed>;

const newOne: Verify = (party, answer) => verifyNewPasskey(party, answer);
const knownOne: Verify = async (party, answer, ask) =>
  verifyPasskey(party, answer, await publicKeyOf(ask, credentialIdOf(answer)));

/**
 * Passkeys: before a function is called with the answer of an authenticator, the answer is verified, and that is noted with its challenge. The
 * function finds it there, and decides; without it the answer is a client's word.
 */
export function passkeysPlugin(party: RelyingParty | undefined): GraphileConfig.Plugin {
  return wrapPlans(
    (build) => {
      const executor = build.input.pgRegistry.pgExecutors.main;
      if (!executor) throw new Error('PasskeysPlugin needs a database');

      /** Who may not is told so first, and has nothing verified. */
      const requireSession = (context: PgExecutorContext) =>
        asking(context)('select app_hidden.require_session()');

      const verified =
        (verify: Verify, isInSession: boolean) =>
        (plan: () => Step, _$root: Step, args: FieldArgs): Step => {
          sideEffect([executor.context(), args.getRaw(['input', 'passkey'])], async ([context, answer]) => {
            if (answer == null) return;
            if (isInSession) await requireSession(context);
            const ask = asking(context, AS_API);
            await record(ask, await verify(required(party), answer, ask));
          });
          return plan();
        };

      const needed =
        (isInSession: boolean) =>
        (plan: () => Step): Step => {
          sideEffect(executor.context(), async (context) => {
            if (isInSession) await requireSession(context);
            required(party);
          });
          return plan();
        };
      const withParty = (add: (options: object, id: string) => object) => (plan: () => Step) =>
        lambda(plan(), (options) => options && add(options as object, required(party).id), true);

      return {
        Mutation: {
          addPasskey: needed(true),
          challengePasskey: needed(false),
          confirmPasskey: verified(newOne, true),
          signInWithPasskey: verified(knownOne, false),
          confirmSignIn: verified(knownOne, false),
          proveIdentity: verified(knownOne, true),
        },
        AddPasskeyPayload: {
          options: withParty((options, id) => ({ ...options, rp: { id, name: NAME } })),
        },
        ChallengePasskeyPayload: {
          options: withParty((options, rpId) => ({ ...options, rpId })),
        },
      };
    },
    { name: 'PasskeysPlugin', version: '1.0.0' },
  );
}
