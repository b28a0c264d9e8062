//! The source tree under judgement: three services in three languages, and the ways in which one place of it can be
//! wrong. Writes only below the directory it is given.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::draw::Draw;

/// Path and text of each file.
macro_rules! tree {
    ($($path:literal),* $(,)?) => {
        &[$((concat!("source/", $path), include_str!(concat!("../clean/source/", $path)))),*]
    };
}

pub(crate) const CLEAN: &[(&str, &str)] = tree![
    "README.md",
    "backend/app/__init__.py",
    "backend/app/api/__init__.py",
    "backend/app/api/routes.py",
    "backend/app/api/schemas.py",
    "backend/app/domain/__init__.py",
    "backend/app/domain/agent.py",
    "backend/app/domain/session.py",
    "backend/app/main.py",
    "backend/app/settings.py",
    "backend/app/store/__init__.py",
    "backend/app/store/postgres.py",
    "backend/app/store/sessions.py",
    "backend/tests/test_session.py",
    "frontend/src/api/client.ts",
    "frontend/src/api/types.ts",
    "frontend/src/components/Chat.tsx",
    "frontend/src/components/Message.tsx",
    "frontend/src/main.tsx",
    "frontend/src/state/session.ts",
    "worker/src/jobs/compact.rs",
    "worker/src/jobs/expire.rs",
    "worker/src/jobs/mod.rs",
    "worker/src/main.rs",
    "worker/src/queue.rs",
    "worker/src/settings.rs",
    "worker/src/store.rs",
];

/// A place where lines can be put in: behind a line that stands once in its file.
type Place = (&'static str, &'static str);

const PYTHON_BODY: Place = ("source/backend/app/domain/agent.py", "        total = 0.0\n");
const TYPESCRIPT_BODY: Place =
    ("source/frontend/src/state/session.ts", "    this.messages.push({ text, own: true });\n");
const RUST_BODY: Place = ("source/worker/src/jobs/expire.rs", "    let mut done = 0;\n");

/// What can be missing without anything else being wrong: without the tests there would be nothing to run either.
const REQUIRED: &[&str] =
    &["source/README.md", "source/backend/app/main.py", "source/frontend/src/main.tsx", "source/worker/src/main.rs"];

/// What layers must not import, at the head of a file, within a function, and for types alone.
const IMPORTS: &[(Place, &str)] = &[
    (
        ("source/backend/app/domain/session.py", "from app.domain.agent import Agent\n"),
        "from app.api.schemas import SessionView\n",
    ),
    (
        ("source/backend/app/domain/session.py", "    def add(self, text: str) -> Turn:\n"),
        "        from app.store.postgres import Pool\n",
    ),
    (("source/backend/app/store/sessions.py", "from .postgres import Pool\n"), "from ..api import routes\n"),
    (
        ("source/frontend/src/components/Chat.tsx", "import { Line } from \"./Message\";\n"),
        "import { send } from \"@/api/client\";\n",
    ),
    (
        ("source/frontend/src/components/Chat.tsx", "import { Line } from \"./Message\";\n"),
        "import type { Answer } from \"../api/types\";\n",
    ),
    (
        ("source/frontend/src/components/Chat.tsx", "    await state.say(text);\n"),
        "    await import(\"../api/client\");\n",
    ),
    (("source/worker/src/store.rs", "use std::cell::RefCell;\n"), "\nuse crate::jobs;\n"),
    (
        ("source/worker/src/store.rs", "        let mut removed = self.removed.borrow_mut();\n"),
        "        crate::jobs::expire::run(self, 1);\n",
    ),
];

/// Types that another file of the language defines.
const TYPES: &[(Place, &str)] = &[
    (
        ("source/backend/app/api/schemas.py", "from app.domain.session import Session\n"),
        "\n\nclass Agent:\n    name: str\n",
    ),
    (
        ("source/backend/app/store/postgres.py", "\"\"\"A small pool of connections.\"\"\"\n"),
        "\n\nclass SessionStore:\n    pass\n",
    ),
    (
        ("source/frontend/src/components/Chat.tsx", "import { Line } from \"./Message\";\n"),
        "\ninterface Message {\n  text: string;\n}\n",
    ),
    (
        ("source/frontend/src/api/client.ts", "import type { Answer } from \"./types\";\n"),
        "\nexport type ErrorView = { message: string };\n",
    ),
    (("source/worker/src/store.rs", "use std::cell::RefCell;\n"), "\npub enum Job {\n    Remove,\n}\n"),
    (("source/worker/src/settings.rs", "//! What the command line says.\n"), "\npub struct Queue;\n"),
];

/// What nobody should leave in code.
const USES: &[(Place, &str)] = &[
    (PYTHON_BODY, "        print(text)\n"),
    (PYTHON_BODY, "        total += eval(text)\n"),
    (
        ("source/backend/app/store/postgres.py", "        self.size = size\n"),
        "        __import__(\"os\").system(\"true\")\n        print(size)\n",
    ),
    (
        ("source/backend/app/main.py", "from app.store.sessions import SessionStore\n"),
        "from os import environ as env\n\nenv[\"STARTED\"] = \"yes\"\n",
    ),
    (TYPESCRIPT_BODY, "    console.log(text);\n"),
    (("source/frontend/src/components/Chat.tsx", "    setText(\"\");\n"), "    eval(text);\n"),
    (RUST_BODY, "    dbg!(limit);\n"),
    (
        ("source/worker/src/jobs/compact.rs", "    let mut done = 0;\n"),
        "    println!(\"{}\", days.checked_sub(1).unwrap());\n",
    ),
];

const TEST_BODY: Place =
    ("source/backend/tests/test_session.py", "    assert session.add(\"hello there\").score == 2.0\n");

/// Assertions that do not hold.
const WRONG_ASSERTIONS: &[(Place, &str)] = &[
    (TEST_BODY, "    assert session.add(\"hello\").score == 4.0\n"),
    (TEST_BODY, "    assert session.id == \"somebody else\"\n"),
    (TEST_BODY, "    assert not session.agent.weights\n"),
];

const TEST_HEAD: Place = ("source/backend/tests/test_session.py", "from app.domain.session import Session\n");

/// What leaves a runner without a test to collect.
const UNCOLLECTED: &[(Place, &str)] = &[
    (TEST_HEAD, "\n__test__ = False\n"),
    (TEST_HEAD, "\n__test__ = None\n"),
    (TEST_HEAD, "\n# Not before the next release.\n__test__ = False\n"),
];

/// One place of the source tree that is otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Relative to the directory that was written.
    pub file: &'static str,
    /// The line of the clean file behind which `text` is put; without one, the file is not there at all.
    pub behind: Option<&'static str>,
    /// What is put there.
    pub text: String,
}

/// A file that is not there.
pub(crate) fn missing(draw: &mut Draw) -> Edit {
    Edit { file: draw.pick(REQUIRED), behind: None, text: String::new() }
}

/// A function with many more lines than anybody wants to read.
pub(crate) fn oversized(draw: &mut Draw) -> Edit {
    let ((file, behind), line): (Place, fn(u32) -> String) = draw.pick(&[
        (PYTHON_BODY, |n| format!("        total += self.weights.get(\"word-{n}\", 0.0)\n")),
        (TYPESCRIPT_BODY, |n| format!("    this.messages.push({{ text: \"line {n}\", own: false }});\n")),
        (RUST_BODY, |n| format!("    done += store.remove(\"{n}\");\n")),
    ]);
    let lines = draw.between(60, 161);
    Edit { file, behind: Some(behind), text: (0..lines).map(line).collect() }
}

pub(crate) fn forbidden_import(draw: &mut Draw) -> Edit {
    inserted(draw, IMPORTS)
}

pub(crate) fn duplicated_type(draw: &mut Draw) -> Edit {
    inserted(draw, TYPES)
}

pub(crate) fn forbidden_use(draw: &mut Draw) -> Edit {
    inserted(draw, USES)
}

pub(crate) fn failing_test(draw: &mut Draw) -> Edit {
    inserted(draw, WRONG_ASSERTIONS)
}

pub(crate) fn no_test(draw: &mut Draw) -> Edit {
    inserted(draw, UNCOLLECTED)
}

fn inserted(draw: &mut Draw, choices: &[(Place, &str)]) -> Edit {
    let ((file, behind), text) = draw.pick(choices);
    Edit { file, behind: Some(behind), text: text.to_owned() }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text.trim().lines().next() {
            None => write!(f, "file {}, missing", self.file),
            Some(line) => write!(f, "file {}, {} lines: {}", self.file, self.text.lines().count(), line.trim()),
        }
    }
}

/// Makes the edit in the files below `dir`. Refuses a file in which its place does not stand exactly once.
pub fn edit(dir: &Path, edit: &Edit) -> anyhow::Result<()> {
    let path = dir.join(edit.file);
    let Some(behind) = edit.behind else {
        return fs::remove_file(&path).with_context(|| format!("remove {}", path.display()));
    };
    let text =
        fs::read_to_string(&path).with_context(|| format!("read {}, which `files::write` makes", path.display()))?;
    let parts: Vec<&str> = text.split(behind).collect();
    let [before, after] = parts[..] else {
        bail!("edit {}: its place stands there {} times instead of once", path.display(), parts.len() - 1);
    };
    // Twice the same would be another fault than the one that was asked for.
    if after.starts_with(&edit.text) {
        bail!("edit {}: it is there already; write the files anew", path.display());
    }
    fs::write(&path, [before, behind, &edit.text, after].concat()).with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{
        CLEAN, IMPORTS, PYTHON_BODY, REQUIRED, RUST_BODY, TYPES, TYPESCRIPT_BODY, UNCOLLECTED, USES, WRONG_ASSERTIONS,
    };

    #[test]
    fn every_place_stands_once_in_its_file() {
        let places = [IMPORTS, TYPES, USES, WRONG_ASSERTIONS, UNCOLLECTED].concat().into_iter().map(|(place, _)| place);
        for (file, behind) in places.chain([PYTHON_BODY, TYPESCRIPT_BODY, RUST_BODY]) {
            let (_, text) = CLEAN.iter().find(|(name, _)| *name == file).expect("a clean file");
            assert_eq!(text.matches(behind).count(), 1, "{file}: {behind}");
        }
        assert!(REQUIRED.iter().all(|file| CLEAN.iter().any(|(name, _)| name == file)));
    }

    #[test]
    fn every_fault_strikes_every_language() {
        for choices in [IMPORTS, TYPES, USES] {
            for service in ["backend", "frontend", "worker"] {
                let start = format!("source/{service}/");
                assert!(choices.iter().any(|((file, _), _)| file.starts_with(&start)), "{service}");
            }
        }
    }
}
