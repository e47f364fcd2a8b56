use std::net::SocketAddr;

use anyhow::Result;
use http_body_util::{BodyExt, Full};
use http_signature::{PublicKey, Request as Signed, SignatureError, SignatureInput};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;

use crate::stub::serve;

/// The floor of whoever does anything like the proxy: verifies one signature for each request, and
/// passes the request and its answer on as they are.
pub(crate) async fn run(listen: SocketAddr, wallet: SocketAddr) -> Result<()> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    serve(listen, move |request| pass_on(client.clone(), wallet, request)).await
}

async fn pass_on(
    client: Client<HttpConnector, Full<Bytes>>,
    wallet: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Incoming>, Error> {
    let (mut head, body) = request.into_parts();
    let target = format!("http://{wallet}{}", head.uri.path());
    verify(&head, &target).expect("every request of the benchmark is signed");
    head.uri = Uri::try_from(target).expect("an address and a path are a URI");
    let body = body.collect().await.expect("the benchmark sends whole requests").to_bytes();
    client.request(Request::from_parts(head, Full::new(body))).await
}

fn verify(head: &Parts, target: &str) -> Result<(), SignatureError> {
    let headers: Vec<(&str, &str)> =
        head.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let signature = SignatureInput::parse(&headers)?;
    let key = PublicKey::from_base64url(signature.parameters().keyid.as_deref().unwrap_or_default())?;
    signature.verify(&Signed { method: head.method.as_str(), target_uri: target, headers: &headers }, &key)
}
