import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compile, type Infer, type Schema } from './schema.js';

type Case = [schema: Schema, value: unknown, problems: string[]];

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
  [PERSON, { name: 'Ann', age: 2 ** 53 }, ['age: integer out of range']],
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
  [PERSON, { name: 'Ann', version: { a: [2] } }, ['version: expected {"a":[1]}, found object']],
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
    const checked = await compile(schema, 'input').check(value);
    assert.deepEqual(checked.problems ?? [], problems, JSON.stringify(value));
  }
});

test('a JSON Schema written by hand is served as it is', () => {
  assert.equal(compile(PERSON, 'input').json, PERSON);
});

test('a library that gives no JSON Schema is refused', () => {
  const mute = {
    '~standard': { version: 1, vendor: 'mute', validate: (value: unknown) => ({ value }) },
  } as const;
  assert.throws(() => compile(mute, 'input'), /mute gives no JSON Schema/);
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

// The compiler infers the values of a schema: without this error this file does not compile.
const person: Infer<typeof PERSON> = { name: 'Ann', mood: 'good', pets: ['cat'] };
// @ts-expect-error: `age` is a number
person.age = 'old';
