//! An evaluation of the policy `objectives` beside the same rule in Rego, by the program `measure-policy`.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::figure::{Better, Figure, Peer};
use crate::project::Project;
use crate::sh::{Line, say};

const PEER: &str = "regorus";

#[derive(Deserialize)]
struct Measured {
    unit: String,
    ours: f64,
    theirs: f64,
    theirs_with_input_ready: f64,
    fuel: f64,
}

pub(super) fn figures(project: &Project, evaluations: u32) -> Result<Vec<Figure>> {
    project.cargo("bench").args(["build", "--release", "-p", "holdpoint-measure-policy"]).run()?;
    say("bench", &format!("{evaluations} evaluations of objectives and of {PEER} in turn"));
    let text = Line::new("bench", project.target.join("release/measure-policy"))
        .folder(&project.root)
        .env("HOLDPOINT_GUESTS", project.guests())
        .arg(evaluations.to_string())
        .text()?;
    of(&text)
}

fn of(text: &str) -> Result<Vec<Figure>> {
    let measured: Measured = serde_json::from_str(text).with_context(|| format!("read `{text}` of measure-policy"))?;
    let figure = |metric: &str, unit: &str, better, ours, peer: Option<f64>| Figure {
        bench: "policy",
        metric: metric.to_owned(),
        unit: unit.to_owned(),
        better,
        ours,
        peer: peer.map(|figure| Peer { name: PEER.to_owned(), figure }),
    };
    let Measured { unit, ours, theirs, theirs_with_input_ready, fuel } = measured;
    Ok(vec![
        figure("evaluation-time", &unit, Better::Lower, ours, Some(theirs)),
        figure("evaluation-time-input-ready", &unit, Better::Lower, ours, Some(theirs_with_input_ready)),
        figure("evaluation-fuel", "units", Better::Lower, fuel, None),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_measured_becomes_figures_beside_the_peer() {
        let text = r#"{"evaluations":200,"samples":28800,"unit":"ms","ours":2.0,"theirs":10.0,"theirs_with_input_ready":8.0,"fuel":5000000}"#;
        let figures = of(text).unwrap();
        let ratios: Vec<_> =
            figures.iter().map(|figure| (figure.metric.as_str(), figure.object()["ratio"].clone())).collect();
        assert_eq!(ratios[0], ("evaluation-time", json!(0.2)));
        assert_eq!(ratios[1], ("evaluation-time-input-ready", json!(0.25)));
        assert!(ratios[2].0 == "evaluation-fuel" && ratios[2].1.is_null() && figures[2].ours == 5_000_000.0);
        assert!(of("noise").unwrap_err().to_string().contains("noise"));
    }
}
