//! Modules that are inside of the program, by the name that stands behind `builtin:`.

use std::path::Path;

use crate::module::ModuleError;

const PREFIX: &str = "builtin:";

/// Names and bytes of modules. The default has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Builtin(&'static [(&'static str, &'static [u8])]);

impl Builtin {
    /// These modules.
    pub const fn new(modules: &'static [(&'static str, &'static [u8])]) -> Self {
        Self(modules)
    }

    /// The name of a module that was written as `builtin:NAME`.
    pub fn name(module: &str) -> Option<&str> {
        module.strip_prefix(PREFIX)
    }

    /// The same of what was typed as a path.
    pub fn name_of_path(path: &Path) -> Option<&str> {
        path.to_str().and_then(Self::name)
    }

    /// The names, sorted.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// The bytes of a module. The error says what there is, or how to get a program that has some.
    pub fn get(self, name: &str) -> Result<&'static [u8], ModuleError> {
        if let Some((_, bytes)) = self.0.iter().find(|(known, _)| *known == name) {
            return Ok(bytes);
        }
        let names: Vec<&str> = self.names().collect();
        let (message, hint) = if names.is_empty() {
            let hint = format!(
                "build it with `cargo xtask dist`, which puts the modules that ship into the program; or write a path, as in module = \"phases/{name}\""
            );
            (format!("module {PREFIX}{name} is not in this program: it was built without modules"), hint)
        } else {
            let near = names.iter().max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)));
            let near = near.filter(|near| strsim::jaro(near, name) > 0.8);
            let meant = near.map_or(String::new(), |near| format!("; did you mean {PREFIX}{near}?"));
            (
                format!("module {PREFIX}{name} is not in this program{meant}"),
                format!("it has {}", names.iter().map(|name| format!("{PREFIX}{name}")).collect::<Vec<_>>().join(", ")),
            )
        };
        Err(ModuleError { message, hint: Some(hint) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Builtin = Builtin::new(&[("auth-flow", b"a"), ("health", b"h")]);

    #[test]
    fn a_module_is_found_by_its_name() {
        assert_eq!(Builtin::name("builtin:health"), Some("health"));
        assert_eq!(Builtin::name("phases/health"), None);
        assert_eq!(SOME.get("health"), Ok(b"h".as_slice()));
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let error = SOME.get("helth").unwrap_err();
        assert!(error.message.ends_with("did you mean builtin:health?"), "{}", error.message);
        assert_eq!(error.hint.as_deref(), Some("it has builtin:auth-flow, builtin:health"));
        assert!(!SOME.get("x").unwrap_err().message.contains("did you mean"));
    }

    #[test]
    fn a_program_without_modules_says_how_to_get_one() {
        let error = Builtin::default().get("health").unwrap_err();
        assert!(error.message.contains("built without modules"), "{}", error.message);
        assert!(error.hint.unwrap_or_default().contains("cargo xtask dist"));
    }
}
