use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

/// The continuation, quote and payment that there are.
pub(crate) const CONTINUATION: &str = "/auth/continue/1";
pub(crate) const QUOTE: &str = "/t/quotes/1";
pub(crate) const RECEIVER: &str = "/t/incoming-payments/1";

/// Answers at once whatever a wallet is asked by these benchmarks, and verifies nothing.
pub(crate) async fn run(listen: SocketAddr) -> Result<()> {
    let answers = Arc::new(Answers::new(&format!("http://{listen}")));
    serve(listen, move |request: Request<Incoming>| {
        let answers = Arc::clone(&answers);
        async move {
            let (head, body) = request.into_parts();
            // The connection is good for another request once this one is read.
            let _ = body.collect().await;
            Ok::<_, Infallible>(answers.to(head.uri.path()))
        }
    })
    .await
}

/// The document of the wallet of whoever pays here.
pub(crate) fn document(origin: &str) -> String {
    json!({"id": format!("{origin}/alice"), "assetCode": "USD", "assetScale": 2,
        "authServer": format!("{origin}/auth"), "resourceServer": format!("{origin}/t")})
    .to_string()
}

struct Answers {
    document: Bytes,
    grant: Bytes,
    quote: Bytes,
    payment: Bytes,
}

impl Answers {
    fn new(origin: &str) -> Self {
        let amount = json!({"value": "100", "assetCode": "USD", "assetScale": 2});
        let grant = json!({
            "access_token": {"value": "TOKEN", "manage": format!("{origin}/auth/token/1"), "expires_in": 600},
            "continue": {"access_token": {"value": "CONTINUE"}, "uri": format!("{origin}{CONTINUATION}")},
        });
        let quote = json!({"id": format!("{origin}{QUOTE}"), "walletAddress": format!("{origin}/alice"),
            "receiver": format!("{origin}{RECEIVER}"), "debitAmount": amount, "receiveAmount": amount,
            "method": "ilp", "createdAt": "2027-01-15T08:00:00Z"});
        let mut payment = quote.clone();
        payment["id"] = json!(format!("{origin}/t/outgoing-payments/1"));
        payment["sentAmount"] = amount;
        payment["failed"] = json!(false);
        Self {
            document: document(origin).into(),
            grant: grant.to_string().into(),
            quote: quote.to_string().into(),
            payment: payment.to_string().into(),
        }
    }

    fn to(&self, path: &str) -> Response<Full<Bytes>> {
        let (status, body) = match path {
            "/alice" => (StatusCode::OK, self.document.clone()),
            CONTINUATION => (StatusCode::OK, self.grant.clone()),
            "/t/quotes" => (StatusCode::CREATED, self.quote.clone()),
            "/t/outgoing-payments" => (StatusCode::CREATED, self.payment.clone()),
            _ => (StatusCode::NOT_FOUND, Bytes::new()),
        };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        response
    }
}

/// Serves until the process ends.
pub(crate) async fn serve<Answer, Answering, Content, Failure>(listen: SocketAddr, answer: Answer) -> Result<()>
where
    Answer: Fn(Request<Incoming>) -> Answering + Clone + Send + 'static,
    Answering: Future<Output = Result<Response<Content>, Failure>> + Send,
    Content: Body<Data = Bytes, Error: std::error::Error + Send + Sync> + Send + 'static,
    Failure: std::error::Error + Send + Sync + 'static,
{
    let listener = TcpListener::bind(listen).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service_fn(answer.clone());
        tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(stream), service).await });
    }
}
