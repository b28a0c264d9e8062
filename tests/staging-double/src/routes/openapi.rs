//! What the backend says of itself: an OpenAPI document of what users ask without harm.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::answering::success;

pub(super) async fn document() -> Response<Body> {
    success(described())
}

fn described() -> Value {
    let answers = json!({ "200": { "description": "as asked" }, "401": { "description": "no token" } });
    let key =
        json!([{ "name": "key", "in": "path", "required": true, "schema": { "type": "string", "example": "note" } }]);
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Netra backend", "version": "1.0.0" },
        "paths": {
            "/api/me": { "get": { "responses": answers } },
            "/api/agents": {
                "get": { "responses": answers },
                "post": { "responses": answers, "requestBody": body("Agent") },
            },
            "/api/state/{key}": {
                "parameters": key,
                "get": { "responses": answers },
                "put": { "responses": answers, "requestBody": body("State") },
            },
        },
        "components": { "schemas": {
            "Agent": {
                "type": "object", "required": ["name", "prompt"], "additionalProperties": false,
                "properties": { "name": { "type": "string" }, "prompt": { "type": "string" } },
            },
            "State": {
                "type": "object", "required": ["value"], "additionalProperties": false,
                "properties": { "value": { "type": "string" } },
            },
        } },
    })
}

fn body(schema: &str) -> Value {
    let reference = format!("#/components/schemas/{schema}");
    json!({ "required": true, "content": { "application/json": { "schema": { "$ref": reference } } } })
}
