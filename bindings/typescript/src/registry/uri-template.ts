// URI templates (RFC 6570), the two forms that resources use: `{name}` stands for text without `/`, `?`
// and `#`, `{+name}` for any text. Other expressions are refused.

import * as LIMITS from '../protocol/limits.js';

/** The names of a template's variables, from its text. */
export type Variables<Template extends string> = string extends Template
  ? Record<string, string>
  : { [Name in VariableNames<Template>]: string };

type VariableNames<Template extends string> =
  Template extends `${string}{${infer Name}}${infer Rest}`
    ? (Name extends `+${infer Plain}` ? Plain : Name) | VariableNames<Rest>
    : never;

type Part =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'variable'; readonly name: string; readonly isAny: boolean };

/** A template, ready to be matched. */
export class UriTemplate {
  readonly names: readonly string[];
  readonly #parts: readonly Part[];

  /**
   * @throws TypeError if it has braces that mean something else, two variables with nothing between them, or
   * one variable twice.
   */
  constructor(template: string) {
    const wrong = (what: string) => new TypeError(`resource template "${template}": ${what}`);
    const parts: Part[] = [];
    const names: string[] = [];
    for (const piece of template.split(/(\{[^}]*\})/)) {
      const [, plus, name] = /^\{(\+?)([A-Za-z_]\w*)\}$/.exec(piece) ?? [];
      if (piece === '') continue;
      if (name === undefined) {
        if (/[{}]/.test(piece)) throw wrong('only {name} and {+name} are understood');
        parts.push({ is: 'text', text: ascii(piece) });
        continue;
      }
      if (parts.at(-1)?.is === 'variable') throw wrong('two variables with nothing between them');
      if (names.includes(name)) throw wrong(`the variable "${name}" stands there twice`);
      names.push(name);
      parts.push({ is: 'variable', name, isAny: plus === '+' });
    }
    this.names = names;
    this.#parts = parts;
  }

  /**
   * The variables of a URI, percent-decoded, each as long as it can be; `undefined` if it is not one of the
   * template. The effort is that of looking at the URI once for each part, whatever it says.
   */
  match(uri: string): Record<string, string> | undefined {
    if (uri.length > LIMITS.maxUri) return undefined;
    const text = ascii(uri);
    // For each part, from the last to the first: where it ends if it begins at a place; -1 if it cannot.
    const all: Int32Array[] = [];
    let mayFollow = new Int32Array(text.length + 1).fill(-1);
    mayFollow[text.length] = text.length;
    for (const part of [...this.#parts].reverse()) {
      mayFollow =
        part.is === 'text'
          ? endsOfText(part.text, text, mayFollow)
          : endsOfVariable(part.isAny, text, mayFollow);
      all.unshift(mayFollow);
    }
    if (mayFollow[0] === -1) return undefined;
    const found: (readonly [string, string])[] = [];
    let at = 0;
    for (const [index, part] of this.#parts.entries()) {
      const end = all[index]![at]!;
      if (part.is === 'variable') {
        const value = decoded(text.slice(at, end));
        if (value === undefined) return undefined;
        found.push([part.name, value]);
      }
      at = end;
    }
    return Object.fromEntries(found);
  }
}

function endsOfText(part: string, text: string, mayFollow: Int32Array) {
  const ends = new Int32Array(text.length + 1).fill(-1);
  // Overlapping ones too: the next is looked for one place on.
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    if (mayFollow[at + part.length]! >= 0) ends[at] = at + part.length;
  }
  return ends;
}

function endsOfVariable(isAny: boolean, text: string, mayFollow: Int32Array) {
  const ends = new Int32Array(text.length + 1).fill(-1);
  // The last place where the variable may end, seen from the end of the text or of the segment.
  let last = mayFollow[text.length]! >= 0 ? text.length : -1;
  for (let at = text.length - 1; at >= 0; at--) {
    if (!isAny && /[/?#]/.test(text[at]!)) last = -1;
    else ends[at] = last;
    if (last < 0 && mayFollow[at]! >= 0) last = at;
  }
  return ends;
}

/** A raw URI in its percent-encoded form: the two are the same. */
function ascii(uri: string): string {
  return uri.replace(/[^\x00-\x7f]+/g, (text) => {
    try {
      return encodeURIComponent(text);
    } catch {
      // Half a surrogate pair is no text and has no encoding.
      return text;
    }
  });
}

/** What percent-encoding stands for; `undefined` if that is no text. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
