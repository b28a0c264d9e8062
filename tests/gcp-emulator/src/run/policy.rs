//! Who may do what with a service: the policy, read and written as a whole. Enforces nothing but its own etag.

use serde_json::{Value, json};

use crate::exchange::{Answer, etag};

const MOST_BINDINGS: usize = 100;

#[derive(Debug, Clone, Default)]
pub(super) struct Policy {
    version: u64,
    bindings: Vec<Value>,
}

impl Policy {
    /// Everybody may call the service.
    pub(super) fn open() -> Policy {
        Policy { version: 1, bindings: vec![json!({"role": "roles/run.invoker", "members": ["allUsers"]})] }
    }

    pub(super) fn view(&self) -> Value {
        let mut view = json!({"version": 1, "etag": etag(self.version)});
        if let (false, Some(fields)) = (self.bindings.is_empty(), view.as_object_mut()) {
            fields.insert("bindings".to_owned(), json!(self.bindings));
        }
        view
    }

    /// Takes the policy of a body, if it was made from the current one.
    pub(super) fn replace(&mut self, body: &Value) -> Result<(), Answer> {
        let policy = body.get("policy").ok_or_else(|| Answer::refuse(400, "policy: must be set."))?;
        let based_on = policy.get("etag").and_then(Value::as_str).filter(|etag| !etag.is_empty());
        if based_on.is_some_and(|based_on| based_on != etag(self.version)) {
            let message = "There were concurrent policy changes. Please retry the whole read-modify-write with \
                           exponential backoff.";
            return Err(Answer::refuse(409, message));
        }
        let bindings = policy.get("bindings").and_then(Value::as_array).cloned().unwrap_or_default();
        if bindings.len() > MOST_BINDINGS {
            return Err(Answer::refuse(400, "policy.bindings: more than 100"));
        }
        self.bindings = bindings;
        self.version += 1;
        Ok(())
    }

    /// Whether everybody may call the service.
    pub(super) fn is_open(&self) -> bool {
        self.bindings.iter().any(|binding| {
            let members = binding.get("members").and_then(Value::as_array);
            binding.get("role") == Some(&json!("roles/run.invoker"))
                && members.is_some_and(|members| members.contains(&json!("allUsers")))
        })
    }
}
