//! Bundles that watch a backend, and what is seen of that: looks, each a request for metrics.

use std::path::Path;

use holdpoint_journal::{Error, Reader};
use holdpoint_model::{EventKind, Timestamp};

use crate::{Scene, checklist, connect_to, process::until};

/// A bundle that looks at the health of the backend, and in its second stage watches it for so long, each so often, for `objectives` to judge.
pub fn in_stages(backend: &str, (during, every): (&str, &str), tick: &str) -> Scene {
    let scene = Scene::bare();
    let bundle = format!(
        r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
tick = "{tick}"
[environments.test.services.backend]
url = "{backend}"

[[phase]]
id = "health"
module = "health"
requirements = ["P3.1"]
[phase.config.services.backend]
endpoints = ["/health"]
[phase.grants]
http = [{{ services = ["backend"], methods = ["GET"] }}]

[[phase]]
id = "watch"
module = "monitor"
stage = "day"
needs = ["health"]
deadline = "1d"
[phase.config]
during = "{during}"
every = "{every}"
[phase.config.services.backend]
endpoints = ["/health"]
[phase.config.services.backend.metrics]
memory = {{ gauge = "process_resident_memory_bytes", of = "process_memory_limit_bytes" }}
[phase.grants]
http = [{{ services = ["backend"], methods = ["GET"] }}]

[[policy]]
id = "objectives"
module = "objectives"
requirements = ["P4.1.memory"]
config = {{ memory = {{ rows = ["P4.1.memory"], limit = 0.8, hold = "{tick}" }} }}
"#,
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(&["P3.1", "P4.1.memory"]));
    scene.write("holdpoint.toml", &format!("{}[limits]\nmax-deadline = \"25h\"\n", connect_to(backend)));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

/// A phase of the first stage that has one effect on the backend, as a table of a bundle; it judges this row.
pub fn acting(id: &str, row: &str) -> String {
    format!(
        r#"[[phase]]
id = "{id}"
module = "crash"
requirements = ["P3.1"]
map = {{ "P3.1" = "{row}" }}
config = {{ steps = 1 }}
[phase.grants]
http = [
    {{ services = ["backend"], methods = ["GET"] }},
    {{ services = ["backend"], methods = ["POST"], paths = ["/effects"], read-back = "/effects/{{key}}" }},
]

"#
    )
}

/// When each look of the newest run was made, in milliseconds since the first.
#[track_caller]
pub fn looks(scene: &Scene) -> Vec<f64> {
    let journal = scene.journal();
    read(&journal).unwrap_or_else(|e| panic!("{}: {e}", journal.display()))
}

/// Waits until a run that goes on has made so many looks. Its journal is a file before it has its tables.
#[track_caller]
pub fn until_looks(scene: &Scene, at_least: usize) {
    let runs = scene.path().join(".holdpoint/runs");
    until("there are looks", || {
        let has_run = std::fs::read_dir(&runs).is_ok_and(|mut runs| runs.next().is_some());
        has_run && read(&scene.journal()).is_ok_and(|looks| looks.len() >= at_least)
    });
}

fn read(journal: &Path) -> Result<Vec<f64>, Error> {
    let mut looks: Vec<Timestamp> = Vec::new();
    let is_look = |kind: &EventKind| matches!(kind, EventKind::Call(call) if call.summary == "GET backend /metrics");
    let reader = Reader::open(journal)?;
    reader.for_each_event(|event| looks.extend(is_look(&event.kind).then_some(event.at)))?;
    let first = looks.first().copied().unwrap_or(Timestamp(0.0));
    Ok(looks.iter().map(|look| look.since(first)).collect())
}
