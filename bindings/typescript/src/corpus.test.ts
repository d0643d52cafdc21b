// Every message of the corpus (`spec/fixtures/corpus`, see the README beside it) goes through the
// generated code and comes out as the corpus says: the same text, or refused at the same place in the
// same words.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { DecodeError, decode, definition, encode } from './protocol/index.js';
import { parseJson } from './wire/json.js';

const FOLDER = new URL('../../../spec/fixtures/corpus/', import.meta.url);

interface Case {
  type: string;
  name: string;
  json: string;
  encoded?: string;
  error?: { path: string; message: string };
}

/** What becomes of a message. */
function outcome(revision: string, { type, json }: Case): string {
  const found = definition(revision, type);
  if (found === undefined) return `no type ${type}`;
  try {
    const value = decode(found.codec, parseJson(json), found.revision);
    return encode(found.codec, value, found.revision);
  } catch (error) {
    if (!(error instanceof DecodeError)) return String(error);
    const reason = error.reason.startsWith('invalid JSON') ? 'invalid JSON' : error.reason;
    return `${error.path} ${reason}`;
  }
}

function expected({ encoded, error }: Case): string {
  return error === undefined ? encoded! : `${error.path} ${error.message}`;
}

for (const file of readdirSync(FOLDER)) {
  const { revision, cases } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as {
    revision: string;
    cases: Case[];
  };
  test(`the corpus of ${revision}`, () => {
    const wrong = cases.filter((one) => outcome(revision, one) !== expected(one));
    const shown = wrong.slice(0, 20).map((one) => {
      return `${one.type} (${one.name}): ${one.json}\n  expected ${expected(one)}\n  found    ${outcome(revision, one)}`;
    });
    assert.equal(
      wrong.length,
      0,
      `${wrong.length} of ${cases.length} differ:\n${shown.join('\n')}`,
    );
    console.log(`typescript: ${cases.length} messages of the corpus of ${revision}`);
  });
}
