//! What a guest may ask of files. Judged from the text of the request; nothing is opened.

use holdpoint_gate::Capability;
use holdpoint_model::{Class, Denial, grant::Grants};

use crate::{Request, path::FilesPath};

/// Bytes of a pattern.
const LONGEST_PATTERN: usize = 1_024;

/// The capability `files`.
pub enum Files {}

impl Capability for Files {
    const NAME: &'static str = "files";
    const VERSION: u32 = 1;
    type Request = Request;
    type Response = crate::Response;
    type Grants = Grants;

    fn authorize(grants: &Grants, request: &Request) -> Result<Class, Denial> {
        let path = FilesPath::parse(request.path()).and_then(|path| match request {
            Request::Glob { pattern, .. } if pattern.len() > LONGEST_PATTERN => {
                Err(format!("the pattern is longer than {LONGEST_PATTERN} bytes"))
            }
            _ => Ok(path),
        });
        let path = path.map_err(|reason| Denial {
            wanted: format!("files {}", Self::summary(request)),
            reason,
            remedy: "write the path as the name of a granted directory and the parts below it, as in config/app/staging.yaml".into(),
        })?;
        grants.directory(path.directory, request.path())?;
        Ok(Class::Read)
    }

    fn summary(request: &Request) -> String {
        match request {
            Request::Read { path } => format!("read {}", shown(path)),
            Request::List { path } => format!("list {}", shown(path)),
            Request::Glob { path, pattern } => format!("glob {} below {}", shown(pattern), shown(path)),
            Request::Walk { path } => format!("walk {}", shown(path)),
        }
    }
}

/// At most 200 characters, none of which moves a cursor.
fn shown(text: &str) -> String {
    text.chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
