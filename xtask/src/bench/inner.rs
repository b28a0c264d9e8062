//! Figures from within the host, by the program `measure`, which prints `{"metric","unit","value"}` a line.

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::figure::{Better, Figure};
use crate::project::Project;
use crate::sh::Line;

#[derive(Deserialize)]
struct Measured {
    metric: String,
    unit: String,
    value: f64,
}

/// What `measure` has to print.
const METRICS: [&str; 4] = ["instantiate-time", "recorded-read-time", "recorded-effect-time", "replay-rate"];

pub(super) fn figures(project: &Project) -> Result<Vec<Figure>> {
    let text = Line::new("bench", project.target.join("release/measure"))
        .folder(&project.root)
        .env("HOLDPOINT_GUESTS", project.guests())
        .text()?;
    all(&text, "host", &METRICS)
}

/// The figures that `measure` has printed, which must be these and may be more.
pub(super) fn all(text: &str, bench: &'static str, metrics: &[&str]) -> Result<Vec<Figure>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let figures: Vec<Figure> = lines.map(|line| parse(line, bench)).collect::<Result<_>>()?;
    if let Some(missing) = metrics.iter().find(|metric| !figures.iter().any(|figure| figure.metric == **metric)) {
        bail!("measure printed no {missing}");
    }
    Ok(figures)
}

fn parse(line: &str, bench: &'static str) -> Result<Figure> {
    let Measured { metric, unit, value } =
        serde_json::from_str(line).with_context(|| format!("read `{line}` of measure"))?;
    // A rate counts things in a time; everything else is a time or a size.
    let better = if metric.ends_with("-rate") { Better::Higher } else { Better::Lower };
    Ok(Figure { bench, metric, unit, better, ours: value, peer: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_better_higher_and_times_lower() {
        let parse = |line| parse(line, "host");
        let rate = parse(r#"{"metric":"replay-rate","unit":"calls/s","value":520000}"#).unwrap();
        assert_eq!((rate.better, rate.ours), (Better::Higher, 520_000.0));
        assert_eq!(parse(r#"{"metric":"instantiate-time","unit":"us","value":6.1}"#).unwrap().better, Better::Lower);
        assert!(parse("noise").unwrap_err().to_string().contains("noise"));
    }

    #[test]
    fn a_figure_that_is_missing_is_said() {
        let text = r#"{"metric":"a","unit":"us","value":1}"#;
        assert_eq!(all(text, "host", &["a"]).unwrap().len(), 1);
        assert_eq!(all(text, "host", &["a", "b"]).unwrap_err().to_string(), "measure printed no b");
    }
}
