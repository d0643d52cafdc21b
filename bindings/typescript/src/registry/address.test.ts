import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { settled } from './address.js';

test('an address has one spelling', () => {
  const rows: [address: string, expected: string | undefined][] = [
    ['text://café', 'text://caf%C3%A9'],
    ['text://caf%c3%a9', 'text://caf%C3%A9'],
    ['text://%61%2Fb', 'text://a%2Fb'],
    ['text://a b', 'text://a%20b'],
    ['text://a/b?c#d', 'text://a/b?c#d'],
    ['text://%zz', undefined],
    ['text://\ud83d', undefined],
  ];
  for (const [address, expected] of rows) assert.equal(settled(address), expected, address);
});

test('what is settled stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (address) => {
      const once = settled(address);
      if (once !== undefined) assert.equal(settled(once), once);
    }),
  );
});
