//! Which phases take part, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_model::PhaseId;

use crate::authored::Authored;
use crate::diagnostic::Problems;

/// The phases and policies that were asked for by name; none if all are meant.
pub(crate) fn select(authored: &Authored, only: &[String], problems: &mut Problems<'_>) -> Option<Vec<PhaseId>> {
    if only.is_empty() {
        return None;
    }
    let mut selected = BTreeSet::new();
    let phases = || authored.phases.iter().map(|phase| phase.id.value.as_str());
    let known = || phases().chain(authored.policies.iter().map(|policy| policy.id.value.as_str()));
    for name in only {
        // The ids of policies have the form of those of phases.
        match known().find(|id| id == name).and_then(|id| PhaseId::parse(id).ok()) {
            Some(id) => drop(selected.insert(id)),
            None => {
                let near = problems.nearest(name, known());
                problems.typed(format!("the bundle has no phase `{name}`{near}"), None);
            }
        }
    }
    Some(selected.into_iter().collect())
}

/// The phases by index, each after those that it needs and otherwise in the order of the bundle. Reports ids that occur twice, needs
/// that don't exist, and circles.
pub(crate) fn sort(authored: &Authored, problems: &mut Problems<'_>) -> Vec<usize> {
    let phases = &authored.phases;
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, phase) in phases.iter().enumerate() {
        if places.contains_key(phase.id.value.as_str()) {
            problems.at(phase.id.at, format!("phase `{}` stands here a second time", phase.id.value));
        } else {
            places.insert(phase.id.value.as_str(), index);
        }
    }
    let mut needs: Vec<BTreeSet<usize>> = Vec::with_capacity(phases.len());
    for phase in phases {
        let mut mine = BTreeSet::new();
        for need in &phase.needs {
            match places.get(need.value.as_str()) {
                Some(index) => drop(mine.insert(*index)),
                None => {
                    let near = problems.nearest(&need.value, places.keys().copied());
                    problems.at(
                        need.at,
                        format!("phase `{}` needs `{}`, which does not exist{near}", phase.id.value, need.value),
                    );
                }
            }
        }
        needs.push(mine);
    }
    let mut order: Vec<usize> = Vec::with_capacity(phases.len());
    let mut left: BTreeSet<usize> = (0..phases.len()).collect();
    while let Some(next) = left.iter().copied().find(|index| needs[*index].is_disjoint(&left)) {
        left.remove(&next);
        order.push(next);
    }
    if let Some(circle) = circle(&needs, &left) {
        let names: Vec<String> = circle.iter().map(|index| format!("`{}`", phases[*index].id.value)).collect();
        problems.at(phases[circle[0]].id.at, format!("phases need each other in a circle: {}", names.join(" → ")));
        order.extend(left);
    }
    order
}

/// Every phase that is left needs another that is left, so following the needs comes back to where it has been.
fn circle(needs: &[BTreeSet<usize>], left: &BTreeSet<usize>) -> Option<Vec<usize>> {
    let mut path = vec![*left.first()?];
    loop {
        let next = *needs[*path.last()?].intersection(left).next()?;
        if let Some(start) = path.iter().position(|index| *index == next) {
            path.drain(..start);
            path.push(next);
            return Some(path);
        }
        path.push(next);
    }
}
