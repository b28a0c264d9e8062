//! Bundles: each case is a `bundle.toml` with what is said about it, and the one that ships.

use std::path::Path;

use crate::support::{JUDGED, modules, sample, shipped, sources};
use holdpoint_bundle::{ModuleFacts, Resolved, Sources, parse_checklist};
use holdpoint_model::{Level, RequirementId};

fn complaints(sources: &Sources) -> String {
    match Resolved::from_sources(sources, &modules) {
        Ok(_) => "no errors".to_owned(),
        Err(diagnostics) => diagnostics.to_string(),
    }
}

#[test]
fn every_case_is_answered_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    names.sort();
    assert!(names.len() >= 10, "the cases are gone");
    let mut wrong = String::new();
    for path in names {
        let actual = complaints(&sources(&std::fs::read_to_string(&path).unwrap()));
        let expected = std::fs::read_to_string(path.with_extension("expected")).unwrap_or_default();
        if actual.trim() != expected.trim() {
            wrong.push_str(&format!("== {}\n{actual}\n", path.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn resolves_the_shipped_bundle() {
    let resolved = Resolved::from_sources(&shipped(), &modules).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(resolved.environment.name, "staging");
    let ids: Vec<&str> = resolved.phases.iter().map(|phase| phase.id.as_str()).collect();
    let position = |id: &str| ids.iter().position(|known| *known == id).unwrap_or_else(|| panic!("no {id} in {ids:?}"));
    assert!(position("prerequisites") < position("health") && position("health") < position("auth-flow"), "{ids:?}");
    let phase = |id: &str| resolved.phases.iter().find(|phase| phase.id.as_str() == id).unwrap();
    let services: Vec<&str> = phase("health").services.iter().map(|name| name.as_str()).collect();
    assert_eq!(services, ["backend", "auth", "frontend"]);
    assert_eq!(phase("config").grants.files[0].path(), Path::new("/srv/netra/config"));
    assert_eq!(phase("config").config, "{}");
    assert!(phase("health").config.contains(r#""dependencies":["postgres","redis","clickhouse"]"#));
    assert!(phase("auth-flow").config.contains(r#""client-id":"netra.apps.googleusercontent.com""#));
}

#[test]
fn the_shipped_checklist_has_all_rows() {
    let checklist = parse_checklist(&shipped().checklist).unwrap();
    assert_eq!(checklist.rows.len(), 96);
    let at = |level: Level| -> Vec<&str> {
        checklist.rows.iter().filter(|row| row.level == level).map(|row| row.id.as_str()).collect()
    };
    let advisory = ["PRE-3.python", "PRE-3.docker", "PRE-3.compose", "P1.2", "P2.1.cloud"];
    assert_eq!(at(Level::Advisory), advisory);
    let required: Vec<&str> = JUDGED.into_iter().filter(|id| !advisory.contains(id)).collect();
    assert_eq!(at(Level::Required), required);
    for id in [
        "PRE-1.identity",
        "P4.3.t4",
        "CRIT-9",
        "SEC-6",
        "BIZ-6",
        "RB-T5",
        "DASH-4",
        "ALERT-4",
        "KI-4",
        "SUC-3.state",
        "NEXT-5",
        "NOTE-1",
    ] {
        assert!(checklist.row(&RequirementId::parse(id).unwrap()).is_some(), "{id} is missing");
    }
}

#[test]
fn the_same_sources_give_the_same_digest() {
    let digest = |sources: &Sources| Resolved::from_sources(sources, &modules).unwrap().digest;
    assert_eq!(digest(&sample()), digest(&sample()));
    let mut other = sample();
    other.checklist.text.push('\n');
    assert_ne!(digest(&sample()), digest(&other));
}

#[test]
fn only_what_takes_part_must_be_filled() {
    let mut some = sample();
    some.inputs.clear();
    assert_eq!(
        complaints(&some),
        "bundle.toml:9:1  input `config` has no value\n    pass --set config=…: the folder with the configuration that staging is deployed with\n1 error, nothing was run"
    );
    some.only = vec!["health".to_owned()];
    let resolved = Resolved::from_sources(&some, &modules).unwrap();
    assert_eq!(resolved.phases.len(), 1);
    assert_eq!(resolved.only.unwrap()[0].as_str(), "health");
}

#[test]
fn what_is_typed_is_checked_too() {
    let mut typed = sample();
    typed.environment = Some("stagin".to_owned());
    typed.only = vec!["helth".to_owned()];
    typed.inputs.insert("confg".to_owned(), "x".to_owned());
    assert_eq!(
        complaints(&typed),
        "command line  environment `stagin` is not one of the bundle, did you mean `staging`?\n    the bundle has staging\n\
         command line  the bundle has no input `confg`, did you mean `config`?\n\
         command line  the bundle has no phase `helth`, did you mean `health`?\n\
         3 errors, nothing was run"
    );
    let mut typed = sample();
    typed.services =
        [("bakend".to_owned(), "https://x.org".to_owned()), ("auth".to_owned(), "ftp://x".to_owned())].into();
    assert_eq!(
        complaints(&typed),
        "command line  environment `staging` has no service `bakend`, did you mean `backend`?\n\
         command line  the URL `ftp://x` of service `auth` is no place for a service: `ftp://x` is not a URL pattern: \
         it begins with https:// or http://\n\
         2 errors, nothing was run"
    );
}

#[test]
fn an_optional_service_is_left_out_unless_its_url_is_given() {
    let services = |sources: &Sources| -> Vec<String> {
        let resolved = Resolved::from_sources(sources, &modules).unwrap_or_else(|e| panic!("{e}"));
        let flow = resolved.phases.iter().find(|phase| phase.id.as_str() == "auth-flow").unwrap();
        flow.services.iter().map(ToString::to_string).collect()
    };
    let mut sources = shipped();
    assert_eq!(services(&sources), ["auth"]);
    sources.services.insert("issuer".to_owned(), "https://netra-test-issuer-demo.a.run.app".to_owned());
    assert_eq!(services(&sources), ["auth", "issuer"]);
    let always = sources.bundle.text.replace(", optional = true", "");
    sources.services.remove("issuer");
    sources.bundle.text = always;
    assert_eq!(services(&sources), ["auth", "issuer"], "it is missed when the run begins");
}

#[test]
fn a_needed_phase_runs_first() {
    let text = r#"
        [bundle]
        name = "x"
        version = "1"
        [environments.e]
        [[phase]]
        id = "late"
        module = "phases/plain"
        needs = ["early"]
        map = { "P3.1" = "RB-V1" }
        requirements = ["P3.1"]
        [[phase]]
        id = "early"
        module = "phases/plain"
    "#;
    let resolved = Resolved::from_sources(&sources(text), &modules).unwrap();
    let ids: Vec<&str> = resolved.phases.iter().map(|phase| phase.id.as_str()).collect();
    assert_eq!(ids, ["early", "late"]);
    let (claim, row) = &resolved.phases[1].requirements[0];
    assert_eq!((claim.as_str(), row.as_str()), ("P3.1", "RB-V1"));
}

#[test]
fn a_file_without_end_is_not_read() {
    let long = format!("# {}", "x".repeat(1 << 20));
    assert_eq!(
        complaints(&sources(&long)),
        "bundle.toml  the file has 1048578 bytes, and 1048576 are read at most\n1 error, nothing was run"
    );
}

#[test]
fn no_cut_text_or_module_makes_a_reader_panic() {
    let whole = sample();
    for end in (0..whole.bundle.text.len()).step_by(7).filter(|end| whole.bundle.text.is_char_boundary(*end)) {
        let mut cut = whole.clone();
        cut.bundle.text.truncate(end);
        let _ = complaints(&cut);
    }
    let module = modules("phases/health").unwrap();
    for at in 0..module.len() {
        let _ = ModuleFacts::read(&module[..at]);
        let mut flipped = module.clone();
        flipped[at] ^= 0x55;
        let _ = ModuleFacts::read(&flipped);
    }
}
