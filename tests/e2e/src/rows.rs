//! A bundle of several rows, for what people do to a run after it: a phase a row, each row named by its phase.

use std::fmt::Write as _;

use crate::{Scene, connect_to};

/// A phase that judges the row of its own name in capitals.
#[derive(Debug, Clone, Copy)]
pub struct Judge {
    pub id: &'static str,
    /// `required`, `advisory` or `off`.
    pub level: &'static str,
    /// Where it sends its effects: `/effects` is answered with 200.
    pub path: &'static str,
    pub needs: &'static [&'static str],
}

impl Judge {
    /// A required row that passes.
    pub fn good(id: &'static str) -> Self {
        Self { id, level: "required", path: "/effects", needs: &[] }
    }

    /// A required row that fails.
    pub fn bad(id: &'static str) -> Self {
        Self { path: "/missing", ..Self::good(id) }
    }
}

/// The scene; the operator's file begins with `operator`.
pub fn scene(backend: &str, operator: &str, judges: &[Judge]) -> Scene {
    let scene = Scene::bare();
    let mut bundle = format!(
        "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n\n\
         [environments.test.services.backend]\nname = \"backend\"\nurl = \"{backend}\"\n"
    );
    let mut checklist = String::new();
    for Judge { id, level, path, needs } in judges {
        let row = id.to_uppercase();
        write!(checklist, "[[row]]\nid = \"{row}\"\ntitle = \"row {id}\"\nlevel = \"{level}\"\n\n")
            .expect("a string takes every text");
        write!(
            bundle,
            "\n[[phase]]\nid = \"{id}\"\nmodule = \"crash\"\nneeds = {needs:?}\nrequirements = [\"P3.1\"]\nmap = {{ \"P3.1\" = \"{row}\" }}\n\
             config = {{ steps = 1, path = \"{path}\" }}\n[phase.grants]\nhttp = [\n  {{ services = [\"backend\"], methods = [\"GET\"] }},\n  \
             {{ services = [\"backend\"], methods = [\"POST\"], paths = [\"{path}\"], read-back = \"/effects/{{key}}\" }},\n]\n"
        )
        .expect("a string takes every text");
    }
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist);
    scene.write("holdpoint.toml", &format!("{operator}\n{}", connect_to(backend)));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}
