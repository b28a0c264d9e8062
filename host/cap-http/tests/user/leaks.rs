//! Whatever place of an answer a foreign canary is in, it is found.

use std::io::Write as _;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::{BodyExt as _, Full};

use crate::{
    server::{Body, Server, whole},
    user::{User, foreign},
};

fn trailers(name: String, value: String) -> Body {
    let mut trailers = HeaderMap::new();
    trailers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    Full::new(Bytes::from("body")).with_trailers(async { Some(Ok(trailers)) }).boxed()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn answer(path: &str) -> Response<Body> {
    let answer = Response::builder();
    let answer = match path {
        "/body" => answer.body(whole(format!("hello {}", foreign()))),
        "/gzip" => answer.header("content-encoding", "gzip").body(whole(gzip(&foreign()))),
        "/header" => answer.header("x-a", format!("of {}", foreign())).body(whole("")),
        "/name" => answer.header(format!("x-{}", foreign()), "a").body(whole("")),
        "/trailer" => answer.body(trailers("x-a".into(), foreign())),
        "/trailers-name" => answer.body(trailers(format!("x-{}", foreign()), "a".into())),
        _ => answer.body(whole("nothing of others")),
    };
    answer.unwrap()
}

#[tokio::test]
async fn a_foreign_canary_is_found_in_every_place() {
    let server = Server::start(&["h2"], |heard| {
        assert!(heard.is_http2());
        answer(heard.head.uri.path())
    })
    .await;
    let mut user = User::towards(server.place());
    for path in ["/body", "/gzip", "/header", "/name", "/trailer", "/trailers-name"] {
        user.get(path).await.unwrap();
        let (exchanged, shown) = user.told();
        assert_eq!(exchanged.len(), 1);
        let [leak] = &shown[..] else { panic!("{path}: {shown:?}") };
        assert_eq!((leak.owner.user, &*leak.route), (1, format!("GET backend {path}").as_str()));
    }
    user.get("/nothing").await.unwrap();
    assert_eq!(user.told().1, []);
    assert_eq!(server.handshakes().len(), 1);
}
