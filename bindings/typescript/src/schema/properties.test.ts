// What holds for any schema, any value and any pattern.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { checkValue } from './check.js';
import { mend } from './coercion.js';
import { compileRules } from './compile.js';
import type { AnySchema } from './keywords.js';
import { Pattern } from './pattern.js';

/** Keywords with values that are often of the right kind. */
const anything: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 2 });
const { schema: wild } = fc.letrec<{ schema: unknown }>((tie) => {
  const sub = tie('schema');
  const some = fc.array(sub, { maxLength: 3 });
  const named = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', '^a', '('), sub, {
    maxKeys: 3,
  });
  const keyword = fc.oneof(
    fc.tuple(
      fc.constantFrom('properties', '$defs', 'patternProperties', 'dependentSchemas'),
      named,
    ),
    fc.tuple(fc.constantFrom('allOf', 'anyOf', 'oneOf', 'prefixItems'), some),
    fc.tuple(
      fc.constantFrom(
        'items',
        'not',
        'if',
        'then',
        'contains',
        'propertyNames',
        'unevaluatedItems',
      ),
      sub,
    ),
    fc.tuple(fc.constantFrom('additionalProperties', 'unevaluatedProperties'), sub),
    fc.tuple(
      fc.constantFrom('$ref', '$dynamicRef'),
      fc.constantFrom('#', '#/$defs/a', '#a', 'x#', '#/%'),
    ),
    fc.tuple(fc.constantFrom('$id', '$anchor', '$dynamicAnchor', 'pattern', 'format'), fc.string()),
    fc.tuple(
      fc.constantFrom('required', 'type'),
      fc.constantFrom('object', ['a'], ['string', 'null']),
    ),
    fc.tuple(
      fc.constantFrom('enum', 'const', 'minimum', 'minItems', 'multipleOf', 'required'),
      anything,
    ),
  );
  const schema = fc.array(keyword, { maxLength: 4 }).map((all) => Object.fromEntries(all));
  return { schema: fc.oneof({ maxDepth: 4 }, fc.boolean(), anything, schema) };
});

test('any schema is compiled or refused by a TypeError, and any value then checked', () => {
  fc.assert(
    fc.property(wild, anything, (schema, value) => {
      const isSchema = typeof schema === 'boolean' || Object(schema) === schema;
      if (!isSchema || Array.isArray(schema)) return;
      try {
        const problems = checkValue(compileRules(schema as AnySchema), value, 'argument');
        assert.ok(problems.every(({ message }) => message.length > 0));
      } catch (error) {
        assert.ok(error instanceof TypeError, String(error));
        assert.ok(!/undefined|not a function|not iterable/.test(error.message), error.message);
      }
      mend(schema, value);
    }),
    { numRuns: 1000 },
  );
});

/** Small schemas without references, and a value: the second way of checking is written as the words of the specification. */
const { small } = fc.letrec<{ small: any }>((tie) => {
  const sub = tie('small');
  const keyword = fc.oneof(
    fc.tuple(fc.constant('type'), fc.constantFrom('integer', 'string', 'object', 'array', 'null')),
    fc.tuple(fc.constant('const'), fc.constantFrom(1, 'a', null, [1])),
    fc.tuple(fc.constantFrom('minimum', 'maximum'), fc.integer({ min: -2, max: 2 })),
    fc.tuple(
      fc.constantFrom('allOf', 'anyOf', 'oneOf'),
      fc.array(sub, { minLength: 1, maxLength: 3 }),
    ),
    fc.tuple(fc.constantFrom('not', 'items', 'contains', 'if', 'then', 'else'), sub),
    fc.tuple(fc.constant('additionalProperties'), sub),
    fc.tuple(fc.constant('required'), fc.constantFrom(['a'], ['a', 'b'])),
    fc.tuple(
      fc.constant('properties'),
      fc.dictionary(fc.constantFrom('a', 'b'), sub, { maxKeys: 2 }),
    ),
    fc.tuple(fc.constant('uniqueItems'), fc.boolean()),
  );
  const keywords = fc.array(keyword, { maxLength: 3 }).map((all) => Object.fromEntries(all));
  return { small: fc.oneof({ maxDepth: 4 }, fc.boolean(), keywords) };
});

const { plain } = fc.letrec<{ plain: unknown }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, 1, 1.5, -2, 3, 'a', 'b', true),
    fc.array(tie('plain'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('plain'), { maxKeys: 3 }),
  ),
}));

function fits(schema: any, value: any): boolean {
  if (typeof schema === 'boolean') return schema;
  const s = { if: true, then: true, else: true, ...schema };
  const isArray = Array.isArray(value);
  const isObject = typeof value === 'object' && value !== null && !isArray;
  const type = value === null ? 'null' : isArray ? 'array' : typeof value;
  const text = (item: unknown) =>
    JSON.stringify(item, (_, inner) =>
      Object(inner) === inner && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  const matching = (list: any[]) => list.filter((one) => fits(one, value)).length;
  const others = isObject
    ? Object.keys(value).filter((name) => !Object.hasOwn(s.properties ?? {}, name))
    : [];
  return [
    s.type === undefined || type === s.type || (s.type === 'integer' && Number.isInteger(value)),
    s.const === undefined || text(value) === text(s.const),
    s.minimum === undefined || type !== 'number' || value >= s.minimum,
    s.maximum === undefined || type !== 'number' || value <= s.maximum,
    s.allOf === undefined || matching(s.allOf) === s.allOf.length,
    s.anyOf === undefined || matching(s.anyOf) > 0,
    s.oneOf === undefined || matching(s.oneOf) === 1,
    s.not === undefined || !fits(s.not, value),
    fits(s.if, value) ? fits(s.then, value) || schema.if === undefined : fits(s.else, value),
    s.items === undefined || !isArray || value.every((item: unknown) => fits(s.items, item)),
    s.contains === undefined || !isArray || value.some((item: unknown) => fits(s.contains, item)),
    !s.uniqueItems || !isArray || new Set(value.map(text)).size === value.length,
    s.required === undefined ||
      !isObject ||
      s.required.every((name: string) => Object.hasOwn(value, name)),
    !isObject ||
      Object.entries(s.properties ?? {}).every(
        ([name, one]) => !Object.hasOwn(value, name) || fits(one, value[name]),
      ),
    s.additionalProperties === undefined ||
      others.every((name) => fits(s.additionalProperties, value[name])),
  ].every(Boolean);
}

test('a value is accepted just where the words of the specification say so', () => {
  let [accepted, refused] = [0, 0];
  fc.assert(
    fc.property(small, plain, (schema, value) => {
      const problems = checkValue(compileRules(schema), value, 'argument');
      assert.equal(problems.length === 0, fits(schema, value), JSON.stringify(problems));
      if (problems.length === 0) accepted++;
      else refused++;
    }),
    { numRuns: 3000 },
  );
  assert.ok(accepted > 300 && refused > 300, `${accepted} accepted, ${refused} refused`);
});

test('a pattern matches where the engine of JavaScript says so', () => {
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => {
    const part = fc.oneof(
      fc.constantFrom(
        'a',
        'b',
        '.',
        '[ab]',
        '[^a]',
        '\\d',
        '\\W',
        '\\s',
        '^',
        '$',
        '\\b',
        '\\u0061',
        '😀',
      ),
      tie('pattern').map((inner) => `(?:${inner})`),
    );
    const repeated = fc.tuple(
      part,
      fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'),
    );
    return {
      pattern: fc
        .array(
          fc.oneof(
            { weight: 5, arbitrary: repeated.map(([one, often]) => one + often) },
            fc.constant('|'),
          ),
          {
            maxLength: 4,
          },
        )
        .map((parts) => parts.join('')),
    };
  });
  const text = fc.array(fc.constantFrom('a', 'b', '1', ' ', '\n', '😀', 'é'), { maxLength: 6 });
  fc.assert(
    fc.property(pattern, text, (source, characters) => {
      let read: Pattern;
      try {
        read = new Pattern(source);
      } catch (error) {
        // A place that is repeated is refused here, and means little there.
        assert.match((error as Error).message, /nothing to repeat|nest deeper/);
        return;
      }
      const value = characters.join('');
      assert.equal(read.matches(value), new RegExp(source, 'u').test(value));
    }),
    { numRuns: 3000 },
  );
});

test('any text is a pattern or refused by a TypeError', () => {
  const piece = fc.constantFrom(...'()[]{}|^$.*+?\\-:<>=!,0129abdwsxupk😀\u0000');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        new Pattern(pieces.join('')).matches('a0');
      } catch (error) {
        assert.ok(
          error instanceof TypeError && error.message.startsWith('the pattern '),
          String(error),
        );
      }
    }),
    { numRuns: 3000 },
  );
});

test('a pattern that goes back without end elsewhere takes as long as it is, times the text', () => {
  const long = `${'a'.repeat(20_000)}!`;
  for (const source of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(a*)*b']) {
    assert.equal(new Pattern(source).matches(long), false, source);
  }
  assert.throws(() => new Pattern('((a{1000}){1000}){1000}'), /longer than 10000 steps/);
});
