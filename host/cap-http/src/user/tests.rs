//! What a user's client keeps to itself.

use std::{collections::BTreeMap, sync::Arc};

use holdpoint_canary::{Canaries, Index, Key};
use holdpoint_model::{HttpVersions, PhaseId, grant::Grants};

use super::{Crowd, CrowdConfig};

#[tokio::test]
async fn what_is_offered_is_said_with_each_connection() {
    let canaries = Canaries::new(&Key::of_run(&[7; 32], "01JDC"), "load", 0);
    let authority = rcgen::generate_simple_self_signed(["backend.test".to_owned()]).unwrap().cert.pem();
    let crowd = Crowd::new(CrowdConfig {
        services: BTreeMap::new(),
        connect_to: BTreeMap::new(),
        ca_file: Some(authority.into_bytes()),
        grants: Grants::none(PhaseId::parse("browser-0").unwrap()),
        index: Arc::new(Index::new([(&canaries, 1)]).unwrap()),
        set: 0,
        shared: vec![],
    });
    let user = Arc::new(crowd.unwrap()).client(0, None).unwrap();
    for versions in [HttpVersions::Any, HttpVersions::Http11, HttpVersions::Any] {
        let config = user.tls(versions).await.unwrap();
        let offered: &[&[u8]] = if versions == HttpVersions::Any { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
        assert_eq!(config.alpn_protocols, offered, "what changes over to another protocol begins in HTTP/1.1");
    }
}
