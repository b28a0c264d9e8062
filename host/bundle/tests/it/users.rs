//! Virtual users: a bundle says what they are, an operator allows what they ask.

use std::path::Path;

use crate::support::{modules, operator, resolve, sample, verify};
use holdpoint_bundle::{IdentitySource, Resolved, Sources, allow, asks_in_words};
use holdpoint_model::{HttpVersions, PhaseId};

/// The sample with users of this kind.
fn with_users(fields: &str) -> Sources {
    let mut sources = sample();
    sources.bundle.text.push_str(&format!(
        "\n[[user]]\nid = \"browser\"\nmodule = \"users/browse\"\nconfig = {{ think = \"1s\" }}\n{fields}\n[user.grants]\nhttp = [{{ services = [\"backend\"], methods = [\"GET\", \"PUT\"], paths = [\"/api\"] }}]\n"
    ));
    sources
}

#[test]
fn users_that_are_allowed_may_run() {
    let sources = with_users("identities = { file = \"tokens/all.jsonl\" }\nshared = [\"/api/rooms\"]");
    let resolved = resolve(&sources);
    let text = allow(&resolved, &operator("")).unwrap();
    assert!(text.contains("methods = [\"GET\", \"PUT\"], paths = [\"/api\"]"), "{text}");
    let verified = verify(sources.clone(), &text).unwrap();
    let [user] = &verified.users[..] else { panic!("one kind of users: {:?}", verified.users) };
    assert_eq!((user.base.id.as_str(), user.base.config.as_str()), ("browser", "{\"think\":\"1s\"}"));
    assert_eq!(user.base.services.len(), 1);
    assert_eq!(user.shared[0].as_str(), "/api/rooms");
    let Some(IdentitySource::File(path)) = &user.identities else { panic!("{:?}", user.identities) };
    assert!(path.ends_with(Path::new("tokens/all.jsonl")) && path.is_absolute(), "{}", path.display());
    // A file that the host reads for the users is read by the operator's leave.
    assert!(text.contains("/tokens\""), "{text}");
    assert_eq!(verified.askers().count(), verified.phases.len() + 1);
}

#[test]
fn users_speak_what_the_server_chooses_unless_they_are_held_to_a_version() {
    let of = |sources: &Sources| resolve(sources).users[0].http;
    assert_eq!(of(&with_users("")), HttpVersions::Any);
    assert_eq!(of(&with_users("http-version = \"1.1\"")), HttpVersions::Http11);
    let refused = Resolved::from_sources(&with_users("http-version = \"2\""), &modules).unwrap_err().to_string();
    assert!(refused.contains("HTTP can be held to version \"1.1\""), "{refused}");
}

#[test]
fn what_users_ask_beyond_what_is_allowed_is_told() {
    let allowed = allow(&resolve(&sample()), &operator("")).unwrap();
    let error = verify(with_users("identities = { file = \"tokens.jsonl\" }"), &allowed).unwrap_err().to_string();
    assert!(error.contains("`browser` asks for"), "{error}");
    assert!(error.contains("paths = [\"/api\"], methods = [\"PUT\"]"), "{error}");
    assert!(error.contains("directories = ["), "{error}");
    assert!(asks_in_words(&resolve(&with_users(""))).iter().any(|ask| ask.starts_with("browser: ")));
}

#[test]
fn another_module_makes_another_bundle() {
    let (without, with) = (resolve(&sample()), resolve(&with_users("")));
    assert_ne!(without.digest, with.digest);
    assert_eq!(with.modules().len(), without.modules().len() + 1);
}

/// The sample with users that `login` logs in, and a phase that has them act and has this line.
fn logged_in(login: &str, line: &str) -> Sources {
    let mut sources = with_users(&format!("identities = {{ login = \"{login}\" }}"));
    sources.bundle.text.push_str(&format!(
        "\n[[phase]]\nid = \"accounts\"\nmodule = \"phases/health\"\n[phase.grants]\nhttp = [{{ services = [\"backend\"], methods = [\"GET\"] }}]\n\
         [[phase]]\nid = \"between\"\nmodule = \"phases/health\"\nneeds = [\"accounts\"]\n[phase.grants]\nhttp = [{{ services = [\"backend\"], methods = [\"GET\"] }}]\n\
         [[phase]]\nid = \"acting\"\nmodule = \"phases/request-isolation\"\n{line}\n[phase.grants]\nhttp = [{{ services = [\"backend\"], methods = [\"GET\"] }}]\n\
         load = {{ max-users = 5, max-rate = 5, max-duration = \"1m\", max-requests = 100, users = [\"browser\"] }}\n"
    ));
    sources
}

#[test]
fn users_act_after_the_phase_that_logs_in_for_them() {
    let refused =
        |login: &str, line: &str| Resolved::from_sources(&logged_in(login, line), &modules).unwrap_err().to_string();
    let wrong = refused("account", "needs = [\"accounts\"]");
    assert!(
        wrong.contains("`account` is no phase of this bundle that could log in, did you mean `accounts`?"),
        "{wrong}"
    );
    for line in ["", "needs = [\"health\"]"] {
        let late = refused("accounts", line);
        let why = "phase `acting` has `browser` act and does not need `accounts`, which logs in for them";
        assert!(late.contains(why) && late.contains("write needs = [\"accounts\"] in phase `acting`"), "{late}");
    }
    for line in ["needs = [\"accounts\"]", "needs = [\"between\"]"] {
        let complaint =
            Resolved::from_sources(&logged_in("accounts", line), &modules).map(|r| r.users[0].identities.clone());
        match complaint {
            Ok(identities) => assert_eq!(identities, Some(IdentitySource::Login(PhaseId::parse("accounts").unwrap()))),
            Err(error) => panic!("{line}: {error}"),
        }
    }
}

#[test]
fn identities_come_from_one_place() {
    for fields in ["{ mint = \"KEY\", login = \"health\" }", "{}", "{ login = 7 }"] {
        let refused = Resolved::from_sources(&with_users(&format!("identities = {fields}")), &modules).unwrap_err();
        assert!(
            refused.to_string().contains("from a phase that logs in") || fields.contains('7'),
            "{fields}: {refused}"
        );
    }
}
