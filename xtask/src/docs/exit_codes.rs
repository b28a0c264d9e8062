//! The exit codes, from the table at the end of `holdpoint --help`.

use anyhow::{Result, bail};

use super::cli::Help;
use super::markdown::{cell, head, row};

pub(super) fn page(commands: &[Help]) -> Result<String> {
    let help = commands.iter().find(|help| help.command == "holdpoint").map_or("", |help| help.text.as_str());
    let codes = codes(help);
    if codes.is_empty() {
        bail!("`holdpoint --help` has no table below `Exit codes:`");
    }
    let mut page = head("Exit codes", "`holdpoint --help`");
    page.push_str("\nNothing but a release, or a command that decides nothing and is done, ends with 0.\n\n");
    page.push_str("| code | meaning |\n|---|---|\n");
    codes.iter().for_each(|(code, meaning)| page.push_str(&row(&[code, &cell(meaning)])));
    Ok(page)
}

/// Codes and meanings. A meaning that was wrapped goes on in the next line.
fn codes(help: &str) -> Vec<(String, String)> {
    let mut codes: Vec<(String, String)> = Vec::new();
    for line in help.lines().skip_while(|line| *line != "Exit codes:").skip(1).take_while(|line| !line.is_empty()) {
        match line.trim().split_once("  ") {
            Some((code, meaning)) if code.chars().all(|c| c.is_ascii_digit()) => {
                codes.push((code.to_owned(), meaning.trim().to_owned()));
            }
            _ => {
                if let Some((_, meaning)) = codes.last_mut() {
                    meaning.push(' ');
                    meaning.push_str(line.trim());
                }
            }
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_table() {
        let help = "Options:\n  -h\n\nExit codes:\n    0  release\n  130  interrupted,\nresumable\n";
        let codes = codes(help);
        let read: Vec<(&str, &str)> = codes.iter().map(|(code, meaning)| (code.as_str(), meaning.as_str())).collect();
        assert_eq!(read, [("0", "release"), ("130", "interrupted, resumable")]);
        assert!(page(&[]).is_err());
    }
}
