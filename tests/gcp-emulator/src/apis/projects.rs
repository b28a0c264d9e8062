//! Resource Manager: the one project. Makes and changes none.

use serde_json::json;

use crate::cloud::{Around, not_emulated};
use crate::exchange::{Answer, Call};

pub(crate) fn answer(call: &Call, around: &Around<'_>) -> Result<Answer, Answer> {
    let name = call.path.strip_prefix("/v1/projects/").filter(|_| call.method == "GET");
    let name = name.ok_or_else(|| not_emulated(call))?;
    around.project.expect(name)?;
    Ok(Answer::json(&json!({
        "projectId": around.project.id,
        "projectNumber": around.project.number.to_string(),
        "name": around.project.id,
        "lifecycleState": "ACTIVE",
        "createTime": "2025-01-01T00:00:00.000Z",
    })))
}
