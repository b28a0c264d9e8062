//! A user of the double: a token, one connection, and the chat.

use axum::body::Body;
use axum::http::{Method, Request};
use futures::{SinkExt, StreamExt};
use holdpoint_staging_double::{Adjustment, Double, Fault, FaultSetting, Service, TEST_SIGNING_KEY, minted};
use hyper::client::conn::http1::SendRequest;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::client::{Answer, exchange, open};

pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) token: String,
    connection: SendRequest<Body>,
}

impl User {
    pub(crate) async fn new(double: &Double, id: &str) -> anyhow::Result<User> {
        let connection = open(TcpStream::connect(double.address(Service::Backend)).await?).await?;
        Ok(User { id: id.to_owned(), token: minted(TEST_SIGNING_KEY, id, &format!("name of {id}")), connection })
    }

    pub(crate) async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> anyhow::Result<Answer> {
        let request = request.header("authorization", format!("Bearer {}", self.token)).body(body)?;
        exchange(&mut self.connection, request).await
    }

    pub(crate) async fn call(&mut self, method: Method, path: &str, body: Value) -> anyhow::Result<Answer> {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(Request::builder().method(method).uri(path), body).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.call(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> anyhow::Result<Answer> {
        self.call(Method::POST, path, body).await
    }

    pub(crate) async fn put(&mut self, path: &str, body: Value) -> anyhow::Result<Answer> {
        self.call(Method::PUT, path, body).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.call(Method::DELETE, path, Value::Null).await
    }

    /// Starts an agent; gives its path.
    pub(crate) async fn agent(&mut self) -> anyhow::Result<String> {
        let answer = self.post("/api/agents", json!({ "name": "Scout", "prompt": format!("for {}", self.id) })).await?;
        assert_eq!(answer.status, 201);
        Ok(format!("/api/agents/{}", answer.json()?["id"].as_str().expect("an id")))
    }
}

pub(crate) struct Chat(WebSocketStream<TcpStream>);

impl Chat {
    pub(crate) async fn new(double: &Double, user: &User) -> anyhow::Result<Chat> {
        let address = double.address(Service::Backend);
        let mut request = format!("ws://{address}/ws/chat").into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {}", user.token).parse()?);
        request.headers_mut().insert("sec-websocket-protocol", "chat.v1".parse()?);
        Ok(Chat(client_async(request, TcpStream::connect(address).await?).await?.0))
    }

    pub(crate) async fn say(&mut self, message: Message) -> anyhow::Result<()> {
        Ok(self.0.send(message).await?)
    }

    pub(crate) async fn ask(&mut self, id: u32, text: &str) -> anyhow::Result<()> {
        self.say(Message::text(json!({ "type": "message", "id": id, "text": text }).to_string())).await
    }

    pub(crate) async fn next(&mut self) -> Option<Message> {
        self.0.next().await.and_then(Result::ok)
    }

    /// What comes until the answer to a ping, which comes after all that was asked for.
    pub(crate) async fn events(&mut self) -> anyhow::Result<Vec<Value>> {
        self.say(Message::Ping("over".into())).await?;
        let mut events = Vec::new();
        loop {
            match self.next().await {
                Some(Message::Text(text)) => events.push(serde_json::from_str(&text)?),
                Some(Message::Pong(_)) => return Ok(events),
                other => anyhow::bail!("unexpected {other:?} after {events:?}"),
            }
        }
    }
}

/// A fault with what is said of it.
pub(crate) fn fault(name: &str, by: Adjustment) -> FaultSetting {
    Fault::named(name).expect("it is listed").settle(1).adjusted(by).expect("it fits")
}
