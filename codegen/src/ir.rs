//! The intermediate representation: MCP over all its revisions as one superset, in plain data.
//!
//! It knows neither JSON Schema nor any target language. Every list is in the order in which it is
//! emitted (types, members and values by name), so output never depends on input order.
//! Built by `lower` and `merge`, proved by `check`, read by `lang/*`.

use serde::Serialize;

use crate::revs::Revs;

/// Everything the emitters need.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Protocol {
    /// Released revisions, oldest first. A revision's index is its bit in every [`Revs`].
    pub revisions: Vec<Revision>,
    /// Extensions, by name; their types are members of the revisions from `extends` on.
    pub extensions: Vec<Extension>,
    /// All types, by name.
    pub types: Vec<TypeDef>,
    /// All requests and notifications, by method and direction.
    pub methods: Vec<Method>,
    /// Limits and defaults of every SDK, by name.
    pub limits: Vec<Limit>,
    /// What a client does about a call that was broken off.
    pub recovery: Recovery,
}

/// A limit or default that every SDK has under this name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// Its name as words, lower case: `["max", "message"]`.
    pub words: Vec<String>,
    /// Its value.
    pub value: u64,
    /// What the value counts: `bytes`, `ms`, `items`, `levels`, `lines`.
    pub unit: String,
    /// Documentation, one line.
    pub doc: String,
}

/// What a client of every SDK does about a call that was broken off.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Recovery {
    /// What can happen to a call.
    pub failures: Vec<Term>,
    /// What can be done about it.
    pub actions: Vec<Term>,
    /// The first row that fits counts.
    pub rows: Vec<RecoveryRow>,
}

/// A word with its meaning.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Term {
    /// Lower case: `["session", "lost"]`.
    pub words: Vec<String>,
    /// Documentation, one line.
    pub doc: String,
}

/// A case of [`Recovery`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecoveryRow {
    /// The words of what happened.
    pub failed: Vec<String>,
    /// Whether the request may have reached the server, where that matters.
    pub sent: Option<bool>,
    /// Whether it may be sent twice, where that matters.
    pub repeatable: Option<bool>,
    /// The words of what is done.
    pub action: Vec<String>,
    /// The words of the limit that says how often it is tried; what ends the call is not tried.
    pub at_most: Option<Vec<String>>,
    /// What became of the request is not known when the call fails.
    pub outcome_unknown: bool,
}

/// A released revision of the protocol.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Revision {
    /// Its date, as on the wire: `2026-07-28`.
    pub name: String,
    /// Whether a connection starts with `initialize` (legacy) or is stateless (modern).
    pub era: Era,
}

/// The two ways in which a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Era {
    /// An `initialize` handshake opens a session.
    Legacy,
    /// Every request carries its revision and capabilities in `_meta`.
    Modern,
}

/// An extension of the protocol, published with a schema of its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Extension {
    /// The name its schema was imported under: `ext-tasks`.
    pub name: String,
    /// The revision whose types it builds on.
    pub extends: String,
}

/// One named type of the superset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeDef {
    /// Its name in the superset, PascalCase, abbreviations as the schema spells them.
    pub name: String,
    /// Where readers look for it: `tools`, `content`, `jsonrpc`, …; the unit in which `types` is split.
    pub area: String,
    /// What the schemas call it, where that differs from `name` or is wanted by the codec:
    /// every (schema, name) pair under which the type can be asked for.
    pub schema_names: Vec<SchemaName>,
    /// The revisions that have it.
    pub revs: Revs,
    /// Documentation, one line, ours; empty if nobody wrote it yet.
    pub doc: String,
    /// Address of the specification's section, empty if unknown.
    pub see: String,
    /// What it is.
    pub shape: Shape,
}

/// A name under which one schema defines a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SchemaName {
    /// A revision's or extension's name.
    pub schema: String,
    /// The definition's name there.
    pub name: String,
}

/// The four shapes of a named type.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Shape {
    /// An object with known members. Unknown members are always kept.
    Struct(Struct),
    /// Exactly one of several types.
    Union(Union),
    /// A closed set of strings.
    Enum(Enum),
    /// Another name for a type (`Cursor`, `JSONObject`, `ProgressToken`).
    Alias(Type),
}

/// An object with known members.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Struct {
    /// The members, by wire name: the order in which they are encoded.
    pub fields: Vec<Field>,
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Its name on the wire, any string: `_meta`, `$schema`, `io.modelcontextprotocol/clientInfo`.
    pub wire: String,
    /// Its name as words, lower case, for emitters to join their way: `["input", "schema"]`.
    pub words: Vec<String>,
    /// Documentation, one line; may be empty.
    pub doc: String,
    /// The revisions that know the member. In the others it is an unknown member: kept, not checked.
    pub revs: Revs,
    /// The revisions in which it must be there; a subset of `revs`.
    pub required: Revs,
    /// Its type.
    pub ty: Type,
    /// Whether `null` is a value of its own, apart from absence.
    pub nullable: bool,
    /// Written when the value is not set in a revision that requires the member.
    pub encode_default: Option<serde_json::Value>,
    /// Whether encoding leaves the member out where the revision lacks it. False for objects whose
    /// members are not the protocol's (a tool's schema), which are sent whatever the revision.
    pub gated: bool,
}

impl Field {
    /// Never unset: required wherever its struct exists, so it needs no absent state.
    pub fn always_required(&self, owner: Revs) -> bool {
        self.required == owner
    }
}

/// The type of a member, an element or an alias.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// An integer: exact, within ±(2^63 − 1), or the bounds given.
    Int {
        /// Smallest allowed value.
        min: Option<i64>,
        /// Greatest allowed value.
        max: Option<i64>,
    },
    /// Any JSON number.
    Num {
        /// Smallest allowed value.
        min: Option<f64>,
        /// Greatest allowed value.
        max: Option<f64>,
    },
    /// Any string. `format` is documentation: it is not asserted by the codec.
    Str {
        /// JSON Schema's `format`, if any: `uri`, `byte`, `uri-template`.
        format: Option<String>,
    },
    /// One fixed string, as a rule a tag. It takes no room in a struct unless the member is optional.
    ConstStr(String),
    /// One fixed integer (an error code).
    ConstInt(i64),
    /// Any JSON value, kept as it came.
    Json {
        /// The revisions that allow an object only; in the others any value will do.
        object_in: Revs,
    },
    /// An array.
    List {
        /// Type of its elements.
        item: Box<Type>,
        /// Most elements allowed, and the revisions that say so.
        max_items: Option<(Revs, u64)>,
    },
    /// An object whose member names are data.
    Map {
        /// Type of its values.
        value: Box<Type>,
    },
    /// A type by name.
    Ref(String),
}

/// Exactly one of several types.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Union {
    /// The alternatives, in the order of the newest schema.
    pub variants: Vec<Variant>,
    /// How to tell them apart. A decision for an alternative that the revision lacks falls back to
    /// `Tag::other` where there is one, and is an unknown tag otherwise.
    pub choose: Choose,
}

/// An alternative of a union.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    /// Its name within the union, PascalCase: `Text` of `ContentBlock`.
    pub name: String,
    /// What it holds: as a rule `Type::Ref`.
    pub ty: Type,
    /// The revisions that have it.
    pub revs: Revs,
}

/// How a union's alternatives are told apart: a decision tree without trial and error.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Choose {
    /// It is this one (an index into `variants`).
    Variant(usize),
    /// By the value of a string member.
    Tag {
        /// The member's wire name.
        member: String,
        /// The revisions that know the member; in the others it counts as absent, whatever stands there.
        known: Revs,
        /// Value → decision, by value.
        cases: Vec<(String, Choose)>,
        /// For a value that no case has: set only where the schema leaves the tag open.
        other: Option<Box<Choose>>,
        /// For an object without the member.
        absent: Option<Box<Choose>>,
    },
    /// By the first of these members that is there.
    Presence {
        /// Path of members (as a rule of length one) → decision, in the order in which they are tried.
        cases: Vec<(Vec<String>, Choose)>,
        /// If none is there.
        otherwise: Option<Box<Choose>>,
    },
    /// By the kind of JSON value.
    Kind {
        /// Kind → decision.
        cases: Vec<(Kind, Choose)>,
    },
}

/// The kinds of JSON values, as messages name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `[…]`
    Array,
    /// `true`, `false`
    Boolean,
    /// `null`
    Null,
    /// `1`, `0.5`
    Number,
    /// `{…}`
    Object,
    /// `"…"`
    String,
}

impl Kind {
    /// The word that error messages use.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Array => "array",
            Kind::Boolean => "boolean",
            Kind::Null => "null",
            Kind::Number => "number",
            Kind::Object => "object",
            Kind::String => "string",
        }
    }
}

/// A closed set of strings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Enum {
    /// The values, by wire text.
    pub values: Vec<EnumValue>,
}

/// A value of an enumeration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnumValue {
    /// Its text on the wire.
    pub wire: String,
    /// Its name as words, lower case.
    pub words: Vec<String>,
    /// Documentation, one line; may be empty.
    pub doc: String,
    /// The revisions that have it.
    pub revs: Revs,
}

/// A request or a notification.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Method {
    /// Its name on the wire: `tools/call`.
    pub method: String,
    /// Its name as words, from the type's name: `["call", "tool"]`.
    pub words: Vec<String>,
    /// Whether it expects an answer.
    pub kind: MethodKind,
    /// Who sends it.
    pub direction: Direction,
    /// The revisions that have it.
    pub revs: Revs,
    /// The type of the whole message (`CallToolRequest`).
    pub message: String,
    /// The type of `params`, if it has any.
    pub params: Option<String>,
    /// The revisions that cannot do without `params`.
    pub params_required: Revs,
    /// The type of the result of a request.
    pub result: Option<String>,
    /// The capability the receiver must have declared (`tools`, `resources.subscribe`), if any.
    pub capability: Option<String>,
    /// Whether sending it twice does no harm, so that a client may repeat it after a lost connection.
    pub replay_safe: bool,
    /// Whether its answer may stream over a long time.
    pub streaming: bool,
    /// The member of `params` that HTTP repeats in the `Mcp-Name` header, if any.
    pub name_header: Option<String>,
    /// Documentation, one line; may be empty.
    pub doc: String,
    /// Address of the specification's section, empty if unknown.
    pub see: String,
}

/// Whether a message expects an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum MethodKind {
    /// It does.
    Request,
    /// It does not.
    Notification,
}

/// Who sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Direction {
    /// Client to server.
    ToServer,
    /// Server to client.
    ToClient,
    /// Either.
    Both,
}
