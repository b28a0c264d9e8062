//! A server's first words in TLS, written by hand: versions and ciphers that no server of a distribution speaks any more.

use holdpoint_model::CallError;

use crate::{
    phase::{Phase, Terms, post, to},
    raw::{Raw, gone, send},
};

/// A ServerHello that chooses a version, a cipher and a compression.
fn hello(version: [u8; 2], random: [u8; 32], cipher: u16, compression: u8) -> Vec<u8> {
    let mut body = version.to_vec();
    body.extend(random);
    body.push(0);
    body.extend(cipher.to_be_bytes());
    body.push(compression);
    let mut record = vec![22, 3, 3, 0, 0, 2, 0, 0, u8::try_from(body.len()).unwrap()];
    record[4] = u8::try_from(body.len() + 4).unwrap();
    record.extend(body);
    record
}

async fn refused(what: &str, hello: Vec<u8>, word: &str) {
    let server = Raw::start(move |mut stream, _| {
        let hello = hello.clone();
        async move {
            send(&mut stream, &hello).await;
            gone(&mut stream).await
        }
    })
    .await;
    let connect_to = vec![("backend.test:443", server.address)];
    let phase = Phase::new(Terms { url: "https://backend.test", connect_to, ..Terms::at(server.address) });
    for request in [to("/"), post("/", "x")] {
        let answer = phase.send(request).await;
        let Err(CallError::Failed(text)) = &answer else { panic!("{what} should fail: {answer:?}") };
        assert!(text.starts_with("no TLS with backend.test:443: ") && text.contains(word), "{what}: {text}");
    }
}

#[tokio::test]
async fn ciphers_that_were_not_offered_are_refused() {
    for (what, cipher) in [
        ("TLS_RSA_WITH_NULL_SHA", 0x0002),
        ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", 0x0003),
        ("TLS_RSA_WITH_RC4_128_MD5", 0x0004),
        ("TLS_RSA_WITH_RC4_128_SHA", 0x0005),
        ("TLS_RSA_WITH_DES_CBC_SHA", 0x0009),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", 0x000a),
        ("TLS_DH_anon_WITH_AES_128_CBC_SHA", 0x0034),
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", 0x009c),
        ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", 0x009e),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0xc013),
    ] {
        refused(what, hello([3, 3], [7; 32], cipher, 0), "SelectedUnofferedCipherSuite").await;
    }
}

#[tokio::test]
async fn versions_that_were_not_offered_are_refused() {
    for (what, version) in [("SSL 3.0", [3, 0]), ("TLS 1.0", [3, 1]), ("TLS 1.1", [3, 2])] {
        refused(what, hello(version, [7; 32], 0xc02f, 0), "").await;
    }
}

#[tokio::test]
async fn compression_and_a_forced_older_version_are_refused() {
    refused("compression", hello([3, 3], [7; 32], 0xc02f, 1), "Compression").await;
    // The mark of a server that speaks TLS 1.3 and was made to believe that the client does not.
    let mut random = [7; 32];
    random[24..].copy_from_slice(b"DOWNGRD\x01");
    refused("a downgrade", hello([3, 3], random, 0xc02f, 0), "Downgrade").await;
}
