//! The frontend's own routes: the page, and the style sheet and the script that it is made of. The script makes what people see, and asks how the
//! system is.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;

use super::answering::{Shared, failure};
use crate::change::{Change, PageFault, PagePart, Thrown};
use crate::service::Service;

const DOCUMENT: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<title>Netra (staging)</title>
<link rel=\"icon\" href=\"data:,\">
<link rel=\"stylesheet\" href=\"/app.css\">
<script src=\"/app.js\" defer></script>
</head>
<body><main id=\"app\"></main></body>
</html>
";

const STYLE: &str = "body { margin: 2rem; font-family: sans-serif; color: #1d2433 }
h1 { font-size: 3rem; border-bottom: 2px solid #3b6df0 }
";

const SCRIPT: &str = "const app = document.getElementById('app');
const show = (element, text, more) => app.append(Object.assign(document.createElement(element), { textContent: text }, more));
show('h1', 'Netra');
show('a', 'Log in', { href: '/login' });
fetch('/health').then((answer) => answer.json()).then((health) => show('p', `The system is ${health.status}.`));
";

/// What goes wrong behind the script.
const ERROR: &str = "null.user;\n";
const REJECTION: &str = "Promise.reject(new Error('nobody is logged in'));\n";

pub(super) fn routes() -> Router<Arc<Shared>> {
    [PagePart::Document, PagePart::Style, PagePart::Script].into_iter().fold(Router::new(), |router, part| {
        router.route(part.path(), get(move |State(shared): State<Arc<Shared>>| serve(shared, part)))
    })
}

async fn serve(shared: Arc<Shared>, part: PagePart) -> Response<Body> {
    let mut script = SCRIPT.to_owned();
    for change in shared.switchboard.changes(Service::Frontend).iter() {
        let Change::Page(fault) = change else { continue };
        match *fault {
            PageFault::Late { part: late, delay } if late == part => tokio::time::sleep(delay).await,
            PageFault::Missing(missing) if missing == part => return failure(StatusCode::NOT_FOUND, "not found"),
            PageFault::Late { .. } | PageFault::Missing(_) => {}
            PageFault::Throws(Thrown::Error) => script.push_str(ERROR),
            PageFault::Throws(Thrown::Rejection) => script.push_str(REJECTION),
            PageFault::Empty => script.clear(),
        }
    }
    let (kind, text) = match part {
        PagePart::Document => ("text/html", DOCUMENT.to_owned()),
        PagePart::Style => ("text/css", STYLE.to_owned()),
        PagePart::Script => ("text/javascript", script),
    };
    ([(CONTENT_TYPE, format!("{kind}; charset=utf-8"))], text).into_response()
}
