// What a name that nobody knows was probably meant to be.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { unknown } from './words.js';

test('a name is taken for the nearest that is known, if it is near', () => {
  const known = ['city', 'days', 'country', 'ab'];
  const cases: [name: string, meant: string | undefined][] = [
    ['citty', 'city'],
    ['ciy', 'city'],
    ['cihy', 'city'],
    ['icty', 'city'],
    ['CITY', 'city'],
    ['cuontri', 'country'],
    ['ac', 'ab'],
    ['xx', undefined],
    ['town', undefined],
    ['', undefined],
    ['city'.repeat(1_000_000), undefined],
  ];
  for (const [name, meant] of cases) {
    const suggestion = meant === undefined ? '' : `, did you mean "${meant}"?`;
    assert.equal(unknown('argument', name, known), `unknown argument${suggestion}`);
  }
});

test('a name with one slip in it is recognised', () => {
  const name = fc.stringMatching(/^[a-z]{2,20}$/);
  fc.assert(
    fc.property(
      name,
      fc.nat(),
      fc.constantFrom('add', 'drop', 'change', 'swap'),
      (name, n, slip) => {
        const at = n % (name.length - 1);
        const [start, one, two, rest] = [
          name.slice(0, at),
          name[at]!,
          name[at + 1]!,
          name.slice(at + 2),
        ];
        const slips = { add: `X${one}${two}`, drop: two, change: `X${two}`, swap: two + one };
        const wrong = start + slips[slip] + rest;
        assert.equal(unknown('member', wrong, [name]), `unknown member, did you mean "${name}"?`);
      },
    ),
  );
});
