use std::fs;
use std::path::Path;

use anyhow::Context;
use holdpoint_staging_double::{Alteration, Double, Drawn, Fault, Options, files};
use saphyr_parser::Parser;

const FILES: &[&str] = &[
    "config/staging.yaml",
    "config/services.json",
    "config/feature-flags.toml",
    "config/.env.staging",
    "config/jobs/nightly.yaml",
];

fn parses(name: &str, text: &str) -> anyhow::Result<()> {
    match name.rsplit('.').next() {
        Some("yaml") => Parser::new_from_str(text).try_for_each(|event| event.map(drop)).context("YAML"),
        Some("json") => serde_json::from_str::<serde_json::Value>(text).map(drop).context("JSON"),
        Some("toml") => text.parse::<toml_edit::DocumentMut>().map(drop).context("TOML"),
        _ => {
            let sound =
                |l: &str| l.is_empty() || l.starts_with('#') || l.split_once('=').is_some_and(|(k, _)| is_key(k));
            anyhow::ensure!(text.lines().all(sound), "not lines of KEY=value");
            Ok(())
        }
    }
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

fn read(dir: &Path) -> anyhow::Result<Vec<String>> {
    FILES.iter().map(|name| fs::read_to_string(dir.join(name)).with_context(|| (*name).to_owned())).collect()
}

fn file_settings() -> impl Iterator<Item = (String, Alteration)> {
    let settings = Fault::all().iter().flat_map(|fault| (0..60).map(|seed| fault.settle(seed)));
    settings.filter_map(|s| match &s.drawn {
        Drawn::File(alteration) => Some((s.to_string(), alteration.clone())),
        Drawn::Server { .. } | Drawn::Environment(_) | Drawn::Source(_) | Drawn::Document(_) => None,
    })
}

#[test]
fn clean_files_parse_and_hold_traps_for_a_careless_reader() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    files::write(dir.path())?;
    for (name, text) in FILES.iter().zip(read(dir.path())?) {
        parses(name, &text).with_context(|| (*name).to_owned())?;
        for line in text.lines().filter(|l| l.contains("localhost") || l.contains("127.0.0.1")) {
            assert!(line.trim_start().starts_with('#'), "{name}: {line}");
        }
    }
    let all = read(dir.path())?.concat();
    for trap in ["localhost", "host: 0.0.0.0", "@10.42.0.5:5432"] {
        assert!(all.contains(trap), "{trap}");
    }
    Ok(())
}

#[test]
fn a_file_fault_changes_one_value_and_leaves_the_file_readable() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    for (text, alteration) in file_settings() {
        files::write(dir.path())?;
        let clean = read(dir.path())?;
        files::apply(dir.path(), &alteration)?;
        let altered = read(dir.path())?;
        for ((name, clean), altered) in FILES.iter().zip(&clean).zip(&altered) {
            parses(name, altered).with_context(|| text.clone())?;
            let changed: Vec<_> = clean.lines().zip(altered.lines()).filter(|(c, a)| c != a).collect();
            if *name == alteration.file {
                let [(before, after)] = changed[..] else { panic!("{text}: {changed:?}") };
                assert_eq!(after, before.replace(alteration.clean, &alteration.value), "{text}");
            } else {
                assert_eq!(changed, [], "{text}");
            }
        }
    }
    Ok(())
}

#[test]
fn each_file_fault_writes_its_own_host_into_every_file() {
    let hosts = [
        ("localhost-name", "http://localhost:"),
        ("localhost-v4", "http://127."),
        ("localhost-v6", "http://[::1]:"),
        ("docker-internal", "http://host.docker.internal:"),
        ("any-address", "http://0.0.0.0:"),
        ("localhost-dsn", "@localhost:"),
    ];
    let settings: Vec<_> = file_settings().collect();
    for (name, host) in hosts {
        let own: Vec<_> = settings.iter().filter(|(text, _)| text.starts_with(&format!("{name}:"))).collect();
        assert!(own.iter().all(|(_, a)| a.value.contains(host)), "{own:?}");
        for file in FILES {
            assert!(own.iter().any(|(_, a)| a.file == *file), "{name} never strikes {file}");
        }
    }
    assert!(settings.iter().all(|(text, _)| hosts.iter().any(|(name, _)| text.starts_with(name))));
}

#[test]
fn refuses_to_seed_the_same_fault_twice() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let (_, alteration) = file_settings().next().context("a file fault")?;
    assert!(files::apply(dir.path(), &alteration).is_err(), "no files yet");
    files::write(dir.path())?;
    files::apply(dir.path(), &alteration)?;
    let error = files::apply(dir.path(), &alteration).expect_err("the clean value is gone");
    assert!(error.to_string().contains("0 times instead of once"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_running_double_seeds_and_cleans_its_files() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let setting = Fault::named("localhost-v6").context("a fault")?.settle(3);
    let options = Options { files: Some(dir.path().to_owned()), faults: vec![setting.clone()], ..Options::default() };
    let double = Double::start(options).await?;
    assert!(read(dir.path())?.concat().contains("http://[::1]:"));
    double.clear().await?;
    assert!(!read(dir.path())?.concat().contains("http://[::1]:"));
    double.switch(setting).await?;
    assert!(read(dir.path())?.concat().contains("http://[::1]:"));
    Ok(())
}

#[tokio::test]
async fn refuses_a_file_fault_without_files() -> anyhow::Result<()> {
    let setting = Fault::named("localhost-name").context("a fault")?.settle(0);
    let error =
        Double::start(Options { faults: vec![setting], ..Options::default() }).await.expect_err("nowhere to put it");
    assert!(error.to_string().contains("the double has no files"), "{error}");
    Ok(())
}
