//! What the series of alerts are called where they are written for. What can't be said in PromQL is refused: a name comes from a bundle.

use std::collections::BTreeSet;

use holdpoint_rules::Counted;
use holdpoint_rules::alerts::{Source, Sources, is_metric};

use crate::{Alert, Config, Error};

/// Series that count.
const COUNTING: [&str; 3] = ["requests", "requests_bad", "request_duration"];
/// A part and its whole.
const SHARE: [&str; 2] = ["requests", "requests_bad"];

impl Config {
    /// What series are called somewhere, given by the names that the configuration has for them. How those count that count is said, or else: what is
    /// named as a counter, what is not in slots, as in a run.
    ///
    /// # Errors
    /// If a name is none of them, a series is named twice, or one half of a share is named alone.
    pub fn sources(&self, named: &[(String, Source)], counted: Option<Counted>) -> Result<Sources, Error> {
        let (mut sources, mut metrics) = (Sources::default(), BTreeSet::new());
        for (name, source) in named {
            let Some((_, metric)) = self.series().into_iter().find(|(known, _)| known == name) else {
                let known = self.series().map(|(known, _)| known).join(", ");
                return Err(Error::Unknown { name: name.clone(), known });
            };
            if !metrics.insert(metric) {
                return Err(Error::Twice { name: name.clone(), metric: metric.to_owned() });
            }
            if COUNTING.contains(&name.as_str()) {
                sources.counter(metric, source.clone());
            } else {
                sources.name(metric, source.clone());
            }
        }
        let is_named = |wanted: &str| named.iter().any(|(name, _)| name == wanted);
        match SHARE.map(is_named) {
            [true, false] => return Err(Error::Half { named: SHARE[0], lacking: SHARE[1] }),
            [false, true] => return Err(Error::Half { named: SHARE[1], lacking: SHARE[0] }),
            _ => {}
        }
        if let Some(counted) = counted {
            sources.count(counted);
        }
        Ok(sources)
    }

    /// The alerts as they can be written in PromQL.
    ///
    /// # Errors
    /// As [`alerts`](Self::alerts); if a rule can't be evaluated, two have one name, or a series can't be called so.
    pub fn written(&self, sources: &Sources) -> Result<Vec<Alert>, Error> {
        let (alerts, mut names) = (self.alerts()?, BTreeSet::new());
        for Alert { rule, .. } in &alerts {
            rule.check().map_err(|error| Error::Alert(error.to_string()))?;
            if !names.insert(rule.name.as_str()) {
                return Err(Error::Alert(format!("alert {:?} stands there twice; give one another name", rule.name)));
            }
            if let Some(metric) = sources.unnamed(rule).into_iter().find(|metric| !is_metric(metric)) {
                let series =
                    self.series().into_iter().find(|(_, known)| *known == metric).map_or("series", |(name, _)| name);
                return Err(Error::Unwritable { alert: rule.name.clone(), metric: metric.to_owned(), series });
            }
        }
        Ok(alerts)
    }

    /// The series that these alerts read by names that nobody has given: the name of each here, and what it is called.
    pub fn unnamed(&self, alerts: &[Alert], sources: &Sources) -> Vec<(&'static str, &str)> {
        let read: BTreeSet<&str> = alerts.iter().flat_map(|alert| sources.unnamed(&alert.rule)).collect();
        self.series().into_iter().filter(|(_, metric)| read.contains(metric)).collect()
    }

    /// What alerts read: the name here, and what it is called.
    fn series(&self) -> [(&'static str, &str); 6] {
        let names = &self.series;
        [
            ("requests", &names.requests),
            ("requests_bad", &names.requests_bad),
            ("request_duration", &names.request_duration),
            ("memory_bytes", &names.memory_bytes),
            ("isolation", &names.isolation),
            ("isolation_running", &names.isolation_running),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(pairs: &[(&str, &str)]) -> Vec<(String, Source)> {
        pairs.iter().map(|(name, source)| ((*name).to_owned(), Source::parse(source).unwrap())).collect()
    }

    #[test]
    fn series_that_are_named_are_counters_unless_somebody_says_otherwise() {
        let config = Config::default();
        let query = |pairs: &[(&str, &str)], counted| {
            let sources = config.sources(&named(pairs), counted).unwrap();
            holdpoint_rules::alerts::prometheus::condition(&config.written(&sources).unwrap()[0].rule, &sources)
        };
        let both = [("requests", "all_total"), ("requests_bad", "bad_total")];
        for (pairs, counted, says) in [
            (&both[..0], None, "sum (sum_over_time(requests_bad[1m])) / sum (sum_over_time(requests[1m])) > 0.02"),
            (&both[..], None, "sum (increase(bad_total[1m])) / sum (increase(all_total[1m])) > 0.02"),
            (
                &[("request_duration", "durations_bucket")],
                None,
                "sum (sum_over_time(requests_bad[1m])) / sum (sum_over_time(requests[1m])) > 0.02",
            ),
            (
                &both[..],
                Some(Counted::Slots),
                "sum (sum_over_time(bad_total[1m])) / sum (sum_over_time(all_total[1m])) > 0.02",
            ),
            (
                &both[..0],
                Some(Counted::Counter),
                "sum (increase(requests_bad[1m])) / sum (increase(requests[1m])) > 0.02",
            ),
        ] {
            let query = query(pairs, counted);
            assert!(query.contains(says), "{query}\nshould say\n{says}");
        }
    }

    #[test]
    fn a_series_that_would_have_two_names_is_refused() {
        let mut config = Config::default();
        let twice = named(&[("memory_bytes", "x"), ("memory_bytes", "y")]);
        let error = config.sources(&twice, None).unwrap_err().to_string();
        assert_eq!(error, "`memory_bytes` is `memory_bytes` in a run, which has a name already; name each series once");
        // A share of one series would be all of it.
        config.series.requests_bad = "requests".to_owned();
        let both = named(&[("requests", "all_total"), ("requests_bad", "bad_total")]);
        let wanted = Error::Twice { name: "requests_bad".to_owned(), metric: "requests".to_owned() };
        assert_eq!(config.sources(&both, None), Err(wanted));
    }

    #[test]
    fn a_counter_needs_two_samples_in_its_window_and_slots_do_not() {
        let config = Config::default();
        let needs = |pairs: &[(&str, &str)]| -> Vec<Option<String>> {
            let sources = config.sources(&named(pairs), None).unwrap();
            let alerts = config.written(&sources).unwrap();
            alerts.iter().map(|alert| holdpoint_rules::alerts::prometheus::needs(&alert.rule, &sources)).collect()
        };
        assert_eq!(needs(&[]), [None, None, None, None]);
        let shares = [("requests", "all_total"), ("requests_bad", "bad_total")];
        let counters = needs(&[&shares[..], &[("request_duration", "durations_bucket")]].concat());
        let said =
            "a counter grows between two samples within 1m; collected less often than every 30s, this never fires";
        assert_eq!(counters, [Some(said.to_owned()), Some(said.to_owned()), None, None]);
        assert_eq!(needs(&shares), [Some(said.to_owned()), None, None, None], "the durations are those of a run");
    }

    #[test]
    fn a_name_that_no_alert_reads_and_half_a_share_are_refused() {
        let config = Config::default();
        let refused = |name: &str| config.sources(&named(&[(name, "x")]), None).unwrap_err().to_string();
        assert_eq!(
            refused("request"),
            "`request` is none of the series that alerts read; they are requests, requests_bad, request_duration, memory_bytes, isolation, \
             isolation_running"
        );
        assert!(refused("requests").ends_with("name `requests_bad` too"), "{}", refused("requests"));
        assert!(refused("requests_bad").ends_with("name `requests` too"), "{}", refused("requests_bad"));
        assert!(config.sources(&named(&[("memory_bytes", "x")]), None).is_ok());
    }

    #[test]
    fn a_name_that_promql_can_t_say_is_refused_unless_it_is_named() {
        let mut config = Config::default();
        config.series.memory_bytes = "memory) or vector(1".to_owned();
        let error = config.written(&Sources::default()).unwrap_err().to_string();
        assert!(
            error.contains("\"Memory Leak Detected\": `memory) or vector(1` can't be")
                && error.contains("name `memory_bytes`"),
            "{error}"
        );
        let sources = config.sources(&named(&[("memory_bytes", "process_resident_memory_bytes")]), None).unwrap();
        let alerts = config.written(&sources).unwrap();
        let unnamed = config.unnamed(&alerts, &sources);
        assert_eq!(unnamed.len(), 5, "{unnamed:?}");
        assert!(!unnamed.iter().any(|(name, _)| *name == "memory_bytes"), "{unnamed:?}");
    }

    #[test]
    fn two_alerts_of_one_name_and_a_rule_that_is_none_are_refused() {
        let one = "- {name: A, condition: error_rate > 1%, duration: 5m, severity: info}\n";
        let of = |alerts: String| Config { alerts, ..Config::default() }.written(&Sources::default());
        assert_eq!(of(format!("alerts:\n{one}")).unwrap().len(), 1);
        let error = of(format!("alerts:\n{one}{one}")).unwrap_err().to_string();
        assert_eq!(error, "alert \"A\" stands there twice; give one another name");
        let long = one.replace("name: A", &format!("name: {}", "A".repeat(201)));
        let error = of(format!("alerts:\n{long}")).unwrap_err().to_string();
        assert!(error.contains("at most 200 bytes"), "{error}");
    }
}
