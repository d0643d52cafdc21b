// The keywords of one JSON Schema, read as what they have to be. What is wrong is told with its place.

import { isObject } from '../wire/json.js';

/** How many there may be. */
export interface Range {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** A schema with keywords, or one that takes anything or nothing. */
export type AnySchema = boolean | Readonly<Record<string, unknown>>;

/** The keywords of a schema, and where it stands. */
export class Keywords {
  constructor(
    readonly all: Readonly<Record<string, unknown>>,
    /** A JSON Pointer. */
    readonly place: string,
  ) {}

  get(keyword: string): unknown {
    return Object.hasOwn(this.all, keyword) ? this.all[keyword] : undefined;
  }

  /** An error that says where it is. */
  wrong(what: string): TypeError {
    return new TypeError(this.place === '' ? what : `at ${this.place}: ${what}`);
  }

  text(keyword: string): string | undefined {
    return this.#expected(keyword, 'a string', (value) => typeof value === 'string');
  }

  flag(keyword: string): boolean {
    const isFlag = (value: unknown) => typeof value === 'boolean';
    return this.#expected(keyword, 'true or false', isFlag) ?? false;
  }

  schema(keyword: string): AnySchema | undefined {
    return this.#expected(keyword, 'a schema', isSchema);
  }

  schemas(keyword: string): readonly AnySchema[] {
    const isList = (value: unknown) => Array.isArray(value) && value.every(isSchema);
    return this.#expected(keyword, 'a list of schemas', isList) ?? [];
  }

  /** Schemas by name. */
  named(keyword: string): readonly [name: string, schema: AnySchema][] {
    const isNamed = (value: unknown) => isObject(value) && Object.values(value).every(isSchema);
    return Object.entries(this.#expected(keyword, 'an object of schemas', isNamed) ?? {});
  }

  names(keyword: string): readonly string[] {
    return this.#expected(keyword, 'a list of strings', isTexts) ?? [];
  }

  /** Lists of names by name. */
  lists(keyword: string): readonly [name: string, others: readonly string[]][] {
    const isLists = (value: unknown) => isObject(value) && Object.values(value).every(isTexts);
    return Object.entries(this.#expected(keyword, 'an object of lists of strings', isLists) ?? {});
  }

  values(keyword: string): readonly unknown[] | undefined {
    return this.#expected(keyword, 'a list', Array.isArray);
  }

  number(keyword: string): number | undefined {
    const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
    return this.#expected(keyword, 'a number', isNumber);
  }

  range(least: string, most: string): Range {
    const isSize = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
    const size = (keyword: string): number | undefined =>
      this.#expected(keyword, 'an integer that is not negative', isSize);
    return { min: size(least), max: size(most) };
  }

  #expected<T>(keyword: string, what: string, isRight: (value: unknown) => boolean): T | undefined {
    const value = this.get(keyword);
    if (value === undefined || isRight(value)) return value as T | undefined;
    throw this.wrong(`${keyword} is ${short(value)}: expected ${what}`);
  }
}

export function isSchema(value: unknown): value is AnySchema {
  return typeof value === 'boolean' || isObject(value);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** A value in a message to whoever wrote the schema. */
function short(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (isObject(value)) return 'an object';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
