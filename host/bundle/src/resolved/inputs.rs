//! The values of inputs and of the environment, as variables.

use crate::authored::Authored;
use crate::authored::environment::Environment;
use crate::diagnostic::Problems;
use crate::interpolate::Variables;
use crate::sources::Sources;

pub(crate) fn variables(
    authored: &Authored,
    environment: Option<&Environment>,
    sources: &Sources,
    problems: &mut Problems<'_>,
) -> Variables {
    let mut variables = Variables::default();
    sources.files.iter().for_each(|(name, text)| variables.set_file(name, text));
    let facts = [
        ("env.name", environment.map(|e| &e.name)),
        ("env.project", environment.and_then(|e| e.project.as_ref())),
        ("env.region", environment.and_then(|e| e.region.as_ref())),
    ];
    for (name, value) in facts {
        match value {
            Some(value) => variables.set(name, value),
            // The missing environment has been reported; its variables are known all the same.
            None => variables.without_value(name),
        }
    }
    for input in &authored.inputs {
        let name = format!("input.{}", input.name);
        let given = sources.inputs.get(&input.name);
        if let Some(value) = given.filter(|value| !input.accepts(value)) {
            let pattern = input.pattern.as_deref().unwrap_or_default();
            problems.typed(
                format!("input `{}` is `{value}`, which does not have the pattern `{pattern}`", input.name),
                None,
            );
        }
        match given.or(input.default.as_ref()) {
            Some(value) => variables.set(name, value),
            None => variables.without_value(name),
        }
    }
    for name in sources.inputs.keys().filter(|name| authored.inputs.iter().all(|input| input.name != **name)) {
        let near = problems.nearest(name, authored.inputs.iter().map(|input| input.name.as_str()));
        problems.typed(format!("the bundle has no input `{name}`{near}"), None);
    }
    variables
}

/// Reports inputs without a value: those that some text wanted, and in a whole run those that are required.
pub(crate) fn report_missing(authored: &Authored, variables: &Variables, whole: bool, problems: &mut Problems<'_>) {
    let wanted = variables.wanted();
    for input in &authored.inputs {
        let set = !variables.is_empty(&format!("input.{}", input.name));
        if !set && (wanted.contains(&format!("input.{}", input.name)) || (whole && input.required)) {
            let what = input.description.as_deref().map(|what| format!(": {what}")).unwrap_or_default();
            problems.at_with(
                input.at,
                format!("input `{}` has no value", input.name),
                format!("pass --set {}=…{what}", input.name),
            );
        }
    }
    for fact in ["env.project", "env.region"].into_iter().filter(|fact| wanted.contains(*fact)) {
        let name = fact.trim_start_matches("env.");
        problems.whole(format!("the bundle uses `${{{fact}}}`, and its environment has no `{name}`"), None);
    }
}
