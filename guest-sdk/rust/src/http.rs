//! Sending requests, one by one or side by side, and sending reads again. It follows no redirect and repeats no effect by itself.

use crate::{CallError, Cause, Context, Millis, Request, Response, host};

/// What came of a request.
pub type Answer = Result<Response, CallError>;

/// How many requests go side by side unless `concurrency` says otherwise.
const SIDE_BY_SIDE: u32 = 8;

/// The bound of one batch in the contract.
const BATCH: usize = 1_024;

/// The wait before the second attempt; it doubles up to `LONGEST_PAUSE`.
const PAUSE: u32 = 250;
const LONGEST_PAUSE: u32 = 4_000;

/// HTTP requests of a phase.
#[derive(Clone, Copy, Debug)]
pub struct Http<'a> {
    cx: &'a Context,
    concurrency: u32,
}

impl<'a> Http<'a> {
    pub(crate) fn new(cx: &'a Context) -> Self {
        Self { cx, concurrency: SIDE_BY_SIDE }
    }

    /// How many requests of a batch go side by side: 1 to 64, 8 if it is not set.
    #[must_use]
    pub fn concurrency(mut self, requests: u32) -> Self {
        self.concurrency = requests.clamp(1, 64);
        self
    }

    /// Sends one request. If it is a read with retries, transport errors, 429 and 5xx are tried again.
    pub fn send(&self, request: Request) -> Answer {
        let mut answer = self.once(&request, Vec::new());
        for attempt in 1..=request.retries {
            if !repeatable(&request) || !transient(&answer) || self.pause(attempt).is_err() {
                break;
            }
            answer = self.once(&request, earlier(&answer));
        }
        answer
    }

    /// Sends reads side by side and gives each back with its answer, in order. Retries are as in `send`.
    pub fn send_all(&self, requests: impl IntoIterator<Item = Request>) -> Vec<(Request, Answer)> {
        self.send_all_until(requests, |_, answer| !transient(answer))
    }

    /// Sends reads side by side, and again those with retries left whose answer is not accepted: for conditions on the body.
    pub fn send_all_until(
        &self,
        requests: impl IntoIterator<Item = Request>,
        accept: impl Fn(&Request, &Answer) -> bool,
    ) -> Vec<(Request, Answer)> {
        let requests: Vec<Request> = requests.into_iter().collect();
        let mut sent = self.batch(requests.into_iter().map(|request| (request, Vec::new())).collect());
        for attempt in 1.. {
            let again: Vec<usize> = (0..sent.len())
                .filter(|&at| {
                    let (request, answer) = &sent[at];
                    repeatable(request) && attempt <= request.retries && may_differ(answer) && !accept(request, answer)
                })
                .collect();
            if again.is_empty() || self.pause(attempt).is_err() {
                break;
            }
            let batch = again.iter().map(|&at| (sent[at].0.clone(), earlier(&sent[at].1))).collect();
            for (at, outcome) in again.into_iter().zip(self.batch(batch)) {
                sent[at] = outcome;
            }
        }
        sent
    }

    fn once(&self, request: &Request, earlier: Vec<u32>) -> Answer {
        let first = host::calls();
        let outcome = host::send(request);
        // A redirect is a call of its own, so the one that failed is the last, not the first.
        numbered(outcome, earlier, first.max(host::calls().saturating_sub(1)))
    }

    /// Each request of a batch is a call of its own, in order.
    fn batch(&self, requests: Vec<(Request, Vec<u32>)>) -> Vec<(Request, Answer)> {
        let (requests, mut before): (Vec<Request>, Vec<Vec<u32>>) = requests.into_iter().unzip();
        let mut answers = Vec::with_capacity(requests.len());
        for part in requests.chunks(BATCH) {
            let first = host::calls();
            for (outcome, seq) in host::send_all(part, self.concurrency).into_iter().zip(first..) {
                let earlier = before.get_mut(answers.len()).map(std::mem::take).unwrap_or_default();
                answers.push(numbered(outcome, earlier, seq));
            }
        }
        requests.into_iter().zip(answers).collect()
    }

    fn pause(&self, attempt: u32) -> Result<(), CallError> {
        let pause = PAUSE.saturating_mul(1 << (attempt - 1).min(8)).min(LONGEST_PAUSE);
        self.cx.sleep(Millis(pause))
    }
}

fn repeatable(request: &Request) -> bool {
    request.is_read() && request.retries > 0
}

fn transient(answer: &Answer) -> bool {
    match answer {
        Ok(response) => response.status == 429 || response.status >= 500,
        Err(_) => may_differ(answer),
    }
}

/// A denial or a reached bound will be the same the next time.
fn may_differ(answer: &Answer) -> bool {
    !matches!(answer, Err(CallError { cause: Cause::Denied(_) | Cause::Exhausted(_), .. }))
}

fn earlier(answer: &Answer) -> Vec<u32> {
    match answer {
        Ok(response) => response.calls.clone(),
        Err(error) => error.calls.clone(),
    }
}

/// An answer knows its own number; a call without one has `seq`.
fn numbered(outcome: Result<Response, Cause>, mut earlier: Vec<u32>, seq: u32) -> Answer {
    match outcome {
        Ok(mut response) => {
            earlier.append(&mut response.calls);
            response.calls = earlier;
            Ok(response)
        }
        Err(cause) => {
            earlier.push(seq);
            Err(CallError { cause, calls: earlier })
        }
    }
}
