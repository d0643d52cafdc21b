import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { isTraceparent, traceContextIn } from './trace.js';

const VECTORS = new URL('../../../../spec/vectors/trace.json', import.meta.url);
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01';

test('a traceparent is taken as W3C has it', () => {
  const { traceparent } = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
    traceparent: { text: string; good: boolean }[];
  };
  for (const { text, good } of traceparent) assert.equal(isTraceparent(text), good, text);
});

test('every traceparent that is whole is taken, and none with a digit changed for another sign', () => {
  const hex = (length: number) =>
    fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => !/^0+$/.test(text));
  const whole = fc.tuple(hex(32), hex(16), fc.stringMatching(/^[0-9a-f]{2}$/));
  fc.assert(
    fc.property(whole, fc.nat(54), fc.constantFrom('g', 'A', ' ', '\n', 'é'), (parts, at, sign) => {
      const text = `00-${parts.join('-')}`;
      assert.ok(isTraceparent(text));
      assert.ok(!isTraceparent(text.slice(0, at) + sign + text.slice(at + 1)));
    }),
  );
});

test('what does not follow the formats is left out', () => {
  const long = 'x'.repeat(8193);
  for (const [meta, expected] of [
    [
      { traceparent: PARENT, tracestate: 'a=1', baggage: 'k=v' },
      { traceparent: PARENT, tracestate: 'a=1', baggage: 'k=v' },
    ],
    [{ traceparent: 'nonsense', tracestate: 'a=1', baggage: 'k=v' }, { baggage: 'k=v' }],
    [{ traceparent: 7, baggage: 'line\nbreak' }, {}],
    [{ traceparent: PARENT, tracestate: long, baggage: 'ключ=1' }, { traceparent: PARENT }],
    [{ '~traceparent': PARENT }, { traceparent: PARENT }],
    ['no object', {}],
  ] as const) {
    assert.deepEqual(traceContextIn({ _meta: meta }), expected);
    assert.deepEqual(traceContextIn({ '~_meta': meta }), expected);
  }
  assert.deepEqual(traceContextIn(undefined), {});
});
