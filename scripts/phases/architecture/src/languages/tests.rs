//! What each language's reading makes of small sources.

use super::read;
use crate::source::{Language, Module, Source, UseKind};

fn source(path: &str, text: &str) -> Source {
    let language = Language::of(path).expect("a known ending");
    read(path, language, text, &["netra_queue"]).unwrap_or_else(|error| panic!("{path}:{}: {}", error.line, error.why))
}

fn functions(source: &Source) -> Vec<(&str, usize, usize)> {
    source.functions.iter().map(|one| (one.name.as_str(), one.line, one.lines)).collect()
}

fn types(source: &Source) -> Vec<&str> {
    source.types.iter().map(|one| one.name.as_str()).collect()
}

fn uses(source: &Source, kind: UseKind) -> Vec<(usize, &str)> {
    source.uses.iter().filter(|one| one.kind == kind).map(|one| (one.line, one.name.as_str())).collect()
}

/// Imports with their lines, as text.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let text = |module: &Module| match module {
        Module::Python { level, path, names } => {
            format!("{}{} {}", ".".repeat(*level), path.join("."), names.join(","))
        }
        Module::TypeScript(specifier) => specifier.clone(),
        Module::Rust { within, path } => format!("{} {}", within.join("::"), path.join("::")),
    };
    source.imports.iter().map(|one| (one.line, text(&one.module).trim().to_owned())).collect()
}

#[test]
fn python_is_read_with_nested_functions_and_lazy_imports() {
    let text = r#""""Says eval() and os.system in a docstring."""
import os.path as p, json
from . import models
from ..store import open_store as store
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from app.api import routes

class Session(Base):
    class Meta: pass

    @property
    async def close(self):
        # os.system("rm")
        import app.late
        def inner():
            return importlib.import_module("app.later")
        return inner

type Id = int
"#;
    let source = source("a.py", text);
    assert_eq!(source.lines, 20);
    assert_eq!(functions(&source), [("Session.close", 13, 6), ("Session.close.inner", 16, 2)]);
    assert_eq!(types(&source), ["Session", "Session.Meta", "Id"]);
    let seen = imports(&source);
    let seen: Vec<(usize, &str)> = seen.iter().map(|(line, text)| (*line, text.as_str())).collect();
    assert_eq!(
        seen,
        [
            (2, "os.path"),
            (2, "json"),
            (3, ". models"),
            (4, "..store open_store"),
            (5, "typing TYPE_CHECKING"),
            (7, "app.api routes"),
            (15, "app.late"),
            (17, "app.later"),
        ]
    );
    assert_eq!(uses(&source, UseKind::Call), [(17, "importlib.import_module")]);
}

#[test]
fn python_uses_have_the_names_that_they_were_imported_from() {
    let text = "import subprocess as sp\nfrom os import environ, system as shell\n\
                shell('ls')\nsp.run(['ls'])\nx = environ['HOME']\nopen(p).read().strip()\nf'http://{h}/x' 'y'\nb'bytes'\n";
    let source = source("a.py", text);
    assert_eq!(
        uses(&source, UseKind::Call),
        [(3, "os.system"), (4, "subprocess.run"), (6, "_.strip"), (6, "_.read"), (6, "open")]
    );
    assert!(uses(&source, UseKind::Member).contains(&(5, "os.environ")));
    let texts = uses(&source, UseKind::Text);
    for text in [(3, "ls"), (5, "HOME"), (7, "http://"), (7, "/x"), (8, "bytes")] {
        assert!(texts.contains(&text), "{text:?}: {texts:?}");
    }
}

#[test]
fn typescript_functions_have_the_names_that_they_are_bound_to() {
    let text = "export default function main() {\n  return 1;\n}\nconst arrow = () => 2;\n\
                class Chat {\n  send = async () => {\n  };\n  get last() { return 1 }\n  #hidden() {}\n}\n\
                const api = { get() {}, post: function () {}, put: () => 3 };\nmodule.exports.all = () => {};\n\
                items.map((x) => {\n  return x;\n});\nfunction declared(): void;\n";
    let text = text.replace("function declared(): void;\n", "declare function declared(): void;\n");
    let source = source("a.ts", &text);
    assert_eq!(
        functions(&source),
        [
            ("main", 1, 3),
            ("arrow", 4, 1),
            ("Chat.send", 6, 2),
            ("Chat.last", 8, 1),
            ("Chat.hidden", 9, 1),
            ("get", 11, 1),
            ("post", 11, 1),
            ("put", 11, 1),
            ("all", 12, 1),
            ("unnamed function", 13, 3),
        ]
    );
}

#[test]
fn typescript_imports_are_seen_in_every_form() {
    let text = "import a from './a';\nimport type { B } from '../b';\nimport * as c from 'c';\nimport './d.css';\n\
                export { e } from './e';\nexport * from './f';\nconst g = await import('./g');\nconst h = require('./h');\n\
                import i = require('./i');\ntype J = import('./j').J;\nconst k = import(`./k`);\nconst l = import(name);\n\
                // import './comment'\nconst text = \"import './text'\";\n";
    let seen = imports(&source("a.ts", text));
    let expected = ["./a", "../b", "c", "./d.css", "./e", "./f", "./g", "./h", "./i", "./j", "./k"];
    let expected: Vec<(usize, String)> = (1..).zip(expected.map(str::to_owned)).collect();
    assert_eq!(seen, expected);
}

#[test]
fn typescript_types_and_uses_are_seen() {
    let text = "import { exec as run } from 'node:child_process';\nimport axios from 'axios';\n\
                interface User {}\ntype Id = string;\nenum Kind { A }\nclass Store<T> {}\nnamespace V1 { export interface User {} }\n\
                run('ls');\nconsole.log(1);\nprocess.env.HOME;\nprocess['env'];\nnew Function('x');\naxios.get(`http://a/${x}`);\n\
                window?.localStorage!.clear();\nconst v = <div dangerouslySetInnerHTML={x}>eval()</div>;\n// eval(1)\n";
    let source = source("a.tsx", text);
    assert_eq!(types(&source), ["User", "Id", "Kind", "Store", "V1.User"]);
    let calls = uses(&source, UseKind::Call);
    for call in [
        (8, "child_process.exec"),
        (9, "console.log"),
        (12, "Function"),
        (13, "axios.get"),
        (14, "window.localStorage.clear"),
    ] {
        assert!(calls.contains(&call), "{call:?}: {calls:?}");
    }
    assert!(!calls.iter().any(|(_, name)| *name == "eval"));
    let members = uses(&source, UseKind::Member);
    assert!(members.contains(&(10, "process.env")) && members.contains(&(11, "process.env")), "{members:?}");
    assert!(uses(&source, UseKind::Text).contains(&(13, "http://a/")));
    assert!(uses(&source, UseKind::Identifier).contains(&(15, "dangerouslySetInnerHTML")));
}

#[test]
fn rust_is_read_with_its_imports_and_inline_paths() {
    let text = "//! todo!() and eval in a comment\nuse crate::{store::{self, Store}, jobs::*};\nuse std::process::exit as quit;\n\
                mod inner { use super::Job; pub struct Row; fn f() {} }\n/// dbg!()\npub struct Job { id: u8 }\ntrait Run { fn run(&self) { } fn stop(&self); }\n\
                impl Run for Job {\n    fn run(&self) {\n        crate::api::handler();\n        netra_queue::push(1);\n        quit(1);\n    }\n}\ntype Id = u8;\nenum E {}\nunion U { a: u8 }\n";
    let source = source("a.rs", text);
    assert_eq!(functions(&source), [("inner::f", 4, 1), ("Run::run", 7, 1), ("Job::run", 9, 5)]);
    assert_eq!(types(&source), ["inner::Row", "Job", "Run", "Id", "E", "U"]);
    let seen = imports(&source);
    let seen: Vec<(usize, &str)> = seen.iter().map(|(line, text)| (*line, text.as_str())).collect();
    assert_eq!(
        seen,
        [
            (2, "crate::store"),
            (2, "crate::store::Store"),
            (2, "crate::jobs"),
            (3, "std::process::exit"),
            (4, "inner super::Job"),
            (10, "crate::api::handler"),
            (11, "netra_queue::push"),
        ]
    );
    assert!(uses(&source, UseKind::Call).contains(&(12, "std::process::exit")));
    assert_eq!(uses(&source, UseKind::Macro), []);
}

#[test]
fn rust_is_read_within_macros_and_told_from_tests() {
    let text = "fn f() {\n    println!(\"http://{}\", x.unwrap());\n    tokio::select! {\n        a = crate::api::wait(\"key\") => { dbg!(a) }\n    }\n\
                    vec![todo!()];\n}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() { y.unwrap(); }\n}\n";
    let source = source("a.rs", text);
    let macros = uses(&source, UseKind::Macro);
    assert_eq!(macros, [(2, "println"), (3, "tokio::select"), (4, "dbg"), (6, "vec"), (6, "todo")]);
    assert_eq!(uses(&source, UseKind::Text), [(2, "http://{}"), (4, "key")]);
    assert!(imports(&source).contains(&(4, "crate::api::wait".to_owned())));
    let unwraps: Vec<(usize, bool)> =
        source.uses.iter().filter(|one| one.name.ends_with(".unwrap")).map(|one| (one.line, one.in_test)).collect();
    assert_eq!(unwraps, [(2, false), (11, true)]);
}

#[test]
fn what_does_not_parse_has_its_line() {
    for (path, text, line) in [
        ("a.py", "x = 1\ndef f(:\n  pass\n", 2),
        ("a.ts", "const x = 1;\nconst = 2;\n", 2),
        ("a.tsx", "const x = 1;\nconst y = <div>;\n", 2),
        ("a.js", "let x: number = 1;\n", 1),
        ("a.rs", "fn f() {}\nfn g( {}\n", 2),
    ] {
        let language = Language::of(path).expect("a known ending");
        let error = read(path, language, text, &[]).expect_err(path);
        assert_eq!(error.line, line, "{path}: {}", error.why);
        assert!(!error.why.is_empty());
    }
}

#[test]
fn declarations_and_newer_syntax_parse() {
    source("a.d.ts", "declare module 'x' { export interface A {} }\ndeclare const y: number;\n");
    source("a.cjs", "const { a } = require('b');\nmodule.exports = { a };\n");
    source("a.mjs", "export const a = <T,>(x) => x;\n".replace("<T,>", "").as_str());
    source("a.jsx", "export const A = () => <p>hi</p>;\n");
    source("a.js", "export const A = () => <p>hi</p>;\n");
    source("a.pyi", "def f(x: int) -> str: ...\n");
    source(
        "a.py",
        "match x:\n    case {'a': [1, *_]}: pass\nprint(f'{x!r:>{10}} {'nested'}')\ndef f[T](x: T) -> T: return x\n",
    );
    source(
        "a.rs",
        "async fn f() -> impl Fn() { async move || {} }\nunsafe extern \"C\" { safe fn g(); }\nlet_else!();\n",
    );
    assert_eq!(Language::of("a/Makefile"), None);
    assert_eq!(Language::of("a.py/readme"), None);
}
