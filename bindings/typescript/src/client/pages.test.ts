// Pages, whatever cursors a server gives out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { gathered, items } from './pages.js';

test('every page is asked for once, in order, up to the end or to a cursor that comes again', async () => {
  const cursor = fc.option(fc.string({ maxLength: 2 }), { nil: undefined });
  const pages = fc.array(fc.record({ found: fc.array(fc.nat()), next: cursor }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(pages, async (pages) => {
      const asked: (string | undefined)[] = [];
      const all = await gathered(
        items(
          async ({ cursor }) => {
            const page = pages[asked.length]!;
            asked.push(cursor);
            // The last page has no next one, so that this ends.
            const next = asked.length < pages.length ? page.next : undefined;
            return { found: page.found, ...(next !== undefined && { nextCursor: next }) };
          },
          ({ found }) => found,
        ),
      );
      const cursors = [undefined, ...pages.map(({ next }) => next)];
      const ends = pages.findIndex(
        ({ next }, i) => i === pages.length - 1 || next === undefined || next === cursors[i],
      );
      assert.deepEqual(asked, cursors.slice(0, ends + 1));
      assert.deepEqual(
        all,
        pages.slice(0, ends + 1).flatMap(({ found }) => found),
      );
    }),
  );
});

test('whoever has enough asks for no more pages', async () => {
  let asked = 0;
  const endless = items(
    async () => ({ found: [1, 2], nextCursor: String(++asked) }),
    ({ found }) => found,
  );
  for await (const _ of endless) break;
  assert.equal(asked, 1);
});
