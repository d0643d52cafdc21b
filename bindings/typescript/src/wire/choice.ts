// One of several types: decided by tags, members and kinds, never by trying one after the other.

import {
  EVERYWHERE,
  shapeOf,
  type ChoiceShape,
  type KindCases,
  type KindShape,
  type PresenceCases,
  type PresenceShape,
  type Shape,
  type TagCases,
  type TagShape,
} from './codec.js';
import { isObject, kindOf, type Kind } from './json.js';
import type { Place } from './place.js';

/** The alternative that a value is of, or one more decision to make. Fails if it is of none. */
export function choose(shape: ChoiceShape, value: unknown, place: Place): Shape {
  switch (shape.kind) {
    case 'lazy':
      return shapeOf(shape);
    case 'within':
      return shape.of;
    case 'tag':
      return chooseByTag(shape, value, place);
    case 'presence':
      return chooseByPresence(shape, value, place);
    case 'kind':
      return chooseByKind(shape, value, place);
  }
}

function chooseByTag(shape: TagShape, value: unknown, place: Place): Shape {
  if (!isObject(value)) place.unexpected('object', value);
  const { cases, other, absent, known = EVERYWHERE } = tagCases(shape);
  const isKnown = !place.received || place.within(known);
  const tag = isKnown && Object.hasOwn(value, shape.tag) ? value[shape.tag] : undefined;
  if (tag === undefined) {
    return isThere(absent, place) ? absent : place.missing(shape.tag);
  }
  if (typeof tag === 'string' && Object.hasOwn(cases, tag)) {
    const chosen = cases[tag];
    if (isThere(chosen, place)) return chosen;
  }
  if (isThere(other, place)) return other;
  const names = Object.keys(cases).filter((name) => isThere(cases[name], place));
  place.mismatch(names.sort(), tag, shape.tag);
}

function chooseByPresence(shape: PresenceShape, value: unknown, place: Place): Shape {
  if (!isObject(value)) place.unexpected('object', value);
  const { cases, otherwise } = presenceCases(shape);
  for (const [path, chosen] of cases) {
    if (isThere(chosen, place) && hasPath(value, path)) return chosen;
  }
  if (isThere(otherwise, place)) return otherwise;
  const known = cases.filter(([, chosen]) => isThere(chosen, place));
  const names = known.map(([path]) => JSON.stringify(path.join('.'))).sort();
  place.fail(`expected one of the members ${names.join(', ')}`);
}

function chooseByKind(shape: KindShape, value: unknown, place: Place): Shape {
  const cases = kindCases(shape);
  const chosen = cases[kindOf(value)];
  if (isThere(chosen, place)) return chosen;
  const kinds = Object.keys(cases) as Kind[];
  place.unexpected(kinds.filter((kind) => isThere(cases[kind], place)).join(' or '), value);
}

function hasPath(value: unknown, path: readonly string[]): boolean {
  let part = value;
  for (const name of path) {
    if (!isObject(part) || !Object.hasOwn(part, name)) return false;
    part = part[name];
  }
  return part !== undefined;
}

/** Whether the revision has an alternative, or one of those that a decision leads to. */
function isThere(shape: Shape | undefined, place: Place): shape is Shape {
  switch (shape?.kind) {
    case undefined:
      return false;
    case 'within':
      return place.within(shape.revisions);
    case 'lazy':
      return isThere(shapeOf(shape), place);
    case 'kind':
      return Object.values(kindCases(shape)).some((chosen) => isThere(chosen, place));
    case 'tag':
      return Object.values(tagCases(shape).cases).some((chosen) => isThere(chosen, place));
    case 'presence':
      return presenceCases(shape).cases.some(([, chosen]) => isThere(chosen, place));
    default:
      return true;
  }
}

function tagCases(shape: TagShape): TagCases<unknown> {
  return (shape.loaded ??= shape.load());
}

function presenceCases(shape: PresenceShape): PresenceCases<unknown> {
  return (shape.loaded ??= shape.load());
}

function kindCases(shape: KindShape): KindCases<unknown> {
  return (shape.loaded ??= shape.load());
}
