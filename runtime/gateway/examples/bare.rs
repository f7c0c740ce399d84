//! A server that does nothing: hyper with the gateway's settings, always the same answer. What a lookup can cost at best.
//!
//! `cargo xtask bench gateway` runs it beside the gateway: `bare ADDRESS SOCKET LENGTH` serves a port and a socket file with
//! bodies of so many bytes, and says `ready`.

use std::convert::Infallible;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Request, Response};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, UnixListener, UnixSocket};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, length] = words.as_slice() else { anyhow::bail!("usage: bare ADDRESS SOCKET LENGTH") };
    let body = Bytes::from(vec![b' '; length.parse().context("the length")?]);
    let port = TcpSocket::new_v4()?;
    port.set_reuseaddr(true)?;
    port.bind(address.parse().context("the address")?)?;
    let file = UnixSocket::new_stream()?;
    file.bind(path)?;
    let (port, file) = (port.listen(65_535)?, file.listen(65_535)?);
    println!("ready");
    tokio::try_join!(on_port(port, body.clone()), on_file(file, body))?;
    Ok(())
}

async fn on_port(listener: TcpListener, body: Bytes) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream, body.clone()));
    }
}

async fn on_file(listener: UnixListener, body: Bytes) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(connection(stream, body.clone()));
    }
}

async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin, body: Bytes) {
    let service = service_fn(move |_: Request<Incoming>| {
        let mut response = Response::new(Body::from(body.clone()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(30))
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service);
    // The client sees what went wrong.
    let _ = served.await;
}
