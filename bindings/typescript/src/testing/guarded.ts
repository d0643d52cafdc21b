// A protected MCP server on this machine, clients that get themselves credentials for it, and a user who says yes.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

import { jwtVerifier, protection } from '../auth.js';
import { connect, http, McpError, server, site } from '../index.js';
import { node } from '../node.js';
import { unattended, type OAuth, type TokenStore } from '../oauth.js';
import type { Granting } from './authority-grants.js';

export const BACK = 'http://127.0.0.1:4/callback';

/** An MCP server whose resource is its address. */
export interface Guarded {
  readonly url: string;
  /** How often requests came without a token, and with one. */
  readonly asked: { without: number; with: number };
}

/** Three tools, two of which need more than the first scope. */
export async function guardedBy(t: TestContext, ...granting: Granting[]): Promise<Guarded> {
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    socket.close();
    socket.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(socket.address() as AddressInfo).port}/mcp`;
  const guard = protection({
    resource: url,
    verifier: jwtVerifier(granting[0]!.issuer),
    scopes: ['notes:read'],
    authorizationServers: granting.map(({ issuer }) => issuer),
    diagnostics: () => {},
  });
  const notes = server('notes', '1.0.0')
    .tool('read', {}, () => 'a note')
    .tool('write', { scopes: ['notes:write'] }, () => 'written')
    .tool('burn', { scopes: ['notes:burn'] }, () => 'burnt');
  const answer = node(site(notes.http({ guard })));
  const asked = { without: 0, with: 0 };
  socket.on('request', (request, response) => {
    if (request.url === '/mcp') asked[request.headers.authorization ? 'with' : 'without']++;
    void answer(request, response);
  });
  return { url, asked };
}

/** A client of it, in the modern era. */
export function connected({ url }: { url: string }, oauth: OAuth) {
  return connect(http(url, { authorize: oauth }), { mode: 'modern', diagnostics: () => {} });
}

/** Connects, and calls a tool: what it says. */
export async function call(guarded: { url: string }, oauth: OAuth, tool = 'read'): Promise<string> {
  const client = await connected(guarded, oauth);
  try {
    return (await client.call(tool)) as string;
  } finally {
    await client.close();
  }
}

/** Where the user is sent from this address. */
export async function sentOn(address: string): Promise<string> {
  const answer = await fetch(address, { redirect: 'manual' });
  assert.equal(answer.status, 302, address);
  return answer.headers.get('location')!;
}

/** A user who says yes. */
export const yes = () => unattended(BACK, sentOn);

/** Has the token that is kept for a server be due; and over, if told so. */
export async function age(store: TokenStore, url: string, isOver: boolean): Promise<void> {
  const key = `token ${url}`;
  const kept = JSON.parse((await store.load(key))!);
  assert.ok(kept.token.dueAt < kept.token.expiresAt, JSON.stringify(kept));
  kept.token.dueAt = 1970;
  if (isOver) kept.token.expiresAt = 1970;
  await store.save(key, JSON.stringify(kept));
}

/** How a call fails for want of a token. */
export async function why(work: Promise<unknown>): Promise<string> {
  const error = await failure(work);
  assert.equal(error.kind, 'authorization', error.message);
  return error.message;
}

/** The status of a refusal that stands. */
export async function statusOf(work: Promise<unknown>): Promise<number | undefined> {
  const error = await failure(work);
  assert.equal(error.kind, 'http', error.message);
  return error.status;
}

async function failure(work: Promise<unknown>): Promise<McpError> {
  const error = await work.then(
    (found) => assert.fail(`expected a failure, found ${String(found)}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof McpError, String(error));
  return error;
}
