use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context;
use holdpoint_staging_double::{Double, Drawn, Edit, Fault, Options, files, source};

const FAULTS: [&str; 5] =
    ["required-file-missing", "oversized-function", "forbidden-import", "duplicated-type", "forbidden-pattern"];

fn edits(name: &str) -> anyhow::Result<Vec<Edit>> {
    let fault = Fault::named(name).context("in the catalogue")?;
    let edit = |seed| match fault.settle(seed).drawn {
        Drawn::Source(edit) => Ok(edit),
        other => anyhow::bail!("{other:?}"),
    };
    (0..60).map(edit).collect()
}

fn read(dir: &Path, edit: &Edit) -> Option<String> {
    fs::read_to_string(dir.join(edit.file)).ok()
}

#[test]
fn a_source_fault_puts_its_lines_in_one_file_or_takes_it_away() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    for edit in FAULTS.map(edits).into_iter().collect::<anyhow::Result<Vec<_>>>()?.concat() {
        files::write(dir.path())?;
        let clean = read(dir.path(), &edit).context("a clean file")?;
        source::edit(dir.path(), &edit)?;
        match edit.behind {
            None => assert_eq!(read(dir.path(), &edit), None, "{edit}"),
            Some(behind) => {
                let expected = clean.replace(behind, &[behind, &edit.text].concat());
                assert_eq!(read(dir.path(), &edit), Some(expected), "{edit}");
            }
        }
        assert!(source::edit(dir.path(), &edit).is_err(), "twice: {edit}");
    }
    Ok(())
}

#[test]
fn each_source_fault_strikes_all_three_services() -> anyhow::Result<()> {
    for name in FAULTS {
        let files: BTreeSet<&str> = edits(name)?.iter().map(|edit| edit.file).collect();
        for service in ["backend", "frontend", "worker"] {
            assert!(files.iter().any(|file| file.starts_with(&format!("source/{service}/"))), "{name}: {files:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_running_double_seeds_and_cleans_its_source() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let double = Double::start(Options { files: Some(dir.path().to_owned()), ..Options::default() }).await?;
    for name in FAULTS {
        let setting = Fault::named(name).context("a fault")?.settle(3);
        let Drawn::Source(edit) = setting.drawn.clone() else { anyhow::bail!("{setting}") };
        let clean = read(dir.path(), &edit);
        assert!(clean.is_some());
        double.switch(setting).await?;
        assert_ne!(read(dir.path(), &edit), clean);
        double.clear().await?;
        assert_eq!(read(dir.path(), &edit), clean);
    }
    Ok(())
}
