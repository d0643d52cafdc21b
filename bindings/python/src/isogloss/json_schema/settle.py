"""What is known once all rules of a schema are made: that none leads back to itself for the same value, which
alternatives are a list of constants, and by which member alternatives are told apart."""

from typing import Final

from .rule import Choices, Rule, Tag, Within

_LONGEST: Final = 64
"""How often references and alternatives may lead on for the same value."""

_KINDS: Final = {
    "{": "object",
    "[": "array",
    '"': "string",
    "t": "boolean",
    "f": "boolean",
    "n": "null",
}


def settle(rules: list[Rule]) -> None:
    """Raises ValueError if a rule leads to itself without reading on."""
    _refuse_circles(rules)
    for rule, end in [(rule, _end_of(rule)) for rule in rules]:
        if end is not rule:
            rule.alias = end
    for rule in rules:
        choices = _merged_choices(rule)
        if choices is not None:
            rule.choices, rule.within = choices, None
    for rule in rules:
        if rule.within is not None:
            rule.within.tag = _tag_of(rule.within)


def _next(rule: Rule) -> list[Rule]:
    """The rules for the same value that a rule leads to."""
    found: list[Rule] = []
    if rule.within is not None:
        within = rule.within
        found += [*within.all_of, *within.any_of, *within.one_of]
        some = (within.none_of, *(within.when or ()))
        found += [other for other in some if other is not None]
    if rule.object is not None:
        found += [other for _, other in rule.object.given]
    return found


def _refuse_circles(rules: list[Rule]) -> None:
    lengths: dict[int, int] = {}
    """The longest way on from each rule, once it is known."""
    open: set[int] = set()
    for start in rules:
        stack = [(start, False)]
        while stack:
            rule, is_left = stack.pop()
            if is_left:
                length = 1 + max((lengths.get(id(other), -1) for other in _next(rule)), default=-1)
                if length > _LONGEST:
                    what = f"lead on more than {_LONGEST} times for one value"
                    raise ValueError(f"references and alternatives {what}")
                lengths[id(rule)] = length
                open.discard(id(rule))
            elif id(rule) not in lengths:
                if id(rule) in open:
                    raise ValueError("a reference leads back to itself without reading on")
                open.add(id(rule))
                stack.append((rule, True))
                stack += [(other, False) for other in _next(rule) if id(other) not in lengths]


def _merged_choices(rule: Rule) -> Choices | None:
    """The choices of a rule whose alternatives are constants, each another one."""
    within = rule.within
    if within is None or rule.choices is not None or within.all_of or within.says_more:
        return None
    each = [_plain_texts(one.actual) for one in within.alternatives]
    known = [one for one in each if one is not None]
    if not each or len(known) < len(each):
        return None
    canonical = frozenset[str]().union(*(one.canonical for one in known))
    texts = tuple(text for one in known for text in one.texts)
    if len(canonical) < len(texts):
        return None
    return Choices(canonical, tuple(text for one in known for text in one.shown), texts, True)


def _plain_texts(rule: Rule) -> Choices | None:
    """The texts that a rule leaves, if it says nothing else."""
    is_other = rule.within is not None or rule.text is not None
    if is_other or rule.choices is None or not rule.choices.are_texts:
        return None
    return None if rule.types and "string" not in rule.types else rule.choices


def may_be(rule: Rule, kind: str, depth: int = 0) -> bool:
    """Whether a value of a kind may be what a rule says."""
    rule = rule.actual
    if rule.is_never or (rule.kinds is not None and kind not in rule.kinds):
        return False
    choices = rule.choices
    if choices is not None and kind not in map(_kind_of_text, choices.canonical):
        return False
    within = rule.within
    if within is None or depth >= 8:
        return True
    return (
        _any_may_be(within.any_of, kind, depth)
        and _any_may_be(within.one_of, kind, depth)
        and all(may_be(other, kind, depth + 1) for other in within.all_of)
    )


def _any_may_be(rules: tuple[Rule, ...], kind: str, depth: int) -> bool:
    return not rules or any(may_be(other, kind, depth + 1) for other in rules)


def _kind_of_text(text: str) -> str:
    return _KINDS.get(text[0], "number")


def _tag_of(within: Within) -> Tag | None:
    """The member that tells alternatives apart: each object among them requires it to be another text."""
    objects = [rule.actual for rule in within.alternatives if may_be(rule, "object")]
    if len(objects) < 2:
        return None
    for name in objects[0].object.required if objects[0].object else ():
        each = [(rule, _texts_of(rule, name)) for rule in objects]
        if any(texts is None for _, texts in each):
            continue
        rules = {text: rule for rule, texts in each for text in texts or ()}
        if len(rules) == sum(len(texts or ()) for _, texts in each):
            return Tag(name, rules)
    return None


def _texts_of(rule: Rule, name: str) -> tuple[str, ...] | None:
    """The texts that a required member may be, if texts are all it may be."""
    member = rule.object.members.get(name) if rule.object else None
    if rule.object is None or member is None or name not in rule.object.required:
        return None
    choices = member.actual.choices
    return choices.texts if choices is not None and choices.are_texts else None


def _end_of(rule: Rule) -> Rule:
    """The rule that says something, at the end of references that say nothing themselves."""
    last = rule
    following: Rule | None = rule
    while following is not None:
        last, following = following, _only_reference(following)
    return last


def _only_reference(rule: Rule) -> Rule | None:
    within = rule.within
    if within is None or len(within.all_of) != 1 or within.any_of or within.one_of:
        return None
    parts = (rule.choices, rule.bounds, rule.text, rule.array, rule.object)
    says = rule.is_never or rule.types or within.says_more or any(p is not None for p in parts)
    return None if says else within.all_of[0]
