import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as v from 'valibot';
import * as z from 'zod';
import { type } from 'arktype';

import { compile, withJsonSchema, type Infer, type Schema } from './schema.js';
import { jsonSchema, type JsonSchema } from './schema/json-schema.js';

type Case = [schema: JsonSchema, value: unknown, problems: string[]];

const PERSON = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 3 },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    mood: { enum: ['good', 'bad', null] },
    pets: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 2 },
    version: { const: { a: [1] } },
  },
  required: ['name'],
  additionalProperties: false,
} as const;

const CASES: Case[] = [
  [PERSON, { name: 'Ann', age: 2, mood: null, pets: ['cat'], version: { a: [1] } }, []],
  [PERSON, [], ['expected object, found array']],
  [PERSON, {}, ['name: required member is missing']],
  [
    PERSON,
    { name: '', age: -1 },
    ['name: must have at least 1 characters', 'age: must be at least 0'],
  ],
  [PERSON, { name: '😀😀😀😀' }, ['name: must have at most 3 characters']],
  [PERSON, { name: 'Ann', age: 1.5 }, ['age: expected integer, found number']],
  [PERSON, { name: 'Ann', age: 2 ** 53 }, ['age: must be at most 150']],
  [PERSON, { name: 'Ann', age: 151 }, ['age: must be at most 150']],
  [
    PERSON,
    { name: 'Ann', mood: 'odd' },
    ['mood: expected one of "bad", "good", null, found "odd"'],
  ],
  [PERSON, { name: 'Ann', pets: [] }, ['pets: must have at least 1 items']],
  [
    PERSON,
    { name: 'Ann', pets: ['a', 'b', 3] },
    ['pets[2]: expected string, found number', 'pets: must have at most 2 items'],
  ],
  [PERSON, { name: 'Ann', version: { a: [2] } }, ['version: expected {"a":[1]}, found {"a":[2]}']],
  [PERSON, { name: 'Ann', aeg: 1 }, ['aeg: unknown argument, did you mean "age"?']],
  [PERSON, { name: 'Ann', nonsense: 1 }, ['nonsense: unknown argument']],
  [PERSON, JSON.parse('{"name":"Ann","__proto__":1}'), ['__proto__: unknown argument']],
  [
    { type: 'object', additionalProperties: { type: 'integer' } },
    { a: 1, b: 'c' },
    ['b: expected integer, found string'],
  ],
  [{ minimum: 1 }, 'no number', []],
  [{}, undefined, []],
];

test('a JSON Schema written by hand is enforced, and all that is wrong is said', async () => {
  for (const [schema, value, problems] of CASES) {
    const checked = await compile(jsonSchema(schema), 'input').check(value);
    assert.deepEqual(checked.problems ?? [], problems, JSON.stringify(value));
  }
});

test('a JSON Schema written by hand is served as it is', () => {
  assert.equal(compile(jsonSchema(PERSON), 'input').json, PERSON);
});

test('a library that gives no JSON Schema is refused', () => {
  const mute = {
    '~standard': { version: 1, vendor: 'mute', validate: (value: unknown) => ({ value }) },
  } as const;
  assert.throws(() => compile(mute, 'input'), /mute gives no JSON Schema.*withJsonSchema/);
});

test('a library may take its time, and speak for itself', async () => {
  const issues = [{ message: 'no', path: ['a', { key: 0 }] }, { message: 'nothing' }];
  const slow = compile(
    {
      '~standard': {
        version: 1,
        vendor: 'slow',
        validate: async (value: unknown) => (value === 1 ? { value: 2 } : { issues }),
        jsonSchema: { input: () => ({ type: 'integer' }), output: () => ({ type: 'string' }) },
      },
    },
    'output',
  );
  assert.deepEqual(slow.json, { type: 'string' });
  assert.deepEqual(await slow.check(1), { value: 2 });
  assert.deepEqual((await slow.check(0)).problems, ['a[0]: no', 'nothing']);
});

test('a plain object is refused with what to do about it', () => {
  const plain = { type: 'object' } as unknown as Schema;
  assert.throws(() => compile(plain, 'input'), /found a plain object: wrap .* jsonSchema/);
  // @ts-expect-error: the type says so, too
  assert.throws(() => compile({ type: 'object' }, 'input'), TypeError);
  for (const other of [null, undefined, 1, 'x', []]) {
    assert.throws(() => compile(other as unknown as Schema, 'input'), TypeError);
  }
});

const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
} as const;

test('zod, valibot and arktype are taken as they are', async () => {
  const all: [schema: Schema, vendor: string][] = [
    [z.object({ city: z.string() }), 'zod'],
    [type({ city: 'string' }), 'arktype'],
    [withJsonSchema(v.object({ city: v.string() }), CITY), 'valibot'],
    [jsonSchema(CITY), 'isogloss'],
  ];
  for (const [schema, vendor] of all) {
    assert.equal(schema['~standard'].vendor, vendor);
    const { json, check } = compile(schema, 'input');
    assert.deepEqual(json.properties, CITY.properties, vendor);
    assert.deepEqual(json.required, CITY.required, vendor);
    assert.deepEqual(await check({ city: 'Ulm' }), { value: { city: 'Ulm' } });
    const { problems = [] } = await check({ city: 1 });
    assert.match(problems[0]!, /^city: /, vendor);
  }
  assert.throws(
    () => compile(v.object({}), 'input'),
    /valibot gives no JSON Schema.*valibot\/to-json-schema/,
  );
});

// The compiler infers the values of a schema: without this error this file does not compile.
const PERSON_SCHEMA = jsonSchema(PERSON);
const person: Infer<typeof PERSON_SCHEMA> = { name: 'Ann', mood: 'good', pets: ['cat'] };
// @ts-expect-error: `age` is a number
person.age = 'old';

const MIXED = jsonSchema({
  type: 'object',
  properties: {
    size: { type: ['integer', 'null'] },
    either: { anyOf: [{ type: 'string' }, { const: 7 }] },
    pairs: { type: 'array', items: { type: 'object', properties: { a: { type: 'boolean' } } } },
  },
  required: ['size'],
});
const mixed: Infer<typeof MIXED> = { size: null, either: 7, pairs: [{ a: true }] };
// @ts-expect-error: `either` is a string or 7
mixed.either = 8;
