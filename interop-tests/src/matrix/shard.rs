//! A part of the matrix, so that several machines run it together: `--take` joins what they found.

use std::str::FromStr;

use super::Run;

/// The n-th of so many parts, which are alike in size and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    number: usize,
    /// Of how many.
    of: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self { number: 1, of: 1 }
    }
}

impl Shard {
    /// Whether it is all there is.
    pub fn is_everything(self) -> bool {
        self.of == 1
    }

    /// Every so-manieth run: neighbours are the same two peers, and none of the parts has all of the slow ones.
    pub fn keep<'a>(self, runs: Vec<Run<'a>>) -> Vec<Run<'a>> {
        runs.into_iter().skip(self.number - 1).step_by(self.of).collect()
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parsed {
            Some((number, of)) if 1 <= number && number <= of => Ok(Self { number, of }),
            _ => Err(format!("{text:?} is no part; expected its number of how many, such as 1/4 up to 4/4")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_there_is_not_is_refused() {
        for text in ["", "1", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!("4/4".parse(), Ok(Shard { number: 4, of: 4 }));
        assert!("1/1".parse::<Shard>().unwrap().is_everything());
    }
}
