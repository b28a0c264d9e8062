//! What Chromium writes to its log: the console of the page, and why a page did not come. Pure.

use crate::browser::cut;

/// The errors that nothing of the page has caught, each with its place. What a page merely logs is nobody's business here.
pub(crate) fn uncaught(log: &str) -> Vec<String> {
    log.lines().filter_map(message).filter(|message| message.starts_with("Uncaught ")).map(shown).collect()
}

/// Why there is no page.
pub(crate) fn no_page(log: &str) -> Option<String> {
    log.lines().filter_map(entry).map(|(_, text)| text).find(|text| text.starts_with("Page load ")).map(cut)
}

/// What the page wrote to its console: `[1130/034230.926041:INFO:CONSOLE:1] "text", source: place`. Pages of the browser itself don't count.
fn message(line: &str) -> Option<&str> {
    let (_, text) = entry(line).filter(|(head, _)| head.contains(":CONSOLE"))?;
    text.strip_prefix('"').filter(|text| !text.contains("source: chrome://"))
}

/// The head and the text of an entry.
fn entry(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('[')?.split_once("] ")
}

fn shown(message: &str) -> String {
    cut(&message.replacen("\", source: ", " at ", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Chromium 156 writes it.
    const LOG: &str = r#"[1130/034248.614872:WARNING:media/gpu/vaapi/vaapi_wrapper.cc:1655] drmGetDevices2() has not found any devices
[1130/034248.858508:INFO:CONSOLE:1] "Uncaught TypeError: Cannot read properties of null (reading 'x')", source: https://app.example.com/app.js (1)
[1130/034230.926041:INFO:CONSOLE:1] "by hand", source: https://app.example.com/app.js (1)
[1130/035338.491723:INFO:CONSOLE(1)] "Uncaught (in promise) Error: late
and longer", source: https://app.example.com/ (1)
[1130/035338.491723:INFO:CONSOLE:1] "Uncaught Error: its own", source: chrome://headless/headless_command.js (9)
4692 bytes written to file page.png
"#;

    #[test]
    fn uncaught_errors_are_told_with_their_places_and_nothing_else_is() {
        assert_eq!(
            uncaught(LOG),
            [
                "Uncaught TypeError: Cannot read properties of null (reading 'x') at https://app.example.com/app.js (1)",
                "Uncaught (in promise) Error: late",
            ]
        );
        assert!(uncaught(&format!("[a:CONSOLE:1] \"Uncaught {}", "x".repeat(10_000)))[0].len() == 300);
        assert_eq!(uncaught("Uncaught in no entry\n[no end:CONSOLE\n"), [""; 0]);
    }

    #[test]
    fn why_there_is_no_page_is_told_in_the_words_of_the_browser() {
        let log =
            |text: &str| format!("{LOG}[1130/034249.640748:ERROR:components/headless/command_handler.cc:403] {text}\n");
        let failed = "Page load failed: net::ERR_CONNECTION_REFUSED";
        assert_eq!(no_page(&log(failed)).as_deref(), Some(failed));
        assert_eq!(no_page(&log("Page load timed out.")).as_deref(), Some("Page load timed out."));
        assert_eq!(no_page(LOG), None);
    }
}
