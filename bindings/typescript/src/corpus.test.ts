// Every message of the corpus (`spec/fixtures/corpus`, see the README beside it) goes through the
// generated code and comes out as the corpus says: the same text, or refused at the same place in the
// same words.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import fc from 'fast-check';

import { DecodeError, decode, definition, encode, REVISIONS } from './protocol/index.js';
import { parseJson } from './wire/json.js';

const FOLDER = new URL('../../../spec/fixtures/corpus/', import.meta.url);

/** JSON with the names that messages have, in places where they have them and in others. */
const likeMessages = fc
  .letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('text', 'tools/call', 'complete', 'accept', 'user', '2026-07-28', ''),
      fc.oneof(fc.constantFrom(0, 1.5, -1, 1e300, null, true), fc.jsonValue({ maxDepth: 1 })),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          'method',
          'params',
          'name',
          'arguments',
          'content',
          'type',
          'text',
          'tools',
        ),
        fc.constantFrom(
          'inputSchema',
          'isError',
          '_meta',
          'structuredContent',
          'resultType',
          'action',
        ),
        fc.constantFrom(
          '__proto__',
          'constructor',
          '~',
          '~name',
          '7',
          'id',
          'jsonrpc',
          'clientInfo',
        ),
      ),
      tie('value'),
      { maxKeys: 5 },
    ),
  }))
  .object.map((value) => JSON.stringify(value));

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

test('whatever comes is decoded, and comes out the same a second time, or is refused', () => {
  const known = [
    'CallToolResult',
    'ListToolsResult',
    'ElicitResult',
    'ToolAnnotations',
    'ClientCapabilities',
  ];
  let decoded = 0;
  const codecs = [...REVISIONS].flatMap((revision) =>
    known.flatMap((type) => definition(revision, type) ?? []),
  );
  assert.ok(codecs.length > 15);
  fc.assert(
    fc.property(fc.constantFrom(...codecs), likeMessages, ({ codec, revision }, json) => {
      let text: string;
      try {
        text = encode(codec, decode(codec, parseJson(json), revision), revision);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
        return;
      }
      assert.equal(encode(codec, decode(codec, parseJson(text), revision), revision), text);
      decoded++;
    }),
    { numRuns: 2000 },
  );
  assert.ok(decoded > 100, `only ${decoded}`);
});
