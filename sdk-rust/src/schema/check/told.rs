//! What is wrong with a text, as far as it is told: a text can be made to be wrong in a million places.

use crate::protocol::limits;
use crate::wire::DecodeError;

/// Things that are wrong, in order, at most `max_problems` of them.
#[derive(Default)]
pub(super) struct Told {
    list: Vec<DecodeError>,
    /// Whether there was more than was kept.
    more: bool,
}

impl Told {
    /// Keeps one, which is not even made where there are enough.
    pub(super) fn tell(&mut self, problem: impl FnOnce() -> DecodeError) {
        if self.list.len() < limits::MAX_PROBLEMS {
            self.list.push(problem());
        } else {
            self.more = true;
        }
    }

    /// Keeps what others say.
    pub(super) fn tell_all(&mut self, told: Told) {
        self.more |= told.more;
        told.list.into_iter().for_each(|problem| self.tell(|| problem));
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Those that were kept since, put another way.
    pub(super) fn since(&mut self, from: usize, say: impl Fn(DecodeError) -> DecodeError) {
        for problem in self.list.iter_mut().skip(from) {
            *problem = say(std::mem::replace(problem, DecodeError::new("")));
        }
    }

    /// The whole list; whether it is all is its last entry.
    pub(super) fn list(self) -> Vec<DecodeError> {
        let mut list = self.list;
        if self.more {
            let most = limits::MAX_PROBLEMS;
            list.push(DecodeError::new(format!("more is wrong: only the first {most} are told (max_problems)")));
        }
        list
    }
}

impl From<DecodeError> for Told {
    fn from(problem: DecodeError) -> Self {
        Told { list: vec![problem], more: false }
    }
}
