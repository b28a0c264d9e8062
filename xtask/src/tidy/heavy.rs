//! Libraries that only one crate may know, so that what they are for stays in one place.

use crate::project::Package;

/// A package, who may depend on it, and whose tests may besides.
pub(super) struct Heavy {
    package: &'static str,
    allowed: &'static [&'static str],
    in_tests: &'static [&'static str],
}

const DOUBLE: &str = "holdpoint-staging-double";
const EMULATOR: &str = "holdpoint-gcp-emulator";
const TESTS: &str = "holdpoint-e2e";

pub(super) const ALLOWED: &[Heavy] = &[
    Heavy { package: "hyper", allowed: &["holdpoint-cap-http", DOUBLE, EMULATOR, TESTS], in_tests: &[] },
    Heavy { package: "h2", allowed: &["holdpoint-cap-http"], in_tests: &[] },
    Heavy { package: "hyper-util", allowed: &["holdpoint-cap-http", DOUBLE, EMULATOR, TESTS], in_tests: &[] },
    Heavy { package: "tokio-tungstenite", allowed: &["holdpoint-cap-websocket", DOUBLE, TESTS], in_tests: &[] },
    Heavy { package: "rusqlite", allowed: &["holdpoint-journal", TESTS], in_tests: &[] },
    Heavy { package: "tokio-postgres", allowed: &["holdpoint-cap-data", DOUBLE], in_tests: &[] },
    Heavy { package: "redis", allowed: &["holdpoint-cap-data", DOUBLE], in_tests: &[] },
    Heavy { package: "wasmtime", allowed: &["holdpoint-engine"], in_tests: &[] },
    Heavy { package: "wasmtime-wasi", allowed: &["holdpoint-engine"], in_tests: &[] },
    Heavy { package: "wasmtime-wasi-io", allowed: &["holdpoint-engine"], in_tests: &[] },
    Heavy { package: "landlock", allowed: &["holdpoint-supervise"], in_tests: &[] },
    Heavy { package: "nix", allowed: &["holdpoint-supervise"], in_tests: &["holdpoint-cap-exec"] },
    Heavy { package: "seccompiler", allowed: &["holdpoint-supervise"], in_tests: &[] },
    Heavy { package: "toml-span", allowed: &["holdpoint-bundle", "xtask"], in_tests: &[] },
    Heavy {
        package: "toml_edit",
        allowed: &["holdpoint-bundle", "holdpoint-formats", "holdpoint-scaffold"],
        in_tests: &[DOUBLE],
    },
    Heavy { package: "oxc_parser", allowed: &["holdpoint-phase-architecture"], in_tests: &[] },
    Heavy { package: "ruff_python_parser", allowed: &["holdpoint-phase-architecture"], in_tests: &[] },
    Heavy { package: "regorus", allowed: &["holdpoint-policy-rego", "holdpoint-measure-policy"], in_tests: &[] },
    Heavy { package: "reqwest", allowed: &[], in_tests: &[] },
    Heavy {
        package: "anyhow",
        allowed: &["holdpoint-cli", "xtask", DOUBLE, EMULATOR, TESTS, "holdpoint-measure", "holdpoint-measure-policy"],
        in_tests: &[],
    },
];

pub(super) fn check(packages: &[Package], heavy: &[Heavy]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages {
        let name = package.name.as_str();
        for dependency in &package.dependencies {
            let Some(heavy) = heavy.iter().find(|heavy| heavy.package == dependency.name) else { continue };
            let allowed = heavy.allowed.contains(&name) || (dependency.is_dev() && heavy.in_tests.contains(&name));
            if !allowed {
                wrong.push(format!("{name}: depends on {}, which only {:?} may", heavy.package, heavy.allowed));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Dependency;

    #[test]
    fn a_heavy_library_in_another_crate_is_named() {
        let package = |name: &str, kind: Option<&str>| Package {
            name: name.to_owned(),
            folder: String::new(),
            license: None,
            dependencies: vec![Dependency { name: "wasmtime".to_owned(), kind: kind.map(str::to_owned) }],
            targets: vec![],
        };
        let heavy = [Heavy { package: "wasmtime", allowed: &["engine"], in_tests: &["tests"] }];
        let packages =
            [package("engine", None), package("gate", None), package("tests", Some("dev")), package("tests", None)];
        assert_eq!(
            check(&packages, &heavy),
            [
                "gate: depends on wasmtime, which only [\"engine\"] may",
                "tests: depends on wasmtime, which only [\"engine\"] may"
            ]
        );
    }
}
