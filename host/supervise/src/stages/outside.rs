//! The stage that the host starts: it takes namespaces, starts `init` within them, and waits for its end.

use std::os::unix::net::UnixStream;

use super::{frame, init, namespaces, plan::Outside, plan::Word, stage};
use crate::{Confinement, Layer, Network};

pub(super) fn run(host: &UnixStream) -> Result<(), String> {
    let Some(Outside { namespaces, network }) = frame::receive(host)? else { return Ok(()) };
    let confinement = if namespaces {
        match namespaces::enter(network) {
            Ok(confinement) => confinement,
            Err(why) => {
                frame::send(host, &Word::Unusable(why)).map_err(|error| error.to_string())?;
                return Ok(());
            }
        }
    } else {
        let mut confinement = Confinement::default();
        confinement.note(Layer::Processes, Err("no namespaces are used".into()));
        confinement
    };
    if network == Some(Network::Loopback) && !confinement.has(Layer::Network) {
        return Err(
            "the program is to have a loopback of its own, for which the kernel gives no namespace; pin it with another network".into(),
        );
    }
    let first = stage("init").arg(init::argument(&confinement)?).spawn();
    let mut first = first.map_err(|error| format!("the first process of the program can't be started: {error}"))?;
    first.wait().map_err(|error| error.to_string())?;
    Ok(())
}
