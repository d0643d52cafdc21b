// The vectors that all languages share: arguments, what is refused when a tool is offered, coercion, results.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { connect, server, type Server, type ServerOptions } from './index.js';
import { compile } from './schema.js';
import { jsonSchema, type JsonSchema } from './schema/json-schema.js';
import { parseJson, type JsonObject } from './wire/json.js';

const VECTORS = new URL('../../../spec/vectors/arguments.json', import.meta.url);

interface Vectors {
  arguments: {
    schema: JsonSchema;
    accepts: { given: string; taken?: string }[];
    refuses: { given: string; problems: string[] }[];
  }[];
  registration: { schema: JsonSchema; has: string }[];
  coercion: {
    schema: JsonSchema;
    rows: {
      given: string;
      taken: string | null;
      mended?: string[];
      problems?: string[];
      off: string[] | null;
    }[];
  }[];
  wrapping: { is: string; content: unknown; outputSchema: unknown }[];
}

const VECTOR = JSON.parse(readFileSync(VECTORS, 'utf8')) as Vectors;

/** Integers that JavaScript cannot hold are refused, not rounded. */
const BEYOND = ['{"a":9007199254740993}', '{"a":-9223372036854775808}'];

/** A server with a tool that gives its arguments back. */
function echo(schema: JsonSchema, options: ServerOptions = {}): Server {
  return server('vectors', '1', options).tool(
    'echo',
    { input: jsonSchema(schema) },
    (args) => args,
  );
}

/** The text of a call's result, and whether that is an error. */
async function called(tested: Server, given: string): Promise<[text: string, isError: boolean]> {
  const client = await connect(tested);
  const { content, isError = false } = await client.callTool(
    'echo',
    parseJson(given) as JsonObject,
  );
  await client.close();
  return [(content[0] as { text: string }).text, isError];
}

test('arguments are accepted and refused with the words of all languages', async () => {
  for (const { schema, accepts, refuses } of VECTOR.arguments) {
    const { check } = compile(jsonSchema(schema), 'input');
    for (const { given, taken = given } of accepts) {
      const checked = await check(parseJson(given));
      if (BEYOND.includes(given)) {
        assert.deepEqual(checked.problems, ['a: integer out of range'], given);
        continue;
      }
      assert.equal(checked.problems, undefined, given);
      assert.deepEqual(JSON.parse(JSON.stringify(checked.value)), JSON.parse(taken), given);
    }
    for (const { given, problems } of refuses) {
      assert.deepEqual((await check(parseJson(given))).problems, problems, given);
    }
  }
});

test('a schema that cannot be held is refused when it is offered', () => {
  for (const { schema, has } of VECTOR.registration) {
    assert.throws(
      () => echo(schema),
      (error: unknown) => {
        assert.ok(error instanceof TypeError && error.message.includes(has), `${error} has ${has}`);
        return true;
      },
      JSON.stringify(schema),
    );
  }
});

test('a string is taken for what it spells only where that is wanted', async () => {
  for (const { schema, rows } of VECTOR.coercion) {
    const told: string[] = [];
    const reporting = echo(schema, {
      coercion: 'report',
      diagnostics: ({ message }) => told.push(message),
    });
    for (const { given, taken, mended = [], problems = [], off } of rows) {
      told.length = 0;
      const [text] = await called(reporting, given);
      assert.equal(text, taken ?? problems.join('\n'), given);
      const lines = told.map((line) => line.replace('the tool echo: arguments: ', ''));
      assert.deepEqual(lines, mended, given);
      const refused = await called(echo(schema), given);
      if (off === null) assert.equal(refused[1], false, given);
      else assert.deepEqual(refused, [off.join('\n'), true], given);
    }
  }
});

test('plain values stand in an object', async () => {
  const given: Record<string, [value: unknown, schema?: JsonSchema]> = {
    integer: [3, { type: 'integer' }],
    text: ['sunny', { type: 'string' }],
    list: [['a', 'b'], { type: 'array', items: { type: 'string' } }],
    truth: [true, { type: 'boolean' }],
    object: [
      { sum: 5 },
      { type: 'object', properties: { sum: { type: 'integer' } }, required: ['sum'] },
    ],
    nothing: [undefined],
  };
  for (const { is, content, outputSchema } of VECTOR.wrapping) {
    const [value, schema] = given[is]!;
    const options = schema === undefined ? {} : { output: jsonSchema(schema) };
    const client = await connect(
      server('vectors', '1').tool('echo', options, () => value as never),
    );
    const result = await client.callTool('echo');
    assert.deepEqual(result.structuredContent ?? null, content, is);
    const [text] = result.content as { text: string }[];
    assert.deepEqual(text === undefined ? null : JSON.parse(text.text), content, is);
    assert.deepEqual((await client.listTools())[0]!.outputSchema ?? null, outputSchema, is);
    await client.close();
  }
});

test('alternatives that refer to themselves look at each value once', async () => {
  const side = (name: string): JsonSchema => ({
    type: 'object',
    properties: { left: { $ref: '#/$defs/node' }, [name]: { type: 'integer' } },
    required: [name],
  });
  const schema: JsonSchema = {
    type: 'object',
    $defs: { node: { anyOf: [side('a'), side('b')] } },
    properties: { root: { $ref: '#/$defs/node' } },
  };
  const depth = 60;
  const deep = `{"root":${'{"left":'.repeat(depth)}{}${'}'.repeat(depth)}}`;
  const { problems } = await compile(jsonSchema(schema), 'input').check(parseJson(deep));
  assert.deepEqual(problems, ['root: matches none of the alternatives']);
  assert.match((await called(echo(schema, { coercion: 'on' }), deep))[0], /root: matches none/);
});
