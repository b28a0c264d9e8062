//! A server of nginx that answers each connection at a pace of its own. Whoever asks as fast as it is answered asks as often as anybody else there,
//! whatever it takes itself, so that times can be compared. An answer waits as long as the pace wants, less what whoever asks took to ask again.

/// Three connections in ten are answered every 200 ms, the others every 20 ms: half of the answers are fast, and more than one in a hundred is slow.
pub(super) const MIXED: &str = "/data";
/// Every connection is answered every 20 ms.
pub(super) const EVEN: &str = "/even";
/// How long it took for each of `MIXED`, in seconds with three digits.
pub(super) const TIMES: &str = "times.log";

/// What stands within `http`.
pub(super) fn configuration(place: &str, body: &str) -> String {
    // A rate is that of a key, and nothing is held to one whose key is empty. `return` would answer before that is looked at.
    format!(
        "  map $connection $slow {{ \"~[0-2]$\" $connection; default \"\"; }}\n  \
         map $connection $fast {{ \"~[3-9]$\" $connection; default \"\"; }}\n  \
         limit_req_zone $slow zone=slow:1m rate=5r/s;\n  limit_req_zone $fast zone=fast:1m rate=50r/s;\n  \
         limit_req_zone $connection zone=even:1m rate=50r/s;\n  \
         map $request_uri $mixed {{ {MIXED} 1; default 0; }}\n  log_format times $request_time;\n  \
         server {{\n    listen {place} backlog=16384;\n    default_type application/json;\n    \
         access_log {TIMES} times if=$mixed;\n    location / {{ return 200 '{body}'; }}\n    \
         location @answer {{ return 200 '{body}'; }}\n    \
         location {MIXED} {{ limit_req zone=slow burst=10; limit_req zone=fast burst=10; try_files /none @answer; }}\n    \
         location {EVEN} {{ limit_req zone=even burst=10; try_files /none @answer; }}\n  }}\n"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_keeps_a_pace_answers_elsewhere() {
        let text = super::configuration("127.0.0.1:8083", "{}");
        let paced: Vec<&str> = text.lines().filter(|line| line.contains("limit_req zone")).collect();
        assert_eq!(paced.len(), 2, "{text}");
        assert!(paced.iter().all(|line| line.contains("try_files") && !line.contains("return")), "{text}");
    }
}
