// The trace that a request is a part of, as its `_meta` tells it: for handlers that call further on, and for
// whoever records spans. Nothing is recorded here.

import * as LIMITS from '../protocol/limits.js';
import { isObject } from '../wire/json.js';

/**
 * Where a request stands in a distributed trace: what its client put into `_meta`, in the formats of W3C Trace
 * Context and W3C Baggage. What does not follow them is left out. Give it on to what the handler calls.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/index#meta
 */
export interface TraceContext {
  /** Version, trace, the caller's span, flags: `00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01`. */
  readonly traceparent?: string;
  /** What tracing systems add; none without `traceparent`. */
  readonly tracestate?: string;
  /** What the application adds. */
  readonly baggage?: string;
}

/** The trace context in the params of a request. */
export function traceContextIn(params: unknown): TraceContext {
  const meta = isObject(params) ? (params._meta ?? params['~_meta']) : undefined;
  if (!isObject(meta)) return {};
  const text = (name: string) => {
    // A revision that does not know the member has it under another name: see the decoder.
    const found = meta[name] ?? meta[`~${name}`];
    return typeof found === 'string' && isList(found) ? found : undefined;
  };
  const [traceparent, tracestate, baggage] = ['traceparent', 'tracestate', 'baggage'].map(text);
  const isTraced = traceparent !== undefined && isTraceparent(traceparent);
  return {
    ...(isTraced && { traceparent }),
    ...(isTraced && tracestate !== undefined && { tracestate }),
    ...(baggage !== undefined && { baggage }),
  };
}

/** https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
export function isTraceparent(text: string): boolean {
  const found = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(text);
  if (found === null || !isList(text)) return false;
  const [, version, trace, parent, more] = found;
  // A version to come may have more to say; this one has not.
  const ends = version !== '00' || more === undefined;
  return ends && version !== 'ff' && !/^0+$/.test(trace!) && !/^0+$/.test(parent!);
}

/** Text that a header could carry. */
function isList(text: string): boolean {
  return text.length <= LIMITS.maxTraceContext && /^[ -~\t]*$/.test(text);
}
