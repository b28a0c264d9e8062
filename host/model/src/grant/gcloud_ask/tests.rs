use super::*;

fn parse(words: &str, arguments: &[&str], flags: &[(&str, Option<&str>)]) -> Result<GcloudAsk, GrantError> {
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let flags: Vec<_> = flags.iter().map(|(name, value)| (name.to_string(), value.map(str::to_owned))).collect();
    GcloudAsk::parse(&words, &arguments, &flags)
}

#[test]
fn commands_that_print_tokens_start_programs_or_move_files_have_no_form() {
    for words in [
        "meta debug",
        "meta list-from-json",
        "compute ssh",
        "auth print-access-token",
        "config config-helper",
        "config set",
        "alpha interactive",
        "secrets versions access",
        "beta secrets versions access",
        "iam service-accounts keys create",
        "storage cp",
        "run services proxy",
        "sql connect",
        "alpha beta run services",
        "components install",
        "info",
        "run",
        "",
        "Run services list",
        "run services list --project=x",
        "run  services",
        "alpha alpha run",
        "emulators start",
    ] {
        assert!(parse(words, &[], &[]).is_err(), "{words:?} should be refused");
    }
    for words in ["run services list", "beta run services describe", "monitoring dashboards create", "builds list"] {
        assert!(parse(words, &[], &[]).is_ok(), "{words:?} should be read");
    }
    assert!(GcloudAsk::parse(&["run services list".to_owned()], &[], &[]).is_err(), "words come one by one");
}

#[test]
fn flags_that_lead_elsewhere_are_nobody_s() {
    for flag in [
        "access-token-file",
        "account",
        "billing-project",
        "configuration",
        "credential-file-override",
        "env-vars-file",
        "flags-file",
        "format",
        "impersonate-service-account",
        "kubeconfig",
        "log-http",
        "no-log-http",
        "out-file",
        "platform",
        "project",
        "region",
        "universe-domain",
        "no-user-output-enabled",
        "verbosity",
        "--project",
        "Project",
        "pro ject",
        "",
        "project=x",
        "\u{2013}project",
    ] {
        assert!(parse("run services list", &[], &[(flag, Some("x"))]).is_err(), "{flag:?} should be refused");
    }
}

#[test]
fn values_are_nothing_but_values() {
    for value in [
        "",
        "-x",
        "--project=evil",
        "-oProxyCommand=sh",
        "@file",
        "^;^a;b",
        "~/x",
        " x",
        "x ",
        "a\nb",
        "a\0b",
        "a\tb",
        "\u{2013}x",
        "\u{2014}-x",
        "x\u{7f}",
        "caf\u{e9}",
    ] {
        assert!(parse("run services describe", &[value], &[]).is_err(), "argument {value:?} should be refused");
        assert!(
            parse("run services list", &[], &[("filter", Some(value))]).is_err(),
            "value {value:?} should be refused"
        );
    }
    let long = "x".repeat(4_097);
    assert!(parse("run services describe", &[&long], &[]).is_err());
    assert!(parse("run services list", &[], &[("filter", Some("a=b AND c>\"2026\""))]).is_ok());
}

#[test]
fn the_only_file_is_standard_input() {
    let create = "monitoring dashboards create";
    assert!(parse(create, &[], &[("config-from-file", Some("-"))]).is_ok());
    for value in ["/etc/passwd", "dashboard.json", "-/x"] {
        assert!(parse(create, &[], &[("config-from-file", Some(value))]).is_err(), "{value}");
    }
    assert!(parse(create, &[], &[("filter", Some("-"))]).is_err());
    assert!(parse(create, &[], &[("limit", Some("1")), ("limit", Some("2"))]).is_err(), "a flag comes once");
}

#[test]
fn too_much_has_no_form() {
    assert!(parse("run services describe", &["x"; 33], &[]).is_err());
    let names: Vec<String> = (0..33).map(|n| format!("flag-{n}")).collect();
    let flags: Vec<(&str, Option<&str>)> = names.iter().map(|name| (name.as_str(), None)).collect();
    assert!(parse("run services list", &[], &flags).is_err());
    assert!(CommandWords::parse(&["run"; 9].join(" ")).is_err());
}

#[test]
fn classes_follow_from_the_last_word_and_unknown_is_an_effect() {
    for (words, class) in [
        ("run services describe", Class::Read),
        ("logging read", Class::Read),
        ("beta run services list", Class::Read),
        ("identity", Class::Read),
        ("run services add-iam-policy-binding", Class::Repeatable),
        ("run services update", Class::Effect),
        ("run services frobnicate", Class::Effect),
    ] {
        assert_eq!(CommandWords::parse(words).unwrap().class(), class, "{words}");
    }
    assert!(CommandWords::parse("beta run deploy").unwrap().is("run deploy"));
}

#[test]
fn the_identity_is_asked_for_by_one_word_and_nothing_else() {
    assert!(parse("identity", &[], &[]).unwrap().command().is_identity());
    for (words, arguments, flags) in [
        ("identity list", &[][..], &[][..]),
        ("beta identity", &[], &[]),
        ("identity", &["other@example.com"], &[]),
        ("identity", &[], &[("filter", Some("x"))]),
    ] {
        assert!(parse(words, arguments, flags).is_err(), "{words} {arguments:?} {flags:?}");
    }
}

#[test]
fn a_pattern_is_a_value_or_a_beginning() {
    let read = |text: &str| ValuePattern::parse(text).unwrap();
    assert!(read("netra-*").covers("netra-") && read("*").covers("x") && read("a").covers("a"));
    assert!(!read("a").covers("ab") && !read("netra-*").covers("other"));
    assert!(read("*").contains(&read("a*")) && read("a*").contains(&read("a")) && !read("a").contains(&read("a*")));
    assert!(!read("ab*").contains(&read("a*")));
    for bad in ["", "a*b", "**", "-x", "@x*", "a\"", "a\\", "a\nb"] {
        assert!(ValuePattern::parse(bad).is_err(), "{bad:?}");
    }
    assert!(read("-").covers("-"));
}

#[test]
fn a_build_is_given_without_a_file_of_this_machine() {
    let repository = "https://github.com/netra/app";
    let revision = [("git-source-revision", Some("main"))];
    assert!(parse("builds submit", &[], &[("no-source", None)]).is_ok());
    assert!(parse("builds submit", &[repository], &[]).is_ok());
    assert!(parse("beta builds submit", &[repository], &revision).is_ok());
    for (arguments, flags) in [
        (&[][..], &[][..]),
        (&["."], &[]),
        (&["source.tgz"], &[]),
        (&["/etc"], &[]),
        (&["gs://bucket/source.tgz"], &[]),
        (&["http://github.com/netra/app"], &[]),
        (&[repository, "."], &[]),
        (&[repository], &[("no-source", None)]),
        (&[], &[("no-source", Some("false"))]),
        (&[], &[("no-source", None), ("ignore-file", Some("-"))]),
        (&[], &[("no-source", None), ("tag", Some("pkg.dev/n/a"))]),
        (&[], &[("no-source", None), ("pack", Some("image=pkg.dev/n/a"))]),
        (&[], &[("no-source", None), ("config", Some("-"))]),
        (&[], &[("no-source", None), ("gcs-source-staging-dir", Some("gs://else/where"))]),
        (&[], &[("no-source", None), ("service-account", Some("projects/p/serviceAccounts/else"))]),
    ] {
        assert!(parse("builds submit", arguments, flags).is_err(), "{arguments:?} {flags:?} should be refused");
    }
}
