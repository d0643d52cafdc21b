// Spans around requests: their names, what they say, how they end, and whose they are.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { test } from 'node:test';
import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context as Traced,
  type ContextManager,
  type Meter,
} from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';

import { protocolError, server, ToolError } from '../index.js';
import { HttpClient } from '../testing/http-client.js';
import { RawPeer } from '../testing/raw-peer.js';
import { pair } from '../transport.js';
import { openTelemetry } from './opentelemetry.js';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01';
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** What keeps the current span, as a program on Node registers it. */
class Storage implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Traced>();
  active = () => this.#storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager['with'] = (traced, fn, self, ...args) =>
    this.#storage.run(traced, () => fn.call(self as never, ...args));
  bind: ContextManager['bind'] = (_traced, target) => target;
  enable = () => this;
  disable = () => this;
}
context.setGlobalContextManager(new Storage());

/** A server that is recorded, a client of it, and what was recorded since one last looked. */
function recorded() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const measured: Attributes[] = [];
  const record = (seconds: number, attributes: Attributes) => {
    assert.ok(seconds >= 0 && seconds < 60);
    measured.push(attributes);
  };
  const meter = { createHistogram: () => ({ record }) } as unknown as Meter;
  const tracer = provider.getTracer('test');
  const stopped: (() => void)[] = [];
  const traced = server('traced', '1', { diagnostics: () => {} })
    .use(openTelemetry({ tracer, meter }))
    .tool('count', {}, () => 3)
    .tool('fail', {}, () => {
      throw new ToolError('boom');
    })
    .tool('refuse', {}, () => {
      throw protocolError(-32001, 'not now');
    })
    .tool('wait', {}, ({}, { signal }) => {
      signal.addEventListener('abort', () => stopped.shift()!());
      return new Promise<number>(() => {});
    })
    .tool('inside', {}, () => trace.getActiveSpan()?.spanContext().spanId)
    .prompt('greet', {}, () => 'hi')
    .resource('text://broken', {}, () => {
      throw new Error('a secret');
    });
  const [here, there] = pair();
  traced.connect(there);
  const peer = new RawPeer(here);
  const ask = (method: string, params: object, id: unknown = 1, meta: object = {}) =>
    peer.ask(method, { _meta: { ...MODERN, ...meta }, ...params }, id);
  const spans = (): ReadableSpan[] => {
    const all = exporter.getFinishedSpans();
    exporter.reset();
    return all;
  };
  return { traced, peer, ask, spans, measured, stopped };
}

/** Checks that a span says all this; `undefined` is what it must not say. */
function says(span: ReadableSpan | undefined, expected: Attributes): void {
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(span?.attributes[name], value, name);
  }
}

test('a span says what was asked and how it ended', async () => {
  const { ask, spans } = recorded();
  for (const [method, params, name, expected, status] of [
    [
      'tools/call',
      { name: 'count' },
      'tools/call count',
      {
        'mcp.method.name': 'tools/call',
        'mcp.protocol.version': '2026-07-28',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'count',
        'network.transport': 'pipe',
        'network.protocol.name': undefined,
        'error.type': undefined,
      },
      { code: SpanStatusCode.UNSET },
    ],
    [
      'tools/call',
      { name: 'fail' },
      'tools/call fail',
      { 'error.type': 'tool_error', 'rpc.response.status_code': undefined },
      { code: SpanStatusCode.ERROR },
    ],
    [
      'tools/call',
      { name: 'refuse' },
      'tools/call refuse',
      { 'error.type': '-32001', 'rpc.response.status_code': '-32001' },
      { code: SpanStatusCode.ERROR, message: 'not now' },
    ],
    [
      'tools/call',
      { name: 'invented' },
      'tools/call',
      { 'gen_ai.tool.name': 'invented', 'error.type': '-32602' },
      { code: SpanStatusCode.ERROR, message: 'unknown tool: invented' },
    ],
    [
      'tools/call',
      {},
      'tools/call',
      { 'error.type': '-32602' },
      { code: SpanStatusCode.ERROR, message: 'params.name: required member is missing' },
    ],
    [
      'prompts/get',
      { name: 'greet' },
      'prompts/get greet',
      { 'gen_ai.prompt.name': 'greet', 'gen_ai.operation.name': undefined },
      { code: SpanStatusCode.UNSET },
    ],
    [
      'resources/read',
      { uri: 'text://broken' },
      'resources/read',
      { 'mcp.resource.uri': 'text://broken', 'error.type': '-32603' },
      { code: SpanStatusCode.ERROR, message: 'internal error' },
    ],
    ['tools/list', {}, 'tools/list', { 'error.type': undefined }, { code: SpanStatusCode.UNSET }],
  ] as const) {
    await ask(method, params, 7);
    const [span, ...others] = spans();
    assert.deepEqual([others.length, span?.name, span?.kind], [0, name, SpanKind.SERVER]);
    says(span, { ...expected, 'jsonrpc.request.id': '7' });
    assert.deepEqual(span?.status, status);
  }
});

test('what is measured is told apart by nothing that a client invents', async () => {
  const { ask, measured } = recorded();
  await ask('tools/call', { name: 'fail' });
  await ask('tools/call', { name: 'invented' });
  const common = {
    'mcp.method.name': 'tools/call',
    'mcp.protocol.version': '2026-07-28',
    'network.transport': 'pipe',
    'gen_ai.operation.name': 'execute_tool',
  };
  assert.deepEqual(measured, [
    { ...common, 'gen_ai.tool.name': 'fail', 'error.type': 'tool_error' },
    { ...common, 'error.type': '-32602' },
  ]);
});

test('over HTTP a span says so, and names the legacy session', async () => {
  const { traced, spans } = recorded();
  const http = new HttpClient(traced);
  const tcp = { 'network.transport': 'tcp', 'network.protocol.name': 'http' };
  await http.modern('tools/call', { name: 'count' });
  says(spans()[0], { ...tcp, 'mcp.session.id': undefined });
  await http.initialize('2025-11-25');
  await http.call('count');
  const session = http.headers['mcp-session-id']!;
  says(spans()[0], { ...tcp, 'mcp.session.id': session, 'mcp.protocol.version': '2025-11-25' });
});

test('a request that is cancelled says so', async () => {
  const { ask, peer, spans, stopped } = recorded();
  const isStopped = new Promise<void>((resolve) => stopped.push(resolve));
  peer.send({
    jsonrpc: '2.0',
    id: 7,
    method: 'tools/call',
    params: { _meta: MODERN, name: 'wait' },
  });
  await ask('tools/list', {});
  const params = { requestId: 7 };
  peer.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
  await isStopped;
  const call = spans().find(({ name }) => name === 'tools/call wait');
  says(call, { 'error.type': 'cancelled' });
  assert.equal(call?.status.code, SpanStatusCode.ERROR);
});

test("the client's span is the parent, and the request's is current in its handler", async () => {
  const { ask, spans } = recorded();
  const call = { name: 'inside' };
  const traced = { traceparent: PARENT, tracestate: 'a=1', baggage: 'k=v' };
  const { result } = await ask('tools/call', call, 1, traced);
  const [span] = spans();
  const { traceId, spanId, traceState } = span!.spanContext();
  assert.deepEqual(
    [traceId, span!.parentSpanContext?.spanId, traceState?.get('a')],
    ['0af7651916cd43dd8448eb211c80319c', '00f067aa0ba902b7', '1'],
  );
  assert.equal(result.structuredContent.result, spanId);
  says(span, traced);

  await ask('tools/call', call, 1, { traceparent: 'nonsense' });
  const [alone] = spans();
  assert.equal(alone!.parentSpanContext, undefined);
  says(alone, { traceparent: undefined });
});
