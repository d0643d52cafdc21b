import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UriTemplate } from './uri-template.js';

const MATCHES: [template: string, uri: string, variables: Record<string, string> | undefined][] = [
  ['item://{id}', 'item://1', { id: '1' }],
  ['item://{id}', 'item://caf%C3%A9%20%E2%9C%93', { id: 'café ✓' }],
  ['item://{id}', 'item://café', { id: 'café' }],
  ['item://{id}', 'item://%zz', undefined],
  ['item://{id}', 'item://%ff', undefined],
  ['item://{id}', 'item://\ud83d', { id: '\ud83d' }],
  ['item://{id}', 'item://', undefined],
  ['item://{id}', 'item://a/b', undefined],
  ['item://{id}', 'item://a?b', undefined],
  ['file:///{+path}', 'file:///a/b?c', { path: 'a/b?c' }],
  ['a://{x}/b.c/{y}', 'a://1/b.c/2', { x: '1', y: '2' }],
  ['a://{x}/b.c/{y}', 'a://1/bxc/2', undefined],
  ['straße://{x}', 'stra%C3%9Fe://1', { x: '1' }],
];

test('a template gives the variables of its URIs, percent-decoded', () => {
  for (const [template, uri, variables] of MATCHES) {
    assert.deepEqual(new UriTemplate(template).match(uri), variables, `${template} ${uri}`);
  }
});

test('an expression that is not understood is refused', () => {
  for (const template of ['a://{?x}', 'a://{x*}', 'a://{x,y}', 'a://{}']) {
    assert.throws(() => new UriTemplate(template), TypeError);
  }
});
