//! What is described beside what is served.

use holdpoint::Answer;
use holdpoint::prelude::*;

use crate::config::Config;
use crate::document::{Document, Path};
use crate::operation::{Operation, names};
use crate::{ROW, listed};

/// The most paths that are asked for.
const MOST_ASKED: usize = 500;

/// A path as it is asked for: with GET if there is an operation for it, else with OPTIONS.
struct Asked<'d> {
    template: &'d str,
    get: Option<&'d Operation>,
}

pub(crate) fn judge(cx: &Context, config: &Config, service: &Service, document: &Document) {
    judge_served(cx, config, service, document);
    if config.routes.is_empty() {
        return;
    }
    let is_described =
        |route: &&String| document.paths.iter().any(|path| is_same(&path.template, &document.base, route));
    let missing: Vec<String> = config.routes.iter().filter(|route| !is_described(route)).cloned().collect();
    let check = cx.check([ROW], "what is served is described");
    let wanted = expected(format!("{} routes", config.routes.len()));
    let seen =
        if missing.is_empty() { "all of them".to_owned() } else { format!("not described: {}", listed(&missing)) };
    check.passes_if(missing.is_empty(), wanted, observed(seen), ());
}

/// Whether a described path is a route, whatever parameters are called.
fn is_same(template: &str, base: &str, route: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
        path.trim_end_matches('/').split('/').map(part).collect()
    };
    parts(route) == parts(template) || parts(route) == parts(&format!("{base}{template}"))
}

fn judge_served(cx: &Context, config: &Config, service: &Service, document: &Document) {
    let check = cx.check([ROW], "what is described is served");
    let is_asked = |path: &&Path| !config.unasked.contains(&path.template);
    let asked: Vec<Asked<'_>> = document.paths.iter().filter(is_asked).map(Asked::of).collect();
    if asked.is_empty() || asked.len() > MOST_ASKED {
        let seen = format!("{} paths to ask for; 1 to {MOST_ASKED} are", asked.len());
        return check.inconclusive(observed(seen), ());
    }
    let requests = asked.iter().map(|path| path.request(service, config, &document.base));
    let answers: Vec<Answer> = cx.http().send_all(requests).into_iter().map(|(_, answer)| answer).collect();
    let wanted = expected(format!("an answer as it is described, of {} paths", asked.len()));
    // One that was not asked says nothing of what is served.
    let mut unanswered = answers.iter().filter_map(|answer| answer.as_ref().err());
    if let Some(error) = unanswered.find(|error| !matches!(error.cause(), Cause::Timeout(_) | Cause::Failed(_))) {
        return check.expecting(wanted).from_error(error);
    }
    let judged = asked.iter().zip(&answers).filter_map(|(path, answer)| Some((path.wrong(answer)?, answer)));
    let (wrong, shown): (Vec<String>, Vec<&Answer>) = judged.unzip();
    if wrong.is_empty() {
        let options = asked.iter().filter(|path| path.get.is_none()).count();
        let seen = format!("so with {} by GET and {options} by OPTIONS", asked.len() - options);
        return check.expecting(wanted).pass(observed(seen), &answers[..]);
    }
    let calls: Vec<u32> = shown.iter().flat_map(|answer| answer.calls()).collect();
    check.fail(wanted, observed(listed(&wrong)), calls);
}

impl<'d> Asked<'d> {
    fn of(path: &'d Path) -> Self {
        let get = path.operations.iter().find(|operation| operation.method == "get" && !operation.needs_more);
        Self { template: &path.template, get: get.filter(|_| names(&path.template).next().is_none()) }
    }

    fn request(&self, service: &Service, config: &Config, base: &str) -> Request {
        let mut path = format!("{base}{}", self.template);
        for name in names(self.template) {
            let value = config.parameters.get(name).map_or("1", String::as_str);
            path = path.replace(&format!("{{{name}}}"), value);
        }
        service.request(if self.get.is_some() { "GET" } else { "OPTIONS" }, path)
    }

    /// What is wrong with an answer, if anything is.
    fn wrong(&self, answer: &Answer) -> Option<String> {
        let template = self.template;
        let status = match answer {
            Ok(response) => response.status(),
            Err(error) => return Some(format!("{template}: {error}")),
        };
        match self.get {
            Some(get) if get.describes(status) && status < 500 => None,
            Some(get) if get.is_secured && matches!(status, 401 | 403) => None,
            Some(get) => Some(format!("GET {template} answers {status}, described are {}", get.described())),
            None if status == 404 || status >= 500 => Some(format!("OPTIONS {template} answers {status}")),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_the_same_whatever_its_parameters_are_called() {
        assert!(is_same("/files/{file_id}", "", "/files/{id}"));
        assert!(is_same("/files/{file_id}", "/v1", "/v1/files/{id}"));
        assert!(is_same("/files/", "", "/files"));
        assert!(!is_same("/files/{id}", "", "/files/all"));
        assert!(!is_same("/files", "", "/files/{id}"));
    }
}
