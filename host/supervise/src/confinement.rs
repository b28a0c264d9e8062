//! What a program is confined by, and what this kernel lacks for it. It is part of the answer to a start, so that a report can say it.

use serde::{Deserialize, Serialize};

/// One way of the kernel to confine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// A process tree of its own that ends as a whole and sees nobody else (namespaces of users, processes and IPC).
    Processes,
    /// A network of its own without a way out (a namespace of networks).
    Network,
    /// Files outside of what is granted can't be opened.
    Landlock,
    /// System calls that reach beyond a program are refused.
    Seccomp,
    /// Bounds of memory, files and core dumps.
    Limits,
    /// The number of processes is watched.
    Count,
}

impl Layer {
    /// Every layer, for parsers.
    pub const ALL: [Self; 6] =
        [Self::Processes, Self::Network, Self::Landlock, Self::Seccomp, Self::Limits, Self::Count];

    /// The word in operator's files and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Network => "network",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::Limits => "limits",
            Self::Count => "count",
        }
    }

    /// The layer of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.word() == word)
    }
}

/// What was applied, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confinement {
    pub applied: Vec<Layer>,
    /// In words, e.g. `landlock: the kernel has none`.
    pub lacking: Vec<String>,
}

impl Confinement {
    pub(crate) fn has(&self, layer: Layer) -> bool {
        self.applied.contains(&layer)
    }

    /// Notes a layer as applied, or why it is not.
    pub(crate) fn note(&mut self, layer: Layer, applied: Result<(), String>) {
        match applied {
            Ok(()) => self.applied.push(layer),
            Err(why) => self.lacking.push(format!("{}: {why}", layer.word())),
        }
    }

    /// Fails if a layer is missing that the operator wants.
    pub(crate) fn meets(&self, required: &[Layer]) -> Result<(), String> {
        match required.iter().find(|layer| !self.has(**layer)) {
            None => Ok(()),
            Some(layer) => Err(format!(
                "the operator's file requires `{}`, which could not be applied ({}); use a kernel that has it, or take it out of `require`",
                layer.word(),
                self.lacking.join("; ")
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_layer_that_is_missing_is_an_error() {
        let mut confinement = Confinement::default();
        confinement.note(Layer::Seccomp, Ok(()));
        confinement.note(Layer::Landlock, Err("the kernel has none".into()));
        assert_eq!(confinement.meets(&[Layer::Seccomp]), Ok(()));
        let text = confinement.meets(&[Layer::Landlock]).unwrap_err();
        assert!(text.contains("requires `landlock`") && text.contains("landlock: the kernel has none"), "{text}");
    }

    #[test]
    fn a_layer_reads_back_as_written() {
        for layer in Layer::ALL {
            assert_eq!(Layer::parse(layer.word()), Some(layer));
        }
        assert_eq!(Layer::parse("chroot"), None);
    }
}
