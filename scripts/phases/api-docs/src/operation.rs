//! One method of a path: what it needs to be asked, and which answers are described. Pure.

use serde_json::Value;

use crate::reference::resolved;

/// An operation, as far as it is asked for.
#[derive(Debug)]
pub(crate) struct Operation {
    /// In lower case, as documents have it.
    pub(crate) method: String,
    pub(crate) id: Option<String>,
    /// Whether it can't be asked with its path alone.
    pub(crate) needs_more: bool,
    /// Whether it asks for credentials.
    pub(crate) is_secured: bool,
    /// `200`, `2XX`, `default`.
    answers: Vec<String>,
}

impl Operation {
    pub(crate) fn read(
        document: &Value,
        (template, method): (&str, &str),
        shared: Option<&Value>,
        operation: &Value,
    ) -> Result<Self, String> {
        if !operation.is_object() {
            return Err("no object".to_owned());
        }
        let parameters = parameters(document, shared).chain(parameters(document, operation.get("parameters")));
        let parameters: Vec<&Value> = parameters.collect();
        let is_there = |name: &str| parameters.iter().any(|one| one["in"] == "path" && one["name"] == name);
        if let Some(name) = names(template).find(|name| !is_there(name)) {
            return Err(format!("no parameter for {{{name}}}"));
        }
        let answers: Vec<String> =
            operation["responses"].as_object().map(|answers| answers.keys().cloned().collect()).unwrap_or_default();
        if answers.is_empty() {
            return Err("no responses".to_owned());
        }
        if let Some(answer) = answers.iter().find(|answer| !is_answer(answer)) {
            return Err(format!("the response {answer} is no status"));
        }
        let is_needed = |one: &&Value| one["required"] == true && one["in"] != "path";
        let security = operation.get("security").or(document.get("security"));
        Ok(Self {
            method: method.to_owned(),
            id: operation["operationId"].as_str().map(str::to_owned),
            needs_more: parameters.iter().any(is_needed),
            is_secured: security.and_then(Value::as_array).is_some_and(|ways| !ways.is_empty()),
            answers,
        })
    }

    /// Whether an answer with this status is described.
    pub(crate) fn describes(&self, status: u16) -> bool {
        let (exact, hundreds) = (status.to_string(), format!("{}XX", status / 100));
        self.answers
            .iter()
            .any(|answer| *answer == exact || answer.to_ascii_uppercase() == hundreds || answer == "default")
    }

    /// Whether nobody in particular may be answered so: as it is described, or sent away where credentials are asked for.
    pub(crate) fn allows(&self, status: u16) -> bool {
        self.describes(status) || (self.is_secured && matches!(status, 401 | 403))
    }

    /// The described answers, for people.
    pub(crate) fn described(&self) -> String {
        self.answers.join(", ")
    }
}

/// The parameters of a list, each looked up where it is referred to.
fn parameters<'d>(document: &'d Value, list: Option<&'d Value>) -> impl Iterator<Item = &'d Value> {
    let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(move |one| resolved(document, one))
}

/// The names in braces of a path.
pub(crate) fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn is_answer(text: &str) -> bool {
    let status = |text: &str| text.len() == 3 && text.starts_with(|first: char| ('1'..='5').contains(&first));
    let rest = |text: &str| text[1..].eq_ignore_ascii_case("XX") || text[1..].bytes().all(|byte| byte.is_ascii_digit());
    text == "default" || text.starts_with("x-") || (text.is_ascii() && status(text) && rest(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(operation: &Value) -> Result<Operation, String> {
        let document = json!({ "components": { "q": { "name": "q", "in": "query", "required": true } } });
        Operation::read(&document, ("/a", "get"), None, operation)
    }

    #[test]
    fn answers_are_described_exactly_by_hundreds_or_all() {
        for (answer, statuses) in [
            ("200", [true, false, false]),
            ("2XX", [true, true, false]),
            ("2xx", [true, true, false]),
            ("default", [true; 3]),
        ] {
            let operation = read(&json!({ "responses": { answer: {} } })).unwrap();
            assert_eq!([200, 204, 404].map(|status| operation.describes(status)), statuses, "{answer}");
        }
        for wrong in ["20", "2000", "600", "2X0", "ok", "２00"] {
            assert!(read(&json!({ "responses": { wrong: {} } })).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_needed_is_seen_also_where_it_is_referred_to() {
        let operation = json!({
            "responses": { "200": {} }, "parameters": [{ "$ref": "#/components/q" }], "security": [{ "bearer": [] }],
        });
        let operation = read(&operation).unwrap();
        assert!(operation.needs_more && operation.is_secured);
        let operation = read(&json!({ "responses": { "200": {} }, "security": [] })).unwrap();
        assert!(!operation.needs_more && !operation.is_secured);
        assert_eq!(names("/a/{b}/c/{d}").collect::<Vec<_>>(), ["b", "d"]);
    }
}
