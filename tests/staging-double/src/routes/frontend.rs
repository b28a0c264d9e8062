//! The frontend's own route: the page.

use std::sync::Arc;

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use super::answering::Shared;

const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>Netra (staging)</title></head>
<body><main id=\"app\"><h1>Netra</h1><p><a href=\"/login\">Log in</a></p></main></body>
</html>
";

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/", get(|| async { Html(PAGE) }))
}
