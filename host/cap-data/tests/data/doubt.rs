//! Servers and proxies that say something else in the middle of a write than what has become of it.

use std::{
    io::{self, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use holdpoint_cap_data::{Act, Response, TroubleKind};
use holdpoint_model::{CallError, grant::StoreKind};

use crate::{
    nothing::{of, saying},
    phase::{Asked, get, put},
};

/// Whether it is in doubt.
async fn doubted(asked: &Asked, act: Act) -> bool {
    matches!(asked.ask(act).await, Err(CallError::InDoubt(_)))
}

/// A server that gives each of its visitors to this.
fn serving(serve: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    address
}

/// A web server that answers so.
fn web(status: &str, body: &str) -> Asked {
    let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    of(StoreKind::ClickHouse, &saying(answer, false))
}

/// A Redis that lets everybody in, and answers so from then on.
fn redis(answer: &'static str) -> Asked {
    let address = serving(move |mut stream| {
        let (mut heard, mut answers) = ([0; 4_096], ["+OK\r\n"].into_iter().chain(std::iter::repeat(answer)));
        while stream.read(&mut heard)? > 0 {
            stream.write_all(answers.next().unwrap_or_default().as_bytes())?;
        }
        Ok(())
    });
    of(StoreKind::Redis, &address)
}

/// A message of PostgreSQL.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind][..], &length, body].concat()
}

/// What says that it has done so much.
fn done() -> Vec<u8> {
    message(b'C', b"INSERT 0 1\0")
}

/// An error with this code.
fn failed(code: &str) -> Vec<u8> {
    message(b'E', format!("SERROR\0C{code}\0Mit failed\0\0").as_bytes())
}

/// Hears one message: its kind, and what it says.
fn hear(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let mut body = vec![0_u8; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut body)?;
    Ok((kind, body))
}

/// A PostgreSQL that lets everybody in, and answers so to what is run and to its commit. It knows of texts with two parameters and no rows.
fn postgresql(run: &[u8], commit: &[u8]) -> Asked {
    let (run, commit) = (run.to_vec(), commit.to_vec());
    let address = serving(move |mut stream| {
        // Who begins says no kind.
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        stream.read_exact(&mut vec![0_u8; u32::from_be_bytes(length) as usize - 4])?;
        let ready = message(b'Z', b"I");
        stream.write_all(&[message(b'R', &[0; 4]), ready.clone()].concat())?;
        loop {
            let answer = match hear(&mut stream)? {
                (b'Q', text) if text.starts_with(b"commit") => [commit.clone(), ready.clone()].concat(),
                (b'Q' | b'S', _) => ready.clone(),
                (b'P', _) => message(b'1', b""),
                (b'D', _) => [message(b't', &[0, 2, 0, 0, 0, 25, 0, 0, 0, 25]), message(b'n', b"")].concat(),
                (b'B', _) => message(b'2', b""),
                (b'E', _) => run.clone(),
                (b'C', _) => message(b'3', b""),
                _ => return Ok(()),
            };
            stream.write_all(&answer)?;
        }
    });
    of(StoreKind::PostgreSql, &address)
}

#[tokio::test]
async fn a_write_to_clickhouse_that_a_proxy_answers_is_in_doubt() {
    for (status, body, kind) in [
        ("502 Bad Gateway", "no", TroubleKind::Wrong),
        ("500 Internal Server Error", "Code: 209. DB::Exception: Timeout exceeded", TroubleKind::Late),
        ("500 Internal Server Error", "Code: 241. DB::Exception: Memory limit exceeded", TroubleKind::Full),
    ] {
        let asked = web(status, body);
        assert!(doubted(&asked, put("a", "b")).await, "{body}");
        assert_eq!(asked.trouble(get("a")).await.0, kind, "what reads is not in doubt: {body}");
    }
    let denies = web("403 Forbidden", "Code: 497. DB::Exception: Not enough privileges");
    assert_eq!(denies.trouble(put("a", "b")).await.0, TroubleKind::Forbidden);
}

#[tokio::test]
async fn a_write_to_redis_without_a_reason_of_its_own_is_in_doubt() {
    for answer in ["?\r\n", "-ERR upstream failure\r\n", "-upstream failure\r\n"] {
        let asked = redis(answer);
        assert!(doubted(&asked, put("a", "b")).await, "{answer}");
        assert_eq!(asked.trouble(get("a")).await.0, TroubleKind::Wrong, "{answer}");
    }
    for (answer, kind) in [
        ("-OOM command not allowed when used memory > 'maxmemory'\r\n", TroubleKind::Full),
        ("-NOREPLICAS Not enough good replicas to write.\r\n", TroubleKind::ReadOnly),
    ] {
        assert_eq!(redis(answer).trouble(put("a", "b")).await.0, kind, "{answer}");
    }
    assert_eq!(redis("+OK\r\n").ask(put("a", "b")).await, Ok(Response::Done));
}

#[tokio::test]
async fn a_write_to_postgresql_whose_connection_is_lost_is_in_doubt() {
    assert_eq!(postgresql(&done(), &done()).ask(put("a", "b")).await, Ok(Response::Done));
    // Codes that say so, a message that stands nowhere, and an error that says nothing.
    for lost in [failed("08006"), failed("40003"), message(b'n', b""), message(b'E', b"\0")] {
        let what = String::from_utf8_lossy(&lost);
        assert!(doubted(&postgresql(&lost, &done()), put("a", "b")).await, "while it is run: {what}");
        assert!(doubted(&postgresql(&done(), &lost), put("a", "b")).await, "while it is committed: {what}");
    }
    let refused = failed("23505");
    for asked in [postgresql(&refused, &done()), postgresql(&done(), &refused)] {
        assert_eq!(asked.trouble(put("a", "b")).await.0, TroubleKind::Wrong);
    }
}
