//! A real browser as an operator pins it, and a bundle whose phase opens a page with it.

use crate::{Scene, checklist};

const MODULE: &str = "frontend.wasm";

/// Chromium without a window: what docs/operator.md has, with `MORE` for other arguments.
const PIN: &str = r#"
[tools.browser]
program = "/bin/sh"
arguments = ["-c", '''
chromium-headless-shell --no-sandbox --no-zygote --in-process-gpu --disable-gpu --user-data-dir=profile --window-size=1280,800 \
    --timeout=30000 --virtual-time-budget=5000 --enable-logging=stderr \
    --trace-startup="-*,blink.user_timing,devtools.timeline" --trace-startup-format=json --trace-startup-file=trace.json \
    --screenshot=page.png --dump-dom MORE -- "$1" > page.html
code=$?
cat page.png trace.json page.html 2> /dev/null
exit $code
''', "browser"]
writes = true
environment = { HOME = "{scratch}", TMPDIR = "{scratch}", PATH = "/usr/bin:/bin" }
network = "full"
deadline = "1m"
output = "8MiB"
read = ["/etc/fonts"]
"#;

/// A bundle whose phase opens this page, with more lines of its configuration, and a browser with more arguments. The operator allows all that it asks.
pub fn scene(url: &str, config: &str, arguments: &str) -> Scene {
    let scene = Scene::bare();
    let module = MODULE.trim_end_matches(".wasm");
    let bundle = format!(
        r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
[environments.test]
[[phase]]
id = "{module}"
module = "{module}"
requirements = ["DASH-4"]
deadline = "5m"
[phase.config]
url = "{url}"
{config}
[phase.grants]
exec = [{{ tools = ["browser"] }}]
"#
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(&["DASH-4"]));
    scene.write("holdpoint.toml", &PIN.replace("MORE", arguments));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}
