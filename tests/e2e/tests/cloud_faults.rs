//! Every fault of the emulator's catalogue strikes a release: its row catches it, and what serves afterwards is what the report says.

use holdpoint_e2e::gcp::{Named, gcloud_is_here};
use holdpoint_e2e::release::Release;

#[test]
fn explore() {
    if !gcloud_is_here() {
        return;
    }
    for named in Named::all() {
        let begun = std::time::Instant::now();
        let release = Release::new();
        release.gcp.set(named.fault());
        let outcome = release.scene.run(&["run", "BUNDLE"]);
        release.gcp.clear_faults();
        println!("== {} exit {} serving {:?} changes {} {:?}", named.name, outcome.code, release.serving(), release.changes(), begun.elapsed());
        let report = release.scene.run(&["report", "--format", "json"]).json();
        for (id, row) in report["rows"].as_object().unwrap() {
            if row["verdict"] != "pass" && row["verdict"] != "not-exercised" {
                println!("     {id} {} {}", row["verdict"], row["observed"]);
            }
        }
    }
}
