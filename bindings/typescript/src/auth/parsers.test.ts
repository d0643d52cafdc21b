// Whatever is sent, the parsers of tokens, claims and addresses give an answer of theirs.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { headOf } from '../testing/authority.js';
import { checked, sameResource } from './address.js';
import { parseClaims, readClaims } from './payload.js';
import { bearer } from './token.js';
import { TokenRefusal } from './verifier.js';

test('a header is a token, or says why it is none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const found = bearer(headOf([value]));
      if ('token' in found) assert.match(value, /^\s*bearer +\S+\s*$/i);
    }),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,50}={0,2}$/), (token) => {
      assert.deepEqual(bearer(headOf([`Bearer ${token}`])), { token });
    }),
  );
});

test('claims are read or refused, and names that mean something are there once', () => {
  const name = fc.constantFrom('sub', 'iss', 'aud', 'scope', 'exp', 'nbf', 'x', '"sub":', '\\');
  const member = fc.tuple(name, fc.jsonValue({ maxDepth: 2 }));
  const space = fc.constantFrom('', ' ', '\n\t');
  fc.assert(
    fc.property(fc.array(member, { maxLength: 6 }), space, (members, gap) => {
      const texts = members.map(
        ([key, value]) => `${gap}${JSON.stringify(key)}${gap}:${JSON.stringify(value)}`,
      );
      const known = members.map(([key]) => key).filter((key) => /^[a-z]{3,}$/.test(key));
      const isUnique = new Set(known).size === known.length;
      const text = `{${texts.join(',')}${gap}}`;
      if (!isUnique) return void assert.throws(() => parseClaims(text), TokenRefusal);
      const all = parseClaims(text);
      try {
        readClaims(all, 0, 0);
      } catch (error) {
        assert.ok(error instanceof TokenRefusal, String(error));
      }
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        parseClaims(text);
      } catch (error) {
        assert.ok(error instanceof TokenRefusal);
      }
    }),
  );
});

test('an address that may be asked is HTTPS or of this machine, and has no user and no fragment', () => {
  const part = fc.constantFrom(
    'https://',
    'http://',
    'HTTPS:',
    'localhost',
    '127.0.0.1',
    '[::1]',
    'a.example',
    '@',
    ':',
    '8080',
    '/',
    '\\',
    '?',
    '#',
    '%00',
    ' ',
    '..',
    'é',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      let url: URL;
      try {
        url = checked('address', parts.join(''));
      } catch (error) {
        return assert.ok(error instanceof TypeError);
      }
      assert.deepEqual([url.username, url.password, url.hash], ['', '', '']);
      const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
      assert.ok(url.protocol === 'https:' || (url.protocol === 'http:' && isHere), url.href);
    }),
  );
});

test('two names of one resource are so both ways', () => {
  const name = fc.oneof(
    fc.webUrl(),
    fc.webUrl().map((url) => url.toUpperCase()),
    fc.string(),
  );
  fc.assert(
    fc.property(name, name, (one, other) => {
      assert.ok(sameResource(one, one));
      assert.equal(sameResource(one, other), sameResource(other, one));
    }),
  );
});
