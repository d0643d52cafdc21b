// The tables that say how types look on the wire, and the words they are written in.
//
// A table is data, interpreted by the decoder and the encoder: a type costs a line a member, not two
// functions. A set of revisions is a number with a bit a revision, the oldest lowest.

import type { JsonObject, JsonValue, Kind } from './json.js';

/** How values of type `T` look on the wire. */
export type Codec<T> = Shape & { readonly '~type'?: T };

/** The type of the values that a codec describes. */
export type TypeOf<C> = C extends { readonly '~type'?: infer T } ? T : never;

/** What a table is made of. */
export type Shape =
  | ScalarShape
  | ChoiceShape
  | ListShape
  | StructShape
  | { readonly kind: 'map'; readonly value: Shape }
  | { readonly kind: 'json'; readonly objectIn: number };

/** What has no parts. */
export type ScalarShape =
  | { readonly kind: 'string' | 'boolean' | 'exact' }
  | { readonly kind: 'integer' | 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'literal'; readonly value: string | number }
  | EnumShape;

/** One of these strings; `known` has the revisions of those that not all have. */
export interface EnumShape {
  readonly kind: 'enum';
  readonly values: readonly string[];
  readonly known: Readonly<Record<string, number>>;
}

/** What leads to another shape. */
export type ChoiceShape = TagShape | PresenceShape | KindShape | WithinShape | LazyShape;

/** An array, of at most `max` elements in the revisions `boundedIn`. */
export interface ListShape {
  readonly kind: 'list';
  readonly item: Shape;
  readonly max: number;
  readonly boundedIn: number;
}

/** An object with known members. They are read at first use, so that types may name each other. */
export interface StructShape {
  readonly kind: 'struct';
  readonly load: () => Readonly<Record<string, Member<unknown>>>;
  layout: Layout | undefined;
}

/** Another codec, read at first use. */
export interface LazyShape {
  readonly kind: 'lazy';
  readonly load: () => Shape;
  shape: Shape | undefined;
}

/** One of several types, by the value of the string member `tag`. */
export interface TagShape {
  readonly kind: 'tag';
  readonly tag: string;
  readonly load: () => TagCases<unknown>;
  loaded: TagCases<unknown> | undefined;
}

/** One of several types, by the first member that is there. */
export interface PresenceShape {
  readonly kind: 'presence';
  readonly load: () => PresenceCases<unknown>;
  loaded: PresenceCases<unknown> | undefined;
}

/** One of several types, by the kind of the value. */
export interface KindShape {
  readonly kind: 'kind';
  readonly load: () => KindCases<unknown>;
  loaded: KindCases<unknown> | undefined;
}

/** An alternative that only some revisions have. */
export interface WithinShape {
  readonly kind: 'within';
  readonly revisions: number;
  readonly of: Shape;
}

/** A member of an object. */
export interface Member<T> {
  readonly codec: Codec<T>;
  /** The revisions that have it. In the others it is an unknown member. */
  readonly known: number;
  /** The revisions that cannot do without it. */
  readonly required: number;
  /** Whether `null` is a value of its own. */
  readonly nullable: boolean;
  /** What is written where the member is required and not set. */
  readonly fallback: JsonValue | undefined;
  /** Whether it is sent whatever the revision, the object not being the protocol's. */
  readonly free: boolean;
}

/** A member by its name, `written` being how the name opens a member in JSON: `"name":`. */
export interface NamedMember extends Member<unknown> {
  readonly name: string;
  readonly written: string;
  /** Whether every object has something by that name (`constructor`), be it a member or not. */
  readonly inherited: boolean;
}

/** The members of an object. */
export class Layout {
  /** By name, in the order in which they are written. */
  readonly members: ReadonlyMap<string, NamedMember>;
  readonly #required = new Map<number, number>();

  constructor(members: Readonly<Record<string, Member<unknown>>>) {
    this.members = new Map(
      Object.entries(members).map(([name, member]) => [
        name,
        {
          ...member,
          name,
          written: `${JSON.stringify(name)}:`,
          inherited: name in Object.prototype,
        },
      ]),
    );
  }

  /** How many members a revision requires. */
  requiredIn(revision: number): number {
    let count = this.#required.get(revision);
    if (count === undefined) {
      count = 0;
      for (const member of this.members.values()) if (member.required & revision) count++;
      this.#required.set(revision, count);
    }
    return count;
  }
}

/** All revisions. */
export const EVERYWHERE = -1;

/** Any string. */
export const string: Codec<string> = { kind: 'string' };

/** `true` or `false`. */
export const boolean: Codec<boolean> = { kind: 'boolean' };

/** Any JSON value, kept as it came. */
export const json: Codec<JsonValue> = jsonWith(0);

/** Any JSON object, kept as it came. */
export const jsonObject: Codec<JsonObject> = { kind: 'json', objectIn: EVERYWHERE };

/** Any JSON value, which must be an object in these revisions. */
/* @__NO_SIDE_EFFECTS__ */
export function jsonWith(objectIn: number): Codec<JsonValue> {
  return { kind: 'json', objectIn };
}

/** An integer, exact: beyond ±(2^53 − 1) it is refused. */
/* @__NO_SIDE_EFFECTS__ */
export function integer(min = -Infinity, max = Infinity): Codec<number> {
  return { kind: 'integer', min, max };
}

/** Any finite number. */
/* @__NO_SIDE_EFFECTS__ */
export function number(min = -Infinity, max = Infinity): Codec<number> {
  return { kind: 'number', min, max };
}

/** Any finite number, integers exactly: where a number may stand for a string, as in an id. */
export const exactNumber: Codec<number> = { kind: 'exact' };

/** One fixed string or integer. */
/* @__NO_SIDE_EFFECTS__ */
export function literal<const V extends string | number>(value: V): Codec<V> {
  return { kind: 'literal', value };
}

/** A closed set of strings; `values` lists them. */
export type EnumCodec<T extends string> = Codec<T> & { readonly values: readonly T[] };

/** One of these strings; `known` has the revisions of those that not all have. */
/* @__NO_SIDE_EFFECTS__ */
export function oneOf<const T extends string>(
  values: readonly T[],
  known: Readonly<Record<string, number>> = {},
): EnumCodec<T> {
  return { kind: 'enum', values, known };
}

/** An array, of at most `max` elements in the revisions `boundedIn`. */
/* @__NO_SIDE_EFFECTS__ */
export function list<T>(item: Codec<T>, max = Infinity, boundedIn = EVERYWHERE): Codec<T[]> {
  return { kind: 'list', item, max, boundedIn };
}

/** An object whose names are data. */
/* @__NO_SIDE_EFFECTS__ */
export function map<T>(value: Codec<T>): Codec<Record<string, T>> {
  return { kind: 'map', value };
}

/** What an object's table must name: every member of its type. */
export type Members<T> = { readonly [M in keyof T]-?: Member<Exclude<T[M], undefined>> };

/** An object with these members, in the order in which they are written. */
/* @__NO_SIDE_EFFECTS__ */
export function struct<T>(load: () => NoInfer<Members<T>>): Codec<T> {
  return { kind: 'struct', load: load as StructShape['load'], layout: undefined };
}

/** A member that every object of the type has, in the revisions that know it. */
/* @__NO_SIDE_EFFECTS__ */
export function required<T>(codec: Codec<T>, known = EVERYWHERE): Member<T> {
  return optional(codec, known, known);
}

/** A member that may be absent, save in the revisions `requiredIn`. */
/* @__NO_SIDE_EFFECTS__ */
export function optional<T>(codec: Codec<T>, known = EVERYWHERE, requiredIn = 0): Member<T> {
  return { codec, known, required: requiredIn, nullable: false, fallback: undefined, free: false };
}

/** A member for which `null` is a value of its own, apart from absence. */
/* @__NO_SIDE_EFFECTS__ */
export function nullable<T>(member: Member<T>): Member<T | null> {
  return { ...member, nullable: true };
}

/** A member that is written with this value where it is required and not set. */
/* @__NO_SIDE_EFFECTS__ */
export function withFallback<T extends JsonValue>(fallback: T, member: Member<T>): Member<T> {
  return { ...member, fallback };
}

/** A member that is sent whatever the revision, because its object is not the protocol's. */
/* @__NO_SIDE_EFFECTS__ */
export function free<T>(member: Member<T>): Member<T> {
  return { ...member, free: true };
}

/** A codec that is defined further down, or in a file that needs this one. */
/* @__NO_SIDE_EFFECTS__ */
export function lazy<T>(load: () => Codec<T>): Codec<T> {
  return { kind: 'lazy', load, shape: undefined };
}

/** An alternative that only these revisions have. */
/* @__NO_SIDE_EFFECTS__ */
export function within<T>(revisions: number, codec: Codec<T>): Codec<T> {
  return { kind: 'within', revisions, of: codec };
}

/** What the values of a tag stand for. */
export interface TagCases<T> {
  readonly cases: Readonly<Record<string, Codec<T>>>;
  /** For a value that no case has; without it such a value is refused. */
  readonly other?: Codec<T>;
  /** For an object without the member; without it such an object is refused. */
  readonly absent?: Codec<T>;
  /** The revisions that know the member, if not all: in the others it counts as absent. */
  readonly known?: number;
}

/** One of several types, by the value of the string member `tag`. */
/* @__NO_SIDE_EFFECTS__ */
export function byTag<T>(tag: string, load: () => NoInfer<TagCases<T>>): Codec<T> {
  return { kind: 'tag', tag, load, loaded: undefined };
}

/** What the presence of members stands for, in the order in which they are looked for. */
export interface PresenceCases<T> {
  readonly cases: readonly (readonly [path: readonly string[], codec: Codec<T>])[];
  /** If none is there; without it such an object is refused. */
  readonly otherwise?: Codec<T>;
}

/** One of several types, by the first of these members, or members of members, that is there. */
/* @__NO_SIDE_EFFECTS__ */
export function byPresence<T>(load: () => NoInfer<PresenceCases<T>>): Codec<T> {
  return { kind: 'presence', load, loaded: undefined };
}

/** What the kinds of JSON values stand for. */
export type KindCases<T> = Readonly<Partial<Record<Kind, Codec<T>>>>;

/** One of several types, by the kind of the value. */
/* @__NO_SIDE_EFFECTS__ */
export function byKind<T>(load: () => NoInfer<KindCases<T>>): Codec<T> {
  return { kind: 'kind', load, loaded: undefined };
}

/** The members of an object's table. */
export function layoutOf(struct: StructShape): Layout {
  return (struct.layout ??= new Layout(struct.load()));
}

/** The shape behind a codec that was defined elsewhere. */
export function shapeOf(lazy: LazyShape): Shape {
  return (lazy.shape ??= lazy.load());
}
