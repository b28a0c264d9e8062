//! Effects whose answer was lost are looked up.

use holdpoint_cap_http::Header;
use holdpoint_gate::Halt;
use holdpoint_model::CallError;

use crate::{
    phase::{Phase, Terms, post},
    server::{Reply, Server, answer},
};

async fn settling(status: &'static str) -> (Server, Phase) {
    let server = Server::start(move |_| Reply::Send(answer(status, b"{\"number\":1}"))).await;
    let terms = Terms { read_back: Some("/effects/{key}"), settles: true, ..Terms::at(server.address) };
    let phase = Phase::new(terms);
    (server, phase)
}

#[tokio::test]
async fn an_effect_that_happened_gives_its_answer() {
    let (server, phase) = settling("200 OK").await;
    let mut request = post("/effects", "{}");
    request.headers = vec![Header::new("authorization", "$KEY"), Header::new("content-type", "application/json")];
    let response = phase.send(request).await.unwrap();
    assert_eq!(response.body.bytes(), b"{\"number\":1}");
    let seen = server.seen().remove(0);
    assert!(seen.starts_with("GET /effects/RUN%2Fhealth%2F0 HTTP/1.1\r\n"), "{seen}");
    assert!(
        seen.contains("authorization: the-real-key\r\n")
            && !seen.contains("content-type")
            && !seen.contains("idempotency"),
        "{seen}"
    );
}

#[tokio::test]
async fn an_effect_that_is_not_there_did_not_happen() {
    for status in ["404 Not Found", "410 Gone"] {
        let (_server, phase) = settling(status).await;
        assert_eq!(phase.try_send(post("/effects", "{}")).await, Err(Halt::Journal("not happened".into())));
    }
}

#[tokio::test]
async fn what_can_not_be_read_back_stays_in_doubt() {
    for status in ["500 Oops", "302 Found", "401 Who"] {
        let (_server, phase) = settling(status).await;
        let answer = phase.send(post("/effects", "{}")).await;
        assert!(
            matches!(&answer, Err(CallError::InDoubt(text)) if text.contains("reading back answered")),
            "{answer:?}"
        );
    }
    let (server, _) = settling("200 OK").await;
    let without = Phase::new(Terms { settles: true, ..Terms::at(server.address) });
    let answer = without.send(post("/effects", "{}")).await;
    assert_eq!(answer, Err(CallError::InDoubt("the grant names no read-back".into())));
}

#[tokio::test]
async fn an_effect_whose_answer_breaks_off_is_read_back_at_once() {
    let server = Server::start(|request| match request.starts_with("POST") {
        true => Reply::Last(vec![]),
        false => Reply::Send(answer("200 OK", b"it happened")),
    })
    .await;
    let phase = Phase::new(Terms { read_back: Some("/effects/{key}"), ..Terms::at(server.address) });
    assert_eq!(phase.send(post("/effects", "{}")).await.unwrap().body.bytes(), b"it happened");
}
