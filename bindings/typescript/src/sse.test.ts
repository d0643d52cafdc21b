import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { COMMENT, writeEvent } from './sse.js';
import { EventParser } from './sse/parser.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What a stream says, read in pieces of this size: events as `kind: data`, what was too long as `…beginning`. */
function read(stream: string | Uint8Array, size: number, limit = 1000) {
  const bytes = typeof stream === 'string' ? encoder.encode(stream) : stream;
  const parser = new EventParser(limit);
  const said: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    // A copy, as a stream's chunks are pieces of memory of their own.
    for (const item of parser.feed(bytes.slice(at, at + size))) {
      const isLong = item.kind === undefined;
      said.push(
        isLong
          ? `…${decoder.decode(item.beginning)}`
          : `${item.kind}: ${decoder.decode(item.data)}`,
      );
    }
  }
  return { said, id: parser.lastEventId, retry: parser.retry, parser };
}

test('streams are read as the standard says, however they are cut', () => {
  const cases: [stream: string, said: string[], id?: string, retry?: number][] = [
    ['data: one\n\n', ['message: one']],
    ['data: one\ndata: two é\n\ndata:three\n\n', ['message: one\ntwo é', 'message: three']],
    ['\uFEFFdata: mark\n\n', ['message: mark']],
    ['data: \uFEFFkept\n\n\uFEFFdata: no field\n\n', ['message: \uFEFFkept']],
    [': a comment\n\n:\n\ndata: x\n\n', ['message: x']],
    ['id: 7\ndata\n\n', ['message: '], '7'],
    ['id: 7\nretry: 300\ndata: \n\n', ['message: '], '7', 300],
    ['id: 7\n\ndata: no end', [], '7'],
    ['id: 7\ndata: a\n\nid\ndata: b\n\n', ['message: a', 'message: b'], ''],
    ['id: 7\ndata: a\n\nid: \0\ndata: b\n\n', ['message: a', 'message: b'], '7'],
    ['id: 8', []],
    ['event: endpoint\ndata: x\n\nevent:\ndata: y\n\n', ['endpoint: x', 'message: y']],
    ['event: lost\n\ndata: y\n\n', ['message: y']],
    ['retry: 1x\nretry:\nretry: 99999999999999999999999\n\n', []],
    [
      'data:  two spaces\nDATA: no\nother: no\nmuch too long a name: no\n\n',
      ['message:  two spaces'],
    ],
  ];
  for (const [stream, said, id = '', retry] of cases) {
    for (const ending of ['\n', '\r', '\r\n']) {
      const text = stream.replaceAll('\n', ending);
      for (let size = 1; size <= encoder.encode(text).length; size++) {
        const found = read(text, size);
        const about = `${JSON.stringify(text)} in pieces of ${size}`;
        assert.deepEqual([found.said, found.id, found.retry], [said, id, retry], about);
      }
    }
  }
});

test('what is no UTF-8 is handed on as it came', () => {
  const parser = new EventParser(1000);
  const items = [...'data: '].map((letter) => letter.charCodeAt(0));
  const found = parser.feed(Uint8Array.of(...items, 0xff, 0xc3, 0x0a, 0x0a));
  assert.deepEqual(found, [{ kind: 'message', data: Uint8Array.of(0xff, 0xc3) }]);
});

test('an event that is too long is dropped alone', () => {
  const long = 'x'.repeat(30);
  const x = 'data: x\n'.repeat(5);
  for (const stream of [
    `id: 1\ndata: a\n\nid: 2\ndata: ${long}\ndata: more\n\nid: 3\ndata: b\n\n`,
    `data: a\n\n${x}data: ${long}\n\nid: 3\ndata: b\n\n`,
    `data: a\n\n: ${long}\ndata: y\n\nid: 3\ndata: b\n\n`,
  ]) {
    for (let size = 1; size <= stream.length; size++) {
      const { said, id } = read(stream, size, 20);
      const about = `${JSON.stringify(stream)} in pieces of ${size}: ${said}`;
      assert.equal(said.length, 3, about);
      assert.match(said[1]!, /^…/, about);
      assert.deepEqual([said[0], said[2], id], ['message: a', 'message: b', '3'], about);
    }
  }
});

test('data of just the limit is taken, however it is cut', () => {
  for (const [length, taken] of [
    [20, true],
    [21, false],
  ] as const) {
    const data = 'x'.repeat(length);
    for (const stream of [`data: ${data}\n\n`, `data:${data}\r\n\r\n`, `\uFEFFdata: ${data}\n\n`]) {
      for (let size = 1; size <= stream.length; size++) {
        const { said } = read(stream, size, 20);
        assert.equal(said[0] === `message: ${data}`, taken, `${JSON.stringify(stream)} by ${size}`);
      }
    }
  }
});

test('of an event that is too long only the beginning is kept', () => {
  const { said, parser } = read(`data: {"id":7,${'x'.repeat(5000)}`, 700, 2000);
  assert.equal(said.length, 1);
  assert.ok(said[0]!.startsWith('…{"id":7,x'));
  assert.equal(said[0]!.length, 1025);
  assert.equal(parser.held, 1, 'nothing else is held');
});

test('what cannot be read back is not written', () => {
  assert.equal(writeEvent({ data: '{}' }), 'data: {}\n\n');
  assert.equal(writeEvent({ data: '', id: '1-0', retry: 500 }), 'id: 1-0\nretry: 500\ndata: \n\n');
  assert.equal(writeEvent({ data: '{}', id: '1\ndata: forged' }), 'data: {}\n\n');
  assert.equal(writeEvent({ data: 'a\r\nb\rc\n' }), 'data: a\ndata: b\ndata: c\ndata: \n\n');
});

test('what is written is read back', () => {
  const event = fc.record({
    id: fc.option(fc.stringMatching(/^[a-z0-9-]{1,8}$/), { nil: undefined }),
    data: fc.string({ unit: fc.constantFrom('a', 'é', '\r', '\n', ':', ' ', '日'), maxLength: 40 }),
  });
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 6 }),
      fc.integer({ min: 1, max: 50 }),
      (events, size) => {
        const stream = events
          .map(({ id, data }) => COMMENT + writeEvent({ data, ...(id !== undefined && { id }) }))
          .join('');
        const found = read(stream, size);
        const lines = events.map(({ data }) => `message: ${data.replace(/\r\n?/g, '\n')}`);
        assert.deepEqual(found.said, lines);
        assert.equal(found.id, events.filter(({ id }) => id !== undefined).at(-1)?.id ?? '');
      },
    ),
  );
});

/** Bytes that are likely to mean something in a stream. */
const STREAM = fc
  .array(
    fc.oneof(
      fc
        .constantFrom(
          'data',
          'id',
          'event',
          'retry',
          ':',
          ' ',
          '\r',
          '\n',
          '\r\n',
          '\n\n',
          '\0',
          'é',
          '\uFEFF',
        )
        .map((part) => [...encoder.encode(part)]),
      fc.array(fc.nat(255), { maxLength: 3 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => Uint8Array.from(parts.flat()));

test('any bytes say the same however they are cut', () => {
  fc.assert(
    fc.property(STREAM, fc.integer({ min: 1, max: 20 }), (bytes, size) => {
      const { parser: _whole, ...whole } = read(bytes, bytes.length + 1);
      const { parser: _cut, ...cut } = read(bytes, size);
      assert.deepEqual(cut, whole);
    }),
  );
});

test('nothing is held beyond the limit', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat(30));
  fc.assert(
    fc.property(STREAM, sizes, (bytes, [size, limit]) => {
      const parser = new EventParser(limit);
      for (let at = 0; at < bytes.length; at += size) {
        parser.feed(bytes.slice(at, at + size));
        // Beside the data a line has its mark and its name.
        assert.ok(parser.held <= limit + 10);
      }
    }),
  );
});
