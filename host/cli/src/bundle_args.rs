//! The arguments that name a bundle and the choices about it.

use std::{collections::BTreeMap, path::PathBuf};

use holdpoint_app::{BundleChoices, Machine};

use crate::terminal;

/// A bundle.
#[derive(clap::Args)]
pub(crate) struct BundleArguments {
    /// The bundle: its folder, or its bundle.toml
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    #[command(flatten)]
    choices: BundleChoiceArguments,
}

/// The choices about a bundle.
#[derive(Clone, clap::Args)]
pub(crate) struct BundleChoiceArguments {
    /// The environment; may be left out where the bundle has one only
    #[arg(long, value_name = "NAME")]
    env: Option<String>,

    /// Only these phases; the decision is then never a release
    #[arg(long, value_name = "PHASE", value_delimiter = ',')]
    only: Vec<String>,

    /// Fills an input of the bundle. A value that begins with ./ or ../ is a path from here
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,

    /// Says where a service is
    #[arg(long, value_name = "NAME=URL", value_parser = pair)]
    service: Vec<(String, String)>,

    /// Where the built modules are [default: beside the bundle, or target/guests above it]
    #[arg(long, value_name = "DIR")]
    modules: Option<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".into()),
    }
}

/// Later pairs win, as later flags do.
fn map(pairs: Vec<(String, String)>) -> BTreeMap<String, String> {
    pairs.into_iter().collect()
}

impl BundleArguments {
    /// The choices; warns of operator's files that do not count.
    pub(crate) fn choices(self, machine: &Machine) -> BundleChoices {
        self.choices.of(self.bundle, machine)
    }

    /// How the arguments are typed again, after the bundle.
    pub(crate) fn typed(&self) -> Vec<String> {
        let BundleChoiceArguments { env, only, set, service, modules } = &self.choices;
        let mut typed = vec![self.bundle.display().to_string()];
        let mut add = |flag: &str, value: String| typed.extend([flag.to_owned(), value]);
        env.iter().for_each(|env| add("--env", env.clone()));
        only.iter().for_each(|phase| add("--only", phase.clone()));
        set.iter().for_each(|(name, value)| add("--set", format!("{name}={value}")));
        service.iter().for_each(|(name, value)| add("--service", format!("{name}={value}")));
        modules.iter().for_each(|modules| add("--modules", modules.display().to_string()));
        typed
    }
}

impl BundleChoiceArguments {
    /// The choices about this bundle; warns of operator's files that do not count.
    pub(crate) fn of(self, bundle: PathBuf, machine: &Machine) -> BundleChoices {
        for ignored in machine.ignored_operator_files(&bundle) {
            let ignored = ignored.display();
            terminal::say(&format!(
                "warning: {ignored} is ignored, for it lies where a bundle's author could put it; pass --operator {ignored} if you mean it"
            ));
        }
        BundleChoices {
            bundle,
            modules: self.modules,
            environment: self.env,
            inputs: map(self.set),
            services: map(self.service),
            only: self.only,
        }
    }
}
