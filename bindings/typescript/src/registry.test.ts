// Pages and their cursors, whatever a client sends for one.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { McpError } from './error.js';
import { Tool } from './protocol/types/tools.js';
import { Collection, type RegisteredTool } from './registry.js';
import { registerTool } from './registry/tools.js';

/** A list of tools that are called by number. */
function listOf(count: number): Collection<RegisteredTool> {
  const list = new Collection<RegisteredTool>('tool', Tool);
  for (let number = 0; number < count; number++) add(list, number);
  return list;
}

function add(list: Collection<RegisteredTool>, number: number): void {
  const name = String(number);
  list.add(
    name,
    registerTool(
      name,
      {},
      () => 'done',
      () => {},
    ),
  );
}

const everything = () => true;

function numbersOf({ definitions }: { definitions: Tool[] }): number[] {
  return definitions.map(({ name }) => Number(name));
}

/** All pages, one after the other. */
function gathered(list: Collection<RegisteredTool>, size: number): number[] {
  const all: number[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = list.page(cursor, size, everything);
    all.push(...numbersOf(page));
    cursor = page.nextCursor;
  }
  return all;
}

test('pages of any size are the whole list, in order', () => {
  fc.assert(
    fc.property(fc.nat(50), fc.integer({ min: 1, max: 60 }), (count, size) => {
      const expected = Array.from({ length: count }, (_, number) => number);
      assert.deepEqual(gathered(listOf(count), size), expected);
    }),
  );
});

test('a cursor outlives what comes and goes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(19)), fc.nat(10), (removed, size) => {
      const list = listOf(20);
      const first = list.page(undefined, size + 1, everything);
      removed.forEach((number) => list.remove(String(number)));
      add(list, 20);
      const rest = numbersOf(list.page(first.nextCursor, 30, everything));
      const gone = (number: number) => removed.includes(number);
      const expected = Array.from({ length: 21 }, (_, number) => number).filter(
        (number) => !numbersOf(first).includes(number) && !gone(number),
      );
      assert.deepEqual(rest, expected);
    }),
  );
});

test('any text is a cursor of the list or refused', () => {
  const list = listOf(5);
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map(btoaOfAscii),
    fc.base64String(),
  );
  fc.assert(
    fc.property(text, (cursor) => {
      try {
        list.page(cursor, 2, everything);
      } catch (error) {
        assert.ok(error instanceof McpError && error.code === -32602, String(error));
      }
    }),
  );
});

function btoaOfAscii(text: string): string {
  return btoa(text.replace(/[^\x00-\x7f]/g, ''));
}
