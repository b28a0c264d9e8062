//! The frames of one direction of HTTP/2, as far as a meter wants to know them: which bytes are an exchange's, and which only keep a
//! connection going. It checks nothing; whoever speaks the protocol does.

/// Bytes before the first frame of a client.
const PREFACE: usize = 24;
/// Bytes of a frame before its payload.
const HEAD: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
/// The flag of a frame whose payload begins with the length of what stands at its end.
const PADDED: u8 = 8;

/// Where a direction has got.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    head: [u8; HEAD],
    /// Of the head that is being read.
    known: usize,
    /// Bytes of the payload that are still to come.
    left: usize,
    kind: Kind,
    /// Bytes of the newest head or trailers, as they are written.
    block: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// Settings, pings, windows, and what nobody knows.
    #[default]
    Upkeep,
    /// Headers or trailers.
    Head,
    Reset,
    Data,
    /// Data whose next byte says how much is padding.
    Padded,
}

/// What some bytes were.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Some are of a request or an answer.
    pub(crate) of_exchange: bool,
    /// Bytes that bring nothing of a body.
    pub(crate) besides: u64,
}

impl Frames {
    /// What a client sends.
    pub(crate) fn of_client() -> Self {
        Self { left: PREFACE, ..Self::default() }
    }

    /// What a server sends.
    pub(crate) fn of_server() -> Self {
        Self::default()
    }

    /// Bytes of the newest head or trailers, as they are written.
    pub(crate) fn block(&self) -> u64 {
        self.block
    }

    /// Takes the next bytes.
    pub(crate) fn pass(&mut self, mut bytes: &[u8], passed: &mut Passed) {
        while let Some(first) = bytes.first() {
            if self.left == 0 {
                self.head[self.known] = *first;
                self.known += 1;
                bytes = &bytes[1..];
                if self.known == HEAD {
                    self.known = 0;
                    self.begin(passed);
                }
                continue;
            }
            if self.kind == Kind::Padded {
                // A length beyond the payload is an error, which the protocol's own code finds.
                passed.besides += 1 + u64::from(*first).min(self.left as u64 - 1);
                self.kind = Kind::Data;
                self.left -= 1;
                bytes = &bytes[1..];
                continue;
            }
            let count = self.left.min(bytes.len());
            if self.kind != Kind::Data {
                passed.besides += count as u64;
            }
            if self.kind == Kind::Head {
                self.block += count as u64;
            }
            passed.of_exchange |= self.kind != Kind::Upkeep;
            self.left -= count;
            bytes = &bytes[count..];
        }
    }

    fn begin(&mut self, passed: &mut Passed) {
        let [a, b, c, kind, flags, ..] = self.head;
        self.left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        self.kind = match kind {
            DATA if flags & PADDED != 0 => Kind::Padded,
            DATA => Kind::Data,
            HEADERS | CONTINUATION => Kind::Head,
            RST_STREAM => Kind::Reset,
            _ => Kind::Upkeep,
        };
        if kind == HEADERS {
            self.block = 0;
        }
        passed.of_exchange |= self.kind != Kind::Upkeep;
        // A frame without a byte of a body could be sent without end.
        if kind != DATA || self.left == 0 {
            passed.besides += HEAD as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    }

    fn passed(frames: &mut Frames, bytes: &[u8]) -> (bool, u64) {
        let mut passed = Passed::default();
        frames.pass(bytes, &mut passed);
        (passed.of_exchange, passed.besides)
    }

    #[test]
    fn tells_an_exchange_from_upkeep() {
        for (kind, of_exchange) in [
            (DATA, true),
            (HEADERS, true),
            (RST_STREAM, true),
            (4, false),
            (6, false),
            (7, false),
            (8, false),
            (CONTINUATION, true),
            (99, false),
        ] {
            let bytes = frame(kind, 0, b"12345");
            let besides = if kind == DATA { 0 } else { 14 };
            assert_eq!(passed(&mut Frames::of_server(), &bytes), (of_exchange, besides), "{kind}");
        }
    }

    #[test]
    fn a_preface_is_no_frame() {
        let bytes = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &frame(4, 0, b""), &frame(DATA, 0, b"x")].concat();
        assert_eq!(passed(&mut Frames::of_client(), &bytes), (true, 33));
        assert_eq!(passed(&mut Frames::of_client(), &bytes[..33]), (false, 33));
    }

    #[test]
    fn knows_how_large_the_newest_block_is() {
        let mut frames = Frames::of_server();
        for (bytes, block) in [
            (frame(HEADERS, 0, b"12345"), 5),
            (frame(DATA, 0, b"body"), 5),
            (frame(CONTINUATION, 4, b"678"), 8),
            (frame(RST_STREAM, 0, b"why?"), 8),
            (frame(HEADERS, 5, b"1"), 1),
        ] {
            passed(&mut frames, &bytes);
            assert_eq!(frames.block(), block);
        }
    }

    #[test]
    fn counts_the_same_wherever_it_is_cut() {
        let bytes = [
            frame(4, 0, b"settings"),
            frame(HEADERS, 4, b"head"),
            frame(DATA, 0, &[7; 300]),
            frame(DATA, PADDED, b"\x03bodypad"),
            frame(DATA, PADDED, b"\xffab"),
            frame(DATA, 0, b""),
            frame(6, 0, b"12345678"),
        ]
        .concat();
        let whole = 17 + 13 + 4 + 3 + 9 + 17;
        assert_eq!(passed(&mut Frames::of_server(), &bytes), (true, whole));
        for cut in 0..bytes.len() {
            let mut frames = Frames::of_server();
            let (a, b) = (passed(&mut frames, &bytes[..cut]), passed(&mut frames, &bytes[cut..]));
            assert_eq!(a.1 + b.1, whole, "{cut}");
        }
    }
}
