//! The peers: how each is asked for the same, and how many requests it says that it made.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::target::Nginx;
use super::wire::Wire;
use super::{Ran, begun, usage};
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

    /// Whether it speaks so, with a connection for each user.
    pub(super) fn speaks(self, wire: Wire) -> bool {
        match self {
            Self::K6 | Self::Oha => true,
            // wrk knows no HTTP/2, and hey has all users share one connection there.
            Self::Wrk | Self::Hey => wire != Wire::H2,
        }
    }

    /// Has so many users ask for so long.
    pub(super) fn run(
        self,
        project: &Project,
        program: &Path,
        (nginx, wire): (&Nginx, Wire),
        (users, seconds): (u32, u32),
    ) -> Result<Ran> {
        say("bench", &format!("{} with {users} users for {seconds} s {}", self.name(), wire.shown()));
        let folder = project.target.join("bench");
        let (url, summary) = (format!("{}/data", nginx.url(wire)), folder.join("k6-summary.json"));
        let (count, time) = (users.to_string(), format!("{seconds}s"));
        let line = Line::new("bench", program);
        let line = match self {
            Self::K6 => {
                let script = folder.join("k6-script.js");
                fs::write(&script, k6_script(&url, users, seconds)).context("write the script of k6")?;
                let line = line.args(["run", "--quiet", "--no-usage-report", "--summary-export"]).arg(&summary);
                line.arg(&script)
            }
            Self::Oha => {
                let version = if wire == Wire::H2 { "2" } else { "1.1" };
                let line = line.args(["--no-tui", "--output-format", "json", "--insecure", "--http-version", version]);
                line.args(["-z", &time, "-c", &count, &url])
            }
            Self::Wrk => line.args(["-t", "2", "-c", &count, "-d", &time, &url]),
            Self::Hey => line.args(["-z", &time, "-c", &count, &url]),
        };
        begun::forget(&nginx.begun())?;
        let (usage, text) = usage::of(line)?;
        let text = if self == Self::K6 { fs::read_to_string(&summary).context("read k6's summary")? } else { text };
        let requests = self.requests(&text).with_context(|| format!("{} says nothing of its requests", self.name()))?;
        ensure!(requests > 0, "{} made no request", self.name());
        Ok(Ran { requests, usage, begun: begun::of(&nginx.begun(), users)? })
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
        "import http from 'k6/http';\nexport const options = {{ vus: {users}, duration: '{seconds}s', insecureSkipTLSVerify: true }};\n\
         export default function () {{ http.get('{url}'); }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_with_a_connection_a_user_speak_http2() {
        let speaking =
            |wire| PEERS.into_iter().filter(|peer| peer.speaks(wire)).map(LoadPeer::name).collect::<Vec<_>>();
        assert_eq!(speaking(Wire::H2), ["k6", "oha"]);
        assert_eq!(speaking(Wire::Tls).len(), PEERS.len());
    }

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
