//! What the validation of a release needs is there (PRE-2): keys and credentials, each with a value that is a real one.
//!
//! ```toml
//! [phase.config.secrets]
//! OPENAI_API_KEY = "PRE-2.openai"
//! ```
//! `secrets` names what the phase is granted, and the row that each speaks for. It asks the host whether there is a value and
//! whether it only stands for one (`your-openai-api-key`); it never sees a value, so whether a key is accepted is not judged here.
//! Nothing named is an error, because zero checks are no pass.

mod secrets;

use std::collections::BTreeMap;

use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The row of each secret, by the secret's name.
    #[serde(default)]
    secrets: BTreeMap<String, String>,
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    if config.secrets.is_empty() {
        return Err(Error::new(
            "config.secrets names nothing, and nothing asked for is nothing passed; name each secret with its row",
        ));
    }
    secrets::judge(cx, &config.secrets);
    Ok(())
}

#[cfg(test)]
mod tests;
