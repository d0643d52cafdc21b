// A client that acts for a user: how it gets a token, keeps it good, and whom it believes. The server is a real one, and
// so is the authorization server.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';

import { connect, http } from '../index.js';
import { Browser, FileStore } from '../node.js';
import {
  authorizationCode,
  MemoryStore,
  unattended,
  type OAuth,
  type UserAgent,
  type UserOptions,
} from '../oauth.js';
import { Granting } from '../testing/authority-grants.js';
import {
  age,
  BACK,
  call,
  connected,
  guardedBy,
  sentOn,
  statusOf,
  why,
  yes,
  type Guarded,
} from '../testing/guarded.js';

async function start(t: TestContext, metadata: object = {}) {
  const granting = await Granting.start(metadata);
  t.after(() => granting.close());
  const guarded = await guardedBy(t, granting);
  return { granting, guarded };
}

function desk({ url }: Guarded, options: UserOptions = {}, agent: UserAgent = yes()): OAuth {
  return authorizationCode(url, agent, { clientName: 'Desk', diagnostics: () => {}, ...options });
}

const SIGNAL = new AbortController().signal;

/** A request of a client, to be shown to an `OAuth` by hand. */
const headOf = (url: string) => ({
  method: 'POST' as const,
  url: new URL(url),
  headers: new Headers(),
});

/** A refusal that says nothing. */
const REFUSED = { status: 401, headers: new Headers() };

test('a user is asked once, and everything names the resource', async (t) => {
  const { granting, guarded } = await start(t, {
    scopes_supported: ['notes:read', 'offline_access'],
  });
  const client = await connected(guarded, desk(guarded));
  for (let i = 0; i < 3; i++) assert.equal(await client.call('read'), 'a note');
  await client.close();
  assert.equal(guarded.asked.without, 1);
  const [asked, token, registered] = (['/authorize', '/token', '/register'] as const).map((path) =>
    granting.seen(path),
  );
  assert.deepEqual([asked!.length, token!.length, registered!.length], [1, 1, 1]);
  assert.deepEqual([asked![0]!.resource, token![0]!.resource], [guarded.url, guarded.url]);
  assert.equal(asked![0]!.scope, 'notes:read offline_access');
  assert.equal(asked![0]!.prompt, 'consent');
  assert.deepEqual(JSON.parse(registered![0]!.json!), {
    client_name: 'Desk',
    redirect_uris: [BACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  });
});

test('a refused call is made again with all scopes that were had and the new ones', async (t) => {
  const { granting, guarded } = await start(t);
  const client = await connected(guarded, desk(guarded));
  t.after(() => client.close());
  for (const [tool, said] of [
    ['read', 'a note'],
    ['write', 'written'],
    ['read', 'a note'],
  ] as const) {
    assert.equal(await client.call(tool), said);
  }
  const scopes = granting.seen('/authorize').map(({ scope }) => scope);
  assert.deepEqual(scopes, ['notes:read', 'notes:read notes:write']);
});

test('whoever does not give a scope is not asked for it again', async (t) => {
  const { granting, guarded } = await start(t);
  const oauth = desk(guarded);
  granting.narrowed = 'notes:read';
  for (let i = 0; i < 3; i++) assert.equal(await statusOf(call(guarded, oauth, 'write')), 403);
  assert.equal(granting.seen('/authorize').length, 2);
  assert.equal(await call(guarded, oauth), 'a note');
});

test('a token that ends is renewed once for all, and each is renewed by the newest', async (t) => {
  const { granting, guarded } = await start(t);
  const oauth = desk(guarded);
  const client = await connected(guarded, oauth);
  t.after(() => client.close());
  granting.expiresIn = 0;
  await oauth.forget();
  await client.call('read');
  granting.expiresIn = 3600;
  const before = granting.seen('/token').length;
  const notes = await Promise.all(Array.from({ length: 20 }, () => client.call('read')));
  assert.deepEqual(new Set(notes), new Set(['a note']));
  const grants = granting.seen('/token').slice(before);
  assert.deepEqual(
    grants.map((one) => one.grant_type),
    ['refresh_token'],
  );
  // One that was used is worth nothing any more: the authorization server refuses it.
  granting.expiresIn = 0;
  await oauth.forget();
  for (let i = 0; i < 4; i++) await client.call('read');
  assert.equal(granting.seen('/authorize').length, 3, 'the user was asked after each forgetting');
  const renewing = granting.seen('/token').filter((one) => one.refresh_token !== undefined);
  assert.equal(new Set(renewing.map((one) => one.refresh_token)).size, renewing.length);
  assert.ok(renewing.length >= 5);
  assert.ok(granting.seen('/token').every(({ resource }) => resource === guarded.url));
});

test('where a token cannot be renewed the user is asked again', async (t) => {
  const { granting, guarded } = await start(t);
  const oauth = desk(guarded);
  granting.expiresIn = 0;
  await call(guarded, oauth);
  granting.refuses = { error: 'invalid_grant' };
  assert.match(await why(call(guarded, oauth)), /invalid_grant/);
  assert.equal(granting.seen('/authorize').length, 2);
  granting.refuses = { error: 'server_error', error_description: '\u001b[2J' };
  assert.match(await why(call(guarded, oauth)), /"server_error": "\\u\{1b\}\[2J"/);
  assert.equal(granting.seen('/authorize').length, 2, 'a server that is ill asks no user');
  granting.refuses = undefined;
  assert.equal(await call(guarded, oauth), 'a note');
});

test('what renews once may renew again', async (t) => {
  const { granting, guarded } = await start(t);
  const oauth = desk(guarded);
  granting.rotates = false;
  granting.expiresIn = 0;
  for (let i = 0; i < 3; i++) assert.equal(await call(guarded, oauth), 'a note');
  assert.equal(granting.seen('/authorize').length, 1);
  const renewing = granting.seen('/token').filter((one) => one.refresh_token !== undefined);
  assert.ok(renewing.length >= 3);
  assert.equal(new Set(renewing.map((one) => one.refresh_token)).size, 1);
});

test('a token that cannot be renewed now is used as long as it lasts', async (t) => {
  const { granting, guarded } = await start(t);
  const store = new MemoryStore();
  assert.equal(await call(guarded, desk(guarded, { store })), 'a note');
  for (const isOver of [false, true]) {
    await age(store, guarded.url, isOver);
    granting.authority.broken = 502;
    const oauth = desk(guarded, { store });
    const calls = Array.from({ length: 5 }, () => call(guarded, oauth));
    for (const one of calls.map((work) => (isOver ? why(work) : work))) {
      assert.match(await one, isOver ? /502/ : /a note/);
    }
    granting.authority.broken = undefined;
  }
  assert.equal(await call(guarded, desk(guarded, { store })), 'a note');
  assert.equal(granting.seen('/authorize').length, 1);
});

test('a token that is refused though it is new is not got again', async (t) => {
  const { granting, guarded } = await start(t);
  const oauth = desk(guarded);
  // The server does not know the key that the tokens are signed with.
  granting.authority.publish();
  for (let i = 0; i < 3; i++) assert.equal(await statusOf(call(guarded, oauth)), 401);
  assert.equal(granting.seen('/authorize').length, 1);
  // Whoever mended it says so.
  await oauth.forget();
  assert.equal(await statusOf(call(guarded, oauth)), 401);
  assert.equal(granting.seen('/authorize').length, 2);
});

test('who waits for a user shares what they say', async (t) => {
  const { granting, guarded } = await start(t);
  for (const denied of ['access_denied', undefined]) {
    granting.denied = denied;
    const before = granting.seen('/authorize').length;
    const oauth = desk(guarded);
    const heads = Array.from({ length: 5 }, () => headOf(guarded.url));
    // All of them are refused before the first one gets anywhere.
    for (const head of heads) await oauth.authorize(head, SIGNAL);
    const answers = heads.map(async (head) => oauth.answered(head, REFUSED, SIGNAL));
    for (const answer of answers) {
      if (denied === undefined) assert.equal(await answer, true);
      else assert.match(await why(answer), /access_denied/);
    }
    assert.equal(granting.seen('/authorize').length, before + 1);
    if (denied !== undefined) continue;
    // One who was refused before, and hears of it only now.
    assert.equal(await oauth.answered(headOf(guarded.url), REFUSED, SIGNAL), true);
    assert.equal(granting.seen('/authorize').length, before + 1);
  }
});

test('a call that is given up does not lose the token', async (t) => {
  const { granting, guarded } = await start(t);
  const oauth = desk(guarded);
  granting.expiresIn = 0;
  const client = await connected(guarded, oauth);
  t.after(() => client.close());
  granting.expiresIn = 3600;
  let open = () => {};
  granting.authority.gate = new Promise((resolve) => (open = resolve));
  const asked = new Promise<void>((resolve) => {
    granting.authority.onAsked = resolve;
  });
  const controller = new AbortController();
  const given = client.call('read', {}, { signal: controller.signal });
  const rejected = assert.rejects(given);
  // The authorization server has the request before it may answer.
  await asked;
  controller.abort();
  await rejected;
  open();
  assert.equal(await client.call('read'), 'a note');
  assert.equal(granting.seen('/authorize').length, 1, 'what was renewed meanwhile was kept');
});

test('who sends the user back has to be who they were sent to', async (t) => {
  const { granting, guarded } = await start(t);
  for (const [iss, expected] of [
    [undefined, /without iss/],
    [`${granting.issuer}/`, /another issuer/],
    ['https://evil.example', /another issuer/],
  ] as const) {
    granting.iss = iss;
    assert.match(await why(call(guarded, desk(guarded))), expected);
  }
  assert.equal(granting.seen('/authorize').length, 3);
  granting.iss = granting.issuer;
  const other = unattended(BACK, async (address) =>
    (await sentOn(address)).replace('state=', 'state=x'),
  );
  assert.match(await why(call(guarded, desk(guarded, {}, other))), /another state/);
  assert.equal(granting.seen('/token').length, 0);
});

test('an authorization server without S256 is not gone to', async (t) => {
  for (const methods of [null, ['plain']]) {
    const { granting, guarded } = await start(t, { code_challenge_methods_supported: methods });
    assert.match(await why(call(guarded, desk(guarded))), /expected S256/);
    assert.equal(granting.seen('/authorize').length + granting.seen('/register').length, 0);
  }
});

test('the browser comes back to this machine', async (t) => {
  const { granting, guarded } = await start(t);
  const pages: { status: number; cache: string | null; text: string }[] = [];
  const get = async (address: string) => {
    const { status, headers, ...answer } = await fetch(address).then(async (found) => ({
      status: found.status,
      headers: found.headers,
      text: await found.text(),
    }));
    pages.push({ status, cache: headers.get('cache-control'), text: answer.text });
  };
  let done: Promise<void> | undefined;
  const browser = new Browser({
    open: (address) => {
      done = (async () => {
        const back = await sentOn(address);
        const [place] = back.split('?');
        // Others who know the port.
        await get(`${place}?code=x&state=guessed`);
        await get(`${place}x?${back}`);
        await get(place!);
        await get(back);
      })();
    },
  });
  assert.equal(await call(guarded, desk(guarded, {}, browser)), 'a note');
  await done;
  assert.deepEqual(
    pages.map(({ status }) => status),
    [400, 404, 400, 200],
  );
  for (const { cache, text } of pages) {
    assert.equal(cache, 'no-store');
    assert.doesNotMatch(text, /code-|guessed/);
  }
  const { redirect_uri: redirect } = granting.seen('/authorize')[0]!;
  assert.match(redirect!, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  await assert.rejects(fetch(redirect!), 'nobody listens any more');
});

test('the browser comes back to the same place, and so to the same session', async (t) => {
  const { granting, guarded } = await start(t);
  const browser = new Browser({
    open: (address) => {
      void sentOn(address).then((back) => fetch(back));
    },
  });
  const authorize = desk(guarded, {}, browser);
  const client = await connect(http(guarded.url, { authorize }), { mode: 'legacy' });
  t.after(() => client.close());
  assert.deepEqual([await client.call('write'), await client.call('burn')], ['written', 'burnt']);
  assert.equal(granting.seen('/authorize').length, 3);
  assert.equal(granting.seen('/register').length, 1);
});

test('a user who does not come back is waited for no longer than was said', async (t) => {
  const { guarded } = await start(t);
  let over: AbortSignal | undefined;
  const nobody = unattended(BACK, (_, signal) => {
    over = signal;
    return new Promise<string>(() => {});
  });
  for (const agent of [nobody, new Browser({ open: () => {} })]) {
    const oauth = desk(guarded, { loginTimeout: 1 }, agent);
    assert.match(await why(call(guarded, oauth)), /loginTimeout/);
  }
  assert.equal(over?.aborted, true);
  const broken = new Browser({
    open: () => {
      throw new Error('there is no screen');
    },
  });
  assert.match(await why(call(guarded, desk(guarded, {}, broken))), /there is no screen/);
});

const DOCUMENT = 'https://desk.example.com/client.json';

test('a client is who the authorization server can know it as', async (t) => {
  const documents = { client_id_metadata_document_supported: true };
  const posted = { token_endpoint_auth_methods_supported: ['client_secret_post'] };
  const unsaid = { token_endpoint_auth_methods_supported: null };
  const table: [metadata: object, known: string | undefined, id: string, registered: number][] = [
    [documents, undefined, DOCUMENT, 0],
    [{}, undefined, 'client-1', 1],
    [documents, 'client_secret_basic', 'desk', 0],
    [posted, 'client_secret_post', 'desk', 0],
    [unsaid, 'client_secret_basic', 'desk', 0],
    [posted, undefined, 'client-1', 1],
    [unsaid, undefined, 'client-1', 1],
  ];
  for (const [metadata, method, id, registered] of table) {
    const { granting, guarded } = await start(t, metadata);
    const secret = 's:/ %';
    if (method) granting.know('desk', { secret, method, redirectUris: [BACK] });
    const client = { id: 'desk', secret, issuer: granting.issuer };
    const options = { clientIdMetadata: DOCUMENT, ...(method && { client }) };
    assert.equal(await call(guarded, desk(guarded, options)), 'a note');
    assert.equal(granting.seen('/authorize')[0]!.client_id, id, JSON.stringify(metadata));
    assert.equal(granting.seen('/register').length, registered, JSON.stringify(metadata));
  }
});

test('a client that cannot register says what to do', async (t) => {
  for (const [metadata, expected] of [
    [{ registration_endpoint: null }, /name it with the option client/],
    [{ token_endpoint_auth_methods_supported: ['tls_client_auth'] }, /cannot prove itself/],
  ] as const) {
    const { guarded } = await start(t, metadata);
    assert.match(await why(call(guarded, desk(guarded))), expected);
  }
});

test("a program's client is shown to its own authorization server alone", async (t) => {
  const { granting, guarded } = await start(t);
  const client = { id: 'desk', secret: 'hunter2', issuer: 'https://auth.example.com' };
  const words = await why(call(guarded, desk(guarded, { client })));
  assert.match(words, /belongs to "https:\/\/auth\.example\.com"/);
  assert.doesNotMatch(words, /hunter2/);
  assert.equal(granting.seen('/authorize').length + granting.seen('/token').length, 0);
});

test('what is kept is used in the next run', async (t) => {
  const { granting, guarded } = await start(t);
  const folder = await mkdtemp(join(tmpdir(), 'isogloss-oauth-'));
  t.after(() => rm(folder, { recursive: true }));
  const tokens = join(folder, 'tokens');
  for (let run = 0; run < 3; run++) {
    const oauth = desk(guarded, { store: new FileStore(tokens) });
    assert.equal(await call(guarded, oauth), 'a note');
    assert.equal(granting.seen('/authorize').length, run < 2 ? 1 : 2, `run ${run}`);
    assert.equal(granting.seen('/register').length, 1, 'for the same redirect address');
    if (run === 1) await oauth.forget();
  }
  const files = await readdir(tokens);
  assert.equal(files.length, 2);
  for (const file of files) {
    const { mode } = await stat(join(tokens, file));
    if (process.platform !== 'win32') assert.equal(mode & 0o777, 0o600);
  }
});

test('what was kept and cannot be used is as if it were not there', async (t) => {
  const { granting, guarded } = await start(t);
  const key = `token ${guarded.url}`;
  const kept = new MemoryStore();
  await call(guarded, desk(guarded, { store: kept }));
  const { token } = JSON.parse(kept.load(key)!);
  const spoilt = [
    '{',
    'null',
    '[]',
    JSON.stringify({ token: 7 }),
    JSON.stringify({ token: { ...token, access: 'a\nb' } }),
    JSON.stringify({ token: { ...token, client: { ...token.client, given: true } } }),
  ];
  for (const text of spoilt) {
    const store = new MemoryStore();
    store.save(key, text);
    const before = granting.seen('/authorize').length;
    assert.equal(await call(guarded, desk(guarded, { store })), 'a note', text);
    assert.equal(granting.seen('/authorize').length, before + 1, text);
  }
});

test('a store that keeps nothing is told of, one that cannot be read ends the call', async (t) => {
  const { guarded } = await start(t);
  const said: string[] = [];
  const full = {
    load: () => undefined,
    save: () => Promise.reject(new Error('the disk is full')),
  };
  const options = {
    store: full,
    diagnostics: ({ message }: { message: string }) => said.push(message),
  };
  assert.equal(await call(guarded, desk(guarded, options)), 'a note');
  assert.match(said.join(), /the disk is full/);
  const locked = {
    load: () => {
      throw new Error('the keychain is locked');
    },
    save: () => {},
  };
  assert.match(await why(call(guarded, desk(guarded, { store: locked }))), /keychain is locked/);
});

test('a token goes to its server alone, and nothing secret is shown', async (t) => {
  const { granting, guarded } = await start(t);
  const secret = 'hunter2';
  granting.know('desk', { secret, method: 'client_secret_basic', redirectUris: [BACK] });
  const store = new MemoryStore();
  const oauth = desk(guarded, { client: { id: 'desk', secret }, store });
  await call(guarded, oauth);
  const other = headOf('https://evil.example/mcp');
  assert.match(await why((async () => oauth.authorize(other, SIGNAL))()), /another server/);
  assert.equal([...other.headers].length, 0);
  const own = headOf(guarded.url);
  await oauth.authorize(own, SIGNAL);
  const token = own.headers.get('authorization')!.replace('Bearer ', '');
  assert.equal(JSON.parse(atob(token.split('.')[1]!)).aud, guarded.url);
  const shown = [oauth, store, http(guarded.url, { authorize: oauth })].flatMap((one) => [
    inspect(one, { depth: 9, showHidden: true }),
    JSON.stringify(one),
    String(one),
  ]);
  for (const hidden of [token, secret, 'refresh-']) {
    assert.ok(!shown.some((text) => text.includes(hidden)), shown.join('\n'));
  }
  assert.ok(!store.load(`token ${guarded.url}`)!.includes(secret), 'it is not kept, either');
});

test('a client gets itself what it needs in either era', async (t) => {
  for (const mode of ['legacy', 'modern', 'auto'] as const) {
    const { granting, guarded } = await start(t);
    const authorize = desk(guarded);
    const client = await connect(http(guarded.url, { authorize }), { mode });
    t.after(() => client.close());
    const said = [await client.call('read'), await client.call('write'), await client.call('read')];
    assert.deepEqual(said, ['a note', 'written', 'a note'], mode);
    assert.equal(granting.seen('/authorize').length, 2, mode);
    granting.denied = 'access_denied';
    assert.match(await why(client.call('burn')), /access_denied/);
    assert.equal(await client.call('read'), 'a note', 'what there was is still good');
  }
});

test('a user who says no is not asked again for the other era', async (t) => {
  const { granting, guarded } = await start(t);
  granting.denied = 'access_denied';
  const authorize = desk(guarded);
  assert.match(await why(connect(http(guarded.url, { authorize }))), /access_denied/);
  assert.equal(granting.seen('/authorize').length, 1);
});

test('what is set up wrongly is said at once', () => {
  const at = (server: string, options: UserOptions = {}) =>
    authorizationCode(server, yes(), options);
  const table: [make: () => unknown, expected: RegExp][] = [
    [() => at('http://mcp.example.com/mcp'), /use https/],
    [() => at('mcp.example.com'), /absolute address/],
    [() => at('https://m.example/mcp', { scopes: ['a b'] }), /is no scope/],
    [() => at('https://m.example', { clientIdMetadata: 'http://127.0.0.1/c' }), /expected https/],
    [() => at('https://m.example', { clientIdMetadata: 'https://desk.example' }), /a path/],
  ];
  for (const [make, message] of table) assert.throws(make, { name: 'TypeError', message });
});
