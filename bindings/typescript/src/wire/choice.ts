// One of several types: decided by tags, members and kinds, never by trying one after the other.

import {
  shapeOf,
  type ChoiceShape,
  type KindShape,
  type PresenceShape,
  type Shape,
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
  const tag = value[shape.member];
  if (tag === undefined) {
    return isThere(shape.absent, place) ? shape.absent : place.missing(shape.member);
  }
  if (typeof tag === 'string' && Object.hasOwn(shape.cases, tag)) {
    const chosen = shape.cases[tag];
    if (isThere(chosen, place)) return chosen;
  }
  if (isThere(shape.other, place)) return shape.other;
  const known = Object.keys(shape.cases).filter((name) => isThere(shape.cases[name], place));
  place.mismatch(known.sort(), tag, shape.member);
}

function chooseByPresence(shape: PresenceShape, value: unknown, place: Place): Shape {
  if (!isObject(value)) place.unexpected('object', value);
  for (const [path, chosen] of shape.cases) {
    if (isThere(chosen, place) && hasPath(value, path)) return chosen;
  }
  if (isThere(shape.otherwise, place)) return shape.otherwise;
  const known = shape.cases.filter(([, chosen]) => isThere(chosen, place));
  const names = known.map(([path]) => JSON.stringify(path.join('.'))).sort();
  place.fail(`expected one of the members ${names.join(', ')}`);
}

function chooseByKind(shape: KindShape, value: unknown, place: Place): Shape {
  const chosen = shape.cases[kindOf(value)];
  if (isThere(chosen, place)) return chosen;
  const kinds = Object.keys(shape.cases) as Kind[];
  place.unexpected(kinds.filter((kind) => isThere(shape.cases[kind], place)).join(' or '), value);
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
    case 'tag':
      return Object.values(shape.cases).some((chosen) => isThere(chosen, place));
    case 'presence':
      return shape.cases.some(([, chosen]) => isThere(chosen, place));
    default:
      return true;
  }
}
