//! What an operator says of the team's own tools: what each name stands for, what it reaches, and how far it may go. A bundle knows the
//! names alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use holdpoint_model::Digest;
use holdpoint_model::grant::{DirectoryName, ExecGrant, ToolName, parse_duration, parse_size};
use toml_span::value::Value;

use super::file::from;
use super::gcloud::{environment, is_variable};
use crate::authored::exec::AuthoredTools;
use crate::authored::grants::Fill;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, all_parsed, parsed};

/// What a tool reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ToolNetwork {
    /// No socket at all.
    #[default]
    None,
    /// A loopback of its own.
    Loopback,
    /// Everything that the machine reaches.
    Full,
}

/// One way of the kernel to confine, by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolLayer(pub &'static str);

impl ToolLayer {
    /// The words that `require` takes.
    pub const WORDS: [&str; 6] = ["processes", "network", "landlock", "seccomp", "limits", "count"];
    /// The words that `without` takes.
    pub const GIVEN_UP: [&str; 4] = ["processes", "landlock", "seccomp", "limits"];
}

/// What the name of a tool stands for. What is absent is left at the default of whoever starts tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolBinding {
    /// Absolute.
    pub program: PathBuf,
    /// What the program must be.
    pub sha256: Option<Digest>,
    /// What stands before the arguments of a phase.
    pub arguments: Vec<String>,
    /// The granted directory that it works in.
    pub directory: Option<DirectoryName>,
    /// It gets an empty folder to write into, and works there.
    pub writes: bool,
    pub environment: BTreeMap<String, String>,
    /// Variables of the host that it gets too. Their values are taken for secrets.
    pub inherit: Vec<String>,
    pub network: ToolNetwork,
    pub deadline: Option<Duration>,
    /// Bytes that are kept of each stream.
    pub output: Option<u64>,
    /// Bytes of private memory of each process.
    pub memory: Option<u64>,
    pub processes: Option<u32>,
    /// What it may read besides the programs and libraries of the system; absolute.
    pub read: Vec<PathBuf>,
    /// What it may write; absolute.
    pub write: Vec<PathBuf>,
    /// What the kernel must have.
    pub require: Vec<ToolLayer>,
    /// What is not applied.
    pub without: Vec<ToolLayer>,
}

pub(super) fn read_tools(
    top: &mut Fields<'_, '_>,
    folder: &Path,
    problems: &mut Problems<'_>,
) -> BTreeMap<ToolName, ToolBinding> {
    let mut tools = BTreeMap::new();
    for (name, value) in top.entries("tools", problems) {
        let name = parsed(&name, ToolName::parse, problems);
        let tool = name.as_ref().and_then(|name| read_tool(&name.value, value, folder, problems));
        tools.extend(name.map(|name| name.value).zip(tool));
    }
    tools
}

fn read_tool(name: &ToolName, value: &Value<'_>, folder: &Path, problems: &mut Problems<'_>) -> Option<ToolBinding> {
    let mut fields = Fields::open(value, format!("tool `{name}`"), problems)?;
    let program = fields.required("program", problems).map(|program| from(folder, &program.value));
    let sha256 = fields.parsed("sha256", Digest::parse, problems).map(|digest| digest.value);
    let arguments = fields.strings("arguments", problems).unwrap_or_default();
    let directory = fields.parsed("directory", DirectoryName::parse, problems).map(|directory| directory.value);
    let writes = fields.boolean("writes", problems).unwrap_or(false);
    let environment = environment(&mut fields, problems);
    let inherit = fields.strings("inherit", problems).unwrap_or_default();
    let inherit = all_parsed(&inherit, variable, problems).into_iter().map(|name| name.value).collect();
    let network = fields.parsed("network", network, problems).map(|network| network.value).unwrap_or_default();
    let deadline = fields.parsed("deadline", parse_duration, problems).map(|deadline| deadline.value);
    let output = fields.parsed("output", parse_size, problems).map(|output| output.value);
    let memory = fields.parsed("memory", parse_size, problems).map(|memory| memory.value);
    let processes = fields.count("processes", problems).map(|processes| processes.value);
    let read = paths(&mut fields, "read", folder, problems);
    let write = paths(&mut fields, "write", folder, problems);
    let require = fields.strings("require", problems).unwrap_or_default();
    let require: Vec<ToolLayer> = all_parsed(&require, layer, problems).into_iter().map(|layer| layer.value).collect();
    let without = fields.strings("without", problems).unwrap_or_default();
    let without = all_parsed(&without, |word| given_up(word, &require), problems);
    let without = without.into_iter().map(|layer| layer.value).collect();
    fields.close(problems);
    Some(ToolBinding {
        program: program?,
        sha256,
        arguments: arguments.into_iter().map(|argument| argument.value).collect(),
        directory,
        writes,
        environment,
        inherit,
        network,
        deadline,
        output,
        memory,
        processes,
        read,
        write,
        require,
        without,
    })
}

fn paths(fields: &mut Fields<'_, '_>, key: &'static str, folder: &Path, problems: &mut Problems<'_>) -> Vec<PathBuf> {
    fields.strings(key, problems).unwrap_or_default().iter().map(|path| from(folder, &path.value)).collect()
}

fn variable(text: &str) -> Result<String, String> {
    if is_variable(text) { Ok(text.to_owned()) } else { Err(format!("`{text}` is not the name of a variable")) }
}

fn network(text: &str) -> Result<ToolNetwork, String> {
    match text {
        "none" => Ok(ToolNetwork::None),
        "loopback" => Ok(ToolNetwork::Loopback),
        "full" => Ok(ToolNetwork::Full),
        _ => Err(format!("`{text}` is not a network: write none, loopback or full")),
    }
}

fn layer(text: &str) -> Result<ToolLayer, String> {
    ToolLayer::WORDS.into_iter().find(|word| *word == text).map(ToolLayer).ok_or_else(|| {
        format!("`{text}` is no way of the kernel to confine: write some of {}", ToolLayer::WORDS.join(", "))
    })
}

fn given_up(text: &str, required: &[ToolLayer]) -> Result<ToolLayer, String> {
    let Some(layer) = ToolLayer::GIVEN_UP.into_iter().find(|word| *word == text).map(ToolLayer) else {
        return Err(format!("`{text}` can't be left out: write some of {}", ToolLayer::GIVEN_UP.join(", ")));
    };
    if required.contains(&layer) {
        return Err(format!("`{text}` is in `require` and in `without`; it is one of them"));
    }
    Ok(layer)
}

/// The tools that a bundle may start.
pub(super) fn read_grants(fields: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<ExecGrant> {
    let list = fields.list("exec", problems).unwrap_or_default();
    let authored: Vec<AuthoredTools> = list.iter().filter_map(|item| AuthoredTools::read(item, problems)).collect();
    // An operator's file has no variables.
    let filler = |text: &Located<String>, _: &mut Problems<'_>| Some(text.value.clone());
    let mut fill = Fill { filler: &filler, problems };
    authored.iter().map(|tools| tools.resolve(&mut fill)).collect()
}
