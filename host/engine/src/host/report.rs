//! `holdpoint:report`: what a phase has found.

use holdpoint_model::{Attachment, Check, Denial, LogLevel, RequirementId, Seq, Statement, Verdict};

use crate::{
    bindings::holdpoint::{report::report, types::types::CallError},
    state::PhaseState,
};

/// Texts longer than this are refused; attachments have a bound of their own.
const STATEMENT: usize = 64 << 10;
const ATTACHMENT: usize = 8 << 20;

type Said = wasmtime::Result<Result<(), CallError>>;

impl report::Host for PhaseState {
    async fn check(&mut self, check: report::Outcome) -> Said {
        if let Some(denial) = self.foreign_claim(&check) {
            self.note(&format!("denied: {}; {}; {}", denial.wanted, denial.reason, denial.remedy));
            return Ok(Err(holdpoint_model::CallError::Denied(denial).into()));
        }
        let rows: usize = check.requirements.iter().map(String::len).sum();
        let texts = check.name.len() + check.expected.len() + check.observed.len() + rows + 4 * check.evidence.len();
        let check = self.judged(check);
        self.say(texts, STATEMENT, Statement::Check(check)).await
    }

    async fn measure(&mut self, name: String, value: f64, unit: String) -> Said {
        if !value.is_finite() {
            return Ok(Err(CallError::Failed(format!("measure {name} is no number"))));
        }
        self.say(name.len() + unit.len(), STATEMENT, Statement::Measure { name, value, unit }).await
    }

    async fn sample(&mut self, name: String, labels: Vec<report::Label>, value: f64) -> Said {
        let labels = labels.into_iter().map(|report::Label { name, value }| (name, value)).collect();
        let labels = match self.series.take(&name, labels, value) {
            Ok(labels) => labels,
            Err(why) => return Ok(Err(CallError::Failed(why))),
        };
        let at = self.guest.now();
        let size = name.len() + labels.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        self.say(size, STATEMENT, Statement::Sample { name, labels, at, value }).await
    }

    async fn attach(&mut self, name: String, media_type: String, content: Vec<u8>) -> Said {
        let size = content.len().max(name.len() + media_type.len());
        let attachment = Attachment { name, media_type, content: content.into() };
        self.say(size, ATTACHMENT, Statement::Attach(attachment)).await
    }

    async fn progress(&mut self, done: u32, total: u32, message: String) -> Said {
        self.say(message.len(), STATEMENT, Statement::Progress { done, total, message }).await
    }

    async fn log(&mut self, level: report::Level, message: String) -> Said {
        let level = match level {
            report::Level::Debug => LogLevel::Debug,
            report::Level::Info => LogLevel::Info,
            report::Level::Warn => LogLevel::Warn,
            report::Level::Error => LogLevel::Error,
        };
        self.say(message.len(), STATEMENT, Statement::Log { level, message }).await
    }
}

impl PhaseState {
    async fn say(&mut self, size: usize, bound: usize, statement: Statement) -> Said {
        if size > bound {
            let exhausted = format!("a statement of {size} bytes is more than the {bound} that are taken");
            self.note(&exhausted);
            return Ok(Err(CallError::Exhausted(exhausted)));
        }
        Ok(self.state(statement).await?.map_err(CallError::from))
    }

    /// A row that the bundle does not let this phase speak for.
    fn foreign_claim(&self, check: &report::Outcome) -> Option<Denial> {
        let listed = |id: &String| self.setup.requirements.iter().any(|(claim, _)| claim.as_str() == id);
        let foreign = check.requirements.iter().find(|id| !listed(id))?;
        let own: Vec<_> = self.setup.requirements.iter().map(|(claim, _)| claim.as_str()).collect();
        let shown: String = foreign.chars().take(80).collect();
        Some(Denial {
            wanted: format!("claim on row {shown}"),
            reason: format!(
                "phase `{}` may claim: {}",
                self.setup.id,
                if own.is_empty() { "nothing".into() } else { own.join(", ") }
            ),
            remedy: format!("add \"{shown}\" to `requirements` of phase '{}' in bundle.toml", self.setup.id),
        })
    }

    /// The check in the words of the model, for the rows that its claims speak for. The claims were looked at before.
    fn judged(&self, check: report::Outcome) -> Check {
        let rows: Vec<RequirementId> = check
            .requirements
            .iter()
            .filter_map(|id| self.setup.requirements.iter().find(|(claim, _)| claim.as_str() == id))
            .map(|(_, row)| row.clone())
            .collect();
        Check {
            requirements: rows,
            name: check.name,
            verdict: match check.verdict {
                report::Verdict::Pass => Verdict::Pass,
                report::Verdict::Fail => Verdict::Fail,
                report::Verdict::Inconclusive => Verdict::Inconclusive,
                report::Verdict::NotExercised => Verdict::NotExercised,
            },
            expected: check.expected,
            observed: check.observed,
            evidence: check.evidence.into_iter().map(Seq).collect(),
        }
    }
}
