//! The arguments that name a bundle and the choices about it.

use std::{collections::BTreeMap, fs::File, io::Read as _, path::PathBuf};

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

    /// Fills inputs from a file with a line NAME=VALUE for each; --set comes before it
    #[arg(long, value_name = "FILE", value_parser = InputsFile::read)]
    inputs: Option<InputsFile>,

    /// Says where a service is
    #[arg(long, value_name = "NAME=URL", value_parser = pair)]
    service: Vec<(String, String)>,

    /// Where the built modules are [default: beside the bundle, or target/guests above it]
    #[arg(long, value_name = "DIR")]
    modules: Option<PathBuf>,
}

/// Inputs that somebody wrote down, and where.
#[derive(Clone)]
struct InputsFile {
    path: PathBuf,
    pairs: Vec<(String, String)>,
}

/// Most bytes of a file of inputs.
const INPUTS: u64 = 64 << 10;

impl InputsFile {
    fn read(path: &str) -> Result<Self, String> {
        let mut text = String::new();
        let file = File::open(path).map_err(|e| e.to_string())?;
        file.take(INPUTS + 1).read_to_string(&mut text).map_err(|e| e.to_string())?;
        if text.len() as u64 > INPUTS {
            return Err(format!("it has more than {INPUTS} bytes"));
        }
        Ok(Self { path: path.into(), pairs: lines(&text)? })
    }
}

/// One pair a line; blank lines and those that begin with # say nothing.
fn lines(text: &str) -> Result<Vec<(String, String)>, String> {
    let told = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let numbered = text.lines().map(str::trim).zip(1..).filter(|(line, _)| told(line));
    numbered.map(|(line, number)| pair(line).map_err(|why| format!("line {number}: {why}"))).collect()
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".into()),
    }
}

/// Later pairs win, as later flags do.
fn map(pairs: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    pairs.into_iter().collect()
}

impl BundleArguments {
    /// The choices; warns of operator's files that do not count.
    pub(crate) fn choices(self, machine: &Machine) -> BundleChoices {
        self.choices.of(self.bundle, machine)
    }

    /// How the arguments are typed again, after the bundle.
    pub(crate) fn typed(&self) -> Vec<String> {
        let BundleChoiceArguments { env, only, set, inputs, service, modules } = &self.choices;
        let mut typed = vec![self.bundle.display().to_string()];
        let mut add = |flag: &str, value: String| typed.extend([flag.to_owned(), value]);
        env.iter().for_each(|env| add("--env", env.clone()));
        only.iter().for_each(|phase| add("--only", phase.clone()));
        inputs.iter().for_each(|file| add("--inputs", file.path.display().to_string()));
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
            inputs: map(self.inputs.map(|file| file.pairs).unwrap_or_default().into_iter().chain(self.set)),
            services: map(self.service),
            only: self.only,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_pair_a_line() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let text = "# staging\n\nconfig=./config\nimage.backend=a/b@sha256:1=2\n";
        assert_eq!(lines(text), Ok(vec![pair("config", "./config"), pair("image.backend", "a/b@sha256:1=2")]));
        assert_eq!(lines("a=1\nb\n"), Err("line 2: write it as NAME=VALUE".to_owned()));
    }
}
