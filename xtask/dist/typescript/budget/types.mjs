// What the compiler has to do for servers with many tools. It runs in one thread, so that what it counts is the same
// every time.

import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const TOOLS = 200;
/** The shortest time of these counts: what else the machine does only makes it longer. */
const RUNS = 5;
const COMPILER = new URL(
  '../../../../bindings/typescript/node_modules/typescript/',
  import.meta.url,
);
const FLAGS =
  '--noEmit --singleThreaded --strict --exactOptionalPropertyTypes --module nodenext --target es2022 --skipLibCheck --extendedDiagnostics';

/** A file's code, its tools made by `tool`, which is given their numbers. */
function server(tool, count) {
  const tools = Array.from({ length: count }, (_, n) => tool(n));
  return `import { server } from 'isogloss';
import { jsonSchema } from 'isogloss/json-schema';
import * as z from 'zod';
export const many = server('many', '1', {})
${tools.join('\n')};
void [jsonSchema, z];
`;
}

const withZod = (n) => `.tool(
  'tool_${n}',
  {
    doc: 'One of many.',
    input: z.object({ a: z.string(), b: z.int().min(1).default(${n}), c: z.enum(['x', 'y']).optional() }),
    output: z.object({ d_${n}: z.string() }),
  },
  ({ a, b }) => ({ d_${n}: a.repeat(b) }),
)`;

const withJsonSchema = (n) => `.tool(
  'tool_${n}',
  {
    doc: 'One of many.',
    input: jsonSchema({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'integer', minimum: ${n} }, c: { enum: ['x', 'y'] } },
      required: ['a'],
    }),
  },
  ({ a }) => String(a),
)`;

/** Instantiations and seconds of each kind of file, above those of an empty server. */
export async function measureTypes(program) {
  const { version } = JSON.parse(readFileSync(new URL('package.json', COMPILER), 'utf8'));
  const floor = await compile(program, server(withZod, 0));
  const rows = [];
  for (const [name, tool] of [
    [`${TOOLS} tools, schemas by zod`, withZod],
    [`${TOOLS} tools, JSON Schemas by hand`, withJsonSchema],
  ]) {
    const found = await compile(program, server(tool, TOOLS));
    rows.push({
      name,
      instantiations: found.instantiations - floor.instantiations,
      seconds: Math.max(0, found.seconds - floor.seconds),
    });
  }
  return { version, rows };
}

async function compile(program, code) {
  const file = join(program, 'many.ts');
  writeFileSync(file, code);
  const compiler = decodeURIComponent(new URL('bin/tsc', COMPILER).pathname);
  const args = [
    compiler,
    ...FLAGS.split(' '),
    '--lib',
    'es2022,esnext.disposable,dom',
    '--types',
    '',
    file,
  ];
  try {
    const runs = [];
    for (let run = 0; run < RUNS; run += 1) {
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: program });
      runs.push(stdout);
    }
    const figures = (name) =>
      runs.map((said) => Number(new RegExp(`^${name}:\\s*([\\d.]+)`, 'm').exec(said)?.[1]));
    return {
      instantiations: Math.min(...figures('Instantiations')),
      seconds: Math.min(...figures('Check time')),
    };
  } catch (error) {
    throw new Error(`${error.message}\n${error.stdout}`);
  } finally {
    rmSync(file);
  }
}
