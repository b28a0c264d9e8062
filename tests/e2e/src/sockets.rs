//! A server of WebSockets that behaves as the path says, well and badly. It knows nothing of Holdpoint.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use futures::{SinkExt as _, StreamExt as _};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderValue, StatusCode, header},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// The subprotocol that it speaks.
pub const SUBPROTOCOL: &str = "chat.v1";
/// What `/ws/close` closes with.
pub const CODE: u16 = 4_001;

/// A running server on a free port of 127.0.0.1. Dropped, it takes no more connections and all sockets end.
pub struct Sockets {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sockets {
    /// Starts it.
    pub fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (stop, stopped) = oneshot::channel();
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let noted = seen.clone();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let serving = async {
                    while let Ok((stream, _)) = listener.accept().await {
                        tokio::spawn(serve(stream, noted.clone()));
                    }
                };
                tokio::select! {
                    () = serving => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, seen, stop: Some(stop), thread: Some(thread) }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where it is, e.g. `http://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came, in order: `open PATH`, `origin VALUE`, `text CONTENT`, `binary LENGTH`, `close CODE`, `gone`.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        drop(self.stop.take());
        // One that panicked has said so.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What the head of the request says.
#[derive(Default)]
struct Asked {
    path: String,
    authorization: String,
}

#[expect(clippy::result_large_err, reason = "the library wants it so")]
fn answer(
    request: &Request,
    mut response: Response,
    asked: &mut Asked,
    note: &impl Fn(String),
) -> Result<Response, ErrorResponse> {
    let said = |name: header::HeaderName| {
        let value = request.headers().get(name).map(HeaderValue::as_bytes).unwrap_or_default();
        String::from_utf8_lossy(value).into_owned()
    };
    *asked = Asked { path: request.uri().path().to_owned(), authorization: said(header::AUTHORIZATION) };
    note(format!("open {}", asked.path));
    if !said(header::ORIGIN).is_empty() {
        note(format!("origin {}", said(header::ORIGIN)));
    }
    if asked.path == "/ws/refuse" {
        let mut refusal = ErrorResponse::new(Some("not you".to_owned()));
        *refusal.status_mut() = StatusCode::FORBIDDEN;
        return Err(refusal);
    }
    let chosen = match asked.path.as_str() {
        "/ws/other" => Some("other"),
        _ if said(header::SEC_WEBSOCKET_PROTOCOL).split(", ").any(|name| name == SUBPROTOCOL) => Some(SUBPROTOCOL),
        _ => None,
    };
    if let Some(chosen) = chosen {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(chosen));
    }
    Ok(response)
}

async fn serve(stream: TcpStream, seen: Arc<Mutex<Vec<String>>>) {
    let note = move |text: String| seen.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    let mut asked = Asked::default();
    let accepted = {
        let (asked, note) = (&mut asked, &note);
        #[expect(clippy::result_large_err, reason = "the library wants it so")]
        let callback = move |request: &Request, response: Response| answer(request, response, asked, note);
        accept_hdr_async(stream, callback).await
    };
    let Ok(mut socket) = accepted else { return };
    // A socket that breaks off is the other side's affair.
    let _ = behave(&mut socket, &asked, &note).await;
    note("gone".to_owned());
}

type Broken = tokio_tungstenite::tungstenite::Error;

async fn behave(socket: &mut WebSocketStream<TcpStream>, asked: &Asked, note: &impl Fn(String)) -> Result<(), Broken> {
    match asked.path.as_str() {
        // It reads nothing and answers nothing, as a machine that has lost its network does.
        "/ws/silent" => std::future::pending::<()>().await,
        "/ws/drop" => return Ok(()),
        "/ws/close" => {
            let frame = CloseFrame { code: CloseCode::from(CODE), reason: "told so".into() };
            socket.send(Message::Close(Some(frame))).await?;
        }
        "/ws/big" => socket.send(Message::binary(vec![7; (1 << 20) + 1])).await?,
        "/ws/whoami" => {
            socket.send(Message::text(format!("you are {}", asked.authorization))).await?;
            socket.send(Message::binary(format!("again {}", asked.authorization).into_bytes())).await?;
        }
        "/ws/many" => {
            for number in 0..300 {
                socket.send(Message::text(number.to_string())).await?;
            }
        }
        "/ws/ping" => socket.send(Message::Ping(b"are you there".to_vec().into())).await?,
        _ => {}
    }
    while let Some(message) = socket.next().await {
        match message? {
            Message::Text(text) => {
                note(format!("text {text}"));
                socket.send(Message::Text(text)).await?;
            }
            Message::Binary(bytes) => {
                note(format!("binary {}", bytes.len()));
                socket.send(Message::Binary(bytes)).await?;
            }
            Message::Pong(payload) => note(format!("pong {}", String::from_utf8_lossy(&payload))),
            Message::Close(frame) => note(format!("close {}", frame.map_or(1005, |frame| frame.code.into()))),
            Message::Ping(_) | Message::Frame(_) => {}
        }
    }
    Ok(())
}
