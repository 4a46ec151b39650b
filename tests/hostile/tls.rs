//! TLS and HTTP/2, through a proxy that knows where the registry is: this machine is always asked over plain http.

use crate::case::{Good, judge, path, verify};
use crate::server::{Reply, Server, fetch};
use axum::body::Bytes;
use evidence::model::Timestamp;
use evidence::sandbox::TlsIdentity;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const HOST: &str = "registry.example";

/// A TLS server, and the protocol of each connection that was made.
struct Tls {
    identity: Arc<TlsIdentity>,
    address: String,
    protocols: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone, Debug)]
struct Key(Arc<TlsIdentity>);

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let known = offered.contains(&SignatureScheme::ECDSA_NISTP256_SHA256);
        known.then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        Ok(self.0.sign(message).unwrap())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}

/// Serves over HTTP/2 under a certificate for `name`.
fn serve(name: &str, answer: fn(&str) -> Reply) -> Tls {
    let identity = Arc::new(TlsIdentity::of(name, Timestamp::now()).unwrap());
    let chain = vec![CertificateDer::from(identity.certificate().to_vec())];
    let certified = CertifiedKey::new(chain, Arc::new(Key(identity.clone())));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let protocols = Arc::new(Mutex::new(Vec::new()));
    let log = protocols.clone();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap().to_string())
                .unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, log) = (acceptor.clone(), log.clone());
                tokio::spawn(async move {
                    // A client that does not trust us hangs up here.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let chosen = stream.get_ref().1.alpn_protocol().unwrap_or_default();
                        let chosen = String::from_utf8(chosen.to_vec()).unwrap();
                        log.lock().unwrap().push(chosen);
                        speak_http2(stream, answer).await;
                    }
                });
            }
        });
    });
    Tls {
        identity,
        address: told.recv().unwrap(),
        protocols,
    }
}

async fn speak_http2(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    answer: fn(&str) -> Reply,
) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let path = request.uri().path_and_query().unwrap().as_str().to_owned();
        let reply = tokio::task::spawn_blocking(move || answer(&path));
        let Reply::Answer {
            status,
            headers,
            body,
        } = reply.await.unwrap()
        else {
            return;
        };
        let mut response = axum::http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        let head = response.body(()).unwrap();
        if let Ok(mut stream) = respond.send_response(head, false) {
            let _ = stream.send_data(Bytes::from(body), true);
        }
    }
}

/// A proxy that leads all connections there.
fn tunnel_to(address: &str) -> Server {
    let address = address.to_owned();
    Server::start(move |ask| {
        assert_eq!(ask.method, "CONNECT");
        let address = address.clone();
        Reply::raw(move |stream| tunnel(stream, &address))
    })
}

fn tunnel(client: &mut TcpStream, address: &str) -> io::Result<()> {
    let mut server = TcpStream::connect(address)?;
    client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    let there = std::thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        to.shutdown(std::net::Shutdown::Write)
    });
    let _ = io::copy(&mut server, client);
    client.shutdown(std::net::Shutdown::Both)?;
    there.join().unwrap()
}

/// The command, and the CA's file.
fn through(proxy: &Server, tls: &Tls, file: &str) -> (Command, String) {
    let ca = path(file);
    std::fs::write(&ca, tls.identity.ca_pem()).unwrap();
    let mut command = verify(HOST, &Good::shared().new.at(HOST), 20);
    command.env("HTTPS_PROXY", format!("http://{}", proxy.host));
    (command, ca)
}

fn good(path: &str) -> Reply {
    fetch(&Good::shared().host, path)
}

#[test]
fn a_registry_under_a_ca_of_its_own_is_trusted_by_flag_or_ssl_cert_file_and_asked_over_http2() {
    let tls = serve(HOST, good);
    let proxy = tunnel_to(&tls.address);
    let (mut by_flag, ca) = through(&proxy, &tls, "ca-good.pem");
    by_flag.args(["--registry-ca", &ca]);

    judge("flag", &by_flag, 20, 0, "verified");

    // One connection carries all requests.
    assert_eq!(*tls.protocols.lock().unwrap(), ["h2"]);

    let (mut by_variable, ca) = through(&proxy, &tls, "ca-good.pem");
    by_variable.env("SSL_CERT_FILE", ca);
    judge("variable", &by_variable, 20, 0, "verified");
}

#[test]
fn without_its_ca_under_another_or_under_another_name_it_is_not_even_told_what_is_wanted() {
    let tls = serve(HOST, good);
    let proxy = tunnel_to(&tls.address);
    let (untrusting, _) = through(&proxy, &tls, "ca-unused.pem");
    judge("no CA", &untrusting, 20, 3, "certificate is not accepted");

    let other = serve(HOST, good);
    let (mut wrong, ca) = through(&proxy, &other, "ca-other.pem");
    wrong.args(["--registry-ca", &ca]);
    judge("another CA", &wrong, 20, 3, "certificate is not accepted");
    // It is no passing failure, so there is no second try.
    assert_eq!(proxy.asked().len(), 2, "{:?}", proxy.asked());

    let named = serve("other.example", good);
    let proxy = tunnel_to(&named.address);
    let (mut misled, ca) = through(&proxy, &named, "ca-named.pem");
    misled.args(["--registry-ca", &ca]);
    judge(
        "another name",
        &misled,
        20,
        3,
        "certificate is not accepted",
    );

    assert!(tls.protocols.lock().unwrap().is_empty());
    assert!(named.protocols.lock().unwrap().is_empty());
}

#[test]
fn this_machine_is_asked_without_reading_the_system_s_certificates() {
    let good = Good::shared();
    let near = good.but(|_| None);
    let mut command = verify(&near.host, &good.new.at(&near.host), 20);
    command.env("SSL_CERT_FILE", "/no/such/file");
    judge("near", &command, 20, 0, "verified");

    // The control: there they are read.
    let mut command = verify(HOST, &good.new.at(HOST), 20);
    command.env("SSL_CERT_FILE", "/no/such/file");
    judge("far", &command, 20, 3, "cannot set up TLS");
}

#[test]
fn no_redirect_leads_from_https_to_http() {
    let tls = serve(HOST, |path| match path {
        "/v2/" => Reply::new(200, "{}"),
        _ => Reply::new(307, "").with("location", format!("http://{HOST}{path}")),
    });
    let proxy = tunnel_to(&tls.address);
    let (mut command, ca) = through(&proxy, &tls, "ca-downgrade.pem");
    command.args(["--registry-ca", &ca]);

    judge("downgrade", &command, 20, 3, "which is not followed");
}

#[test]
fn no_password_follows_a_realm_from_https_to_http() {
    let tls = serve(HOST, |_| {
        let challenge = "Bearer realm=\"http://127.0.0.1:1/token\"";
        Reply::error(401, "UNAUTHORIZED").with("www-authenticate", challenge)
    });
    let proxy = tunnel_to(&tls.address);
    let (mut command, ca) = through(&proxy, &tls, "ca-realm.pem");
    command.args(["--registry-ca", &ca]);

    judge("realm", &command, 20, 3, "which is not https");
}

#[test]
fn a_ca_file_without_a_certificate_is_a_wrong_command_line() {
    for (name, content) in [
        ("ca-empty.pem", ""),
        ("ca-text.pem", "no certificate"),
        (
            "ca-broken.pem",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ),
    ] {
        let ca = path(name);
        std::fs::write(&ca, content).unwrap();
        let mut command = verify(HOST, &Good::shared().new.at(HOST), 5);
        command.args(["--registry-ca", &ca]);

        judge(name, &command, 5, 2, name);
    }
}
