// The vectors of templates that all languages share, and any template against any address.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import fc from 'fast-check';

import * as LIMITS from '../protocol/limits.js';
import { UriTemplate } from './uri-template.js';

const VECTORS = new URL('../../../../spec/vectors/templates.json', import.meta.url);

const { variables, wrong } = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
  variables: { template: string; uri: string; variables?: Record<string, string> }[];
  wrong: { template: string; problem: string }[];
};

test('a template gives the variables of its addresses, as in all languages', () => {
  for (const { template, uri, variables: expected } of variables) {
    assert.deepEqual(new UriTemplate(template).match(uri), expected, `${template} ${uri}`);
  }
});

test('what is no template is refused, with the words of all languages', () => {
  for (const { template, problem } of wrong) {
    const message = `resource template "${template}": ${problem}`;
    assert.throws(() => new UriTemplate(template), { name: 'TypeError', message });
  }
});

test('an address that is spelled out is the same as its percent-encoded form', () => {
  assert.deepEqual(new UriTemplate('straße://{x}').match('stra%C3%9Fe://1'), { x: '1' });
  assert.deepEqual(new UriTemplate('stra%C3%9Fe://{x}').match('straße://1'), { x: '1' });
});

test('an address made to be hard is matched all the same', () => {
  const names = [...'abcdefgh'];
  const template = new UriTemplate(`${names.map((name) => `{${name}}`).join('-')}!`);
  const dashes = '-'.repeat(LIMITS.maxUri - 1);
  assert.equal(template.match(dashes), undefined);
  const found = template.match(`${dashes}!`)!;
  const length = Object.values(found).join('').length;
  assert.equal(length, LIMITS.maxUri - names.length);
});

test('what was put into a template comes out of it', () => {
  // A text without `/` in a variable of a segment, and any at the end.
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(text, text, (one, two) => {
      const uri = `x://${encodeURIComponent(one)}/y/${encodeURIComponent(two)}`;
      assert.deepEqual(new UriTemplate('x://{one}/y/{+two}').match(uri), { one, two });
    }),
  );
});

test('any template is read or refused, and any address matched or not', () => {
  const piece = fc.constantFrom('{a}', '{+b}', '{c', '}', '/', '%41', 'é', 'x', '{', '-');
  const template = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(template, fc.string({ unit: 'binary' }), (text, uri) => {
      let read: UriTemplate;
      try {
        read = new UriTemplate(text);
      } catch (error) {
        assert.ok(error instanceof TypeError);
        return;
      }
      const found = read.match(uri);
      if (found !== undefined) assert.deepEqual(Object.keys(found).sort(), [...read.names].sort());
    }),
  );
});
