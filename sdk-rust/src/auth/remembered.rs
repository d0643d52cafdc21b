//! Answers about tokens that are remembered: for a while, and only so many. Tokens are not kept, their SHA-256 is.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Refusal;
use super::token::Fingerprint;
use crate::context::Claims;

pub(super) type Answer = Result<Claims, Refusal>;

pub(super) struct Remembered {
    lifetime: Duration,
    capacity: usize,
    answers: Mutex<Answers>,
}

#[derive(Default)]
struct Answers {
    by_token: HashMap<Fingerprint, (Answer, Instant)>,
    /// All of them, those that end first in front. One that was given anew stands here more than once.
    order: VecDeque<(Fingerprint, Instant)>,
}

impl Remembered {
    pub(super) fn new(lifetime: Duration, capacity: usize) -> Self {
        Remembered { lifetime, capacity, answers: Mutex::default() }
    }

    pub(super) fn get(&self, token: &Fingerprint) -> Option<Answer> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, until) = answers.by_token.get(token)?;
        (*until > Instant::now()).then(|| answer.clone())
    }

    /// Remembers an answer; the oldest is forgotten where there is no room.
    pub(super) fn put(&self, token: Fingerprint, answer: &Answer) {
        if self.lifetime.is_zero() || self.capacity == 0 {
            return;
        }
        let now = Instant::now();
        let Some(until) = now.checked_add(self.lifetime) else { return };
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        while answers.order.front().is_some_and(|(_, until)| *until <= now) || answers.order.len() >= self.capacity {
            answers.forget_first();
        }
        answers.by_token.insert(token, (answer.clone(), until));
        answers.order.push_back((token, until));
    }
}

impl Answers {
    fn forget_first(&mut self) {
        let Some((token, until)) = self.order.pop_front() else { return };
        if self.by_token.get(&token).is_some_and(|(_, current)| *current == until) {
            self.by_token.remove(&token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(subject: &str) -> Answer {
        Ok(Claims { subject: Some(subject.into()), ..Claims::default() })
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_remembered_for_its_time_and_no_longer() {
        let remembered = Remembered::new(Duration::from_secs(60), 10);
        remembered.put([1; 32], &answer("a"));
        assert_eq!(remembered.get(&[1; 32]), Some(answer("a")));
        assert_eq!(remembered.get(&[2; 32]), None);
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(remembered.get(&[1; 32]), Some(answer("a")));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(remembered.get(&[1; 32]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_answers_are_remembered() {
        let remembered = Remembered::new(Duration::from_secs(60), 3);
        for i in 0..100 {
            remembered.put([i; 32], &answer("a"));
            let answers = remembered.answers.lock().unwrap();
            assert!(answers.by_token.len() <= 3 && answers.order.len() <= 3);
        }
        let kept: Vec<bool> = (96..100).map(|i| remembered.get(&[i; 32]).is_some()).collect();
        assert_eq!(kept, [false, true, true, true]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_given_anew_lives_on_from_then() {
        let remembered = Remembered::new(Duration::from_secs(60), 3);
        remembered.put([1; 32], &answer("old"));
        tokio::time::advance(Duration::from_secs(30)).await;
        remembered.put([1; 32], &answer("new"));
        tokio::time::advance(Duration::from_secs(31)).await;
        remembered.put([2; 32], &answer("other"));
        assert_eq!(remembered.get(&[1; 32]), Some(answer("new")));
    }
}
