//! Grants of gcloud: whole command shapes, in one project and region that the guest can't choose.
//!
//! What a free choice of arguments would give a guest was tried: programs are started, files of the host read and sent, tokens
//! printed or led elsewhere. So words, flags and values are judged by their form first (`gcloud_ask.rs`), whatever a grant says, and a
//! grant then names the command, its flags, and what their values may be.

use std::collections::BTreeMap;
use std::fmt;

use super::gcloud_ask::{CommandWords, FlagName, GcloudAsk, ValuePattern};
use super::{GrantError, Missing};
use crate::Class;

/// The commands of gcloud that a phase may give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcloudGrant {
    pub project: ProjectId,
    /// Where regional commands act.
    pub region: Option<Region>,
    pub commands: Vec<CommandGrant>,
}

/// One command, and what may stand behind its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandGrant {
    pub command: CommandWords,
    /// What each positional argument may be; an empty list allows none.
    pub arguments: Vec<ValuePattern>,
    pub flags: BTreeMap<FlagName, FlagGrant>,
    /// The class of the command, where it is not that of the table.
    pub class: Option<Class>,
}

/// What may follow a flag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlagGrant {
    /// Nothing: it is a switch.
    Switch,
    Value(ValuePattern),
}

/// Under what terms a granted command is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcloudTerms {
    pub project: ProjectId,
    pub region: Option<Region>,
    pub class: Class,
}

macro_rules! place {
    ($(#[$doc:meta])* $name:ident, $wanted:literal, $least:literal, $most:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Checks the characters and the length.
            pub fn parse(text: &str) -> Result<Self, GrantError> {
                let ok = ($least..=$most).contains(&text.len())
                    && text.starts_with(|c: char| c.is_ascii_lowercase())
                    && !text.ends_with('-')
                    && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                if !ok {
                    let why = concat!("use ", $least, " to ", $most, " of a-z, 0-9 and -, a letter first and no - last");
                    return Err(GrantError::new(text, $wanted, why));
                }
                Ok(Self(text.to_owned()))
            }

            /// As it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

place!(
    /// A project by its id, e.g. `netra-staging`; never by its number, and never one of a domain.
    ProjectId, "the id of a project", 6, 30
);
place!(
    /// A region, e.g. `us-central1`.
    Region, "a region", 4, 40
);

impl CommandGrant {
    /// Whether the command may be given under this grant.
    pub fn covers(&self, ask: &GcloudAsk) -> bool {
        self.command == *ask.command()
            && ask.arguments().iter().all(|argument| self.arguments.iter().any(|pattern| pattern.covers(argument)))
            && ask.flags().iter().all(|(name, value)| self.covers_flag(name, value.as_deref()))
    }

    fn covers_flag(&self, name: &FlagName, value: Option<&str>) -> bool {
        match (self.flags.get(name), value) {
            (Some(FlagGrant::Switch), None) => true,
            (Some(FlagGrant::Value(pattern)), Some(value)) => pattern.covers(value),
            _ => false,
        }
    }

    /// The class of the command under this grant.
    pub fn class(&self) -> Class {
        self.class.unwrap_or_else(|| self.command.class())
    }

    /// Whether whatever the other covers is covered by this one, and is no more dangerous than this one says.
    fn contains(&self, other: &Self) -> bool {
        let contained =
            |patterns: &[ValuePattern], pattern: &ValuePattern| patterns.iter().any(|p| p.contains(pattern));
        self.command == other.command
            && other.arguments.iter().all(|pattern| contained(&self.arguments, pattern))
            && other.flags.iter().all(|(name, theirs)| match (self.flags.get(name), theirs) {
                (Some(FlagGrant::Switch), FlagGrant::Switch) => true,
                (Some(FlagGrant::Value(mine)), FlagGrant::Value(theirs)) => mine.contains(theirs),
                _ => false,
            })
            // A command may be called more dangerous than the operator has it, never less.
            && self.class() <= other.class()
    }

    /// The grant as an inline table of TOML.
    pub fn to_toml(&self) -> String {
        let list = |patterns: &[ValuePattern]| {
            patterns.iter().map(|pattern| format!("\"{pattern}\"")).collect::<Vec<_>>().join(", ")
        };
        let mut parts = vec![format!("command = \"{}\"", self.command)];
        if !self.arguments.is_empty() {
            parts.push(format!("arguments = [{}]", list(&self.arguments)));
        }
        if !self.flags.is_empty() {
            let flags: Vec<String> =
                self.flags.iter().map(|(name, flag)| format!("{name} = {}", flag.to_toml())).collect();
            parts.push(format!("flags = {{ {} }}", flags.join(", ")));
        }
        if let Some(class) = self.class {
            parts.push(format!("class = \"{class}\""));
        }
        format!("{{ {} }}", parts.join(", "))
    }
}

impl FlagGrant {
    /// As TOML: `true` for a switch.
    pub fn to_toml(&self) -> String {
        match self {
            Self::Switch => "true".to_owned(),
            Self::Value(pattern) => format!("\"{pattern}\""),
        }
    }
}

impl GcloudGrant {
    /// Decides about a command. None if no grant covers it; the most dangerous class of those that do counts.
    pub fn terms(&self, ask: &GcloudAsk) -> Option<GcloudTerms> {
        let covering = self.commands.iter().filter(|command| command.covers(ask));
        let class = covering.map(CommandGrant::class).max()?;
        Some(GcloudTerms { project: self.project.clone(), region: self.region.clone(), class })
    }

    /// The grant as an inline table of TOML.
    pub fn to_toml(&self) -> String {
        let region = self.region.as_ref().map_or(String::new(), |region| format!(", region = \"{region}\""));
        let commands: Vec<String> = self.commands.iter().map(CommandGrant::to_toml).collect();
        format!("{{ project = \"{}\"{region}, commands = [{}] }}", self.project, commands.join(", "))
    }

    /// What is asked, in words, a line a command with its class.
    pub fn words(&self) -> Vec<String> {
        self.commands_in_words().into_iter().map(|(words, class)| format!("{words}, as {class}")).collect()
    }

    /// Each command in words, and its class.
    pub fn commands_in_words(&self) -> Vec<(String, Class)> {
        let at = self.region.as_ref().map_or(String::new(), |region| format!(" in {region}"));
        let line = |command: &CommandGrant| {
            if command.command.is_identity() {
                return (format!("see whom gcloud acts as on project {}{at}", self.project), command.class());
            }
            let mut words = format!("run gcloud {}", command.command);
            for pattern in &command.arguments {
                words.push_str(&format!(" {pattern}"));
            }
            for (name, flag) in &command.flags {
                match flag {
                    FlagGrant::Switch => words.push_str(&format!(" --{name}")),
                    FlagGrant::Value(pattern) => words.push_str(&format!(" --{name}={pattern}")),
                }
            }
            (format!("{words} on project {}{at}", self.project), command.class())
        };
        self.commands.iter().map(line).collect()
    }
}

/// The commands that the operator does not allow, with the line that would.
pub(super) fn missing(ask: &GcloudGrant, allowed: &[GcloudGrant]) -> Option<Missing> {
    let same_place = |grant: &&GcloudGrant| grant.project == ask.project && grant.region == ask.region;
    let lacking: Vec<CommandGrant> = ask
        .commands
        .iter()
        .filter(|command| {
            !allowed.iter().filter(same_place).flat_map(|grant| &grant.commands).any(|c| c.contains(command))
        })
        .cloned()
        .collect();
    if lacking.is_empty() {
        return None;
    }
    let line = GcloudGrant { commands: lacking, ..ask.clone() };
    Some(Missing { what: line.words().join("; "), table: "", line: format!("gcloud = [{}]", line.to_toml()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &str, arguments: &[&str], flags: &[(&str, Option<&str>)]) -> CommandGrant {
        CommandGrant {
            command: CommandWords::parse(words).unwrap(),
            arguments: arguments.iter().map(|text| ValuePattern::parse(text).unwrap()).collect(),
            flags: flags
                .iter()
                .map(|(name, value)| {
                    let grant =
                        value.map_or(FlagGrant::Switch, |text| FlagGrant::Value(ValuePattern::parse(text).unwrap()));
                    (FlagName::parse(name).unwrap(), grant)
                })
                .collect(),
            class: None,
        }
    }

    fn grant(commands: Vec<CommandGrant>) -> GcloudGrant {
        GcloudGrant {
            project: ProjectId::parse("netra-staging").unwrap(),
            region: Some(Region::parse("us-central1").unwrap()),
            commands,
        }
    }

    fn ask(words: &[&str], arguments: &[&str], flags: &[(&str, Option<&str>)]) -> GcloudAsk {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let flags: Vec<_> = flags.iter().map(|(name, value)| (name.to_string(), value.map(str::to_owned))).collect();
        GcloudAsk::parse(&owned(words), &owned(arguments), &flags).unwrap()
    }

    #[test]
    fn a_grant_covers_its_command_with_its_arguments_and_flags_alone() {
        let grant = grant(vec![command(
            "run services update",
            &["netra-*"],
            &[("image", Some("pkg.dev/n/*")), ("no-traffic", None)],
        )]);
        let image = ("image", Some("pkg.dev/n/backend@sha256:1"));
        let covered = |ask: &GcloudAsk| grant.terms(ask).is_some();
        assert!(covered(&ask(&["run", "services", "update"], &["netra-backend"], &[image, ("no-traffic", None)])));
        assert!(!covered(&ask(&["run", "services", "update"], &["other"], &[image])));
        assert!(!covered(&ask(&["run", "services", "update"], &["netra-backend"], &[("image", Some("evil/x"))])));
        assert!(!covered(&ask(&["run", "services", "update"], &["netra-backend"], &[("no-traffic", Some("x"))])));
        assert!(!covered(&ask(&["run", "services", "update"], &["netra-backend"], &[("image", None)])));
        assert!(!covered(&ask(&["run", "services", "update"], &["netra-backend"], &[("service-account", Some("x"))])));
        assert!(!covered(&ask(&["run", "services", "delete"], &["netra-backend"], &[])));
        assert!(!covered(&ask(&["run", "services"], &["update", "netra-backend"], &[])));
    }

    #[test]
    fn nothing_is_granted_by_an_empty_list() {
        assert_eq!(grant(vec![]).terms(&ask(&["run", "services", "list"], &[], &[])), None);
        let none = command("run services describe", &[], &[]);
        assert_eq!(grant(vec![none]).terms(&ask(&["run", "services", "describe"], &["x"], &[])), None);
    }

    #[test]
    fn whom_gcloud_acts_as_is_granted_by_a_word_of_its_own() {
        let identity = ask(&["identity"], &[], &[]);
        let list = command("run services list", &[], &[]);
        assert_eq!(grant(vec![list]).terms(&identity), None);
        let granted = grant(vec![command("identity", &[], &[])]);
        assert_eq!(granted.terms(&identity).map(|terms| terms.class), Some(Class::Read));
        assert_eq!(granted.words(), ["see whom gcloud acts as on project netra-staging in us-central1, as read"]);
        assert!(missing(&granted, &[grant(vec![])]).is_some(), "an empty list allows it to nobody");
    }

    #[test]
    fn the_most_dangerous_class_counts() {
        let list = command("run services list", &[], &[]);
        let both = vec![list.clone(), CommandGrant { class: Some(Class::Effect), ..list }];
        let terms = grant(both).terms(&ask(&["run", "services", "list"], &[], &[])).unwrap();
        assert_eq!(terms.class, Class::Effect);
    }

    #[test]
    fn what_is_asked_is_contained_piece_by_piece() {
        let allowed = [grant(vec![command("run services describe", &["netra-*"], &[("limit", Some("*"))])])];
        assert_eq!(missing(&grant(vec![command("run services describe", &["netra-auth"], &[])]), &allowed), None);
        let more = grant(vec![
            command("run services describe", &["netra-auth"], &[]),
            command("run services describe", &["*"], &[]),
        ]);
        let missing = missing(&more, &allowed).unwrap();
        assert_eq!(
            missing.line,
            "gcloud = [{ project = \"netra-staging\", region = \"us-central1\", \
             commands = [{ command = \"run services describe\", arguments = [\"*\"] }] }]"
        );
        assert_eq!(missing.what, "run gcloud run services describe * on project netra-staging in us-central1, as read");
    }

    #[test]
    fn neither_place_nor_class_is_the_bundle_s_to_choose() {
        let list = command("run services list", &[], &[]);
        let elsewhere = GcloudGrant { project: ProjectId::parse("production").unwrap(), ..grant(vec![list.clone()]) };
        assert!(missing(&elsewhere, &[grant(vec![list.clone()])]).is_some());
        let everywhere = GcloudGrant { region: None, ..grant(vec![list.clone()]) };
        assert!(missing(&everywhere, &[grant(vec![list])]).is_some());
        let update = command("run services update", &["s"], &[]);
        let harmless = CommandGrant { class: Some(Class::Read), ..update.clone() };
        assert!(missing(&grant(vec![harmless.clone()]), &[grant(vec![update.clone()])]).is_some());
        assert!(missing(&grant(vec![update]), &[grant(vec![harmless])]).is_none());
    }

    #[test]
    fn a_place_is_an_id_and_nothing_else() {
        for bad in
            ["", "short", "Netra-staging", "example.com:netra", "123456789", "netra-", "a b c d e f", "--project"]
        {
            assert!(ProjectId::parse(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "-", "us central1", "https://evil"] {
            assert!(Region::parse(bad).is_err(), "{bad:?}");
        }
    }
}
