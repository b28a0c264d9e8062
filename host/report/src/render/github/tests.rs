//! What the runner and GitHub's reader of Markdown make of it.

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::github;
use crate::{fixture, hostile, text};

fn events(summary: &str) -> Vec<Event<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH | Options::ENABLE_GFM;
    Parser::new_ext(summary, options).collect()
}

#[test]
fn a_held_run_as_annotations() {
    insta::assert_snapshot!(github(&fixture::report()).annotations);
}

#[test]
fn a_held_run_as_a_summary() {
    insta::assert_snapshot!(github(&fixture::report()).summary);
}

#[test]
fn a_release_has_no_error() {
    let github = github(&fixture::recovered());
    assert!(!github.annotations.contains("::error"), "{}", github.annotations);
    assert!(github.summary.starts_with("## ✅ release\n"), "{}", github.summary);
}

#[test]
fn no_guest_commands_the_runner() {
    let github = github(&hostile::report(40));
    let lines: Vec<&str> = github.annotations.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("::error title=") || line.starts_with("::warning title=")));
    // Two colons end the properties: of each line the first two pairs are ours.
    for line in lines {
        let properties = line.split("::").nth(1).unwrap();
        assert!(!properties.contains(',') && properties.matches('=').count() >= 1, "{line}");
    }
    let whole = github.whole();
    let (stop, rest) = whole[github.annotations.len()..].split_once('\n').unwrap();
    let word = stop.strip_prefix("::stop-commands::").unwrap();
    assert_eq!(rest.matches(word).count(), 1, "only the last line lets the runner listen again");
    assert!(rest.ends_with(&format!("\n::{word}::\n")));
}

#[test]
fn annotations_are_bounded() {
    let annotations = github(&hostile::huge()).annotations;
    for kind in ["::error", "::warning"] {
        assert_eq!(annotations.lines().filter(|line| line.starts_with(kind)).count(), 10, "{annotations}");
    }
    assert!(annotations.contains("::error title=and 741 more errors::"), "{annotations}");
    assert!(annotations.len() < 300_000);
}

#[test]
fn what_guests_say_is_no_markup() {
    for report in [hostile::report(40), hostile::huge()] {
        let summary = github(&report).summary;
        for event in events(&summary) {
            match &event {
                Event::Html(_) | Event::InlineHtml(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {
                    panic!("{event:?}")
                }
                Event::Start(
                    tag @ (Tag::Link { .. }
                    | Tag::Image { .. }
                    | Tag::HtmlBlock
                    | Tag::CodeBlock(_)
                    | Tag::BlockQuote(_)
                    | Tag::Strong
                    | Tag::Emphasis
                    | Tag::Strikethrough),
                ) => panic!("{tag:?}"),
                // GitHub makes links and mentions of bare text; only code is safe from that.
                Event::Text(said) => {
                    for bait in ["@everyone", "me@evil", "https://evil", "www.evil"] {
                        assert!(!said.contains(bait), "{said}");
                    }
                }
                _ => {}
            }
        }
        assert_eq!(summary.chars().find(|c| *c != '\n' && text::is_hidden(*c)), None);
    }
}

#[test]
fn what_guests_say_can_be_read() {
    let summary = github(&hostile::report(12)).summary;
    let code: Vec<String> = events(&summary)
        .into_iter()
        .filter_map(|e| if let Event::Code(code) = e { Some(code.to_string()) } else { None })
        .collect();
    for said in ["<script>alert(1)</script>", "100 %, a:b"] {
        assert!(code.iter().any(|code| code.contains(said)), "{said}: {code:?}");
    }
}

#[test]
fn every_table_keeps_its_columns() {
    let summary = github(&hostile::report(40)).summary;
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut width = 0;
    for line in summary.lines() {
        if !line.starts_with('|') {
            width = 0;
        } else if width == 0 {
            width = columns(line);
        } else {
            assert_eq!(columns(line), width, "{line}");
        }
    }
}

#[test]
fn a_summary_is_below_the_runners_limit() {
    let summary = github(&hostile::huge()).summary;
    assert!(summary.len() < 1 << 20, "{} bytes", summary.len());
    assert!(summary.contains("… and 720 more rows"), "{summary}");
}
