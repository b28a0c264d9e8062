//! Starting the team's own tools: which of them a phase may start, and how dangerous that is.
//!
//! A grant names tools. What a name stands for (the program, its arguments, its directory) is the operator's alone, so nothing here
//! knows a path. An empty list grants nothing.

use super::{Missing, ToolName};
use crate::{Class, Denial, PhaseId};

/// Tools that a phase may start, or that the operator allows at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExecGrant {
    pub tools: Vec<ToolName>,
    /// What starting one of them does to the world, if it is not an effect.
    pub class: Option<Class>,
}

impl ExecGrant {
    /// Whether the tool is one of these.
    pub fn covers(&self, tool: &ToolName) -> bool {
        self.tools.contains(tool)
    }

    /// The class of a start: the grant's, if it states one, else an effect. A program may do anything.
    pub fn class(&self) -> Class {
        self.class.unwrap_or(Class::Effect)
    }

    /// What it lets through, for a person.
    pub fn words(&self) -> String {
        let names: Vec<&str> = self.tools.iter().map(ToolName::as_str).collect();
        let class = self.class.map_or(String::new(), |class| format!(", as {class}"));
        match names.as_slice() {
            [] => "a grant of exec that grants nothing".to_owned(),
            names => format!("start {}{class}", names.join(", ")),
        }
    }

    /// The grant as a line of a bundle or an operator's file.
    pub fn to_toml(&self) -> String {
        let tools: Vec<String> = self.tools.iter().map(|tool| format!("\"{tool}\"")).collect();
        let class = self.class.map_or(String::new(), |class| format!(", class = \"{class}\""));
        format!("{{ tools = [{}]{class} }}", tools.join(", "))
    }
}

/// Decides about a start: its class, the most dangerous of those that cover it, or why it is denied.
pub(super) fn class(phase: &PhaseId, grants: &[ExecGrant], tool: &str) -> Result<Class, Denial> {
    let name = ToolName::parse(tool);
    let covering =
        name.as_ref().ok().and_then(|name| grants.iter().filter(|g| g.covers(name)).map(ExecGrant::class).max());
    covering.ok_or_else(|| {
        let granted: Vec<&str> = grants.iter().flat_map(|grant| &grant.tools).map(ToolName::as_str).collect();
        let granted = if granted.is_empty() { "nothing".to_owned() } else { granted.join(", ") };
        let shown: String = tool.chars().take(80).collect();
        Denial {
            wanted: format!("exec {}", shown.escape_debug()),
            reason: format!("no grant covers tool {shown:?}; granted: {granted}"),
            remedy: match name {
                Ok(name) => {
                    let line = ExecGrant { tools: vec![name], class: None }.to_toml();
                    format!(
                        "to allow it, add to [phase.grants] of '{phase}' in bundle.toml:\n    exec = [{line}]\nand to the operator's file, which bounds every bundle on this machine and pins the tool"
                    )
                }
                Err(_) => "ask for a tool by its name in the operator's file".to_owned(),
            },
        }
    })
}

/// The starts that the grants cover and the operator does not allow. A start may be called more dangerous than the operator has it,
/// never less.
pub(super) fn missing(ask: &[ExecGrant], ceiling: &[ExecGrant]) -> Vec<Missing> {
    let mut missing = Vec::new();
    for grant in ask {
        let lacks = |tool: &&ToolName| !ceiling.iter().any(|e| e.covers(tool) && e.class() <= grant.class());
        let tools: Vec<ToolName> = grant.tools.iter().filter(lacks).cloned().collect();
        if tools.is_empty() {
            continue;
        }
        let grant = ExecGrant { tools, class: grant.class };
        missing.push(Missing { what: grant.words(), table: "", line: format!("exec = [{}]", grant.to_toml()) });
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(tools: &[&str], class: Option<Class>) -> ExecGrant {
        ExecGrant { tools: tools.iter().map(|tool| ToolName::parse(tool).unwrap()).collect(), class }
    }

    fn class_of(grants: &[ExecGrant], tool: &str) -> Result<Class, Denial> {
        super::class(&PhaseId::parse("unit").unwrap(), grants, tool)
    }

    #[test]
    fn an_empty_list_grants_nothing() {
        for grants in [vec![], vec![grant(&[], None)], vec![grant(&["go"], None)]] {
            assert!(class_of(&grants, "pytest").is_err());
        }
        assert_eq!(missing(&[grant(&[], None)], &[]), []);
        assert_eq!(missing(&[grant(&["pytest"], None)], &[grant(&[], None)]).len(), 1);
    }

    #[test]
    fn a_start_is_an_effect_unless_every_grant_of_it_says_less() {
        let read = grant(&["pytest"], Some(Class::Read));
        assert_eq!(class_of(std::slice::from_ref(&read), "pytest"), Ok(Class::Read));
        assert_eq!(class_of(&[read, grant(&["pytest"], None)], "pytest"), Ok(Class::Effect));
    }

    #[test]
    fn a_denial_names_the_line_that_would_allow_it() {
        let denial = class_of(&[grant(&["go"], None)], "pytest").unwrap_err();
        assert_eq!(denial.wanted, "exec pytest");
        assert_eq!(denial.reason, "no grant covers tool \"pytest\"; granted: go");
        assert!(denial.remedy.contains("of 'unit' in bundle.toml:\n    exec = [{ tools = [\"pytest\"] }]\nand to"));
    }

    #[test]
    fn a_path_is_no_tool() {
        for path in ["/bin/sh", "../sh", "sh ", "SH", "", "a\nb", &"a".repeat(70_000)] {
            let denial = class_of(&[grant(&["sh"], None)], path).unwrap_err();
            assert_eq!(denial.remedy, "ask for a tool by its name in the operator's file");
            assert!(denial.wanted.len() + denial.reason.len() < 500);
            assert!(!denial.wanted.contains('\n'));
        }
    }

    #[test]
    fn asks_for_the_difference_only() {
        let ceiling = [grant(&["pytest"], Some(Class::Read)), grant(&["deploy"], None)];
        let lines = |ask: ExecGrant| -> Vec<String> {
            missing(&[ask], &ceiling).into_iter().map(|missing| missing.line).collect()
        };
        assert_eq!(lines(grant(&["pytest", "deploy"], None)), [""; 0]);
        assert_eq!(lines(grant(&["pytest", "go"], None)), ["exec = [{ tools = [\"go\"] }]"]);
        assert_eq!(
            lines(grant(&["pytest", "deploy"], Some(Class::Read))),
            ["exec = [{ tools = [\"deploy\"], class = \"read\" }]"],
            "an effect is not called a read behind the operator's back"
        );
    }
}
