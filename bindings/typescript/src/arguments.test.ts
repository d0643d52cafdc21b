// The vectors of arguments that all languages share, as far as JSON Schemas by hand go here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { compile, type Schema } from './schema.js';
import { parseJson } from './wire/json.js';

const VECTORS = new URL('../../../spec/vectors/arguments.json', import.meta.url);

interface Row {
  schema: Schema;
  accepts?: { given: string }[];
  refuses?: { given: string; problems: string[] }[];
}

const { arguments: rows, registration } = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
  arguments: Row[];
  registration: { schema: Schema; has: string }[];
};

/** Keywords of the vectors that are refused when a tool is offered, for nothing here enforces them. */
const NOT_ENFORCED = new Set([
  'contains',
  'format',
  'oneOf',
  'pattern',
  'patternProperties',
  'prefixItems',
  'propertyNames',
  'unevaluatedProperties',
]);

/** Integers that JavaScript cannot hold are refused, not rounded. */
const BEYOND = ['{"a":9007199254740993}', '{"a":-9223372036854775808}'];

async function problemsOf(schema: Schema, given: string): Promise<readonly string[]> {
  return (await compile(schema, 'input').check(parseJson(given))).problems ?? [];
}

function unknownKeywordOf(schema: Schema): string | undefined {
  try {
    compile(schema, 'input');
    return undefined;
  } catch (error) {
    return /^the keyword "(.*?)".* is not enforced/.exec((error as Error).message)?.[1] ?? 'broken';
  }
}

test('arguments are accepted and refused with the words of all languages', async () => {
  const unknown = new Set<string>();
  for (const { schema, accepts = [], refuses = [] } of rows) {
    const keyword = unknownKeywordOf(schema);
    if (keyword !== undefined) {
      unknown.add(keyword);
      continue;
    }
    for (const { given } of accepts) {
      const expected = BEYOND.includes(given) ? ['a: integer out of range'] : [];
      assert.deepEqual(await problemsOf(schema, given), expected, given);
    }
    for (const { given, problems } of refuses) {
      assert.deepEqual(await problemsOf(schema, given), problems, given);
    }
  }
  assert.deepEqual([...unknown].sort(), [...NOT_ENFORCED].sort(), 'what is not held yet');
});

test('references that lead nowhere are refused when a tool is offered, with the words of all languages', () => {
  const words = ['nothing is fetched', 'refers to nothing', 'leads back to itself'];
  for (const has of words) {
    const row = registration.find((one) => one.has === has);
    assert.throws(() => compile(row!.schema, 'input'), new RegExp(has));
  }
});

test('alternatives that refer to themselves look at each value once', async () => {
  const side = (name: string) => ({
    type: 'object',
    properties: { left: { $ref: '#/$defs/node' }, [name]: { type: 'integer' } },
    required: [name],
  });
  const schema = {
    type: 'object',
    $defs: { node: { anyOf: [side('a'), side('b')] } },
    properties: { root: { $ref: '#/$defs/node' } },
  } as Schema;
  const depth = 60;
  const deep = `${'{"left":'.repeat(depth)}{}${'}'.repeat(depth)}`;
  assert.ok((await problemsOf(schema, `{"root":${deep}}`)).length > 0);
});
