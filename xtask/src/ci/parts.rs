//! The order of the parts: each runs unless one that it needs has failed, so that one run shows as much as it can.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// A part of the work.
pub(super) struct Part<'a> {
    pub(super) name: &'static str,
    pub(super) needs: &'static [&'static str],
    pub(super) work: Box<dyn Fn() -> Result<()> + 'a>,
}

/// How a part ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Failed(String),
    /// Left out, because this one had not been done.
    Without(&'static str),
}

/// A part that has been.
#[derive(Debug, Clone)]
pub(super) struct Past {
    pub(super) name: &'static str,
    pub(super) end: End,
    pub(super) took: Duration,
}

/// The parts with these names, in their own order; all where none is named. Whoever names a part wants it whatever it needs.
pub(super) fn chosen<'a>(parts: Vec<Part<'a>>, names: &[String]) -> Result<Vec<Part<'a>>> {
    let known: Vec<&str> = parts.iter().map(|part| part.name).collect();
    if let Some(stranger) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no part {stranger}; the parts are {}", known.join(", "));
    }
    if names.is_empty() {
        return Ok(parts);
    }
    let chosen = parts.into_iter().filter(|part| names.iter().any(|name| name == part.name));
    Ok(chosen.map(|part| Part { needs: &[], ..part }).collect())
}

/// Runs the parts in their order.
pub(super) fn run(parts: &[Part<'_>]) -> Vec<Past> {
    let mut past: Vec<Past> = Vec::new();
    for part in parts {
        let done = |name: &str| past.iter().any(|p| p.name == name && p.end == End::Done);
        let begun = Instant::now();
        let end = match part.needs.iter().find(|name| !done(name)) {
            Some(missing) => End::Without(missing),
            None => match (part.work)() {
                Ok(()) => End::Done,
                Err(error) => End::Failed(format!("{error:#}")),
            },
        };
        if let End::Failed(why) = &end {
            eprintln!("error: {}: {}", part.name, first_line(why));
        }
        past.push(Past { name: part.name, end, took: begun.elapsed() });
    }
    past
}

/// Why parts failed, whole, then a line a part, and the sum: the end is what is looked at first.
pub(super) fn table(past: &[Past]) -> String {
    let mut text = String::new();
    for part in past {
        if let End::Failed(why) = &part.end
            && why.contains('\n')
        {
            let _ = writeln!(text, "{}: {why}", part.name);
        }
    }
    let width = past.iter().map(|p| p.name.len()).max().unwrap_or_default().max("total".len());
    let mut line = |name: &str, took: Duration, end: &str| {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{name:width$}  {:>8.1} s  {end}", took.as_secs_f64());
    };
    for part in past {
        let end = match &part.end {
            End::Done => "ok".to_owned(),
            End::Failed(why) => format!("failed: {}", first_line(why)),
            End::Without(other) => format!("not run, it needs {other}"),
        };
        line(part.name, part.took, &end);
    }
    let failed = past.iter().filter(|p| p.end != End::Done).count();
    let end = if failed == 0 { "all parts ok".to_owned() } else { format!("{failed} of {} parts not ok", past.len()) };
    line("total", past.iter().map(|p| p.took).sum(), &end);
    text
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &'static str, needs: &'static [&'static str], good: bool) -> Part<'static> {
        Part { name, needs, work: Box::new(move || if good { Ok(()) } else { bail!("broken") }) }
    }

    #[test]
    fn a_failure_stops_what_needs_it_and_nothing_else() {
        let parts = [
            part("fmt", &[], false),
            part("guests", &[], false),
            part("test", &["guests"], true),
            part("demo", &["test"], true),
        ];
        let ends: Vec<End> = run(&parts).into_iter().map(|p| p.end).collect();
        let broken = || End::Failed("broken".to_owned());
        assert_eq!(ends, [broken(), broken(), End::Without("guests"), End::Without("test")]);
    }

    #[test]
    fn parts_are_chosen_by_their_names() {
        let parts = || vec![part("fmt", &[], true), part("guests", &[], true), part("test", &["guests"], true)];
        let names = |chosen: &[&str]| -> Result<Vec<&'static str>> {
            let chosen: Vec<String> = chosen.iter().map(ToString::to_string).collect();
            Ok(super::chosen(parts(), &chosen)?.into_iter().map(|part| part.name).collect())
        };
        assert_eq!(names(&[]).unwrap(), ["fmt", "guests", "test"]);
        assert_eq!(names(&["test", "fmt"]).unwrap(), ["fmt", "test"]);
        assert_eq!(names(&["tset"]).unwrap_err().to_string(), "there is no part tset; the parts are fmt, guests, test");
        let alone = super::chosen(parts(), &["test".to_owned()]).unwrap();
        assert_eq!(run(&alone)[0].end, End::Done, "it is run without what it needs");
    }

    #[test]
    fn the_table_has_a_line_for_each_part_and_one_for_all() {
        let past = [
            Past { name: "fmt", end: End::Done, took: Duration::from_millis(1_500) },
            Past { name: "clippy", end: End::Failed("a\nb".to_owned()), took: Duration::from_secs(61) },
        ];
        assert_eq!(
            table(&past),
            "clippy: a\nb\nfmt          1.5 s  ok\nclippy      61.0 s  failed: a\ntotal       62.5 s  1 of 2 parts not ok\n"
        );
    }
}
