//! A schema as rules to check by: what is looked up while a text is read, and nothing that has to be parsed again.
//! `compile` makes them.

use crate::wire::{Json, Kind};

use super::format::Format;
use super::number::Number;
use super::pattern::Pattern;

/// The rules of a schema, each by its place in one list, so that they can refer to one another.
pub(super) struct Rules {
    pub(super) all: Vec<Rule>,
    pub(super) root: Id,
    /// What a member is called in messages.
    pub(super) noun: &'static str,
    /// Whether what is evaluated has to be remembered.
    pub(super) remembers: bool,
    /// Whether a value that does not count, since its name is given again, could hide or feign an error.
    pub(super) careful: bool,
}

/// The place of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id(pub(super) usize);

/// What one value has to be. An empty rule takes any value.
#[derive(Default)]
pub(super) struct Rule {
    /// The rule that this one is another place of.
    pub(super) alias: Option<Id>,
    /// Whether it takes anything.
    pub(super) open: bool,
    /// Whether it takes nothing.
    pub(super) never: bool,
    /// The types that a value may have, for messages; none means any.
    pub(super) types: Vec<Type>,
    /// The kinds that `types` has.
    pub(super) allowed: Kinds,
    /// The kinds that alternatives and choices leave.
    pub(super) kinds: Kinds,
    pub(super) choices: Option<Choices>,
    /// The integers of the native type.
    pub(super) width: Option<(i128, i128)>,
    pub(super) bounds: Option<Box<Bounds>>,
    pub(super) text: Option<Box<Text>>,
    pub(super) array: Option<Box<Array>>,
    pub(super) object: Option<Box<Object>>,
    pub(super) within: Option<Box<Within>>,
}

/// Rules for the same value.
#[derive(Default)]
pub(super) struct Within {
    pub(super) all_of: Vec<Id>,
    pub(super) any_of: Vec<Id>,
    pub(super) one_of: Vec<Id>,
    pub(super) not: Option<Id>,
    /// `if`, `then`, `else`
    pub(super) when: Option<(Id, Option<Id>, Option<Id>)>,
    /// How alternatives are told apart.
    pub(super) tag: Option<Tag>,
    pub(super) unevaluated_members: Option<Id>,
    pub(super) unevaluated_items: Option<Id>,
}

/// A member whose text says which of the alternatives is meant.
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) values: Vec<(String, Id)>,
}

/// The values that there are.
pub(super) struct Choices {
    /// Those that are texts.
    pub(super) texts: Vec<String>,
    /// The others in canonical form.
    pub(super) others: Vec<String>,
    /// All, as they are shown.
    pub(super) shown: Vec<Json>,
}

/// What numbers have to be; each bound as it is shown, too.
#[derive(Default)]
pub(super) struct Bounds {
    pub(super) minimum: Option<Bound>,
    pub(super) above: Option<Bound>,
    pub(super) maximum: Option<Bound>,
    pub(super) below: Option<Bound>,
    pub(super) multiple: Option<Bound>,
}

pub(super) struct Bound {
    pub(super) value: Number,
    pub(super) shown: String,
}

/// What texts have to be.
#[derive(Default)]
pub(super) struct Text {
    pub(super) length: Range,
    pub(super) pattern: Option<Pattern>,
    pub(super) format: Option<Format>,
}

/// What arrays have to be.
#[derive(Default)]
pub(super) struct Array {
    pub(super) count: Range,
    pub(super) prefix: Vec<Id>,
    pub(super) item: Option<Id>,
    pub(super) unique: bool,
    pub(super) contains: Option<(Id, Range)>,
}

/// What objects have to be.
#[derive(Default)]
pub(super) struct Object {
    /// Every name that means something, sorted.
    pub(super) members: Vec<Member>,
    /// Places in `members`, in the order of the schema.
    pub(super) required: Vec<usize>,
    pub(super) count: Range,
    pub(super) patterns: Vec<(Pattern, Id)>,
    pub(super) names: Option<Id>,
    pub(super) others: Others,
    /// A member, and those that have to be there beside it.
    pub(super) beside: Vec<(usize, Vec<usize>)>,
    /// A member, and what the object has to be if it is there.
    pub(super) given: Vec<(usize, Id)>,
}

pub(super) struct Member {
    pub(super) name: String,
    pub(super) rule: Option<Id>,
}

/// How many there may be.
#[derive(Default, Clone, Copy)]
pub(super) struct Range {
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
}

/// What members that the rule does not name have to be.
#[derive(Default, Clone, Copy)]
pub(super) enum Others {
    /// The schema does not say.
    #[default]
    Unsaid,
    Nothing,
    These(Id),
}

/// A type of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Integer,
    Kind(Kind),
}

impl Type {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "integer" => Type::Integer,
            "array" => Type::Kind(Kind::Array),
            "boolean" => Type::Kind(Kind::Boolean),
            "null" => Type::Kind(Kind::Null),
            "number" => Type::Kind(Kind::Number),
            "object" => Type::Kind(Kind::Object),
            "string" => Type::Kind(Kind::String),
            _ => return None,
        })
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Type::Integer => "integer",
            Type::Kind(kind) => kind.word(),
        }
    }
}

/// A set of kinds; integers are some of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Default for Kinds {
    fn default() -> Self {
        Kinds::ALL
    }
}

impl Kinds {
    pub(super) const ALL: Kinds = Kinds(0xff);
    pub(super) const NONE: Kinds = Kinds(0);
    const INTEGER: Kinds = Kinds(0x40);

    pub(super) fn of(one: Type) -> Self {
        match one {
            Type::Integer => Kinds::INTEGER,
            Type::Kind(Kind::Number) => Kinds(Kinds::kind(Kind::Number).0 | Kinds::INTEGER.0),
            Type::Kind(kind) => Kinds::kind(kind),
        }
    }

    fn kind(kind: Kind) -> Self {
        Kinds(match kind {
            Kind::Array => 1,
            Kind::Boolean => 2,
            Kind::Null => 4,
            Kind::Number => 8,
            Kind::Object => 16,
            Kind::String => 32,
        })
    }

    pub(super) fn and(self, other: Self) -> Self {
        Kinds(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Kinds(self.0 | other.0)
    }

    /// Whether a value of this kind may be one of them.
    pub(super) fn has(self, found: Kind) -> bool {
        let wanted = if found == Kind::Number { Kinds::of(Type::Kind(Kind::Number)) } else { Kinds::kind(found) };
        self.0 & wanted.0 != 0
    }

    /// Whether numbers are to be integers.
    pub(super) fn integers_only(self) -> bool {
        self.0 & (Kinds::kind(Kind::Number).0 | Kinds::INTEGER.0) == Kinds::INTEGER.0
    }
}

impl Rules {
    /// The rule at a place.
    pub(super) fn get(&self, id: Id) -> &Rule {
        const OPEN: &Rule = &Rule {
            alias: None,
            open: true,
            never: false,
            types: Vec::new(),
            allowed: Kinds::ALL,
            kinds: Kinds::ALL,
            choices: None,
            width: None,
            bounds: None,
            text: None,
            array: None,
            object: None,
            within: None,
        };
        let rule = self.all.get(id.0).unwrap_or(OPEN);
        match rule.alias {
            Some(other) => self.all.get(other.0).unwrap_or(OPEN),
            None => rule,
        }
    }

    /// Whether a member of the root may be a string.
    pub(super) fn takes_text(&self, name: &str) -> bool {
        let object = self.get(self.root).object.as_ref();
        let rule = object.and_then(|object| object.members.get(object.find(name)?)?.rule);
        rule.is_none_or(|id| self.get(id).kinds.has(Kind::String))
    }
}

impl Object {
    /// The place of a member.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        // A handful is found faster one by one.
        if self.members.len() <= 8 {
            return self.members.iter().position(|member| member.name == name);
        }
        self.members.binary_search_by(|member| member.name.as_str().cmp(name)).ok()
    }
}

/// Which members were there. The first 64 take no memory of their own.
#[derive(Default)]
pub(super) struct Seen {
    first: u64,
    more: Vec<u64>,
}

impl Seen {
    /// Adds a place; tells whether it was there already.
    #[inline]
    pub(super) fn add(&mut self, place: usize) -> bool {
        let bit = 1_u64 << (place % 64);
        let word = match place / 64 {
            0 => &mut self.first,
            word => {
                if self.more.len() < word {
                    self.more.resize(word, 0);
                }
                match self.more.get_mut(word - 1) {
                    Some(word) => word,
                    None => return false,
                }
            }
        };
        let before = *word & bit != 0;
        *word |= bit;
        before
    }

    #[inline]
    pub(super) fn has(&self, place: usize) -> bool {
        let word = match place / 64 {
            0 => self.first,
            word => self.more.get(word - 1).copied().unwrap_or(0),
        };
        word & (1 << (place % 64)) != 0
    }
}
