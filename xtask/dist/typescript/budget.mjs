// What the package weighs for its users: bundles, the compiler's work, the start of a process. Measured in a program
// that has the packed package installed, and written as a page; or, with `--check`, the sizes alone, which are the same
// every time, held to those on the page.
//
//   budget.mjs <folder of the program> <page> [--check]

import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

import { measureStart } from './budget/start.mjs';
import { measureTypes } from './budget/types.mjs';

const [program, page, check] = process.argv.slice(2);
const KB = 1024;
/** Versions of Node compress a little differently. */
const SLACK = 1.005;
/** Modules that are shown by name. */
const SHOWN = 16;

const CORES = [
  { title: 'client', code: "export { connect } from 'isogloss';", budget: 15 * KB },
  { title: 'server', code: "export { server } from 'isogloss';", budget: 25 * KB },
];
/** What a client loads once it knows what it connects to. */
const CONNECTED = [
  {
    name: 'client of an address, in several files',
    modules: ['http-client.js', 'http-client/endpoint.js'],
  },
  { name: 'client over a transport, in several files', modules: ['client/connection.js'] },
];
/** Leaves out what `import()` loads when it is needed, as bundlers do that can make several files. */
const WITHOUT_LOADED = {
  name: 'without what is loaded when it is needed',
  setup(build) {
    build.onResolve({ filter: /^/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};
const manifest = JSON.parse(
  readFileSync(join(program, 'node_modules/isogloss/package.json'), 'utf8'),
);
const number = (value) => Math.round(value).toLocaleString('en');

const OPTIONS = {
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['import'],
  // Peers are the user's own.
  external: ['node:*', ...Object.keys(manifest.peerDependencies ?? {})],
  logLevel: 'warning',
};
const sizeOf = (contents) => gzipSync(contents, { level: 9 }).length;

/** A bundle as a page would load it, in one file. */
async function bundle(code, plugins = []) {
  const stdin = { contents: code, resolveDir: program };
  const { outputFiles, metafile } = await build({ ...OPTIONS, stdin, plugins });
  const [{ contents }] = outputFiles;
  const [{ inputs }] = Object.values(metafile.outputs);
  const modules = Object.entries(inputs).map(([path, { bytesInOutput }]) => ({
    name: path.replace(/^.*node_modules\/(isogloss\/dist\/)?/, ''),
    bytes: bytesInOutput,
  }));
  return {
    bytes: contents.length,
    zipped: sizeOf(contents),
    modules: modules.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes),
  };
}

/** What a page loads of several files: those that it needs at once, and for modules that are loaded when needed. */
async function loaded(code, modules) {
  const stdin = { contents: code, resolveDir: program };
  const several = { splitting: true, outdir: program };
  const { outputFiles, metafile } = await build({ ...OPTIONS, ...several, stdin });
  const contents = new Map(outputFiles.map((file) => [basename(file.path), file.contents]));
  const wanted = ['<stdin>', ...modules.map((module) => `isogloss/dist/${module}`)];
  const files = new Set();
  const load = (path) => {
    if (files.has(path)) return;
    files.add(path);
    const { imports } = metafile.outputs[path];
    for (const { kind, path } of imports) if (kind === 'import-statement') load(path);
  };
  for (const [path, { entryPoint = '' }] of Object.entries(metafile.outputs)) {
    if (wanted.some((module) => entryPoint.endsWith(module))) load(path);
  }
  const texts = [...files].map((path) => contents.get(basename(path)));
  const sum = (sizes) => sizes.reduce((all, size) => all + size, 0);
  return { bytes: sum(texts.map(({ length }) => length)), zipped: sum(texts.map(sizeOf)) };
}

/** The parts of the package, each by itself; those that need Node are not for pages. */
async function measureParts() {
  const names = Object.keys(manifest.exports).map((path) => path.replace('.', 'isogloss'));
  const parts = [];
  for (const name of names) {
    parts.push({
      name: `everything of \`${name}\``,
      ...(await bundle(`export * from '${name}';`)),
    });
  }
  return parts;
}

async function measureSizes() {
  const cores = [];
  const parts = [];
  for (const { title, code, budget } of CORES) {
    const name = `${title} core: \`${code.slice(0, -1)}\``;
    cores.push({ name, title, budget, ...(await bundle(code, [WITHOUT_LOADED])) });
    parts.push({ name: `${title} core with HTTP, in one file`, ...(await bundle(code)) });
  }
  const [{ code }] = CORES;
  for (const { name, modules } of CONNECTED) {
    parts.push({ name, ...(await loaded(code, modules)) });
  }
  return { cores, parts: [...parts, ...(await measureParts())] };
}

function verdict({ zipped, budget }) {
  if (budget === undefined) return '| |';
  const over = zipped - budget;
  return `${number(budget)} | ${over > 0 ? `**missed** by ${number(over)}` : `kept, ${number(-over)} left`} |`;
}

const row = (size) =>
  `| ${size.name} | ${number(size.bytes)} | ${number(size.zipped)} | ${verdict(size)}`;

/** What fills a bundle: the largest modules, and the others together. */
function filling({ title, bytes, modules }) {
  const others = modules.slice(SHOWN);
  const rows = modules.slice(0, SHOWN).map(({ name, bytes }) => [name.replace(/\.js$/, ''), bytes]);
  rows.push([`${others.length} others`, others.reduce((sum, { bytes }) => sum + bytes, 0)]);
  const share = (part) => `${((100 * part) / bytes).toFixed(1)} %`;
  return [
    `## What fills the ${title}`,
    '',
    '| module | bytes | |',
    '|---|--:|--:|',
    ...rows.map(([name, bytes]) => `| ${name} | ${number(bytes)} | ${share(bytes)} |`),
  ].join('\n');
}

async function write({ cores, parts }) {
  const types = await measureTypes(program);
  const start = await measureStart(program);
  const text = `# What the TypeScript package weighs

Written by \`cargo xtask budget typescript\`, from the packed package as it is installed; do not edit.

Bundled and minified by esbuild for es2022, then gzip -9; bytes, 15 KB are ${number(15 * KB)}. \`cargo xtask dist typescript\`
fails where one of these has grown. What speaks HTTP is loaded when it is used (\`import()\`), and so is what holds a
client's conversation over a transport: a core is without it, everything else in one file with it. A bundler that makes
several files has more bytes of both together, since what they share cannot be left out by half: the two clients in
several files are what a page loads of them, its core included.

| bundle | minified | min+gzip | budget | |
|---|--:|--:|--:|---|
${[...cores, ...parts].map(row).join('\n')}

${cores.map(filling).join('\n\n')}

## Types

What \`tsc\` ${types.version} has to do for one file, above what it has to do for a server without tools.

| file | instantiations | check time |
|---|--:|--:|
${types.rows.map(({ name, instantiations, seconds }) => `| ${name} | ${number(instantiations)} | ${seconds.toFixed(2)} s |`).join('\n')}

## Cold start

From the start of the process to the answer to \`server/discover\` over stdio; the fastest of ${start.runs} runs, in turn.

| | ms |
|---|--:|
${start.rows.map(({ name, ms }) => `| ${name} | ${ms.toFixed(0)} |`).join('\n')}

Times are those of one machine, ${start.machine}; everything else is the same wherever it is measured.
`;
  writeFileSync(page, text);
}

/** The sizes that the page has. */
function recorded() {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| (.+?) \| ([\d,]+) \| ([\d,]+) \|/gm);
  return new Map([...rows].map(([, name, , zipped]) => [name, Number(zipped.replaceAll(',', ''))]));
}

const sizes = await measureSizes();
for (const { title, zipped, budget } of sizes.cores) {
  const said = zipped > budget ? `${number(zipped - budget)} over it` : 'kept';
  console.log(
    `typescript: ${number(zipped)} bytes of ${title} core, min+gzip; budget ${number(budget)}: ${said}`,
  );
}
if (check !== '--check') {
  await write(sizes);
} else {
  const known = recorded();
  for (const { name, zipped } of [...sizes.cores, ...sizes.parts]) {
    const before = known.get(name);
    if (before !== undefined && zipped <= before * SLACK) continue;
    console.error(
      `${name}: ${number(zipped)} bytes min+gzip, ${before === undefined ? 'not' : number(before)} on the page; ` +
        'make it smaller, or let `cargo xtask budget typescript` write what it is now',
    );
    process.exitCode = 1;
  }
}
