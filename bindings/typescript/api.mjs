// The public API as text: `npm run api` writes api.txt from the declarations that were built, so that a change of the
// API shows as one; `--check` only tells whether the text is what it would write.
//
// It reads what `tsc` writes, in the form in which that is written: a statement begins at the left margin, a member
// one step in, and what goes on stands further in, closes, or begins with a brace or an alternative. What is `@internal`, private or not exported is left out,
// and so are comments. Of what the generator writes only the names are shown.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = dirname(fileURLToPath(import.meta.url));
const FILE = join(PACKAGE, 'api.txt');
const INTERNAL = '@internal';
/** Where the modules are, and those of the generator. */
const BUILT = 'dist/';
const GENERATED = 'dist/protocol/';

/** The lines of a module's statements, without comments and what is internal. */
function statementsOf(module) {
  const file = join(PACKAGE, module.replace(/\.js$/, '.d.ts'));
  const text = readFileSync(file, 'utf8').replace(/\/\*[^]*?\*\//g, (comment) =>
    comment.includes(INTERNAL) ? INTERNAL : '',
  );
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return blocksOf(withoutInternal(lines));
}

const indentOf = (line) => line.length - line.trimStart().length;

/** Whether a line goes on with what began at this indent. */
const goesOn = (line, indent) =>
  indentOf(line) > indent || (indentOf(line) === indent && /^\s*[{|&})\]]/.test(line));

/** Lines without marks of what is internal, the line after a mark and those that go on with it. */
function withoutInternal(lines) {
  const kept = [];
  for (let at = 0; at < lines.length; at += 1) {
    if (lines[at].trim().startsWith('#private')) continue;
    if (!lines[at].trim().startsWith(INTERNAL)) {
      kept.push(lines[at]);
      continue;
    }
    // The mark has a line of its own, or stands before what it is about.
    if (lines[at].trim() === INTERNAL) at += 1;
    const indent = indentOf(lines[at]);
    while (at + 1 < lines.length && goesOn(lines[at + 1], indent)) at += 1;
  }
  return kept;
}

function blocksOf(lines) {
  const blocks = [];
  for (const line of lines) {
    if (goesOn(line, 0) && blocks.length > 0) blocks.at(-1).push(line);
    else blocks.push([line]);
  }
  return blocks.map((block) => block.join('\n'));
}

const LIST = /^(?:export|import) (?:type )?\{([^}]*)\}(?: from '([^']+)')?;$/;
const STAR = /^export (?:type )?\*(?: as (\w+))? from '([^']+)';$/;
const DECLARED =
  /^(?:export )?(?:declare )?(?:abstract )?(?:class|function|const|let|interface|type|namespace) ([\w$]+)/;

const modules = new Map();

/** A module: what it declares and imports by name, what it exports by name, and what it passes on as a whole. */
function read(path) {
  if (modules.has(path)) return modules.get(path);
  const module = { path, declared: new Map(), imported: new Map(), exported: new Map(), stars: [] };
  modules.set(path, module);
  for (const statement of statementsOf(path)) add(module, statement);
  return module;
}

function add(module, statement) {
  const from = (specifier) =>
    specifier?.startsWith('.') ? posix.join(posix.dirname(module.path), specifier) : specifier;
  const flat = statement.replace(/\s+/g, ' ');
  const [, names, source] = LIST.exec(flat) ?? [];
  if (names !== undefined) {
    const to = flat.startsWith('import') ? module.imported : module.exported;
    for (const entry of names.split(',')) {
      const [, name, as = name] = /^(?:type )?([\w$]+)(?: as ([\w$]+))?$/.exec(entry.trim()) ?? [];
      if (name !== undefined) to.set(as, { name, from: from(source) });
    }
    return;
  }
  const [star, as, whole] = STAR.exec(flat) ?? [];
  if (star !== undefined) {
    module.stars.push({ as, from: from(whole) });
    return;
  }
  const [, name] = DECLARED.exec(statement) ?? [];
  if (name === undefined) {
    if (/^(?:import|export \{\};|\/\/\/ <reference )/.test(flat)) return;
    throw new Error(`${module.path}: this is not understood: ${flat}`);
  }
  module.declared.set(name, [...(module.declared.get(name) ?? []), statement]);
  if (statement.startsWith('export')) module.exported.set(name, { name });
}

/** The statements that declare a name, wherever it comes from. */
function declarationOf(path, name) {
  const module = read(path);
  const source = module.exported.get(name) ?? module.imported.get(name);
  const asLocal = module.declared.get(source?.name ?? name);
  if (asLocal !== undefined) {
    return path.startsWith(GENERATED) ? [`${name} from ${path.slice(BUILT.length)}`] : asLocal;
  }
  if (source === undefined) throw new Error(`${path}: nothing is called ${name}`);
  const from = source.from ?? module.imported.get(source.name)?.from;
  if (from === undefined) throw new Error(`${path}: ${name} comes from nowhere`);
  if (!from.startsWith(BUILT)) return [`${source.name} from '${from}'`];
  return declarationOf(from, source.name);
}

/** What a module exports, in order: by name, and generated modules as a whole. */
function linesOf(path) {
  const { exported, stars } = read(path);
  const byName = [...exported.keys()].map((name) => [name, declarationOf(path, name)]);
  const wholes = [];
  for (const { as, from } of stars) {
    if (from.startsWith(GENERATED) || as !== undefined) {
      wholes.push(`* ${as === undefined ? '' : `as ${as} `}from ${from.slice(BUILT.length)}`);
    } else byName.push(...linesOf(from));
  }
  byName.sort(([a], [b]) => (a < b ? -1 : 1));
  return [...wholes.sort().map((whole) => [whole, [whole]]), ...byName];
}

/** A declaration as it is shown. */
const shown = (statement) =>
  statement
    .replace(/^export /, '')
    .replace(/^declare /, '')
    .replace(/;$/, '')
    .replace(/^( {4})+/gm, (indent) => indent.replaceAll('    ', '  '));

function api() {
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
  const parts = Object.entries(exports).map(([name, { default: file }]) => {
    const declarations = linesOf(file.replace(/^\.\//, '')).flatMap(([, all]) => all);
    return `# ${name.replace('.', 'isogloss')}\n\n${declarations.map(shown).join('\n')}\n`;
  });
  return `What this package exports, written by \`npm run api\` from its declarations.\n\n${parts.join('\n')}`;
}

const text = api();
if (process.argv[2] !== '--check') {
  writeFileSync(FILE, text);
} else if (text !== readFileSync(FILE, 'utf8')) {
  const [is, was] = [text, readFileSync(FILE, 'utf8')].map((all) => new Set(all.split('\n')));
  const only = (lines, others, sign) =>
    [...lines].filter((line) => !others.has(line)).map((line) => `${sign} ${line}`);
  console.error([...only(was, is, '-'), ...only(is, was, '+')].join('\n'));
  console.error(
    'api.txt is not what the package exports: look at what changed, then `npm run api`',
  );
  process.exitCode = 1;
}
