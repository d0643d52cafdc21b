import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import fc from 'fast-check';

import { decodeHeader, encodeHeader } from './headers.js';

const VECTORS = new URL('../../../spec/vectors/header-values.json', import.meta.url);

interface Vectors {
  values: { text: string; value: string }[];
  wrong: string[];
}

const { values, wrong } = JSON.parse(readFileSync(VECTORS, 'utf8')) as Vectors;

test('texts are header values and back, as in every language', () => {
  assert.ok(values.length > 0);
  for (const { text, value } of values) {
    assert.equal(encodeHeader(text), value);
    assert.equal(decodeHeader(value), text);
  }
});

test('a value that stands for nothing is refused with the reason', () => {
  for (const value of wrong) assert.throws(() => decodeHeader(value), /^TypeError: wrong Base64/);
  for (const [value, reason] of [
    ['=?base64?/w==?=', /not UTF-8/],
    ['caf\xe9', /byte 3 is 0xe9/],
    ['a\0b', /byte 1 is 0x00/],
  ] as const) {
    assert.throws(() => decodeHeader(value), reason);
  }
  assert.equal(decodeHeader('=?base64??='), '');
  assert.equal(decodeHeader('=?base64?='), '=?base64?=', 'its two halves overlap');
});

test('any text comes back from what a header carries of it', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' }));
  fc.assert(
    fc.property(text, (sent) => {
      const value = encodeHeader(sent);
      assert.match(value, /^[ -~]*$/);
      assert.equal(value.trim(), value);
      assert.equal(decodeHeader(value), sent);
    }),
  );
});

test('whatever a header says is read or refused', () => {
  const part = fc.constantFrom('=?base64?', '?=', 'w6Q', '=', ' ', '\t', 'é', '/', 'A');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      try {
        const read = decodeHeader(parts.join(''));
        assert.equal(decodeHeader(encodeHeader(read)), read);
      } catch (error) {
        assert.ok(error instanceof TypeError, String(error));
      }
    }),
  );
});
