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
    use holdpoint_staging_double::Service;

    use super::super::ports::PORTS;
    use super::*;

    #[test]
    fn the_page_is_led_to_the_front_of_the_services_and_nowhere_else() {
        let text = include_str!("../../../tests/staging-double/holdpoint.toml");
        let rules: Vec<&str> =
            text.lines().filter(|line| line.contains("--host-resolver-rules=")).map(str::trim).collect();
        let place = format!("MAP {} 127.0.0.1:{}", Service::Frontend.host(), PORTS.front);
        // An exclusion of 127.0.0.1 would let a page ask whatever else listens on this machine.
        assert_eq!(rules, [format!("--host-resolver-rules=\"{place}, MAP * ~NOTFOUND\" \\")]);
    }

    #[test]
    fn the_operators_file_hands_it_on_and_trusts_no_other_key() {
        let text = include_str!("../../../tests/staging-double/holdpoint.toml");
        assert!(text.contains(&format!("inherit = [\"{KEY_HASH}\"]")));
        let trusts = "--ignore-certificate-errors";
        assert_eq!(text.matches(trusts).count(), 1);
        assert!(text.contains(&format!("{trusts}-spki-list=\"${KEY_HASH}\"")));
    }
}
