//! Sources of bundles, and the modules that they name.

use std::collections::BTreeMap;
use std::path::PathBuf;

use holdpoint_bundle::{ModuleError, OperatorSource, Sources, Text};

/// A checklist that knows the rows of the seeds.
pub const CHECKLIST: &str = "\
[[row]]
id = \"P1.3\"
title = \"config\"
level = \"required\"
[[row]]
id = \"P3.1\"
title = \"health\"
level = \"required\"
[[row]]
id = \"CRIT-2\"
title = \"health after the release\"
level = \"advisory\"
";

/// Where paths of bundles and operators' files start from.
pub const FOLDER: &str = "/srv/bundle";

/// A component that imports empty interfaces and exports `run`.
pub fn component(imports: &[&str]) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    let mut section = |id: u8, body: Vec<u8>| {
        bytes.push(id);
        bytes.extend(leb(body.len()));
        bytes.extend(body);
    };
    section(7, vec![1, 0x42, 0]);
    let mut body = leb(imports.len());
    for name in imports {
        body.push(0);
        body.extend(leb(name.len()));
        body.extend(name.bytes());
        body.extend([5, 0]);
    }
    section(10, body);
    section(4, b"\0asm\x0d\0\x01\0".to_vec());
    section(11, [&[1, 0, 3][..], b"run", &[4, 0, 0]].concat());
    bytes
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Every module exists and imports all that phases may be granted, but for `phases/none`.
pub fn modules(name: &str) -> Result<Vec<u8>, ModuleError> {
    match name {
        "phases/none" => Err(ModuleError { message: "there is none".into(), hint: None }),
        "phases/plain" => Ok(component(&["holdpoint:report/report@0.1.0"])),
        "phases/config" => Ok(component(&["holdpoint:files/files@0.1.0"])),
        _ => Ok(component(&["holdpoint:http/http@0.1.0"])),
    }
}

/// Sources of a bundle alone.
pub fn of(bundle: &str) -> Sources {
    Sources {
        bundle: Text { label: "bundle.toml".into(), text: bundle.into() },
        folder: PathBuf::from(FOLDER),
        checklist: Text { label: "checklist.toml".into(), text: CHECKLIST.into() },
        files: BTreeMap::new(),
        operator: None,
        environment: None,
        inputs: BTreeMap::new(),
        services: BTreeMap::new(),
        only: vec![],
    }
}

/// An operator's file.
pub fn operator(text: &str) -> OperatorSource {
    OperatorSource {
        file: Text { label: "holdpoint.toml".into(), text: text.into() },
        folder: PathBuf::from("/etc/holdpoint"),
    }
}
