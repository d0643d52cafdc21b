// Whatever stands in the heads of requests is let in or refused with a reason.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { server } from '../index.js';
import { readEventId, writeEventId } from './events.js';
import { accepts, type Incoming } from './exchange.js';
import { Origins } from './origins.js';

function incoming(headers: Record<string, string>): Incoming {
  return {
    method: 'POST',
    path: '/mcp',
    authority: undefined,
    header: (name) => headers[name],
    isRepeated: () => false,
    body: () => ({ text: '' }),
    whole: () => ({ broken: '' }),
    onGone() {},
  };
}

test('ids of events are read back, and nothing else is', () => {
  const number = fc.nat({ max: 999_999_999_999_999 });
  fc.assert(
    fc.property(number, number, (stream, place) => {
      assert.deepEqual(readEventId(writeEventId({ stream, place })), { stream, place });
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const id = readEventId(text);
      if (id !== undefined) assert.match(text, /^\d+-\d+$/);
    }),
  );
});

test('whoever is let in has a name of this server, and a page of its own or a listed one', () => {
  const origins = new Origins(['mcp.example.com', 'other.example:99'], ['https://app.example']);
  const piece = fc.constantFrom(
    'mcp.example.com',
    'other.example',
    'localhost',
    '[::1]',
    'evil.example',
    'https://',
    'http://',
    'app.example',
    ':',
    '99',
    '.',
    '@',
    'null',
    '/',
  );
  const header = fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(header, header, (host, origin) => {
      try {
        origins.admit(incoming({ host, origin }));
      } catch (error) {
        return assert.equal((error as Error).name, 'Error');
      }
      assert.match(
        host,
        /^(mcp\.example\.com(:\d+)?|other\.example:99|(localhost|\[::1\])(:\d+)?)$/,
      );
      const own = /^https?:\/\/(mcp\.example\.com|other\.example|localhost|\[::1\])(:\d+)?$/;
      assert.ok(origin === 'https://app.example' || own.test(origin), `${host} ${origin}`);
    }),
    { numRuns: 2000 },
  );
});

test('an Accept header is read whatever it says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (accept) => {
      assert.equal(typeof accepts(incoming({ accept }), 'application/json'), 'boolean');
    }),
  );
});

test('a request with any headers and any body has an answer', async () => {
  const service = server('s', '1', { diagnostics: () => {} }).http();
  const value = fc.oneof(
    fc.constantFrom('2026-07-28', '2025-11-25', 'tools/list', '*/*', 'application/json'),
    fc.stringMatching(/^[ -~]{0,30}$/),
  );
  const names = ['mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-session-id', 'accept'];
  const headers = fc.dictionary(fc.constantFrom(...names, 'content-type', 'origin'), value);
  const body = fc.oneof(
    fc.json(),
    fc.string(),
    fc.constant('{"jsonrpc":"2.0","id":1,"method":"x"}'),
  );
  const method = fc.constantFrom('POST', 'PUT', 'DELETE', 'OPTIONS');
  await fc.assert(
    fc.asyncProperty(method, headers, body, async (verb, given, text) => {
      const request = { method: verb, headers: { 'content-type': 'application/json', ...given } };
      const answer = await service.fetch(
        new Request('http://localhost/mcp', { ...request, body: text }),
      );
      const told = await answer.text();
      assert.ok(answer.status < 500, `${answer.status} ${told}`);
    }),
    { numRuns: 300 },
  );
});
