// What a server of many tools, and a client that calls each of them by its type, cost the compiler.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const TSC = join(PACKAGE, 'node_modules/typescript/bin/tsc');
const OPTIONS =
  '--ignoreConfig --noEmit --strict --exactOptionalPropertyTypes --target es2022 --module nodenext --types node';

/** What the compiler says of a program. */
export interface Cost {
  readonly instantiations: number;
  readonly checkSeconds: number;
  readonly megabytes: number;
}

/** Compiles a chain of as many tools, each called once, against the built package. */
export async function costOf(tools: number): Promise<Cost> {
  // Below the package, so that it is found by its name.
  const folder = await mkdtemp(join(PACKAGE, 'dist', 'many-tools-'));
  try {
    const file = join(folder, 'many.ts');
    await writeFile(file, programOf(tools));
    const args = [TSC, ...OPTIONS.split(' '), '--extendedDiagnostics', file];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: PACKAGE });
    const figure = (name: string) =>
      Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(stdout)?.[1]);
    return {
      instantiations: figure('Instantiations'),
      checkSeconds: figure('Check time'),
      megabytes: Math.round(figure('Memory used') / 1024),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Every call is held to the type of its result: without types it would not compile. */
function programOf(tools: number): string {
  const input = `jsonSchema({ type: 'object', properties: { a: { type: 'integer' }, name: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' } } }, required: ['a', 'name'] })`;
  const output = `jsonSchema({ type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] })`;
  const each = (line: (index: number) => string) =>
    Array.from({ length: tools }, (_, i) => line(i)).join('\n');
  return `import { connect, server } from 'isogloss';
import { jsonSchema } from 'isogloss/json-schema';
const many = server('many', '1')
${each((i) => `.tool('tool_${i}', { input: ${input}, output: ${output} }, ({ a }) => ({ sum: a + ${i} }))`)};
const client = await connect(many);
${each((i) => `export const sum${i}: number = (await client.call('tool_${i}', { a: ${i}, name: 'x' })).sum;`)}
`;
}
