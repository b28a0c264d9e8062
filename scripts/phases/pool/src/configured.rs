//! Whether the pool is as it is configured (KI-2).

use holdpoint::prelude::*;

use crate::BEARS;
use crate::config::Source;
use crate::gauges::{Pool, Pools, named};
use crate::value;

/// Seconds by which a time may be another.
const NEARLY: f64 = 0.001;

/// What the file says of the pool, and what each pool says of itself, if it does.
struct Compared {
    what: &'static str,
    configured: f64,
    told: fn(&Pool) -> Option<f64>,
}

pub(crate) fn judge(cx: &Context, source: &Source, pools: &Pools) {
    let check = cx.check([BEARS], "the pool is as it is configured");
    let content = match cx.files().read(&source.file) {
        Ok(content) => content,
        Err(error) => return check.inconclusive(observed(format!("{}: {error}", source.file)), &error),
    };
    let compared = content.text().map_err(|_| "it is no UTF-8".to_owned()).and_then(|text| read(source, text));
    let compared = match compared {
        Ok(compared) => compared,
        Err(why) => return check.inconclusive(observed(format!("{}: {why}", source.file)), &content),
    };
    let wanted: Vec<String> = compared.iter().map(|one| format!("{} {}", one.what, one.configured)).collect();
    let wanted = expected(wanted.join(", "));
    let (mut others, mut unknown) = (Vec::new(), Vec::new());
    for (labels, pool) in pools {
        let labels = named(labels);
        for Compared { what, configured, told } in &compared {
            match told(pool) {
                Some(told) if (told - configured).abs() > NEARLY => others.push(format!("{what} {told} of {labels}")),
                Some(_) => {}
                None => unknown.push(format!("{labels} does not tell its {what}")),
            }
        }
    }
    match (others.is_empty(), unknown.is_empty()) {
        (false, _) => check.fail(wanted, observed(others.join("; ")), &content),
        (true, false) => check.expecting(wanted).inconclusive(observed(unknown.join("; ")), &content),
        (true, true) => check.expecting(wanted).pass(observed("as it is configured"), &content),
    }
}

fn read(source: &Source, text: &str) -> Result<Vec<Compared>, String> {
    let mut compared = Vec::new();
    if let Some(key) = &source.size {
        let written = value::of(&source.file, text, key)?;
        let configured = count(&written).ok_or_else(|| format!("{key} is no number of connections"))?;
        compared.push(Compared { what: "size", configured, told: |pool| Some(pool.size) });
    }
    if let Some(key) = &source.timeout {
        let written = value::of(&source.file, text, key)?;
        let configured = seconds(&written).ok_or_else(|| format!("{key} is no time"))?;
        compared.push(Compared { what: "time-out", configured, told: |pool| pool.timeout });
    }
    Ok(compared)
}

fn count(text: &str) -> Option<f64> {
    text.trim().parse::<u32>().ok().map(f64::from)
}

/// A number of seconds, or a time with its unit.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let with_unit = || serde_json::from_value::<Millis>(Value::from(text)).ok().map(|time| time.as_f64() / 1_000.0);
    plain.or_else(with_unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_unless_they_have_a_unit() {
        for (text, expected) in [("5", Some(5.0)), ("0.5", Some(0.5)), ("500ms", Some(0.5)), (" 2m ", Some(120.0))] {
            assert_eq!(seconds(text), expected, "{text}");
        }
        for text in ["", "soon", "-1", "NaN", "5 days"] {
            assert_eq!(seconds(text), None, "{text}");
        }
        assert_eq!(["20", "-1", "2.5", "${POOL}"].map(count), [Some(20.0), None, None, None]);
    }
}
