//! `holdpoint:http`. Redirects are followed here, each as a call of its own through the gate.

use holdpoint_cap_http::{DEFAULT_TIMEOUT_MS, Http, Request, Response, Target, redirect};
use holdpoint_gate::BATCH_BYTES;

use crate::{
    bindings::holdpoint::{
        http::http::{self, Header, Hop, Replacement, Timings, TlsFacts},
        types::types::CallError,
    },
    state::{PhaseState, halted},
};

type Sent = Result<http::Response, CallError>;

/// Bounds of a batch.
const REQUESTS: usize = 1_024;
const CONCURRENCY: u32 = 64;
const HOPS: u32 = 10;

impl From<http::Request> for Request {
    fn from(request: http::Request) -> Self {
        Self {
            target: match request.target {
                http::Target::Service(target) => Target::Service { service: target.service, path: target.path },
                http::Target::Url(url) => Target::Url(url),
            },
            method: request.method,
            headers: request
                .headers
                .into_iter()
                .map(|Header { name, value }| holdpoint_cap_http::Header { name, value })
                .collect(),
            body: request.body.into(),
            timeout_ms: request.timeout.unwrap_or(DEFAULT_TIMEOUT_MS).clamp(1, 60_000),
        }
    }
}

/// A response in the words of the contract.
pub(crate) fn response(call: u32, response: Response, hops: Vec<Hop>) -> http::Response {
    let holdpoint_cap_http::Timings { dns, connect, tls, first_byte, total } = response.timings;
    http::Response {
        call,
        status: response.status,
        headers: response.headers.into_iter().map(|header| Header { name: header.name, value: header.value }).collect(),
        body: response.body.bytes().to_vec(),
        truncated: response.truncated,
        length: response.length,
        sha256: response.sha256,
        replaced: response
            .replaced
            .into_iter()
            .map(|one| Replacement { placeholder: one.placeholder, encoding: one.encoding, count: one.count })
            .collect(),
        hops,
        timings: Timings { dns, connect, tls, first_byte, total },
        tls: response.tls.map(|tls| TlsFacts {
            version: tls.version,
            cipher: tls.cipher,
            names: tls.names,
            not_after: tls.not_after,
        }),
        peer: response.peer,
    }
}

impl PhaseState {
    /// Follows redirects from an answer on, as far as the guest wants.
    async fn follow(
        &mut self,
        mut call: u32,
        mut request: Request,
        mut answer: Response,
        follow: u32,
    ) -> wasmtime::Result<Sent> {
        let backend = self.backends.http.clone();
        let mut hops = Vec::new();
        for _ in 0..follow.min(HOPS) {
            let Some(next) = redirect::next(&self.setup.bases, &request, &answer) else { break };
            hops.push(Hop {
                status: answer.status,
                url: redirect::url(&self.setup.bases, &request).map_or_else(String::new, String::from),
                location: answer.header("location").unwrap_or_default().to_owned(),
            });
            call = self.guest.calls();
            let sent = self.guest.call::<Http, _>(&backend, &self.setup.grants, next.clone()).await.map_err(halted)?;
            match sent {
                Ok(next_answer) => (request, answer) = (next, next_answer),
                Err(error) => return Ok(Err(error.into())),
            }
        }
        Ok(Ok(response(call, answer, hops)))
    }
}

impl http::Host for PhaseState {
    async fn send(&mut self, request: http::Request) -> wasmtime::Result<Sent> {
        self.flush(false).await?;
        let (backend, follow, call) = (self.backends.http.clone(), request.follow, self.guest.calls());
        let request = Request::from(request);
        let sent = self.guest.call::<Http, _>(&backend, &self.setup.grants, request.clone()).await.map_err(halted)?;
        match sent {
            Ok(answer) => self.follow(call, request, answer, follow).await,
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn send_all(&mut self, requests: Vec<http::Request>, concurrency: u32) -> wasmtime::Result<Vec<Sent>> {
        self.flush(false).await?;
        if requests.len() > REQUESTS {
            let exhausted = format!("a batch takes {REQUESTS} requests, and {} were given", requests.len());
            self.note(&exhausted);
            return Ok(requests.iter().map(|_| Err(CallError::Exhausted(exhausted.clone()))).collect());
        }
        let (backend, first) = (self.backends.http.clone(), self.guest.calls());
        let follows: Vec<u32> = requests.iter().map(|request| request.follow).collect();
        let requests: Vec<Request> = requests.into_iter().map(Request::from).collect();
        let concurrency = concurrency.clamp(1, CONCURRENCY) as usize;
        let sent = self.guest.call_all::<Http, _>(&backend, &self.setup.grants, requests.clone(), concurrency).await;
        let mut answers = Vec::with_capacity(requests.len());
        let mut bytes: u64 = 0;
        for (((call, request), follow), sent) in (first..).zip(requests).zip(follows).zip(sent.map_err(halted)?) {
            let answer = match sent {
                Ok(answer) => self.follow(call, request, answer, follow).await?,
                Err(error) => Err(error.into()),
            };
            // The gate bounds what the batch itself brings; redirects bring more, one after the other.
            bytes += answer.as_ref().map_or(0, |answer| answer.body.len() as u64);
            answers.push(match answer {
                Ok(_) if bytes > BATCH_BYTES => {
                    Err(CallError::Exhausted(format!("the answers of a batch come to more than {BATCH_BYTES} bytes")))
                }
                answer => answer,
            });
        }
        Ok(answers)
    }
}
