//! Stores: a bundle names them, an operator says where they are, and allows what is done there.

use crate::support::{operator, resolve, sample, sample_with, verify};
use holdpoint_bundle::{Allowed, Plan, Sources, allow, asks_in_words};
use holdpoint_model::Class;

const PLACE: &str = "[stores.staging.database]\naddress = \"10.0.0.5:5432\"\nuser = \"holdpoint\"\npassword = \"DATABASE_PASSWORD\"\n\
    [secrets.DATABASE_PASSWORD]\nfrom = { env = \"DATABASE_PASSWORD\" }\n";
const LINE: &str = "{ stores = [\"database\"], places = [\"holdpoint\"], sql = [\"select count(*) from \\\"users\\\"\"], write = true }";

/// The sample, whose environment has a store, and whose phase `config` may use it.
fn granted(data: &str) -> Sources {
    let mut sources = sample_with(&format!("data = [{data}]"));
    sources.bundle.text.push_str("\n[environments.staging.stores.database]\nkind = \"postgresql\"\n");
    sources
}

#[test]
fn what_is_allowed_may_be_done_where_the_operator_says() {
    let sources = granted(LINE);
    let text = allow(&resolve(&sources), &operator(PLACE)).unwrap();
    assert!(text.contains("data = [\n    { stores = [\"database\"], places = [\"holdpoint\"], sql = ["), "{text}");
    assert_eq!(allow(&resolve(&sources), &operator(&text)).unwrap(), text, "allowing twice changes nothing");
    let verified = verify(sources.clone(), &text).unwrap();
    let (name, store) = verified.stores.iter().next().unwrap();
    assert_eq!((name.as_str(), store.kind.word(), store.binding.tls), ("database", "postgresql", true));
    assert_eq!(store.binding.address.to_string(), "10.0.0.5:5432");
    assert!(
        verified.secrets.iter().any(|secret| secret.name.as_str() == "DATABASE_PASSWORD"),
        "a password is a secret"
    );
    let words = "look at the stores database, read, write and remove entries of holdpoint, run `select count(*) from \"users\"`";
    assert!(asks_in_words(&resolve(&sources)).contains(&format!("config: {words}")));
    let plan = Plan::of(&resolve(&sources), Some(&operator(&text))).unwrap();
    assert!(plan.refusals.is_empty());
    assert!(plan.phases.iter().flat_map(|p| &p.grants).any(|g| g.what == words && g.class == Class::Effect));
}

#[test]
fn a_store_without_a_place_or_a_password_is_refused_with_the_lines() {
    let sources = granted("{ stores = [\"database\"] }");
    let text = allow(&resolve(&sources), &operator(PLACE)).unwrap();
    for (gone, lines) in [
        ("[stores.staging.database]", "[stores.staging.database]\n"),
        ("[secrets.DATABASE_PASSWORD]", "[secrets.DATABASE_PASSWORD]\n"),
    ] {
        let other = text.replace(gone, &gone.replace("database]", "other]").replace("DATABASE", "OTHER"));
        let error = verify(sources.clone(), &other).unwrap_err().to_string();
        assert!(error.contains(lines), "{gone}: {error}");
    }
}

#[test]
fn everything_that_stores_lack_is_told_at_once() {
    let mut sources = granted("{ stores = [\"database\", \"cache\", \"big-data\"] }");
    sources.bundle.text.push_str(
        "[environments.staging.stores.cache]\nkind = \"redis\"\n[environments.staging.stores.big-data]\nkind = \"clickhouse\"\n",
    );
    let project = "project = \"netra-staging\"\n";
    let public = format!("{project}public = [\"CACHE_PASSWORD\"]\n");
    sources.bundle.text = sources.bundle.text.replace(project, &public);
    let places = format!(
        "[stores.staging.cache]\naddress = \"10.0.0.6:6379\"\npassword = \"CACHE_PASSWORD\"\n{}",
        PLACE.replace("[stores.staging.database]", "[stores.production.database]")
    );
    let error = allow(&resolve(&sources), &operator(&places)).unwrap_err().to_string();
    // The secret of the database is there, and a table that stands twice would be a mistake.
    let database = "    [stores.staging.database]\n        address = \"HOST:PORT\"\n        user = \"…\"\n        password = \"DATABASE_PASSWORD\"\n\
        holdpoint.toml  ";
    let data = "password = \"BIG_DATA_PASSWORD\"\n        [secrets.BIG_DATA_PASSWORD]\n        from = { env = \"BIG_DATA_PASSWORD\" }\n    \
        and set the variable BIG_DATA_PASSWORD\n";
    let cache = "the password of the store `cache` is the secret CACHE_PASSWORD, which this machine lacks";
    for says in [database, data, cache, "which the bundle calls public"] {
        assert!(error.contains(says), "{says} is missing: {error}");
    }
    assert!(error.ends_with("4 errors, nothing was run"), "{error}");
}

#[test]
fn what_is_refused_can_be_looked_at_for_what_else_is_missing() {
    let mut sources = granted(LINE);
    sources.operator = Some(operator(PLACE));
    let refused = Allowed::new(resolve(&sources), &sources).unwrap_err();
    assert!(refused.found().to_string().contains("nothing is allowed to bundle"), "{refused}");
    let so_far = refused.so_far().unwrap();
    assert_eq!(so_far.stores.len(), 1);
    assert!(
        !so_far.phases.is_empty() && so_far.phases.iter().all(|phase| phase.bytes.is_empty()),
        "nothing of it can run"
    );
    assert!(so_far.secrets.iter().any(|secret| secret.name.as_str() == "DATABASE_PASSWORD"));
    sources.operator = None;
    assert!(Allowed::new(resolve(&sources), &sources).unwrap_err().so_far().is_none());
}

#[test]
fn a_bundle_does_not_call_a_password_public() {
    let mut sources = granted("{ stores = [\"database\"] }");
    let text = allow(&resolve(&sources), &operator(PLACE)).unwrap();
    let project = "project = \"netra-staging\"\n";
    let public = format!("{project}public = [\"DATABASE_PASSWORD\"]\n");
    sources.bundle.text = sources.bundle.text.replace(project, &public);
    let error = verify(sources, &text).unwrap_err().to_string();
    assert!(error.contains("which the bundle calls public"), "{error}");
}

#[test]
fn a_password_of_another_environment_is_refused() {
    let sources = granted("{ stores = [\"database\"] }");
    let text = allow(&resolve(&sources), &operator(PLACE)).unwrap();
    let of = |environment: &str| {
        let from = "from = { env = \"DATABASE_PASSWORD\" }\n";
        verify(sources.clone(), &text.replace(from, &format!("{from}environment = \"{environment}\"\n")))
    };
    assert!(of("staging").is_ok());
    let error = of("production").unwrap_err().to_string();
    let says = "the password of the store `database` is secret `DATABASE_PASSWORD`, which is of environment `production`, not of `staging`";
    assert!(error.contains(says), "{error}");
}

#[test]
fn the_lines_for_a_store_without_a_place_name_no_password_that_is_refused_next() {
    let mut sources = granted("{ stores = [\"database\"] }");
    let told = |sources: &Sources, text: &str| allow(&resolve(sources), &operator(text)).unwrap_err().to_string();
    let own = "password = \"STAGING_DATABASE_PASSWORD\"\n        [secrets.STAGING_DATABASE_PASSWORD]\n";
    let foreign = "[secrets.DATABASE_PASSWORD]\nfrom = { env = \"DATABASE_PASSWORD\" }\nenvironment = \"production\"\n";
    let error = told(&sources, foreign);
    assert!(error.contains(own), "it is of another environment: {error}");
    let project = "project = \"netra-staging\"\n";
    let public = format!("{project}public = [\"DATABASE_PASSWORD\"]\n");
    sources.bundle.text = sources.bundle.text.replace(project, &public);
    let error = told(&sources, "");
    assert!(error.contains(own), "the bundle calls it public: {error}");
}

#[test]
fn a_user_of_redis_has_a_password() {
    let mut sources = granted("{ stores = [\"database\"] }");
    let text = allow(&resolve(&sources), &operator(PLACE)).unwrap();
    let nobodys = text.replace("password = \"DATABASE_PASSWORD\"\n", "");
    assert!(verify(sources.clone(), &nobodys).is_ok(), "a PostgreSQL may trust a name");
    sources.bundle.text = sources.bundle.text.replace("kind = \"postgresql\"", "kind = \"redis\"");
    let error = verify(sources.clone(), &nobodys).unwrap_err().to_string();
    assert!(
        error.contains("a user of Redis needs a password") && error.contains("[stores.staging.database]"),
        "{error}"
    );
    assert!(verify(sources.clone(), &nobodys.replace("user = \"holdpoint\"\n", "")).is_ok());
    assert!(verify(sources, &text).is_ok());
}

#[test]
fn the_lines_that_are_missing_are_told() {
    let allowed = allow(&resolve(&sample()), &operator(PLACE)).unwrap();
    let error = verify(granted(LINE), &allowed).unwrap_err().to_string();
    assert!(error.contains(&format!("data = [{LINE}]")), "{error}");
}

#[test]
fn an_empty_list_grants_nothing_and_asks_for_nothing() {
    let sources = granted("{ stores = [], places = [\"holdpoint\"], write = true }");
    let text = allow(&resolve(&sources), &operator("")).unwrap();
    assert!(!text.contains("data ="), "{text}");
    assert!(verify(sources.clone(), &text).is_ok());
    assert!(asks_in_words(&resolve(&sources)).contains(&"config: a grant of data that grants nothing".to_owned()));
}
