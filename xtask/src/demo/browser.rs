//! The browser of the demonstration, which opens the page of the frontend, and whom it trusts.

use anyhow::Result;
use holdpoint_gcp_emulator::Emulator;

use crate::servers;

/// What the operator's file hands on to the browser.
const KEY_HASH: &str = "DEMO_KEY_HASH";

/// Whether it is here. If it is missing it is installed first, where that may be done.
pub(crate) fn ensure_browser() -> Result<bool> {
    Ok(servers::ensure_browser()?.is_empty())
}

/// The variable of whoever starts the command line: the one key whose certificates the browser takes, of whatever authority.
pub(super) fn environment(cloud: &Emulator) -> (&'static str, String) {
    (KEY_HASH, cloud.key_hash())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_file_hands_it_on_and_trusts_no_other_key() {
        let text = include_str!("../../../tests/staging-double/holdpoint.toml");
        assert!(text.contains(&format!("inherit = [\"{KEY_HASH}\"]")));
        let trusts = "--ignore-certificate-errors";
        assert_eq!(text.matches(trusts).count(), 1);
        assert!(text.contains(&format!("{trusts}-spki-list=\"${KEY_HASH}\"")));
    }
}
