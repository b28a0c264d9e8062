//! Policies: a bundle says what judges it; nobody has to allow what asks for nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::{modules, operator, resolve, sample, verify};
use holdpoint_bundle::{BundleFolder, ModuleError, Plan, Resolved, Sources, allow, asks_in_words};

/// The sample with a policy that has these fields.
fn with_policy(fields: &str) -> Sources {
    let mut sources = sample();
    sources
        .bundle
        .text
        .push_str(&format!("\n[[policy]]\nid = \"objectives\"\nmodule = \"policies/objectives\"\n{fields}\n"));
    sources
}

fn refused(sources: &Sources) -> String {
    Resolved::from_sources(sources, &modules).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_policy_asks_for_nothing_and_is_part_of_the_bundle() {
    let (without, with) = (sample(), with_policy("requirements = [\"P3.1\"]\nconfig = { least = 100 }"));
    let allowed = allow(&resolve(&without), &operator("")).unwrap();
    let verified = verify(with.clone(), &allowed).unwrap();
    let [policy] = &verified.policies[..] else { panic!("one policy: {:?}", verified.policies) };
    assert_eq!((policy.id.as_str(), policy.config.as_str()), ("objectives", r#"{"least":100}"#));
    assert_eq!(policy.requirements[0].1.as_str(), "P3.1");
    assert_eq!(asks_in_words(&resolve(&without)), asks_in_words(&resolve(&with)));
    assert_ne!(resolve(&without).digest, resolve(&with).digest);
    assert_eq!(resolve(&with).policy_modules().len(), 1);
    let plan = Plan::of(&resolve(&with), None).unwrap();
    assert_eq!((plan.policies[0].rows[0].id.as_str(), plan.tick), ("P3.1", Duration::from_secs(30)));
}

#[test]
fn a_module_that_is_not_built_is_told_once_and_so_is_what_helps() {
    let sources = with_policy("");
    let missing = |module: &str| -> Result<Vec<u8>, ModuleError> {
        let hint = Some(format!("looked for {module}.wasm\nbuild it"));
        Err(ModuleError { message: format!("there is no built module {module}"), hint })
    };
    let error = Resolved::from_sources(&sources, &missing).map(|_| ()).unwrap_err().to_string();
    assert!(error.matches("there is no built module").count() > 1, "{error}");
    assert_eq!(error.matches("build it").count(), 1, "{error}");
    // Whoever names one twice is told of it once.
    let one = |_: &str| -> Result<Vec<u8>, ModuleError> {
        Err(ModuleError { message: "there is no built module".to_owned(), hint: None })
    };
    let error = Resolved::from_sources(&sources, &one).map(|_| ()).unwrap_err().to_string();
    assert_eq!(error.matches("there is no built module").count(), 1, "{error}");
}

#[test]
fn the_module_of_a_policy_that_takes_no_part_is_not_wanted() {
    let mut sources = with_policy("");
    sources.bundle.text = sources.bundle.text.replace("policies/objectives", "policies/nowhere");
    assert!(refused(&sources).contains("there is no built module policies/nowhere"));
    sources.only = vec!["health".to_owned()];
    assert!(resolve(&sources).policies.is_empty());
}

#[test]
fn a_policy_speaks_for_the_rows_that_it_lists_or_maps() {
    let policy = |fields: &str| resolve(&with_policy(fields)).policies[0].requirements.clone();
    assert_eq!(policy(""), []);
    let mapped = policy("requirements = [\"P4.1.p95\"]\nmap = { \"P4.1.p95\" = \"CRIT-2\" }");
    assert_eq!((mapped[0].0.as_str(), mapped[0].1.as_str()), ("P4.1.p95", "CRIT-2"));
    let unknown = refused(&with_policy("requirements = [\"P9.9\"]\nmap = { \"X\" = \"P3.1\" }"));
    assert!(unknown.contains("requirement `P9.9` is not a row of the checklist"), "{unknown}");
    assert!(unknown.contains("`map` renames `X`, which is not in `requirements`"), "{unknown}");
}

#[test]
fn what_a_policy_may_not_be_is_told_with_its_place() {
    let module = |name: &str| {
        let mut sources = with_policy("");
        sources.bundle.text = sources.bundle.text.replace("policies/objectives", name);
        refused(&sources)
    };
    let wasi = module("policies/wasi");
    assert!(wasi.contains("imports wasi:clocks/wall-clock, and a policy has no WASI"), "{wasi}");
    assert!(wasi.contains("build it for wasm32-unknown-unknown"), "{wasi}");
    let http = module("policies/http");
    assert!(http.contains("imports holdpoint:http/http, which no policy is given"), "{http}");
    let phase = module("phases/plain");
    assert!(phase.contains("so it is a module of another world than `policy`"), "{phase}");
    let grants = refused(&with_policy("grants = { http = [] }"));
    assert!(grants.contains("unknown field `grants`"), "{grants}");
    for id in ["health", "objectives"] {
        let mut twice = with_policy("");
        twice.bundle.text.push_str(&format!("[[policy]]\nid = \"{id}\"\nmodule = \"policies/objectives\"\n"));
        let twice = refused(&twice);
        assert!(
            twice.contains(&format!("`{id}` is already the id of a phase, of users or of another policy")),
            "{twice}"
        );
    }
    let mut many = sample();
    let one = |n: usize| format!("[[policy]]\nid = \"p{n}\"\nmodule = \"policies/objectives\"\n");
    many.bundle.text.extend((0..17).map(one));
    assert!(refused(&many).contains("a bundle has at most 16 policies"));
}

#[test]
fn ticks_are_a_second_to_an_hour_apart() {
    let with = |tick: &str| {
        let mut sources = sample();
        sources.bundle.text = sources.bundle.text.replacen("[bundle]", &format!("[bundle]\ntick = \"{tick}\""), 1);
        sources
    };
    assert_eq!(resolve(&with("10s")).tick, Duration::from_secs(10));
    for tick in ["999ms", "61m"] {
        let refused = refused(&with(tick));
        assert!(refused.contains("ticks are 1s to 1h apart"), "{tick}: {refused}");
    }
}

#[test]
fn a_configuration_takes_the_place_of_the_file_that_it_names() {
    let config = |config: &str, files: &[(&str, &str)]| {
        let mut sources = with_policy(&format!("config = {config}"));
        sources.files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Resolved::from_sources(&sources, &modules).map(|resolved| resolved.policies[0].config.clone())
    };
    let yaml = [("alerts.yaml", "- alert: \"${env.project}\"\n")];
    assert_eq!(
        config("{ rules = { file = \"alerts.yaml\" }, least = 1 }", &yaml).unwrap(),
        r#"{"least":1,"rules":"- alert: \"${env.project}\"\n"}"#
    );
    assert_eq!(
        config("{ file = \"o.toml\" }", &[("o.toml", "p95 = 2000\n[a]\nb = [1.5]")]).unwrap(),
        r#"{"a":{"b":[1.5]},"p95":2000}"#
    );
    assert_eq!(config("{ file = \"o.json\" }", &[("o.json", "{\"z\":1,\"a\":null}")]).unwrap(), r#"{"a":null,"z":1}"#);
    // No variable is filled in, as in no other file.
    let toml = [("o.toml", "a = \"${env.project}\"\nb = [\"$${x}\"]")];
    assert_eq!(config("{ file = \"o.toml\" }", &toml).unwrap(), r#"{"a":"${env.project}","b":["$${x}"]}"#);
    for (written, files, message) in [
        ("{ file = \"alerts.yaml\" }", &[][..], "there is no file `alerts.yaml` that can be read"),
        ("{ file = \"o.json\" }", &[("o.json", "{")], "o.json can't be read: "),
        ("{ file = \"o.toml\" }", &[("o.toml", "a = ")], "o.toml can't be read: o.toml:1:"),
    ] {
        let refused = config(written, files).unwrap_err().to_string();
        assert!(refused.contains(message) && refused.starts_with("bundle.toml:"), "{refused}");
    }
    let (one, other) = (with_policy("config = { file = \"a.yaml\" }"), with_policy("config = { file = \"a.yaml\" }"));
    let digest = |mut sources: Sources, text: &str| {
        sources.files = BTreeMap::from([("a.yaml".to_owned(), text.to_owned())]);
        resolve(&sources).digest
    };
    assert_ne!(digest(one, "1"), digest(other, "2"), "what is judged by is part of the digest");
}

#[test]
fn a_bundle_s_folder_gives_the_files_that_lie_in_it_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    let names = ["a.yaml", "gone.yaml", "up.yaml", "long.yaml", "no-text.yaml"];
    let bundle: String = names.iter().map(|name| format!("[[policy]]\nconfig = {{ file = \"{name}\" }}\n")).collect();
    write("bundle.toml", bundle.as_bytes());
    write("checklist.toml", b"");
    write("a.yaml", b"rules");
    write("long.yaml", &vec![b'x'; (1 << 20) + 1]);
    write("no-text.yaml", &[0xff]);
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("up.yaml")).unwrap();
    let read = BundleFolder::read(folder.path(), None).unwrap();
    assert_eq!(read.files, BTreeMap::from([("a.yaml".to_owned(), "rules".to_owned())]));
}

#[test]
fn policies_take_part_in_a_part_of_a_bundle_if_they_are_named() {
    let only = |names: &[&str]| {
        let only = names.iter().map(|name| (*name).to_owned()).collect();
        Resolved::from_sources(&Sources { only, ..with_policy("") }, &modules)
    };
    assert_eq!(only(&["health"]).unwrap().policies.len(), 0);
    assert_eq!(only(&["health", "objectives"]).unwrap().policies.len(), 1);
    assert!(only(&["objective"]).unwrap_err().to_string().contains("did you mean `objectives`?"));
}
