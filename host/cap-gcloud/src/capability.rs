//! What a guest may ask of gcloud. Judged from the request alone; nothing is started.

use std::time::Duration;

use holdpoint_gate::Capability;
use holdpoint_model::{Class, Denial, grant::Grants};

use crate::{Completed, Invocation, build};

/// Bytes of standard input.
const LONGEST_STDIN: usize = 1 << 20;

/// The capability `gcloud`.
pub enum Gcloud {}

impl Capability for Gcloud {
    const NAME: &'static str = "gcloud";
    const VERSION: u32 = 1;
    type Request = Invocation;
    type Response = Completed;
    type Grants = Grants;

    fn authorize(grants: &Grants, request: &Invocation) -> Result<Class, Denial> {
        let shown = Self::summary(request);
        let ask = request.ask().map_err(|error| error.to_string());
        let ask = match request.stdin.len() {
            0..=LONGEST_STDIN => ask,
            _ => Err(format!("its standard input has more than {LONGEST_STDIN} bytes")),
        };
        let ask = ask.and_then(|ask| match ask.command().is_submit() {
            true => build::check(request.stdin.bytes()).map(|()| ask),
            false => Ok(ask),
        });
        let ask = ask.map_err(|reason| Denial {
            wanted: format!("gcloud {shown}"),
            reason,
            remedy: "no grant allows it; give the words of one command, plain values, and files as `-`".into(),
        })?;
        grants.gcloud(&ask, &shown).map(|terms| terms.class)
    }

    fn summary(request: &Invocation) -> String {
        let flags = request.flags.iter().map(|flag| match &flag.value {
            Some(value) => format!("--{}={value}", flag.name),
            None => format!("--{}", flag.name),
        });
        let parts: Vec<String> = request.command.iter().chain(&request.arguments).cloned().chain(flags).collect();
        shown(&parts.join(" "))
    }

    fn limit(request: &Invocation) -> Duration {
        // The backend ends the command; the gate ends a backend that does not.
        Duration::from_millis(u64::from(request.timeout_ms)) + Duration::from_secs(5)
    }
}

/// At most 300 characters, none of which moves a cursor.
fn shown(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
