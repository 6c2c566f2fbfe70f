import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import pg from 'pg';

/**
 * Traces for OpenTelemetry. Its packages are loaded when they are asked for (OTEL_EXPORTER_OTLP_ENDPOINT), and cost nothing else:
 * without them, each function here does the work that it is given and no more. Spans have names of ours and figures, never a
 * value of a statement, a token, a header or a text of a tenant.
 */

type Api = typeof import('@opentelemetry/api');

interface Tracing {
  api: Api;
  tracer: Tracer;
}

let tracing: Tracing | undefined;

/** Whether there are traces. */
export const isTracing = (): boolean => tracing !== undefined;

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Which trace the current work belongs to, as W3C writes it; undefined: none. */
function traceparent(): string | undefined {
  if (!tracing) return undefined;
  const { api } = tracing;
  const carrier: Record<string, string> = {};
  api.propagation.inject(api.context.active(), carrier);
  return carrier.traceparent;
}

/** The same as a setting of a transaction, which jobs that it puts down inherit. */
export function traceSettings(): Record<string, string> {
  const parent = traceparent();
  return parent === undefined ? {} : { 'colloquy.traceparent': parent };
}

function fail(span: Span, error: unknown): void {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  // a message may quote what a tenant wrote
  span.setAttribute('error.type', String(code ?? name ?? 'Error'));
  span.setStatus({ code: tracing!.api.SpanStatusCode.ERROR });
}

export interface Work {
  name: string;
  kind?: 'SERVER' | 'CONSUMER' | 'INTERNAL';
  attributes?: Attributes;
  /** The trace that this continues. Default: that of the current work. */
  parent?: unknown;
}

function contextOf({ api }: Tracing, parent: unknown): Context {
  const isFit = typeof parent === 'string' && TRACEPARENT.test(parent);
  return isFit ? api.propagation.extract(api.ROOT_CONTEXT, { traceparent: parent }) : api.context.active();
}

/** Does something in a span of its own, which ends with it. */
export async function traced<T>(
  { name, kind = 'INTERNAL', attributes, parent }: Work,
  work: (set: (more: Attributes) => void) => PromiseLike<T> | T,
): Promise<T> {
  if (!tracing) return work(() => {});
  const { api, tracer } = tracing;
  const options = { kind: api.SpanKind[kind], ...(attributes ? { attributes } : {}) };
  return tracer.startActiveSpan(name, options, contextOf(tracing, parent), async (span) => {
    try {
      return await work((more) => span.setAttributes(more));
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

const VERB = /^\s*(?:\/\*.*?\*\/\s*)?([a-z]+)/i;
const TARGET = /\b(?:from|into|update|select|join)\s+"?(app_\w+|pgboss)"?\."?(\w+)"?/i;

/** What a statement does and with what, without a value in it: `select app_public.search`. */
export function summaryOf(text: string): string {
  const verb = VERB.exec(text)?.[1]?.toLowerCase() ?? 'statement';
  const [, schema, name] = TARGET.exec(text) ?? [];
  return schema ? `${verb} ${schema}.${name}` : verb;
}

/** The text of what is sent; of several statements that are sent together, of the last: those before it say for whom. */
function textOf(sent: unknown): unknown {
  if (typeof sent === 'string') return sent;
  const { text, statements } = (sent ?? {}) as { text?: unknown; statements?: readonly { text: string }[] };
  return statements ? statements.at(-1)?.text : text;
}

type Query = (...args: unknown[]) => unknown;
type Callback = (error: unknown, result: unknown) => void;

/** Gives each statement of a traced work a span. */
function traceStatements({ api, tracer }: Tracing): void {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const original = prototype.query;
  prototype.query = function (this: unknown, ...args: unknown[]): unknown {
    const text = textOf(args[0]);
    if (typeof text !== 'string' || !api.trace.getActiveSpan()) return original.apply(this, args);
    const summary = summaryOf(text);
    const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': summary };
    const span = tracer.startSpan(summary, { kind: api.SpanKind.CLIENT, attributes });
    const end = (error?: unknown): void => {
      if (error) fail(span, error);
      span.end();
    };
    const last = args.at(-1);
    if (typeof last === 'function') {
      args[args.length - 1] = ((error, result) => {
        end(error);
        (last as Callback)(error, result);
      }) satisfies Callback;
    }
    const result = original.apply(this, args);
    if (typeof last !== 'function') {
      const promise = result as Partial<Promise<unknown>> | undefined;
      if (typeof promise?.then === 'function') promise.then(() => end(), end);
      else span.end();
    }
    return result;
  };
}

/**
 * Begins to trace. Where to, with which headers, and what else the resource is called, the exporter reads from the standard variables
 * (OTEL_EXPORTER_OTLP_…, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES).
 * @param share  of the traces that begin here, from 0 to 1
 * @returns what sends the rest and ends it
 */
export async function openTracing(
  service: string,
  version: string,
  share: number,
): Promise<() => Promise<void>> {
  const [api, sdk, resources, hooks, core, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
  ]);
  const own = resources.resourceFromAttributes({ 'service.name': service, 'service.version': version });
  const ratio = new sdk.TraceIdRatioBasedSampler(share);
  const provider = new sdk.TracerProvider({
    resource: own.merge(resources.detectResources({ detectors: [resources.envDetector] })),
    // who calls decides for nobody: the same share of their traces, by their ids, is taken
    sampler: new sdk.ParentBasedSampler({ root: ratio, remoteParentSampled: ratio }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  api.context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  tracing = { api, tracer: provider.getTracer('colloquy', version) };
  traceStatements(tracing);
  return () => provider.shutdown();
}
