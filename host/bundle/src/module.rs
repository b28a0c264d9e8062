//! What a module is and what it imports, read from its bytes. Nothing is compiled and nothing is run.

use holdpoint_model::{Digest, grant::Limits};
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentType, ComponentTypeRef, Encoding,
    InstanceTypeDeclaration, Parser, Payload,
};

/// The largest module that is read.
pub(crate) const MAX_MODULE: usize = 64 << 20;

const VERSION: &str = "0.1.0";
/// What a module is to be.
#[derive(Debug)]
pub(crate) struct World {
    /// In messages, and in the name of the table of grants.
    pub(crate) what: &'static str,
    name: &'static str,
    /// Packages of the contract that it may import without a grant.
    pub(crate) free: &'static [&'static str],
    /// Packages that need a grant of the same name.
    pub(crate) granted: &'static [&'static str],
    exports: &'static [&'static str],
    /// It may import WASI, as far as the host has it.
    wasi: bool,
    /// What a module has if the bundle says nothing else.
    limits: fn() -> Limits,
}

impl World {
    /// What a module of this kind has if the bundle says nothing else.
    pub(crate) fn limits(&self) -> Limits {
        (self.limits)()
    }
}

/// A phase.
pub(crate) const PHASE: World = World {
    what: "phase",
    name: "phase",
    free: &["types", "context", "clock", "report"],
    granted: &GRANTED,
    exports: &["run"],
    wasi: true,
    limits: Limits::default,
};
/// A virtual user of a load.
pub(crate) const USER: World = World {
    what: "user",
    name: "virtual-user",
    free: &["types", "clock", "user"],
    granted: &["http", "websocket"],
    exports: &["start", "iterate", "stop"],
    wasi: true,
    limits: || Limits::USER,
};
/// A policy. Its bounds are those of its engine.
pub(crate) const POLICY: World = World {
    what: "policy",
    name: "policy",
    free: &["evidence"],
    granted: &[],
    exports: &["holdpoint:policy/judge@0.1.0"],
    wasi: false,
    limits: Limits::default,
};
/// Packages of the contract that need a grant of the same name.
pub(crate) const GRANTED: [&str; 9] =
    ["http", "files", "secrets", "gcloud", "exec", "websocket", "load", "metrics", "data"];

/// Why the bytes of a module could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ModuleError {
    pub message: String,
    /// What would change it.
    pub hint: Option<String>,
}

/// What a module says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleFacts {
    pub digest: Digest,
    /// What the component imports, e.g. `holdpoint:http/http@0.1.0`, in the order of its bytes.
    pub imports: Vec<String>,
    /// Those among them that bring types alone: nothing of these can be called.
    pub types_alone: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
}

/// What a module is that is no component, and what would make one of its source.
const CORE: &str = "it is a core module, and phases, users and policies are components; build it for wasm32-wasip2, or, if it is a policy, for \
    wasm32-unknown-unknown with the linker wasm-component-ld";

impl ModuleFacts {
    /// Reads the outermost imports and exports of a component.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_MODULE {
            return Err(format!("it has {} bytes, and {MAX_MODULE} are read at most", bytes.len()));
        }
        let broken = |e: wasmparser::BinaryReaderError| format!("it is not WebAssembly: {}", e.message());
        let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0usize);
        let (mut types, mut types_alone) = (Types::default(), Vec::new());
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(broken)? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(CORE.to_owned());
                }
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentTypeSection(section) if depth == 1 => {
                    for ty in section {
                        types.defined(&ty.map_err(broken)?);
                    }
                }
                Payload::ComponentAliasSection(section) if depth == 1 => {
                    for alias in section {
                        types.aliased(&alias.map_err(broken)?);
                    }
                }
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        let import = import.map_err(broken)?;
                        if types.has_no_function(import.ty) {
                            types_alone.push(import.name.name.to_owned());
                        }
                        imports.push(import.name.name.to_owned());
                        types.named(matches!(import.ty, ComponentTypeRef::Type(_)));
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        let export = export.map_err(broken)?;
                        types.named(export.kind == ComponentExternalKind::Type);
                        exports.push(export.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(Self { digest: Digest::of(bytes), imports, types_alone, exports })
    }

    /// What keeps the module from being that with grants for these capabilities: a message, and what would change it.
    pub(crate) fn refusals(
        &self,
        module: &str,
        id: &str,
        granted: &[&str],
        world: &World,
    ) -> Vec<(String, Option<String>)> {
        let what = world.what;
        let mut refusals = Vec::new();
        for import in &self.imports {
            if import.starts_with("wasi:") {
                if !world.wasi {
                    let message = format!("module {module} imports {}, and a {what} has no WASI", interface(import));
                    refusals.push((message, Some("build it for wasm32-unknown-unknown".to_owned())));
                }
                continue;
            }
            let Some((package, version)) = contract_package(import) else {
                refusals.push((format!("module {module} imports {import}, which no {what} is given"), None));
                continue;
            };
            let needs_grant = world.granted.contains(&package);
            let shown = interface(import);
            if !needs_grant && !world.free.contains(&package) {
                // What others have is known; a policy has evidence alone.
                let others = [PHASE.free, PHASE.granted, USER.free, POLICY.free].concat();
                refusals.push(match others.contains(&package) {
                    true => (format!("module {module} imports {shown}, which no {what} is given"), None),
                    false => (
                        format!("module {module} imports {shown}, which this version of holdpoint does not have"),
                        None,
                    ),
                });
            } else if version != VERSION {
                let hint = format!("rebuild it against version {VERSION} of the contract");
                refusals.push((
                    format!("module {module} imports {shown} {version}, and this host has {VERSION}"),
                    Some(hint),
                ));
            } else if needs_grant && !granted.contains(&package) && !self.types_alone.contains(import) {
                let hint = format!("to allow it, add to [{what}.grants] of '{id}': {}", example(package));
                refusals.push((
                    format!("module {module} imports {shown}, but {what} `{id}` grants no {package}"),
                    Some(hint),
                ));
            }
        }
        if let Some(lacking) = world.exports.iter().find(|export| !self.exports.iter().any(|name| name == *export)) {
            let name = world.name;
            refusals.push((
                format!("module {module} exports no `{lacking}`, so it is a module of another world than `{name}`"),
                None,
            ));
        }
        refusals
    }
}

/// The types of a component by their numbers: whether each is that of an instance without functions, which is what an interface is of which
/// only types are used.
#[derive(Default)]
struct Types(Vec<bool>);

impl Types {
    fn defined(&mut self, ty: &ComponentType<'_>) {
        let ComponentType::Instance(declarations) = ty else { return self.0.push(false) };
        let mut items = declarations.iter().filter_map(|declaration| match declaration {
            InstanceTypeDeclaration::Export { ty, .. } => Some(ty),
            _ => None,
        });
        self.0.push(items.all(|ty| matches!(ty, ComponentTypeRef::Type(_))));
    }

    fn aliased(&mut self, alias: &ComponentAlias<'_>) {
        self.named(matches!(
            alias,
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Type, .. }
                | ComponentAlias::Outer { kind: ComponentOuterAliasKind::Type, .. }
        ));
    }

    /// Something has a name, which makes it another type if it is one.
    fn named(&mut self, is_type: bool) {
        if is_type {
            self.0.push(false);
        }
    }

    fn has_no_function(&self, ty: ComponentTypeRef) -> bool {
        matches!(ty, ComponentTypeRef::Instance(number) if self.0.get(number as usize) == Some(&true))
    }
}

/// `holdpoint:http/http@0.1.0` → (`http`, `0.1.0`).
pub(crate) fn contract_package(import: &str) -> Option<(&str, &str)> {
    let (package, rest) = import.strip_prefix("holdpoint:")?.split_once('/')?;
    Some((package, rest.split_once('@').map_or("without version", |(_, version)| version)))
}

/// An import without its version.
pub(crate) fn interface(import: &str) -> &str {
    import.split('@').next().unwrap_or(import)
}

/// The line of a grant of this capability.
pub(crate) fn example(package: &str) -> &'static str {
    match package {
        "http" => "http = [{ services = [\"…\"], methods = [\"GET\"] }]",
        "files" => "files = [{ directory = \"…\", path = \"…\" }]",
        "gcloud" => "gcloud = [{ command = \"run services list\" }]",
        "exec" => "exec = [{ tools = [\"…\"] }]",
        "websocket" => "websocket = [{ services = [\"…\"] }]",
        "load" => "load = { max-users = …, max-rate = …, max-duration = \"…\", max-requests = … }",
        "metrics" => "metrics = [{ services = [\"…\"], queries = true }]",
        "data" => "data = [{ stores = [\"…\"] }]",
        _ => "secrets = [\"…\"]",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_component() {
        assert!(ModuleFacts::read(b"hello").unwrap_err().starts_with("it is not WebAssembly"));
        assert!(ModuleFacts::read(b"").is_err());
        let core = b"\0asm\x01\0\0\0";
        assert!(ModuleFacts::read(core).unwrap_err().starts_with("it is a core module"));
    }

    #[test]
    fn what_brings_types_alone_needs_no_grant() {
        let component = wat::parse_str(
            r#"(component
                (type (instance (type (record (field "path" string))) (export "request" (type (eq 0)))))
                (import "holdpoint:http/http@0.1.0" (instance (type 0)))
                (alias export 0 "request" (type))
                (type (instance (export "start" (func))))
                (import "holdpoint:load/load@0.1.0" (instance (type 2)))
                (import "holdpoint:files/files@0.1.0" (func)))"#,
        );
        let facts = ModuleFacts::read(&component.unwrap()).unwrap();
        assert_eq!((facts.imports.len(), &facts.types_alone[..]), (3, &["holdpoint:http/http@0.1.0".to_owned()][..]));
        let messages: Vec<String> =
            facts.refusals("phases/x", "x", &["load"], &PHASE).into_iter().map(|(message, _)| message).collect();
        assert!(messages[0].contains("imports holdpoint:files/files, but phase `x` grants no files"), "{messages:?}");
        assert_eq!(messages.len(), 2, "{messages:?}");
    }

    #[test]
    fn refuses_imports_of_other_worlds() {
        let facts = ModuleFacts {
            digest: Digest::of(b""),
            imports: [
                "wasi:cli/stdout@0.2.6",
                "holdpoint:context/context@0.1.0",
                "holdpoint:queue/query@0.1.0",
                "holdpoint:report/report@0.2.0",
                "acme:steal/everything",
                "holdpoint:http/http@0.1.0",
            ]
            .map(str::to_owned)
            .to_vec(),
            types_alone: vec![],
            exports: vec![],
        };
        let messages: Vec<String> =
            facts.refusals("phases/x", "x", &[], &PHASE).into_iter().map(|(message, _)| message).collect();
        assert_eq!(
            messages,
            [
                "module phases/x imports holdpoint:queue/query, which this version of holdpoint does not have",
                "module phases/x imports holdpoint:report/report 0.2.0, and this host has 0.1.0",
                "module phases/x imports acme:steal/everything, which no phase is given",
                "module phases/x imports holdpoint:http/http, but phase `x` grants no http",
                "module phases/x exports no `run`, so it is a module of another world than `phase`",
            ]
        );
    }
}
