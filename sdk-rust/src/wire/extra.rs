//! Members that a type does not know: a map that takes one word while it is empty, as it nearly always is.

use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;

use super::json::{Json, Map};

/// Members that a type, or the revision it was received in, does not know, in the order in which they came.
///
/// It is used as the map that it is.
#[derive(Clone, Default)]
pub struct Extra(Option<Box<Map<Json>>>);

static EMPTY: LazyLock<Map<Json>> = LazyLock::new(Map::new);

impl Extra {
    /// No members.
    pub const fn new() -> Self {
        Extra(None)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|members| members.is_empty())
    }
}

impl Deref for Extra {
    type Target = Map<Json>;

    fn deref(&self) -> &Map<Json> {
        self.0.as_deref().unwrap_or_else(|| &EMPTY)
    }
}

impl DerefMut for Extra {
    fn deref_mut(&mut self) -> &mut Map<Json> {
        self.0.get_or_insert_default()
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl std::fmt::Debug for Extra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

impl From<Map<Json>> for Extra {
    fn from(members: Map<Json>) -> Self {
        Extra((!members.is_empty()).then(|| Box::new(members)))
    }
}

impl FromIterator<(String, Json)> for Extra {
    fn from_iter<I: IntoIterator<Item = (String, Json)>>(members: I) -> Self {
        Map::from_iter(members).into()
    }
}
