// What is known once all rules of a schema are made: that none leads back to itself for the same value, which
// alternatives are a list of constants, and by which member alternatives are told apart.

import type { Kind } from '../wire/json.js';
import type { Choices, Rule, Tag, Type, Within } from './rule.js';

/** How often references and alternatives may lead on for the same value. */
const LONGEST = 64;

/** @throws TypeError if a rule leads to itself without reading on. */
export function settle(rules: readonly Rule[]): void {
  refuseCircles(rules);
  for (const [rule, alias] of rules.map((rule) => [rule, endOf(rule)] as const)) {
    if (alias !== rule) rule.alias = alias;
  }
  for (const rule of rules) {
    const choices = mergedChoices(rule);
    if (choices === undefined) continue;
    rule.choices = choices;
    delete rule.within;
  }
  for (const rule of rules) {
    const tag = rule.within && tagOf(rule.within);
    if (tag !== undefined) rule.within!.tag = tag;
  }
}

/** The rules for the same value that a rule leads to. */
function next({ within, object }: Rule): Rule[] {
  const { allOf = [], anyOf = [], oneOf = [], not, when } = within ?? {};
  const some = [not, when?.condition, when?.then, when?.else].filter((rule) => rule !== undefined);
  return [...allOf, ...anyOf, ...oneOf, ...some, ...(object?.given ?? []).map(([, rule]) => rule)];
}

function refuseCircles(rules: readonly Rule[]): void {
  /** The longest way on from each rule, once it is known. */
  const lengths = new Map<Rule, number>();
  const open = new Set<Rule>();
  for (const start of rules) {
    const stack: (readonly [Rule, isLeft: boolean])[] = [[start, false]];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const [rule, isLeft] = top;
      if (isLeft) {
        const length = 1 + Math.max(-1, ...next(rule).map((other) => lengths.get(other) ?? -1));
        if (length > LONGEST) {
          throw new TypeError(
            `references and alternatives lead on more than ${LONGEST} times for one value`,
          );
        }
        lengths.set(rule, length);
        open.delete(rule);
      } else if (!lengths.has(rule)) {
        if (open.has(rule)) {
          throw new TypeError('a reference leads back to itself without reading on');
        }
        open.add(rule);
        stack.push([rule, true]);
        for (const other of next(rule)) if (!lengths.has(other)) stack.push([other, false]);
      }
    }
  }
}

/** The alternatives of a rule that has no more to say of the same value. */
function onlyAlternatives(within: Within): readonly Rule[] {
  const { allOf, not, when } = within;
  const isMore = allOf.length > 0 || not !== undefined || when !== undefined;
  return isMore ? [] : alternatives(within);
}

/** The alternatives, if there is one list of them. */
function alternatives({ anyOf, oneOf }: Within): readonly Rule[] {
  if (anyOf.length === 0) return oneOf;
  return oneOf.length === 0 ? anyOf : [];
}

/** The choices of a rule whose alternatives are constants, each another one. */
function mergedChoices({ within, choices }: Rule): Choices | undefined {
  if (within === undefined || choices !== undefined) return undefined;
  if (within.unevaluatedItems !== undefined || within.unevaluatedMembers !== undefined)
    return undefined;
  const all = onlyAlternatives(within).map((rule) => plainTexts(actual(rule)));
  const canonical = new Set(all.flatMap((one) => [...(one?.canonical ?? [])]));
  const texts = all.flatMap((one) => one?.texts ?? []);
  if (all.length === 0 || all.includes(undefined) || canonical.size < texts.length)
    return undefined;
  return { canonical, texts, shown: all.flatMap((one) => one!.shown), isTexts: true };
}

/** The texts that a rule leaves, if it says nothing else. */
function plainTexts({ choices, within, text, types }: Rule): Choices | undefined {
  const isOther = within !== undefined || text !== undefined;
  if (isOther || !choices?.isTexts || types?.includes('string') === false) return undefined;
  return choices;
}

/** Whether a value of a kind may be what a rule says. */
export function mayBe(rule: Rule, kind: Kind, depth = 0): boolean {
  const { never, types, choices, within } = actual(rule);
  if (never === true) return false;
  const isOf = (type: Type) => type === kind || (type === 'integer' && kind === 'number');
  if (types !== undefined && !types.some(isOf)) return false;
  if (choices !== undefined && ![...choices.canonical].some((text) => kindOfText(text) === kind))
    return false;
  if (within === undefined || depth >= 8) return true;
  const some = (rules: readonly Rule[]) =>
    rules.length === 0 || rules.some((other) => mayBe(other, kind, depth + 1));
  return (
    some(within.anyOf) &&
    some(within.oneOf) &&
    within.allOf.every((other) => mayBe(other, kind, depth + 1))
  );
}

function kindOfText(text: string): Kind {
  const kinds: Readonly<Record<string, Kind>> = {
    '{': 'object',
    '[': 'array',
    '"': 'string',
    t: 'boolean',
    f: 'boolean',
    n: 'null',
  };
  return kinds[text[0]!] ?? 'number';
}

/** The member that tells alternatives apart: each object among them requires it to be another text. */
function tagOf(within: Within): Tag | undefined {
  const objects = alternatives(within)
    .filter((rule) => mayBe(rule, 'object'))
    .map(actual);
  if (objects.length < 2) return undefined;
  for (const name of objects[0]!.object?.required ?? []) {
    const rules = new Map<string, Rule>();
    const all = objects.map((rule) => [rule, textsOf(rule, name)] as const);
    for (const [rule, texts] of all) texts?.forEach((text) => rules.set(text, rule));
    const count = all.reduce((sum, [, texts]) => sum + (texts?.length ?? NaN), 0);
    if (rules.size === count) return { name, rules };
  }
  return undefined;
}

/** The texts that a required member may be, if texts are all it may be. */
function textsOf({ object }: Rule, name: string): readonly string[] | undefined {
  const member = object?.members.get(name);
  if (member === undefined || !object!.required.includes(name)) return undefined;
  const { choices } = actual(member);
  return choices?.isTexts ? choices.texts : undefined;
}

/** The rule that a rule is another place of, or itself. */
export function actual(rule: Rule): Rule {
  return rule.alias ?? rule;
}

/** The rule that says something, at the end of references that say nothing themselves. */
function endOf(rule: Rule): Rule {
  let last = rule;
  for (let next: Rule | undefined = rule; next !== undefined; next = onlyReference(next))
    last = next;
  return last;
}

function onlyReference(rule: Rule): Rule | undefined {
  const { within, ...rest } = rule;
  if (within === undefined || Object.keys(rest).length > 0) return undefined;
  const { allOf, anyOf, oneOf, not, when, unevaluatedItems, unevaluatedMembers } = within;
  const isMore =
    anyOf.length + oneOf.length > 0 ||
    [not, when, unevaluatedItems, unevaluatedMembers].some((part) => part !== undefined);
  return isMore || allOf.length !== 1 ? undefined : allOf[0];
}
