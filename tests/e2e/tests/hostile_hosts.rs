//! Guests that look for hosts and paths beside those that were granted. The forbidden server must never hear of them.

use holdpoint_e2e::{
    hostile::{Attack, Held, Hostile, Surroundings},
    server::{Reply, Server, answer},
};

fn forbidden() -> Server {
    Server::start(|_| answer("200 OK", "you should not see this"))
}

/// The acts, one by one, against a backend and beside a server that is forbidden; all must be refused.
#[track_caller]
fn refused(backend: &Server, forbidden: &Server, http: &str, acts: &[String]) -> Held {
    let around = Surroundings { backend: &backend.url(), ..Surroundings::default() };
    let held = Attack::within(&around, &[Hostile { acts: &acts.join(", "), http, ..Hostile::default() }]).held(0);
    assert_eq!(forbidden.seen(), [""; 0], "the forbidden server heard of it");
    assert!(held.denials().iter().all(|(_, remedy)| !remedy.is_empty()), "{:?}", held.denials());
    held
}

fn url(url: &str) -> String {
    format!("{{ act = \"send\", url = \"{url}\" }}")
}

#[track_caller]
fn denied(held: &Held, act: usize, words: &str) {
    assert!(held.act(act).starts_with("denied http") && held.act(act).contains(words), "act {act}: {}", held.act(act));
}

#[test]
fn a_host_without_a_grant_is_denied_in_every_spelling() {
    let (backend, forbidden) = (idle_backend(), forbidden());
    let port = forbidden.port();
    let acts: Vec<String> = [
        "evil.example.com".to_owned(),
        format!("127.1:{port}"),
        format!("2130706433:{port}"),
        format!("0x7f000001:{port}"),
        format!("0177.0.0.1:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("[64:ff9b::7f00:1]:{port}"),
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        "169.254.169.254".into(),
    ]
    .iter()
    .map(|host| url(&format!("http://{host}/")))
    .collect();
    let held = refused(&backend, &forbidden, r#"{ services = ["backend"], methods = ["GET"] }"#, &acts);
    for act in 0..acts.len() {
        denied(&held, act, "no grant covers host");
    }
    let (_, remedy) = &held.denials()[0];
    assert!(remedy.contains(r#"hosts = ["evil.example.com"]"#), "{remedy}");
}

#[test]
fn a_granted_name_that_leads_to_this_machine_is_denied_unless_the_operator_leads_it_there() {
    let (backend, forbidden) = (idle_backend(), forbidden());
    let port = forbidden.port();
    let hosts = [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("[64:ff9b::7f00:1]:{port}"),
    ];
    let acts: Vec<String> = hosts.iter().map(|host| url(&format!("http://{host}/"))).collect();
    let http = format!("{{ hosts = {hosts:?}, methods = [\"GET\"] }}");
    let held = refused(&backend, &forbidden, &http, &acts);
    for act in 0..acts.len() {
        denied(&held, act, "a loopback address");
    }
    assert!(held.denials()[0].1.contains("connect-to"), "{:?}", held.denials());
}

/// The granted service, which leads elsewhere.
fn leading(forbidden: &Server) -> Server {
    let port = forbidden.port();
    Server::start(move |request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let to = match path {
            "/r/host" => format!("http://127.0.0.1:{port}/"),
            "/r/name" => "https://evil.example.com/".to_owned(),
            "/r/path" => "/secret".to_owned(),
            "/r/up" => "/r/../secret".to_owned(),
            "/r/scheme" => format!("//127.0.0.1:{port}/r/x"),
            "/r/user" => format!("http://user:password@127.0.0.1:{port}/r/x"),
            _ => return answer("200 OK", "you should not see this"),
        };
        Reply::Send(vec![format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes()])
    })
}

#[test]
fn a_redirect_is_asked_for_like_a_request() {
    let forbidden = forbidden();
    let backend = leading(&forbidden);
    let ways = ["host", "name", "path", "up", "scheme", "user"];
    let acts: Vec<String> =
        ways.iter().map(|way| format!("{{ act = \"send\", path = \"/r/{way}\", follow = 3 }}")).collect();
    let http = r#"{ services = ["backend"], methods = ["GET"], paths = ["/r"] }"#;
    let held = refused(&backend, &forbidden, http, &acts);
    for (act, words) in [
        "no grant covers host 127.0.0.1",
        "no grant covers host evil.example.com",
        "/secret",
        "/secret",
        "no grant covers host 127.0.0.1",
        "the URL names a user",
    ]
    .iter()
    .enumerate()
    {
        denied(&held, act, words);
    }
    assert_eq!(backend.seen().len(), ways.len(), "only the first hop of each was sent: {:?}", backend.seen());
}

/// A granted service, for those that have no use for it.
fn idle_backend() -> Server {
    forbidden()
}

#[test]
fn what_would_change_the_destination_is_denied() {
    let (backend, forbidden) = (idle_backend(), forbidden());
    let port = forbidden.port();
    let header =
        |name: &str| format!("{{ act = \"send\", path = \"/\", headers = [[\"{name}\", \"127.0.0.1:{port}\"]] }}");
    let path = |path: &str| format!("{{ act = \"send\", path = \"{path}\" }}");
    let acts = [
        header("Host"),
        header("connection"),
        header("transfer-encoding"),
        header("x-a\\r\\nhost"),
        url(&format!("http://user@127.0.0.1:{}/", backend.port())),
        url(&format!("http://127.0.0.1:{}@127.0.0.1:{port}/", backend.port())),
        path(&format!("//127.0.0.1:{port}/")),
        path(&format!("@127.0.0.1:{port}/")),
        path("/a/../../secret"),
        path("/%2e%2e/secret"),
        path("/a%2f..%2fsecret"),
        path("/a\\\\secret"),
        path("/ HTTP/1.1\\r\\nhost: evil\\r\\n"),
        path("/a\\u0000"),
        path("health"),
    ];
    let held = refused(&backend, &forbidden, r#"{ services = ["backend"], methods = ["GET"] }"#, &acts);
    assert_eq!(backend.seen(), [""; 0], "nothing of it was sent at all");
    for (act, words) in [(0, "the header host is the host's"), (4, "the URL names a user"), (6, "two slashes")] {
        denied(&held, act, words);
    }
}
