//! Plans: what a run would do, in which order, and what is missing for it.

use crate::support::{JUDGED, modules, operator, shipped, sources};
use holdpoint_bundle::{Allowed, OperatorSource, Plan, Resolved, RollbackMode, Sources, allow};
use holdpoint_model::Class;

const BUNDLE: &str = r#"
[bundle]
name = "x"
version = "1"
[environments.test]
secrets = ["API_KEY"]
[environments.test.services.backend]
url = "https://backend.example.com"
[environments.test.services.late]
url = { from = "cloud-run", within = ["https://late-*.run.app"] }
[[phase]]
id = "after"
module = "phases/health"
needs = ["before", "beside"]
[phase.grants]
http = [{ services = ["backend"], methods = ["GET", "POST"] }, { services = ["late"], methods = ["PUT"], class = "repeatable" }]
secrets = ["API_KEY"]
[[phase]]
id = "before"
module = "phases/plain"
requirements = ["P3.1"]
[[phase]]
id = "beside"
module = "phases/config"
[phase.grants]
files = [{ directory = "config", path = "/srv" }]
"#;

fn plan(sources: &Sources, operator: Option<&OperatorSource>) -> Plan {
    let resolved = Resolved::from_sources(sources, &modules).unwrap_or_else(|e| panic!("{e}"));
    Plan::of(&resolved, operator).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn phases_stand_in_levels_and_what_changes_something_apart() {
    let plan = plan(&sources(BUNDLE), None);
    let levels: Vec<(&str, usize)> = plan.phases.iter().map(|phase| (phase.id.as_str(), phase.level)).collect();
    assert_eq!(levels, [("before", 1), ("beside", 1), ("after", 2)]);
    let effects: Vec<&str> = plan.of_class(Class::Effect).map(|(_, what)| what).collect();
    assert_eq!(effects, ["send GET, POST to services backend"]);
    assert_eq!(plan.of_class(Class::Repeatable).count(), 1);
    assert_eq!(plan.of_class(Class::Disruptive).count(), 0);
}

#[test]
fn who_acts_in_loads_is_told_with_whose_identities() {
    let plan = plan(&shipped(), None);
    let [users, agents, talkers] = &plan.users[..] else { panic!("{:?}", plan.users) };
    assert_eq!((agents.id.as_str(), talkers.id.as_str()), ("agent-user", "chat-user"));
    assert_eq!((users.id.as_str(), users.limits.max_calls), ("browse-user", 100));
    assert_eq!(users.identities.as_deref(), Some("signed with the secret STAGING_TEST_SIGNING_KEY"));
    let effects: Vec<String> = plan.of_class(Class::Effect).map(|(who, what)| format!("{who}: {what}")).collect();
    for start in [
        "browse-user: send GET, PUT to services backend below /api/me",
        "chat-user: open sockets to services backend below /ws/chat",
        "request-isolation: put load of",
    ] {
        assert!(effects.iter().any(|effect| effect.starts_with(start)), "{start}: {effects:?}");
    }
}

#[test]
fn without_consent_it_plans_and_tells_what_is_missing() {
    let plan = plan(&sources(BUNDLE), None);
    let refusals: Vec<String> = plan.refusals.iter().map(ToString::to_string).collect();
    assert!(refusals[0].contains("there is no operator's file"), "{refusals:?}");
    assert!(
        refusals[1].contains("the URL of service `late` is not known: Cloud Run is asked in the project"),
        "{refusals:?}"
    );
    assert_eq!(plan.phases[2].secrets[0].goes_to, None);
    assert!(!plan.services[1].known && plan.services[1].place == "https://late-*.run.app");
}

#[test]
fn with_consent_it_says_where_everything_goes() {
    let mut sources = sources(BUNDLE);
    sources.services.insert("late".to_owned(), "https://late-1.run.app".to_owned());
    let resolved = Resolved::from_sources(&sources, &modules).unwrap_or_else(|e| panic!("{e}"));
    let machine = "connect-to = { \"backend.example.com:443\" = \"127.0.0.1:8443\" }\n\
                   [secrets.API_KEY]\nfrom = { env = \"K\" }\nservices = [\"backend\"]\nheader = \"authorization\"\n";
    let allowed = allow(&resolved, &operator(machine)).unwrap_or_else(|e| panic!("{e}"));
    let plan = plan(&sources, Some(&operator(&allowed)));
    assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    assert_eq!(plan.services[0].connect_to.as_deref(), Some("127.0.0.1:8443"));
    assert_eq!(plan.phases[2].secrets[0].goes_to.as_deref(), Some("services backend in header authorization"));
}

#[test]
fn rows_that_nobody_judges_are_told() {
    let plan = plan(&shipped(), None);
    assert!(plan.unjudged.is_empty(), "the bundle that ships judges every row that counts: {:?}", plan.unjudged);
    assert!(plan.off.is_empty(), "and has switched none off: {:?}", plan.off);
    let mut only = shipped();
    only.only = vec!["config".to_owned()];
    let ids: Vec<String> = self::plan(&only, None).unjudged.iter().map(|row| row.id.to_string()).collect();
    let judged_by_others: Vec<&str> = JUDGED.into_iter().filter(|id| *id != "P1.3").collect();
    assert_eq!(ids, judged_by_others);
}

#[test]
fn a_row_that_several_claims_speak_for_is_told_once() {
    let plan = plan(&shipped(), None);
    let morning = plan.phases.iter().find(|phase| phase.id.as_str() == "stress-morning").unwrap();
    assert_eq!(morning.rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["P4.3.t1"]);
}

#[test]
fn the_rollback_stands_behind_everything_and_says_what_calls_for_it() {
    let plan = plan(&shipped(), None);
    let level = |id: &str| plan.phases.iter().find(|phase| phase.id.as_str() == id).map(|phase| phase.level).unwrap();
    assert!(level("rollback") > level("monitoring-setup") && level("rollback-health") > level("rollback"));
    let rollback = plan.rollback.as_ref().unwrap();
    assert!(rollback.mode == RollbackMode::Auto && rollback.undoes.iter().any(|phase| phase.as_str() == "deploy"));
    assert_eq!(rollback.phases.len(), 3);
    let alone = Sources { only: vec!["rollback".to_owned()], ..shipped() };
    assert!(self::plan(&alone, None).rollback.is_none(), "it is asked for, and nothing calls for it");
}

#[test]
fn where_services_are_is_asked_of_cloud_run_for_those_that_are_reached() {
    let with = |services: &str, grants: &str| {
        let environment = "[environments.test]\nproject = \"netra-staging\"\nregion = \"us-central1\"\n";
        let phase = format!("[[phase]]\nid = \"p\"\nmodule = \"phases/health\"\n[phase.grants]\nhttp = [{grants}]\n");
        let mut sources = sources(&format!("[bundle]\nname = \"x\"\nversion = \"1\"\n{environment}{services}{phase}"));
        let resolved = Resolved::from_sources(&sources, &modules).unwrap_or_else(|e| panic!("{e}"));
        sources.operator = Some(operator(&allow(&resolved, &operator("")).unwrap_or_else(|e| panic!("{e}"))));
        let resolved = Resolved::from_sources(&sources, &modules).unwrap_or_else(|e| panic!("{e}"));
        let asked = Allowed::new(resolved, &sources).unwrap_or_else(|e| panic!("{e}")).late().cloned();
        asked.map_or(vec![], |late| late.services.iter().map(|s| (s.name.to_string(), s.optional)).collect())
    };
    let service = |name: &str, more: &str| {
        format!(
            "[environments.test.services.{name}]\nurl = {{ from = \"cloud-run\", within = [\"https://{name}-*.run.app\"]{more} }}\n"
        )
    };
    let get = |name: &str| format!("{{ services = [\"{name}\"], methods = [\"GET\"] }}");
    let two = service("a", "") + &service("b", ", optional = true");
    assert_eq!(with(&two, &get("a")), [("a".to_owned(), false)], "nobody reaches b");
    assert_eq!(with(&two, &format!("{}, {}", get("a"), get("b"))), [("a".to_owned(), false), ("b".to_owned(), true)]);
    assert_eq!(with(&two, &get("b")), [], "what may be missing is not asked for alone");
    let tag = service("a", "") + "[environments.test.services.new]\nurl = { of = \"a\", tag = \"candidate\" }\n";
    assert_eq!(with(&tag, &get("new")), [("a".to_owned(), false)], "a tag is where its service is");
}
