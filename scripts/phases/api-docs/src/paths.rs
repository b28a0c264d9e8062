//! What is described beside what is served.

use holdpoint::Answer;
use holdpoint::prelude::*;

use crate::config::Config;
use crate::control::{Control, NO_SUCH_PATH};
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

/// What an answer shows of a path.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    Served,
    /// It is not as it is described.
    Wrong(String),
    /// What is not there would be answered alike.
    Unknown(String),
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
    let control = match Control::ask(cx, service, &document.base) {
        Ok(control) => control,
        Err(error) => return check.inconclusive(observed(format!("{NO_SUCH_PATH}: {error}")), &error),
    };
    let requests = asked.iter().map(|path| path.request(service, config, &document.base));
    let answers: Vec<Answer> = cx.http().send_all(requests).into_iter().map(|(_, answer)| answer).collect();
    let wanted = expected(format!("an answer as it is described, of {} paths", asked.len()));
    // One that was not asked says nothing of what is served.
    let mut unanswered = answers.iter().filter_map(|answer| answer.as_ref().err());
    if let Some(error) = unanswered.find(|error| !matches!(error.cause(), Cause::Timeout(_) | Cause::Failed(_))) {
        return check.expecting(wanted).from_error(error);
    }
    let (mut wrong, mut unknown) = (Told::default(), Told::default());
    for (path, answer) in asked.iter().zip(&answers) {
        match path.shown(answer, control) {
            Shown::Served => {}
            Shown::Wrong(why) => wrong.add(why, answer),
            Shown::Unknown(why) => unknown.add(why, answer),
        }
    }
    if !wrong.said.is_empty() {
        return check.fail(wanted, observed(listed(&wrong.said)), wrong.calls);
    }
    let check = check.expecting(wanted);
    if !unknown.said.is_empty() {
        return check.inconclusive(observed(listed(&unknown.said)), unknown.calls);
    }
    let options = asked.iter().filter(|path| path.get.is_none()).count();
    let seen = format!("so with {} by GET and {options} by OPTIONS", asked.len() - options);
    check.pass(observed(seen), &answers[..]);
}

/// What is said of some paths, and the calls that show it.
#[derive(Default)]
struct Told {
    said: Vec<String>,
    calls: Vec<u32>,
}

impl Told {
    fn add(&mut self, what: String, answer: &Answer) {
        self.said.push(what);
        self.calls.extend(answer.calls());
    }
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

    fn shown(&self, answer: &Answer, control: Control) -> Shown {
        match answer {
            Ok(response) => self.shown_by(response.status(), control),
            Err(error) => Shown::Wrong(format!("{}: {error}", self.template)),
        }
    }

    fn shown_by(&self, status: u16, control: Control) -> Shown {
        let template = self.template;
        let (method, of_nothing) = if self.get.is_some() { ("GET", control.get) } else { ("OPTIONS", control.options) };
        let told = format!("{method} {template} answers {status}");
        match self.get {
            Some(get) if status >= 500 || !get.allows(status) => {
                Shown::Wrong(format!("{told}, described are {}", get.described()))
            }
            None if status == 404 || status >= 500 => Shown::Wrong(told),
            _ if status == 404 => Shown::Unknown(format!("{told}, as what is not there does; name it in `unasked`")),
            _ if status == of_nothing => Shown::Unknown(format!("{told}, and so does {NO_SUCH_PATH}")),
            _ => Shown::Served,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(answer: &str) -> Operation {
        let operation = json!({ "responses": { answer: {} } });
        Operation::read(&json!({}), ("/a", "get"), None, &operation).expect("an operation")
    }

    #[test]
    fn what_is_answered_as_if_nothing_were_there_is_unknown() {
        let control = Control { get: 404, options: 404 };
        let shown = |get: Option<&Operation>, status: u16, control: Control| {
            Asked { template: "/a", get }.shown_by(status, control)
        };
        let unknown = |why: &str| Shown::Unknown(why.to_owned());
        let wrong = |why: &str| Shown::Wrong(why.to_owned());
        let (ok, any, missing) = (get("200"), get("default"), get("404"));
        assert_eq!(shown(Some(&ok), 200, control), Shown::Served);
        assert_eq!(shown(None, 405, control), Shown::Served);
        assert_eq!(shown(Some(&ok), 404, control), wrong("GET /a answers 404, described are 200"));
        assert_eq!(shown(Some(&any), 500, control), wrong("GET /a answers 500, described are default"));
        assert_eq!(shown(None, 404, control), wrong("OPTIONS /a answers 404"));
        let named = "GET /a answers 404, as what is not there does; name it in `unasked`";
        for described in [&any, &missing] {
            assert_eq!(shown(Some(described), 404, control), unknown(named));
            assert_eq!(shown(Some(described), 404, Control { get: 200, ..control }), unknown(named));
        }
        // Everything is answered so.
        let alike = Control { get: 200, options: 204 };
        assert_eq!(shown(Some(&ok), 200, alike), unknown("GET /a answers 200, and so does /holdpoint-no-such-path"));
        assert_eq!(shown(None, 204, alike), unknown("OPTIONS /a answers 204, and so does /holdpoint-no-such-path"));
        assert_eq!(shown(None, 405, alike), Shown::Served);
    }

    #[test]
    fn a_route_is_the_same_whatever_its_parameters_are_called() {
        assert!(is_same("/files/{file_id}", "", "/files/{id}"));
        assert!(is_same("/files/{file_id}", "/v1", "/v1/files/{id}"));
        assert!(is_same("/files/", "", "/files"));
        assert!(!is_same("/files/{id}", "", "/files/all"));
        assert!(!is_same("/files", "", "/files/{id}"));
    }
}
