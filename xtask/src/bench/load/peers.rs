//! The peers: how each is asked for the same, and how many requests it says that it made.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::target::Nginx;
use super::{Ran, usage};
use crate::project::Project;
use crate::sh::{Line, say};
use crate::tools::{K6, OHA};

/// Another load generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoadPeer {
    K6,
    Oha,
    Wrk,
    Hey,
}

pub(super) const PEERS: [LoadPeer; 4] = [LoadPeer::K6, LoadPeer::Oha, LoadPeer::Wrk, LoadPeer::Hey];

impl LoadPeer {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::K6 => "k6",
            Self::Oha => "oha",
            Self::Wrk => "wrk",
            Self::Hey => "hey",
        }
    }

    /// Where it lies, if it is here.
    pub(super) fn find(self, project: &Project) -> Option<PathBuf> {
        match self {
            Self::K6 => K6.find(project),
            Self::Oha => OHA.find(project),
            // Neither has an option that does nothing but succeed.
            Self::Wrk | Self::Hey => crate::sh::exists(self.name()).then(|| self.name().into()),
        }
    }

    /// Has so many users ask for so long.
    pub(super) fn run(self, project: &Project, program: &Path, nginx: &Nginx, work: (u32, u32)) -> Result<Ran> {
        let (users, seconds) = work;
        say("bench", &format!("{} with {users} users for {seconds} s", self.name()));
        let folder = project.target.join("bench");
        let (url, summary) = (format!("{}/data", nginx.url()), folder.join("k6-summary.json"));
        let (count, time) = (users.to_string(), format!("{seconds}s"));
        let line = Line::new("bench", program);
        let line = match self {
            Self::K6 => {
                let script = folder.join("k6-script.js");
                fs::write(&script, k6_script(&url, users, seconds)).context("write the script of k6")?;
                let line = line.args(["run", "--quiet", "--no-usage-report", "--summary-export"]).arg(&summary);
                line.arg(&script)
            }
            Self::Oha => line.args(["--no-tui", "--output-format", "json", "-z", &time, "-c", &count, &url]),
            Self::Wrk => line.args(["-t", "2", "-c", &count, "-d", &time, &url]),
            Self::Hey => line.args(["-z", &time, "-c", &count, &url]),
        };
        let (usage, text) = usage::of(line)?;
        let text = if self == Self::K6 { fs::read_to_string(&summary).context("read k6's summary")? } else { text };
        let requests = self.requests(&text).with_context(|| format!("{} says nothing of its requests", self.name()))?;
        ensure!(requests > 0, "{} made no request", self.name());
        Ok(Ran { requests, usage })
    }

    /// How many requests were answered, from what it printed.
    fn requests(self, text: &str) -> Option<u64> {
        match self {
            Self::K6 => serde_json::from_str::<Value>(text).ok()?["metrics"]["http_reqs"]["count"].as_u64(),
            Self::Oha => {
                let summary: Value = serde_json::from_str(text).ok()?;
                summary["statusCodeDistribution"].as_object()?.values().map(Value::as_u64).sum()
            }
            Self::Wrk => text.lines().find_map(|line| line.trim().split_once(" requests in "))?.0.parse().ok(),
            Self::Hey => {
                let line = text.lines().find_map(|line| line.trim().strip_prefix("[200]"))?;
                line.trim().strip_suffix("responses")?.trim().parse().ok()
            }
        }
    }
}

/// It reads the body, as everybody else does.
fn k6_script(url: &str, users: u32, seconds: u32) -> String {
    format!(
        "import http from 'k6/http';\nexport const options = {{ vus: {users}, duration: '{seconds}s' }};\n\
         export default function () {{ http.get('{url}'); }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_in_its_own_way_how_many_requests_it_made() {
        for (peer, text) in [
            (LoadPeer::K6, r#"{"metrics":{"http_reqs":{"count":41,"rate":4.1}}}"#),
            (LoadPeer::Oha, r#"{"statusCodeDistribution":{"200":40,"503":1}}"#),
            (LoadPeer::Wrk, "Running 1s test\n  41 requests in 1.00s, 9.9MB read\nRequests/sec: 41\n"),
            (LoadPeer::Hey, "Status code distribution:\n  [200]\t41 responses\n"),
        ] {
            assert_eq!(peer.requests(text), Some(41), "{peer:?}");
            assert_eq!(peer.requests("nothing"), None, "{peer:?}");
        }
    }
}
