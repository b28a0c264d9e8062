//! The commands of whoever writes modules and bundles: fixtures tried, modules inspected, runs planned, shells helped.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use holdpoint_e2e::{Outcome, Phase, Scene, guests, staging::Staging};

fn module(name: &str) -> String {
    guests().join(format!("{name}.wasm")).display().to_string()
}

/// Text as it is everywhere.
fn stable(scene: &Scene, check: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    let folder = scene.path().canonicalize().unwrap().display().to_string();
    settings.add_filter(&folder.replace('.', r"\."), "[FOLDER]");
    settings.add_filter(&guests().display().to_string().replace('.', r"\."), "[GUESTS]");
    settings.add_filter("sha256:[0-9a-f]{64}", "[DIGEST]");
    settings.add_filter(r"\d{4,9} bytes", "[SIZE] bytes");
    // What the compiler of today was made of.
    settings.add_filter(r"(  (language|processed-by|sdk) [^\n]*\n)+", "  processed-by [TOOLS]\n");
    settings.bind(check);
}

fn tried(scene: &Scene, guest: &str, more: &[&str]) -> Outcome {
    let module = module(guest);
    let mut arguments = vec!["test", module.as_str(), "--fixtures", "fixtures"];
    arguments.extend(more);
    scene.run(&arguments)
}

#[test]
fn every_fixture_that_ships_comes_out_on_the_engine_as_it_does_natively() {
    let phases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/phases");
    let mut tried = 0;
    let folders = fs::read_dir(phases).unwrap().map(|entry| entry.unwrap().path());
    for folder in folders.filter(|folder| folder.join("fixtures").is_dir()) {
        let scene = Scene::bare();
        let fixtures = folder.join("fixtures");
        let module = module(folder.file_name().unwrap().to_str().unwrap());
        let arguments = ["test", &module, "--fixtures", fixtures.to_str().unwrap(), "--output", "json"];
        let outcome = scene.run(&arguments).exits(0).json();
        assert_eq!(outcome["failed"], 0, "{outcome:#}");
        tried += outcome["fixtures"].as_array().unwrap().len();
    }
    assert!(tried >= 24, "{tried} fixtures were tried");
}

#[test]
fn a_wrong_expectation_is_shown_beside_what_was_observed() {
    let scene = Scene::bare();
    scene.write(
        "fixtures/slow.json",
        r#"{ "services": ["backend"], "config": { "endpoints": ["/health"] },
             "answers": [{ "path": "/health", "json": { "status": "ok" }, "after": "2500ms" }],
             "expect": { "checks": 3, "rows": { "P3.1": { "verdict": "pass" } } } }"#,
    );
    let outcome = tried(&scene, "health", &[]).exits(1);
    stable(&scene, || {
        insta::assert_snapshot!(outcome.stdout, @r#"
        [GUESTS]/health.wasm · [DIGEST]

          ✗ slow
              row P3.1
                expected  pass
                observed  fail, and says `200 in 2500 ms`
              checks
                expected  3
                observed  2
              the phase was completed
                fail          [P3.1] GET backend /health answers within 2000 ms
                  expected  200 within 2000 ms
                  observed  200 in 2500 ms
                pass          [P3.1] GET backend /health says that it is well
                  observed  status ok, 0 dependencies up
                call http GET backend /health
                info CRIT-2 is not among the requirements that the bundle lists for this phase

        1 of 1 fixture came out otherwise
        "#);
    });
}

#[test]
fn a_fixture_with_a_mistake_is_told_with_its_place() {
    let scene = Scene::bare();
    scene.write("fixtures/typo.json", "{\n  \"anwsers\": [],\n  \"expect\": {}\n}\n");
    let outcome = tried(&scene, "health", &[]).exits(2);
    assert!(outcome.stdout.contains("fixtures/typo.json:2:11  unknown field `anwsers`"), "{outcome:?}");
}

#[test]
fn what_is_not_scripted_stops_the_phase_and_is_named() {
    let scene = Scene::bare();
    scene.write(
        "fixtures/open.json",
        r#"{ "services": ["backend"], "config": { "endpoints": ["/health"] },
             "answers": [{ "path": "/other" }], "expect": { "rows": { "P3.1": { "verdict": "pass" } } } }"#,
    );
    let outcome = tried(&scene, "health", &[]).exits(1);
    assert!(outcome.stdout.contains("no answer is scripted for `GET backend /health`"), "{outcome:?}");
}

#[test]
fn no_fixture_is_no_pass() {
    let scene = Scene::bare();
    fs::create_dir(scene.path().join("fixtures")).unwrap();
    let none = tried(&scene, "health", &[]).exits(2);
    assert!(none.stderr.contains("none is not a pass"), "{none:?}");
    scene.write("fixtures/a.json", r#"{ "expect": {} }"#);
    let filtered = tried(&scene, "health", &["--filter", "b"]).exits(2);
    assert!(filtered.stderr.contains("no fixture has `b` in its name"), "{filtered:?}");
}

#[test]
fn a_phase_that_never_ends_is_stopped() {
    let scene = Scene::bare();
    scene.write("fixtures/spin.json", r#"{ "config": { "acts": [{ "act": "spin" }] }, "expect": {} }"#);
    let outcome = tried(&scene, "hostile", &["--deadline", "1s"]).exits(1);
    assert!(outcome.stdout.contains("still running after 1s"), "{outcome:?}");
    scene.write("fixtures/spin.json", r#"{ "config": { "acts": [{ "act": "allocate" }] }, "expect": {} }"#);
    let outcome = tried(&scene, "hostile", &[]).exits(1);
    assert!(outcome.stdout.contains("memory limit of 512 MiB reached"), "{outcome:?}");
}

#[test]
fn answers_come_from_a_recorded_run() {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[Phase::reading("health", "health", "{ endpoints = [\"/health\"] }")]);
    scene.run(&["run", "BUNDLE"]).exits(0);
    fs::create_dir(scene.path().join("fixtures")).unwrap();
    fs::copy(scene.journal(), scene.path().join("fixtures/run.db")).unwrap();
    let fixture = |verdict: &str| {
        format!(
            r#"{{ "recorded": "run.db", "phase": "health", "expect": {{ "rows": {{ "P3.1": {{ "verdict": "{verdict}" }} }} }} }}"#
        )
    };
    // No server answers any more.
    staging.stop();
    scene.write("fixtures/recorded.json", &fixture("pass"));
    tried(&scene, "health", &[]).exits(0);
    scene.write("fixtures/recorded.json", &fixture("fail"));
    let wrong = tried(&scene, "health", &[]).exits(1);
    assert!(wrong.stdout.contains("expected  fail") && wrong.stdout.contains("observed  pass"), "{wrong:?}");
    scene.write("fixtures/recorded.json", &fixture("pass").replace("\"health\"", "\"other\""));
    let other = tried(&scene, "health", &[]).exits(2);
    assert!(other.stdout.contains("has no phase `other`"), "{other:?}");
    // Another module asks something else than was recorded.
    scene.write("fixtures/recorded.json", &fixture("pass"));
    let diverged = tried(&scene, "config", &[]).exits(1);
    assert!(diverged.stdout.contains("end\n"), "{diverged:?}");
}

#[test]
fn a_run_is_written_as_a_fixture() {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[Phase::reading("health", "health", "{ endpoints = [\"/health\"] }")]);
    scene.run(&["run", "BUNDLE"]).exits(0);
    let module = module("health");
    let written = scene.run(&["test", &module, "--record", "last", "health"]).exits(0);
    assert_eq!(written.json()["expect"]["rows"]["P3.1"]["verdict"], "pass");
    assert_eq!(written.json()["answers"][0]["on"], "backend");
    scene.write("fixtures/as-it-was.json", &written.stdout);
    tried(&scene, "health", &[]).exits(0);
}

#[test]
fn a_module_shows_what_it_needs() {
    let scene = Scene::bare();
    let outcome = scene.run(&["inspect", &module("config"), "--output", "json"]).exits(0).json();
    assert_eq!(outcome["world"], "phase");
    assert_eq!(outcome["imports"]["needs-grant"], serde_json::json!(["holdpoint:files/files@0.1.0"]));
    assert_eq!(outcome["imports"]["unknown"], serde_json::json!([]));
    assert_eq!(outcome["grants"], serde_json::json!(["files = [{ directory = \"…\", path = \"…\" }]"]));
    assert!(outcome["producers"].to_string().contains("wit-component"), "{outcome:#}");
    let text = scene.run(&["inspect", &module("health")]).exits(0);
    stable(&scene, || {
        insta::assert_snapshot!(text.stdout, @r#"
        [GUESTS]/health.wasm
          digest       [DIGEST]
          size         [SIZE] bytes
          world        phase
          processed-by [TOOLS]

          imports that need a grant
            holdpoint:http/http@0.1.0

          imports that need no grant
            holdpoint:context/context@0.1.0
            holdpoint:types/types@0.1.0
            holdpoint:clock/clock@0.1.0
            holdpoint:report/report@0.1.0

          WASI, where nothing leads outside
            wasi:io/poll@0.2.6
            wasi:io/error@0.2.6
            wasi:io/streams@0.2.6
            wasi:cli/environment@0.2.6
            wasi:cli/exit@0.2.6
            wasi:cli/stdin@0.2.6
            wasi:cli/stdout@0.2.6
            wasi:cli/stderr@0.2.6
            wasi:cli/terminal-input@0.2.6
            wasi:cli/terminal-output@0.2.6
            wasi:cli/terminal-stdin@0.2.6
            wasi:cli/terminal-stdout@0.2.6
            wasi:cli/terminal-stderr@0.2.6

          exports
            run

          to use it, a bundle grants in [phase.grants]
            http = [{ services = ["…"], methods = ["GET"] }]
        "#);
    });
}

#[test]
fn what_is_no_phase_is_explained() {
    let scene = Scene::bare();
    scene.write("text.wasm", "hello");
    let bytes = scene.run(&["inspect", "text.wasm"]).exits(2);
    assert!(bytes.stderr.contains("it is not WebAssembly"), "{bytes:?}");
    fs::write(scene.path().join("core.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let core = scene.run(&["inspect", "core.wasm"]).exits(2);
    assert!(core.stderr.contains("build it for wasm32-wasip2"), "{core:?}");
    fs::write(scene.path().join("empty.wasm"), b"\0asm\x0d\0\x01\0").unwrap();
    let empty = scene.run(&["inspect", "empty.wasm"]).exits(2);
    assert!(empty.stdout.contains("world        unknown") && empty.stderr.contains("exports no `run`"), "{empty:?}");
    let tested = scene.run(&["test", "empty.wasm", "--fixtures", "."]).exits(2);
    assert!(tested.stderr.contains("no fixture") || tested.stderr.contains("exports no `run`"), "{tested:?}");
}

#[test]
fn a_module_that_wants_more_has_widened() {
    let scene = Scene::bare();
    let (config, health) = (module("config"), module("health"));
    let wider = scene.run(&["inspect", "--diff", &config, &health]).exits(1);
    assert!(wider.stdout.contains("widened   holdpoint:http/http@0.1.0"), "{wider:?}");
    assert!(wider.stdout.contains("narrowed  holdpoint:files/files@0.1.0"), "{wider:?}");
    let same = scene.run(&["inspect", "--diff", &config, &config]).exits(0);
    assert!(same.stdout.starts_with("the same module"), "{same:?}");
}

#[test]
fn a_bundle_that_asks_for_more_has_widened() {
    let one = Phase::reading("health", "health", "{ endpoints = [\"/health\"] }");
    let old = Scene::new("http://127.0.0.1:9", std::slice::from_ref(&one));
    let grants = "http = [{ services = [\"backend\"], methods = [\"GET\", \"POST\"] }]".to_owned();
    let new = Scene::new("http://127.0.0.1:9", &[Phase { grants, ..one }]);
    let bundle = |scene: &Scene| scene.path().join("bundle").display().to_string();
    let (before, after) = (bundle(&old), bundle(&new));
    let built = guests().display().to_string();
    let wider = old.run(&["inspect", "--diff", &before, &after, "--modules", &built]).exits(1);
    assert!(
        wider.stdout.contains("+ health: send GET, POST to services backend\n- health: send GET to services backend\n"),
        "{wider:?}"
    );
    let same = old.run(&["inspect", "--diff", &before, &before, "--modules", &built]).exits(0);
    assert!(same.stdout.contains("asks for the same as before"), "{same:?}");
}

#[test]
fn a_plan_says_what_would_happen_and_does_nothing() {
    let scene = Scene::bare();
    scene.write(
        "bundle/bundle.toml",
        r#"[bundle]
name = "scene"
version = "1.0.0"

[environments.test.services.backend]
url = "http://backend.example.com"

[[phase]]
id = "orders"
module = "swarm"
needs = ["health"]
config = { calls = 1 }
deadline = "2m"
[phase.grants]
http = [{ services = ["backend"], methods = ["GET", "POST"], paths = ["/orders"], read-back = "/orders/{key}" }]

[[phase]]
id = "health"
module = "health"
requirements = ["P3.1"]
config = { endpoints = ["/health"] }
[phase.grants]
http = [{ services = ["backend"], methods = ["GET"] }]
"#,
    );
    scene.write(
        "bundle/checklist.toml",
        "[[row]]\nid = \"P3.1\"\ntitle = \"healthy\"\nlevel = \"required\"\n\
         [[row]]\nid = \"BIZ-5\"\ntitle = \"files come back\"\nlevel = \"required\"\n\
         [[row]]\nid = \"NEXT-5\"\ntitle = \"team training\"\nlevel = \"off\"\n",
    );
    scene.write("holdpoint.toml", "[connect-to]\n\"backend.example.com:80\" = \"127.0.0.1:9\"\n");
    let plan = scene.run(&["plan", "BUNDLE"]).exits(0);
    stable(&scene, || {
        insta::assert_snapshot!(plan.stdout, @r#"
        scene 1.0.0 · environment test
        [DIGEST]
          backend     http://backend.example.com/, connected to 127.0.0.1:9

        first
          health
            module    health [DIGEST]
            judges    P3.1
            may       send GET to services backend (read)
            at most   5m, 10000 calls, 64MiB of memory, 64MiB of output

        step 2
          orders  after health
            module    swarm [DIGEST]
            judges    none
            may       send GET, POST to services backend below /orders, read back at /orders/{key} (effect)
            at most   2m, 10000 calls, 64MiB of memory, 64MiB of output

        effects
          orders: send GET, POST to services backend below /orders, read back at /orders/{key}

        judged by nobody, so never passed
          BIZ-5             required   files come back

        off: 1 row, which a person judges or nobody

        to run it
          holdpoint run bundle --modules [GUESTS] --operator holdpoint.toml
        "#);
    });
    let missing = "nothing is allowed to bundle `scene` in environment `test`";
    assert!(plan.stderr.starts_with("warning: ") && plan.stderr.contains(missing), "{plan:?}");
    assert!(!scene.path().join(".holdpoint").exists(), "a run was begun");
    let json = scene.run(&["plan", "BUNDLE", "--output", "json"]).exits(0).json();
    assert_eq!(json["effects"][0]["phase"], "orders");
    assert_eq!(json["unjudged"][0]["id"], "BIZ-5");
    assert_eq!(json["off"][0]["id"], "NEXT-5");
}

#[test]
fn a_shell_completes_commands() {
    let scene = Scene::bare();
    let script = scene.run(&["completion", "bash"]).exits(0).stdout;
    scene.write("completion.bash", &script);
    // What bash does when somebody types `holdpoint ins` and asks for more.
    let asks = "source completion.bash && complete -p holdpoint && COMP_WORDS=(holdpoint ins) COMP_CWORD=1 && \
                _holdpoint holdpoint ins holdpoint && echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").current_dir(scene.path()).args(["-c", asks]).output().unwrap();
    let outcome = Outcome::from(output).exits(0);
    assert!(outcome.stdout.contains("-F _holdpoint"), "{outcome:?}");
    assert_eq!(outcome.stdout.lines().last(), Some("inspect"), "{outcome:?}");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(scene.run(&["completion", shell]).exits(0).stdout.contains("inspect"), "{shell}");
    }
    scene.run(&["completion", "dos"]).exits(2);
}

#[test]
fn every_command_has_a_page() {
    let scene = Scene::bare();
    let page = scene.run(&["man"]).exits(0).stdout;
    assert!(page.contains(".TH holdpoint 1"), "{page}");
    let written = scene.run(&["man", "--to", "man"]).exits(0);
    let pages: Vec<PathBuf> = written.stdout.lines().map(|line| scene.path().join(line)).collect();
    for name in ["holdpoint.1", "holdpoint-run.1", "holdpoint-new-phase.1"] {
        let page = pages.iter().find(|page| page.ends_with(name)).unwrap_or_else(|| panic!("no {name}: {pages:?}"));
        let text = fs::read_to_string(page).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{text}");
    }
    let run = fs::read_to_string(scene.path().join("man/holdpoint-run.1")).unwrap();
    assert!(run.contains("Examples:") && run.contains("dry"), "{run}");
}
