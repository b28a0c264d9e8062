//! Metrics: which services a phase may ask for numbers, and in which ways. All of it reads, so a grant has no class.
//!
//! An empty list grants nothing, and services without a way to ask them grant nothing either.

use super::http::list;
use super::{Missing, PathPrefix, ProjectId, RequestPath};
use crate::{Denial, PhaseId, ServiceName};

/// What a phase may ask of services, or what the operator allows at most: each of the ways goes to each of the services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricsGrant {
    /// Services of the bundle's environment, by name.
    pub services: Vec<ServiceName>,
    /// Queries in PromQL, over all that the server has.
    pub queries: bool,
    /// Where pages of metrics may be read.
    pub scrape: Vec<PathPrefix>,
    /// Projects of Google Cloud whose time series may be read.
    pub projects: Vec<ProjectId>,
}

/// What a guest wants to know, and of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsAsk {
    pub service: ServiceName,
    pub piece: MetricsPiece,
}

/// One way to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetricsPiece {
    /// PromQL.
    Query,
    /// A page of metrics.
    Scrape(RequestPath),
    /// Time series of a project.
    Project(ProjectId),
}

impl MetricsGrant {
    /// Whether this may be asked under it.
    pub fn covers(&self, ask: &MetricsAsk) -> bool {
        self.services.contains(&ask.service)
            && match &ask.piece {
                MetricsPiece::Query => self.queries,
                MetricsPiece::Scrape(path) => self.scrape.iter().any(|prefix| prefix.covers(path)),
                MetricsPiece::Project(project) => self.projects.contains(project),
            }
    }

    /// Whether it lets nothing through.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() || !(self.queries || !self.scrape.is_empty() || !self.projects.is_empty())
    }

    /// What it lets through, for a person.
    pub fn words(&self) -> String {
        if self.is_empty() {
            return "a grant of metrics that grants nothing".to_owned();
        }
        let services: Vec<&str> = self.services.iter().map(ServiceName::as_str).collect();
        format!("ask services {} for {}", services.join(", "), self.ways())
    }

    fn ways(&self) -> String {
        let mut ways = Vec::new();
        if self.queries {
            ways.push("metrics by queries".to_owned());
        }
        if !self.scrape.is_empty() {
            let paths: Vec<&str> = self.scrape.iter().map(PathPrefix::as_str).collect();
            ways.push(format!("pages of metrics below {}", paths.join(", ")));
        }
        if !self.projects.is_empty() {
            let projects: Vec<&str> = self.projects.iter().map(ProjectId::as_str).collect();
            ways.push(format!("time series of {}", projects.join(", ")));
        }
        ways.join(", ")
    }

    /// The grant as a line of a bundle or an operator's file.
    pub fn to_toml(&self) -> String {
        let mut parts = vec![format!("services = {}", list(&self.services))];
        if self.queries {
            parts.push("queries = true".to_owned());
        }
        if !self.scrape.is_empty() {
            parts.push(format!("scrape = {}", list(&self.scrape)));
        }
        if !self.projects.is_empty() {
            parts.push(format!("projects = {}", list(&self.projects)));
        }
        format!("{{ {} }}", parts.join(", "))
    }

    /// What of it no single entry of the operator lets through, for one of its services.
    fn lacking(&self, service: &ServiceName, ceiling: &[Self]) -> Self {
        let entries = || ceiling.iter().filter(|entry| entry.services.contains(service));
        let scrape = self
            .scrape
            .iter()
            .filter(|path| !entries().any(|entry| entry.scrape.iter().any(|allowed| allowed.contains(path))));
        let projects = self.projects.iter().filter(|project| !entries().any(|entry| entry.projects.contains(project)));
        Self {
            services: vec![service.clone()],
            queries: self.queries && !entries().any(|entry| entry.queries),
            scrape: scrape.cloned().collect(),
            projects: projects.cloned().collect(),
        }
    }
}

/// Decides about a call, or says why it is denied. `shown` is the call as people read it.
pub(super) fn judge(phase: &PhaseId, grants: &[MetricsGrant], ask: &MetricsAsk, shown: &str) -> Result<(), Denial> {
    if grants.iter().any(|grant| grant.covers(ask)) {
        return Ok(());
    }
    let mut line = MetricsGrant { services: vec![ask.service.clone()], ..MetricsGrant::default() };
    let what = match &ask.piece {
        MetricsPiece::Query => {
            line.queries = true;
            "queries".to_owned()
        }
        MetricsPiece::Scrape(path) => {
            let text = path.as_str().trim_end_matches('/');
            line.scrape.extend(PathPrefix::parse(if text.is_empty() { "/" } else { text }));
            format!("the page {path}")
        }
        MetricsPiece::Project(project) => {
            line.projects.push(project.clone());
            format!("project {project}")
        }
    };
    let words = |grant: &MetricsGrant| grant.words();
    let granted: Vec<String> = grants.iter().filter(|grant| !grant.is_empty()).map(words).collect();
    let granted = if granted.is_empty() { "nothing".to_owned() } else { granted.join("; ") };
    Err(Denial {
        wanted: format!("metrics {shown}"),
        reason: format!("no grant covers {what} of service {}; granted: {granted}", ask.service),
        remedy: format!(
            "to allow it, add to [phase.grants] of '{phase}' in bundle.toml:\n    metrics = [{}]\nand to the operator's file, which bounds every bundle on this machine",
            line.to_toml()
        ),
    })
}

/// What the grants let through and the operator does not allow.
pub(super) fn missing(ask: &[MetricsGrant], ceiling: &[MetricsGrant]) -> Vec<Missing> {
    let mut missing = Vec::new();
    for grant in ask {
        let mut lines: Vec<MetricsGrant> = Vec::new();
        for service in &grant.services {
            let lacking = grant.lacking(service, ceiling);
            if lacking.is_empty() {
                continue;
            }
            let alike = |line: &&mut MetricsGrant| {
                (line.queries, &line.scrape, &line.projects) == (lacking.queries, &lacking.scrape, &lacking.projects)
            };
            match lines.iter_mut().find(alike) {
                Some(line) => line.services.push(service.clone()),
                None => lines.push(lacking),
            }
        }
        missing.extend(lines.into_iter().map(|line| Missing {
            what: line.words(),
            table: "",
            line: format!("metrics = [{}]", line.to_toml()),
        }));
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(services: &[&str], queries: bool, scrape: &[&str], projects: &[&str]) -> MetricsGrant {
        MetricsGrant {
            services: services.iter().map(|s| ServiceName::parse(s).unwrap()).collect(),
            queries,
            scrape: scrape.iter().map(|p| PathPrefix::parse(p).unwrap()).collect(),
            projects: projects.iter().map(|p| ProjectId::parse(p).unwrap()).collect(),
        }
    }

    fn query(service: &str) -> MetricsAsk {
        MetricsAsk { service: ServiceName::parse(service).unwrap(), piece: MetricsPiece::Query }
    }

    fn scrape(service: &str, path: &str) -> MetricsAsk {
        MetricsAsk { piece: MetricsPiece::Scrape(RequestPath::parse(path).unwrap()), ..query(service) }
    }

    fn project(service: &str, project: &str) -> MetricsAsk {
        MetricsAsk { piece: MetricsPiece::Project(ProjectId::parse(project).unwrap()), ..query(service) }
    }

    fn allows(grants: &[MetricsGrant], ask: &MetricsAsk) -> Result<(), Denial> {
        judge(&PhaseId::parse("watch").unwrap(), grants, ask, "query prometheus")
    }

    #[test]
    fn an_empty_list_grants_nothing() {
        for grants in [
            vec![],
            vec![grant(&[], true, &["/metrics"], &["acme-staging"])],
            vec![grant(&["prometheus"], false, &[], &[])],
        ] {
            for ask in [query("prometheus"), scrape("prometheus", "/metrics"), project("prometheus", "acme-staging")] {
                assert!(allows(&grants, &ask).is_err(), "{grants:?} {ask:?}");
            }
            assert_eq!(missing(&grants, &[]), []);
        }
        let some = [grant(&["prometheus"], true, &[], &[])];
        assert_eq!(missing(&some, &[grant(&["prometheus"], false, &["/"], &[])]).len(), 1);
    }

    #[test]
    fn one_way_to_ask_is_no_other() {
        let grants = [
            grant(&["prometheus"], true, &[], &[]),
            grant(&["backend", "auth"], false, &["/metrics"], &["acme-staging"]),
        ];
        for ask in [query("prometheus"), scrape("auth", "/metrics/db?x=1"), project("backend", "acme-staging")] {
            assert_eq!(allows(&grants, &ask), Ok(()));
        }
        for ask in [
            query("backend"),
            query("other"),
            scrape("prometheus", "/metrics"),
            scrape("backend", "/metricsx"),
            project("backend", "acme-production"),
            project("prometheus", "acme-staging"),
        ] {
            assert!(allows(&grants, &ask).is_err(), "{ask:?}");
        }
    }

    #[test]
    fn a_denial_names_the_line_that_would_allow_it() {
        let denial = allows(&[grant(&["backend"], false, &["/metrics"], &[])], &query("prometheus")).unwrap_err();
        assert_eq!(denial.wanted, "metrics query prometheus");
        assert_eq!(
            denial.reason,
            "no grant covers queries of service prometheus; granted: ask services backend for pages of metrics below /metrics"
        );
        assert!(denial.remedy.contains("metrics = [{ services = [\"prometheus\"], queries = true }]\nand to"));
        let denial = allows(&[], &scrape("backend", "/m?x=1")).unwrap_err();
        assert!(denial.remedy.contains("metrics = [{ services = [\"backend\"], scrape = [\"/m\"] }]"), "{denial:?}");
        let denial = allows(&[], &project("backend", "acme-staging")).unwrap_err();
        assert!(denial.remedy.contains("projects = [\"acme-staging\"] }]"), "{denial:?}");
    }

    #[test]
    fn asks_for_the_difference_only() {
        let ceiling =
            [grant(&["a", "b"], true, &["/metrics"], &[]), grant(&["a"], false, &["/stats"], &["acme-staging"])];
        let lines = |ask| -> Vec<String> { missing(&[ask], &ceiling).into_iter().map(|m| m.line).collect() };
        assert_eq!(lines(grant(&["a"], true, &["/metrics/x", "/stats"], &["acme-staging"])), [""; 0]);
        assert_eq!(
            lines(grant(&["a", "b", "c", "d"], true, &["/metrics", "/stats"], &[])),
            [
                "metrics = [{ services = [\"b\"], scrape = [\"/stats\"] }]",
                "metrics = [{ services = [\"c\", \"d\"], queries = true, scrape = [\"/metrics\", \"/stats\"] }]",
            ]
        );
        assert_eq!(lines(grant(&["a"], false, &["/"], &[])), ["metrics = [{ services = [\"a\"], scrape = [\"/\"] }]"]);
    }
}
