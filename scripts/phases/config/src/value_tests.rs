//! Tables of values and the addresses that count in them.

use super::*;

fn shown(value: &str, role: Role) -> Vec<String> {
    let found = addresses(value, role, None);
    found.into_iter().filter(|found| found.meaning != Meaning::Private).map(|found| found.text).collect()
}

#[test]
fn finds_this_machine_wherever_it_stands() {
    for (value, found) in [
        ("localhost", "localhost"),
        ("LOCALHOST:5432", "LOCALHOST:5432"),
        ("http://localhost", "localhost"),
        ("http://localhost:3000/callback?x=1", "localhost:3000"),
        ("https://app.localhost./", "app.localhost."),
        ("postgresql://app:p%40ss@localhost:5432/netra", "localhost:5432"),
        ("postgresql+asyncpg://app@127.0.0.1/netra", "127.0.0.1"),
        ("app:secret@tcp(127.0.0.1:3306)/netra", "127.0.0.1:3306"),
        ("host=localhost port=5432 dbname=netra", "localhost"),
        ("Server=localhost,1433;Database=netra", "localhost"),
        ("jdbc:postgresql://localhost:5432/netra", "localhost:5432"),
        ("mongodb://a.example.com:27017,localhost:27017/netra", "localhost:27017"),
        ("a.example.com, 127.0.0.53 ,b.example.com", "127.0.0.53"),
        ("redis://[::1]:6379/0", "[::1]:6379"),
        ("::1", "[::1]"),
        ("http://[::ffff:127.0.0.1]/", "[::ffff:127.0.0.1]"),
        ("http://127.1/", "127.1"),
        ("http://2130706433:8080/", "2130706433:8080"),
        ("http://0x7f000001/", "0x7f000001"),
        ("http://user@0177.0.0.1/", "0177.0.0.1"),
        ("ws://host.docker.internal:8000/ws", "host.docker.internal:8000"),
        ("--database-url=postgres://gateway.docker.internal/x", "gateway.docker.internal"),
        ("https://accounts.example.com/o?redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcb", "localhost:3000"),
        ("https://a.example.com/?next=http%253A%252F%252F127.0.0.1%252F", "127.0.0.1"),
        (r#"say {\"url\": \"http:\/\/localhost:9\/\"}"#, "localhost:9"),
        ("http://0.0.0.0:8000", "0.0.0.0:8000"),
        ("redis://:pw@0.0.0.0:6379", "0.0.0.0:6379"),
        ("tcp://0:6379", "0:6379"),
        ("host=0.0.0.0 port=5432", "0.0.0.0"),
        ("http://[::]:80/", "[::]:80"),
        ("0.0.0.0:5432", "0.0.0.0:5432"),
        ("worker --redis-host 0.0.0.0", "0.0.0.0"),
        ("worker --db-host=0.0.0.0", "0.0.0.0"),
    ] {
        assert_eq!(shown(value, Role::Other), [found], "{value}");
    }
}

#[test]
fn leaves_alone_what_is_no_address_or_none_to_go_to() {
    for value in [
        "",
        "https://api.example.com/localhost/x",
        "localhost.example.com",
        "use_localhost",
        "127.1",
        "2130706433",
        "1.2.127.1.5",
        "127.0.0.0/8",
        "0.0.0.0/0",
        "0.0.0.0",
        "uvicorn main:app --host 0.0.0.0 --port 8080",
        "gunicorn -b 0.0.0.0:8080 app",
        "gunicorn --bind=0.0.0.0:8080 app",
        "std::vec",
        "a::1b",
        "12:30:45",
        "::",
        "https://user:pw@db.example.com:5432/x",
        "8.8.8.8",
        "0",
        "10%",
    ] {
        assert_eq!(shown(value, Role::Other), [""; 0], "{value}");
    }
}

#[test]
fn the_key_decides_what_a_number_or_an_open_address_means() {
    for (value, role, counts) in [
        ("0.0.0.0", Role::Own, false),
        ("0.0.0.0", Role::Listen, false),
        ("0.0.0.0", Role::Destination, true),
        ("0.0.0.0:80", Role::Own, true),
        ("0.0.0.0:80", Role::Listen, false),
        ("0.0.0.0:8080:80", Role::Listen, false),
        ("http://0.0.0.0:80", Role::Listen, true),
        ("127.1", Role::Own, true),
        ("127.1", Role::Destination, true),
        ("2130706433", Role::Destination, true),
        ("127.0.0.1", Role::Listen, true),
    ] {
        assert_eq!(!shown(value, role).is_empty(), counts, "{value} {role:?}");
    }
}

#[test]
fn an_option_before_it_in_a_list_says_what_an_open_address_is_for() {
    assert!(addresses("0.0.0.0:8080", Role::Other, Some("--bind")).is_empty());
    assert_eq!(addresses("0.0.0.0:8080", Role::Other, Some("connect")).len(), 1);
}

#[test]
fn tells_private_addresses_apart() {
    let found = addresses("postgres://app@10.20.0.3:5432/x", Role::Destination, None);
    assert_eq!(found, [Found { meaning: Meaning::Private, text: "10.20.0.3:5432".to_owned() }]);
}

#[test]
fn takes_any_text() {
    for value in [
        "%",
        "%%%",
        "%zz",
        "[",
        "]",
        "[::",
        "://",
        "@",
        "ü%C3%BC=localhost",
        "::::::",
        ":::1:::",
        "\u{0}",
        "é://é@é",
        "%e9",
    ] {
        let _ = addresses(value, Role::Destination, Some("-"));
    }
}
