// The official example messages, where they are at hand: beside the repository, not in it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { decode, definition, encode } from './protocol/index.js';

const REVISION = '2026-07-28';
const FOLDER = new URL(`../../../../shared/upstream-spec/${REVISION}/examples/`, import.meta.url);

interface Example {
  type: string;
  text: string;
}

function examples(): Example[] {
  return readdirSync(FOLDER).flatMap((type) =>
    readdirSync(new URL(`${type}/`, FOLDER)).map((file) => ({
      type,
      text: readFileSync(new URL(`${type}/${file}`, FOLDER), 'utf8'),
    })),
  );
}

function roundTrip(type: string, value: unknown): unknown {
  const found = definition(REVISION, type);
  assert.ok(found, `no codec for ${type}`);
  const leftOut = new Set<string>();
  const decoded = decode(found.codec, value, found.revision);
  const text = encode(found.codec, decoded, found.revision, leftOut);
  assert.deepEqual([...leftOut], []);
  return JSON.parse(text);
}

if (existsSync(FOLDER)) {
  test('official examples come back as they were', () => {
    const all = examples();
    for (const { type, text } of all) {
      assert.deepEqual(roundTrip(type, JSON.parse(text)), JSON.parse(text), type);
    }
    assert.equal(all.length, 129);
  });

  test('official examples keep a member that nobody knows', () => {
    let kept = 0;
    for (const { type, text } of examples()) {
      const message = { ...JSON.parse(text), 'x-unknown': { a: 1 } };
      // Two are maps, whose members are all data: there it is not an unknown member.
      if (type === 'InputRequests' || type === 'InputResponses') continue;
      assert.deepEqual(roundTrip(type, structuredClone(message)), message, type);
      kept++;
    }
    assert.equal(kept, 127);
  });
} else {
  console.log(`not run: the official examples, which are not in ${fileURLToPath(FOLDER)}`);
}
