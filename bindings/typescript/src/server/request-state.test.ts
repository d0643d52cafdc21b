// What travels through a client between a question and its answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { McpError } from '../error.js';
import { Seal } from './request-state.js';

const REFUSED = (error: unknown) => error instanceof McpError && error.code === -32602;
const answers = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), {
  noNullPrototype: true,
});
const RUNS = { numRuns: 50 };

test('what was sealed for a request comes back for it, and for no other', async () => {
  const seal = new Seal(undefined);
  await fc.assert(
    fc.asyncProperty(answers, fc.string(), fc.string(), async (given, bound, other) => {
      const state = await seal.close(bound, given);
      // What JSON does not tell apart is the same here.
      assert.deepEqual(await seal.open(bound, state), JSON.parse(JSON.stringify(given)));
      if (other !== bound) await assert.rejects(seal.open(other, state), REFUSED);
      await assert.rejects(new Seal(undefined).open(bound, state), REFUSED);
    }),
    RUNS,
  );
});

test('a state with any character changed is refused', async () => {
  const seal = new Seal(new Uint8Array(32).fill(7));
  await fc.assert(
    fc.asyncProperty(
      answers,
      fc.nat(),
      fc.constantFrom(...'AZaz09-_=+ é'),
      async (given, at, other) => {
        const state = await seal.close('bound', given);
        const place = at % state.length;
        if (state[place] === other) return;
        const changed = state.slice(0, place) + other + state.slice(place + 1);
        await assert.rejects(seal.open('bound', changed), REFUSED);
      },
    ),
    RUNS,
  );
});

test('any other text is refused', async () => {
  const seal = new Seal(undefined);
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), async (text) => {
      await assert.rejects(seal.open('bound', text), REFUSED);
    }),
  );
});
