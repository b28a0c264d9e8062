//! What was fixed before the first phase: digests of bundle, modules and operator's file.

use holdpoint_model::RunHeader;
use maud::{Markup, html};

use super::foreign::{Line, more};
use crate::Report;

const MODULES: usize = 300;

pub(super) fn facts(report: &Report, header: &RunHeader) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Facts of the run" {
            table {
                caption { "Fixed before the first phase" }
                tbody {
                    (fact("run", html! { (header.run) }))
                    (fact("bundle", html! { (Line(&header.bundle)) " " (Line(&header.bundle_version)) }))
                    (fact("bundle's digest", html! { (header.bundle_digest) }))
                    (fact("environment", html! { (Line(&header.environment)) }))
                    (fact("operator's file", html! { (header.operator_digest) }))
                    @if let Some(only) = &header.only {
                        @let ids: Vec<&str> = only.iter().map(|phase| phase.as_str()).collect();
                        (fact("only", html! { (Line(&ids.join(", "))) }))
                    }
                    @if let Some(started) = report.started { (fact("started", html! { (started) })) }
                    @if let Some(ended) = report.ended { (fact("ended", html! { (ended) })) }
                }
            }
        }
        details {
            summary { "Modules" }
            div.wide tabindex="0" role="region" aria-label="Modules" {
                table {
                    caption { "The module of each phase" }
                    tbody {
                        @for (phase, digest) in header.modules.iter().take(MODULES) {
                            (fact(phase.as_str(), html! { (digest) }))
                        }
                    }
                }
            }
            (more(header.modules.len().saturating_sub(MODULES), "module"))
        }
    }
}

fn fact(name: &str, value: Markup) -> Markup {
    html! { tr { th scope="row" { (name) } td.digest { (value) } } }
}
