// A span around every request, and how long it took, under the names that OpenTelemetry has for MCP: middleware
// for `use`. The sub-path `isogloss/opentelemetry`; nothing else of this package knows OpenTelemetry.
// https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/
//
// Arguments and results are not recorded: they are the user's.

import {
  context as active,
  createTraceState,
  metrics,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context as Traced,
  type Histogram,
  type Meter,
  type Span,
  type Tracer,
} from '@opentelemetry/api';

import type { Context } from '../context.js';
import type { TraceContext } from '../context/trace.js';
import { ErrorCode, McpError } from '../error.js';
import { callTool, getPrompt } from '../protocol/methods.js';
import { isObject } from '../wire/json.js';
import { DecodeError } from '../wire/error.js';
import type { AnyResult, Middleware } from './middleware.js';

/** What records, if it is not what the program has registered with OpenTelemetry. */
export interface OpenTelemetryOptions {
  readonly tracer?: Tracer;
  readonly meter?: Meter;
}

const NAME = 'isogloss';

/** How long requests take, in seconds: the boundaries that the conventions have. */
const BOUNDARIES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/**
 * Records every request. Added first it sees what all other middleware does, too. The span of a client that
 * traces, as `_meta` tells it, is the parent.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Middleware {
  const { tracer = trace.getTracer(NAME), meter = metrics.getMeter(NAME) } = options;
  const duration = meter.createHistogram('mcp.server.operation.duration', {
    unit: 's',
    description: 'How long a request took, from its arrival to its answer.',
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  return (context, next) => {
    const parent = parentOf(context.trace);
    const recording = new Recording(context, tracer, duration, parent);
    return active.with(trace.setSpan(parent, recording.span), () =>
      next().then(
        (result) => recording.answered(result),
        (error: unknown) => recording.failed(error),
      ),
    );
  };
}

/** The client's span, if it names one, within whatever this process is doing. */
function parentOf({ traceparent, tracestate, baggage }: TraceContext): Traced {
  let parent = active.active();
  if (traceparent !== undefined) {
    const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
    parent = trace.setSpanContext(parent, {
      traceId,
      spanId,
      traceFlags: parseInt(flags, 16) & 1,
      isRemote: true,
      ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
    });
  }
  // How baggage is read is the propagator's, if the program has registered one.
  return baggage === undefined ? parent : propagation.extract(parent, { baggage });
}

/** The span of one request. */
class Recording {
  readonly span: Span;
  readonly #isCall: boolean;
  readonly #duration: Histogram;
  /** What its measurement is told apart by: nothing that a client can invent. */
  readonly #kept: Attributes;
  readonly #began = performance.now();
  #isOver = false;

  constructor(context: Context, tracer: Tracer, duration: Histogram, parent: Traced) {
    const { name, kept, told } = described(context);
    this.#isCall = context.method === callTool.name;
    this.#duration = duration;
    this.#kept = kept;
    const attributes = { ...kept, ...told };
    this.span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    const { signal } = context;
    signal.addEventListener('abort', () => this.#fail('cancelled'), { once: true });
  }

  answered(result: AnyResult): AnyResult {
    if (this.#isCall && result.isError === true) this.#fail('tool_error');
    else this.#end();
    return result;
  }

  failed(error: unknown): never {
    const { code, message } = told(error);
    if (!this.#isOver) this.span.setAttribute('rpc.response.status_code', String(code));
    this.#fail(String(code), message);
    throw error;
  }

  #fail(kind: string, message?: string): void {
    if (this.#isOver) return;
    this.#kept['error.type'] = kind;
    this.span.setAttribute('error.type', kind);
    const code = SpanStatusCode.ERROR;
    this.span.setStatus(message === undefined ? { code } : { code, message });
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.span.end();
    this.#duration.record((performance.now() - this.#began) / 1000, this.#kept);
  }
}

/** The name of a span, what a measurement keeps of it, and what else the span says. */
function described(context: Context): { name: string; kept: Attributes; told: Attributes } {
  const { method, revision, params, requestId, sessionId, trace } = context;
  const { name: target, uri } = isObject(params) ? params : {};
  const isHttp = context.asking.call.outlet.isOfRequest === true;
  const told: Attributes = { 'jsonrpc.request.id': String(requestId), ...trace };
  const kept: Attributes = {
    'mcp.method.name': method,
    'mcp.protocol.version': revision,
    'network.transport': isHttp ? 'tcp' : 'pipe',
  };
  if (isHttp) kept['network.protocol.name'] = 'http';
  if (sessionId !== undefined) told['mcp.session.id'] = sessionId;
  if (typeof uri === 'string') told['mcp.resource.uri'] = uri;
  if (method === callTool.name) kept['gen_ai.operation.name'] = 'execute_tool';
  const kind = method === callTool.name ? 'tool' : method === getPrompt.name ? 'prompt' : undefined;
  if (kind === undefined || typeof target !== 'string') return { name: method, kept, told };
  // Names that a client invents would make a new series each.
  const isKnown = context.home.offers(kind, target);
  (isKnown ? kept : told)[`gen_ai.${kind}.name`] = target;
  return { name: isKnown ? `${method} ${target}` : method, kept, told };
}

/** The code and the words that the client is told. */
function told(error: unknown): { code: number; message: string } {
  if (error instanceof DecodeError) {
    return { code: ErrorCode.InvalidParams, message: error.message };
  }
  if (error instanceof McpError && error.kind === 'protocol') {
    return { code: error.code ?? ErrorCode.InternalError, message: error.message };
  }
  return { code: ErrorCode.InternalError, message: 'internal error' };
}
