// URI templates (RFC 6570), the two forms that resources use: `{name}` stands for text without `/`, `?`
// and `#`, `{+name}` for any text. Other expressions are refused.

/** The names of a template's variables, from its text. */
export type Variables<Template extends string> = string extends Template
  ? Record<string, string>
  : { [Name in VariableNames<Template>]: string };

type VariableNames<Template extends string> =
  Template extends `${string}{${infer Name}}${infer Rest}`
    ? (Name extends `+${infer Plain}` ? Plain : Name) | VariableNames<Rest>
    : never;

/** A template, ready to be matched. */
export class UriTemplate {
  readonly names: readonly string[];
  readonly #pattern: RegExp;

  /** @throws TypeError if it has an expression that is not understood. */
  constructor(template: string) {
    const names: string[] = [];
    const pattern = template.split(/(\{[^}]*\})/).map((part) => {
      if (!part.startsWith('{')) return escaped(ascii(part));
      const [, plus, name] = /^\{(\+?)(\w+)\}$/.exec(part) ?? [];
      if (name === undefined)
        throw new TypeError(`${template}: only {name} and {+name} are understood`);
      names.push(name);
      return plus === '+' ? '(.+)' : '([^/?#]+)';
    });
    this.names = names;
    this.#pattern = new RegExp(`^${pattern.join('')}$`);
  }

  /** The variables of a URI, percent-decoded, or `undefined` if it is not one of the template. */
  match(uri: string): Record<string, string> | undefined {
    const found = this.#pattern.exec(ascii(uri));
    if (found === null) return undefined;
    try {
      const value = (index: number) => decodeURIComponent(found[index + 1]!);
      return Object.fromEntries(this.names.map((name, index) => [name, value(index)]));
    } catch {
      // What is encoded wrongly is no text.
      return undefined;
    }
  }
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

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
