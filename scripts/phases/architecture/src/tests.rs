//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::prelude::*;

use super::run;

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

fn types() -> Value {
    json!({ "include": ["**/*.py"], "types": {} })
}

#[test]
fn a_failure_shows_the_worst_first_and_how_many_more() {
    let functions: String = (1..=30).map(|n| format!("def f{n}():\n{}", "    x = 1\n".repeat(n + 1))).collect();
    let t = holdpoint::test(run)
        .file("source/a.py", functions)
        .config(json!({ "include": ["*.py"], "size": { "function_lines": 2 } }));
    t.expect("P1.1", Fail, "; and 10 more");
    let check = t.checks().iter().find(|check| check.verdict == Fail).expect("a failure");
    assert!(check.observed.contains(" f30 has 32 lines, of at most 2; "), "{}", check.observed);
    assert_eq!(t.calls()[usize::try_from(check.evidence[0]).expect("an index")], "read source/a.py");
}

#[test]
fn many_offences_are_kept_within_bounds() {
    let t = holdpoint::test(run).file("source/a.py", "print(1)\n".repeat(5_000)).config(json!({
        "include": ["*.py"],
        "forbidden": [{ "name": "nothing is printed", "why": "use the log", "calls": ["print"] }],
    }));
    t.expect("P1.1", Fail, "a.py:1 calls print; a.py:2 calls print");
    t.expect("P1.1", Fail, "; and 4980 more");
}

#[test]
fn a_rule_whose_file_was_not_seen_is_not_clean() {
    let t = holdpoint::test(run)
        .file("source/a.py", "class A: pass\n")
        .file("source/b.py", b"class A: pass # \xff\n".to_vec())
        .config(types());
    t.expect("P1.1", Inconclusive, "b.py is not UTF-8 from byte 16");
    t.expect("P1.1", Inconclusive, "1 files could not be judged");
}

#[test]
fn a_file_that_is_too_long_is_not_read() {
    let t = holdpoint::test(run)
        .file("source/a.py", "class A: pass\n")
        .file("source/b.py", vec![b'#'; 600 * 1024])
        .config(types());
    t.expect("P1.1", Inconclusive, "b.py has 614400 bytes");
    assert!(!t.calls().iter().any(|call| call == "read source/b.py"));
}

#[test]
fn more_files_than_one_run_judges_are_refused() {
    let mut t = holdpoint::test(run).config(types());
    for number in 0..=8_000 {
        t = t.file(&format!("source/{number}.py"), "");
    }
    assert!(t.returned().expect_err("too many").contains("8001 files match, of at most 8000"));
}

#[test]
fn an_exception_that_excuses_nothing_is_logged() {
    let excuse = json!([{ "names": ["Gone"], "reason": "was here" }]);
    let t =
        holdpoint::test(run).file("source/src/a.rs", "struct A;\nfn f() {}\n").file("source/b.py", "").config(json!({
            "include": ["**/*.{rs,py}"],
            "size": { "function_lines": 9, "exceptions": excuse },
            "layers": { "one": ["src/**"], "two": ["b.py"] },
            "imports": [{ "layer": "one", "must_not_import": ["two"], "exceptions": excuse }],
            "types": { "exceptions": excuse },
            "forbidden": [{ "name": "no dbg", "why": "noise", "macros": ["dbg"], "exceptions": excuse }],
        }));
    t.expect("P1.1", Pass, "none of 1 types");
    let log = t.log();
    assert_eq!(log.len(), 4, "{log:?}");
    assert!(log.iter().all(|line| line.contains("the exception for Gone (was here) excuses nothing and can go")));
}

#[test]
fn what_is_excluded_is_not_judged_and_can_be_imported() {
    let t = holdpoint::test(run)
        .file("source/ui/a.ts", "import { x } from '../generated/b';\n")
        .file("source/generated/b.ts", "this is not TypeScript\n")
        .config(json!({
            "include": ["**/*.ts"],
            "exclude": ["generated/**"],
            "layers": { "ui": ["ui/**"], "generated": ["generated/**"] },
            "imports": [{ "layer": "ui", "must_not_import": ["generated"] }],
        }));
    t.expect("P1.1", Fail, "ui/a.ts:1 imports generated/b.ts of layer generated");
}

#[test]
fn what_was_read_is_measured() {
    let t = holdpoint::test(run).file("source/a.py", "import os\nclass A:\n    def f(self): pass\n").config(types());
    let measured: Vec<(&str, f64)> = t.measures().iter().map(|m| (m.name.as_str(), m.value)).collect();
    assert_eq!(measured, [("files", 1.0), ("functions", 1.0), ("imports", 1.0), ("lines", 3.0)]);
}
