// What Node loads: each sub-path of the package as one file, and what several of them share in files between them, for
// Node takes longer to find a hundred modules than to run them. Bundlers take the modules as they are.

import { readFileSync, rmSync } from 'node:fs';

import { build } from 'esbuild';

const FOLDER = 'dist/bundled';

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const entries = Object.values(exports).map((paths) => [
  paths.node.replace(`./${FOLDER}/`, '').replace(/\.js$/, ''),
  paths.default,
]);

rmSync(FOLDER, { recursive: true, force: true });
await build({
  entryPoints: Object.fromEntries(entries),
  outdir: FOLDER,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  target: 'es2022',
  logLevel: 'warning',
});
