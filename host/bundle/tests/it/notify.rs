//! Notifications: a bundle asks for them as a phase would, and an operator allows them.

use crate::support::{modules, operator, resolve, sample, verify};
use holdpoint_bundle::{Resolved, Sources, allow, asks_in_words};

fn telling(notify: &str) -> Sources {
    let mut sources = sample();
    sources.bundle.text.push_str(&format!("\n{notify}\n"));
    sources
}

fn refused(notify: &str) -> String {
    Resolved::from_sources(&telling(notify), &modules).unwrap_err().to_string()
}

#[test]
fn what_telling_asks_is_shown_allowed_and_refused_like_any_ask() {
    let sources = telling("[[notify]]\non = [\"hold\"]\ncommand = \"pager\"");
    assert!(asks_in_words(&resolve(&sources)).contains(&"notify: start pager".to_owned()));
    let pin = "[tools.pager]\nprogram = \"/usr/bin/pager\"\n";
    assert!(allow(&resolve(&sources), &operator("")).unwrap_err().to_string().contains("the tool `pager`"));
    let text = allow(&resolve(&sources), &operator(pin)).unwrap();
    assert!(verify(sources.clone(), &text).unwrap().notifier.is_some());
    let without = allow(&resolve(&sample()), &operator(pin)).unwrap();
    let error = verify(sources, &without).unwrap_err().to_string();
    assert!(error.contains("whoever sends what `notify` asks for more than was allowed"), "{error}");
    assert!(verify(sample(), &without).unwrap().notifier.is_none());
}

#[test]
fn what_can_not_be_told_is_refused() {
    for (notify, says) in [
        ("[[notify]]\non = [\"gossip\"]\ncommand = \"pager\"", "`gossip` is nothing that is told"),
        ("[[notify]]\ncommand = \"pager\"", "`notify` lacks `on`"),
        ("[[notify]]\non = [\"hold\"]", "`notify` needs `webhook` or `command`, e.g. webhook = "),
        ("[[notify]]\non = [\"hold\"]\ncommand = \"a pager\"", "is not the name of a tool"),
        ("[[notify]]\non = [\"hold\"]\nwebhook = { secret = \"NOWHERE\" }", "secret `NOWHERE` is not bound"),
        ("[[notify]]\non = [\"hold\"]\nwebhook = { secret = \"A\", hosts = [\"https://a.example.com\"] }", "host"),
        ("[[notify]]\non = [\"hold\"]\ncommand = \"pager\"\nurl = \"https://a.example.com\"", "unknown field `url`"),
    ] {
        let error = refused(notify);
        assert!(error.contains(says), "{notify}: {error}");
    }
    let many = "[[notify]]\non = [\"hold\"]\ncommand = \"pager\"\n".repeat(9);
    assert!(refused(&many).contains("a bundle has at most 8 tables of notify"));
}
