// The way from a refused request to an authorization server: which places are asked in which order, and what ends it.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { decodeJwt } from 'jose';

import { server } from '../index.js';
import { node } from '../node.js';
import { authorizationCode, MemoryStore, type OAuth, type UserOptions } from '../oauth.js';
import { Granting } from '../testing/authority-grants.js';
import { age, BACK, call, statusOf, why, yes } from '../testing/guarded.js';

const PREFIXED = '/.well-known/oauth-protected-resource/mcp';
const ROOT = '/.well-known/oauth-protected-resource';

async function grantingIn(t: TestContext): Promise<Granting> {
  const granting = await Granting.start();
  t.after(() => granting.close());
  return granting;
}

/** A server that lets in whoever has any token, and that says of itself what a test says. */
class Resource {
  challenge = 'Bearer';
  readonly documents = new Map<string, { status: number; text: string }>();
  /** Which documents were asked for. */
  asked: string[] = [];
  /** Refuses tokens of this issuer. */
  refused: string | undefined;
  /** Wants one more scope each time. */
  greedy: number | undefined;

  private constructor(readonly origin: string) {}

  static async start(t: TestContext): Promise<Resource> {
    const answer = node(server('notes', '1').tool('read', {}, () => 'a note'));
    const socket = createServer((request, response) => {
      const path = request.url!;
      if (path !== '/mcp') {
        resource.asked.push(path);
        const { status, text } = resource.documents.get(path) ?? { status: 404, text: '' };
        response.writeHead(status).end(text);
        return;
      }
      const refusal = resource.#refusal(request.headers.authorization);
      if (refusal === undefined) return void answer(request, response);
      response.writeHead(refusal.status, { 'www-authenticate': refusal.challenge }).end();
    });
    await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      socket.close();
      socket.closeAllConnections();
    });
    const { port } = socket.address() as AddressInfo;
    const resource = new Resource(`http://127.0.0.1:${port}`);
    return resource;
  }

  #refusal(header: string | undefined): { status: number; challenge: string } | undefined {
    const token = header?.replace('Bearer ', '');
    if (token === undefined || decodeJwt(token).iss === this.refused) {
      return { status: 401, challenge: this.challenge };
    }
    if (this.greedy === undefined) return undefined;
    const challenge = `Bearer error="insufficient_scope", scope="s${++this.greedy}"`;
    return { status: 403, challenge };
  }

  get url(): string {
    return `${this.origin}/mcp`;
  }

  says(path: string, document: object): void {
    this.documents.set(path, { status: 200, text: JSON.stringify(document) });
  }

  /** Says whose tokens it takes. */
  names(issuer: string, path = PREFIXED): void {
    this.says(path, { resource: this.url, authorization_servers: [issuer] });
  }

  client(options: UserOptions = {}): OAuth {
    return authorizationCode(this.url, yes(), { diagnostics: () => {}, ...options });
  }

  /** A call of a new client. */
  called(): Promise<string> {
    this.asked = [];
    return call(this, this.client());
  }
}

test("the server's document is where it says, else below its path, else at the root", async (t) => {
  const [granting, resource] = [await grantingIn(t), await Resource.start(t)];
  const place = `${resource.origin}/elsewhere.json`;
  const table: [challenge: string, path: string, expected: string[]][] = [
    [`Bearer resource_metadata="${place}"`, '/elsewhere.json', ['/elsewhere.json']],
    ['Bearer', PREFIXED, [PREFIXED]],
    ['Bearer', ROOT, [PREFIXED, ROOT]],
  ];
  for (const [challenge, path, expected] of table) {
    resource.challenge = challenge;
    resource.documents.clear();
    resource.names(granting.issuer, path);
    assert.equal(await resource.called(), 'a note');
    assert.deepEqual(resource.asked, expected);
  }
  // Where it says it is it has to be.
  resource.challenge = `Bearer resource_metadata="${place}x"`;
  assert.match(await why(resource.called()), /found HTTP 404/);
  assert.deepEqual(resource.asked, ['/elsewhere.jsonx']);
});

test('the resource is sent as the server spells it', async (t) => {
  const [granting, resource] = [await grantingIn(t), await Resource.start(t)];
  const { origin } = resource;
  for (const spelling of [origin, `${origin}/`, origin.replace('http', 'HTTP')]) {
    resource.says(ROOT, { resource: spelling, authorization_servers: [granting.issuer] });
    assert.equal(await resource.called(), 'a note', spelling);
    const sent = [granting.seen('/authorize').at(-1), granting.seen('/token').at(-1)];
    assert.deepEqual(
      sent.map((one) => one?.resource),
      [spelling, spelling],
    );
  }
});

test('a document that is wrong ends it', async (t) => {
  const [granting, resource] = [await grantingIn(t), await Resource.start(t)];
  const good = { resource: resource.url, authorization_servers: [granting.issuer] };
  const table: [changes: object, expected: RegExp][] = [
    [{ resource: 'https://evil.example/mcp' }, /resource: expected/],
    [{ resource: `${resource.origin}/other` }, /resource: expected/],
    [{ resource: 7 }, /of another kind/],
    [{ resource: null }, /resource: the member is missing/],
    [{ authorization_servers: [] }, /expected at least one/],
    [{ authorization_servers: null }, /expected at least one/],
    [{ authorization_servers: [7] }, /of another kind/],
    [{ authorization_servers: ['http://a.example'] }, /use https/],
    [{ authorization_servers: [`${granting.issuer}/`] }, /issuer: expected/],
    [{ authorization_servers: ['x'.repeat(10_000)] }, /maxUri/],
  ];
  resource.says(ROOT, good);
  for (const [changes, expected] of table) {
    resource.says(PREFIXED, { ...good, ...changes });
    const words = await why(resource.called());
    assert.match(words, expected);
    assert.ok(words.length < 1000, words);
    assert.deepEqual(resource.asked, [PREFIXED], JSON.stringify(changes));
  }
  resource.documents.set(PREFIXED, { status: 503, text: '' });
  assert.match(await why(resource.called()), /503/);
  assert.equal(granting.seen('/authorize').length, 0);
});

test("an issuer's document is looked for in order, and has to be its own", async (t) => {
  const [granting, resource] = [await grantingIn(t), await Resource.start(t)];
  const { authority } = granting;
  const wellKnown = (name: string, path = '') => `/.well-known/${name}${path}`;
  const [oauth, openid] = ['oauth-authorization-server', 'openid-configuration'];
  const table: [path: string, places: string[]][] = [
    ['', [wellKnown(oauth!), wellKnown(openid!)]],
    [
      '/tenant',
      [wellKnown(oauth!, '/tenant'), wellKnown(openid!, '/tenant'), `/tenant${wellKnown(openid!)}`],
    ],
  ];
  for (const [path, places] of table) {
    const issuer = granting.issuer + path;
    resource.names(issuer);
    granting.iss = issuer;
    for (const [i, place] of places.entries()) {
      authority.metadata = {};
      granting.says(place, { issuer });
      authority.forget();
      assert.equal(await resource.called(), 'a note', place);
      const asked = places.map((other) => authority.asked(other));
      assert.deepEqual(
        asked,
        places.map((_, j) => (j <= i ? 1 : 0)),
        place,
      );
    }
    // One that is somebody else's is not passed over for the next.
    for (const place of places) granting.says(place, { issuer });
    granting.says(places[0]!, { issuer: 'https://attacker.example' });
    authority.forget();
    assert.match(await why(resource.called()), /attacker/);
    assert.equal(authority.asked(places[1]!), 0);
    authority.metadata = {};
    assert.match(await why(resource.called()), /no metadata of/);
  }
});

test('a server of the first revision is its own authorization server', async (t) => {
  const [granting, resource] = [await grantingIn(t), await Resource.start(t)];
  granting.iss = resource.origin;
  const metadata = granting.metadata({ issuer: resource.origin });
  resource.says('/.well-known/oauth-authorization-server', metadata);
  assert.equal(await resource.called(), 'a note');
  assert.equal(resource.asked.length, 3);
  assert.equal(granting.seen('/authorize')[0]!.resource, resource.url);
  // Without any document its endpoints are at fixed places.
  resource.documents.clear();
  const words = await why(resource.called());
  assert.match(words, /names no authorization server/);
  assert.match(words, /\/register/);
  assert.equal(resource.asked.at(-1), '/register');
});

test('a server that changes its authorization server takes nothing of the old one there', async (t) => {
  const [old, other] = [await grantingIn(t), await grantingIn(t)];
  const resource = await Resource.start(t);
  const secret = 'hunter2';
  old.know('desk', { secret, method: 'client_secret_basic', redirectUris: [BACK] });
  const registered = resource.client();
  const given = resource.client({ client: { id: 'desk', secret } });
  resource.names(old.issuer);
  for (const oauth of [registered, given]) assert.equal(await call(resource, oauth), 'a note');
  resource.names(other.issuer);
  resource.refused = old.issuer;
  assert.equal(await call(resource, registered), 'a note');
  const words = await why(call(resource, given));
  assert.match(words, /belongs to/);
  assert.doesNotMatch(words, /hunter2/);
  // Nobody renewed there what was got here.
  const tokens = other.seen('/token');
  assert.deepEqual(
    tokens.map(({ grant_type }) => grant_type),
    ['authorization_code'],
  );
  const { length: asked } = other.seen('/authorize');
  assert.deepEqual([other.seen('/register').length, asked, old.seen('/token').length], [1, 1, 2]);
});

test('a token that was kept and is over is got anew where the server says', async (t) => {
  const [granting, resource] = [await grantingIn(t), await Resource.start(t)];
  resource.challenge = `Bearer resource_metadata="${resource.origin}/elsewhere.json"`;
  resource.names(granting.issuer, '/elsewhere.json');
  granting.refreshes = false;
  const store = new MemoryStore();
  const run = async () => {
    assert.equal(await call(resource, resource.client({ store })), 'a note');
    return granting.seen('/authorize').length;
  };
  assert.deepEqual([await run(), await run()], [1, 1], 'it is kept');
  await age(store, resource.url, true);
  assert.equal(await run(), 2);
  assert.ok(resource.asked.every((path) => path === '/elsewhere.json'));
});

test('a server that always wants more is not given more for ever', async (t) => {
  const [granting, resource] = [await grantingIn(t), await Resource.start(t)];
  resource.names(granting.issuer);
  resource.greedy = 0;
  assert.equal(await statusOf(resource.called()), 403);
  const scopes = granting.seen('/authorize').map(({ scope = '' }) => scope);
  assert.deepEqual(scopes, ['', 's1', 's1 s2', 's1 s2 s3']);
});
