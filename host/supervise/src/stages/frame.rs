//! Messages between the host and the stages: four bytes of length, then JSON or plain bytes. Nothing is read beyond a message, for
//! the next stage reads on.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
};

use serde::{Serialize, de::DeserializeOwned};

/// Bytes of a message.
pub(crate) const LARGEST: u32 = 8 << 20;

/// A message as it is sent.
pub(crate) fn encode(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= LARGEST);
    let length = length.ok_or_else(|| io::Error::other("a message of a stage is larger than 8 MiB"))?;
    Ok([&length.to_le_bytes(), bytes].concat())
}

/// Sends plain bytes.
pub(super) fn send_bytes(mut to: &UnixStream, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&encode(bytes)?)
}

/// Sends a value.
pub(super) fn send<T: Serialize>(to: &UnixStream, value: &T) -> io::Result<()> {
    send_bytes(to, &serde_json::to_vec(value)?)
}

/// Receives plain bytes; none at the end.
pub(super) fn receive_bytes(mut from: &UnixStream) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u32::from_le_bytes(length);
    if length > LARGEST {
        return Err(io::Error::other("a message of a stage is larger than 8 MiB"));
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

/// Receives a value.
pub(super) fn receive<T: DeserializeOwned>(from: &UnixStream) -> Result<Option<T>, String> {
    let Some(bytes) = receive_bytes(from).map_err(|error| error.to_string())? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| format!("a message of a stage can't be read: {error}"))
}
