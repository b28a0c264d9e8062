//! Which phases wait for their time of day before they start. Pure: it looks at what has happened.

use holdpoint_bundle::Verified;
use holdpoint_model::{MissedRun, PhaseId, PhaseSchedule, ScheduledStart, Timestamp};

use crate::plan::{Progress, Step};

/// What comes next, once times are looked at.
#[derive(Debug, Default)]
pub(crate) struct Timed {
    /// Without the phases that wait.
    pub(crate) steps: Vec<Step>,
    /// To be waited for from now on.
    pub(crate) scheduled: Vec<ScheduledStart>,
    /// When something changes by itself for those that wait; none if nothing does.
    pub(crate) until: Option<Timestamp>,
}

impl Timed {
    /// Lays times over what could be done now, where somebody waits for them.
    pub(crate) fn of(steps: Vec<Step>, verified: &Verified, progress: &Progress, now: Timestamp, waits: bool) -> Self {
        let mut timed = Self::default();
        for step in steps {
            match &step {
                Step::Start(phase) if waits => {
                    match schedule(verified, phase).filter(|_| !has_begun(progress, phase)) {
                        Some(schedule) => timed.start(phase, schedule, progress.scheduled(phase), now),
                        None => timed.steps.push(step),
                    }
                }
                _ => timed.steps.push(step),
            }
        }
        timed
    }

    fn start(&mut self, phase: &PhaseId, schedule: &PhaseSchedule, waited: Option<&ScheduledStart>, now: Timestamp) {
        let Some(waited) = waited else { return self.scheduled.push(schedule.next_start(phase, now)) };
        if !waited.is_due(now) {
            self.until = Timestamp::earlier(self.until, Some(waited.at));
            return;
        }
        match schedule.missed {
            MissedRun::Skip if waited.is_missed(now) => {
                let ScheduledStart { at, until, .. } = waited;
                let why = format!("its time was {at} and it could start until {until}, which was missed");
                self.steps.push(Step::Skip(phase.clone(), why));
            }
            MissedRun::Next if waited.is_missed(now) => self.scheduled.push(schedule.next_start(phase, now)),
            MissedRun::Run => self.steps.push(Step::Start(phase.clone())),
            // Others may keep it from starting until its time is over.
            MissedRun::Skip | MissedRun::Next => {
                self.until = Timestamp::earlier(self.until, Some(waited.until));
                self.steps.push(Step::Start(phase.clone()));
            }
        }
    }
}

fn schedule<'v>(verified: &'v Verified, id: &PhaseId) -> Option<&'v PhaseSchedule> {
    verified.phases.iter().find(|phase| phase.id == *id)?.schedule.as_ref()
}

/// What has been started once goes on whatever the time is, and so does what waits for somebody's word behind its time.
fn has_begun(progress: &Progress, phase: &PhaseId) -> bool {
    progress.started(phase).is_some() || progress.approval(phase).is_some()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use holdpoint_model::{EventKind, Level, TimeOfDay};

    use super::*;
    use crate::plan::tests::{bundle, id, take};

    fn hour(hours: f64) -> Timestamp {
        Timestamp(hours * 3_600_000.0)
    }

    /// `a` waits for nine o'clock.
    fn timed(missed: MissedRun) -> Verified {
        let mut verified = bundle(Level::Required);
        let at = TimeOfDay::parse("09:00").expect("a time");
        verified.phases[0].schedule = Some(PhaseSchedule { at, within: Duration::from_secs(3_600), missed });
        verified
    }

    fn looked(verified: &Verified, progress: &Progress, now: f64) -> Timed {
        Timed::of(progress.next(verified, &[]), verified, progress, hour(now), true)
    }

    fn scheduled(at: f64) -> EventKind {
        EventKind::PhaseScheduled(ScheduledStart { phase: id("a"), at: hour(at), until: hour(at + 1.0) })
    }

    #[test]
    fn a_phase_waits_for_its_time_and_no_other_does() {
        let (verified, mut progress) = (timed(MissedRun::Skip), Progress::new());
        let at_first = looked(&verified, &progress, 5.0);
        assert_eq!(at_first.steps, [Step::Start(id("d"))]);
        let [start] = at_first.scheduled.as_slice() else { panic!("{at_first:?}") };
        assert_eq!((start.at, start.until), (hour(9.0), hour(10.0)));
        take(&mut progress, EventKind::PhaseScheduled(start.clone()));
        let waits = looked(&verified, &progress, 8.9);
        assert_eq!((waits.steps, waits.scheduled.len(), waits.until), (vec![Step::Start(id("d"))], 0, Some(hour(9.0))));
        for now in [9.0, 9.99] {
            let due = looked(&verified, &progress, now);
            assert_eq!((due.steps, due.until), (vec![Step::Start(id("a")), Step::Start(id("d"))], Some(hour(10.0))));
        }
    }

    #[test]
    fn a_time_that_nobody_was_there_for_follows_the_rule() {
        for (missed, start, skipped, again) in [
            (MissedRun::Skip, false, true, None),
            (MissedRun::Run, true, false, None),
            (MissedRun::Next, false, false, Some(hour(33.0))),
        ] {
            let (verified, mut progress) = (timed(missed), Progress::new());
            take(&mut progress, scheduled(9.0));
            let late = looked(&verified, &progress, 10.0);
            assert_eq!(late.steps.contains(&Step::Start(id("a"))), start, "{missed:?}");
            let reason = late.steps.iter().find_map(|step| match step {
                Step::Skip(_, reason) => Some(reason.as_str()),
                _ => None,
            });
            let why = "its time was 1970-01-01T09:00:00.000Z and it could start until 1970-01-01T10:00:00.000Z, which was missed";
            assert_eq!(reason, skipped.then_some(why), "{missed:?}");
            assert_eq!(late.scheduled.first().map(|next| next.at), again, "{missed:?}");
        }
    }

    #[test]
    fn what_has_begun_goes_on_whatever_the_time_is() {
        let (verified, mut progress) = (timed(MissedRun::Skip), Progress::new());
        take(&mut progress, scheduled(9.0));
        take(&mut progress, EventKind::PhaseStarted { phase: id("a") });
        assert!(looked(&verified, &progress, 20.0).steps.contains(&Step::Start(id("a"))));
    }

    #[test]
    fn who_does_not_wait_starts_at_once() {
        let (verified, progress) = (timed(MissedRun::Skip), Progress::new());
        let steps = progress.next(&verified, &[]);
        assert_eq!(Timed::of(steps.clone(), &verified, &progress, hour(5.0), false).steps, steps);
    }
}
