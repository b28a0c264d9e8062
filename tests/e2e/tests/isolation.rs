//! Virtual users of a bundle, through the command line: what the phase `request-isolation` says of a system that keeps users apart, and of those that do not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, time::Duration};

use holdpoint_e2e::{
    Outcome, Scene,
    acting::{self, KEY},
    process::{Live, until},
    staging::{Adjustment, Change, Crossing, Fault, LeakForm, Service, Staging},
};

const ROWS: [&str; 6] =
    ["P3.2.success", "P3.2.average", "P3.2.isolation", "SUC-3.users", "SUC-3.state", "P4.1.shared-state"];
const SHORT: &str =
    "users = 40\nat-once = 10\npace = \"1s\"\nramp = \"500ms\"\nduring = \"4s\"\ntell = { think = \"300ms\" }";
const LOAD: &str = "http = [{ services = [\"backend\"], methods = [\"GET\"], paths = [\"/metrics\"] }]\n\
    load = { max-users = 200, max-rate = 200, max-duration = \"1m\", max-requests = 20000, users = [\"browse-user\"] }";

/// What is tried.
const MODULE: &str = "request-isolation.wasm";

/// A user that looks at its profile, and writes and reads an item of its own.
const BROWSER: &str = "module = \"browse-user\"\nidentities = { mint = \"STAGING_TEST_SIGNING_KEY\" }\n[user.grants]\n\
    http = [{ services = [\"backend\"], methods = [\"GET\", \"PUT\"], paths = [\"/api/me\", \"/api/state/note\"] }]";

/// A bundle with the phase and its user, who acts on the backend.
fn scene(backend: &str, config: &str) -> Scene {
    let rows = ROWS.map(|row| format!("\"{row}\"")).join(", ");
    scene_of(backend, (&format!("requirements = [{rows}]"), &ROWS), config, BROWSER)
}

/// The same with other rows, which are those of the checklist, or other users.
fn scene_of(backend: &str, (rows, checklist): (&str, &[&str]), config: &str, user: &str) -> Scene {
    let module = MODULE.trim_end_matches(".wasm");
    let phase = format!(
        "id = \"isolation\"\nmodule = \"{module}\"\n{rows}\n[phase.config]\nuser = \"browse-user\"\n{config}\n[phase.grants]\n{LOAD}"
    );
    acting::scene(backend, &format!("id = \"browse-user\"\n{user}"), &phase, checklist)
}

/// Each row of the newest run with its verdict and what was observed.
fn rows(scene: &Scene) -> BTreeMap<String, (String, String)> {
    let report = scene.run(&["report", "--format", "json"]).json();
    let rows = report["rows"].as_object().cloned().unwrap_or_default();
    let text = |row: &serde_json::Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    rows.iter().map(|(id, row)| (id.clone(), (text(row, "verdict"), text(row, "observed")))).collect()
}

/// The rows that do not pass.
fn wrong(scene: &Scene) -> Vec<(String, String)> {
    let rows = rows(scene).into_iter().filter(|(_, (verdict, _))| verdict != "pass");
    rows.map(|(id, (verdict, observed))| (format!("{id} {verdict}"), observed)).collect()
}

/// How many requests of users have come.
fn sent(staging: &Staging) -> u64 {
    staging.served_users().values().sum()
}

fn ran(scene: &Scene, exit: i32) -> Outcome {
    scene.run(&["run", "BUNDLE", "--output", "json"]).exits(exit)
}

/// The number in the name of an identity: `holdpoint-user-7-…`.
fn number(subject: &str) -> &str {
    subject.split('-').nth(2).unwrap()
}

#[test]
fn fewer_than_a_hundred_users_do_not_exercise_the_critical_row_whatever_they_see() {
    let staging = Staging::start();
    let rows = ("requirements = [\"P3.2.isolation\", \"CRIT-3\"]", &["P3.2.isolation", "CRIT-3"][..]);
    let scene = scene_of(&staging.backend(), rows, SHORT, BROWSER);
    ran(&scene, 3);
    let seen = self::rows(&scene);
    assert_eq!(seen["P3.2.isolation"].0, "pass", "{seen:?}");
    let (verdict, observed) = &seen["CRIT-3"];
    assert_eq!((verdict.as_str(), observed.as_str()), ("not-exercised", "40 users are planned, and it takes 100"));
}

#[test]
fn users_of_a_system_that_keeps_them_apart_pass_every_row_and_a_replay_sends_nothing() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), SHORT);
    ran(&scene, 0);
    let seen = rows(&scene);
    assert_eq!(wrong(&scene), [], "{seen:?}");
    assert!(seen["SUC-3.users"].1.starts_with("40 users, "), "{seen:?}");
    assert!(seen["P3.2.isolation"].1.contains("exchanges leaked, at most"), "{seen:?}");
    assert_eq!(staging.served_users().len(), 40, "each has an identity of its own");
    let exchanges = sent(&staging);
    assert!(seen["P3.2.success"].1.contains(&format!("{exchanges} exchanges, 0 failed")), "{exchanges}: {seen:?}");
    let folder = scene.journal().parent().unwrap().to_owned();
    assert!(!folder.join("loads").exists(), "the secret of the canaries goes with the run");
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(rows(&scene), seen);
}

#[test]
fn a_leak_is_told_with_both_users_as_the_system_itself_lists_them() {
    let staging = Staging::start();
    let by = Adjustment { one_in: Some(15), form: Some(LeakForm::Base64), ..Adjustment::default() };
    staging.switch(Fault::named("leak").unwrap().settle(1).adjusted(by).unwrap());
    let scene = scene(&staging.backend(), SHORT);
    ran(&scene, 1);
    let seen = rows(&scene);
    let (verdict, told) = &seen["P3.2.isolation"];
    assert_eq!((verdict.as_str(), seen["SUC-3.state"].0.as_str()), ("fail", "fail"));
    let crossings = staging.crossings();
    assert!(told.starts_with(&format!("{} leaks in ", crossings.len())), "{told}");
    let pair = |from: &str, to: &str| format!("user {} was shown a text of user {} by ", number(to), number(from));
    let happened: Vec<String> = crossings.iter().map(|crossing| pair(&crossing.from, &crossing.to)).collect();
    let (_, first) = told.split_once(": ").unwrap();
    assert!(happened.iter().any(|pair| first.starts_with(pair)) && first.contains("(base64)"), "{told}: {happened:?}");
}

#[test]
fn who_watches_sees_leaks_the_stage_and_what_remains() {
    let staging = Staging::start();
    let by = Adjustment { one_in: Some(15), form: Some(LeakForm::Plain), ..Adjustment::default() };
    staging.switch(Fault::named("leak").unwrap().settle(1).adjusted(by).unwrap());
    let scene = scene(&staging.backend(), &SHORT.replace("during = \"4s\"", "during = \"11s\""));
    ran(&scene, 1);
    let shown = scene.run(&["show", "last"]).exits(0).stdout;
    let line = shown.lines().find(|line| line.contains("stage 2 of 2, ")).unwrap_or_else(|| panic!("{shown}"));
    assert!(line.contains(" s left: "), "{line}");
    let position = line.split_whitespace().next().unwrap();
    let line = scene.run(&["show", "last", position]).exits(0).stdout;
    let (before, _) = line.split_once(" leaked, ").unwrap();
    let leaks: usize = before.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(leaks > 0 && leaks <= staging.crossings().len(), "{line}");
}

/// A bundle whose users are shown everybody's texts everywhere, as it declares, on a double that puts one into every so many answers.
fn shared_scene(staging: &Staging, config: &str, one_in: u32) -> Scene {
    let by = Adjustment { one_in: Some(one_in), form: Some(LeakForm::Header), ..Adjustment::default() };
    staging.switch(Fault::named("leak").unwrap().settle(1).adjusted(by).unwrap());
    let rows = ROWS.map(|row| format!("\"{row}\"")).join(", ");
    let user = BROWSER.replacen("[user.grants]", "shared = [\"/api\"]\n[user.grants]", 1);
    scene_of(&staging.backend(), (&format!("requirements = [{rows}]"), &ROWS), config, &user)
}

/// How often each route was told to have shown somebody a text of somebody else on purpose.
fn shared_by_route(told: &str) -> BTreeMap<String, usize> {
    let (_, told) = told.split_once("; shared as declared: ").unwrap();
    let times = |part: &str| {
        let part = part.replace(" once", " 1 times");
        let (route, times) = part.trim_end_matches(" times").rsplit_once(' ').unwrap();
        (route.to_owned(), times.parse().unwrap())
    };
    told.split(", ").map(times).collect()
}

#[test]
fn what_a_bundle_declares_shared_is_no_leak_and_told_by_route() {
    let staging = Staging::start();
    let scene = shared_scene(&staging, SHORT, 10);
    ran(&scene, 0);
    let seen = rows(&scene);
    assert!(seen["P3.2.isolation"].1.starts_with("0 of "), "{seen:?}");
    let mut happened = BTreeMap::new();
    for crossing in staging.crossings() {
        let route = match crossing.route {
            "me" => "GET backend /api/me",
            "state-write" => "PUT backend /api/state/note",
            _ => "GET backend /api/state/note",
        };
        *happened.entry(route.to_owned()).or_default() += 1;
    }
    assert!(happened.len() == 3, "{happened:?}");
    for row in ["P3.2.isolation", "SUC-3.state"] {
        assert_eq!(shared_by_route(&seen[row].1), happened, "{row}");
    }
}

#[test]
fn what_was_shared_before_a_crash_is_told_after_it() {
    let staging = Staging::start();
    let scene = shared_scene(&staging, &SHORT.replace("during = \"4s\"", "during = \"7s\""), 2);
    let run = scene.start(&["run", "BUNDLE", "--output", "json"]);
    until("some have arrived", || sent(&staging) > 300);
    drop(run);
    let before = staging.crossings().len();
    scene.run(&["resume", "last", "--output", "json"]).exits(0);
    let (all, told) = (staging.crossings().len(), rows(&scene)["P3.2.isolation"].1.clone());
    let told: usize = shared_by_route(&told).values().sum();
    assert!(told <= all && told > all - before, "{told} of {all}, {before} of them before the crash");
}

#[test]
fn memory_that_grows_with_the_requests_is_found_and_one_that_stays_passes() {
    let staging = Staging::start();
    let ids = ["P3.2.memory"];
    let rows_of = ("requirements = [\"P3.2.memory\"]", &ids[..]);
    let gauge = "{ service = \"backend\", path = \"/metrics\", gauge = \"process_resident_memory_bytes\" }";
    let scene = scene_of(&staging.backend(), rows_of, &format!("{SHORT}\nmemory = {gauge}"), BROWSER);
    ran(&scene, 0);
    let told = rows(&scene)["P3.2.memory"].clone();
    assert!(told.0 == "pass" && told.1.ends_with("stays, +0.0 %, of 200 MiB"), "{told:?}");
    scene.run(&["replay", "last"]).exits(0);
    staging.change(Service::Backend, Change::MemoryLeak(256 * 1024));
    ran(&scene, 1);
    let told = rows(&scene)["P3.2.memory"].clone();
    assert!(told.0 == "fail" && told.1.contains("grows on, by +"), "{told:?}");
    let nowhere = scene.path().join("bundle/bundle.toml");
    let bundle = std::fs::read_to_string(&nowhere).unwrap().replace("gauge = \"process_resident", "gauge = \"resident");
    std::fs::write(&nowhere, bundle).unwrap();
    ran(&scene, 3);
    let told = rows(&scene)["P3.2.memory"].clone();
    assert_eq!(told, ("inconclusive".into(), "GET backend /metrics has no resident_memory_bytes".into()));
}

#[test]
fn memory_that_requests_leave_behind_is_counted_by_the_request() {
    let staging = Staging::start();
    let ids = ["P4.1.memory-per-request"];
    let gauge =
        "{ service = \"backend\", path = \"/metrics\", gauge = \"process_resident_memory_bytes\", per-request = 4096 }";
    let rows_of = ("requirements = [\"P4.1.memory-per-request\"]", &ids[..]);
    let scene = scene_of(&staging.backend(), rows_of, &format!("{SHORT}\nmemory = {gauge}"), BROWSER);
    ran(&scene, 0);
    let told = rows(&scene)[ids[0]].clone();
    assert!(
        told.0 == "pass" && told.1.starts_with("+0.0 MiB after ") && told.1.ends_with(", 0 bytes each"),
        "{told:?}"
    );
    scene.run(&["replay", "last"]).exits(0);
    staging.change(Service::Backend, Change::MemoryLeak(64 * 1024));
    ran(&scene, 1);
    let told = rows(&scene)[ids[0]].clone();
    assert!(told.0 == "fail" && told.1.contains(" MiB after "), "{told:?}");
}

#[test]
fn a_state_that_all_share_is_found() {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::SharedGlobal);
    let scene = scene(&staging.backend(), SHORT);
    ran(&scene, 1);
    assert_eq!(rows(&scene)["SUC-3.state"].0, "fail");
    assert_eq!(rows(&scene)["P4.1.shared-state"].0, "fail");
}

#[test]
fn six_percent_of_errors_fail_and_four_pass() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), SHORT);
    staging.change(Service::Backend, Change::Errors(6));
    ran(&scene, 1);
    let failed = wrong(&scene);
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].0 == "P3.2.success fail" && failed[0].1.contains(" status)"), "{failed:?}");
    staging.clear();
    staging.change(Service::Backend, Change::Errors(4));
    ran(&scene, 0);
}

#[test]
fn an_average_above_two_seconds_fails_and_one_below_passes() {
    let staging = Staging::start();
    let slow = "users = 40\nat-once = 10\npace = \"10s\"\nramp = \"0s\"\nduring = \"3s\"";
    let scene = scene(&staging.backend(), slow);
    staging.slow(Duration::from_millis(2_100));
    ran(&scene, 1);
    let failed = wrong(&scene);
    assert!(failed.iter().any(|(row, _)| row == "P3.2.average fail"), "{failed:?}");
    staging.clear();
    staging.slow(Duration::from_millis(1_700));
    ran(&scene, 3);
    assert_eq!(rows(&scene)["P3.2.average"].0, "pass");
}

#[test]
fn a_halt_of_seconds_is_in_the_slowest_percent() {
    let staging = Staging::start();
    let config = "users = 60\nat-once = 10\npace = \"1500ms\"\nramp = \"500ms\"\nduring = \"8s\"";
    let scene = scene(&staging.backend(), config);
    let run = scene.start(&["run", "BUNDLE", "--output", "json"]);
    until("some have arrived", || sent(&staging) > 100);
    staging.change(Service::Backend, Change::Stall(Duration::from_secs(5)));
    run.finish();
    let seen = rows(&scene);
    let told = &seen["P3.2.average"].1;
    let p99: f64 = told.split_once("p99 ").unwrap().1.split(' ').next().unwrap().parse().unwrap();
    assert!(p99 > 3_000.0, "those that were due while it halted waited for it: {told}");
}

#[test]
fn users_whose_host_is_killed_are_followed_by_others_who_are_strangers_to_them() {
    let staging = Staging::start();
    let config = SHORT.replace("during = \"4s\"", "during = \"7s\"");
    let scene = scene(&staging.backend(), &config);
    let run = scene.start(&["run", "BUNDLE", "--output", "json"]);
    until("some have arrived", || sent(&staging) > 150);
    drop(run);
    let before = staging.served_users();
    scene.run(&["resume", "last", "--output", "json"]).exits(0);
    let after = staging.served_users();
    let new: Vec<_> = after.keys().filter(|user| !before.contains_key(*user)).collect();
    assert_eq!(new.len(), 40, "no identity of the first is taken up by the second");
    assert!(before.iter().all(|(user, requests)| after[user] == *requests), "they ended with their host");
    let told = &rows(&scene)["P3.2.success"].1;
    assert!(told.contains("the host was gone in between"), "{told}");
    let sent = sent(&staging);
    let counted: u64 = told.split_once(": ").unwrap().1.split(' ').next().unwrap().parse().unwrap();
    assert!(counted <= sent && sent - counted <= 200, "{counted} of {sent} are counted");
}

#[test]
fn after_a_crash_texts_of_users_of_an_earlier_load_are_still_known_and_named() {
    let staging = Staging::start();
    let by = Adjustment { one_in: Some(1), form: Some(LeakForm::Header), ..Adjustment::default() };
    staging.switch(Fault::named("leak").unwrap().settle(1).adjusted(by).unwrap());
    // Of the second nobody has sent anything for more than a second, so what its first answers leak is what the first load has written.
    let phase = |id: &str, more: &str, profile: &str| {
        format!(
            "id = \"{id}\"\nmodule = \"request-isolation\"\n{more}\n[phase.config]\nuser = \"browse-user\"\nquick = true\n{profile}\n\
             [phase.grants]\n{LOAD}"
        )
    };
    let first = "requirements = [\"P3.2.isolation\"]";
    let second = "needs = [\"first\"]\nrequirements = [\"P3.2.isolation\"]\nmap = { \"P3.2.isolation\" = \"RB-V2\" }";
    let phases = [
        phase("first", first, "users = 10\npace = \"500ms\"\nramp = \"500ms\"\nduring = \"1s\""),
        phase("second", second, "users = 10\npace = \"5s\"\nramp = \"8s\"\nduring = \"1s\""),
    ];
    let user = format!("id = \"browse-user\"\n{BROWSER}");
    let ids = ["P3.2.isolation", "RB-V2"];
    let scene = acting::scene(&staging.backend(), &user, &phases.join("\n[[phase]]\n"), &ids);
    let checklist = std::fs::read_to_string(scene.path().join("bundle/checklist.toml")).unwrap();
    // Its own leaks would keep the second from beginning.
    scene.write("bundle/checklist.toml", &checklist.replacen("\"required\"", "\"advisory\"", 1));

    let run = scene.start(&["run", "BUNDLE", "--output", "json"]);
    let begun = |name: &str| loads(&scene).iter().any(|load| load.starts_with(name));
    until("the second load has begun", || begun("second-"));
    drop(run);
    let before = staging.served_users();
    assert_eq!(before.len(), 10, "nobody of the second load has sent anything");
    scene.run(&["resume", "last", "--output", "json"]).exits(1);
    let (verdict, told) = rows(&scene)["RB-V2"].clone();
    assert!(verdict == "fail" && told.contains(" of first-"), "{told}");
    // As the system itself lists them: from one of the first load to one of the second.
    let crossings = staging.crossings();
    let crossing =
        crossings.iter().find(|crossing| before.contains_key(&crossing.from) && !before.contains_key(&crossing.to));
    let Crossing { from, to, .. } = crossing.unwrap();
    let pair = format!("user {} was shown a text of user {} of first-", number(to), number(from));
    assert!(told.contains(&pair), "{pair}: {told}");
}

/// The loads of the newest run whose counts are kept.
fn loads(scene: &Scene) -> Vec<String> {
    let runs = std::fs::read_dir(scene.path().join(".holdpoint/runs")).into_iter().flatten().flatten();
    let loads = runs.filter_map(|run| std::fs::read_dir(run.path().join("loads")).ok()).flatten().flatten();
    loads.map(|file| file.file_name().to_string_lossy().into_owned()).filter(|name| name.ends_with(".json")).collect()
}

#[test]
fn without_the_key_nothing_is_begun_and_the_reason_is_told() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), SHORT);
    for command in ["check", "run"] {
        let mut command = scene.command(&[command, "BUNDLE"]);
        let said = Live::start(command.env_remove(KEY)).finish().exits(2).stderr;
        let why = format!("users `browse-user`: the secret {KEY}, which signs their identities, is not set");
        assert!(said.contains(&why), "{said}");
        let mut command = scene.command(&["check", "BUNDLE"]);
        let said = Live::start(command.env(KEY, "too short")).finish().exits(2).stderr;
        assert!(said.contains(KEY) && !said.contains("too short\n"), "{said}");
    }
    let operator = std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap();
    let bound = format!("[secrets.{KEY}]\nfrom = {{ env = \"{KEY}\" }}\n");
    scene.write("holdpoint.toml", &operator.replace(&bound, &format!("{bound}environment = \"production\"\n")));
    let said = scene.run(&["run", "BUNDLE"]).exits(2).stderr;
    assert!(said.contains("which is of environment `production`, not of `test`"), "{said}");
    assert!(!said.contains("to bind it"), "a table that stood there twice would be a mistake: {said}");
    scene.write("holdpoint.toml", &operator.replace(&bound, ""));
    let said = scene.run(&["run", "BUNDLE"]).exits(2).stderr;
    assert!(said.contains(&format!("to bind it, add:\n    [secrets.{KEY}]")), "{said}");
    assert!(!scene.path().join(".holdpoint").exists(), "a run was begun");
    assert_eq!(sent(&staging), 0);
}

#[test]
fn users_that_end_fail_their_row_and_the_others_go_on() {
    let staging = Staging::start();
    let user = "module = \"rude-user\"\nconfig = { path = \"/health\", acts = [\"panic\"], who = [3] }\n[user.grants]\n\
        http = [{ services = [\"backend\"], methods = [\"GET\"] }]";
    let config = "users = 20\nat-once = 1\npace = \"500ms\"\nramp = \"0s\"\nduring = \"3s\"";
    let ids = ["SUC-3.users", "P3.2.isolation"];
    let rows_of = ("requirements = [\"SUC-3.users\", \"P3.2.isolation\"]", &ids[..]);
    let scene = scene_of(&staging.backend(), rows_of, config, user);
    ran(&scene, 1);
    let seen = rows(&scene);
    let (verdict, told) = &seen["SUC-3.users"];
    assert!(verdict == "fail" && told.contains("1 ended before the load did: "), "{seen:?}");
    assert!(staging.requests() > 60, "the others went on: {}", staging.requests());
    // Nobody wrote a canary, so none came back.
    assert_eq!(seen["P3.2.isolation"].0, "inconclusive", "{seen:?}");
}

#[test]
fn the_quick_profile_finds_a_leak_too() {
    let staging = Staging::start();
    let rows_of = "requirements = [\"P3.2.isolation\"]\nmap = { \"P3.2.isolation\" = \"RB-V2\" }";
    let config = "quick = true\nramp = \"500ms\"\nduring = \"2s\"\ntell = { think = \"100ms\" }";
    let scene = scene_of(&staging.backend(), (rows_of, &["RB-V2"]), config, BROWSER);
    ran(&scene, 0);
    let (verdict, told) = rows(&scene)["RB-V2"].clone();
    assert!(verdict == "pass" && told.starts_with("0 of "), "{told}");
    let by = Adjustment { one_in: Some(10), form: Some(LeakForm::Plain), ..Adjustment::default() };
    staging.switch(Fault::named("leak").unwrap().settle(1).adjusted(by).unwrap());
    ran(&scene, 1);
    let (verdict, told) = rows(&scene)["RB-V2"].clone();
    assert!(verdict == "fail" && told.contains(" was shown a text of user "), "{told}");
}

#[test]
fn a_module_that_only_looks_like_a_user_is_refused() {
    let staging = Staging::start();
    let mut scene = scene(&staging.backend(), SHORT);
    let stranger = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (export "start" (func $f)) (export "iterate" (func $f)) (export "stop" (func $f)))"#;
    std::fs::create_dir(scene.path().join("modules")).unwrap();
    std::fs::copy(scene.modules.join(MODULE), scene.path().join("modules").join(MODULE)).unwrap();
    std::fs::write(scene.path().join("modules/browse-user.wasm"), wat::parse_str(stranger).unwrap()).unwrap();
    scene.modules = scene.path().join("modules");
    for command in ["check", "run"] {
        let said = scene.run(&[command, "BUNDLE"]).exits(2).stderr;
        assert!(said.contains("is not a virtual user"), "{said}");
    }
    assert_eq!(sent(&staging), 0);
}

#[test]
fn users_that_nobody_has_named_are_found_before_anything_runs() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), SHORT);
    let bundle = std::fs::read_to_string(scene.path().join("bundle/bundle.toml")).unwrap();
    scene.write("bundle/bundle.toml", &bundle.replace("users = [\"browse-user\"]", "users = [\"brows-user\"]"));
    let said = scene.run(&["run", "BUNDLE"]).exits(2).stderr;
    assert!(said.contains("`brows-user` are no users of this bundle, did you mean `browse-user`?"), "{said}");
    assert_eq!(sent(&staging), 0);
}
