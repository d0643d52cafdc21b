//! Whatever is posted is a message, and its answer is JSON. One task a connection.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::answer::answer;

/// Room for the answer to a small call.
const SMALL: usize = 512;

/// Serves on this port of the loopback interface until the process is ended.
pub fn serve(runtime: &mut Builder, port: &str) -> io::Result<()> {
    runtime.enable_io().build()?.block_on(async {
        let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
        println!("{{\"url\":\"http://{}/mcp\"}}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            // A connection that breaks ends alone.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond)));
        }
    })
}

async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut out = Vec::with_capacity(SMALL);
    if let Ok(body) = request.into_body().collect().await {
        answer(&body.to_bytes(), &mut out);
    }
    let mut response = Response::new(Full::new(Bytes::from(out)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
