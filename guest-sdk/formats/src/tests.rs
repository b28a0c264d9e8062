//! Each format: values with their keys and places, and where a broken file breaks.

use super::*;

fn shown(path: &str, text: &str) -> Vec<String> {
    let show =
        |scalar: Scalar| format!("{}:{} {}={}", scalar.at.line, scalar.at.column, scalar.path.join("."), scalar.value);
    scalars(path, text).unwrap().into_iter().map(show).collect()
}

fn broken(path: &str, text: &str) -> (usize, usize) {
    let error = scalars(path, text).unwrap_err();
    assert!(!error.why.is_empty());
    (error.at.line, error.at.column)
}

#[test]
fn reads_yaml_with_places() {
    let text = "# http://localhost\na:\n  b: http://x\n  c: [1, 'two']\n---\n\"http://key\": &anchor v\nd: *anchor\ne: |\n  line\n";
    assert_eq!(
        shown("x.yml", text),
        [
            "3:6 a.b=http://x",
            "4:7 a.c.[0]=1",
            "4:10 a.c.[1]=two",
            "6:1 http://key=http://key",
            "6:23 http://key=v",
            "9:3 e=line\n"
        ]
    );
}

#[test]
fn reads_yaml_with_odd_keys() {
    assert_eq!(shown("x.yaml", "? [a, b]\n: c\nd: e\n").last().unwrap(), "3:4 d=e");
    assert_eq!(shown("x.yaml", ""), [""; 0]);
    assert_eq!(shown("x.yaml", "alone"), ["1:1 =alone"]);
}

#[test]
fn reads_json_with_places() {
    let text = "{\n\t\"a\": {\"b\": \"h\\u00e9 \\/ \\\"\"},\n  \"ü\": [1, true, \"x\"], \"http://k\": null\n}";
    assert_eq!(
        shown("x.json", text),
        [
            "2:13 a.b=hé / \"",
            "3:9 ü.[0]=1",
            "3:12 ü.[1]=true",
            "3:18 ü.[2]=x",
            "3:24 http://k=http://k",
            "3:36 http://k=null"
        ]
    );
}

#[test]
fn reads_toml_with_places() {
    let text =
        "# c\ntitle = 'x'\nwhen = 2026-01-01\n[a.b]\nc = [ \"--bind\", { d = 7 } ]\n[[e]]\nf.g = \"\"\"\nlong\"\"\"\n";
    assert_eq!(
        shown("x.toml", text),
        ["2:9 title=x", "3:8 when=2026-01-01", "5:7 a.b.c.[0]=--bind", "5:23 a.b.c.[1].d=7", "7:7 e.[0].f.g=long"]
    );
    assert_eq!(
        shown("x.toml", "a = true\nb = 2026-11-30 09:00:00+01:00\n"),
        ["1:5 a=true", "2:5 b=2026-11-30T09:00:00+01:00"]
    );
}

#[test]
fn reads_env_files_with_places() {
    let text = "# URL=http://localhost\n\nA=1 # one\nexport B=\"two # \\\"2\\\"\" # c\n C = 'x\ny'\nexport A B\nD=a#b\nE=\nF=\"a\"b\r\n";
    assert_eq!(
        shown("config/.env.staging", text),
        ["3:3 A=1", "4:10 B=two # \"2\"", "5:6 C=x\ny", "8:3 D=a#b", "9:3 E=", "10:3 F=ab"]
    );
}

#[test]
fn says_where_a_file_breaks() {
    assert_eq!(broken("x.yaml", "a: b\nc: [1, 2\n").0, 3);
    assert_eq!(broken("x.json", "{\n  \"a\": 1,\n}"), (3, 1));
    assert_eq!(broken("x.json", ""), (1, 1));
    assert_eq!(broken("x.toml", "a = 1\nb = \n"), (2, 5));
    assert_eq!(broken(".env", "A=1\n  nonsense\n"), (2, 3));
    assert_eq!(broken(".env", "A='1\n"), (1, 3));
    assert_eq!(broken(".env", "A B=1\n"), (1, 1));
}

#[test]
fn bounds_the_depth() {
    for (path, text) in [
        ("x.json", "[".repeat(200) + &"]".repeat(200)),
        ("x.yaml", "[".repeat(200) + &"]".repeat(200)),
        ("x.toml", "a = ".to_owned() + &"[".repeat(200) + &"]".repeat(200)),
    ] {
        scalars(path, &text).unwrap_err();
    }
}

#[test]
fn finds_json_inside_of_a_value() {
    let outer = Scalar {
        path: vec!["A".to_owned()],
        at: Position { line: 3, column: 4 },
        value: " {\"url\": [\"http://x\"]} ".to_owned(),
        before: None,
    };
    let inner = nested(&outer).unwrap();
    assert_eq!((inner[0].path.join("."), inner[0].at), ("A.url.[0]".to_owned(), outer.at));
    assert_eq!(nested(&Scalar { value: "[::1]:80".to_owned(), ..outer }), None);
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_file() {
    assert_eq!(shown("x.json", "\u{feff}[1]"), ["1:2 [0]=1"]);
}

#[test]
fn takes_any_text() {
    let seeds = [
        "a: &x [1, 'b', \"c\\n\"]\n? - k\n: *x\ne: |+\n  t\n--- !!str\n%YAML 1.2\n",
        "{\"a\": [1, {\"b\": \"\\u00e9\"}], \"ü\": null}",
        "[a.b]\nc = \"\"\"x\"\"\"\n[[d]]\ne = { f = [1, 'g'] }\n",
        "export A=\"b\\\"\" # c\nB='x\ny'\n",
    ];
    let pieces = [
        "\"", "'", "[", "]", "{", "}", ":", "- ", "\n", "\t", "  ", "#", "&", "*", "!", "|", ">", "%", "\\", "=", "é",
        "\u{0}", "? ",
    ];
    let mut state = 7_usize;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    for _ in 0..20_000 {
        let mut text: Vec<char> = seeds[next(seeds.len())].chars().collect();
        for _ in 0..=next(6) {
            let at = next(text.len());
            match next(3) {
                0 => drop(text.remove(at)),
                1 => text.truncate(at + 1),
                _ => drop(text.splice(at..at, pieces[next(pieces.len())].chars())),
            }
            if text.is_empty() {
                break;
            }
        }
        let text: String = text.into_iter().collect();
        for path in ["x.yaml", "x.json", "x.toml", ".env"] {
            let _ = scalars(path, &text);
        }
    }
}
