//! `holdpoint inspect`

use std::path::{Path, PathBuf};

use holdpoint_app::{BundleChange, ImportKind, Inspected, Machine, ModuleChange};
use holdpoint_report::{Page, Tone};
use serde_json::{Value, json};

use super::Output;
use crate::{bundle_args::BundleChoiceArguments, exit_code::Exit, terminal};

/// Shows what a module is and needs, or what another version may do more
///
/// Nothing is compiled or run. What is no phase is explained, and exits with 2. With --diff it exits with 1 if something widened: an
/// import that needs a grant and was not there, or an ask of a bundle in words that were not there.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint inspect phases/health                    the module of a phase that was built
  holdpoint inspect health.wasm --output json | jq -r '.imports.\"needs-grant\"[]'
  holdpoint inspect builtin:health                   a module that is inside of the program
  holdpoint inspect --diff old.wasm new.wasm         what widened, what narrowed
  holdpoint inspect --diff old/bundle new/bundle     what a bundle asks for more, or no longer")]
pub(crate) struct Arguments {
    /// The module: builtin:NAME, a .wasm file, or the folder of a phase that was built
    #[arg(value_name = "MODULE", required_unless_present = "diff", conflicts_with = "diff")]
    module: Option<PathBuf>,

    /// Compares two modules, or two bundles
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    diff: Option<Vec<PathBuf>>,

    #[command(flatten)]
    choices: BundleChoiceArguments,

    /// What stdout gets
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    match (arguments.diff.as_deref(), &arguments.module) {
        (Some([old, new]), _) if is_bundle(old) || is_bundle(new) => {
            let choices = |bundle: &PathBuf| arguments.choices.clone().of(bundle.clone(), machine);
            let change = holdpoint_app::bundle_change(&choices(old), &choices(new), machine)?;
            terminal::out(&match arguments.output {
                Output::Text => bundle_text(&change),
                Output::Json => format!("{:#}", bundle_json(&change)),
            });
            Ok(if change.added.is_empty() { Exit::Done } else { Exit::Changed })
        }
        (Some([old, new]), _) => {
            let change = holdpoint_app::module_change(
                &holdpoint_app::inspect(old, machine)?,
                &holdpoint_app::inspect(new, machine)?,
            );
            terminal::out(&match arguments.output {
                Output::Text => change_text(&change),
                Output::Json => format!("{:#}", change_json(&change)),
            });
            Ok(if change.widened.is_empty() { Exit::Done } else { Exit::Changed })
        }
        (_, Some(module)) => one(module, arguments.output, machine),
        // The parser asks for one of the two.
        (_, None) => anyhow::bail!("name a module, or two with --diff"),
    }
}

fn is_bundle(path: &Path) -> bool {
    path.join("bundle.toml").is_file() || path.file_name().is_some_and(|name| name == "bundle.toml")
}

fn one(module: &Path, output: Output, machine: &Machine) -> anyhow::Result<Exit> {
    let found = holdpoint_app::inspect(module, machine)?;
    if let Some(newer) = &found.newer {
        let (newer, path) = (newer.display(), found.path.display());
        terminal::say(&format!("warning: {newer} was changed after {path} was built; build it again"));
    }
    let refusals = found.inspection.refusals(&found.path.display().to_string());
    terminal::out(&match output {
        Output::Text => text(&found),
        Output::Json => format!("{:#}", as_json(&found, refusals.is_empty())),
    });
    for (reason, hint) in &refusals {
        let hint = hint.as_ref().map_or(String::new(), |hint| format!("\n    {hint}"));
        terminal::say(&format!("no phase: {reason}{hint}"));
    }
    Ok(if refusals.is_empty() { Exit::Done } else { Exit::Usage })
}

const KINDS: [(ImportKind, &str); 4] = [
    (ImportKind::NeedsGrant, "imports that need a grant"),
    (ImportKind::Free, "imports that need no grant"),
    (ImportKind::Wasi, "WASI, where nothing leads outside"),
    (ImportKind::Unknown, "imports that nobody gives"),
];

fn text(found: &Inspected) -> String {
    let mut page = Page::new(terminal::style());
    let inspection = &found.inspection;
    page.line(&[(Tone::Strong, &found.path.display().to_string())]);
    let mut fact =
        |name: &str, value: &str| page.copyable(&[(Tone::Faint, &format!("  {name:<13}")), (Tone::Plain, value)]);
    fact("digest", &inspection.facts.digest.to_string());
    fact("size", &format!("{} bytes", inspection.size));
    fact("world", inspection.world());
    for producer in &inspection.producers {
        fact(&producer.field, &producer.to_string());
    }
    for (kind, title) in KINDS {
        list(&mut page, title, inspection.imports(kind));
    }
    list(&mut page, "exports", inspection.facts.exports.iter().map(String::as_str));
    list(&mut page, "to use it, a bundle grants in [phase.grants]", inspection.grant_lines());
    page.finish()
}

fn list<'t>(page: &mut Page, title: &str, items: impl IntoIterator<Item = &'t str>) {
    for (number, item) in items.into_iter().enumerate() {
        if number == 0 {
            page.blank();
            page.line(&[(Tone::Faint, &format!("  {title}"))]);
        }
        page.copyable(&[(Tone::Plain, "    "), (Tone::Plain, item)]);
    }
}

fn as_json(found: &Inspected, phase: bool) -> Value {
    let inspection = &found.inspection;
    let imports = KINDS.map(|(kind, _)| (kind.word().to_owned(), json!(inspection.imports(kind).collect::<Vec<_>>())));
    let producers =
        inspection.producers.iter().map(|p| json!({ "field": p.field, "name": p.name, "version": p.version }));
    json!({
        "module": found.path.display().to_string(),
        "digest": inspection.facts.digest.to_string(),
        "size": inspection.size,
        "world": inspection.world(),
        "phase": phase,
        "imports": imports.into_iter().collect::<serde_json::Map<_, _>>(),
        "exports": inspection.facts.exports,
        "grants": inspection.grant_lines(),
        "producers": producers.collect::<Vec<_>>(),
    })
}

fn change_text(change: &ModuleChange) -> String {
    let mut page = Page::new(terminal::style());
    let ModuleChange { widened, narrowed, other, digests: (before, after), sizes: (old, new) } = change;
    if before == after {
        page.line(&[(Tone::Plain, "the same module: "), (Tone::Plain, &after.to_string())]);
        return page.finish();
    }
    page.copyable(&[(Tone::Faint, "digest  "), (Tone::Plain, &format!("{before} → {after}"))]);
    page.line(&[(Tone::Faint, "size    "), (Tone::Plain, &format!("{old} → {new} bytes"))]);
    for (sign, tone, items) in
        [("widened   ", Tone::Bad, widened), ("narrowed  ", Tone::Good, narrowed), ("also      ", Tone::Plain, other)]
    {
        for item in items {
            page.copyable(&[(Tone::Faint, sign), (tone, item)]);
        }
    }
    if widened.is_empty() && narrowed.is_empty() {
        page.line(&[(Tone::Plain, "it needs the same grants as before")]);
    }
    page.finish()
}

fn change_json(change: &ModuleChange) -> Value {
    json!({
        "widened": change.widened,
        "narrowed": change.narrowed,
        "other": change.other,
        "digest": { "old": change.digests.0.to_string(), "new": change.digests.1.to_string() },
        "size": { "old": change.sizes.0, "new": change.sizes.1 },
    })
}

fn bundle_text(change: &BundleChange) -> String {
    let mut page = Page::new(terminal::style());
    let (before, after) = &change.digests;
    page.copyable(&[(Tone::Faint, "digest  "), (Tone::Plain, &format!("{before} → {after}"))]);
    for (sign, tone, asks) in [("+ ", Tone::Bad, &change.added), ("- ", Tone::Good, &change.removed)] {
        for ask in asks {
            page.copyable(&[(tone, sign), (tone, &ask.to_string())]);
        }
    }
    if change.added.is_empty() && change.removed.is_empty() {
        page.line(&[(Tone::Plain, "it asks for the same as before")]);
    }
    page.finish()
}

fn bundle_json(change: &BundleChange) -> Value {
    let asks = |asks: &[holdpoint_app::Ask]| -> Vec<Value> {
        asks.iter()
            .map(|ask| json!({ "phase": ask.phase.as_ref().map(ToString::to_string), "what": ask.what }))
            .collect()
    };
    json!({
        "added": asks(&change.added),
        "removed": asks(&change.removed),
        "digest": { "old": change.digests.0.to_string(), "new": change.digests.1.to_string() },
    })
}
