// The published examples of the specification, and what follows from each, through the generated code.
//
// They are no part of the repository: `cargo run -p isogloss-codegen --example official_corpus` derives
// them from a copy of the official schemas beside it. Without one this says what it did not run.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { decode, definition, encode } from './protocol/index.js';

const FILE = new URL('../../../target/official-corpus.jsonl', import.meta.url);

interface Message {
  kind: string;
  type: string;
  revision: string;
  json: unknown;
  expect: 'same' | 'refuse';
}

function isRight({ type, revision, json, expect }: Message): boolean {
  const found = definition(revision, type);
  assert.ok(found, `no codec for ${type}`);
  try {
    const value = decode(found.codec, structuredClone(json), found.revision);
    const again: unknown = JSON.parse(encode(found.codec, value, found.revision));
    return expect === 'same' && isDeepStrictEqual(again, json);
  } catch {
    return expect === 'refuse';
  }
}

if (existsSync(FILE)) {
  test('published examples survive and near misses are refused', () => {
    const lines = readFileSync(FILE, 'utf8').trimEnd().split('\n');
    const messages = lines.map((line) => JSON.parse(line) as Message);
    const wrong = messages.filter((message) => !isRight(message));
    const count = (group: string, belongs: (message: Message) => boolean) =>
      `${messages.filter(belongs).length - wrong.filter(belongs).length}/${messages.filter(belongs).length} ${group}`;
    const counts = [
      count('round trip', ({ kind }) => kind === 'example'),
      count('unknown kept', ({ kind }) => kind === 'unknown'),
      count('refused', ({ expect }) => expect === 'refuse'),
    ];
    console.log(`typescript: ${counts.join(', ')}`);
    assert.deepEqual(wrong, []);
  });
} else {
  console.log(
    'typescript: the official examples were not run: target/official-corpus.jsonl is not there',
  );
}
