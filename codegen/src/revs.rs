//! Sets of revisions: one bit a revision, oldest first.

use std::fmt;

use serde::{Serialize, Serializer};

/// A set of revisions.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revs(u32);

impl Revs {
    /// The most revisions a set can hold.
    pub const LIMIT: usize = 32;
    /// No revision.
    pub const NONE: Revs = Revs(0);

    /// The revision with this index alone.
    pub fn one(index: usize) -> Self {
        Revs(1 << index)
    }

    /// All revisions of a protocol with `count` of them.
    pub fn all(count: usize) -> Self {
        Revs(((1u64 << count) - 1) as u32)
    }

    /// The revisions from this index on.
    pub fn since(index: usize, count: usize) -> Self {
        Revs(Self::all(count).0 & !Self::all(index).0)
    }

    /// Whether the set holds the revision with this index.
    pub fn has(self, index: usize) -> bool {
        self.0 & (1 << index) != 0
    }

    /// In either set.
    pub fn union(self, other: Self) -> Self {
        Revs(self.0 | other.0)
    }

    /// In both sets.
    pub fn intersect(self, other: Self) -> Self {
        Revs(self.0 & other.0)
    }

    /// In this set and not in the other.
    pub fn minus(self, other: Self) -> Self {
        Revs(self.0 & !other.0)
    }

    /// Whether every revision of `other` is in this set.
    pub fn contains(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits, oldest revision lowest: what generated tables hold.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Indices in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..Self::LIMIT).filter(move |&index| self.has(index))
    }

    /// The oldest revision, if any.
    pub fn first(self) -> Option<usize> {
        self.iter().next()
    }

    /// The newest revision, if any.
    pub fn last(self) -> Option<usize> {
        self.iter().last()
    }
}

impl fmt::Debug for Revs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revs({:#b})", self.0)
    }
}

impl Serialize for Revs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
