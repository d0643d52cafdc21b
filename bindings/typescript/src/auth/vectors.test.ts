// Server auth held to spec/vectors/auth.json, as it is in every language.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { headOf, parametersOf } from '../testing/authority.js';
import { checked, isThisMachine, sameResource } from './address.js';
import { writeChallenge, type Challenge } from './challenge.js';
import { places } from './discovery.js';
import { fixedTokens } from './fixed.js';
import { parseClaims, readClaims } from './payload.js';
import { protection } from './protection.js';
import { expanded } from './scopes.js';
import { bearer } from './token.js';

const VECTORS = JSON.parse(
  readFileSync(new URL('../../../../spec/vectors/auth.json', import.meta.url), 'utf8'),
);

/** Limits have the names that they have in the language. */
const spelled = (text: string | undefined) => text?.replace('max_token', 'maxToken');

test('a token stands in one header alone', async () => {
  const guard = protection({
    resource: 'https://mcp.example.com',
    verifier: { verify: () => ({ audience: ['https://mcp.example.com'] }) },
  });
  for (const { headers, then = 0, token, status, error, says } of VECTORS.authorization) {
    const values = headers.map((value: string, at: number) =>
      at === headers.length - 1 ? value + 'a'.repeat(then) : value,
    );
    const found = bearer(headOf(values));
    if (token !== undefined) {
      assert.deepEqual(found, { token: token + 'a'.repeat(then) });
      continue;
    }
    const refused = await guard(headOf(values));
    assert.ok('status' in refused, headers);
    assert.equal(refused.status, status, headers);
    const told = parametersOf(refused.headers!['www-authenticate'])!;
    assert.equal(told.error, error, headers);
    if (says !== undefined) assert.equal(told.error_description, spelled(says), headers);
  }
});

test('only HTTPS and this machine may be asked', () => {
  for (const { address, problem } of VECTORS.address) {
    if (problem === null) {
      checked('issuer', address);
      continue;
    }
    const message = `issuer ${JSON.stringify(address)}: ${problem}`;
    assert.throws(() => checked('issuer', address), { message });
  }
  for (const address of ['', 'https://auth.example.com/a b', 'https:\\\\auth.example.com']) {
    assert.throws(() => checked('issuer', address), /expected an address such as/, address);
  }
});

test('an address of this machine is known however it is written', () => {
  for (const { address, here } of VECTORS.thisMachine) {
    assert.equal(isThisMachine(checked('issuer', address)), here, address);
  }
});

test('a resource is the same whatever the case of its host', () => {
  for (const { one, other, same } of VECTORS.sameResource) {
    assert.deepEqual([sameResource(one, other), sameResource(other, one)], [same, same], one);
  }
});

test('metadata is under the path of the resource and at the root', () => {
  for (const { resource, url, paths } of VECTORS.metadata) {
    const guard = protection({ resource, verifier: fixedTokens({}) });
    assert.equal(guard.metadataUrl, url);
    assert.deepEqual(Object.keys(guard.documents), paths);
  }
});

test("an issuer's metadata is looked for where the specification says", () => {
  for (const { issuer, places: expected } of VECTORS.issuer) {
    assert.deepEqual(places(new URL(issuer)), expected);
  }
});

test('a challenge says what there is to say', () => {
  for (const { error, description, scopes = [], metadata, header } of VECTORS.challenge) {
    const challenge: Challenge = { error, description, scopes, metadataUrl: metadata };
    assert.equal(writeChallenge(challenge), header);
  }
});

test('a scope brings what it includes', () => {
  for (const { held, includes, all } of VECTORS.scopes) {
    assert.deepEqual(expanded(held, includes), all);
  }
});

test('claims are read in all their spellings or refused', () => {
  for (const row of VECTORS.claims) {
    const read = () => readClaims(parseClaims(row.claims), 1_000_000, 30_000);
    if (row.refusal !== undefined) {
      assert.throws(read, { name: 'TokenRefusal', message: row.refusal }, row.claims);
      continue;
    }
    const { subject, clientId, issuer, audience, scopes, all } = read();
    assert.deepEqual([subject, clientId, issuer], [row.subject, row.client, row.issuer]);
    assert.deepEqual([audience, scopes], [row.audience ?? [], row.scopes ?? []], row.claims);
    assert.deepEqual(all, JSON.parse(row.claims));
  }
});

test('a claim that means something is not given twice', () => {
  for (const text of ['{"sub":"a","sub":"b"}', '{"sub":"a","x":{},"\\u0073ub" : "b"}']) {
    assert.throws(() => parseClaims(text), /cannot be read/, text);
  }
  for (const text of ['{"a":1,"a":2}', '{"sub":"a","x":{"sub":"b"}}', '{"sub":"\\"sub\\":"}']) {
    parseClaims(text);
  }
});
