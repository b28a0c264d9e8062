use std::fs;
use std::path::Path;

use anyhow::Context;
use holdpoint_staging_double::{Double, Drawn, Fault, Options, documents, files};

const DOCUMENTS: [&str; 7] = [
    "next-steps/lessons.md",
    "next-steps/production.yaml",
    "next-steps/announcement.toml",
    "next-steps/rehearsal.toml",
    "next-steps/rehearsal.db",
    "next-steps/runbook.md",
    "next-steps/training.toml",
];

fn read(dir: &Path) -> Vec<Option<String>> {
    DOCUMENTS.iter().map(|name| fs::read_to_string(dir.join(name)).ok()).collect()
}

#[test]
fn clean_documents_have_their_dates() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    files::write(dir.path())?;
    for (name, text) in DOCUMENTS.iter().zip(read(dir.path())) {
        let text = text.context(*name)?;
        assert!(!text.contains("{day") && !text.contains("{hour"), "{name}: {text}");
        if name.ends_with(".toml") {
            text.parse::<toml_edit::DocumentMut>().with_context(|| (*name).to_owned())?;
        }
    }
    Ok(())
}

#[test]
fn a_fault_changes_one_document_or_takes_it_away() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    for setting in Fault::of_next_steps().iter().flat_map(|fault| (0..20).map(|seed| fault.settle(seed))) {
        let Drawn::Document(rewrite) = &setting.drawn else { anyhow::bail!("{setting}") };
        files::write(dir.path())?;
        let clean = read(dir.path());
        documents::rewrite(dir.path(), rewrite)?;
        for ((name, clean), now) in DOCUMENTS.iter().zip(clean).zip(read(dir.path())) {
            if *name == rewrite.file {
                assert_ne!(now, clean, "{setting}");
                assert_eq!(now.is_none(), rewrite.clean.is_none(), "{setting}");
            } else {
                assert_eq!(now, clean, "{setting}: {name}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_running_double_rewrites_and_cleans_its_documents() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let double = Double::start(Options { files: Some(dir.path().to_owned()), ..Options::default() }).await?;
    let training = || fs::read_to_string(dir.path().join("next-steps/training.toml"));
    assert!(training()?.contains("\nbob = "));
    // Each of its settings has no date by his name.
    double.switch(Fault::named("untrained").context("a fault")?.settle(3)).await?;
    assert!(!training()?.contains("\nbob = 2"));
    double.clear().await?;
    assert!(training()?.contains("\nbob = 2"));
    let without = Double::start(Options::default()).await?;
    let error = without.switch(Fault::named("untrained").context("a fault")?.settle(3)).await;
    assert!(error.is_err_and(|error| error.to_string().contains("the double has no files")));
    Ok(())
}
