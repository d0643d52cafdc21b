//! Figures over rounds: the median, and how far the rounds are apart.

use serde::Serialize;

use crate::measure::Sample;

/// One figure over all rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// The middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
}

/// All figures of a contestant in a cell.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Figures {
    /// Seconds on the CPU a 10,000 calls.
    pub cpu_s_per_10k: Figure,
    /// Calls a second.
    pub calls_per_s: Figure,
    /// In microseconds.
    pub p50_us: Figure,
    /// In microseconds.
    pub p99_us: Figure,
    /// Process start to first answer, in milliseconds.
    pub first_answer_ms: Figure,
    /// In MiB.
    pub peak_mib: Figure,
}

impl Figure {
    /// Of some values; none of none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Figure { median: (low + high) / 2.0, min, max })
    }

    /// Half of the distance between the rounds, as a share of the median.
    pub fn spread(&self) -> f64 {
        if self.median == 0.0 { 0.0 } else { (self.max - self.min) / 2.0 / self.median }
    }
}

impl Figures {
    /// Of the samples of all rounds; none of none.
    pub fn of(samples: &[Sample]) -> Option<Self> {
        let figure = |of: fn(&Sample) -> f64| Figure::of(samples.iter().map(of));
        Some(Figures {
            cpu_s_per_10k: figure(|sample| sample.cpu)?,
            calls_per_s: figure(|sample| sample.rate)?,
            p50_us: figure(|sample| sample.p50)?,
            p99_us: figure(|sample| sample.p99)?,
            first_answer_ms: figure(|sample| sample.first)?,
            peak_mib: figure(|sample| sample.peak)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Figure;

    #[test]
    fn the_median_is_in_the_middle() {
        for (values, median) in [(vec![3.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0], 2.5), (vec![7.0], 7.0)] {
            assert_eq!(Figure::of(values).map(|figure| figure.median), Some(median));
        }
        assert_eq!(Figure::of([]), None);
    }
}
