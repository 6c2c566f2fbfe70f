import './graphile-env.ts';
import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection';
import type { Pool } from 'pg';

import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { PostGraphileConnectionFilterPreset } from 'postgraphile-plugin-connection-filter';
import type { FileStorage } from '../lib/storage.ts';
import type { IdentityProvider } from './access-token.ts';
import { requestSettings } from './authentication.ts';
import { maskError } from './errors.ts';
import { firstQuery, signInScript } from './graphiql.ts';
import { identityVerifier } from './identity-provider.ts';
import { type Limiter, openLimiter } from './limits/limiter.ts';
import { MAX_BODY_BYTES } from './limits/values.ts';
import { LivePlugin } from './live/plugin.ts';
import { relyingPartyOf } from './passkeys.ts';
import { pgService, type RequestPools } from './pg-service.ts';
import { AttachedFilesPlugin } from './plugins/attached-files.ts';
import { BehaviorMatchesPlugin } from './plugins/behavior-matches.ts';
import { ClosedListsPlugin } from './plugins/catalogue/closed-lists-plugin.ts';
import { DescriptionsPlugin } from './plugins/catalogue/descriptions.ts';
import { InputsPlugin, JsonInputsPlugin } from './plugins/catalogue/inputs.ts';
import { CommentsPlugin } from './plugins/catalogue/plugin.ts';
import { ChunkingMethodPlugin } from './plugins/chunking-method.ts';
import { ConversationsPlugin } from './plugins/conversations.ts';
import { NamesPlugin } from './plugins/inflection.ts';
import { MessagesPlugin } from './plugins/messages.ts';
import { AskedPasswordPlugin, NothingUpdatedPlugin, SignInPlugin } from './plugins/outcomes.ts';
import { packedMessagesPlugins } from './plugins/packed-messages.ts';
import { PagesPlugin } from './plugins/pages.ts';
import { passkeysPlugin } from './plugins/passkeys.ts';
import { currentRequest, requestsPlugin } from './plugins/requests.ts';
import { rerankingPlugins } from './plugins/reranking.ts';
import { searchPlugin } from './plugins/search/plugin.ts';
import { SmartTagsPlugin } from './plugins/smart-tags.ts';
import { StaleVectorsPlugin } from './plugins/stale-vectors.ts';
import { VectorCodecPlugin } from './plugins/vector-codec.ts';
import { type ActiveVersion, type EmbedQuery, type QueryTurns, queryEmbedder } from './query-embeddings.ts';
import type { Reranker } from './reranking.ts';
import type { SearchRecorder } from './search-recorder.ts';
import type { StandbyReads } from './standby-reads.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

export interface PresetOptions {
  /** Connections as colloquy_authenticator. One is enough: no request ever holds two. */
  pool: Pool;
  /** The same for visitors, and for what hashes passwords. Default: the same connections for all. */
  pools?: RequestPools | undefined;
  /** A standby for what only reads. Absent: none. */
  standby?: StandbyReads | undefined;
  /** Where cold conversations may be. Absent: those cannot be read. */
  storage?: FileStorage | undefined;
  /** Counts what is asked. Absent: nobody does. */
  limiter?: Limiter | undefined;
  /** Embeds the queries of searches. Absent: searches by words alone. */
  embedQuery?: EmbedQuery | undefined;
  /** Whose tokens are believed besides our own. Absent: nobody's. */
  identityProvider?: IdentityProvider | undefined;
  /** Where people reach the application: whose passkeys are taken. Absent: none are. */
  publicUrl?: string | undefined;
  /** How much of it one workspace may have. */
  queryTurns?: QueryTurns | undefined;
  /** Tells which version a query is embedded for. Absent: a switch is noticed only when dimensions differ. */
  activeVersion?: ActiveVersion | undefined;
  /** Reranks the results of searches that ask for it. Absent: nobody does. */
  reranker?: Reranker | undefined;
  /** Counts what searches answer. Absent: nobody does. */
  searchRecorder?: SearchRecorder | undefined;
  /** Milliseconds that a request may take. */
  timeout?: number | undefined;
  /** The only documents that are executed. Absent: all that are valid. */
  trustedDocuments?: TrustedDocuments | undefined;
  /** GraphiQL at "/". Default: false. */
  graphiql?: boolean | undefined;
  /** Whether clients may ask for the schema. Default: as graphiql. */
  introspection?: boolean | undefined;
}

type RuruClientConfig = NonNullable<NonNullable<GraphileConfig.Preset['ruru']>['clientConfig']>;

/** Everything about the API: the schema, who is calling, limits, errors. */
export function makePreset(options: PresetOptions): GraphileConfig.Preset {
  const {
    pool,
    pools = { requests: pool, visitors: pool, credentials: pool, subscriptions: pool },
    limiter = openLimiter({ store: 'off' }),
    embedQuery,
    queryTurns,
    activeVersion,
    reranker,
    searchRecorder,
    identityProvider,
    graphiql = false,
    introspection = graphiql,
  } = options;
  const verifyIdentity = identityProvider && identityVerifier(identityProvider);
  return {
    extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset, PostGraphileConnectionFilterPreset],
    plugins: [
      requestsPlugin({
        pool,
        limiter,
        wantsPosition: options.standby !== undefined,
        introspection,
        timeout: options.timeout,
        trustedDocuments: options.trustedDocuments,
        verifyIdentity,
      }),
      BehaviorMatchesPlugin,
      NamesPlugin,
      ClosedListsPlugin,
      SmartTagsPlugin,
      CommentsPlugin,
      InputsPlugin,
      JsonInputsPlugin,
      DescriptionsPlugin,
      VectorCodecPlugin,
      // their plans for lists are wrapped by the one that gives lists their pages
      ConversationsPlugin,
      MessagesPlugin,
      ...packedMessagesPlugins,
      AttachedFilesPlugin,
      ChunkingMethodPlugin,
      PagesPlugin,
      AskedPasswordPlugin,
      SignInPlugin,
      passkeysPlugin(relyingPartyOf(options.publicUrl)),
      NothingUpdatedPlugin,
      searchPlugin({
        embed: queryEmbedder(embedQuery, activeVersion, queryTurns),
        recorder: searchRecorder,
        reranker,
      }),
      ...rerankingPlugins,
      StaleVectorsPlugin,
      LivePlugin,
    ],
    // A query within a query has no end; the argument "condition" says what "filter" says.
    disablePlugins: [
      'QueryQueryPlugin',
      'RegisterQueryNodePlugin',
      'PgConditionArgumentPlugin',
      'PgConditionCustomFieldsPlugin',
      // Filters through relations hide joins of any depth in an argument.
      'PgConnectionArgFilterBackwardRelationsPlugin',
      'PgConnectionArgFilterForwardRelationsPlugin',
    ],
    pgServices: [
      pgService({
        pools,
        standby: options.standby,
        storage: options.storage,
        schemas: ['app_public'],
        pubsub: false,
        // What the schema offers follows from the grants of the roles that the authenticator may become.
        pgSettingsForIntrospection: { role: 'colloquy_authenticator' },
      }),
    ],
    gather: {
      // an argument without a default is needed
      pgStrictFunctions: true,
    },
    schema: {
      pgForbidSetofFunctionsToReturnNull: true,
    },
    grafast: {
      // Whoever comes past authentication is a visitor.
      context: (request) => ({
        pgSettings: request.settings ?? requestSettings({}),
        ...(request.live ? { live: request.live } : {}),
      }),
      explain: false,
    },
    grafserv: {
      graphqlPath: '/graphql',
      graphqlOverGET: true,
      graphiql,
      graphiqlPath: '/',
      graphiqlOnGraphQLGET: false,
      watch: false,
      websockets: false,
      maxRequestLength: MAX_BODY_BYTES,
      maskError: (error) => maskError(error, currentRequest()),
    },
    ruru: {
      // Its types ask for every property; all of them are optional.
      clientConfig: { defaultQuery: firstQuery, debugTools: [] } as unknown as RuruClientConfig,
      htmlParts: {
        // without an icon the browser asks for one, and logs that there is none
        metaTags: (tags) => `${tags}\n<link rel="icon" href="data:," />`,
        configScript: (script) => `${script}\n${signInScript}`,
      },
    },
  };
}
