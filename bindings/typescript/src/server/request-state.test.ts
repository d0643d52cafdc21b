// What travels through a client between a question and its answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Seal } from './request-state.js';

test('a state is opened as it was closed, for what it was closed for', async () => {
  const seal = new Seal(undefined);
  const answers = fc.dictionary(fc.string(), fc.record({ action: fc.string() }));
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), answers, async (bound, other, given) => {
      const state = await seal.close(bound, given as never);
      assert.match(state, /^[A-Za-z0-9_-]+$/);
      const opened = JSON.stringify(await seal.open(bound, state));
      assert.equal(opened, JSON.stringify(given));
      if (other !== bound) await assert.rejects(seal.open(other, state), { code: -32602 });
      await assert.rejects(new Seal(undefined).open(bound, state), { code: -32602 });
    }),
    { numRuns: 50 },
  );
});

test('a state with any character changed, or more of them, is refused', async () => {
  const seal = new Seal(undefined);
  for (const answers of [{}, { a: { action: 'accept' } }, { ab: { action: 'accept' } }]) {
    const state = await seal.close('x', answers as never);
    for (let at = 0; at < state.length; at++) {
      const changed = state.slice(0, at) + (state[at] === 'A' ? 'B' : 'A') + state.slice(at + 1);
      await assert.rejects(seal.open('x', changed), { code: -32602 }, `at ${at}`);
    }
    for (const more of ['A', 'AA', '=', '==', ' ', '\n', '+']) {
      await assert.rejects(seal.open('x', state + more), { code: -32602 }, JSON.stringify(more));
    }
  }
});

test('whatever else is sent as a state is refused', async () => {
  const seal = new Seal(new Uint8Array(32));
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\w-]{0,200}$/));
  await fc.assert(
    fc.asyncProperty(text, (state) => assert.rejects(seal.open('x', state), { code: -32602 })),
  );
});
