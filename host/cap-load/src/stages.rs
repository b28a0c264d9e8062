//! Where in its stages a plan is. Pure.

use crate::{CurrentStage, Executor};

/// When each stage of a plan ends, in milliseconds from its start. A plan without stages is one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stages(Vec<f64>);

impl Stages {
    pub(crate) fn of(executor: &Executor) -> Self {
        let ends = match executor {
            Executor::ConstantVus { duration_ms, .. } | Executor::ConstantArrivalRate { duration_ms, .. } => {
                vec![f64::from(*duration_ms)]
            }
            Executor::PerVuIterations { max_duration_ms, .. } => vec![f64::from(*max_duration_ms)],
            Executor::RampingVus { stages, .. } | Executor::RampingArrivalRate { stages, .. } => {
                let mut end = 0.0;
                let ends = stages.iter().map(|stage| {
                    end += f64::from(stage.duration_ms);
                    end
                });
                ends.collect()
            }
        };
        Self(ends)
    }

    /// The stage that goes on at a time; when the plan is through, the last.
    pub(crate) fn at(&self, elapsed_ms: f64) -> CurrentStage {
        let count = self.0.len().max(1);
        let place = self.0.iter().position(|end| elapsed_ms < *end).unwrap_or(count - 1);
        let end = self.0.get(place).copied().unwrap_or(0.0);
        let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        CurrentStage { number: number(place + 1), count: number(count), remaining_ms: (end - elapsed_ms).max(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stage;

    #[test]
    fn a_plan_is_in_the_stage_that_has_begun_and_has_not_ended() {
        let stages = [(30_000, 5), (0, 9), (60_000, 5)];
        let stages = stages.map(|(duration_ms, target)| Stage { duration_ms, target }).to_vec();
        let stages = Stages::of(&Executor::RampingVus { start_vus: 0, stages });
        for (elapsed_ms, number, remaining_ms) in
            [(0.0, 1, 30_000.0), (29_999.0, 1, 1.0), (30_000.0, 3, 60_000.0), (90_000.0, 3, 0.0), (95_000.0, 3, 0.0)]
        {
            let expected = CurrentStage { number, count: 3, remaining_ms };
            assert_eq!(stages.at(elapsed_ms), expected, "after {elapsed_ms} ms");
        }
    }

    #[test]
    fn a_plan_without_stages_is_one() {
        let stages = Stages::of(&Executor::PerVuIterations { vus: 1, iterations: 1, max_duration_ms: 500 });
        assert_eq!(stages.at(200.0), CurrentStage { number: 1, count: 1, remaining_ms: 300.0 });
    }
}
