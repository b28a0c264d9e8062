//! What is written is read, in both formats, and no bytes make the reading panic.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn number(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".into(),
        _ if value == f64::INFINITY => "+Inf".into(),
        _ if value == f64::NEG_INFINITY => "-Inf".into(),
        _ => value.to_string(),
    }
}

/// A page as its format has it.
fn written(page: &Page) -> String {
    let mut text = String::new();
    for family in &page.families {
        let (name, open) = (&family.name, page.format == Format::OpenMetrics);
        let help = if open { quoted(&family.help) } else { quoted(&family.help).replace("\\\"", "\"") };
        let kind = if family.kind == Kind::Gauge { "gauge" } else { "counter" };
        write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n").unwrap();
        for sample in &family.samples {
            let labels: Vec<String> =
                sample.labels.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
            write!(text, "{}{{{}}} {}", sample.name, labels.join(","), number(sample.value)).unwrap();
            match sample.at {
                Some(at) if open => write!(text, " {}", at / 1_000.0).unwrap(),
                Some(at) => write!(text, " {at}").unwrap(),
                None => {}
            }
            text.push('\n');
        }
    }
    if page.format == Format::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>().prop_filter("is compared", |v| !v.is_nan()), Just(f64::INFINITY), Just(-0.5)]
}

fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::btree_map("[a-zA-Z_][a-z0-9_]{0,6}", "\\PC{0,6}[\\\\\"\n{},= #]{0,4}", 0..4)
        .prop_map(|labels| labels.into_iter().collect())
}

fn page() -> impl Strategy<Value = Page> {
    let samples = prop::collection::btree_map(labels(), (value(), prop::option::of(0_i64..4_000_000_000_000)), 1..4);
    let family = ("[^\\s]\\PC{0,8}[\\\\\"x]", any::<bool>(), samples);
    let families = prop::collection::btree_map("[a-z_:][a-z0-9_:]{0,8}x", family, 1..4);
    (any::<bool>(), families).prop_map(|(open, families)| {
        let format = if open { Format::OpenMetrics } else { Format::Text };
        let families = families.into_iter().map(|(name, (help, counter, samples))| {
            let suffix = if counter && open { "_total" } else { "" };
            let samples = samples.into_iter().map(|(labels, (value, at))| Exposed {
                name: format!("{name}{suffix}"),
                labels,
                value,
                at: at.map(|at| at as f64),
            });
            let samples = samples.collect();
            let kind = if counter { Kind::Counter } else { Kind::Gauge };
            Family { name, kind, help, unit: String::new(), samples }
        });
        Page { format, families: families.collect() }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(page in page()) {
        let kind = if page.format == Format::OpenMetrics { "application/openmetrics-text" } else { "text/plain" };
        let text = written(&page);
        prop_assert_eq!(read(Some(kind), text.as_bytes()), Ok(page), "{}", text);
    }

    #[test]
    fn what_is_cut_is_no_page_of_open_metrics(page in page(), cut in 1_usize..200) {
        let page = Page { format: Format::OpenMetrics, ..page };
        let text = written(&page);
        let whole = text.trim_end().len();
        let text = &text.as_bytes()[..whole.saturating_sub(cut)];
        prop_assert!(read(Some("application/openmetrics-text"), text).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), open in any::<bool>()) {
        let _ = read(open.then_some("application/openmetrics-text"), &bytes);
    }

    #[test]
    fn no_text_of_its_characters_makes_it_panic(text in "[a#{}=\", \\\\\n1eTYPHELOF.+-]{0,120}", open in any::<bool>()) {
        let _ = read(open.then_some("application/openmetrics-text"), text.as_bytes());
    }
}
