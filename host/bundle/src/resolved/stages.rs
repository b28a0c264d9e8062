//! The stages that a bundle decides in, in the order in which its phases first name them.

use crate::authored::Authored;
use crate::diagnostic::Problems;

use super::Rollback;

/// The names of the stages. A phase must not need one of a later stage, and a policy must name one that there is. The phases of the rollback are
/// of none: they follow whatever calls for them.
pub(crate) fn resolve(authored: &Authored, rollback: Option<&Rollback>, problems: &mut Problems<'_>) -> Vec<String> {
    let of_rollback = |id: &str| rollback.is_some_and(|rollback| rollback.phases.iter().any(|own| own.as_str() == id));
    let mut stages: Vec<String> = Vec::new();
    for phase in authored.phases.iter().filter(|phase| !of_rollback(phase.id.value.as_str())) {
        if !stages.contains(&phase.stage) {
            stages.push(phase.stage.clone());
        }
    }
    let place = |stage: &str| stages.iter().position(|known| known == stage);
    for phase in &authored.phases {
        let later = phase.needs.iter().find_map(|need| {
            let needed = authored.phases.iter().find(|other| other.id.value.as_str() == need.value)?;
            (place(&needed.stage)? > place(&phase.stage)?).then_some((need, needed))
        });
        if let Some((need, needed)) = later {
            let (id, stage) = (&phase.id.value, &phase.stage);
            let message = format!(
                "phase `{id}` of stage `{stage}` needs `{}` of stage `{}`, which comes later",
                need.value, needed.stage
            );
            problems.at(need.at, message);
        }
    }
    for policy in &authored.policies {
        if let Some(stage) = policy.stage.as_ref().filter(|stage| place(&stage.value).is_none()) {
            let near = problems.nearest(&stage.value, stages.iter().map(String::as_str));
            problems.at(stage.at, format!("no phase is of stage `{}`{near}", stage.value));
        }
    }
    stages
}
