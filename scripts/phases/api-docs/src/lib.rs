//! The description of an API can be reached, is sound OpenAPI, and says what is served (BIZ-6).
//!
//! ```toml
//! [phase.config]
//! service = "backend"
//! path = "/openapi.json"
//! page = "/docs"                          # for people; not asked for if it is left out
//! routes = ["/api/me", "/api/files/{id}"] # what the team knows to be served; each has to be described
//! parameters = { key = "note" }           # what stands in the place of a parameter of a path; "1" without it
//! unasked = ["/api/stream"]               # described paths that are not asked for
//! ```
//! The document is JSON: OpenAPI 3, or 2 as Swagger wrote it. Every described path is asked for once, and nothing is changed by it. With GET where that is
//! described and needs nothing: the status has to be one that is described. With OPTIONS everywhere else, as nobody may send an effect to see whether it
//! is there: any answer but 404 and 5xx shows that something is. Nobody is logged in, so 401 and 403 are answers where the document asks for credentials.
//!
//! `/holdpoint-no-such-path` is asked for first, by both methods. A path that is answered with the same status as that one may be there or not, and 404 never
//! shows that one is: it is named, and the row inconclusive. One that really answers 404 goes into `unasked`. So it is with a page that is the answer to
//! everything.

mod config;
mod control;
mod document;
mod operation;
mod paths;
mod reference;

use holdpoint::prelude::*;

use config::Config;
use control::NO_SUCH_PATH;
use document::Document;

const ROW: &str = "BIZ-6";

/// The longest list of what is wrong in one check.
const SHOWN: usize = 10;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let service = cx.service(&config.service)?;
    if let Some(document) = fetched(cx, &config, &service) {
        paths::judge(cx, &config, &service, &document);
    }
    judge_page(cx, &config, &service);
    Ok(())
}

/// The document, if it is there and sound.
fn fetched(cx: &Context, config: &Config, service: &Service) -> Option<Document> {
    let path = &config.path;
    let check = cx.check([ROW], format!("GET {service} {path} answers with a description")).expecting(expected("200"));
    let response = match cx.http().send(service.get(path)) {
        Ok(response) => response,
        Err(error) => {
            check.from_error(error);
            return None;
        }
    };
    if response.status() != 200 {
        check.fail(expected("200"), observed(response.status()), &response);
        return None;
    }
    if response.truncated() {
        check.inconclusive(observed(format!("{} bytes, of which the host shows a part", response.length())), &response);
        return None;
    }
    check.pass(observed(format!("200 with {} bytes", response.length())), &response);
    let wanted = expected("sound OpenAPI, of version 3 or 2");
    let check = cx.check([ROW], format!("what {service} describes is sound"));
    match Document::parse(response.body()) {
        Ok(document) => {
            let (paths, version) = (document.paths.len(), &document.version);
            check.expecting(wanted).pass(observed(format!("version {version} with {paths} paths")), &response);
            Some(document)
        }
        Err(problems) => {
            check.fail(wanted, observed(listed(&problems)), &response);
            None
        }
    }
}

fn judge_page(cx: &Context, config: &Config, service: &Service) {
    let Some(page) = &config.page else { return };
    let wanted = expected("200 with a web page");
    let check = cx.check([ROW], format!("GET {service} {page} shows a page")).expecting(wanted.clone());
    let response = match cx.http().send(service.get(page)) {
        Ok(response) => response,
        Err(error) => return check.from_error(error),
    };
    let kind = response.header("content-type").unwrap_or("no content-type");
    let seen = format!("{} with {kind}", response.status());
    if response.status() != 200 || !kind.starts_with("text/html") {
        return check.fail(wanted, observed(seen), &response);
    }
    match cx.http().send(service.get(NO_SUCH_PATH)) {
        Ok(other) if other.status() == response.status() && other.body() == response.body() => {
            let seen = format!("{seen}, and {NO_SUCH_PATH} is answered with the same");
            check.inconclusive(observed(seen), (&response, &other));
        }
        Ok(other) => check.pass(observed(seen), (&response, &other)),
        Err(error) => check.inconclusive(observed(format!("{NO_SUCH_PATH}: {error}")), (&response, &error)),
    }
}

/// The first of many, for people.
fn listed(all: &[String]) -> String {
    let more = all.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{rest}", all[..all.len() - more].join("; "))
}

#[cfg(test)]
mod tests;
