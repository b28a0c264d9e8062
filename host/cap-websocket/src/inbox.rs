//! What has come over a socket and was not received yet. It is bounded, and no IO happens here.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use crate::{Counters, Ending, Event, bounds::Bounds};

/// Pings that are unanswered.
const MOST_PINGS: usize = 16;
/// What may come between two calls of the guest and is no use to it: frames that are thrown away, pings, stray pongs.
const MOST_WASTE: u32 = 100_000;
/// The bytes of those.
const MOST_WASTED_BYTES: usize = 64 << 20;

/// The inbox of one socket.
#[derive(Debug)]
pub(crate) struct Inbox {
    bounds: Bounds,
    waiting: VecDeque<(Event, Instant)>,
    bytes: usize,
    /// When each ping was sent that is unanswered.
    pings: BTreeMap<u64, Instant>,
    next_ping: u64,
    waste: u32,
    wasted_bytes: usize,
    ending: Option<Ending>,
    counters: Counters,
}

/// The server sends what nobody asks for, without end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flood;

impl Inbox {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            waiting: VecDeque::new(),
            bytes: 0,
            pings: BTreeMap::new(),
            next_ping: 0,
            waste: 0,
            wasted_bytes: 0,
            ending: None,
            counters: Counters::default(),
        }
    }

    /// A frame has come.
    pub(crate) fn frame(&mut self, text: bool, content: &[u8], at: Instant) -> Result<(), Flood> {
        self.counters.frames_received = self.counters.frames_received.saturating_add(1);
        self.counters.bytes_received += content.len() as f64;
        if self.counters.waiting < self.bounds.frames && self.bytes + content.len() <= self.bounds.bytes {
            self.counters.waiting += 1;
            self.bytes += content.len();
            let content = content.into();
            self.waiting.push_back((if text { Event::Text { content } } else { Event::Binary { content } }, at));
            return Ok(());
        }
        self.counters.dropped = self.counters.dropped.saturating_add(1);
        match self.waiting.back_mut() {
            Some((Event::Dropped(frames), _)) => *frames = frames.saturating_add(1),
            // One place for each frame that is kept, at most.
            _ => self.waiting.push_back((Event::Dropped(1), at)),
        }
        self.wasted(content.len())
    }

    /// A ping has come, and was answered.
    pub(crate) fn ping(&mut self) -> Result<(), Flood> {
        self.counters.pings_received = self.counters.pings_received.saturating_add(1);
        self.wasted(0)
    }

    /// A pong has come. It answers its ping and those before; what answers none is only counted.
    pub(crate) fn pong(&mut self, payload: &[u8], at: Instant) -> Result<(), Flood> {
        self.counters.pongs_received = self.counters.pongs_received.saturating_add(1);
        let number = <[u8; 8]>::try_from(payload).ok().map(u64::from_be_bytes);
        let Some((number, sent)) = number.and_then(|number| self.pings.remove_entry(&number)) else {
            return self.wasted(0);
        };
        self.pings.retain(|other, _| *other > number);
        // There are no more of them than calls of the guest.
        self.waiting.push_back((Event::Pong(millis(at - sent)), at));
        Ok(())
    }

    /// It has ended. Only the first end counts.
    pub(crate) fn end(&mut self, ending: Ending, at: Instant) {
        if self.ending.is_none() {
            self.waiting.push_back((Event::Closed(ending.clone()), at));
            self.ending = Some(ending);
        }
    }

    /// How it has ended, if it has.
    pub(crate) fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// The guest asks something of the socket.
    pub(crate) fn asked(&mut self) {
        self.waste = 0;
        self.wasted_bytes = 0;
    }

    /// Takes what came first.
    pub(crate) fn take(&mut self) -> Option<(Event, Instant)> {
        let (event, at) = self.waiting.pop_front()?;
        if let Event::Text { content } | Event::Binary { content } = &event {
            self.counters.waiting -= 1;
            self.bytes -= content.len();
        }
        Some((event, at))
    }

    /// The payload of the next ping; none if too many are unanswered.
    pub(crate) fn next_ping(&mut self, at: Instant) -> Option<[u8; 8]> {
        if self.pings.len() >= MOST_PINGS {
            return None;
        }
        let number = self.next_ping;
        self.next_ping += 1;
        self.pings.insert(number, at);
        self.counters.pings_sent = self.counters.pings_sent.saturating_add(1);
        Some(number.to_be_bytes())
    }

    /// A frame was sent.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.counters.frames_sent = self.counters.frames_sent.saturating_add(1);
        self.counters.bytes_sent += bytes as f64;
    }

    pub(crate) fn counters(&self) -> Counters {
        self.counters
    }

    fn wasted(&mut self, bytes: usize) -> Result<(), Flood> {
        self.waste = self.waste.saturating_add(1);
        self.wasted_bytes = self.wasted_bytes.saturating_add(bytes);
        if self.waste > MOST_WASTE || self.wasted_bytes > MOST_WASTED_BYTES { Err(Flood) } else { Ok(()) }
    }
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(code: u16) -> Ending {
        Ending { code, reason: String::new(), clean: true }
    }

    fn taken(inbox: &mut Inbox) -> Vec<Event> {
        std::iter::from_fn(|| inbox.take()).map(|(event, _)| event).collect()
    }

    #[test]
    fn what_came_is_given_in_its_order_and_its_end_last() {
        let (mut inbox, now) = (Inbox::new(Bounds::PHASE), Instant::now());
        inbox.frame(true, b"a", now).unwrap();
        let ping = inbox.next_ping(now).unwrap();
        inbox.pong(&ping, now + Duration::from_millis(5)).unwrap();
        inbox.frame(false, b"bc", now).unwrap();
        inbox.end(ending(1000), now);
        inbox.end(ending(1006), now);
        assert_eq!((inbox.counters().waiting, inbox.counters().bytes_received), (2, 3.0));
        assert_eq!(
            taken(&mut inbox),
            [
                Event::Text { content: b"a".as_slice().into() },
                Event::Pong(5.0),
                Event::Binary { content: b"bc".as_slice().into() },
                Event::Closed(ending(1000)),
            ]
        );
        assert_eq!(inbox.counters().waiting, 0);
    }

    #[test]
    fn frames_beyond_the_bound_are_thrown_away_and_that_is_told() {
        let (mut inbox, now) = (Inbox::new(Bounds::PHASE), Instant::now());
        for _ in 0..260 {
            inbox.frame(true, b"", now).unwrap();
        }
        assert!(inbox.take().is_some());
        inbox.frame(true, b"again", now).unwrap();
        inbox.frame(true, b"too many", now).unwrap();
        let events = taken(&mut inbox);
        assert_eq!(events.len(), 255 + 1 + 1 + 1);
        assert_eq!(
            events[255..],
            [Event::Dropped(4), Event::Text { content: b"again".as_slice().into() }, Event::Dropped(1)]
        );
        assert_eq!((inbox.counters().dropped, inbox.counters().frames_received), (5, 262));
    }

    #[test]
    fn bytes_are_bounded_too_and_given_back() {
        let (mut inbox, now, large) = (Inbox::new(Bounds::PHASE), Instant::now(), vec![0; 1 << 20]);
        for _ in 0..3 {
            inbox.frame(false, &large, now).unwrap();
        }
        assert_eq!((inbox.counters().waiting, inbox.counters().dropped), (2, 1));
        inbox.take();
        inbox.frame(false, &large, now).unwrap();
        assert_eq!((inbox.counters().waiting, inbox.counters().dropped), (2, 1));
    }

    #[test]
    fn a_server_that_talks_to_nobody_is_a_flood() {
        let now = Instant::now();
        let mut inbox = Inbox::new(Bounds::PHASE);
        let calm = (0..MOST_WASTE).all(|_| inbox.ping().is_ok());
        assert!(calm && inbox.ping() == Err(Flood));
        inbox.asked();
        assert!(inbox.ping().is_ok() && inbox.pong(b"stray", now).is_ok(), "asking shows that it is of use");
        let (mut inbox, large) = (Inbox::new(Bounds::PHASE), vec![0; 1 << 20]);
        let frames = (1..200).take_while(|_| inbox.frame(false, &large, now).is_ok()).count();
        assert_eq!(frames, 2 + 64);
    }

    #[test]
    fn pings_are_bounded_and_a_pong_answers_those_before() {
        let (mut inbox, now) = (Inbox::new(Bounds::PHASE), Instant::now());
        let pings: Vec<_> = (0..16).map(|_| inbox.next_ping(now).unwrap()).collect();
        assert_eq!(inbox.next_ping(now), None);
        inbox.pong(b"mine?", now).unwrap();
        assert_eq!(inbox.next_ping(now), None, "a pong that was not asked for answers nothing");
        inbox.pong(&pings[9], now).unwrap();
        inbox.pong(&pings[3], now).unwrap();
        assert_eq!(taken(&mut inbox), [Event::Pong(0.0)], "one that was answered is not answered again");
        assert_eq!((0..11).filter_map(|_| inbox.next_ping(now)).count(), 10);
        assert_eq!(inbox.counters().pongs_received, 3);
    }
}
