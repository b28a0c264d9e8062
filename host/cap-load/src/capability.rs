//! What a guest may do with loads. Judged from the plan and the grants: a load of requests needs the grant of load, and the grant of http that a
//! single request would need.

use std::time::Duration;

use holdpoint_cap_http::{Http, Misshapen, shown};
use holdpoint_gate::{Capability, Handle};
use holdpoint_model::{
    Class, Denial, Seq,
    grant::{Grants, LoadAsk},
};

use crate::{Executor, Plan, Request, Response, Work, plan};

/// Milliseconds that one poll waits.
pub(crate) const LONGEST_WAIT_MS: u32 = 50_000;

/// The capability `load`.
pub enum Load {}

impl Capability for Load {
    const NAME: &'static str = "load";
    const VERSION: u32 = 1;
    type Request = Request;
    type Response = Response;
    type Grants = Grants;

    fn authorize(grants: &Grants, request: &Request) -> Result<Class, Denial> {
        let refused = |why: Misshapen| Denial {
            wanted: format!("load {}", Self::summary(request)),
            reason: why.reason,
            remedy: why.remedy.into(),
        };
        let nothing = LoadAsk { users: 0, rate: None, duration: Duration::ZERO, iterations: None };
        match request {
            Request::Start(plan) => {
                let checked = plan::check(plan).map_err(refused)?;
                grants.load(&checked.ask)?;
                match &plan.work {
                    // Many reads are no read: a dry run puts no load on anything.
                    Work::Request { request, .. } => Ok(Http::authorize(grants, request)?.max(Class::Repeatable)),
                    // What a user does is judged call by call, under grants of its own.
                    Work::User { id, .. } => {
                        grants.load_user(id)?;
                        if plan.disturbance.is_none() {
                            return Ok(Class::Effect);
                        }
                        grants.load_disturbance().map(|()| Class::Disruptive)
                    }
                }
            }
            // They only reach what the same phase has started.
            Request::Poll { wait_ms, .. } if *wait_ms > LONGEST_WAIT_MS => Err(refused(Misshapen {
                reason: format!("a poll waits at most {LONGEST_WAIT_MS} ms, not {wait_ms}"),
                remedy: "poll again instead",
            })),
            Request::Poll { .. } | Request::Stop { .. } => grants.load(&nothing).map(|_| Class::Read),
        }
    }

    fn summary(request: &Request) -> String {
        match request {
            Request::Start(plan) => {
                let disturbed = if plan.disturbance.is_some() { ", disturbed" } else { "" };
                format!("start {} of {}{disturbed}", pace(plan), work(&plan.work))
            }
            Request::Poll { load, .. } => format!("poll {load}"),
            Request::Stop { load } => format!("stop {load}"),
        }
    }

    fn limit(request: &Request) -> Duration {
        let own = match request {
            // What is waited for is a token; a load starts on its own.
            Request::Start(plan) => match &plan.work {
                Work::Request { request, .. } => request.timeout_ms.min(60_000),
                Work::User { .. } => 60_000,
            },
            Request::Poll { wait_ms, .. } => (*wait_ms).min(LONGEST_WAIT_MS),
            Request::Stop { .. } => 40_000,
        };
        Duration::from_millis(u64::from(own) + 5_000)
    }

    fn handle(request: &Request) -> Handle {
        match request {
            Request::Start(_) => Handle::Opens,
            Request::Poll { load, .. } => Handle::Uses(Seq(*load)),
            Request::Stop { load } => Handle::Closes(Seq(*load)),
        }
    }
}

fn pace(plan: &Plan) -> String {
    match &plan.executor {
        Executor::ConstantVus { vus, .. } => format!("constant-vus {vus}"),
        Executor::RampingVus { stages, .. } => format!("ramping-vus in {} stages", stages.len()),
        Executor::ConstantArrivalRate { rate, time_unit_ms, .. } => {
            format!("constant-arrival-rate {rate} each {time_unit_ms} ms")
        }
        Executor::RampingArrivalRate { stages, .. } => format!("ramping-arrival-rate in {} stages", stages.len()),
        Executor::PerVuIterations { vus, iterations, .. } => format!("per-vu-iterations {vus} times {iterations}"),
    }
}

fn work(work: &Work) -> String {
    match work {
        Work::Request { request, .. } => label(request),
        Work::User { id, .. } => {
            let name: String = id.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
            format!("user {name}")
        }
    }
}

/// What a request is counted under, e.g. `GET backend /health`.
pub(crate) fn label(request: &holdpoint_cap_http::Request) -> String {
    // A query may tell much, and makes no other route.
    let target = shown(&request.target);
    let path = target.split('?').next().unwrap_or(&target);
    let method: String = request.method.chars().filter(char::is_ascii_uppercase).take(20).collect();
    format!("{method} {path}")
}

#[cfg(test)]
mod tests {
    use holdpoint_cap_http::{self as http, Target, user::Harm};
    use holdpoint_model::{
        PhaseId, ServiceName,
        grant::{HttpGrant, LoadGrant, Method},
    };

    use super::*;
    use crate::{PlannedDisturbance, Stage};

    fn grants(load: Option<LoadGrant>, methods: &[&str]) -> Grants {
        let methods = methods.iter().map(|method| Method::parse(method).unwrap()).collect();
        let http = HttpGrant {
            services: vec![ServiceName::parse("backend").unwrap()],
            hosts: vec![],
            methods,
            paths: None,
            class: None,
            auth: None,
            secret: vec![],
            read_back: None,
        };
        Grants { load, http: vec![http], ..Grants::none(PhaseId::parse("load").unwrap()) }
    }

    const GRANT: LoadGrant = LoadGrant {
        max_users: 10,
        max_rate: 20,
        max_duration: Duration::from_secs(60),
        max_requests: 1_000,
        disturb: false,
        users: vec![],
    };

    fn start(service: &str, method: &str, executor: Executor) -> Request {
        let target = Target::Service { service: service.into(), path: "/health?x=1".into() };
        let request = http::Request { method: method.into(), ..http::Request::get(target) };
        let work = Work::Request { request, expected: vec![] };
        Request::Start(Box::new(Plan {
            executor,
            work,
            thresholds: vec![],
            guard: None,
            graceful_stop_ms: 0,
            disturbance: None,
        }))
    }

    fn rate(rate: u32, duration_ms: u32, max_vus: u32) -> Executor {
        Executor::ConstantArrivalRate { rate, time_unit_ms: 1_000, duration_ms, pre_allocated_vus: 1, max_vus }
    }

    #[test]
    fn a_load_needs_both_grants() {
        let fine = start("backend", "GET", rate(20, 50_000, 10));
        assert_eq!(Load::authorize(&grants(Some(GRANT), &["GET"]), &fine), Ok(Class::Repeatable));
        let reason = |grants: &Grants, request: &Request| Load::authorize(grants, request).unwrap_err().reason;
        assert_eq!(reason(&grants(None, &["GET"]), &fine), "the phase has no grant of load");
        assert!(Load::authorize(&grants(Some(GRANT), &[]), &fine).is_err());
        assert!(Load::authorize(&grants(Some(GRANT), &["GET"]), &start("auth", "GET", rate(1, 1, 1))).is_err());
        let post = start("backend", "POST", rate(1, 1_000, 1));
        assert_eq!(Load::authorize(&grants(Some(GRANT), &["POST"]), &post), Ok(Class::Effect));
        for request in [Request::Poll { load: 0, wait_ms: 0 }, Request::Stop { load: 0 }] {
            assert_eq!(Load::authorize(&grants(Some(GRANT), &[]), &request), Ok(Class::Read));
            assert_eq!(reason(&grants(None, &["GET"]), &request), "the phase has no grant of load");
        }
        let long = Request::Poll { load: 0, wait_ms: 50_001 };
        assert_eq!(reason(&grants(Some(GRANT), &[]), &long), "a poll waits at most 50000 ms, not 50001");
    }

    #[test]
    fn users_are_named_in_the_grant_and_need_no_other() {
        let Request::Start(plan) = start("backend", "GET", rate(1, 1_000, 1)) else { unreachable!() };
        let work = Work::User { id: "browse-user".into(), config: String::new() };
        let request = Request::Start(Box::new(Plan { work, ..*plan }));
        let named = LoadGrant { users: vec![PhaseId::parse("browse-user").unwrap()], ..GRANT };
        assert_eq!(Load::authorize(&grants(Some(named), &[]), &request), Ok(Class::Effect));
        let denial = Load::authorize(&grants(Some(GRANT), &["GET"]), &request).unwrap_err();
        assert_eq!(denial.reason, "the grant of load names no users");
    }

    #[test]
    fn what_goes_wrong_on_purpose_is_granted_apart_and_disruptive() {
        let Request::Start(plan) = start("backend", "GET", rate(1, 1_000, 4)) else { unreachable!() };
        let work = Work::User { id: "browse-user".into(), config: String::new() };
        let harms = vec![Harm::Reset];
        let disturbance = Some(PlannedDisturbance { seed: None, users_one_in: 2, requests_one_in: 1, harms });
        let request = Request::Start(Box::new(Plan { work, disturbance, ..*plan }));
        assert!(Load::summary(&request).ends_with("of user browse-user, disturbed"), "{}", Load::summary(&request));
        let named = LoadGrant { users: vec![PhaseId::parse("browse-user").unwrap()], ..GRANT };
        let denial = Load::authorize(&grants(Some(named.clone()), &[]), &request).unwrap_err();
        assert_eq!(denial.reason, "the grant of load does not let it disturb");
        let granted = grants(Some(LoadGrant { disturb: true, ..named }), &[]);
        assert_eq!(Load::authorize(&granted, &request), Ok(Class::Disruptive));
        let Request::Start(mut plan) = request else { unreachable!() };
        plan.disturbance = plan.disturbance.map(|plan| PlannedDisturbance { users_one_in: 5, ..plan });
        let reason = Load::authorize(&granted, &Request::Start(plan)).unwrap_err().reason;
        assert_eq!(reason, "of 4 users one in 5 can't be harmed");
    }

    #[test]
    fn every_bound_of_the_grant_is_kept() {
        let grants = grants(Some(GRANT), &["GET"]);
        let users = |vus| Executor::ConstantVus { vus, duration_ms: 1_000 };
        let stages = vec![Stage { duration_ms: 1_000, target: 21 }];
        let (time_unit_ms, pre_allocated_vus, max_vus) = (1_000, 0, 1);
        let ramp = Executor::RampingArrivalRate { start_rate: 1, time_unit_ms, stages, pre_allocated_vus, max_vus };
        let each = Executor::PerVuIterations { vus: 10, iterations: 101, max_duration_ms: 1_000 };
        for (executor, why) in [
            (rate(1, 1_000, 11), "11 users are more than max-users = 10"),
            (users(11), "11 users are more than max-users = 10"),
            (rate(21, 1_000, 1), "21 iterations a second are more than max-rate = 20"),
            (ramp, "21 iterations a second are more than max-rate = 20"),
            (rate(1, 60_001, 1), "longer than max-duration = \"1m\""),
            (rate(20, 50_001, 1), "1001 iterations are more than max-requests = 1000"),
            (each, "1010 iterations are more than max-requests = 1000"),
            (users(0), "a load has 1 to 100000 users"),
        ] {
            let reason = Load::authorize(&grants, &start("backend", "GET", executor)).unwrap_err().reason;
            assert!(reason.contains(why), "{reason}");
        }
    }

    #[test]
    fn a_summary_has_neither_query_nor_control_characters() {
        let fine = start("backend", "GET", rate(20, 50_000, 10));
        assert_eq!(Load::summary(&fine), "start constant-arrival-rate 20 each 1000 ms of GET backend /health");
        let Request::Start(mut plan) = fine else { unreachable!() };
        plan.work = Work::User { id: "a\u{1b}[31m".repeat(100), config: String::new() };
        let summary = Load::summary(&Request::Start(plan));
        assert!(!summary.contains('\u{1b}') && summary.len() < 300, "{summary}");
    }
}
