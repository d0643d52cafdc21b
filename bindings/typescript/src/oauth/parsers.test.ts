// What comes from strangers, read: challenges, metadata, answers about tokens, and addresses that a user comes back to.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import fc from 'fast-check';

import { isLoopback } from '../auth/address.js';
import * as LIMITS from '../protocol/limits.js';
import { readChallenge, wantsDpop } from './challenge.js';
import { codeIn } from './code.js';
import { basic } from './endpoint.js';
import { covers, reachable, readAuthorizationServer, readProtected } from './metadata.js';
import { quotedError } from './quoted.js';
import { applicationType } from './registration.js';
import { wanted, words } from './scopes.js';
import { isDue, isOver, readGrant, readToken, tokenOf } from './token.js';

const VECTORS = JSON.parse(
  readFileSync(new URL('../../../../spec/vectors/auth.json', import.meta.url), 'utf8'),
);

test('what is said about tokens is found among the rest', () => {
  const none = { bearer: false, dpop: false, scopes: [] };
  const bearer = { ...none, bearer: true };
  const table: [text: string, expected: object][] = [
    ['', none],
    ['Bearer', bearer],
    ['bEaReR realm=x', bearer],
    [
      'Bearer resource_metadata="https://m/x?a=b,c", scope="a b",error="invalid_token"',
      {
        ...bearer,
        error: 'invalid_token',
        scopes: ['a', 'b'],
        resourceMetadata: 'https://m/x?a=b,c',
      },
    ],
    ['Basic realm="Bearer, scope=\\"x\\"", Bearer scope = a', { ...bearer, scopes: ['a'] }],
    ['Negotiate YWJj/ZGVm==, Bearer error=e', { ...bearer, error: 'e' }],
    ['Basic scope="no", Bearer scope="yes"', { ...bearer, scopes: ['yes'] }],
    ['Bearer scope="first", scope="second"', { ...bearer, scopes: ['first'] }],
    ['DPoP algs="ES256", error="use_dpop_nonce"', { ...none, dpop: true, error: 'use_dpop_nonce' }],
    ['Bearer, DPoP', { ...bearer, dpop: true }],
    ['Bearer scope="never ends', { ...bearer, scopes: ['never', 'ends'] }],
    ['"x"=,=,,,"" Bearer error', bearer],
  ];
  for (const [text, expected] of table) assert.deepEqual(readChallenge(text), expected, text);
  assert.ok(wantsDpop(readChallenge('DPoP')));
  assert.ok(!wantsDpop(readChallenge('Bearer, DPoP')));
});

test('the challenges that our servers write are read back', () => {
  for (const { error, scopes = [], metadata, header } of VECTORS.challenge) {
    const expected = { bearer: true, dpop: false, scopes, resourceMetadata: metadata };
    assert.deepEqual(readChallenge(header), { ...expected, ...(error && { error }) });
  }
});

/** Text that looks like a header, more often than not. */
const header = fc
  .array(
    fc.oneof(
      fc.constantFrom('Bearer', 'DPoP', ' ', ',', '=', '"', '\\', 'scope', 'error', '\t'),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

test('whatever a server writes is read, and what is read is written and read back the same', () => {
  fc.assert(
    fc.property(header, (text) => {
      const found = readChallenge(text);
      const schemes = [found.bearer && 'Bearer', found.dpop && 'DPoP'].filter(Boolean).join(', ');
      const quoted = (value: string) => `"${value.replace(/[\\"]/g, '\\$&')}"`;
      const parameters = [
        ['error', found.error],
        ['scope', found.scopes.length > 0 ? found.scopes.join(' ') : undefined],
        ['resource_metadata', found.resourceMetadata],
      ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${quoted(value)}`]));
      assert.deepEqual(readChallenge(`${schemes} ${parameters.join(', ')}`), found);
    }),
    { numRuns: 1000 },
  );
});

test('a long header is read in no time', () => {
  for (const text of ['"\\'.repeat(50_000), 'a='.repeat(50_000), ' ,'.repeat(50_000)]) {
    const since = performance.now();
    readChallenge(`Bearer ${text}`);
    assert.ok(performance.now() - since < 2000);
  }
});

test('a resource is the server, or what it is a part of', () => {
  const table: [resource: string, server: string, expected: boolean][] = [
    ['https://m.example/mcp', 'https://m.example/mcp', true],
    ['https://M.example:443/mcp', 'https://m.example/mcp', true],
    ['https://m.example', 'https://m.example/mcp', true],
    ['https://m.example/', 'https://m.example/mcp', true],
    ['https://m.example/a', 'https://m.example/a/mcp', true],
    ['https://m.example/a', 'https://m.example/ab/mcp', false],
    ['https://m.example/mcp/x', 'https://m.example/mcp', false],
    ['https://m.example/other', 'https://m.example/mcp', false],
    ['https://m.example/other/../mcp', 'https://m.example/mcp', false],
    ['http://m.example/mcp', 'https://m.example/mcp', false],
    ['https://m.example:8443/mcp', 'https://m.example/mcp', false],
    ['https://evil.example/mcp', 'https://m.example/mcp', false],
    ['https://m.example@evil.example/mcp', 'https://m.example/mcp', false],
    ['https:///m.example/mcp', 'https://m.example/mcp', false],
    ['https:\\\\m.example\\mcp', 'https://m.example/mcp', false],
    ['https://m.example/mcp#x', 'https://m.example/mcp', false],
    ['https://m.example/mcp?tenant=1', 'https://m.example/mcp?tenant=1', true],
    ['https://m.example/mcp?tenant=2', 'https://m.example/mcp?tenant=1', false],
    ['https://m.example/mcp?a#b', 'https://m.example/mcp?a', false],
    ['/mcp', 'https://m.example/mcp', false],
    ['', 'https://m.example/mcp', false],
  ];
  for (const [resource, server, expected] of table) {
    assert.equal(covers(resource, new URL(server)), expected, `${resource} for ${server}`);
  }
});

test('no resource of another origin is taken for the server', () => {
  const server = new URL('https://m.example/a/mcp');
  const address = fc.oneof(
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.string().map((text) => `https://m.example${text}`),
    fc.string(),
  );
  fc.assert(
    fc.property(address, (resource) => {
      if (!covers(resource, server)) return;
      assert.equal(new URL(resource).origin, server.origin);
      assert.ok(server.pathname.startsWith(new URL(resource).pathname.replace(/\/+$/, '')));
    }),
    { numRuns: 1000 },
  );
});

test('an authorization server is who it was taken for, and names no foreign machine', () => {
  const issuer = 'https://a.example';
  const good = { issuer, token_endpoint: 'https://a.example/t' };
  const table: [document: object, expected: RegExp | undefined][] = [
    [good, undefined],
    [{ ...good, issuer: `${issuer}/` }, /issuer: expected/],
    [{ token_endpoint: good.token_endpoint }, /issuer: expected/],
    [{ issuer }, /token_endpoint: required/],
    [{ ...good, token_endpoint: 'http://a.example/t' }, /use https/],
    [{ ...good, token_endpoint: 'http://127.0.0.1/t' }, /this machine/],
    [{ ...good, token_endpoint: 7 }, /of another kind/],
    [{ ...good, token_endpoint: 'file:///t' }, /expected/],
    [{ ...good, grant_types_supported: 'all' }, /of another kind/],
    [{ ...good, grant_types_supported: null }, undefined],
  ];
  for (const [document, expected] of table) {
    const read = () => readAuthorizationServer('here', document as {}, issuer);
    if (expected === undefined) read();
    else assert.throws(read, expected, JSON.stringify(document));
  }
});

test('a document of whatever members is read or refused in words', () => {
  const names = ['resource', 'authorization_servers', 'issuer', 'token_endpoint', '__proto__'];
  const value = fc.oneof(fc.jsonValue(), fc.webUrl(), fc.constant('https://a.example'));
  const document = fc.dictionary(fc.constantFrom(...names, 'scopes_supported'), value);
  fc.assert(
    fc.property(document, (found) => {
      for (const read of [
        () => readProtected('here', found as {}, new URL('https://a.example/mcp')),
        () => readAuthorizationServer('here', found as {}, 'https://a.example'),
      ]) {
        try {
          read();
        } catch (error) {
          assert.ok(error instanceof Error && error.constructor !== RangeError);
          assert.ok(error.message.length < 2 * LIMITS.maxUri);
        }
      }
    }),
  );
});

test('only HTTPS and this machine may be asked, and nobody elsewhere names this machine', () => {
  for (const { address, problem } of VECTORS.address) {
    const isLocal = problem === null && isLoopback(new URL(address));
    const far = () => reachable('place', address, new URL('https://m.example'));
    if (problem === null) reachable('place', address, new URL('http://127.0.0.1:1'));
    if (problem === null && !isLocal) far();
    else
      assert.throws(far, isLocal ? /cannot name an address of this machine/ : TypeError, address);
  }
});

test('what is asked for is what the server wants, and what was there', () => {
  const table: [before: string, asked: string, supported: string | undefined, all: string][] = [
    ['', 'a b', 'c', 'a b'],
    ['', '', 'c d', 'c d'],
    ['', '', undefined, ''],
    ['a', 'b', 'c', 'a b'],
    ['a', '', 'c', 'a'],
    ['', 'a offline_access', undefined, 'a'],
    ['', 'a "b" a', undefined, 'a'],
  ];
  for (const [before, asked, supported, all] of table) {
    const known = supported === undefined ? undefined : words(supported);
    assert.equal(wanted(words(before), words(asked), known).join(' '), all, `${before}/${asked}`);
  }
});

const CLIENT = { id: 'c', method: 'none', given: true } as const;
const ORIGIN = {
  granted: ['a'],
  requested: ['a', 'b'],
  issuer: 'i',
  resource: 'r',
  client: CLIENT,
};

test('a token is what was asked for, or not used', () => {
  const table: [answer: object, bound: boolean, expected: RegExp | undefined][] = [
    [{ access_token: 't', token_type: 'bearer' }, false, undefined],
    [{ access_token: 't', token_type: 'DPoP' }, true, undefined],
    [{ access_token: 't', token_type: 'Bearer' }, true, /not bound/],
    [{ access_token: 't', token_type: 'DPoP' }, false, /is bound/],
    [{ access_token: 't', token_type: 'mac' }, false, /another one/],
    [{ access_token: '', token_type: 'Bearer' }, false, /visible/],
    [{ access_token: 'a b', token_type: 'Bearer' }, false, /visible/],
    [{ access_token: 'a\r\nx: y', token_type: 'Bearer' }, false, /visible/],
  ];
  for (const [answer, bound, expected] of table) {
    const make = () => tokenOf(readGrant(answer as {})!, bound, ORIGIN, 1000);
    if (expected === undefined) assert.deepEqual(readToken(make()), make());
    else assert.throws(make, expected, JSON.stringify(answer));
  }
  for (const answer of [{ token_type: 'Bearer' }, { access_token: 't' }, undefined]) {
    assert.equal(readGrant(answer as {}), undefined);
  }
});

test('a token is due before it ends', () => {
  const table: [lifetime: unknown, times: [due: number, end: number] | undefined][] = [
    [3600, [4570, 4600]],
    ['3600', [4570, 4600]],
    [10, [1005, 1010]],
    [0, [1000, 1000]],
    [-5, undefined],
    [1e300, undefined],
    ['soon', undefined],
    [undefined, undefined],
    [null, undefined],
  ];
  for (const [expires_in, times] of table) {
    const answer = { access_token: 't', token_type: 'Bearer', expires_in };
    const token = tokenOf(readGrant(answer as {})!, false, ORIGIN, 1000);
    const found = token.dueAt === undefined ? undefined : [token.dueAt, token.expiresAt];
    assert.deepEqual(found, times, String(expires_in));
    // 1970 is long ago.
    assert.deepEqual([isDue(token), isOver(token)], [times !== undefined, times !== undefined]);
  }
});

test('a code is believed only from whoever was asked for it', () => {
  const iss = 'iss=https%3A%2F%2Fa.example';
  const table: [query: string, sendsIss: boolean, expected: RegExp | undefined][] = [
    [`code=x&state=s&${iss}`, true, undefined],
    ['code=x&state=s', false, undefined],
    [`code=x&state=s&${iss}`, false, undefined],
    ['code=x&state=s', true, /without iss/],
    [`code=x&state=s&${iss}%2F`, true, /another issuer/],
    ['code=x&state=s&iss=https%3A%2F%2FA.example', true, /another issuer/],
    ['code=x&state=s&iss=https%3A%2F%2Fevil.example', false, /another issuer/],
    ['code=x&state=s&iss=', false, /another issuer/],
    [`code=x&state=s&${iss}&iss=https%3A%2F%2Fevil.example`, true, /twice/],
    ['code=x&state=t', false, /another state/],
    ['code=x', false, /another state/],
    ['code=x&state=s&state=s', false, /twice/],
    ['code=x&code=y&state=s', false, /twice/],
    ['state=s&error=access_denied&error_description=no%21', false, /"access_denied": "no!"/],
    // Words of a stranger are not shown.
    ['state=s&error=evil&iss=https%3A%2F%2Fevil.example', false, /another issuer/],
    ['state=t&error=evil', false, /another state/],
    ['state=s&code=', false, /without a code/],
    ['', false, /another state/],
  ];
  for (const [query, sendsIss, expected] of table) {
    const back = `http://127.0.0.1:1/callback?${query}#_=_\n`;
    const read = () => codeIn(back, 's', { issuer: 'https://a.example', sendsIss });
    if (expected === undefined) {
      assert.equal(read(), 'x', query);
      continue;
    }
    assert.throws(read, (error: Error) => {
      assert.match(error.message, expected, query);
      assert.doesNotMatch(error.message, /evil/);
      return true;
    });
  }
});

test('wherever a user comes back from, no code is believed without the state', () => {
  const part = fc.oneof(fc.constantFrom('?', '&', '#', 'code=x', 'state=s', 'state='), fc.string());
  const back = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(back, (text) => {
      try {
        codeIn(text, 'secret state', { issuer: 'https://a.example', sendsIss: false });
      } catch (error) {
        assert.match((error as Error).message, /^the user came back with/);
        return;
      }
      assert.fail(text);
    }),
  );
});

test('foreign words are cut and escaped', () => {
  const text = quotedError('bad\n\u001b[31m\u202e', 'x'.repeat(10_000));
  assert.match(text, /^[ -~]*$/);
  assert.ok(text.length < LIMITS.maxAuthErrorText + 200);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (code, words) => {
      assert.doesNotMatch(quotedError(code, words), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test('id and secret are encoded before they are joined', () => {
  const pair = Buffer.from(basic('a:b', 's/ü =').replace('Basic ', ''), 'base64').toString();
  assert.equal(pair, 'a%3Ab:s%2F%C3%BC+%3D');
});

test('who comes back to this machine has a native client', () => {
  for (const [address, expected] of [
    ['http://127.0.0.1:4711/callback', 'native'],
    ['http://localhost:3000/callback', 'native'],
    ['http://[::1]/callback', 'native'],
    ['com.example.app:/callback', 'native'],
    ['https://app.example.com/callback', 'web'],
  ] as const) {
    assert.equal(applicationType(address), expected, address);
  }
});
