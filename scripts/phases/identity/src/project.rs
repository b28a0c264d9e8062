//! Where it acts: in the project that the bundle means, which is there and shows itself.

use holdpoint::prelude::*;
use holdpoint::{Failure, Identity};

use crate::config::Config;

const ROW: [&str; 1] = ["PRE-1.project"];

/// A project, as Resource Manager tells of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    project_id: String,
    lifecycle_state: String,
}

pub(crate) fn judge(cx: &Context, config: &Config, identity: Option<&Identity>) {
    let project = config.project.as_str();
    let Some(identity) = identity else {
        let check = cx.check(ROW, format!("{project} is the project")).expecting(expected(project));
        return check.inconclusive(observed("without an identity nothing is known of it"), ());
    };
    let acts_in = identity.project();
    let check = cx.check(ROW, format!("commands act in {project}"));
    check.passes_if(acts_in == project, expected(project), observed(acts_in), identity);
    if let Some(own) = identity.own_project() {
        let check = cx.check(ROW, "the operator's own gcloud is set to no other project");
        check.passes_if(own == project, expected(project), observed(own), identity);
    }
    shown(cx, project, identity);
}

/// Whether the platform shows it to whoever acts.
fn shown(cx: &Context, project: &str, identity: &Identity) {
    let wanted = expected(format!("{project}, ACTIVE"));
    let check = cx.check(ROW, format!("{project} is there for whoever acts")).expecting(wanted.clone());
    let described = match cx.gcloud().run(&Command::new("projects describe").argument(project)) {
        Ok(described) => described,
        Err(error) => return check.from_error(error),
    };
    match described.failure() {
        // The platform does not say which of the two it is.
        Some(failure @ (Failure::PermissionDenied | Failure::NotFound)) => {
            let seen = format!("{failure} for {identity}: {}", described.last_line());
            return check.fail(wanted, observed(seen), &described);
        }
        Some(failure) => {
            return check.inconclusive(observed(format!("{failure}: {}", described.last_line())), &described);
        }
        None => {}
    }
    match described.json::<Described>() {
        Ok(Described { project_id, lifecycle_state }) => check.passes_if(
            project_id == project && lifecycle_state == "ACTIVE",
            wanted,
            observed(format!("{project_id}, {lifecycle_state}")),
            &described,
        ),
        Err(error) => check.inconclusive(observed(error), &described),
    }
}
