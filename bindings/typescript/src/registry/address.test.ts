import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { settled } from './address.js';

test('what needs no encoding is decoded, what an address cannot have is encoded', () => {
  for (const [address, expected] of [
    ['text://a-b_c.d~e/f?g#h', 'text://a-b_c.d~e/f?g#h'],
    ['text://café', 'text://caf%C3%A9'],
    ['text://caf%c3%a9', 'text://caf%C3%A9'],
    ['text://%61%2f%2D', 'text://a%2F-'],
    ['text://a b"<>', 'text://a%20b%22%3C%3E'],
    ['text://😀', 'text://%F0%9F%98%80'],
    ['text://\u212A\u017F', 'text://%E2%84%AA%C5%BF'],
    ['text://100%', undefined],
    ['text://%4', undefined],
    ['text://\ud800', undefined],
  ] as const) {
    assert.equal(settled(address), expected, address);
  }
});

test('settled once, an address stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (address) => {
      const once = settled(address);
      if (once !== undefined) assert.equal(settled(once), once);
    }),
  );
});

test('an address that is encoded is the one that it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      // What encloses an address of IPv6 may stand in an address, but `encodeURI` is older than that.
      fc.pre(!/[[\]]/.test(text));
      assert.equal(settled(encodeURI(text)), settled(text.replaceAll('%', '%25')));
    }),
  );
});
