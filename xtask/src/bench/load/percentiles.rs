//! Whether times are told as others tell them: beside wrk, which asks the same server over as many connections, and beside that server's own
//! log of the same run.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::ours::{self, Asked};
use super::peers::LoadPeer;
use super::target::Nginx;
use super::{begun, paced};
use crate::bench::figure::{Better, Figure, Peer};
use crate::project::Project;
use crate::sh::{Line, say};

/// Connections, each of a user. A multiple of ten has as many slow ones whichever of the server's it gets.
const CONNECTIONS: u32 = 50;
/// What is compared of the times, by what a load and wrk call it.
const COMPARED: [(&str, &str); 2] = [("p50", "50%"), ("p99", "99%")];

pub(super) fn figures(project: &Project, nginx: &Nginx, seconds: u32) -> Result<Vec<Figure>> {
    say("bench", &format!("percentiles of {CONNECTIONS} users at the server's pace for {seconds} s"));
    let url = nginx.paced();
    begun::forget(&nginx.times())?;
    let asked = Asked { url: &url, path: paced::MIXED, users: CONNECTIONS, seconds, hostile: &[] };
    let (_, seen) = ours::load(project, nginx, asked)?;
    let ours = |name: &str| seen[name].as_f64().with_context(|| format!("the load tells no {name}: {seen}"));
    let log = fs::read_to_string(nginx.times()).context("read the times of the server")?;
    let logged = logged(&log, 99).context("the server has noted nothing")?;
    let mut figures = vec![figure("p99-beside-log", ours("p99")?, "the server's log", logged)];
    if let Some(wrk) = LoadPeer::Wrk.find(project) {
        say("bench", &format!("wrk with {CONNECTIONS} connections at the server's pace for {seconds} s"));
        let (count, time) = (CONNECTIONS.to_string(), format!("{seconds}s"));
        let line = Line::new("bench", wrk).args(["-t", "2", "-c", &count, "-d", &time, "--latency"]);
        let text = line.arg(format!("{url}{}", paced::MIXED)).text()?;
        for (name, percent) in COMPARED {
            let theirs = of_wrk(&text, percent).with_context(|| format!("wrk says nothing of {percent}: {text}"))?;
            figures.push(figure(&format!("{name}-beside-wrk"), ours(name)?, "wrk", theirs));
        }
    }
    ensure!(figures.iter().all(|figure| figure.ours > 0.0), "nothing took any time, so nobody kept a pace: {seen}");
    Ok(figures)
}

fn figure(metric: &str, ours: f64, name: &str, theirs: f64) -> Figure {
    let peer = Some(Peer { name: name.to_owned(), figure: theirs });
    Figure { bench: "load", metric: metric.to_owned(), unit: "ms".to_owned(), better: Better::Lower, ours, peer }
}

/// The milliseconds within which so many percent of the answers came, by the server's log.
fn logged(log: &str, percent: usize) -> Option<f64> {
    let mut seconds: Vec<f64> = log.lines().filter_map(|line| line.parse().ok()).collect();
    seconds.sort_by(f64::total_cmp);
    let place = (seconds.len() * percent).div_ceil(100).checked_sub(1)?;
    seconds.get(place).map(|seconds| (seconds * 1_000.0).round())
}

/// The milliseconds of a line of wrk's distribution, e.g. `50%  635.91us`.
fn of_wrk(text: &str, percent: &str) -> Option<f64> {
    let shown = text.lines().find_map(|line| line.trim().strip_prefix(percent))?.trim();
    let (number, unit) = shown.split_at(shown.find(|c: char| c.is_ascii_alphabetic())?);
    let milliseconds = match unit {
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_sorted_and_what_is_no_time_left_out() {
        let log: String = (1..=200).rev().map(|ms| format!("{:.3}\n", f64::from(ms) / 1e3)).collect();
        assert_eq!((logged(&log, 99), logged(&log, 50)), (Some(198.0), Some(100.0)));
        assert_eq!((logged("0.020\n0.2", 99), logged("-\n", 99), logged("", 99)), (Some(200.0), None, None));
    }

    #[test]
    fn wrk_writes_times_in_units() {
        let text = "    Latency    42.06ms   48.63ms 201.04ms   86.21%\n  Latency Distribution\n     50%  500.00us\n     75%   22.10ms\n     \
                    90%    1.50s\n     99%    2.00m\n  7326 requests in 4.00s, 1.10MB read\n";
        let told = ["50%", "75%", "90%", "99%", "95%"].map(|percent| of_wrk(text, percent));
        assert_eq!(told, [Some(0.5), Some(22.1), Some(1_500.0), None, None]);
    }
}
