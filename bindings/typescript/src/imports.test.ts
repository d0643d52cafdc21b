// Who may use whom. The rooms are those of ARCHITECTURE.md: `wire`, then `protocol`, then the runtime.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const ROOT = new URL('./', import.meta.url);

/** The modules that a compiled module imports. */
function importsOf(module: string): string[] {
  const text = readFileSync(new URL(module, ROOT), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)\b[^'"]*from '([^']+)'/gm)];
  return found.map(([, name]) =>
    name!.startsWith('.')
      ? new URL(name!, new URL(module, ROOT)).pathname.slice(ROOT.pathname.length)
      : name!,
  );
}

/** Everything that a module needs in the end. */
function reach(module: string, seen = new Set<string>()): Set<string> {
  for (const name of importsOf(module)) {
    if (seen.has(name)) continue;
    seen.add(name);
    if (name.endsWith('.js')) reach(name, seen);
  }
  return seen;
}

test('the root needs no Node, and no package', () => {
  const outside = (module: string) => [...reach(module)].filter((name) => !name.endsWith('.js'));
  assert.deepEqual(outside('index.js'), []);
  assert.deepEqual(outside('protocol/index.js'), []);
  assert.deepEqual(outside('server/tasks.js'), []);
  assert.deepEqual(outside('client/tasks.js'), []);
  assert.deepEqual(outside('auth.js'), ['jose']);
  assert.deepEqual(outside('oauth.js'), ['jose']);
  assert.deepEqual(outside('server/opentelemetry.js'), ['@opentelemetry/api']);
  assert.deepEqual(outside('schema/json-schema.js'), []);
  assert.deepEqual(outside('typed.js'), []);
  assert.ok(outside('node.js').every((name) => name.startsWith('node:')));
});

test('wire uses nothing, and protocol uses wire alone', () => {
  const rooms: [folder: string, allowed: RegExp][] = [
    ['wire/', /^wire\//],
    ['protocol/', /^(wire|protocol)\//],
    ['protocol/types/', /^(wire|protocol)\//],
  ];
  for (const [folder, allowed] of rooms) {
    const modules = readdirSync(new URL(folder, ROOT)).filter((name) =>
      /(?<!\.test)\.js$/.test(name),
    );
    for (const name of modules) {
      const strangers = importsOf(folder + name).filter((module) => !allowed.test(module));
      assert.deepEqual(strangers, [], folder + name);
    }
  }
});

test('tasks are left out where they are not asked for', () => {
  for (const module of ['index.js', 'node.js']) {
    const found = [...reach(module)].filter((name) =>
      /^(server|client|context)\/tasks?\.js$|^tasks/.test(name),
    );
    assert.deepEqual(found, [], module);
  }
});

test('auth is left out where it is not asked for', () => {
  for (const module of ['index.js', 'node.js']) {
    assert.ok(![...reach(module)].some((name) => name.startsWith('auth')), module);
  }
});

test('the OAuth client is left out where it is not asked for', () => {
  const there = (module: string) => [...reach(module)].filter((name) => /^oauth\b/.test(name));
  assert.deepEqual(there('index.js'), []);
  // What needs a machine brings nothing else of it, nor a package.
  const parts = ['oauth/browser.js', 'oauth/file-store.js', 'oauth/redirect.js'];
  assert.deepEqual(there('node.js').sort(), parts);
});

test('limits are imported one by one, so that a bundle has those it uses', () => {
  const modules = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /(?<!\.test)\.js$/.test(name) && !/^(index|bundled|protocol.index)\b/.test(name),
  );
  assert.ok(modules.length > 50);
  // By name, or as a value of its own: `const { maxMessage } = LIMITS`.
  const whole = modules.filter((name) =>
    /^(?:import|export) \{[^}]*\bLIMITS\b|= LIMITS;/m.test(
      readFileSync(new URL(name, ROOT), 'utf8'),
    ),
  );
  // `import * as LIMITS from './protocol/limits.js'` mends it.
  assert.deepEqual(whole, []);
});

test('the root knows no JSON Schema by hand, and so carries no validator', () => {
  const needed = reach('index.js');
  for (const module of ['json-schema', 'check', 'compile', 'pattern', 'format']) {
    assert.ok(!needed.has(`schema/${module}.js`), module);
  }
});

test('the client stands without the server', () => {
  const needed = reach('client.js');
  for (const module of [
    'server.js',
    'server/connection.js',
    'registry.js',
    'schema.js',
    'schema/json-schema.js',
  ]) {
    assert.ok(!needed.has(module), module);
  }
});

test('a conversation is loaded by who holds one: a client over a transport, or with a server that asks', () => {
  for (const module of ['client.js', 'http-client/endpoint.js']) {
    assert.ok(!reach(module).has('session.js'), module);
  }
  assert.ok(reach('client/connection.js').has('session.js'));
});

test('HTTP is loaded by who uses it', () => {
  assert.ok(![...reach('client.js')].some((name) => name.startsWith('http-client')));
  for (const module of ['index.js', 'node.js']) {
    const needed = reach(module);
    for (const part of ['http-client/endpoint.js', 'http-server/endpoint.js', 'node:http']) {
      assert.ok(!needed.has(part), `${module}: ${part}`);
    }
  }
});
