//! What a user's module calls: `holdpoint:http`, `holdpoint:websocket`, `holdpoint:clock` and `holdpoint:user`.

use holdpoint_cap_http::{Http, Request, user::IDENTITY};
use holdpoint_cap_websocket::Websocket;
use holdpoint_model::{Answer, Timestamp};

use super::{bindings::holdpoint::user::user, state::UserState};
use crate::{
    bindings::holdpoint::{
        clock::clock,
        http::http,
        types::types::{self, CallError},
    },
    host::{response, websocket::Caller},
    state::halted,
};

/// Requests of one batch. They are sent one after the other.
const BATCH: usize = 64;
/// The longest sleep.
const LONGEST_SLEEP: f64 = 60_000.0;

impl types::Host for UserState {}

impl http::Host for UserState {
    async fn send(&mut self, request: http::Request) -> wasmtime::Result<Result<http::Response, CallError>> {
        self.called()?;
        let (call, client, crowd) = (self.guest.calls(), self.beside(&self.client), self.crowd.clone());
        let sent = self.guest.call::<Http, _>(&client, crowd.grants(), Request::from(request)).await;
        self.compute.returned();
        Ok(match sent.map_err(halted)? {
            Ok(answer) => Ok(response(call, answer, vec![])),
            Err(error) => Err(error.into()),
        })
    }

    async fn send_all(
        &mut self,
        requests: Vec<http::Request>,
        _concurrency: u32,
    ) -> wasmtime::Result<Vec<Result<http::Response, CallError>>> {
        if requests.len() > BATCH {
            let exhausted = format!("a batch of a user takes {BATCH} requests, and {} were given", requests.len());
            return Ok(requests.iter().map(|_| Err(CallError::Exhausted(exhausted.clone()))).collect());
        }
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            answers.push(self.send(request).await?);
        }
        Ok(answers)
    }
}

impl Caller for UserState {
    fn calls(&self) -> u32 {
        self.guest.calls()
    }

    async fn websocket(
        &mut self,
        request: holdpoint_cap_websocket::Request,
    ) -> wasmtime::Result<Answer<holdpoint_cap_websocket::Response>> {
        self.called()?;
        let (sockets, crowd) = (self.beside(&self.sockets), self.crowd.clone());
        let answered = self.guest.call::<Websocket, _>(&sockets, crowd.grants(), request).await;
        self.compute.returned();
        answered.map_err(halted)
    }
}

impl UserState {
    fn called(&mut self) -> wasmtime::Result<()> {
        self.compute.called().map_err(wasmtime::Error::msg)
    }

    /// Waits. The iteration's deadline bounds what it comes to.
    async fn wait(&mut self, milliseconds: f64) -> wasmtime::Result<Result<(), CallError>> {
        self.called()?;
        self.client.settle();
        if !milliseconds.is_finite() || milliseconds > LONGEST_SLEEP {
            return Ok(Err(CallError::Exhausted("a user sleeps one minute at once".into())));
        }
        tokio::time::sleep(std::time::Duration::from_secs_f64(milliseconds.max(0.0) / 1_000.0)).await;
        self.compute.returned();
        Ok(Ok(()))
    }
}

impl clock::Host for UserState {
    async fn now(&mut self) -> wasmtime::Result<f64> {
        self.called()?;
        Ok(UserState::now(self).0)
    }

    async fn sleep(&mut self, milliseconds: u32) -> wasmtime::Result<Result<(), CallError>> {
        self.wait(f64::from(milliseconds)).await
    }

    async fn sleep_until(&mut self, time: f64) -> wasmtime::Result<Result<(), CallError>> {
        let Timestamp(now) = UserState::now(self);
        self.wait(time - now).await
    }
}

impl user::Host for UserState {
    fn number(&mut self) -> wasmtime::Result<u32> {
        self.called()?;
        Ok(self.number)
    }

    fn canary(&mut self) -> wasmtime::Result<String> {
        self.called()?;
        Ok(self.canary.text())
    }

    fn identity(&mut self) -> wasmtime::Result<Option<String>> {
        self.called()?;
        Ok(self.client.has_identity().then(|| IDENTITY.to_owned()))
    }

    fn random(&mut self) -> wasmtime::Result<u32> {
        self.called()?;
        Ok(self.random.next())
    }

    fn check(&mut self, name: String, good: bool) -> wasmtime::Result<bool> {
        self.called()?;
        Ok(self.client.judge(&name, good))
    }

    fn deliberate(&mut self) -> wasmtime::Result<()> {
        self.called()?;
        self.client.deliberate();
        Ok(())
    }

    fn note(&mut self, text: String) -> wasmtime::Result<()> {
        self.called()?;
        UserState::note(self, &text);
        Ok(())
    }
}
